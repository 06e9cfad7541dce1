//! Allocation sinking: an object that no path needs but those that leave the region is
//! made where these leave.
//!
//! Loads from an object that the region itself has made are forwarded, so that often nothing
//! is left of a vector, a pair or a `Some(x)` but its allocation, its release, and exits
//! whose snapshots name it. Such an allocation goes: the release becomes one of what the
//! object would have held, and exits name an allocation that stands in no block
//! ([`Region::sunk`]), which whoever takes the exit carries out. A bridge that does need the
//! object makes it where the bridge begins. The idea is LuaJIT's
//! (<http://wiki.luajit.org/Allocation-Sinking-Optimization>).
//!
//! What must hold: on every path from the allocation on, the object is released once more
//! often than it is retained before the path goes where another path may come from; it is
//! stored nowhere and passed to nothing.
//!
//! Example: of `let p := [q, r]` with `t := t + p[0] - p[1]` behind it in a loop remain `q`
//! and `r`; an exit between the two makes the array for the register of `p`.

use super::super::ir::{Block, End, ExitId, Flow, Inst, Op, Ref, Region, Type};
use crate::value::Tag;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Most operands of an allocation that is looked at, and most elements of a new array that are
/// known by their indices: each lives until the last exit that makes the object.
pub(super) const MOST_OPERANDS: usize = 8;

/// The object does not stay inside the region's registers.
struct Escapes;

/// The object at one point of a path.
#[derive(Clone, PartialEq)]
struct Object {
    /// Its owners.
    count: u32,
    /// What it holds.
    held: SmallVec<[Ref; MOST_OPERANDS]>,
}

/// What becomes of an instruction or exit.
enum Edit {
    /// The instruction goes.
    Remove(usize, Ref),
    /// The last owner goes, and with it what the object holds.
    Free(usize, Ref, Object),
    /// The exit makes the object.
    Exit(ExitId, Object),
    /// The bridge that begins with this block makes the object.
    Make(usize, Object),
}

/// Ways that are followed from an allocation on.
struct Way {
    object: Ref,
    edits: Vec<Edit>,
    /// Headers passed, and what the object was there.
    headers: Vec<(usize, Object)>,
}

struct Sinking {
    region: Region,
    flow: Flow,
    /// Allocations that each exit makes so far.
    made: FxHashMap<ExitId, Vec<Ref>>,
    changed: bool,
}

/// The region with allocations sunk, if there are any; its instructions are not in order.
///
/// # Panics
/// If the region does not pass the verifier.
pub fn sink(region: &Region) -> Option<Region> {
    let mut found: Vec<(Ref, usize)> = Vec::new();
    for (number, block) in region.blocks.iter().enumerate() {
        for &reference in &block.insts {
            if may_sink(region, region.inst(reference)) {
                found.push((reference, number));
            }
        }
    }
    if found.is_empty() {
        return None;
    }
    let flow = Flow::of(region).expect("an emitted region");
    let region = region.clone();
    // What loops pass on is made by exits already.
    let exits = region.exits.iter().enumerate();
    let made = exits.map(|(number, exit)| (ExitId(number as u32), region.made_at(&exit.snapshot)));
    let made = made.filter(|(_, made)| !made.is_empty()).collect();
    let mut sinking = Sinking { region, flow, made, changed: false };
    // What holds others comes behind them: once it is gone, they may go.
    for (object, block) in found.into_iter().rev() {
        sinking.try_to_sink(object, block);
    }
    let Sinking { mut region, made, changed, .. } = sinking;
    region.sunk = made.into_values().flatten().collect();
    region.sunk.sort_unstable();
    changed.then_some(region)
}

fn may_sink(region: &Region, inst: &Inst) -> bool {
    let has_kind = match inst.op {
        Op::NewRecord => matches!(inst.ty, Type::Pointer(Tag::Struct | Tag::Enum)),
        Op::NewArray => true,
        _ => false,
    };
    has_kind
        && inst.args.len() <= MOST_OPERANDS
        && inst.args.iter().all(|arg| region.ty(*arg).tag().is_some())
}

impl Sinking {
    fn try_to_sink(&mut self, object: Ref, block: usize) {
        let insts = &self.region.blocks[block].insts;
        let at = insts.iter().position(|inst| *inst == object).expect("it was found there");
        let held = SmallVec::from_slice(&self.region.inst(object).args);
        let mut way = Way { object, edits: Vec::new(), headers: Vec::new() };
        let begin = Object { count: 1, held };
        if self.follow(&mut way, block, at + 1, begin).is_ok() && self.covers_all_uses(&way) {
            way.edits.push(Edit::Remove(block, object));
            self.apply(way);
            self.changed = true;
        }
    }

