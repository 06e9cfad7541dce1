//! `spawn` blocks: tasks that run later with copies of the variables they use.
//!
//! The block is a function. Around it stands a scope of its own; a name that is
//! found beyond that scope gets a variable in it, which the spawning function
//! fills with a copy when it makes the task. Named functions of the program are
//! not copied.
//!
//! Example: in `x := 1  spawn { print(x) }  x := 2` the task prints 1.

use super::function::Function;
use super::resolve::Resolver;
use super::scope::{Use, VariableId};
use crate::base::span::Span;
use crate::bytecode::{Instruction, Opcode};
use crate::syntax::ast::{Block, Name};

impl<'a> Resolver<'_, 'a> {
    /// What a name means here; one beyond a spawned block means a copy in it.
    pub(super) fn find_variable(&mut self, name: &Name) -> Option<Use> {
        let (scope, function) = (self.scope, self.function);
        let mut at = Some(scope);
        while let Some(id) = at {
            let here = &self.found.scopes[id.0];
            if let Some(found) = self.meaning_in(here, name) {
                return Some(found);
            }
            if let Some(start) = here.spawned_at {
                let (home, parent) = (here.function, here.parent);
                let until = self.until.replace(start + 1);
                self.scope = parent.unwrap_or(id);
                self.function = home;
                let outer = self.find_variable(name);
                (self.scope, self.function, self.until) = (scope, function, until);
                return self.copied(name, outer?, id, start);
            }
            at = here.parent;
        }
        None
    }

    fn copied(
        &mut self,
        name: &Name,
        outer: Use,
        scope: super::scope::ScopeId,
        start: u32,
    ) -> Option<Use> {
        let (Use::Variable(id) | Use::SelfField(id)) = outer else { return Some(outer) };
        let variable = &self.found.variables[id.0];
        if variable.slot.is_some() && variable.hoisted {
            return Some(outer);
        }
        let name = if matches!(outer, Use::Variable(_)) { name.clone() } else { "self".into() };
        let (now, function) = (self.scope, self.function);
        self.scope = scope;
        self.function = self.found.scopes[scope.0].function;
        let known = self.found.scopes[scope.0].variables.get(&name).and_then(|ids| ids.first());
        let copy = known.copied().unwrap_or_else(|| {
            self.touch(id);
            self.note_early_use(id);
            let constant = self.found.variables[id.0].constant;
            let copy = self.declare(&name, start, constant);
            self.found.copies.entry(start).or_default().push((id, copy));
            copy
        });
        (self.scope, self.function) = (now, function);
        Some(match outer {
            Use::Variable(_) => Use::Variable(copy),
            _ => Use::SelfField(copy),
        })
    }
}

impl<'a> Function<'_, 'a, '_> {
    /// Makes a task of a block.
    pub(super) fn spawn(&mut self, block: &'a Block, span: Span) {
        let outer = self.b.variables();
        let mark = self.b.mark();
        let copies: Vec<(VariableId, VariableId)> =
            self.resolved.copies.get(&span.start).cloned().unwrap_or_default();
        for (original, copy) in copies {
            let value = self.b.temporary();
            self.read_variable(original, value);
            let cell = self.b.variable(&self.resolved.variable(copy).name);
            self.homes.insert(copy, cell);
            self.b.abc(Opcode::NewCell, cell, value, 0);
            self.b.free_to(mark);
        }
        let Some(number) = self.spawned(block, span) else { return };
        self.b.at(span);
        let window = self.b.temporary();
        let task = self.b.temporary();
        self.b.ad(Opcode::Closure, task, number);
        self.native_call("__spawn", window, 1);
        self.b.abc(Opcode::Release, window, 0, 0);
        self.b.free_to(mark);
        self.b.drop_variables(outer);
    }

    /// Runs the tasks that wait, at the end of the program.
    pub(super) fn finish_tasks(&mut self) {
        if self.unit.prelude.contains_key("run_tasks") {
            let mark = self.b.mark();
            let window = self.b.temporary();
            self.prelude_call("run_tasks", window, 0);
            self.b.abc(Opcode::Release, window, 0, 0);
            self.b.free_to(mark);
        }
    }

    /// Calls a function of the prelude whose arguments follow `window`.
    pub(super) fn prelude_call(&mut self, name: &str, window: u16, count: usize) {
        let slot = self.unit.prelude.get(name).copied().unwrap_or_default();
        self.b.counted(Instruction::ad(Opcode::CallModule, window, slot as i32), count);
    }
}
