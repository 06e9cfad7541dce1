//! Builds small regions and runs them twice: by the evaluator and as machine code.
//!
//! Example: `Builder::new()`, a few `op` calls and `leave(&[v])` make a region
//! of one block whose only exit writes `v` to register 0.

use ruff::base::interrupt::Interrupt;
use ruff::bytecode::CodeId;
use ruff::jit::code::{CodeArena, CompileOptions, CompiledRegion, RegionCompiler, restore};
use ruff::jit::context::{Returned, TraceContext};
use ruff::jit::evaluate::{Ended, Surroundings, evaluate};
use ruff::jit::exits::{ExitPlan, most_values};
use ruff::jit::ir::{
    Block, BlockId, BlockKind, End, Exit, ExitId, ExitKind, FrameState, Inst, Op, Ref, Region,
    Slot, SlotValue, Snapshot, TraceId, Type,
};
use ruff::jit::lower::LoweringOptions;
use ruff::value::{Raw, Tag};
use std::ffi::c_void;
use std::sync::Arc;

/// A region without others to call, of which one exit may be forced.
struct Alone {
    forced: usize,
}

impl Surroundings for Alone {
    fn call(&mut self, _: &mut TraceContext, _: u32, _: *mut Raw, _: &[u64]) -> Returned {
        unreachable!("these regions call no functions")
    }

    fn forces(&mut self, exit: ExitId) -> bool {
        exit.0 as usize == self.forced
    }
}

/// A region under construction.
pub struct Builder {
    pub region: Region,
    block: usize,
}

impl Builder {
    pub fn new() -> Builder {
        let mut builder = Builder { region: Region::default(), block: 0 };
        builder.block(BlockKind::Entry, &[]);
        builder
    }

    /// Begins a block; its parameters have these types.
    pub fn block(&mut self, kind: BlockKind, params: &[Type]) -> (BlockId, Vec<Ref>) {
        let params: Vec<Ref> =
            params.iter().map(|ty| self.add(Inst::new(Op::Parameter, *ty, &[]))).collect();
        let end = End::Leave(ExitId(u32::MAX));
        self.region.blocks.push(Block { kind, params: params.clone(), insts: vec![], end });
        self.block = self.region.blocks.len() - 1;
        (BlockId(self.block as u32), params)
    }

    fn add(&mut self, inst: Inst) -> Ref {
        self.region.insts.push(inst);
        Ref(self.region.insts.len() as u32 - 1)
    }

    pub fn constant(&mut self, ty: Type, bits: u64) -> Ref {
        self.add(Inst::constant(ty, bits))
    }

    pub fn int(&mut self, value: i64) -> Ref {
        self.constant(Type::Int, value as u64)
    }

    pub fn op(&mut self, op: Op, ty: Type, args: &[Ref]) -> Ref {
        self.op_imm(op, ty, args, 0)
    }

    pub fn op_imm(&mut self, op: Op, ty: Type, args: &[Ref], imm: u64) -> Ref {
        let reference = self.add(Inst::new(op, ty, args).with_imm(imm));
        self.region.blocks[self.block].insts.push(reference);
        reference
    }

    /// An operation that takes a new exit restoring `slots` if it fails.
    pub fn guarded(
        &mut self,
        op: Op,
        ty: Type,
        args: &[Ref],
        imm: u64,
        slots: &[(i32, Ref)],
    ) -> Ref {
        let exit = self.exit(ExitKind::Resume, slots);
        let reference = self.op_imm(op, ty, args, imm);
        self.region.insts[reference.0 as usize].exit = Some(exit);
        self.region.exits[exit.0 as usize].guard = reference;
        reference
    }

    pub fn exit(&mut self, kind: ExitKind, slots: &[(i32, Ref)]) -> ExitId {
        let slots =
            slots.iter().map(|(slot, value)| (Slot::Frame(*slot), SlotValue::Typed(*value)));
        self.region.exits.push(Exit {
            resident: Vec::new(),
            trace: TraceId(0),
            guard: Ref(0),
            peeled: false,
            kind,
            snapshot: Snapshot {
                frames: vec![FrameState { code: CodeId(0), pc: 7, base: 0 }],
                slots: slots.collect(),
                retains: vec![],
            },
            observed: None,
            bridge: None,
        });
        ExitId(self.region.exits.len() as u32 - 1)
    }

    /// The payload of register `slot` in memory.
    pub fn load(&mut self, slot: i32, ty: Type) -> Ref {
        self.op_imm(Op::SlotPayload, ty, &[], Slot::Frame(slot).encode())
    }

    pub fn end(&mut self, end: End) {
        self.region.blocks[self.block].end = end;
    }

    pub fn jump(&mut self, target: BlockId, args: &[Ref]) {
        self.end(End::Jump { target, args: args.to_vec() });
    }

