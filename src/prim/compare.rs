//! Comparisons of ints, floats and bools.
//!
//! Floats compare by IEEE: every comparison with NaN is false except `ne`. An
//! int and a float compare by exact numeric value, so an int beyond 2^53 never
//! equals the float it would be rounded to unless that is the same number.
//! There is a mixed primitive for the int on the left; with the int on the
//! right use the mirrored comparison.
//!
//! Example: `int_float_eq(9007199254740993, 9007199254740992.0)` is false, and
//! `int_float_gt` of the same operands is true.

use std::cmp::Ordering;

macro_rules! comparisons {
    ($($name:ident $kind:ty, $operator:tt, $word:literal;)*) => { $(
        #[doc = concat!("Whether the left operand is ", $word, " the right one.")]
        #[inline(always)]
        pub fn $name(left: $kind, right: $kind) -> bool {
            left $operator right
        }
    )* };
}

comparisons! {
    int_eq i64, ==, "equal to";
    int_ne i64, !=, "not equal to";
    int_lt i64, <, "less than";
    int_le i64, <=, "at most";
    int_gt i64, >, "greater than";
    int_ge i64, >=, "at least";
    float_eq f64, ==, "equal to";
    float_ne f64, !=, "not equal to";
    float_lt f64, <, "less than";
    float_le f64, <=, "at most";
    float_gt f64, >, "greater than";
    float_ge f64, >=, "at least";
    bool_eq bool, ==, "equal to";
}

/// The other truth value.
#[inline(always)]
pub fn bool_not(value: bool) -> bool {
    !value
}

/// Order of an int and a float by exact numeric value; `None` for NaN.
#[inline]
pub fn int_float_order(left: i64, right: f64) -> Option<Ordering> {
    if right.is_nan() {
        return None;
    }
    match super::float_to_int(right) {
        // The float is beyond every int.
        None if right > 0.0 => Some(Ordering::Less),
        None => Some(Ordering::Greater),
        // Where the whole parts agree, the fraction decides; it is exact.
        Some(whole) => Some(left.cmp(&whole).then_with(|| {
            let fraction = right - right.trunc();
            if fraction > 0.0 {
                Ordering::Less
            } else if fraction < 0.0 {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        })),
    }
}

/// Whether the int and the float are the same number.
#[inline]
pub fn int_float_eq(left: i64, right: f64) -> bool {
    int_float_order(left, right) == Some(Ordering::Equal)
}

/// Whether the int is less than the float.
#[inline]
pub fn int_float_lt(left: i64, right: f64) -> bool {
    int_float_order(left, right) == Some(Ordering::Less)
}

/// Whether the int is at most the float.
#[inline]
pub fn int_float_le(left: i64, right: f64) -> bool {
    int_float_order(left, right).is_some_and(Ordering::is_le)
}

/// Whether the int is greater than the float.
#[inline]
pub fn int_float_gt(left: i64, right: f64) -> bool {
    int_float_order(left, right) == Some(Ordering::Greater)
}

/// Whether the int is at least the float.
#[inline]
pub fn int_float_ge(left: i64, right: f64) -> bool {
    int_float_order(left, right).is_some_and(Ordering::is_ge)
}
