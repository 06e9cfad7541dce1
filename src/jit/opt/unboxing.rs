//! Unboxing: an object that a loop passes from round to round is passed as what it holds.
//!
//! In `z := z * z + c` each round makes an object that the next one only reads and gives up.
//! Where every arrival at a header brings a new object of one form for a parameter, and
//! nothing needs the object as such, the parameter is replaced by one for each field. Loads
//! are these then, releases those of what the fields hold, and the allocations go; exits
//! that name the object make it, as of what [`sinking`](super::sinking) removes. The idea is
//! that of allocation removal across loops in PyPy (Bolz et al., Allocation Removal by
//! Partial Evaluation in a Tracing JIT).
//!
//! What must hold: the object has one owner all the time: it is retained nowhere, stored
//! nowhere, changed nowhere and passed to nothing but such headers.
//!
//! Example: `jump b1(v72, v74)` with `v72 = new_record v70, v71, #11` becomes `jump b1(v74,
//! v70, v71)`, and `field_payload v49, #0` in `b1` its new parameter.

use super::super::ir::{
    Block, BlockKind, End, Exit, ExitId, Flow, Inst, Op, Ref, Region, SlotValue, Type,
};
use super::sinking::MOST_OPERANDS;
use crate::value::Tag;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// The form of objects that are passed on.
#[derive(Clone, Debug, PartialEq)]
struct Form {
    /// The shape word.
    shape: u64,
    /// Types of the fields.
    fields: SmallVec<[Type; MOST_OPERANDS]>,
}

/// The objects that are to be taken apart.
#[derive(Default)]
struct Objects {
    /// Parameters of headers and the allocations that arrivals bring for them.
    forms: FxHashMap<Ref, Form>,
    /// For each allocation: the parameters that it is brought for.
    brought_for: FxHashMap<Ref, Vec<Ref>>,
}

/// An object, and the bridge behind whose beginning it is needed as such.
type Making = (Ref, usize);

/// A use that an object cannot be taken apart for, and the block that it is in.
type Need = (Ref, usize);

/// The region with the objects that its loops pass on taken apart, if there are any; its
/// instructions are not in order.
///
/// # Panics
/// If the region does not pass the verifier.
pub fn unbox(region: &Region) -> Option<Region> {
    let headers = region.blocks.iter().filter(|block| block.kind == BlockKind::Header);
    let boxed = |param: &Ref| matches!(region.ty(*param), Type::Pointer(Tag::Struct | Tag::Enum));
    let mut candidates: FxHashSet<Ref> =
        headers.flat_map(|block| block.params.iter().copied()).filter(boxed).collect();
    let mut flow = None;
    let mut makings: Vec<Making> = Vec::new();
    loop {
        if candidates.is_empty() {
            return None;
        }
        let mut refused = Vec::new();
        let objects = forms(region, &candidates, &mut refused);
        if refused.is_empty() {
            let flow = flow.get_or_insert_with(|| Flow::of(region).expect("an emitted region"));
            makings.retain(|(object, _)| objects.forms.contains_key(object));
            let needs = Check::new(region, &objects, flow, &makings).needs();
            if needs.is_empty() {
                return Some(Rewriting::new(region, objects).run(&makings, flow));
            }
            for (object, block) in needs {
                match bridge_to(region, flow, object, block) {
                    Some(bridge) if !makings.contains(&(object, bridge)) => {
                        makings.push((object, bridge));
                    }
                    _ => objects.refuse(object, &mut refused),
                }
            }
        }
        for refused in refused {
            candidates.remove(&refused);
        }
    }
}

/// The first bridge on the way from where an object comes into being to a block.
fn bridge_to(region: &Region, flow: &Flow, object: Ref, block: usize) -> Option<usize> {
    let holds = |block: &Block| block.params.contains(&object) || block.insts.contains(&object);
    let origin = region.blocks.iter().position(holds)?;
    (origin + 1..=block).find(|&bridge| {
        region.blocks[bridge].kind == BlockKind::Bridge
            && flow.dominates(origin, bridge)
            && flow.dominates(bridge, block)
    })
}

fn form_of(region: &Region, record: Ref) -> Option<Form> {
    let inst = region.inst(record);
    let fits = inst.op == Op::NewRecord
        && inst.args.len() <= MOST_OPERANDS
        && inst.args.iter().all(|arg| region.ty(*arg).tag().is_some());
    let fields = || inst.args.iter().map(|arg| region.ty(*arg)).collect();
    fits.then(|| Form { shape: inst.imm, fields: fields() })
}

