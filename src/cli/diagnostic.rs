//! How a diagnostic looks.
//!
//! Example. The first two lines are for people and for programs that read them; the
//! source line with its marks, drawn by `annotate-snippets`, follows; then the
//! active calls.
//!
//! ```text
//! Runtime Error: Index out of bounds: 7
//!   --> bank.ruff:12:9
//!    |
//! 12 |     let v = rows[7]
//!    |             ^^^^^^^
//! Call stack:
//!   lookup, called at bank.ruff:20:1
//! ```
//!
//! Colours are used only on a terminal, and not when `NO_COLOR` is set.

use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write;
use std::io::IsTerminal;

/// Whether standard error shows colours.
pub fn coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::io::stderr().is_terminal()
}

/// The text of `diagnostic`, ending with a line break.
pub fn render(diagnostic: &Diagnostic, coloured: bool) -> String {
    let (colour, level) = match diagnostic.kind {
        DiagnosticKind::Warning => ("\x1b[1;33m", Level::WARNING),
        _ => ("\x1b[1;31m", Level::ERROR),
    };
    let (strong, plain) = if coloured { (colour, "\x1b[0m") } else { ("", "") };
    let heading = diagnostic.kind.heading();
    let mut text = format!("{strong}{heading}{plain}: {}\n", diagnostic.message);
    if let Some(at) = &diagnostic.at {
        let _ = writeln!(text, "  --> {at}");
    }
    let mut group = Group::with_level(level);
    if let (Some(excerpt), Some(at)) = (&diagnostic.excerpt, &diagnostic.at) {
        let mark = AnnotationKind::Primary.span(excerpt.start..excerpt.end);
        group = group.element(
            Snippet::source(excerpt.text.as_str()).line_start(at.line as usize).annotation(mark),
        );
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if !group.is_empty() {
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let _ = writeln!(text, "{}", renderer.render(&[group]));
    }
    if !diagnostic.stack.is_empty() {
        text.push_str("Call stack:\n");
        for frame in &diagnostic.stack {
            let _ = writeln!(text, "  {}, called at {}", frame.function, frame.called_at);
        }
        if diagnostic.more_frames > 0 {
            let _ = writeln!(text, "  ... and {} more", diagnostic.more_frames);
        }
    }
    text
}
