//! The syntax layer: from bytes to a syntax tree.
//!
//! [`decode`] makes text of bytes, [`parse`] makes a [`Program`](ast::Program)
//! of text. Neither panics, whatever the input; errors are collected, and the
//! tree of a text with errors holds what could be understood.
//!
//! Example: `parse("let x = (1 + ").errors` holds one error, at the end.
pub mod ast;
pub mod error;
mod lexer;
mod parser;
pub mod token;

pub use error::SyntaxError;
pub use parser::{MAX_BLOCK_DEPTH, MAX_EXPRESSION_DEPTH, MAX_SOURCE_BYTES, Parsed, parse};

use crate::base::span::Span;

/// The text that `bytes` are in UTF-8.
///
/// # Errors
/// The first byte that is not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let length = error.error_len().unwrap_or(bytes.len() - start);
        SyntaxError::new(
            format!("invalid UTF-8: byte 0x{:02X} at offset {start}", bytes[start]),
            Span::new(start, start + length),
        )
        .with_help("source files are UTF-8 text")
    })
}

/// Whether `source` is the beginning of a program that goes on: all that is
/// wrong with it is that it ends too early.
pub fn is_incomplete(source: &str) -> bool {
    parse(source).errors.first().is_some_and(|error| error.ends_early)
}

/// The tokens of `source`, as the parser gets them.
pub fn tokens(source: &str) -> Vec<token::Token> {
    lexer::lex(source).0.list
}
