//! What a function sees that runs before a variable it uses is declared.
//!
//! A name is looked up when it is executed: until then it means what it means
//! around the scope of the variable. The cell of such a variable is made when
//! its scope is entered; it holds the value of the outer variable at first, if
//! that one is defined by then and never changes.
//!
//! What must hold: the cell holds nothing that the outer variable may not hold
//! any more; a variable that changes is left undefined instead.
//!
//! Example: in `func f() { g := func() { return size() } let size := g() }` the
//! call of `size` in `g` means the function `size` of the file.

use super::function::{Function, Home};
use super::resolve::Resolver;
use super::scope::{Use, VariableId};
use crate::bytecode::{Instruction, Opcode};
use crate::syntax::ast::Name;

impl Resolver<'_, '_> {
    /// Notes that the current function uses a variable, which may be declared later.
    pub(super) fn note_shadowed(&mut self, name: &Name, id: VariableId) {
        let variable = &self.found.variables[id.0];
        let home = variable.function;
        if home == self.function
            || variable.slot.is_some()
            || variable.hoisted
            || variable.shadows.is_some()
            || variable.declared_at <= self.position
        {
            return;
        }
        let mut around = Some(self.scope);
        while let Some(scope) = around {
            let scope = &self.found.scopes[scope.0];
            around = scope.parent;
            if scope.variables.get(name).is_some_and(|ids| ids.contains(&id)) {
                break;
            }
        }
        let Some(around) = around else { return };
        let here = (self.scope, self.function, self.position);
        (self.scope, self.function) = (around, home);
        self.position = self.found.functions[home.0].made_at;
        if let Some(Use::Variable(outer)) = self.find_variable(name) {
            self.touch(outer);
            self.found.variables[id.0].shadows = Some(outer);
        }
        (self.scope, self.function, self.position) = here;
    }
}

impl Function<'_, '_, '_> {
    /// Loads what a variable means before it is declared, in a scope that begins at
    /// `start`, if it stands for an outer one; false if it does not.
    pub(super) fn load_shadowed(&mut self, id: VariableId, start: u32, dest: u16) -> bool {
        let Some(outer) = self.resolved.variable(id).shadows else { return false };
        let variable = self.resolved.variable(outer);
        // Other texts of the session may change what an earlier one has left.
        let changes = variable.reassigned
            || variable.receiver
            || variable.lasting
            || variable.unless.is_some();
        let own = variable.function == self.id && variable.declared_at <= start;
        if changes {
            return false;
        }
        match self.home(outer) {
            Home::Module(slot) if !variable.doubtful => {
                let (defined, end) = (self.b.label(), self.b.label());
                self.b.ad(Opcode::ModuleDefined, dest, slot);
                self.b.jump(Instruction::ad(Opcode::JumpIf, dest, 0), defined);
                self.b.abc(Opcode::SetUndefined, dest, 0, 0);
                self.b.goto(end);
                self.b.bind(defined);
                self.b.ad(Opcode::GetModule, dest, slot);
                self.b.bind(end);
                true
            }
            Home::Register(_) | Home::Cell(_) | Home::Captured(_) if own || variable.hoisted => {
                self.read_variable(outer, dest);
                true
            }
            _ => false,
        }
    }
}
