//! Assignment to variables and into containers.
//!
//! A path into a container is a chain of `Place*` instructions that ends with a
//! `Set*`; its indexes are evaluated into variables before, so that the chain
//! can be begun again. Where a value grows (`a := push(a, v)`, `s := s + t`)
//! it is changed in its place, so that it is not copied.
//!
//! Example: `grid[i][j + 1] := v` is `AddInt t0, j, 1`,
//! `PlaceIndex t1, grid, i`, `SetIndex t1, t0, v`.

use super::expression::{may_call, small_int};
use super::function::Function;
use super::operator::{assignment_operator, opcodes};
use super::scope::{Use, VariableId};
use super::take::BuiltinCall;
use super::variable::Home;
use crate::base::span::Span;
use crate::bytecode::{Instruction, Intrinsic, Opcode, RaiseKind};
use crate::syntax::ast::{
    Assign, BinaryOperator, Chain, Expr, ExprKind, Name, Place, PlaceStep, PostfixKind,
};

/// Most operands of a sum that is added to a variable in place.
const SUM_LIMIT: usize = 16;

/// A variable and a way into it.
pub(super) struct Path<'a> {
    pub root: VariableId,
    pub steps: Vec<PathStep<'a>>,
    pub span: Span,
}

/// One step of a [`Path`].
pub(super) enum PathStep<'a> {
    Member(Name, Span),
    Index(&'a Expr),
}

/// A step whose index has been evaluated.
pub(super) enum FixedStep {
    Member(Name, Span),
    Index(u16),
}

