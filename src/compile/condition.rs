//! Conditions: expressions that only decide where control goes.
//!
//! A comparison becomes one branch instruction; `&&`, `||` and `!` become
//! control flow and leave no value.
//!
//! Example: `if a < 3 && !b { .. }` is `JumpIfNotLessInt a, 3, end`,
//! `JumpIf b, end`.

use super::builder::Label;
use super::expression::small_int;
use super::function::Function;
use crate::bytecode::{Instruction, Opcode};
use crate::prim;
use crate::syntax::ast::{BinaryOperator, Chain, Expr, ExprKind, UnaryOperator};

/// Branches taken when the comparison holds, and when it does not: on two
/// registers, then on a register and a small int.
fn branches(operator: BinaryOperator) -> Option<[Opcode; 4]> {
    use BinaryOperator as B;
    use Opcode::*;
    Some(match operator {
        B::Equal => [JumpIfEqual, JumpIfNotEqual, JumpIfEqualInt, JumpIfNotEqualInt],
        B::NotEqual => [JumpIfNotEqual, JumpIfEqual, JumpIfNotEqualInt, JumpIfEqualInt],
        B::Less => [JumpIfLess, JumpIfNotLess, JumpIfLessInt, JumpIfNotLessInt],
        B::LessEqual => {
            [JumpIfLessEqual, JumpIfNotLessEqual, JumpIfLessEqualInt, JumpIfNotLessEqualInt]
        }
        B::Greater => [JumpIfGreater, JumpIfNotGreater, JumpIfGreaterInt, JumpIfNotGreaterInt],
        B::GreaterEqual => [
            JumpIfGreaterEqual,
            JumpIfNotGreaterEqual,
            JumpIfGreaterEqualInt,
            JumpIfNotGreaterEqualInt,
        ],
        _ => return None,
    })
}

impl<'a> Function<'_, 'a, '_> {
    /// Jumps if the condition is not truthy.
    pub(super) fn jump_unless(&mut self, condition: &'a Expr, label: Label) {
        self.branch(condition, false, label);
    }

    /// Jumps if the truth of the condition is `when`.
    fn branch(&mut self, condition: &'a Expr, when: bool, label: Label) {
        if let Some(value) = self.constant(condition) {
            if prim::truthy(&value) == when {
                self.b.at(condition.span);
                self.b.goto(label);
            }
            return;
        }
        match &condition.kind {
            ExprKind::Unary(unary) => {
                let operators = &unary.operators;
                if operators.iter().all(|(operator, _)| *operator == UnaryOperator::Not) {
                    let flipped = operators.len() % 2 == 1;
                    // `!` of a struct may be overloaded.
                    if is_plainly_bool(&unary.operand) {
                        return self.branch(&unary.operand, when != flipped, label);
                    }
                }
                self.branch_on_value(condition, when, label);
            }
            ExprKind::Chain(chain) => match chain.rest[0].operator {
                BinaryOperator::And => self.branch_all(chain, when, label),
                BinaryOperator::Or => self.branch_any(chain, when, label),
                _ => self.branch_on_comparison(condition, chain, when, label),
            },
            _ => self.branch_on_value(condition, when, label),
        }
    }

    fn branch_all(&mut self, chain: &'a Chain, when: bool, label: Label) {
        let operands = std::iter::once(&chain.first).chain(chain.rest.iter().map(|s| &s.right));
        if !when {
            return operands.for_each(|operand| self.branch(operand, false, label));
        }
        let fails = self.b.label();
        let last = chain.rest.len();
        for (index, operand) in operands.enumerate() {
            match index == last {
                true => self.branch(operand, true, label),
                false => self.branch(operand, false, fails),
            }
        }
        self.b.bind(fails);
    }

    fn branch_any(&mut self, chain: &'a Chain, when: bool, label: Label) {
        let operands = std::iter::once(&chain.first).chain(chain.rest.iter().map(|s| &s.right));
        if when {
            return operands.for_each(|operand| self.branch(operand, true, label));
        }
        let holds = self.b.label();
        let last = chain.rest.len();
        for (index, operand) in operands.enumerate() {
            match index == last {
                true => self.branch(operand, false, label),
                false => self.branch(operand, true, holds),
            }
        }
        self.b.bind(holds);
    }

    fn branch_on_comparison(
        &mut self,
        condition: &'a Expr,
        chain: &'a Chain,
        when: bool,
        label: Label,
    ) {
        let [step] = chain.rest.as_slice() else {
            return self.branch_on_value(condition, when, label);
        };
        let Some(opcodes) = branches(step.operator) else {
            return self.branch_on_value(condition, when, label);
        };
        let mark = self.b.mark();
        let left = self.operand_before(&chain.first, &step.right);
        let small = self.constant(&step.right).and_then(|value| small_int(&value));
        let side = usize::from(!when);
        let instruction = match small {
            Some(small) => Instruction::abc(opcodes[2 + side], left, small, 0),
            None => {
                let right = self.operand(&step.right);
                Instruction::abc(opcodes[side], left, right, 0)
            }
        };
        self.b.at(step.operator_span);
        self.b.jump(instruction, label);
        self.b.free_to(mark);
    }

    fn branch_on_value(&mut self, condition: &'a Expr, when: bool, label: Label) {
        let mark = self.b.mark();
        let register = self.operand(condition);
        self.b.at(condition.span);
        let opcode = if when { Opcode::JumpIf } else { Opcode::JumpIfNot };
        self.b.jump(Instruction::ad(opcode, register, 0), label);
        self.b.free_to(mark);
    }
}

/// Whether the value is a bool whatever its operands are, overloading aside.
fn is_plainly_bool(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Chain(chain) => {
            matches!(chain.rest[0].operator, BinaryOperator::And | BinaryOperator::Or)
                || branches(chain.rest[0].operator).is_some()
        }
        _ => false,
    }
}
