//! The state of emission at one point of one path: what slots hold, which
//! frames are active, which loops are open, and every fact known.
//!
//! It is cloned where a path splits (at a guard with a bridge) and replaced by
//! what all arrivals share at a loop header.
//!
//! Example: after `set r0, v6` slot `r0` is typed `v6`, and memory still holds
//! the int it held before: [`Stored::Immediate`].

use super::super::ir::{Classes, FrameState, Ref, Slot, SlotValue};
use super::counts::Counts;
use super::cse::Expressions;
use super::guards::Truths;
use super::heap::Memory;
use crate::bytecode::CodeId;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::rc::Rc;

/// What memory holds for a slot whose value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The same value.
    Same,
    /// Something older, or nothing valid, that owns no count.
    Immediate,
    /// Something older that may be a counted object which has been given away.
    Stale,
}

/// What is known of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its value.
    pub value: SlotValue,
    /// What memory holds.
    pub stored: Stored,
    /// The value is some immediate and `value` a placeholder: either memory holds
    /// it, or nobody will read it.
    pub junk: bool,
}

/// Known slots, in slot order. A slot that is missing has its value in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slots(Vec<(Slot, Entry)>);

impl Slots {
    fn position(&self, slot: Slot) -> Result<usize, usize> {
        self.0.binary_search_by_key(&slot, |(s, _)| *s)
    }

    /// What is known of a slot.
    pub fn get(&self, slot: Slot) -> Option<Entry> {
        self.position(slot).ok().map(|index| self.0[index].1)
    }

    /// Sets what is known of a slot.
    pub fn set(&mut self, slot: Slot, entry: Entry) {
        match self.position(slot) {
            Ok(index) => self.0[index].1 = entry,
            Err(index) => self.0.insert(index, (slot, entry)),
        }
    }

    /// Forgets a slot: memory holds its value.
    pub fn remove(&mut self, slot: Slot) {
        if let Ok(index) = self.position(slot) {
            self.0.remove(index);
        }
    }

    /// Removes the frame slots from `base` on and answers them.
    pub fn split_off(&mut self, base: i32) -> Vec<(Slot, Entry)> {
        let above = |slot: &Slot| matches!(slot, Slot::Frame(index) if *index >= base);
        let removed = self.0.iter().filter(|(slot, _)| above(slot)).copied().collect();
        self.0.retain(|(slot, _)| !above(slot));
        removed
    }

    /// Forgets slots of which only memory knows the value.
    pub fn forget_junk(&mut self) {
        self.0.retain(|(_, entry)| !(entry.junk && entry.stored == Stored::Same));
    }

    /// All known slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Entry)> + '_ {
        self.0.iter().copied()
    }

    /// All known slots, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Slot, &mut Entry)> {
        self.0.iter_mut().map(|(slot, entry)| (*slot, entry))
    }
}

/// The identity of a loop in a region: the function, its number, and the frames
/// around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopKey {
    /// The function.
    pub code: CodeId,
    /// The loop's number in it.
    pub index: u16,
    /// All frames; the innermost one's `pc` is the header.
    pub frames: Vec<FrameState>,
}

/// A loop that the path is inside of.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    /// Which loop.
    pub key: LoopKey,
    /// Its root trace.
    pub trace: super::super::ir::TraceId,
    /// Register of the region's first frame where the trace's first frame begins.
    pub shift: i32,
    /// The entry header, if it has one (an index into the emitter's headers).
    pub outer: Option<usize>,
    /// The inner header, if the path is below it.
    pub inner: Option<usize>,
    /// Names this copy of the loop in what is learnt between emissions.
    pub name: u64,
    /// The state where the path entered the innermost part of this loop: below
    /// its inner header, its entry header, or where it was opened.
    pub base: Option<Rc<State>>,
    /// Where the last loop began that the path fell into inside of this one:
    /// instructions of the frames from this loop's on. Such places only follow
    /// each other forward, so shared copies never form a cycle.
    pub passed: Vec<u32>,
    /// Classes written on the path since the entry header.
    pub written: Classes,
    /// Classes written on the path since the inner header.
    pub written_inner: Classes,
}

