//! A machine with its JIT.
//!
//! The machine knows the JIT only as its hook; whoever wants to ask the JIT
//! afterwards, for its statistics, shares it.
//!
//! Example: a machine to which nothing is attached interprets everything.

use crate::base::event::Observer;
use crate::base::options::{JitMode, Options};
use crate::interp::{Hook, Limits, Machine};
use crate::jit::Jit;
use crate::runtime::Context;
use std::cell::RefCell;
use std::rc::Rc;

/// A machine with the limits of the options.
pub(crate) fn machine(options: &Options, context: Context) -> Machine {
    let limits = Limits { depth: options.recursion_depth as usize, stack: options.stack_values };
    Machine::new(limits, context)
}

/// Attaches a JIT, unless the options switch it off.
pub(crate) fn attach_jit(
    machine: &mut Machine,
    options: &Options,
    observer: Option<Box<dyn Observer>>,
) -> Option<Rc<RefCell<Jit>>> {
    if options.jit == JitMode::Off {
        return None;
    }
    let jit = Jit::new(options.clone(), observer, machine.context.interrupt.clone());
    let jit = Rc::new(RefCell::new(jit));
    machine.hook = Some(Box::new(Shared(jit.clone())));
    Some(jit)
}

struct Shared(Rc<RefCell<Jit>>);

impl Hook for Shared {
    fn hot_loop(&mut self, machine: &mut Machine, index: u16) -> bool {
        self.0.borrow_mut().hot_loop(machine, index)
    }

    fn hot_function(&mut self, machine: &mut Machine) -> bool {
        self.0.borrow_mut().hot_function(machine)
    }

    fn method_rebound(&mut self) {
        // The JIT is not busy: neither recordings nor regions contain the declaration.
        self.0.borrow_mut().method_rebound();
    }
}
