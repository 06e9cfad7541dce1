//! What slots hold: a value that is known, or what memory has.
//!
//! A trace reads a slot with the kind that it found there. If the value is not known, it is
//! loaded under a guard. But of a variable that the instruction only overwrites, no trace
//! wants more than that the old value be released: whatever it is, the slot is cleared.
//!
//! What must hold: in frames that the region itself makes, memory has no counted object but
//! where the state says so; of the frame that it was entered in, memory holds every slot
//! that the state does not know.
//!
//! Example: in a loop with `let p := Point { .. }` the first round finds in the register of
//! `p` null, or the last object of an earlier loop: `clear_slot` serves for both.

use super::super::ir::{ExitKind, Inst, Op, Ref, Slot, SlotValue, Type};
use super::emit::{Emitter, Outcome, Path, Round};
use super::plan::EmitError;
use super::snapshot::{self, Liveness};
use super::state::{Entry, Stored};
use crate::value::layout::FIRST_HEAP_TAG;

impl Emitter<'_> {
    /// The value of a slot, from what is known of it or from memory.
    pub(super) fn read_slot(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        inst: &Inst,
    ) -> Result<Outcome, EmitError> {
        let slot = self.slot(round, inst.imm);
        let ty = inst.ty;
        match self.known(path, slot) {
            None if ty.is_pointer() && self.is_dead_variable(path, slot) => {
                self.clear(path, slot);
                Ok(Outcome::Value(self.graph.constant(Type::Null, 0)))
            }
            Some(Entry { junk: true, stored: Stored::Same, .. }) | None => {
                self.load_slot(path, round, name, slot, ty, ExitKind::Resume)
            }
            Some(Entry { value: SlotValue::Typed(known), .. }) => {
                let found = self.graph.ty(known);
                // A variable that is only overwritten here is read to release its
                // old value: anything will do for another object.
                let released = ty.is_pointer() && self.is_dead_variable(path, slot);
                Ok(if found == ty || released { Outcome::Value(known) } else { Outcome::Never })
            }
            Some(Entry { value: SlotValue::Dynamic { tag, payload }, .. }) => {
                self.guard_type(path, round, name, tag, payload, ty)
            }
        }
    }

    /// Leaves if a slot holds a counted object.
    pub fn immediate(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        slot: Slot,
        kind: ExitKind,
    ) -> Result<Outcome, EmitError> {
        let known = self.known(path, slot);
        let tag = match known {
            Some(Entry { value: SlotValue::Typed(value), .. }) => {
                let counted = self.graph.ty(value).is_pointer();
                return Ok(if counted { Outcome::Never } else { Outcome::Gone });
            }
            Some(Entry { value: SlotValue::Dynamic { tag, .. }, .. }) => tag,
            None if self.is_dead_variable(path, slot) => {
                self.clear(path, slot);
                return Ok(Outcome::Gone);
            }
            None => self.slot_tag(path, slot)?,
        };
        let limit = self.graph.constant(Type::Word, FIRST_HEAP_TAG);
        match path.state.facts.truths.below(&self.graph, tag, limit) {
            Some(false) => return Ok(Outcome::Never),
            Some(true) => {}
            None => {
                let guard = Inst::new(Op::GuardBelow, Type::Unit, &[tag, limit]);
                self.append(path, guard, Some((round, name, kind)))?;
            }
        }
        if known.is_none() {
            let value = SlotValue::Typed(self.graph.constant(Type::Null, 0));
            path.state.slots.set(slot, Entry { value, stored: Stored::Same, junk: true });
        }
        Ok(Outcome::Gone)
    }

    /// Whether a slot is a variable that is written before it is read.
    pub(super) fn is_dead_variable(&self, path: &Path, slot: Slot) -> bool {
        let liveness = snapshot::liveness(self.environment, &path.state.frames, slot);
        liveness == Liveness::DeadVariable
    }

    /// Sees to it that the memory of a dead variable holds no object. In frames that the
    /// region makes itself it never does.
    pub(super) fn clear(&mut self, path: &mut Path, slot: Slot) {
        let frames = &path.state.frames;
        let inner = frames.get(1).is_some_and(|frame| slot >= Slot::Frame(frame.base - 1));
        if !inner && self.graph.region.function.is_none() {
            self.flush_unowned(path);
            let clear = Inst::new(Op::ClearSlot, Type::Unit, &[]).with_imm(slot.encode());
            self.emit(path, clear);
        }
        let value = SlotValue::Typed(self.graph.constant(Type::Null, 0));
        path.state.slots.set(slot, Entry { value, stored: Stored::Immediate, junk: true });
    }

    /// What is known of a slot. One that was given away is null, as every exit has it,
    /// whatever still lies in memory.
    fn known(&mut self, path: &Path, slot: Slot) -> Option<Entry> {
        let known = path.state.slots.get(slot);
        if known.is_some() || !path.state.spilled.contains(&slot) {
            return known;
        }
        let value = SlotValue::Typed(self.graph.constant(Type::Null, 0));
        Some(Entry { value, stored: Stored::Stale, junk: true })
    }

    fn slot_tag(&mut self, path: &mut Path, slot: Slot) -> Result<Ref, EmitError> {
        let load = Inst::new(Op::SlotTag, Type::Word, &[]).with_imm(slot.encode());
        self.value(path, load)
    }

    /// Loads a slot from memory, guarding its type.
    pub fn load_slot(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        slot: Slot,
        ty: Type,
        kind: ExitKind,
    ) -> Result<Outcome, EmitError> {
        let wanted = ty.tag().ok_or(EmitError::Incomplete)?;
        let tag = self.slot_tag(path, slot)?;
        let truths = &path.state.facts.truths;
        match truths.known(&self.graph, tag) {
            Some(bits) if bits != wanted as u64 => return Ok(Outcome::Never),
            Some(_) => {}
            None if truths.is_not(tag, wanted as u64) => return Ok(Outcome::Never),
            None => {
                let guard = Inst::new(Op::GuardEqual, Type::Unit, &[tag]).with_imm(wanted as u64);
                self.append(path, guard, Some((round, name, kind)))?;
            }
        }
        let value = match ty {
            Type::Null | Type::Undefined => self.graph.constant(ty, 0),
            _ => {
                let load = Inst::new(Op::SlotPayload, ty, &[]).with_imm(slot.encode());
                self.value(path, load)?
            }
        };
        if ty.is_pointer() {
            path.state.facts.counts.own(value);
        }
        let entry = Entry { value: SlotValue::Typed(value), stored: Stored::Same, junk: false };
        path.state.slots.set(slot, entry);
        Ok(Outcome::Value(value))
    }
}
