//! Divisions that ranges make cheaper.
//!
//! A remainder of what is below the divisor is that itself, one of what is below twice
//! the divisor at most a subtraction away, one by a power of two a mask if there is no
//! sign. In a sum that is kept small by a remainder, `s := (s + x) % m`, the remainder of
//! `x` does not wait for the round before; what does is an addition and a subtraction
//! that is selected or not. So the chain from round to round takes three cycles instead
//! of the dozen of a multiplication by a reciprocal.
//!
//! A remainder by `2^k - 1`, popular for random numbers, is one of the sum of the two
//! halves of the dividend.
//!
//! Where facts that would allow this are missing, the loop is asked for them (see
//! [`assumed`](super::assumed)): that the divisor is the constant that it was in the
//! recording, and that the sum begins below it.
//!
//! What must hold: results are those of `int_div` and `int_mod`, the sign of the dividend
//! included.
//!
//! Example: with `a` and `b` in `0..m`, `(a + b) % m` is `select t < m, t, t - m` of their
//! sum `t`.

use super::super::ir::{Inst, Op, Ref, Type};
use super::emit::{Emitter, Path};
use super::plan::EmitError;
use super::ranges::Range;

/// Divisors up to here leave room for sums of two remainders.
const LARGEST: i64 = 1 << 62;

/// Operations through which what a dividend is computed from is looked for.
const WISH_DEPTH: u32 = 3;

impl Emitter<'_> {
    /// The result of a division as something cheaper, if what is known allows that.
    pub(super) fn divide(
        &mut self,
        path: &mut Path,
        inst: &Inst,
    ) -> Result<Option<Ref>, EmitError> {
        let is_remainder = match inst.op {
            Op::IntMod => true,
            Op::IntDiv => false,
            _ => return Ok(None),
        };
        let (dividend, divisor) = (inst.args[0], inst.args[1]);
        let truths = &path.state.facts.truths;
        let range = truths.range(&self.graph, dividend);
        let Some(constant) = self.graph.as_int(divisor) else {
            if range.low >= 0 && truths.at_most(&self.graph, dividend, divisor, -1) {
                return Ok(Some(if is_remainder { dividend } else { self.graph.int(0) }));
            }
            self.ask_for_divisor(path, divisor);
            return Ok(None);
        };
        let Some(magnitude) = constant.checked_abs().filter(|m| (2..LARGEST).contains(m)) else {
            return Ok(None);
        };
        let inside = Range { low: 1 - magnitude, high: magnitude - 1 };
        if inside.contains(range) {
            return Ok(Some(if is_remainder { dividend } else { self.graph.int(0) }));
        }
        let power = (magnitude & (magnitude - 1)) == 0;
        if power && range.low >= 0 {
            let (op, operand) = match is_remainder {
                true => (Op::BitAnd, magnitude - 1),
                false if constant < 0 => return Ok(None),
                false => (Op::BitShr, i64::from(magnitude.trailing_zeros())),
            };
            let operand = self.graph.int(operand);
            let cheaper = Inst::new(op, Type::Int, &[dividend, operand]);
            return self.value(path, cheaper).map(Some);
        }
        if power {
            self.ask_to_be_natural(path, dividend);
        }
        if !is_remainder {
            return Ok(None);
        }
        if range.low >= 0 && range.high < 2 * magnitude {
            return self.less_once(path, dividend, magnitude).map(Some);
        }
        let bits = i64::from(64 - magnitude.leading_zeros());
        if magnitude == (1 << bits) - 1 && range.low >= 0 && range.high >> bits < magnitude {
            return self.remainder_of_digits(path, dividend, bits).map(Some);
        }
        let result = self.remainder_of_sum(path, dividend, magnitude)?;
        if result.is_none() {
            self.wish_about(path, dividend, magnitude, WISH_DEPTH);
        }
        Ok(result)
    }

    /// The remainder by `2^bits - 1` of a number with two digits to the base `2^bits`:
    /// as that base leaves the remainder 1, it is that of the sum of the digits.
    fn remainder_of_digits(
        &mut self,
        path: &mut Path,
        dividend: Ref,
        bits: i64,
    ) -> Result<Ref, EmitError> {
        let limit = (1 << bits) - 1;
        let (mask, shift) = (self.graph.int(limit), self.graph.int(bits));
        let low = self.value(path, Inst::new(Op::BitAnd, Type::Int, &[dividend, mask]))?;
        let high = self.value(path, Inst::new(Op::BitShr, Type::Int, &[dividend, shift]))?;
        let sum = self.value(path, Inst::new(Op::IntAddWrap, Type::Int, &[low, high]))?;
        self.less_once(path, sum, limit)
    }

    /// Wishes that what a dividend is computed from and the loop passes on be below the
    /// divisor, as it is where the remainder becomes the next round's operand.
    fn wish_about(&mut self, path: &Path, dividend: Ref, limit: i64, depth: u32) {
        let inst = self.graph.inst(dividend);
        match inst.op {
            Op::Parameter => {
                let range = path.state.facts.truths.range(&self.graph, dividend);
                if range.low < 0 || range.high >= limit {
                    self.wish_below(path, dividend, limit);
                }
            }
            Op::IntAdd
            | Op::IntAddWrap
            | Op::IntSub
            | Op::IntSubWrap
            | Op::IntMul
            | Op::IntMulWrap
                if depth > 0 =>
            {
                for operand in inst.args.clone() {
                    self.wish_about(path, operand, limit, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// The remainder of a sum of which one operand is a remainder already.
    fn remainder_of_sum(
        &mut self,
        path: &mut Path,
        dividend: Ref,
        magnitude: i64,
    ) -> Result<Option<Ref>, EmitError> {
        let sum = self.graph.inst(dividend);
        let truths = &path.state.facts.truths;
        let adds = matches!(sum.op, Op::IntAdd | Op::IntAddWrap);
        if !adds || !truths.is_exact(&self.graph, dividend) {
            return Ok(None);
        }
        let (left, right) = (sum.args[0], sum.args[1]);
        let [of_left, of_right] = [left, right].map(|operand| truths.range(&self.graph, operand));
        let reduced = Range { low: 0, high: magnitude - 1 };
        let (kept, other) = match () {
            () if reduced.contains(of_left) && of_right.low >= 0 => (left, right),
            () if reduced.contains(of_right) && of_left.low >= 0 => (right, left),
            () => return Ok(None),
        };
        let divisor = self.graph.int(magnitude);
        let rest = self.value(path, Inst::new(Op::IntMod, Type::Int, &[other, divisor]))?;
        let sum = self.value(path, Inst::new(Op::IntAddWrap, Type::Int, &[kept, rest]))?;
        self.less_once(path, sum, magnitude).map(Some)
    }

    /// An int below twice the limit, less the limit if it is not below that.
    fn less_once(&mut self, path: &mut Path, value: Ref, limit: i64) -> Result<Ref, EmitError> {
        let divisor = self.graph.int(limit);
        let below = self.value(path, Inst::new(Op::IntLt, Type::Bool, &[value, divisor]))?;
        let less = self.value(path, Inst::new(Op::IntSubWrap, Type::Int, &[value, divisor]))?;
        let result = self.value(path, Inst::new(Op::Select, Type::Int, &[below, value, less]))?;
        let range = Range { low: 0, high: limit - 1 };
        path.state.facts.truths.bound(&self.graph, result, range);
        Ok(result)
    }
}
