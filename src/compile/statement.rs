//! Statements, except loops, `match` and assignments.
//!
//! Example: `if a < b { x } else { y }` becomes `JumpIfNotLess a, b, else`, the
//! code of `x`, `Jump end`, `else:` the code of `y`, `end:`.

use super::builder::Builder;
use super::error::CompileErrorKind;
use super::function::Function;
use super::resolve::Resolver;
use super::scope::Use;
use crate::bytecode::Opcode;
use crate::syntax::ast::{self, Expr, ExprKind, If, Stmt, StmtKind, Try};

impl<'a> Resolver<'_, 'a> {
    /// A named function, which its block has declared on entry. Where an import
    /// or a `let` has made a new variable of its name since, the statement makes
    /// one more, so that what is executed last counts.
    pub(super) fn function_statement(&mut self, function: &'a ast::Function) {
        let scope = &self.found.scopes[self.scope.0];
        let made_at = scope.start;
        if let Some(name) = &function.name
            && let Some(Use::Declares(hoisted)) = self.found.used(name.span, &name.name)
            && scope.variables.get(&name.name).is_some_and(|ids| ids.last() != Some(&hoisted))
        {
            self.declare_at(&name.name, function.span, function.span.start, false);
        }
        self.function(function, made_at, None);
    }
}

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn statement(&mut self, statement: &'a Stmt) {
        self.b.at(statement.span);
        let span = statement.span;
        match &statement.kind {
            StmtKind::Declare(declare) => self.declaration(declare),
            StmtKind::Function(function) => {
                // Bound on entry of the block; again only if that can be noticed.
                let Some(name) = &function.name else { return };
                if let Some(Use::Declares(id)) = self.resolved.used(function.span, &name.name) {
                    self.declare_function(id, function);
                } else if let Some(Use::Declares(id)) = self.resolved.used(name.span, &name.name)
                    && self.resolved.variable(id).reassigned
                {
                    self.bind_function(id, function);
                }
            }
            StmtKind::Struct(_) | StmtKind::Enum(_) | StmtKind::Test(_) => {}
            StmtKind::Import(import) => self.import(import, span),
            StmtKind::Export(inner) => self.statement(inner),
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Destructure(destructure) => self.destructure(destructure),
            StmtKind::If(branches) => self.if_statement(branches),
            StmtKind::While(parts) => self.while_loop(span, &parts.condition, &parts.body),
            StmtKind::Loop(body) => self.endless_loop(span, body),
            StmtKind::For(parts) => self.for_loop(span, parts),
            StmtKind::Match(parts) => self.match_statement(parts),
            StmtKind::Try(parts) => self.try_statement(parts),
            StmtKind::Return(Some(value)) => self.return_value(value),
            StmtKind::Return(None) => self.leave(None),
            StmtKind::Break | StmtKind::Continue => self.leave_round(statement),
            StmtKind::Spawn(block) => self.spawn(block, span),
            StmtKind::Expr(value)
                if self.result.is_some_and(|result| std::ptr::eq(result, statement))
                    && !matches!(value.kind, ExprKind::Throw(_)) =>
            {
                self.result_value(value);
            }
            StmtKind::Expr(value) => self.effect(value),
        }
    }

    fn leave_round(&mut self, statement: &'a Stmt) {
        let breaks = matches!(statement.kind, StmtKind::Break);
        match self.loops.last() {
            Some(targets) => {
                let label = if breaks { targets.exit } else { targets.next };
                self.b.goto(label);
            }
            None => {
                let word = if breaks { "break" } else { "continue" };
                let message = format!("{word} can only be used inside a loop");
                self.reject(CompileErrorKind::Semantic, message, statement.span);
            }
        }
    }

    /// Ends a text of a session with the value of its last statement. It goes
    /// through a temporary, because variables stay as they are.
    fn result_value(&mut self, value: &'a Expr) {
        let mark = self.b.mark();
        let register = self.b.temporary();
        self.into(value, register);
        self.leave(Some(register));
        self.b.free_to(mark);
    }

    /// Evaluates an expression for its effect.
    fn effect(&mut self, value: &'a Expr) {
        let mark = self.b.mark();
        let register = self.operand(value);
        if Builder::is_temporary(register) && !matches!(value.kind, ExprKind::Throw(_)) {
            self.b.abc(Opcode::Release, register, 0, 0);
        }
        self.b.free_to(mark);
    }

    fn if_statement(&mut self, branches: &'a If) {
        let end = self.b.label();
        let last = branches.arms.len() - 1;
        for (index, arm) in branches.arms.iter().enumerate() {
            let next = self.b.label();
            self.jump_unless(&arm.condition, next);
            self.block(&arm.body);
            if index < last || branches.otherwise.is_some() {
                self.b.goto(end);
            }
            self.b.bind(next);
        }
        if let Some(otherwise) = &branches.otherwise {
            self.block(otherwise);
        }
        self.b.bind(end);
    }

    fn try_statement(&mut self, parts: &'a Try) {
        let (handler, end) = (self.b.label(), self.b.label());
        let outer = self.b.variables();
        let start = self.b.position();
        self.block(&parts.body);
        let register = self.b.variable(parts.name.as_ref().map_or("", |name| &name.name));
        if self.b.position() > start {
            self.b.protect(start, handler, register);
        }
        self.b.goto(end);
        self.b.bind(handler);
        if let Some(name) = &parts.name
            && let Some(Use::Declares(id)) = self.resolved.used(name.span, &name.name)
        {
            self.b.at(name.span);
            self.homes.insert(id, register);
            if self.resolved.variable(id).captured {
                self.b.abc(Opcode::NewCell, register, register, 0);
            }
        }
        self.block(&parts.handler);
        self.b.drop_variables(outer);
        self.b.bind(end);
    }
}
