//! Loops.
//!
//! A loop tests at its header and ends with one `JumpBack`; `continue` jumps to
//! that. A `for` over `range(..)` counts in three hidden variables instead of
//! making an array; any other `for` steps through a hidden iteration state,
//! which is released when the loop ends so that what it went over can be
//! changed in place again.
//!
//! `for [i, x] in enumerate(a)` and `for [k, v] in items(d)` step through the array or dict
//! itself: no pairs are made.
//!
//! Example: `for i in range(n) { .. }` is `RangePrepare s`, header:
//! `RangeNext s, i, exit`, body, `JumpBack header`, `exit:`.

use super::builder::Label;
use super::function::{Function, LoopTargets};
use super::scope::Use;
use crate::base::span::Span;
use crate::bytecode::{Instruction, Opcode};
use crate::syntax::ast::{Block, Expr, ExprKind, For, Pattern, PatternKind, PostfixKind};
use crate::value::Value;

/// What the first of a pair is.
enum PairKind {
    /// The position of an array's element.
    Position,
    /// The key of a dict's value.
    Key,
}

/// A loop over `enumerate(..)` or `items(..)` that takes each pair apart.
struct Pairs<'a> {
    kind: PairKind,
    of: &'a Expr,
    first: &'a Pattern,
    second: &'a Pattern,
}

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
        let pairs = self.pairs(parts);
        let container = pairs.as_ref().map(|pairs| self.container(pairs, parts.iterable.span));
        match range {
            Some(arguments) => self.prepare_range(state, arguments, span),
            None => {
                let mark = self.b.mark();
                let iterable = container.unwrap_or_else(|| self.operand(&parts.iterable));
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
        match pairs.as_ref().zip(container) {
            Some((pairs, container)) => self.step_by_pairs(pairs, container, state, exit),
            None => {
                let item = self.loop_variable(&parts.pattern);
                self.b.jump(Instruction::abc(step, state, item, 0), exit);
                self.bind_loop_variable(&parts.pattern, item);
            }
        }
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
        if let Some(container) = container {
            self.b.abc(Opcode::Release, container, 0, 0);
        }
        self.b.drop_variables(outer);
    }

    /// The arguments of `range(..)` if the expression is a call of the builtin.
    fn range_arguments(&self, iterable: &'a Expr) -> Option<&'a [Expr]> {
        let (name, arguments) = self.builtin_call(iterable)?;
        (name == "range" && (1..=3).contains(&arguments.len())).then_some(arguments)
    }

    /// The name and the arguments if the expression is a call of a builtin.
    fn builtin_call(&self, iterable: &'a Expr) -> Option<(&'a str, &'a [Expr])> {
        let ExprKind::Postfix(postfix) = &iterable.kind else { return None };
        let ExprKind::Name(name) = &postfix.base.kind else { return None };
        let [step] = postfix.steps.as_slice() else { return None };
        let PostfixKind::Call(arguments) = &step.kind else { return None };
        let is_builtin = self.resolved.used(postfix.base.span, name).is_none()
            && self.unit.builtins.lookup(name).is_some();
        is_builtin.then_some((&**name, arguments))
    }

    /// What the loop goes over pair by pair, if its pattern takes each pair apart.
    fn pairs(&self, parts: &'a For) -> Option<Pairs<'a>> {
        let (name, arguments) = self.builtin_call(&parts.iterable)?;
        let ([of], PatternKind::Array(pattern)) = (arguments, &parts.pattern.kind) else {
            return None;
        };
        let ([first, second], None) = (pattern.elements.as_slice(), &pattern.rest) else {
            return None;
        };
        let kind = match name {
            "enumerate" => PairKind::Position,
            "items" => PairKind::Key,
            _ => return None,
        };
        Some(Pairs { kind, of, first, second })
    }

    /// The hidden variable with the array or dict, which is checked as the builtin would.
    fn container(&mut self, pairs: &Pairs<'a>, span: Span) -> u16 {
        let container = self.b.variable("");
        let mark = self.b.mark();
        let (work, argument) = (self.b.temporary(), self.b.temporary());
        self.into(pairs.of, argument);
        self.b.at(span);
        let checked = match pairs.kind {
            PairKind::Position => "<enumerated>",
            PairKind::Key => "<itemised>",
        };
        self.native_call(checked, work, 1);
        self.b.abc(Opcode::Move, container, work, 0);
        self.b.free_to(mark);
        container
    }

    /// Takes the next pair apart, or leaves the loop.
    fn step_by_pairs(&mut self, pairs: &Pairs<'a>, container: u16, state: u16, exit: Label) {
        let (first, second) = (self.loop_variable(pairs.first), self.loop_variable(pairs.second));
        match pairs.kind {
            PairKind::Position => {
                self.b.jump(Instruction::abc(Opcode::IterNext, state, second, 0), exit);
                // The state stands at the next element already.
                self.b.abc(Opcode::AddInt, first, state + 1, -1i16 as u16);
            }
            PairKind::Key => {
                self.b.jump(Instruction::abc(Opcode::IterNext, state, first, 0), exit);
                self.b.abc(Opcode::GetIndex, second, container, first);
            }
        }
        self.bind_loop_variable(pairs.first, first);
        self.bind_loop_variable(pairs.second, second);
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
    fn loop_variable(&mut self, pattern: &'a Pattern) -> u16 {
        match &pattern.kind {
            PatternKind::Name(name) => match self.resolved.used(pattern.span, name) {
                Some(Use::Declares(id)) => self.declare(id),
                _ => self.b.variable(""),
            },
            _ => self.b.variable(""),
        }
    }

    fn bind_loop_variable(&mut self, pattern: &'a Pattern, item: u16) {
        match &pattern.kind {
            PatternKind::Name(name) => {
                if let Some(Use::Declares(id)) = self.resolved.used(pattern.span, name) {
                    self.declared(id, item);
                }
            }
            _ => self.unpack(pattern, item),
        }
    }
}
