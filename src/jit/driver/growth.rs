//! Which bridges a region is compiled again with.
//!
//! A region is compiled as a whole, which costs as much as thousands of exits. The
//! exits of a loop with many ways get hot at about the same time, so after the
//! first of them the driver waits until the region was left a few times more:
//! bridges recorded meanwhile need fewer failures, and all of them are compiled
//! together. A region that is not left any more is not compiled for nothing. A large
//! region grows by side regions first ([`sides`](super::sides)).
//!
//! The region of an inner loop does not go on around the loop outside of it once that
//! has a region of its own: it would hold the same code again, and so would the regions of
//! all other loops in there. It is left, and the next round of the outer loop enters the
//! other region. If it is left through a bridge very often, the
//! other region is of no use, and it gets the bridge after all.
//!
//! An exit at which an operation raises gets a bridge too, if a function of the region
//! catches that: the bridge begins with the pending fault.
//!
//! What must hold: an exit has its bridge in the table of exits from when the
//! bridge is recorded; whatever is compiled later has it.
//!
//! Example: a dispatch loop goes ten ways; its region is compiled for the first
//! one, and then two or three times more rather than nine times.

use super::Jit;
use super::exits::ExitKey;
use super::site::Site;
use crate::interp::Machine;
use crate::jit::ir::{ExitId, Start, TraceEnd, TraceId};
use crate::jit::record::may_follow;
use crate::prim::Fault;
use rustc_hash::FxHashMap;

/// A region of which some exits have bridges that its code does not have.
pub(super) struct Growing {
    /// Their entries in the table of exits.
    exits: Vec<usize>,
    /// Times that the region will be left before it is compiled again.
    left: u32,
}

/// By number of the region.
pub(super) type GrowingRegions = FxHashMap<usize, Growing>;

/// What a bridge costs that is compiled together with others, as a part of what
/// compiling the region for it alone costs.
const SHARE: u32 = 4;

/// Exits that pay for a region that is compiled again only because of a bridge
/// that another region has already, as a multiple of those that pay for a new one.
const REGION_COST: u32 = 8;

impl Jit {
    /// What is due at an exit that raises the pending fault. Whether that is still to be raised:
    /// a bridge may have been recorded to the handler, if that is in the region.
    pub(super) fn left_raising(
        &mut self,
        machine: &mut Machine,
        number: usize,
        exit: ExitId,
    ) -> bool {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let counter = state.counters[exit.0 as usize];
        let outer = machine.frames.len() - plan.frames.len();
        let called = state.region.function.is_some();
        let is_followed = machine.fault.as_ref().is_some_and(Fault::is_catchable)
            && machine.catching_frame(outer).is_some_and(|(_, to)| may_follow(&to, called));
        let after = self.growth_after(number);
        if is_followed
            && self.exits.bridge(counter).is_none()
            && self.exits.is_hot(counter, after)
            && self.grow(machine, number, exit)
        {
            return true;
        }
        if machine.fault.is_none() {
            return false;
        }
        let frame = machine.frames.last_mut().expect("a frame");
        frame.pc = frame.pc.wrapping_add(1);
        true
    }

    /// Exits after which an exit of this region gets a bridge.
    pub(super) fn growth_after(&mut self, number: usize) -> u32 {
        if let Some(exits) = self.draft_after(number) {
            return exits;
        }
        if self.grows_aside(number) {
            return self.side_after(number);
        }
        let cost = self.compile_cost(number);
        let is_due = self.growing.contains_key(&number)
            || self.awaited.get(&number).is_some_and(|awaited| awaited.is_due_again());
        let cost = if is_due { cost / SHARE } else { cost };
        self.bridge_after().saturating_add(cost)
    }

    /// The region of the loop that the bridge of an exit leads to, if that lies around the
    /// loop of the region `number`, which does without the bridge then, unless it turned
    /// out to miss it.
    pub(super) fn leads_around(
        &self,
        number: usize,
        root: TraceId,
        exit: usize,
        bridge: TraceId,
    ) -> Option<usize> {
        let (Start::Loop { code, index }, TraceEnd::Header { code: other, index: outer, .. }) =
            (&self.trace(root).start, self.trace(bridge).end)
        else {
            return None;
        };
        // Behind a root trace that leads around by itself, nothing is left to be spared.
        let own = TraceEnd::Header { code: *code, index: *index, back: true };
        if self.trace(root).end != own {
            return None;
        }
        let site = self.by_loop.get(&(other, outer)).filter(|_| other == *code)?;
        let around = *self.sites[*site].regions.last()?;
        let spared = self.codes.encloses(other, outer, *index)
            && self.regions[around].is_some()
            && self.missed.get(&(number, exit)) != Some(&u32::MAX);
        spared.then_some(around)
    }

