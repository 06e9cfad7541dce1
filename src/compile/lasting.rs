//! What one text leaves behind for the next: the state of a session.
//!
//! The texts of a session are compiled one after the other and run on one
//! machine. Their top-level names share the module slots: a later text begins
//! with all slots of the earlier ones, and its own come behind. So functions of
//! earlier texts go on seeing their variables, and later texts see both.
//!
//! A name that a function uses and nothing declares yet is *awaited*: it gets a
//! slot, and the text that declares it later takes that one. A redeclared
//! variable is a new one; the old slot is used again if no function mentions it.
//!
//! What must hold: a slot is free only if no code that may still run reads or
//! writes it; the programs that kept declarations belong to are kept.
//!
//! Example: after `func f() { return y }` the name `y` is awaited; the text
//! `y := 7` defines it, and `f()` in a third text gives 7.

use super::module::{Module, Target};
use super::resolve::Resolver;
use super::scope::{FunctionId, Resolved, ScopeId, Use};
use super::{Linked, Unit};
use crate::syntax::ast::{EnumDef, Name, Program, StmtKind, StructDef};
use crate::value::{Shape, VariantId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// A top-level variable or function of an earlier text.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastingVariable {
    pub slot: u16,
    pub constant: bool,
    /// Declared by `func`.
    pub function: bool,
    /// Whether a function uses it.
    pub mentioned: bool,
    /// Whether nothing has defined it yet.
    pub awaited: bool,
    /// Declared by an import, for the module.
    pub module: bool,
    /// Whether the text compiled last declares it.
    fresh: bool,
}

/// A declaration at the top level of a program that is kept.
#[derive(Clone, Debug)]
struct Kept<T> {
    program: Rc<Program>,
    statement: usize,
    meaning: T,
}

impl<T> Kept<T> {
    fn kind(&self) -> &StmtKind {
        inner(&self.program.statements[self.statement].kind)
    }
}

fn inner(kind: &StmtKind) -> &StmtKind {
    match kind {
        StmtKind::Export(statement) => &statement.kind,
        kind => kind,
    }
}

/// A module that an earlier text has imported.
#[derive(Clone, Debug)]
pub(super) struct LastingModule {
    pub module: Rc<Module>,
    pub first_slot: usize,
    pub code_slot: usize,
    pub value_slot: usize,
    shapes: Vec<(*const StructDef, Rc<Shape>)>,
    variants: Vec<(*const EnumDef, Vec<VariantId>)>,
}

/// What the texts compiled so far leave behind.
#[derive(Clone, Debug, Default)]
pub struct Lasting {
    /// Names of all module slots.
    pub(super) slots: Vec<String>,
    /// Slots that a new variable may have.
    pub(super) free: Vec<u16>,
    pub(super) variables: FxHashMap<Name, LastingVariable>,
    structs: FxHashMap<Name, Kept<Rc<Shape>>>,
    enums: FxHashMap<Name, Kept<Vec<VariantId>>>,
    pub(super) modules: Vec<LastingModule>,
    pub(super) files: FxHashMap<String, Target>,
    /// Slots of the functions of the prelude, once a text has used one.
    pub(super) prelude: FxHashMap<String, usize>,
    /// Whether a struct overloads `==`.
    pub(super) overloads: bool,
    /// The methods that may change their receiver.
    pub(super) changing: FxHashSet<Name>,
    /// Slots of variables that others have replaced in the last text.
    replaced: Vec<(Name, LastingVariable)>,
}

impl Lasting {
    /// The names of variables and functions with their slots; those that are
    /// awaited are left out.
    pub fn variables(&self) -> impl Iterator<Item = (&str, u16)> {
        let defined = self.variables.iter().filter(|(_, variable)| !variable.awaited);
        defined.map(|(name, variable)| (&**name, variable.slot)).filter(|(name, _)| is_plain(name))
    }

    /// Slot of a variable or function.
    pub fn slot(&self, name: &str) -> Option<u16> {
        let variable = self.variables.get(name).filter(|variable| !variable.awaited)?;
        Some(variable.slot)
    }

    /// Slot of a function of the prelude, if a text has used one.
    pub fn prelude_slot(&self, name: &str) -> Option<usize> {
        self.prelude.get(name).copied()
    }

