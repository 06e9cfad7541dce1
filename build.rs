//! Links the executable at a fixed address where the linker can.
//!
//! A position-independent one has its tables of pointers rewritten when it
//! starts, a page at a time: two megabytes of memory and a third of the time of
//! a program that only prints a line.
//!
//! Example: for `x86_64-unknown-linux-gnu` the linker is told `-no-pie`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |variable: &str, wanted: &str| std::env::var(variable).is_ok_and(|v| v == wanted);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