/// What each jump brings for each parameter of its target.
fn arrivals(region: &Region) -> impl Iterator<Item = (Ref, Ref)> + '_ {
    region.blocks.iter().flat_map(|block| {
        let (params, args) = match &block.end {
            End::Jump { target, args } => (&region.blocks[target.0 as usize].params[..], &args[..]),
            _ => (&[][..], &[][..]),
        };
        params.iter().copied().zip(args.iter().copied())
    })
}

/// The forms of the candidates, and of what arrives for them. Those for which something else
/// arrives, or objects of several forms, are refused.
fn forms(region: &Region, candidates: &FxHashSet<Ref>, refused: &mut Vec<Ref>) -> Objects {
    let mut objects = Objects::default();
    let brought: Vec<(Ref, Ref)> =
        arrivals(region).filter(|(param, _)| candidates.contains(param)).collect();
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for &(param, arg) in &brought {
            let form = match candidates.contains(&arg) {
                true => objects.forms.get(&arg).cloned(),
                false => form_of(region, arg).filter(|_| region.ty(arg) == region.ty(param)),
            };
            match (form, objects.forms.get(&param)) {
                (None, _) if candidates.contains(&arg) => {}
                (Some(form), None) => {
                    objects.forms.insert(param, form);
                    changed = true;
                }
                (Some(form), Some(known)) if form == *known => {}
                _ => refused.push(param),
            }
        }
        if !refused.is_empty() {
            return objects;
        }
    }
    refused.extend(candidates.iter().filter(|param| !objects.forms.contains_key(param)));
    for (param, arg) in brought {
        if !candidates.contains(&arg)
            && let Some(form) = objects.forms.get(&param).cloned()
        {
            objects.forms.insert(arg, form);
            objects.brought_for.entry(arg).or_default().push(param);
        }
    }
    objects
}

impl Objects {
    /// The object and field that an instruction loads from.
    fn loaded(&self, region: &Region, load: Ref, op: Op) -> Option<(Ref, usize)> {
        let inst = region.inst(load);
        let loads = inst.op == op && self.forms.contains_key(&inst.args[0]);
        loads.then(|| (inst.args[0], inst.imm as usize))
    }

    /// Whether an instruction takes a payload for what the field is known to be.
    fn is_typed(&self, region: &Region, inst: &Inst, (object, field): (Ref, usize)) -> bool {
        let of = Some((object, field));
        let typed = match inst.op {
            Op::GuardType => self.loaded(region, inst.args[0], Op::FieldTag) == of,
            Op::Retype => true,
            _ => false,
        };
        typed && self.forms[&object].fields.get(field) == Some(&inst.ty)
    }

    /// Parameters that cannot be replaced if this object cannot.
    fn refuse(&self, object: Ref, refused: &mut Vec<Ref>) {
        match self.brought_for.get(&object) {
            Some(params) => refused.extend(params),
            None => refused.push(object),
        }
    }
}

/// Looks for uses of objects for anything else than for what they hold.
struct Check<'a> {
    region: &'a Region,
    objects: &'a Objects,
    flow: &'a Flow,
    makings: &'a [Making],
    /// The blocks of loads from objects.
    homes: FxHashMap<Ref, usize>,
}

impl<'a> Check<'a> {
    fn new(
        region: &'a Region,
        objects: &'a Objects,
        flow: &'a Flow,
        makings: &'a [Making],
    ) -> Check<'a> {
        let mut homes = FxHashMap::default();
        for (number, block) in region.blocks.iter().enumerate() {
            let loads = |load: &&Ref| objects.loaded(region, **load, Op::FieldPayload).is_some();
            homes.extend(block.insts.iter().filter(loads).map(|load| (*load, number)));
        }
        Check { region, objects, flow, makings, homes }
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        for (number, block) in self.region.blocks.iter().enumerate() {
            let mut need = |object| needs.push((object, number));
            self.check_block(number, block, &mut need);
        }
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The form of an object, unless a bridge on the way to the block makes it.
    fn form(&self, object: Ref, block: usize) -> Option<&Form> {
        let made = |(made, bridge): &Making| *made == object && self.flow.dominates(*bridge, block);
        self.objects.forms.get(&object).filter(|_| !self.makings.iter().any(made))
    }

