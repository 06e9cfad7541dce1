//! Functions with regions of their own: where one begins, calls another, returns.
//!
//! Arguments are passed in registers, as payloads of known types; a result comes
//! back as tag and payload; the receiver that a method has changed comes back in
//! the result area. The registers of the frame in memory are written only where the
//! function is left for the interpreter.
//!
//! What must hold: when a call is made, memory above the caller's live registers
//! holds no counted object; variables of the module are in memory, because
//! anyone may read or set them; and every count that the caller deferred is
//! executed, because the function called may look at counts. Functions are
//! excepted: nobody looks at their counts.
//!
//! Example: `fib(n - 1)` inside of `fib` becomes
//!
//! ```text
//! guard_callable c0+5 !3
//! v9:word = call_function c0+5, v8 !4
//! v10:word = return_payload v9
//! ```
//!
//! where exit 3 resumes before the call and exit 4 behind it, once the frames
//! that the callee left with are on the stack.

use super::super::ir::{
    Callee, End, ExitKind, FrameState, Inst, Op, Ref, Slot, SlotValue, Trace, Type,
};
use super::emit::{Emitter, Flow, Outcome, Path, Round};
use super::plan::EmitError;
use super::snapshot;
use super::state::{Entry, LoopKey, OpenLoop, Stored};
use crate::bytecode::CodeId;
use crate::value::Tag;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

