//! Writing to standard error.
//!
//! Nobody may read it any more: a message that cannot be written is lost, and the
//! exit code still tells what happened.
//!
//! Example: `complain("ruff: cannot read `a.ruff`\n")` with a closed pipe does nothing.

use std::io::Write;

/// Writes a text, which brings its line break, to standard error.
pub fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
