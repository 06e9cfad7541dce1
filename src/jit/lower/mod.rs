//! Regions become Cranelift functions: one method per IR operation.
//!
//! Blocks map to blocks with parameters. A guard is a comparison and a branch
//! whose failing side is a cold block; a comparison used only by its guard
//! costs no instruction of its own. An exit's cold block stores the raw words
//! that its [`ExitPlan`] lists, the word observed, and returns the exit's
//! number; exits that hand over the same first values share the stores. Nothing is
//! computed there.
//!
//! What must hold: every operation of the table has an arm in
//! [`Lowering::operation`] (the match is exhaustive); what the machine code
//! does is what the evaluator does, which the conformance test drives.
//!
//! Example: `v4 = int_add v2, const 1 !3` becomes an addition, a comparison of
//! the sum with `v2`, and `brif` to the block of exit 3; on x86-64 that is
//! `lea`, `cmp`, `jl`.
//!
//! Things measured or read in Cranelift 0.135's sources that shape this code:
//!
//! * `*_overflow` is followed by `setcc` and `test`; comparing the sum with one
//!   operand, if the other is constant, is one instruction cheaper, and for
//!   products "fits 32 bits" checks beat the one-operand multiplication;
//! * loads are never removed, even unused, so each is emitted in the one form
//!   that its users want (a payload that only ever is a float loads as one);
//! * a value that lives across a call, if only in a cold block, is kept on the stack in
//!   the whole loop: constants are made where they are used, float constants
//!   (two instructions) too, and calls that are seldom made spare registers ([`sparing`]).

mod allocation;
mod calls;
mod control;
mod counts;
mod dicts;
mod division;
mod floats;
mod ints;
mod leaving;
mod memory;
mod placement;
mod sparing;
mod strings;

pub use sparing::build_stub;

use super::context::{RAISING, TraceContext};
use super::exits::ExitPlan;
use super::ir::{
    BlockId, BlockKind, End, ExitId, Flow, Inst, Op, Ref, Region, Slot, SlotValue, Type,
};
use cranelift_codegen::ir::{
    AbiParam, Block, InstBuilder, MemFlagsData, SigRef, Signature, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::FunctionBuilder;
use rustc_hash::FxHashMap;
use std::cell::Cell;

/// What may be added to the code of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoweringOptions {
    /// Count how often each loop header and bridge is entered.
    pub profile: bool,
    /// Let tests make any guard fail ([`Attachments::forced`]).
    pub forced: bool,
    /// Count the rounds of loops as steps of the program.
    pub steps: bool,
    /// From how many instructions on a region can go on in side regions.
    pub sides_from: Option<usize>,
}

/// Memory that the code of one region refers to by address; it lives as long
/// as the code.
#[derive(Debug)]
pub struct Attachments {
    /// Entries of each block, if profiling: only headers and bridges count.
    pub counters: Box<[Cell<u64>]>,
    /// By exit: nonzero makes every guard of that exit fail, if tests asked for it.
    pub forced: Box<[Cell<u8>]>,
    /// By exit: the code of the side region that goes on there, or 0. Empty if the region
    /// has none.
    pub sides: Box<[Cell<usize>]>,
    /// Times that the region may still go on in side regions.
    pub crossings: Box<Cell<i64>>,
}

impl Attachments {
    /// What the code of `region` will need.
    pub fn new(region: &Region, options: LoweringOptions) -> Attachments {
        let counters = if options.profile { region.blocks.len() } else { 0 };
        let forced = if options.forced { region.exits.len() } else { 0 };
        let has_sides = options.sides_from.is_some_and(|size| region.insts.len() >= size);
        let sides = if has_sides { region.exits.len() } else { 0 };
        Attachments {
            counters: vec![Cell::new(0); counters].into(),
            forced: vec![Cell::new(0); forced].into(),
            sides: vec![Cell::new(0); sides].into(),
            crossings: Box::default(),
        }
    }
}

