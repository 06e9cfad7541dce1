//! Finds out what every name means, before any code is generated.
//!
//! A function's body is visited after the whole function around it, because it
//! may use what is declared later there. From inside another function, a name
//! means the latest declaration before that function in the nearest scope that
//! has one, or else the first one after it. Assignment to a name that nothing
//! declares declares it in the current scope.
//!
//! Example: in `x := 1  func f() { x := 2  y := 3 }` the first assignment in
//! `f` means the module variable, the second declares a local.

use super::Builtins;
use super::carried::LocalStructs;
use super::exposure::Runs;
use super::fixed;
use super::lasting::Lasting;
use super::module::Imports;
use super::pattern::each_name;
use super::scope::{
    FunctionFacts, FunctionId, Resolved, Scope, ScopeId, StructId, Use, Variable, VariableId,
};
use super::shadowing::Ahead;
use crate::base::span::Span;
use crate::syntax::ast::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// The session that a program is a text of, and which names are builtins.
pub(super) type Session<'a> = Option<(&'a Lasting, &'a dyn Builtins)>;

/// Resolves a whole program.
pub(super) fn resolve<'a>(
    program: &'a Program,
    imports: Imports<'_, 'a>,
    session: Session<'a>,
) -> Resolved<'a> {
    let mut resolver = Resolver {
        imports,
        session,
        taken: FxHashSet::default(),
        found: Resolved::default(),
        scope: ScopeId(0),
        function: FunctionId(0),
        position: 0,
        waiting: VecDeque::new(),
        local_structs: LocalStructs::default(),
        ahead: Ahead::default(),
        until: None,
    };
    resolver.found.functions.push(FunctionFacts::default());
    resolver.found.scopes.push(new_scope(None, FunctionId(0)));
    resolver.found.scope_at.insert(program.span.start, ScopeId(0));
    if let Some((lasting, _)) = session {
        resolver.begin_with(lasting);
    }
    resolver.hoist(&program.statements, program.span.start);
    resolver.statements(&program.statements);
    while let Some(waiting) = resolver.waiting.pop_front() {
        resolver.body(waiting);
    }
    resolver.settle_early_uses();
    resolver.carry_methods();
    let mut found = resolver.found;
    if session.is_none() {
        found.values = fixed::values(program, &found);
    }
    found
}

/// Whether a field default means the same wherever it is evaluated.
pub(super) fn is_self_contained(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_) => true,
        ExprKind::Array(elements) => elements.iter().all(|element| match element {
            Element::Value(value) => is_self_contained(value),
            Element::Spread(_) => false,
        }),
        ExprKind::Dict(entries) => entries.iter().all(|entry| match entry {
            Entry::Pair(key, value) => is_self_contained(key) && is_self_contained(value),
            Entry::Spread(_) => false,
        }),
        ExprKind::Unary(unary) => is_self_contained(&unary.operand),
        _ => false,
    }
}

fn new_scope(parent: Option<ScopeId>, function: FunctionId) -> Scope {
    Scope {
        parent,
        function,
        start: 0,
        variables: FxHashMap::default(),
        structs: FxHashMap::default(),
        enums: FxHashMap::default(),
        fields: None,
        declarations: Vec::new(),
        spawned_at: None,
    }
}

/// A function body that is visited later.
pub(super) struct Waiting<'a> {
    pub id: FunctionId,
    /// Where the function stands.
    pub scope: ScopeId,
    pub position: u32,
    pub body: Body<'a>,
}

