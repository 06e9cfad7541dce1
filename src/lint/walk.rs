//! One walk over a program, during which the rules look at what they know.
//!
//! What must hold: a name is looked up only if it stands in the text; what a
//! rule needs of the whole program is collected here and judged at the end.
//!
//! Example: at `f(1, 2)` the walk notes a call of `f` with two arguments; when
//! all functions are known, `calls` compares the number.

use super::Finding;
use super::payloads::Payloads;
use super::usage::Declared;
use crate::base::span::Span;
use crate::compile::names::{Meaning, Names, VariableId};
use crate::syntax::ast::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// A call of a function that has a name.
pub(super) struct Call<'a> {
    pub callee: VariableId,
    pub arguments: &'a [Expr],
    /// Arguments that come before those: one on the right of a pipe.
    pub piped: usize,
    pub span: Span,
}

/// The state of the walk.
pub(super) struct Linter<'a> {
    pub names: &'a Names<'a>,
    /// Length of the text.
    end: u32,
    pub findings: Vec<Finding>,
    /// Functions that are the only value of a variable.
    pub functions: FxHashMap<VariableId, &'a Function>,
    /// Functions that share their variable with another one.
    pub ambiguous: FxHashSet<VariableId>,
    pub calls: Vec<Call<'a>>,
    /// Calls on the right of a pipe, which has one argument more.
    pub piped: FxHashSet<Span>,
    pub declared: BTreeMap<VariableId, Declared>,
    pub read: FxHashSet<VariableId>,
    /// The struct whose method is around.
    pub structure: Option<&'a StructDef>,
    /// The annotated result of the function around.
    pub result: Option<&'a Type>,
    /// How many bodies of `try` are around: an import there may be made to see
    /// whether it raises.
    attempts: usize,
    pub payloads: Payloads<'a>,
}

