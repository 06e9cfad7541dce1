//! What a function sees that runs before a variable it uses is declared.
//!
//! A name is looked up when it is executed: until then it means what it means
//! around the scope of the variable. The cell of such a variable is made when its
//! scope is entered. It is *copied*, from the outer variable, if that one has its
//! final value by then and the function only reads the name. Otherwise it holds
//! nothing until the declaration, and is *asked* by those functions that may run
//! before: see [`Home::Shadowing`](super::variable::Home).
//!
//! That is known only when all bodies were visited. A function that asks uses the
//! outer variable too, which may be one of these itself, or was copied by another
//! one and may change after all; so it is repeated until nothing is added.
//!
//! What must hold: the cell holds nothing that the outer variable may not hold
//! any more.
//!
//! Example: in `func f() { g := func() { return size() } let size := g() }` the
//! call of `size` in `g` means the function `size` of the file.

use super::function::Function;
use super::resolve::Resolver;
use super::scope::{FunctionId, Outer, ScopeId, Shadowed, StructId, Use, VariableId};
use crate::base::span::Span;
use crate::bytecode::Opcode;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is noted of names until all bodies were visited.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    uses: Vec<EarlyUse>,
    /// Functions with variables of others that they assign.
    changes: FxHashSet<(FunctionId, VariableId)>,
    /// Functions with variables of others on which they call methods.
    receivers: FxHashSet<(FunctionId, VariableId)>,
    /// Where named functions and structs of blocks are used.
    mentions: FxHashMap<Declared, Vec<u32>>,
    /// For each scope where the first of them is, in a statement that is none itself.
    first_mentions: FxHashMap<usize, u32>,
}

/// Something that is declared when its block is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Declared {
    Variable(VariableId),
    Struct(StructId),
}

/// A use of another function's variable, and what the resolver must know to look names up
/// there.
#[derive(Clone, Copy, Debug)]
struct EarlyUse {
    variable: VariableId,
    scope: ScopeId,
    function: FunctionId,
    position: u32,
}

impl Resolver<'_, '_> {
    /// Notes that the current function uses a variable, which may be declared later.
    pub(super) fn note_early_use(&mut self, id: VariableId) {
        let variable = &self.found.variables[id.0];
        if variable.function == self.function || variable.slot.is_some() || variable.hoisted {
            return;
        }
        let (scope, function, position) = (self.scope, self.function, self.position);
        self.ahead.uses.push(EarlyUse { variable: id, scope, function, position });
    }

    /// Notes that the current function assigns a variable.
    pub(super) fn note_change(&mut self, id: VariableId) {
        self.ahead.changes.insert((self.function, id));
    }

    /// Notes that the current function calls a method on a variable.
    pub(super) fn note_receiver(&mut self, id: VariableId) {
        self.ahead.receivers.insert((self.function, id));
    }

    /// Notes that a name at `span` means this.
    pub(super) fn note_mention(&mut self, found: Use, span: Span) {
        let declared = match found {
            Use::Variable(id) => {
                let variable = &self.found.variables[id.0];
                if variable.slot.is_some() || !variable.hoisted {
                    return;
                }
                Declared::Variable(id)
            }
            Use::Struct(id) => Declared::Struct(id),
            _ => return,
        };
        self.ahead.mentions.entry(declared).or_default().push(span.start);
    }

    /// Finds out what names mean until they are declared, where that matters.
    pub(super) fn settle_early_uses(&mut self) {
        let mut settled: FxHashSet<(FunctionId, VariableId)> = FxHashSet::default();
        let mut open: Vec<EarlyUse> = Vec::new();
        loop {
            for used in std::mem::take(&mut self.ahead.uses) {
                if self.may_come_first(&used) && self.find_shadowed(&used) {
                    self.found.functions[used.function.0].ahead.insert(used.variable);
                    open.push(used);
                }
            }
            let before = settled.len();
            for used in &open {
                let id = used.variable;
                let Some(shadowed) = self.found.variables[id.0].shadows else { continue };
                let key = (used.function, id);
                let changes = self.ahead.changes.contains(&key);
                let receives = self.ahead.receivers.contains(&key);
                let copied =
                    shadowed.copied && !changes && !receives && self.is_final(id, shadowed);
                self.found.variables[id.0].shadows = Some(Shadowed { copied, ..shadowed });
                if copied || !settled.insert(key) {
                    continue;
                }
                (self.scope, self.function, self.position) =
                    (used.scope, used.function, used.position);
                let (Outer::Variable(outer) | Outer::Field(outer)) = shadowed.outer;
                self.found.variables[outer.0].behind = true;
                let outer_use = match shadowed.outer {
                    Outer::Variable(outer) => Use::Variable(outer),
                    Outer::Field(receiver) => Use::SelfField(receiver),
                };
                self.touch(outer);
                self.note_early_use(outer);
                if changes {
                    self.changed(outer_use);
                }
                if receives {
                    self.receiver_place(outer_use);
                }
            }
            if settled.len() == before && self.ahead.uses.is_empty() {
                break;
            }
        }
        for used in open {
            let id = used.variable;
            if let Some(Shadowed { outer: Outer::Variable(outer), scope, copied: true }) =
                self.found.variables[id.0].shadows
            {
                self.scope = self.found.scopes[scope.0].parent.unwrap_or(scope);
                self.function = self.found.variables[id.0].function;
                self.position = self.found.functions[self.function.0].made_at;
                self.touch(outer);
            }
        }
    }