    /// The names of structs and enums.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.structs.keys().chain(self.enums.keys()).map(|name| &**name)
    }

    /// Number of module slots.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no text has left anything.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Declares a variable from outside of any text; its slot.
    pub fn declare(&mut self, name: &str) -> u16 {
        if let Some(variable) = self.variables.get_mut(name)
            && !variable.constant
        {
            variable.awaited = false;
            return variable.slot;
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = name.into();
                slot
            }
            None => {
                self.slots.push(name.into());
                (self.slots.len() - 1) as u16
            }
        };
        let variable = LastingVariable {
            slot,
            constant: false,
            function: false,
            mentioned: false,
            awaited: false,
            module: false,
            fresh: false,
        };
        self.variables.insert(name.into(), variable);
        slot
    }

    /// Takes in how the text compiled last has ended; `old` is the state before
    /// it, `defined` tells which slots hold something. A variable that the text
    /// did not come to define is forgotten, and what it would have replaced
    /// stays. Answers the slots that hold nothing of use any more.
    pub fn settle(&mut self, old: &Lasting, defined: impl Fn(u16) -> bool) -> Vec<u16> {
        let mut unused = Vec::new();
        let mut restored = Vec::new();
        let mut replaced = std::mem::take(&mut self.replaced);
        for (name, variable) in &mut self.variables {
            variable.awaited = !defined(variable.slot);
            if !std::mem::take(&mut variable.fresh) || !variable.awaited {
                continue;
            }
            let before = old.variables.get(name).filter(|before| before.slot != variable.slot);
            if before.is_some() || !variable.mentioned {
                restored.push((name.clone(), before.copied()));
                if !variable.mentioned {
                    unused.push(variable.slot);
                }
            }
        }
        for (name, before) in restored {
            match before {
                Some(mut before) => {
                    let at = replaced.iter().position(|(_, other)| other.slot == before.slot);
                    if let Some(at) = at {
                        before.mentioned |= replaced.swap_remove(at).1.mentioned;
                    }
                    self.variables.insert(name, before);
                }
                None => {
                    self.variables.remove(&name);
                }
            }
        }
        unused.extend(replaced.iter().filter(|(_, v)| !v.mentioned).map(|(_, v)| v.slot));
        unused.sort_unstable();
        self.free.extend(&unused);
        unused
    }

    /// The structs that are visible, each with its declaration and shape.
    pub(super) fn structs(&self) -> impl Iterator<Item = (&Name, &StructDef, &Rc<Shape>)> {
        let kept = self.structs.iter();
        kept.filter_map(|(name, kept)| match kept.kind() {
            StmtKind::Struct(definition) => Some((name, &**definition, &kept.meaning)),
            _ => None,
        })
    }

    /// The enums that are visible.
    pub(super) fn enums(&self) -> impl Iterator<Item = (&Name, &EnumDef, &Vec<VariantId>)> {
        let kept = self.enums.iter();
        kept.filter_map(|(name, kept)| match kept.kind() {
            StmtKind::Enum(definition) => Some((name, &**definition, &kept.meaning)),
            _ => None,
        })
    }

    /// The shapes of all declarations that are kept.
    pub(super) fn shapes(&self) -> FxHashMap<*const StructDef, Rc<Shape>> {
        let own = self
            .structs()
            .map(|(_, definition, shape)| (std::ptr::from_ref(definition), shape.clone()));
        let imported = self.modules.iter().flat_map(|module| module.shapes.iter().cloned());
        own.chain(imported).collect()
    }

    /// The variants of all declarations that are kept.
    pub(super) fn variants(&self) -> FxHashMap<*const EnumDef, Vec<VariantId>> {
        let own = self
            .enums()
            .map(|(_, definition, variants)| (std::ptr::from_ref(definition), variants.clone()));
        let imported = self.modules.iter().flat_map(|module| module.variants.iter().cloned());
        own.chain(imported).collect()
    }

    /// The state after a text that was compiled on top of this one.
    pub(super) fn after(
        &self,
        program: &Rc<Program>,
        resolved: &Resolved<'_>,
        linked: &Linked<'_>,
        unit: &Unit<'_>,
        files: FxHashMap<String, Target>,
    ) -> Lasting {
        let mut next = Lasting {
            slots: unit.module_names.to_vec(),
            free: resolved.free.clone(),
            prelude: unit.prelude.clone(),
            overloads: unit.overloads,
            changing: self.changing.clone(),
            files,
            ..Lasting::default()
        };
        for file in linked.resolved.iter().chain([resolved]) {
            next.changing.extend(file.changing_methods().cloned());
        }
        let top = &resolved.scopes[ScopeId(0).0];
        for (name, ids) in &top.variables {
            for (position, id) in ids.iter().enumerate() {
                let variable = resolved.variable(*id);
                let Some(slot) = variable.slot else { continue };
                let lasting = LastingVariable {
                    slot,
                    constant: variable.constant,
                    function: variable.hoisted,
                    mentioned: variable.mentioned,
                    awaited: variable.awaited,
                    module: variable.module,
                    fresh: !variable.lasting,
                };
                if position + 1 == ids.len() {
                    next.variables.insert(name.clone(), lasting);
                } else {
                    next.replaced.push((name.clone(), lasting));
                }
            }
        }
        let programs = || {
            std::iter::once(program)
                .chain(linked.modules.iter().map(|linked| &linked.module.program))
        };
        for (name, id) in &top.structs {
            let wanted = resolved.structs[id.0];
            let meaning = unit.shapes[&std::ptr::from_ref(wanted)].clone();
            let found = find(
                programs(),
                meaning,
                |kind| matches!(kind, StmtKind::Struct(here) if std::ptr::eq(&**here, wanted)),
            );
            if let Some(kept) = found.or_else(|| self.structs.get(name).cloned()) {
                next.structs.insert(name.clone(), kept);
            }
        }
        for (name, id) in &top.enums {
            let wanted = resolved.enums[id.0];
            let meaning = unit.variants[&std::ptr::from_ref(wanted)].clone();
            let found = find(
                programs(),
                meaning,
                |kind| matches!(kind, StmtKind::Enum(here) if std::ptr::eq(&**here, wanted)),
            );
            if let Some(kept) = found.or_else(|| self.enums.get(name).cloned()) {
                next.enums.insert(name.clone(), kept);
            }
        }
        for (module, resolved) in linked.modules.iter().zip(&linked.resolved) {
            let shapes = resolved.structs.iter().map(|definition| {
                let definition = std::ptr::from_ref(*definition);
                (definition, unit.shapes[&definition].clone())
            });
            let variants = resolved.enums.iter().map(|definition| {
                let definition = std::ptr::from_ref(*definition);
                (definition, unit.variants[&definition].clone())
            });
            next.modules.push(LastingModule {
                module: module.module.clone(),
                first_slot: resolved.first_slot,
                code_slot: module.code_slot,
                value_slot: module.value_slot,
                shapes: shapes.collect(),
                variants: variants.collect(),
            });
        }
        next
    }
}

