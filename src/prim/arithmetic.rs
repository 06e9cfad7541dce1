//! Operators on whole values: what `+ - * / %`, comparisons and `-` do for
//! every pair of kinds. Overloading by structs is decided before this.
//!
//! Example: `binary(Add, "n = ", 3)` is `"n = 3"`; `binary(Less, 1, "a")` is
//! the fault `Invalid binary operation: int < string`.

use super::access::integral;
use super::compare::int_float_order;
use super::display::{display_string, with_display};
use super::equality::equal;
use super::fault::Fault;
use super::operator::Operator;
use super::values::type_name;
use super::*;
use crate::base::interrupt::Stop;
use crate::value::{ArrayObject, StringObject, Tag, Value, refuses};
use std::cmp::Ordering;

/// Most bytes that repeating a string may give.
const LARGEST_REPEAT: usize = 1 << 30;

/// The result of an operator on any two values.
///
/// # Errors
/// Overflow, a zero divisor, or kinds that the operator does not work on.
pub fn binary(operator: Operator, left: &Value, right: &Value) -> Result<Value, Fault> {
    match operator {
        Operator::Equal => Ok(Value::bool(equal(left, right))),
        Operator::NotEqual => Ok(Value::bool(!equal(left, right))),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            let order = match compare_order(left, right) {
                Some(order) => order,
                None => return Err(invalid(operator, left, right)),
            };
            Ok(Value::bool(order.is_some_and(|order| match operator {
                Operator::Less => order.is_lt(),
                Operator::LessEqual => order.is_le(),
                Operator::Greater => order.is_gt(),
                _ => order.is_ge(),
            })))
        }
        _ => match numbers(left, right) {
            Some(Numbers::Ints(left, right)) => int_arithmetic(operator, left, right),
            Some(Numbers::Floats(left, right)) => float_arithmetic(operator, left, right),
            None => other_arithmetic(operator, left, right),
        },
    }
}

/// `left + right`, reusing `left` if nobody else holds it: appending to a
/// string or array in a loop takes amortised constant time.
///
/// # Errors
/// As [`binary`].
#[inline]
pub fn concat(mut left: Value, right: &Value) -> Result<Value, Fault> {
    match (left.tag(), right.tag()) {
        (Tag::String, Tag::String) => {
            let text = right.as_string().expect("the tag says so").as_str();
            Ok(StringObject::append(left, text))
        }
        (Tag::String, _) => {
            Ok(with_display(std::slice::from_ref(right), |text| StringObject::append(left, text)))
        }
        (Tag::Array, Tag::Array) => {
            let source = right.as_array().expect("the tag says so");
            // As with texts, the program stops before it can look at the result: `left`
            // may have been taken out of a variable, so nothing may be raised here.
            if refuses(source.len() * source.storage().width()) {
                return Ok(left);
            }
            let target = left.array_mut().expect("the tag says so");
            target.reserve(source.len());
            for item in source.iter() {
                target.push(item);
            }
            Ok(left)
        }
        _ => binary(Operator::Add, &left, right),
    }
}

/// `-value`.
///
/// # Errors
/// Overflow for the smallest int; [`Fault::InvalidUnary`] for other kinds.
pub fn negate(value: &Value) -> Result<Value, Fault> {
    if let Some(int) = value.as_int() {
        return int_neg(int).map(Value::int).ok_or(Fault::NegateOverflow(int));
    }
    match value.as_float() {
        Some(float) => Ok(Value::float(float_neg(float))),
        None => Err(Fault::InvalidUnary { operator: "-", kind: type_name(value) }),
    }
}

/// How the values compare under `<`: `None` if the kinds cannot be compared,
/// `Some(None)` if one is NaN.
pub fn compare_order(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    match (left.tag(), right.tag()) {
        (Tag::Int, Tag::Int) => Some(Some(left.as_int()?.cmp(&right.as_int()?))),
        (Tag::Float, Tag::Float) => Some(left.as_float()?.partial_cmp(&right.as_float()?)),
        (Tag::Int, Tag::Float) => Some(int_float_order(left.as_int()?, right.as_float()?)),
        (Tag::Float, Tag::Int) => {
            Some(int_float_order(right.as_int()?, left.as_float()?).map(Ordering::reverse))
        }
        (Tag::String, Tag::String) => {
            Some(Some(left.as_string()?.as_str().cmp(right.as_string()?.as_str())))
        }
        _ => None,
    }
}

