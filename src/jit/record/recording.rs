//! What the recorder knows while one instruction is being recorded.
//!
//! A [`Recording`] joins the concrete domain of the interpreter with the builder
//! of the trace. Its values are pairs: what the program computes with, and the
//! trace instruction that makes it. `domain` gives instruction bodies their view
//! of it; here is what that is made of: deciding operands beforehand, setting
//! slots, emitting instructions.
//!
//! What must hold: a pair's two halves agree, so only this module's parent and
//! its files see inside; an instruction body gets at a value only through a
//! decision.
//!
//! Example: `prepare_read(3)` on a register that holds an int emits
//! `v1:int = slot r3` unless the trace already knows what the register holds.

use super::RecordLimits;
use super::builder::Builder;
use super::generators::KeptField;
use super::throws::Catching;
use crate::bytecode::{Slow, Takes};
use crate::interp::Domain;
use crate::interp::concrete::Concrete;
use crate::jit::ir::{FunctionTable, Helper, Op, Ref, Slot, SlotValue, Type};
use crate::value::{Header, Raw, Storage, Tag};
use rustc_hash::FxHashMap;

/// A value with what the trace knows of it.
#[derive(Clone, Copy)]
pub struct RecordedValue {
    pub(super) raw: Raw,
    pub(super) known: SlotValue,
}

/// A number, truth value or object with the instruction that makes it.
#[derive(Clone, Copy)]
pub struct Recorded<T> {
    pub(super) value: T,
    pub(super) reference: Ref,
}

/// A location with how the trace names it.
#[derive(Clone, Copy)]
pub struct RecordedHolder {
    pub(super) location: *mut Raw,
    pub(super) name: HolderName,
}

/// How the trace names a location.
#[derive(Clone, Copy)]
pub enum HolderName {
    Slot(Slot),
    Cell(Ref),
    Element {
        data: Ref,
        index: Ref,
    },
    Field {
        object: Ref,
        index: u32,
    },
    /// The value of a dict's entry, by its address.
    Entry(Ref),
    /// In something that the trace has no way into; the recording is given up.
    Unknown,
}

/// The domain of one instruction being recorded.
pub struct Recording<'a> {
    pub(super) concrete: Concrete,
    pub(super) builder: &'a mut Builder,
    pub(super) places: &'a mut FxHashMap<Slot, RecordedHolder>,
    pub(super) limits: RecordLimits,
    pub(super) functions: &'a mut FunctionTable,
    /// The version of a function about to be entered that is not inlined.
    pub(super) callee: Option<u32>,
    /// Elements and fields read in this instruction, by index operand.
    pub(super) read_elements: FxHashMap<Ref, SlotValue>,
    pub(super) read_fields: FxHashMap<u32, SlotValue>,
    /// Fields that the running generator will be kept in.
    pub(super) kept_fields: Vec<KeptField>,
    /// Where the trace goes on when the running instruction throws.
    pub(super) catching: Option<Catching>,
    /// Whether the instruction has failed in something that leaves no guard behind.
    pub(super) failed: bool,
    /// Whether the pending fault follows from the guards of the trace.
    pub(super) is_decided: bool,
    /// The truth values decided on, where they are not guarded.
    pub(super) decided: Option<Vec<Recorded<bool>>>,
}

/// Places left in temporaries, by slot.
pub type Places = FxHashMap<Slot, RecordedHolder>;