impl Emitter<'_> {
    /// Begins the region of a function: its registers hold the arguments.
    pub(super) fn open_function(
        &mut self,
        path: &mut Path,
        trace: Arc<Trace>,
        code: CodeId,
        version: u32,
    ) -> Round {
        self.graph.region.function = Some(version);
        let types = self.plan.functions.version(version).types.clone();
        for (register, ty) in types.into_iter().enumerate() {
            let value = match ty {
                Type::Null | Type::Undefined => self.graph.constant(ty, 0),
                _ => self.graph.parameter(path.block, ty),
            };
            if ty.is_pointer() {
                path.state.facts.counts.own(value);
            }
            let value = SlotValue::Typed(value);
            let entry = Entry { value, stored: Stored::Immediate, junk: false };
            path.state.slots.set(Slot::Frame(register as i32), entry);
        }
        let mut hasher = FxHasher::default();
        (code, version).hash(&mut hasher);
        let name = hasher.finish();
        path.state.path = name;
        // The function as a whole stands where loops look for the one around them.
        let base = Some(Rc::new(path.state.clone()));
        let key = LoopKey { code, index: u16::MAX, frames: path.state.frames.clone() };
        path.state.loops.push(OpenLoop::new(key, trace.id, 0, name, base));
        Round { trace, shift: 0, peeled: false, own: false }
    }

    /// The callee of an instruction of the trace, as the region counts registers.
    fn callee(&self, round: &Round, bits: u64) -> Callee {
        let callee = Callee::decode(bits);
        Callee { base: callee.base + round.shift, ..callee }
    }

    /// Makes sure that a function can be called.
    pub(super) fn guard_callable(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        bits: u64,
    ) -> Result<Outcome, EmitError> {
        let imm = self.callee(round, bits).encode();
        let inst = Inst::new(Op::GuardCallable, Type::Unit, &[]).with_imm(imm);
        if self.plan.options.guards && path.state.facts.expressions.find(&inst, |_| true).is_some()
        {
            return Ok(Outcome::Gone);
        }
        self.append(path, inst, Some((round, name, ExitKind::Absent)))?;
        Ok(Outcome::Gone)
    }

    /// Calls a function; the result is the tag word of what it returns.
    pub(super) fn call_function(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        bits: u64,
        args: &[Ref],
    ) -> Result<Outcome, EmitError> {
        let callee = self.callee(round, bits);
        let version = self.plan.functions.version(callee.version);
        let code = version.code;
        if !args.iter().map(|arg| self.graph.ty(*arg)).eq(version.types.iter().copied()) {
            return Err(EmitError::Incomplete);
        }
        path.state.undo.clear();
        path.state.innermost().pc += 1;
        let window = Slot::Frame(callee.base - 1);
        let captures = self.environment.captures(code);
        args.iter().for_each(|arg| self.give(path, *arg));
        self.flush_for_call(path, captures);
        self.clear_memory_from(path, callee.base);
        if let Some(entry) = path.state.slots.get(window).filter(|_| captures) {
            self.store_exactly(path, window, entry);
            path.state.slots.set(window, Entry { stored: Stored::Same, ..entry });
        }
        // The callee's frame is there while it runs: below it nothing is innermost.
        path.state.frames.push(FrameState { code, pc: 0, base: callee.base });
        self.module_to_memory(path);
        let exit = self.exit(path, round, name, ExitKind::Call, None)?;
        self.graph.region.exits[exit.0 as usize].snapshot.frames.pop();
        path.state.frames.pop();
        let mut inst = Inst::new(Op::CallFunction, Type::Word, args).with_imm(callee.encode());
        inst.exit = Some(exit);
        Ok(Outcome::Value(self.emit(path, inst)))
    }

    /// Executes what was deferred, for a function that may look at counts. Counts of
    /// functions may wait while something else keeps them, unless `all` is wanted.
    fn flush_for_call(&mut self, path: &mut Path, all: bool) {
        let graph = &self.graph;
        let due = path.state.facts.counts.flush(|counts, object| {
            let function = graph.ty(object) == Type::Pointer(Tag::Function);
            all || !function || !counts.is_owned(object) && graph.bits(object).is_none()
        });
        self.flush(path, due);
    }

    /// Forgets the registers from `base` on; memory holds no counted object there.
    fn clear_memory_from(&mut self, path: &mut Path, base: i32) {
        for (slot, entry) in path.state.slots.split_off(base) {
            let immediate = snapshot::is_immediate(&self.graph, entry.value);
            path.state.abandon(slot, entry, immediate);
        }
        let spilled = std::mem::take(&mut path.state.spilled);
        let null = SlotValue::Typed(self.graph.constant(Type::Null, 0));
        for slot in spilled {
            if matches!(slot, Slot::Frame(index) if index < base) {
                path.state.spilled.push(slot);
            } else {
                let entry = Entry { value: null, stored: Stored::Stale, junk: false };
                self.store_exactly(path, slot, entry);
            }
        }
    }

    /// Brings the variables of the module to memory, and forgets them.
    fn module_to_memory(&mut self, path: &mut Path) {
        let main = path.state.frames[0].code;
        let variables = if self.plan.in_main { self.environment.variables(main) as i32 } else { 0 };
        let of_module = |slot: &Slot| match *slot {
            Slot::Module(_) => true,
            Slot::Frame(index) => (0..variables).contains(&index),
        };
        let known: Vec<(Slot, Entry)> =
            path.state.slots.iter().filter(|(slot, _)| of_module(slot)).collect();
        let null = SlotValue::Typed(self.graph.constant(Type::Null, 0));
        let empty = Entry { value: null, stored: Stored::Stale, junk: false };
        for (slot, entry) in known {
            // Nobody will read a placeholder, but who overwrites it releases what is there.
            if !entry.junk {
                self.store_exactly(path, slot, entry);
                if let SlotValue::Typed(value) = entry.value {
                    self.give(path, value);
                }
            } else if entry.stored == Stored::Stale {
                self.store_exactly(path, slot, empty);
            }
            path.state.slots.remove(slot);
        }
        for slot in std::mem::take(&mut path.state.spilled) {
            match of_module(&slot) {
                true => self.store_exactly(path, slot, empty),
                false => path.state.spilled.push(slot),
            }
        }
    }

    /// Stores what a slot holds, whether or not the interpreter would look at it.
    fn store_exactly(&mut self, path: &mut Path, slot: Slot, entry: Entry) {
        if entry.stored == Stored::Same {
            return;
        }
        let inst = Inst::storing(entry.value, Op::StoreSlot, Op::StoreSlotDynamic);
        self.emit(path, inst.with_imm(slot.encode()));
    }

    /// Ends a path at a return instruction: by returning, in the region of a
    /// function, else by leaving before it.
    pub(super) fn returns(
        &mut self,
        path: &mut Path,
        round: &Round,
        pc: u32,
        register: Option<u16>,
    ) -> Result<Flow, EmitError> {
        path.state.undo.clear();
        path.state.innermost().pc = pc;
        let returned = register.map(|register| Slot::Frame(register as i32));
        let code = path.state.frames[0].code;
        let receiver = self.environment.changes_self(code).then_some(Slot::Frame(0));
        let kept = |slot: Slot| Some(slot) == returned || Some(slot) == receiver;
        let undecided = path.state.slots.iter().any(|(slot, entry)| {
            let dynamic = matches!(entry.value, SlotValue::Dynamic { .. });
            matches!(slot, Slot::Frame(0..)) && dynamic && !kept(slot)
        });
        let changed = receiver.and_then(|slot| path.state.slots.get(slot));
        let lost =
            receiver.is_some() && (receiver == returned || changed.is_none_or(|entry| entry.junk));
        let value = match returned.map(|slot| path.state.slots.get(slot)) {
            None => Some(SlotValue::Typed(self.graph.constant(Type::Null, 0))),
            Some(entry) => entry.filter(|entry| !entry.junk).map(|entry| entry.value),
        };
        let inside = self.graph.region.function.is_some() && path.state.frames.len() == 1;
        let Some(value) = value.filter(|_| inside && !undecided && !lost) else {
            let end = Ref(round.trace.insts.len() as u32);
            return self.leave(path, round, end, ExitKind::End);
        };
        for (slot, entry) in path.state.slots.clone().iter() {
            if let SlotValue::Typed(object) = entry.value
                && self.graph.ty(object).is_pointer()
                && matches!(slot, Slot::Frame(0..))
                && !kept(slot)
            {
                self.release(path, object);
            }
        }
        for owned in changed.map(|entry| entry.value).into_iter().chain([value]) {
            if let SlotValue::Typed(value) = owned {
                self.give(path, value);
            }
        }
        self.flush_all(path);
        self.clear_memory_from(path, 0);
        self.module_to_memory(path);
        if let Some(entry) = changed {
            let inst = Inst::storing(entry.value, Op::StoreResult, Op::StoreResultDynamic);
            self.emit(path, inst);
        }
        self.graph.end(path.block, End::Return(value));
        Ok(Flow::Done)
    }
}
