//! Guards, jumps, exits and what may be added to them.
//!
//! A failing guard branches straight to its bridge's block if its exit has one,
//! else to the exit's cold block. Exits with equal values to hand over share
//! one block that stores them; their own blocks then only name the exit.
//!
//! Example: exits 3 and 5 both hand over `v7, v9`:
//!
//! ```text
//! exit3: (store observed) jump shared(3)     exit5: jump shared(5)
//! shared(n): store v7; store v9; return n
//! ```

use super::{Lowering, block_index, has_bits, machine_type, trusted};
use crate::jit::context::{LEFT, TraceContext, exit_word};
use crate::jit::exits::exit_number;
use crate::jit::ir::{BlockId, ExitId, Ref};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, InstructionData, Value, types};
use rustc_hash::FxHashMap;

impl Lowering<'_, '_> {
    /// Goes on if `condition` is nonzero, else takes `exit`. Without an exit
    /// the condition is known to hold.
    pub(super) fn guard(&mut self, condition: Value, exit: Option<ExitId>) {
        if let Some(exit) = exit {
            let fail = self.exit_target(exit);
            let next = self.builder.create_block();
            let fails = self.inverse(condition);
            self.builder.ins().brif(fails, fail, &[], next, &[]);
            self.builder.switch_to_block(next);
        }
    }

    /// Goes on only if a comparison holds, else goes to another block.
    pub(super) fn unless(&mut self, cond: IntCC, left: Value, right: Value, other: Block) {
        let next = self.builder.create_block();
        let fails = self.builder.ins().icmp(cond.complement(), left, right);
        self.builder.ins().brif(fails, other, &[], next, &[]);
        self.builder.switch_to_block(next);
    }

    /// A condition that holds where this one does not.
    ///
    /// All guards name the failing side first. Cranelift visits a first successor
    /// before the second and orders blocks in reverse postorder, so exits and
    /// bridges come behind what they leave. Its register allocator takes from that
    /// order how deep a block is in loops: with the bridges of an inner loop before
    /// the body, the body's values were the ones that were spilled.
    fn inverse(&mut self, condition: Value) -> Value {
        let data = self.builder.func.dfg.value_def(condition).inst();
        match data.map(|inst| self.builder.func.dfg.insts[inst]) {
            Some(InstructionData::IntCompare { cond, args: [a, b], .. }) => {
                self.builder.ins().icmp(cond.complement(), a, b)
            }
            Some(InstructionData::FloatCompare { cond, args: [a, b], .. }) => {
                self.builder.ins().fcmp(cond.complement(), a, b)
            }
            _ => self.builder.ins().icmp_imm_s(IntCC::Equal, condition, 0),
        }
    }

    /// Goes on if `condition` is zero, else takes `exit`.
    pub(super) fn guard_not(&mut self, condition: Value, exit: Option<ExitId>) {
        if let Some(exit) = exit {
            let fail = self.exit_target(exit);
            let next = self.builder.create_block();
            self.builder.ins().brif(condition, fail, &[], next, &[]);
            self.builder.switch_to_block(next);
        }
    }

    pub(super) fn guard_type(&mut self, reference: Ref) -> Option<Value> {
        let inst = self.region.inst(reference);
        let tag = self.value(inst.args[0]);
        let wanted = inst.ty.tag().expect("a type of the language") as i64;
        let same = self.builder.ins().icmp_imm_s(IntCC::Equal, tag, wanted);
        self.guard(same, inst.exit);
        self.retyped(inst.args[1], inst.ty)
    }

    pub(super) fn guard_true(&mut self, condition: Ref, exit: Option<ExitId>) -> Option<Value> {
        let condition = self.value(condition);
        self.guard(condition, exit);
        None
    }

    pub(super) fn guard_false(&mut self, condition: Ref, exit: Option<ExitId>) -> Option<Value> {
        let condition = self.value(condition);
        self.guard_not(condition, exit);
        None
    }

