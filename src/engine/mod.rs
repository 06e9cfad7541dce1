//! The engine room: whole programs and sessions of texts, run by the interpreter
//! and the JIT.
//!
//! [`Runner`] runs programs, each on a machine of its own; the command line
//! stands on it. [`Session`] runs one text after the other on one machine; the
//! [`Engine`](crate::Engine) for Rust programs stands on that.

mod compiler;
mod failure;
mod memory;
mod process;
mod runner;
mod session;

pub use crate::runtime::reference;
pub use crate::syntax::{is_incomplete, token::KEYWORDS};
pub use failure::decode;
pub use memory::default_limit;
pub use runner::{Captured, Outcome, Program, Runner};
pub use session::{Failure, Session};
