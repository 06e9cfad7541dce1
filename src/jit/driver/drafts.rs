//! Drafts: regions that are evaluated for some rounds before they become machine code.
//!
//! Generating a region costs as much as evaluating it about a thousand times, and the
//! trace that it begins with is only one of the ways that its loop goes. So a new
//! region is run by the evaluator first. Exits that are taken more than once get
//! their bridges then and there, the region is emitted again with them, and what
//! is generated in the end has the ways that the loop often goes.
//!
//! What must hold: a draft is a region without code where others have some; it is
//! entered like any other, but not while its code or the next draft is being made;
//! it is evaluated for a limited number of operations.
//!
//! Example: the loop of `benches/programs/branchy.ruff` takes five ways at random. It
//! is drafted four times, with one, two, four and all five of them, within some hundred
//! rounds, and generated once; without drafts it is generated four times.

use super::{Jit, compile::Awaited, compile::Goal};
use crate::base::event::Retry;
use crate::interp::Machine;
use crate::jit::code::CompiledRegion;
use crate::jit::record::Abort;
use rustc_hash::FxHashMap;

/// Failures after which an exit of a draft gets a bridge.
const FAILURES: u32 = 2;

/// Drafts of one region before its code is generated whatever they find.
const TURNS: u32 = 5;

/// A region that is evaluated for a while.
#[derive(Default)]
pub(super) struct Draft {
    /// Operations that it is to be evaluated for still.
    pub left: u64,
    /// Operations that it was to be evaluated for when it began.
    whole: u64,
    /// How many of them had been evaluated when exits of branches were taken.
    failures: FxHashMap<usize, Vec<u64>>,
    /// How many there were of this region before.
    turn: u32,
    /// Exits that have got a bridge since it was emitted.
    grown: Vec<usize>,
    /// Exits whose new bridges go into what is being made of it.
    fresh: Vec<usize>,
    /// Exits that it was given bridges for.
    bridged: Vec<usize>,
    /// Whether its code or the next draft is being made.
    rests: bool,
}

impl Draft {
    /// Operations that were evaluated since it was emitted.
    pub(super) fn evaluated(&self) -> u64 {
        self.whole - self.left
    }

    /// Notes that the exit of a branch was taken; when it was so far.
    pub(super) fn note_failure(&mut self, exit: usize) -> &[u64] {
        let now = self.evaluated();
        let failures = self.failures.entry(exit).or_default();
        failures.push(now);
        failures
    }

    /// Lets it be evaluated for so many operations still, at least.
    pub(super) fn extend(&mut self, operations: u64) {
        let more = operations.saturating_sub(self.left);
        self.left += more;
        self.whole += more;
    }
}

/// By number of the region.
pub(super) type Drafts = FxHashMap<usize, Draft>;

/// What is left of the operations that a region is evaluated for; `unlimited` if it is no draft.
pub(super) fn operations_of<'a>(
    drafts: &'a mut Drafts,
    number: usize,
    unlimited: &'a mut u64,
) -> &'a mut u64 {
    drafts.get_mut(&number).map_or(unlimited, |draft| &mut draft.left)
}

impl Jit {
    /// Operations that a new draft is evaluated for; 0 if there are none to be made.
    pub(super) fn draft_operations(&mut self) -> u64 {
        let counts_exits = self.options.force_exit.is_some();
        if !self.runs_native() || self.options.eager || counts_exits {
            return 0;
        }
        let wanted = u64::from(self.options.draft_operations);
        match &mut self.chaos {
            Some(chaos) if wanted > 0 => chaos.below(400),
            _ => wanted,
        }
    }

    /// Whether a region with this code, if any, is a draft.
    pub(super) fn is_draft(&self, code: Option<&CompiledRegion>) -> bool {
        code.is_none() && self.runs_native()
    }

    /// Whether a region is a draft that is not to be entered for now.
    pub(super) fn is_resting(&self, number: usize) -> bool {
        self.drafts.get(&number).is_some_and(|draft| draft.rests)
    }

    /// Exits after which an exit of this region gets a bridge, if it is a draft.
    pub(super) fn draft_after(&self, number: usize) -> Option<u32> {
        let is_draft = self.drafts.contains_key(&number);
        is_draft.then_some(if self.chaos.is_some() { 1 } else { FAILURES })
    }

    /// Notes that exits of a draft have new bridges or links; `false` if the region is none,
    /// or something else is being made of it already.
    pub(super) fn grow_draft(&mut self, number: usize, exits: &[usize]) -> bool {
        let draft = self.drafts.get_mut(&number).filter(|draft| !draft.rests);
        if let Some(draft) = draft {
            draft.grown.extend_from_slice(exits);
            return true;
        }
        false
    }

    /// Begins the evaluation of a draft that was just put into place.
    pub(super) fn begin_draft(&mut self, number: usize) {
        let left = self.draft_operations();
        let draft = self.drafts.entry(number).or_default();
        (draft.left, draft.whole, draft.rests) = (left, left, false);
        draft.failures.clear();
        draft.bridged.append(&mut draft.fresh);
    }

    /// The region has its code: the exits that were given bridges by its drafts.
    pub(super) fn end_draft(&mut self, number: usize) -> Vec<usize> {
        let draft = self.drafts.remove(&number).unwrap_or_default();
        [draft.bridged, draft.fresh].concat()
    }

    /// Has a draft made again or its code generated, if it was evaluated long enough.
    pub(super) fn review_draft(&mut self, machine: &Machine, number: usize) {
        let Some(draft) = self.drafts.get_mut(&number) else { return };
        if draft.left > 0 || draft.rests {
            return;
        }
        draft.rests = true;
        if self.options.fuel.is_some_and(|fuel| self.compilations >= fuel) {
            return;
        }
        draft.turn += 1;
        let goal = if draft.grown.is_empty() {
            Goal::Code
        } else if draft.turn < TURNS {
            Goal::Draft
        } else {
            Goal::Whole
        };
        draft.fresh = std::mem::take(&mut draft.grown);
        self.make_of_draft(machine, number, goal);
    }

    fn make_of_draft(&mut self, machine: &Machine, number: usize, goal: Goal) {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let awaited = Awaited::new(state.site, state.root, None).with_goal(goal);
        self.make(machine, number, awaited, 0);
    }

    /// Notes that a draft could not be emitted again with its new bridges: its code is
    /// generated without them, and they come again when their exits are hot. Gives back what
    /// failed if that was the code.
    pub(super) fn refuse_draft(
        &mut self,
        machine: &Machine,
        number: usize,
        awaited: Awaited,
        abort: Abort,
    ) -> Option<(Awaited, Abort)> {
        let Some(draft) = self.drafts.get_mut(&number) else { return Some((awaited, abort)) };
        if awaited.goal == Goal::Code {
            self.drafts.remove(&number);
            self.sites[awaited.site].regions.retain(|other| *other != number);
            self.free(number);
            return Some((awaited, abort));
        }
        let fresh = std::mem::take(&mut draft.fresh);
        if let Some(first) = fresh.first() {
            let key = self.exits.sites()[*first].key;
            let place = self.exit_position(machine, key);
            self.report_abort(key.trace, &abort, place, Retry::AtOnce, 0);
        }
        fresh.iter().for_each(|exit| self.exits.postpone(*exit));
        self.make_of_draft(machine, number, Goal::Code);
        None
    }
}
