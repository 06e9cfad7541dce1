//! `ruff check`: errors and likely mistakes in programs that are not run.
//!
//! What must hold: a program that cannot run gives the exit code that running
//! it would give; warnings do not matter for the exit code unless they are
//! denied.
//!
//! Example: `ruff check --deny warnings src` prints what is wrong with the
//! programs below `src` and exits with 1 if there was a warning.

use super::programs::programs;
use super::session::{Source, rejection, show};
use super::{FAILED, SUCCESS};
use crate::base::diagnostic::Diagnostic;
use crate::base::options::Options;
use crate::engine::Runner;
use serde_json::{Value, json};
use std::io::Write;

/// Checks the programs that `paths` lead to; the answer is the exit code.
pub fn run(paths: &[String], deny_warnings: bool, as_json: bool) -> u8 {
    let mut worst = SUCCESS;
    let mut all = Vec::new();
    for file in programs(paths, |_| true) {
        let source = match Source::read(&file) {
            Ok(source) => source,
            Err(code) => {
                worst = worst.max(code);
                continue;
            }
        };
        let checked = Runner::new(Options::default()).check(source.name(), source.text());
        let (found, code) = match checked {
            Ok(warnings) if warnings.is_empty() || !deny_warnings => (warnings, SUCCESS),
            Ok(warnings) => (warnings, FAILED),
            Err(errors) => {
                let code = rejection(&errors);
                (errors, code)
            }
        };
        worst = worst.max(code);
        if as_json {
            all.extend(found.iter().map(entry));
        } else {
            show(&found);
        }
    }
    if as_json {
        // A reader that goes away early has seen what it wanted.
        let _ = writeln!(std::io::stdout(), "{:#}", Value::Array(all));
    }
    worst
}

/// A diagnostic for programs.
fn entry(diagnostic: &Diagnostic) -> Value {
    let at = diagnostic.at.clone().unwrap_or_default();
    json!({
        "kind": diagnostic.kind.heading(),
        "message": diagnostic.message,
        "file": &*at.file,
        "line": at.line,
        "column": at.column,
        "help": diagnostic.help,
    })
}
