//! Reference counts.
//!
//! Counts are changed in place; only the last release of an object leaves the
//! straight path, to a cold block that frees it, unless that is as short.
//!
//! Example: `release v3` is a load, a decrement, a store and one branch.

use super::{Lowering, trusted};
use crate::jit::ir::{Ref, Type};
use crate::jit::shims;
use crate::value::Tag;
use crate::value::layout::{
    FREE_LIST_STEP, HEADER_COUNT, LARGEST_FREE_LIST, RECORD_FIELDS, VALUE_SIZE,
};
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};

impl Lowering<'_, '_> {
    pub(super) fn retain(&mut self, object: Ref) -> Option<Value> {
        let object = self.value(object);
        self.retain_object(object);
        None
    }

    /// One more owner of the object at an address.
    pub(super) fn retain_object(&mut self, object: Value) {
        let offset = HEADER_COUNT as i32;
        let count = self.builder.ins().load(types::I32, trusted(), object, offset);
        let count = self.builder.ins().iadd_imm_s(count, 1);
        self.builder.ins().store(trusted(), count, object, offset);
    }

    pub(super) fn release(&mut self, object: Ref) -> Option<Value> {
        let ty = self.region.ty(object);
        let free = match ty {
            Type::Pointer(Tag::Struct | Tag::Enum) => shims::free_record as *const () as usize,
            Type::Pointer(Tag::String) => shims::free_string as *const () as usize,
            Type::Pointer(Tag::Array) => shims::free_array as *const () as usize,
            _ => shims::free_object as *const () as usize,
        };
        let object = self.value(object);
        let (last, next) = self.count_down(object);
        self.builder.set_cold_block(last);
        self.builder.switch_to_block(last);
        self.call_free(free, object, ty);
        self.builder.ins().jump(next, &[]);
        self.builder.switch_to_block(next);
        None
    }

    /// The same for a struct instance whose fields need no release: its block goes to the free
    /// list of its size. Such objects often live for one round only, so this is no cold code.
    pub(super) fn release_flat(&mut self, object: Ref, fields: u64) -> Option<Value> {
        let size = RECORD_FIELDS + fields as usize * VALUE_SIZE;
        if size > LARGEST_FREE_LIST {
            return self.release(object);
        }
        let object = self.value(object);
        let (last, next) = self.count_down(object);
        self.builder.switch_to_block(last);
        let class = size.div_ceil(FREE_LIST_STEP);
        let list = self.number((self.environment.free_lists + class * 8) as i64);
        let head = self.builder.ins().load(types::I64, trusted(), list, 0);
        self.builder.ins().store(trusted(), head, object, 0);
        self.builder.ins().store(trusted(), object, list, 0);
        self.builder.ins().jump(next, &[]);
        self.builder.switch_to_block(next);
        None
    }

    /// Gives up one count of an object: where the code goes on if that was the last, and if not.
    fn count_down(&mut self, object: Value) -> (Block, Block) {
        let offset = HEADER_COUNT as i32;
        let count = self.builder.ins().load(types::I32, trusted(), object, offset);
        let count = self.builder.ins().iadd_imm_s(count, -1);
        self.builder.ins().store(trusted(), count, object, offset);
        let (last, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(count, next, &[], last, &[]);
        (last, next)
    }
}
