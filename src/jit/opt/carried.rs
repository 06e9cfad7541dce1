//! What memory holds from one round of a loop to the next.
//!
//! A location that a round stores to, and the next one reads, need not be read:
//! its value is passed around the loop as one more parameter of the header. The
//! location is the same in all rounds (a field of an object, a cell), or an element
//! at a fixed distance from an index that is a parameter itself. The store
//! stays, so that exits find memory as it must be. LuaJIT forwards loads across
//! rounds to the same effect (<http://wiki.luajit.org/Optimizations>).
//!
//! What must hold: every arrival at the header knows what the location holds,
//! as a value of the parameter's type. One that does not know ends it for the
//! next emission. Only that is carried which arrivals bring in different
//! values, or which a load in the loop has asked for.
//!
//! Example: in a loop over `i`, `a[i] := a[i] + a[i - 1]` gives the header a
//! parameter for the element at `i - 1`; arrivals pass what was stored at `i`.

use super::super::ir::{BlockId, Inst, Op, Ref, Slot, SlotValue, Type};
use super::emit::{Emitter, Path};
use super::graph::Graph;
use super::heap::Location;
use super::loops::{name_of, name_of_location, name_of_operand};
use super::ranges::Range;
use super::state::Facts;

/// How far from the index of a round an element may lie that the next one reads.
const REACH: i64 = 4;

/// An element whose index moves with a parameter.
#[derive(Clone, Debug)]
pub struct Moving {
    op: Op,
    data: Ref,
    /// The slot of the parameter.
    slot: Slot,
    parameter: Ref,
    /// The index less the parameter.
    distance: i64,
    name: u64,
}

/// Where a carried value comes from at an arrival.
#[derive(Clone, Debug)]
enum Source {
    Fixed(Location),
    Moving(Moving),
}

/// A parameter for what a location holds.
#[derive(Clone, Debug)]
pub struct Carried {
    source: Source,
    parameter: Ref,
    name: u64,
}

impl Carried {
    /// The location, if it is the same in all rounds.
    fn fixed(&self) -> Option<&Location> {
        match &self.source {
            Source::Fixed(location) => Some(location),
            Source::Moving(_) => None,
        }
    }
}

/// Whether a value may be passed around: bits that nobody counts.
fn is_scalar(graph: &Graph, value: Ref) -> bool {
    matches!(graph.ty(value), Type::Int | Type::Float | Type::Bool)
}

/// Whether what the location holds certainly has the kind of the value that is
/// known of it: the payload of a field says so only together with its tag.
fn is_certain(graph: &Graph, facts: &Facts, location: &Location) -> bool {
    let tag = match location.op {
        Op::ElementInt | Op::ElementFloat | Op::ElementBool => return true,
        Op::FieldPayload => Op::FieldTag,
        Op::CellPayload => Op::CellTag,
        _ => return false,
    };
    let tag = facts.memory.get(&Location { op: tag, ..location.clone() });
    tag.is_some_and(|tag| graph.bits(tag).is_some())
}

