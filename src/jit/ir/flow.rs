//! The control flow of a region: what dominates what, and its loops.
//!
//! Dominators are found by iteration over the blocks in their order, which has every
//! block after its dominator (Cooper, Harvey and Kennedy, A Simple, Fast Dominance
//! Algorithm). A loop is a header with all blocks from which a jump back to it is
//! reached without passing it.
//!
//! What must hold: only headers are jumped back to.
//!
//! Example: of `b0 -> b1 -> b2 -> b1`, the blocks `b1` and `b2` are a loop.

use super::{BlockId, BlockKind, End, Region};

/// Edges and dominators.
pub struct Flow {
    predecessors: Vec<Vec<usize>>,
    /// The immediate dominator of each block.
    immediate: Vec<usize>,
}

impl Flow {
    /// The flow of a region.
    ///
    /// # Errors
    /// What is wrong with its jumps.
    pub fn of(region: &Region) -> Result<Flow, String> {
        let count = region.blocks.len();
        let mut predecessors: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut edge = |from: usize, to: BlockId| -> Result<(), String> {
            match predecessors.get_mut(to.0 as usize) {
                Some(list) => list.push(from),
                None => return Err(format!("b{from}: no block b{}", to.0)),
            }
            Ok(())
        };
        for (b, block) in region.blocks.iter().enumerate() {
            if let End::Jump { target, .. } = &block.end {
                edge(b, *target)?;
            }
            for reference in &block.insts {
                let exit = region.insts.get(reference.0 as usize).and_then(|inst| inst.exit);
                let exit = exit.and_then(|exit| region.exits.get(exit.0 as usize));
                if let Some(bridge) = exit.and_then(|exit| exit.bridge) {
                    edge(b, bridge)?;
                }
            }
        }
        for (b, list) in predecessors.iter().enumerate() {
            if b > 0 && !list.iter().any(|p| *p < b) {
                return Err(format!("b{b}: not reachable from the blocks before it"));
            }
            let back = list.iter().find(|p| **p >= b);
            if let Some(p) = back.filter(|_| region.blocks[b].kind != BlockKind::Header) {
                return Err(format!("b{p}: jumps back to b{b}, which is no header"));
            }
        }
        let mut immediate = vec![usize::MAX; count];
        immediate[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for b in 1..count {
                let known = predecessors[b].iter().copied().filter(|p| immediate[*p] < count);
                let found = known.reduce(|left, right| meet(&immediate, left, right));
                if found.is_some_and(|found| std::mem::replace(&mut immediate[b], found) != found) {
                    changed = true;
                }
            }
        }
        Ok(Flow { predecessors, immediate })
    }

    /// Whether every way to block `below` leads through block `above`.
    pub fn dominates(&self, above: usize, below: usize) -> bool {
        let mut up = below;
        while up > above {
            up = self.immediate[up];
        }
        up == above
    }

    /// From how many places a block is reached, but for jumps back.
    pub fn arrivals(&self, block: usize) -> usize {
        self.predecessors[block].iter().filter(|from| **from < block).count()
    }

    /// The loops, each as whether a block belongs to it.
    pub fn loops(&self) -> Vec<Vec<bool>> {
        let mut loops = Vec::new();
        for (header, list) in self.predecessors.iter().enumerate() {
            let back = list.iter().copied().filter(|p| *p >= header);
            let mut waiting: Vec<usize> = back.filter(|p| self.dominates(header, *p)).collect();
            if waiting.is_empty() {
                continue;
            }
            let mut inside = vec![false; self.predecessors.len()];
            inside[header] = true;
            while let Some(block) = waiting.pop() {
                if !std::mem::replace(&mut inside[block], true) {
                    waiting.extend(&self.predecessors[block]);
                }
            }
            loops.push(inside);
        }
        loops
    }
}

fn meet(immediate: &[usize], mut left: usize, mut right: usize) -> usize {
    while left != right {
        if left > right { left = immediate[left] } else { right = immediate[right] }
    }
    left
}