    /// Whether the function may run before the variable is declared.
    fn may_come_first(&mut self, used: &EarlyUse) -> bool {
        let variable = &self.found.variables[used.variable.0];
        let (home, declared_at) = (variable.function, variable.declared_at);
        // The function of the variable's own function that runs the use.
        let (mut scope, mut function) = (used.scope, used.function);
        loop {
            let here = &self.found.scopes[scope.0];
            if here.function == home {
                break;
            }
            function = here.function;
            let Some(parent) = here.parent else { return false };
            scope = parent;
        }
        let made_at = self.found.functions[function.0].made_at;
        let here = &self.found.scopes[scope.0];
        if made_at >= declared_at {
            return false;
        }
        let beside = here.variables.get(&variable.name).is_some_and(|v| v.contains(&used.variable));
        !(beside && made_at == here.start) || self.first_mention(scope) < declared_at
    }

    /// Where a function or struct that a scope declares on entry is used first.
    fn first_mention(&mut self, scope: ScopeId) -> u32 {
        if let Some(first) = self.ahead.first_mentions.get(&scope.0) {
            return *first;
        }
        let here = &self.found.scopes[scope.0];
        let variables = here.variables.values().flatten().copied().map(Declared::Variable);
        let structs = here.structs.values().copied().map(Declared::Struct);
        let inside =
            |at: u32| here.declarations.iter().any(|span| (span.start..span.end).contains(&at));
        let declared = variables.chain(structs);
        let mentions = declared.filter_map(|what| self.ahead.mentions.get(&what)).flatten();
        let first = mentions.copied().filter(|at| !inside(*at)).min().unwrap_or(u32::MAX);
        self.ahead.first_mentions.insert(scope.0, first);
        first
    }

    /// Finds what the name of a variable means until it is declared; false if that is
    /// nothing, or a builtin.
    fn find_shadowed(&mut self, used: &EarlyUse) -> bool {
        let variable = &self.found.variables[used.variable.0];
        if variable.shadows.is_some() {
            return true;
        }
        let (name, home) = (variable.name.clone(), variable.function);
        let declared_at = variable.declared_at;
        let mut scope = used.scope;
        while !self.found.scopes[scope.0]
            .variables
            .get(&name)
            .is_some_and(|ids| ids.contains(&used.variable))
        {
            let Some(parent) = self.found.scopes[scope.0].parent else { return false };
            scope = parent;
        }
        (self.scope, self.function, self.position) = (scope, home, declared_at);
        let until = self.until.replace(declared_at);
        let found = self.find_variable(&name);
        self.until = until;
        let outer = match found {
            Some(Use::Variable(outer)) => Outer::Variable(outer),
            Some(Use::SelfField(receiver)) => Outer::Field(receiver),
            _ => return false,
        };
        let shadows = Some(Shadowed { outer, scope, copied: true });
        self.found.variables[used.variable.0].shadows = shadows;
        true
    }

    /// Whether the outer variable has the value that it keeps when the scope of the
    /// variable is entered.
    fn is_final(&self, id: VariableId, shadowed: Shadowed) -> bool {
        let Outer::Variable(outer) = shadowed.outer else { return false };
        let variable = &self.found.variables[outer.0];
        let here = &self.found.scopes[shadowed.scope.0];
        let own = variable.function == self.found.variables[id.0].function;
        let beside = here.variables.get(&variable.name).is_some_and(|ids| ids.contains(&outer));
        // Other texts of the session may change what an earlier one has left.
        let changes = variable.reassigned
            || variable.receiver
            || variable.lasting
            || variable.doubtful
            || variable.unless.is_some();
        !changes && !beside && (variable.hoisted || own && variable.slot.is_none())
    }
}

impl Function<'_, '_, '_> {
    /// Loads what a variable holds before it is declared, if it has an outer one; false if
    /// it has none.
    pub(super) fn load_shadowed(&mut self, id: VariableId, dest: u16) -> bool {
        match self.resolved.variable(id).shadows {
            Some(Shadowed { outer: Outer::Variable(outer), copied: true, .. }) => {
                self.read_variable(outer, dest);
            }
            Some(_) => self.b.abc(Opcode::SetUndefined, dest, 0, 0),
            None => return false,
        }
        true
    }
}
