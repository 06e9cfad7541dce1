//! Bit operations on ints as 64-bit two's complement.
//!
//! Example: `bit_shl(1, 63)` is `Some(i64::MIN)`; `bit_shr(-8, 1)` is
//! `Some(-4)`; a shift amount of 64 is `None`.

/// Bits set in both.
#[inline(always)]
pub fn bit_and(left: i64, right: i64) -> i64 {
    left & right
}

/// Bits set in either.
#[inline(always)]
pub fn bit_or(left: i64, right: i64) -> i64 {
    left | right
}

/// Bits set in exactly one.
#[inline(always)]
pub fn bit_xor(left: i64, right: i64) -> i64 {
    left ^ right
}

/// All bits flipped.
#[inline(always)]
pub fn bit_not(value: i64) -> i64 {
    !value
}

/// Shift toward the high end, losing what leaves; `None` unless the amount is 0 to 63.
#[inline(always)]
pub fn bit_shl(value: i64, amount: i64) -> Option<i64> {
    if (0..64).contains(&amount) { Some(value << amount) } else { None }
}

/// Shift toward the low end keeping the sign; `None` unless the amount is 0 to 63.
#[inline(always)]
pub fn bit_shr(value: i64, amount: i64) -> Option<i64> {
    if (0..64).contains(&amount) { Some(value >> amount) } else { None }
}
