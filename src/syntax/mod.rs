//! The syntax layer: from bytes to a syntax tree.
pub mod ast;
