//! Calls of Rust functions.
//!
//! The code is not relocated, so a callee's address is a constant in it.
//!
//! Example: `call string_equal v1, v2` passes two addresses in registers and
//! takes the low byte of the result as a bool.

use super::{Lowering, machine_type, trusted};
use crate::jit::context::{ARGUMENTS, TraceContext};
use crate::jit::exits::has_bits;
use crate::jit::ir::{Helper, Ref};
use crate::jit::shims;
use cranelift_codegen::ir::{AbiParam, InstBuilder, SigRef, Signature, Value, types};

impl Lowering<'_, '_> {
    pub(super) fn call_helper(&mut self, imm: u64, operands: &[Ref]) -> Option<Value> {
        let helper = Helper::from_number(imm);
        let operands: Vec<Value> = operands.iter().map(|operand| self.word(*operand)).collect();
        let result = self.call_words(shims::address(helper), &operands, true)?;
        let ty = helper.result();
        has_bits(ty).then(|| self.converted(result, machine_type(ty)))
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
