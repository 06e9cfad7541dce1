//! Loops.
//!
//! A loop tests at its header and ends with one `JumpBack`; `continue` jumps to
//! that. A `for` over `range(..)` counts in three hidden variables instead of
//! making an array; any other `for` steps through a hidden iteration state,
//! which is released when the loop ends so that what it went over can be
//! changed in place again.
//!
//! Example: `for i in range(n) { .. }` is `RangePrepare s`, header:
//! `RangeNext s, i, exit`, body, `JumpBack header`, `exit:`.

use super::function::{Function, LoopTargets};
use super::scope::Use;
use crate::base::span::Span;
use crate::bytecode::{Instruction, Opcode};
use crate::syntax::ast::{Block, Expr, ExprKind, For, PatternKind, PostfixKind};
use crate::value::Value;

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn while_loop(&mut self, span: Span, condition: &'a Expr, body: &'a Block) {
        let span = Span { start: span.start, end: condition.span.end };
        let targets = LoopTargets { exit: self.b.label(), next: self.b.label() };
        let (exit, next) = (targets.exit, targets.next);
        let (number, header) = self.b.begin_loop(span);
        self.jump_unless(condition, exit);
        self.loops.push(targets);
        self.block(body);
        self.loops.pop();
        self.b.bind(next);
        self.b.at(span);
        self.b.end_loop(number, header);
        self.b.bind(exit);
    }

    pub(super) fn endless_loop(&mut self, span: Span, body: &'a Block) {
        let span = Span { start: span.start, end: span.start + 4 };
        let targets = LoopTargets { exit: self.b.label(), next: self.b.label() };
        let (exit, next) = (targets.exit, targets.next);
        let (number, header) = self.b.begin_loop(span);
        self.loops.push(targets);
        self.block(body);
        self.loops.pop();
        self.b.bind(next);
        self.b.at(span);
        self.b.end_loop(number, header);
        self.b.bind(exit);
    }

    pub(super) fn for_loop(&mut self, span: Span, parts: &'a For) {
        let span = Span { start: span.start, end: parts.iterable.span.end };
        let outer = self.b.variables();
        let state = self.b.loop_state();
        let range = self.range_arguments(&parts.iterable);
        match range {
            Some(arguments) => self.prepare_range(state, arguments, span),
            None => {
                let mark = self.b.mark();
                let iterable = self.operand(&parts.iterable);
                self.b.at(parts.iterable.span);
                self.b.abc(Opcode::IterPrepare, state, iterable, 0);
                self.b.free_to(mark);
            }
        }
        let targets = LoopTargets { exit: self.b.label(), next: self.b.label() };
        let (exit, next) = (targets.exit, targets.next);
        let step = if range.is_some() { Opcode::RangeNext } else { Opcode::IterNext };
        self.b.at(span);
        let (number, header) = self.b.begin_loop(span);
        let mark = self.b.mark();
        let item = self.loop_variable(parts);
        self.b.jump(Instruction::abc(step, state, item, 0), exit);
        self.bind_loop_variable(parts, item);
        self.b.free_to(mark);
        self.loops.push(targets);
        self.block(&parts.body);
        self.loops.pop();
        self.b.bind(next);
        self.b.at(span);
        self.b.end_loop(number, header);
        self.b.bind(exit);
        if range.is_none() {
            self.b.abc(Opcode::Release, state, 0, 0);
        }
        self.b.drop_variables(outer);
    }

    /// The arguments of `range(..)` if the expression is a call of the builtin.
    fn range_arguments(&self, iterable: &'a Expr) -> Option<&'a [Expr]> {
        let ExprKind::Postfix(postfix) = &iterable.kind else { return None };
        let ExprKind::Name(name) = &postfix.base.kind else { return None };
        let [step] = postfix.steps.as_slice() else { return None };
        let PostfixKind::Call(arguments) = &step.kind else { return None };
        let builtin = &**name == "range"
            && self.resolved.used(postfix.base.span, name).is_none()
            && self.unit.builtins.lookup(name).is_some();
        (builtin && (1..=3).contains(&arguments.len())).then_some(arguments)
    }

    fn prepare_range(&mut self, state: u16, arguments: &'a [Expr], span: Span) {
        match arguments {
            [stop] => {
                self.b.load(state, Value::int(0));
                self.into(stop, state + 1);
                self.b.load(state + 2, Value::int(1));
            }
            [start, stop] => {
                self.into(start, state);
                self.into(stop, state + 1);
                self.b.load(state + 2, Value::int(1));
            }
            _ => {
                for (argument, register) in arguments.iter().zip(state..) {
                    self.into(argument, register);
                }
            }
        }
        self.b.at(span);
        self.b.abc(Opcode::RangePrepare, state, 0, 0);
    }

    /// The register that receives the item of a round.
    fn loop_variable(&mut self, parts: &'a For) -> u16 {
        match &parts.pattern.kind {
            PatternKind::Name(name) => match self.resolved.used(parts.pattern.span, name) {
                Some(Use::Declares(id)) => self.declare(id),
                _ => self.b.variable(""),
            },
            _ => self.b.variable(""),
        }
    }

    fn bind_loop_variable(&mut self, parts: &'a For, item: u16) {
        match &parts.pattern.kind {
            PatternKind::Name(name) => {
                if let Some(Use::Declares(id)) = self.resolved.used(parts.pattern.span, name) {
                    self.declared(id, item);
                }
            }
            _ => self.unpack(&parts.pattern, item),
        }
    }
}
