//! Errors raised and caught in the same trace.
//!
//! If a function of the trace has the handler, an error is no reason to leave: the
//! frames inside of it end as if they returned, and the trace goes on at the
//! handler. Only making the error value is a call.
//!
//! What is not thrown by the program but raised by an operation is a *pending fault* of
//! the machine. A bridge from where a generic operation raised begins with one. Where
//! an operation raises while it is recorded, its generic form is called for the fault:
//! it has no effect, and what the trace has decided about its operands makes it raise
//! again; if it does not, the trace is left.
//!
//! What must hold: whether there is a handler follows from the functions of the
//! trace alone. The kinds of everything that is dropped are decided before. A fault that
//! cannot be caught is raised at the instruction that it came from.
//!
//! Example: `try { throw i } except e { s := s + e.value }` in a loop is one call,
//! which makes the `Error`, and two loads. `try { s := s + a[i] } except { s := 0 }`
//! where `i` is outside is `call_raising index:0 a, i`, and a call for the error.

use super::recording::{RecordedValue, Recording};
use super::{Recorder, Step};
use crate::bytecode::{Handler, Instruction, Intrinsic, Opcode, Operand, Slow};
use crate::interp::concrete::Concrete;
use crate::interp::machine::SLACK;
use crate::interp::{Domain, Flow, Frame, Machine};
use crate::jit::ir::{Op, Slot, SlotValue, Type};
use crate::prim::{Fault, Operator};
use crate::value::{Raw, Tag};

/// Where a thrown error is caught.
#[derive(Clone, Copy)]
pub struct Catching {
    handler: Handler,
    /// Frames that end on the way.
    dropped: usize,
    /// Whether the handler is one of the prelude.
    by_prelude: bool,
}

/// Whether a trace may follow an error to this handler in one of its functions. Who called
/// the region of a function is not known in it, and errors tell that to who looks at them.
pub fn may_follow(handler: &Handler, called: bool) -> bool {
    handler.ignores || !called
}

/// The operator of an instruction that computes with numbers.
fn arithmetic(opcode: Opcode) -> Option<Operator> {
    Some(match opcode {
        Opcode::Add | Opcode::AddInt => Operator::Add,
        Opcode::Subtract | Opcode::SubtractInt => Operator::Subtract,
        Opcode::Multiply | Opcode::MultiplyInt => Operator::Multiply,
        Opcode::Divide | Opcode::DivideInt => Operator::Divide,
        Opcode::Modulo | Opcode::ModuloInt => Operator::Modulo,
        _ => return None,
    })
}

