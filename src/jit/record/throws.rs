//! Errors thrown and caught in the same trace.
//!
//! If a function of the trace has the handler, what is thrown is no reason to leave:
//! the frames inside of it end as if they returned, and the trace goes on at the
//! handler. Only making the error value is a call.
//!
//! What must hold: whether there is a handler follows from the functions of the
//! trace alone. The kinds of everything that is dropped are decided before.
//!
//! Example: `try { throw i } except e { s := s + e.value }` in a loop is one call,
//! which makes the `Error`, and two loads.

use super::recording::{RecordedValue, Recording};
use crate::bytecode::{Handler, Opcode, Slow};
use crate::interp::machine::SLACK;
use crate::interp::{Domain, Flow, Frame};
use crate::jit::ir::{Op, Slot, SlotValue, Type};
use crate::prim::Fault;
use crate::value::Tag;

/// Where a thrown error is caught.
#[derive(Clone, Copy)]
pub struct Catching {
    handler: Handler,
    /// Frames that end on the way.
    dropped: usize,
    /// Whether the handler is one of the prelude.
    by_prelude: bool,
}

/// The register of the caller that takes back the receiver of a method which may have
/// changed it, if it is one.
fn receiver(method: &Frame, caller: &Frame) -> Option<i32> {
    let call = caller.code().instructions[caller.pc_index() - 1];
    let place = matches!(call.opcode, Opcode::CallMethodPlace | Opcode::CallMethodTemporary);
    (place && method.code().changes_self).then_some(call.c as i32)
}

impl Recording<'_> {
    /// The frames of the trace, innermost first, with the register where each begins.
    fn active(&self) -> Vec<(Frame, i32, bool)> {
        let frames = self.concrete.machine().frames.iter().rev();
        let recorded = self.builder.frames.iter().rev();
        frames.zip(recorded).map(|(frame, r)| (*frame, r.base, r.entered)).collect()
    }

    /// Decides what must be known for the trace to follow what the running `throw`
    /// throws to its handler, if it can.
    pub fn prepare_throw(&mut self) {
        let active = self.active();
        let machine = self.concrete.machine();
        let outer = machine.frames.len() - active.len();
        let Some(depth) = machine.catching_frame(outer) else { return };
        let dropped = machine.frames.len() - 1 - depth;
        let raising = |at: usize| active[at].0.pc_index() - usize::from(at > 0);
        if active[..dropped].iter().any(|(frame, ..)| frame.code().generator.is_some()) {
            return;
        }
        let catching = active[dropped].0.code();
        let by_prelude = catching.source.is_prelude();
        let handler = catching.handler_for(raising(dropped) as u32);
        let handler = *handler.expect("the frame that was found");
        for (at, &(frame, base, entered)) in active.iter().enumerate().take(dropped + 1) {
            let code = frame.code();
            let variables = if at < dropped { -1 } else { code.variables as i32 };
            for register in variables..code.registers as i32 + SLACK as i32 {
                let now = self.concrete.peek_frame_register(frame, register);
                if now.tag != Tag::Place {
                    let dead = entered || register >= code.variables as i32 && !now.tag.is_heap();
                    self.builder.prepare_overwrite(Slot::Frame(base + register), now, dead);
                }
            }
            if at < dropped
                && let Some(register) = receiver(&frame, &active[at + 1].0)
            {
                let (caller, base, entered) = active[at + 1];
                let now = self.concrete.peek_frame_register(caller, register);
                self.builder.prepare_overwrite(Slot::Frame(base + register), now, entered);
            }
            if at == dropped {
                let register = handler.register as i32;
                let now = self.concrete.peek_frame_register(frame, register);
                self.builder.prepare_overwrite(Slot::Frame(base + register), now, entered);
            }
        }
        self.catching = Some(Catching { handler, dropped, by_prelude });
    }

    /// Ends the frames inside of the handler's, and goes on there.
    pub(super) fn go_to_handler(&mut self, value: RecordedValue, catching: Catching) -> Flow {
        let thrown = self.typed(value);
        let imm = Slow::Caught as u64 | u64::from(catching.by_prelude) << 32;
        self.emit(Op::CallSlow, Type::Word, &[thrown], imm);
        let error = self.emit(Op::ResultPayload, Type::Pointer(Tag::Struct), &[], 0);
        let active = self.active();
        for (at, &(frame, base, _)) in active.iter().enumerate().take(catching.dropped + 1) {
            let code = frame.code();
            let ends = at < catching.dropped;
            if ends && let Some(register) = receiver(&frame, &active[at + 1].0) {
                // What the method has changed until it threw is changed.
                let (own, variable) = (Slot::Frame(base), Slot::Frame(active[at + 1].1 + register));
                if let Some(pointer) = self.builder.owned_pointer(variable) {
                    self.release_reference(pointer);
                }
                let changed = self.builder.slot_value(own);
                self.builder.set_null(own);
                self.builder.set(variable, changed);
            }
            let first = if ends { -1 } else { code.variables as i32 };
            for slot in base + first..base + code.registers as i32 + SLACK as i32 {
                let slot = Slot::Frame(slot);
                if let Some(pointer) = self.builder.owned_pointer(slot) {
                    self.builder.set_null(slot);
                    self.release_reference(pointer);
                }
            }
            if ends {
                self.builder.frames.pop();
                let pc = active[at + 1].0.pc_index() as u64;
                self.emit(Op::Leave, Type::Unit, &[], pc);
            }
        }
        let slot = self.builder.slot(catching.handler.register);
        self.write_slot(slot, SlotValue::Typed(error));
        let raw = self.concrete.peek_value(value.raw);
        self.concrete.raise(Fault::Thrown(raw));
        let machine = self.concrete.machine();
        let frame = machine.frames.last_mut().expect("the frame that throws");
        frame.pc = frame.pc.wrapping_add(1);
        assert!(machine.unwind().is_none(), "the handler was found before");
        Flow::Leave(0)
    }
}
