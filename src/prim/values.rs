//! Questions about one whole value: truth, kind, what iterating it gives.
//!
//! Example: `truthy` of `[]` is false, `type_name` of `Ok(1)` is `result`, and
//! iterating `"añ"` gives `["a", "ñ"]`.

use super::display::display;
use super::fault::Fault;
use crate::value::{ArrayObject, Storage, Tag, Value, VariantId, character};

/// Whether conditions take the value for true.
#[inline]
pub fn truthy(value: &Value) -> bool {
    match value.tag() {
        Tag::Null | Tag::Undefined => false,
        Tag::Bool | Tag::Int => value.raw().bits != 0,
        Tag::Float => value.as_float() != Some(0.0),
        Tag::String => value.as_string().is_some_and(|s| s.byte_len() != 0),
        Tag::Array => value.as_array().is_some_and(|a| !a.is_empty()),
        Tag::Dict => value.as_dict().is_some_and(|d| !d.dict().is_empty()),
        _ => true,
    }
}

/// The kind as `type` tells it.
pub fn type_name(value: &Value) -> &'static str {
    match value.as_enum().map(|object| object.variant()) {
        Some(VariantId::OK | VariantId::ERR) => "result",
        Some(VariantId::SOME | VariantId::NONE) => "option",
        _ => value.tag().name(),
    }
}

/// A dict key as the string that programs see.
pub fn key_string(key: &Value) -> Value {
    match key.as_int() {
        Some(int) => Value::string(&display(&Value::int(int))),
        None => key.clone(),
    }
}

/// The elements that `for` visits, as an array: of an array itself, of a dict
/// its keys in key order, of a string its characters, of bytes ints, of a set,
/// queue or stack its members, of a number the ints from 0 to below it.
///
/// # Errors
/// [`Fault::CannotIterate`] for other kinds.
pub fn iterate(value: &Value) -> Result<Value, Fault> {
    if let Some(dict) = value.as_dict() {
        let dict = dict.dict();
        let keys = dict.key_order().map(|at| key_string(dict.key_value_at(at)));
        return Ok(Value::array(keys.collect()));
    }
    if let Some(text) = value.as_string() {
        let mut array = ArrayObject::with_capacity(Storage::Any, text.character_count());
        let characters = array.array_mut().expect("just made");
        for c in text.as_str().chars() {
            characters.push(character(c));
        }
        return Ok(array);
    }
    if let Some(bytes) = value.as_bytes() {
        let ints: Vec<i64> = bytes.as_slice().iter().map(|byte| i64::from(*byte)).collect();
        return Ok(ArrayObject::from_ints(&ints));
    }
    if let Some(set) = value.as_set() {
        return Ok(Value::array(set.set().iter().cloned().collect()));
    }
    if let Some(queue) = value.as_queue().or_else(|| value.as_stack()) {
        return Ok(Value::array(queue.items().iter().cloned().collect()));
    }
    let end = match value.tag() {
        Tag::Array => return Ok(value.clone()),
        Tag::Int => value.as_int(),
        // A float counts as the nearest int toward zero, or as the last int.
        Tag::Float => value.as_float().filter(|end| !end.is_nan()).map(|end| end as i64),
        _ => None,
    };
    let Some(end) = end else { return Err(Fault::CannotIterate(type_name(value))) };
    if end > i64::from(u32::MAX) {
        return Err(Fault::TooLarge("iterating over a number"));
    }
    Ok(ArrayObject::from_ints(&(0..end).collect::<Vec<_>>()))
}
