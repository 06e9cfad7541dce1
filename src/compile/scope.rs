//! Scopes and the variables in them: what names mean.
//!
//! [`resolve`](super::resolve::resolve) fills a [`Resolved`]; code generation
//! only looks things up by the source position of a name.
//!
//! What must hold: a variable belongs to one function. It is a *module slot* if
//! it stands in the outermost scope, *captured* if another function than its
//! own uses it and it is no slot (then it lives in a cell), and *early* if such
//! a function is made before the variable is declared (then the cell is made
//! when its scope is entered).
//!
//! Example: in `func f() { func g() { return x } x := 1 return g }` the variable
//! `x` of `f` is captured and early; `f` itself is a module slot.

use super::exposure::{Reach, Runs};
use crate::base::span::Span;
use crate::bytecode::SourceFile;
use crate::syntax::ast::{EnumDef, Expr, Ident, Name, StructDef};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// Number of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct VariableId(pub usize);

/// Number of a function; 0 is the main function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FunctionId(pub usize);

/// Number of a struct declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StructId(pub usize);

/// Number of an enum declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EnumId(pub usize);

/// Number of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScopeId(pub usize);

/// A variable, parameter, named function or hidden function of the program.
#[derive(Debug)]
pub(super) struct Variable {
    pub name: Name,
    pub function: FunctionId,
    /// Where it becomes visible.
    pub declared_at: u32,
    /// Declared by `const`.
    pub constant: bool,
    /// Bound when its scope is entered.
    pub hoisted: bool,
    /// Its slot, if it belongs to the outermost scope.
    pub slot: Option<u16>,
    pub captured: bool,
    pub early: bool,
    /// Used by a function other than its own.
    pub mentioned: bool,
    /// Assigned by a function other than its own.
    pub assigned_elsewhere: bool,
    /// The root of a place that is the receiver of a method call.
    pub receiver: bool,
    /// The variable that its name means instead, if that is defined when the function runs:
    /// see [`Home::Tentative`](super::variable::Home).
    pub unless: Option<VariableId>,
    /// What its name means before it is declared, if a function may ask then.
    pub shadows: Option<Shadowed>,
    /// Whether the name of another variable may mean it, until that one is declared.
    pub behind: bool,
    /// A module variable that such a name may mean.
    pub doubtful: bool,
    /// Assigned after its declaration.
    pub reassigned: bool,
    /// Declared by an import, for the module.
    pub module: bool,
    /// Declared by an earlier text of the session.
    pub lasting: bool,
    /// Nothing has defined it yet, as far as is known: it is read as a module
    /// slot, which is checked, even in the main function.
    pub awaited: bool,
}

impl Variable {
    /// Whether it may hold the builtin of its name until it is declared. A
    /// doubtful one may not, as it is then seen whether it is declared.
    pub fn may_stand_for_builtin(&self) -> bool {
        self.mentioned && !self.hoisted && !self.doubtful
    }

    /// What its name means until it is declared, if that shows only when it is asked.
    pub fn asked(&self) -> Option<Outer> {
        self.shadows.filter(|shadowed| !shadowed.copied).map(|shadowed| shadowed.outer)
    }
}

/// What the name of a variable means until it is declared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outer {
    Variable(VariableId),
    /// A field of this receiver.
    Field(VariableId),
}

/// A variable with a name that means something else until it is declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadowed {
    pub outer: Outer,
    /// The scope of the variable.
    pub scope: ScopeId,
    /// Whether its cell holds a copy until then.
    pub copied: bool,
}

/// A scope: names that become visible and disappear together.
#[derive(Debug)]
pub(super) struct Scope {
    pub parent: Option<ScopeId>,
    pub function: FunctionId,
    /// Where its block begins.
    pub start: u32,
    /// In order of declaration.
    pub variables: FxHashMap<Name, Vec<VariableId>>,
    pub structs: FxHashMap<Name, StructId>,
    pub enums: FxHashMap<Name, EnumId>,
    /// Its statements that declare functions and structs.
    pub declarations: Vec<Span>,
    /// Around a spawned block: where it stands.
    pub spawned_at: Option<u32>,
    /// Around a method without a `self` parameter: its fields as bare names.
    pub fields: Option<(StructId, VariableId)>,
}

