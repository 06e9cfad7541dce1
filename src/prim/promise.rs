//! Promises: what `async` functions and timers give.
//!
//! A promise is a record of three fields: its state, a value, and for a timer
//! the time at which it settles.
//!
//! Example: `fulfilled(3)` has the fields 0, 3, null.

use crate::value::{RecordObject, Tag, Value};

/// The value is the result.
pub const FULFILLED: i64 = 0;
/// The value is the error.
pub const REJECTED: i64 = 1;
/// Null is the result at a time.
pub const TIMER: i64 = 2;
/// An array of the results of the promises in the array that the value is.
pub const ALL: i64 = 3;

/// A promise in a state.
pub fn new_promise(state: i64, value: Value, time: Value) -> Value {
    RecordObject::of_kind(Tag::Promise, 0, [Value::int(state), value, time].into_iter())
}

/// State, value and time of a promise; nothing for other values.
pub fn promise_parts(value: &Value) -> Option<(i64, &Value, f64)> {
    let [state, value, time] = value.as_promise()?.fields() else { return None };
    Some((state.as_int()?, value, time.as_float().unwrap_or_default()))
}
