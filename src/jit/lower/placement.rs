//! Which values are computed where they are used instead of where the region has them.
//!
//! Cranelift is asked for no optimisation, which would take a third of compile time: what
//! it generates comes where lowering puts it. A region computes some values
//! early that only exits hand over: those are computed in the cold blocks of these
//! exits. And `x + 1` is often needed long after `x` while exits need `x` as well: a sum
//! or difference with a constant is computed again in every block that uses it, rather
//! than kept in a register.
//!
//! What must hold: what is computed elsewhere reads no memory, has no effect and cannot
//! exit, and is not computed in a deeper loop than its own; an operand of an operation is
//! computed before the operation branches.
//!
//! Example: of `i := i + 1` at the end of a round, the sum is computed in the block that
//! jumps back, and in those exits that hand the next `i` over.

use crate::jit::ir::{Op, Ref, Region, Type};

/// Whether each instruction is computed where it is used; `loops` are those of the region.
pub(super) fn deferred(region: &Region, loops: Vec<Vec<bool>>) -> Vec<bool> {
    let mut home = vec![0; region.insts.len()];
    for (number, block) in region.blocks.iter().enumerate() {
        block.insts.iter().for_each(|reference| home[reference.0 as usize] = number);
    }
    let mut uses = Uses { home, loops, used: vec![Used::No; region.insts.len()] };
    for (number, block) in region.blocks.iter().enumerate() {
        block.end.operands().for_each(|operand| uses.note(operand, number));
    }
    let is_constant = |reference: &Ref| region.inst(*reference).op == Op::Const;
    let mut deferred = vec![false; region.insts.len()];
    // Users come behind what they use, but for arguments of jumps.
    for (number, block) in region.blocks.iter().enumerate().rev() {
        for &reference in block.insts.iter().rev() {
            let (inst, own) = (region.inst(reference), reference.0 as usize);
            let adds = matches!(inst.op, Op::IntAdd | Op::IntSub | Op::IntAddWrap | Op::IntSubWrap);
            let is_offset = adds && inst.args.iter().any(is_constant);
            let movable = match uses.used[own] {
                Used::No => true,
                Used::Here => is_offset,
                Used::InDeeperLoop => false,
            };
            deferred[own] = movable && is_number(region, reference);
            // What only exits use is no use either.
            if !deferred[own] || uses.used[own] != Used::No {
                inst.args.iter().for_each(|arg| uses.note(*arg, number));
            }
        }
    }
    deferred
}

#[derive(Clone, Copy, PartialEq)]
enum Used {
    No,
    Here,
    InDeeperLoop,
}

/// Where instructions are used by others that are not computed for exits only.
struct Uses {
    /// The block that each is in.
    home: Vec<usize>,
    /// For each loop the blocks inside it.
    loops: Vec<Vec<bool>>,
    used: Vec<Used>,
}

impl Uses {
    fn note(&mut self, reference: Ref, block: usize) {
        let home = self.home[reference.0 as usize];
        let deeper = || self.loops.iter().any(|inside| inside[block] && !inside[home]);
        let used = &mut self.used[reference.0 as usize];
        if *used != Used::InDeeperLoop {
            *used = if home != block && deeper() { Used::InDeeperLoop } else { Used::Here };
        }
    }
}

/// Whether an instruction makes a number from numbers and nothing else.
fn is_number(region: &Region, reference: Ref) -> bool {
    let inst = region.inst(reference);
    let info = inst.op.info();
    let other = [Op::Const, Op::Parameter, Op::Call, Op::CallSlow, Op::ReturnPayload];
    matches!(inst.ty, Type::Int | Type::Float)
        && inst.exit.is_none()
        && info.reads.is_empty()
        && info.writes.is_empty()
        && !other.contains(&inst.op)
}
