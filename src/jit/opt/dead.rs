//! Removes what nobody uses, parameters included, and numbers the rest anew.
//!
//! Guards, effects and what exits restore are always needed. A parameter is
//! needed if something other than its own way around a loop uses it. Blocks
//! that nothing leads to are dropped.
//!
//! Example: a variable that a loop only counts up, read by no exit and no
//! instruction, loses its parameter and its addition.

use super::super::ir::{BlockId, End, Exit, ExitId, Inst, Op, Ref, Region, Snapshot};
use super::heap;

/// Whether an operation must stay though nobody uses its result.
fn is_needed(inst: &Inst) -> bool {
    let allocates = matches!(
        inst.op,
        Op::NewRecord | Op::NewArray | Op::NewCell | Op::NewClosure | Op::CallSlow
    ) || inst.op == Op::Call && inst.ty.is_pointer();
    inst.op.info().guards || allocates || !heap::writes(inst).is_empty()
}

struct Marker<'a> {
    region: &'a Region,
    needed: Vec<bool>,
    work: Vec<Ref>,
    /// For each parameter: the operands that its block's jumps pass for it.
    sources: Vec<Vec<Ref>>,
}

impl Marker<'_> {
    fn mark(&mut self, reference: Ref) {
        if !std::mem::replace(&mut self.needed[reference.0 as usize], true) {
            self.work.push(reference);
        }
    }

    fn exit(&mut self, exit: ExitId) {
        let region = self.region;
        let exit = &region.exits[exit.0 as usize];
        exit.snapshot.operands().for_each(|r| self.mark(r));
        exit.observed.into_iter().for_each(|r| self.mark(r));
    }

    fn drain(&mut self) {
        let region = self.region;
        while let Some(reference) = self.work.pop() {
            let inst = region.inst(reference);
            inst.args.iter().for_each(|r| self.mark(*r));
            if inst.op == Op::Parameter {
                let sources = std::mem::take(&mut self.sources[reference.0 as usize]);
                sources.into_iter().for_each(|r| self.mark(r));
            }
        }
    }
}

/// The region without what nobody uses; with `sweep` off it is only numbered anew.
pub fn remove(region: Region, sweep: bool) -> Region {
    let order = order(&region);
    let mut marker = Marker {
        region: &region,
        needed: vec![false; region.insts.len()],
        work: Vec::new(),
        sources: vec![Vec::new(); region.insts.len()],
    };
    let blocks = || order.iter().map(|index| &region.blocks[*index]);
    for block in blocks() {
        if let End::Jump { target, args } = &block.end {
            for (param, &arg) in region.blocks[target.0 as usize].params.iter().zip(args) {
                marker.sources[param.0 as usize].push(arg);
            }
        }
    }
    for block in blocks() {
        for &reference in block.insts.iter().chain(&block.params) {
            let inst = region.inst(reference);
            if is_needed(inst) || !sweep {
                marker.mark(reference);
            }
            inst.exit.into_iter().for_each(|exit| marker.exit(exit));
        }
        match &block.end {
            End::Leave(exit) => marker.exit(*exit),
            End::Return(value) => value.operands().for_each(|r| marker.mark(r)),
            End::Jump { .. } => {}
        }
    }
    if region.function.is_some() || region.is_side {
        // The parameters of a function are its signature, those of a side region the words
        // in their order.
        region.blocks[0].params.iter().for_each(|param| marker.mark(*param));
    }
    marker.drain();
    let needed = marker.needed;
    renumber(&region, &needed, &order)
}

