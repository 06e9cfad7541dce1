//! An error as users see it: what, where, and the calls that led there.
//!
//! A diagnostic carries the source line it points into, so that whoever prints
//! it needs no source text. It holds data; `cli::diagnostic` gives it its form.
//!
//! What must hold: `excerpt.start <= excerpt.end <= excerpt.text.len()`, both on
//! character boundaries. A line that is very long is cut to the part around the
//! error.
//!
//! Example: a missing `)` at the end of `let x = (1` has kind `Parse`, position
//! 1:11, and the excerpt `let x = (1` with the range `10..10`.

use super::event::Position;
use super::span::{LineIndex, Span};
use std::sync::Arc;

/// What sort of error it is; decides its heading and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosticKind {
    /// The text is no program: lexing, parsing.
    Parse,
    /// The program breaks a rule that is checked before it runs.
    Compile,
    /// An error that the running program did not catch.
    Runtime,
    /// A mistake in Ruff itself.
    Internal,
    /// A likely mistake in a program that can run.
    Warning,
}

impl DiagnosticKind {
    /// The heading, without the colon.
    pub fn heading(self) -> &'static str {
        match self {
            DiagnosticKind::Parse => "Parse Error",
            DiagnosticKind::Compile => "Compile Error",
            DiagnosticKind::Runtime => "Runtime Error",
            DiagnosticKind::Internal => "Internal Error",
            DiagnosticKind::Warning => "Warning",
        }
    }
}

/// The source line that a diagnostic points into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line, without its line break.
    pub text: String,
    /// First byte of the part that is wrong.
    pub start: usize,
    /// Byte after its last.
    pub end: usize,
}

/// One active call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFrame {
    /// Name of the function that was called.
    pub function: String,
    /// Where it was called.
    pub called_at: Position,
}

/// An error with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort of error.
    pub kind: DiagnosticKind,
    /// What is wrong.
    pub message: String,
    /// Where; `None` if no place in a source text is to blame.
    pub at: Option<Position>,
    /// The line at that place.
    pub excerpt: Option<Excerpt>,
    /// What to do about it.
    pub help: Option<String>,
    /// The active calls, innermost first, at most [`MAX_FRAMES`].
    pub stack: Vec<CallFrame>,
    /// Active calls beyond those listed.
    pub more_frames: usize,
}

/// Calls that a diagnostic lists.
pub const MAX_FRAMES: usize = 20;

/// Bytes of a long line kept on either side of the error.
const MARGIN: usize = 120;

impl Diagnostic {
    /// A diagnostic without a place.
    pub fn new(kind: DiagnosticKind, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            kind,
            message: message.into(),
            at: None,
            excerpt: None,
            help: None,
            stack: Vec::new(),
            more_frames: 0,
        }
    }

    /// Places it at `span` of `text`, the source called `file`, whose lines are `lines`.
    pub fn at(mut self, file: &str, text: &str, lines: &LineIndex, span: Span) -> Diagnostic {
        let (line, column) = lines.position(text, span.start);
        self.at = Some(Position { file: Arc::from(file), line, column });
        self.excerpt = Some(Excerpt::new(text, span));
        self
    }

    /// Adds a hint.
    pub fn with_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help;
        self
    }

    /// Adds the active calls, innermost first; keeps as many as are listed.
    pub fn with_stack(mut self, frames: impl IntoIterator<Item = CallFrame>) -> Diagnostic {
        let mut frames = frames.into_iter();
        self.stack = frames.by_ref().take(MAX_FRAMES).collect();
        self.more_frames = frames.count();
        self
    }
}

impl Excerpt {
    /// The line of `text` in which `span` starts; a span over several lines is
    /// cut at the end of the first.
    pub fn new(text: &str, span: Span) -> Excerpt {
        let at = floor(text, span.start as usize);
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let line_end = if text[line_start..line_end].ends_with('\r') && line_end > at {
            line_end - 1
        } else {
            line_end
        };
        let end = floor(text, (span.end as usize).clamp(at, line_end));
        let from = floor(text, at.saturating_sub(MARGIN)).max(line_start);
        let to = floor(text, (end.min(at + MARGIN) + MARGIN).min(line_end)).max(at);
        let before = if from > line_start { "..." } else { "" };
        let after = if to < line_end { "..." } else { "" };
        let shift = |offset: usize| offset.min(to) - from + before.len();
        Excerpt {
            text: format!("{before}{}{after}", &text[from..to]),
            start: shift(at),
            end: shift(end),
        }
    }
}

/// The character boundary of `text` at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
