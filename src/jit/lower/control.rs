//! Guards, jumps, exits and what may be added to them.
//!
//! A failing guard branches straight to its bridge's block if its exit has one,
//! else to the exit's cold block. The failing side is always named first.
//!
//! Example: `guard_below v4, v9 !3` is an unsigned comparison and a branch to the
//! block of exit 3 if `v4` is not below `v9`.

use super::{Lowering, block_index, machine_type, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::{BlockId, ExitId, Ref};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, InstructionData, Opcode, Value, types};

impl Lowering<'_, '_> {
    /// Goes on if `condition`, which nobody else uses, is nonzero, else takes `exit`.
    /// Without an exit the condition is known to hold.
    pub(super) fn guard(&mut self, condition: Value, exit: Option<ExitId>) {
        if exit.is_some() {
            let fails = self.inverse(condition);
            self.guard_not(fails, exit);
        }
    }

    /// Goes on only if a comparison holds, else goes to another block.
    pub(super) fn unless(&mut self, cond: IntCC, left: Value, right: Value, other: Block) {
        let next = self.builder.create_block();
        let fails = self.builder.ins().icmp(cond.complement(), left, right);
        self.builder.ins().brif(fails, other, &[], next, &[]);
        self.builder.switch_to_block(next);
    }

    /// A condition that holds where this one does not, which nobody else uses: a
    /// comparison is turned round in place.
    ///
    /// All guards name the failing side first. Cranelift visits a first successor
    /// before the second and orders blocks in reverse postorder, so exits and
    /// bridges come behind what they leave. Its register allocator takes from that
    /// order how deep a block is in loops: with the bridges of an inner loop before
    /// the body, the body's values were the ones that were spilled.
    fn inverse(&mut self, condition: Value) -> Value {
        let dfg = &mut self.builder.func.dfg;
        let data = dfg.value_def(condition).inst().map(|inst| &mut dfg.insts[inst]);
        match data {
            Some(InstructionData::IntCompare { cond, .. }) => *cond = cond.complement(),
            Some(InstructionData::FloatCompare { cond, .. }) => *cond = cond.complement(),
            _ => return self.builder.ins().icmp_imm_s(IntCC::Equal, condition, 0),
        }
        condition
    }

    /// The same for a condition that may have other users.
    fn inverse_beside(&mut self, condition: Value) -> Value {
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
        let only = self.uses[condition.0 as usize] == 1;
        let condition = self.value(condition);
        if exit.is_some() {
            let fails = if only { self.inverse(condition) } else { self.inverse_beside(condition) };
            self.guard_not(fails, exit);
        }
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
        if self.environment.options.steps {
            let address = self.context_word(TraceContext::STEPS);
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
        let requests = self.requests.unwrap_or_else(|| self.context_word(TraceContext::REQUESTS));
        let requests = self.builder.ins().load(types::I32, trusted(), requests, 0);
        let none = self.builder.ins().icmp_imm_s(IntCC::Equal, requests, 0);
        self.guard(none, exit);
    }

    fn compare(&mut self, word: Ref, imm: u64) -> Value {
        if let (Some(&narrow), Ok(imm)) = (self.narrow.get(&word), u32::try_from(imm)) {
            return self.builder.ins().icmp_imm_s(IntCC::Equal, narrow, imm as i32 as i64);
        }
        let value = self.value(word);
        if imm == 0 {
            return self.compared_with_zero(IntCC::Equal, value);
        }
        self.builder.ins().icmp_imm_s(IntCC::Equal, value, imm as i64)
    }

    /// Whether a value is (not) zero; if it says whether a comparison holds, by
    /// comparing once more.
    pub(super) fn compared_with_zero(&mut self, cond: IntCC, value: Value) -> Value {
        let dfg = &self.builder.func.dfg;
        let data = |value| dfg.value_def(value).inst().map(|inst| dfg.insts[inst]);
        if let Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) = data(value)
            && let Some(InstructionData::IntCompare { cond: holds, args: [a, b], .. }) = data(arg)
        {
            let holds = if cond == IntCC::Equal { holds.complement() } else { holds };
            return self.builder.ins().icmp(holds, a, b);
        }
        self.builder.ins().icmp_imm_s(cond, value, 0)
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
            if ty.has_bits() {
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

    /// Adds one to the counter of a block.
    pub(super) fn count_entry(&mut self, block: usize) {
        let counter = &self.environment.attachments.counters[block];
        let address = self.number(counter.as_ptr() as i64);
        let count = self.builder.ins().load(types::I64, trusted(), address, 0);
        let count = self.builder.ins().iadd_imm_s(count, 1);
        self.builder.ins().store(trusted(), count, address, 0);
    }
}
