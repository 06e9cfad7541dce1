//! Why something asked of an engine did not work.
//!
//! What must hold: every way to fail is a variant; nothing must be read out of
//! a message.
//!
//! Example: `engine.run("1 +")` is `Error::Syntax` with one diagnostic, at line 1
//! and column 4.

use super::convert::ConversionError;
use super::value::Value;
use crate::base::diagnostic::{CallFrame, Diagnostic, DiagnosticKind};
use crate::base::event::Position;
use crate::base::interrupt::Stop;
use crate::engine::Failure;
use crate::prim::Fault;
use std::fmt;
use std::path::PathBuf;

/// Why an engine could not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The text is no program. Nothing of it was executed.
    Syntax(Vec<Diagnostic>),
    /// The text breaks a rule that is checked before it runs. Nothing of it was
    /// executed.
    Rejected(Vec<Diagnostic>),
    /// The program raised an error that it did not catch.
    Runtime(Box<RuntimeError>),
    /// Somebody interrupted the program; here is where it was.
    Interrupted(Box<Diagnostic>),
    /// The program reached a limit; here is where it was.
    Limit(Limit, Box<Diagnostic>),
    /// The program called `exit` with this code.
    Exit(i32),
    /// A value is not of the type that was asked for.
    Conversion(ConversionError),
    /// The program has no variable or function of this name.
    Unknown(String),
    /// The session has more names than it may have.
    TooManyNames,
    /// A file could not be read.
    File(PathBuf, std::io::Error),
}

/// A limit that ends a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Of time.
    Time,
    /// Of steps.
    Steps,
    /// Of memory.
    Memory,
}

/// An error that the program raised and did not catch.
#[derive(Clone, Debug)]
pub struct RuntimeError {
    /// What sort of error.
    pub kind: RuntimeErrorKind,
    /// What is wrong.
    pub message: String,
    /// Where it was raised.
    pub at: Option<Position>,
    /// The active calls, innermost first.
    pub stack: Vec<CallFrame>,
    /// What was thrown, if the program threw it.
    pub value: Option<Value>,
    /// All of it, to be shown.
    pub diagnostic: Diagnostic,
}

/// Sorts of runtime errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuntimeErrorKind {
    /// Thrown by the program.
    Thrown,
    /// Int overflow, division by zero.
    Arithmetic,
    /// An operation on a kind of value that it does not work on.
    Type,
    /// An index or key that is not there.
    Missing,
    /// A name, field, method, struct or variant that is not there.
    Name,
    /// A call with the wrong number of arguments.
    Arity,
    /// Calls nested too deep.
    Depth,
    /// A change of a constant.
    Constant,
    /// A module that cannot be imported.
    Import,
    /// Something that the engine does not allow.
    Denied,
    /// Raised by a builtin or registered function.
    Builtin,
}

fn kind_of(fault: &Fault) -> RuntimeErrorKind {
    use RuntimeErrorKind::*;
    match fault {
        Fault::IntegerOverflow { .. }
        | Fault::NegateOverflow(_)
        | Fault::DivisionByZero
        | Fault::ModuloByZero => Arithmetic,
        Fault::InvalidBinary { .. }
        | Fault::InvalidUnary { .. }
        | Fault::InvalidKeyType(_)
        | Fault::CannotIndex(_)
        | Fault::InvalidIndex { .. }
        | Fault::CannotAccess { .. }
        | Fault::CannotCallMethod { .. }
        | Fault::CannotCall(_)
        | Fault::CannotIterate(_)
        | Fault::IndexAssign(_)
        | Fault::NotResultOrOption => Type,
        Fault::IndexOutOfBounds(_) | Fault::FloatOutOfBounds(_) | Fault::MissingKey { .. } => {
            Missing
        }
        Fault::FieldNotFound(_)
        | Fault::NoMethod { .. }
        | Fault::UndefinedVariable(_)
        | Fault::UndefinedStruct(_)
        | Fault::NoField { .. }
        | Fault::UndefinedEnum(_)
        | Fault::EnumIsNoValue(_)
        | Fault::NoVariant { .. } => Name,
        Fault::Arity { .. } => Arity,
        Fault::DepthExceeded { .. } => Depth,
        Fault::ConstReassign(_) | Fault::ConstMutate(_) | Fault::ModuleChange(_) => Constant,
        Fault::NoExport { .. } | Fault::CircularImport(_) => Import,
        Fault::Denied { .. } => Denied,
        Fault::Thrown(_) | Fault::Unhandled(_) => Thrown,
        Fault::TooLarge(_) | Fault::Builtin(_) | Fault::Exit(_) | Fault::Stopped(_) => Builtin,
    }
}

impl Error {
    /// What to show of it: one diagnostic for each thing that is wrong, with
    /// file, line, column and source line where there are any.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Error::Syntax(all) | Error::Rejected(all) => all,
            Error::Runtime(error) => std::slice::from_ref(&error.diagnostic),
            Error::Interrupted(one) | Error::Limit(_, one) => std::slice::from_ref(one),
            _ => &[],
        }
    }

    pub(super) fn of(failure: Failure) -> Error {
        let (fault, diagnostic) = match failure {
            Failure::Rejected(all) => {
                let parses = all.first().is_none_or(|one| one.kind != DiagnosticKind::Parse);
                return if parses { Error::Rejected(all) } else { Error::Syntax(all) };
            }
            Failure::Raised(fault, diagnostic) => (fault, diagnostic),
        };
        match fault {
            Fault::Exit(code) => Error::Exit(code),
            Fault::Stopped(Stop::Time) => Error::Limit(Limit::Time, diagnostic),
            Fault::Stopped(Stop::Steps) => Error::Limit(Limit::Steps, diagnostic),
            Fault::Stopped(Stop::Memory) => Error::Limit(Limit::Memory, diagnostic),
            Fault::Stopped(_) => Error::Interrupted(diagnostic),
            fault => {
                let value = match &fault {
                    Fault::Thrown(value) | Fault::Unhandled(value) => {
                        Some(Value::from_inner(value))
                    }
                    _ => None,
                };
                Error::Runtime(Box::new(RuntimeError {
                    kind: kind_of(&fault),
                    message: diagnostic.message.clone(),
                    at: diagnostic.at.clone(),
                    stack: diagnostic.stack.clone(),
                    value,
                    diagnostic: *diagnostic,
                }))
            }
        }
    }
}

/// `file:line:column: message`, as far as there is a place.
fn placed(diagnostic: &Diagnostic) -> String {
    match &diagnostic.at {
        Some(at) => format!("{}:{}:{}: {}", at.file, at.line, at.column, diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Exit(code) => write!(f, "the program called exit({code})"),
            Error::Conversion(error) => error.fmt(f),
            Error::Unknown(name) => write!(f, "Undefined variable: {name}"),
            Error::TooManyNames => f.write_str("the session has too many names"),
            Error::File(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            _ => {
                let texts: Vec<String> = self.diagnostics().iter().map(placed).collect();
                f.write_str(&texts.join("\n"))
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Conversion(error) => Some(error),
            Error::File(_, error) => Some(error),
            _ => None,
        }
    }
}

impl From<ConversionError> for Error {
    fn from(error: ConversionError) -> Error {
        Error::Conversion(error)
    }
}