impl Emitter<'_> {
    /// Gives a header parameters for what is carried around its loop; the first
    /// arrival's values for them are added to `args`. Answers also the elements
    /// that loads in the loop may ask for.
    pub fn carry(
        &mut self,
        path: &Path,
        header: u64,
        block: BlockId,
        indices: &[(Slot, Ref, Ref)],
        args: &mut Vec<Ref>,
    ) -> (Vec<Carried>, Vec<Moving>) {
        let (mut carried, mut offers) = (Vec::new(), Vec::new());
        let facts = &path.state.facts;
        for (location, held) in facts.memory.in_order() {
            if !is_scalar(&self.graph, held) || !is_certain(&self.graph, facts, location) {
                continue;
            }
            let name = name_of_location(&self.graph, &self.names, location);
            if self.learned.carries(header, name) {
                let source = Source::Fixed(location.clone());
                carried.push((source, held, name));
                continue;
            }
            let &[data, index] = &location.args[..] else { continue };
            for &(slot, parameter, first) in indices {
                let distance = facts.truths.distance(&self.graph, index, first);
                let Some(distance) = distance.filter(|d| (-REACH..=REACH).contains(d)) else {
                    continue;
                };
                let data_name = name_of_operand(&self.graph, &self.names, data);
                let name = name_of((location.op, data_name, slot, distance));
                let op = location.op;
                let moving = Moving { op, data, slot, parameter, distance, name };
                if self.learned.carries(header, name) {
                    carried.push((Source::Moving(moving), held, name));
                } else {
                    offers.push(moving);
                }
            }
        }
        let carried = carried.into_iter().map(|(source, held, name)| {
            let parameter = self.graph.parameter(block, self.graph.ty(held));
            self.names.insert(parameter, name_of((header, name)));
            args.push(held);
            Carried { source, parameter, name }
        });
        (carried.collect(), offers)
    }

    /// Below the header, memory holds what the parameters are.
    pub fn know_carried(&mut self, path: &mut Path, carried: &[Carried]) {
        for Carried { source, parameter, .. } in carried {
            let location = match source {
                Source::Fixed(location) => location.clone(),
                Source::Moving(moving) => {
                    let index = self.moved(path, moving);
                    let args = [moving.data, index].into_iter().collect();
                    Location { op: moving.op, args, imm: 0 }
                }
            };
            path.state.facts.memory.know(location, *parameter);
        }
    }

    /// The index of a moving element. That it is an index of the array has been
    /// checked by the round that knows the element.
    fn moved(&mut self, path: &mut Path, moving: &Moving) -> Ref {
        let Moving { parameter, distance, .. } = *moving;
        if distance == 0 {
            return parameter;
        }
        let op = if distance < 0 { Op::IntSubWrap } else { Op::IntAddWrap };
        let step = self.graph.int(distance.abs());
        let index = self.emit(path, Inst::new(op, Type::Int, &[parameter, step]));
        let truths = &mut path.state.facts.truths;
        truths.note_exact(index);
        truths.bound(&self.graph, index, Range::LENGTH);
        index
    }

    /// A load in the loop reads memory: if the round before knows what is there,
    /// the next emission carries it.
    pub fn ask_to_carry(&mut self, path: &Path, load: &Inst) {
        let &[data, index] = &load.args[..] else { return };
        let Some(open) = path.state.loops.last() else { return };
        let Some(header) = open.inner.or(open.outer).map(|index| &self.headers[index]) else {
            return;
        };
        let truths = &path.state.facts.truths;
        let wanted = header.offers.iter().find(|offer| {
            offer.op == load.op
                && offer.data == data
                && truths.distance(&self.graph, index, offer.parameter) == Some(offer.distance)
        });
        if let Some(name) = wanted.map(|offer| offer.name) {
            self.learned.carry(header.name, name);
        }
    }

    /// An arrival's values for what a header carries.
    pub fn pass_carried(&mut self, path: &Path, header: usize, args: &mut Vec<Ref>) {
        let header = &self.headers[header];
        let facts = &path.state.facts;
        for Carried { source, parameter, name } in &header.carried {
            let held = match source {
                Source::Fixed(location) => {
                    facts.memory.get(location).filter(|_| is_certain(&self.graph, facts, location))
                }
                Source::Moving(moving) => match path.state.slots.get(moving.slot) {
                    Some(entry) => self.element(facts, moving, entry.value),
                    None => None,
                },
            };
            let ty = self.graph.ty(*parameter);
            match held.filter(|held| self.graph.ty(*held) == ty) {
                Some(held) => args.push(held),
                None => self.learned.lose(header.name, *name),
            }
        }
    }

    /// What is known of a moving element when its index is based on this value.
    fn element(&self, facts: &Facts, moving: &Moving, base: SlotValue) -> Option<Ref> {
        let SlotValue::Typed(base) = base else { return None };
        let mut elements = facts.memory.in_order().into_iter().filter(|(location, _)| {
            location.op == moving.op
                && location.args[0] == moving.data
                && facts.truths.distance(&self.graph, location.args[1], base)
                    == Some(moving.distance)
        });
        elements.next().map(|(_, held)| held)
    }

    /// An arrival knows another value for a location than the header assumed: it
    /// is carried from the next emission on, or if that cannot be, forgotten.
    pub fn differs(&mut self, path: &Path, header: u64, location: &Location, assumed: Ref) {
        let facts = &path.state.facts;
        let name = name_of_location(&self.graph, &self.names, location);
        let held = facts.memory.get(location);
        let passes = held.is_some_and(|held| self.graph.ty(held) == self.graph.ty(assumed))
            && is_scalar(&self.graph, assumed)
            && is_certain(&self.graph, facts, location);
        if passes {
            self.learned.carry(header, name);
        } else {
            self.learned.lose(header, name);
        }
    }
}

/// Whether a location's value is one of these parameters.
pub fn is_carried(carried: &[Carried], location: &Location) -> bool {
    carried.iter().any(|carried| carried.fixed() == Some(location))
}
