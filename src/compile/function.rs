//! One function in the making: its variables, its blocks, the functions in it.
//!
//! On entry of a block the cells of its early
//! variables are made, then its functions and methods are bound.
//!
//! Example: a parameter that a nested function uses is replaced by a cell in
//! its own register: `NewCell r0, r0`.

use super::Unit;
use super::builder::{Builder, Header, Label};
use super::error::{CompileError, CompileErrorKind};
use super::resolve::is_self_contained;
use super::scope::{FunctionId, Resolved, Use, VariableId, carried_name, default_name};
use super::testing::TEST;
use super::variable::Home;
use crate::base::span::Span;
use crate::bytecode::{Capture, Code, CodeId, Opcode, RaiseKind};
use crate::syntax::ast::{self, Block, Expr, Field, Program, Stmt, StmtKind, StructDef};
use crate::value::{Symbol, Tag, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Where `break` and `continue` lead.
pub(super) struct LoopTargets {
    pub exit: Label,
    pub next: Label,
}

/// One function in the making.
pub(super) struct Function<'f, 'a, 'u> {
    pub resolved: &'f Resolved<'a>,
    pub unit: &'f mut Unit<'u>,
    pub b: Builder,
    pub id: FunctionId,
    pub homes: FxHashMap<VariableId, u16>,
    /// Where it stands whether the module variable of a tentative one is defined.
    pub defined: FxHashMap<VariableId, u16>,
    pub loops: Vec<LoopTargets>,
    /// The variables that may be in two places and that code is being made for, and
    /// whether for the first of these.
    pub assumed: Vec<(VariableId, bool)>,
    /// The cell that `self` lives in, if register 0 must be set from it before
    /// the method returns.
    self_cell: Option<u16>,
    /// The argument of a builtin that is overwritten before anybody can look at it again.
    pub overwritten: Option<*const Expr>,
    /// Whether that may be done only if it is a dict.
    pub takes_only_dict: bool,
    /// The statement whose value is that of the whole text, if it is an expression.
    pub result: Option<*const Stmt>,
    /// Where a `return` at the top level of a module goes on, or of a program
    /// with tests.
    end: Option<Label>,
    pub is_generator: bool,
    pub is_async: bool,
    /// Whether it is no function of the program (a top level, a task, a test, a
    /// default), so that `?` has nothing to return from.
    pub raises_unhandled: bool,
}

impl<'f, 'a, 'u> Function<'f, 'a, 'u> {
    fn new(resolved: &'f Resolved<'a>, unit: &'f mut Unit<'u>, id: FunctionId) -> Self {
        let b = Builder::new(unit.hot_loop, unit.texts.clone());
        let homes = FxHashMap::default();
        let defined = FxHashMap::default();
        let loops = Vec::new();
        Function {
            resolved,
            unit,
            b,
            id,
            homes,
            defined,
            loops,
            assumed: Vec::new(),
            self_cell: None,
            overwritten: None,
            takes_only_dict: false,
            result: None,
            end: None,
            is_generator: false,
            is_async: false,
            raises_unhandled: id == FunctionId(0),
        }
    }

    /// Whether this is the main function, whose variables are the module slots.
    pub fn is_main(&self) -> bool {
        self.id == FunctionId(0) && self.resolved.module.is_none()
    }

