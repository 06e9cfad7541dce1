//! Promises and channels: making them, asking about them, waiting for them.
//!
//! What a promise will be is known the moment it is looked at: a value, an
//! error, or one of these at a time on the run's clock. So a promise of many
//! others needs no threads: its time is the latest of theirs, or that of the
//! first error. Builtins whose names begin with `__` are for the compiler and
//! the prelude, which holds the loop that runs tasks.
//!
//! Example: two promises by `async_sleep(20)` are both settled 20 ms after they
//! were made, and so is `promise_all` of them; awaiting it sleeps once.

use super::Context;
use super::arguments::{array, size, wrong_kind};
use super::clock::waiting_time;
use super::table::{Builtin, Effects};
use crate::prim::promise::{
    ALL, ENDED, FULFILLED, NOTHING, REJECTED, TASK, TIMEOUT, TIMER, is_waiting_task, new_promise,
    promise_parts, task_result,
};
use crate::prim::{Fault, display, optional_member};
use crate::value::{ChannelObject, Symbol, Value};
use std::time::Duration;

pub(super) const MAKES: Effects = Effects::ALLOCATES;
pub(super) const STATE: Effects = Effects::STATE.and(Effects::READS_HEAP).and(Effects::ALLOCATES);
pub(super) const WAITS: Effects = STATE.and(Effects::IO);