/// The blocks that can be reached, in reverse postorder: each after its
/// dominator, and where a block jumps to as close behind it as may be.
fn order(region: &Region) -> Vec<usize> {
    let successors = |block: usize| {
        let block = &region.blocks[block];
        let bridges = block.insts.iter().rev().filter_map(|reference| {
            let exit = region.inst(*reference).exit?;
            region.exits[exit.0 as usize].bridge
        });
        let jump = match block.end {
            End::Jump { target, .. } => Some(target),
            End::Leave(_) | End::Return(_) => None,
        };
        let all: Vec<usize> = bridges.chain(jump).map(|block| block.0 as usize).collect();
        all.into_iter()
    };
    let mut seen = vec![false; region.blocks.len()];
    let mut after = Vec::with_capacity(region.blocks.len());
    let mut stack = vec![(0, successors(0))];
    seen[0] = true;
    while let Some((block, rest)) = stack.last_mut() {
        match rest.next() {
            Some(next) if !std::mem::replace(&mut seen[next], true) => {
                stack.push((next, successors(next)));
            }
            Some(_) => {}
            None => {
                after.push(*block);
                stack.pop();
            }
        }
    }
    after.reverse();
    after
}

fn renumber(region: &Region, needed: &[bool], order: &[usize]) -> Region {
    let mut out =
        Region { function: region.function, is_side: region.is_side, ..Region::default() };
    let mut names: Vec<Option<Ref>> = vec![None; region.insts.len()];
    let mut define = |out: &mut Region, old: Ref| {
        out.insts.push(region.inst(old).clone());
        names[old.0 as usize] = Some(Ref(out.insts.len() as u32 - 1));
    };
    for (index, inst) in region.insts.iter().enumerate() {
        if inst.op == Op::Const && needed[index] {
            define(&mut out, Ref(index as u32));
        }
    }
    let mut block_names: Vec<Option<BlockId>> = vec![None; region.blocks.len()];
    for (name, &index) in order.iter().enumerate() {
        block_names[index] = Some(BlockId(name as u32));
        let block = &region.blocks[index];
        for &old in block.params.iter().chain(&block.insts).filter(|r| needed[r.0 as usize]) {
            define(&mut out, old);
        }
    }
    for old in region.sunk_in_order().into_iter().filter(|r| needed[r.0 as usize]) {
        define(&mut out, old);
        out.sunk.push(Ref(out.insts.len() as u32 - 1));
    }
    let name = |old: &Ref| names[old.0 as usize].unwrap_or(*old);
    let mut exits: Vec<Option<ExitId>> = vec![None; region.exits.len()];
    let mut move_exit = |out: &mut Region, old: ExitId| {
        *exits[old.0 as usize].get_or_insert_with(|| {
            let exit = &region.exits[old.0 as usize];
            let slots = exit
                .snapshot
                .slots
                .iter()
                .map(|(slot, value)| (*slot, value.renamed(|r| name(&r))));
            let snapshot = Snapshot {
                frames: exit.snapshot.frames.clone(),
                slots: slots.collect(),
                retains: exit.snapshot.retains.iter().map(name).collect(),
            };
            out.exits.push(Exit {
                observed: exit.observed.as_ref().map(name),
                bridge: exit.bridge.and_then(|b| block_names[b.0 as usize]),
                snapshot,
                resident: exit.resident.clone(),
                ..*exit
            });
            ExitId(out.exits.len() as u32 - 1)
        })
    };
    for index in 0..out.insts.len() {
        let mut args = std::mem::take(&mut out.insts[index].args);
        args.iter_mut().for_each(|arg| *arg = name(arg));
        out.insts[index].args = args;
        if let Some(old) = out.insts[index].exit {
            out.insts[index].exit = Some(move_exit(&mut out, old));
        }
    }
    for &index in order {
        let block = &region.blocks[index];
        let kept = |list: &[Ref]| -> Vec<Ref> {
            list.iter().filter(|r| needed[r.0 as usize]).map(name).collect()
        };
        let end = match &block.end {
            End::Leave(exit) => End::Leave(move_exit(&mut out, *exit)),
            End::Return(value) => End::Return(value.renamed(|r| name(&r))),
            End::Jump { target, args } => {
                let params = &region.blocks[target.0 as usize].params;
                let args = args.iter().zip(params).filter(|(_, p)| needed[p.0 as usize]);
                let args = args.map(|(arg, _)| name(arg)).collect();
                End::Jump { target: block_names[target.0 as usize].unwrap_or(*target), args }
            }
        };
        out.blocks.push(super::super::ir::Block {
            kind: block.kind,
            params: kept(&block.params),
            insts: kept(&block.insts),
            end,
        });
    }
    out
}