    /// Follows all paths from a place in a block on, as long as the object lives.
    fn follow(
        &self,
        way: &mut Way,
        block: usize,
        from: usize,
        mut object: Object,
    ) -> Result<(), Escapes> {
        let own = way.object;
        for &reference in &self.region.blocks[block].insts[from..] {
            let inst = self.region.inst(reference);
            if let Some(exit) = inst.exit {
                self.pass_exit(way, exit, &object)?;
            }
            match inst.op {
                Op::Retain if inst.args[0] == own => {
                    object.count += 1;
                    way.edits.push(Edit::Remove(block, reference));
                }
                Op::Release | Op::ReleaseFlat if inst.args[0] == own => {
                    object.count -= 1;
                    if object.count == 0 {
                        way.edits.push(Edit::Free(block, reference, object));
                        return Ok(());
                    }
                    way.edits.push(Edit::Remove(block, reference));
                }
                Op::StoreField if inst.args[0] == own && inst.args[1] != own => {
                    object.held[inst.imm as usize] = inst.args[1];
                    way.edits.push(Edit::Remove(block, reference));
                }
                _ if inst.args.contains(&own) => return Err(Escapes),
                _ => {}
            }
        }
        match &self.region.blocks[block].end {
            End::Jump { target, args } => {
                let target = target.0 as usize;
                if args.contains(&own) {
                    return Err(Escapes);
                }
                if let Some((_, there)) = way.headers.iter().find(|(header, _)| *header == target) {
                    return if *there == object { Ok(()) } else { Err(Escapes) };
                }
                if target <= block || self.flow.arrivals(target) > 1 {
                    return Err(Escapes);
                }
                way.headers.push((target, object.clone()));
                self.follow(way, target, 0, object)
            }
            End::Leave(exit) => self.pass_exit(way, *exit, &object),
            End::Return(_) => Err(Escapes),
        }
    }

    /// What becomes of an exit, and of its bridge, that is met while the object lives.
    fn pass_exit(&self, way: &mut Way, exit: ExitId, object: &Object) -> Result<(), Escapes> {
        let row = &self.region.exits[exit.0 as usize];
        if row.observed == Some(way.object) {
            return Err(Escapes);
        }
        let names_it = self.names(exit, way.object);
        if names_it {
            way.edits.push(Edit::Exit(exit, object.clone()));
        }
        let Some(bridge) = row.bridge else {
            // Who owns it there is not known.
            return if names_it { Ok(()) } else { Err(Escapes) };
        };
        let bridge = bridge.0 as usize;
        let (edits, headers) = (way.edits.len(), way.headers.len());
        if self.follow(way, bridge, 0, object.clone()).is_err() {
            way.edits.truncate(edits);
            way.headers.truncate(headers);
            // Where other paths arrive that have no object, none must be alive.
            let jumps_to = |header: usize| {
                self.region.blocks.iter().enumerate().any(|(number, block)| {
                    matches!(&block.end, End::Jump { target, .. } if target.0 as usize == header)
                        && self.flow.dominates(bridge, number)
                })
            };
            if way.headers.iter().any(|(header, _)| jumps_to(*header)) {
                return Err(Escapes);
            }
            way.edits.push(Edit::Make(bridge, object.clone()));
        }
        Ok(())
    }

    /// Whether an exit names a result, itself or in what it makes.
    fn names(&self, exit: ExitId, result: Ref) -> bool {
        let row = &self.region.exits[exit.0 as usize];
        let made = self.made.get(&exit).map_or(&[][..], Vec::as_slice);
        row.snapshot.operands().any(|operand| operand == result)
            || made.iter().any(|made| self.region.inst(*made).args.contains(&result))
    }

    /// Whether nothing uses the object but what is edited and bridges that make it.
    fn covers_all_uses(&self, way: &Way) -> bool {
        let (mut edited, mut exits, mut makers) = (Vec::new(), Vec::new(), Vec::new());
        for edit in &way.edits {
            match edit {
                Edit::Remove(_, inst) | Edit::Free(_, inst, _) => edited.push(*inst),
                Edit::Exit(exit, _) => exits.push(*exit),
                Edit::Make(block, _) => makers.push(*block),
            }
        }
        let exit_covered = |exit: ExitId| exits.contains(&exit) || !self.names(exit, way.object);
        let covered = |block: &Block| {
            let insts = block.insts.iter().all(|reference| {
                let inst = self.region.inst(*reference);
                (edited.contains(reference) || !inst.args.contains(&way.object))
                    && inst.exit.is_none_or(exit_covered)
            });
            let end = match &block.end {
                End::Leave(exit) => exit_covered(*exit),
                end => end.operands().all(|operand| operand != way.object),
            };
            insts && end
        };
        self.region.blocks.iter().enumerate().all(|(number, block)| {
            makers.iter().any(|maker| self.flow.dominates(*maker, number)) || covered(block)
        })
    }

