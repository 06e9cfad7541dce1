//! Builtins that print and read lines.
//!
//! Standard output is flushed before anything is written to standard error or
//! read, so a terminal shows things in program order.
//!
//! Example: `print(1, "a")` prints `1 a`.

use super::Context;
use super::arguments::text;
use super::table::{Builtin, Effects, MANY};
use crate::base::complaint::complain;
use crate::prim::{Fault, Style, display_into, write_value};
use crate::value::Value;
use std::io::BufRead;

const IO: Effects = Effects::IO.and(Effects::READS_HEAP).and(Effects::EXITS);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native("print", (0, MANY), "print(v..)", PRINT, IO, print),
    Builtin::native("println", (0, MANY), "println(v..)", PRINT, IO, print),
    Builtin::native("eprint", (0, MANY), "eprint(v..)", "As print, on standard error.", IO, eprint),
    Builtin::native(
        "debug",
        (0, MANY),
        "debug(v..)",
        "Prints `[DEBUG]` and the values with their kinds.",
        IO,
        debug,
    ),
    Builtin::native(
        "input",
        (0, 1),
        "input([prompt]) -> string",
        "Prints the prompt and reads a line; an empty string at the end of input.",
        IO.and(Effects::ALLOCATES),
        input,
    ),
];

const PRINT: &str = "Prints the display forms, joined by one space, and a line break.";

fn write_joined(values: &[Value], style: Style, out: &mut String) {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        match style {
            Style::Display => display_into(value, out),
            style => write_value(value, style, out),
        }
    }
    out.push('\n');
}

fn print(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.print(|out| write_joined(arguments, Style::Display, out))?;
    Ok(Value::NULL)
}

fn eprint(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.flush()?;
    let mut line = String::new();
    write_joined(arguments, Style::Display, &mut line);
    context.must_go_on()?;
    complain(&line);
    Ok(Value::NULL)
}

fn debug(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.print(|out| {
        out.push_str("[DEBUG] ");
        write_joined(arguments, Style::Tagged, out);
    })?;
    Ok(Value::NULL)
}

fn input(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    if !arguments.is_empty() {
        let prompt = text("input", arguments, 0)?;
        context.print(|out| out.push_str(prompt))?;
    }
    context.flush()?;
    let mut line = Vec::new();
    std::io::stdin()
        .lock()
        .read_until(b'\n', &mut line)
        .map_err(|error| Fault::Builtin(format!("Cannot read standard input: {error}")))?;
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    Ok(Value::string(&String::from_utf8_lossy(&line)))
}
