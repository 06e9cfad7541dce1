//! Integer arithmetic, comparisons, choices and bit operations; also those of bools.
//!
//! Checked operations with an exit branch there on overflow; without one they
//! wrap. How overflow is seen depends on the operands, see the methods.
//!
//! Example: `int_mul v3, const 3` multiplies, and only if `v3` does not fit 32
//! bits (a cold block) asks the processor for the overflow flag.

use super::Lowering;
use crate::jit::ir::{ExitId, Ref};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

macro_rules! comparisons {
    ($($name:ident $condition:ident;)*) => { $(
        pub(super) fn $name(&mut self, left: Ref, right: Ref) -> Value {
            let (left, right) = (self.value(left), self.value(right));
            self.builder.ins().icmp(IntCC::$condition, left, right)
        }
    )* };
}

macro_rules! binary {
    ($($name:ident $instruction:ident;)*) => { $(
        pub(super) fn $name(&mut self, left: Ref, right: Ref) -> Value {
            let (left, right) = (self.value(left), self.value(right));
            self.builder.ins().$instruction(left, right)
        }
    )* };
}

impl Lowering<'_, '_> {
    comparisons! {
        int_lt SignedLessThan;
        int_le SignedLessThanOrEqual;
        int_gt SignedGreaterThan;
        int_ge SignedGreaterThanOrEqual;
    }

    pub(super) fn int_eq(&mut self, left: Ref, right: Ref) -> Value {
        self.equality(IntCC::Equal, left, right)
    }

    pub(super) fn int_ne(&mut self, left: Ref, right: Ref) -> Value {
        self.equality(IntCC::NotEqual, left, right)
    }

    fn equality(&mut self, cond: IntCC, left: Ref, right: Ref) -> Value {
        let zero = [(left, right), (right, left)];
        if let Some((_, other)) = zero.iter().find(|(zero, _)| self.constant(*zero) == Some(0)) {
            let value = self.value(*other);
            return self.compared_with_zero(cond, value);
        }
        let (left, right) = (self.value(left), self.value(right));
        self.builder.ins().icmp(cond, left, right)
    }

    binary! {
        bit_and band;
        bit_or bor;
        bit_xor bxor;
        bit_shl ishl;
        bit_shr sshr;
        int_min smin;
        int_max smax;
    }

    /// With a constant addend the sum overflowed exactly if it lies on the
    /// wrong side of the other operand.
    pub(super) fn int_add(&mut self, left: Ref, right: Ref, exit: Option<ExitId>) -> Value {
        let (left, right, addend) = match (self.constant(left), self.constant(right)) {
            (Some(addend), None) => (right, left, Some(addend)),
            (_, addend) => (left, right, addend),
        };
        let (left, right) = (self.value(left), self.value(right));
        match addend {
            Some(_) if exit.is_none() => self.builder.ins().iadd(left, right),
            None if exit.is_none() => self.builder.ins().iadd(left, right),
            Some(addend) => {
                let sum = self.builder.ins().iadd(left, right);
                let wrong =
                    if addend >= 0 { IntCC::SignedLessThan } else { IntCC::SignedGreaterThan };
                let overflow = self.builder.ins().icmp(wrong, sum, left);
                self.guard_not(overflow, exit);
                sum
            }
            None => {
                let (sum, overflow) = self.builder.ins().sadd_overflow(left, right);
                self.guard_not(overflow, exit);
                sum
            }
        }
    }

    pub(super) fn int_sub(&mut self, left: Ref, right: Ref, exit: Option<ExitId>) -> Value {
        let subtrahend = self.constant(right);
        let (left, right) = (self.value(left), self.value(right));
        if exit.is_none() {
            return self.builder.ins().isub(left, right);
        }
        match subtrahend {
            Some(subtrahend) => {
                let difference = self.builder.ins().isub(left, right);
                let wrong =
                    if subtrahend >= 0 { IntCC::SignedGreaterThan } else { IntCC::SignedLessThan };
                let overflow = self.builder.ins().icmp(wrong, difference, left);
                self.guard_not(overflow, exit);
                difference
            }
            None => {
                let (difference, overflow) = self.builder.ins().ssub_overflow(left, right);
                self.guard_not(overflow, exit);
                difference
            }
        }
    }