    fn apply(&mut self, way: Way) {
        let object = way.object;
        let makers: Vec<(usize, Object)> = way
            .edits
            .iter()
            .filter_map(|edit| match edit {
                Edit::Make(block, object) => Some((*block, object.clone())),
                _ => None,
            })
            .collect();
        for (block, made) in makers {
            self.make(object, block, &made);
        }
        for edit in way.edits {
            match edit {
                Edit::Remove(block, inst) => self.replace(block, inst, &[]),
                Edit::Free(block, inst, freed) => {
                    let mut releases = Vec::new();
                    for held in freed.held {
                        if self.region.ty(held).is_pointer() {
                            releases.push(self.add(Inst::new(Op::Release, Type::Unit, &[held])));
                        }
                    }
                    self.replace(block, inst, &releases);
                }
                Edit::Exit(exit, left) => self.leave(object, exit, &left),
                Edit::Make(..) => {}
            }
        }
    }

    fn add(&mut self, inst: Inst) -> Ref {
        self.region.insts.push(inst);
        Ref(self.region.insts.len() as u32 - 1)
    }

    /// The allocation of an object as it is at some point.
    fn allocation(&mut self, object: Ref, now: &Object) -> Ref {
        let inst =
            Inst { args: SmallVec::from_slice(&now.held), ..self.region.inst(object).clone() };
        self.add(inst)
    }

    fn replace(&mut self, block: usize, inst: Ref, by: &[Ref]) {
        let insts = &mut self.region.blocks[block].insts;
        let at = insts.iter().position(|other| *other == inst).expect("it was found there");
        insts.splice(at..=at, by.iter().copied());
    }

    /// The exit makes the object for what its snapshot names.
    fn leave(&mut self, object: Ref, exit: ExitId, left: &Object) {
        let made = self.allocation(object, left);
        self.rename_in_exit(exit, object, made);
        let owners = left.count as usize - 1;
        let retains = &mut self.region.exits[exit.0 as usize].snapshot.retains;
        retains.extend(std::iter::repeat_n(made, owners));
        self.made.entry(exit).or_default().push(made);
    }

    /// A bridge makes the object where it begins, and everything behind that uses this one.
    fn make(&mut self, object: Ref, first: usize, begin: &Object) {
        let made = self.allocation(object, begin);
        for number in first..self.region.blocks.len() {
            if !self.flow.dominates(first, number) {
                continue;
            }
            let insts = self.region.blocks[number].insts.clone();
            for inst in insts {
                let inst = &mut self.region.insts[inst.0 as usize];
                inst.args.iter_mut().filter(|arg| **arg == object).for_each(|arg| *arg = made);
                if let Some(exit) = inst.exit {
                    self.rename_in_exit(exit, object, made);
                }
            }
            let name = |operand: Ref| if operand == object { made } else { operand };
            match &mut self.region.blocks[number].end {
                End::Jump { args, .. } => args.iter_mut().for_each(|arg| *arg = name(*arg)),
                End::Return(value) => *value = value.renamed(name),
                End::Leave(exit) => {
                    let exit = *exit;
                    self.rename_in_exit(exit, object, made);
                }
            }
        }
        let owners = begin.count - 1;
        let retain = Inst::new(Op::Retain, Type::Unit, &[made]);
        let retains: Vec<Ref> = (0..owners).map(|_| self.add(retain.clone())).collect();
        let insts = &mut self.region.blocks[first].insts;
        insts.splice(0..0, std::iter::once(made).chain(retains));
    }

    fn rename_in_exit(&mut self, exit: ExitId, old: Ref, new: Ref) {
        let name = |operand: Ref| if operand == old { new } else { operand };
        let row = &mut self.region.exits[exit.0 as usize];
        row.snapshot.rename(name);
        row.observed = row.observed.map(name);
        for made in self.made.get(&exit).into_iter().flatten() {
            let args = &mut self.region.insts[made.0 as usize].args;
            args.iter_mut().for_each(|arg| *arg = name(*arg));
        }
    }
}
