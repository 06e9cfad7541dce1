//! Looking keys up in dicts without a call.
//!
//! A key is mostly at the place of the index where its search begins, and a string
//! is mostly the very object that made the entry. Then machine code finds it; all
//! else is a call: small dicts without an index, collisions, missing keys, other
//! strings of the same text, strings whose hash is not known yet.
//!
//! What must hold: the hash looked for is not 0, which unused places have.
//!
//! Example: `counts[n]` multiplies `n`, reads one place of the index, compares hash
//! and key, and answers the address of the value.

use super::{Lowering, trusted};
use crate::jit::ir::{Helper, Ref};
use crate::jit::shims;
use crate::value::Tag;
use crate::value::layout::{
    DICT_ENTRIES, DICT_INDEX, DICT_SHIFT, ENTRY_KEY, ENTRY_SIZE, ENTRY_VALUE, INT_KEY_FACTOR,
    STRING_KEY_HASH, VALUE_PAYLOAD,
};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};

impl Lowering<'_, '_> {
    /// The address of the value under a key, 0 if there is none. The key is an int
    /// or a string, as the helper says.
    pub(super) fn dict_find(&mut self, helper: Helper, dict: Ref, key: Ref) -> Value {
        let (dict, key) = (self.word(dict), self.word(key));
        let (slow, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(slow);
        let result = self.builder.append_block_param(done, types::I64);
        let (hash, tag) = match helper {
            Helper::DictFindInt => (self.int_key_hash(key), Tag::Int),
            _ => (self.string_key_hash(key, slow), Tag::String),
        };
        let shift = self.builder.ins().load(types::I32, trusted(), dict, DICT_SHIFT as i32);
        let index = self.builder.ins().load(types::I64, trusted(), dict, DICT_INDEX as i32);
        let home = self.builder.ins().ushr(hash, shift);
        let offset = self.builder.ins().ishl_imm_u(home, 3);
        let place = self.builder.ins().iadd(index, offset);
        let found = self.builder.ins().uload32(trusted(), place, 0);
        self.else_slow(found, hash, slow);
        let at = self.builder.ins().uload32(trusted(), place, 4);
        let entries = self.builder.ins().load(types::I64, trusted(), dict, DICT_ENTRIES as i32);
        let offset = self.builder.ins().imul_imm_s(at, ENTRY_SIZE as i64);
        let entry = self.builder.ins().iadd(entries, offset);
        let own = ENTRY_KEY as i32;
        let payload = own + VALUE_PAYLOAD as i32;
        let own_tag = self.builder.ins().load(types::I64, trusted(), entry, own);
        let own_key = self.builder.ins().load(types::I64, trusted(), entry, payload);
        // One test for both: they hardly ever differ once the hashes are equal.
        let wanted_tag = self.number(tag as i64);
        let tags = self.builder.ins().bxor(own_tag, wanted_tag);
        let keys = self.builder.ins().bxor(own_key, key);
        let different = self.builder.ins().bor(tags, keys);
        let zero = self.number(0);
        self.else_slow(different, zero, slow);
        let value = self.builder.ins().iadd_imm_s(entry, ENTRY_VALUE as i64);
        self.builder.ins().jump(done, &[BlockArg::Value(value)]);
        self.builder.switch_to_block(slow);
        let address = self.call_words(shims::address(helper), &[dict, key], true);
        let address = address.expect("it answers an address");
        self.builder.ins().jump(done, &[BlockArg::Value(address)]);
        self.builder.switch_to_block(done);
        result
    }

    fn int_key_hash(&mut self, key: Value) -> Value {
        let factor = self.number(INT_KEY_FACTOR as i64);
        let product = self.builder.ins().imul(key, factor);
        let high = self.builder.ins().ushr_imm_u(product, 32);
        self.builder.ins().bor_imm_s(high, 1)
    }

    fn string_key_hash(&mut self, key: Value, unknown: Block) -> Value {
        let hash = self.builder.ins().uload32(trusted(), key, STRING_KEY_HASH as i32);
        let known = self.builder.create_block();
        self.builder.ins().brif(hash, known, &[], unknown, &[]);
        self.builder.switch_to_block(known);
        hash
    }

    /// Goes on only if both are the same.
    fn else_slow(&mut self, left: Value, right: Value, slow: Block) {
        let next = self.builder.create_block();
        let same = self.builder.ins().icmp(IntCC::Equal, left, right);
        self.builder.ins().brif(same, next, &[], slow, &[]);
        self.builder.switch_to_block(next);
    }
}
