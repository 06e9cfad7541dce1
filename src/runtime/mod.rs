//! Builtin functions, the state they share, and error values.
//!
//! Every builtin is one row of the [`table`]: name, arity, documentation,
//! effects, how traces treat it, and one function. Functions that call back
//! into the program (`map`, `sort` with a comparator, ...) are written in Ruff
//! itself in [`PRELUDE`], so they run and are traced like any other code.
//!
//! What must hold: a builtin never changes its arguments as the program sees
//! them. It may take an argument out of its slot and change it in place, because
//! values are copied on write, but it must not fail after that. This makes
//! `a := push(a, v)` constant-time when nobody else holds the array.
//!
//! Example: `lookup("len")` gives the row number; `call(row, ..)` checks the
//! number of arguments and runs it.

mod argument_parser;
mod arguments;
mod arrays;
mod assertions;
mod byte_strings;
mod clock;
mod collections;
mod commands;
mod context;
mod data;
mod dates;
mod dicts;
mod encodings;
mod environment;
mod error_value;
mod file_parts;
mod file_promises;
mod files;
mod host;
mod inspect;
mod long_calls;
mod math;
mod methods;
mod modules;
mod naming;
mod output;
mod overloads;
mod pairs;
mod paths;
mod patterns;
mod process;
mod queues;
mod random;
pub mod reference;
mod room;
mod search;
mod sets;
mod shared;
mod strings;
pub mod table;
mod task_queue;
mod tasks;
mod testing;

pub use argument_parser::struct_method;
pub use context::Context;
pub use error_value::{Raised, error_value, is_error, origin, set_place};
pub use host::{HostBody, HostFunction};
pub use methods::{METHODS, Method, methods_run_by, shown_name};
pub use overloads::overloaded_function;
pub use table::{
    BUILTINS, Body, Builtin, Denied, Effects, Function, MANY, THEMES, call, constant, displays,
    is_repeatable, looks_up, lookup, native_name, prelude_function, row,
};

/// The builtins that are written in Ruff: the source of a module that exports
/// nothing but functions, each named by a row of the table.
pub const PRELUDE: &str = include_str!("prelude.ruff");
