//! Builtins that tell kinds and convert between them.
//!
//! Example: `to_int(" -12 ")` is -12, `to_int("1.5")` raises
//! `Cannot convert '1.5' to int`, `type(None)` is `option`.

use super::Context;
use super::arguments::text;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, display, display_string, float_to_int, int_to_float, truthy, type_name};
use crate::value::{Tag, Value};

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const DISPLAY: &str = "The display form.";
const TO_INT: &str = "The number toward zero, the number that a text spells, or 1 or 0 of a bool.";
const TO_FLOAT: &str = "The number, the number that a text spells, or 1 or 0 of a bool.";
const TO_BOOL: &str =
    "The truth value; the texts `false`, `0`, `no` and `off` in any case are false.";

const fn kind_test(name: &'static str, signature: &'static str, kind: Tag) -> Builtin {
    let function: super::Function = match kind {
        Tag::Int => |_, arguments| Ok(Value::bool(arguments[0].tag() == Tag::Int)),
        Tag::Float => |_, arguments| Ok(Value::bool(arguments[0].tag() == Tag::Float)),
        Tag::String => |_, arguments| Ok(Value::bool(arguments[0].tag() == Tag::String)),
        Tag::Bool => |_, arguments| Ok(Value::bool(arguments[0].tag() == Tag::Bool)),
        Tag::Array => |_, arguments| Ok(Value::bool(arguments[0].tag() == Tag::Array)),
        Tag::Dict => |_, arguments| Ok(Value::bool(arguments[0].tag() == Tag::Dict)),
        _ => |_, arguments| Ok(Value::bool(arguments[0].is_null())),
    };
    Builtin::native(
        name,
        (1, 1),
        signature,
        "Whether the value is of this kind.",
        Effects::PURE,
        function,
    )
}

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native("type", (1, 1), "type(v) -> string", "The kind of the value.", MAKES, kind),
    Builtin::native("type_of", (1, 1), "type_of(v) -> string", "As type.", MAKES, kind),
    kind_test("is_int", "is_int(v) -> bool", Tag::Int),
    kind_test("is_float", "is_float(v) -> bool", Tag::Float),
    kind_test("is_string", "is_string(v) -> bool", Tag::String),
    kind_test("is_bool", "is_bool(v) -> bool", Tag::Bool),
    kind_test("is_array", "is_array(v) -> bool", Tag::Array),
    kind_test("is_dict", "is_dict(v) -> bool", Tag::Dict),
    kind_test("is_null", "is_null(v) -> bool", Tag::Null),
    Builtin::native(
        "is_function",
        (1, 1),
        "is_function(v) -> bool",
        "Whether the value can be called.",
        Effects::PURE,
        is_function,
    ),
    Builtin::native(
        "is_truthy",
        (1, 1),
        "is_truthy(v) -> bool",
        "Whether conditions take the value for true.",
        READS,
        is_truthy,
    ),
    Builtin::native("to_string", (1, 1), "to_string(v) -> string", DISPLAY, MAKES, to_string)
        .displaying(),
    Builtin::native("str", (1, 1), "str(v) -> string", DISPLAY, MAKES, to_string).displaying(),
    Builtin::native("string", (1, 1), "string(v) -> string", DISPLAY, MAKES, to_string)
        .displaying(),
    Builtin::native("to_int", (1, 1), "to_int(v) -> int", TO_INT, READS, to_int),
    Builtin::native("int", (1, 1), "int(v) -> int", TO_INT, READS, to_int),
    Builtin::native("to_float", (1, 1), "to_float(v) -> float", TO_FLOAT, READS, to_float),
    Builtin::native("float", (1, 1), "float(v) -> float", TO_FLOAT, READS, to_float),
    Builtin::native("to_bool", (1, 1), "to_bool(v) -> bool", TO_BOOL, READS, to_bool),
    Builtin::native("bool", (1, 1), "bool(v) -> bool", TO_BOOL, READS, to_bool),
    Builtin::native(
        "parse_int",
        (1, 1),
        "parse_int(s) -> int",
        "The int that the text spells.",
        READS,
        parse_int,
    ),
    Builtin::native(
        "parse_float",
        (1, 1),
        "parse_float(s) -> float",
        "The float that the text spells.",
        READS,
        parse_float,
    ),
];

fn kind(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(type_name(&arguments[0])))
}

fn is_function(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::bool(matches!(arguments[0].tag(), Tag::Function | Tag::Native)))
}

fn is_truthy(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::bool(truthy(&arguments[0])))
}

fn to_string(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    match arguments[0].tag() {
        Tag::String => Ok(std::mem::take(&mut arguments[0])),
        _ => Ok(display_string(arguments)),
    }
}

fn int_of_text(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

fn float_of_text(text: &str) -> Option<f64> {
    let text = text.trim();
    // The Rust parser also takes words such as `inf`.
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if numeric { text.parse().ok() } else { None }
}

fn to_int(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    let int = match value.tag() {
        Tag::Int | Tag::Bool => Some(value.raw().bits as i64),
        Tag::Float => value.as_float().and_then(float_to_int),
        Tag::String => value.as_string().and_then(|text| int_of_text(text.as_str())),
        _ => None,
    };
    int.map(Value::int).ok_or_else(|| cannot_convert(value, "int"))
}

fn to_float(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    let float = match value.tag() {
        Tag::Int | Tag::Bool => Some(int_to_float(value.raw().bits as i64)),
        Tag::Float => value.as_float(),
        Tag::String => value.as_string().and_then(|text| float_of_text(text.as_str())),
        _ => None,
    };
    float.map(Value::float).ok_or_else(|| cannot_convert(value, "float"))
}

#[cold]
fn cannot_convert(value: &Value, wanted: &str) -> Fault {
    let what = match value.tag() {
        Tag::String => format!("'{}'", display(value)),
        Tag::Float => display(value),
        _ => type_name(value).to_string(),
    };
    Fault::Builtin(format!("Cannot convert {what} to {wanted}"))
}

fn to_bool(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    Ok(Value::bool(match value.as_string() {
        Some(text) => {
            let text = text.as_str();
            !["", "false", "0", "no", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
        }
        None => truthy(value),
    }))
}

fn parse_int(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let text = text("parse_int", arguments, 0)?;
    int_of_text(text)
        .map(Value::int)
        .ok_or_else(|| Fault::Builtin(format!("Cannot parse '{text}' as integer")))
}

fn parse_float(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let text = text("parse_float", arguments, 0)?;
    float_of_text(text)
        .map(Value::float)
        .ok_or_else(|| Fault::Builtin(format!("Cannot parse '{text}' as float")))
}
