//! Every exit that was taken: how often, what was seen, what became of it.
//!
//! Exits are known by trace, guard, copy (peeled or not) and the calls around them, not by
//! region, so the counts survive when a region is compiled again.
//!
//! What must hold: the sum of all counts equals the number of times that any
//! region was left.
//!
//! Example: guard `v12` of trace 3 failed eight times with a float where an int
//! was expected; its bridge is trace 5.

use crate::base::event::Retry;
use crate::jit::exits::ExitPlan;
use crate::jit::ir::{Ref, TraceId, Type};
use crate::jit::record::Abort;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Which exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExitKey {
    /// The trace.
    pub trace: TraceId,
    /// Its guard, its length for its end, or more for a check before the loop.
    pub guard: Ref,
    /// Whether in the peeled copy.
    pub peeled: bool,
    /// Says which frames are active there: the same loop may lie inside of different calls,
    /// and goes on in different ways behind them.
    pub frames: u64,
}

impl ExitKey {
    /// The key of an exit with this plan.
    pub fn of(plan: &ExitPlan) -> ExitKey {
        let (trace, guard, peeled) = (plan.trace, plan.guard, plan.peeled);
        let mut hasher = FxHasher::default();
        plan.frames.iter().for_each(|frame| (frame.code, frame.pc).hash(&mut hasher));
        ExitKey { trace, guard, peeled, frames: hasher.finish() }
    }
}

/// What is known of one exit.
#[derive(Clone, Debug)]
pub struct ExitSite {
    /// Which.
    pub key: ExitKey,
    /// Times it was taken.
    pub failures: u64,
    /// Times since the last decision about it.
    pub recent: u32,
    /// Times it must be taken before it is hot, beyond the option.
    pub delay: u32,
    /// Words seen by its guard with their counts, the first few different ones.
    pub seen: Vec<((Type, u64), u64)>,
    /// The bridge that goes on there.
    pub bridge: Option<TraceId>,
    /// Why there is none although it was hot.
    pub failed: Option<(String, Retry)>,
    /// Whether it is the exit of a check that is not made any more.
    pub denied: bool,
    aborts: u32,
    relinked: bool,
}

/// All exits.
#[derive(Debug, Default)]
pub struct ExitTable {
    sites: Vec<ExitSite>,
    by_key: FxHashMap<ExitKey, usize>,
    bridges: FxHashMap<(TraceId, Ref), Vec<TraceId>>,
}

/// Most different words kept for one exit.
const SEEN: usize = 6;

impl ExitTable {
    /// The number of an exit in this table.
    pub fn enter(&mut self, key: ExitKey) -> usize {
        *self.by_key.entry(key).or_insert_with(|| {
            self.sites.push(ExitSite {
                key,
                failures: 0,
                recent: 0,
                delay: 0,
                seen: Vec::new(),
                bridge: None,
                failed: None,
                denied: false,
                aborts: 0,
                relinked: false,
            });
            self.sites.len() - 1
        })
    }

    /// All exits in the order in which they were first compiled.
    pub fn sites(&self) -> &[ExitSite] {
        &self.sites
    }

    /// Counts that an exit was taken; its count so far.
    pub fn count(&mut self, number: usize, seen: Option<(Type, u64)>) -> u64 {
        let site = &mut self.sites[number];
        site.failures += 1;
        site.recent = site.recent.saturating_add(1);
        if let Some(word) = seen {
            match site.seen.iter().position(|(known, _)| *known == word) {
                Some(at) => site.seen[at].1 += 1,
                None if site.seen.len() < SEEN => site.seen.push((word, 1)),
                None => {}
            }
        }
        site.failures
    }

    /// Times that an exit was taken.
    pub fn failures(&self, number: usize) -> u64 {
        self.sites[number].failures
    }

    /// The bridge that goes on at this exit where a region has it.
    pub fn bridge(&self, number: usize) -> Option<TraceId> {
        self.sites[number].bridge
    }

    /// Whether an exit deserves a bridge now.
    pub fn is_hot(&self, number: usize, threshold: u32) -> bool {
        let site = &self.sites[number];
        let given_up = site.failed.as_ref().is_some_and(|(_, retry)| *retry == Retry::Never);
        site.bridge.is_none() && !given_up && site.recent >= threshold.saturating_add(site.delay)
    }

    /// The bridges recorded for the guard in any of its copies.
    pub fn recorded_bridges(&self, key: ExitKey) -> &[TraceId] {
        self.bridges.get(&(key.trace, key.guard)).map_or(&[], Vec::as_slice)
    }

    /// Notes the bridge recorded for a guard.
    pub fn note_bridge(&mut self, key: ExitKey, bridge: TraceId) {
        self.bridges.entry((key.trace, key.guard)).or_default().push(bridge);
    }

    /// Lets a bridge go on at an exit from the next compilation on.
    pub fn attach(&mut self, number: usize, bridge: TraceId) {
        self.sites[number].bridge = Some(bridge);
        self.sites[number].failed = None;
    }

    /// Takes a bridge away again that could not be compiled.
    pub fn detach(&mut self, number: usize, abort: &Abort) {
        self.sites[number].bridge = None;
        self.sites[number].failed = Some((abort.name().to_string(), Retry::Never));
    }

    /// Takes a bridge away again that did not fit in; the exit gets it when it is hot
    /// once more.
    pub fn postpone(&mut self, number: usize) {
        self.sites[number].bridge = None;
        self.sites[number].recent = 0;
    }

    /// Notes that the check whose exit this is will not be made any more.
    pub fn deny(&mut self, number: usize) {
        self.sites[number].denied = true;
    }

    /// Takes all bridges away because their traces are no longer valid; what was
    /// counted stays.
    pub fn detach_all(&mut self) {
        self.bridges.clear();
        for site in &mut self.sites {
            site.bridge = None;
            site.recent = 0;
        }
    }

    /// Whether a region was compiled again because of this exit's loop.
    pub fn was_relinked(&self, number: usize) -> bool {
        self.sites[number].relinked
    }

    /// Notes that a region is compiled again because of this exit's loop.
    pub fn relink(&mut self, number: usize) {
        self.sites[number].relinked = true;
        self.sites[number].recent = 0;
    }

    /// Notes that recording from an exit was given up.
    pub fn fail(&mut self, number: usize, abort: &Abort, backoff: u32) {
        let site = &mut self.sites[number];
        site.aborts += 1;
        site.recent = 0;
        let retry = match abort {
            // A bridge cannot do better than leave: that is what happens anyway.
            Abort::LeftFunction | Abort::DeclaresMethod => Retry::Never,
            _ if site.aborts > 5 => Retry::Never,
            _ => abort.retry(site.aborts, backoff),
        };
        if let Retry::After(rounds) = retry {
            site.delay = rounds;
        }
        site.failed = Some((abort.name().to_string(), retry));
    }

    /// The bridges to go into a plan, with the exits that they go on at.
    pub fn attachments(&self) -> impl Iterator<Item = (usize, ExitKey, TraceId)> + '_ {
        let sites = self.sites.iter().enumerate();
        sites.filter_map(|(number, site)| Some((number, site.key, site.bridge?)))
    }
}
