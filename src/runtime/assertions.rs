//! Builtins that raise unless something holds.
//!
//! Example: `assert_equal(1, "a")` raises
//! `Assertion failed: expected "a", got 1`; `assert(true)` is true.

use super::Context;
use super::collections::contained;
use super::error_value::new_error;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, display, equal, quoted, truthy};
use crate::value::Value;

const READS: Effects = Effects::READS_HEAP;

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "assert",
        (1, 2),
        "assert(condition, [message]) -> true",
        "Raises the message unless the condition is true.",
        READS,
        assert,
    ),
    Builtin::native(
        "assert_equal",
        (2, 3),
        "assert_equal(actual, expected, [message]) -> true",
        "Raises unless both are equal.",
        READS,
        assert_equal,
    ),
    Builtin::native(
        "assert_true",
        (1, 1),
        "assert_true(v) -> true",
        "Raises unless the value is true itself.",
        READS,
        assert_true,
    ),
    Builtin::native(
        "assert_false",
        (1, 1),
        "assert_false(v) -> true",
        "Raises unless the value is false itself.",
        READS,
        assert_false,
    ),
    Builtin::native(
        "assert_contains",
        (2, 2),
        "assert_contains(c, x) -> true",
        "Raises unless contains(c, x).",
        READS,
        assert_contains,
    ),
    Builtin::native(
        "error",
        (1, 1),
        "error(message) -> Error",
        "An error value with this message, for throwing.",
        READS.and(Effects::ALLOCATES),
        error,
    ),
];

fn holds(condition: bool, message: impl FnOnce() -> String) -> Result<Value, Fault> {
    if condition { Ok(Value::bool(true)) } else { Err(Fault::Builtin(message())) }
}

fn assert(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    holds(truthy(&arguments[0]), || {
        arguments.get(1).map_or_else(|| "Assertion failed".to_string(), display)
    })
}

pub(super) fn assert_equal(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (actual, expected) = (&arguments[0], &arguments[1]);
    holds(equal(actual, expected), || match arguments.get(2) {
        Some(message) => display(message),
        None => difference(actual, expected),
    })
}

/// What is wrong with values that differ.
pub(super) fn difference(actual: &Value, expected: &Value) -> String {
    expected_but_got(&quoted(expected), actual)
}

fn expected_but_got(expected: &str, actual: &Value) -> String {
    format!("Assertion failed: expected {expected}, got {}", quoted(actual))
}

fn assert_true(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    holds(value.as_bool() == Some(true), || expected_but_got("true", value))
}

fn assert_false(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    holds(value.as_bool() == Some(false), || expected_but_got("false", value))
}

pub(super) fn assert_contains(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let contains = contained("assert_contains", arguments)?;
    holds(contains, || lack(&arguments[0], &arguments[1]))
}

/// What is wrong with a collection without the element.
pub(super) fn lack(collection: &Value, wanted: &Value) -> String {
    format!("Assertion failed: {} does not contain {}", quoted(collection), quoted(wanted))
}

fn error(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(new_error(&display(&arguments[0])))
}
