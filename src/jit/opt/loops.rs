//! Loop headers: where they stand, their parameters, and arrivals at them.
//!
//! A loop whose root trace comes back to its own header is *peeled*: its first
//! round is emitted on its own, then the inner header, then the body, whose back
//! edge leads to the inner header. What the first round has established about
//! values is known in the body, and so is what it has established about memory,
//! until an arrival does not confirm it; that is what hoists guards, lengths and
//! shapes. An entry header before the first round exists only where something
//! arrives there.
//!
//! What must hold at a header: for every slot all arrivals agree on whether its
//! value is a parameter, one value from before the header, or in memory. The
//! first arrival decides by a [`Survey`](super::survey::Survey); an arrival that
//! does not agree adds to [`Learned`], and the region is emitted again.
//!
//! A nested loop that several paths inside the same loop fall into (because the
//! loop before it has more than one way out, say) is emitted once: its entry
//! header is *shared*, what the paths do not have in common becomes parameters,
//! and the facts are those of the loop around it.
//!
//! Example: a slot that is an int on entry and a float after a round is demoted:
//! it is stored to memory before each jump to the header and loaded after it.

use super::super::ir::{
    BlockId, BlockKind, Classes, End, ExitKind, Inst, Op, Ref, Slot, SlotValue, Trace, TraceEnd,
    Type,
};
use super::carried::{Carried, Moving, is_carried};
use super::emit::{Emitter, Flow, Path, Round};
use super::graph::Graph;
use super::heap::Location;
use super::learned::Learned;
use super::plan::EmitError;
use super::ranges::Range;
use super::snapshot::{self, Liveness};
use super::state::{Entry, LoopKey, OpenLoop, Slots, Stored};
use super::survey::Place;
use crate::bytecode::CodeId;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

/// A slot whose value is a parameter of a header.
#[derive(Clone, Copy, Debug)]
struct Parameter {
    slot: Slot,
    value: Ref,
    /// What is assumed of it.
    range: Range,
    /// The value at the first arrival.
    first: Ref,
    /// Whether another arrival brought another value.
    varies: bool,
}

/// A loop header that has been emitted.
#[derive(Debug)]
pub struct Header {
    block: BlockId,
    /// The first result that was not there before it.
    begins: Ref,
    /// Names it across emissions.
    pub name: u64,
    slots: Slots,
    parameters: Vec<Parameter>,
    /// Times a path went back to it or joined it.
    arrivals: u32,
    /// Slots whose values have a deferred retain.
    borrowed: Vec<Slot>,
    /// Facts about memory of classes that may be written, to be confirmed by every
    /// arrival.
    kept: Vec<(Location, Ref)>,
    /// Parameters for what memory holds; they follow those of slots.
    pub carried: Vec<Carried>,
    /// Elements that could be carried too.
    pub offers: Vec<Moving>,
    /// Classes that may be written between two arrivals.
    allowed: Classes,
    /// Classes that may be written on the ways into a shared header.
    before: Classes,
}

impl Header {
    /// Whether a result is the same in all rounds because it comes from before.
    pub fn is_before(&self, graph: &Graph, result: Ref) -> bool {
        result < self.begins || graph.as_int(result).is_some()
    }

    /// The slot whose value a parameter is.
    pub fn slot(&self, value: Ref) -> Option<Slot> {
        let parameter = self.parameters.iter().find(|parameter| parameter.value == value);
        parameter.map(|parameter| parameter.slot)
    }

    /// The value of a parameter at the first arrival.
    pub fn first(&self, value: Ref) -> Option<Ref> {
        let parameter = self.parameters.iter().find(|parameter| parameter.value == value);
        parameter.map(|parameter| parameter.first)
    }
}

/// Which of a loop's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Which {
    Outer,
    Inner,
}

/// What a header wants of the count of a slot's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// That the register holds it.
    Own,
    /// To go on with a deferred retain, if there is one.
    Borrow,
    /// The same, and to give up a count for one, if the heap keeps the object.
    Lend,
}

/// From where an arrival comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// Below the inner header.
    Body,
    /// Below the entry header.
    Round,
    /// Outside, to a shared header.
    Outside,
}

