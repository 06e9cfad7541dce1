//! Promises: what `async` functions, timers and tasks give.
//!
//! A promise is a record of three fields: its state, a value, and for a timer
//! or a limit of time when it is reached. The value of a task is a channel with
//! its function while the task waits, nothing while it runs, and a promise of
//! its result, with the time of its end, afterwards.
//!
//! Example: `fulfilled(3)` has the fields 0, 3, null.

use crate::value::{ChannelObject, RecordObject, Tag, Value};

/// The value is the result.
pub const FULFILLED: i64 = 0;
/// The value is the error.
pub const REJECTED: i64 = 1;
/// Null is the result at a time.
pub const TIMER: i64 = 2;
/// An array of the results of the promises in the array that the value is.
pub const ALL: i64 = 3;
/// The result of a task.
pub const TASK: i64 = 4;
/// The result of the promise that is the first element of the value, unless it
/// takes longer than to the time; the second says how long that is.
pub const TIMEOUT: i64 = 5;
/// Null when the promise that the value is has a result.
pub const NOTHING: i64 = 6;
/// The result of the value, which may be a promise, but not before the time.
pub const ENDED: i64 = 7;

/// A promise in a state.
pub fn new_promise(state: i64, value: Value, time: Value) -> Value {
    RecordObject::of_kind(Tag::Promise, 0, [Value::int(state), value, time].into_iter())
}

/// State, value and time of a promise; nothing for other values.
pub fn promise_parts(value: &Value) -> Option<(i64, &Value, f64)> {
    let [state, value, time] = value.as_promise()?.fields() else { return None };
    Some((state.as_int()?, value, time.as_float().unwrap_or_default()))
}

/// The promise of a task that waits to call a function.
pub fn new_task(function: Value) -> Value {
    let state = ChannelObject::allocate();
    if let Some(channel) = state.as_channel() {
        channel.send(function);
    }
    new_promise(TASK, state, Value::NULL)
}

/// What is known of a task, of which `state` is the promise's value.
fn known(state: &Value) -> Option<Value> {
    let channel = state.as_channel()?;
    let known = channel.receive()?;
    channel.send(known.clone());
    Some(known)
}

/// The promise of a task's result, if it has ended.
pub fn task_result(state: &Value) -> Option<Value> {
    known(state).filter(|known| known.tag() == Tag::Promise)
}

fn task_state(task: &Value) -> Option<&Value> {
    promise_parts(task).filter(|(kind, ..)| *kind == TASK).map(|(_, state, _)| state)
}

/// Whether it is a task that has not been started.
pub fn is_waiting_task(task: &Value) -> bool {
    task_state(task).and_then(known).is_some_and(|known| known.tag() != Tag::Promise)
}

/// The function of a task that waits, which is running from now on.
pub fn start_task(task: &Value) -> Option<Value> {
    if !is_waiting_task(task) {
        return None;
    }
    task_state(task)?.as_channel()?.receive()
}

/// Ends a task at a time with a result, which may be a promise.
pub fn finish_task(task: &Value, result: Value, time: f64) {
    let Some(channel) = task_state(task).and_then(|state| state.as_channel()) else { return };
    channel.receive();
    channel.send(new_promise(ENDED, result, Value::float(time)));
}
