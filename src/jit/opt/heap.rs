//! What memory is known to hold: loads are forwarded from loads and stores.
//!
//! A fact says that a load of one location would give a certain result. A store
//! makes the fact for its own location and ends those of other locations of the
//! same alias class, unless they are provably different: other fields, elements
//! at a known distance, objects of other kinds or shapes, an object that was
//! allocated after the other reference existed, or one whose only count is held
//! elsewhere.
//!
//! Example: after `store_field v1, v2, #0` the load `field_payload v1, #0` is
//! `v2` and `field_payload v1, #1` keeps what it was.

use super::super::ir::{Classes, Helper, Inst, Op, Ref, Type, slow_effects};
use super::graph::Graph;
use super::guards::Truths;
use crate::bytecode::Slow;
use crate::value::{Storage, Tag};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::RefCell;

/// A location, as the load that would read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The load.
    pub op: Op,
    /// Its operands.
    pub args: SmallVec<[Ref; 2]>,
    /// Its immediate.
    pub imm: u64,
}

impl Location {
    /// The class that the load reads.
    fn reads(&self) -> Classes {
        match self.op {
            Op::Call => Helper::decode(self.imm).effects().0,
            op => op.info().reads,
        }
    }
}

/// Objects inside each other that are looked through for one that is held.
const HOLDERS: u32 = 3;

/// Known contents of memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    facts: FxHashMap<Location, Ref>,
    fresh: FxHashSet<Ref>,
}

/// Classes that an operation writes, helpers included.
pub fn writes(inst: &Inst) -> Classes {
    match inst.op {
        Op::Call => Helper::decode(inst.imm).effects().1,
        Op::CallSlow => slow_effects(Slow::from_number(inst.imm as u8)).1,
        // What it gives, if it does, is dropped at once.
        Op::CallRaising => Classes::RESULT.or(Classes::COUNT),
        op => op.info().writes,
    }
}

/// Whether a helper that writes these classes may free what others refer to:
/// one that only touches counts makes and drops values of its own.
pub fn may_free(writes: Classes) -> bool {
    writes.overlaps(Classes(Classes::HEAP.0 & !Classes::COUNT.0))
}

/// Whether an operation is a load that may be forwarded.
pub fn is_load(inst: &Inst) -> bool {
    match inst.op {
        Op::Call => {
            let (reads, writes) = Helper::decode(inst.imm).effects();
            writes.is_empty()
                && !reads.is_empty()
                && matches!(inst.ty, Type::Int | Type::Bool | Type::Word)
        }
        Op::CallSlow | Op::CallRaising => false,
        op => {
            let info = op.info();
            !info.guards && !info.reads.is_empty() && info.writes.is_empty()
        }
    }
}

/// Whether what the location holds never changes.
fn is_fixed(graph: &Graph, location: &Location) -> bool {
    match location.op {
        Op::HeaderShape => graph.ty(location.args[0]) != Type::Pointer(Tag::Array),
        Op::RecordLen => true,
        _ => false,
    }
}

/// The array whose buffer this is the address of.
fn owner_of_buffer(graph: &Graph, data: Ref) -> Option<Ref> {
    let inst = graph.inst(data);
    (inst.op == Op::ArrayData).then(|| inst.args[0])
}

/// What tells objects apart besides memory itself.
struct Surroundings<'a> {
    graph: &'a Graph,
    truths: &'a Truths,
    /// Whether a register certainly holds a count of the object.
    owned: &'a dyn Fn(Ref) -> bool,
    /// Pairs of indices that would have to be different for more to be known.
    doubtful: &'a RefCell<Vec<(Ref, Ref)>>,
}

impl Memory {
    fn location(inst: &Inst) -> Location {
        Location { op: inst.op, args: SmallVec::from_slice(&inst.args), imm: inst.imm }
    }

    fn set(&mut self, op: Op, args: &[Ref], imm: u64, value: Ref) {
        self.facts.insert(Location { op, args: SmallVec::from_slice(args), imm }, value);
    }

