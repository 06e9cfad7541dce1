//! The engine: texts, calls, variables, registered functions, limits.
//!
//! What must hold: limits apply to each run and each call anew, but the memory
//! limit, which applies to what the engine holds; a request to interrupt stays
//! until a run has ended by it.
//!
//! Example: see [`Engine`].

use super::builder::Builder;
use super::convert::{Arguments, FromValue, IntoValue};
use super::error::Error;
use super::function::{RustFunction, hosted};
use super::members::members;
use super::value::{Object, Value};
use super::watchdog::Watchdog;
use crate::base::event::Observer;
use crate::base::interrupt::{Interrupt, Stop};
use crate::base::options::Options;
use crate::engine::{Failure, Session, decode};
use crate::prim::Fault;
use crate::runtime::{self, Context};
use crate::value::{self as inner, HeapLimit, HeapUsage};
use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Under a limit of so many bytes nobody has to look at each round of a loop: one
/// that runs for a while looks often enough.
const ROOMY: u64 = 1 << 30;

/// What a run may use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub time: Option<Duration>,
    pub steps: Option<u64>,
    pub memory: Option<u64>,
}

/// Runs programs inside of a Rust program.
///
/// Names that a text declares are known to the texts after it:
///
/// ```
/// let mut engine = ruff::Engine::new();
/// engine.run("let total := 0  func add(n) { total := total + n  return total }")?;
/// engine.run("add(3)")?;
/// let total: i64 = engine.eval("add(4)")?;
/// assert_eq!(total, 7);
/// assert_eq!(engine.get::<i64>("total")?, 7);
/// # Ok::<(), ruff::Error>(())
/// ```
///
/// An engine stays on the thread that made it; an [`Interrupter`] may go
/// anywhere.
pub struct Engine {
    session: Session,
    interrupt: Arc<Interrupt>,
    limits: Limits,
    /// What its values took when the last run ended.
    usage: HeapUsage,
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("names", &self.names()).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine without limits that prints to standard output.
    pub fn new() -> Engine {
        Builder::default().build()
    }

