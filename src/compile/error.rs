//! What the compiler rejects in a program that parses.
//!
//! Nothing of a rejected program runs. Faults that depend on control flow, such
//! as reassigning a constant, are not here: they compile to instructions that
//! raise.
//!
//! Example: `break` outside of a loop is a [`CompileErrorKind::Semantic`] error.

use crate::base::span::Span;
use crate::bytecode::SourceFile;
use std::rc::Rc;

/// Why a program was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileErrorKind {
    /// The program breaks a rule of the language.
    Semantic,
    /// The program exceeds a limit of the bytecode.
    Limit,
}

/// One reason why a program was rejected.
#[derive(Clone, Debug)]
pub struct CompileError {
    /// Which sort of reason.
    pub kind: CompileErrorKind,
    /// What is wrong, one line.
    pub message: String,
    /// Where.
    pub span: Span,
    /// The file, if it is not the main one.
    pub source: Option<Rc<SourceFile>>,
}
