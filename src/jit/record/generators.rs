//! Generators in traces: making one, going on in one, leaving one.
//!
//! A resumption is followed like a call. What is guarded is where the generator
//! stands; then its fields become the registers of a frame that the trace enters in
//! the middle of the function. A `yield` stores them back and leaves the frame.
//! That is what the interpreter does, in operations on fields.
//!
//! What must hold: the kinds of all that moves are decided before the first store.
//! A register that is dead where the frame goes on is not loaded, only known to
//! hold nothing counted.
//!
//! Example: of `func* odd(n) { while true { yield n n += 2 } }` an item costs a
//! guard on where it stands, two loads, an addition and four stores.

use super::abort::Abort;
use super::builder::{RecordedFrame, RunningGenerator};
use super::recording::{Recorded, RecordedValue, Recording};
use crate::bytecode::Code;
use crate::interp::generator::{ENDED, HEAD, RUNNING, code_of, fields, stays};
use crate::interp::{Domain, Raised};
use crate::jit::ir::{FrameMark, Op, Ref, Slot, SlotValue, Type};
use crate::value::layout::FIRST_HEAP_TAG;
use crate::value::{Header, Raw, Tag};
use rustc_hash::FxHashMap;

/// A field that a frame is about to be kept in.
#[derive(Clone, Copy)]
pub struct KeptField {
    /// Its number.
    field: usize,
    /// Whether what it keeps may be read.
    live: bool,
    /// What it still holds, if that is counted.
    old: Option<Ref>,
}

/// How a register begins when its frame goes on.
struct Loaded {
    field: usize,
    value: Ref,
    stays: bool,
}