    /// Ends the block by leaving with `values` in registers 0 and up.
    pub fn leave(&mut self, values: &[Ref]) -> ExitId {
        let slots: Vec<(i32, Ref)> =
            values.iter().enumerate().map(|(i, v)| (i as i32, *v)).collect();
        let exit = self.exit(ExitKind::End, &slots);
        self.end(End::Leave(exit));
        exit
    }
}

unsafe extern "C" fn slow_call(context: *mut TraceContext, imm: u64, count: u64) -> u64 {
    // Adds the payloads of its operands and the immediate; fails if that is 13.
    let context = unsafe { &mut *context };
    let sum = context.arguments[..count as usize].iter().map(|raw| raw.bits).sum::<u64>() + imm;
    context.result = Raw::int(sum as i64);
    (sum == 13) as u64
}

unsafe extern "C" fn new_closure(_: *mut TraceContext, code: u64, count: u64) -> u64 {
    code * 100 + count
}

/// Compiles and runs regions.
pub struct Machine {
    compiler: RegionCompiler,
    pub context: Box<TraceContext>,
    pub arena: CodeArena,
}

/// What a run left.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub exit: ExitId,
    /// Tag and bits of the registers.
    pub registers: Vec<(Tag, u64)>,
}

pub const REGISTERS: usize = 40;

impl Machine {
    pub fn new() -> Machine {
        let arena = CodeArena::new(1 << 24);
        let interrupt = Arc::new(Interrupt::new(1));
        let owner = std::ptr::null_mut::<c_void>();
        let mut context = TraceContext::new(slow_call, new_closure, owner, interrupt);
        context.make_texts();
        Machine {
            compiler: RegionCompiler::new(arena.clone()).expect("this machine is supported"),
            context,
            arena,
        }
    }

    pub fn compile(&mut self, region: &Region) -> CompiledRegion {
        self.compile_with(region, CompileOptions::default())
    }

    pub fn compile_with(&mut self, region: &Region, options: CompileOptions) -> CompiledRegion {
        self.compiler.compile(region, options).expect("it compiles")
    }

    pub fn forced(&mut self, region: &Region) -> CompiledRegion {
        let lowering = LoweringOptions { forced: true, ..LoweringOptions::default() };
        self.compile_with(region, CompileOptions { lowering, ..CompileOptions::default() })
    }

    /// Registers for a run; the first lies one above the memory's start, so -1 exists.
    fn stack(input: &[Raw]) -> Vec<Raw> {
        let mut stack = vec![Raw::NULL; REGISTERS + 1];
        stack[1..=input.len()].copy_from_slice(input);
        stack
    }

    pub fn native(&mut self, compiled: &CompiledRegion, input: &[Raw]) -> Left {
        self.context.reserve(compiled.exit_values);
        let mut stack = Machine::stack(input);
        let base = unsafe { stack.as_mut_ptr().add(1) };
        self.context.module_base = base;
        let (_, exit) = unsafe { compiled.enter(&mut self.context, base) };
        let (plan, context) = (&compiled.exits[exit.0 as usize], &self.context);
        unsafe { restore(plan, context, context.exit_values(), base) };
        Machine::left(exit, &stack)
    }

    pub fn evaluated(&mut self, region: &Region, input: &[Raw]) -> Left {
        let plans = ExitPlan::of_region(region);
        self.evaluated_forcing(region, &plans, input, usize::MAX)
    }

    /// The evaluator's outcome when it lets the first guard of exit `forced` fail.
    pub fn evaluated_forcing(
        &mut self,
        region: &Region,
        plans: &[ExitPlan],
        input: &[Raw],
        forced: usize,
    ) -> Left {
        let mut stack = Machine::stack(input);
        let base = unsafe { stack.as_mut_ptr().add(1) };
        self.context.module_base = base;
        self.context.reserve(most_values(plans));
        let context = &mut self.context;
        let ended = unsafe { evaluate(region, plans, context, base, &[], &mut Alone { forced }) };
        let Ended::Left(exit) = ended else { panic!("no function") };
        let (plan, context) = (&plans[exit.0 as usize], &self.context);
        unsafe { restore(plan, context, context.exit_values(), base) };
        Machine::left(exit, &stack)
    }

    fn left(exit: ExitId, stack: &[Raw]) -> Left {
        Left { exit, registers: stack[1..].iter().map(|raw| (raw.tag, raw.bits)).collect() }
    }

    /// Runs both ways and answers the common outcome.
    pub fn both(&mut self, region: &Region, input: &[Raw]) -> Left {
        let compiled = self.compile(region);
        let (native, evaluated) = (self.native(&compiled, input), self.evaluated(region, input));
        assert_eq!(native, evaluated, "machine code and evaluator agree");
        native
    }
}
