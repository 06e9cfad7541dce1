//! Looking keys up in dicts without a call.
//!
//! A string is mostly the very object that made the entry, or a short one of the same
//! text. Then machine code finds it, from the place of the index on where its search
//! begins; all else is a call: small dicts without an index, long texts that are
//! another object, strings whose hash is not known yet. A constant key is first looked for in the entry in which the
//! recording found it: dicts that are used like structs have it all in the same one
//! (the idea of LuaJIT's HREFK).
//!
//! What must hold: the hash looked for is not 0, which unused places have; entries
//! behind the last one may still look like that, so numbers are compared first.
//!
//! Example: `counts[n]` multiplies `n`, reads one place of the index, compares hash
//! and key, and answers the address of the value; `point["x"]` compares one key.

use super::{Lowering, trusted};
use crate::jit::ir::{Helper, Ref};
use crate::jit::shims;
use crate::value::Tag;
use crate::value::layout::{
    DICT_COUNT, DICT_ENTRIES, DICT_INDEX, DICT_SHIFT, ENTRY_KEY, ENTRY_SIZE, ENTRY_VALUE,
    INT_KEY_FACTOR, MOST_WITHOUT_INDEX, STRING_KEY_HASH, VALUE_PAYLOAD,
};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};

impl Lowering<'_, '_> {
    /// The address of the value under a key, 0 if there is none. The key is an int
    /// or a string, as the helper says; `hint` is the number of the entry that
    /// probably has it.
    pub(super) fn dict_find(
        &mut self,
        helper: Helper,
        hint: Option<u32>,
        dict: Ref,
        key: Ref,
    ) -> Value {
        let (dict, key) = (self.word(dict), self.word(key));
        let [slow, check, next, ended, done] = std::array::from_fn(|_| self.builder.create_block());
        let result = self.builder.append_block_param(done, types::I64);
        let tag = if helper == Helper::DictFindInt { Tag::Int } else { Tag::String };
        [slow, next, ended].into_iter().for_each(|block| self.builder.set_cold_block(block));
        if let Some(at) = hint {
            let search = self.builder.create_block();
            self.builder.set_cold_block(search);
            let count = self.builder.ins().load(types::I32, trusted(), dict, DICT_COUNT as i32);
            let limit = self.builder.ins().iconst(types::I32, at as i64);
            self.unless(IntCC::UnsignedGreaterThan, count, limit, search);
            let entries = self.entries(dict);
            let entry = self.builder.ins().iadd_imm_s(entries, at as i64 * ENTRY_SIZE as i64);
            let found = self.value_if_equal(entry, tag, key, search);
            self.builder.ins().jump(done, &[BlockArg::Value(found)]);
            self.builder.set_cold_block(check);
            self.builder.switch_to_block(search);
        }
        let hash = match helper {
            Helper::DictFindInt => self.int_key_hash(key),
            _ => self.string_key_hash(key, slow),
        };
        let shift = self.builder.ins().load(types::I32, trusted(), dict, DICT_SHIFT as i32);
        let index = self.builder.ins().load(types::I64, trusted(), dict, DICT_INDEX as i32);
        let home = self.builder.ins().ushr(hash, shift);
        let place = self.place(index, home);
        let found = self.builder.ins().uload32(trusted(), place, 0);
        let same = self.builder.ins().icmp(IntCC::Equal, found, hash);
        let (home, place) = (BlockArg::Value(home), BlockArg::Value(place));
        self.builder.ins().brif(same, check, &[place], next, &[home]);

        // The place has the hash: it is hardly ever that of another key.
        let place = self.builder.append_block_param(check, types::I64);
        self.builder.switch_to_block(check);
        let at = self.builder.ins().uload32(trusted(), place, 4);
        let entries = self.entries(dict);
        let offset = self.builder.ins().imul_imm_s(at, ENTRY_SIZE as i64);
        let entry = self.builder.ins().iadd(entries, offset);
        let other = self.builder.create_block();
        let found = self.value_if_equal(entry, tag, key, other);
        self.builder.ins().jump(done, &[BlockArg::Value(found)]);
        self.builder.switch_to_block(other);
        self.builder.set_cold_block(other);
        if tag == Tag::String {
            // Strings that are made while the program runs are not the key itself.
            let own_tag = self.builder.ins().load(types::I64, trusted(), entry, ENTRY_KEY as i32);
            let wanted = self.number(tag as i64);
            self.unless(IntCC::Equal, own_tag, wanted, slow);
            let payload = (ENTRY_KEY + VALUE_PAYLOAD) as i32;
            let own_key = self.builder.ins().load(types::I64, trusted(), entry, payload);
            self.unless_same_text(key, own_key, slow);
            self.builder.ins().jump(done, &[BlockArg::Value(found)]);
        } else {
            self.builder.ins().jump(slow, &[]);
        }

        // It has another: go on behind it, to the first unused place.
        let before = self.builder.append_block_param(next, types::I64);
        self.builder.switch_to_block(next);
        let ones = self.builder.ins().iconst(types::I32, u32::MAX as i64);
        let mask = self.builder.ins().ushr(ones, shift);
        let mask = self.builder.ins().uextend(types::I64, mask);
        let behind = self.builder.ins().iadd_imm_s(before, 1);
        let behind = self.builder.ins().band(behind, mask);
        let place = self.place(index, behind);
        let found = self.builder.ins().uload32(trusted(), place, 0);
        let same = self.builder.ins().icmp(IntCC::Equal, found, hash);
        let other = self.builder.create_block();
        self.builder.set_cold_block(other);
        self.builder.ins().brif(same, check, &[BlockArg::Value(place)], other, &[]);
        self.builder.switch_to_block(other);
        self.builder.ins().brif(found, next, &[BlockArg::Value(behind)], ended, &[]);

        self.builder.switch_to_block(ended);
        let count = self.builder.ins().load(types::I32, trusted(), dict, DICT_COUNT as i32);
        let most = self.builder.ins().iconst(types::I32, MOST_WITHOUT_INDEX as i64);
        self.unless(IntCC::UnsignedGreaterThan, count, most, slow);
        let missing = self.number(0);
        self.builder.ins().jump(done, &[BlockArg::Value(missing)]);

        self.builder.switch_to_block(slow);
        let address = self.call_words(shims::address(helper), &[dict, key], true);
        let address = address.expect("it answers an address");
        self.builder.ins().jump(done, &[BlockArg::Value(address)]);
        self.builder.switch_to_block(done);
        result
    }