/// Why the int arithmetic of these operands has no result.
#[cold]
pub fn fault_of(operator: Operator, left: i64, right: i64) -> Fault {
    match operator {
        Operator::Divide if right == 0 => Fault::DivisionByZero,
        Operator::Modulo if right == 0 => Fault::ModuloByZero,
        _ => Fault::IntegerOverflow { left, operator, right },
    }
}

/// The text `count` times; empty for counts below one.
///
/// # Errors
/// [`Fault::TooLarge`] beyond a gigabyte.
pub fn repeat(text: &str, count: i64) -> Result<Value, Fault> {
    let count = usize::try_from(count).unwrap_or(0);
    match text.len().checked_mul(count) {
        Some(bytes) if bytes <= LARGEST_REPEAT => match refuses(bytes) {
            true => Err(Fault::Stopped(Stop::Memory)),
            false => Ok(Value::string(&text.repeat(count))),
        },
        _ => Err(Fault::TooLarge("repeating a string")),
    }
}

enum Numbers {
    Ints(i64, i64),
    Floats(f64, f64),
}

fn numbers(left: &Value, right: &Value) -> Option<Numbers> {
    Some(match (left.tag(), right.tag()) {
        (Tag::Int, Tag::Int) => Numbers::Ints(left.as_int()?, right.as_int()?),
        (Tag::Float, Tag::Float) => Numbers::Floats(left.as_float()?, right.as_float()?),
        (Tag::Int, Tag::Float) => Numbers::Floats(int_to_float(left.as_int()?), right.as_float()?),
        (Tag::Float, Tag::Int) => Numbers::Floats(left.as_float()?, int_to_float(right.as_int()?)),
        _ => return None,
    })
}

fn int_arithmetic(operator: Operator, left: i64, right: i64) -> Result<Value, Fault> {
    let result = match operator {
        Operator::Add => int_add(left, right),
        Operator::Subtract => int_sub(left, right),
        Operator::Multiply => int_mul(left, right),
        Operator::Divide => int_div(left, right),
        _ => int_mod(left, right),
    };
    result.map(Value::int).ok_or_else(|| fault_of(operator, left, right))
}

fn float_arithmetic(operator: Operator, left: f64, right: f64) -> Result<Value, Fault> {
    let result = match operator {
        Operator::Add => float_add(left, right),
        Operator::Subtract => float_sub(left, right),
        Operator::Multiply => float_mul(left, right),
        Operator::Divide => float_div(left, right).ok_or(Fault::DivisionByZero)?,
        _ => float_mod(left, right).ok_or(Fault::ModuloByZero)?,
    };
    Ok(Value::float(result))
}

fn other_arithmetic(operator: Operator, left: &Value, right: &Value) -> Result<Value, Fault> {
    match (operator, left.tag(), right.tag()) {
        (Operator::Add, Tag::String, _) => concat(left.clone(), right),
        (Operator::Add, _, Tag::String) => Ok(display_string(&[left.clone(), right.clone()])),
        (Operator::Add, Tag::Array, Tag::Array) => {
            let (left, right) = (
                left.as_array().expect("the tag says so"),
                right.as_array().expect("the tag says so"),
            );
            let storage = if left.is_empty() { right.storage() } else { left.storage() };
            if refuses((left.len() + right.len()) * storage.width()) {
                return Err(Fault::Stopped(Stop::Memory));
            }
            let mut sum = ArrayObject::with_capacity(storage, left.len() + right.len());
            let target = sum.array_mut().expect("just made");
            for item in left.iter().chain(right.iter()) {
                target.push(item);
            }
            Ok(sum)
        }
        (Operator::Multiply, Tag::String, Tag::Int) => repeat_value(left, right),
        (Operator::Multiply, Tag::Int, Tag::String) => repeat_value(right, left),
        _ => Err(invalid(operator, left, right)),
    }
}

fn repeat_value(text: &Value, count: &Value) -> Result<Value, Fault> {
    let text = text.as_string().expect("the caller saw a string");
    repeat(text.as_str(), integral(count).expect("the caller saw an int"))
}

#[cold]
fn invalid(operator: Operator, left: &Value, right: &Value) -> Fault {
    Fault::InvalidBinary { operator, left: type_name(left), right: type_name(right) }
}
