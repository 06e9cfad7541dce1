//! What each exit of a region hands over, and how it is decoded.
//!
//! Leaving a region must be cheap in code: an exit only stores the raw words of
//! the values that its snapshot names, each once, and says its number. The
//! [`ExitPlan`] computed here tells in which order the words lie and what to
//! make of them; lowering and the evaluator write by it, `code::restore` reads.
//!
//! What must hold: word `k` of the exit values is the result of `values[k]`;
//! constants and values without bits take no word; the values of every exit are in
//! the order in which the region computes them, so that exits which hand over the
//! same first values can share the code that stores them.
//!
//! Example: a snapshot `r0 = v7:int, r1 = const 3, r2 = v7:int` has
//! `values == [v7]`, and the writes `(r0, int, Word(0))`, `(r1, int,
//! Constant(3))`, `(r2, int, Word(0))`.

use super::ir::{
    BlockId, Exit, ExitId, ExitKind, FrameState, Op, Ref, Region, Slot, SlotValue, TraceId, Type,
};
use crate::value::Tag;

/// Where a word of the restored state comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// It is this.
    Constant(u64),
    /// The exit value with this number.
    Word(u32),
    /// The low byte of the exit value with this number (bools are stored so).
    Byte(u32),
    /// The address of the object with this number that the exit makes.
    Made(u32),
}

/// A whole value of the restored state: tag word and payload word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueSource {
    /// The tag word.
    pub tag: Source,
    /// The payload word.
    pub payload: Source,
}

/// An object that an exit makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Its kind.
    pub tag: Tag,
    /// The detail of its shape word: of an array the storage.
    pub detail: u32,
    /// Fields, payloads or elements, whose counts it takes over.
    pub held: Vec<ValueSource>,
}

/// One slot to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotWrite {
    /// Which.
    pub slot: Slot,
    /// With what.
    pub value: ValueSource,
}

/// How one exit of a region is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ExitPlan {
    /// The recorded trace whose guard (or end) this is.
    pub trace: TraceId,
    /// The guarding instruction of that trace; its end if past the last.
    pub guard: Ref,
    /// Whether this is the copy in a peeled first round.
    pub peeled: bool,
    /// How the interpreter goes on.
    pub kind: ExitKind,
    /// The values to hand over, in order.
    pub values: Vec<Ref>,
    /// Objects to make first, in order.
    pub made: Vec<Made>,
    /// Slots to write.
    pub slots: Vec<SlotWrite>,
    /// Objects to retain, once each entry.
    pub retains: Vec<Source>,
    /// Activations, outermost first; the first is the one the region was entered in.
    pub frames: Vec<FrameState>,
    /// The word to show in the report, if the guard tests one, with its type.
    pub observed: Option<(Ref, Type)>,
    /// Set if control goes on in a block of the region instead of leaving.
    pub bridge: Option<BlockId>,
}

impl ExitPlan {
    /// The plans of all exits of `region`, in their order.
    pub fn of_region(region: &Region) -> Vec<ExitPlan> {
        region.exits.iter().map(|exit| ExitPlan::new(region, exit)).collect()
    }

    fn new(region: &Region, exit: &Exit) -> ExitPlan {
        let mut plan = ExitPlan {
            trace: exit.trace,
            guard: exit.guard,
            peeled: exit.peeled,
            kind: exit.kind,
            values: Vec::new(),
            made: Vec::new(),
            slots: Vec::with_capacity(exit.snapshot.slots.len()),
            retains: Vec::new(),
            frames: exit.snapshot.frames.clone(),
            observed: exit.observed.map(|word| (word, region.ty(word))),
            bridge: exit.bridge,
        };
        let made = region.made_at(&exit.snapshot);
        plan.values = handed_over(region, exit, &made);
        plan.made = made.iter().map(|made_here| plan.object(region, &made, *made_here)).collect();
        for &(slot, value) in &exit.snapshot.slots {
            let value = match value {
                SlotValue::Typed(value) => plan.typed(region, &made, value),
                SlotValue::Dynamic { tag, payload } => ValueSource {
                    tag: plan.source(region, &made, tag),
                    payload: plan.source(region, &made, payload),
                },
            };
            plan.slots.push(SlotWrite { slot, value });
        }
        for &value in &exit.snapshot.retains {
            let source = plan.source(region, &made, value);
            plan.retains.push(source);
        }
        plan
    }

    fn object(&self, region: &Region, made: &[Ref], object: Ref) -> Made {
        let inst = region.inst(object);
        let detail = match inst.op {
            Op::NewArray => inst.imm as u32,
            _ => (inst.imm >> 8) as u32,
        };
        let held = inst.args.iter().map(|arg| self.typed(region, made, *arg)).collect();
        Made { tag: inst.ty.tag().expect("an object"), detail, held }
    }

    fn typed(&self, region: &Region, made: &[Ref], value: Ref) -> ValueSource {
        let tag = region.ty(value).tag().unwrap_or(Tag::Null);
        ValueSource { tag: Source::Constant(tag as u64), payload: self.source(region, made, value) }
    }

    /// Whether this exit may be taken although its guard holds: it then resumes
    /// before the instruction. Not so if it goes on in a bridge or raises, or if
    /// records of a called function must come first.
    pub fn may_be_forced(&self) -> bool {
        self.bridge.is_none() && !matches!(self.kind, ExitKind::Raise | ExitKind::Call)
    }

    fn source(&self, region: &Region, made: &[Ref], value: Ref) -> Source {
        if let Some(index) = made.iter().position(|made| *made == value) {
            return Source::Made(index as u32);
        }
        let inst = region.inst(value);
        match self.values.binary_search(&value) {
            Err(_) => Source::Constant(inst.imm),
            Ok(index) if inst.ty == Type::Bool => Source::Byte(index as u32),
            Ok(index) => Source::Word(index as u32),
        }
    }
}

/// The values that an exit's snapshot, or what the exit makes, names and that are computed,
/// each once.
fn handed_over(region: &Region, exit: &Exit, made: &[Ref]) -> Vec<Ref> {
    let held = made.iter().flat_map(|made| region.inst(*made).args.iter().copied());
    let named = exit.snapshot.operands().chain(held);
    let mut values: Vec<Ref> = named
        .filter(|value| {
            let inst = region.inst(*value);
            inst.op != Op::Const && inst.ty.has_bits() && !made.contains(value)
        })
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The number of exit values that the largest of these exits hands over.
pub fn most_values(plans: &[ExitPlan]) -> usize {
    plans.iter().map(|plan| plan.values.len()).max().unwrap_or(0)
}

/// An exit's index as a number for machine code.
pub fn exit_number(exit: ExitId) -> u64 {
    exit.0 as u64
}

/// The region and its exit that a word of machine code names; see
/// [`exit_word`](super::context::exit_word).
pub fn exit_of_word(word: u64) -> (usize, ExitId) {
    ((word >> 32) as usize, ExitId(word as u32))
}