    /// The result that a load would give, if it is known.
    pub fn find(&self, inst: &Inst) -> Option<Ref> {
        self.facts.get(&Self::location(inst)).copied()
    }

    /// Notes the result of a load.
    pub fn note(&mut self, inst: &Inst, result: Ref) {
        self.facts.insert(Self::location(inst), result);
    }

    /// Notes that a result is an object that nothing older refers to.
    pub fn note_fresh(&mut self, reference: Ref) {
        self.fresh.insert(reference);
    }

    /// Whether two results are certainly different objects.
    pub fn distinct(&self, graph: &Graph, truths: &Truths, a: Ref, b: Ref) -> bool {
        if a == b {
            return false;
        }
        if graph.ty(a) != graph.ty(b) {
            return true;
        }
        let constant = |r: Ref| graph.inst(r).op == Op::Const;
        let older = |old: Ref, new: Ref| constant(old) || old < new;
        if self.fresh.contains(&a) && (older(b, a) || self.fresh.contains(&b))
            || self.fresh.contains(&b) && older(a, b)
            || constant(a) && constant(b)
        {
            return true;
        }
        let shape = |object| self.header(graph, truths, Op::HeaderShape, object);
        matches!((shape(a), shape(b)), (Some(a), Some(b)) if a != b)
    }

    /// A word of an object's header, or of an array behind it, if it is known.
    fn header(&self, graph: &Graph, truths: &Truths, op: Op, object: Ref) -> Option<u64> {
        let location = Location { op, args: SmallVec::from_slice(&[object]), imm: 0 };
        self.facts.get(&location).and_then(|word| truths.known(graph, *word))
    }

    /// The storage of an array, if it is known.
    pub fn storage(&self, graph: &Graph, truths: &Truths, array: Ref) -> Option<Storage> {
        let shape = self.header(graph, truths, Op::HeaderShape, array)?;
        Some(Storage::from_number(shape as u32 >> 8))
    }

    /// Whether an object that is written certainly is not `other`.
    ///
    /// An object with one count is written through the register or the location
    /// that holds this count. What another register holds a count of is another
    /// object, and if a register holds the one count, what was loaded from the heap is
    /// another object too. So is what another location of the heap holds.
    fn separate(&self, facts: &Surroundings<'_>, written: Ref, other: Ref) -> bool {
        let Surroundings { graph, truths, owned, .. } = *facts;
        if self.distinct(graph, truths, written, other) {
            return true;
        }
        let count = self.header(graph, truths, Op::HeaderCount, written);
        written != other
            && count == Some(1)
            && (owned(other)
                || owned(written) && graph.is_loaded_from_heap(other)
                || self.held_apart(facts, written, other))
    }

    /// Whether two locations hold these objects, certainly different ones. An index
    /// that is not known to be another is noted as doubtful.
    fn held_apart(&self, facts: &Surroundings<'_>, a: Ref, b: Ref) -> bool {
        let Surroundings { graph, truths, doubtful, .. } = *facts;
        let (Some(a), Some(b)) = (self.location_of(graph, a), self.location_of(graph, b)) else {
            return false;
        };
        if a.op != b.op {
            return true;
        }
        match (&a.args[..], &b.args[..]) {
            (&[data, i], &[other, j]) if data == other => {
                let apart = truths.differ(graph, i, j);
                if !apart {
                    doubtful.borrow_mut().push((i, j));
                }
                apart
            }
            ([_], [_]) => a.imm != b.imm,
            _ => false,
        }
    }

    /// A location that is known to hold this object.
    fn location_of(&self, graph: &Graph, object: Ref) -> Option<Location> {
        let inst = graph.inst(object);
        let payload = if inst.op == Op::GuardType { inst.args[1] } else { object };
        let load = graph.inst(payload);
        if !matches!(load.op, Op::ElementPayload | Op::FieldPayload | Op::CellPayload) {
            return None;
        }
        let location = Self::location(load);
        let held = self.get(&location);
        (held == Some(payload) || held == Some(object)).then_some(location)
    }