    /// The object and field that a payload was loaded from.
    fn loaded(&self, payload: Ref) -> Option<(Ref, usize)> {
        let block = *self.homes.get(&payload)?;
        let from = self.objects.loaded(self.region, payload, Op::FieldPayload)?;
        self.form(from.0, block).map(|_| from)
    }

    fn check_block(&self, number: usize, block: &Block, need: &mut impl FnMut(Ref)) {
        for &reference in &block.insts {
            let inst = self.region.inst(reference);
            for (position, &arg) in inst.args.iter().enumerate() {
                if let Some(form) = self.form(arg, number) {
                    let reads = match inst.op {
                        Op::FieldTag | Op::FieldPayload => (inst.imm as usize) < form.fields.len(),
                        Op::HeaderShape | Op::Release | Op::ReleaseFlat => true,
                        _ => false,
                    };
                    if !reads {
                        need(arg);
                    }
                } else if let Some(from) = self.loaded(arg) {
                    let last = position + 1 == inst.args.len();
                    if !last || !self.objects.is_typed(self.region, inst, from) {
                        need(from.0);
                    }
                }
            }
            inst.exit.into_iter().for_each(|exit| self.check_exit(number, exit, need));
        }
        match &block.end {
            End::Jump { target, args } => {
                let params = &self.region.blocks[target.0 as usize].params;
                for (param, arg) in params.iter().zip(args) {
                    let is_only = args.iter().filter(|other| *other == arg).count() == 1;
                    match (self.objects.forms.get(param), self.form(*arg, number)) {
                        (to, Some(from)) if to != Some(from) || !is_only => need(*arg),
                        // A bridge on the way makes what is to be passed on.
                        (Some(_), None) => need(*param),
                        _ => {}
                    }
                    self.loaded(*arg).into_iter().for_each(|from| need(from.0));
                }
            }
            End::Return(value) => {
                for operand in value.operands() {
                    if self.form(operand, number).is_some() {
                        need(operand);
                    }
                    self.loaded(operand).into_iter().for_each(|from| need(from.0));
                }
            }
            End::Leave(exit) => self.check_exit(number, *exit, need),
        }
    }

    fn check_exit(&self, number: usize, exit: ExitId, need: &mut impl FnMut(Ref)) {
        let row = &self.region.exits[exit.0 as usize];
        let all = named_by(self.region, row);
        for &named in all.iter().filter(|named| self.form(**named, number).is_some()) {
            // One that is borrowed from another owner has one retain too many.
            let times = all.iter().filter(|operand| **operand == named).count();
            let retains = row.snapshot.retains.iter().filter(|retain| **retain == named).count();
            if times != 2 * retains + 1 {
                need(named);
            }
        }
        let Some(observed) = row.observed else { return };
        if self.form(observed, number).is_some() {
            need(observed);
        }
        self.loaded(observed).into_iter().for_each(|from| need(from.0));
    }
}

/// What an exit names, itself or in what it makes.
fn named_by(region: &Region, exit: &Exit) -> Vec<Ref> {
    let made = region.made_at(&exit.snapshot).into_iter();
    let held = made.flat_map(|made| region.inst(made).args.iter().copied());
    exit.snapshot.operands().chain(held).collect()
}

struct Rewriting {
    region: Region,
    objects: Objects,
    /// The parameters, or constants, that replace a parameter.
    fields: FxHashMap<Ref, SmallVec<[Ref; MOST_OPERANDS]>>,
    /// What takes the place of loads.
    renamed: FxHashMap<Ref, Ref>,
}

impl Rewriting {
    fn new(region: &Region, objects: Objects) -> Rewriting {
        let region = region.clone();
        Rewriting { region, objects, fields: FxHashMap::default(), renamed: FxHashMap::default() }
    }

    fn run(mut self, makings: &[Making], flow: &Flow) -> Region {
        let mut blocks = std::mem::take(&mut self.region.blocks);
        let params: Vec<Vec<Ref>> = blocks.iter().map(|block| block.params.clone()).collect();
        for block in &mut blocks {
            self.replace_parameters(block);
        }
        for &(object, bridge) in makings {
            self.make(&mut blocks, object, bridge, flow);
        }
        for block in &mut blocks {
            self.rename_loads(block);
        }
        for block in &mut blocks {
            self.rewrite(block);
            if let End::Jump { target, args } = &mut block.end {
                self.pass_fields(&params[target.0 as usize], args);
            }
        }
        self.region.blocks = blocks;
        self.rewrite_exits();
        self.region
    }