/// A name that lasts from one emission to the next.
pub fn name_of(parts: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// Operations that a name of a result goes back through.
const NAME_DEPTH: u32 = 6;

/// Names a result across emissions, by how it is computed; two that are computed
/// alike may share a name.
fn name_of_result(graph: &Graph, names: &FxHashMap<Ref, u64>, result: Ref, depth: u32) -> u64 {
    if let Some(name) = names.get(&result) {
        return *name;
    }
    let inst = graph.inst(result);
    let mut hasher = FxHasher::default();
    (inst.op, inst.imm).hash(&mut hasher);
    if depth > 0 {
        for arg in &inst.args {
            name_of_result(graph, names, *arg, depth - 1).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Names an operand across emissions.
pub fn name_of_operand(graph: &Graph, names: &FxHashMap<Ref, u64>, operand: Ref) -> u64 {
    name_of_result(graph, names, operand, NAME_DEPTH)
}

/// Names a location across emissions.
pub fn name_of_location(graph: &Graph, names: &FxHashMap<Ref, u64>, location: &Location) -> u64 {
    let args = location.args.iter().map(|arg| name_of_operand(graph, names, *arg));
    let args: SmallVec<[u64; 2]> = args.collect();
    name_of((location.op, location.imm, &args[..]))
}

fn place(key: &LoopKey) -> Place {
    (key.code, key.index, key.frames.last().map_or(0, |frame| frame.base))
}

impl Emitter<'_> {
    /// Takes note of the parameters for which all arrivals brought one value.
    pub fn find_steady(&mut self) {
        for header in self.headers.iter().filter(|header| header.arrivals > 0) {
            for parameter in header.parameters.iter().filter(|parameter| !parameter.varies) {
                self.learned.find_steady((header.name, parameter.slot));
            }
        }
    }

    /// Opens a loop at the innermost frame's `pc` and answers its first round.
    pub fn open(
        &mut self,
        path: &mut Path,
        trace: Arc<Trace>,
        shift: i32,
        shared: Option<u64>,
    ) -> Result<Round, EmitError> {
        let super::super::ir::Start::Loop { code, index } = trace.start else {
            return Err(EmitError::NoLoop);
        };
        let own_end = TraceEnd::Header { code, index, back: true };
        let options = self.plan.options;
        let peel = options.peel && trace.end == own_end && trace.insts.len() <= options.peel_limit;
        let name = shared.unwrap_or_else(|| name_of((path.state.path, code, index)));
        path.state.path = name;
        let root = path.state.loops.is_empty();
        path.state.undo.clear();
        let base = shared.is_none().then(|| Rc::new(path.state.clone()));
        let key = LoopKey { code, index, frames: path.state.frames.clone() };
        path.state.loops.push(OpenLoop::new(key, trace.id, shift, name, base));
        let round = Round { trace, shift, peeled: peel, own: true };
        if !peel || shared.is_some() || self.learned.entered.contains(&name) {
            let kind = if root { ExitKind::Entry } else { ExitKind::Resume };
            self.header(path, &round, Which::Outer, kind)?;
        }
        Ok(round)
    }

    /// A trace ends at a loop header.
    pub fn arrive(
        &mut self,
        path: &mut Path,
        round: &Round,
        code: CodeId,
        index: u16,
        back: bool,
    ) -> Result<Flow, EmitError> {
        let key = LoopKey { code, index, frames: path.state.frames.clone() };
        let open = path.state.loops.iter().rposition(|open| open.key == key);
        let end = Ref(round.trace.insts.len() as u32);
        let Some(depth) = open else {
            let (environment, frames) = (self.environment, path.state.frames.len());
            return match &self.plan.side {
                Some(side) if side.is_home(environment, frames, code, index) => {
                    self.leave_for_home(path, round, back)
                }
                _ => self.nest(path, round, end, code, index),
            };
        };
        path.state.loops.truncate(depth + 1);
        let innermost = &path.state.loops[depth];
        let own = round.own && innermost.trace == round.trace.id;
        if own && round.peeled && innermost.inner.is_none() {
            let next = Round { peeled: false, ..round.clone() };
            self.header(path, &next, Which::Inner, ExitKind::Resume)?;
            return Ok(Flow::Turn(next));
        }
        let (target, name) = (if back { innermost.inner } else { None }, innermost.name);
        match target.or(innermost.outer) {
            Some(header) => {
                let from = if target.is_some() { From::Body } else { From::Round };
                // Also a path that went around an outer loop, and falls in again, may do so
                // for ever.
                self.poll(path, round, end)?;
                self.jump(path, header, from);
            }
            None => {
                self.learned.changed |= self.learned.entered.insert(name);
                let exit = self.exit(path, round, end, ExitKind::End, None)?;
                self.graph.end(path.block, End::Leave(exit));
            }
        }
        Ok(Flow::Done)
    }

    /// Arrives at a loop that is not open: a nested copy begins, if it may.
    fn nest(
        &mut self,
        path: &mut Path,
        round: &Round,
        end: Ref,
        code: CodeId,
        index: u16,
    ) -> Result<Flow, EmitError> {
        let options = self.plan.options;
        // A loop inside itself is recursion: copies of it would multiply.
        let again = |open: &OpenLoop| (open.key.code, open.key.index) == (code, index);
        let fits = path.state.loops.len() < options.nesting_limit
            && !path.state.loops.iter().any(again)
            && self.graph.region.insts.len() < options.size_limit;
        let trace = self.plan.loops.get(&(code, index)).and_then(|id| self.plan.traces.get(id));
        let Some(trace) = trace.cloned().filter(|trace| fits && trace.frames.len() == 1) else {
            return self.leave(path, round, end, ExitKind::End);
        };
        self.close_left(path);
        let shift = path.state.innermost().base - trace.frames[0].base;
        if let Some(open) = path.state.loops.last_mut() {
            let inside = &path.state.frames[open.key.frames.len() - 1..];
            let position: Vec<u32> = inside.iter().map(|frame| frame.pc).collect();
            // Before the header of a shared loop nothing is known to hold on all ways in.
            if position <= open.passed || open.base.is_none() {
                return self.leave(path, round, end, ExitKind::End);
            }
            open.passed = position;
        }
        let around = path.state.loops.last();
        // Copies are shared only by ways through the same part of the loop around them.
        let around = around.map(|open| (open.name, open.outer.is_some(), open.inner.is_some()));
        let name = name_of((around, code, index, &path.state.frames));
        match self.copies.get(&name).copied() {
            Some(Some(header)) => {
                self.jump(path, header, From::Outside);
                return Ok(Flow::Done);
            }
            Some(None) => {
                // A second way in: the next emission shares the copy.
                self.learned.changed |= self.learned.shared.insert(name);
                let exit = self.exit(path, round, end, ExitKind::End, None)?;
                self.graph.end(path.block, End::Leave(exit));
                return Ok(Flow::Done);
            }
            None => {}
        }
        let shared = self.learned.shared.contains(&name).then_some(name);
        let round = self.open(path, trace, shift, shared)?;
        let header = path.state.loops.last().and_then(|open| open.outer);
        self.copies.insert(name, shared.and(header));
        Ok(Flow::Turn(round))
    }

    /// Takes note of loops that the path has left for good: their frame is gone,
    /// or the innermost frame is at an instruction outside of them.
    fn close_left(&self, path: &mut Path) {
        let here = path.state.innermost().clone();
        let depth = path.state.frames.len();
        while let [_, .., open] = &path.state.loops[..] {
            let Some(header) = open.key.frames.last() else { break };
            let end = self.ends.get(&(open.key.code, open.key.index));
            let outside = end.is_some_and(|end| here.pc < header.pc || *end < here.pc);
            let same = open.key.frames.len() == depth && header.code == here.code;
            if open.key.frames.len() <= depth && !(same && outside) {
                break;
            }
            path.state.loops.pop();
        }
    }

    /// Emits a header of the innermost open loop; the path goes on below it.
    fn header(
        &mut self,
        path: &mut Path,
        round: &Round,
        which: Which,
        kind: ExitKind,
    ) -> Result<(), EmitError> {
        let depth = path.state.loops.len() - 1;
        let open = path.state.loops[depth].clone();
        let name = name_of((open.name, which));
        let outer: Vec<Place> = path.state.loops[..depth].iter().map(|o| place(&o.key)).collect();
        let back_only = which == Which::Inner;
        let peels = back_only || round.peeled;
        let below = self.plan.traces.get(&open.trace).map_or(1, |trace| trace.frames.len());
        let below = &open.key.frames[..open.key.frames.len().saturating_sub(below)];
        let here = place(&open.key);
        let survey = self.survey(open.trace, open.shift, here, &outer, below, back_only);
        let learned_writes = self.learned.written.get(&name).copied().unwrap_or(0);
        let allowed = survey.writes.or(Classes(learned_writes));
        // A shared header keeps only what holds in the loop around it.
        let around = match (which, open.base.is_none(), depth.checked_sub(1)) {
            (Which::Outer, true, Some(above)) => path.state.loops[above].base.clone(),
            _ => None,
        };
        let differs = |path: &Path, slot: Slot| {
            around.as_ref().is_some_and(|base| base.slots.get(slot) != path.state.slots.get(slot))
        };
        let changes = |learned: &Learned, slot: Slot| {
            survey.changes.binary_search(&slot).is_ok() || learned.changing.contains(&(name, slot))
        };
        path.state.undo.clear();
        self.settle(path);
        path.state.slots.forget_junk();
        for (&slot, &(ty, trace, read)) in &survey.reads {
            // Around inner loops, what does not change is loaded here as well.
            let wanted = (changes(self.learned, slot) || !peels)
                && !self.learned.demoted.contains(&(name, slot))
                && path.state.slots.get(slot).is_none();
            if wanted && self.is_dead_variable(path, slot) {
                self.clear(path, slot);
                continue;
            }
            let wanted = wanted
                && snapshot::liveness(self.environment, &path.state.frames, slot) == Liveness::Live;
            let Some(trace) = self.plan.traces.get(&trace).filter(|_| wanted).cloned() else {
                continue;
            };
            let site = Round { trace, ..round.clone() };
            self.load_slot(path, &site, read, slot, ty, kind)?;
        }
        for (&slot, &(trace, read)) in &survey.immediates {
            let wanted = changes(self.learned, slot)
                && !self.learned.demoted.contains(&(name, slot))
                && path.state.slots.get(slot).is_none()
                && snapshot::liveness(self.environment, &path.state.frames, slot)
                    == Liveness::DeadVariable;
            let Some(trace) = self.plan.traces.get(&trace).filter(|_| wanted).cloned() else {
                continue;
            };
            let site = Round { trace, ..round.clone() };
            self.immediate(path, &site, read, slot, kind)?;
        }
        if around.is_none() {
            self.check_assumptions(path, round, name)?;
        }
        self.settle(path);
        for (slot, entry) in path.state.slots.clone().iter() {
            let dynamic = matches!(entry.value, SlotValue::Dynamic { .. });
            let demoted = self.learned.demoted.contains(&(name, slot));
            let varies = changes(self.learned, slot) || differs(path, slot);
            if demoted || dynamic && varies {
                self.flush_slot(path, entry);
                self.store(path, slot, entry);
                path.state.slots.remove(slot);
            }
        }
        let borrowed = self.borrow(path, |learned, slot| match changes(learned, slot) {
            _ if learned.firm.contains(&(name, slot)) => Wish::Own,
            // What stays the same is not counted in the rounds anyway.
            false => Wish::Borrow,
            true => Wish::Lend,
        });
        let block = self.graph.block(BlockKind::Header);
        let begins = Ref(self.graph.region.insts.len() as u32);
        let mut args = Vec::new();
        let mut parameters = Vec::new();
        let varying: FxHashSet<Slot> = path
            .state
            .slots
            .iter()
            .map(|(slot, _)| slot)
            .filter(|slot| changes(self.learned, *slot) || differs(path, *slot))
            .collect();
        for (slot, mut entry) in path.state.slots.clone().iter() {
            if self.learned.stale.contains(&(name, slot)) {
                entry.stored = Stored::Stale;
            }
            if let SlotValue::Typed(value) = entry.value
                && !entry.junk
                && varying.contains(&slot)
            {
                let ty = self.graph.ty(value);
                if entry.stored == Stored::Same {
                    let immediate = !ty.is_pointer() && !self.learned.stale.contains(&(name, slot));
                    entry.stored = if immediate { Stored::Immediate } else { Stored::Stale };
                }
                let steady = self.learned.is_steady((name, slot));
                if !steady && ty.has_bits() {
                    let range = self.first_range(path, name, slot, value);
                    let parameter = self.graph.parameter(block, ty);
                    self.names.insert(parameter, name_of((name, slot)));
                    args.push(value);
                    parameters.push(Parameter {
                        slot,
                        value: parameter,
                        range,
                        first: value,
                        varies: false,
                    });
                    entry.value = SlotValue::Typed(parameter);
                }
            }
            path.state.slots.set(slot, entry);
        }
        let optimistic = around.is_none() && self.plan.options.heap && !self.learned.cautious;
        let indices: Vec<_> = parameters
            .iter()
            .filter(|parameter| self.graph.ty(parameter.value) == Type::Int)
            .map(|parameter| (parameter.slot, parameter.value, parameter.first))
            .collect();
        let (carried, offers) = match optimistic {
            true => self.carry(path, name, block, &indices, &mut args),
            false => (Vec::new(), Vec::new()),
        };
        self.graph.end(path.block, End::Jump { target: block, args });
        path.block = block;
        let mut before = Classes::NONE;
        if let Some(base) = &around {
            let learned = self.learned.written.get(&name_of((name, "before"))).copied();
            before = self.written(path, depth - 1).or(Classes(learned.unwrap_or(0)));
            let counts = std::mem::take(&mut path.state.facts.counts);
            path.state.facts = base.facts.clone();
            path.state.facts.counts = counts;
            path.state.wrote(before);
        }
        let facts = &mut path.state.facts;
        let (graph, names, lost) = (&self.graph, &self.names, &self.learned.lost);
        let kept = facts.memory.pass_header(graph, allowed.or(before), |location| {
            optimistic
                && !is_carried(&carried, location)
                && !lost.contains(&(name, name_of_location(graph, names, location)))
        });
        for &Parameter { slot, value, first, range, .. } in &parameters {
            if self.plan.options.guards && !range.is_full() {
                facts.truths.bound(&self.graph, value, range);
            }
            if self.learned.is_rising((name, slot)) {
                facts.truths.learn_at_most(&self.graph, first, value, 0);
            }
        }
        let graph = &self.graph;
        let objects = path.state.slots.iter().filter_map(|(slot, entry)| match entry.value {
            SlotValue::Typed(value) if graph.ty(value).is_pointer() => {
                Some((value, borrowed.contains(&slot)))
            }
            _ => None,
        });
        facts.counts.restart(objects);
        path.state.wrote(allowed);
        self.know_carried(path, &carried);
        let slots = path.state.slots.clone();
        self.headers.push(Header {
            block,
            begins,
            name,
            slots,
            parameters,
            arrivals: 0,
            borrowed,
            kept,
            carried,
            offers,
            allowed,
            before,
        });
        let below = Rc::new(path.state.clone());
        let open = &mut path.state.loops[depth];
        match which {
            Which::Outer => open.outer = Some(self.headers.len() - 1),
            Which::Inner => open.inner = Some(self.headers.len() - 1),
        }
        if which == Which::Outer {
            open.written = Classes::NONE;
        }
        open.written_inner = Classes::NONE;
        open.passed = Vec::new();
        open.base = Some(below);
        Ok(())
    }

    /// Classes written on the path since the base of an open loop.
    fn written(&self, path: &Path, depth: usize) -> Classes {
        let open = &path.state.loops[depth];
        if open.inner.is_some() { open.written_inner } else { open.written }
    }

    /// The range of a parameter that is assumed from its first value, until an
    /// arrival contradicts.
    fn first_range(&self, path: &Path, name: u64, slot: Slot, value: Ref) -> Range {
        if self.graph.ty(value) != Type::Int {
            return Range::FULL;
        }
        let mut range = path.state.facts.truths.range(&self.graph, value);
        if self.learned.below.contains(&(name, slot)) {
            range.low = i64::MIN;
        }
        // A single value is where something starts to count up.
        if self.learned.above.contains(&(name, slot)) || range.low == range.high {
            range.high = match self.learned.limit_of((name, slot)) {
                Some(limit) if range.low >= 0 && range.high < limit => limit - 1,
                _ => i64::MAX,
            };
        }
        range
    }

    /// Two indices of the loop are not known to be different. If one of them is a
    /// parameter whose first value is another index than the other, the next emission
    /// assumes that it only rises.
    pub fn ask_whether_rising(&mut self, path: &Path, doubtful: &[(Ref, Ref)]) {
        let truths = &path.state.facts.truths;
        for (a, b) in doubtful.iter().flat_map(|&(a, b)| [(a, b), (b, a)]) {
            let open = path.state.loops.iter().filter_map(|open| open.inner.or(open.outer));
            let parameter = open
                .flat_map(|header| {
                    let header = &self.headers[header];
                    header.parameters.iter().map(|parameter| (header.name, parameter))
                })
                .find(|(_, parameter)| parameter.value == a);
            if let Some((name, parameter)) = parameter
                && truths.at_most(&self.graph, b, parameter.first, -1)
                && !self.learned.cautious
            {
                let slot = parameter.slot;
                self.learned.add(|l| &mut l.rising, (name, slot));
            }
        }
    }

    /// Jumps to a header, after bringing the state into its form.
    fn jump(&mut self, path: &mut Path, header: usize, from: From) {
        self.settle(path);
        let (block, name) = (self.headers[header].block, self.headers[header].name);
        let (mut args, mut brought) = (Vec::new(), Vec::new());
        self.headers[header].arrivals += 1;
        for (slot, wanted) in self.headers[header].slots.clone().iter() {
            let parameters = &mut self.headers[header].parameters;
            let mut parameter = parameters.iter_mut().find(|parameter| parameter.slot == slot);
            let here = path.state.slots.get(slot);
            let Some(Entry { value, stored, junk }) = here else {
                self.learned.add(|l| &mut l.demoted, (name, slot));
                continue;
            };
            let immediate = snapshot::is_immediate(&self.graph, value);
            let agrees = match (wanted.stored, stored) {
                (Stored::Stale, _) | (Stored::Same, Stored::Same) => true,
                (Stored::Immediate, Stored::Immediate) => true,
                (Stored::Immediate, Stored::Same) => immediate,
                _ => false,
            };
            if let (Some(parameter), SlotValue::Typed(value), false) = (&mut parameter, value, junk)
            {
                parameter.varies |= value != parameter.first && value != parameter.value;
                let range = parameter.range;
                if self.graph.ty(value) != self.graph.ty(parameter.value) {
                    self.learned.add(|l| &mut l.demoted, (name, slot));
                    continue;
                }
                if !agrees {
                    self.learned.add(|l| &mut l.stale, (name, slot));
                }
                if self.plan.options.guards && self.learned.ranges_count() {
                    let actual = path.state.facts.truths.range(&self.graph, value);
                    if actual.low < range.low {
                        self.learned.add(|l| &mut l.below, (name, slot));
                    }
                    if actual.high > range.high {
                        self.learned.add(|l| &mut l.above, (name, slot));
                    }
                    brought.push((slot, value, actual));
                }
                let first = parameter.first;
                if self.learned.is_rising((name, slot))
                    && !path.state.facts.truths.at_most(&self.graph, first, value, 0)
                {
                    self.learned.add(|l| &mut l.falling, (name, slot));
                }
                args.push(value);
            } else if value != wanted.value && self.learned.is_steady((name, slot)) {
                self.learned.add(|l| &mut l.unsteady, (name, slot));
            } else if value != wanted.value || junk != wanted.junk {
                let known = parameter.is_some()
                    || wanted.junk
                    || self.learned.changing.contains(&(name, slot));
                if known || self.surveyed_constant(wanted) {
                    self.learned.add(|l| &mut l.demoted, (name, slot));
                } else {
                    self.learned.add(|l| &mut l.changing, (name, slot));
                }
            } else if !agrees {
                if wanted.stored == Stored::Same {
                    self.learned.add(|l| &mut l.changing, (name, slot));
                } else {
                    self.learned.add(|l| &mut l.stale, (name, slot));
                }
            }
        }
        self.grant_wishes(header, &brought);
        let wanted = self.headers[header].borrowed.clone();
        let borrowed = self.borrow(path, |_, slot| match wanted.contains(&slot) {
            true => Wish::Lend,
            false => Wish::Own,
        });
        for slot in wanted.into_iter().filter(|slot| !borrowed.contains(slot)) {
            self.learned.add(|l| &mut l.firm, (name, slot));
        }
        for (slot, entry) in path.state.slots.clone().iter() {
            if self.headers[header].slots.get(slot).is_none() {
                self.store(path, slot, entry);
            }
        }
        self.pass_carried(path, header, &mut args);
        for (location, value) in self.headers[header].kept.clone() {
            if path.state.facts.memory.get(&location) != Some(value) {
                self.differs(path, name, &location, value);
            }
        }
        let depth = path.state.loops.len() - 1;
        let (written, outside) = match from {
            From::Body => (path.state.loops[depth].written_inner, false),
            From::Round => (path.state.loops[depth].written, false),
            From::Outside => (self.written(path, depth), true),
        };
        let header = &self.headers[header];
        let permitted = if outside { header.before } else { header.allowed };
        let name = if outside { name_of((name, "before")) } else { name };
        let surprise = written.0 & !permitted.0;
        if surprise != 0 {
            *self.learned.written.entry(name).or_insert(0) |= surprise;
            self.learned.changed = true;
        }
        self.graph.end(path.block, End::Jump { target: block, args });
    }

    /// Whether a slot of a header is a constant without bits, which no
    /// parameter can replace.
    fn surveyed_constant(&self, entry: Entry) -> bool {
        matches!(entry.value, SlotValue::Typed(value)
            if !self.graph.ty(value).has_bits())
    }

    /// Hands the deferred retains of slots' values over to the header, as far
    /// as it wants them, and executes all others. Answers the slots. Of a value that
    /// is not borrowed but could be, the count is given up if the header wants that:
    /// its rounds then pass the value on without counting.
    fn borrow(&mut self, path: &mut Path, wish: impl Fn(&Learned, Slot) -> Wish) -> Vec<Slot> {
        let mut borrowed = Vec::new();
        // Of several slots that hold the value, the one is meant whose register was not
        // written yet: the others have their counts.
        for written in [false, true] {
            for (slot, entry) in path.state.slots.iter() {
                if let SlotValue::Typed(value) = entry.value
                    && (entry.stored == Stored::Same) == written
                    && self.graph.ty(value).is_pointer()
                    && wish(self.learned, slot) != Wish::Own
                    && path.state.facts.counts.take_pending(value)
                {
                    borrowed.push(slot);
                }
            }
        }
        for (slot, entry) in path.state.slots.clone().iter() {
            if let SlotValue::Typed(value) = entry.value
                && !borrowed.contains(&slot)
                && self.graph.ty(value).is_pointer()
                && wish(self.learned, slot) == Wish::Lend
                && self.lend(path, value)
            {
                borrowed.push(slot);
            }
        }
        self.flush_all(path);
        borrowed
    }

    /// Brings the state into the form that headers compare: dead temporaries
    /// forgotten, dead variables without a value.
    fn settle(&mut self, path: &mut Path) {
        let null = SlotValue::Typed(self.graph.constant(Type::Null, 0));
        for (slot, entry) in path.state.slots.clone().iter() {
            match snapshot::liveness(self.environment, &path.state.frames, slot) {
                Liveness::Live => {}
                Liveness::DeadTemporary => {
                    let immediate = snapshot::is_immediate(&self.graph, entry.value);
                    path.state.abandon(slot, entry, immediate);
                }
                Liveness::DeadVariable => {
                    let SlotValue::Typed(value) = entry.value else { continue };
                    let is_object = self.graph.ty(value).is_pointer();
                    let stored = match entry.stored {
                        Stored::Same if is_object => Stored::Stale,
                        Stored::Same => Stored::Immediate,
                        other => other,
                    };
                    path.state.slots.set(slot, Entry { value: null, stored, junk: true });
                    if is_object {
                        self.release(path, value);
                    }
                }
            }
        }
        let null = self.graph.constant(Type::Null, 0);
        for slot in std::mem::take(&mut path.state.spilled) {
            let store = Inst::new(Op::StoreSlot, Type::Unit, &[null]);
            self.emit(path, store.with_imm(slot.encode()));
        }
    }

    /// Executes the deferred retains of a slot's value.
    fn flush_slot(&mut self, path: &mut Path, entry: Entry) {
        if let SlotValue::Typed(value) = entry.value {
            let due = path.state.facts.counts.flush(|_, object| object == value);
            self.flush(path, due);
        }
    }

    /// Stores a slot to memory, if memory does not hold what it must.
    fn store(&mut self, path: &mut Path, slot: Slot, entry: Entry) {
        let frames = path.state.frames.clone();
        let value = snapshot::to_store(&mut self.graph, self.environment, &frames, slot, entry);
        if let Some(value) = value {
            let inst = Inst::storing(value, Op::StoreSlot, Op::StoreSlotDynamic);
            self.emit(path, inst.with_imm(slot.encode()));
        }
    }
}
