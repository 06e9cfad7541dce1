//! Values taken out of a place by a builtin whose result goes back there.
//!
//! Arrays are values: `self.items := pop(self.items)[0]` would copy all items, because
//! the field holds them while `pop` works. So where a place is overwritten with what a
//! builtin makes of its value, and nothing can look at it or fail in between, the
//! builtin gets the value itself, which then has one owner and is changed in place.
//!
//! What must hold: between the call and the assignment no code runs that could fail,
//! so nobody ever sees the place empty; a builtin that raises has its argument back in
//! its place.
//!
//! Example: of `let [rest, last] := pop(self.items)  self.items := rest` the call
//! becomes `PlaceMember t3, self, items; CallNativeTaking t0, pop, t3`.

use super::expression::may_call;
use super::function::Function;
use super::place::{FixedStep, Path, PathStep};
use super::scope::Use;
use super::variable::Home;
use crate::base::span::Span;
use crate::bytecode::{Instruction, Intrinsic, Opcode};
use crate::syntax::ast::{
    Assign, Expr, ExprKind, Pattern, PatternKind, PostfixKind, Stmt, StmtKind,
};

/// Builtins of which every result is an array of two: the rest, and what was removed. That of
/// `remove` is one only for a dict, so whether it takes its argument is found out at run time.
const SPLITTING: [&str; 4] = ["pop", "remove_at", "queue_dequeue", "stack_pop"];

/// A call of a builtin by its name.
pub(super) struct BuiltinCall<'a> {
    pub name: &'a str,
    pub callee: &'a Expr,
    pub arguments: &'a [Expr],
    /// Whether the expression is the first element of the result.
    pub first_of: bool,
}

impl BuiltinCall<'_> {
    /// The call that an expression is, or takes the first element of; its name may still
    /// be one of the program.
    pub fn of(value: &Expr) -> Option<BuiltinCall<'_>> {
        let ExprKind::Postfix(postfix) = &value.kind else { return None };
        let ExprKind::Name(name) = &postfix.base.kind else { return None };
        let (call, index) = match postfix.steps.as_slice() {
            [call] => (call, None),
            [call, index] => (call, Some(index)),
            _ => return None,
        };
        let PostfixKind::Call(arguments) = &call.kind else { return None };
        let first_of = match index.map(|step| &step.kind) {
            None => false,
            Some(PostfixKind::Index(Expr { kind: ExprKind::Int(0), .. })) => true,
            Some(_) => return None,
        };
        Some(BuiltinCall { name, callee: &postfix.base, arguments, first_of })
    }
}

