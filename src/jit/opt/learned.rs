//! What one emission of a region finds out for the next.
//!
//! Headers of loops are emitted before the paths that come back to them, so they
//! assume: which slots change, what memory holds, how indices move. Where an
//! arrival contradicts, it is noted here, and the region is emitted again.
//!
//! What must hold: every note is one of a finite number, and none is ever taken
//! back, so emissions come to an end. A cautious one makes no assumption that
//! only arrivals can confirm.
//!
//! Example: a slot that is an int at the first arrival and a float at another
//! is `demoted`; the next emission keeps it in memory.

use super::super::ir::Slot;
use super::assumed::Assumption;
use rustc_hash::{FxHashMap, FxHashSet};

/// Checks before loops in one region.
const MOST_ASSUMED: usize = 64;

/// What one emission finds out for the next; headers go by their names.
#[derive(Debug, Default)]
pub struct Learned {
    /// Loops that need an entry header.
    pub(super) entered: FxHashSet<u64>,
    /// Nested loops that several paths fall into.
    pub(super) shared: FxHashSet<u64>,
    /// Slots that change although the survey did not say so.
    pub(super) changing: FxHashSet<(u64, Slot)>,
    /// Slots that are kept in memory across a header.
    pub(super) demoted: FxHashSet<(u64, Slot)>,
    /// Slots whose memory may hold something that was given away.
    pub(super) stale: FxHashSet<(u64, Slot)>,
    /// Slots whose values must not be borrowed.
    pub(super) firm: FxHashSet<(u64, Slot)>,
    /// Slots whose smallest value at first is not that of all rounds.
    pub(super) below: FxHashSet<(u64, Slot)>,
    /// The same for the largest.
    pub(super) above: FxHashSet<(u64, Slot)>,
    /// Slots of ints that are worth to be known as never less than at first.
    pub(super) rising: FxHashSet<(u64, Slot)>,
    /// Slots of which that was found to be wrong.
    pub(super) falling: FxHashSet<(u64, Slot)>,
    /// Facts about memory that do not hold at every arrival.
    pub(super) lost: FxHashSet<(u64, u64)>,
    /// What memory holds that is passed around loops.
    pub(super) carried: FxHashSet<(u64, u64)>,
    /// Slots that are written, but hold the same value at every arrival.
    pub(super) steady: FxHashSet<(u64, Slot)>,
    /// Slots of which that was found to be wrong.
    pub(super) unsteady: FxHashSet<(u64, Slot)>,
    /// Classes written although the survey did not say so.
    pub(super) written: FxHashMap<u64, u32>,
    /// What is checked before headers.
    assumed: Vec<(u64, Assumption)>,
    /// Whether something was added to that since the emission began.
    assumes_more: bool,
    /// Which of it, by position, the program has shown to be wrong.
    denied: FxHashSet<u32>,
    /// Whether anything was added since the emission began.
    pub(super) changed: bool,
    /// Whether headers assume nothing that only arrivals can confirm.
    pub(super) cautious: bool,
}

impl Learned {
    /// An emission begins; a cautious one assumes nothing that only arrivals confirm.
    pub(super) fn begin(&mut self, cautious: bool) {
        self.changed = false;
        self.assumes_more = false;
        self.cautious = cautious;
    }

    /// The check with this number before a loop failed too often: it is not made any more.
    pub fn deny(&mut self, number: u32) {
        self.denied.insert(number);
    }

    /// Forgets everything but what is checked before loops and was denied.
    pub fn start_over(&mut self) {
        let (assumed, denied) =
            (std::mem::take(&mut self.assumed), std::mem::take(&mut self.denied));
        *self = Learned { assumed, denied, ..Learned::default() };
    }

    /// Has something checked before a header from the next emission on.
    pub(super) fn assume(&mut self, header: u64, assumption: Assumption) {
        let new = !self.assumed.contains(&(header, assumption));
        if new && !self.cautious && self.assumed.len() < MOST_ASSUMED {
            self.assumed.push((header, assumption));
            self.assumes_more = true;
            self.changed = true;
        }
    }

    /// What is to be checked before a header, with the numbers of the checks.
    pub(super) fn assumptions(&self, header: u64) -> Vec<(u32, Assumption)> {
        let numbered = self.assumed.iter().enumerate().map(|(at, known)| (at as u32, known));
        let wanted = numbered.filter(|(at, known)| known.0 == header && !self.denied.contains(at));
        wanted.map(|(at, known)| (at, known.1)).collect()
    }

    /// The limit below which a slot is assumed to stay in a loop, if it is.
    pub(super) fn limit_of(&self, at: (u64, Slot)) -> Option<i64> {
        let limits = self.assumptions(at.0).into_iter().filter_map(|(_, known)| match known {
            Assumption::Below { slot, limit } if slot == at.1 => Some(limit),
            _ => None,
        });
        if self.falls(at) || self.above.contains(&at) { None } else { limits.min() }
    }

    /// Whether rounds of a loop are known to take a slot below what it is at first.
    pub(super) fn falls(&self, at: (u64, Slot)) -> bool {
        self.below.contains(&at)
    }

    /// Whether what arrivals show about ranges counts in this emission: not if the next
    /// one knows more of them.
    pub(super) fn ranges_count(&self) -> bool {
        !self.assumes_more
    }

    /// Adds to one of the sets.
    pub(super) fn add(
        &mut self,
        set: fn(&mut Learned) -> &mut FxHashSet<(u64, Slot)>,
        at: (u64, Slot),
    ) {
        self.changed |= set(self).insert(at);
    }

    /// Whether a header carries what this location holds.
    pub(super) fn carries(&self, header: u64, location: u64) -> bool {
        self.carried.contains(&(header, location)) && !self.lost.contains(&(header, location))
    }

    /// What the location holds is worth to be carried, unless that was tried.
    pub(super) fn carry(&mut self, header: u64, location: u64) {
        if !self.cautious && !self.lost.contains(&(header, location)) {
            self.changed |= self.carried.insert((header, location));
        }
    }

    /// Not every arrival knows what the location holds.
    pub(super) fn lose(&mut self, header: u64, location: u64) {
        self.changed |= self.lost.insert((header, location));
    }

    /// Whether a slot is assumed never to be less than at first.
    pub(super) fn is_rising(&self, at: (u64, Slot)) -> bool {
        !self.cautious && self.rising.contains(&at) && !self.falling.contains(&at)
    }

    /// Whether a slot is assumed to hold the same value at every arrival.
    pub(super) fn is_steady(&self, at: (u64, Slot)) -> bool {
        !self.cautious && self.steady.contains(&at) && !self.unsteady.contains(&at)
    }

    /// Takes note of a parameter for which all arrivals brought one value, so that
    /// the next emission knows it in the loop.
    pub(super) fn find_steady(&mut self, at: (u64, Slot)) {
        self.add(|l| &mut l.steady, at);
    }
}
