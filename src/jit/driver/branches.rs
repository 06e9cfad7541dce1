//! Which branches are recorded both ways.
//!
//! A draft shows how often each branch of its loop goes another way than in its trace.
//! One that does so time and again and without a pattern, and whose ways only compute
//! until they meet, is better not guessed by the processor: the region is dropped
//! and recorded again with both ways in one trace (`record::diamonds`). A regular one, as
//! on every third round, is guessed well, and costs less as a branch.
//!
//! What must hold: a branch is decided on once, so a region is recorded again at most as
//! often as it has branches; what cannot be recorded both ways gets bridges as ever.
//!
//! Example: in a loop with `if seed % 2 == 1 { odd += 1 }` the guard on the remainder
//! fails in every second round of the draft, but after one, three, one, two rounds...; the
//! tenth failure ends it, and the next round is recorded with a `select` and
//! without that guard.

use super::Jit;
use crate::base::event::Event;
use crate::bytecode::CodeId;
use crate::bytecode::diamond::join_of;
use crate::interp::Machine;
use crate::jit::ir::{ExitId, Op, Start, TraceId};
use rustc_hash::FxHashMap;

/// Rounds of a draft for each failure of a guard, at most, for its branch to go both ways.
const ROUNDS: u64 = 12;

/// Failures that tell a pattern.
const SAMPLES: usize = 9;

/// Longest pattern, in failures.
const LONGEST_PATTERN: usize = 3;

/// Whether branches, by function and instruction, are to be recorded both ways.
pub(super) type Branches = FxHashMap<(CodeId, usize), bool>;

/// What becomes of the exit of a draft.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It gets a bridge.
    Bridge,
    /// It is taken a few more times.
    Wait,
    /// There is no such exit any more.
    Dropped,
}

impl Jit {
    /// Decides on the branch whose guard failed, if it is one that can be recorded both ways,
    /// and drops the draft for it.
    pub(super) fn judge_branch(
        &mut self,
        machine: &Machine,
        number: usize,
        exit: ExitId,
    ) -> Verdict {
        let Some(branch) = self.branch_at(machine, number, exit) else { return Verdict::Bridge };
        if self.branches.contains_key(&branch) {
            return Verdict::Bridge;
        }
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let counter = state.counters[exit.0 as usize];
        let round = state.region.insts.len() as u64;
        let failures = u64::from(self.exits.sites()[counter].recent);
        let draft = self.drafts.get_mut(&number).expect("asked above");
        let is_frequent = draft.evaluated() <= ROUNDS * failures * round;
        let samples = draft.note_failure(counter);
        if is_frequent && samples.len() < SAMPLES {
            draft.extend(ROUNDS * round);
            return Verdict::Wait;
        }
        let both = is_frequent && !has_pattern(samples);
        self.branches.insert(branch, both);
        if !both {
            return Verdict::Bridge;
        }
        self.drop_draft(machine, number);
        Verdict::Dropped
    }

    /// Takes a draft away, whose site is recorded again in the next round.
    fn drop_draft(&mut self, machine: &Machine, number: usize) {
        self.drafts.remove(&number);
        let Some(state) = self.free(number) else { return };
        self.functions.unlink(&state);
        let site = &mut self.sites[state.site];
        site.roots.retain(|root| *root != state.root);
        site.regions.retain(|region| *region != number);
        let reason = "a branch of it is recorded both ways";
        self.observer.event(&Event::Freed { region: number as u32, bytes: 0, reason });
        self.rest(machine.code(self.sites[state.site].code), state.site, 1);
    }

    /// The branch whose guard this exit of a draft is, if it can be recorded both ways
    /// together with the draft's root.
    fn branch_at(&self, machine: &Machine, number: usize, exit: ExitId) -> Option<(CodeId, usize)> {
        if !self.options.opt_branches || !self.drafts.contains_key(&number) {
            return None;
        }
        let state = self.regions[number].as_ref()?;
        let plan = &state.plans[exit.0 as usize];
        let guard = self.trace(plan.trace).insts.get(plan.guard.0 as usize)?;
        let decides = matches!(guard.op, Op::GuardTrue | Op::GuardFalse);
        if !decides || !self.descends(plan.trace, state.root) {
            return None;
        }
        let frame = plan.frames.last()?;
        let (code, pc) = (frame.code, frame.pc as usize);
        join_of(machine.code(code), pc).map(|_| (code, pc))
    }

    /// Whether a trace is this root or one of its bridges.
    fn descends(&self, mut trace: TraceId, root: TraceId) -> bool {
        while let Start::Exit { parent, .. } = self.trace(trace).start {
            trace = parent;
        }
        trace == root
    }
}

/// Whether the distances between samples repeat.
fn has_pattern(samples: &[u64]) -> bool {
    let distances: Vec<u64> =
        samples.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    (1..=LONGEST_PATTERN)
        .any(|length| distances.iter().zip(&distances[length..]).all(|(a, b)| a == b))
}