    /// What an object holds.
    fn held(&self, object: Ref) -> SmallVec<[Ref; MOST_OPERANDS]> {
        match self.fields.get(&object) {
            Some(fields) => fields.clone(),
            None => self.region.inst(object).args.iter().copied().collect(),
        }
    }

    fn add(&mut self, inst: Inst) -> Ref {
        self.region.insts.push(inst);
        Ref(self.region.insts.len() as u32 - 1)
    }

    /// A header gets parameters for what is held by the objects that it had one for.
    fn replace_parameters(&mut self, block: &mut Block) {
        let mut added = Vec::new();
        for &param in &block.params {
            let Some(form) = self.objects.forms.get(&param).cloned() else { continue };
            let mut held = SmallVec::new();
            for ty in form.fields {
                let op = if ty.has_bits() { Op::Parameter } else { Op::Const };
                let field = self.add(Inst::new(op, ty, &[]));
                held.push(field);
                if ty.has_bits() {
                    added.push(field);
                }
            }
            self.fields.insert(param, held);
        }
        block.params.retain(|param| !self.objects.forms.contains_key(param));
        block.params.extend(added);
    }

    /// A bridge makes an object, which everything behind uses.
    fn make(&mut self, blocks: &mut [Block], object: Ref, bridge: usize, flow: &Flow) {
        let form = &self.objects.forms[&object];
        let made = Inst::new(Op::NewRecord, self.region.ty(object), &[]).with_imm(form.shape);
        let made = self.add(Inst { args: self.held(object).into_iter().collect(), ..made });
        let name = |operand: Ref| if operand == object { made } else { operand };
        for (number, block) in blocks.iter_mut().enumerate().skip(bridge) {
            if !flow.dominates(bridge, number) {
                continue;
            }
            let mut exits = Vec::new();
            for reference in &block.insts {
                let inst = &mut self.region.insts[reference.0 as usize];
                inst.args.iter_mut().for_each(|arg| *arg = name(*arg));
                exits.extend(inst.exit);
            }
            match &mut block.end {
                End::Jump { args, .. } => args.iter_mut().for_each(|arg| *arg = name(*arg)),
                End::Return(value) => *value = value.renamed(name),
                End::Leave(exit) => exits.push(*exit),
            }
            for exit in exits {
                for made in self.region.made_at(&self.region.exits[exit.0 as usize].snapshot) {
                    let args = &mut self.region.insts[made.0 as usize].args;
                    args.iter_mut().for_each(|arg| *arg = name(*arg));
                }
                let row = &mut self.region.exits[exit.0 as usize];
                row.snapshot.rename(name);
                row.observed = row.observed.map(name);
            }
        }
        blocks[bridge].insts.insert(0, made);
    }

    /// A jump brings what the objects hold, in the order of the new parameters.
    fn pass_fields(&mut self, params: &[Ref], args: &mut Vec<Ref>) {
        let brought: Vec<(Ref, Ref)> = params.iter().copied().zip(args.drain(..)).collect();
        let mut fields = Vec::new();
        for (param, arg) in brought {
            if self.objects.forms.contains_key(&param) {
                let held = self.held(arg).into_iter();
                let with_bits = |field: &Ref| self.region.ty(*field).has_bits();
                fields.extend(held.filter(with_bits).map(|field| self.name(field)));
            } else {
                args.push(self.name(arg));
            }
        }
        args.extend(fields);
    }

    /// Notes what loads from the objects are.
    fn rename_loads(&mut self, block: &Block) {
        for &reference in &block.insts {
            let inst = self.region.inst(reference).clone();
            let Some(&first) = inst.args.first() else { continue };
            let to = match inst.op {
                Op::HeaderShape => match self.objects.forms.get(&first) {
                    Some(form) => Inst::constant(Type::Word, form.shape),
                    None => continue,
                },
                Op::FieldTag => match self.objects.forms.get(&first) {
                    Some(form) => {
                        let tag = form.fields[inst.imm as usize].tag().expect("checked before");
                        Inst::constant(Type::Word, tag as u64)
                    }
                    None => continue,
                },
                Op::GuardType | Op::Retype => {
                    let payload = inst.args[inst.args.len() - 1];
                    let loaded = self.objects.loaded(&self.region, payload, Op::FieldPayload);
                    if let Some((object, field)) = loaded {
                        let field = self.held(object)[field];
                        self.renamed.insert(reference, field);
                    }
                    continue;
                }
                _ => continue,
            };
            let to = self.add(to);
            self.renamed.insert(reference, to);
        }
    }