/// What lowering needs besides the region.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The plans of the region's exits.
    pub plans: &'a [ExitPlan],
    /// Memory for counters and tests.
    pub attachments: &'a Attachments,
    /// What to add.
    pub options: LoweringOptions,
    /// The region's number, for the records of a function's exits.
    pub number: u32,
    /// Address of the running thread's free-list heads.
    pub free_lists: usize,
    /// Whether the processor rounds floats in one instruction.
    pub native_rounding: bool,
    /// Pointer width and calling convention of the target.
    pub frontend: TargetFrontendConfig,
}

/// The signature of the function that `region` becomes.
pub fn signature(region: &Region, call_conv: CallConv) -> Signature {
    match region.function {
        Some(_) if region.is_side => calls::function_signature(0, call_conv),
        Some(_) => calls::function_signature(region.blocks[0].params.len(), call_conv),
        None => {
            let mut signature = Signature::new(call_conv);
            signature.params.extend([AbiParam::new(types::I64); 2]);
            signature.returns.push(AbiParam::new(types::I64));
            signature
        }
    }
}

/// Builds the function of `region` with `builder`, which must be fresh and
/// have the signature that [`signature`] makes.
///
/// # Panics
/// If the region is malformed (its verifier would refuse it).
pub fn lower(region: &Region, environment: Environment, builder: FunctionBuilder) {
    let loops = Flow::of(region).expect("the optimiser emits valid regions").loops();
    let mut lowering = Lowering {
        around: sparing::around_blocks(region, &loops),
        deferred: placement::deferred(region, loops),
        block: 0,
        region,
        environment,
        builder,
        values: vec![None; region.insts.len()],
        narrow: FxHashMap::default(),
        float_words: float_words(region),
        zero_tests: remainders_compared_with_zero(region),
        computed: FxHashMap::default(),
        uses: uses(region, environment.plans),
        blocks: Vec::new(),
        exit_blocks: vec![None; region.exits.len()],
        used_exits: Vec::new(),
        tail_blocks: Vec::new(),
        leave_block: None,
        signatures: FxHashMap::default(),
        stub_signature: None,
        function_signatures: FxHashMap::default(),
        second_results: FxHashMap::default(),
        context: Value::from_u32(0),
        base: Value::from_u32(0),
        requests: None,
        module_base: Value::from_u32(0),
    };
    lowering.region();
    lowering.builder.seal_all_blocks();
    lowering.builder.finalize(environment.frontend);
}

struct Lowering<'a, 'f> {
    region: &'a Region,
    environment: Environment<'a>,
    builder: FunctionBuilder<'f>,
    values: Vec<Option<Value>>,
    /// The block of the region that is being lowered.
    block: usize,
    /// What is around each block of the region.
    around: Vec<sparing::Around>,
    /// 32-bit forms of words loaded from headers, for comparing in place.
    narrow: FxHashMap<Ref, Value>,
    /// Payload words that live in float registers.
    float_words: Vec<bool>,
    /// Remainders that are computed only as far as whether they are zero.
    zero_tests: Vec<bool>,
    /// What is computed where it is used.
    deferred: Vec<bool>,
    /// What of it has been computed in this block.
    computed: FxHashMap<Ref, Value>,
    /// How many instructions, jumps and exits use each result.
    uses: Vec<u32>,
    blocks: Vec<Block>,
    exit_blocks: Vec<Option<Block>>,
    used_exits: Vec<ExitId>,
    /// Nodes of the tree of exits that are still to be emitted, with their blocks.
    tail_blocks: Vec<(usize, Block)>,
    /// Where everything leaves, with the word of the exit as its parameter.
    leave_block: Option<Block>,
    signatures: FxHashMap<(u8, u8, bool), SigRef>,
    /// The signature of the stub for calls from cold blocks.
    stub_signature: Option<SigRef>,
    /// Signatures of called functions by number of arguments with bits.
    function_signatures: FxHashMap<usize, SigRef>,
    /// Payloads that came with the tag words of called functions.
    second_results: FxHashMap<Ref, Value>,
    context: Value,
    base: Value,
    /// Address of the word of requests to stop, in small loops. Elsewhere it would have to be
    /// loaded again from where a register was saved, which is no better than from the context.
    requests: Option<Value>,
    /// Register 0 of the module's main frame, if the region looks into it.
    module_base: Value,
}

