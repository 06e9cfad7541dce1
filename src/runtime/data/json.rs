//! JSON.
//!
//! Example: `parse_json("{\"a\": [1, 2.0]}")` is `{"a": [1, 2]}` with an int and
//! a float; `to_json` of it is `{"a":[1,2.0]}`.

use super::super::Context;
use super::super::arguments::text;
use super::super::table::{Builtin, Effects};
use super::tree::{Format, Read, Written, check};
use crate::prim::Fault;
use crate::value::Value;
use std::borrow::Cow;

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const JSON: Format = Format { name: "JSON", infinite: false, null: true };

/// Longest text that is read, in bytes.
const LONGEST: usize = 1 << 20;

pub const ROWS: &[Builtin] = &[
    Builtin::native(
        "parse_json",
        (1, 1),
        "parse_json(s)",
        "The value that the JSON text describes: at most 1 MiB, nested at most 64 deep.",
        MAKES,
        parse_json,
    ),
    Builtin::native(
        "to_json",
        (1, 1),
        "to_json(v) -> string",
        "The value as JSON text without blank space; structs become objects.",
        MAKES,
        |_, arguments| Ok(Value::string(&json(&arguments[0])?)),
    ),
    Builtin::native(
        "to_json_pretty",
        (1, 1),
        "to_json_pretty(v) -> string",
        "The value as JSON text with a line per element.",
        MAKES,
        |_, arguments| {
            check(JSON, &arguments[0])?;
            let written = Written { value: &arguments[0], format: JSON };
            serde_json::to_string_pretty(&written).map_or_else(unwritten, |s| Ok(Value::string(&s)))
        },
    ),
];

#[cold]
fn unwritten<T>(error: serde_json::Error) -> Result<T, Fault> {
    Err(Fault::Builtin(format!("Cannot convert to JSON: {error}")))
}

/// The value as compact JSON.
///
/// # Errors
/// A kind that JSON does not have.
pub fn json(value: &Value) -> Result<String, Fault> {
    check(JSON, value)?;
    serde_json::to_string(&Written { value, format: JSON }).or_else(unwritten)
}

/// The value that a JSON text describes, or what is wrong with the text.
pub fn read(text: &str) -> Result<Value, String> {
    if text.len() > LONGEST {
        return Err(format!("the text has {} bytes, at most {LONGEST} are allowed", text.len()));
    }
    let text = with_int_zeros(text);
    serde_json::from_str::<Read>(&text).map(|read| read.0).map_err(|error| error.to_string())
}

/// The text with a blank for the sign of every `-0` that is written as an int: the reader
/// takes those for floats.
fn with_int_zeros(text: &str) -> Cow<'_, str> {
    if !text.contains("-0") {
        return Cow::Borrowed(text);
    }
    let mut result = text.to_string().into_bytes();
    let mut in_string = false;
    let mut at = 0;
    while at < result.len() {
        match result[at] {
            b'"' => in_string = !in_string,
            b'\\' if in_string => at += 1,
            b'-' if !in_string && result.get(at + 1) == Some(&b'0') => {
                let next = result.get(at + 2).copied().unwrap_or_default();
                if !matches!(next, b'.' | b'e' | b'E' | b'0'..=b'9') {
                    result[at] = b' ';
                }
            }
            _ => {}
        }
        at += 1;
    }
    Cow::Owned(String::from_utf8(result).expect("a blank for an ASCII character"))
}

fn parse_json(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let text = text("parse_json", arguments, 0)?;
    read(text).map_err(|reason| Fault::Builtin(format!("JSON parse error: {reason}")))
}
