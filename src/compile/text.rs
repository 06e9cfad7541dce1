//! Texts put together of pieces: `"${a}: ${b}"`, and sums that come to the same.
//!
//! A sum that begins with a text is one text, made of the display forms of all its
//! operands. Where that saves the texts of calls of `str`, it is made at once.
//!
//! What must hold: a sum whose first operand is not certainly a text is left alone, as
//! numbers are added and a struct may have a method for it.
//!
//! Example: `str(x) + "," + str(y)` is `Move t, x`, `LoadConst t+1, ","`,
//! `Move t+2, y`, `Concat dest, t.., 3`.

use super::expression::RUN_LIMIT;
use super::function::Function;
use crate::base::span::Span;
use crate::bytecode::Opcode;
use crate::prim::display;
use crate::syntax::ast::{BinaryOperator, Chain, Expr, ExprKind, PostfixKind, TemplatePart};
use crate::value::Value;

/// What contributes its display form to a text.
enum Piece<'a> {
    Text(String),
    Value(&'a Expr),
}

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn template(&mut self, span: Span, parts: &'a [TemplatePart], dest: u16) {
        let mut pieces = Vec::with_capacity(parts.len());
        take_apart(parts, &mut pieces);
        self.pieces(span, pieces, dest);
    }

    /// How many operands of the sum make one text that is better made at once; 0 if it
    /// is not a text, or has no call of `str`.
    pub(super) fn text_operands(&self, chain: &'a Chain) -> usize {
        let begins = matches!(chain.first.kind, ExprKind::Str(_) | ExprKind::Template(_))
            || self.displayed(&chain.first).is_some();
        if !begins {
            return 0;
        }
        let steps = chain.rest.iter().take_while(|step| step.operator == BinaryOperator::Add);
        let rest: Vec<_> = steps.map(|step| &step.right).collect();
        let calls = [&chain.first].into_iter().chain(rest.iter().copied());
        let saves = calls.into_iter().any(|operand| self.displayed(operand).is_some());
        if saves && !rest.is_empty() { rest.len() + 1 } else { 0 }
    }

    /// Makes the text of the first `count` operands of a sum.
    pub(super) fn text_of(&mut self, chain: &'a Chain, count: usize, dest: u16) {
        let mut pieces = Vec::with_capacity(count);
        let rest = chain.rest.iter().map(|step| &step.right);
        for operand in std::iter::once(&chain.first).chain(rest).take(count) {
            match (self.constant(operand), &operand.kind) {
                (Some(value), _) => {
                    pieces.extend(Some(display(&value)).filter(|t| !t.is_empty()).map(Piece::Text));
                }
                (None, ExprKind::Template(parts)) => take_apart(parts, &mut pieces),
                _ => pieces.push(Piece::Value(self.displayed(operand).unwrap_or(operand))),
            }
        }
        self.pieces(chain.rest[count - 2].operator_span, pieces, dest);
    }

    /// What the call of a builtin that gives the display form of its argument is about.
    pub(super) fn displayed<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        let ExprKind::Postfix(postfix) = &expr.kind else { return None };
        let [step] = postfix.steps.as_slice() else { return None };
        let PostfixKind::Call(arguments) = &step.kind else { return None };
        let [argument] = arguments.as_slice() else { return None };
        let row = self.builtin_row(&postfix.base)?;
        self.unit.builtins.displays(row.into()).then_some(argument)
    }

    fn pieces(&mut self, span: Span, pieces: Vec<Piece<'a>>, dest: u16) {
        let first = self.b.mark();
        let mut count = 0;
        let mut text = String::new();
        let mut pieces = pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            if let Piece::Text(more) = &piece {
                text.push_str(more);
                if matches!(pieces.peek(), Some(Piece::Text(_))) {
                    continue;
                }
            }
            if count == RUN_LIMIT {
                self.b.abc(Opcode::Concat, first, first, count as u16);
                self.b.free_to(first);
                self.b.temporary();
                count = 1;
            }
            let register = self.b.temporary();
            match piece {
                Piece::Text(_) => self.b.load(register, Value::string(&std::mem::take(&mut text))),
                Piece::Value(value) => self.into(value, register),
            }
            count += 1;
        }
        self.b.at(span);
        self.b.abc(Opcode::Concat, dest, first, count as u16);
        self.b.free_to(first);
    }
}

fn take_apart<'a>(parts: &'a [TemplatePart], pieces: &mut Vec<Piece<'a>>) {
    pieces.extend(parts.iter().map(|part| match part {
        TemplatePart::Text(text) => Piece::Text(text.to_string()),
        TemplatePart::Value(value) => Piece::Value(value),
    }));
}
