//! Tasks, promises and channels.
//!
//! Tasks wait in a queue of the run; the prelude runs them, in order, each to
//! its end, when the program waits for something and at its end. Builtins whose
//! names begin with `__` are for the compiler and the prelude.
//!
//! Example: `spawn { print(1) }` calls `__spawn` with the block as a function;
//! `run_tasks` of the prelude takes it out with `__next_task` and calls it.

use super::Context;
use super::arguments::number;
use super::table::{Builtin, Effects};
use crate::prim::promise::{ALL, FULFILLED, REJECTED, TIMER, new_promise, promise_parts};
use crate::prim::{Fault, display, optional_member, type_name};
use crate::value::{ChannelObject, Symbol, Value};
use std::time::Duration;

const MAKES: Effects = Effects::ALLOCATES;
const STATE: Effects = Effects::STATE.and(Effects::READS_HEAP).and(Effects::ALLOCATES);
const WAITS: Effects = STATE.and(Effects::IO);

type Row = (&'static str, (u8, u8), &'static str, &'static str, Effects, super::table::Function);

const fn row((name, arity, signature, documentation, effects, function): Row) -> Builtin {
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
        async_sleep,
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
        "__pending",
        (1, 1),
        "__pending(value) -> bool",
        "Whether waiting for the value takes time.",
        STATE,
        |context, arguments| Ok(Value::bool(is_pending(context, &arguments[0], 0))),
    )),
    row((
        "__await",
        (1, 1),
        "__await(value)",
        "Waits for a promise; other values are their own result.",
        WAITS,
        |context, arguments| settle(context, &arguments[0], 0),
    )),
    row(("__spawn", (1, 1), "__spawn(task)", "Queues a task.", STATE, |context, arguments| {
        context.tasks.push_back(arguments[0].clone());
        Ok(Value::NULL)
    })),
    row((
        "__next_task",
        (0, 0),
        "__next_task()",
        "The oldest task, taken out of the queue, or null.",
        STATE,
        |context, _| Ok(context.tasks.pop_front().unwrap_or_default()),
    )),
    row((
        "__task_failed",
        (1, 1),
        "__task_failed(error)",
        "Reports the error of a task.",
        WAITS,
        task_failed,
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
        "__receive(channel) -> option",
        "The oldest value of a channel in an array, or an empty array.",
        STATE,
        |_, arguments| {
            let received = arguments[0].as_channel().and_then(ChannelObject::receive);
            Ok(Value::array(received.into_iter().collect()))
        },
    )),
];

fn async_sleep(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let time = number("async_sleep", arguments, 0)?;
    if !time.is_finite() || time < 0.0 {
        let message = "async_sleep() expects a time of at least 0";
        return Err(Fault::Builtin(message.into()));
    }
    let until = context.started().elapsed().as_secs_f64() + time / 1e3;
    Ok(new_promise(TIMER, Value::NULL, Value::float(until)))
}

fn all(name: &str, arguments: &mut [Value]) -> Result<Value, Fault> {
    if arguments[0].as_array().is_none() {
        let kind = type_name(&arguments[0]);
        let message = format!("{name}() expects an array argument, got {kind}");
        return Err(Fault::Builtin(message));
    }
    Ok(new_promise(ALL, arguments[0].clone(), Value::NULL))
}

/// Promises of promises are followed to this depth.
const DEPTH: usize = 200;

fn is_pending(context: &Context, value: &Value, depth: usize) -> bool {
    match promise_parts(value) {
        Some((TIMER, _, until)) => context.started().elapsed().as_secs_f64() < until,
        Some((ALL, parts, _)) if depth < DEPTH => parts
            .as_array()
            .is_some_and(|parts| parts.iter().any(|part| is_pending(context, &part, depth + 1))),
        _ => false,
    }
}

/// The result of a promise, after waiting for it.
fn settle(context: &mut Context, value: &Value, depth: usize) -> Result<Value, Fault> {
    match promise_parts(value) {
        None => Ok(value.clone()),
        Some((REJECTED, error, _)) => Err(Fault::Thrown(error.clone())),
        Some((TIMER, _, until)) => {
            context.flush()?;
            let rest = until - context.started().elapsed().as_secs_f64();
            if let Ok(rest) = Duration::try_from_secs_f64(rest) {
                context.sleep(rest)?;
            }
            Ok(Value::NULL)
        }
        Some((ALL, parts, _)) => {
            if depth == DEPTH {
                return Err(Fault::Builtin("Promises nest too deep".into()));
            }
            let mut results = Vec::new();
            for part in parts.as_array().into_iter().flat_map(|parts| parts.iter()) {
                results.push(settle(context, &part, depth + 1)?);
            }
            Ok(Value::array(results))
        }
        Some((_, result, _)) => Ok(result.clone()),
    }
}

fn task_failed(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.flush()?;
    let message = optional_member(&arguments[0], Symbol::new("message"));
    eprintln!("Error in spawned task: {}", display(&message));
    Ok(Value::NULL)
}
