//! Side regions: what goes on at an exit of a region that stays as it is.
//!
//! Compiling a large region again for each new bridge costs its size every time. So
//! the bridge first becomes a region of its own, which begins with what the exit hands
//! over: the exit's snapshot, with a parameter for each word. It goes on as the bridge
//! would inside of the region around, but knows nothing of the heap, and instead of
//! going back to the header of the region's loop it leaves there.
//!
//! What must hold: a side region is entered only through the exit of the very code that
//! its [`Side`] was made from, because only that hands over these words; a slot that the
//! snapshot leaves out has in memory what the interpreter would find there.
//!
//! Example: exit 7 hands over `v3:int` and `v9:string` for `r0` and `r4`; the side region
//! begins with `b0 entry(v0:int, v1:string)` and the state `r0 = v0, r4 = v1`.

use super::super::ir::{
    End, Exit, ExitKind, FrameState, Inst, Op, Ref, Region, Slot, SlotValue, TraceId, Type,
};
use super::emit::{Emitter, Flow, Path, Round, name_path};
use super::plan::{EmitError, Environment};
use super::state::{Entry, LoopKey, OpenLoop, Stored};
use crate::bytecode::CodeId;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Where a side region begins, and with what.
#[derive(Clone, Debug)]
pub struct Side {
    /// The trace of the exit's guard.
    pub trace: TraceId,
    /// The guard, or the length of the trace for its end.
    pub guard: Ref,
    /// Whether the exit is that of a peeled copy.
    pub peeled: bool,
    /// The version, if the region around is that of a function.
    pub function: Option<u32>,
    /// The loop of the region around, if it is that of a loop.
    pub home: Option<(CodeId, u16)>,
    frames: Vec<FrameState>,
    /// Parameters, one for each word, then constants and what the exit would make, with
    /// operands among these; what follows names them.
    values: Vec<Inst>,
    slots: Vec<(Slot, SlotValue)>,
    resident: Vec<(Slot, Type)>,
    retains: Vec<Ref>,
}

impl Side {
    /// The side region that goes on at `exit` of `region`, which hands over `words`.
    /// `home` is the loop that `region`, or the one that it is a side of, is entered at.
    pub fn new(region: &Region, exit: &Exit, words: &[Ref], home: Option<(CodeId, u16)>) -> Side {
        let parameter = |word: &Ref| Inst::new(Op::Parameter, region.ty(*word), &[]);
        let mut naming = Naming {
            region,
            values: words.iter().map(parameter).collect(),
            names: words.iter().zip(0..).map(|(word, index)| (*word, Ref(index))).collect(),
        };
        let slots = exit.snapshot.slots.iter();
        let slots =
            slots.map(|(slot, value)| (*slot, value.renamed(|value| naming.name(value)))).collect();
        let retains = exit.snapshot.retains.iter().map(|value| naming.name(*value)).collect();
        let values = naming.values;
        Side {
            trace: exit.trace,
            guard: exit.guard,
            peeled: exit.peeled,
            function: region.function,
            home,
            frames: exit.snapshot.frames.clone(),
            values,
            slots,
            resident: exit.resident.clone(),
            retains,
        }
    }

    /// Whether a header that is reached with so many frames is that of the loop which the side
    /// region belongs to, or of one around it: there it is left.
    pub fn is_home(
        &self,
        environment: &dyn Environment,
        depth: usize,
        code: CodeId,
        index: u16,
    ) -> bool {
        self.home.is_some_and(|(home, own)| {
            depth == 1
                && code == home
                && environment.header(code, index) <= environment.header(home, own)
        })
    }
}

/// What the results of the region around are called in a side region.
struct Naming<'a> {
    region: &'a Region,
    values: Vec<Inst>,
    names: FxHashMap<Ref, Ref>,
}

impl Naming<'_> {
    fn name(&mut self, value: Ref) -> Ref {
        if let Some(known) = self.names.get(&value) {
            return *known;
        }
        let inst = self.region.inst(value);
        let own = match self.region.is_sunk(value) {
            true => {
                Inst { args: inst.args.iter().map(|arg| self.name(*arg)).collect(), ..inst.clone() }
            }
            false => Inst::constant(inst.ty, inst.imm),
        };
        self.values.push(own);
        let name = Ref(self.values.len() as u32 - 1);
        self.names.insert(value, name);
        name
    }
}

impl Emitter<'_> {
    /// Begins a side region; answers the bridge that it is to replay.
    ///
    /// # Errors
    /// If the plan has no bridge that fits there.
    pub(super) fn go_on(&mut self, path: &mut Path, side: &Side) -> Result<Round, EmitError> {
        self.graph.region.is_side = true;
        self.graph.region.function = side.function;
        path.state.frames = side.frames.clone();
        let mut values: Vec<Ref> = Vec::with_capacity(side.values.len());
        for value in &side.values {
            let value = match value.op {
                Op::Parameter => self.graph.parameter(path.block, value.ty),
                Op::Const => self.graph.constant(value.ty, value.imm),
                _ => {
                    let args = value.args.iter().map(|arg| values[arg.0 as usize]).collect();
                    let object = self.emit(path, Inst { args, ..value.clone() });
                    // Registers own its count, as those of all others, below.
                    path.state.facts.counts.disown(object);
                    object
                }
            };
            values.push(value);
        }
        let name = |value: Ref| values[value.0 as usize];
        for &(slot, value) in &side.slots {
            let value = value.renamed(name);
            if let SlotValue::Typed(value) = value
                && self.graph.ty(value).is_pointer()
            {
                path.state.facts.counts.own(value);
            }
            // What the register held before may have been given away.
            path.state.slots.set(slot, Entry { value, stored: Stored::Stale, junk: false });
        }
        for &retain in &side.retains {
            path.state.facts.counts.disown(name(retain));
            path.state.facts.counts.retain(name(retain));
        }
        for &(slot, ty) in &side.resident {
            let value = match ty {
                Type::Null | Type::Undefined => self.graph.constant(ty, 0),
                _ => {
                    let load = Inst::new(Op::SlotPayload, ty, &[]).with_imm(slot.encode());
                    self.emit(path, load)
                }
            };
            if ty.is_pointer() {
                path.state.facts.counts.own(value);
            }
            let value = SlotValue::Typed(value);
            path.state.slots.set(slot, Entry { value, stored: Stored::Same, junk: false });
        }
        let trace = self.plan.traces.get(&side.trace).ok_or(EmitError::Incomplete)?.clone();
        let at = Round { trace, shift: 0, peeled: side.peeled, own: false };
        let round = self.bridge(&path.state, &at, side.guard).ok_or(EmitError::Incomplete)?;
        let name = name_path(0, &at, side.guard);
        path.state.path = name;
        // The region as a whole stands where loops look for the one around them.
        let base = Some(Rc::new(path.state.clone()));
        let code = path.state.frames[0].code;
        let key = LoopKey { code, index: u16::MAX, frames: path.state.frames[..1].to_vec() };
        path.state.loops.push(OpenLoop::new(key, round.trace.id, 0, name, base));
        Ok(round)
    }

    /// Leaves a side region at the header of the loop that it belongs to.
    pub(super) fn leave_for_home(
        &mut self,
        path: &mut Path,
        round: &Round,
        back: bool,
    ) -> Result<Flow, EmitError> {
        let end = Ref(round.trace.insts.len() as u32);
        if back {
            self.poll(path, round, end)?;
        }
        let exit = self.exit(path, round, end, ExitKind::End, None)?;
        self.graph.end(path.block, End::Leave(exit));
        Ok(Flow::Done)
    }
}
