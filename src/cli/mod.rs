//! The `ruff` command: arguments, sessions, and everything that is printed.
//!
//! What must hold: standard output carries what the program prints and what a
//! command was asked to show; everything else goes to standard error.
//!
//! Example: `ruff run --jit-stats sum.ruff` is parsed by `arguments`, executed
//! by `session`, and its report comes from [`crate::observe`].
mod arguments;
mod checking;
mod diagnostic;
mod documentation;
mod formatting;
mod interrupt;
mod observers;
mod programs;
mod repl;
mod session;
mod testing;

use crate::base::complaint::complain;
use std::process::ExitCode;

/// Everything went well.
const SUCCESS: u8 = 0;
/// A test failed, or a check found something.
const FAILED: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;
/// The source does not parse.
const PARSE: u8 = 3;
/// A runtime error that nobody caught, or a compile error.
const RUNTIME: u8 = 4;
/// The script cannot be read.
const UNREADABLE: u8 = 5;
/// A mistake in Ruff.
const INTERNAL: u8 = 6;
/// Ctrl-C ended the program; as shells tell the signal.
const INTERRUPTED: u8 = 130;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    crate::base::huge_pages::defer();
    std::panic::set_hook(Box::new(|info| {
        complain(&format!(
            "Internal Error: {info}\nThis is a bug in ruff: the program is not to blame.\n"
        ));
    }));
    let outcome = std::panic::catch_unwind(|| match arguments::parse() {
        Ok(command) => session::execute(command),
        Err(code) => code,
    });
    ExitCode::from(outcome.unwrap_or(INTERNAL))
}
