//! Which slots a loop may change and what memory it may write, from its traces.
//!
//! Looks at every trace that a path from the loop's header may come through
//! before it arrives there again: the root trace, bridges, nested loops. The
//! answer decides which slots become parameters and which facts about memory
//! every arrival has to confirm; emission checks it on every arrival, so a wrong answer
//! costs another emission, never correctness.
//!
//! Example: for `while i < n { if c { k := k + 1 } i := i + 1 }` with a bridge
//! for the branch, `i` and `k` change and no memory is written.

use super::super::ir::{Classes, FrameState, Op, Ref, Slot, TraceEnd, TraceId, Type};
use super::emit::{Emitter, Round};
use super::heap;
use crate::bytecode::CodeId;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A loop by function, number and register where its frame begins.
pub type Place = (CodeId, u16, i32);

/// A frame: its function and where it begins.
type Around = (CodeId, i32);

/// Which survey: the root trace and where its frame begins, the loop, the loops
/// around it, the frames below, and whether only arrivals by jumping back count.
type Question = (TraceId, i32, Place, Vec<Place>, Vec<Around>, bool);

/// Surveys that were made for a plan. Each emission of it asks the same again.
pub type Surveys = FxHashMap<Question, Rc<Survey>>;

/// What the traces of a loop do.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Slots that some of them set.
    pub changes: Vec<Slot>,
    /// Classes that some of them write.
    pub writes: Classes,
    /// Slots that are read before any of the traces on the way sets them: the
    /// type expected, and the instruction that reads.
    pub reads: BTreeMap<Slot, (Type, TraceId, Ref)>,
    /// Slots that must hold no counted object when they are first set, and the
    /// instruction that says so.
    pub immediates: BTreeMap<Slot, (TraceId, Ref)>,
}

struct Node {
    trace: TraceId,
    arrives: bool,
    next: Vec<usize>,
    sets: Vec<Slot>,
    reads: Vec<(Slot, Type, Ref)>,
    immediates: Vec<(Slot, Ref)>,
    writes: Classes,
    /// Slots set on the way to this trace.
    before: Vec<Slot>,
}

impl Node {
    /// Slots set before what follows here.
    fn set_so_far(&self) -> Vec<Slot> {
        let new = self.sets.iter().filter(|slot| !self.before.contains(slot));
        self.before.iter().chain(new).copied().collect()
    }
}

