//! Expressions: where they may break.
//!
//! An operator begins the line that it continues, one step further in, as does
//! the dot of a method call. Operators of one level break together. Parentheses
//! are kept; the tree does not have them, the tokens do.
//!
//! Example: `a + b` that is too long has `+ b` on a line of its own.

use super::document::Element;
use super::layout::Layout;
use super::lists::Style;
use crate::syntax::ast::{self, *};
use crate::syntax::token::TokenKind as K;

/// Items that are short and plain: a list of them is filled.
fn is_atom(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Name(_) => true,
        ExprKind::Str(text) => text.len() <= 12 && !text.contains('\n'),
        ExprKind::Unary(unary) => is_atom(&unary.operand),
        _ => false,
    }
}

fn is_atom_element(element: &ast::Element) -> bool {
    match element {
        ast::Element::Value(value) => is_atom(value),
        ast::Element::Spread(_) => false,
    }
}

impl<'s> Layout<'s> {
    /// Whether an argument may break while the call around it stays on one line.
    /// A string cannot be broken: alone, it stays with its call however long it is.
    fn may_hug(&self, argument: &Expr, alone: bool) -> bool {
        let last_may =
            |l: &Self, all: &[Expr]| all.last().is_some_and(|last| l.may_hug(last, all.len() == 1));
        match &argument.kind {
            ExprKind::Function(_) => true,
            ExprKind::Array(elements) => !elements.is_empty(),
            ExprKind::Dict(entries) => !entries.is_empty(),
            ExprKind::StructLiteral(literal) => !literal.fields.is_empty(),
            ExprKind::Str(_) | ExprKind::Template(_) => alone || self.has_break(argument.span),
            ExprKind::Wrap(_, Some(value)) => self.may_hug(value, true),
            ExprKind::Variant(variant) => last_may(self, &variant.arguments),
            ExprKind::Postfix(postfix) => match postfix.steps.as_slice() {
                [PostfixStep { kind: PostfixKind::Call(arguments), .. }] => {
                    last_may(self, arguments)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Writes an expression with its parentheses.
    pub(super) fn expr(&mut self, expr: &Expr) {
        let last = self.last_before(expr.span.end);
        self.expr_up_to(expr, last);
    }

    fn expr_up_to(&mut self, expr: &Expr, last: usize) {
        // Comments before an expression break nothing in it.
        self.comments(false);
        if !self.at(K::LeftParen) || self.partner() != last {
            return self.bare(expr, last);
        }
        self.open();
        self.token();
        self.push(Element::Indent);
        self.push(Element::SoftLine);
        self.expr_up_to(expr, last - 1);
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(Element::SoftLine);
        self.token();
        self.close();
    }

    fn bare(&mut self, expr: &Expr, last: usize) {
        match &expr.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Float(_)
            | ExprKind::Name(_)
            | ExprKind::Wrap(_, None) => self.token(),
            ExprKind::Str(_) | ExprKind::Template(_) => {
                self.head_here(true);
                self.token();
            }
            ExprKind::Int(_) => self.flat(last),
            ExprKind::Array(elements) => {
                let filled = elements.iter().all(is_atom_element);
                let style = Style { keeps_rows: true, filled, is_head: true, ..Style::default() };
                self.list(elements, style, |l, element| match element {
                    ast::Element::Value(value) => l.expr(value),
                    ast::Element::Spread(value) => l.spread(value),
                });
            }
            ExprKind::Dict(entries) => {
                let style = Style { keeps_rows: true, is_head: true, ..Style::default() };
                self.list(entries, style, |l, entry| match entry {
                    Entry::Pair(key, value) => {
                        l.expr(key);
                        l.word();
                        l.expr(value);
                    }
                    Entry::Spread(value) => l.spread(value),
                });
            }
            ExprKind::StructLiteral(literal) => {
                self.word();
                let style =
                    Style { spaced: true, keeps_rows: true, is_head: true, ..Style::default() };
                self.list(&literal.fields, style, |l, (_, value)| {
                    l.token();
                    l.word();
                    l.expr(value);
                });
            }
            ExprKind::Variant(variant) => {
                self.token();
                self.token();
                self.token();
                if self.position() <= last {
                    self.arguments(&variant.arguments);
                }
            }
            ExprKind::Wrap(_, Some(value)) => {
                self.token();
                self.arguments(std::slice::from_ref(&**value));
            }
            ExprKind::Function(function) => self.function(function),
            ExprKind::Unary(unary) => {
                for (operator, _) in &unary.operators {
                    let is_word = *operator == UnaryOperator::Await || self.at(K::Not);
                    self.token();
                    // Two signs are not one operator.
                    let signs = self.before() == Some(K::Minus) && self.at(K::Minus);
                    if is_word || signs {
                        self.space();
                    }
                }
                self.expr(&unary.operand);
            }
            ExprKind::Chain(chain) => self.chain(chain, false),
            ExprKind::Postfix(postfix) => self.postfix(postfix),
            ExprKind::Throw(value) => {
                self.token();
                // `throw(e)` looks like a call, and is often written so.
                if !(self.at(K::LeftParen) && self.partner() == last) {
                    self.space();
                }
                self.expr(value);
            }
            ExprKind::Yield(value) => {
                self.token();
                if let Some(value) = value {
                    self.space();
                    self.expr(value);
                }
            }
        }
    }

    fn spread(&mut self, value: &Expr) {
        self.token();
        self.expr(value);
    }

    fn arguments<T: std::borrow::Borrow<Expr>>(&mut self, arguments: &[T]) {
        let alone = arguments.len() == 1;
        let hugs = arguments.last().is_some_and(|last| self.may_hug(last.borrow(), alone));
        let style = Style { hugs, ..Style::default() };
        self.list(arguments, style, |l, argument| l.expr(argument.borrow()));
    }

    /// Writes the expression between a word and a block, and the space before
    /// the block: after operators on lines of their own the block begins a line.
    pub(super) fn header(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Chain(chain) if !self.is_parenthesised(expr) => self.chain(chain, true),
            _ => {
                self.expr(expr);
                self.space();
            }
        }
    }

    fn is_parenthesised(&self, expr: &Expr) -> bool {
        self.at(K::LeftParen) && self.partner() == self.last_before(expr.span.end)
    }

    fn chain(&mut self, chain: &Chain, is_header: bool) {
        self.open();
        self.expr(&chain.first);
        self.push(Element::Indent);
        for step in &chain.rest {
            let is_pipe = step.operator == BinaryOperator::Pipe;
            if is_pipe && self.breaks_before(self.position()) {
                self.break_groups();
            }
            self.push(Element::Line);
            self.token();
            self.space_or_break();
            self.expr(&step.right);
        }
        self.push(Element::Dedent);
        if is_header {
            self.push(Element::Line);
        }
        self.close();
    }

    fn postfix(&mut self, postfix: &Postfix) {
        let is_method = |step: &PostfixStep| matches!(step.kind, PostfixKind::MethodCall { .. });
        let methods = postfix.steps.iter().filter(|step| is_method(step)).count();
        let breaks = postfix.steps.iter().any(|step| {
            let dot = self.last_before(step.span.start + 1);
            is_method(step) && self.breaks_before(dot)
        });
        let chained = methods > 1 || breaks;
        if chained {
            self.open();
            if breaks {
                self.break_groups();
            }
        }
        self.expr(&postfix.base);
        if chained {
            self.push(Element::Indent);
        }
        for step in &postfix.steps {
            let after_question = self.before() == Some(K::Question);
            let glues =
                after_question && matches!(self.kind(), K::Dot | K::QuestionDot | K::Question);
            match (chained && is_method(step), glues) {
                (true, false) => self.push(Element::SoftLine),
                (true, true) => self.push(Element::Line),
                (false, true) => self.space(),
                (false, false) => {}
            }
            self.step(step);
        }
        if chained {
            self.push(Element::Dedent);
            self.close();
        }
    }

    /// Writes a postfix operator.
    fn step(&mut self, step: &PostfixStep) {
        match &step.kind {
            PostfixKind::Call(arguments) => self.arguments(arguments),
            PostfixKind::Index(index) => self.index(index),
            PostfixKind::Member { .. } => {
                self.token();
                self.token();
            }
            PostfixKind::MethodCall { arguments, .. } => {
                self.token();
                self.token();
                self.arguments(arguments);
            }
            PostfixKind::Try => self.token(),
        }
    }

    /// Writes `[index]`.
    fn index(&mut self, index: &Expr) {
        self.open();
        self.token();
        self.push(Element::Indent);
        self.push(Element::SoftLine);
        self.expr(index);
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(Element::SoftLine);
        self.token();
        self.close();
    }

    /// Writes a place.
    pub(super) fn place(&mut self, place: &Place) {
        self.token();
        for step in &place.path {
            match step {
                PlaceStep::Member(_) => {
                    self.token();
                    self.token();
                }
                PlaceStep::Index(index) => self.index(index),
            }
        }
    }
}
