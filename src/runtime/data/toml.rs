//! TOML.
//!
//! Dates become strings; null, which TOML does not have, becomes an empty one.
//!
//! Example: `to_toml({"a": 1})` is `a = 1` and a line break.

use super::super::Context;
use super::super::arguments::{text, wrong_kind};
use super::super::table::{Builtin, Effects};
use super::tree::{Format, Written, check};
use crate::prim::Fault;
use crate::value::{Dict, DictKey, DictObject, Tag, Value};

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const TOML: Format = Format { name: "TOML", infinite: true, null: false };

pub const ROWS: &[Builtin] = &[
    Builtin::native(
        "parse_toml",
        (1, 1),
        "parse_toml(s) -> dict",
        "What the TOML text describes; dates become strings.",
        MAKES,
        parse_toml,
    ),
    Builtin::native(
        "to_toml",
        (1, 1),
        "to_toml(d) -> string",
        "The dict as TOML text; null becomes an empty string.",
        MAKES,
        to_toml,
    ),
];

/// The reader bounds the nesting.
fn value_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::string(&text),
        toml::Value::Integer(int) => Value::int(int),
        toml::Value::Float(float) => Value::float(float),
        toml::Value::Boolean(bool) => Value::bool(bool),
        toml::Value::Datetime(date) => Value::string(&date.to_string()),
        toml::Value::Array(items) => Value::array(items.into_iter().map(value_of).collect()),
        toml::Value::Table(table) => table_of(table),
    }
}

fn table_of(table: toml::Table) -> Value {
    let mut dict = Dict::with_capacity(table.len());
    for (key, value) in table {
        drop(dict.insert(DictKey::of(&key), value_of(value)));
    }
    DictObject::allocate(dict)
}

fn parse_toml(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let table = text("parse_toml", arguments, 0)?.parse::<toml::Table>();
    table.map(table_of).map_err(|error| {
        let message = error.to_string();
        Fault::Builtin(format!("TOML parse error: {}", reason(&message)))
    })
}

/// The lines of a message that say what is wrong; the others show the text.
fn reason(message: &str) -> String {
    let shows_text = |line: &&str| line.contains('|') && !line.contains("expected");
    let mut lines: Vec<&str> = message.trim().lines().filter(|line| !shows_text(line)).collect();
    if let Some(first) = lines.first_mut() {
        *first = first.trim_start_matches("TOML parse error ");
    }
    let reason = lines.join(": ");
    // The reader has ints of more bits than there are for values.
    let too_large =
        ["invalid type: integer `", "u64 value was too large", "integer number overflowed"];
    match too_large.iter().find_map(|wording| reason.split_once(wording)) {
        Some((place, _)) => format!("{place}the integer does not fit 64 bits"),
        None => reason,
    }
}

fn to_toml(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    if !matches!(value.tag(), Tag::Dict | Tag::Struct) {
        return Err(wrong_kind("to_toml", "a dict", value));
    }
    check(TOML, value)?;
    toml::to_string(&Written { value, format: TOML })
        .map(|text| Value::string(&text))
        .map_err(|error| Fault::Builtin(format!("Cannot convert to TOML: {error}")))
}