type Row = (&'static str, (u8, u8), &'static str, &'static str, Effects, super::table::Function);

pub(super) const fn row(
    (name, arity, signature, documentation, effects, function): Row,
) -> Builtin {
    Builtin::native(name, arity, signature, documentation, effects, function)
}

pub(super) const ROWS: &[Builtin] = &[
    row(("channel", (0, 0), "channel() -> channel", "A new empty channel.", MAKES, |_, _| {
        Ok(ChannelObject::allocate())
    })),
    row((
        "async_sleep",
        (1, 1),
        "async_sleep(ms) -> promise",
        "A promise that settles after so many milliseconds.",
        STATE,
        |context, arguments| {
            let until = time("async_sleep", context, arguments, 0)?;
            Ok(new_promise(TIMER, Value::NULL, Value::float(until)))
        },
    )),
    row((
        "async_timeout",
        (2, 2),
        "async_timeout(promise, ms) -> promise",
        "A promise of the same result, or of an error if it takes longer than so many milliseconds.",
        STATE,
        async_timeout,
    )),
    row((
        "promise_all",
        (1, 2),
        "promise_all(array, [limit]) -> promise",
        "A promise of the results of all; the first error wins.",
        STATE,
        |_, arguments| all("promise_all", arguments),
    )),
    row((
        "await_all",
        (1, 2),
        "await_all(array, [limit]) -> promise",
        "A promise of the results of all; the first error wins.",
        STATE,
        |_, arguments| all("await_all", arguments),
    )),
    row((
        "__fulfilled",
        (1, 1),
        "__fulfilled(value) -> promise",
        "A settled promise.",
        MAKES,
        |_, arguments| Ok(new_promise(FULFILLED, arguments[0].clone(), Value::NULL)),
    )),
    row((
        "__rejected",
        (1, 1),
        "__rejected(error) -> promise",
        "A settled promise that raises.",
        MAKES,
        |_, arguments| Ok(new_promise(REJECTED, arguments[0].clone(), Value::NULL)),
    )),
    row((
        "__nothing",
        (1, 1),
        "__nothing(promise) -> promise",
        "A promise of null when the promise settles.",
        MAKES,
        |_, arguments| Ok(new_promise(NOTHING, arguments[0].clone(), Value::NULL)),
    )),
    row((
        "__pending",
        (1, 1),
        "__pending(value) -> bool",
        "Whether waiting for the value takes time.",
        STATE,
        |context, arguments| {
            let now = now(context);
            let pending = outcome(&arguments[0], 0).is_none_or(|(time, _)| now < time);
            Ok(Value::bool(pending))
        },
    )),
    row((
        "__await",
        (1, 1),
        "__await(value)",
        "Waits for a promise; other values are their own result.",
        WAITS,
        settle,
    )),
    row((
        "__send",
        (2, 2),
        "__send(channel, value) -> bool",
        "Adds a value to a channel.",
        STATE,
        |_, arguments| {
            if let Some(channel) = arguments[0].as_channel() {
                channel.send(arguments[1].clone());
            }
            Ok(Value::bool(true))
        },
    )),
    row((
        "__receive",
        (1, 1),
        "__receive(channel) -> array",
        "The oldest value of a channel in an array, or an empty array.",
        STATE,
        |_, arguments| {
            let received = arguments[0].as_channel().and_then(ChannelObject::receive);
            Ok(Value::array(received.into_iter().collect()))
        },
    )),
];

/// Seconds on the clock of the run.
pub(super) fn now(context: &Context) -> f64 {
    context.started().elapsed().as_secs_f64()
}

/// When so many milliseconds will have passed.
fn time(name: &str, context: &Context, arguments: &[Value], at: usize) -> Result<f64, Fault> {
    Ok(now(context) + waiting_time(name, arguments, at)? / 1e3)
}

fn async_timeout(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    if arguments[0].as_promise().is_none() {
        return Err(wrong_kind("async_timeout", "a promise", &arguments[0]));
    }
    let until = time("async_timeout", context, arguments, 1)?;
    let parts = Value::array(vec![arguments[0].clone(), arguments[1].clone()]);
    Ok(new_promise(TIMEOUT, parts, Value::float(until)))
}

fn all(name: &str, arguments: &mut [Value]) -> Result<Value, Fault> {
    array(name, arguments, 0)?;
    if arguments.len() > 1 {
        size(name, arguments, 1)?;
    }
    Ok(new_promise(ALL, arguments[0].clone(), Value::NULL))
}

/// Promises of promises are followed to this depth.
const DEPTH: usize = 200;

/// The time at which a value settles, and what it gives or raises then; nothing
/// while a task that it depends on has not run.
type Settled = Option<(f64, Result<Value, Fault>)>;

fn outcome(value: &Value, depth: usize) -> Settled {
    if depth == DEPTH {
        return Some((0.0, Err(Fault::Builtin("Promises nest too deep".into()))));
    }
    match promise_parts(value) {
        None => Some((0.0, Ok(value.clone()))),
        Some((REJECTED, error, _)) => Some((0.0, Err(Fault::Thrown(error.clone())))),
        Some((TIMER, _, until)) => Some((until, Ok(Value::NULL))),
        Some((ALL, parts, _)) => outcome_of_all(parts, depth),
        Some((TIMEOUT, parts, until)) => {
            let parts = parts.as_array()?;
            match outcome(&parts.get(0)?, depth + 1)? {
                (time, _) if time > until => {
                    let message = format!("Promise timed out after {} ms", display(&parts.get(1)?));
                    Some((until, Err(Fault::Builtin(message))))
                }
                settled => Some(settled),
            }
        }
        Some((NOTHING, promise, _)) => {
            let (time, result) = outcome(promise, depth + 1)?;
            Some((time, result.map(|_| Value::NULL)))
        }
        Some((TASK, state, _)) => outcome(&task_result(state)?, depth + 1),
        Some((ENDED, result, end)) => {
            let (time, result) = outcome(result, depth + 1)?;
            Some((time.max(end), result))
        }
        Some((_, result, _)) => Some((0.0, Ok(result.clone()))),
    }
}

fn outcome_of_all(parts: &Value, depth: usize) -> Settled {
    let mut results = Vec::new();
    let (mut latest, mut failed): (f64, Option<(f64, Fault)>) = (0.0, None);
    for part in parts.as_array()?.iter() {
        let (time, result) = outcome(&part, depth + 1)?;
        match result {
            Ok(value) => {
                latest = latest.max(time);
                results.push(value);
            }
            Err(fault) if failed.as_ref().is_none_or(|(first, _)| time < *first) => {
                failed = Some((time, fault));
            }
            Err(_) => {}
        }
    }
    Some(match failed {
        Some((time, fault)) => (time, Err(fault)),
        None => (latest, Ok(Value::array(results))),
    })
}

/// Adds the tasks that have to run before the value settles and have not begun.
pub(super) fn waiting_tasks(value: &Value, found: &mut Vec<Value>) {
    let mut open = vec![(value.clone(), 0)];
    while let Some((value, depth)) = open.pop() {
        let depth = depth + 1;
        match promise_parts(&value) {
            _ if depth > DEPTH => {}
            Some((ALL | TIMEOUT, parts, _)) => {
                let parts = parts.as_array().into_iter().flat_map(|parts| parts.iter());
                open.extend(parts.map(|part| (part, depth)));
            }
            Some((NOTHING | ENDED, promise, _)) => open.push((promise.clone(), depth)),
            Some((TASK, ..)) if is_waiting_task(&value) => found.push(value),
            Some((TASK, state, _)) => open.extend(task_result(state).map(|r| (r, depth))),
            _ => {}
        }
    }
}

/// The result of a promise, after waiting for it.
fn settle(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let Some((until, result)) = outcome(&arguments[0], 0) else {
        let message = "A task cannot wait for itself or for a task that waits for it";
        return Err(Fault::Builtin(message.into()));
    };
    if let Ok(rest) = Duration::try_from_secs_f64(until - now(context))
        && !rest.is_zero()
    {
        context.flush()?;
        context.sleep(rest)?;
    }
    result
}

/// What an error says.
pub(super) fn message(error: &Value) -> String {
    display(&optional_member(error, Symbol::new("message")))
}
