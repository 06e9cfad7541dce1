//! Builtins on numbers.
//!
//! `abs`, `min` and `max` keep ints; the functions of analysis and rounding
//! give floats, also for ints; the bit operations take and give ints.
//!
//! Example: `round(2.5)` is the float 3, `min(1, 1.5)` the int 1,
//! `bit_shl(1, 64)` raises.

use super::Context;
use super::arguments::{number, whole, wrong_kind};
use super::table::{Builtin, Effects, Function};
use crate::prim::{
    Fault, bit_shl, bit_shr, compare_order, float_abs, float_log, float_max, float_min, float_pow,
    float_round, float_sqrt, int_abs,
};
use crate::value::Value;

const PURE: Effects = Effects::PURE;

const fn float_function(
    name: &'static str,
    signature: &'static str,
    documentation: &'static str,
    function: Function,
) -> Builtin {
    Builtin::native(name, (1, 1), signature, documentation, PURE, function)
}

const fn bit_function(
    name: &'static str,
    signature: &'static str,
    documentation: &'static str,
    function: Function,
) -> Builtin {
    Builtin::native(name, (2, 2), signature, documentation, PURE, function)
}

/// A function of one number that runs the primitive of the same name.
macro_rules! of_float {
    ($name:literal, $primitive:ident) => {
        |_, arguments| {
            let number = number($name, arguments, 0)?;
            Ok(Value::float(crate::prim::$primitive(number)))
        }
    };
}

/// A function of two ints that runs a primitive that never faults.
macro_rules! of_ints {
    ($name:literal, $primitive:ident) => {
        |_, arguments| {
            let (left, right) = (int($name, arguments, 0)?, int($name, arguments, 1)?);
            Ok(Value::int(crate::prim::$primitive(left, right)))
        }
    };
}

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native("abs", (1, 1), "abs(n) -> number", "The magnitude.", PURE, abs),
    Builtin::native(
        "min",
        (2, 2),
        "min(a, b) -> number",
        "The smaller one; NaN if either is.",
        PURE,
        min,
    ),
    Builtin::native(
        "max",
        (2, 2),
        "max(a, b) -> number",
        "The larger one; NaN if either is.",
        PURE,
        max,
    ),
    Builtin::native("sqrt", (1, 1), "sqrt(n) -> float", "The square root.", PURE, sqrt),
    Builtin::native("pow", (2, 2), "pow(base, exponent) -> float", "The power.", PURE, pow),
    float_function(
        "floor",
        "floor(n) -> float",
        "The largest integral number not above.",
        of_float!("floor", float_floor),
    ),
    float_function(
        "ceil",
        "ceil(n) -> float",
        "The smallest integral number not below.",
        of_float!("ceil", float_ceil),
    ),
    Builtin::native(
        "round",
        (1, 2),
        "round(n, [digits]) -> float",
        "The nearest number with so many digits after the point, half away from zero.",
        PURE,
        round,
    ),
    float_function("sin", "sin(n) -> float", "The sine of radians.", of_float!("sin", float_sin)),
    float_function("cos", "cos(n) -> float", "The cosine of radians.", of_float!("cos", float_cos)),
    float_function(
        "tan",
        "tan(n) -> float",
        "The tangent of radians.",
        of_float!("tan", float_tan),
    ),
    float_function("exp", "exp(n) -> float", "e to the power.", of_float!("exp", float_exp)),
    Builtin::native("log", (1, 1), "log(n) -> float", "The natural logarithm.", PURE, log),
    bit_function(
        "bit_and",
        "bit_and(a, b) -> int",
        "The bits set in both.",
        of_ints!("bit_and", bit_and),
    ),
    bit_function(
        "bit_or",
        "bit_or(a, b) -> int",
        "The bits set in either.",
        of_ints!("bit_or", bit_or),
    ),
    bit_function(
        "bit_xor",
        "bit_xor(a, b) -> int",
        "The bits set in exactly one.",
        of_ints!("bit_xor", bit_xor),
    ),
    Builtin::native("bit_not", (1, 1), "bit_not(a) -> int", "All bits flipped.", PURE, bit_not),
    bit_function("bit_shl", "bit_shl(a, n) -> int", "The bits moved up by n places.", shift_left),
    bit_function(
        "bit_shr",
        "bit_shr(a, n) -> int",
        "The bits moved down by n places, keeping the sign.",
        shift_right,
    ),
];

