//! Statements, one a line, and the blocks that they form.
//!
//! A block stays on one line if it was written so, holds at most one simple
//! statement, and everything that belongs to its statement fits: the blocks of
//! an `if` break together. A `;` stays only before a statement that would
//! continue the one before, such as one that begins with `-`.
//!
//! Example: `if a { b } else { c }` stays; with two statements in a block, or
//! without the room, all its blocks have lines of their own.

use super::document::Element;
use super::layout::Layout;
use super::lists::Style;
use crate::syntax::ast::*;
use crate::syntax::token::TokenKind as K;

fn is_simple(statement: &Stmt) -> bool {
    matches!(
        statement.kind,
        StmtKind::Declare(_)
            | StmtKind::Assign(_)
            | StmtKind::Destructure(_)
            | StmtKind::Return(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Expr(_)
    )
}

impl<'s> Layout<'s> {
    /// Writes statements, each on a line.
    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        self.separators(None);
        for (index, statement) in statements.iter().enumerate() {
            if index > 0 {
                self.push(Element::HardLine);
            }
            self.comments(true);
            self.statement(statement);
            self.separators(Some(statement));
        }
    }

    /// Drops the `;` that stand next, unless the statement would not end.
    fn separators(&mut self, before: Option<&Stmt>) {
        let mut written = false;
        while self.at(K::Semicolon) {
            self.drop_token();
            written = true;
        }
        let is_name = |statement: &Stmt| match &statement.kind {
            StmtKind::Expr(expr) => matches!(expr.kind, ExprKind::Name(_)),
            _ => false,
        };
        if written && (self.at(K::Minus) || before.is_some_and(is_name)) {
            self.push(Element::Text(";"));
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Declare(declare) => self.declare(declare),
            StmtKind::Function(function) => self.function(function),
            StmtKind::Struct(definition) => self.structure(definition),
            StmtKind::Enum(definition) => {
                self.word();
                self.word();
                let style = Style { spaced: true, keeps_rows: true, ..Style::default() };
                self.list(&definition.variants, style, |l, _| l.token());
            }
            StmtKind::Import(_) => {
                let last = self.last_before(statement.span.end);
                self.flat(last);
            }
            StmtKind::Export(inner) => {
                self.word();
                self.statement(inner);
            }
            StmtKind::Assign(assign) => {
                self.place(&assign.place);
                self.space();
                self.word();
                self.expr(&assign.value);
            }
            StmtKind::Destructure(destructure) => {
                self.pattern(&destructure.pattern);
                self.space();
                self.word();
                self.expr(&destructure.value);
            }
            StmtKind::If(branches) => self.branches(branches),
            StmtKind::While(repeat) => self.grouped(&[&repeat.body], |l, one_line| {
                l.words_before(repeat.condition.span.start);
                l.header(&repeat.condition);
                l.body(&repeat.body, one_line);
            }),
            StmtKind::Loop(body) | StmtKind::Spawn(body) => {
                self.grouped(&[body], |l, one_line| {
                    l.word();
                    l.body(body, one_line);
                });
            }
            StmtKind::For(each) => self.grouped(&[&each.body], |l, one_line| {
                l.word();
                l.pattern(&each.pattern);
                l.space();
                l.word();
                l.header(&each.iterable);
                l.body(&each.body, one_line);
            }),
            StmtKind::Match(matching) => self.matching(matching),
            StmtKind::Try(attempt) => {
                self.grouped(&[&attempt.body, &attempt.handler], |l, one_line| {
                    l.word();
                    l.body(&attempt.body, one_line);
                    l.space_or_break();
                    l.words_before(attempt.handler.span.start);
                    l.body(&attempt.handler, one_line);
                });
            }
            StmtKind::Return(value) => {
                self.token();
                if let Some(value) = value {
                    self.space();
                    self.expr(value);
                }
            }
            StmtKind::Break | StmtKind::Continue => self.token(),
            StmtKind::Test(test) => self.grouped(&[&test.body], |l, one_line| {
                l.words_before(test.body.span.start);
                l.body(&test.body, one_line);
            }),
            StmtKind::Expr(expr) => self.expr(expr),
        }
    }

    /// Writes tokens up to the end of a pattern.
    fn pattern(&mut self, pattern: &Pattern) {
        let last = self.last_before(pattern.span.end);
        self.flat(last);
    }

    fn declare(&mut self, declare: &Declare) {
        self.words_before(declare.pattern.span.start);
        self.pattern(&declare.pattern);
        self.annotation(declare.annotation.as_ref());
        self.assigned(&declare.value);
    }

    /// Writes the type after a `:`, if there is one.
    fn annotation(&mut self, annotation: Option<&Type>) {
        if let Some(annotation) = annotation {
            self.word();
            self.type_tokens(annotation);
        }
    }

    /// Writes a type. The span of one with arguments ends before its last `>`.
    fn type_tokens(&mut self, annotation: &Type) {
        let last = self.last_before(annotation.span.end);
        self.flat(last);
    }

    /// Writes an assignment operator and the value.
    fn assigned(&mut self, value: &Expr) {
        if self.at(K::GreaterEqual) {
            self.split_greater_equal();
            self.space();
        } else {
            self.space();
            self.word();
        }
        self.expr(value);
    }

    /// Writes a function, with or without a name.
    pub(super) fn function(&mut self, function: &Function) {
        while !self.at(K::Func) {
            self.word();
        }
        self.token();
        if function.is_generator {
            self.token();
        }
        if function.name.is_some() {
            self.space();
            self.token();
        }
        self.list(&function.parameters, Style::default(), |l, parameter| {
            l.token();
            l.annotation(parameter.annotation.as_ref());
        });
        self.space();
        if let Some(result) = &function.result {
            self.word();
            self.type_tokens(result);
            self.space();
        }
        self.grouped(&[&function.body], |l, one_line| l.body(&function.body, one_line));
    }

    fn branches(&mut self, branches: &If) {
        let mut blocks: Vec<&Block> = branches.arms.iter().map(|arm| &arm.body).collect();
        blocks.extend(&branches.otherwise);
        self.grouped(&blocks, |l, one_line| {
            for arm in &branches.arms {
                l.words_before(arm.condition.span.start);
                l.header(&arm.condition);
                l.body(&arm.body, one_line);
                if l.at(K::Else) {
                    l.space_or_break();
                }
            }
            if let Some(otherwise) = &branches.otherwise {
                l.word();
                l.body(otherwise, one_line);
            }
        });
    }

    /// Writes a statement with blocks in a group that breaks as a whole; the
    /// second argument of `write` is whether the blocks may stay on the line.
    fn grouped(&mut self, blocks: &[&Block], write: impl FnOnce(&mut Self, bool)) {
        let one_line = blocks.iter().all(|block| self.may_stay(block))
            && blocks.iter().any(|block| !block.statements.is_empty());
        self.open();
        write(self, one_line);
        self.close();
    }

    /// Whether a block is on one line and simple.
    fn may_stay(&self, block: &Block) -> bool {
        let (first, last) =
            (self.last_before(block.span.start + 1), self.last_before(block.span.end));
        block.statements.len() <= 1
            && block.statements.iter().all(is_simple)
            && !(first + 1..=last).any(|piece| self.breaks_before(piece))
    }

    /// Writes a block.
    fn body(&mut self, block: &Block, one_line: bool) {
        if block.statements.is_empty() {
            return self.empty_list();
        }
        let edge = if one_line { Element::Line } else { Element::HardLine };
        self.token();
        self.push(Element::Indent);
        self.head_here(true);
        self.push(edge);
        self.statements(&block.statements);
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(edge);
        self.token();
    }

    fn structure(&mut self, definition: &StructDef) {
        self.word();
        self.word();
        if definition.methods.is_empty() {
            return self.fields(&definition.fields);
        }
        self.token();
        self.push(Element::Indent);
        self.push(Element::HardLine);
        let (mut fields, mut methods) =
            (definition.fields.iter().peekable(), definition.methods.iter().peekable());
        loop {
            let field = fields.peek().map_or(u32::MAX, |field| field.name.span.start);
            let method = methods.peek().map_or(u32::MAX, |method| method.span.start);
            if self.at(K::RightBrace) {
                self.closing_comments();
                break;
            }
            self.comments(true);
            match (fields.next_if(|_| field < method), methods.next_if(|_| method < field)) {
                (Some(field), _) => {
                    self.field(field);
                    self.push(Element::Text(","));
                }
                (_, Some(method)) => self.function(method),
                _ => break,
            }
            while matches!(self.kind(), K::Comma | K::Semicolon) {
                self.drop_token();
            }
            if !self.at(K::RightBrace) {
                self.push(Element::HardLine);
            }
        }
        self.push(Element::Dedent);
        self.push(Element::HardLine);
        self.token();
    }

    /// Writes the fields of a struct without methods.
    fn fields(&mut self, fields: &[Field]) {
        if fields.is_empty() {
            return self.empty_list();
        }
        self.open();
        let one_line = self.is_one_line();
        if !one_line {
            self.break_groups();
        }
        self.token();
        self.push(Element::Indent);
        self.push(Element::Line);
        for (index, field) in fields.iter().enumerate() {
            self.comments(true);
            self.field(field);
            while matches!(self.kind(), K::Comma | K::Semicolon) {
                self.drop_token();
            }
            if index + 1 < fields.len() {
                self.push(Element::Text(","));
                self.push(Element::Line);
            } else {
                self.push(Element::IfBroken(","));
            }
        }
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(Element::Line);
        self.token();
        self.close();
    }

    fn field(&mut self, field: &Field) {
        self.token();
        self.annotation(field.annotation.as_ref());
        if let Some(default) = &field.default {
            self.assigned(default);
        }
    }

    fn matching(&mut self, matching: &Match) {
        self.word();
        self.header(&matching.subject);
        if matching.cases.is_empty() {
            return self.empty_list();
        }
        self.token();
        self.push(Element::Indent);
        self.separators(None);
        for case in &matching.cases {
            self.push(Element::HardLine);
            self.comments(true);
            self.case(case);
            self.separators(None);
        }
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(Element::HardLine);
        self.token();
    }

    fn case(&mut self, case: &Case) {
        self.token();
        if !matches!(self.before(), Some(K::Default)) {
            self.space();
            let last = self.last_before(case.pattern.span.end);
            self.flat(last);
        }
        if let Some(guard) = &case.guard {
            self.space();
            self.word();
            self.expr(guard);
        }
        let body = self.last_before(case.body.span.start + 1);
        if self.kind_of(body) == K::LeftBrace {
            if self.at(K::Colon) {
                self.drop_token();
            }
            self.space();
            self.grouped(&[&case.body], |l, one_line| l.body(&case.body, one_line));
        } else {
            self.word();
            for statement in &case.body.statements {
                self.statement(statement);
            }
        }
    }
}
