//! Ruff: a dynamic scripting language whose hot loops become machine code.
//!
//! To run it inside of a Rust program, begin with [`Engine`]; the command `ruff`
//! is [`cli`].
//!
//! # The house
//!
//! Data flows one way, from text to machine code; only exits lead back:
//!
//! ```text
//!  source text                                                          machine code
//!      |                                                                     ^
//!      v                                                                     | lower
//!   syntax --> compile --> bytecode --> interp --hot--> jit: record > ir > opt > region
//!   tokens,ast             + verifier     ^                         |
//!                                         +------- exit: snapshot --+
//!  -------------------------------------------------------------------------------------
//!    runtime (builtins, slow paths) > prim (what operations mean) > value (what data is)
//!    base: positions, diagnostics, option table, events, statistics
//!  engine wires interp and jit; observers are told events; cli and embed stand on engine
//!  format lays out what syntax understands: the one style of programs
//!  lint finds likely mistakes in what compile accepts
//! ```
//!
//! Each folder of `src/` is a layer; `tests/tidy.rs` holds the table of who may
//! use whom against the code.
//!
//! # Words
//!
//! * *hot*: a loop that went round, a recursive function that was called, or an
//!   exit that was taken, often enough.
//! * *trace*: the operations that one round of a hot loop, or one call of a hot
//!   function, really executed.
//! * *root*, *bridge*: a trace that begins at a loop or function, or at a hot exit.
//! * *guard*: an operation that leaves the trace unless what was true when it
//!   was recorded is true again.
//! * *exit*: the way from a guard back to the interpreter.
//! * *snapshot*: what an exit restores: frames, and which slot holds which value.
//! * *region*: a root with its bridges and the loops inside, as one control-flow
//!   graph and one machine-code function.
//! * *helper*: a Rust function that machine code calls for a larger operation.
//! * *abort*: a recording that was given up; the interpreter simply goes on.
//!
//! # What is absent
//!
//! * No machine code raises an error: it exits before the failing instruction,
//!   and the interpreter raises it.
//! * No exit follows an effect of the same instruction: decide, compute, then act.
//! * No operation has two meanings: interpreter, recorder, folder and evaluator
//!   call the same function of `prim`.
//! * No layer below `cli` prints or reads the environment on its own behalf:
//!   only for the program (`print`, `env`) or through observers.
//! * No call of the interpreter uses the native stack; calls between regions do,
//!   as far as the limit in their context allows.
pub mod base;
pub mod bytecode;
pub mod cli;
pub mod compile;
mod embed;
pub mod engine;
pub mod format;
pub mod interp;
pub mod jit;
mod lint;
pub mod observe;
pub mod prim;
pub mod runtime;
pub mod syntax;
pub mod value;

pub use base::diagnostic::{CallFrame, Diagnostic, DiagnosticKind};
pub use base::event::Position;
pub use base::options::OptionError;
pub use embed::*;

/// The program of the README is run as a test of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
