//! What is wrong with a source text.
//!
//! The lexer and the parser go on after an error, so one text can have several;
//! at most [`MAX_ERRORS`] are kept. An error says what was found and, where a
//! reader could guess wrong, what to write instead.
//!
//! Example: `let x = ` gives `expected an expression, found end of file` at the
//! end of the text.

use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use crate::base::span::{LineIndex, Span};

/// How many errors of one text are reported.
pub const MAX_ERRORS: usize = 50;

/// One lexical or grammatical error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, one line.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it is that the text ends too early: more text could mend it.
    pub ends_early: bool,
}

impl SyntaxError {
    /// An error without help.
    pub fn new(message: impl Into<String>, span: Span) -> SyntaxError {
        SyntaxError { message: message.into(), span, help: None, ends_early: false }
    }

    /// The same error with a hint.
    pub fn with_help(mut self, help: impl Into<String>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    /// The error as users see it, in `text`, the source called `file`.
    pub fn diagnostic(&self, file: &str, text: &str, lines: &LineIndex) -> Diagnostic {
        Diagnostic::new(DiagnosticKind::Parse, self.message.clone())
            .at(file, text, lines, self.span)
            .with_help(self.help.clone())
    }
}
