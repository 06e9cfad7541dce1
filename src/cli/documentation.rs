//! `ruff doc`: what the builtins do.
//!
//! Example: `ruff doc len` prints the signature of `len` and one sentence;
//! `ruff doc lem` says that there is no such builtin and suggests `len`.

use super::{SUCCESS, USAGE};
use crate::base::complaint::complain;
use crate::engine::reference;
use std::io::Write;

/// Prints about one builtin, or lists all; the answer is the exit code.
pub fn show(name: Option<&str>) -> u8 {
    let text = match name {
        None => reference::overview(),
        Some(name) => match reference::entry(name) {
            Some(text) => text,
            None => {
                let hint = reference::hint(name).map_or(String::new(), |hint| format!("; {hint}"));
                complain(&format!("ruff: no builtin `{name}`{hint}\n"));
                return USAGE;
            }
        },
    };
    // A reader that goes away early has seen what it wanted.
    let _ = std::io::stdout().write_all(text.as_bytes());
    SUCCESS
}