    /// Factors that fit 32 bits cannot overflow, which is cheaper to see than
    /// the flag of a 128-bit multiplication; others are multiplied again in a
    /// cold block that looks at the flag.
    pub(super) fn int_mul(&mut self, left: Ref, right: Ref, exit: Option<ExitId>) -> Value {
        let small = |constant: Option<i64>| constant.is_some_and(|c| i32::try_from(c).is_ok());
        let checked: Vec<Ref> = match (self.constant(left), self.constant(right)) {
            (Some(_), None) if small(self.constant(left)) => vec![right],
            (None, Some(_)) if small(self.constant(right)) => vec![left],
            _ if left == right => vec![left],
            _ => vec![left, right],
        };
        let factor = self.constant(right);
        let (left, right) = (self.value(left), self.value(right));
        let product = self.product(left, right, factor);
        if exit.is_none() {
            return product;
        }
        let wide = self.builder.create_block();
        let done = self.builder.create_block();
        self.builder.set_cold_block(wide);
        for (index, &factor) in checked.iter().enumerate() {
            let factor = self.value(factor);
            let low = self.builder.ins().ireduce(types::I32, factor);
            let extended = self.builder.ins().sextend(types::I64, low);
            let fits = self.builder.ins().icmp(IntCC::Equal, extended, factor);
            let last = index + 1 == checked.len();
            let next = if last { done } else { self.builder.create_block() };
            self.builder.ins().brif(fits, next, &[], wide, &[]);
            if !last {
                self.builder.switch_to_block(next);
            }
        }
        self.builder.switch_to_block(wide);
        let (_, overflow) = self.builder.ins().smul_overflow(left, right);
        self.guard_not(overflow, exit);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
        product
    }

    /// The low bits of a product whose right factor may be a constant: a shift or, as one
    /// address computation, a shift and an addition are faster than a multiplication.
    fn product(&mut self, left: Value, right: Value, factor: Option<i64>) -> Value {
        match factor {
            Some(factor) if factor > 0 && factor.count_ones() == 1 => {
                self.builder.ins().ishl_imm_u(left, i64::from(factor.trailing_zeros()))
            }
            Some(factor @ (3 | 5 | 9)) => {
                let shifted =
                    self.builder.ins().ishl_imm_u(left, i64::from((factor - 1).trailing_zeros()));
                self.builder.ins().iadd(left, shifted)
            }
            _ => self.builder.ins().imul(left, right),
        }
    }

    pub(super) fn int_neg(&mut self, operand: Ref, exit: Option<ExitId>) -> Value {
        let operand = self.with_opposite(operand, exit);
        self.builder.ins().ineg(operand)
    }

    pub(super) fn int_abs(&mut self, operand: Ref, exit: Option<ExitId>) -> Value {
        let operand = self.with_opposite(operand, exit);
        self.builder.ins().iabs(operand)
    }

    /// The value of an int; leaves if it is the smallest, which has no opposite.
    fn with_opposite(&mut self, operand: Ref, exit: Option<ExitId>) -> Value {
        let operand = self.value(operand);
        if exit.is_some() {
            let smallest = self.builder.ins().icmp_imm_s(IntCC::Equal, operand, i64::MIN);
            self.guard_not(smallest, exit);
        }
        operand
    }

    pub(super) fn int_to_float(&mut self, operand: Ref) -> Value {
        let operand = self.value(operand);
        self.builder.ins().fcvt_from_sint(types::F64, operand)
    }

    pub(super) fn bit_not(&mut self, operand: Ref) -> Value {
        let operand = self.value(operand);
        self.builder.ins().bnot(operand)
    }

    pub(super) fn select(&mut self, condition: Ref, left: Ref, right: Ref) -> Value {
        let condition = self.value(condition);
        let (left, right) = (self.value(left), self.value(right));
        self.builder.ins().select(condition, left, right)
    }

    pub(super) fn bool_not(&mut self, operand: Ref) -> Value {
        let operand = self.value(operand);
        self.builder.ins().icmp_imm_s(IntCC::Equal, operand, 0)
    }
}
