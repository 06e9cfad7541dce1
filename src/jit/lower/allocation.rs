//! New objects, and growing arrays.
//!
//! Small objects are popped off their size's free list inline; only an empty
//! list is a call, in a cold block.
//!
//! Example: `new_record shape, v1, v2` pops a 48-byte block, writes the header
//! with one store (count 1 and shape word), the length and the two values.

use super::{Lowering, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::Ref;
use crate::jit::shims;
use crate::value::layout::{
    ARRAY_CAPACITY, ARRAY_DATA, ARRAY_LEN, CELL_SIZE, CELL_VALUE, FREE_LIST_STEP, HEADER_COUNT,
    HEADER_SHAPE, LARGEST_FREE_LIST, RECORD_FIELDS, RECORD_LEN, VALUE_SIZE,
};
use crate::value::{Header, Storage, Tag};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};

impl Lowering<'_, '_> {
    pub(super) fn new_record(&mut self, shape: u64, fields: &[Ref]) -> Value {
        let object = self.allocate(RECORD_FIELDS + fields.len() * VALUE_SIZE, shape as u32);
        let len = self.number(fields.len() as i64);
        self.builder.ins().store(trusted(), len, object, RECORD_LEN as i32);
        for (index, &field) in fields.iter().enumerate() {
            self.store_value(field, object, (RECORD_FIELDS + index * VALUE_SIZE) as i32);
        }
        object
    }

    pub(super) fn new_cell(&mut self, value: Ref) -> Value {
        let object = self.allocate(CELL_SIZE, Header::shape_of(Tag::Cell, 0));
        self.store_value(value, object, CELL_VALUE as i32);
        object
    }

    /// A block for an object of `size` bytes, its header written with count 1.
    fn allocate(&mut self, size: usize, shape: u32) -> Value {
        let object = if size <= LARGEST_FREE_LIST { self.pop(size) } else { self.fresh(size) };
        let header = self.number((1 | (shape as u64) << 32) as i64);
        self.builder.ins().store(trusted(), header, object, 0);
        object
    }

    fn fresh(&mut self, size: usize) -> Value {
        let size = self.number(size as i64);
        self.call_words(shims::allocate as *const () as usize, &[size], true)
            .expect("it answers an address")
    }

    fn pop(&mut self, size: usize) -> Value {
        let class = size.div_ceil(FREE_LIST_STEP);
        let list = self.number((self.environment.free_lists + class * 8) as i64);
        let head = self.builder.ins().load(types::I64, trusted(), list, 0);
        let (some, none) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(none);
        let block = self.builder.append_block_param(some, types::I64);
        self.builder.ins().brif(head, some, &[BlockArg::Value(head)], none, &[]);
        self.builder.switch_to_block(none);
        let bytes = self.number(size as i64);
        self.call_seldom(shims::fill_list as *const () as usize, &[bytes]);
        let list = self.number((self.environment.free_lists + class * 8) as i64);
        let first = self.builder.ins().load(types::I64, trusted(), list, 0);
        self.builder.ins().jump(some, &[BlockArg::Value(first)]);
        self.builder.switch_to_block(some);
        let next = self.builder.ins().load(types::I64, trusted(), block, 0);
        let list = self.number((self.environment.free_lists + class * 8) as i64);
        self.builder.ins().store(trusted(), next, list, 0);
        block
    }

    pub(super) fn new_array(&mut self, storage: u64, elements: &[Ref]) -> Value {
        let (number, len) = (self.number(storage as i64), self.number(elements.len() as i64));
        let object = self
            .call_words(shims::new_array as *const () as usize, &[number, len], true)
            .expect("it answers an address");
        if elements.is_empty() {
            return object;
        }
        let data = self.builder.ins().load(types::I64, trusted(), object, ARRAY_DATA as i32);
        let storage = Storage::from_number(storage as u32);
        for (index, &element) in elements.iter().enumerate() {
            self.store_element(storage, element, data, (index * storage.width()) as i32);
        }
        self.builder.ins().store(trusted(), len, object, ARRAY_LEN as i32);
        object
    }