pub(super) enum Body<'a> {
    Function(&'a Function),
    Spawned(&'a Block),
    /// The default of a field.
    Default(&'a Expr),
}

pub(super) struct Resolver<'v, 'a> {
    pub(super) imports: Imports<'v, 'a>,
    pub(super) session: Session<'a>,
    /// Awaited variables that this text declares.
    taken: FxHashSet<VariableId>,
    pub(super) found: Resolved<'a>,
    pub(super) scope: ScopeId,
    pub(super) function: FunctionId,
    /// Where the current function stands in the text.
    pub(super) position: u32,
    pub(super) waiting: VecDeque<Waiting<'a>>,
    pub(super) local_structs: LocalStructs,
    pub(super) ahead: Ahead,
    /// Where names are looked up in the current function, if not where its visit has got to.
    pub(super) until: Option<u32>,
}

impl<'a> Resolver<'_, 'a> {
    fn in_scope(&mut self, inside: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        self.found.scopes.push(new_scope(Some(outer), self.function));
        self.scope = ScopeId(self.found.scopes.len() - 1);
        inside(self);
        self.scope = outer;
    }

    fn block(&mut self, block: &'a Block) {
        self.in_scope(|r| r.block_here(block));
    }

    /// A block in the scope that is open already.
    fn block_here(&mut self, block: &'a Block) {
        self.found.scope_at.insert(block.span.start, self.scope);
        self.current_scope().start = block.span.start;
        self.hoist(&block.statements, block.span.start);
        self.statements(&block.statements);
    }

    fn statements(&mut self, statements: &'a [Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    pub(super) fn current_scope(&mut self) -> &mut Scope {
        &mut self.found.scopes[self.scope.0]
    }

    pub(super) fn declare(&mut self, name: &Name, position: u32, constant: bool) -> VariableId {
        if self.scope != ScopeId(0) {
            return self.declare_in(name, position, constant, None);
        }
        let known = self.current_scope().variables.get(name).and_then(|ids| ids.last().copied());
        if let Some(id) = known.filter(|id| self.found.variables[id.0].awaited)
            && self.taken.insert(id)
        {
            let variable = &mut self.found.variables[id.0];
            (variable.declared_at, variable.constant) = (position, constant);
            return id;
        }
        let slot = self.found.free.pop().unwrap_or_else(|| {
            self.found.slots.push(String::new());
            (self.found.slots.len() - 1).min(u16::MAX as usize) as u16
        });
        self.found.slots[slot as usize] = name.to_string();
        self.declare_in(name, position, constant, Some(slot))
    }

    pub(super) fn declare_in(
        &mut self,
        name: &Name,
        position: u32,
        constant: bool,
        slot: Option<u16>,
    ) -> VariableId {
        let id = VariableId(self.found.variables.len());
        self.found.variables.push(Variable {
            name: name.clone(),
            function: self.function,
            declared_at: position,
            constant,
            hoisted: false,
            slot,
            captured: false,
            early: false,
            mentioned: false,
            assigned_elsewhere: false,
            receiver: false,
            unless: None,
            shadows: None,
            behind: false,
            doubtful: false,
            reassigned: false,
            module: false,
            lasting: false,
            awaited: false,
        });
        self.current_scope().variables.entry(name.clone()).or_default().push(id);
        id
    }

    /// Declares a variable whose name stands at `span` and which is visible from
    /// `from` on.
    pub(super) fn declare_at(
        &mut self,
        name: &Name,
        span: Span,
        from: u32,
        constant: bool,
    ) -> VariableId {
        let id = self.declare(name, from, constant);
        self.found.uses.insert((span.start, name.clone()), Use::Declares(id));
        id
    }

    /// What a name means here, of those things that `pick` finds in a scope.
    pub(super) fn lookup<T>(&self, pick: impl Fn(&Self, &Scope) -> Option<T>) -> Option<T> {
        let mut at = Some(self.scope);
        while let Some(id) = at {
            let scope = &self.found.scopes[id.0];
            if let Some(found) = pick(self, scope) {
                return Some(found);
            }
            at = scope.parent;
        }
        None
    }

    /// The variable or field that a name means in the current function, if this scope has
    /// one.
    pub(super) fn meaning_in(&self, scope: &Scope, name: &Name) -> Option<Use> {
        if let Some((structure, receiver)) = scope.fields {
            let fields = &self.found.structs[structure.0].fields;
            let is_field = fields.iter().any(|field| field.name.name == *name);
            return is_field.then_some(Use::SelfField(receiver));
        }
        let candidates = scope.variables.get(name)?;
        let declared_at = |id: &VariableId| self.found.variables[id.0].declared_at;
        let mut latest = candidates.iter().rev().copied();
        let found = if scope.function == self.function {
            latest.find(|id| self.until.is_none_or(|end| declared_at(id) < end))
        } else {
            let before = latest.find(|id| declared_at(id) <= self.position);
            before.or(candidates.first().copied())
        };
        found.map(Use::Variable)
    }

    /// Whether a name means a variable, struct or enum of the program here.
    pub(super) fn is_bound(&self, name: &Name) -> bool {
        self.lookup(|r, scope| r.meaning_in(scope, name)).is_some()
            || self.lookup(|_, scope| scope.structs.get(name).copied()).is_some()
    }

    /// Records that the current function uses a variable.
    pub(super) fn touch(&mut self, id: VariableId) {
        let variable = &mut self.found.variables[id.0];
        let home = variable.function;
        if home == self.function {
            return;
        }
        variable.mentioned = true;
        self.found.functions[self.function.0].touches.insert(id);
        if variable.slot.is_some() {
            return;
        }
        variable.captured = true;
        let declared_at = variable.declared_at;
        let mut early = variable.hoisted;
        // Every function from here out to the variable's own passes the cell on.
        let mut at = Some(self.scope);
        let mut function = self.function;
        let mut passing = vec![function];
        while let Some(id) = at {
            let scope = &self.found.scopes[id.0];
            if scope.function != function {
                function = scope.function;
                if function == home {
                    break;
                }
                passing.push(function);
            }
            at = scope.parent;
        }
        for function in &passing {
            let captures = &mut self.found.functions[function.0].captures;
            if !captures.contains(&id) {
                captures.push(id);
            }
        }
        if let Some(outermost) = passing.last() {
            early |= self.made_at(*outermost) < declared_at;
        }
        self.found.variables[id.0].early |= early;
    }

    /// Where a function's closure is made.
    fn made_at(&self, function: FunctionId) -> u32 {
        self.found.functions[function.0].made_at
    }

    pub(super) fn use_name(&mut self, name: &Name, span: Span) -> Option<Use> {
        let found = match self.find_variable(name) {
            Some(found) => found,
            None => match self.lookup(|_, scope| scope.structs.get(name).copied()) {
                Some(structure) => Use::Struct(structure),
                None => match self.await_name(name) {
                    Some(awaited) => awaited,
                    None => {
                        self.found.unknown.insert(name.clone());
                        return None;
                    }
                },
            },
        };
        if let Use::Variable(id) | Use::SelfField(id) = found {
            self.touch(id);
            self.note_early_use(id);
        }
        self.note_mention(found, span);
        self.found.uses.insert((span.start, name.clone()), found);
        Some(found)
    }

    /// Assignment to a bare name, which may declare it.
    fn assign_name(&mut self, name: &Name, span: Span, from: u32) {
        match self.find_variable(name) {
            None => {
                self.declare_at(name, span, from, false);
            }
            Some(Use::Variable(id)) if self.may_come_later(id) => {
                let local = self.declare_at(name, span, from, false);
                self.touch(id);
                self.changed(Use::Variable(id));
                self.found.variables[local.0].unless = Some(id);
                self.found.variables[id.0].doubtful = true;
            }
            Some(found) => {
                self.use_name(name, span);
                self.changed(found);
            }
        }
    }

    /// Whether a module variable may be undefined when the current function
    /// assigns it, which then declares a local.
    fn may_come_later(&self, id: VariableId) -> bool {
        let variable = &self.found.variables[id.0];
        variable.slot.is_some()
            && !variable.hoisted
            && self.function != FunctionId(0)
            && variable.declared_at > self.position
    }

    /// Whether nothing may have defined a variable of another function, or of the module,
    /// when the current function gets here.
    pub(super) fn may_be_undefined(&self, id: VariableId) -> bool {
        let variable = &self.found.variables[id.0];
        let elsewhere = variable.function != self.function && !variable.hoisted;
        elsewhere && (variable.slot.is_some() || variable.declared_at > self.position)
    }

    /// Records that a variable or a field of a receiver changes.
    pub(super) fn changed(&mut self, found: Use) {
        match found {
            Use::Variable(id) => {
                let variable = &mut self.found.variables[id.0];
                variable.reassigned = true;
                variable.assigned_elsewhere |= variable.function != self.function;
                let home = variable.function;
                if home != self.function {
                    self.note_change(id);
                }
                if self.found.functions[home.0].receiver == Some(id) {
                    self.found.functions[home.0].changes_self = true;
                }
            }
            Use::SelfField(id) => {
                self.found.variables[id.0].reassigned = true;
                let home = self.found.variables[id.0].function;
                self.found.functions[home.0].changes_self = true;
            }
            _ => {}
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match &statement.kind {
            StmtKind::Declare(declare) => {
                self.expr(&declare.value);
                let constant = declare.kind == DeclareKind::Constant;
                self.declare_pattern(&declare.pattern, declare.value.span.end, constant);
            }
            StmtKind::Function(function) => {
                self.bind_again(function);
                let start = self.current_scope().start;
                let body = self.function(function, start, None);
                if let Some(name) = &function.name
                    && let Some(Use::Declares(id)) = self.found.used(name.span, &name.name)
                {
                    self.found.bodies.insert(id, body);
                }
            }
            StmtKind::Struct(definition) => self.struct_definition(definition),
            StmtKind::Import(import) => {
                self.runs(Runs::Anything);
                self.import(import, statement.span);
            }
            StmtKind::Enum(_) | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Export(inner) => self.statement(inner),
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Destructure(destructure) => {
                self.expr(&destructure.value);
                self.assign_pattern(&destructure.pattern, destructure.value.span.end);
            }
            StmtKind::If(branches) => {
                for arm in &branches.arms {
                    self.expr(&arm.condition);
                    self.block(&arm.body);
                }
                if let Some(otherwise) = &branches.otherwise {
                    self.block(otherwise);
                }
            }
            StmtKind::While(parts) => {
                self.expr(&parts.condition);
                self.block(&parts.body);
            }
            StmtKind::Loop(body) => self.block(body),
            StmtKind::Spawn(body) => {
                self.found.waits = true;
                let position = statement.span.start;
                self.in_scope(|r| {
                    r.current_scope().spawned_at = Some(position);
                    let id = r.new_function(position, position);
                    let (scope, body) = (r.scope, Body::Spawned(body));
                    r.waiting.push_back(Waiting { id, scope, position, body });
                });
            }
            StmtKind::For(parts) => {
                self.runs(Runs::Elements);
                self.expr(&parts.iterable);
                self.in_scope(|r| {
                    r.declare_pattern(&parts.pattern, parts.body.span.start, false);
                    r.block(&parts.body);
                });
            }
            StmtKind::Match(parts) => {
                self.expr(&parts.subject);
                for case in &parts.cases {
                    self.in_scope(|r| {
                        r.case_pattern(&case.pattern);
                        if let Some(guard) = &case.guard {
                            r.expr(guard);
                        }
                        r.block(&case.body);
                    });
                }
            }
            StmtKind::Try(parts) => {
                self.block(&parts.body);
                self.in_scope(|r| {
                    if let Some(name) = &parts.name {
                        r.declare_at(&name.name, name.span, name.span.start, false);
                    }
                    r.block(&parts.handler);
                });
            }
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
            }
            StmtKind::Test(_) => {}
            StmtKind::Expr(value) => self.expr(value),
        }
    }

    /// A function statement whose name was declared again since its scope was
    /// entered declares it once more.
    fn bind_again(&mut self, function: &'a Function) {
        let Some(name) = &function.name else { return };
        let latest = self.current_scope().variables.get(&name.name).and_then(|ids| ids.last());
        if latest.copied().is_some_and(|id| !self.found.variables[id.0].hoisted) {
            let position = function.span.start;
            let id = self.declare(&name.name, position, false);
            self.found.uses.insert((position, name.name.clone()), Use::Declares(id));
        }
    }

    fn assign(&mut self, assign: &'a Assign) {
        let root = &assign.place.root;
        let plain = assign.place.path.is_empty() && assign.operator.is_none();
        self.expr(&assign.value);
        self.stored_in(assign);
        if let Some(operator) = assign.operator {
            self.runs_operator(operator);
        }
        for step in &assign.place.path {
            if let PlaceStep::Index(index) = step {
                self.expr(index);
            }
        }
        if plain {
            self.assign_name(&root.name, root.span, assign.value.span.end);
        } else if let Some(found) = self.use_name(&root.name, root.span) {
            self.changed(found);
        }
    }

    fn declare_pattern(&mut self, pattern: &'a Pattern, from: u32, constant: bool) {
        each_name(pattern, &mut |name, span| {
            self.declare_at(name, span, from, constant);
        });
    }

    fn assign_pattern(&mut self, pattern: &'a Pattern, from: u32) {
        each_name(pattern, &mut |name, span| self.assign_name(name, span, from));
    }

    fn case_pattern(&mut self, pattern: &'a CasePattern) {
        match &pattern.kind {
            CasePatternKind::Bind(name) => {
                self.declare_at(name, pattern.span, pattern.span.start, false);
            }
            CasePatternKind::Tag(_, Some(payload)) => {
                payload.iter().for_each(|p| self.case_pattern(p));
            }
            CasePatternKind::Variant(variant) => {
                self.use_enum(&variant.enumeration);
                for part in variant.payload.iter().flatten() {
                    self.case_pattern(part);
                }
            }
            _ => {}
        }
    }

    fn use_enum(&mut self, name: &Ident) {
        if let Some(id) = self.lookup(|_, scope| scope.enums.get(&name.name).copied()) {
            self.found.uses.insert((name.span.start, name.name.clone()), Use::Enum(id));
        }
    }

    pub(super) fn new_function(&mut self, position: u32, made_at: u32) -> FunctionId {
        let id = FunctionId(self.found.functions.len());
        self.found.functions.push(FunctionFacts { made_at, ..FunctionFacts::default() });
        self.found.function_at.insert(position, id);
        id
    }

    pub(super) fn function(
        &mut self,
        function: &'a Function,
        made_at: u32,
        method_of: Option<StructId>,
    ) -> FunctionId {
        let id = self.new_function(function.span.start, made_at);
        self.found.functions[id.0].method_of = method_of;
        if let (Some(name), Some(_)) = (&function.name, method_of) {
            self.found.methods.entry(name.name.clone()).or_default().push(id);
            if name.name.starts_with("op_") {
                self.found.operator_methods.push(id);
            }
        }
        self.found.has_generators |= function.is_generator;
        self.waiting.push_back(Waiting {
            id,
            scope: self.scope,
            position: function.span.start,
            body: Body::Function(function),
        });
        id
    }

    fn body(&mut self, waiting: Waiting<'a>) {
        self.scope = waiting.scope;
        self.function = waiting.id;
        self.position = waiting.position;
        self.in_scope(|r| match waiting.body {
            Body::Default(value) => r.expr(value),
            Body::Spawned(block) => r.block(block),
            Body::Function(function) => {
                if let Some(structure) = r.found.functions[waiting.id.0].method_of {
                    r.method_scope(function, structure);
                } else {
                    r.parameters(function);
                }
            }
        });
    }

    /// A method sees its receiver as `self`, and without a `self` parameter the
    /// fields as bare names behind its own.
    fn method_scope(&mut self, function: &'a Function, structure: StructId) {
        let first = function.parameters.first();
        if first.is_some_and(|parameter| &*parameter.name.name == "self") {
            return self.parameters(function);
        }
        let receiver = self.declare(&Name::from("self"), function.span.start, false);
        self.found.functions[self.function.0].receiver = Some(receiver);
        self.in_scope(|r| {
            r.current_scope().fields = Some((structure, receiver));
            r.in_scope(|r| r.parameters(function));
        });
    }

    fn parameters(&mut self, function: &'a Function) {
        for (index, parameter) in function.parameters.iter().enumerate() {
            let name = &parameter.name;
            let id = self.declare_at(&name.name, name.span, name.span.start, false);
            let facts = &mut self.found.functions[self.function.0];
            if index == 0 && facts.method_of.is_some() && &*name.name == "self" {
                facts.receiver = Some(id);
            }
        }
        self.block_here(&function.body);
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Yield(None)
            | ExprKind::Wrap(_, None) => {}
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Value(value) = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::Name(name) => {
                self.use_name(name, expr.span);
            }
            ExprKind::Array(elements) => {
                for element in elements {
                    if let Element::Spread(_) = element {
                        self.runs(Runs::Elements);
                    }
                    let (Element::Value(value) | Element::Spread(value)) = element;
                    self.expr(value);
                }
            }
            ExprKind::Dict(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Pair(key, value) => {
                            self.stored_under(key, value);
                            self.expr(key);
                            self.expr(value);
                        }
                        Entry::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::StructLiteral(literal) => self.struct_literal(literal),
            ExprKind::Variant(variant) => {
                self.use_enum(&variant.enumeration);
                variant.arguments.iter().for_each(|argument| self.expr(argument));
            }
            ExprKind::Function(function) => {
                self.function(function, function.span.start, None);
            }
            ExprKind::Unary(unary) => {
                self.runs(Runs::Operators);
                self.found.waits |=
                    unary.operators.iter().any(|(operator, _)| *operator == UnaryOperator::Await);
                self.expr(&unary.operand);
            }
            ExprKind::Chain(chain) => {
                self.expr(&chain.first);
                for step in &chain.rest {
                    self.expr(&step.right);
                    self.runs_operator(step.operator);
                    if step.operator == BinaryOperator::Pipe {
                        self.piped(&step.right);
                    }
                }
            }
            ExprKind::Postfix(postfix) => self.postfix(postfix),
            ExprKind::Wrap(_, Some(value))
            | ExprKind::Throw(value)
            | ExprKind::Yield(Some(value)) => self.expr(value),
        }
    }
}
