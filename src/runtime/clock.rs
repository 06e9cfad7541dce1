//! Builtins that tell and spend time.
//!
//! Example: `let t := performance_now()` and later `performance_now() - t` is
//! the time between, in milliseconds.

use super::Context;
use super::arguments::number;
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CLOCK: Effects = Effects::STATE;
const SECONDS: &str = "Whole seconds since 1970.";
const MILLISECONDS: &str = "Whole milliseconds since 1970.";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "performance_now",
        (0, 0),
        "performance_now() -> float",
        "Milliseconds of a clock that never goes back.",
        CLOCK,
        |context, _| Ok(Value::float(since_start(context).as_secs_f64() * 1e3)),
    ),
    Builtin::native(
        "time_us",
        (0, 0),
        "time_us() -> float",
        "Microseconds since the program began.",
        CLOCK,
        |context, _| Ok(Value::float(since_start(context).as_secs_f64() * 1e6)),
    ),
    Builtin::native(
        "time_ns",
        (0, 0),
        "time_ns() -> float",
        "Nanoseconds since the program began.",
        CLOCK,
        |context, _| Ok(Value::float(since_start(context).as_nanos() as f64)),
    ),
    Builtin::native("now", (0, 0), "now() -> float", "Seconds since 1970.", CLOCK, |_, _| {
        Ok(Value::float(since_epoch().as_secs_f64()))
    }),
    Builtin::native("now_unix", (0, 0), "now_unix() -> int", SECONDS, CLOCK, seconds),
    Builtin::native("now_utc_seconds", (0, 0), "now_utc_seconds() -> int", SECONDS, CLOCK, seconds),
    Builtin::native("time", (0, 0), "time() -> int", MILLISECONDS, CLOCK, milliseconds),
    Builtin::native(
        "current_timestamp",
        (0, 0),
        "current_timestamp() -> int",
        MILLISECONDS,
        CLOCK,
        milliseconds,
    ),
    Builtin::native(
        "elapsed",
        (2, 2),
        "elapsed(start, end) -> float",
        "The difference.",
        Effects::PURE,
        |_, arguments| {
            let (start, end) = (number("elapsed", arguments, 0)?, number("elapsed", arguments, 1)?);
            Ok(Value::float(end - start))
        },
    ),
    Builtin::native(
        "sleep",
        (1, 1),
        "sleep(ms)",
        "Waits so many milliseconds.",
        CLOCK.and(Effects::IO),
        sleep,
    )
    .or_prelude(1, "sleep_after_tasks"),
    Builtin::native(
        "__sleep",
        (1, 1),
        "__sleep(ms)",
        "Waits so many milliseconds.",
        CLOCK.and(Effects::IO),
        sleep,
    ),
];

fn since_start(context: &Context) -> Duration {
    context.started().elapsed()
}

fn since_epoch() -> Duration {
    // A clock set before 1970 counts as 1970.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn seconds(_: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::int(since_epoch().as_secs() as i64))
}

fn milliseconds(_: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::int(since_epoch().as_millis() as i64))
}

fn sleep(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let wait = waiting_time("sleep", arguments, 0)?;
    context.flush()?;
    context.sleep(Duration::from_secs_f64(wait / 1e3))?;
    Ok(Value::NULL)
}

/// Longest time that a program can wait: 31 years, in milliseconds.
const LONGEST_WAIT: f64 = 1e12;

/// The argument as milliseconds to wait.
///
/// # Errors
/// If it is no number, negative, or so large that it was not meant.
pub(super) fn waiting_time(name: &str, arguments: &[Value], at: usize) -> Result<f64, Fault> {
    let time = number(name, arguments, at)?;
    if (0.0..=LONGEST_WAIT).contains(&time) {
        return Ok(time);
    }
    let bound = match time > 0.0 {
        true => format!("at most {LONGEST_WAIT}"),
        false => "at least 0".to_string(),
    };
    Err(Fault::Builtin(format!("{name}() expects a time of {bound}")))
}