    /// Stores an element that fits `storage` at `base + offset`.
    fn store_element(&mut self, storage: Storage, element: Ref, base: Value, offset: i32) {
        match storage {
            Storage::Any => self.store_value(element, base, offset),
            Storage::Int | Storage::Float | Storage::Bool => {
                let value = self.value(element);
                self.builder.ins().store(trusted(), value, base, offset);
            }
        }
    }

    /// Only what has been found empty is looked at closer.
    pub(super) fn array_adopt(&mut self, array: Ref, storage: u64) -> Option<Value> {
        let array = self.value(array);
        let [empty, bare, whole, done] = std::array::from_fn(|_| self.builder.create_block());
        [empty, bare, whole].into_iter().for_each(|block| self.builder.set_cold_block(block));
        let len = self.builder.ins().load(types::I64, trusted(), array, ARRAY_LEN as i32);
        self.builder.ins().brif(len, done, &[], empty, &[]);
        self.builder.switch_to_block(empty);
        let capacity = self.builder.ins().load(types::I64, trusted(), array, ARRAY_CAPACITY as i32);
        self.builder.ins().brif(capacity, done, &[], bare, &[]);
        self.builder.switch_to_block(bare);
        let header = self.builder.ins().load(types::I64, trusted(), array, HEADER_COUNT as i32);
        let alone = self.number((1 | (Storage::Any.shape_word() as u64) << 32) as i64);
        let adopts = self.builder.ins().icmp(IntCC::Equal, header, alone);
        self.builder.ins().brif(adopts, whole, &[], done, &[]);
        self.builder.switch_to_block(whole);
        let shape = Storage::from_number(storage as u32).shape_word();
        let shape = self.builder.ins().iconst(types::I32, shape as i64);
        self.builder.ins().store(trusted(), shape, array, HEADER_SHAPE as i32);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
        None
    }

    pub(super) fn array_push(&mut self, array: Ref, value: Ref, storage: u64) -> Option<Value> {
        let storage = Storage::from_number(storage as u32);
        let array = self.value(array);
        let (room, full) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(full);
        let len = self.builder.ins().load(types::I64, trusted(), array, ARRAY_LEN as i32);
        let capacity = self.builder.ins().load(types::I64, trusted(), array, ARRAY_CAPACITY as i32);
        let fits = self.builder.ins().icmp(IntCC::UnsignedLessThan, len, capacity);
        self.builder.ins().brif(fits, room, &[], full, &[]);
        self.builder.switch_to_block(full);
        self.call_seldom(shims::array_grow as *const () as usize, &[array]);
        self.builder.ins().jump(room, &[]);
        self.builder.switch_to_block(room);
        let data = self.builder.ins().load(types::I64, trusted(), array, ARRAY_DATA as i32);
        let address = self.element_at(data, len, storage.width().trailing_zeros() as i64);
        self.store_element(storage, value, address, 0);
        let len = self.builder.ins().iadd_imm_s(len, 1);
        self.builder.ins().store(trusted(), len, array, ARRAY_LEN as i32);
        None
    }

    pub(super) fn new_closure(&mut self, code: u64, cells: &[Ref]) -> Value {
        self.pass_arguments(cells);
        let offset = TraceContext::NEW_CLOSURE as i32;
        let function = self.builder.ins().load(types::I64, trusted(), self.context, offset);
        let (code, count) = (self.number(code as i64), self.number(cells.len() as i64));
        let context = self.context;
        self.call_value(function, &[context, code, count], true).expect("it answers an address")
    }

    /// Writes operands to the argument area, as whole values.
    pub(super) fn pass_arguments(&mut self, operands: &[Ref]) {
        let context = self.context;
        for (index, &operand) in operands.iter().enumerate() {
            let offset = TraceContext::ARGUMENTS + index * VALUE_SIZE;
            self.store_value(operand, context, offset as i32);
        }
    }
}