impl Emitter<'_> {
    /// Surveys the loop at `here` with the root trace `root`; `outer` are loops
    /// that arrivals leave it for, `below` are the frames below the root trace's
    /// first: a bridge that was recorded with other frames around it cannot begin
    /// here, and its slots may not even exist. With `back_only`, arrivals by
    /// falling in do not count.
    pub fn survey(
        &mut self,
        root: TraceId,
        shift: i32,
        here: Place,
        outer: &[Place],
        below: &[FrameState],
        back_only: bool,
    ) -> Rc<Survey> {
        let below: Vec<Around> = below.iter().map(|frame| (frame.code, frame.base)).collect();
        let question = (root, shift, here, outer.to_vec(), below, back_only);
        if let Some(known) = self.surveys.get(&question) {
            return known.clone();
        }
        let survey = Rc::new(self.look_through(&question));
        self.surveys.insert(question, survey.clone());
        survey
    }

    fn look_through(&self, question: &Question) -> Survey {
        let &(root, shift, here, ref outer, ref below, back_only) = question;
        let mut nodes: Vec<Node> = Vec::new();
        let mut seen: FxHashMap<(TraceId, i32), usize> = FxHashMap::default();
        let mut work = vec![(root, shift, below.clone(), None::<usize>, Vec::new())];
        while let Some((id, shift, below, parent, before)) = work.pop() {
            if let Some(&known) = seen.get(&(id, shift)) {
                if let Some(parent) = parent {
                    nodes[parent].next.push(known);
                }
                continue;
            }
            let Some(trace) = self.plan.traces.get(&id).cloned() else { continue };
            let index = nodes.len();
            seen.insert((id, shift), index);
            if let Some(parent) = parent {
                nodes[parent].next.push(index);
            }
            let round = Round { trace: trace.clone(), shift, peeled: false, own: false };
            let mut node = Node {
                trace: id,
                arrives: false,
                next: Vec::new(),
                sets: Vec::new(),
                reads: Vec::new(),
                immediates: Vec::new(),
                writes: Classes::NONE,
                before,
            };
            let own = trace.frames.iter().map(|f| (f.code, f.base + shift));
            let mut frames: Vec<Around> = below.into_iter().chain(own).collect();
            let bridged = self.bridged.get(&id).map_or(&[][..], Vec::as_slice);
            let mut bridged = bridged.iter().peekable();
            let mut add_bridges = |upto: Ref, here: &[Around], node: &Node| {
                while let Some((_, bridge)) = bridged.next_if(|(guard, _)| *guard <= upto) {
                    let frames = self.plan.traces.get(bridge).map_or(&[][..], |t| &t.frames);
                    let Some(outer) = here.len().checked_sub(frames.len()) else { continue };
                    let (below, around) = here.split_at(outer);
                    let (Some(first), Some(there)) = (around.first(), frames.first()) else {
                        continue;
                    };
                    let shift = first.1 - there.base;
                    let there = frames.iter().map(|frame| (frame.code, frame.base + shift));
                    if there.eq(around.iter().copied()) {
                        let before = node.set_so_far();
                        work.push((*bridge, shift, below.to_vec(), Some(index), before));
                    }
                }
            };
            for (n, inst) in trace.insts.iter().enumerate() {
                add_bridges(Ref(n as u32), &frames, &node);
                match inst.op {
                    Op::Set => {
                        let slot = self.slot(&round, inst.imm);
                        if !node.sets.contains(&slot) {
                            node.sets.push(slot);
                        }
                    }
                    Op::Slot => {
                        let slot = self.slot(&round, inst.imm);
                        if !node.before.contains(&slot) && !node.sets.contains(&slot) {
                            node.reads.push((slot, inst.ty, Ref(n as u32)));
                        }
                    }
                    Op::Immediate => {
                        let slot = self.slot(&round, inst.imm);
                        if !node.before.contains(&slot) {
                            node.immediates.push((slot, Ref(n as u32)));
                        }
                    }
                    Op::Enter => {
                        let mark = &trace.entered[inst.imm as usize];
                        frames.push((mark.code, mark.base + shift));
                    }
                    Op::Leave => {
                        frames.pop();
                    }
                    _ => node.writes = node.writes.or(heap::writes(inst)),
                }
            }
            add_bridges(Ref(trace.insts.len() as u32), &frames, &node);
            if let (TraceEnd::Header { code, index: number, back }, Some((.., base))) =
                (trace.end, frames.pop())
            {
                let place = (code, number, base);
                if place == here {
                    node.arrives = back || !back_only;
                } else if !outer.iter().chain([&here]).any(|o| (o.0, o.1) == (code, number))
                    // Loops that call each other would lead ever deeper.
                    && nodes.iter().filter(|other| other.trace == id).count() < 2
                    && let Some(&nested) = self.plan.loops.get(&(code, number))
                {
                    work.push((nested, base, frames, Some(index), node.set_so_far()));
                }
            }
            nodes.push(node);
        }
        // Only what can come back counts.
        let mut changed = true;
        while changed {
            changed = false;
            for index in 0..nodes.len() {
                if !nodes[index].arrives && nodes[index].next.iter().any(|n| nodes[*n].arrives) {
                    nodes[index].arrives = true;
                    changed = true;
                }
            }
        }
        let mut survey = Survey {
            changes: Vec::new(),
            writes: Classes::NONE,
            reads: BTreeMap::new(),
            immediates: BTreeMap::new(),
        };
        for node in nodes.iter().filter(|node| node.arrives) {
            survey.changes.extend(&node.sets);
            survey.writes = survey.writes.or(node.writes);
            for &(slot, ty, name) in &node.reads {
                survey.reads.entry(slot).or_insert((ty, node.trace, name));
            }
            for &(slot, name) in &node.immediates {
                survey.immediates.entry(slot).or_insert((node.trace, name));
            }
        }
        survey.changes.sort_unstable();
        survey.changes.dedup();
        survey
    }
}