/// Places of a region, at most, that look for requests to stop with the address in a register.
const MOST_POLLS: usize = 4;

/// Flags of every access: aligned, never trapping.
fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

impl<'a> Lowering<'a, '_> {
    fn region(&mut self) {
        let region = self.region;
        for block in &region.blocks {
            let lowered = self.builder.create_block();
            self.blocks.push(lowered);
            // The parameters of the entry are those of the function.
            let params = if block.kind == BlockKind::Entry { &[][..] } else { &block.params };
            for &param in params {
                let ty = region.ty(param);
                if ty.has_bits() {
                    let value = self.builder.append_block_param(lowered, machine_type(ty));
                    self.values[param.0 as usize] = Some(value);
                }
            }
        }
        let entry = self.blocks[0];
        self.builder.switch_to_block(entry);
        self.builder.append_block_params_for_function_params(entry);
        self.context = self.builder.block_params(entry)[0];
        self.base = self.builder.block_params(entry)[1];
        if self.is_small_loop() {
            self.requests = Some(self.context_word(TraceContext::REQUESTS));
        }
        if region.insts.iter().any(is_in_module) {
            self.module_base = self.context_word(TraceContext::MODULE_BASE);
        }
        match region.is_side {
            true => self.take_over(),
            false => self.arguments(),
        }
        for (index, block) in region.blocks.iter().enumerate() {
            self.block = index;
            if index > 0 {
                self.begin(self.blocks[index]);
            }
            let counts =
                block.kind != BlockKind::Entry || region.function.is_some() || region.is_side;
            if self.environment.options.profile && counts {
                self.count_entry(index);
            }
            for &reference in &block.insts {
                self.inst(reference);
            }
            match &block.end {
                End::Jump { target, args } => self.jump(*target, args),
                End::Leave(exit) => {
                    let target = self.exit_target(*exit);
                    self.builder.ins().jump(target, &[]);
                }
                End::Return(value) => self.return_value(value),
            }
        }
        self.exits();
    }

    /// Whether the region is of few loops without calls, so that registers are left over.
    fn is_small_loop(&self) -> bool {
        let insts = || self.region.blocks.iter().flat_map(|block| &block.insts);
        let insts = || insts().map(|reference| self.region.inst(*reference));
        let polls = insts().filter(|inst| inst.op == Op::Poll).count();
        self.region.function.is_none() && polls <= MOST_POLLS && !insts().any(sparing::calls)
    }

    /// The parameters of the entry are the arguments of the function.
    fn arguments(&mut self) {
        for (index, &param) in self.region.blocks[0].params.iter().enumerate() {
            let word = self.builder.block_params(self.blocks[0])[2 + index];
            let value = self.converted(word, machine_type(self.region.ty(param)));
            self.values[param.0 as usize] = Some(value);
        }
    }

    /// The parameters of the entry are what the exit before has handed over, which is
    /// overwritten by the next exit.
    fn take_over(&mut self) {
        let area = self.context_word(TraceContext::EXIT_VALUES);
        for (index, &param) in self.region.blocks[0].params.iter().enumerate() {
            if self.uses[param.0 as usize] > 0 {
                let ty = machine_type(self.region.ty(param));
                let value = self.builder.ins().load(ty, trusted(), area, index as i32 * 8);
                self.values[param.0 as usize] = Some(value);
            }
        }
    }

    /// Loads a word of the context.
    fn context_word(&mut self, offset: usize) -> Value {
        self.builder.ins().load(types::I64, trusted(), self.context, offset as i32)
    }

    fn inst(&mut self, reference: Ref) {
        let inst = self.region.inst(reference);
        if let Some(exit) = inst.exit
            && self.environment.options.forced
        {
            self.forced_failure(exit);
        }
        if self.deferred[reference.0 as usize] {
            return;
        }
        for &arg in &inst.args {
            if self.deferred[arg.0 as usize] {
                // An operation may branch before it asks for the operand.
                self.value(arg);
            }
        }
        if let Some(value) = self.operation(reference) {
            self.values[reference.0 as usize] = Some(value);
        }
    }

    /// Goes on with a block that other blocks may come to.
    fn begin(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.computed.clear();
    }

    /// Emits one operation; its result, if it has one with bits.
    fn operation(&mut self, reference: Ref) -> Option<Value> {
        let inst = self.region.inst(reference);
        let args = inst.args.as_slice();
        match inst.op {
            Op::At
            | Op::Set
            | Op::Enter
            | Op::Leave
            | Op::Own
            | Op::Saw
            | Op::Slot
            | Op::Immediate => {
                unreachable!("marks are in recorded traces only")
            }
            Op::Const | Op::Parameter => None,
            Op::Retype => self.retyped(args[0], inst.ty),

            Op::SlotTag => Some(self.slot_tag(inst.imm)),
            Op::SlotPayload => self.slot_payload(reference),
            Op::ClearSlot => self.clear_slot(inst.imm),
            Op::StoreSlot => self.store_slot(inst.imm, args[0]),
            Op::StoreSlotDynamic => self.store_slot_dynamic(inst.imm, args[0], args[1]),
            Op::StoreResult => self.store_result(args[0]),
            Op::StoreResultDynamic => self.store_result_dynamic(args[0], args[1]),

            Op::GuardType => self.guard_type(reference),
            Op::GuardTrue => self.guard_true(args[0], inst.exit),
            Op::GuardFalse => self.guard_false(args[0], inst.exit),
            Op::GuardEqual => self.guard_equal(args[0], inst.imm, inst.exit),
            Op::GuardNotEqual => self.guard_not_equal(args[0], inst.imm, inst.exit),
            Op::GuardBelow => self.guard_below(args[0], args[1], inst.exit),
            Op::GuardStatus => self.guard_equal(args[0], 0, inst.exit),
            Op::Poll => self.poll(inst.exit),

            Op::IntAdd => Some(self.int_add(args[0], args[1], inst.exit)),
            Op::IntSub => Some(self.int_sub(args[0], args[1], inst.exit)),
            Op::IntMul => Some(self.int_mul(args[0], args[1], inst.exit)),
            Op::IntNeg => Some(self.int_neg(args[0], inst.exit)),
            Op::IntAbs => Some(self.int_abs(args[0], inst.exit)),
            Op::IntAddWrap => Some(self.int_add(args[0], args[1], None)),
            Op::IntSubWrap => Some(self.int_sub(args[0], args[1], None)),
            Op::IntMulWrap => Some(self.int_mul(args[0], args[1], None)),
            Op::IntDiv => Some(self.int_div(args[0], args[1])),
            Op::IntMod => Some(self.int_mod(reference, args[0], args[1])),
            Op::IntEq => Some(self.int_eq(args[0], args[1])),
            Op::IntNe => Some(self.int_ne(args[0], args[1])),
            Op::IntLt => Some(self.int_lt(args[0], args[1])),
            Op::IntLe => Some(self.int_le(args[0], args[1])),
            Op::IntGt => Some(self.int_gt(args[0], args[1])),
            Op::IntGe => Some(self.int_ge(args[0], args[1])),
            Op::IntMin => Some(self.int_min(args[0], args[1])),
            Op::IntMax => Some(self.int_max(args[0], args[1])),
            Op::IntToFloat => Some(self.int_to_float(args[0])),
            Op::BitAnd => Some(self.bit_and(args[0], args[1])),
            Op::BitOr => Some(self.bit_or(args[0], args[1])),
            Op::BitXor => Some(self.bit_xor(args[0], args[1])),
            Op::BitNot => Some(self.bit_not(args[0])),
            Op::BitShl => Some(self.bit_shl(args[0], args[1])),
            Op::BitShr => Some(self.bit_shr(args[0], args[1])),

            Op::FloatAdd => Some(self.float_add(args[0], args[1])),
            Op::FloatSub => Some(self.float_sub(args[0], args[1])),
            Op::FloatMul => Some(self.float_mul(args[0], args[1])),
            Op::FloatDiv => Some(self.float_div(args[0], args[1])),
            Op::FloatMod => Some(self.float_mod(args[0], args[1])),
            Op::FloatNeg => Some(self.float_neg(args[0])),
            Op::FloatAbs => Some(self.float_abs(args[0])),
            Op::FloatMin => Some(self.float_min(args[0], args[1])),
            Op::FloatMax => Some(self.float_max(args[0], args[1])),
            Op::FloatPow => Some(self.float_pow(args[0], args[1])),
            Op::FloatSin => Some(self.float_sin(args[0])),
            Op::FloatCos => Some(self.float_cos(args[0])),
            Op::FloatTan => Some(self.float_tan(args[0])),
            Op::FloatExp => Some(self.float_exp(args[0])),
            Op::FloatLog => Some(self.float_log(args[0])),
            Op::FloatSqrt => Some(self.float_sqrt(args[0])),
            Op::FloatFloor => Some(self.float_floor(args[0])),
            Op::FloatCeil => Some(self.float_ceil(args[0])),
            Op::FloatRound => Some(self.float_round(args[0])),
            Op::FloatEq => Some(self.float_eq(args[0], args[1])),
            Op::FloatNe => Some(self.float_ne(args[0], args[1])),
            Op::FloatLt => Some(self.float_lt(args[0], args[1])),
            Op::FloatLe => Some(self.float_le(args[0], args[1])),
            Op::FloatGt => Some(self.float_gt(args[0], args[1])),
            Op::FloatGe => Some(self.float_ge(args[0], args[1])),
            Op::FloatToInt => Some(self.float_to_int(args[0], inst.exit)),

            Op::BoolNot => Some(self.bool_not(args[0])),
            Op::Select => Some(self.select(args[0], args[1], args[2])),
            Op::BoolEq | Op::PointerEq => Some(self.int_eq(args[0], args[1])),

            Op::HeaderShape => Some(self.header_shape(reference)),
            Op::HeaderCount => Some(self.header_count(reference)),
            Op::ArrayLen => Some(self.array_len(args[0])),
            Op::ArrayData => Some(self.array_data(args[0])),
            Op::ElementInt => Some(self.element_int(args[0], args[1])),
            Op::ElementFloat => Some(self.element_float(args[0], args[1])),
            Op::ElementBool => Some(self.element_bool(args[0], args[1])),
            Op::ElementTag => Some(self.element_tag(args[0], args[1])),
            Op::ElementPayload => self.element_payload(reference),
            Op::RecordLen => Some(self.record_len(args[0])),
            Op::FieldTag => Some(self.field_tag(args[0], inst.imm)),
            Op::FieldPayload => self.field_payload(reference),
            Op::CellTag => Some(self.cell_tag(args[0])),
            Op::CellPayload => self.cell_payload(reference),
            Op::EntryTag => Some(self.load_word(args[0], 0)),
            Op::EntryPayload => self.entry_payload(reference),
            Op::ClosureCode => Some(self.closure_code(args[0])),
            Op::ClosureCell => Some(self.closure_cell(args[0], inst.imm)),
            Op::ResultTag => Some(self.result_tag()),
            Op::ResultPayload => self.result_payload(reference),

            Op::StoreInt => self.store_int(args[0], args[1], args[2]),
            Op::StoreFloat => self.store_float(args[0], args[1], args[2]),
            Op::StoreBool => self.store_bool(args[0], args[1], args[2]),
            Op::StoreAny => self.store_any(args[0], args[1], args[2]),
            Op::StoreField => self.store_field(args[0], args[1], inst.imm),
            Op::StoreCell => self.store_cell(args[0], args[1]),
            Op::StoreEntry => self.store_entry(args[0], args[1]),
            Op::StoreLen => self.store_len(args[0], args[1]),
            Op::ArrayAdopt => self.array_adopt(args[0], inst.imm),
            Op::ArrayPush => self.array_push(args[0], args[1], inst.imm),

            Op::Retain => self.retain(args[0]),
            Op::Release => self.release(args[0]),
            Op::ReleaseFlat => self.release_flat(args[0], inst.imm),

            Op::NewRecord => Some(self.new_record(inst.imm, args)),
            Op::NewArray => Some(self.new_array(inst.imm, args)),
            Op::NewCell => Some(self.new_cell(args[0])),
            Op::NewClosure => Some(self.new_closure(inst.imm, args)),

            Op::GuardCallable => self.guard_callable(inst.imm, inst.exit),
            Op::CallFunction => Some(self.call_function(reference)),
            Op::ReturnPayload => self.return_payload(args[0]),
            Op::Call => self.call_helper(inst.imm, args),
            Op::CallSlow => Some(self.call_slow(inst.imm, args)),
            Op::CallRaising => Some(self.call_slow(inst.imm | RAISING, args)),
        }
    }

    /// The machine value of a result; zero for those without bits. Constants are made in each
    /// block that uses them: kept in a register they would be saved around calls, even cold
    /// ones, and loaded and stored in loops without any.
    fn value(&mut self, reference: Ref) -> Value {
        let inst = self.region.inst(reference);
        match self.values[reference.0 as usize] {
            Some(value) => value,
            None if !inst.ty.has_bits() => self.number(0),
            None if inst.op == Op::Const && inst.ty == Type::Float => self.computed(reference),
            None if inst.op == Op::Const => {
                self.builder.ins().iconst(machine_type(inst.ty), inst.imm as i64)
            }
            None if self.deferred[reference.0 as usize] => self.computed(reference),
            None => panic!("{reference} is used before it is defined"),
        }
    }

    /// The value of something that is computed where it is used.
    fn computed(&mut self, reference: Ref) -> Value {
        if let Some(&value) = self.computed.get(&reference) {
            return value;
        }
        let inst = self.region.inst(reference);
        let value = match inst.op {
            Op::Const => self.builder.ins().f64const(f64::from_bits(inst.imm)),
            _ => self.operation(reference).expect("numbers have bits"),
        };
        self.computed.insert(reference, value);
        value
    }

    /// The constant that an int operand is, if it is one.
    fn constant(&self, reference: Ref) -> Option<i64> {
        let inst = self.region.inst(reference);
        (inst.op == Op::Const && inst.ty == Type::Int).then_some(inst.imm as i64)
    }

    /// A 64-bit number.
    fn number(&mut self, number: i64) -> Value {
        self.builder.ins().iconst(types::I64, number)
    }

    /// The eight bytes that `reference` is in memory, in whichever register
    /// class it lives.
    fn payload(&mut self, reference: Ref) -> Value {
        let value = self.value(reference);
        if self.builder.func.dfg.value_type(value) == types::I8 {
            self.builder.ins().uextend(types::I64, value)
        } else {
            value
        }
    }

    /// The same as an integer register.
    fn word(&mut self, reference: Ref) -> Value {
        let value = self.payload(reference);
        self.converted(value, types::I64)
    }

    /// `value` in the machine type `to`, with the same bits.
    fn converted(&mut self, value: Value, to: types::Type) -> Value {
        let from = self.builder.func.dfg.value_type(value);
        match (from, to) {
            _ if from == to => value,
            (types::I8, types::I64) => self.builder.ins().uextend(types::I64, value),
            (types::I64, types::I8) => self.builder.ins().ireduce(types::I8, value),
            (types::I64, types::F64) | (types::F64, types::I64) => {
                self.builder.ins().bitcast(to, MemFlagsData::new(), value)
            }
            (from, to) => panic!("no way from {from} to {to}"),
        }
    }

    fn retyped(&mut self, payload: Ref, ty: Type) -> Option<Value> {
        if !ty.has_bits() {
            return None;
        }
        let value = self.value(payload);
        Some(self.converted(value, machine_type(ty)))
    }
}

