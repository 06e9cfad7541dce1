//! The `ruff` command; see `ruff::cli`.
//!
//! The allocator is chosen here, so that the library leaves it to whoever
//! embeds it. Example: `ruff run examples/sieve.ruff`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ruff::cli::main()
}
