//! Keeping computations out of the loops inside their own.
//!
//! Cranelift places a computation without effects where its value is first used, and
//! moves it out of loops that do not change its operands. While it goes through the
//! blocks it forgets which loops it is in as soon as it has seen a block outside of
//! them, such as an exit, so in a bridge it moves nothing. What an outer loop
//! computes for an inner one would be computed in each round there. A store of the
//! value where it belongs makes that the place of its first use.
//!
//! What must hold: only values used in a deeper loop than their own are stored, so no
//! store is made as often as what it saves.
//!
//! Example: of `cy := 2.4 * row / height` before the steps of a point, the quotient is
//! stored once for all steps.

use super::{Lowering, trusted};
use crate::jit::context::TraceContext;
use crate::jit::ir::{End, Flow, Op, Ref, Region, Type};
use cranelift_codegen::ir::{AliasRegionData, InstBuilder, Value};

/// Whether each instruction's value is to be computed where the region has it.
pub(super) fn computed_before_loops(region: &Region) -> Vec<bool> {
    let mut kept = vec![false; region.insts.len()];
    let flow = Flow::of(region).expect("the optimiser emits valid regions");
    let loops = flow.loops();
    let mut home = vec![usize::MAX; region.insts.len()];
    for (number, block) in region.blocks.iter().enumerate() {
        for &reference in &block.insts {
            if is_movable(region, reference) {
                home[reference.0 as usize] = number;
            }
        }
    }
    for (number, block) in region.blocks.iter().enumerate() {
        let mut used = |reference: &Ref| {
            let own = home[reference.0 as usize];
            let deeper = || loops.iter().any(|inside| inside[number] && !inside[own]);
            if own < number && !kept[reference.0 as usize] && deeper() {
                kept[reference.0 as usize] = true;
            }
        };
        block.insts.iter().for_each(|inst| region.inst(*inst).args.iter().for_each(&mut used));
        if let End::Jump { args, .. } = &block.end {
            args.iter().for_each(&mut used);
        }
    }
    kept
}

/// Whether Cranelift may compute an instruction elsewhere: numbers from numbers.
fn is_movable(region: &Region, reference: Ref) -> bool {
    let inst = region.inst(reference);
    let info = inst.op.info();
    matches!(inst.ty, Type::Int | Type::Float)
        && inst.exit.is_none()
        && info.reads.is_empty()
        && info.writes.is_empty()
        && !matches!(inst.op, Op::Call | Op::CallSlow | Op::Retype)
}

impl Lowering<'_, '_> {
    /// Has a value computed here. Nothing reads the store, and it says so.
    pub(super) fn compute_here(&mut self, value: Value) {
        let unread = AliasRegionData { user_id: 0, description: "values computed early".into() };
        let region = self.builder.func.dfg.alias_regions.insert(unread);
        let flags = trusted().with_alias_region(Some(region));
        self.builder.ins().store(flags, value, self.context, TraceContext::COMPUTED as i32);
    }
}