impl Recording<'_> {
    /// Decides the kinds of what a new generator keeps, which goes on at `next`.
    pub fn prepare_creation(&mut self, next: u32) {
        for register in 0..self.code().registers {
            if self.is_unset(register) {
                continue;
            }
            if self.builder.is_live(self.code(), next, register) {
                self.prepare_read(register);
            } else if register < self.code().variables {
                self.prepare_write(register);
            }
        }
    }

    pub(super) fn make_generator(&mut self, next: u32) -> RecordedValue {
        let code = self.code();
        let closure = self.running_closure().reference;
        self.emit(Op::Retain, Type::Unit, &[closure], 0);
        let mut args = vec![self.builder.constant(Type::Int, next as u64), closure];
        for register in 0..code.registers {
            let value = self.kept_value(register as usize + HEAD);
            args.push(value);
            if self.builder.ty(value).is_pointer() {
                let slot = self.builder.slot(register);
                self.builder.set_null(slot);
            }
        }
        let raw = self.concrete.new_generator(next);
        let shape = Header::shape_of(raw.tag, code.id.0);
        let object = self.emit(Op::NewRecord, Type::Pointer(raw.tag), &args, shape as u64);
        Self::value(raw, object)
    }

    /// The slot of the register that a field of the running generator belongs to.
    fn slot_of(&self, field: usize) -> Slot {
        Slot::Frame(self.builder.frame().base + field as i32 - HEAD as i32)
    }

    /// What the register of a field holds, whose kind has been decided; null if it
    /// is one that nobody has set.
    fn kept_value(&mut self, field: usize) -> Ref {
        let slot = self.slot_of(field);
        match self.builder.slots.get(&slot).copied() {
            Some(SlotValue::Typed(value)) => value,
            Some(value) => {
                let now = self.live((field - HEAD) as u16);
                self.builder.typed(value, now)
            }
            None => self.builder.constant(Type::Null, 0),
        }
    }

    /// Loads a field of a generator, deciding its kind.
    fn load_field(&mut self, generator: Ref, field: usize, now: Raw) -> Ref {
        let known = self.pair(Op::FieldTag, Op::FieldPayload, &[generator], field as u64);
        self.builder.typed(known, now)
    }

    /// Decides that a field holds nothing counted.
    fn decide_immediate(&mut self, generator: Ref, field: usize) {
        let tag = self.emit(Op::FieldTag, Type::Word, &[generator], field as u64);
        let limit = self.builder.constant(Type::Word, FIRST_HEAP_TAG);
        self.emit(Op::GuardBelow, Type::Unit, &[tag, limit], 0);
    }

    pub(super) fn enter_generator(&mut self, generator: RecordedValue) -> Result<bool, Raised> {
        let object = self.typed(generator);
        let held: Vec<Raw> = fields(generator.raw).iter().map(|field| field.raw()).collect();
        let next = held[0].bits as i64;
        if next == RUNNING {
            return self.concrete.resume(generator.raw);
        }
        let state = self.emit(Op::FieldPayload, Type::Word, &[object], 0);
        self.guard_equal(state, next as u64);
        if next == ENDED {
            return self.concrete.resume(generator.raw);
        }
        let header = generator.raw.bits as *mut Header;
        self.shape(Recorded { value: header, reference: object });
        let code = self.concrete.machine().code(code_of(generator.raw));
        if self.builder.frames.len() > self.limits.inline_depth {
            self.builder.abort = Some(Abort::TooDeep(code.name.to_string()));
        }
        let loaded = self.load_frame(code, object, next as u32, &held);
        let frames = &self.concrete.machine().frames;
        let return_pc = frames.last().expect("a frame that asks").pc_index() as u32 + 1;
        let base = self.builder.frame().base + self.code().registers as i32 + 1;
        self.concrete.resume(generator.raw)?;
        let running = self.builder.constant(Type::Int, RUNNING as u64);
        self.emit(Op::StoreField, Type::Unit, &[object, running], 0);
        let null = self.builder.constant(Type::Null, 0);
        for Loaded { field, value, stays } in &loaded {
            if !stays && self.builder.ty(*value).is_pointer() {
                self.emit(Op::StoreField, Type::Unit, &[object, null], *field as u64);
            }
        }
        let mark = self.builder.entered.len() as u64;
        self.builder.entered.push(FrameMark { code: code.id, base, return_pc });
        self.builder.frames.push(RecordedFrame { base, entered: true });
        self.emit(Op::Enter, Type::Unit, &[], mark);
        let end = base + code.registers as i32 + crate::interp::machine::SLACK as i32;
        self.builder.forget(base..end);
        let mut held = FxHashMap::default();
        for Loaded { field, value, stays } in loaded {
            if stays {
                held.insert(field, value);
                self.emit(Op::Retain, Type::Unit, &[value], 0);
            }
            if self.builder.ty(value).is_pointer() {
                self.emit(Op::Own, Type::Unit, &[value], 0);
            }
            let slot = self.slot_of(field);
            self.builder.set(slot, SlotValue::Typed(value));
        }
        self.emit(Op::Retain, Type::Unit, &[object], 0);
        let own = self.builder.slot(code.parameters);
        self.builder.set(own, SlotValue::Typed(object));
        self.builder.running.push(RunningGenerator { base, held });
        Ok(true)
    }

    /// Loads what the registers of a suspended frame begin with.
    fn load_frame(&mut self, code: &Code, object: Ref, next: u32, held: &[Raw]) -> Vec<Loaded> {
        let mut loaded = Vec::with_capacity(held.len());
        for (field, &now) in held.iter().enumerate().skip(1) {
            let register = field.checked_sub(HEAD).map(|register| register as u16);
            if register == Some(code.parameters) || now.tag == Tag::Place {
                continue;
            }
            let live = register.is_none_or(|r| self.builder.is_live(code, next, r));
            if live || now.tag.is_heap() {
                let value = self.load_field(object, field, now);
                let stays = stays(code, field, now.tag);
                loaded.push(Loaded { field, value, stays });
            } else if register < Some(code.variables) {
                self.decide_immediate(object, field);
            }
        }
        loaded
    }

    /// Decides the kinds of all that moves when the running generator is left:
    /// suspended to go on at `next`, or for good.
    pub fn prepare_suspension(&mut self, next: Option<u32>) {
        let code = self.code();
        self.running_closure();
        self.prepare_read(code.parameters);
        let (own, base) = (self.live(code.parameters), self.builder.frame().base);
        let object = self.kept_value(code.parameters as usize + HEAD);
        for (field, old) in fields(own).iter().enumerate().skip(1) {
            let register = field.checked_sub(HEAD).map(|register| register as u16);
            let mut live = register.is_none();
            if let Some(register) = register {
                live = next.is_some_and(|next| self.builder.is_live(code, next, register));
                if register == code.parameters || !live && register >= code.variables {
                    continue;
                }
                match live {
                    _ if self.is_unset(register) => {}
                    true => self.prepare_read(register),
                    false => self.prepare_write(register),
                }
            }
            let running = self.builder.running.last().filter(|running| running.base == base);
            let old = match running {
                Some(running) => running.held.get(&field).copied(),
                None if old.tag().is_heap() => Some(self.load_field(object, field, old.raw())),
                None => {
                    self.decide_immediate(object, field);
                    None
                }
            };
            self.kept_fields.push(KeptField { field, live, old });
        }
        let Some(wanting) = self.caller() else { unreachable!("generators are resumed") };
        if next.is_some() {
            self.prepare_caller_write(wanting.b);
        }
    }

    pub(super) fn leave_suspended(&mut self, next: u32) {
        let object = self.kept_value(self.code().parameters as usize + HEAD);
        for KeptField { field, live, old } in std::mem::take(&mut self.kept_fields) {
            let mut value = self.kept_value(field);
            let counted = self.builder.ty(value).is_pointer();
            if !live && !counted {
                value = self.builder.constant(Type::Null, 0);
            }
            if live || counted || old.is_some() {
                self.emit(Op::StoreField, Type::Unit, &[object, value], field as u64);
            }
            old.into_iter().for_each(|old| self.release_reference(old));
            if counted {
                let slot = self.slot_of(field);
                self.builder.set_null(slot);
            }
        }
        let next_value = self.builder.constant(Type::Int, next as u64);
        self.emit(Op::StoreField, Type::Unit, &[object, next_value], 0);
        let own = self.builder.slot(self.code().parameters);
        self.builder.set_null(own);
        self.release_reference(object);
        self.concrete.suspend(next);
        self.left_generator();
    }

    pub(super) fn leave_ended(&mut self) {
        let code = self.code();
        let object = self.kept_value(code.parameters as usize + HEAD);
        let ended = self.builder.constant(Type::Int, ENDED as u64);
        self.emit(Op::StoreField, Type::Unit, &[object, ended], 0);
        let null = self.builder.constant(Type::Null, 0);
        for kept in std::mem::take(&mut self.kept_fields) {
            if let Some(old) = kept.old {
                self.emit(Op::StoreField, Type::Unit, &[object, null], kept.field as u64);
                self.release_reference(old);
            }
        }
        for field in HEAD - 1..HEAD + code.variables as usize {
            let slot = self.slot_of(field);
            if let Some(pointer) = self.builder.owned_pointer(slot) {
                self.builder.set_null(slot);
                self.release_reference(pointer);
            }
        }
        self.concrete.end_generator();
        self.left_generator();
    }

    fn left_generator(&mut self) {
        let base = self.builder.frames.pop().map(|frame| frame.base);
        self.builder.running.pop_if(|running| Some(running.base) == base);
        let caller = self.concrete.machine().frames.last().expect("the frame that asked");
        let pc = caller.pc_index() as u64;
        self.emit(Op::Leave, Type::Unit, &[], pc);
    }
}