/// Whether an instruction reads or writes a slot of the module's main frame.
fn is_in_module(inst: &Inst) -> bool {
    let slots = [Op::SlotTag, Op::SlotPayload, Op::ClearSlot, Op::StoreSlot, Op::StoreSlotDynamic];
    slots.contains(&inst.op) && matches!(Slot::decode(inst.imm), Slot::Module(_))
}

/// How many instructions, jumps and exits use each result.
fn uses(region: &Region, plans: &[ExitPlan]) -> Vec<u32> {
    let mut uses = vec![0; region.insts.len()];
    let mut count = |reference: &Ref| uses[reference.0 as usize] += 1;
    for plan in plans {
        plan.values.iter().for_each(&mut count);
        plan.observed.iter().for_each(|(word, _)| count(word));
    }
    for block in &region.blocks {
        block.insts.iter().for_each(|inst| region.inst(*inst).args.iter().for_each(&mut count));
        block.end.operands().for_each(|operand| count(&operand));
    }
    uses
}

/// The machine type of values of this type.
fn machine_type(ty: Type) -> types::Type {
    match ty {
        Type::Float => types::F64,
        Type::Bool => types::I8,
        _ => types::I64,
    }
}

/// Payload words that may be loaded into float registers: every user wants a
/// float or just stores the word.
fn float_words(region: &Region) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Use {
        None,
        Float,
        Other,
    }
    let mut uses = vec![Use::None; region.insts.len()];
    for block in &region.blocks {
        for &reference in &block.insts {
            let inst = region.inst(reference);
            for (position, &arg) in inst.args.iter().enumerate() {
                let wanted = match inst.op {
                    Op::GuardType if position == 1 && inst.ty == Type::Float => Use::Float,
                    Op::Retype if inst.ty == Type::Float => Use::Float,
                    Op::StoreSlotDynamic | Op::StoreResultDynamic if position == 1 => continue,
                    _ => Use::Other,
                };
                let known = &mut uses[arg.0 as usize];
                if *known != Use::Other {
                    *known = wanted;
                }
            }
        }
        let passed: &[Ref] = match &block.end {
            End::Jump { args, .. } => args,
            End::Return(SlotValue::Dynamic { tag, payload }) => &[*tag, *payload],
            _ => &[],
        };
        passed.iter().for_each(|arg| uses[arg.0 as usize] = Use::Other);
    }
    for exit in &region.exits {
        exit.observed.iter().for_each(|word| uses[word.0 as usize] = Use::Other);
        for (_, value) in &exit.snapshot.slots {
            if let SlotValue::Dynamic { tag, .. } = value {
                uses[tag.0 as usize] = Use::Other;
            }
        }
    }
    let is_payload = |op| {
        matches!(
            op,
            Op::SlotPayload
                | Op::ElementPayload
                | Op::FieldPayload
                | Op::CellPayload
                | Op::EntryPayload
                | Op::ResultPayload
        )
    };
    let eligible = region.insts.iter().map(|inst| inst.ty == Type::Word && is_payload(inst.op));
    eligible.zip(uses).map(|(eligible, wanted)| eligible && wanted == Use::Float).collect()
}