    /// What takes the place of a result.
    fn name(&self, mut result: Ref) -> Ref {
        while let Some(&to) = self.renamed.get(&result) {
            result = to;
        }
        result
    }

    /// Whether an instruction has nothing left to do.
    fn is_gone(&self, reference: Ref) -> bool {
        let inst = self.region.inst(reference);
        let first = inst.args.first().copied();
        self.renamed.contains_key(&reference)
            || self.objects.forms.contains_key(&reference)
            || self.objects.loaded(&self.region, reference, Op::FieldPayload).is_some()
            || inst.op == Op::GuardEqual
                && first.is_some_and(|tested| {
                    let known = self.region.inst(self.name(tested));
                    self.renamed.contains_key(&tested)
                        && known.op == Op::Const
                        && known.imm == inst.imm
                })
    }

    fn rewrite(&mut self, block: &mut Block) {
        let mut insts = Vec::with_capacity(block.insts.len());
        for reference in std::mem::take(&mut block.insts) {
            if self.is_gone(reference) {
                continue;
            }
            let inst = self.region.inst(reference);
            let freed = match inst.op {
                Op::Release | Op::ReleaseFlat if self.objects.forms.contains_key(&inst.args[0]) => {
                    Some(self.held(inst.args[0]))
                }
                _ => None,
            };
            let Some(freed) = freed else {
                insts.push(reference);
                continue;
            };
            for held in freed {
                let held = self.name(held);
                if self.region.ty(held).is_pointer() {
                    insts.push(self.add(Inst::new(Op::Release, Type::Unit, &[held])));
                }
            }
        }
        for reference in &insts {
            let mut args = std::mem::take(&mut self.region.insts[reference.0 as usize].args);
            args.iter_mut().for_each(|arg| *arg = self.name(*arg));
            self.region.insts[reference.0 as usize].args = args;
        }
        block.insts = insts;
        if let End::Return(value) = &mut block.end {
            *value = value.renamed(|operand| self.name(operand));
        }
    }

    /// Exits make the objects that they name.
    fn rewrite_exits(&mut self) {
        let mut exits = std::mem::take(&mut self.region.exits);
        for exit in &mut exits {
            self.rewrite_exit(exit);
        }
        self.region.exits = exits;
    }

    fn rewrite_exit(&mut self, exit: &mut Exit) {
        let mut made: FxHashMap<Ref, Ref> = FxHashMap::default();
        let made_before = self.region.made_at(&exit.snapshot);
        for object in named_by(&self.region, exit) {
            if self.objects.forms.contains_key(&object) && !made.contains_key(&object) {
                let held: SmallVec<[Ref; 3]> =
                    self.held(object).into_iter().map(|held| self.name(held)).collect();
                let shape = self.objects.forms[&object].shape;
                let ty = self.region.ty(object);
                let object_here = self
                    .add(Inst { args: held, ..Inst::new(Op::NewRecord, ty, &[]).with_imm(shape) });
                self.region.sunk.push(object_here);
                made.insert(object, object_here);
            }
        }
        for before in made_before {
            let mut args = std::mem::take(&mut self.region.insts[before.0 as usize].args);
            for arg in &mut args {
                *arg = made.get(arg).copied().unwrap_or_else(|| self.name(*arg));
            }
            self.region.insts[before.0 as usize].args = args;
        }
        let name = |operand: Ref| made.get(&operand).copied().unwrap_or_else(|| self.name(operand));
        for (_, value) in &mut exit.snapshot.slots {
            let loaded = match value {
                SlotValue::Dynamic { payload, .. } => {
                    self.objects.loaded(&self.region, *payload, Op::FieldPayload)
                }
                SlotValue::Typed(_) => None,
            };
            *value = match loaded {
                Some((object, field)) => SlotValue::Typed(self.name(self.held(object)[field])),
                None => value.renamed(name),
            };
        }
        exit.snapshot.retains.iter_mut().for_each(|retain| *retain = name(*retain));
        exit.observed = exit.observed.map(name);
    }
}
