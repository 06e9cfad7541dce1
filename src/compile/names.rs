//! What the names of a program mean, for tools that do not compile it.
//!
//! The resolver finds it out for the compiler; this shows the same answers, so
//! that no tool has scoping rules of its own.
//!
//! Example: in `let x := 1` and `print(x)` the name `x` of the first line
//! declares a variable, that of the second means it, and `print` means nothing:
//! it is a builtin, or unknown.

use super::module::{Imports, ModuleSet, Modules, Target};
use super::resolve::resolve;
use super::scope::{Resolved, Use, VariableId as Id};
use crate::base::span::Span;
use crate::bytecode::SourceFile;
use crate::syntax::ast::{EnumDef, Name, Program, StructDef};
use rustc_hash::FxHashMap;

/// Number of a variable of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(usize);

/// What a name means where it stands.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'a> {
    /// A variable, parameter or named function.
    Variable(VariableId),
    /// It declares this variable.
    Declares(VariableId),
    /// A field of the receiver of the method around.
    Field,
    /// A struct.
    Struct(&'a StructDef),
    /// An enum.
    Enum(&'a EnumDef),
}

/// The names of a program.
#[derive(Debug)]
pub struct Names<'a> {
    resolved: Resolved<'a>,
    /// For a variable that a spawned block copies: the variable that is copied.
    originals: FxHashMap<usize, usize>,
    complete: bool,
}

/// Calls `inspect` with the names of `program`, whose imports come from `files`.
pub fn with_names<R>(
    program: &Program,
    source: &SourceFile,
    files: &dyn Modules,
    inspect: impl FnOnce(&Names<'_>) -> R,
) -> R {
    let set = ModuleSet::load(program, source, files, None);
    let exports = set.exports();
    let imports = Imports { targets: &set.targets, exports: &exports };
    let resolved = resolve(program, imports, None);
    let copies = resolved.copies.values().flatten();
    let originals = copies.map(|(original, copy)| (copy.0, original.0)).collect();
    let found = |target: &Target| matches!(target, Target::Main | Target::Module(_));
    let complete = set.targets.values().all(found);
    inspect(&Names { resolved, originals, complete })
}

impl<'a> Names<'a> {
    /// What the name at `span` means; nothing for builtins and unknown names.
    pub fn meaning(&self, name: &Name, span: Span) -> Option<Meaning<'a>> {
        Some(match self.resolved.used(span, name)? {
            Use::Variable(id) => Meaning::Variable(self.original(id)),
            Use::Declares(id) => Meaning::Declares(VariableId(id.0)),
            Use::SelfField(_) => Meaning::Field,
            Use::Struct(id) => Meaning::Struct(self.resolved.structs[id.0]),
            Use::Enum(id) => Meaning::Enum(self.resolved.enums[id.0]),
        })
    }

    fn original(&self, id: Id) -> VariableId {
        let mut number = id.0;
        while let Some(original) = self.originals.get(&number) {
            number = *original;
        }
        VariableId(number)
    }

    /// Whether all imported modules are known, so that no name can come from
    /// one that is not.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The name of a variable.
    pub fn name(&self, id: VariableId) -> &str {
        &self.resolved.variable(Id(id.0)).name
    }

    /// Whether the variable stands at the top level.
    pub fn is_top_level(&self, id: VariableId) -> bool {
        self.resolved.variable(Id(id.0)).slot.is_some()
    }

    /// Whether none of its names can be assigned.
    pub fn is_constant(&self, id: VariableId) -> bool {
        let variable = self.resolved.variable(Id(id.0));
        variable.constant && variable.asked().is_none()
    }

    /// Whether it may have another value than the one of its declaration.
    pub fn is_reassigned(&self, id: VariableId) -> bool {
        self.resolved.variable(Id(id.0)).reassigned
    }

    /// Whether its uses do not tell what it is for: assignments to it may mean a variable
    /// of the module instead, or the name of another variable may mean it.
    pub fn is_tentative(&self, id: VariableId) -> bool {
        let variable = self.resolved.variable(Id(id.0));
        variable.unless.is_some() && !variable.captured || variable.behind
    }

    /// The names of all variables, structs and enums of the program.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let variables = self.resolved.variables.iter().map(|variable| &*variable.name);
        let structs = self.resolved.structs.iter().map(|definition| &*definition.name.name);
        let enums = self.resolved.enums.iter().map(|definition| &*definition.name.name);
        variables.chain(structs).chain(enums)
    }
}