    /// Whether the buffer of an array that is written certainly is not `other`.
    fn separate_buffer(&self, facts: &Surroundings<'_>, array: Option<Ref>, other: Ref) -> bool {
        match (array, owner_of_buffer(facts.graph, other)) {
            (Some(array), Some(other)) => self.separate(facts, array, other),
            _ => false,
        }
    }

    /// Ends the facts of these classes that `keep` does not vouch for.
    fn forget(&mut self, classes: Classes, keep: impl Fn(&Memory, &Location) -> bool) {
        let dead: SmallVec<[Location; 8]> = self
            .facts
            .keys()
            .filter(|location| location.reads().overlaps(classes) && !keep(self, location))
            .cloned()
            .collect();
        for location in &dead {
            self.facts.remove(location);
        }
    }

    /// Ends the facts of these classes that `keeps` does not name, as a header
    /// must, and answers those that it named: every arrival has to know them.
    pub fn pass_header(
        &mut self,
        graph: &Graph,
        classes: Classes,
        keeps: impl Fn(&Location) -> bool,
    ) -> Vec<(Location, Ref)> {
        let mut kept = Vec::new();
        self.facts.retain(|location, value| {
            if !location.reads().overlaps(classes) || is_fixed(graph, location) {
                return true;
            }
            let keep = keeps(location);
            if keep {
                kept.push((location.clone(), *value));
            }
            keep
        });
        kept
    }

    /// Whether a location of an object that certainly lives holds this object. It
    /// lives if a register holds a count of it, or if another such location does.
    pub fn holds(&self, graph: &Graph, object: Ref, owned: &dyn Fn(Ref) -> bool) -> bool {
        self.holds_within(graph, object, owned, HOLDERS)
    }

    fn holds_within(
        &self,
        graph: &Graph,
        object: Ref,
        owned: &dyn Fn(Ref) -> bool,
        depth: u32,
    ) -> bool {
        let inst = graph.inst(object);
        let payload = if inst.op == Op::GuardType { inst.args[1] } else { object };
        self.facts.iter().any(|(location, value)| {
            let holder = match location.op {
                Op::ElementPayload => owner_of_buffer(graph, location.args[0]),
                Op::FieldPayload => Some(location.args[0]),
                _ => None,
            };
            (*value == object || *value == payload)
                && holder.is_some_and(|holder| {
                    owned(holder) || depth > 1 && self.holds_within(graph, holder, owned, depth - 1)
                })
        })
    }

    /// What a location is known to hold.
    pub fn get(&self, location: &Location) -> Option<Ref> {
        self.facts.get(location).copied()
    }

    /// Notes what a location holds.
    pub fn know(&mut self, location: Location, value: Ref) {
        self.facts.insert(location, value);
    }

    /// All known locations and what they hold, in an order that does not depend on
    /// how the table came about.
    pub fn in_order(&self) -> Vec<(&Location, Ref)> {
        let mut all: Vec<_> = self.facts.iter().map(|(location, held)| (location, *held)).collect();
        all.sort_unstable_by_key(|(location, _)| {
            (&location.args, location.imm, location.op as u32)
        });
        all
    }

    /// Ends all facts of these classes; shapes of structs and enum values never change.
    pub fn forget_classes(&mut self, graph: &Graph, classes: Classes) {
        self.forget(classes, |_, location| is_fixed(graph, location));
    }

