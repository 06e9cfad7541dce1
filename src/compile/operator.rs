//! Operators, and folding of constants.
//!
//! Example: `a + 1 + b` is `AddInt t, a, 1`, `Add dest, t, b`; `2 * 3 + x` is
//! `LoadInt t, 6`, `Add dest, t, x`.

use super::expression::small_int;
use super::function::Function;
use crate::bytecode::{Instruction, Opcode};
use crate::prim::{self, Operator};
use crate::syntax::ast::{BinaryOperator, Chain, ChainStep, Expr, ExprKind, Unary, UnaryOperator};
use crate::value::Value;

/// The operator of `prim`, if both operands are always evaluated.
fn primitive(operator: BinaryOperator) -> Option<Operator> {
    use BinaryOperator as B;
    Some(match operator {
        B::Add => Operator::Add,
        B::Subtract => Operator::Subtract,
        B::Multiply => Operator::Multiply,
        B::Divide => Operator::Divide,
        B::Remainder => Operator::Modulo,
        B::Equal => Operator::Equal,
        B::NotEqual => Operator::NotEqual,
        B::Less => Operator::Less,
        B::LessEqual => Operator::LessEqual,
        B::Greater => Operator::Greater,
        B::GreaterEqual => Operator::GreaterEqual,
        B::Pipe | B::Coalesce | B::Or | B::And => return None,
    })
}

/// The instruction of an operator, and the one with a small int on the right.
pub(super) fn opcodes(operator: Operator) -> (Opcode, Option<Opcode>) {
    match operator {
        Operator::Add => (Opcode::Add, Some(Opcode::AddInt)),
        Operator::Subtract => (Opcode::Subtract, Some(Opcode::SubtractInt)),
        Operator::Multiply => (Opcode::Multiply, Some(Opcode::MultiplyInt)),
        Operator::Divide => (Opcode::Divide, Some(Opcode::DivideInt)),
        Operator::Modulo => (Opcode::Modulo, Some(Opcode::ModuloInt)),
        Operator::Equal => (Opcode::Equal, None),
        Operator::NotEqual => (Opcode::NotEqual, None),
        Operator::Less => (Opcode::Less, None),
        Operator::LessEqual => (Opcode::LessEqual, None),
        Operator::Greater => (Opcode::Greater, None),
        Operator::GreaterEqual => (Opcode::GreaterEqual, None),
    }
}

/// The operator of `prim` that an assignment `op=` uses.
pub(super) fn assignment_operator(operator: BinaryOperator) -> Operator {
    primitive(operator).unwrap_or(Operator::Add)
}

/// A left operand.
enum Left {
    Constant(Value),
    Register(u16),
}

/// `left op right` if it has a result that does not depend on run time.
fn fold(operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
    let operator = primitive(operator)?;
    if left.tag().is_heap() || right.tag().is_heap() {
        return None;
    }
    prim::binary(operator, left, right).ok().filter(|value| !value.tag().is_heap())
}

