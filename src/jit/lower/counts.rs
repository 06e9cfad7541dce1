//! Reference counts.
//!
//! Counts are changed in place; only the last release of an object leaves the
//! straight path, to a cold block that frees it.
//!
//! Example: `release v3` is a load, a decrement, a store and one branch.

use super::{Lowering, trusted};
use crate::jit::ir::{Ref, Type};
use crate::jit::shims;
use crate::value::Tag;
use crate::value::layout::HEADER_COUNT;
use cranelift_codegen::ir::{InstBuilder, Value, types};

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
        let free = match self.region.ty(object) {
            Type::Pointer(Tag::Struct | Tag::Enum) => shims::free_record as *const () as usize,
            _ => shims::free_object as *const () as usize,
        };
        let object = self.value(object);
        let offset = HEADER_COUNT as i32;
        let count = self.builder.ins().load(types::I32, trusted(), object, offset);
        let count = self.builder.ins().iadd_imm_s(count, -1);
        self.builder.ins().store(trusted(), count, object, offset);
        let (last, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(last);
        self.builder.ins().brif(count, next, &[], last, &[]);
        self.builder.switch_to_block(last);
        self.call_words(free, &[object], false);
        self.builder.ins().jump(next, &[]);
        self.builder.switch_to_block(next);
        None
    }
}
