//! Side regions: what large regions grow by, before they are compiled again as a whole.
//!
//! A new bridge of a large region is compiled alone, as a side region, and hung on the
//! exit: the machine code of the region goes on there by itself. Crossing over costs
//! stores and loads of what the exit hands over, and from the end of the bridge the
//! driver enters the loop again. So after a number of crossings that
//! pays for it, the region is compiled again with all bridges inside, and its side regions go.
//!
//! What must hold: a side region is hung only on the exit of the code that it was made
//! for, and goes with it; while code runs, nothing that it may cross over to goes.
//!
//! Example: the region of a loop has 900 operations, and a way through it that gets hot
//! 80: the side region costs a tenth of what compiling the region again would.

use super::{Jit, compile::Awaited};
use crate::bytecode::CodeId;
use crate::interp::Machine;
use crate::jit::code::CompiledRegion;
use crate::jit::ir::{ExitId, ExitKind, Start, TraceEnd, TraceId};
use crate::jit::opt::Side;
use std::sync::Arc;

/// Exits that pay for a side region, beyond the first few.
const SIDE_COST: u32 = 96;

/// Side regions that may hang on each other: each takes native stack.
const NESTED: usize = 6;

/// A region that goes on at an exit of another one.
pub(super) struct SideRegion {
    /// What it begins with.
    pub side: Arc<Side>,
    /// The region that it hangs on.
    pub parent: usize,
    /// That region's exit.
    exit: ExitId,
    /// Which code of that region: the number of its first exit.
    code: u64,
}

impl Jit {
    /// The region that is entered by itself and that this one is a side of, or itself.
    pub(super) fn top_of(&self, number: usize) -> usize {
        let mut top = number;
        while let Some(side) = self.sides.get(&top) {
            top = side.parent;
        }
        top
    }

    /// The regions that hang on this one, directly.
    fn sides_of(&self, number: usize) -> Vec<usize> {
        let sides = self.sides.iter().filter(|(_, side)| side.parent == number);
        sides.map(|(number, _)| *number).collect()
    }

    /// The side region at an exit, which may still be in the making.
    pub(super) fn side_at(&self, number: usize, exit: ExitId) -> Option<usize> {
        let mut sides = self.sides.iter();
        let found = sides.find(|(_, side)| side.parent == number && side.exit == exit);
        found.map(|(number, _)| *number)
    }

    /// From how many operations on regions get side regions; `None` if none does.
    pub(super) fn sides_from(&self) -> Option<usize> {
        let wanted = self.runs_native() && self.options.force_exit.is_none();
        wanted.then_some(if self.is_hasty() { 1 } else { self.options.side_region_size as usize })
    }

    /// Whether a region grows by side regions: one that is large, and not about to be compiled
    /// as a whole anyway.
    pub(super) fn grows_aside(&self, number: usize) -> bool {
        let has_table = |code: &CompiledRegion| !code.attachments.sides.is_empty();
        let state = self.regions[number].as_ref();
        let mut depth = 0;
        let mut top = number;
        while let Some(side) = self.sides.get(&top) {
            (depth, top) = (depth + 1, side.parent);
        }
        state.and_then(|state| state.compiled.as_ref()).is_some_and(has_table)
            && depth < NESTED
            && !self.awaited.contains_key(&top)
    }

    /// Whether a region grows by a side region for this bridge of an exit, which must be one of
    /// an ordinary guard: not if it leads to another loop, of which the side region would hold
    /// a copy.
    pub(super) fn goes_aside(&self, number: usize, exit: ExitId, bridge: TraceId) -> bool {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let resumes = state.plans[exit.0 as usize].kind == ExitKind::Resume;
        let is_short = match self.trace(bridge).end {
            TraceEnd::Header { code, index, .. } => self.home_of(number) == Some((code, index)),
            TraceEnd::Leave { .. } | TraceEnd::Return { .. } => true,
        };
        resumes && is_short && self.grows_aside(number)
    }

    /// The loop that a region, or the one that it is a side of, is entered at, if it is not a
    /// function.
    fn home_of(&self, number: usize) -> Option<(CodeId, u16)> {
        let top = self.regions[self.top_of(number)].as_ref().expect("a region that is linked");
        match self.trace(top.root).start {
            Start::Loop { code, index } => Some((code, index)),
            Start::Function { .. } | Start::Exit { .. } => None,
        }
    }

    /// Exits after which an exit of a region that grows by side regions gets a bridge. In test
    /// modes even small regions do, and a bridge may still have the whole compiled.
    pub(super) fn side_after(&mut self, number: usize) -> u32 {
        let top = self.top_of(number);
        let cost = if self.is_hasty() { self.compile_cost(top) } else { SIDE_COST };
        self.bridge_after().saturating_add(cost)
    }