impl<'a> Resolver<'_, 'a> {
    /// Declares what earlier texts have left.
    pub(super) fn begin_with(&mut self, lasting: &'a Lasting) {
        self.found.slots = lasting.slots.clone();
        self.found.free = lasting.free.clone();
        let mut known: Vec<_> = lasting.variables.iter().collect();
        known.sort_by_key(|(_, variable)| variable.slot);
        for (name, variable) in known {
            let position = if variable.awaited { u32::MAX } else { 0 };
            let id = self.declare_in(name, position, variable.constant, Some(variable.slot));
            let declared = &mut self.found.variables[id.0];
            declared.hoisted = variable.function;
            declared.mentioned = variable.mentioned;
            declared.awaited = variable.awaited;
            declared.module = variable.module;
            declared.lasting = true;
        }
        for (_, definition, _) in lasting.structs() {
            self.see_struct(definition);
        }
        for (_, definition, _) in lasting.enums() {
            self.see_enum(definition);
        }
    }

    /// Gives a name that a function uses and nothing declares a slot, for a
    /// later text of the session to define.
    pub(super) fn await_name(&mut self, name: &Name) -> Option<Use> {
        let (_, builtins) = self.session?;
        let is_builtin = builtins.lookup(name).is_some() || builtins.constant(name).is_some();
        if self.function == FunctionId(0) || is_builtin || &**name == "self" {
            return None;
        }
        let (scope, function) = (self.scope, self.function);
        (self.scope, self.function) = (ScopeId(0), FunctionId(0));
        let id = self.declare(name, u32::MAX, false);
        (self.scope, self.function) = (scope, function);
        self.found.variables[id.0].awaited = true;
        Some(Use::Variable(id))
    }
}

/// Whether a name is one that programs can write.
fn is_plain(name: &str) -> bool {
    !name.contains('.') && !name.is_empty()
}

/// The declaration among the top-level statements of some programs.
fn find<'p, T>(
    mut programs: impl Iterator<Item = &'p Rc<Program>>,
    meaning: T,
    is_wanted: impl Fn(&StmtKind) -> bool,
) -> Option<Kept<T>> {
    programs
        .find_map(|program| {
            let statements = program.statements.iter();
            statements
                .map(|statement| inner(&statement.kind))
                .position(&is_wanted)
                .map(|statement| (program.clone(), statement))
        })
        .map(|(program, statement)| Kept { program, statement, meaning })
}
