//! Builtin functions, the state they share, and error values.
//!
//! Every builtin is one row of the [`table`]: name, arity, documentation,
//! effects, how traces treat it, and one function. Functions that call back
//! into the program (`map`, `sort` with a comparator, ...) are written in Ruff
//! itself in [`PRELUDE`], so they run and are traced like any other code.
//!
//! What must hold: a builtin never changes its arguments as the program sees
//! them. It may take an argument out of its slot and change it in place, because
//! values are copied on write; this makes `a := push(a, v)` constant-time when
//! nobody else holds the array.
//!
//! Example: `lookup("len")` gives the row number; `call(row, ..)` checks the
//! number of arguments and runs it.

mod arguments;
mod arrays;
mod assertions;
mod clock;
mod collections;
mod context;
mod dicts;
mod error_value;
mod inspect;
mod math;
mod modules;
mod output;
mod process;
mod random;
mod strings;
pub mod table;

pub use context::Context;
pub use error_value::{error_value, is_error};
pub use table::{Body, Builtin, Effects, Function, Intrinsic, Traced, call, constant, lookup, row};

/// The builtins that are written in Ruff: the source of a module that exports
/// nothing but functions, each named by a row of the table.
pub const PRELUDE: &str = include_str!("prelude.ruff");
