//! Variables of the function in the making: where they are, and how they are read,
//! assigned and declared.
//!
//! Where two places are possible, which one it is shows when the code runs: it
//! asks, and then goes on with code that was made for that place.
//!
//! Example: a parameter that a nested function uses lives in a cell in its own
//! register, so that reading it is `GetCell t0, r0`.

use super::builder::Builder;
use super::function::Function;
use super::place::FixedStep;
use super::scope::{Outer, Variable, VariableId};
use crate::bytecode::{Instruction, Opcode, RaiseKind};

/// How a variable is reached from the function in the making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// A variable register.
    Register(u16),
    /// A cell in a variable register.
    Cell(u16),
    /// A cell of the closure.
    Captured(usize),
    /// A module slot.
    Module(usize),
    /// A local that a function makes by assigning or importing a name which a module
    /// variable that it may come before also has: the module slot if the bool in
    /// `defined` says that it was defined when the function got here, or else a
    /// register. The answer cannot change while the function runs.
    Tentative { defined: u16, slot: usize },
    /// A cell of the closure, of a variable that may not be declared yet: until it
    /// is, the name means what it means around it.
    Shadowing { variable: VariableId, cell: usize },
    /// The field of this receiver that has the name of the variable.
    Field(VariableId),
}

impl Function<'_, '_, '_> {
    /// How a variable is reached.
    pub fn home(&self, id: VariableId) -> Home {
        let variable = self.resolved.variable(id);
        if let Some(slot) = variable
            .slot
            .filter(|_| variable.awaited || variable.function != self.id || !self.is_main())
        {
            return Home::Module(self.resolved.first_slot + slot as usize);
        }
        if variable.function == self.id {
            let register = self.homes.get(&id).copied().unwrap_or_default();
            if let Some(slot) = self.tentative_slot(id) {
                return match self.assumption(id) {
                    Some(true) => Home::Module(slot),
                    Some(false) => Home::Register(register),
                    None => Home::Tentative { defined: self.defined[&id], slot },
                };
            }
            return if variable.captured { Home::Cell(register) } else { Home::Register(register) };
        }
        let facts = &self.resolved.functions[self.id.0];
        let cell = facts.captures.iter().position(|v| *v == id).unwrap_or_default();
        match variable.asked().filter(|_| facts.ahead.contains(&id)) {
            None => Home::Captured(cell),
            Some(outer) => match self.assumption(id) {
                None => Home::Shadowing { variable: id, cell },
                Some(true) => Home::Captured(cell),
                Some(false) => match outer {
                    Outer::Variable(outer) => self.home(outer),
                    Outer::Field(receiver) => Home::Field(receiver),
                },
            },
        }
    }

    /// The module slot that a local of this function may stand for.
    pub fn tentative_slot(&self, id: VariableId) -> Option<usize> {
        let variable = self.resolved.variable(id);
        // A cell cannot be a module variable as well: it is a local then.
        let outer = variable.unless.filter(|_| !variable.captured)?;
        let slot = self.resolved.variable(outer).slot?;
        Some(self.resolved.first_slot + slot as usize)
    }

    /// Makes the registers of a local that may stand for a module slot, its own and the
    /// one that says whether the slot is defined.
    pub fn declare_tentative(&mut self, id: VariableId, slot: usize) -> (u16, u16) {
        let local = self.b.variable(&self.resolved.variable(id).name);
        let defined = self.b.variable("");
        self.homes.insert(id, local);
        self.defined.insert(id, defined);
        self.b.ad(Opcode::ModuleDefined, defined, slot);
        (local, defined)
    }

    /// Loads whether a variable holds something; one that may be in several places must
    /// have been found.
    pub fn load_defined(&mut self, id: VariableId, dest: u16) {
        match self.home(id) {
            Home::Module(slot) => self.b.ad(Opcode::ModuleDefined, dest, slot),
            Home::Captured(cell) => self.b.ad(Opcode::CapturedDefined, dest, cell),
            _ => self.b.abc(Opcode::LoadBool, dest, 1, 0),
        }
    }

    /// What the code in the making assumes about a variable that may be in two places:
    /// whether it is in the first of them.
    fn assumption(&self, id: VariableId) -> Option<bool> {
        let assumed = self.assumed.iter().rev().find(|(assumed, _)| *assumed == id);
        assumed.map(|(_, first)| *first)
    }

    /// The variable's register, if it lives in one.
    pub fn register_of(&self, id: VariableId) -> Option<u16> {
        match self.home(id) {
            Home::Register(register) => Some(register),
            _ => None,
        }
    }

    /// Copies a variable into a register.
    pub fn read_variable(&mut self, id: VariableId, dest: u16) {
        match self.home(id) {
            Home::Register(register) if register == dest => {}
            Home::Register(register) => self.b.abc(Opcode::Move, dest, register, 0),
            Home::Cell(register) => self.b.abc(Opcode::GetCell, dest, register, 0),
            Home::Captured(index) => self.b.ad(Opcode::GetCaptured, dest, index),
            Home::Module(slot) => self.read_module(id, slot, dest),
            Home::Tentative { .. } | Home::Shadowing { .. } => {
                self.in_each_home(id, &|f| f.read_variable(id, dest));
            }
            Home::Field(receiver) => {
                self.self_field(receiver, &self.resolved.variable(id).name, dest);
            }
        }
    }

    /// Whether a doubtful module variable means a builtin until it is declared.
    pub fn hides_builtin(&self, id: VariableId) -> bool {
        let Variable { name, doubtful, .. } = self.resolved.variable(id);
        let builtins = self.unit.builtins;
        *doubtful && (builtins.lookup(name).is_some() || builtins.constant(name).is_some())
    }

    fn read_module(&mut self, id: VariableId, slot: usize, dest: u16) {
        if !self.meant(id).is_some_and(|id| self.hides_builtin(id)) {
            return self.b.ad(Opcode::GetModule, dest, slot);
        }
        let (defined, end) = (self.b.label(), self.b.label());
        self.b.ad(Opcode::ModuleDefined, dest, slot);
        self.b.jump(Instruction::ad(Opcode::JumpIf, dest, 0), defined);
        self.load_builtin(&self.resolved.variable(id).name, dest);
        self.b.goto(end);
        self.b.bind(defined);
        self.b.ad(Opcode::GetModule, dest, slot);
        self.b.bind(end);
    }

    /// Assigns a register to a variable that exists.
    pub fn write_variable(&mut self, id: VariableId, value: u16) {
        match self.home(id) {
            Home::Register(register) if register == value => {}
            Home::Register(register) => self.b.abc(Opcode::Move, register, value, 0),
            Home::Cell(register) => self.b.abc(Opcode::SetCell, register, value, 0),
            Home::Captured(index) => self.b.ad(Opcode::SetCaptured, value, index),
            Home::Module(slot) => self.b.ad(Opcode::SetModule, value, slot),
            Home::Tentative { .. } | Home::Shadowing { .. } => {
                self.change_in_each_home(id, true, &|f| f.write_variable(id, value));
            }
            Home::Field(receiver) => {
                let name = self.resolved.variable(id).name.clone();
                self.store_path(receiver, &[FixedStep::Member(name, self.b.span())], value);
            }
        }
    }

    /// Makes code that depends on where a variable lives: once for each place
    /// where it may be, behind a branch.
    pub fn in_each_home(&mut self, id: VariableId, emit: &dyn Fn(&mut Self)) {
        let other = self.b.label();
        let mark = self.b.mark();
        let variable = match self.home(id) {
            Home::Tentative { defined, .. } => {
                self.b.jump(Instruction::ad(Opcode::JumpIfNot, defined, 0), other);
                id
            }
            Home::Shadowing { variable, cell } => {
                let declared = self.b.temporary();
                self.b.ad(Opcode::CapturedDefined, declared, cell);
                self.b.jump(Instruction::ad(Opcode::JumpIfNot, declared, 0), other);
                self.b.free_to(mark);
                variable
            }
            _ => return emit(self),
        };
        let end = self.b.label();
        self.assumed.push((variable, true));
        self.in_each_home(id, emit);
        self.b.goto(end);
        self.b.bind(other);
        self.assumed.pop();
        self.assumed.push((variable, false));
        self.in_each_home(id, emit);
        self.b.bind(end);
        self.assumed.pop();
    }

    /// As [`Function::in_each_home`] for code that changes the variable, as a `whole` or in
    /// its place: where that is a constant, it raises instead.
    pub fn change_in_each_home(&mut self, id: VariableId, whole: bool, emit: &dyn Fn(&mut Self)) {
        self.in_each_home(id, &|f| match f.found_constant(id) {
            true => {
                let kind = match whole {
                    true => RaiseKind::ReassignConst,
                    false => RaiseKind::MutateConst,
                };
                f.raise(kind, &f.resolved.variable(id).name);
            }
            false => emit(f),
        });
    }

    /// Whether the variable is certainly a constant.
    pub fn is_constant(&self, id: VariableId) -> bool {
        self.resolved.variable(id).constant && !self.is_shadowing(id)
    }

    /// Whether the name of the variable may mean another one, which shows only when the
    /// code runs.
    pub fn is_shadowing(&self, id: VariableId) -> bool {
        matches!(self.home(id), Home::Shadowing { .. })
    }

    /// Whether code that has found out what the name of a variable means has found a
    /// constant.
    pub fn found_constant(&self, id: VariableId) -> bool {
        self.resolved.variable(id).asked().is_some()
            && self.assumption(id).is_some()
            && self.meant(id).is_some_and(|id| self.resolved.variable(id).constant)
    }

    /// The variable that a name means by what is assumed; nothing for a field.
    fn meant(&self, id: VariableId) -> Option<VariableId> {
        match (self.assumption(id), self.resolved.variable(id).asked()) {
            (Some(false), Some(Outer::Variable(outer))) => self.meant(outer),
            (Some(false), Some(Outer::Field(_))) => None,
            _ => Some(id),
        }
    }

    /// Makes a variable that is declared here and returns the register into
    /// which its value is to be computed; [`Function::declared`] finishes it.
    pub fn declare(&mut self, id: VariableId) -> u16 {
        let variable = self.resolved.variable(id);
        if variable.slot.is_some() && self.is_main() {
            return self.homes[&id];
        }
        let tentative = self.tentative_slot(id).is_some();
        if variable.captured || tentative || variable.slot.is_some() {
            return self.b.temporary();
        }
        let register = self.b.variable(&variable.name);
        self.homes.insert(id, register);
        register
    }

    /// Binds a declared variable to the value in the register that
    /// [`Function::declare`] gave.
    pub fn declared(&mut self, id: VariableId, register: u16) {
        let variable = self.resolved.variable(id);
        if !Builder::is_temporary(register) {
            return;
        }
        if let Some(slot) = self.tentative_slot(id) {
            self.declare_tentative(id, slot);
            self.write_variable(id, register);
        } else if variable.slot.is_some() {
            self.write_variable(id, register);
        } else if variable.early {
            let cell = self.homes[&id];
            self.b.abc(Opcode::SetCell, cell, register, 0);
        } else {
            let cell = self.b.variable(&variable.name);
            self.homes.insert(id, cell);
            self.b.abc(Opcode::NewCell, cell, register, 0);
        }
        self.b.free_to(register);
    }
}
