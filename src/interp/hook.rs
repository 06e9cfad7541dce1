//! What the interpreter asks of a JIT.
//!
//! The interpreter compiles and works without any implementation of this.
//!
//! Example: at the `JumpBack` of a loop whose countdown ran out the machine
//! stores its pc (at the loop's header) and calls [`Hook::hot_loop`]; when that
//! returns, the machine goes on wherever its frames now say.

use super::machine::Machine;

/// A JIT as the interpreter sees it.
pub trait Hook {
    /// Loop `index` of the innermost frame's function starts another round and
    /// its countdown has run out. The innermost frame's pc is at the header. The
    /// hook may run any number of instructions, leaving frames and registers as
    /// if the interpreter had.
    ///
    /// Returns whether the machine holds a fault that is to be raised at the
    /// innermost frame's pc (the instruction before it).
    fn hot_loop(&mut self, machine: &mut Machine, index: u16) -> bool;

    /// The function that the innermost frame is about to begin was called and its
    /// countdown has run out. The innermost frame's pc is at its first
    /// instruction, its parameters hold the arguments. The hook may run any
    /// number of instructions, the function's return included.
    ///
    /// Returns as [`Hook::hot_loop`] does.
    fn hot_function(&mut self, machine: &mut Machine) -> bool;

    /// A method was declared again: what was compiled may call the old one.
    fn method_rebound(&mut self);
}
