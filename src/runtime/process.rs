//! Builtins about the process: its end, its arguments, its environment.
//!
//! Example: `exit(3)` ends the program with exit code 3.

use super::Context;
use super::arguments::{text, whole};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;

const READS: Effects = Effects::IO.and(Effects::READS_HEAP).and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "exit",
        (0, 1),
        "exit([code])",
        "Ends the program with this exit code (0).",
        Effects::EXITS,
        exit,
    ),
    Builtin::native("args", (0, 0), "args() -> array", "Arguments of the script.", READS, args),
    Builtin::native(
        "env",
        (1, 1),
        "env(name) -> string",
        "The environment variable, or an empty text.",
        READS,
        env,
    ),
    Builtin::native(
        "env_or",
        (2, 2),
        "env_or(name, default)",
        "The environment variable, or the default.",
        READS,
        env_or,
    ),
];

fn exit(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let code = if arguments.is_empty() { 0 } else { whole("exit", arguments, 0)? };
    // The system keeps the low byte only, so the low half is enough.
    Err(Fault::Exit(code as i32))
}

fn args(context: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::array(context.arguments().iter().map(|text| Value::string(text)).collect()))
}

fn variable(name: &str, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    let text = std::env::var_os(text(name, arguments, 0)?);
    Ok(text.map(|text| Value::string(&text.to_string_lossy())))
}

fn env(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(variable("env", arguments)?.unwrap_or_else(|| Value::string("")))
}

fn env_or(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let found = variable("env_or", arguments)?;
    Ok(found.unwrap_or_else(|| std::mem::take(&mut arguments[1])))
}
