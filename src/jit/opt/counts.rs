//! Reference counts: retains are deferred, pairs cancel.
//!
//! `pending` counts retains that were recorded but not executed: the object is
//! known to live meanwhile because a register owns it (`owned`, a lower bound
//! of the executed counts that registers hold) or because nothing happens that
//! could free it. A release of an object with a pending retain cancels it. An
//! exit lists what is pending; its handler executes it.
//!
//! What must hold: before anything that may free objects, every pending object
//! without an owner is retained for real; before a count is observed, so is
//! everything that may be the same object; all arrivals at a header agree on
//! which slots' values have a deferred retain (are *borrowed*). A count that a
//! register has of what the heap keeps as well may be given up for that.
//!
//! Example: `x := a[i]` in a loop retains the new element and releases the old
//! one; if nothing in the loop can free elements, both disappear, and the last
//! element is retained where the loop is left.

use super::super::ir::Ref;
use smallvec::SmallVec;

/// Deferred and owned counts on one path.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pending: Vec<(Ref, u32)>,
    owned: Vec<(Ref, u32)>,
}

fn count(list: &[(Ref, u32)], reference: Ref) -> u32 {
    list.iter().find(|(r, _)| *r == reference).map_or(0, |(_, n)| *n)
}

fn add(list: &mut Vec<(Ref, u32)>, reference: Ref, more: u32) {
    match list.iter_mut().find(|(r, _)| *r == reference) {
        Some((_, n)) => *n += more,
        None => list.push((reference, more)),
    }
}

fn take_one(list: &mut Vec<(Ref, u32)>, reference: Ref) -> bool {
    let Some(index) = list.iter().position(|(r, _)| *r == reference) else { return false };
    list[index].1 -= 1;
    if list[index].1 == 0 {
        list.remove(index);
    }
    true
}

impl Counts {
    /// A register holds one more executed count.
    pub fn own(&mut self, reference: Ref) {
        add(&mut self.owned, reference, 1);
    }

    /// A register holds one executed count less.
    pub fn disown(&mut self, reference: Ref) {
        take_one(&mut self.owned, reference);
    }

    /// Whether a register certainly holds a count.
    pub fn is_owned(&self, reference: Ref) -> bool {
        count(&self.owned, reference) > 0
    }

    /// Defers a retain.
    pub fn retain(&mut self, reference: Ref) {
        add(&mut self.pending, reference, 1);
    }

    /// A release is wanted; false if it cancelled a deferred retain, true if it
    /// must be executed.
    pub fn release(&mut self, reference: Ref) -> bool {
        if take_one(&mut self.pending, reference) {
            return false;
        }
        take_one(&mut self.owned, reference);
        true
    }

    /// A location of the heap or a helper takes over a count; true if a retain
    /// must be executed for it.
    pub fn give(&mut self, reference: Ref) -> bool {
        if take_one(&mut self.pending, reference) {
            return true;
        }
        take_one(&mut self.owned, reference);
        false
    }

    /// Takes out the deferred retains that `wanted` selects, for execution now:
    /// each as often as it stands in the answer.
    pub fn flush(&mut self, wanted: impl Fn(&Counts, Ref) -> bool) -> SmallVec<[Ref; 4]> {
        let due: SmallVec<[(Ref, u32); 4]> =
            self.pending.iter().copied().filter(|(r, _)| wanted(self, *r)).collect();
        let mut all = SmallVec::new();
        for (reference, n) in due {
            self.pending.retain(|(r, _)| *r != reference);
            add(&mut self.owned, reference, n);
            all.extend(std::iter::repeat_n(reference, n as usize));
        }
        all
    }

    /// Retains that an exit must execute.
    pub fn at_exit(&self) -> Vec<Ref> {
        let mut pending = self.pending.clone();
        pending.sort_unstable();
        pending.iter().flat_map(|(r, n)| std::iter::repeat_n(*r, *n as usize)).collect()
    }

    /// Takes one deferred retain of the object, if there is one.
    pub fn take_pending(&mut self, reference: Ref) -> bool {
        take_one(&mut self.pending, reference)
    }

    /// Starts over at a header: each of these slots' values has a deferred
    /// retain if it is borrowed, else the register owns a count.
    pub fn restart(&mut self, values: impl Iterator<Item = (Ref, bool)>) {
        self.pending.clear();
        self.owned.clear();
        for (reference, borrowed) in values {
            add(if borrowed { &mut self.pending } else { &mut self.owned }, reference, 1);
        }
    }
}