impl OpenLoop {
    /// A loop that the path has just entered, still without headers.
    pub fn new(
        key: LoopKey,
        trace: super::super::ir::TraceId,
        shift: i32,
        name: u64,
        base: Option<Rc<State>>,
    ) -> OpenLoop {
        OpenLoop {
            key,
            trace,
            shift,
            outer: None,
            inner: None,
            name,
            base,
            passed: Vec::new(),
            written: Classes::NONE,
            written_inner: Classes::NONE,
        }
    }
}

/// Facts about results and memory.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Computations.
    pub expressions: Expressions,
    /// Guards and ranges.
    pub truths: Truths,
    /// Memory.
    pub memory: Memory,
    /// Reference counts.
    pub counts: Counts,
}

/// Everything known at one point of a path.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Known slots.
    pub slots: Slots,
    /// Activations, outermost first.
    pub frames: Vec<FrameState>,
    /// Open loops, outermost first.
    pub loops: Vec<OpenLoop>,
    /// Facts.
    pub facts: Facts,
    /// Names the path, for what is learnt between emissions.
    pub path: u64,
    /// Slots without an entry whose memory may hold something given away.
    pub spilled: Vec<Slot>,
    /// What slots held before they were set, since the instruction began that
    /// an exit would resume at.
    pub undo: SmallVec<[(Slot, Option<Entry>); 4]>,
}

impl State {
    /// Sets the value of a slot.
    pub fn assign(&mut self, slot: Slot, value: SlotValue, was_immediate: bool) {
        let before = self.slots.get(slot);
        self.undo.push((slot, before));
        let stored = match before {
            Some(Entry { stored: Stored::Same, .. }) if was_immediate => Stored::Immediate,
            Some(Entry { stored: Stored::Same, .. }) => Stored::Stale,
            Some(entry) => entry.stored,
            None if self.spilled.contains(&slot) => Stored::Stale,
            None => Stored::Immediate,
        };
        self.spilled.retain(|spilled| *spilled != slot);
        self.slots.set(slot, Entry { value, stored, junk: false });
    }

    /// The slots as they were when the instruction began that an exit resumes at.
    pub fn slots_at_mark(&self) -> Cow<'_, Slots> {
        if self.undo.is_empty() {
            return Cow::Borrowed(&self.slots);
        }
        let mut slots = self.slots.clone();
        for &(slot, before) in self.undo.iter().rev() {
            match before {
                Some(entry) => slots.set(slot, entry),
                None => slots.remove(slot),
            }
        }
        Cow::Owned(slots)
    }

    /// Goes back to the beginning of the instruction that an exit resumes at.
    pub fn return_to_mark(&mut self) {
        self.slots = self.slots_at_mark().into_owned();
        self.undo.clear();
    }

    /// Forgets a slot that nobody will read, but not what its memory may hold.
    pub fn abandon(&mut self, slot: Slot, entry: Entry, immediate: bool) {
        let clean = match entry.stored {
            Stored::Same => immediate,
            Stored::Immediate => true,
            Stored::Stale => false,
        };
        if !clean && !self.spilled.contains(&slot) {
            self.spilled.push(slot);
        }
        self.slots.remove(slot);
    }

    /// The innermost activation.
    ///
    /// # Panics
    /// If there is none; a path always has one.
    pub fn innermost(&mut self) -> &mut FrameState {
        self.frames.last_mut().expect("a path has a frame")
    }

    /// Notes that classes were written.
    pub fn wrote(&mut self, classes: Classes) {
        if !classes.is_empty() {
            for open in &mut self.loops {
                open.written = open.written.or(classes);
                open.written_inner = open.written_inner.or(classes);
            }
        }
    }

    /// Makes `tag`, `payload` known as `typed` wherever a slot holds them.
    pub fn refine(&mut self, tag: Ref, payload: Ref, typed: Ref, pointer: bool) {
        let mut found = 0;
        for (_, entry) in self.slots.iter_mut() {
            if entry.value == (SlotValue::Dynamic { tag, payload }) {
                entry.value = SlotValue::Typed(typed);
                found += 1;
            }
        }
        for _ in 0..if pointer { found } else { 0 } {
            self.facts.counts.own(typed);
        }
    }
}