    /// Has the side region made that goes on with `bridge` at this exit.
    pub(super) fn compile_side(
        &mut self,
        machine: &Machine,
        parent: usize,
        exit: ExitId,
        bridge: TraceId,
    ) {
        if self.options.fuel.is_some_and(|fuel| self.compilations >= fuel) {
            return;
        }
        let home = self.home_of(parent);
        let state = self.regions[parent].as_ref().expect("a region that is linked");
        let words = &state.plans[exit.0 as usize].values;
        let from = &state.region.exits[exit.0 as usize];
        let side = Arc::new(Side::new(&state.region, from, words, home));
        let (site, counter) = (state.site, state.counters[exit.0 as usize]);
        let number = self.regions.len();
        self.sides.insert(number, SideRegion { side, parent, exit, code: state.first_exit });
        self.regions.push(None);
        self.make(machine, number, Awaited::new(site, bridge, Some(vec![counter])), 0);
    }

    /// Hangs a side region that is linked on its exit, if the code that it was made for is
    /// still there.
    pub(super) fn hang(&mut self, number: usize) {
        let side = &self.sides[&number];
        let (parent, exit, version) = (side.parent, side.exit, side.code);
        let parent = self.regions[parent].as_ref().filter(|state| state.first_exit == version);
        let code = parent.and_then(|state| state.compiled.as_ref());
        let own = self.regions[number].as_ref().and_then(|state| state.compiled.as_ref());
        let (Some(code), Some(own)) = (code, own) else {
            self.free(number);
            self.sides.remove(&number);
            return;
        };
        code.attachments.sides[exit.0 as usize].set(own.address());
        if code.attachments.crossings.get() <= 0 {
            code.attachments.crossings.set(self.crossings_until_whole(number));
        }
        self.share_needs(number);
    }

    /// Crossings that pay for compiling the whole region again.
    fn crossings_until_whole(&self, number: usize) -> i64 {
        if self.is_hasty() {
            return 4;
        }
        let top = self.regions[self.top_of(number)].as_ref();
        let size = top.map_or(0, |state| state.region.insts.len());
        size as i64 * i64::from(self.options.whole_after)
    }

    /// Who enters a region must have the room that what hangs on it needs.
    fn share_needs(&mut self, number: usize) {
        let mut stack = 0;
        let mut next = Some(number);
        let reach = self.regions[number].as_ref().map_or(0, |state| state.reach);
        while let Some(around) = next {
            let state = self.regions[around].as_mut().expect("what a side region hangs on");
            state.reach = state.reach.max(reach);
            stack += state.compiled.as_ref().map_or(0, |code| code.frame_bytes);
            next = self.sides.get(&around).map(|side| side.parent);
        }
        let state = self.regions[number].as_ref().expect("a region that is linked");
        if state.region.function.is_some() {
            self.functions.note_activation(stack, state.most_values);
            self.functions.note_reach(reach);
        }
    }

    /// Frees all that hangs on a region.
    pub(super) fn drop_sides(&mut self, number: usize) {
        for side in self.sides_of(number) {
            self.drop_sides(side);
            self.sides.remove(&side);
            if self.awaited.remove(&side).is_some()
                && let Some(background) = &self.background
            {
                background.withdraw(side);
            }
            self.free(side);
        }
    }

    /// Has a region compiled as a whole that has crossed over to its side regions often
    /// enough.
    pub(super) fn make_whole(&mut self, machine: &Machine, number: usize, counter: usize) {
        let top = self.top_of(number);
        let mut family = vec![top];
        while let Some(member) = family.pop() {
            family.extend(self.sides_of(member));
            let code = self.regions[member].as_ref().and_then(|state| state.compiled.as_ref());
            if let Some(code) = code {
                code.attachments.crossings.set(i64::MAX);
            }
        }
        self.recompile(machine, top, vec![counter]);
    }

    /// Whether a side region was left at the header of the loop that it belongs to, and it is to
    /// be entered there again; `None` if it was left anywhere but there or at the header of a
    /// loop around.
    pub(super) fn way_home(&self, number: usize, exit: ExitId) -> Option<bool> {
        let side = &self.sides.get(&number)?.side;
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let TraceEnd::Header { code, index, .. } = self.trace(plan.trace).end else { return None };
        let is_home = plan.kind == ExitKind::End
            && side.is_home(&*self.codes, plan.frames.len(), code, index);
        is_home.then_some(side.home == Some((code, index)))
    }

    /// Extends a region by bridges that were recorded while it was being made.
    pub(super) fn catch_up(&mut self, machine: &Machine, number: usize, exits: Vec<usize>) {
        if !self.grows_aside(number) {
            self.recompile(machine, number, exits);
            return;
        }
        for counter in exits {
            let state = self.regions[number].as_ref().expect("just linked");
            let at = state.counters.iter().position(|other| *other == counter);
            let at = at.filter(|at| state.plans[*at].bridge.is_none());
            let (Some(at), Some(bridge)) = (at, self.exits.bridge(counter)) else { continue };
            let exit = ExitId(at as u32);
            if self.goes_aside(number, exit, bridge) {
                self.compile_side(machine, number, exit, bridge);
            } else {
                self.extend(machine, number, counter);
            }
        }
    }
}
