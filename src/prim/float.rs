//! Arithmetic on floats: IEEE, but a zero divisor raises.
//!
//! Example: `float_div(1.0, 0.0)` is `None`; `float_mod(-7.5, 2.0)` is
//! `Some(-1.5)`; `float_round(-2.5)` is `-3.0`.

/// Sum.
#[inline(always)]
pub fn float_add(left: f64, right: f64) -> f64 {
    left + right
}

/// Difference.
#[inline(always)]
pub fn float_sub(left: f64, right: f64) -> f64 {
    left - right
}

/// Product.
#[inline(always)]
pub fn float_mul(left: f64, right: f64) -> f64 {
    left * right
}

/// Quotient; `None` if the divisor is zero of either sign.
#[inline(always)]
pub fn float_div(left: f64, right: f64) -> Option<f64> {
    if right == 0.0 { None } else { Some(left / right) }
}

/// Remainder as C `fmod`, with the sign of the dividend; `None` if the divisor is zero.
#[inline(always)]
pub fn float_mod(left: f64, right: f64) -> Option<f64> {
    if right == 0.0 { None } else { Some(left % right) }
}

/// Negation: the sign bit is flipped, also of zero.
#[inline(always)]
pub fn float_neg(value: f64) -> f64 {
    -value
}

/// Magnitude: the sign bit is cleared.
#[inline(always)]
pub fn float_abs(value: f64) -> f64 {
    value.abs()
}

/// The right one if it is smaller or NaN, else the left one (so NaN stays).
#[inline(always)]
pub fn float_min(left: f64, right: f64) -> f64 {
    if right < left || right.is_nan() { right } else { left }
}

/// The right one if it is larger or NaN, else the left one (so NaN stays).
#[inline(always)]
pub fn float_max(left: f64, right: f64) -> f64 {
    if right > left || right.is_nan() { right } else { left }
}

/// Square root; NaN for negative numbers.
#[inline(always)]
pub fn float_sqrt(value: f64) -> f64 {
    value.sqrt()
}

/// Largest integral number not above.
#[inline(always)]
pub fn float_floor(value: f64) -> f64 {
    value.floor()
}

/// Smallest integral number not below.
#[inline(always)]
pub fn float_ceil(value: f64) -> f64 {
    value.ceil()
}

/// Nearest integral number, half away from zero.
#[inline(always)]
pub fn float_round(value: f64) -> f64 {
    value.round()
}

/// Power.
#[inline]
pub fn float_pow(base: f64, exponent: f64) -> f64 {
    base.powf(exponent)
}

/// Sine of radians.
#[inline]
pub fn float_sin(value: f64) -> f64 {
    value.sin()
}

/// Cosine of radians.
#[inline]
pub fn float_cos(value: f64) -> f64 {
    value.cos()
}

/// Tangent of radians.
#[inline]
pub fn float_tan(value: f64) -> f64 {
    value.tan()
}

/// Natural logarithm; NaN for negative numbers, minus infinity for zero.
#[inline]
pub fn float_log(value: f64) -> f64 {
    value.ln()
}

/// e to the power.
#[inline]
pub fn float_exp(value: f64) -> f64 {
    value.exp()
}

/// The int toward zero; `None` for NaN and outside the range of ints.
#[inline(always)]
pub fn float_to_int(value: f64) -> Option<i64> {
    // Both bounds are powers of two, so they are exact; the upper one is not an int.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        Some(value as i64)
    } else {
        None
    }
}

/// The int of the same value; `None` if there is none.
#[inline(always)]
pub fn float_to_int_exact(value: f64) -> Option<i64> {
    let int = float_to_int(value)?;
    if int as f64 == value { Some(int) } else { None }
}
