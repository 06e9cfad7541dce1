//! From a raised fault to its handler.
//!
//! The innermost frame whose function protects the raising instruction gets
//! the error; frames inside it are dropped, and a method called on a place
//! stores its `self` back on the way (language reference 8.5).
//!
//! Contract of the `unsafe` here: as in `machine`; a frame's registers are
//! released once, and left null.
//!
//! Example: a fault in `g`, called by `f` inside `try`, drops `g`'s frame and
//! continues in `f` at the `except` block, whose variable holds the error.

use super::machine::{Frame, Machine, SLACK};
use crate::bytecode::{Code, CodeId, Opcode};
use crate::prim::Fault;
use crate::runtime::{self, error_value};
use crate::value::{Raw, Symbol, Tag, Value};
use std::rc::Rc;

/// One frame of a [`Traceback`].
#[derive(Clone, Debug)]
pub struct TracebackFrame {
    /// The function.
    pub code: Rc<Code>,
    /// The instruction that raised or called.
    pub pc: usize,
}

/// Where a fault was raised, innermost frame first.
#[derive(Clone, Debug)]
pub struct Traceback {
    /// The frames.
    pub frames: Vec<TracebackFrame>,
}

/// What messages call a function.
pub fn shown_name(code: &Code) -> Symbol {
    match code.source.is_prelude() {
        true => runtime::shown_name(code.name),
        false => code.name,
    }
}

impl Machine {
    /// The active frames, innermost first.
    pub fn traceback(&self) -> Traceback {
        let frames = self.frames.iter().rev().map(|frame| TracebackFrame {
            code: self.codes[frame.code().id.0 as usize].clone(),
            pc: frame.pc_index().saturating_sub(1),
        });
        Traceback { frames: frames.collect() }
    }

    /// The frame that gets the machine's fault, raised before the innermost pc.
    pub(super) fn handler_depth(&self) -> Option<usize> {
        let catchable = self.fault.as_ref().is_some_and(Fault::is_catchable);
        let pc_of = |frame: &Frame| frame.pc_index().saturating_sub(1) as u32;
        // Cleanups run on the way to a handler, so only if there is one.
        let caught = catchable && self.frames.iter().any(|f| f.code().catches(pc_of(f)));
        let mut frames = self.frames.iter();
        frames.rposition(|frame| caught && frame.code().handler_for(pc_of(frame)).is_some())
    }

    /// The frame that gets what the instruction at the innermost pc throws, if that
    /// is the business of the frames from `outer` on.
    pub fn catching_frame(&self, outer: usize) -> Option<usize> {
        let last = self.frames.len() - 1;
        let raising =
            |depth: usize| (self.frames[depth].pc_index() - usize::from(depth < last)) as u32;
        let code = |depth: usize| self.frames[depth].code();
        let caught = (outer..=last).any(|depth| code(depth).catches(raising(depth)));
        (outer..=last)
            .rev()
            .find(|depth| caught && code(*depth).handler_for(raising(*depth)).is_some())
    }

    /// The error that a handler sees of what was thrown in `line`, inside calls of
    /// the functions that have frames and of those that are `inlined` in the last one.
    pub fn caught(&self, fault: &Fault, inlined: &[CodeId], line: u32) -> Value {
        let frames = self.frames.iter().skip(1).map(|frame| frame.code());
        let inlined = inlined.iter().map(|id| self.code(*id));
        let stack: Vec<Symbol> = frames.chain(inlined).map(shown_name).collect();
        error_value(fault, &stack, line)
    }

    /// Raises the machine's fault at the instruction before the innermost
    /// frame's pc. Returns where it was raised if nothing catches it; all but
    /// main's frame are dropped then.
    pub fn unwind(&mut self) -> Option<Traceback> {
        let Some(depth) = self.handler_depth() else {
            let traceback = self.traceback();
            while self.frames.len() > 1 {
                self.drop_frame();
            }
            return Some(traceback);
        };
        // An error inside a builtin is one of whoever called it.
        let of_program = |frame: &&Frame| !frame.code().source.is_prelude();
        let raising = self.frames.iter().rev().find(of_program).or(self.frames.last());
        let raising = raising.expect("a frame raised");
        let line = raising.code().line(raising.pc_index().saturating_sub(1));
        let fault = self.fault.take().expect("a fault was raised");
        let error = self.caught(&fault, &[], line);
        while self.frames.len() > depth + 1 {
            self.drop_frame();
        }
        let frame = self.frames.last_mut().expect("the handler's frame");
        let code = frame.code();
        let pc = frame.pc_index().saturating_sub(1) as u32;
        let handler = code.handler_for(pc).expect("found above");
        frame.pc = frame.pc_at(handler.target as usize);
        let base = frame.base;
        release_range(base, code.variables as usize, code.registers as usize + SLACK);
        // SAFETY: the handler's register is a variable of this frame, which
        // owns what it holds.
        unsafe {
            let register = base.add(handler.register as usize);
            let old = register.read();
            register.write(error.into_raw());
            old.release();
        }
        None
    }

    /// Drops the innermost frame on the way to a handler.
    fn drop_frame(&mut self) {
        let frame = self.frames.pop().expect("a frame to drop");
        let caller = *self.frames.last().expect("its caller");
        let call = caller.code().instructions[caller.pc_index() - 1];
        let place = matches!(call.opcode, Opcode::CallMethodPlace | Opcode::CallMethodTemporary);
        if place && frame.code().changes_self {
            // SAFETY: register 0 of a method is its self, register `c` of the
            // caller the variable that it came from; both are valid values.
            unsafe {
                let changed = frame.base.replace(Raw::NULL);
                let variable = caller.base.add(call.c as usize);
                let old = variable.read();
                variable.write(changed);
                old.release();
            }
        }
        self.release_frame(&frame);
    }

    /// Releases the registers of a frame from number `from` on.
    pub(super) fn release_registers(&self, frame: &Frame, from: usize) {
        release_range(frame.base, from, frame.code().registers as usize + SLACK);
    }

    /// Releases all registers of a frame and the closure below them.
    pub(super) fn release_frame(&self, frame: &Frame) {
        super::generator::abandon(frame);
        let (start, end) = self.stack_bounds();
        debug_assert!(frame.base > start && frame.base < end);
        release_range(frame.base, 0, frame.code().registers as usize + SLACK);
        // SAFETY: below every frame lies the slot of its closure.
        unsafe { frame.base.sub(1).replace(Raw::NULL).into_value() };
    }
}

/// Releases the counted objects in registers `from..to` and leaves them null.
fn release_range(base: *mut Raw, from: usize, to: usize) {
    for register in from..to {
        // SAFETY: the registers lie inside the stack, and what a frame's
        // registers hold is owned by them; places are not counted.
        let value: Value = unsafe { base.add(register).replace(Raw::NULL).into_value() };
        debug_assert!(value.tag() != Tag::Place || !value.tag().is_heap());
    }
}
