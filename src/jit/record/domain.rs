//! The recorder's domain: every value carries the trace instruction that makes it.
//!
//! Instruction bodies run in this domain exactly as in the interpreter's (each
//! method first does what the interpreter's does) and leave their operations behind:
//! a decision becomes a guard in the direction taken, a computation one
//! instruction, an action its effects on slots, counts and memory.
//!
//! What must hold: no method answers a decision without a guard, unless the
//! answer follows from the type of an instruction.
//!
//! Example: `int_add` of (3, `v1`) and (4, `v2`) gives (7, `v5`) and emits
//! `v5 = int_add v1, v2`.

use super::abort::Abort;
use super::builder::RecordedFrame;
use super::computations::recording_computations;
use super::recording::{HolderName, Recorded, RecordedHolder, RecordedValue, Recording};
use crate::bytecode::{Code, Instruction, Slow};
use crate::for_each_computation;
use crate::interp::{Domain, Flow, Raised};
use crate::jit::ir::{FrameMark, Helper, Op, Slot, SlotValue, Type};
use crate::prim::{self, Fault};
use crate::value::{Header, Raw, Storage, Symbol, Tag, Value, VariantId};
use std::rc::Rc;

impl Domain for Recording<'_> {
    type Value = RecordedValue;
    type Int = Recorded<i64>;
    type Float = Recorded<f64>;
    type Bool = Recorded<bool>;
    type Object = Recorded<*mut Header>;
    type Holder = RecordedHolder;

    for_each_computation! { recording_computations }

    fn apart<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R {
        part(self)
    }

    fn code(&self) -> &'static Code {
        self.concrete.code()
    }

    fn read(&mut self, register: u16) -> RecordedValue {
        let raw = self.live(register);
        let slot = self.builder.slot(register);
        let known = self.builder.load(slot, raw);
        RecordedValue { raw, known }
    }

    fn take(&mut self, register: u16, consume: bool) -> RecordedValue {
        let value = self.read(register);
        let reference = self.typed(value);
        let pointer = self.builder.ty(reference).is_pointer();
        self.concrete.take(register, consume);
        if pointer && consume {
            let slot = self.builder.slot(register);
            self.builder.set_null(slot);
        } else if pointer {
            self.emit(Op::Retain, Type::Unit, &[reference], 0);
        }
        RecordedValue { raw: value.raw, known: SlotValue::Typed(reference) }
    }

    fn discard(&mut self, register: u16, consume: bool) {
        if consume {
            let slot = self.builder.slot(register);
            if let Some(pointer) = self.builder.owned_pointer(slot) {
                self.builder.set_null(slot);
                self.release_reference(pointer);
            }
            self.concrete.discard(register, true);
        }
    }

    fn moved(&mut self, register: u16, consume: bool) {
        if consume {
            let slot = self.builder.slot(register);
            if self.builder.owned_pointer(slot).is_some() {
                self.builder.set_null(slot);
            }
            self.concrete.moved(register, true);
        }
    }

    fn write(&mut self, register: u16, value: RecordedValue) {
        let slot = self.builder.slot(register);
        self.write_slot(slot, value.known);
        self.concrete.write(register, value.raw);
    }

    fn write_int(&mut self, register: u16, value: Recorded<i64>) {
        let slot = self.builder.slot(register);
        self.write_slot(slot, SlotValue::Typed(value.reference));
        self.concrete.write_int(register, value.value);
    }

    fn write_float(&mut self, register: u16, value: Recorded<f64>) {
        let slot = self.builder.slot(register);
        self.write_slot(slot, SlotValue::Typed(value.reference));
        self.concrete.write_float(register, value.value);
    }

    fn write_bool(&mut self, register: u16, value: Recorded<bool>) {
        let slot = self.builder.slot(register);
        self.write_slot(slot, SlotValue::Typed(value.reference));
        self.concrete.write_bool(register, value.value);
    }

    fn constant(&mut self, raw: Raw) -> RecordedValue {
        let reference = self.builder.value_constant(raw);
        let value = Self::value(raw, reference);
        if raw.tag.is_heap() {
            let kept = self.peek_value(value);
            self.builder.kept.push(kept);
        }
        value
    }

    fn const_int(&mut self, value: i64) -> Recorded<i64> {
        let reference = self.builder.constant(Type::Int, value as u64);
        Recorded { value, reference }
    }

    fn unit_step(&mut self, step: Recorded<i64>) -> Recorded<i64> {
        if step.value.unsigned_abs() != 1 {
            return step;
        }
        let unit = self.const_int(step.value);
        let same = self.int_eq(step, unit);
        self.decide(same);
        unit
    }

    fn const_float(&mut self, value: f64) -> Recorded<f64> {
        let reference = self.builder.constant(Type::Float, value.to_bits());
        Recorded { value, reference }
    }

    fn const_bool(&mut self, value: bool) -> Recorded<bool> {
        let reference = self.builder.constant(Type::Bool, value as u64);
        Recorded { value, reference }
    }

    fn from_int(&mut self, value: Recorded<i64>) -> RecordedValue {
        Self::value(Raw::int(value.value), value.reference)
    }

    fn from_float(&mut self, value: Recorded<f64>) -> RecordedValue {
        Self::value(Raw::float(value.value), value.reference)
    }

    fn retained(&mut self, value: RecordedValue) -> RecordedValue {
        self.retain(value);
        let reference = self.typed(value);
        self.concrete.retained(value.raw);
        Self::value(value.raw, reference)
    }

    fn finish(&mut self, _value: RecordedValue) {
        unreachable!("main's return ends a trace before it runs");
    }

    fn release(&mut self, value: RecordedValue) {
        let reference = self.typed(value);
        self.release_reference(reference);
        self.concrete.release(value.raw);
    }

    fn int(&mut self, value: RecordedValue) -> Recorded<i64> {
        let reference = self.typed(value);
        Recorded { value: value.raw.bits as i64, reference }
    }

    fn float(&mut self, value: RecordedValue) -> Recorded<f64> {
        let reference = self.typed(value);
        Recorded { value: f64::from_bits(value.raw.bits), reference }
    }

    fn boolean(&mut self, value: RecordedValue) -> Recorded<bool> {
        let reference = self.typed(value);
        Recorded { value: value.raw.bits != 0, reference }
    }

    fn object(&mut self, value: RecordedValue) -> Recorded<*mut Header> {
        let reference = self.typed(value);
        Recorded { value: value.raw.bits as *mut Header, reference }
    }

    fn is_unchanged(&mut self, before: RecordedValue, after: RecordedValue) -> bool {
        let same = self.concrete.is_unchanged(before.raw, after.raw);
        // Too late for a guard: the method has returned. It must follow from the trace.
        if same && self.typed(before) != self.typed(after) {
            self.builder.abort = Some(Abort::ConstReceiver);
        }
        same
    }

    fn peek(&self, value: RecordedValue) -> Raw {
        value.raw
    }

    fn peek_value(&self, value: RecordedValue) -> Value {
        self.concrete.peek_value(value.raw)
    }

    fn kind(&mut self, value: RecordedValue) -> Tag {
        self.typed(value);
        value.raw.tag
    }

    fn decide(&mut self, value: Recorded<bool>) -> bool {
        if let Some(decided) = &mut self.decided {
            decided.push(value);
        } else if self.builder.insts[value.reference.0 as usize].op != Op::Const {
            let op = if value.value { Op::GuardTrue } else { Op::GuardFalse };
            self.emit(op, Type::Unit, &[value.reference], 0);
        }
        value.value
    }

    fn shape(&mut self, object: Recorded<*mut Header>) -> u32 {
        let word = self.emit(Op::HeaderShape, Type::Word, &[object.reference], 0);
        let shape = self.concrete.shape(object.value);
        self.guard_equal(word, shape as u64);
        shape
    }

    fn unique(&mut self, object: Recorded<*mut Header>) -> bool {
        let count = self.emit(Op::HeaderCount, Type::Word, &[object.reference], 0);
        let unique = self.concrete.unique(object.value);
        let op = if unique { Op::GuardEqual } else { Op::GuardNotEqual };
        self.emit(op, Type::Unit, &[count], 1);
        unique
    }

    fn below(&mut self, index: Recorded<i64>, len: Recorded<i64>) -> bool {
        let below = self.concrete.below(index.value, len.value);
        if below {
            self.emit(Op::GuardBelow, Type::Unit, &[index.reference, len.reference], 0);
        } else {
            let outside = if index.value < 0 {
                let zero = self.const_int(0);
                self.int_lt(index, zero)
            } else {
                self.int_ge(index, len)
            };
            self.decide(outside);
        }
        below
    }

    fn declared(&mut self, callee: RecordedValue) -> RecordedValue {
        self.identify_callee(callee)
    }

    fn closure_code(&mut self, closure: Recorded<*mut Header>) -> &'static Code {
        if self.builder.insts[closure.reference.0 as usize].op == Op::Const {
            let code = self.concrete.closure_code(closure.value);
            self.choose_callee(code);
            return code;
        }
        let number = self.emit(Op::ClosureCode, Type::Word, &[closure.reference], 0);
        let code = self.concrete.closure_code(closure.value);
        self.guard_equal(number, code.id.0 as u64);
        self.choose_callee(code);
        code
    }

    fn native_row(&mut self, value: RecordedValue) -> u32 {
        let reference = self.typed(value);
        self.guard_equal(reference, value.raw.bits);
        value.raw.bits as u32
    }

    fn holder(&mut self, register: u16) -> RecordedHolder {
        let slot = self.builder.slot(register);
        if self.live(register).tag == Tag::Place
            && let Some(place) = self.places.get(&slot)
        {
            return *place;
        }
        self.register_holder(register)
    }

    fn register_holder(&mut self, register: u16) -> RecordedHolder {
        let name = HolderName::Slot(self.builder.slot(register));
        RecordedHolder { location: self.concrete.register(register), name }
    }

    fn module_holder(&mut self, slot: u32) -> RecordedHolder {
        let name = HolderName::Slot(self.builder.module_slot(slot));
        RecordedHolder { location: self.concrete.module_holder(slot), name }
    }

    fn cell_holder(&mut self, cell: Recorded<*mut Header>) -> RecordedHolder {
        let location = self.concrete.cell_holder(cell.value);
        RecordedHolder { location, name: HolderName::Cell(cell.reference) }
    }

    fn element_holder(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
    ) -> RecordedHolder {
        let data = self.data(array.reference);
        let location = self.concrete.element_holder(array.value, index.value);
        RecordedHolder { location, name: HolderName::Element { data, index: index.reference } }
    }

    fn field_holder(&mut self, object: Recorded<*mut Header>, index: u32) -> RecordedHolder {
        let location = self.concrete.field_holder(object.value, index);
        RecordedHolder { location, name: HolderName::Field { object: object.reference, index } }
    }

    fn entry(&mut self, dict: Recorded<*mut Header>, key: RecordedValue) -> Option<RecordedHolder> {
        let reference = self.typed(key);
        let helper = match key.raw.tag {
            Tag::Int => Helper::DictFindInt,
            _ => Helper::DictFindText,
        };
        let found = self.concrete.entry(dict.value, key.raw);
        // Dicts that a program uses like structs have a key at the same place.
        let constant = self.builder.insts[reference.0 as usize].op == Op::Const;
        let hint = match constant {
            true => self.concrete.entry_number(dict.value, key.raw),
            false => None,
        };
        let imm = helper.encode(hint);
        let address = self.emit(Op::Call, Type::Word, &[dict.reference, reference], imm);
        let Some(location) = found else {
            self.guard_equal(address, 0);
            return None;
        };
        self.emit(Op::GuardNotEqual, Type::Unit, &[address], 0);
        Some(RecordedHolder { location, name: HolderName::Entry(address) })
    }

    fn entry_holder(
        &mut self,
        holder: RecordedHolder,
        key: RecordedValue,
    ) -> Result<RecordedHolder, Fault> {
        self.builder.abort = Some(Abort::DictPlace);
        let location = self.concrete.entry_holder(holder.location, key.raw)?;
        Ok(RecordedHolder { location, name: HolderName::Unknown })
    }

    fn member_entry_holder(
        &mut self,
        holder: RecordedHolder,
        name: Symbol,
    ) -> Result<RecordedHolder, Fault> {
        self.builder.abort = Some(Abort::DictPlace);
        let location = self.concrete.member_entry_holder(holder.location, name)?;
        Ok(RecordedHolder { location, name: HolderName::Unknown })
    }

    fn held(&mut self, holder: RecordedHolder) -> RecordedValue {
        let raw = self.concrete.held(holder.location);
        let known = match holder.name {
            HolderName::Slot(slot) => self.builder.load(slot, raw),
            HolderName::Cell(cell) => self.pair(Op::CellTag, Op::CellPayload, &[cell], 0),
            HolderName::Element { data, index } => {
                self.pair(Op::ElementTag, Op::ElementPayload, &[data, index], 0)
            }
            HolderName::Field { object, index } => {
                self.pair(Op::FieldTag, Op::FieldPayload, &[object], index as u64)
            }
            HolderName::Entry(address) => self.pair(Op::EntryTag, Op::EntryPayload, &[address], 0),
            HolderName::Unknown => {
                let reference = self.builder.value_constant(raw);
                SlotValue::Typed(reference)
            }
        };
        let reference = self.builder.typed(known, raw);
        Self::value(raw, reference)
    }

    fn put(&mut self, holder: RecordedHolder, value: RecordedValue) {
        match holder.name {
            HolderName::Slot(slot) => self.builder.set(slot, value.known),
            HolderName::Cell(cell) => {
                let reference = self.typed(value);
                self.emit(Op::StoreCell, Type::Unit, &[cell, reference], 0);
            }
            HolderName::Element { data, index } => {
                let reference = self.typed(value);
                self.emit(Op::StoreAny, Type::Unit, &[data, index, reference], 0);
            }
            HolderName::Field { object, index } => {
                let reference = self.typed(value);
                self.emit(Op::StoreField, Type::Unit, &[object, reference], index as u64);
            }
            HolderName::Entry(address) => {
                let reference = self.typed(value);
                self.emit(Op::StoreEntry, Type::Unit, &[address, reference], 0);
            }
            HolderName::Unknown => {}
        }
        self.concrete.put(holder.location, value.raw);
    }

    fn replace(&mut self, holder: RecordedHolder, value: RecordedValue) {
        let old = self.held(holder);
        let old_reference = self.typed(old);
        self.put(holder, value);
        self.release_reference(old_reference);
        self.concrete.release(old.raw);
    }

    fn write_place(&mut self, register: u16, holder: RecordedHolder) {
        let slot = self.builder.slot(register);
        self.places.insert(slot, holder);
        self.concrete.write_place(register, holder.location);
    }

    fn end_place(&mut self, register: u16) {
        let slot = self.builder.slot(register);
        if self.places.remove(&slot).is_some() {
            self.concrete.moved(register, true);
        }
    }

    fn array_len(&mut self, array: Recorded<*mut Header>) -> Recorded<i64> {
        let reference = self.emit(Op::ArrayLen, Type::Int, &[array.reference], 0);
        Recorded { value: self.concrete.array_len(array.value), reference }
    }

    fn element_int(&mut self, array: Recorded<*mut Header>, index: Recorded<i64>) -> Recorded<i64> {
        let data = self.data(array.reference);
        let reference = self.emit(Op::ElementInt, Type::Int, &[data, index.reference], 0);
        Recorded { value: self.concrete.element_int(array.value, index.value), reference }
    }

    fn element_float(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
    ) -> Recorded<f64> {
        let data = self.data(array.reference);
        let reference = self.emit(Op::ElementFloat, Type::Float, &[data, index.reference], 0);
        Recorded { value: self.concrete.element_float(array.value, index.value), reference }
    }

    fn element_bool(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
    ) -> Recorded<bool> {
        let data = self.data(array.reference);
        let reference = self.emit(Op::ElementBool, Type::Bool, &[data, index.reference], 0);
        Recorded { value: self.concrete.element_bool(array.value, index.value), reference }
    }

    fn element(&mut self, array: Recorded<*mut Header>, index: Recorded<i64>) -> RecordedValue {
        let raw = self.concrete.element(array.value, index.value);
        let data = self.data(array.reference);
        let args = [data, index.reference];
        let known = self.pair(Op::ElementTag, Op::ElementPayload, &args, 0);
        self.read_elements.insert(index.reference, known);
        RecordedValue { raw, known }
    }

    fn set_int(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
        value: Recorded<i64>,
    ) {
        let data = self.data(array.reference);
        let args = [data, index.reference, value.reference];
        self.emit(Op::StoreInt, Type::Unit, &args, 0);
        self.concrete.set_int(array.value, index.value, value.value);
    }

    fn set_float(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
        value: Recorded<f64>,
    ) {
        let data = self.data(array.reference);
        let args = [data, index.reference, value.reference];
        self.emit(Op::StoreFloat, Type::Unit, &args, 0);
        self.concrete.set_float(array.value, index.value, value.value);
    }

    fn set_bool(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
        value: Recorded<bool>,
    ) {
        let data = self.data(array.reference);
        let args = [data, index.reference, value.reference];
        self.emit(Op::StoreBool, Type::Unit, &args, 0);
        self.concrete.set_bool(array.value, index.value, value.value);
    }

    fn set_element(
        &mut self,
        array: Recorded<*mut Header>,
        index: Recorded<i64>,
        value: RecordedValue,
    ) {
        let old = self.concrete.element(array.value, index.value);
        let known = self.read_elements[&index.reference];
        let old = self.builder.typed(known, old);
        let data = self.data(array.reference);
        let reference = self.typed(value);
        self.emit(Op::StoreAny, Type::Unit, &[data, index.reference, reference], 0);
        self.release_reference(old);
        self.concrete.set_element(array.value, index.value, value.raw);
    }

    fn push(&mut self, array: Recorded<*mut Header>, storage: Storage, value: RecordedValue) {
        let reference = self.typed(value);
        self.emit(Op::ArrayPush, Type::Unit, &[array.reference, reference], storage as u64);
        self.concrete.push(array.value, storage, value.raw);
    }

    fn adopt(&mut self, array: Recorded<*mut Header>, storage: Storage) {
        self.emit(Op::ArrayAdopt, Type::Unit, &[array.reference], storage as u64);
        self.concrete.adopt(array.value, storage);
    }

    fn take_last(
        &mut self,
        array: Recorded<*mut Header>,
        storage: Storage,
        at: Recorded<i64>,
    ) -> RecordedValue {
        self.take_element(array, storage, at)
    }

    fn widen(&mut self, array: Recorded<*mut Header>) {
        self.helper(Helper::ArrayWiden, &[array.reference]);
        self.concrete.widen(array.value);
    }

    fn field(&mut self, object: Recorded<*mut Header>, index: u32) -> RecordedValue {
        let raw = self.concrete.field(object.value, index);
        let args = [object.reference];
        let known = self.pair(Op::FieldTag, Op::FieldPayload, &args, index as u64);
        self.read_fields.insert(index, known);
        RecordedValue { raw, known }
    }

    fn payload(&mut self, object: Recorded<*mut Header>, index: u32) -> Option<RecordedValue> {
        // A variant of the program may be made with any number of payloads.
        let variant = VariantId(self.shape(object) >> 8);
        if !variant.is_built_in() {
            let length = self.emit(Op::RecordLen, Type::Word, &[object.reference], 0);
            let payloads = self.concrete.payload_count(object.value);
            self.guard_equal(length, payloads as u64);
        }
        let raw = self.concrete.payload(object.value, index)?;
        let args = [object.reference];
        let known = self.pair(Op::FieldTag, Op::FieldPayload, &args, index as u64);
        Some(RecordedValue { raw, known })
    }

    fn set_field(&mut self, object: Recorded<*mut Header>, index: u32, value: RecordedValue) {
        let old = self.concrete.field(object.value, index);
        let known = self.read_fields[&index];
        let old = self.builder.typed(known, old);
        let reference = self.typed(value);
        let args = [object.reference, reference];
        self.emit(Op::StoreField, Type::Unit, &args, index as u64);
        self.release_reference(old);
        self.concrete.set_field(object.value, index, value.raw);
    }

    fn duplicate(&mut self, value: RecordedValue) -> RecordedValue {
        let reference = self.typed(value);
        let helper = match value.raw.tag {
            Tag::Array => Helper::ArrayDuplicate,
            _ => Helper::RecordDuplicate,
        };
        let copy = self.helper(helper, &[reference]);
        let raw = self.concrete.duplicate(value.raw);
        Self::value(raw, copy)
    }

    fn new_array(&mut self, storage: Storage, items: &[RecordedValue]) -> RecordedValue {
        let args = self.typed_all(items);
        let ty = Type::Pointer(Tag::Array);
        let reference = self.emit(Op::NewArray, ty, &args, storage as u64);
        Self::value(self.concrete.new_array(storage, &Self::raws(items)), reference)
    }

    fn new_record(&mut self, tag: Tag, shape: u32, fields: &[RecordedValue]) -> RecordedValue {
        let args = self.typed_all(fields);
        let reference = self.emit(Op::NewRecord, Type::Pointer(tag), &args, shape as u64);
        Self::value(self.concrete.new_record(tag, shape, &Self::raws(fields)), reference)
    }

    fn new_cell(&mut self, value: RecordedValue) -> RecordedValue {
        let reference = self.typed(value);
        let cell = self.emit(Op::NewCell, Type::Pointer(Tag::Cell), &[reference], 0);
        Self::value(self.concrete.new_cell(value.raw), cell)
    }

    fn new_closure(&mut self, code: &Rc<Code>, cells: &[RecordedValue]) -> RecordedValue {
        let args = self.typed_all(cells);
        let ty = Type::Pointer(Tag::Function);
        let reference = self.emit(Op::NewClosure, ty, &args, code.id.0 as u64);
        Self::value(self.concrete.new_closure(code, &Self::raws(cells)), reference)
    }

    fn running_closure(&mut self) -> Recorded<*mut Header> {
        let value = self.concrete.running_closure();
        let slot = Slot::Frame(self.builder.frame().base - 1);
        let now = Raw { tag: Tag::Function, bits: value as u64 };
        let known = self.builder.load(slot, now);
        Recorded { value, reference: self.builder.typed(known, now) }
    }

    fn closure_cell(
        &mut self,
        closure: Recorded<*mut Header>,
        index: u32,
    ) -> Recorded<*mut Header> {
        let ty = Type::Pointer(Tag::Cell);
        let reference = self.emit(Op::ClosureCell, ty, &[closure.reference], index as u64);
        Recorded { value: self.concrete.closure_cell(closure.value, index), reference }
    }

    fn cell_value(&mut self, cell: Recorded<*mut Header>) -> RecordedValue {
        self.emit(Op::Retain, Type::Unit, &[cell.reference], 0);
        Self::value(self.concrete.cell_value(cell.value), cell.reference)
    }

    fn string_equal(
        &mut self,
        left: Recorded<*mut Header>,
        right: Recorded<*mut Header>,
    ) -> Recorded<bool> {
        let reference = self.helper(Helper::StringEqual, &[left.reference, right.reference]);
        Recorded { value: self.concrete.string_equal(left.value, right.value), reference }
    }

    fn string_compare(
        &mut self,
        left: Recorded<*mut Header>,
        right: Recorded<*mut Header>,
    ) -> Recorded<i64> {
        let reference = self.helper(Helper::StringCompare, &[left.reference, right.reference]);
        Recorded { value: self.concrete.string_compare(left.value, right.value), reference }
    }

    fn string_length(&mut self, string: Recorded<*mut Header>) -> Recorded<i64> {
        let reference = self.helper(Helper::StringLength, &[string.reference]);
        Recorded { value: self.concrete.string_length(string.value), reference }
    }

    fn string_character(
        &mut self,
        string: Recorded<*mut Header>,
        index: Recorded<i64>,
    ) -> RecordedValue {
        let args = [string.reference, index.reference];
        let reference = self.helper(Helper::StringCharacter, &args);
        Self::value(self.concrete.string_character(string.value, index.value), reference)
    }

    fn string_concat(
        &mut self,
        left: Recorded<*mut Header>,
        right: Recorded<*mut Header>,
    ) -> RecordedValue {
        let reference = self.helper(Helper::StringConcat, &[left.reference, right.reference]);
        Self::value(self.concrete.string_concat(left.value, right.value), reference)
    }

    fn string_append(
        &mut self,
        left: RecordedValue,
        right: Recorded<*mut Header>,
    ) -> RecordedValue {
        let left_reference = self.typed(left);
        let args = [left_reference, right.reference];
        let reference = self.helper(Helper::StringAppend, &args);
        Self::value(self.concrete.string_append(left.raw, right.value), reference)
    }

    fn slow(
        &mut self,
        slow: Slow,
        extra: u32,
        operands: &[RecordedValue],
    ) -> Result<RecordedValue, Raised> {
        let args = self.typed_all(operands);
        let outcome = self.concrete.slow(slow, extra, &Self::raws(operands));
        let raw = self.note_failure(outcome)?;
        Ok(RecordedValue { raw, known: self.call_slow(slow, extra, &args, raw) })
    }

    fn native(&mut self, row: u32, first: u16, count: usize) -> Result<RecordedValue, Raised> {
        let mut args = Vec::with_capacity(count);
        for register in first..first + count as u16 {
            let value = self.read(register);
            args.push(self.typed(value));
        }
        let raw = self.concrete.native(row, first, count);
        let raw = self.note_failure(raw)?;
        let known = self.call_slow(Slow::Native, row, &args, raw);
        for (register, argument) in (first..).zip(args) {
            if self.builder.ty(argument).is_pointer() {
                let slot = self.builder.slot(register);
                self.builder.set_null(slot);
            }
        }
        Ok(RecordedValue { raw, known })
    }

    fn enter(&mut self, code: &'static Code, window: u16) -> Result<(), Raised> {
        if let Some(version) = self.callee.take() {
            return self.enter_region(code, window, version);
        }
        if self.is_too_deep(code) {
            self.builder.abort = Some(Abort::TooDeep(code.name.to_string()));
        }
        let frames = &self.concrete.machine().frames;
        let caller = frames.last().expect("a frame that calls");
        let return_pc = caller.pc_index() as u32 + 1;
        self.concrete.enter(code, window)?;
        let base = self.builder.frame().base + window as i32 + 1;
        let mark = self.builder.entered.len() as u64;
        self.builder.entered.push(FrameMark { code: code.id, base, return_pc });
        self.builder.frames.push(RecordedFrame { base, entered: true });
        self.emit(Op::Enter, Type::Unit, &[], mark);
        // Registers above the arguments hold nothing yet, whatever an earlier
        // call at the same place left behind in the trace's view.
        let first = base + code.parameters as i32;
        let end = base + code.registers as i32 + crate::interp::machine::SLACK as i32;
        self.builder.forget(first..end);
        Ok(())
    }

    fn leave(&mut self) {
        for register in 0..self.code().variables {
            let slot = self.builder.slot(register);
            if let Some(pointer) = self.builder.owned_pointer(slot) {
                self.builder.set_null(slot);
                self.release_reference(pointer);
            }
        }
        self.concrete.leave();
        self.builder.frames.pop();
        let caller = self.concrete.machine().frames.last().expect("the caller's frame");
        let pc = caller.pc_index() as u64;
        self.emit(Op::Leave, Type::Unit, &[], pc);
    }

    fn caller(&self) -> Option<Instruction> {
        self.concrete.caller()
    }

    fn method_of_kind(&mut self, kind: Tag, name: Symbol) -> Option<Value> {
        self.concrete.method_of_kind(kind, name)
    }

    fn prelude_function(&mut self, row: u32, count: usize) -> Option<Value> {
        self.concrete.prelude_function(row, count)
    }

    fn new_generator(&mut self, next: u32) -> RecordedValue {
        self.make_generator(next)
    }

    fn resume(&mut self, generator: RecordedValue) -> Result<bool, Raised> {
        self.enter_generator(generator)
    }

    fn suspend(&mut self, next: u32) {
        self.leave_suspended(next);
    }

    fn end_generator(&mut self) {
        self.leave_ended();
    }

    fn throw(&mut self, value: RecordedValue) -> Flow {
        match self.catching.take() {
            Some(catching) => self.go_to_handler(Some(value), catching),
            None => self.raise(Fault::Thrown(self.peek_value(value))),
        }
    }

    fn raise(&mut self, fault: Fault) -> Flow {
        self.concrete.raise(fault)
    }

    fn method_rebound(&mut self) {
        unreachable!("a recording ends before a method is declared");
    }
}
