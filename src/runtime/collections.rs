//! Builtins that work on several kinds of collection: strings, arrays, dicts.
//!
//! Example: `len("añ")` is 2, `contains([1, 2], 2.0)` is true, `slice([1, 2, 3], -2, 3)`
//! is `[2, 3]`, `remove({"a": 1}, "a")` is `[{}, 1]`.

use super::Context;
use super::arguments::{string, whole, wrong_kind};
use super::search;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, concat, dict_key, equal, integral, set_contains, type_name};
use crate::value::{
    ArrayObject, BytesObject, Dict, DictKey, DictObject, HashedKey, Storage, Tag, Value,
};

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const COLLECTION: &str = "a collection";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "len",
        (1, 1),
        "len(c) -> int",
        "Number of characters, elements or entries.",
        READS,
        len,
    ),
    Builtin::native(
        "is_empty",
        (1, 1),
        "is_empty(c) -> bool",
        "Whether the length is 0.",
        READS,
        is_empty,
    ),
    Builtin::native(
        "contains",
        (2, 2),
        "contains(c, x) -> bool",
        "Whether a text has the part, a dict the key, another collection the element.",
        READS,
        contains,
    ),
    Builtin::native(
        "index_of",
        (2, 2),
        "index_of(c, x) -> int",
        "First position in a text or array, -1 if none.",
        READS,
        index_of,
    ),
    Builtin::native(
        "slice",
        (3, 3),
        "slice(c, start, end)",
        "The elements from start to before end; negative ones count from the end.",
        MAKES,
        slice,
    )
    .reusing(),
    Builtin::native(
        "concat",
        (2, 2),
        "concat(a, b)",
        "Both arrays or texts, one after the other.",
        MAKES,
        concatenate,
    )
    .reusing(),
    Builtin::native(
        "reverse",
        (1, 1),
        "reverse(c)",
        "The array or text in opposite order.",
        MAKES,
        reverse,
    )
    .reusing(),
    Builtin::native("clear", (1, 1), "clear(c)", "An empty array or dict.", MAKES, clear),
    Builtin::native(
        "remove",
        (2, 2),
        "remove(a, v) -> array, remove(d, k) -> [dict, removed]",
        "The array without the first element equal to v; the dict without the key.",
        MAKES,
        remove,
    )
    .reusing(),
];

fn length_of(name: &str, value: &Value) -> Result<usize, Fault> {
    if let Some(array) = value.as_array() {
        Ok(array.len())
    } else if let Some(text) = value.as_string() {
        Ok(text.character_count())
    } else if let Some(dict) = value.as_dict() {
        Ok(dict.dict().len())
    } else if let Some(bytes) = value.as_bytes() {
        Ok(bytes.as_slice().len())
    } else if let Some(set) = value.as_set() {
        Ok(set.set().len())
    } else if let Some(queue) = value.as_queue().or_else(|| value.as_stack()) {
        Ok(queue.items().len())
    } else {
        Err(wrong_kind(name, COLLECTION, value))
    }
}

fn len(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    length_of("len", &arguments[0]).map(|len| Value::int(len as i64))
}

fn is_empty(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    length_of("is_empty", &arguments[0]).map(|len| Value::bool(len == 0))
}

/// Position of the first element equal to `wanted`.
pub(super) fn element_position(array: &ArrayObject, wanted: &Value) -> Option<usize> {
    match (array.as_ints(), wanted.as_int()) {
        (Some(ints), Some(wanted)) => ints.iter().position(|int| *int == wanted),
        _ => array.iter().position(|element| equal(&element, wanted)),
    }
}

/// Whether a text has the part, a dict the key, another collection the element.
pub(super) fn contained(name: &str, arguments: &[Value]) -> Result<bool, Fault> {
    let (collection, wanted) = (&arguments[0], &arguments[1]);
    if let Some(text) = collection.as_string() {
        let part = string(name, arguments, 1)?.as_str();
        return Ok(search::first(text.as_str(), part).is_some());
    }
    if let Some(array) = collection.as_array() {
        return Ok(element_position(array, wanted).is_some());
    }
    if let Some(set) = collection.as_set() {
        return Ok(set_contains(set.set(), wanted));
    }
    if let Some(queue) = collection.as_queue().or_else(|| collection.as_stack()) {
        return Ok(queue.items().iter().any(|item| equal(item, wanted)));
    }
    if let Some(bytes) = collection.as_bytes() {
        let byte = integral(wanted).and_then(|int| u8::try_from(int).ok());
        return Ok(byte.is_some_and(|byte| bytes.as_slice().contains(&byte)));
    }
    match collection.as_dict() {
        Some(dict) => {
            let key = dict_key(wanted)?;
            Ok(HashedKey::of_value(&key).is_some_and(|key| dict.dict().contains(key)))
        }
        None => Err(wrong_kind(name, COLLECTION, collection)),
    }
}

