//! Quotients and remainders.
//!
//! Division is the slowest instruction there is, so constants are divided by
//! multiplying with a reciprocal, and pairs of numbers below 2^32 by the
//! 32-bit instruction, which takes a third of the time of the 64-bit one.
//!
//! Reciprocals. For a divisor `d > 0`, `m = 2^(64+s) / d` rounded up has an
//! excess `e = m * d - 2^(64+s)`. If `e <= 2^(s+1)`, the high half of `n * m`
//! shifted by `s` is the quotient for every `n` of 63 bits, and one less than
//! it for negative ones. For remainders of `n < 2^32` by `d < 2^32` two
//! multiplications do: with `c = 2^64 / d` rounded up, the low half of `n * c`
//! is the fraction `n / d` leaves, and its high half times `d` the remainder.
//!
//! Divisibility. Multiplying by the inverse of an odd `d` modulo 2^64 maps its
//! multiples to their quotients, and all other numbers to what is beyond those. For
//! `d * 2^k` rotating by `k` moves the bits that must be zero to the top.
//!
//! Example: `n % 1000003` costs a test of the upper half of `n` and two
//! multiplications; a negative or large `n` is divided in a cold block.

use super::Lowering;
use crate::jit::ir::Ref;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};

/// A factor and a shift that divide by a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reciprocal {
    factor: u64,
    shift: u32,
}

impl Reciprocal {
    /// For a divisor that is no power of two.
    fn of(divisor: u64) -> Reciprocal {
        let divisor = divisor as u128;
        for shift in 0..64u32 {
            let power = 1u128 << (64 + shift);
            let factor = power / divisor + 1;
            let excess = factor * divisor - power;
            if excess <= 1u128 << (shift + 1) {
                return Reciprocal { factor: factor as u64, shift };
            }
        }
        unreachable!("an excess never is larger than the divisor")
    }
}

/// What tells whether a constant divides a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Divisibility {
    /// Inverse of the divisor's odd part modulo 2^64.
    inverse: u64,
    /// The largest quotient by the odd part, without the bits of the even part.
    bound: u64,
    /// Trailing zeros of the divisor.
    exponent: u32,
}

impl Divisibility {
    /// For a divisor that is no power of two.
    fn of(divisor: u64) -> Divisibility {
        let exponent = divisor.trailing_zeros();
        let odd = divisor >> exponent;
        // Newton's iteration doubles the correct bits, of which `odd` has three.
        let step = |x: u64| x.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(x)));
        let inverse = (0..5).fold(odd, |x, _| step(x));
        let bound = (i64::MAX as u64 / odd) >> exponent << exponent;
        Divisibility { inverse, bound, exponent }
    }
}

impl Lowering<'_, '_> {
    pub(super) fn int_div(&mut self, left: Ref, right: Ref) -> Value {
        let divisor = self.constant(right);
        let dividend = self.value(left);
        match divisor {
            Some(divisor) if divisor != 0 => self.quotient(dividend, divisor),
            _ => {
                let divisor = self.value(right);
                self.narrow_or_wide(dividend, divisor, false)
            }
        }
    }

    pub(super) fn int_mod(&mut self, reference: Ref, left: Ref, right: Ref) -> Value {
        match self.constant(right) {
            Some(divisor) if self.zero_tests[reference.0 as usize] => {
                let (dividend, magnitude) = (self.value(left), divisor.unsigned_abs());
                match magnitude.is_power_of_two() {
                    true => self.masked(dividend, magnitude),
                    false => self.indivisible(dividend, magnitude),
                }
            }
            _ => self.whole_remainder(reference),
        }
    }

    /// A remainder of which more matters than whether it is zero.
    pub(super) fn whole_remainder(&mut self, reference: Ref) -> Value {
        let [left, right] = self.region.inst(reference).args[..] else {
            unreachable!("verified: two operands")
        };
        let divisor = self.constant(right);
        let dividend = self.value(left);
        match divisor {
            Some(divisor) if divisor != 0 => {
                let magnitude = divisor.unsigned_abs();
                match magnitude.is_power_of_two() {
                    true => self.remainder_of_power(dividend, magnitude),
                    false => self.remainder(dividend, magnitude),
                }
            }
            _ => {
                let divisor = self.value(right);
                self.narrow_or_wide(dividend, divisor, true)
            }
        }
    }

    fn quotient(&mut self, dividend: Value, divisor: i64) -> Value {
        let magnitude = divisor.unsigned_abs();
        let quotient = if magnitude == 1 {
            dividend
        } else if magnitude.is_power_of_two() {
            let exponent = magnitude.trailing_zeros();
            let bias = self.bias(dividend, exponent);
            let sum = self.builder.ins().iadd(dividend, bias);
            self.builder.ins().sshr_imm_u(sum, exponent as i64)
        } else {
            self.multiplied(dividend, Reciprocal::of(magnitude))
        };
        if divisor < 0 { self.builder.ins().ineg(quotient) } else { quotient }
    }

    /// `2^exponent - 1` for negative dividends, 0 for others: what makes a
    /// shift round toward zero.
    fn bias(&mut self, dividend: Value, exponent: u32) -> Value {
        if exponent == 1 {
            return self.builder.ins().ushr_imm_u(dividend, 63);
        }
        let sign = self.builder.ins().sshr_imm_u(dividend, 63);
        self.builder.ins().ushr_imm_u(sign, 64 - exponent as i64)
    }