    /// Whether the region of a loop with this root trace is left where it leads to this loop,
    /// because the loop lies around and has a region of its own.
    pub(super) fn is_left_for(&self, root: TraceId, around: &Site) -> bool {
        let (Start::Loop { code, index }, Some(outer)) = (&self.trace(root).start, around.index)
        else {
            return false;
        };
        around.code == *code
            && self.codes.encloses(*code, outer, *index)
            && around.regions.last().is_some_and(|region| self.regions[*region].is_some())
    }

    /// Has the region that needs it compiled again because an exit of the region
    /// `number` has this new bridge.
    pub(super) fn extend_by(
        &mut self,
        machine: &Machine,
        number: usize,
        exit: ExitId,
        bridge: TraceId,
    ) {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let (root, counter) = (state.root, state.counters[exit.0 as usize]);
        match self.leads_around(number, root, counter, bridge) {
            Some(around) => self.extend(machine, around, counter),
            None if self.goes_aside(number, exit, bridge) => {
                self.compile_side(machine, number, exit, bridge);
            }
            None => self.extend(machine, number, counter),
        }
    }

    /// Does what is due where a region was left at an exit that has a bridge which its code
    /// does not hold.
    pub(super) fn without_bridge(
        &mut self,
        machine: &Machine,
        number: usize,
        exit: ExitId,
        bridge: TraceId,
    ) {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let counter = state.counters[exit.0 as usize];
        let top = self.top_of(number);
        let after = self.growth_after(number);
        if let Some(side) = self.side_at(number, exit) {
            // It was not crossed over to: that has been done often enough.
            if self.regions[side].is_some() {
                self.make_whole(machine, number, counter);
            }
        } else if self.goes_aside(number, exit, bridge) {
            if self.misses_bridge(number, counter, after) {
                self.compile_side(machine, number, exit, bridge);
            }
        } else {
            // Nothing new is learnt by that, so it has to pay for the whole region.
            let cost = self.compile_cost(top).saturating_mul(REGION_COST);
            if self.misses_bridge(top, counter, after.saturating_add(cost)) {
                self.recompile(machine, top, vec![counter]);
            }
        }
    }

    /// Counts that a region was left at an exit whose bridge it does not have, because
    /// it was compiled before or beside another region that got it. Whether it is to
    /// be compiled again for that: once, because the bridge may not fit there.
    fn misses_bridge(&mut self, number: usize, counter: usize, missed_after: u32) -> bool {
        if self.awaited.contains_key(&number) || self.growing.contains_key(&number) {
            return false;
        }
        let missed = self.missed.entry((number, counter)).or_insert(0);
        if *missed == u32::MAX {
            return false;
        }
        *missed += 1;
        let hot = *missed >= missed_after;
        if hot {
            *missed = u32::MAX;
        }
        hot
    }

    /// Has a region, or the one that it is a side of, compiled again, now or after a few
    /// more exits, because this exit has a new bridge or link.
    pub(super) fn extend(&mut self, machine: &Machine, number: usize, exit: usize) {
        let number = self.top_of(number);
        if self.grow_draft(number, &[exit]) {
            return;
        }
        let window = match &mut self.chaos {
            Some(chaos) => chaos.below(4) as u32,
            None if self.options.eager => 0,
            None => self.options.exit_window,
        };
        if window == 0 || self.awaited.contains_key(&number) {
            self.recompile(machine, number, vec![exit]);
            return;
        }
        // Interpreting the rest of a round costs far less than compiling one operation.
        let window = window.max(self.compile_cost(number));
        let growing = self.growing.entry(number);
        let growing = growing.or_insert(Growing { exits: Vec::new(), left: window });
        growing.exits.push(exit);
    }

    /// Counts that a region or a side of it was left, and compiles it again once that is due.
    pub(super) fn wait_for_growth(&mut self, machine: &Machine, number: usize) {
        let number = self.top_of(number);
        let Some(growing) = self.growing.get_mut(&number) else { return };
        growing.left -= 1;
        if growing.left == 0 {
            self.recompile(machine, number, Vec::new());
        }
    }

    /// Takes the exits that a region is to be compiled again for, and gives bridges
    /// to those that have one recorded for another copy of their guard and have been
    /// taken often enough to share the cost.
    pub(super) fn take_growth(&mut self, number: usize, exits: &mut Vec<usize>) {
        if let Some(growing) = self.growing.remove(&number) {
            exits.extend(growing.exits);
        }
        let enough = self.bridge_after().saturating_add(self.compile_cost(number)) / SHARE;
        let Some(state) = self.regions[number].as_ref() else { return };
        for (plan, counter) in state.plans.iter().zip(&state.counters) {
            if !self.exits.is_hot(*counter, enough) {
                continue;
            }
            let recorded = self.exits.recorded_bridges(ExitKey::of(plan)).iter().copied();
            let usable = |id: &_| self.trace(*id).goes_on_at(&plan.frames);
            if let Some(bridge) = recorded.into_iter().find(usable) {
                self.exits.attach(*counter, bridge);
                exits.push(*counter);
            }
        }
    }
}