/// Whether all that an instruction raises without calling something follows from what
/// is guarded.
fn raises_by_guards(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, Divide | DivideInt | Modulo | ModuloInt | GetIndex | GetIndexInt)
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

    /// Decides what must be known for the trace to follow what the running instruction
    /// throws or has raised to its handler, if it can.
    pub fn prepare_throw(&mut self, called: bool) {
        let active = self.active();
        let machine = self.concrete.machine();
        let outer = machine.frames.len() - active.len();
        let Some((depth, handler)) = machine.catching_frame(outer) else { return };
        if !may_follow(&handler, called) {
            return;
        }
        let dropped = machine.frames.len() - 1 - depth;
        if active[..dropped].iter().any(|(frame, ..)| frame.code().generator.is_some()) {
            return;
        }
        let catching = active[dropped].0.code();
        let by_prelude = catching.source.is_prelude();
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

    /// Calls the generic form of an instruction that has just raised, if it has one without
    /// effects, for the same fault.
    fn raise_again(&mut self, i: Instruction) -> bool {
        let right = |d: &mut Self| match i.info().operands[2] {
            Operand::In => d.read(i.c),
            _ => d.constant(Raw::int(i.small_c())),
        };
        let ((slow, extra), operands) = match i.opcode {
            Opcode::Negate => ((Slow::Negate, 0), vec![self.read(i.b)]),
            Opcode::GetIndex | Opcode::GetIndexInt => {
                ((Slow::Index, 0), vec![self.read(i.b), right(self)])
            }
            Opcode::GetMember => {
                let name = self.code().caches[i.c as usize].name;
                ((Slow::Member, name.0), vec![self.read(i.b)])
            }
            Opcode::Intrinsic1 | Opcode::Intrinsic2 => {
                let operands = 1 + usize::from(i.opcode == Opcode::Intrinsic2);
                let intrinsic = Intrinsic::at(operands, i.intrinsic()).expect("verified code");
                let registers = [i.b, i.c].into_iter().take(operands);
                let operands = registers.map(|register| self.read(register)).collect();
                ((Slow::Intrinsic, intrinsic as u32), operands)
            }
            Opcode::CallNative if Concrete::is_repeatable(i.b) => {
                let registers = i.a + 1..=i.a + i.count() as u16;
                let operands = registers.map(|register| self.read(register)).collect();
                ((Slow::Native, i.b.into()), operands)
            }
            opcode => {
                let Some(operator) = arithmetic(opcode) else { return false };
                ((Slow::Binary, operator as u32), vec![self.read(i.b), right(self)])
            }
        };
        let args = self.typed_all(&operands);
        let imm = slow as u64 | (extra as u64) << 32;
        let status = self.emit(Op::CallRaising, Type::Word, &args, imm);
        self.guard_equal(status, 1);
        true
    }

    /// Ends the frames inside of the handler's, and goes on there with the error of what is
    /// thrown, or else of the pending fault.
    pub(super) fn go_to_handler(
        &mut self,
        value: Option<RecordedValue>,
        catching: Catching,
    ) -> Flow {
        let error = match (catching.handler.ignores, value) {
            (true, Some(_)) => self.builder.value_constant(Raw::NULL),
            (true, None) => {
                if !self.is_decided {
                    let status = self.emit(Op::CallSlow, Type::Word, &[], Slow::Dismiss as u64);
                    self.emit(Op::GuardStatus, Type::Unit, &[status], 0);
                }
                self.builder.value_constant(Raw::NULL)
            }
            (false, value) => {
                let thrown = value.unwrap_or_else(|| self.constant(Raw::UNDEFINED));
                let thrown = self.typed(thrown);
                let imm = Slow::Caught as u64 | u64::from(catching.by_prelude) << 32;
                let status = self.emit(Op::CallSlow, Type::Word, &[thrown], imm);
                if value.is_none() {
                    self.emit(Op::GuardStatus, Type::Unit, &[status], 0);
                }
                self.emit(Op::ResultPayload, Type::Pointer(Tag::Struct), &[], 0)
            }
        };
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
        if let Some(value) = value {
            let raw = self.concrete.peek_value(value.raw);
            self.concrete.raise(Fault::Thrown(raw));
        }
        let machine = self.concrete.machine();
        let frame = machine.frames.last_mut().expect("the frame that throws");
        frame.pc = frame.pc.wrapping_add(1);
        assert!(machine.unwind().is_none(), "the handler was found before");
        Flow::Leave(0)
    }
}

impl Recorder<'_> {
    /// Follows the machine's pending fault, which the innermost frame's instruction has
    /// raised, to its handler in the trace; nothing if it cannot.
    ///
    /// A fault that is `decided` needs no call at run time to be there.
    pub(super) fn follow_fault(&mut self, machine: &mut Machine, decided: bool) -> Option<Step> {
        let frame = *machine.frames.last().expect("a frame that raises");
        if !machine.fault.as_ref().is_some_and(Fault::is_catchable) {
            return None;
        }
        let called = self.called;
        let mut domain = self.domain(Concrete::new(machine, frame));
        domain.is_decided = decided;
        domain.prepare_throw(called);
        let catching = domain.catching.take()?;
        domain.go_to_handler(None, catching);
        let frame = machine.frames.last().expect("the handler's frame");
        Some(self.arrive(machine, frame.code(), frame.pc_index()))
    }

    /// The same for an instruction that has raised while it was recorded; `guarded` tells
    /// that it did so because of what it had decided on, and nothing else.
    pub(super) fn follow_raised(
        &mut self,
        machine: &mut Machine,
        raised: Instruction,
        guarded: bool,
    ) -> Option<Step> {
        let frame = *machine.frames.last().expect("a frame that raises");
        let outer = machine.frames.len() - self.builder.frames.len();
        let (_, handler) = machine.catching_frame(outer)?;
        let decided = guarded && handler.ignores && raises_by_guards(raised.opcode);
        if !decided && !self.domain(Concrete::new(machine, frame)).raise_again(raised) {
            return None;
        }
        self.follow_fault(machine, decided)
    }
}
