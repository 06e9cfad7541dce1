//! Comparing strings, their length and their characters without a call.
//!
//! Most strings that programs compare are short: names of operations, words,
//! characters. Two of the same length up to eight bytes are one comparison of
//! words; what lies behind the text in its block is shifted out. Up to sixteen bytes, the
//! last eight are compared besides. Only longer ones of the same length are a call.
//!
//! What must hold: every string, also the empty one, has eight bytes to read behind
//! its header.
//!
//! Example: `s == "push"` compares the length with 4 and `bytes << 32` with the
//! constant `"push" << 32`.

use super::{Lowering, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::{Beginning, Helper, Op, Ref};
use crate::jit::shims;
use crate::value::layout::{
    STRING_BYTES, STRING_CHARACTERS, STRING_LEN, VALUE_PAYLOAD, VALUE_SIZE,
};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, Endianness, InstBuilder, Value, types};

impl Lowering<'_, '_> {
    /// Whether two strings are the same text.
    pub(super) fn string_equal(&mut self, left: Ref, right: Ref) -> Value {
        let known = |reference: Ref| {
            let inst = self.region.inst(reference);
            let constant = inst.op == Op::Const;
            self.region.beginnings.get(&inst.imm).copied().filter(|_| constant)
        };
        match (known(left), known(right)) {
            (None, None) => self.strings_equal(left, right),
            (Some(text), _) => self.string_is(right, left, text),
            (_, Some(text)) => self.string_is(left, right, text),
        }
    }