/// What code generation must know about a function.
#[derive(Debug, Default)]
pub(super) struct FunctionFacts {
    /// Variables of enclosing functions that it or a function inside it uses.
    pub captures: Vec<VariableId>,
    /// Variables of enclosing functions that it may use before they are declared.
    pub ahead: FxHashSet<VariableId>,
    /// Where its closure is made: its own position, or for a hoisted function the
    /// beginning of its block.
    pub made_at: u32,
    /// The struct whose method it is.
    pub method_of: Option<StructId>,
    /// The receiver, in methods.
    pub receiver: Option<VariableId>,
    /// Whether it may change its receiver.
    pub changes_self: bool,
    /// Variables of enclosing functions and module variables that it itself uses.
    pub touches: FxHashSet<VariableId>,
    pub runs: FxHashSet<Runs>,
}

/// What a name means where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Variable(VariableId),
    /// A field of this receiver.
    SelfField(VariableId),
    Struct(StructId),
    Enum(EnumId),
    /// An assignment that declares this variable.
    Declares(VariableId),
}

/// Everything the resolver found out.
#[derive(Debug, Default)]
pub(super) struct Resolved<'a> {
    pub variables: Vec<Variable>,
    pub scopes: Vec<Scope>,
    pub functions: Vec<FunctionFacts>,
    pub structs: Vec<&'a StructDef>,
    /// Where the names of methods stand that instances carry.
    pub carried: FxHashSet<u32>,
    pub enums: Vec<&'a EnumDef>,
    /// By position of the name and the name.
    pub uses: FxHashMap<(u32, Name), Use>,
    /// Functions by the position where they begin.
    pub function_at: FxHashMap<u32, FunctionId>,
    /// Scopes by the position where their block begins.
    pub scope_at: FxHashMap<u32, ScopeId>,
    /// The methods of the program.
    pub methods: FxHashMap<Name, Vec<FunctionId>>,
    pub operator_methods: Vec<FunctionId>,
    /// The values of constants that functions need not look up.
    pub values: FxHashMap<VariableId, &'a Expr>,
    /// The functions that hoisted variables hold.
    pub bodies: FxHashMap<VariableId, FunctionId>,
    /// Names of fields, and of entries of dicts, that may hold something callable.
    pub stored: FxHashSet<Name>,
    pub has_generators: bool,
    /// What is known of [`Resolved::may_be_seen`].
    pub reaches: RefCell<FxHashMap<Name, Reach>>,
    /// For each spawned block the variables that it copies, with the copies.
    pub copies: FxHashMap<u32, Vec<(VariableId, VariableId)>>,
    /// Names of the methods that are called.
    pub method_calls: FxHashSet<Name>,
    /// Whether something in it needs tasks or promises.
    pub waits: bool,
    /// Names of the module slots.
    pub slots: Vec<String>,
    /// Those among them that nothing uses.
    pub free: Vec<u16>,
    /// Number of the first of them.
    pub first_slot: usize,
    /// Names that nothing declares: builtins, and unknown ones.
    pub unknown: FxHashSet<Name>,
    /// The source, if it is not that of the program.
    pub source: Option<Rc<SourceFile>>,
    /// Number of the module, if it is an imported one.
    pub module: Option<usize>,
}

impl Resolved<'_> {
    pub fn variable(&self, id: VariableId) -> &Variable {
        &self.variables[id.0]
    }

    /// Whether the method whose declaration has this name is one that instances carry.
    pub fn carries(&self, name: &Ident) -> bool {
        self.carried.contains(&name.span.start)
    }

    /// Whether some method of this name may change its receiver.
    pub fn may_change_self(&self, method: &str) -> bool {
        let named = self.methods.get(method);
        named.is_some_and(|ids| ids.iter().any(|id| self.functions[id.0].changes_self))
    }

    /// The methods for which [`Resolved::may_change_self`] holds.
    pub fn changing_methods(&self) -> impl Iterator<Item = &Name> {
        self.methods.keys().filter(|name| self.may_change_self(name))
    }

    /// What the name at a position means; nothing for builtins and unknown names.
    pub fn used(&self, span: Span, name: &Name) -> Option<Use> {
        self.uses.get(&(span.start, name.clone())).copied()
    }

    /// The variables of the block at `position` whose cells are made on entry.
    pub fn early_variables(&self, position: u32) -> Vec<VariableId> {
        let Some(scope) = self.scope_at.get(&position) else { return Vec::new() };
        let mut early: Vec<VariableId> = self.scopes[scope.0]
            .variables
            .values()
            .flatten()
            .copied()
            .filter(|id| self.variable(*id).early)
            .collect();
        early.sort_by_key(|id| id.0);
        early
    }
}

/// The name of the hidden function that gives the default of a field.
pub(super) fn default_name(structure: &str, field: &str) -> Name {
    format!("{structure}.{field}").into()
}

/// The name of the hidden variable that holds a method for new instances to carry.
pub(super) fn carried_name(structure: &str, method: &str) -> Name {
    format!("{structure}.{method}()").into()
}