    fn entries(&mut self, dict: Value) -> Value {
        self.builder.ins().load(types::I64, trusted(), dict, DICT_ENTRIES as i32)
    }

    /// Address of a place of the index.
    fn place(&mut self, index: Value, number: Value) -> Value {
        let offset = self.builder.ins().ishl_imm_u(number, 3);
        self.builder.ins().iadd(index, offset)
    }

    /// The address of an entry's value; goes on only if the entry has this very key.
    fn value_if_equal(&mut self, entry: Value, tag: Tag, key: Value, other: Block) -> Value {
        let payload = (ENTRY_KEY + VALUE_PAYLOAD) as i32;
        let own_tag = self.builder.ins().load(types::I64, trusted(), entry, ENTRY_KEY as i32);
        let own_key = self.builder.ins().load(types::I64, trusted(), entry, payload);
        // One test for both: they hardly ever differ once the hashes are equal.
        let wanted_tag = self.number(tag as i64);
        let tags = self.builder.ins().bxor(own_tag, wanted_tag);
        let keys = self.builder.ins().bxor(own_key, key);
        let different = self.builder.ins().bor(tags, keys);
        let zero = self.number(0);
        let value = self.builder.ins().iadd_imm_s(entry, ENTRY_VALUE as i64);
        self.unless(IntCC::Equal, different, zero, other);
        value
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
}