    /// Compiles the main function; nothing if it does not fit the bytecode.
    pub fn main(
        resolved: &'f Resolved<'a>,
        unit: &'f mut Unit<'u>,
        program: &'a Program,
        prelude: Option<(&'a Program, &'f Resolved<'a>)>,
    ) -> Option<Rc<Code>> {
        let code = unit.new_code();
        let mut main = Function::new(resolved, unit, FunctionId(0));
        for name in &resolved.slots {
            main.b.variable(name);
        }
        let first_hidden = main.b.variables() as usize;
        for _ in first_hidden..main.unit.linked.end {
            main.b.variable("");
        }
        if let Some((prelude, functions)) = prelude {
            main.bind_prelude(prelude, functions);
        }
        for number in main.unit.linked.known..main.unit.linked.modules.len() {
            main.bind_module(number);
        }
        for (index, variable) in resolved.variables.iter().enumerate() {
            let Some(slot) = variable.slot else { continue };
            main.homes.insert(VariableId(index), slot);
            if !variable.lasting && (variable.mentioned || main.unit.lasts) {
                main.before_declaration(VariableId(index), slot);
            }
        }
        if main.unit.lasts {
            main.result = program.statements.last().map(std::ptr::from_ref);
        }
        main.begin_block(&program.statements, program.span.start);
        let (own, tests) = program.statements.split_at(program.own);
        if !tests.is_empty() {
            main.end = Some(main.b.label());
        }
        main.statements(own);
        if let Some(end) = main.end.take() {
            main.b.bind(end);
        }
        main.statements(tests);
        main.b.at(Span { start: program.span.end, end: program.span.end });
        main.leave(None);
        main.finish(code, "<main>", 0, Vec::new())
    }

    /// Binds the functions of the prelude to their hidden module variables.
    fn bind_prelude(&mut self, prelude: &'a Program, functions: &'f Resolved<'a>) {
        for _ in &functions.slots {
            self.b.variable("");
        }
        for statement in &prelude.statements {
            let StmtKind::Function(function) = &statement.kind else { continue };
            let Some(name) = &function.name else { continue };
            let Some(slot) = self.unit.prelude.get(&*name.name).copied() else { continue };
            if let Some(number) = self.inner_of(functions, function, &name.name) {
                self.b.ad(Opcode::Closure, slot as u16, number);
            }
        }
    }

    /// Binds the top level of a module as a function; its variables are not
    /// defined yet.
    fn bind_module(&mut self, number: usize) {
        let linked = self.unit.linked;
        let (resolved, module) = (&linked.resolved[number], &linked.modules[number]);
        for slot in resolved.first_slot..module.code_slot {
            self.b.abc(Opcode::SetUndefined, slot as u16, 0, 0);
        }
        for variable in resolved.variables.iter().filter(|v| v.may_stand_for_builtin()) {
            if let Some(slot) = variable.slot {
                let slot = resolved.first_slot + slot as usize;
                self.load_builtin(&variable.name, slot as u16);
            }
        }
        let program = &module.module.program;
        let code = self.unit.new_code();
        let mut inner = Function::new(resolved, self.unit, FunctionId(0));
        let end = inner.b.label();
        inner.end = Some(end);
        inner.block_statements(&program.statements, program.span.start);
        inner.b.bind(end);
        inner.b.at(Span { start: program.span.end, end: program.span.end });
        inner.finish_module(number);
        inner.b.abc(Opcode::ReturnNull, 0, 0, 0);
        let name = format!("<module {}>", module.module.path);
        if let Some(code) = inner.finish(code, &name, 0, Vec::new()) {
            let index = self.b.function(code);
            self.b.ad(Opcode::Closure, module.code_slot as u16, index);
        }
    }

    /// Compiles a function of the program inside this one.
    fn inner(&mut self, function: &'a ast::Function, name: &str) -> Option<usize> {
        self.inner_of(self.resolved, function, name)
    }

    fn inner_of(
        &mut self,
        resolved: &'f Resolved<'a>,
        function: &'a ast::Function,
        name: &str,
    ) -> Option<usize> {
        let id = *resolved.function_at.get(&function.span.start)?;
        let captures = self.captures_of(&resolved.functions[id.0].captures);
        let code = self.unit.new_code();
        let mut inner = Function::new(resolved, self.unit, id);
        inner.b.at(function.span);
        inner.is_generator = function.is_generator;
        inner.is_async = function.is_async && !function.is_generator;
        inner.raises_unhandled = name == TEST;
        let parameters = inner.parameters(function);
        let end = function.span.end;
        inner.body(&function.body, Span { start: end.saturating_sub(1), end });
        let code = inner.finish(code, name, parameters, captures)?;
        Some(self.b.function(code))
    }

    /// Compiles what stands between a function's parameters and its end.
    fn body(&mut self, block: &'a Block, end: Span) {
        let start = self.b.position();
        if self.is_generator {
            self.b.ad(Opcode::NewGenerator, 0, start as usize + 1);
        }
        self.block(block);
        self.b.at(end);
        self.leave(None);
        if self.is_async {
            // What it raises is kept in the promise.
            let (handler, error) = (self.b.label(), self.b.variable(""));
            self.b.protect(start, handler, error);
            self.b.bind(handler);
            self.take_self_from_cell();
            self.settle("__rejected", Some(error));
        } else if self.self_cell.is_some() {
            // The caller takes `self` back after an error too.
            let (cleanup, error) = (self.b.label(), self.b.variable(""));
            self.b.clean_up(start, cleanup, error);
            self.b.bind(cleanup);
            self.take_self_from_cell();
            self.b.abc(Opcode::Throw, error, 0, 0);
        }
    }

    /// Makes register 0 the `self` that closures have changed, if there are some.
    fn take_self_from_cell(&mut self) {
        if let Some(cell) = self.self_cell {
            self.b.abc(Opcode::GetCell, 0, cell, 0);
        }
    }

    /// Returns a settled promise.
    fn settle(&mut self, builtin: &str, value: Option<u16>) {
        let mark = self.b.mark();
        let window = self.b.temporary();
        let argument = self.b.temporary();
        match value {
            Some(value) => self.b.abc(Opcode::Move, argument, value, 0),
            None => self.b.abc(Opcode::LoadNull, argument, 0, 0),
        }
        self.native_call(builtin, window, 1);
        self.b.abc(Opcode::Return, window, 0, 0);
        self.b.free_to(mark);
    }

    /// Compiles a spawned block as a function inside this one.
    pub fn spawned(&mut self, block: &'a Block, span: Span) -> Option<usize> {
        let id = *self.resolved.function_at.get(&span.start)?;
        let captures = self.captures_of(&self.resolved.functions[id.0].captures);
        let code = self.unit.new_code();
        let mut inner = Function::new(self.resolved, self.unit, id);
        inner.raises_unhandled = true;
        inner.block(block);
        inner.b.at(Span { start: span.end.saturating_sub(1), end: span.end });
        inner.leave(None);
        let code = inner.finish(code, "<task>", 0, captures)?;
        Some(self.b.function(code))
    }

    /// Compiles the default of a field as a function without parameters.
    fn default_function(&mut self, field: &'a Field, name: &str) -> Option<usize> {
        let default = field.default.as_ref()?;
        let id = *self.resolved.function_at.get(&field.name.span.start)?;
        let captures = self.captures_of(&self.resolved.functions[id.0].captures);
        let code = self.unit.new_code();
        let mut inner = Function::new(self.resolved, self.unit, id);
        inner.raises_unhandled = true;
        inner.return_value(default);
        let code = inner.finish(code, name, 0, captures)?;
        Some(self.b.function(code))
    }

    fn finish(
        self,
        id: CodeId,
        name: &str,
        parameters: usize,
        captures: Vec<Capture>,
    ) -> Option<Rc<Code>> {
        let facts = &self.resolved.functions[self.id.0];
        let prelude = self.resolved.source.is_some() && self.resolved.module.is_none();
        let tag = if prelude { Tag::Iterator } else { Tag::Generator };
        let header = Header {
            generator: self.is_generator.then_some(tag),
            is_async: self.is_async,
            id,
            name: Symbol::new(name),
            parameters: parameters as u16,
            captures,
            capture_names: facts.captures.iter().map(|id| self.name_of(*id)).collect(),
            changes_self: facts.changes_self && !self.is_generator,
            is_main: self.is_main(),
            lasting: if self.unit.lasts && self.is_main() {
                self.unit.module_names.len()
            } else {
                0
            },
            source: self.resolved.source.as_ref().unwrap_or(&self.unit.source).clone(),
            module_names: self.unit.module_names.clone(),
        };
        match self.b.finish(header, self.unit.builtins) {
            Ok(code) => Some(Rc::new(code)),
            Err(limit) => {
                let kind = CompileErrorKind::Limit;
                let message = limit.message.to_string();
                let source = self.resolved.source.clone();
                self.unit.errors.push(CompileError { kind, message, span: limit.span, source });
                None
            }
        }
    }

    fn name_of(&self, id: VariableId) -> String {
        self.resolved.variable(id).name.to_string()
    }

    /// Where a closure that this function makes finds the cells of `captures`.
    fn captures_of(&self, captures: &[VariableId]) -> Vec<Capture> {
        let found = captures.iter().map(|variable| match self.home(*variable) {
            Home::Cell(register) | Home::Register(register) => Capture::Register(register),
            Home::Captured(index) => Capture::Captured(index as u16),
            Home::Shadowing { cell, .. } => Capture::Captured(cell as u16),
            Home::Module(_) | Home::Tentative { .. } | Home::Field(_) => {
                unreachable!("only variables in cells are captured")
            }
        });
        found.collect()
    }

    fn parameters(&mut self, function: &'a ast::Function) -> usize {
        let receiver = self.resolved.functions[self.id.0].receiver;
        let mut ids = Vec::new();
        if let Some(id) = receiver.filter(|_| !has_self_parameter(function)) {
            ids.push(id);
        }
        for parameter in &function.parameters {
            let name = &parameter.name;
            if let Some(Use::Declares(id)) = self.resolved.used(name.span, &name.name) {
                ids.push(id);
            }
        }
        for id in &ids {
            let register = self.b.variable(&self.resolved.variable(*id).name);
            self.homes.insert(*id, register);
        }
        if function.is_generator {
            // Where the frame keeps the generator that it belongs to.
            self.b.variable("<generator>");
        }
        for id in &ids {
            if !self.resolved.variable(*id).captured {
                continue;
            }
            let register = self.homes[id];
            let changes_self = self.resolved.functions[self.id.0].changes_self;
            if receiver == Some(*id) && changes_self {
                // Register 0 stays what the caller takes back.
                let cell = self.b.variable("self");
                self.b.abc(Opcode::NewCell, cell, register, 0);
                self.homes.insert(*id, cell);
                self.self_cell = Some(cell);
            } else {
                self.b.abc(Opcode::NewCell, register, register, 0);
            }
        }
        ids.len()
    }

    // Errors

    pub fn reject(&mut self, kind: CompileErrorKind, message: impl Into<String>, span: Span) {
        let (message, source) = (message.into(), self.resolved.source.clone());
        self.unit.errors.push(CompileError { kind, message, span, source });
    }

    /// Emits an instruction that raises about a name.
    pub fn raise(&mut self, kind: RaiseKind, name: &str) {
        let number = self.b.text(name);
        self.b.ad(Opcode::Raise, kind as u16, number);
    }

    // Blocks

    /// `{ statements }` in a scope of its own.
    pub fn block(&mut self, block: &'a Block) {
        let outer = self.b.variables();
        self.block_statements(&block.statements, block.span.start);
        self.b.drop_variables(outer);
    }

    fn block_statements(&mut self, statements: &'a [Stmt], start: u32) {
        self.begin_block(statements, start);
        self.statements(statements);
    }

    pub(super) fn statements(&mut self, statements: &'a [Stmt]) {
        for (index, statement) in statements.iter().enumerate() {
            self.look_ahead(statement, statements.get(index + 1));
            self.statement(statement);
        }
    }

    /// Makes what a block has when it is entered.
    fn begin_block(&mut self, statements: &'a [Stmt], start: u32) {
        for id in self.resolved.early_variables(start) {
            let mark = self.b.mark();
            let value = self.b.temporary();
            self.before_declaration(id, value);
            let cell = self.b.variable(&self.resolved.variable(id).name);
            self.homes.insert(id, cell);
            self.b.abc(Opcode::NewCell, cell, value, 0);
            self.b.free_to(mark);
        }
        self.hoist(statements);
    }

    /// What a variable holds until it is declared.
    /// Functions that run earlier look its name up then, and may mean an outer
    /// variable or a builtin.
    fn before_declaration(&mut self, id: VariableId, dest: u16) {
        if self.load_shadowed(id, dest) {
            return;
        }
        let variable = self.resolved.variable(id);
        if !variable.may_stand_for_builtin() || !self.load_builtin(&variable.name, dest) {
            self.b.abc(Opcode::SetUndefined, dest, 0, 0);
        }
    }

    /// Loads the builtin of this name; false if there is none.
    pub fn load_builtin(&mut self, name: &str, dest: u16) -> bool {
        match (self.unit.builtins.lookup(name), self.unit.builtins.constant(name)) {
            (Some(row), _) => self.b.ad(Opcode::LoadNative, dest, row as usize),
            (None, Some(value)) => self.b.load(dest, value),
            (None, None) => return false,
        }
        true
    }

    fn hoist(&mut self, statements: &'a [Stmt]) {
        for statement in statements {
            let kind = match &statement.kind {
                StmtKind::Export(inner) => &inner.kind,
                kind => kind,
            };
            match kind {
                StmtKind::Function(function) => {
                    let Some(name) = &function.name else { continue };
                    if let Some(Use::Declares(id)) = self.resolved.used(name.span, &name.name) {
                        self.b.at(name.span);
                        self.hoisted_home(id);
                        self.bind_function(id, function);
                    }
                }
                StmtKind::Struct(definition) => self.struct_definition(definition),
                _ => {}
            }
        }
    }

    /// Makes the register of a hoisted variable, unless it has one.
    fn hoisted_home(&mut self, id: VariableId) {
        let in_module = self.resolved.variable(id).slot.is_some() && !self.is_main();
        if !in_module && !self.homes.contains_key(&id) {
            let register = self.b.variable(&self.resolved.variable(id).name);
            self.homes.insert(id, register);
        }
    }

    /// Binds a named function to its variable.
    pub fn bind_function(&mut self, id: VariableId, function: &'a ast::Function) {
        let name = self.resolved.variable(id).name.clone();
        let Some(number) = self.inner(function, &name) else { return };
        self.b.at(function.span);
        self.bind_closure(id, number);
    }

    /// Binds a named function to a variable that its statement declares.
    pub fn declare_function(&mut self, id: VariableId, function: &'a ast::Function) {
        let register = self.declare(id);
        let name = self.resolved.variable(id).name.clone();
        if let Some(number) = self.inner(function, &name) {
            self.b.at(function.span);
            self.b.ad(Opcode::Closure, register, number);
        }
        self.declared(id, register);
    }

    fn bind_closure(&mut self, id: VariableId, number: usize) {
        let mark = self.b.mark();
        let dest = self.register_of(id).unwrap_or_else(|| self.b.temporary());
        self.b.ad(Opcode::Closure, dest, number);
        self.write_variable(id, dest);
        self.b.free_to(mark);
    }

    fn struct_definition(&mut self, definition: &'a StructDef) {
        let name = &definition.name;
        let shape = self.unit.shapes[&std::ptr::from_ref(definition)].clone();
        for field in &definition.fields {
            if field.default.as_ref().is_none_or(is_self_contained) {
                continue;
            }
            let hidden = default_name(&name.name, &field.name.name);
            if let Some(Use::Declares(variable)) = self.resolved.used(field.name.span, &hidden) {
                self.b.at(field.name.span);
                self.hoisted_home(variable);
                if let Some(number) = self.default_function(field, &hidden) {
                    self.bind_closure(variable, number);
                }
            }
        }
        for method in &definition.methods {
            let Some(method_name) = &method.name else { continue };
            let full_name = format!("{}.{}", name.name, method_name.name);
            let hidden = carried_name(&name.name, &method_name.name);
            if let Some(Use::Declares(id)) = self.resolved.used(method_name.span, &hidden) {
                self.b.at(method_name.span);
                self.hoisted_home(id);
                if let Some(number) = self.inner(method, &full_name) {
                    self.bind_closure(id, number);
                }
                continue;
            }
            let Some(number) = self.inner(method, &full_name) else { continue };
            self.b.at(method_name.span);
            let mark = self.b.mark();
            let closure = self.b.temporary();
            self.b.ad(Opcode::Closure, closure, number);
            let shape = self.b.shape(&shape);
            let constant = self.b.short_constant(Value::string(&method_name.name));
            self.b.abc(Opcode::BindMethod, closure, shape, constant);
            self.b.free_to(mark);
        }
    }

    /// A function expression.
    pub fn function_expression(&mut self, function: &'a ast::Function, dest: u16) {
        let name = function.name.as_ref().map_or("<lambda>", |name| &name.name);
        if let Some(number) = self.inner(function, name) {
            self.b.at(function.span);
            self.b.ad(Opcode::Closure, dest, number);
        }
    }

    // Leaving

    /// `return e`.
    pub fn return_value(&mut self, value: &'a Expr) {
        let mark = self.b.mark();
        let mut register = self.operand(value);
        self.b.at(value.span);
        let facts = &self.resolved.functions[self.id.0];
        if register == 0 && facts.receiver.is_some() && facts.changes_self {
            // The caller takes `self` from register 0 after this.
            let copy = self.b.temporary();
            self.b.abc(Opcode::Move, copy, register, 0);
            register = copy;
        }
        self.leave(Some(register));
        self.b.free_to(mark);
    }

    /// Leaves the function.
    pub fn leave(&mut self, value: Option<u16>) {
        if let Some(end) = self.end {
            if let Some(register) = value.filter(|register| Builder::is_temporary(*register)) {
                self.b.abc(Opcode::Release, register, 0, 0);
            }
            return self.b.goto(end);
        }
        if self.is_generator {
            if let Some(register) = value.filter(|register| Builder::is_temporary(*register)) {
                self.b.abc(Opcode::Release, register, 0, 0);
            }
            return self.b.abc(Opcode::EndGenerator, 0, 0, 0);
        }
        self.take_self_from_cell();
        if self.is_async {
            return self.settle("__fulfilled", value);
        }
        if self.is_main() {
            self.finish_tasks();
        }
        match value {
            Some(register) => self.b.abc(Opcode::Return, register, 0, 0),
            None => self.b.abc(Opcode::ReturnNull, 0, 0, 0),
        }
    }
}

fn has_self_parameter(function: &ast::Function) -> bool {
    function.parameters.first().is_some_and(|p| &*p.name.name == "self")
}
