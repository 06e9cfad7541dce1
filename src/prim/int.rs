//! Checked arithmetic on 64-bit ints.
//!
//! `None` means that the language raises: the result does not fit, or the
//! divisor is zero. Which of the two is told by
//! [`fault_of`](super::arithmetic::fault_of).
//!
//! Example: `int_div(-7, 2)` is `Some(-3)`, `int_mod(-7, 2)` is `Some(-1)`,
//! `int_div(i64::MIN, -1)` is `None`.

/// Sum; `None` on overflow.
#[inline(always)]
pub fn int_add(left: i64, right: i64) -> Option<i64> {
    left.checked_add(right)
}

/// Difference; `None` on overflow.
#[inline(always)]
pub fn int_sub(left: i64, right: i64) -> Option<i64> {
    left.checked_sub(right)
}

/// Product; `None` on overflow.
#[inline(always)]
pub fn int_mul(left: i64, right: i64) -> Option<i64> {
    left.checked_mul(right)
}

/// Quotient truncated toward zero; `None` for divisor zero and on overflow.
#[inline(always)]
pub fn int_div(left: i64, right: i64) -> Option<i64> {
    left.checked_div(right)
}

/// Remainder with the sign of the dividend; `None` for divisor zero and for
/// the smallest int by -1.
#[inline(always)]
pub fn int_mod(left: i64, right: i64) -> Option<i64> {
    left.checked_rem(right)
}

/// Negation; `None` for the smallest int.
#[inline(always)]
pub fn int_neg(value: i64) -> Option<i64> {
    value.checked_neg()
}

/// Magnitude; `None` for the smallest int.
#[inline(always)]
pub fn int_abs(value: i64) -> Option<i64> {
    value.checked_abs()
}

/// The smaller one.
#[inline(always)]
pub fn int_min(left: i64, right: i64) -> i64 {
    left.min(right)
}

/// The larger one.
#[inline(always)]
pub fn int_max(left: i64, right: i64) -> i64 {
    left.max(right)
}

/// The nearest float, ties to even.
#[inline(always)]
pub fn int_to_float(value: i64) -> f64 {
    value as f64
}
