//! Functions that the host of the language has registered.
//!
//! The number of such a function is the symbol of its name with a bit set that
//! no row of the table has, so a value that names it shows its name wherever it
//! goes; registering a name again replaces the function.
//!
//! What must hold: a panic of the host's function does not unwind through
//! machine code: it is kept, the program is stopped, and whoever runs it goes
//! on panicking.
//!
//! Example: with `double` registered, `map([1, 2], double)` is `[2, 4]`.

use super::Context;
use crate::base::interrupt::Stop;
use crate::prim::Fault;
use crate::value::{Symbol, Value};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The bit of numbers that are no rows of the table.
const REGISTERED: u32 = 1 << 31;

/// What runs a registered function.
pub type HostBody = Box<dyn FnMut(&[Value]) -> Result<Value, Fault>>;

/// A function of the host.
pub struct HostFunction {
    /// Number of arguments; `None` for any.
    pub arity: Option<usize>,
    /// What runs it.
    pub body: HostBody,
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunction").field("arity", &self.arity).finish_non_exhaustive()
    }
}

/// Name of a registered function, if the number is that of one.
pub(super) fn registered(number: u32) -> Option<Symbol> {
    (number & REGISTERED != 0).then_some(Symbol(number & !REGISTERED))
}

impl Context {
    /// Registers a function; its number.
    pub fn register(&mut self, name: &str, function: HostFunction) -> u32 {
        let name = Symbol::new(name);
        self.hosted.insert(name, function);
        name.0 | REGISTERED
    }

    /// Calls a registered function.
    pub(super) fn call_host(&mut self, name: Symbol, arguments: &[Value]) -> Result<Value, Fault> {
        let Some(function) = self.hosted.get_mut(&name) else {
            return Err(Fault::UndefinedVariable(name));
        };
        if let Some(expected) = function.arity.filter(|arity| *arity != arguments.len()) {
            let (expected, got) = (expected as u32, arguments.len() as u32);
            return Err(Fault::Arity { name, expected, got });
        }
        match catch_unwind(AssertUnwindSafe(|| (function.body)(arguments))) {
            Ok(result) => result,
            Err(panic) => {
                self.panic = Some(HostPanic(panic));
                Err(Fault::Stopped(Stop::Panicked))
            }
        }
    }

    /// The panic of a registered function that stopped the program.
    pub fn take_panic(&mut self) -> Option<Box<dyn Any + Send>> {
        self.panic.take().map(|panic| panic.0)
    }
}

/// What a registered function panicked with.
pub(super) struct HostPanic(Box<dyn Any + Send>);

impl fmt::Debug for HostPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostPanic")
    }
}