    /// Takes in the effects of an operation that was emitted. `owned` says
    /// whether a count of the object is certainly held by a register. Answers pairs of
    /// indices that would have to be different for more to stay known.
    pub fn effect(
        &mut self,
        graph: &mut Graph,
        truths: &Truths,
        inst: &Inst,
        result: Ref,
        owned: impl Fn(Ref) -> bool,
    ) -> Vec<(Ref, Ref)> {
        let args = &inst.args;
        let doubtful = RefCell::new(Vec::new());
        let facts = |graph| Surroundings { graph, truths, owned: &owned, doubtful: &doubtful };
        match inst.op {
            Op::StoreInt | Op::StoreFloat | Op::StoreBool | Op::StoreAny => {
                let (data, index, value) = (args[0], args[1], args[2]);
                let (region, facts) = (&*graph, facts(graph));
                let array = owner_of_buffer(graph, data);
                self.forget(inst.op.info().writes, |memory, location| {
                    let (other_data, other_index) = (location.args[0], location.args[1]);
                    truths.distance(region, index, other_index).is_some_and(|d| d != 0)
                        && other_data == data
                        || memory.separate_buffer(&facts, array, other_data)
                });
                match inst.op {
                    Op::StoreInt => self.set(Op::ElementInt, &[data, index], 0, value),
                    Op::StoreFloat => self.set(Op::ElementFloat, &[data, index], 0, value),
                    Op::StoreBool => self.set(Op::ElementBool, &[data, index], 0, value),
                    _ => {
                        self.value(graph, [Op::ElementTag, Op::ElementPayload], args, 0, value);
                    }
                }
            }
            Op::StoreField | Op::StoreCell => {
                let (object, value) = (args[0], args[1]);
                let facts = facts(graph);
                self.forget(inst.op.info().writes, |memory, location| {
                    location.imm != inst.imm || memory.separate(&facts, object, location.args[0])
                });
                let loads = match inst.op {
                    Op::StoreField => [Op::FieldTag, Op::FieldPayload],
                    _ => [Op::CellTag, Op::CellPayload],
                };
                self.value(graph, loads, &args[..1], inst.imm, value);
            }
            Op::StoreEntry => {
                self.forget(Classes::ENTRY, |_, _| false);
                let loads = [Op::EntryTag, Op::EntryPayload];
                self.value(graph, loads, &args[..1], 0, args[1]);
            }
            Op::StoreSlot | Op::StoreSlotDynamic => {
                self.forget(Classes::SLOT, |_, location| location.imm != inst.imm);
            }
            Op::ClearSlot => {
                self.forget(Classes::SLOT, |_, location| location.imm != inst.imm);
                self.forget(Classes::COUNT, |_, location| {
                    location.op == Op::HeaderCount && owned(location.args[0])
                });
            }
            Op::ArrayAdopt => self.adoption(graph, truths, inst, &owned),
            Op::ArrayPush => {
                let array = args[0];
                let elements = match Storage::from_number(inst.imm as u32) {
                    Storage::Any => Classes::ELEMENT_ANY,
                    Storage::Int => Classes::ELEMENT_INT,
                    Storage::Float => Classes::ELEMENT_FLOAT,
                    Storage::Bool => Classes::ELEMENT_BOOL,
                };
                let facts = facts(graph);
                // First the elements: which array a buffer belongs to must still be known.
                self.forget(elements, |memory, location| {
                    memory.separate_buffer(&facts, Some(array), location.args[0])
                });
                let headers = Classes::ARRAY_LEN.or(Classes::ARRAY_DATA);
                self.forget(headers, |memory, location| {
                    memory.separate(&facts, array, location.args[0])
                });
            }
            Op::StoreLen => {
                let (array, len) = (args[0], args[1]);
                let facts = facts(graph);
                self.forget(Classes::ELEMENTS, |memory, location| {
                    memory.separate_buffer(&facts, Some(array), location.args[0])
                });
                self.forget(Classes::ARRAY_LEN, |memory, location| {
                    memory.separate(&facts, array, location.args[0])
                });
                self.set(Op::ArrayLen, &[array], 0, len);
            }
            Op::Retain => {
                // A count known to be one is held by its register alone, so no
                // other reference can lead to the same object.
                self.forget(Classes::COUNT, |_, location| {
                    location.args[0] != args[0] && owned(location.args[0])
                });
            }
            Op::Release | Op::ReleaseFlat => {
                self.forget(Classes::COUNT, |_, location| {
                    location.op == Op::HeaderCount
                        && location.args[0] != args[0]
                        && owned(location.args[0])
                });
            }
            Op::NewRecord | Op::NewArray | Op::NewCell | Op::NewClosure => {
                self.allocation(graph, inst, result);
            }
            _ => {
                let classes = writes(inst);
                if !classes.is_empty() {
                    self.forget_classes(graph, classes);
                }
                let fresh = inst.op == Op::Call
                    && matches!(
                        Helper::decode(inst.imm),
                        Helper::StringConcat | Helper::ArrayDuplicate | Helper::RecordDuplicate
                    );
                if fresh {
                    self.note_fresh(result);
                }
            }
        }
        doubtful.into_inner()
    }

