//! Functions that a trace calls instead of following them, and where the trace
//! of a function begins and ends.
//!
//! Recursion cannot be inlined for ever, and inlining large functions makes a copy of
//! them for every way to and through them. A call to a function that is active in
//! the trace already, or that is large, becomes a call of the region that the function
//! has, or will have; the region of a short recursive function holds a second
//! activation of it before.
//! While such a call is recorded the interpreter runs it to its end, and
//! the recording goes on with what it returned, and with the receiver that a method
//! has changed.
//!
//! What must hold: whether a function may be called so is decided before the
//! call changes anything; afterwards nothing is known about variables of the
//! module.
//!
//! Example: `return fib(n - 1) + fib(n - 2)` records two calls, whose results
//! are guarded to be ints where they are added.

use super::builder::Called;
use super::recording::{RecordedValue, Recording};
use super::{Abort, Recorder, Step};
use crate::bytecode::{Code, Instruction, Opcode};
use crate::interp::concrete::Concrete;
use crate::interp::machine::SLACK;
use crate::interp::{Domain, Frame, Machine, Raised, Stop};
use crate::jit::ir::{Callee, MOST_PARAMETERS, Op, SlotValue, TraceEnd, Type};
use crate::value::{Header, Tag, VariantId};

/// Longest function, in instructions, that is inlined into itself.
const BRIEF: usize = 40;

/// Most calls in a function that is inlined into itself.
const FEW_CALLS: usize = 3;

/// Whether calls of a function may be native: it returns once, to its caller.
pub fn may_have_region(code: &Code) -> bool {
    code.generator.is_none() && !code.is_async && code.parameters as usize <= MOST_PARAMETERS
}

/// Whether the region of a recursive function may hold a second activation of it.
///
/// That halves the calls, but every way through the inner one is followed by a copy
/// of what the outer one does afterwards. So only few calls and no loops.
fn is_brief(code: &Code) -> bool {
    code.instructions.len() <= BRIEF
        && code.loops.is_empty()
        && code.instructions.iter().filter(|i| i.opcode.is_call()).count() <= FEW_CALLS
}

/// Whether the instruction ends the innermost frame: `?` does only with an error
/// or nothing.
pub(super) fn leaves(machine: &mut Machine, i: Instruction) -> bool {
    match i.opcode {
        Opcode::Return
        | Opcode::ReturnNull
        | Opcode::NewGenerator
        | Opcode::Yield
        | Opcode::EndGenerator => true,
        Opcode::TryUnwrap if i.c == 0 => {
            let frame = *machine.frames.last().expect("a frame to record");
            let mut concrete = Concrete::new(machine, frame);
            let value = concrete.peek_register(i.b);
            value.tag == Tag::Enum && {
                let object = concrete.object(value);
                let variant = VariantId(concrete.shape(object) >> 8);
                variant == VariantId::ERR || variant == VariantId::NONE
            }
        }
        _ => false,
    }
}

impl Recording<'_> {
    /// Whether a call would be inlined into itself or too deep.
    pub(super) fn is_too_deep(&self, code: &Code) -> bool {
        let active = &self.concrete.machine().frames;
        let inlined = &active[active.len() - self.builder.frames.len()..];
        let is_active = |frame: &Frame| std::ptr::eq(frame.code, code);
        let (outermost, others) = inlined.split_first().expect("a frame that is recorded");
        let recursive = others.iter().any(is_active) || is_active(outermost) && !is_brief(code);
        recursive || inlined.len() > self.limits.inline_depth
    }

    /// Whether a function that could be inlined is better called: each way through a large
    /// one would be followed by a copy of what the caller does afterwards.
    fn is_large(&self, code: &Code) -> bool {
        let most = self.limits.inline_size;
        let most = if code.loops.is_empty() { most } else { most / 2 };
        let caller = self.concrete.machine().frames.last().expect("a frame that calls");
        (code.instructions.len() > most || self.functions.is_separate(code.id))
            && !self.functions.is_inlined(code.id)
            && !self.functions.is_long_call(caller.code().id, caller.pc_index() as u32)
    }

    /// Whether a call becomes one of a region of the function's own, if it can.
    fn is_called(&self, code: &Code) -> bool {
        may_have_region(code) && (self.is_large(code) || self.is_too_deep(code))
    }

    /// Takes the function that a variable of the module holds for a constant, if
    /// it calls itself and does not capture anything: then the trace need not count
    /// its owners. A function that is made again and again has no name.
    pub(super) fn identify_callee(&mut self, callee: RecordedValue) -> RecordedValue {
        let closure = callee.raw.bits as *mut Header;
        let code = self.concrete.closure_code(closure);
        let named = !code.name.as_str().starts_with('<');
        if !named || !code.captures.is_empty() || !self.is_called(code) {
            return callee;
        }
        let reference = self.typed(callee);
        self.guard_equal(reference, callee.raw.bits);
        self.constant(callee.raw)
    }

    /// Decides whether the running instruction calls `code` in a region of its
    /// own, and guards that it can.
    pub(super) fn choose_callee(&mut self, code: &Code) {
        if !self.is_called(code) {
            return;
        }
        let frame = self.concrete.machine().frames.last().expect("a frame that calls");
        let i = frame.code().instructions[frame.pc_index()];
        let count = i.count() as u16;
        let (receiver, first) = match i.opcode {
            Opcode::Call | Opcode::CallModule => (None, i.a + 1),
            Opcode::CallMethod => (Some(i.a + 1), i.a + 2),
            Opcode::CallMethodPlace | Opcode::CallMethodConst | Opcode::CallMethodTemporary => {
                (Some(i.c), i.a + 2)
            }
            _ => return,
        };
        // Only calls on places take back what the method makes of its receiver.
        let takes_back = matches!(i.opcode, Opcode::CallMethodPlace | Opcode::CallMethodTemporary);
        if code.changes_self && !takes_back {
            return;
        }
        let registers = receiver.into_iter().chain(first..first + count);
        let tags: Vec<Tag> = registers.map(|register| self.concrete_tag(register)).collect();
        if tags.contains(&Tag::Place) {
            return;
        }
        let types: Vec<Type> = tags.into_iter().map(Type::of).collect();
        if types.len() != code.parameters as usize {
            return;
        }
        if let Some(version) = self.functions.enter(code.id, &types) {
            let base = self.builder.frame().base + i.a as i32 + 1;
            let imm = Callee { version, base }.encode();
            self.emit(Op::GuardCallable, Type::Unit, &[], imm);
            self.callee = Some(version);
        }
    }

    /// As `enter`, for a call that the trace does not follow.
    pub(super) fn enter_region(
        &mut self,
        code: &'static Code,
        window: u16,
        version: u32,
    ) -> Result<(), Raised> {
        let base = self.builder.frame().base + window as i32 + 1;
        let mut args = Vec::with_capacity(code.parameters as usize);
        for register in window + 1..=window + code.parameters {
            let value = self.read(register);
            args.push(self.typed(value));
        }
        self.concrete.enter(code, window)?;
        let imm = Callee { version, base }.encode();
        let tag = self.emit(Op::CallFunction, Type::Word, &args, imm);
        self.builder.forget(base..base + code.registers as i32 + SLACK as i32);
        self.builder.called = Some(Called { tag, changes_self: code.changes_self });
        Ok(())
    }
}

