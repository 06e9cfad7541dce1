//! Builtins about the process: its end and its arguments.
//!
//! Example: `exit(3)` ends the program with exit code 3.

use super::Context;
use super::arguments::whole;
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
];

fn exit(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let code = if arguments.is_empty() { 0 } else { whole("exit", arguments, 0)? };
    // The system keeps the low byte only, so the low half is enough.
    Err(Fault::Exit(code as i32))
}

fn args(context: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::array(context.arguments().iter().map(|text| Value::string(text)).collect()))
}