    pub(super) fn guard_equal(
        &mut self,
        word: Ref,
        imm: u64,
        exit: Option<ExitId>,
    ) -> Option<Value> {
        let same = self.compare(word, imm);
        self.guard(same, exit);
        None
    }

    pub(super) fn guard_not_equal(
        &mut self,
        word: Ref,
        imm: u64,
        exit: Option<ExitId>,
    ) -> Option<Value> {
        let same = self.compare(word, imm);
        self.guard_not(same, exit);
        None
    }

    /// Leaves if the program has to stop; counts a step before, if asked for.
    pub(super) fn poll(&mut self, exit: Option<ExitId>) -> Option<Value> {
        // Where the words are never changes, so that load may leave the loop.
        let fixed = trusted().with_readonly().with_can_move();
        if self.environment.options.steps {
            let offset = TraceContext::STEPS as i32;
            let address = self.builder.ins().load(types::I64, fixed, self.context, offset);
            let left = self.builder.ins().atomic_load(types::I64, trusted(), address);
            let left = self.builder.ins().iadd_imm_s(left, -1);
            self.builder.ins().store(trusted(), left, address, 0);
            let some = self.builder.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, left, 0);
            self.guard(some, exit);
        }
        self.guard_not_requested(exit);
        None
    }

    /// Goes on unless somebody asks the program to stop.
    ///
    /// A plain load, which is compared in memory: no such guard comes behind
    /// another without a call or a round of a loop between, so none is dropped as
    /// one that was made before.
    pub(super) fn guard_not_requested(&mut self, exit: Option<ExitId>) {
        let requests = self.builder.ins().load(types::I32, trusted(), self.requests, 0);
        let none = self.builder.ins().icmp_imm_s(IntCC::Equal, requests, 0);
        self.guard(none, exit);
    }

    fn compare(&mut self, word: Ref, imm: u64) -> Value {
        if let (Some(&narrow), Ok(imm)) = (self.narrow.get(&word), u32::try_from(imm)) {
            return self.builder.ins().icmp_imm_s(IntCC::Equal, narrow, imm as i32 as i64);
        }
        let value = self.value(word);
        self.builder.ins().icmp_imm_s(IntCC::Equal, value, imm as i64)
    }

    pub(super) fn guard_below(
        &mut self,
        index: Ref,
        limit: Ref,
        exit: Option<ExitId>,
    ) -> Option<Value> {
        let (index, limit) = (self.value(index), self.value(limit));
        let below = self.builder.ins().icmp(IntCC::UnsignedLessThan, index, limit);
        self.guard(below, exit);
        None
    }

    pub(super) fn jump(&mut self, target: BlockId, args: &[Ref]) {
        let params = &self.region.blocks[block_index(target)].params;
        let mut values = Vec::with_capacity(args.len());
        for (&arg, &param) in args.iter().zip(params) {
            let ty = self.region.ty(param);
            if has_bits(ty) {
                let value = self.value(arg);
                values.push(BlockArg::Value(self.converted(value, machine_type(ty))));
            }
        }
        let block = self.blocks[block_index(target)];
        self.builder.ins().jump(block, &values);
    }

    /// The block that a guard of this exit branches to.
    pub(super) fn exit_target(&mut self, exit: ExitId) -> Block {
        let index = exit.0 as usize;
        if let Some(bridge) = self.environment.plans[index].bridge {
            return self.blocks[block_index(bridge)];
        }
        if let Some(block) = self.exit_blocks[index] {
            return block;
        }
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        self.exit_blocks[index] = Some(block);
        self.used_exits.push(exit);
        block
    }

    /// Emits the blocks of all exits that something branches to.
    pub(super) fn exits(&mut self) {
        let plans = self.environment.plans;
        let used = std::mem::take(&mut self.used_exits);
        let mut groups: FxHashMap<&[Ref], (u32, Option<Block>)> = FxHashMap::default();
        for exit in &used {
            groups.entry(&plans[exit.0 as usize].values).or_default().0 += 1;
        }
        for exit in used {
            let plan = &plans[exit.0 as usize];
            let block = self.exit_blocks[exit.0 as usize].expect("made when first used");
            self.builder.switch_to_block(block);
            if let Some((word, _)) = plan.observed {
                let word = self.left_with(word).unwrap_or_else(|| self.payload(word));
                let offset = TraceContext::OBSERVED as i32;
                self.builder.ins().store(trusted(), word, self.context, offset);
            }
            let number = self.number(exit_number(exit) as i64);
            let group = groups.get_mut(plan.values.as_slice()).expect("entered above");
            if group.0 == 1 || plan.values.is_empty() {
                self.leave(&plan.values, number);
                continue;
            }
            let shared = *group.1.get_or_insert_with(|| {
                let shared = self.builder.create_block();
                self.builder.set_cold_block(shared);
                self.builder.append_block_param(shared, types::I64);
                shared
            });
            self.builder.ins().jump(shared, &[BlockArg::Value(number)]);
        }
        let mut shared: Vec<_> =
            groups.into_iter().filter_map(|(values, (_, block))| Some((block?, values))).collect();
        shared.sort_by_key(|(block, _)| *block);
        for (block, values) in shared {
            self.builder.switch_to_block(block);
            let number = self.builder.block_params(block)[0];
            self.leave(values, number);
        }
    }

    /// Hands over these values and leaves through the exit with this number; a
    /// function makes a record of that.
    fn leave(&mut self, values: &[Ref], number: Value) {
        let function = self.region.function.is_some();
        if values.is_empty() && !function {
            self.builder.ins().return_(&[number]);
            return;
        }
        let offset = TraceContext::EXIT_VALUES as i32;
        let area = self.builder.ins().load(types::I64, trusted(), self.context, offset);
        for (index, &reference) in values.iter().enumerate() {
            // Bools are stored as the byte they are: the plan reads a byte.
            let value = self.left_with(reference).unwrap_or_else(|| self.value(reference));
            self.builder.ins().store(trusted(), value, area, index as i32 * 8);
        }
        if !function {
            self.builder.ins().return_(&[number]);
            return;
        }
        let behind = values.len() as i32 * 8;
        self.builder.ins().store(trusted(), self.base, area, behind);
        let region = self.number(exit_word(self.environment.number, 0) as i64);
        let word = self.builder.ins().bor(region, number);
        self.builder.ins().store(trusted(), word, area, behind + 8);
        let next = self.builder.ins().iadd_imm_s(area, behind as i64 + 16);
        self.builder.ins().store(trusted(), next, self.context, offset);
        let left = self.number(LEFT as i64);
        self.builder.ins().return_(&[left, left]);
    }

    /// What an exit hands over for a result, if it is not the value that it has.
    fn left_with(&mut self, reference: Ref) -> Option<Value> {
        let tested = self.zero_tests[reference.0 as usize];
        tested.then(|| self.whole_remainder(reference))
    }

    /// Takes `exit` if a test asks for it, and it may.
    pub(super) fn forced_failure(&mut self, exit: ExitId) {
        let plan = &self.environment.plans[exit.0 as usize];
        if !plan.may_be_forced() {
            return;
        }
        let cell = &self.environment.attachments.forced[exit.0 as usize];
        let address = self.number(cell.as_ptr() as i64);
        let forced = self.builder.ins().load(types::I8, trusted(), address, 0);
        // A block of its own leaves, because the word observed does not exist yet.
        let (leave, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(leave);
        self.builder.ins().brif(forced, leave, &[], next, &[]);
        self.builder.switch_to_block(leave);
        let number = self.number(exit_number(exit) as i64);
        self.leave(&plan.values, number);
        self.builder.switch_to_block(next);
    }

    /// Adds one to the counter of a block.
    pub(super) fn count_entry(&mut self, block: usize) {
        let counter = &self.environment.attachments.counters[block];
        let address = self.number(counter.as_ptr() as i64);
        let count = self.builder.ins().load(types::I64, trusted(), address, 0);
        let count = self.builder.ins().iadd_imm_s(count, 1);
        self.builder.ins().store(trusted(), count, address, 0);
    }
}