impl<'a> Linter<'a> {
    pub fn new(names: &'a Names<'a>, end: u32) -> Linter<'a> {
        Linter {
            names,
            end,
            findings: Vec::new(),
            functions: FxHashMap::default(),
            ambiguous: FxHashSet::default(),
            calls: Vec::new(),
            piped: FxHashSet::default(),
            declared: BTreeMap::new(),
            read: FxHashSet::default(),
            structure: None,
            result: None,
            attempts: 0,
            payloads: Payloads::default(),
        }
    }

    /// Walks over everything and judges what was collected.
    pub fn program(&mut self, program: &'a Program) {
        self.statements(&program.statements);
        self.judge_calls();
        self.judge_usage();
        self.judge_payloads();
    }

    /// Reports something at `span`, if that is in the text.
    pub fn report(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        if span.start < self.end {
            self.findings.push(Finding { span, message: message.into(), help });
        }
    }

    fn block(&mut self, block: &'a Block) {
        self.statements(&block.statements);
    }

    fn statements(&mut self, statements: &'a [Stmt]) {
        let mut left = false;
        for statement in statements {
            let declares = matches!(
                statement.kind,
                StmtKind::Function(_) | StmtKind::Struct(_) | StmtKind::Enum(_) | StmtKind::Test(_)
            );
            if left && !declares {
                let message = "this is never reached";
                self.report(statement.span, message, Some("the statement before leaves".into()));
                left = false;
            }
            self.statement(statement);
            left |= self.leaves(statement);
        }
    }

    /// Whether nothing behind the statement is executed.
    fn leaves(&self, statement: &Stmt) -> bool {
        let block = |block: &Block| block.statements.iter().any(|s| self.leaves(s));
        match &statement.kind {
            StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue => true,
            StmtKind::If(branches) => {
                branches.otherwise.as_ref().is_some_and(block)
                    && branches.arms.iter().all(|arm| block(&arm.body))
            }
            StmtKind::Try(attempt) => block(&attempt.body) && block(&attempt.handler),
            StmtKind::Expr(expr) => match &expr.kind {
                ExprKind::Throw(_) => true,
                ExprKind::Postfix(postfix) => {
                    matches!(
                        postfix.steps.as_slice(),
                        [PostfixStep { kind: PostfixKind::Call(_), .. }]
                    ) && self.is_builtin(&postfix.base, "exit")
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the expression is a name that the program does not define.
    pub(super) fn is_builtin(&self, expr: &Expr, wanted: &str) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => {
                &**name == wanted && self.names.meaning(name, expr.span).is_none()
            }
            _ => false,
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match &statement.kind {
            StmtKind::Declare(declare) => {
                self.expr(&declare.value);
                self.declare_pattern(&declare.pattern, Declared::variable);
                self.judge_type(declare.annotation.as_ref(), &declare.value);
                if let (PatternKind::Name(name), ExprKind::Function(function)) =
                    (&declare.pattern.kind, &declare.value.kind)
                {
                    self.function_value(name, declare.pattern.span, function);
                }
            }
            StmtKind::Function(function) => {
                if let Some(name) = &function.name {
                    self.function_value(&name.name, name.span, function);
                    self.declare(&name.name, name.span, Declared::function);
                }
                self.function(function, None);
            }
            StmtKind::Struct(definition) => {
                for field in &definition.fields {
                    if let Some(default) = &field.default {
                        self.expr(default);
                        self.judge_type(field.annotation.as_ref(), default);
                    }
                }
                for method in &definition.methods {
                    self.function(method, Some(definition));
                }
            }
            StmtKind::Enum(definition) => {
                self.judge_enum(definition);
                self.payloads.define(definition);
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Test(_) => {}
            StmtKind::Import(_) if self.attempts > 0 => {}
            StmtKind::Import(import) => {
                for name in import.names.iter().flatten() {
                    self.declare(&name.name, name.span, Declared::import);
                }
            }
            StmtKind::Export(inner) => self.export(inner),
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Destructure(destructure) => {
                self.expr(&destructure.value);
                self.declare_pattern(&destructure.pattern, Declared::part);
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
            StmtKind::While(repeat) => {
                self.expr(&repeat.condition);
                self.block(&repeat.body);
            }
            StmtKind::Loop(body) | StmtKind::Spawn(body) => self.block(body),
            StmtKind::For(each) => {
                self.expr(&each.iterable);
                self.block(&each.body);
            }
            StmtKind::Match(matching) => {
                self.expr(&matching.subject);
                self.judge_match(matching);
                for case in &matching.cases {
                    if let Some(guard) = &case.guard {
                        self.expr(guard);
                    }
                    self.block(&case.body);
                }
            }
            StmtKind::Try(attempt) => {
                self.attempts += 1;
                self.block(&attempt.body);
                self.attempts -= 1;
                self.block(&attempt.handler);
            }
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(value);
                    self.judge_type(self.result, value);
                }
            }
            StmtKind::Expr(value) => {
                self.expr(value);
                self.judge_effect(value);
            }
        }
    }

    /// What is exported is used elsewhere.
    fn export(&mut self, statement: &'a Stmt) {
        self.payloads.export(statement);
        let known: Vec<VariableId> = self.declared.keys().copied().collect();
        self.statement(statement);
        let exported = self.declared.keys().filter(|id| !known.contains(id)).copied();
        let exported: Vec<VariableId> = exported.collect();
        self.read.extend(exported);
        if let StmtKind::Expr(_) = statement.kind {
            self.findings.retain(|finding| finding.span != statement.span);
        }
    }

    fn assign(&mut self, assign: &'a Assign) {
        self.expr(&assign.value);
        for step in &assign.place.path {
            if let PlaceStep::Index(index) = step {
                self.expr(index);
            }
        }
        let root = &assign.place.root;
        match self.names.meaning(&root.name, root.span) {
            Some(Meaning::Declares(_)) => {
                self.declare(&root.name, root.span, Declared::variable);
            }
            Some(Meaning::Variable(id)) if self.names.is_constant(id) => {
                let verb = if assign.place.path.is_empty() { "reassigned" } else { "changed" };
                let message = format!("`{}` is a constant and cannot be {verb}", root.name);
                let help = format!("declare it as `let {} := ..`", root.name);
                self.report(assign.place.span, message, Some(help));
            }
            Some(_) => {}
            None => self.undefined(&root.name, root.span),
        }
    }

    fn declare_pattern(&mut self, pattern: &'a Pattern, how: fn(Span) -> Declared) {
        match &pattern.kind {
            PatternKind::Name(name) => self.declare(name, pattern.span, how),
            PatternKind::Discard => {}
            PatternKind::Array(array) => {
                for element in &array.elements {
                    self.declare_pattern(element, Declared::part);
                }
                if let Some(rest) = &array.rest {
                    self.declare(&rest.name, rest.span, Declared::part);
                }
            }
            PatternKind::Dict(dict) => {
                for name in dict.keys.iter().chain(&dict.rest) {
                    self.declare(&name.name, name.span, Declared::part);
                }
            }
        }
    }

    fn declare(&mut self, name: &'a Name, span: Span, how: fn(Span) -> Declared) {
        if let Some(Meaning::Declares(id)) = self.names.meaning(name, span) {
            self.declared.entry(id).or_insert_with(|| how(span));
        }
    }

    fn function_value(&mut self, name: &'a Name, span: Span, function: &'a Function) {
        if let Some(Meaning::Declares(id)) = self.names.meaning(name, span)
            && self.functions.insert(id, function).is_some()
        {
            self.ambiguous.insert(id);
        }
    }

    fn function(&mut self, function: &'a Function, method_of: Option<&'a StructDef>) {
        let result = std::mem::replace(&mut self.result, function.result.as_ref());
        let structure = self.structure;
        let has_self = function.parameters.first().is_some_and(|p| &*p.name.name == "self");
        if method_of.is_some() || has_self {
            self.structure = method_of;
        }
        if function.is_generator || function.is_async {
            self.result = None;
        }
        self.block(&function.body);
        self.result = result;
        self.structure = structure;
    }

    /// Walks over an expression that is evaluated.
    pub fn expr(&mut self, expr: &'a Expr) {
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
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Array(elements) => {
                for element in elements {
                    let (Element::Value(value) | Element::Spread(value)) = element;
                    self.expr(value);
                }
            }
            ExprKind::Dict(entries) => {
                self.judge_keys(entries);
                for entry in entries {
                    match entry {
                        Entry::Pair(key, value) => {
                            self.expr(key);
                            self.expr(value);
                        }
                        Entry::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::StructLiteral(literal) => {
                self.judge_struct(literal);
                literal.fields.iter().for_each(|(_, value)| self.expr(value));
            }
            ExprKind::Variant(variant) => {
                self.judge_variant(&variant.enumeration, &variant.variant);
                self.note_made(variant);
                variant.arguments.iter().for_each(|argument| self.expr(argument));
            }
            ExprKind::Function(function) => self.function(function, None),
            ExprKind::Unary(unary) => self.expr(&unary.operand),
            ExprKind::Chain(chain) => {
                self.pipes(chain);
                self.expr(&chain.first);
                chain.rest.iter().for_each(|step| self.expr(&step.right));
            }
            ExprKind::Postfix(postfix) => {
                if !self.is_promise_all(postfix) {
                    self.expr(&postfix.base);
                }
                for step in &postfix.steps {
                    match &step.kind {
                        PostfixKind::Call(arguments)
                        | PostfixKind::MethodCall { arguments, .. } => {
                            arguments.iter().for_each(|argument| self.expr(argument));
                        }
                        PostfixKind::Index(index) => self.expr(index),
                        PostfixKind::Member { .. } | PostfixKind::Try => {}
                    }
                }
                self.called(expr, postfix);
            }
            ExprKind::Wrap(_, Some(value))
            | ExprKind::Throw(value)
            | ExprKind::Yield(Some(value)) => self.expr(value),
        }
    }

    /// Whether it begins with `Promise.all(..)`: `Promise` alone is nothing.
    fn is_promise_all(&self, postfix: &Postfix) -> bool {
        self.is_builtin(&postfix.base, "Promise")
            && matches!(&postfix.steps[0].kind, PostfixKind::MethodCall { name, .. }
                if &*name.name == "all")
    }

    fn name(&mut self, name: &'a Name, span: Span) {
        match self.names.meaning(name, span) {
            Some(Meaning::Variable(id)) => {
                self.read.insert(id);
            }
            Some(_) => {}
            None => self.undefined(name, span),
        }
    }
}
