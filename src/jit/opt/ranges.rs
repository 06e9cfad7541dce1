//! Integer ranges: bounds of a result by its operation and the guards passed.
//!
//! Example: `int_mod v3, 1000` lies in -999..=999, and in 0..=999 once `v3` is
//! known not to be negative; a sum of two such needs no overflow check.

use super::super::ir::Op;

/// Inclusive bounds of an int.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Smallest possible value.
    pub low: i64,
    /// Largest possible value.
    pub high: i64,
}

impl Range {
    /// Any int.
    pub const FULL: Range = Range { low: i64::MIN, high: i64::MAX };
    /// No object has more elements, characters or bytes than this.
    pub const LENGTH: Range = Range { low: 0, high: 1 << 48 };

    /// Just this value.
    pub fn exactly(value: i64) -> Range {
        Range { low: value, high: value }
    }

    /// The values in both; the second operand wins where there are none.
    pub fn and(self, other: Range) -> Range {
        let both = Range { low: self.low.max(other.low), high: self.high.min(other.high) };
        if both.low > both.high { other } else { both }
    }

    /// Whether nothing is known.
    pub fn is_full(self) -> bool {
        self == Range::FULL
    }

    /// Whether all values of `inner` are in this range.
    pub fn contains(self, inner: Range) -> bool {
        self.low <= inner.low && inner.high <= self.high
    }

    /// The bounds of both together.
    pub fn or(self, other: Range) -> Range {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The bounds of all values plus a number, where the sums fit 64 bits.
    pub fn moved(self, by: i64) -> Range {
        Range { low: self.low.saturating_add(by), high: self.high.saturating_add(by) }
    }

    fn within(low: i128, high: i128) -> Option<Range> {
        Some(Range { low: i64::try_from(low).ok()?, high: i64::try_from(high).ok()? })
    }

    fn corners(self, other: Range, op: impl Fn(i128, i128) -> i128) -> Option<Range> {
        let all = [
            op(self.low as i128, other.low as i128),
            op(self.low as i128, other.high as i128),
            op(self.high as i128, other.low as i128),
            op(self.high as i128, other.high as i128),
        ];
        Range::within(*all.iter().min()?, *all.iter().max()?)
    }

    /// The exact range of an arithmetic operation, `None` if it may overflow.
    pub fn arithmetic(op: Op, a: Range, b: Range) -> Option<Range> {
        match op {
            Op::IntAdd | Op::IntAddWrap => {
                Range::within(a.low as i128 + b.low as i128, a.high as i128 + b.high as i128)
            }
            Op::IntSub | Op::IntSubWrap => {
                Range::within(a.low as i128 - b.high as i128, a.high as i128 - b.low as i128)
            }
            Op::IntMul | Op::IntMulWrap => a.corners(b, |x, y| x * y),
            _ => None,
        }
    }

    /// Bounds of the result of a binary operation that did not leave.
    pub fn binary(op: Op, a: Range, b: Range) -> Range {
        match op {
            Op::IntAdd | Op::IntSub | Op::IntMul => {
                Range::arithmetic(op, a, b).unwrap_or_else(|| Range::saturating(op, a, b))
            }
            Op::IntAddWrap | Op::IntSubWrap | Op::IntMulWrap => {
                Range::arithmetic(op, a, b).unwrap_or(Range::FULL)
            }
            Op::IntMod => Range::remainder(a, b),
            Op::IntMin => Range { low: a.low.min(b.low), high: a.high.min(b.high) },
            Op::IntMax => Range { low: a.low.max(b.low), high: a.high.max(b.high) },
            Op::IntDiv if b.low > 0 => {
                let bounds = [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high];
                Range {
                    low: bounds.into_iter().min().unwrap_or(i64::MIN),
                    high: bounds.into_iter().max().unwrap_or(i64::MAX),
                }
            }
            Op::BitAnd if b.low >= 0 => Range { low: 0, high: b.high },
            Op::BitAnd if a.low >= 0 => Range { low: 0, high: a.high },
            Op::BitOr | Op::BitXor if a.low >= 0 && b.low >= 0 => {
                let bits = 64 - (a.high | b.high).leading_zeros();
                Range { low: 0, high: ((1u128 << bits) - 1) as i64 }
            }
            Op::BitShr if b.low == b.high && (0..64).contains(&b.low) => {
                Range { low: a.low >> b.low, high: a.high >> b.low }
            }
            _ => Range::FULL,
        }
    }

    /// Bounds of a checked operation that passed: what is beyond 64 bits left.
    fn saturating(op: Op, a: Range, b: Range) -> Range {
        match op {
            Op::IntAdd => {
                Range { low: a.low.saturating_add(b.low), high: a.high.saturating_add(b.high) }
            }
            Op::IntSub => {
                Range { low: a.low.saturating_sub(b.high), high: a.high.saturating_sub(b.low) }
            }
            _ => {
                if a.low >= 0 && b.low >= 0 {
                    Range { low: a.low.saturating_mul(b.low), high: i64::MAX }
                } else {
                    Range::FULL
                }
            }
        }
    }

    fn remainder(a: Range, b: Range) -> Range {
        let largest = b.low.unsigned_abs().max(b.high.unsigned_abs()).max(1) - 1;
        let largest = i64::try_from(largest).unwrap_or(i64::MAX);
        Range {
            low: if a.low >= 0 { 0 } else { (-largest).max(a.low) },
            high: if a.high <= 0 { 0 } else { largest.min(a.high) },
        }
    }
}
