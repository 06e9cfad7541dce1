//! Calls that spare the registers of the code around them.
//!
//! What lives across an ordinary call has to lie in one of the five registers that callees
//! preserve or on the stack, and a float always on the stack. The register allocator does
//! not move values around a call that is seldom reached (an array that grows, the last owner
//! of an object that goes): it keeps them in memory in the whole loop. So in a loop without
//! other calls such a call goes to a stub that preserves all registers; function and
//! operands lie in the context, so that the call needs no registers of its own either.
//!
//! What must hold: the functions called take words, two at most; the stub costs some
//! fifty loads and stores, so it is for blocks that are seldom entered.
//!
//! Example: `array_push` without room stores the address of `array_grow` and that of the
//! array to the context, calls the stub, and goes on with everything where it was.

use super::{Lowering, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::{Block, Helper, Inst, Op, Region};
use crate::value::layout::{LARGEST_FREE_LIST, RECORD_FIELDS, VALUE_SIZE};
use cranelift_codegen::ir::{
    AbiParam, Function, InstBuilder, MemFlagsData, Signature, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// The signature of the stub: the context.
fn stub_signature() -> Signature {
    let mut signature = Signature::new(CallConv::PreserveAll);
    signature.params.push(AbiParam::new(types::I64));
    signature
}

/// Builds the stub in `function`, which must be empty: it calls what the context says, with
/// two operands, and leaves the result there.
pub fn build_stub(
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
    isa: &dyn TargetIsa,
) {
    function.signature = stub_signature();
    let mut builder = FunctionBuilder::new(function, builder_context);
    let mut called = Signature::new(isa.default_call_conv());
    called.params.extend([AbiParam::new(types::I64); 2]);
    called.returns.push(AbiParam::new(types::I64));
    let called = builder.import_signature(called);
    let block = builder.create_block();
    builder.switch_to_block(block);
    builder.append_block_params_for_function_params(block);
    let context = builder.block_params(block)[0];
    let flags = MemFlagsData::trusted();
    let [address, first, second] = [
        TraceContext::SPARING_FUNCTION,
        TraceContext::SPARING_OPERANDS,
        TraceContext::SPARING_OPERANDS + 8,
    ]
    .map(|offset| builder.ins().load(types::I64, flags, context, offset as i32));
    let call = builder.ins().call_indirect(called, address, &[first, second]);
    let result = builder.inst_results(call)[0];
    builder.ins().store(flags, result, context, TraceContext::SPARING_RESULT as i32);
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize(isa.frontend_config());
}

/// Whether an instruction calls a function as often as it is executed, or calls one from
/// a block that some programs always enter.
pub(super) fn calls(inst: &Inst) -> bool {
    match inst.op {
        Op::CallFunction | Op::CallSlow | Op::NewArray | Op::NewClosure => true,
        Op::NewRecord => RECORD_FIELDS + inst.args.len() * VALUE_SIZE > LARGEST_FREE_LIST,
        Op::Call => !matches!(
            Helper::decode(inst.imm),
            Helper::StringCharacter | Helper::StringLength | Helper::StringEqual
        ),
        Op::FloatMod | Op::FloatPow | Op::FloatSin | Op::FloatCos | Op::FloatTan => true,
        Op::FloatExp | Op::FloatLog => true,
        _ => false,
    }
}

/// Whether calls that are seldom made from each block are to spare the registers: not
/// outside of loops in the regions of functions and not in innermost loops that make other
/// calls in each round: there, values lie in memory anyway, and what is seldom elsewhere, as
/// the end of an object, is not.
pub(super) fn spares(region: &Region, loops: &[Vec<bool>]) -> Vec<bool> {
    let calls = |block: &Block| block.insts.iter().any(|inst| calls(region.inst(*inst)));
    let calling: Vec<bool> = region.blocks.iter().map(calls).collect();
    let contains = |outer: &[bool], inner: &[bool]| {
        outer != inner && outer.iter().zip(inner).all(|(outer, inner)| *outer || !inner)
    };
    let is_innermost = |inside: &&Vec<bool>| !loops.iter().any(|inner| contains(inside, inner));
    let innermost: Vec<&Vec<bool>> = loops.iter().filter(is_innermost).collect();
    let is_free = |inside: &Vec<bool>| !inside.iter().zip(&calling).any(|(i, c)| *i && *c);
    let spares = |block: usize| {
        let once = || region.function.is_none() || loops.iter().any(|inside| inside[block]);
        innermost.iter().find(|inside| inside[block]).map_or_else(once, |inside| is_free(inside))
    };
    (0..region.blocks.len()).map(spares).collect()
}

impl Lowering<'_, '_> {
    /// Calls a function of at most two words from a cold block, sparing the registers around
    /// it where that helps.
    pub(super) fn call_seldom(&mut self, address: usize, operands: &[Value]) {
        if !self.spares[self.block] {
            self.call_words(address, operands, false);
            return;
        }
        self.call_stub(address, operands);
    }

    /// The same for a function with a result.
    pub(super) fn ask_seldom(&mut self, address: usize, operands: &[Value]) -> Value {
        if !self.spares[self.block] {
            return self.call_words(address, operands, true).expect("it answers a word");
        }
        self.call_stub(address, operands);
        self.context_word(TraceContext::SPARING_RESULT)
    }

    fn call_stub(&mut self, address: usize, operands: &[Value]) {
        let context = self.context;
        let function = self.number(address as i64);
        let offset = TraceContext::SPARING_FUNCTION as i32;
        self.builder.ins().store(trusted(), function, context, offset);
        for (index, &operand) in operands.iter().enumerate() {
            let offset = TraceContext::SPARING_OPERANDS + index * size_of::<u64>();
            self.builder.ins().store(trusted(), operand, context, offset as i32);
        }
        let signature = match self.stub_signature {
            Some(known) => known,
            None => self.builder.import_signature(stub_signature()),
        };
        self.stub_signature = Some(signature);
        let stub = self.number(self.environment.sparing_stub as i64);
        self.builder.ins().call_indirect(signature, stub, &[context]);
    }
}
