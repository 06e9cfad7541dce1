//! Ruff inside of a Rust program.
//!
//! An [`Engine`] runs texts one after the other; names that one declares are
//! known to the next. Rust functions become functions of the program by
//! [`Engine::register`], functions of the program are called by
//! [`Engine::call`], and values are converted both ways by their Rust types
//! ([`FromValue`], [`IntoValue`]).
//!
//! What must hold: nothing here lets a safe Rust program break the engine; a
//! value handed out is independent of what the program does with its own later.
//!
//! Example:
//!
//! ```
//! let mut engine = ruff::Engine::new();
//! engine.register("double", |n: i64| n * 2);
//! engine.run("func twice(n) { return double(double(n)) }")?;
//! let result: i64 = engine.call("twice", (10,))?;
//! assert_eq!(result, 40);
//! # Ok::<(), ruff::Error>(())
//! ```

mod builder;
mod convert;
mod engine;
mod error;
mod function;
mod members;
mod value;
mod watchdog;

pub use builder::Builder;
pub use convert::{Arguments, ConversionError, FromValue, IntoValue};
pub use engine::{Engine, Interrupter};
pub use error::{Error, Limit, RuntimeError, RuntimeErrorKind};
pub use function::{IntoOutcome, RustFunction};
pub use value::{Object, Value};
