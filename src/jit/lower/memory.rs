//! Slots, and loads and stores of what heap objects hold.
//!
//! Offsets come from `value::layout`. A payload is loaded in the one register
//! class that its users want; a shape word or count is loaded as the 32 bits it
//! is, so that a guard can compare it in memory.
//!
//! Example: `element_float data, index` is one load at `data + index * 8`.

use super::{Lowering, machine_type, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::{Ref, Slot};
use crate::jit::shims;
use crate::value::Tag;
use crate::value::layout::{
    ARRAY_DATA, ARRAY_LEN, CELL_VALUE, CLOSURE_CELLS, CLOSURE_PROTO, FIRST_HEAP_TAG, HEADER_COUNT,
    HEADER_SHAPE, RECORD_FIELDS, RECORD_LEN, VALUE_PAYLOAD, VALUE_SIZE,
};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

impl Lowering<'_, '_> {
    /// Address of a slot as base and offset.
    fn slot(&self, imm: u64) -> (Value, i32) {
        let size = VALUE_SIZE as i32;
        match Slot::decode(imm) {
            Slot::Frame(index) => (self.base, index * size),
            Slot::Module(index) => (self.module_base, index as i32 * size),
        }
    }

    pub(super) fn slot_tag(&mut self, imm: u64) -> Value {
        let (base, offset) = self.slot(imm);
        self.builder.ins().load(types::I64, trusted(), base, offset)
    }

    pub(super) fn slot_payload(&mut self, reference: Ref) -> Option<Value> {
        let (base, offset) = self.slot(self.region.inst(reference).imm);
        self.load_payload(reference, base, offset)
    }

    /// Loads the payload of the value at `base + offset` as `reference` is used.
    fn load_payload(&mut self, reference: Ref, base: Value, offset: i32) -> Option<Value> {
        let ty = self.region.ty(reference);
        if !ty.has_bits() {
            return None;
        }
        let machine =
            if self.float_words[reference.0 as usize] { types::F64 } else { machine_type(ty) };
        Some(self.builder.ins().load(machine, trusted(), base, offset + VALUE_PAYLOAD as i32))
    }

    /// Stores a value of known type at `base + offset`.
    pub(super) fn store_value(&mut self, value: Ref, base: Value, offset: i32) {
        let tag = self.region.ty(value).tag().unwrap_or(Tag::Null);
        let tag = self.number(tag as i64);
        self.builder.ins().store(trusted(), tag, base, offset);
        let payload = self.payload(value);
        self.builder.ins().store(trusted(), payload, base, offset + VALUE_PAYLOAD as i32);
    }

    pub(super) fn store_slot(&mut self, imm: u64, value: Ref) -> Option<Value> {
        let (base, offset) = self.slot(imm);
        self.store_value(value, base, offset);
        None
    }

    pub(super) fn clear_slot(&mut self, imm: u64) -> Option<Value> {
        let (base, offset) = self.slot(imm);
        let (object, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(object);
        let tag = self.builder.ins().load(types::I64, trusted(), base, offset);
        let first = FIRST_HEAP_TAG as i64;
        let is_object =
            self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, tag, first);
        self.builder.ins().brif(is_object, object, &[], done, &[]);
        self.builder.switch_to_block(object);
        let address = self.builder.ins().iadd_imm_s(base, offset as i64);
        self.call_seldom(shims::clear_slot as *const () as usize, &[address]);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
        None
    }

    pub(super) fn store_slot_dynamic(&mut self, imm: u64, tag: Ref, payload: Ref) -> Option<Value> {
        let (base, offset) = self.slot(imm);
        self.store_dynamic(tag, payload, base, offset);
        None
    }

    /// Stores a value of unknown kind at `base + offset`.
    fn store_dynamic(&mut self, tag: Ref, payload: Ref, base: Value, offset: i32) {
        let (tag, payload) = (self.word(tag), self.payload(payload));
        self.builder.ins().store(trusted(), tag, base, offset);
        self.builder.ins().store(trusted(), payload, base, offset + VALUE_PAYLOAD as i32);
    }

    pub(super) fn header_shape(&mut self, reference: Ref) -> Value {
        self.header_word(reference, HEADER_SHAPE)
    }

    pub(super) fn header_count(&mut self, reference: Ref) -> Value {
        self.header_word(reference, HEADER_COUNT)
    }

    fn header_word(&mut self, reference: Ref, offset: usize) -> Value {
        let object = self.value(self.region.inst(reference).args[0]);
        let word = self.builder.ins().load(types::I32, trusted(), object, offset as i32);
        self.narrow.insert(reference, word);
        self.builder.ins().uextend(types::I64, word)
    }

    pub(super) fn load_word(&mut self, object: Ref, offset: usize) -> Value {
        let object = self.value(object);
        self.builder.ins().load(types::I64, trusted(), object, offset as i32)
    }

    pub(super) fn array_len(&mut self, array: Ref) -> Value {
        self.load_word(array, ARRAY_LEN)
    }

    pub(super) fn record_len(&mut self, object: Ref) -> Value {
        self.load_word(object, RECORD_LEN)
    }

    pub(super) fn array_data(&mut self, array: Ref) -> Value {
        self.load_word(array, ARRAY_DATA)
    }

    /// `data + index * 2^shift`.
    pub(super) fn element(&mut self, data: Ref, index: Ref, shift: i64) -> Value {
        let (data, index) = (self.value(data), self.value(index));
        self.element_at(data, index, shift)
    }

    pub(super) fn element_at(&mut self, data: Value, index: Value, shift: i64) -> Value {
        let distance = if shift == 0 { index } else { self.builder.ins().ishl_imm_u(index, shift) };
        self.builder.ins().iadd(data, distance)
    }

    pub(super) fn element_int(&mut self, data: Ref, index: Ref) -> Value {
        let address = self.element(data, index, 3);
        self.builder.ins().load(types::I64, trusted(), address, 0)
    }

    pub(super) fn element_float(&mut self, data: Ref, index: Ref) -> Value {
        let address = self.element(data, index, 3);
        self.builder.ins().load(types::F64, trusted(), address, 0)
    }

    pub(super) fn element_bool(&mut self, data: Ref, index: Ref) -> Value {
        let address = self.element(data, index, 0);
        self.builder.ins().load(types::I8, trusted(), address, 0)
    }

    pub(super) fn element_tag(&mut self, data: Ref, index: Ref) -> Value {
        let address = self.element(data, index, 4);
        self.builder.ins().load(types::I64, trusted(), address, 0)
    }

    pub(super) fn element_payload(&mut self, reference: Ref) -> Option<Value> {
        let args = &self.region.inst(reference).args;
        let address = self.element(args[0], args[1], 4);
        self.load_payload(reference, address, 0)
    }

    pub(super) fn field_tag(&mut self, object: Ref, index: u64) -> Value {
        self.load_word(object, RECORD_FIELDS + index as usize * VALUE_SIZE)
    }

    pub(super) fn field_payload(&mut self, reference: Ref) -> Option<Value> {
        let inst = self.region.inst(reference);
        let object = self.value(inst.args[0]);
        let offset = RECORD_FIELDS + inst.imm as usize * VALUE_SIZE;
        self.load_payload(reference, object, offset as i32)
    }

    pub(super) fn cell_tag(&mut self, cell: Ref) -> Value {
        self.load_word(cell, CELL_VALUE)
    }

    pub(super) fn cell_payload(&mut self, reference: Ref) -> Option<Value> {
        let cell = self.value(self.region.inst(reference).args[0]);
        self.load_payload(reference, cell, CELL_VALUE as i32)
    }

    pub(super) fn entry_payload(&mut self, reference: Ref) -> Option<Value> {
        let address = self.value(self.region.inst(reference).args[0]);
        self.load_payload(reference, address, 0)
    }

    pub(super) fn store_entry(&mut self, address: Ref, value: Ref) -> Option<Value> {
        let address = self.value(address);
        self.store_value(value, address, 0);
        None
    }

    pub(super) fn closure_code(&mut self, closure: Ref) -> Value {
        // The number never changes, yet the load must not be marked movable:
        // Cranelift would hoist it above the guard that there is a closure.
        let closure = self.value(closure);
        self.builder.ins().uload32(trusted(), closure, CLOSURE_PROTO as i32)
    }

    pub(super) fn closure_cell(&mut self, closure: Ref, index: u64) -> Value {
        self.load_word(closure, CLOSURE_CELLS + index as usize * 8)
    }

    pub(super) fn result_tag(&mut self) -> Value {
        let offset = TraceContext::RESULT as i32;
        self.builder.ins().load(types::I64, trusted(), self.context, offset)
    }

    pub(super) fn result_payload(&mut self, reference: Ref) -> Option<Value> {
        let context = self.context;
        self.load_payload(reference, context, TraceContext::RESULT as i32)
    }

    pub(super) fn store_result(&mut self, value: Ref) -> Option<Value> {
        self.store_value(value, self.context, TraceContext::RESULT as i32);
        None
    }

    pub(super) fn store_result_dynamic(&mut self, tag: Ref, payload: Ref) -> Option<Value> {
        self.store_dynamic(tag, payload, self.context, TraceContext::RESULT as i32);
        None
    }

    pub(super) fn store_int(&mut self, data: Ref, index: Ref, value: Ref) -> Option<Value> {
        let address = self.element(data, index, 3);
        let value = self.value(value);
        self.builder.ins().store(trusted(), value, address, 0);
        None
    }

    pub(super) fn store_float(&mut self, data: Ref, index: Ref, value: Ref) -> Option<Value> {
        self.store_int(data, index, value)
    }

    pub(super) fn store_bool(&mut self, data: Ref, index: Ref, value: Ref) -> Option<Value> {
        let address = self.element(data, index, 0);
        let value = self.value(value);
        self.builder.ins().store(trusted(), value, address, 0);
        None
    }

    pub(super) fn store_any(&mut self, data: Ref, index: Ref, value: Ref) -> Option<Value> {
        let address = self.element(data, index, 4);
        self.store_value(value, address, 0);
        None
    }

    pub(super) fn store_field(&mut self, object: Ref, value: Ref, index: u64) -> Option<Value> {
        let object = self.value(object);
        let offset = RECORD_FIELDS + index as usize * VALUE_SIZE;
        self.store_value(value, object, offset as i32);
        None
    }

    pub(super) fn store_len(&mut self, array: Ref, len: Ref) -> Option<Value> {
        let (array, len) = (self.value(array), self.value(len));
        self.builder.ins().store(trusted(), len, array, ARRAY_LEN as i32);
        None
    }

    pub(super) fn store_cell(&mut self, cell: Ref, value: Ref) -> Option<Value> {
        let cell = self.value(cell);
        self.store_value(value, cell, CELL_VALUE as i32);
        None
    }
}