impl Recorder<'_> {
    /// Begins the trace of a function with its arguments, which are all there is.
    pub(super) fn begin_function(&mut self, machine: &mut Machine) {
        self.builder.frames[0].entered = true;
        let frame = *machine.frames.last().expect("the function's frame");
        self.builder.emit(Op::At, Type::Unit, &[], 0);
        let mut domain = self.domain(Concrete::new(machine, frame));
        (0..frame.code().parameters).for_each(|register| domain.prepare_read(register));
    }

    /// The domain of the next instruction.
    pub(super) fn domain(&mut self, concrete: Concrete) -> Recording<'_> {
        let (builder, places) = (&mut self.builder, &mut self.places);
        Recording::new(concrete, builder, places, self.limits, self.functions)
    }

    /// Ends the trace at the return of its function, before that is executed.
    pub(super) fn end_function(&mut self, machine: &mut Machine, i: Instruction) -> Step {
        let frame = *machine.frames.last().expect("the function's frame");
        let pc = frame.pc_index() as u32;
        self.builder.emit(Op::At, Type::Unit, &[], pc as u64);
        self.bytecodes += 1;
        let mut domain = self.domain(Concrete::new(machine, frame));
        let register = match i.opcode {
            Opcode::Return => Some(i.a),
            Opcode::TryUnwrap => Some(i.b),
            _ => None,
        };
        register.into_iter().for_each(|register| domain.prepare_read(register));
        if i.opcode == Opcode::TryUnwrap {
            let value = domain.read(i.b);
            let object = domain.object(value);
            domain.shape(object);
        }
        domain.prepare_leave();
        Step::End(TraceEnd::Return { pc, register })
    }

    /// Runs a call that the trace does not follow to its end and takes in its
    /// result, and the receiver if it was changed, for the registers of the caller
    /// that the instruction names.
    pub(super) fn await_call(
        &mut self,
        machine: &mut Machine,
        call: Called,
        instruction: Instruction,
        continues_place: bool,
    ) -> Step {
        let depth = machine.frames.len() - 1;
        match machine.run_call(self.limits.patience) {
            Stop::Returned | Stop::Finished => {}
            Stop::OutOfBudget => {
                let caller = machine.frames[depth - 1];
                self.functions.note_long_call(caller.code().id, caller.pc_index() as u32 - 1);
                return Step::Abort(Abort::LongCall);
            }
            Stop::Raised => {
                self.builder.insts.truncate(self.last_mark);
                let leaves = !self.is_root() && !continues_place && self.bytecodes > 1;
                return Step::Raised(leaves.then_some(TraceEnd::Leave { pc: self.last_pc }));
            }
        }
        if machine.rebound {
            return Step::Abort(Abort::DeclaresMethod);
        }
        let frame = *machine.frames.last().expect("the caller's frame");
        let main = machine.frames[machine.frames.len() - self.builder.frames.len()].code();
        self.builder.forget_module(if self.builder.in_main { main.variables as i32 } else { 0 });
        if call.changes_self {
            let tag = self.builder.emit(Op::ResultTag, Type::Word, &[], 0);
            let payload = self.builder.emit(Op::ResultPayload, Type::Word, &[], 0);
            let slot = self.builder.slot(instruction.c);
            self.builder.set(slot, SlotValue::Dynamic { tag, payload });
        }
        let slot = self.builder.slot(instruction.a);
        if let Some(callee) = self.builder.owned_pointer(slot) {
            self.builder.set_null(slot);
            self.builder.emit(Op::Release, Type::Unit, &[callee], 0);
        }
        let payload = self.builder.emit(Op::ReturnPayload, Type::Word, &[call.tag], 0);
        self.builder.set(slot, SlotValue::Dynamic { tag: call.tag, payload });
        self.arrive(machine, frame.code(), frame.pc_index())
    }
}