/// The name that is assigned, or of which the first element is, and whether it is the
/// element.
fn assigned_name(value: &Expr) -> Option<(&Expr, bool)> {
    match &value.kind {
        ExprKind::Name(_) => Some((value, false)),
        ExprKind::Postfix(postfix) => match postfix.steps.as_slice() {
            [step] => match &step.kind {
                PostfixKind::Index(Expr { kind: ExprKind::Int(0), .. }) => {
                    Some((&postfix.base, true))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether the pattern binds the name: as a whole, or what is destructured.
fn binds(pattern: &Pattern, name: &str, whole: bool) -> bool {
    match &pattern.kind {
        PatternKind::Name(bound) => whole && **bound == *name,
        PatternKind::Array(array) if !whole => array
            .elements
            .iter()
            .any(|element| matches!(&element.kind, PatternKind::Name(bound) if **bound == *name)),
        _ => false,
    }
}

fn assignment(statement: &Stmt) -> Option<&Assign> {
    match &statement.kind {
        StmtKind::Assign(assign) if assign.operator.is_none() => Some(assign),
        _ => None,
    }
}

impl<'a> Function<'_, 'a, '_> {
    /// Finds out whether a statement overwrites, alone or with the next one, what it
    /// passes to a builtin.
    pub(super) fn look_ahead(&mut self, statement: &'a Stmt, next: Option<&'a Stmt>) {
        self.takes_only_dict = false;
        self.overwritten = self
            .overwritten_by(statement)
            .or_else(|| self.overwritten_by_next(statement, next?))
            .map(std::ptr::from_ref);
    }

    /// The first argument of the call in `p := f(p, ..)` or `p := f(p, ..)[0]`.
    fn overwritten_by(&mut self, statement: &'a Stmt) -> Option<&'a Expr> {
        let assign = assignment(statement)?;
        let call = BuiltinCall::of(&assign.value)?;
        let certain = !call.first_of || SPLITTING.contains(&call.name);
        let only_dict = !certain && call.name == "remove";
        let taken = self.taken_argument(&call, assign).filter(|_| certain || only_dict);
        self.takes_only_dict = only_dict && taken.is_some();
        taken
    }

    /// The first argument of the call in `let [q, r] := f(p, ..)` before `p := q`, or in
    /// `let q := f(p, ..)` before `p := q` or `p := q[0]`.
    fn overwritten_by_next(&self, statement: &'a Stmt, next: &'a Stmt) -> Option<&'a Expr> {
        let assign = assignment(next)?;
        let (expr, is_element) = assigned_name(&assign.value)?;
        let ExprKind::Name(name) = &expr.kind else { return None };
        let (pattern, value) = match &statement.kind {
            StmtKind::Declare(declare) => (&declare.pattern, &declare.value),
            StmtKind::Destructure(destructure) => (&destructure.pattern, &destructure.value),
            _ => return None,
        };
        let call = BuiltinCall::of(value)?;
        let whole = matches!(pattern.kind, PatternKind::Name(_));
        let certain = !call.first_of
            && (!is_element || whole && SPLITTING.contains(&call.name))
            && binds(pattern, name, whole)
            && !self.may_refuse(pattern);
        self.taken_argument(&call, assign).filter(|_| certain)
    }

    /// Whether binding the pattern may raise, because it names a constant.
    fn may_refuse(&self, pattern: &Pattern) -> bool {
        match &pattern.kind {
            PatternKind::Discard => false,
            PatternKind::Name(name) => match self.resolved.used(pattern.span, name) {
                Some(Use::Variable(id)) => {
                    self.resolved.variable(id).constant || self.is_shadowing(id)
                }
                _ => false,
            },
            PatternKind::Array(array) => {
                array.rest.is_some() || array.elements.iter().any(|part| self.may_refuse(part))
            }
            PatternKind::Dict(_) => true,
        }
    }

    /// The first argument of the call, if it is the place that is assigned and can be
    /// taken.
    fn taken_argument(&self, call: &BuiltinCall<'a>, assign: &'a Assign) -> Option<&'a Expr> {
        let first = call.arguments.first()?;
        let row = self.builtin_row(call.callee)?;
        let count = call.arguments.len();
        let path = self.path_of_expr(first)?;
        let assigned = self.path_of_place(&assign.place)?;
        let root = self.resolved.variable(path.root);
        let in_register = path.steps.is_empty() && self.register_of(path.root).is_some();
        let takes = self.unit.builtins.reuses(u32::from(row), count)
            && self.unit.prelude_slot(call.name, count).is_none()
            && Intrinsic::find(call.name, count).is_none()
            && path.steps.iter().all(|step| matches!(step, PathStep::Member(..)))
            && self.is_same_path(&path, &assigned)
            && !root.constant
            && !in_register
            && !matches!(self.home(path.root), Home::Tentative { .. } | Home::Shadowing { .. })
            && call.arguments[1..].iter().all(|argument| self.runs_no_code(argument));
        takes.then_some(first)
    }

    /// Whether evaluating the expression runs no function of the program.
    fn runs_no_code(&self, expr: &Expr) -> bool {
        let is_length = BuiltinCall::of(expr).is_some_and(|call| {
            call.name == "len"
                && !call.first_of
                && self.builtin_row(call.callee).is_some()
                && call.arguments.iter().all(|argument| !may_call(argument))
        });
        match &expr.kind {
            ExprKind::Chain(chain) => {
                self.runs_no_code(&chain.first)
                    && chain.rest.iter().all(|step| self.runs_no_code(&step.right))
            }
            _ => is_length || !may_call(expr),
        }
    }

    /// The call of a builtin with the arguments, of which the first is taken out of its
    /// place, with the result in `work`; false if it is not to be taken.
    pub(super) fn taking_call(
        &mut self,
        row: u16,
        arguments: &'a [Expr],
        span: Span,
        work: u16,
    ) -> bool {
        let Some((first, others)) = arguments.split_first() else { return false };
        if self.overwritten != Some(std::ptr::from_ref(first)) {
            return false;
        }
        let Some(path) = self.path_of_expr(first) else { return false };
        let steps = self.member_steps(&path);
        let argument = self.b.temporary();
        let otherwise = match self.takes_only_dict {
            true => {
                let ordinary = self.b.label();
                self.into(first, argument);
                // The test consumes the argument.
                let test = Instruction::abc(Opcode::Intrinsic1, work, argument, 0);
                self.b.emit(test.with_intrinsic(Intrinsic::IsDict.place()));
                self.b.jump(Instruction::ad(Opcode::JumpIfNot, work, 0), ordinary);
                Some((ordinary, self.b.label()))
            }
            false => {
                self.try_reading(first, argument);
                None
            }
        };
        let mark = self.b.mark();
        self.others(others);
        self.b.at(span);
        let place = self.place(path.root, &steps);
        let call = Instruction::abc(Opcode::CallNativeTaking, work, row, place);
        self.b.counted(call, arguments.len());
        if let Some((ordinary, ready)) = otherwise {
            self.b.free_to(mark);
            self.b.goto(ready);
            self.b.bind(ordinary);
            self.into(first, argument);
            self.others(others);
            self.b.at(span);
            let call = Instruction::abc(Opcode::CallNative, work, row, 0);
            self.b.counted(call, arguments.len());
            self.b.bind(ready);
        }
        true
    }

    /// Evaluates arguments into the next temporaries.
    fn others(&mut self, arguments: &'a [Expr]) {
        for argument in arguments {
            let register = self.b.temporary();
            self.into(argument, register);
        }
    }

    /// `[rest, last] := pop(x)` without the pair: the last element is taken off the array
    /// where it is, if that is overwritten or nobody reads it again. False if it is
    /// something else.
    pub(super) fn pop_apart(&mut self, pattern: &'a Pattern, value: &'a Expr) -> bool {
        let PatternKind::Array(array) = &pattern.kind else { return false };
        let [rest, last] = array.elements.as_slice() else { return false };
        let simple =
            |part: &Pattern| matches!(part.kind, PatternKind::Name(_) | PatternKind::Discard);
        let Some(call) = BuiltinCall::of(value).filter(|call| call.name == "pop") else {
            return false;
        };
        let [argument] = call.arguments else { return false };
        if array.rest.is_some()
            || !(simple(rest) && simple(last))
            || call.first_of
            || self.builtin_row(call.callee).is_none()
            || self.unit.prelude_slot("pop", 1).is_some()
        {
            return false;
        }
        let (source, item) = (self.b.variable(""), self.b.variable(""));
        let mark = self.b.mark();
        if self.overwritten == Some(std::ptr::from_ref(argument))
            && let Some(path) = self.path_of_expr(argument)
        {
            self.try_reading(argument, source);
            self.b.at(value.span);
            let steps = self.member_steps(&path);
            let place = self.place(path.root, &steps);
            self.b.abc(Opcode::Pop, item, place, 0);
            if !matches!(rest.kind, PatternKind::Discard) {
                self.into(argument, source);
            }
        } else if let Some(variable) = self.variable_register(argument)
            && self.assigns(rest, argument)
        {
            self.b.at(value.span);
            self.b.abc(Opcode::Pop, item, variable, 0);
            self.b.abc(Opcode::Move, source, variable, 0);
        } else {
            self.into(argument, source);
            self.b.at(value.span);
            self.b.abc(Opcode::Pop, item, source, 0);
        }
        for (part, register) in [(rest, source), (last, item)] {
            self.b.at(part.span);
            self.unpack(part, register);
        }
        self.b.abc(Opcode::Release, source, 0, 0);
        self.b.abc(Opcode::Release, item, 0, 0);
        self.b.free_to(mark);
        true
    }

    /// Reads a place for nothing, so that what is wrong with it is said as for any
    /// argument.
    fn try_reading(&mut self, place: &'a Expr, register: u16) {
        self.into(place, register);
        self.b.abc(Opcode::Release, register, 0, 0);
    }

    /// Whether the pattern assigns the variable that the expression names.
    fn assigns(&self, pattern: &Pattern, expr: &Expr) -> bool {
        let (PatternKind::Name(name), ExprKind::Name(named)) = (&pattern.kind, &expr.kind) else {
            return false;
        };
        match (self.resolved.used(pattern.span, name), self.resolved.used(expr.span, named)) {
            (Some(Use::Variable(one)), Some(Use::Variable(other))) => {
                one == other && !self.resolved.variable(one).constant
            }
            _ => false,
        }
    }

    fn member_steps(&self, path: &Path<'a>) -> Vec<FixedStep> {
        let step = |step: &PathStep<'a>| match step {
            PathStep::Member(name, span) => Some(FixedStep::Member(name.clone(), *span)),
            PathStep::Index(_) => None,
        };
        path.steps.iter().filter_map(step).collect()
    }
}