    /// Whether a string is the text of a constant: its length and, up to eight
    /// bytes, the word that begins with them.
    fn string_is(&mut self, string: Ref, constant: Ref, text: Beginning) -> Value {
        let address = self.value(string);
        let here = self.builder.ins().load(types::I64, trusted(), address, STRING_LEN as i32);
        let len = text.len as i64;
        if len == 0 {
            return self.builder.ins().icmp_imm_s(IntCC::Equal, here, len);
        }
        if len <= Beginning::BYTES as i64 {
            // One test of both: what is compared is loaded and shifted once for all the
            // constants that the string is compared with.
            let bytes = self.beginning(address);
            let shift = (Beginning::BYTES as i64 - len) * 8;
            let bytes = self.builder.ins().ishl_imm_u(bytes, shift);
            let wanted = self.number((text.word << shift) as i64);
            let texts = self.builder.ins().bxor(bytes, wanted);
            let lengths = self.builder.ins().bxor_imm_s(here, len);
            let different = self.builder.ins().bor(texts, lengths);
            return self.builder.ins().icmp_imm_s(IntCC::Equal, different, 0);
        }
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I8);
        let no = self.builder.ins().iconst(types::I8, 0);
        let first = self.beginning(address);
        let wanted = self.number(text.word as i64);
        let texts = self.builder.ins().bxor(first, wanted);
        let lengths = self.builder.ins().bxor_imm_s(here, len);
        let different = self.builder.ins().bor(texts, lengths);
        let differs = self.builder.ins().icmp_imm_s(IntCC::NotEqual, different, 0);
        self.done_if(differs, done, no);
        let constant = self.value(constant);
        let same = if len <= 2 * Beginning::BYTES as i64 {
            self.same_last_bytes(address, constant, here)
        } else {
            self.call_string_equal(address, constant)
        };
        self.builder.ins().jump(done, &[BlockArg::Value(same)]);
        self.builder.switch_to_block(done);
        result
    }

    fn strings_equal(&mut self, left: Ref, right: Ref) -> Value {
        let (a, b) = (self.value(left), self.value(right));
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I8);
        let (no, yes) =
            (self.builder.ins().iconst(types::I8, 0), self.builder.ins().iconst(types::I8, 1));
        let one_object = self.builder.ins().icmp(IntCC::Equal, a, b);
        self.done_if(one_object, done, yes);
        let len = self.builder.ins().load(types::I64, trusted(), a, STRING_LEN as i32);
        let other = self.builder.ins().load(types::I64, trusted(), b, STRING_LEN as i32);
        let lengths_differ = self.builder.ins().icmp(IntCC::NotEqual, len, other);
        self.done_if(lengths_differ, done, no);
        let [short, long, longer, longest] = std::array::from_fn(|_| self.builder.create_block());
        self.builder.set_cold_block(longest);
        let before = self.builder.ins().iadd_imm_s(len, -1);
        let bytes = Beginning::BYTES as i64;
        let first = self.beginning(a);
        let own_first = self.beginning(b);
        let different = self.builder.ins().bxor(first, own_first);
        let is_short = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, before, bytes);
        self.builder.ins().brif(is_short, short, &[], long, &[]);
        self.builder.switch_to_block(short);
        let rest = self.without_rest(different, len);
        let same = self.builder.ins().icmp_imm_s(IntCC::Equal, rest, 0);
        self.builder.ins().jump(done, &[BlockArg::Value(same)]);
        self.builder.switch_to_block(long);
        let limit = self.number(2 * bytes);
        self.unless(IntCC::UnsignedLessThan, before, limit, longest);
        let differs = self.builder.ins().icmp_imm_s(IntCC::NotEqual, different, 0);
        self.builder.ins().brif(differs, done, &[BlockArg::Value(no)], longer, &[]);
        self.builder.switch_to_block(longer);
        let same = self.same_last_bytes(a, b, len);
        self.builder.ins().jump(done, &[BlockArg::Value(same)]);
        self.builder.switch_to_block(longest);
        let same = self.call_string_equal(a, b);
        self.builder.ins().jump(done, &[BlockArg::Value(same)]);
        self.builder.switch_to_block(done);
        result
    }

    /// Whether the last eight bytes of two texts of `len` bytes, at least eight, are the same.
    fn same_last_bytes(&mut self, a: Value, b: Value, len: Value) -> Value {
        let offset = self.builder.ins().iadd_imm_s(len, -(Beginning::BYTES as i64));
        let (a, b) = (self.builder.ins().iadd(a, offset), self.builder.ins().iadd(b, offset));
        let (last, own_last) = (self.beginning(a), self.beginning(b));
        self.builder.ins().icmp(IntCC::Equal, last, own_last)
    }

    /// Goes on only if two strings are the same text of up to 16 bytes, not an empty one.
    pub(super) fn unless_same_text(&mut self, a: Value, b: Value, other: Block) {
        let len = self.builder.ins().load(types::I64, trusted(), a, STRING_LEN as i32);
        let own = self.builder.ins().load(types::I64, trusted(), b, STRING_LEN as i32);
        self.unless(IntCC::Equal, len, own, other);
        let [short, long, same] = std::array::from_fn(|_| self.builder.create_block());
        let before = self.builder.ins().iadd_imm_s(len, -1);
        let bytes = Beginning::BYTES as i64;
        let is_short = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, before, bytes);
        let (first, own_first) = (self.beginning(a), self.beginning(b));
        let different = self.builder.ins().bxor(first, own_first);
        self.builder.ins().brif(is_short, short, &[], long, &[]);
        self.builder.switch_to_block(short);
        let shifted = self.without_rest(different, len);
        self.builder.ins().brif(shifted, other, &[], same, &[]);
        // The first and the last eight bytes overlap or meet.
        self.builder.switch_to_block(long);
        let limit = self.number(2 * bytes);
        self.unless(IntCC::UnsignedLessThan, before, limit, other);
        let offset = self.builder.ins().iadd_imm_s(len, -bytes);
        let (a, b) = (self.builder.ins().iadd(a, offset), self.builder.ins().iadd(b, offset));
        let (last, own_last) = (self.beginning(a), self.beginning(b));
        let last = self.builder.ins().bxor(last, own_last);
        let different = self.builder.ins().bor(different, last);
        self.builder.ins().brif(different, other, &[], same, &[]);
        self.builder.switch_to_block(same);
    }

    /// The bytes of a word that belong to a text of `len` bytes, eight at most, moved
    /// up so that the others are gone.
    fn without_rest(&mut self, word: Value, len: Value) -> Value {
        // The shift takes the last six bits: eight bytes less those of the text.
        let bits = self.builder.ins().ishl_imm_u(len, 3);
        let behind = self.builder.ins().ineg(bits);
        self.builder.ins().ishl(word, behind)
    }

    /// The first eight bytes of a string, the first one lowest.
    fn beginning(&mut self, string: Value) -> Value {
        let flags = trusted().with_endianness(Endianness::Little);
        self.builder.ins().load(types::I64, flags, string, STRING_BYTES as i32)
    }

    /// The character at an index that is in range: of ASCII texts without a call.
    pub(super) fn string_character(&mut self, string: Ref, index: Ref) -> Value {
        let (string, index) = (self.value(string), self.value(index));
        let (plain, other) = (self.builder.create_block(), self.builder.create_block());
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I64);
        self.builder.set_cold_block(other);
        let len = self.builder.ins().load(types::I64, trusted(), string, STRING_LEN as i32);
        let characters = STRING_CHARACTERS as i32;
        let characters = self.builder.ins().load(types::I64, trusted(), string, characters);
        let is_plain = self.builder.ins().icmp(IntCC::Equal, len, characters);
        self.builder.ins().brif(is_plain, plain, &[], other, &[]);
        self.builder.switch_to_block(other);
        let address = shims::address(Helper::StringCharacter);
        let text = self.ask_seldom(address, &[string, index]);
        self.builder.ins().jump(done, &[BlockArg::Value(text)]);
        self.builder.switch_to_block(plain);
        let address = self.builder.ins().iadd(string, index);
        let code = self.builder.ins().uload8(types::I64, trusted(), address, STRING_BYTES as i32);
        let texts = self.context_word(TraceContext::CHARACTERS);
        let place = self.element_at(texts, code, VALUE_SIZE.trailing_zeros() as i64);
        let text = self.builder.ins().load(types::I64, trusted(), place, VALUE_PAYLOAD as i32);
        self.retain_object(text);
        self.builder.ins().jump(done, &[BlockArg::Value(text)]);
        self.builder.switch_to_block(done);
        result
    }

    /// The number of characters: without a call once it is known.
    pub(super) fn string_length(&mut self, string: Ref) -> Value {
        let string = self.value(string);
        let (unknown, done) = (self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(done, types::I64);
        self.builder.set_cold_block(unknown);
        let characters = STRING_CHARACTERS as i32;
        let known = self.builder.ins().load(types::I64, trusted(), string, characters);
        let is_unknown = self.builder.ins().icmp_imm_s(IntCC::Equal, known, -1);
        self.builder.ins().brif(is_unknown, unknown, &[], done, &[BlockArg::Value(known)]);
        self.builder.switch_to_block(unknown);
        let address = shims::address(Helper::StringLength);
        let length = self.ask_seldom(address, &[string]);
        self.builder.ins().jump(done, &[BlockArg::Value(length)]);
        self.builder.switch_to_block(done);
        result
    }

    fn done_if(&mut self, condition: Value, done: Block, answer: Value) {
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, done, &[BlockArg::Value(answer)], next, &[]);
        self.builder.switch_to_block(next);
    }

    fn call_string_equal(&mut self, left: Value, right: Value) -> Value {
        let same = self.ask_seldom(shims::address(Helper::StringEqual), &[left, right]);
        self.builder.ins().ireduce(types::I8, same)
    }
}
