//! The interpreter: registers, frames, the dispatch loop, and unwinding.
//!
//! It runs bytecode by the bodies in [`ops`], which are generic over a
//! [`Domain`]; [`Concrete`](concrete::Concrete) is its own. It knows of the JIT
//! only what [`hook::Hook`] says: where loops get hot, someone may be asked.
//!
//! What must hold: no Rust function recurses into bytecode; calls push
//! [`Frame`](machine::Frame)s. While a hook runs, the machine's frames are
//! exact: pc and base of every one are stored.

mod apart;
// Its object handles are alive while the instruction runs, as its head says.
#[allow(clippy::not_unsafe_ptr_arg_deref)]
pub mod concrete;
// `from_int` makes a value in the domain, from an int of the domain.
#[allow(clippy::wrong_self_convention)]
pub mod domain;
pub mod generator;
mod hook;
pub mod machine;
pub mod ops;
pub mod slow;
mod unwind;

pub use domain::{Domain, Flow, Raised};
pub use hook::Hook;
pub use machine::{Frame, Limits, Machine, Stop};
pub use unwind::{Traceback, TracebackFrame, shown_name};