    fn multiplied(&mut self, dividend: Value, reciprocal: Reciprocal) -> Value {
        let factor = self.number(reciprocal.factor as i64);
        let mut high = self.builder.ins().smulhi(dividend, factor);
        if (reciprocal.factor as i64) < 0 {
            // The multiplication took the factor as 2^64 less than it is.
            high = self.builder.ins().iadd(high, dividend);
        }
        let shifted = self.builder.ins().sshr_imm_u(high, reciprocal.shift as i64);
        let negative = self.builder.ins().ushr_imm_u(dividend, 63);
        self.builder.ins().iadd(shifted, negative)
    }

    fn remainder(&mut self, dividend: Value, divisor: u64) -> Value {
        if u32::try_from(divisor).is_err() {
            return self.remainder_by_quotient(dividend, divisor);
        }
        self.split(
            dividend,
            |this, dividend| {
                let factor = this.number((u64::MAX / divisor + 1) as i64);
                let fraction = this.builder.ins().imul(dividend, factor);
                let divisor = this.number(divisor as i64);
                this.builder.ins().umulhi(fraction, divisor)
            },
            |this, dividend| this.remainder_by_quotient(dividend, divisor),
        )
    }

    fn remainder_by_quotient(&mut self, dividend: Value, divisor: u64) -> Value {
        let quotient = self.multiplied(dividend, Reciprocal::of(divisor));
        let divisor = self.number(divisor as i64);
        let product = self.builder.ins().imul(quotient, divisor);
        self.builder.ins().isub(dividend, product)
    }

    /// 0 if the divisor, no power of two, divides the value, else 1.
    fn indivisible(&mut self, dividend: Value, divisor: u64) -> Value {
        let Divisibility { inverse, bound, exponent } = Divisibility::of(divisor);
        let inverse = self.number(inverse as i64);
        let product = self.builder.ins().imul(dividend, inverse);
        let offset = self.number(bound as i64);
        let mut quotient = self.builder.ins().iadd(product, offset);
        if exponent > 0 {
            quotient = self.builder.ins().rotr_imm_u(quotient, exponent as i64);
        }
        let limit = self.number(((2 * bound) >> exponent) as i64);
        let left = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, quotient, limit);
        self.builder.ins().uextend(types::I64, left)
    }

    fn masked(&mut self, dividend: Value, divisor: u64) -> Value {
        let mask = self.number((divisor - 1) as i64);
        self.builder.ins().band(dividend, mask)
    }

    fn remainder_of_power(&mut self, dividend: Value, divisor: u64) -> Value {
        let (negative, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(negative);
        self.builder.append_block_param(done, types::I64);
        let masked = self.masked(dividend, divisor);
        let sign = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, dividend, 0);
        self.builder.ins().brif(sign, negative, &[], done, &[BlockArg::Value(masked)]);
        self.builder.switch_to_block(negative);
        let opposite = self.builder.ins().ineg(dividend);
        let masked = self.masked(opposite, divisor);
        let remainder = self.builder.ins().ineg(masked);
        self.builder.ins().jump(done, &[BlockArg::Value(remainder)]);
        self.builder.switch_to_block(done);
        self.builder.block_params(done)[0]
    }

    /// `low` of a value below 2^32, `other` (cold) of any other.
    fn split(
        &mut self,
        value: Value,
        low: impl FnOnce(&mut Self, Value) -> Value,
        other: impl FnOnce(&mut Self, Value) -> Value,
    ) -> Value {
        let (narrow, wide, done) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(wide);
        self.builder.append_block_param(done, types::I64);
        let half = self.builder.ins().ireduce(types::I32, value);
        let half = self.builder.ins().uextend(types::I64, half);
        let fits = self.builder.ins().icmp(IntCC::Equal, half, value);
        self.builder.ins().brif(fits, narrow, &[], wide, &[]);
        self.builder.switch_to_block(narrow);
        let result = low(self, value);
        self.builder.ins().jump(done, &[BlockArg::Value(result)]);
        self.builder.switch_to_block(wide);
        let result = other(self, value);
        self.builder.ins().jump(done, &[BlockArg::Value(result)]);
        self.builder.switch_to_block(done);
        self.builder.block_params(done)[0]
    }

    fn narrow_or_wide(&mut self, dividend: Value, divisor: Value, remainder: bool) -> Value {
        let both = self.builder.ins().bor(dividend, divisor);
        self.split(
            both,
            |this, _| {
                let dividend = this.builder.ins().ireduce(types::I32, dividend);
                let divisor = this.builder.ins().ireduce(types::I32, divisor);
                let result = if remainder {
                    this.builder.ins().urem(dividend, divisor)
                } else {
                    this.builder.ins().udiv(dividend, divisor)
                };
                this.builder.ins().uextend(types::I64, result)
            },
            |this, _| {
                if remainder {
                    this.builder.ins().srem(dividend, divisor)
                } else {
                    this.builder.ins().sdiv(dividend, divisor)
                }
            },
        )
    }
}
