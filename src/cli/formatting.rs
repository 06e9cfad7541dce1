//! `ruff fmt`: programs in the one style.
//!
//! What must hold: a file is replaced as a whole or not at all, and only if it
//! would change; one with syntax errors is reported and left alone.
//!
//! Example: `ruff fmt --check src main.ruff` prints the names of the files that
//! `ruff fmt src main.ruff` would change, and exits with 1 if there are any.

use super::programs::programs;
use super::session::{Source, rejected};
use super::{FAILED, SUCCESS, UNREADABLE};
use crate::base::complaint::complain;
use crate::format::format;
use std::io::Write;
use std::path::Path;

/// Formats the programs that `paths` lead to, or with `check` only says which
/// would change.
pub fn run(paths: &[String], check: bool) -> u8 {
    let mut worst = SUCCESS;
    for file in programs(paths, |_| true) {
        let code = format_file(&file, check).unwrap_or_else(|code| code);
        worst = worst.max(code);
    }
    worst
}

fn format_file(file: &str, check: bool) -> Result<u8, u8> {
    let source = Source::read(file)?;
    let text = format(source.name(), source.text()).map_err(|errors| rejected(&errors))?;
    let changed = text != source.text();
    let mut out = std::io::stdout().lock();
    // A reader that goes away early has seen what it wanted.
    if check {
        if changed {
            let _ = writeln!(out, "{}", source.name());
        }
        return Ok(if changed { FAILED } else { SUCCESS });
    }
    if file == "-" {
        let _ = out.write_all(text.as_bytes());
    } else if changed {
        replace(Path::new(file), &text).map_err(|error| {
            complain(&format!("ruff: cannot write `{file}`: {error}\n"));
            UNREADABLE
        })?;
    }
    Ok(SUCCESS)
}

/// Puts `text` in the place of the file: a link stays one, permissions are kept.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = file.canonicalize()?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().set_permissions(std::fs::metadata(&file)?.permissions())?;
    draft.as_file().sync_all()?;
    draft.persist(&file)?;
    Ok(())
}