fn int(name: &str, arguments: &[Value], at: usize) -> Result<i64, Fault> {
    arguments[at].as_int().ok_or_else(|| wrong_kind(name, "an int", &arguments[at]))
}

fn abs(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    if let Some(int) = arguments[0].as_int() {
        let result = int_abs(int).map(Value::int);
        return result.ok_or_else(|| Fault::Builtin(format!("Integer overflow: abs({int})")));
    }
    number("abs", arguments, 0).map(|float| Value::float(float_abs(float)))
}

fn min(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    smaller_or_larger("min", float_min, |order| order.is_lt(), arguments)
}

fn max(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    smaller_or_larger("max", float_max, |order| order.is_gt(), arguments)
}

/// The right operand if it is preferred to the left one or NaN, else the left one.
fn smaller_or_larger(
    name: &str,
    of_floats: fn(f64, f64) -> f64,
    preferred: fn(std::cmp::Ordering) -> bool,
    arguments: &mut [Value],
) -> Result<Value, Fault> {
    number(name, arguments, 0)?;
    number(name, arguments, 1)?;
    let (left, right) = (&arguments[0], &arguments[1]);
    if let (Some(left), Some(right)) = (left.as_float(), right.as_float()) {
        return Ok(Value::float(of_floats(left, right)));
    }
    let nan = right.as_float().is_some_and(f64::is_nan);
    let take_right = nan || compare_order(right, left).flatten().is_some_and(preferred);
    Ok(std::mem::take(&mut arguments[usize::from(take_right)]))
}

fn sqrt(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let number = number("sqrt", arguments, 0)?;
    if number < 0.0 {
        return Err(Fault::Builtin("sqrt() domain error: value must be >= 0".to_string()));
    }
    Ok(Value::float(float_sqrt(number)))
}

fn log(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let number = number("log", arguments, 0)?;
    if number <= 0.0 {
        return Err(Fault::Builtin("log() domain error: value must be > 0".to_string()));
    }
    Ok(Value::float(float_log(number)))
}

fn pow(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (base, exponent) = (number("pow", arguments, 0)?, number("pow", arguments, 1)?);
    Ok(Value::float(float_pow(base, exponent)))
}

fn round(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let number = number("round", arguments, 0)?;
    if arguments.len() == 1 {
        return Ok(Value::float(float_round(number)));
    }
    let digits = whole("round", arguments, 1)?.clamp(-400, 400) as i32;
    let scale = 10f64.powi(digits.abs());
    // From here on there are no floats between ints, so there is nothing to round.
    const INTEGRAL: f64 = (1u64 << 52) as f64;
    if digits >= 0 && (number * scale).abs() >= INTEGRAL {
        return Ok(Value::float(number));
    }
    let rounded = match digits >= 0 {
        true => float_round(number * scale) / scale,
        false => float_round(number / scale) * scale,
    };
    // So many digits that scaling leaves the range: they change nothing, or leave nothing.
    let beyond = if digits >= 0 { number } else { 0.0 };
    Ok(Value::float(if rounded.is_finite() { rounded } else { beyond }))
}

fn bit_not(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    int("bit_not", arguments, 0).map(|value| Value::int(crate::prim::bit_not(value)))
}

fn shift_left(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (value, amount) = (int("bit_shl", arguments, 0)?, int("bit_shl", arguments, 1)?);
    bit_shl(value, amount).map(Value::int).ok_or_else(|| bad_shift("bit_shl"))
}

fn shift_right(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (value, amount) = (int("bit_shr", arguments, 0)?, int("bit_shr", arguments, 1)?);
    bit_shr(value, amount).map(Value::int).ok_or_else(|| bad_shift("bit_shr"))
}

#[cold]
fn bad_shift(name: &str) -> Fault {
    Fault::Builtin(format!("{name}() expects a shift amount between 0 and 63"))
}
