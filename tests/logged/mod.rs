//! A program run for what it prints and for the log of what the JIT did.
//!
//! Example: `run("print(1)", &["--jit-sync"])` answers `("1\n", log)`.

use std::io::Write;
use std::process::{Command, Stdio};

/// Standard output, and standard error with the log.
pub fn run(source: &str, options: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruff"));
    command.arg("run").args(options).arg("-").env("RUST_LOG", "ruff::jit=debug");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(source.as_bytes()).expect("it is read");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr))
}