pub(super) fn contains(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    contained("contains", arguments).map(Value::bool)
}

pub(super) fn index_of(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let collection = &arguments[0];
    let position = if let Some(text) = collection.as_string() {
        let part = string("index_of", arguments, 1)?.as_str();
        search::first(text.as_str(), part).map(|at| match text.is_ascii() {
            true => at,
            false => text.as_str()[..at].chars().count(),
        })
    } else if let Some(array) = collection.as_array() {
        element_position(array, &arguments[1])
    } else {
        return Err(wrong_kind("index_of", "a string or array", collection));
    };
    Ok(Value::int(position.map_or(-1, |at| at as i64)))
}

fn slice(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let collection = &arguments[0];
    if !matches!(collection.tag(), Tag::Array | Tag::String | Tag::Bytes) {
        return Err(wrong_kind("slice", "a string, array or bytes", collection));
    }
    let len = length_of("slice", collection)? as i64;
    let clamp = |at: i64| (if at < 0 { at.saturating_add(len) } else { at }).clamp(0, len) as usize;
    let start = clamp(whole("slice", arguments, 1)?);
    let end = clamp(whole("slice", arguments, 2)?).max(start);
    if let Some(bytes) = collection.as_bytes() {
        return Ok(BytesObject::allocate(bytes.as_slice()[start..end].to_vec()));
    }
    // An array of which most stays, and which nobody else holds, is cut in place.
    if collection.tag() == Tag::Array
        && collection.is_only_owner()
        && end - start >= len as usize / 2
    {
        let mut array = std::mem::take(&mut arguments[0]);
        let elements = array.array_mut().expect("the tag says so");
        elements.truncate(end);
        elements.drop_first(start);
        return Ok(array);
    }
    match (collection.as_array(), collection.as_string()) {
        (Some(array), _) => Ok(part_of(array, start, end)),
        (_, Some(text)) => Ok(Value::string(text.character_range(start, end))),
        _ => Err(Fault::CannotIndex(type_name(collection))),
    }
}

/// The elements `start..end` as a new array.
pub(super) fn part_of(array: &ArrayObject, start: usize, end: usize) -> Value {
    if let Some(ints) = array.as_ints() {
        return ArrayObject::from_ints(&ints[start..end]);
    }
    let mut part = ArrayObject::with_capacity(array.storage(), end - start);
    let target = part.array_mut().expect("just made");
    for at in start..end {
        target.push(array.get(at).expect("in range"));
    }
    part
}

fn concatenate(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (left, right) = (&arguments[0], &arguments[1]);
    if !matches!(left.tag(), Tag::Array | Tag::String) || left.tag() != right.tag() {
        return Err(Fault::Builtin(format!(
            "concat() expects two arrays or two strings, got {} and {}",
            type_name(left),
            type_name(right)
        )));
    }
    let left = std::mem::take(&mut arguments[0]);
    concat(left, &arguments[1])
}

fn reverse(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let collection = &arguments[0];
    if let Some(text) = collection.as_string() {
        return Ok(Value::string(&text.as_str().chars().rev().collect::<String>()));
    }
    let Some(array) = collection.as_array() else {
        return Err(wrong_kind("reverse", "a string or array", collection));
    };
    if let Some(ints) = array.as_ints() {
        return Ok(ArrayObject::from_ints(&ints.iter().rev().copied().collect::<Vec<_>>()));
    }
    let mut reversed = ArrayObject::with_capacity(array.storage(), array.len());
    let target = reversed.array_mut().expect("just made");
    for element in array.iter().rev() {
        target.push(element);
    }
    Ok(reversed)
}

fn clear(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    match arguments[0].tag() {
        Tag::Array => Ok(ArrayObject::with_capacity(Storage::Any, 0)),
        Tag::Dict => Ok(DictObject::allocate(Dict::default())),
        _ => Err(wrong_kind("clear", "an array or dict", &arguments[0])),
    }
}

pub(super) fn remove(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    if arguments[0].tag() == Tag::Array {
        let mut collection = std::mem::take(&mut arguments[0]);
        let array = collection.as_array().expect("the tag says so");
        if let Some(at) = element_position(array, &arguments[1]) {
            drop(collection.array_mut().expect("the tag says so").remove(at));
        }
        return Ok(collection);
    }
    if arguments[0].tag() != Tag::Dict {
        return Err(wrong_kind("remove", "an array or dict", &arguments[0]));
    }
    let key = dict_key(&arguments[1])?;
    let key = DictKey::of_value(&key).expect("dict keys are ints or strings");
    let mut collection = std::mem::take(&mut arguments[0]);
    let found = collection.as_dict().is_some_and(|dict| dict.dict().contains(key));
    let removed = match found {
        true => collection.dict_mut().and_then(|dict| dict.dict_mut().remove(key)),
        false => None,
    };
    Ok(Value::array(vec![collection, removed.unwrap_or_default()]))
}