    /// An array may have taken a storage: then it was one of whole values, without a buffer.
    fn adoption(
        &mut self,
        graph: &mut Graph,
        truths: &Truths,
        inst: &Inst,
        owned: &dyn Fn(Ref) -> bool,
    ) {
        let array = inst.args[0];
        let doubtful = RefCell::default();
        let facts = Surroundings { graph, truths, owned, doubtful: &doubtful };
        let adopts = self.storage(graph, truths, array) == Some(Storage::Any)
            && self.header(graph, truths, Op::ArrayData, array) == Some(0)
            && self.header(graph, truths, Op::HeaderCount, array) == Some(1);
        self.forget(inst.op.info().writes, |memory, location| {
            let other = location.args[0];
            is_fixed(graph, location)
                || memory.storage(graph, truths, other).is_some_and(|own| own != Storage::Any)
                || memory.separate(&facts, array, other)
        });
        if adopts {
            let shape = Storage::from_number(inst.imm as u32).shape_word();
            let shape = graph.constant(Type::Word, shape as u64);
            self.set(Op::HeaderShape, &[array], 0, shape);
        }
    }

    /// Makes the facts of a whole value stored at a location.
    fn value(&mut self, graph: &mut Graph, loads: [Op; 2], args: &[Ref], imm: u64, value: Ref) {
        if let Some(tag) = graph.ty(value).tag() {
            let place = &args[..args.len().min(2)];
            let tag = graph.tag_word(tag);
            self.set(loads[0], place, imm, tag);
            self.set(loads[1], place, imm, value);
        }
    }

    /// The buffer of an array that was just made holds its operands.
    pub fn know_elements(&mut self, graph: &mut Graph, data: Ref, array: &Inst) {
        for (index, &element) in array.args.iter().enumerate() {
            let place = [data, graph.int(index as i64)];
            match Storage::from_number(array.imm as u32) {
                Storage::Any => {
                    self.value(graph, [Op::ElementTag, Op::ElementPayload], &place, 0, element);
                }
                Storage::Int => self.set(Op::ElementInt, &place, 0, element),
                Storage::Float => self.set(Op::ElementFloat, &place, 0, element),
                Storage::Bool => self.set(Op::ElementBool, &place, 0, element),
            }
        }
    }

    fn allocation(&mut self, graph: &mut Graph, inst: &Inst, result: Ref) {
        self.note_fresh(result);
        let one = graph.constant(Type::Word, 1);
        self.set(Op::HeaderCount, &[result], 0, one);
        match inst.op {
            Op::NewRecord => {
                let shape = graph.constant(Type::Word, inst.imm);
                self.set(Op::HeaderShape, &[result], 0, shape);
                let length = graph.constant(Type::Word, inst.args.len() as u64);
                self.set(Op::RecordLen, &[result], 0, length);
                for (index, &field) in inst.args.iter().enumerate() {
                    let loads = [Op::FieldTag, Op::FieldPayload];
                    self.value(graph, loads, &[result], index as u64, field);
                }
            }
            Op::NewArray => {
                let shape = Storage::from_number(inst.imm as u32).shape_word();
                let shape = graph.constant(Type::Word, shape as u64);
                self.set(Op::HeaderShape, &[result], 0, shape);
                let length = graph.int(inst.args.len() as i64);
                self.set(Op::ArrayLen, &[result], 0, length);
                if inst.args.is_empty() {
                    // Until something is pushed: then it has a buffer for good.
                    let none = graph.constant(Type::Word, 0);
                    self.set(Op::ArrayData, &[result], 0, none);
                }
            }
            Op::NewCell => {
                let loads = [Op::CellTag, Op::CellPayload];
                self.value(graph, loads, &[result], 0, inst.args[0]);
            }
            _ => {}
        }
    }
}
