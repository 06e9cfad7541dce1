//! What goes wrong at run time, and the exact texts users see.
//!
//! A fault is the typed form of a runtime error before it becomes an `Error`
//! value of the language. Its `Display` is the message.
//!
//! Example: `Fault::IndexOutOfBounds(7).to_string()` is `Index out of bounds: 7`.

use super::access::optional_member;
use super::display::display_in_message;
use super::operator::Operator;
use crate::base::interrupt::Stop;
use crate::value::{Symbol, Value};
use std::fmt;

/// Why an operation failed.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An int result outside 64 bits.
    IntegerOverflow {
        /// Left operand.
        left: i64,
        /// The operator.
        operator: Operator,
        /// Right operand.
        right: i64,
    },
    /// Negation of the smallest int.
    NegateOverflow(i64),
    /// `/` by zero.
    DivisionByZero,
    /// `%` by zero.
    ModuloByZero,
    /// A binary operator on kinds it does not work on.
    InvalidBinary {
        /// The operator.
        operator: Operator,
        /// Kind of the left operand.
        left: &'static str,
        /// Kind of the right operand.
        right: &'static str,
    },
    /// A unary operator on a kind it does not work on.
    InvalidUnary {
        /// The operator.
        operator: &'static str,
        /// Kind of the operand.
        kind: &'static str,
    },
    /// An index beyond either end, as the program gave it.
    IndexOutOfBounds(i64),
    /// An integral index that no int can be.
    FloatOutOfBounds(f64),
    /// A key that the dict does not have.
    MissingKey {
        /// The key in display form.
        key: String,
        /// Whether the program gave it as text rather than as an int.
        quoted: bool,
    },
    /// A key of a kind that keys cannot have.
    InvalidKeyType(&'static str),
    /// Indexing something that has no elements.
    CannotIndex(&'static str),
    /// Indexing a sequence with something that is not integral.
    InvalidIndex {
        /// Kind of the sequence.
        container: &'static str,
        /// Kind of the index.
        index: &'static str,
    },
    /// A field that the struct does not have.
    FieldNotFound(Symbol),
    /// Member access on a kind without members.
    CannotAccess {
        /// The member name.
        field: Symbol,
        /// Kind of the value.
        kind: &'static str,
    },
    /// A method that the struct does not have.
    NoMethod {
        /// Name of the struct.
        strukt: Symbol,
        /// The method name.
        method: Symbol,
    },
    /// A method call on a kind without methods.
    CannotCallMethod {
        /// The method name.
        method: Symbol,
        /// Kind of the receiver.
        kind: &'static str,
    },
    /// A call of something that is not a function.
    CannotCall(&'static str),
    /// A function called with the wrong number of arguments.
    Arity {
        /// Name of the function.
        name: Symbol,
        /// Number of parameters.
        expected: u32,
        /// Number of arguments.
        got: u32,
    },
    /// A name that nothing binds.
    UndefinedVariable(Symbol),
    /// Calls nested too deep.
    DepthExceeded {
        /// The limit.
        limit: u32,
        /// The function that was called.
        name: Symbol,
    },
    /// `for` over something that is not iterable.
    CannotIterate(&'static str),
    /// Assignment to a constant.
    ConstReassign(Symbol),
    /// A change in place of what a constant holds.
    ConstMutate(Symbol),
    /// A change from outside of what a module exports.
    ModuleChange(Symbol),
    /// A struct literal of an unknown struct.
    UndefinedStruct(Symbol),
    /// A struct literal with an unknown field.
    NoField {
        /// Name of the struct.
        strukt: Symbol,
        /// The field name.
        field: Symbol,
    },
    /// An enum value of an unknown enum.
    UndefinedEnum(Symbol),
    /// An enum of a module by its name alone.
    EnumIsNoValue(Symbol),
    /// An enum value of an unknown variant.
    NoVariant {
        /// Name of the enum.
        enumeration: Symbol,
        /// The variant name.
        variant: Symbol,
    },
    /// Assignment to a part of this kind, whose parts can only be read.
    IndexAssign(&'static str),
    /// `?` on something else than a result or option.
    NotResultOrOption,
    /// `?` on this `Err` or `None` outside any function.
    Unhandled(Value),
    /// A name that a module does not export.
    NoExport {
        /// The name.
        name: Symbol,
        /// Path of the module.
        module: String,
    },
    /// A module imported while it is still running: the paths of the modules
    /// that import each other.
    CircularImport(Vec<String>),
    /// A result that would not fit memory; names what was asked for.
    TooLarge(&'static str),
    /// A builtin that does what the program may not do.
    Denied {
        /// The builtin.
        name: &'static str,
        /// What it would have access to.
        what: &'static str,
    },
    /// The message of a builtin, complete.
    Builtin(String),
    /// `throw` of this value.
    Thrown(Value),
    /// `exit(code)`: not an error, cannot be caught.
    Exit(i32),
    /// The program has to stop: cannot be caught.
    Stopped(Stop),
}

impl Fault {
    /// Whether `try` catches it.
    pub fn is_catchable(&self) -> bool {
        !matches!(self, Fault::Exit(_) | Fault::Stopped(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::IntegerOverflow { left, operator, right } => {
                write!(f, "Integer overflow: {left} {} {right}", operator.symbol())
            }
            Fault::NegateOverflow(value) => write!(f, "Integer overflow: -({value})"),
            Fault::DivisionByZero => f.write_str("Division by zero"),
            Fault::ModuloByZero => f.write_str("Modulo by zero"),
            Fault::InvalidBinary { operator, left, right } => {
                write!(f, "Invalid binary operation: {left} {} {right}", operator.symbol())
            }
            Fault::InvalidUnary { operator, kind } => {
                write!(f, "Invalid unary operation: {operator} {kind}")
            }
            Fault::IndexOutOfBounds(index) => write!(f, "Index out of bounds: {index}"),
            Fault::FloatOutOfBounds(index) => write!(f, "Index out of bounds: {index}"),
            Fault::MissingKey { key, quoted: true } => write!(f, "Missing map key: \"{key}\""),
            Fault::MissingKey { key, quoted: false } => write!(f, "Missing map key: {key}"),
            Fault::InvalidKeyType(kind) => write!(f, "Invalid dictionary key type: {kind}"),
            Fault::CannotIndex(kind) => write!(f, "Cannot index {kind}"),
            Fault::InvalidIndex { container, index } => {
                write!(f, "Cannot index {container} with {index}")
            }
            Fault::FieldNotFound(field) => write!(f, "Field not found: {field}"),
            Fault::CannotAccess { field, kind } => {
                write!(f, "Cannot access field or method '{field}' on {kind} value")
            }
            Fault::NoMethod { strukt, method } => {
                write!(f, "Struct '{strukt}' has no method '{method}'")
            }
            Fault::CannotCallMethod { method, kind } => {
                write!(f, "Cannot call method '{method}' on {kind} value")
            }
            Fault::CannotCall(kind) => write!(f, "Cannot call non-function value of type {kind}"),
            Fault::Arity { name, expected, got } => {
                write!(f, "{name} expects {expected} arguments, got {got}")
            }
            Fault::UndefinedVariable(name) => write!(f, "Undefined variable: {name}"),
            Fault::DepthExceeded { limit, name } => {
                write!(f, "Maximum call stack depth of {limit} exceeded while calling {name}")
            }
            Fault::CannotIterate(kind) => write!(f, "Cannot iterate over {kind}"),
            Fault::ConstReassign(name) => write!(f, "Cannot reassign const binding: {name}"),
            Fault::ConstMutate(name) => write!(f, "Cannot mutate const binding: {name}"),
            Fault::ModuleChange(name) => {
                write!(f, "Cannot change '{name}' of a module from outside")
            }
            Fault::UndefinedStruct(name) => write!(f, "Undefined struct: {name}"),
            Fault::NoField { strukt, field } => {
                write!(f, "Struct '{strukt}' has no field '{field}'")
            }
            Fault::UndefinedEnum(name) => write!(f, "Undefined enum: {name}"),
            Fault::EnumIsNoValue(name) => write!(f, "Enum '{name}' is not a value"),
            Fault::NoVariant { enumeration, variant } => {
                write!(f, "Enum '{enumeration}' has no variant '{variant}'")
            }
            Fault::IndexAssign(kind) => write!(f, "Cannot assign by index into {kind}"),
            Fault::NotResultOrOption => {
                f.write_str("Try operator (?) requires a Result or Option value")
            }
            Fault::Unhandled(value) => write!(f, "Unhandled {}", display_in_message(value)),
            Fault::NoExport { name, module } => {
                write!(f, "Symbol '{name}' not found in module '{module}'")
            }
            Fault::CircularImport(path) => {
                write!(f, "Circular import detected: {}", path.join(" -> "))
            }
            Fault::TooLarge(what) => write!(f, "The result of {what} is too large"),
            Fault::Denied { name, what } => {
                write!(f, "{name}() is not allowed: access to {what} is denied")
            }
            Fault::Builtin(message) => f.write_str(message),
            Fault::Thrown(value) => f.write_str(&thrown_message(value)),
            Fault::Exit(code) => write!(f, "exit({code})"),
            Fault::Stopped(stop) => stop.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

/// The message of a thrown value: a string itself, the text `message` of a
/// struct or dict, else the struct's name or the display form.
fn thrown_message(value: &Value) -> String {
    let message = optional_member(value, Symbol::new("message"));
    match (message.as_string(), value.as_struct()) {
        (Some(message), _) => message.as_str().to_string(),
        (None, Some(object)) => format!("{} error", object.shape().name),
        (None, None) => display_in_message(value),
    }
}