impl<'a> Function<'_, 'a, '_> {
    /// The value of an expression that does not depend on run time; no strings.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Value> {
        self.constant_within(expr, 0)
    }

    /// The same for an expression that so many names of constants have led to.
    pub(super) fn constant_within(&self, expr: &Expr, depth: u32) -> Option<Value> {
        match &expr.kind {
            ExprKind::Name(name) => self.fixed(name, expr.span, depth),
            ExprKind::Null => Some(Value::default()),
            ExprKind::Bool(value) => Some(Value::bool(*value)),
            ExprKind::Int(value) => Some(Value::int(*value)),
            ExprKind::Float(value) => Some(Value::float(*value)),
            ExprKind::Unary(unary) => {
                let mut value = self.constant_within(&unary.operand, depth)?;
                for (operator, _) in unary.operators.iter().rev() {
                    value = match operator {
                        UnaryOperator::Negate => prim::negate(&value).ok()?,
                        UnaryOperator::Not => Value::bool(!prim::truthy(&value)),
                        UnaryOperator::Await => value,
                    };
                }
                Some(value)
            }
            ExprKind::Chain(chain) => {
                let mut value = self.constant_within(&chain.first, depth)?;
                for step in &chain.rest {
                    value =
                        fold(step.operator, &value, &self.constant_within(&step.right, depth)?)?;
                }
                Some(value)
            }
            _ => None,
        }
    }

    pub(super) fn unary(&mut self, unary: &'a Unary, dest: u16) {
        let mark = self.b.mark();
        let work = self.workplace(dest);
        let mut register = self.operand(&unary.operand);
        let count = unary.operators.len();
        for (index, (operator, span)) in unary.operators.iter().rev().enumerate() {
            let out = if index + 1 == count { dest } else { work };
            self.b.at(*span);
            match operator {
                UnaryOperator::Negate => self.b.abc(Opcode::Negate, out, register, 0),
                UnaryOperator::Not => self.b.abc(Opcode::Not, out, register, 0),
                UnaryOperator::Await => self.await_value(register, out),
            }
            register = out;
        }
        self.b.free_to(mark);
    }

    /// `await` is a call of the prelude, which lets tasks run while it waits.
    fn await_value(&mut self, register: u16, out: u16) {
        let mark = self.b.mark();
        let window = self.b.temporary();
        let argument = self.b.temporary();
        self.b.abc(Opcode::Move, argument, register, 0);
        self.prelude_call("await_value", window, 1);
        self.b.abc(Opcode::Move, out, window, 0);
        self.b.free_to(mark);
    }

    pub(super) fn chain(&mut self, expr: &'a Expr, chain: &'a Chain, dest: u16) {
        match chain.rest[0].operator {
            BinaryOperator::Pipe => self.pipe(chain, dest),
            BinaryOperator::Coalesce => self.coalesce(chain, dest),
            BinaryOperator::Or | BinaryOperator::And => self.truth(expr, dest),
            _ => self.arithmetic(chain, dest),
        }
    }

    /// `&&` and `||` as a value: a bool.
    fn truth(&mut self, expr: &'a Expr, dest: u16) {
        let work = self.workplace(dest);
        let (fails, end) = (self.b.label(), self.b.label());
        self.jump_unless(expr, fails);
        self.b.at(expr.span);
        self.b.load(work, Value::bool(true));
        self.b.goto(end);
        self.b.bind(fails);
        self.b.load(work, Value::bool(false));
        self.b.bind(end);
        self.deliver(work, dest);
    }

    fn coalesce(&mut self, chain: &'a Chain, dest: u16) {
        let work = self.workplace(dest);
        let end = self.b.label();
        self.into(&chain.first, work);
        for step in &chain.rest {
            self.b.at(step.operator_span);
            self.b.jump(Instruction::ad(Opcode::JumpIfNotNull, work, 0), end);
            self.into(&step.right, work);
        }
        self.b.bind(end);
        self.deliver(work, dest);
    }

    fn arithmetic(&mut self, chain: &'a Chain, dest: u16) {
        let mark = self.b.mark();
        let work = self.workplace(dest);
        let last = chain.rest.len() - 1;
        let texts = self.text_operands(chain);
        let mut left = match self.constant(&chain.first) {
            _ if texts > 0 => {
                let out = if texts > last + 1 { dest } else { work };
                self.text_of(chain, texts, out);
                Left::Register(out)
            }
            Some(value) => Left::Constant(value),
            None => Left::Register(self.first_operand(chain, work)),
        };
        for (index, step) in chain.rest.iter().enumerate().skip(texts.saturating_sub(1)) {
            let out = if index == last { dest } else { work };
            left = self.step(left, step, work, out);
        }
        if let Left::Constant(value) = left {
            self.b.load(dest, value);
        }
        self.b.free_to(mark);
    }

    /// The leftmost operand: a variable where it stands, or else `work`.
    fn first_operand(&mut self, chain: &'a Chain, work: u16) -> u16 {
        if self.is_stable(&chain.first, &chain.rest[0].right)
            && let Some(register) = self.variable_register(&chain.first)
        {
            return register;
        }
        self.into(&chain.first, work);
        work
    }

    fn step(&mut self, left: Left, step: &'a ChainStep, work: u16, out: u16) -> Left {
        let mark = self.b.mark();
        let right = self.constant(&step.right);
        if let (Left::Constant(left), Some(right)) = (&left, &right)
            && let Some(value) = fold(step.operator, left, right)
        {
            return Left::Constant(value);
        }
        let left = match left {
            Left::Register(register) => register,
            Left::Constant(value) => {
                self.b.at(step.operator_span);
                self.b.load(work, value);
                work
            }
        };
        let (opcode, with_int) = opcodes(assignment_operator(step.operator));
        let small = right.as_ref().and_then(small_int);
        let instruction = match (with_int, small) {
            (Some(opcode), Some(small)) => Instruction::abc(opcode, out, left, small),
            _ => {
                let right = self.operand(&step.right);
                Instruction::abc(opcode, out, left, right)
            }
        };
        self.b.at(step.operator_span);
        self.b.emit(instruction);
        self.b.free_to(mark);
        Left::Register(out)
    }
}
