//! The queue of tasks, and what a program may do with a task.
//!
//! Tasks wait in a queue of the run; the prelude runs them, in order, each to
//! its end, when the main program waits for something and at its end. While a task
//! waits, others begin only if it waits for what they give. A `spawn`
//! block is queued as a function; a task that the program holds is queued as its
//! promise, which keeps the function until a result takes its place. So a task
//! that was cancelled has a result before its turn comes, and is passed over.
//!
//! Example: `t := spawn_task(f)` queues a promise that keeps `f`; `await_task(t)`
//! lets the prelude run what waits, which calls `f` and stores what it gave.

use super::Context;
use super::arguments::{size, wrong_kind};
use super::error_value::{new_error, place};
use super::table::Builtin;
use super::tasks::{MAKES, STATE, WAITS, message, now, row, waiting_tasks};
use crate::base::complaint::complain;
use crate::prim::promise::{
    REJECTED, TASK, finish_task, is_waiting_task, new_promise, new_task, promise_parts, start_task,
};
use crate::prim::{Fault, equal};
use crate::value::{Tag, Value};

pub(super) const ROWS: &[Builtin] = &[
    row((
        "spawn_task",
        (1, 1),
        "spawn_task(f) -> promise",
        "A task that calls the function, async or not, when the program waits.",
        STATE,
        spawn_task,
    )),
    Builtin::prelude(
        "await_task",
        1,
        "await_task(task)",
        "The result of the task, after waiting for it.",
        &["await_task"],
    ),
    row((
        "cancel_task",
        (1, 1),
        "cancel_task(task) -> bool",
        "Keeps a task from running; false if it has run or runs already.",
        STATE,
        cancel_task,
    )),
    Builtin::prelude(
        "parallel_map",
        2,
        "parallel_map(array, f, [limit]) -> promise",
        "A promise of what f gives for each element, in order; at most limit promises by f wait at once.",
        &["parallel_map", "parallel_map_limited"],
    ),
    Builtin::prelude(
        "par_map",
        2,
        "par_map(array, f, [limit]) -> promise",
        "As parallel_map.",
        &["par_map", "par_map_limited"],
    ),
    Builtin::prelude(
        "par_each",
        2,
        "par_each(array, f, [limit]) -> promise",
        "As parallel_map, as a promise of null.",
        &["par_each", "par_each_limited"],
    ),
    row((
        "set_task_pool_size",
        (1, 1),
        "set_task_pool_size(n)",
        "Stores the number; tasks run in order whatever it is.",
        STATE,
        |context, arguments| {
            context.task_pool_size = size("set_task_pool_size", arguments, 0)?;
            Ok(Value::NULL)
        },
    )),
    row((
        "get_task_pool_size",
        (0, 0),
        "get_task_pool_size() -> int",
        "The number that set_task_pool_size stored, at first 1.",
        STATE,
        |context, _| Ok(Value::int(context.task_pool_size as i64)),
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
        "__awaited_task",
        (1, 1),
        "__awaited_task(promise)",
        "The oldest task that the promise waits for, taken out of the queue, or null.",
        STATE,
        |context, arguments| {
            let mut awaited = Vec::new();
            waiting_tasks(&arguments[0], &mut awaited);
            let is_awaited = |queued: &Value| awaited.iter().any(|task| equal(task, queued));
            let at = context.tasks.iter().position(is_awaited);
            Ok(at.and_then(|at| context.tasks.remove(at)).unwrap_or_default())
        },
    )),
    row((
        "__running_tasks",
        (1, 1),
        "__running_tasks(yes) -> bool",
        "Stores whether the queue is being run, and tells whether it was.",
        STATE,
        |context, arguments| {
            let running = arguments[0].as_bool() == Some(true);
            Ok(Value::bool(std::mem::replace(&mut context.running_tasks, running)))
        },
    )),
    row((
        "__start_task",
        (1, 1),
        "__start_task(promise)",
        "The function of a task that is to run now, or null.",
        STATE,
        |_, arguments| Ok(start_task(&arguments[0]).unwrap_or_default()),
    )),
    row((
        "__finish_task",
        (2, 2),
        "__finish_task(promise, result)",
        "Stores the result of a task.",
        MAKES.and(STATE),
        |context, arguments| {
            finish_task(&arguments[0], arguments[1].clone(), now(context));
            Ok(Value::NULL)
        },
    )),
    row((
        "__task_failed",
        (1, 1),
        "__task_failed(error)",
        "Reports the error of a spawned block.",
        WAITS,
        |context, arguments| {
            context.flush()?;
            let place = place(&arguments[0]).map_or(String::new(), |at| format!("\n  --> {at}"));
            let text = format!("Error in spawned task: {}{place}\n", message(&arguments[0]));
            complain(&text);
            Ok(Value::NULL)
        },
    )),
];

fn spawn_task(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let function = &arguments[0];
    if !matches!(function.tag(), Tag::Function | Tag::Native) {
        return Err(wrong_kind("spawn_task", "a function", function));
    }
    let task = new_task(function.clone());
    context.tasks.push_back(task.clone());
    Ok(task)
}

fn cancel_task(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let task = &arguments[0];
    if !matches!(promise_parts(task), Some((TASK, ..))) {
        return Err(wrong_kind("cancel_task", "a task", task));
    }
    let waits = is_waiting_task(task);
    if waits {
        let error = new_error("Task was cancelled");
        finish_task(task, new_promise(REJECTED, error, Value::NULL), now(context));
        context.tasks.retain(|queued| !equal(queued, task));
    }
    Ok(Value::bool(waits))
}