impl<'a> Function<'_, 'a, '_> {
    /// The path that a name alone is: a variable, or a field of the receiver.
    pub(super) fn path(&self, name: &Name, span: Span) -> Option<Path<'a>> {
        match self.resolved.used(span, name)? {
            Use::Variable(root) => Some(Path { root, steps: Vec::new(), span }),
            Use::SelfField(root) => {
                Some(Path { root, steps: vec![PathStep::Member(name.clone(), span)], span })
            }
            _ => None,
        }
    }

    pub(super) fn path_of_place(&self, place: &'a Place) -> Option<Path<'a>> {
        let mut path = self.path(&place.root.name, place.root.span)?;
        path.span = place.span;
        path.steps.extend(place.path.iter().map(|step| match step {
            PlaceStep::Member(name) => PathStep::Member(name.name.clone(), name.span),
            PlaceStep::Index(index) => PathStep::Index(index),
        }));
        Some(path)
    }

    pub(super) fn path_of_expr(&self, expr: &'a Expr) -> Option<Path<'a>> {
        match &expr.kind {
            ExprKind::Name(name) => self.path(name, expr.span),
            ExprKind::Postfix(postfix) => {
                let ExprKind::Name(name) = &postfix.base.kind else { return None };
                let mut path = self.path(name, postfix.base.span)?;
                for step in &postfix.steps {
                    path.steps.push(match &step.kind {
                        PostfixKind::Member { name, optional: false } => {
                            PathStep::Member(name.name.clone(), name.span)
                        }
                        PostfixKind::Index(index) => PathStep::Index(index),
                        _ => return None,
                    });
                }
                Some(path)
            }
            _ => None,
        }
    }

    /// Whether both paths lead to the same location whatever happens in between.
    pub(super) fn is_same_path(&self, one: &Path<'a>, other: &Path<'a>) -> bool {
        one.root == other.root
            && one.steps.len() == other.steps.len()
            && one.steps.iter().zip(&other.steps).all(|steps| match steps {
                (PathStep::Member(a, _), PathStep::Member(b, _)) => a == b,
                (PathStep::Index(a), PathStep::Index(b)) => match (&a.kind, &b.kind) {
                    (ExprKind::Int(a), ExprKind::Int(b)) => a == b,
                    (ExprKind::Str(a), ExprKind::Str(b)) => a == b,
                    (ExprKind::Name(_), ExprKind::Name(_)) => {
                        let register = self.variable_register(a);
                        register.is_some() && register == self.variable_register(b)
                    }
                    _ => false,
                },
                _ => false,
            })
    }

    /// Whether other code of the program may assign the variable in a call.
    fn is_exposed(&self, id: VariableId) -> bool {
        let variable = self.resolved.variable(id);
        variable.receiver
            || (variable.assigned_elsewhere && (variable.slot.is_some() || variable.captured))
    }

    pub(super) fn assign(&mut self, assign: &'a Assign) {
        let root = &assign.place.root;
        if let Some(Use::Declares(id)) = self.resolved.used(root.span, &root.name) {
            let register = self.declare(id);
            self.into(&assign.value, register);
            self.b.at(root.span);
            return self.declared(id, register);
        }
        let Some(path) = self.path_of_place(&assign.place) else {
            if assign.operator.is_none() {
                self.evaluate(&assign.value);
            }
            self.b.at(root.span);
            return self.raise(RaiseKind::UndefinedVariable, &root.name);
        };
        if self.is_constant(path.root) {
            self.evaluate(&assign.value);
            self.b.at(path.span);
            let kind = match path.steps.is_empty() {
                true => RaiseKind::ReassignConst,
                false => RaiseKind::MutateConst,
            };
            return self.raise(kind, &root.name);
        }
        let mark = self.b.mark();
        let outer = self.b.variables();
        match assign.operator {
            None if self.grow_in_place(&path, &assign.value) => {}
            None if path.steps.is_empty() => self.set_variable(path.root, &assign.value),
            None => self.set_path(&path, &assign.value),
            Some(operator) if path.steps.is_empty() => {
                self.update_variable(path.root, operator, assign);
            }
            Some(operator) => self.update_path(&path, operator, assign),
        }
        self.b.drop_variables(outer);
        self.b.free_to(mark);
    }

    /// Evaluates a value that is not used.
    fn evaluate(&mut self, value: &'a Expr) {
        let mark = self.b.mark();
        let register = self.b.temporary();
        self.into(value, register);
        self.b.abc(Opcode::Release, register, 0, 0);
        self.b.free_to(mark);
    }

    fn set_variable(&mut self, id: VariableId, value: &'a Expr) {
        if let Some(register) = self.register_of(id) {
            if let Some(window) = self.take_into_builtin(register, value) {
                self.b.abc(Opcode::Move, register, window, 0);
                self.b.free_to(window);
            } else {
                self.into(value, register);
            }
            return;
        }
        let register = self.operand(value);
        self.b.at(value.span);
        self.write_variable(id, register);
    }

    /// A call `f(x, ..)` of a builtin that can reuse `x`, a variable about to be
    /// assigned; the answer is the temporary with the result.
    pub(super) fn take_into_builtin(&mut self, register: u16, value: &'a Expr) -> Option<u16> {
        let ExprKind::Postfix(postfix) = &value.kind else { return None };
        let [step] = postfix.steps.as_slice() else { return None };
        let PostfixKind::Call(arguments) = &step.kind else { return None };
        let row = self.builtin_row(&postfix.base)?;
        let (first, others) = arguments.split_first()?;
        if !self.unit.builtins.reuses(u32::from(row), arguments.len())
            || self.variable_register(first) != Some(register)
            || others
                .iter()
                .any(|e| !self.is_stable(first, e) || self.variable_register(e) == Some(register))
        {
            return None;
        }
        let window = self.b.temporary();
        self.b.temporary();
        for argument in others {
            let argument_register = self.b.temporary();
            self.into(argument, argument_register);
        }
        self.b.at(value.span);
        let call = Instruction::abc(Opcode::CallNativeTaking, window, row, register);
        self.b.counted(call, arguments.len());
        self.b.free_to(window + 1);
        Some(window)
    }

    fn update_variable(&mut self, id: VariableId, operator: BinaryOperator, assign: &'a Assign) {
        let value = &assign.value;
        if operator == BinaryOperator::Add && self.is_text(value) && !may_call(value) {
            return self.add_in_place(id, &[], &[value]);
        }
        let home = self.register_of(id);
        if operator == BinaryOperator::Add && home.is_none() && self.may_be_text(value) {
            let spans = (assign.place.span, assign.operator_span);
            return self.add_to_place(id, &[], value, spans);
        }
        let exposed = self.is_exposed(id) && may_call(value);
        let left = match home.filter(|_| !exposed) {
            Some(register) => register,
            None => {
                let register = self.b.temporary();
                self.b.at(assign.place.span);
                self.read_variable(id, register);
                register
            }
        };
        let out = home.unwrap_or(left);
        self.combine(operator, assign, left, out);
        if home.is_none() {
            self.write_variable(id, out);
        }
    }

    /// Emits `out = left op value`.
    fn combine(&mut self, operator: BinaryOperator, assign: &'a Assign, left: u16, out: u16) {
        let (opcode, with_int) = opcodes(assignment_operator(operator));
        let small = self.constant(&assign.value).and_then(|value| small_int(&value));
        let instruction = match (with_int, small) {
            (Some(opcode), Some(small)) => Instruction::abc(opcode, out, left, small),
            _ => {
                let right = self.operand(&assign.value);
                Instruction::abc(opcode, out, left, right)
            }
        };
        self.b.at(assign.operator_span);
        self.b.emit(instruction);
    }

    fn set_path(&mut self, path: &Path<'a>, value: &'a Expr) {
        let mut register = self.operand(value);
        let root = self.register_of(path.root);
        let calls = path.steps.iter().any(|step| match step {
            PathStep::Index(index) => may_call(index),
            PathStep::Member(..) => false,
        });
        let is_variable = self.variable_register(value).is_some();
        if is_variable && (root == Some(register) || calls) {
            // The container may not become an element of itself, nor the value
            // change before it is stored.
            let copy = self.b.temporary();
            self.b.abc(Opcode::Move, copy, register, 0);
            register = copy;
        }
        let Some((last, before)) = path.steps.split_last() else { return };
        let mut steps = self.fixed_steps(before);
        steps.push(match last {
            PathStep::Member(name, span) => FixedStep::Member(name.clone(), *span),
            PathStep::Index(index) => FixedStep::Index(self.operand(index)),
        });
        self.b.at(path.span);
        self.store_path(path.root, &steps, register);
    }

    fn update_path(&mut self, path: &Path<'a>, operator: BinaryOperator, assign: &'a Assign) {
        let value = &assign.value;
        let steps = self.fixed_steps(&path.steps);
        if operator == BinaryOperator::Add && self.is_text(value) && !may_call(value) {
            return self.add_in_place(path.root, &steps, &[value]);
        }
        if operator == BinaryOperator::Add && self.may_be_text(value) {
            let spans = (path.span, assign.operator_span);
            return self.add_to_place(path.root, &steps, value, spans);
        }
        let work = self.b.temporary();
        self.read_path(path.root, &steps, path.span, work);
        self.combine(operator, assign, work, work);
        self.b.at(path.span);
        self.store_path(path.root, &steps, work);
    }

    // Paths with evaluated indexes

    /// Evaluates the indexes of a path into variables.
    pub(super) fn fixed_steps(&mut self, steps: &[PathStep<'a>]) -> Vec<FixedStep> {
        let mut fixed = Vec::with_capacity(steps.len());
        for step in steps {
            fixed.push(match step {
                PathStep::Member(name, span) => FixedStep::Member(name.clone(), *span),
                PathStep::Index(index) => FixedStep::Index(self.fixed_index(index)),
            });
        }
        fixed
    }

    fn fixed_index(&mut self, index: &'a Expr) -> u16 {
        if let ExprKind::Name(name) = &index.kind
            && let Some(Use::Variable(id)) = self.resolved.used(index.span, name)
            && let Some(register) = self.register_of(id).filter(|_| !self.is_exposed(id))
        {
            return register;
        }
        let register = self.b.variable("");
        self.into(index, register);
        register
    }

    /// Reads what a path leads to.
    pub(super) fn read_path(
        &mut self,
        root: VariableId,
        steps: &[FixedStep],
        span: Span,
        dest: u16,
    ) {
        self.b.at(span);
        let mut current = match self.register_of(root).filter(|_| !steps.is_empty()) {
            Some(register) => register,
            None => {
                self.read_variable(root, dest);
                dest
            }
        };
        for step in steps {
            match step {
                FixedStep::Member(name, span) => {
                    self.b.at(*span);
                    let cache = self.b.cache(name);
                    self.b.abc(Opcode::GetMember, dest, current, cache);
                }
                FixedStep::Index(index) => {
                    self.b.at(span);
                    self.b.abc(Opcode::GetIndex, dest, current, *index);
                }
            }
            current = dest;
        }
    }

    /// The place that steps from a variable lead to: the variable's register if
    /// it has one and there are no steps, or else a temporary. One of several homes
    /// must have been chosen.
    pub(super) fn place(&mut self, root: VariableId, steps: &[FixedStep]) -> u16 {
        let mut place = match self.home(root) {
            Home::Register(register) => register,
            Home::Cell(register) => {
                let place = self.b.temporary();
                self.b.abc(Opcode::PlaceCell, place, register, 0);
                place
            }
            Home::Captured(index) | Home::Shadowing { cell: index, .. } => {
                let place = self.b.temporary();
                self.b.ad(Opcode::PlaceCaptured, place, index);
                place
            }
            Home::Field(receiver) => {
                let object = self.place(receiver, &[]);
                let place = self.workplace(object);
                let cache = self.b.cache(&self.resolved.variable(root).name);
                self.b.abc(Opcode::PlaceMember, place, object, cache);
                place
            }
            Home::Module(slot) | Home::Tentative { slot, .. } => {
                let place = self.b.temporary();
                self.b.ad(Opcode::PlaceModule, place, slot);
                place
            }
        };
        for step in steps {
            let inner = self.workplace(place);
            match step {
                FixedStep::Member(name, _) => {
                    let cache = self.b.cache(name);
                    self.b.abc(Opcode::PlaceMember, inner, place, cache);
                }
                FixedStep::Index(index) => {
                    self.b.abc(Opcode::PlaceIndex, inner, place, *index);
                }
            }
            place = inner;
        }
        place
    }

    /// Stores a value in a variable or where a path from it leads.
    pub(super) fn write_path(&mut self, root: VariableId, steps: &[FixedStep], value: u16) {
        match steps.is_empty() {
            true => self.write_variable(root, value),
            false => self.store_path(root, steps, value),
        }
    }

    /// Stores a value where a path of at least one step leads.
    pub(super) fn store_path(&mut self, root: VariableId, steps: &[FixedStep], value: u16) {
        let Some((last, before)) = steps.split_last() else { return };
        self.change_in_each_home(root, false, &|f| {
            let mark = f.b.mark();
            let place = f.place(root, before);
            match last {
                FixedStep::Member(name, _) => {
                    let cache = f.b.cache(name);
                    f.b.abc(Opcode::SetMember, place, cache, value);
                }
                FixedStep::Index(index) => f.b.abc(Opcode::SetIndex, place, *index, value),
            }
            f.b.free_to(mark);
        });
    }

    // Growing in place

    /// `p := push(p, v)` and `p := p + text`; false if it is neither.
    fn grow_in_place(&mut self, path: &Path<'a>, value: &'a Expr) -> bool {
        match &value.kind {
            ExprKind::Postfix(_) => {
                let Some(call) = BuiltinCall::of(value) else { return false };
                let [first, item] = call.arguments else { return false };
                matches!(call.name, "push" | "append")
                    && !call.first_of
                    && self.builtin_row(call.callee).is_some()
                    && (self.path_of_expr(first).is_some_and(|p| self.is_same_path(&p, path))
                        || self.is_entry_or_default(first, path))
                    && self.push_in_place(path, first, item, value.span)
            }
            ExprKind::Chain(chain) => self.sum_in_place(path, chain),
            _ => false,
        }
    }

    /// Whether the expression is `get(d, k, [..])` for the path `d[k]`.
    fn is_entry_or_default(&self, expr: &'a Expr, path: &Path<'a>) -> bool {
        let Some(call) = BuiltinCall::of(expr) else { return false };
        let [dict, key, default] = call.arguments else { return false };
        let Some(mut entry) = self.path_of_expr(dict) else { return false };
        entry.steps.push(PathStep::Index(key));
        // Anything but an array could not grow, and must not become the entry.
        let is_array = matches!(default.kind, ExprKind::Array(_));
        call.name == "get"
            && !call.first_of
            && self.builtin_row(call.callee).is_some()
            && self.is_same_path(&entry, path)
            && is_array
            && !may_call(default)
            && !self.is_exposed(path.root)
    }

    fn push_in_place(
        &mut self,
        path: &Path<'a>,
        first: &'a Expr,
        item: &'a Expr,
        span: Span,
    ) -> bool {
        let is_path = self.path_of_expr(first).is_some();
        let exposed = self.is_exposed(path.root) && may_call(item);
        if exposed && path.steps.iter().any(|step| matches!(step, PathStep::Index(_))) {
            return false;
        }
        let held = (exposed || !is_path).then(|| {
            let held = self.b.temporary();
            self.into(first, held);
            held
        });
        let mut register = self.operand(item);
        if self.register_of(path.root) == Some(register) {
            let copy = self.b.temporary();
            self.b.abc(Opcode::Move, copy, register, 0);
            register = copy;
        }
        if let Some(held) = held {
            // The call may have changed the place; what was there before it grows, or the
            // default.
            let steps = self.fixed_steps(&path.steps);
            self.b.at(span);
            self.write_path(path.root, &steps, held);
        }
        let steps = self.fixed_steps(&path.steps);
        self.b.at(span);
        self.change_in_each_home(path.root, steps.is_empty(), &|f| {
            let mark = f.b.mark();
            let place = f.place(path.root, &steps);
            f.b.abc(Opcode::Push, place, register, 0);
            f.b.free_to(mark);
        });
        true
    }

    fn sum_in_place(&mut self, path: &Path<'a>, chain: &'a Chain) -> bool {
        let rights: Vec<&Expr> = chain.rest.iter().map(|step| &step.right).collect();
        let single = rights.len() == 1;
        if let [step] = chain.rest.as_slice()
            && step.operator == BinaryOperator::Add
            && !self.is_text(&step.right)
            && self.may_be_text(&step.right)
            && path.steps.iter().all(|step| matches!(step, PathStep::Member(..)))
            && (!path.steps.is_empty() || self.register_of(path.root).is_none())
            && self.path_of_expr(&chain.first).is_some_and(|p| self.is_same_path(&p, path))
        {
            let steps = self.fixed_steps(&path.steps);
            let spans = (chain.first.span, step.operator_span);
            self.add_to_place(path.root, &steps, &step.right, spans);
            return true;
        }
        if chain.rest.iter().any(|step| step.operator != BinaryOperator::Add)
            || rights.len() > SUM_LIMIT
            // Only the last addition of those that can fail may come first.
            || !(self.is_text(rights[0]) || (!single && rights[1..].iter().all(|e| self.is_text(e))))
            || !self.path_of_expr(&chain.first).is_some_and(|p| self.is_same_path(&p, path))
            || (self.is_exposed(path.root) && rights.iter().any(|e| may_call(e)))
        {
            return false;
        }
        let steps = self.fixed_steps(&path.steps);
        self.add_in_place(path.root, &steps, &rights);
        true
    }

    /// Adds values to what a path leads to, in place where possible.
    fn add_in_place(&mut self, root: VariableId, steps: &[FixedStep], values: &[&'a Expr]) {
        let span = self.b.span();
        let registers: Vec<u16> = values
            .iter()
            .map(|value| {
                let register = self.operand(value);
                if self.register_of(root) != Some(register) {
                    return register;
                }
                let copy = self.b.temporary();
                self.b.abc(Opcode::Move, copy, register, 0);
                copy
            })
            .collect();
        for (register, value) in registers.into_iter().zip(values) {
            let span = Span { start: span.start, end: value.span.end };
            self.b.at(span);
            match self.register_of(root).filter(|_| steps.is_empty()) {
                Some(variable) => self.b.abc(Opcode::Add, variable, variable, register),
                None => self.place_add(root, steps, register, (span, span)),
            }
        }
    }

    /// `p += value`, where what is at `p` grows in its place if it is a text. The spans are
    /// those of the place and of the operator.
    fn add_to_place(
        &mut self,
        root: VariableId,
        steps: &[FixedStep],
        value: &'a Expr,
        spans: (Span, Span),
    ) {
        let held = may_call(value).then(|| {
            let held = self.b.variable("");
            self.read_path(root, steps, spans.0, held);
            held
        });
        let certain = self.constant(value).is_some() || self.variable_register(value).is_some();
        if held.is_none() && !certain {
            // What is wrong with the place has been said before what is wrong with the value.
            let read = self.b.temporary();
            self.read_path(root, steps, spans.0, read);
            self.b.abc(Opcode::Release, read, 0, 0);
        }
        let mut register = self.operand(value);
        if self.register_of(root) == Some(register) {
            let copy = self.b.temporary();
            self.b.abc(Opcode::Move, copy, register, 0);
            register = copy;
        }
        match held {
            Some(held) => self.add_to_held(root, steps, (held, register), spans),
            None => self.place_add(root, steps, register, spans),
        }
    }

    /// `p := held + value`, where `held` was at `p` before calls that may have changed the
    /// place. A text grows in the place, which cannot fail; if the addition may fail, the
    /// place keeps what the calls have left there until it is done.
    fn add_to_held(
        &mut self,
        root: VariableId,
        steps: &[FixedStep],
        (held, register): (u16, u16),
        spans: (Span, Span),
    ) {
        let (other, end) = (self.b.label(), self.b.label());
        let mark = self.b.mark();
        let is_text = self.b.temporary();
        self.b.at(spans.0);
        let test = Instruction::abc(Opcode::Intrinsic1, is_text, held, 0);
        self.b.emit(test.with_intrinsic(Intrinsic::IsString.place()));
        self.b.jump(Instruction::ad(Opcode::JumpIfNot, is_text, 0), other);
        self.b.free_to(mark);
        self.put_back(root, steps, held);
        self.place_add(root, steps, register, spans);
        self.b.goto(end);
        self.b.bind(other);
        let work = self.b.temporary();
        self.b.abc(Opcode::Take, work, held, 0);
        self.b.at(spans.1);
        self.b.abc(Opcode::Add, work, work, register);
        self.b.at(spans.0);
        self.write_path(root, steps, work);
        self.b.free_to(mark);
        self.b.bind(end);
    }

    /// Adds a value to what a path leads to, which is no register.
    fn place_add(
        &mut self,
        root: VariableId,
        steps: &[FixedStep],
        register: u16,
        (place_span, operator_span): (Span, Span),
    ) {
        let end = self.b.label();
        self.change_in_each_home(root, steps.is_empty(), &|f| {
            let mark = f.b.mark();
            f.b.at(operator_span);
            match f.register_of(root).filter(|_| steps.is_empty()) {
                Some(variable) => {
                    f.b.abc(Opcode::Add, variable, variable, register);
                    f.b.goto(end);
                }
                None => {
                    let place = f.place(root, steps);
                    let add = Instruction::abc(Opcode::PlaceAdd, place, register, 0);
                    f.b.jump(add, end);
                }
            }
            f.b.free_to(mark);
        });
        // A method of a struct may be the operator.
        let mark = self.b.mark();
        let work = self.b.temporary();
        self.read_path(root, steps, place_span, work);
        self.b.at(operator_span);
        self.b.abc(Opcode::Add, work, work, register);
        self.b.at(place_span);
        self.write_path(root, steps, work);
        self.b.free_to(mark);
        self.b.bind(end);
    }

    /// Whether the value is not a constant of another kind.
    fn may_be_text(&self, expr: &'a Expr) -> bool {
        self.constant(expr).is_none_or(|value| value.as_string().is_some())
    }

    /// Whether the value is certainly a string.
    fn is_text(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Str(_) | ExprKind::Template(_) => true,
            ExprKind::Chain(chain) => {
                chain.rest.iter().all(|step| step.operator == BinaryOperator::Add)
                    && (self.is_text(&chain.first)
                        || chain.rest.iter().any(|step| self.is_text(&step.right)))
            }
            ExprKind::Postfix(postfix) => {
                let [step] = postfix.steps.as_slice() else { return false };
                let ExprKind::Name(name) = &postfix.base.kind else { return false };
                matches!(step.kind, PostfixKind::Call(_))
                    && matches!(&**name, "char_at" | "substring" | "join")
                    && self.builtin_row(&postfix.base).is_some()
                    || self.displayed(expr).is_some()
            }
            _ => false,
        }
    }
}
