//! Snapshots: what an exit must store so that the interpreter can go on.
//!
//! What must hold: every register that the interpreter may read is exact, and
//! every variable register holds a valid owned value. A slot is left out if
//! memory already holds its value, or if it is dead where execution resumes and
//! neither memory nor the value holds a counted object. A dead slot is stored as
//! null when memory may hold something that has been given away: above its live
//! registers the stack holds no counted objects.
//!
//! Example: in the loop `s := s + i` every exit stores `s` and `i`, but not the
//! hidden temporary of the addition.

use super::super::ir::{FrameState, Slot, SlotValue, Snapshot, Type};
use super::graph::Graph;
use super::plan::Environment;
use super::state::{Entry, State, Stored};

/// How a slot is looked at by the code that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It may be read.
    Live,
    /// A variable that is written before it is read.
    DeadVariable,
    /// A temporary that is dead.
    DeadTemporary,
}

/// Whether a slot may be read when these frames go on.
pub fn liveness(environment: &dyn Environment, frames: &[FrameState], slot: Slot) -> Liveness {
    let Slot::Frame(index) = slot else { return Liveness::Live };
    let depth = frames.iter().rposition(|frame| frame.base - 1 <= index).unwrap_or(0);
    let frame = &frames[depth];
    if index < frame.base {
        return Liveness::Live; // the closure that runs
    }
    let register = (index - frame.base) as u32;
    let live = environment.is_live(frame.code, frame.pc, register)
        // An outer frame may go on in the handler of its call, too.
        || depth + 1 < frames.len()
            && frame.pc > 0
            && environment.is_live(frame.code, frame.pc - 1, register);
    match live {
        true => Liveness::Live,
        false if register < environment.variables(frame.code) => Liveness::DeadVariable,
        false => Liveness::DeadTemporary,
    }
}

/// Whether the value holds no count.
pub fn is_immediate(graph: &Graph, value: SlotValue) -> bool {
    matches!(value, SlotValue::Typed(r) if !graph.ty(r).is_pointer())
}

/// What must be stored for a slot when these frames go on, if anything.
pub fn to_store(
    graph: &mut Graph,
    environment: &dyn Environment,
    frames: &[FrameState],
    slot: Slot,
    entry: Entry,
) -> Option<SlotValue> {
    if entry.stored == Stored::Same {
        return None;
    }
    match liveness(environment, frames, slot) {
        Liveness::Live => Some(entry.value),
        Liveness::DeadVariable if !is_immediate(graph, entry.value) => Some(entry.value),
        _ if entry.stored == Stored::Immediate => None,
        _ => Some(SlotValue::Typed(graph.constant(Type::Null, 0))),
    }
}

/// The snapshot of a state.
pub fn build(graph: &mut Graph, environment: &dyn Environment, state: &State) -> Snapshot {
    let mut slots = Vec::new();
    let at_mark = state.slots_at_mark();
    for (slot, entry) in at_mark.iter() {
        if let Some(value) = to_store(graph, environment, &state.frames, slot, entry) {
            slots.push((slot, value));
        }
    }
    for &slot in &state.spilled {
        if at_mark.get(slot).is_none() {
            slots.push((slot, SlotValue::Typed(graph.constant(Type::Null, 0))));
        }
    }
    slots.sort_unstable_by_key(|(slot, _)| *slot);
    Snapshot { frames: state.frames.clone(), slots, retains: state.facts.counts.at_exit() }
}

/// Types of slots whose values are known and in memory.
pub fn resident(graph: &Graph, state: &State) -> Vec<(Slot, Type)> {
    let at_mark = state.slots_at_mark();
    let known = at_mark.iter().filter(|(_, entry)| entry.stored == Stored::Same && !entry.junk);
    let typed = known.filter_map(|(slot, entry)| match entry.value {
        SlotValue::Typed(value) => Some((slot, graph.ty(value))),
        SlotValue::Dynamic { .. } => None,
    });
    typed.collect()
}
