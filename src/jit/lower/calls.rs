//! Calls of Rust functions.
//!
//! The code is not relocated, so a callee's address is a constant in it.
//!
//! Example: `call string_compare v1, v2` passes two addresses in registers and
//! takes the result as an int.

use super::{Lowering, machine_type, trusted};
use crate::jit::context::{ARGUMENTS, LEFT, TraceContext};
use crate::jit::ir::{Callee, ExitId, Helper, Ref, SlotValue};
use crate::jit::shims;
use crate::value::Tag;
use crate::value::layout::VALUE_SIZE;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, InstBuilder, SigRef, Signature, Value, types};
use cranelift_codegen::isa::CallConv;

/// The signature of a function's region with this many arguments.
pub(super) fn function_signature(arguments: usize, call_conv: CallConv) -> Signature {
    let mut signature = Signature::new(call_conv);
    signature.params.extend((0..arguments + 2).map(|_| AbiParam::new(types::I64)));
    signature.returns.extend([AbiParam::new(types::I64); 2]);
    signature
}

impl Lowering<'_, '_> {
    pub(super) fn call_helper(&mut self, imm: u64, operands: &[Ref]) -> Option<Value> {
        let helper = Helper::decode(imm);
        if let (Helper::StringEqual, &[left, right]) = (helper, operands) {
            return Some(self.string_equal(left, right));
        }
        if let (Helper::StringCharacter, &[string, index]) = (helper, operands) {
            return Some(self.string_character(string, index));
        }
        if let (Helper::StringLength, &[string]) = (helper, operands) {
            return Some(self.string_length(string));
        }
        if let (Helper::DictFindInt | Helper::DictFindText, &[dict, key]) = (helper, operands) {
            return Some(self.dict_find(helper, Helper::hint(imm), dict, key));
        }
        let operands: Vec<Value> = operands.iter().map(|operand| self.word(*operand)).collect();
        let result = self.call_words(shims::address(helper), &operands, true)?;
        let ty = helper.result();
        ty.has_bits().then(|| self.converted(result, machine_type(ty)))
    }

    pub(super) fn call_slow(&mut self, imm: u64, operands: &[Ref]) -> Value {
        assert!(operands.len() <= ARGUMENTS, "a generic helper with too many operands");
        self.pass_arguments(operands);
        let offset = TraceContext::SLOW_CALL as i32;
        let function = self.builder.ins().load(types::I64, trusted(), self.context, offset);
        let (imm, count) = (self.number(imm as i64), self.number(operands.len() as i64));
        let context = self.context;
        self.call_value(function, &[context, imm, count], true).expect("it answers a status")
    }

    /// The address where a callee's frame begins.
    fn callee_base(&mut self, callee: Callee) -> Value {
        let offset = callee.base as i64 * VALUE_SIZE as i64;
        self.builder.ins().iadd_imm_s(self.base, offset)
    }

    /// The entry of a callee, 0 if it has no code.
    fn callee_entry(&mut self, callee: Callee) -> Value {
        let table = self.context_word(TraceContext::FUNCTIONS);
        self.builder.ins().load(types::I64, trusted(), table, callee.version as i32 * 8)
    }

    pub(super) fn guard_callable(&mut self, imm: u64, exit: Option<ExitId>) -> Option<Value> {
        let callee = Callee::decode(imm);
        let base = self.callee_base(callee);
        let limit = self.context_word(TraceContext::CALL_LIMIT);
        let room = self.builder.ins().icmp(IntCC::UnsignedLessThan, base, limit);
        self.guard(room, exit);
        self.guard_not_requested(exit);
        if self.region.is_side || self.region.function != Some(callee.version) {
            let entry = self.callee_entry(callee);
            self.guard(entry, exit);
        }
        None
    }

    pub(super) fn call_function(&mut self, reference: Ref) -> Value {
        let inst = self.region.inst(reference);
        let callee = Callee::decode(inst.imm);
        let mut operands = vec![self.context, self.callee_base(callee)];
        for &arg in &inst.args {
            if self.region.ty(arg).has_bits() {
                operands.push(self.word(arg));
            }
        }
        let entry = self.callee_entry(callee);
        let arguments = operands.len() - 2;
        let signature = match self.function_signatures.get(&arguments) {
            Some(&known) => known,
            None => {
                let call_conv = self.builder.func.signature.call_conv;
                let signature = function_signature(arguments, call_conv);
                let reference = self.builder.import_signature(signature);
                self.function_signatures.insert(arguments, reference);
                reference
            }
        };
        let call = self.builder.ins().call_indirect(signature, entry, &operands);
        let results = self.builder.inst_results(call);
        let (tag, payload) = (results[0], results[1]);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, tag, LEFT as i64);
        self.guard_not(left, inst.exit);
        self.second_results.insert(reference, payload);
        tag
    }

    pub(super) fn return_payload(&mut self, call: Ref) -> Option<Value> {
        self.second_results.get(&call).copied()
    }

    /// Ends the region of a function.
    pub(super) fn return_value(&mut self, value: &SlotValue) {
        let (tag, payload) = match *value {
            SlotValue::Typed(value) => {
                let tag = self.region.ty(value).tag().unwrap_or(Tag::Null);
                (self.number(tag as i64), self.word(value))
            }
            SlotValue::Dynamic { tag, payload } => (self.word(tag), self.word(payload)),
        };
        self.builder.ins().return_(&[tag, payload]);
    }

    /// Calls a function of words at a fixed address.
    pub(super) fn call_words(
        &mut self,
        address: usize,
        operands: &[Value],
        result: bool,
    ) -> Option<Value> {
        let function = self.number(address as i64);
        self.call_value(function, operands, result)
    }

    pub(super) fn call_value(
        &mut self,
        function: Value,
        operands: &[Value],
        result: bool,
    ) -> Option<Value> {
        let signature = self.signature(operands.len(), 0, result);
        let call = self.builder.ins().call_indirect(signature, function, operands);
        self.builder.inst_results(call).first().copied()
    }

    /// Calls a function of floats to a float.
    pub(super) fn call_floats(&mut self, address: usize, operands: &[Value]) -> Value {
        let function = self.number(address as i64);
        let signature = self.signature(0, operands.len(), true);
        let call = self.builder.ins().call_indirect(signature, function, operands);
        self.builder.inst_results(call)[0]
    }

    /// The signature of functions of words or of floats, made once each.
    fn signature(&mut self, words: usize, floats: usize, result: bool) -> SigRef {
        let key = (words as u8, floats as u8, result);
        if let Some(&known) = self.signatures.get(&key) {
            return known;
        }
        let mut signature = Signature::new(self.builder.func.signature.call_conv);
        signature.params.extend((0..words).map(|_| AbiParam::new(types::I64)));
        signature.params.extend((0..floats).map(|_| AbiParam::new(types::F64)));
        if result {
            let ty = if floats > 0 { types::F64 } else { types::I64 };
            signature.returns.push(AbiParam::new(ty));
        }
        let reference = self.builder.import_signature(signature);
        self.signatures.insert(key, reference);
        reference
    }
}
