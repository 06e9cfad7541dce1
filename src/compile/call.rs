//! Calls, members, indexes and pipes.
//!
//! A chain of postfix operators works in one temporary at the top of the
//! stack, so that a call's window begins there. A method called on a place
//! gets its receiver from the place and its final `self` is stored back: by the
//! call instruction itself if the place is a variable register, and otherwise
//! by an assignment after the call. If some method of that name may change
//! `self`, the place is emptied during the call, so that nothing is copied,
//! unless code that runs meanwhile may see it.
//!
//! Example: `f(x).y` is `Move t1, x`, `CallModule t0(1), f`,
//! `GetMember dest, t0, .y`.

use super::builder::{Builder, Label};
use super::expression::{may_call, small_int};
use super::function::Function;
use super::place::{FixedStep, Path, PathStep};
use super::scope::{Use, VariableId};
use crate::base::span::Span;
use crate::bytecode::{Instruction, Intrinsic, Opcode};
use crate::syntax::ast::{Chain, Expr, ExprKind, Ident, Postfix, PostfixKind, PostfixStep};
use crate::value::Value;

/// A method call whose arguments are in its window.
struct MethodCall<'a> {
    name: &'a Ident,
    count: usize,
    span: Span,
    window: u16,
}

/// A method call as it is written.
struct WrittenCall<'a> {
    name: &'a Ident,
    /// Whether a null receiver gives null.
    optional: bool,
    /// Where the first argument is, if a pipe gives it.
    piped: Option<u16>,
    arguments: &'a [Expr],
    span: Span,
}

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn postfix(&mut self, postfix: &'a Postfix, dest: u16) {
        let on_top = Builder::is_temporary(dest) && dest + 1 == self.b.mark();
        let work = if on_top { dest } else { self.b.temporary() };
        let (mut current, done) = self.postfix_start(postfix, work);
        let steps = &postfix.steps[done..];
        for (index, step) in steps.iter().enumerate() {
            let last = index + 1 == steps.len();
            if let (PostfixKind::Index(later), 0, 0) = (&step.kind, index, done)
                && current != work
                && !self.is_stable(&postfix.base, later)
            {
                self.b.abc(Opcode::Move, work, current, 0);
                current = work;
            }
            let out = if last { dest } else { work };
            current = self.postfix_step(step, current, work, out);
        }
        if current != dest {
            self.b.abc(Opcode::Move, dest, current, 0);
        }
    }

    /// Evaluates the base and those first steps that go together with it.
    /// Returns the register and how many steps are done.
    fn postfix_start(&mut self, postfix: &'a Postfix, work: u16) -> (u16, usize) {
        if let Some((path, index)) = self.receiver_path(postfix)
            && let PostfixKind::MethodCall { name, optional, arguments } =
                &postfix.steps[index].kind
        {
            let span = postfix.steps[index].span;
            let optional = *optional;
            let written = WrittenCall { name, optional, piped: None, arguments, span };
            self.method_on_place(&path, &written, work);
            return (work, index + 1);
        }
        if let PostfixKind::MethodCall { name, arguments, .. } = &postfix.steps[0].kind
            && &*name.name == "all"
            && matches!(&postfix.base.kind, ExprKind::Name(base) if &**base == "Promise")
            && !self.is_declared(&postfix.base)
        {
            self.arguments(arguments);
            self.b.at(postfix.steps[0].span);
            self.native_call("promise_all", work, arguments.len());
            self.b.free_to(work + 1);
            return (work, 1);
        }
        if let PostfixKind::Call(arguments) = &postfix.steps[0].kind
            && self.named_call(&postfix.base, arguments, postfix.steps[0].span, work)
        {
            return (work, 1);
        }
        match self.variable_register(&postfix.base) {
            Some(register) => (register, 0),
            None => {
                self.into(&postfix.base, work);
                (work, 0)
            }
        }
    }

    /// Whether the program declares the name that an expression is.
    fn is_declared(&self, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        self.resolved.used(expr.span, name).is_some()
    }

    /// One step on the value in `current`; `work` is the newest temporary.
    /// Returns where the result is: `out` or `work`.
    fn postfix_step(&mut self, step: &'a PostfixStep, current: u16, work: u16, out: u16) -> u16 {
        let mark = self.b.mark();
        let result = match &step.kind {
            PostfixKind::Call(arguments) => {
                if current != work {
                    self.b.at(step.span);
                    self.b.abc(Opcode::Move, work, current, 0);
                }
                self.arguments(arguments);
                self.b.at(step.span);
                let call = Instruction::abc(Opcode::Call, work, 0, 0);
                self.b.counted(call, arguments.len());
                work
            }
            PostfixKind::Index(index) => {
                match self.constant(index).and_then(|value| small_int(&value)) {
                    Some(small) => {
                        self.b.at(step.span);
                        self.b.abc(Opcode::GetIndexInt, out, current, small);
                    }
                    None => {
                        let register = self.operand(index);
                        self.b.at(step.span);
                        self.b.abc(Opcode::GetIndex, out, current, register);
                    }
                }
                out
            }
            PostfixKind::Member { name, optional } => {
                self.b.at(name.span);
                let cache = self.b.cache(&name.name);
                let opcode = if *optional { Opcode::GetMemberSafe } else { Opcode::GetMember };
                self.b.abc(opcode, out, current, cache);
                out
            }
            PostfixKind::MethodCall { name, optional, arguments } => {
                let end = self.b.label();
                let receiver = self.b.temporary();
                self.b.at(name.span);
                self.b.abc(Opcode::Move, receiver, current, 0);
                if *optional {
                    self.unless_null(receiver, work, end);
                }
                self.arguments(arguments);
                self.b.at(name.span);
                let cache = self.b.cache(&name.name);
                let call = Instruction::abc(Opcode::CallMethod, work, cache, 0);
                self.b.counted(call, arguments.len());
                self.b.bind(end);
                work
            }
            PostfixKind::Try => {
                self.b.at(step.span);
                self.b.abc(Opcode::TryUnwrap, out, current, self.raises_unhandled.into());
                out
            }
        };
        self.b.free_to(mark);
        result
    }

    /// Evaluates arguments into the next temporaries, which stay allocated.
    ///
    /// Variables come after what is computed, if that cannot assign them: in `f(a,
    /// len(a))` the copy for the call is then the last use of `a`.
    fn arguments(&mut self, arguments: &'a [Expr]) {
        let waits: Vec<bool> = (1..=arguments.len())
            .map(|later| {
                let (argument, others) = (&arguments[later - 1], &arguments[later..]);
                self.variable_register(argument).is_some()
                    && others.iter().any(|other| !is_simple(other))
                    && others.iter().all(|other| self.is_stable(argument, other))
            })
            .collect();
        let mut waiting = Vec::new();
        for (argument, waits) in arguments.iter().zip(waits) {
            let register = self.b.temporary();
            if waits {
                waiting.push((argument, register));
            } else {
                self.into(argument, register);
            }
        }
        for (argument, register) in waiting {
            self.into(argument, register);
        }
    }

    /// Row of the builtin that a callee names, unless the program declares the name.
    pub(super) fn builtin_row(&self, callee: &Expr) -> Option<u16> {
        let ExprKind::Name(name) = &callee.kind else { return None };
        if self.resolved.used(callee.span, name).is_some() {
            return None;
        }
        self.unit.builtins.lookup(name).and_then(|row| u16::try_from(row).ok())
    }

    /// A call of a builtin or of a module function by its name, with the result
    /// in `work`; false if the callee is something else.
    fn named_call(
        &mut self,
        callee: &'a Expr,
        arguments: &'a [Expr],
        span: Span,
        work: u16,
    ) -> bool {
        let ExprKind::Name(name) = &callee.kind else { return false };
        let span = Span { start: callee.span.start, end: span.end };
        let mark = self.b.mark();
        if let Some(row) = self.builtin_row(callee) {
            if let Some(slot) = self.unit.prelude_slot(name, arguments.len()) {
                self.module_call(slot, arguments, span, work);
                return true;
            }
            match Intrinsic::find(name, arguments.len()) {
                Some(intrinsic) => self.intrinsic(intrinsic, arguments, span, work),
                None if arguments.len() > Instruction::COUNT_LIMIT => {
                    self.long_call(row, arguments, span, work);
                }
                None if self.taking_call(row, arguments, span, work) => {}
                None => {
                    self.arguments(arguments);
                    self.b.at(span);
                    let call = Instruction::abc(Opcode::CallNative, work, row, 0);
                    self.b.counted(call, arguments.len());
                }
            }
            self.b.free_to(mark);
            return true;
        }
        let Some(slot) = self.module_slot(callee) else { return false };
        // The callee is read before the arguments, which may change it.
        let stable = arguments.iter().all(|argument| self.is_stable(callee, argument));
        if stable {
            self.module_call(slot, arguments, span, work);
        }
        stable
    }

    fn module_call(&mut self, slot: usize, arguments: &'a [Expr], span: Span, work: u16) {
        let mark = self.b.mark();
        self.arguments(arguments);
        self.b.at(span);
        let call = Instruction::ad(Opcode::CallModule, work, slot as i32);
        self.b.counted(call, arguments.len());
        self.b.free_to(mark);
    }

    /// A call of a builtin with more arguments than an instruction counts: they are passed
    /// in an array.
    fn long_call(&mut self, row: u16, arguments: &'a [Expr], span: Span, work: u16) {
        let number = self.b.temporary();
        self.b.load(number, Value::int(i64::from(row)));
        let array = self.b.temporary();
        self.b.abc(Opcode::NewArray, array, array, 0);
        for argument in arguments {
            let mark = self.b.mark();
            let register = self.operand(argument);
            self.b.abc(Opcode::ArrayPush, array, register, 0);
            self.b.free_to(mark);
        }
        self.b.at(span);
        self.native_call("<apply>", work, 2);
    }

    /// The module slot of a variable that the expression names. In the main
    /// function this also holds for its own variables.
    fn module_slot(&self, callee: &Expr) -> Option<usize> {
        let ExprKind::Name(name) = &callee.kind else { return None };
        let Some(Use::Variable(id)) = self.resolved.used(callee.span, name) else { return None };
        let slot = self.resolved.variable(id).slot;
        let slot = slot.filter(|_| self.is_main() || !self.hides_builtin(id))?;
        Some(self.resolved.first_slot + slot as usize)
    }

    fn intrinsic(&mut self, intrinsic: Intrinsic, arguments: &'a [Expr], span: Span, work: u16) {
        let (opcode, first, second) = match arguments {
            [first] => (Opcode::Intrinsic1, self.operand(first), 0),
            _ => {
                let first = self.operand_before(&arguments[0], &arguments[1]);
                (Opcode::Intrinsic2, first, self.operand(&arguments[1]))
            }
        };
        self.b.at(span);
        let instruction = Instruction::abc(opcode, work, first, second);
        self.b.emit(instruction.with_intrinsic(intrinsic.place()));
    }

    // Methods on places

    /// The place on which the first method call of the chain is made, and the
    /// position of that call.
    fn receiver_path(&self, postfix: &'a Postfix) -> Option<(Path<'a>, usize)> {
        let index = postfix.steps.iter().position(|step| {
            !matches!(
                step.kind,
                PostfixKind::Index(_) | PostfixKind::Member { optional: false, .. }
            )
        })?;
        let PostfixKind::MethodCall { .. } = postfix.steps[index].kind else { return None };
        Some((self.place_of(&postfix.base, &postfix.steps[..index])?, index))
    }

    /// The place that an expression with its postfix operators is, if it is one.
    fn place_of(&self, base: &'a Expr, steps: &'a [PostfixStep]) -> Option<Path<'a>> {
        let ExprKind::Name(name) = &base.kind else { return None };
        let mut path = self.path(name, base.span)?;
        for step in steps {
            path.steps.push(match &step.kind {
                PostfixKind::Index(index) => PathStep::Index(index),
                PostfixKind::Member { name, optional: false } => {
                    PathStep::Member(name.name.clone(), name.span)
                }
                _ => return None,
            });
        }
        Some(path)
    }

    /// The arguments of a call as they are written.
    fn written_arguments(&mut self, written: &WrittenCall<'a>) {
        if let Some(piped) = written.piped {
            let first = self.b.temporary();
            self.b.abc(Opcode::Move, first, piped, 0);
        }
        self.arguments(written.arguments);
    }

    /// Goes on only with a receiver that is not null, and else gives null at `end`.
    fn unless_null(&mut self, receiver: u16, dest: u16, end: Label) {
        let calls = self.b.label();
        self.b.jump(Instruction::ad(Opcode::JumpIfNotNull, receiver, 0), calls);
        self.b.abc(Opcode::LoadNull, dest, 0, 0);
        self.b.goto(end);
        self.b.bind(calls);
    }

    fn method_on_place(&mut self, path: &Path<'a>, written: &WrittenCall<'a>, work: u16) {
        let outer = self.b.variables();
        let mark = self.b.mark();
        self.b.temporary();
        let name = written.name;
        let call = MethodCall {
            name,
            count: written.arguments.len() + usize::from(written.piped.is_some()),
            span: Span { start: name.span.start, end: written.span.end },
            window: work,
        };
        let end = self.b.label();
        let constant = self.is_constant(path.root);
        let shadowing = self.is_shadowing(path.root);
        let elsewhere = self.unit.changing.get(&name.name).copied();
        let changes = elsewhere.is_some() || self.resolved.may_change_self(&name.name);
        let root = self.resolved.variable(path.root);
        // What a module exports cannot be taken out of it.
        let seen = changes
            && !constant
            && (shadowing
                || root.module && !path.steps.is_empty()
                || elsewhere == Some(true) && root.mentioned
                || self.resolved.may_be_seen(path.root, &name.name, self.unit.builtins));
        let register = self.register_of(path.root).filter(|_| path.steps.is_empty() && !seen);
        if let Some(register) = register {
            let opcode = if constant { Opcode::CallMethodConst } else { Opcode::CallMethodPlace };
            if written.optional {
                self.unless_null(register, work, end);
            }
            self.written_arguments(written);
            self.method_call(&call, opcode, register);
            self.b.bind(end);
            self.b.free_to(mark);
            return;
        }
        let root_name = root.name.clone();
        let named = constant || shadowing;
        let hidden = self.b.variable(if named { &root_name } else { "" });
        let steps = self.fixed_steps(&path.steps);
        self.read_path(path.root, &steps, path.span, hidden);
        if written.optional {
            self.unless_null(hidden, work, end);
        }
        let again = written.arguments.iter().any(may_call);
        if again {
            // What the arguments change in the place is not lost: the receiver is what it
            // holds when the method is called, as it is for a variable.
            self.b.abc(Opcode::Release, hidden, 0, 0);
        }
        self.written_arguments(written);
        if again {
            self.read_path(path.root, &steps, path.span, hidden);
        }
        let found_place = |f: &mut Self| {
            if constant || f.found_constant(path.root) {
                f.method_call(&call, Opcode::CallMethodConst, hidden);
                f.b.abc(Opcode::Release, hidden, 0, 0);
            } else if seen {
                f.call_copying(&call, path.root, &steps, hidden);
            } else if changes {
                f.call_taking(&call, path.root, &steps, hidden);
            } else {
                f.method_call(&call, Opcode::CallMethodTemporary, hidden);
                f.store_back(path.root, &steps, hidden);
            }
        };
        match shadowing {
            true => self.in_each_home(path.root, &found_place),
            false => found_place(self),
        }
        self.b.bind(end);
        self.b.free_to(mark);
        self.b.drop_variables(outer);
    }

    fn method_call(&mut self, call: &MethodCall<'a>, opcode: Opcode, receiver: u16) {
        self.b.at(call.span);
        let cache = self.b.cache(&call.name.name);
        let instruction = Instruction::abc(opcode, call.window, cache, receiver);
        self.b.counted(instruction, call.count);
    }

    /// Calls a method that probably changes its receiver, which `hidden` holds a
    /// copy of: the place is emptied for the call, so that nothing is copied,
    /// and filled again after it, also when it raises.
    fn call_taking(
        &mut self,
        call: &MethodCall<'a>,
        root: VariableId,
        steps: &[FixedStep],
        hidden: u16,
    ) {
        let error = self.b.variable("");
        let (cleanup, end) = (self.b.label(), self.b.label());
        let mark = self.b.mark();
        let null = self.b.temporary();
        self.b.at(call.span);
        self.b.abc(Opcode::LoadNull, null, 0, 0);
        self.write_path(root, steps, null);
        self.b.free_to(mark);
        let start = self.b.position();
        self.method_call(call, Opcode::CallMethodPlace, hidden);
        self.b.clean_up(start, cleanup, error);
        self.put_back(root, steps, hidden);
        self.b.goto(end);
        self.b.bind(cleanup);
        self.put_back(root, steps, hidden);
        self.b.abc(Opcode::Throw, error, 0, 0);
        self.b.bind(end);
    }

    /// As [`Function::call_taking`] for a place that is seen during the call, and
    /// keeps its old value until then.
    fn call_copying(
        &mut self,
        call: &MethodCall<'a>,
        root: VariableId,
        steps: &[FixedStep],
        hidden: u16,
    ) {
        let error = self.b.variable("");
        let (cleanup, end) = (self.b.label(), self.b.label());
        let start = self.b.position();
        self.method_call(call, Opcode::CallMethodTemporary, hidden);
        self.b.clean_up(start, cleanup, error);
        self.store_back(root, steps, hidden);
        self.b.goto(end);
        self.b.bind(cleanup);
        self.store_back(root, steps, hidden);
        self.b.abc(Opcode::Throw, error, 0, 0);
        self.b.bind(end);
    }

    pub(super) fn put_back(&mut self, root: VariableId, steps: &[FixedStep], hidden: u16) {
        let mark = self.b.mark();
        let value = self.b.temporary();
        self.b.abc(Opcode::Take, value, hidden, 0);
        self.write_path(root, steps, value);
        self.b.free_to(mark);
    }

    /// Stores the final `self` in `hidden` back, unless it is undefined.
    fn store_back(&mut self, root: VariableId, steps: &[FixedStep], hidden: u16) {
        let skip = self.b.label();
        let mark = self.b.mark();
        self.b.jump(Instruction::ad(Opcode::JumpIfUndefined, hidden, 0), skip);
        self.put_back(root, steps, hidden);
        self.b.bind(skip);
        self.b.free_to(mark);
    }

    // Pipes

    pub(super) fn pipe(&mut self, chain: &'a Chain, dest: u16) {
        let on_top = Builder::is_temporary(dest) && dest + 1 == self.b.mark();
        let work = if on_top { dest } else { self.b.temporary() };
        let first = self.b.temporary();
        self.into(&chain.first, first);
        for (index, step) in chain.rest.iter().enumerate() {
            if index > 0 {
                self.b.abc(Opcode::Move, first, work, 0);
            }
            self.b.at(step.operator_span);
            self.pipe_into(&step.right, step.operator_span, work);
        }
        self.b.free_to(first);
        if work != dest {
            self.b.abc(Opcode::Move, dest, work, 0);
        }
    }

    /// Calls what stands right of `|>`; the first argument is in `work + 1`.
    fn pipe_into(&mut self, right: &'a Expr, span: Span, work: u16) {
        let mark = self.b.mark();
        let mut callee = (right, &[][..], &[][..]);
        if let Some(postfix) = right.open_postfix()
            && let Some((last, steps)) = postfix.steps.split_last()
        {
            let base = &postfix.base;
            let span = last.span;
            match &last.kind {
                PostfixKind::Call(arguments) => callee = (base, steps, &arguments[..]),
                PostfixKind::MethodCall { name, optional, arguments } => {
                    let (optional, piped) = (*optional, Some(work + 1));
                    let written = WrittenCall { name, optional, piped, arguments, span };
                    return self.pipe_into_method(base, steps, &written, work);
                }
                PostfixKind::Member { name, optional } => {
                    let (optional, piped) = (*optional, Some(work + 1));
                    let written = WrittenCall { name, optional, piped, arguments: &[], span };
                    return self.pipe_into_method(base, steps, &written, work);
                }
                _ => {}
            }
        }
        let (callee, steps, arguments) = callee;
        let row = self.builtin_row(callee).filter(|_| steps.is_empty());
        let count = arguments.len() + 1;
        let prelude = match (&callee.kind, row) {
            (ExprKind::Name(name), Some(_)) => self.unit.prelude_slot(name, count),
            _ => None,
        };
        if row.is_none() {
            // The callee is evaluated above the argument, then moved down.
            let register = self.b.temporary();
            self.piped_callee(callee, steps, register);
            self.b.at(span);
            self.b.abc(Opcode::Move, work, register, 0);
            self.b.free_to(mark);
        }
        self.arguments(arguments);
        self.b.at(span);
        match (prelude, row) {
            (Some(slot), _) => {
                let call = Instruction::ad(Opcode::CallModule, work, slot as i32);
                self.b.counted(call, count);
            }
            (None, Some(row)) => {
                self.b.counted(Instruction::abc(Opcode::CallNative, work, row, 0), count);
            }
            (None, None) => self.b.counted(Instruction::abc(Opcode::Call, work, 0, 0), count),
        }
        self.b.free_to(mark);
    }

    fn piped_callee(&mut self, base: &'a Expr, steps: &'a [PostfixStep], register: u16) {
        self.into(base, register);
        for step in steps {
            self.postfix_step(step, register, register, register);
        }
    }

    fn pipe_into_method(
        &mut self,
        base: &'a Expr,
        steps: &'a [PostfixStep],
        written: &WrittenCall<'a>,
        work: u16,
    ) {
        let window = self.b.temporary();
        if let Some(path) = self.place_of(base, steps) {
            self.method_on_place(&path, written, window);
        } else {
            let receiver = self.b.temporary();
            self.piped_callee(base, steps, receiver);
            let end = self.b.label();
            self.b.at(written.name.span);
            if written.optional {
                self.unless_null(receiver, window, end);
            }
            self.written_arguments(written);
            self.b.at(written.name.span);
            let cache = self.b.cache(&written.name.name);
            let call = Instruction::abc(Opcode::CallMethod, window, cache, 0);
            self.b.counted(call, written.arguments.len() + 1);
            self.b.bind(end);
        }
        self.b.abc(Opcode::Move, work, window, 0);
        self.b.free_to(window);
    }
}

/// Whether the expression is a name or a literal without parts.
fn is_simple(expr: &Expr) -> bool {
    use ExprKind::*;
    matches!(expr.kind, Name(_) | Null | Bool(_) | Int(_) | Float(_) | Str(_))
}