    /// Options and limits for a new engine.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn with(
        options: &Options,
        context: Context,
        limits: Limits,
        observer: Option<Box<dyn Observer>>,
    ) -> Engine {
        let interrupt = Arc::new(Interrupt::new(options.recursion_depth as usize));
        if limits.steps.is_some() || limits.memory.is_some_and(|bytes| bytes < ROOMY) {
            interrupt.watch();
        }
        let session = Session::new(options, context, interrupt.clone(), observer);
        Engine { session, interrupt, limits, usage: HeapUsage::default() }
    }

    /// Runs a text. The result is that of its last statement if that is an
    /// expression, else `null`.
    ///
    /// # Errors
    /// Why it did not end normally. What it did until then stays.
    ///
    /// # Panics
    /// If a registered function panics: the panic goes on here.
    pub fn run(&mut self, text: &str) -> Result<Value, Error> {
        self.run_named("<text>", text)
    }

    /// Runs a text that messages call `name`. If it is a path, modules that the
    /// text imports are looked for beside it.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub fn run_named(&mut self, name: &str, text: &str) -> Result<Value, Error> {
        let value = self.limited(|session| session.run(name, text))?;
        Ok(Value::from_inner(&value))
    }

    /// Runs a file.
    ///
    /// # Errors
    /// If it cannot be read, or as [`Engine::run`].
    pub fn run_file(&mut self, path: impl AsRef<Path>) -> Result<Value, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| Error::File(path.into(), error))?;
        let name = path.to_string_lossy();
        let text = decode(&name, bytes).map_err(|diagnostic| Error::Syntax(vec![*diagnostic]))?;
        self.run_named(&name, &text)
    }

    /// Runs a text and converts its result.
    ///
    /// # Errors
    /// As [`Engine::run`], or if the result is of another type.
    pub fn eval<T: FromValue>(&mut self, text: &str) -> Result<T, Error> {
        Ok(T::from_value(self.run(text)?)?)
    }

    /// Calls a function of the program, or a builtin that is not written in Ruff.
    ///
    /// ```
    /// let mut engine = ruff::Engine::new();
    /// engine.run("func area(width, height) { return width * height }")?;
    /// assert_eq!(engine.call::<f64>("area", (3, 1.5))?, 4.5);
    /// # Ok::<(), ruff::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Engine::run`], or if there is no such name or the result is of
    /// another type.
    pub fn call<T: FromValue>(
        &mut self,
        name: &str,
        arguments: impl Arguments,
    ) -> Result<T, Error> {
        let callee = self.session.get(name).ok_or_else(|| Error::Unknown(name.into()))?;
        self.enter(callee, arguments)
    }

    /// Calls a value: a function that the program has handed out.
    ///
    /// # Errors
    /// As [`Engine::call`].
    pub fn call_value<T: FromValue>(
        &mut self,
        callee: &Object,
        arguments: impl Arguments,
    ) -> Result<T, Error> {
        self.enter(callee.0.clone(), arguments)
    }

    fn enter<T: FromValue>(
        &mut self,
        callee: inner::Value,
        arguments: impl Arguments,
    ) -> Result<T, Error> {
        let arguments = arguments.into_values().into_iter().map(Value::into_inner).collect();
        let value = self.limited(|session| session.call(callee, arguments))?;
        Ok(T::from_value(Value::from_inner(&value))?)
    }

    /// Runs something in the session under the limits.
    fn limited(
        &mut self,
        run: impl FnOnce(&mut Session) -> Result<inner::Value, Failure>,
    ) -> Result<inner::Value, Error> {
        if let Some(steps) = self.limits.steps {
            self.interrupt.limit_steps(steps);
        }
        let watchdog = self.limits.time.map(|time| Watchdog::new(&self.interrupt, time));
        let memory = HeapLimit::new(&self.interrupt, self.usage, self.limits.memory);
        let outcome = run(&mut self.session);
        self.usage = memory.usage();
        drop(memory);
        drop(watchdog);
        for stop in [Stop::Steps, Stop::Memory] {
            self.interrupt.withdraw(stop);
        }
        outcome.map_err(|failure| {
            if let Failure::Raised(Fault::Stopped(Stop::Panicked), _) = failure
                && let Some(panic) = self.session.context().take_panic()
            {
                resume_unwind(panic);
            }
            Error::of(failure)
        })
    }

    /// Makes a Rust function a function of the program, in place of what the
    /// name meant before.
    ///
    /// ```
    /// let mut engine = ruff::Engine::new();
    /// engine.register("parse_port", |text: String| text.parse::<u16>());
    /// assert_eq!(engine.eval::<i64>("parse_port(\"8080\")")?, 8080);
    /// let caught = "let m := \"\"  try { parse_port(\"x\") } except e { m := e.message }  m";
    /// assert_eq!(engine.eval::<String>(caught)?, "invalid digit found in string");
    /// # Ok::<(), ruff::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the engine has more names than it may have (some ten thousands).
    pub fn register<A, F: RustFunction<A>>(&mut self, name: &str, function: F) {
        let registered = self.session.register(name, hosted(name, function));
        assert!(registered, "the engine has too many names");
    }

    /// The value of a variable or function.
    ///
    /// # Errors
    /// If there is none of this name, or its value is of another type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, Error> {
        let value = self.session.get(name).ok_or_else(|| Error::Unknown(name.into()))?;
        Ok(T::from_value(Value::from_inner(&value))?)
    }

    /// Gives a variable a value, declaring it if there is none. A constant is
    /// replaced by a variable, which functions that use the constant do not see.
    ///
    /// # Errors
    /// If the engine has too many names.
    pub fn set(&mut self, name: &str, value: impl IntoValue) -> Result<(), Error> {
        let set = self.session.set(name, value.into_value().into_inner());
        if set { Ok(()) } else { Err(Error::TooManyNames) }
    }

    /// What was printed since the last call, if the engine keeps it
    /// ([`Builder::capture_output`]).
    pub fn take_output(&mut self) -> String {
        self.session.context().take_captured()
    }

    /// A handle by which another thread stops what runs.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { interrupt: self.interrupt.clone() }
    }

    /// The word by which whoever handles Ctrl-C stops what runs.
    pub(crate) fn interrupt(&self) -> Arc<Interrupt> {
        self.interrupt.clone()
    }

    /// What may stand behind a dot after the variable `name`, in order: fields
    /// and methods, or keys that are names. Nothing if there is no such variable.
    pub fn members(&self, name: &str) -> Vec<String> {
        self.session.get(name).map_or(Vec::new(), |value| members(&value))
    }

    /// The names of the variables, functions, structs and enums of the program,
    /// in order.
    pub fn names(&self) -> Vec<String> {
        self.session.names()
    }

    /// The names of all builtins that programs can call, in order.
    pub fn builtin_names() -> Vec<&'static str> {
        let names = runtime::BUILTINS.iter().map(|row| row.name);
        let is_plain = |name: &&str| name.starts_with(|c: char| c.is_ascii_alphabetic());
        let mut names: Vec<_> = names.filter(is_plain).filter(|n| !n.contains('.')).collect();
        names.sort_unstable();
        names
    }
}

/// Stops what an engine runs, from any thread.
///
/// ```
/// use std::thread;
/// use std::time::Duration;
///
/// let mut engine = ruff::Engine::new();
/// let interrupter = engine.interrupter();
/// let thread = thread::spawn(move || {
///     thread::sleep(Duration::from_millis(20));
///     interrupter.interrupt();
/// });
/// let error = engine.run("loop { }").unwrap_err();
/// assert!(matches!(error, ruff::Error::Interrupted(_)));
/// # thread.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Interrupter {
    interrupt: Arc<Interrupt>,
}

impl Interrupter {
    /// Stops what runs now, or else what runs next, with [`Error::Interrupted`].
    pub fn interrupt(&self) {
        self.interrupt.request(Stop::Interrupted);
    }

    /// Takes back a request that has not stopped anything yet.
    pub fn withdraw(&self) {
        self.interrupt.withdraw(Stop::Interrupted);
    }
}