impl<'a> Recording<'a> {
    /// The domain for the next instruction of the frame that `concrete` runs.
    pub fn new(
        concrete: Concrete,
        builder: &'a mut Builder,
        places: &'a mut Places,
        limits: RecordLimits,
        functions: &'a mut FunctionTable,
    ) -> Recording<'a> {
        Recording {
            concrete,
            builder,
            places,
            limits,
            functions,
            callee: None,
            read_elements: FxHashMap::default(),
            read_fields: FxHashMap::default(),
            kept_fields: Vec::new(),
            catching: None,
            failed: false,
            is_decided: false,
            decided: None,
        }
    }

    pub(super) fn live(&self, register: u16) -> Raw {
        self.concrete.peek_register(register)
    }

    /// Whether a register that the trace has not touched holds nothing.
    pub(super) fn is_dead(&self, register: u16) -> bool {
        let frame = self.builder.frame();
        frame.entered || register >= self.code().variables
    }

    /// Whether the trace pushed the frame of a register and has not set it.
    pub(super) fn is_unset(&self, register: u16) -> bool {
        let known = self.builder.slots.contains_key(&self.builder.slot(register));
        self.builder.frame().entered && !known
    }

    /// Decides the kind of an operand that is read.
    pub fn prepare_read(&mut self, register: u16) {
        let now = self.live(register);
        if matches!(now.tag, Tag::Place) {
            return;
        }
        let slot = self.builder.slot(register);
        let value = self.builder.load(slot, now);
        self.builder.typed(value, now);
    }

    /// Decides what must be known of an operand that is written.
    pub fn prepare_write(&mut self, register: u16) {
        let now = self.live(register);
        if now.tag == Tag::Place {
            return;
        }
        let dead = self.is_dead(register);
        let slot = self.builder.slot(register);
        self.builder.prepare_overwrite(slot, now, dead);
    }

    /// Kind of what a register holds now.
    pub fn concrete_tag(&self, register: u16) -> Tag {
        self.live(register).tag
    }

    /// Decides what must be known of a register of the calling frame that the
    /// result of the running function will overwrite.
    pub fn prepare_caller_write(&mut self, register: u16) {
        let depth = self.builder.frames.len();
        let caller = self.builder.frames[depth - 2];
        let frames = &self.concrete.machine().frames;
        let machine_frame = frames[frames.len() - 2];
        let now = self.concrete.peek_frame_register(machine_frame, register as i32);
        let dead = caller.entered || register >= machine_frame.code().variables;
        let slot = Slot::Frame(caller.base + register as i32);
        self.builder.prepare_overwrite(slot, now, dead);
    }

    /// Decides the kinds of all variables of a frame that is about to end.
    pub fn prepare_leave(&mut self) {
        for register in 0..self.code().variables {
            self.prepare_write(register);
        }
    }

    /// Notes if an operation has failed that leaves no guard behind.
    pub(super) fn note_failure<T, E>(&mut self, outcome: Result<T, E>) -> Result<T, E> {
        self.failed |= outcome.is_err();
        outcome
    }

    pub(super) fn typed(&mut self, value: RecordedValue) -> Ref {
        self.builder.typed(value.known, value.raw)
    }

    pub(super) fn typed_all(&mut self, values: &[RecordedValue]) -> Vec<Ref> {
        values.iter().map(|value| self.typed(*value)).collect()
    }

    pub(super) fn raws(values: &[RecordedValue]) -> Vec<Raw> {
        values.iter().map(|value| value.raw).collect()
    }

    /// As `take_last` of the domain.
    pub(super) fn take_element(
        &mut self,
        array: Recorded<*mut Header>,
        storage: Storage,
        at: Recorded<i64>,
    ) -> RecordedValue {
        let last = match storage {
            Storage::Any => self.element(array, at),
            Storage::Int => {
                let int = self.element_int(array, at);
                self.from_int(int)
            }
            Storage::Float => {
                let float = self.element_float(array, at);
                self.from_float(float)
            }
            Storage::Bool => {
                let bool = self.element_bool(array, at);
                Self::value(Raw::bool(bool.value), bool.reference)
            }
        };
        let reference = self.typed(last);
        self.emit(Op::StoreLen, Type::Unit, &[array.reference, at.reference], 0);
        if self.builder.ty(reference).is_pointer() {
            self.emit(Op::Own, Type::Unit, &[reference], 0);
        }
        Self::value(self.concrete.take_last(array.value, storage, at.value), reference)
    }

    pub(super) fn value(raw: Raw, reference: Ref) -> RecordedValue {
        RecordedValue { raw, known: SlotValue::Typed(reference) }
    }

    pub(super) fn emit(&mut self, op: Op, ty: Type, args: &[Ref], imm: u64) -> Ref {
        self.builder.emit(op, ty, args, imm)
    }

    pub(super) fn retain(&mut self, value: RecordedValue) {
        let reference = self.typed(value);
        if self.builder.ty(reference).is_pointer() {
            self.emit(Op::Retain, Type::Unit, &[reference], 0);
        }
    }

    pub(super) fn release_reference(&mut self, reference: Ref) {
        if self.builder.ty(reference).is_pointer() {
            self.emit(Op::Release, Type::Unit, &[reference], 0);
        }
    }

    /// Sets a slot and releases what it held.
    pub(super) fn write_slot(&mut self, slot: Slot, value: SlotValue) {
        let old = self.builder.owned_pointer(slot);
        self.builder.set(slot, value);
        if let Some(old) = old {
            self.release_reference(old);
        }
    }

    pub(super) fn data(&mut self, array: Ref) -> Ref {
        self.emit(Op::ArrayData, Type::Word, &[array], 0)
    }

    pub(super) fn pair(&mut self, tag: Op, payload: Op, args: &[Ref], imm: u64) -> SlotValue {
        let tag = self.emit(tag, Type::Word, args, imm);
        let payload = self.emit(payload, Type::Word, args, imm);
        SlotValue::Dynamic { tag, payload }
    }

    pub(super) fn guard_equal(&mut self, reference: Ref, expected: u64) {
        self.emit(Op::GuardEqual, Type::Unit, &[reference], expected);
    }

    pub(super) fn helper(&mut self, helper: Helper, args: &[Ref]) -> Ref {
        self.emit(Op::Call, helper.result(), args, helper as u64)
    }

    /// The call of a generic operation that gave `result`, and how the trace
    /// knows that: by kind if the operands decide it, else by two words.
    pub(super) fn call_slow(
        &mut self,
        slow: Slow,
        extra: u32,
        args: &[Ref],
        result: Raw,
    ) -> SlotValue {
        let imm = slow as u64 | (extra as u64) << 32;
        let status = self.emit(Op::CallSlow, Type::Word, args, imm);
        self.emit(Op::GuardStatus, Type::Unit, &[status], 0);
        if slow.takes() == Takes::First {
            return SlotValue::Typed(self.emit(Op::ResultPayload, Type::of(result.tag), &[], 0));
        }
        self.pair(Op::ResultTag, Op::ResultPayload, &[], 0)
    }
}
