//! Reading arguments of the kind that a builtin expects.
//!
//! Each function takes the builtin's name for the message, the arguments and
//! which of them is meant; the number of arguments was checked before.
//!
//! Example: `string("trim", arguments, 0)` of an int is the fault
//! `trim() expects a string argument, got int`.

use crate::prim::{Fault, integral, type_name};
use crate::value::{ArrayObject, Dict, DictKey, StringObject, Value};

/// The fault for an argument of a wrong kind; `wanted` with its article.
#[cold]
pub(super) fn wrong_kind(name: &str, wanted: &str, got: &Value) -> Fault {
    Fault::Builtin(format!("{name}() expects {wanted} argument, got {}", type_name(got)))
}

pub(super) fn string<'a>(
    name: &str,
    arguments: &'a [Value],
    at: usize,
) -> Result<&'a StringObject, Fault> {
    let value = &arguments[at];
    value.as_string().ok_or_else(|| wrong_kind(name, "a string", value))
}

pub(super) fn text<'a>(name: &str, arguments: &'a [Value], at: usize) -> Result<&'a str, Fault> {
    string(name, arguments, at).map(StringObject::as_str)
}

pub(super) fn array<'a>(
    name: &str,
    arguments: &'a [Value],
    at: usize,
) -> Result<&'a ArrayObject, Fault> {
    let value = &arguments[at];
    value.as_array().ok_or_else(|| wrong_kind(name, "an array", value))
}

pub(super) fn dict<'a>(name: &str, arguments: &'a [Value], at: usize) -> Result<&'a Dict, Fault> {
    let value = &arguments[at];
    value.as_dict().map(|d| d.dict()).ok_or_else(|| wrong_kind(name, "a dict", value))
}

/// An int, or a float of integral value.
pub(super) fn whole(name: &str, arguments: &[Value], at: usize) -> Result<i64, Fault> {
    let value = &arguments[at];
    integral(value).ok_or_else(|| wrong_kind(name, "an int", value))
}

/// An int, or a float as the nearest int toward zero, clamped to the range of ints.
pub(super) fn truncated(name: &str, arguments: &[Value], at: usize) -> Result<i64, Fault> {
    let value = &arguments[at];
    match value.as_float() {
        Some(float) if !float.is_nan() => Ok(float as i64),
        _ => value.as_int().ok_or_else(|| wrong_kind(name, "an int", value)),
    }
}

/// An int or float, as a float.
pub(super) fn number(name: &str, arguments: &[Value], at: usize) -> Result<f64, Fault> {
    let value = &arguments[at];
    let float = value.as_float().or_else(|| value.as_int().map(crate::prim::int_to_float));
    float.ok_or_else(|| wrong_kind(name, "a number", value))
}

/// An int above zero.
pub(super) fn size(name: &str, arguments: &[Value], at: usize) -> Result<usize, Fault> {
    match usize::try_from(whole(name, arguments, at)?) {
        Ok(size) if size > 0 => Ok(size),
        _ => Err(Fault::Builtin(format!("{name}() size must be at least 1"))),
    }
}

/// Takes an array out of its slot, for changing it in place.
pub(super) fn take_array(name: &str, arguments: &mut [Value], at: usize) -> Result<Value, Fault> {
    array(name, arguments, at)?;
    Ok(std::mem::take(&mut arguments[at]))
}

/// Takes a dict out of its slot, for changing it in place.
pub(super) fn take_dict(name: &str, arguments: &mut [Value], at: usize) -> Result<Value, Fault> {
    dict(name, arguments, at)?;
    Ok(std::mem::take(&mut arguments[at]))
}

/// The bytes of a string or of bytes.
pub(super) fn octets<'a>(name: &str, arguments: &'a [Value], at: usize) -> Result<&'a [u8], Fault> {
    let value = &arguments[at];
    let text = value.as_string().map(|text| text.as_str().as_bytes());
    let octets = text.or_else(|| value.as_bytes().map(|bytes| bytes.as_slice()));
    octets.ok_or_else(|| wrong_kind(name, "a string or bytes", value))
}

/// An int of at least zero; `what` names it in the message.
pub(super) fn natural(
    name: &str,
    arguments: &[Value],
    at: usize,
    what: &str,
) -> Result<u64, Fault> {
    let number = whole(name, arguments, at)?;
    let negative = |_| Fault::Builtin(format!("{name}() {what} must be at least 0, got {number}"));
    u64::try_from(number).map_err(negative)
}

/// An entry of the dict of options, which may be left out.
pub(super) fn option<'a>(
    name: &str,
    arguments: &'a [Value],
    at: usize,
    key: &str,
) -> Result<Option<&'a Value>, Fault> {
    match arguments.get(at) {
        None => Ok(None),
        Some(value) if value.is_null() => Ok(None),
        Some(_) => Ok(dict(name, arguments, at)?.get(DictKey::of(key))),
    }
}