/// Remainders that only comparisons for (in)equality with zero use, and exits, where
/// they are computed again: nothing but whether they are zero matters.
fn remainders_compared_with_zero(region: &Region) -> Vec<bool> {
    let by_constant = |inst: &Inst| {
        inst.op == Op::IntMod && {
            let divisor = region.inst(inst.args[1]);
            divisor.op == Op::Const && divisor.imm != 0
        }
    };
    let mut only: Vec<bool> = region.insts.iter().map(by_constant).collect();
    let is_zero = |reference: Ref| {
        let inst = region.inst(reference);
        inst.op == Op::Const && inst.imm == 0
    };
    let mut refuse = |reference: Ref| only[reference.0 as usize] = false;
    for block in &region.blocks {
        for &reference in &block.insts {
            let inst = region.inst(reference);
            match inst.op {
                Op::IntEq | Op::IntNe if is_zero(inst.args[1]) => {}
                Op::IntEq | Op::IntNe if is_zero(inst.args[0]) => {}
                Op::GuardEqual | Op::GuardNotEqual if inst.imm == 0 => {}
                _ => inst.args.iter().for_each(|arg| refuse(*arg)),
            }
        }
        match &block.end {
            End::Jump { args, .. } => args.iter().for_each(|arg| refuse(*arg)),
            End::Return(SlotValue::Typed(value)) => refuse(*value),
            _ => {}
        }
    }
    only
}

/// The block that a jump of the region leads to.
fn block_index(block: BlockId) -> usize {
    block.0 as usize
}
