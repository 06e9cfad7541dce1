//! Calls that spare the registers of the code around them.
//!
//! What lives across an ordinary call has to lie in one of the five registers that callees
//! preserve or on the stack, and a float always on the stack. The register allocator does
//! not move values around a call that is seldom reached (an array that grows, the last owner
//! of an object that goes): it keeps them in memory in the whole loop. So unless the innermost
//! loop makes other calls anyway, such a call goes to a stub that preserves all registers; its address, function and
//! operands lie in the context, so that the call needs no registers of its own either.
//!
//! What must hold: the functions called take words, two at most; the stub costs some
//! fifty loads and stores, so it is for blocks that are seldom entered.
//!
//! Example: `array_push` without room stores the address of `array_grow` and that of the
//! array to the context, calls the stub, and goes on with everything where it was.

use super::{Lowering, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::{Block, Helper, Inst, Op, Region, Type};
use crate::value::Tag;
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
        Op::CallFunction | Op::CallSlow | Op::CallRaising | Op::NewArray | Op::NewClosure => true,
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

/// What the code around a block does as often as the block is executed.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// It makes calls: values lie in memory anyway, and what is seldom elsewhere is not.
    calls: bool,
    /// It makes records, so that others, of the rounds before, probably come to their end.
    makes_records: bool,
    /// It makes calls, apart from loops inside, and so probably strings: the same.
    makes_strings: bool,
}

/// What is around each block: the innermost loop, if it has no loop inside. Code outside of
/// loops is executed seldom, but for that of functions and side regions.
pub(super) fn around_blocks(region: &Region, loops: &[Vec<bool>]) -> Vec<Around> {
    let having = |has: fn(&Inst) -> bool| -> Vec<bool> {
        let has = |block: &Block| block.insts.iter().any(|inst| has(region.inst(*inst)));
        region.blocks.iter().map(has).collect()
    };
    let (calling, making) = (having(calls), having(|inst| inst.op == Op::NewRecord));
    let contains = |outer: &[bool], inner: &[bool]| {
        outer != inner && outer.iter().zip(inner).all(|(outer, inner)| *outer || !inner)
    };
    let is_innermost = |inside: &&Vec<bool>| !loops.iter().any(|inner| contains(inside, inner));
    let innermost: Vec<&Vec<bool>> = loops.iter().filter(is_innermost).collect();
    let size = |inside: &Vec<bool>| inside.iter().filter(|is_inside| **is_inside).count();
    let sizes: Vec<usize> = loops.iter().map(size).collect();
    let smallest = |block: usize| {
        (0..loops.len()).filter(|number| loops[*number][block]).min_by_key(|number| sizes[*number])
    };
    let level: Vec<Option<usize>> = (0..region.blocks.len()).map(smallest).collect();
    let mut calls_beside = vec![false; loops.len()];
    for (number, _) in level.iter().zip(&calling).filter(|(_, calls)| **calls) {
        number.iter().for_each(|number| calls_beside[*number] = true);
    }
    let any = |inside: &[bool], which: &[bool]| inside.iter().zip(which).any(|(i, w)| *i && *w);
    let around = |block: usize| match innermost.iter().find(|inside| inside[block]) {
        Some(inside) => {
            let calls = any(inside, &calling);
            Around { calls, makes_records: any(inside, &making), makes_strings: calls }
        }
        None => {
            let often = region.function.is_some() || region.is_side;
            let makes_strings = level[block].is_some_and(|number| calls_beside[number]);
            let calls = often && level[block].is_none();
            Around { calls, makes_records: false, makes_strings }
        }
    };
    (0..region.blocks.len()).map(around).collect()
}

impl Lowering<'_, '_> {
    /// Calls a function of at most two words from a cold block, sparing the registers around
    /// it where that helps.
    pub(super) fn call_seldom(&mut self, address: usize, operands: &[Value]) {
        match self.around[self.block].calls {
            true => drop(self.call_words(address, operands, false)),
            false => self.call_stub(address, operands),
        }
    }

    /// The same for a function with a result.
    pub(super) fn ask_seldom(&mut self, address: usize, operands: &[Value]) -> Value {
        if self.around[self.block].calls {
            return self.call_words(address, operands, true).expect("it answers a word");
        }
        self.call_stub(address, operands);
        self.context_word(TraceContext::SPARING_RESULT)
    }

    /// The call by which an object is freed that has lost its last owner.
    pub(super) fn call_free(&mut self, address: usize, object: Value, ty: Type) {
        let around = self.around[self.block];
        let is_often = match ty {
            Type::Pointer(Tag::Struct | Tag::Enum) => around.makes_records,
            Type::Pointer(Tag::String) => around.makes_strings,
            _ => false,
        };
        match is_often {
            true => drop(self.call_words(address, &[object], false)),
            false => self.call_seldom(address, &[object]),
        }
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
        let stub = self.context_word(TraceContext::SPARING_STUB);
        self.builder.ins().call_indirect(signature, stub, &[context]);
    }
}
