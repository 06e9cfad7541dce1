//! Builtins on dicts. Enumerations run in key order and give keys as strings.
//!
//! Example: `keys({"b": 1, "10": 2, "9": 3})` is `[9, 10, b]`,
//! `get({}, "k", 5)` is 5, `invert({"a": "x"})` is `{"x": "a"}`.

use super::Context;
use super::arguments::{dict, take_dict};
use super::table::{Builtin, Effects};
use crate::prim::{Fault, dict_key, display, key_string};
use crate::value::{Dict, DictKey, DictObject, HashedKey, Value};

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const MERGE: &str = "The entries of both; where both have a key, that of the second.";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native("dict", (0, 0), "dict() -> dict", "An empty dict.", MAKES, make_dict),
    Builtin::native("keys", (1, 1), "keys(d) -> array", "The keys in key order.", MAKES, keys),
    Builtin::native(
        "values",
        (1, 1),
        "values(d) -> array",
        "The values in key order.",
        MAKES,
        values,
    ),
    Builtin::native(
        "items",
        (1, 1),
        "items(d) -> array",
        "Pairs of key and value in key order.",
        MAKES,
        items,
    ),
    Builtin::native(
        "has_key",
        (2, 2),
        "has_key(d, k) -> bool",
        "Whether the dict has the key.",
        READS,
        has_key,
    ),
    Builtin::native(
        "get",
        (2, 3),
        "get(d, k, [default])",
        "The value of the key, or the default, or null.",
        READS,
        get,
    )
    .looking_up(),
    Builtin::native(
        "get_default",
        (3, 3),
        "get_default(d, k, default)",
        "The value of the key, or the default.",
        READS,
        get,
    )
    .looking_up(),
    Builtin::native("merge", (2, 2), "merge(a, b) -> dict", MERGE, MAKES, merge).reusing(),
    Builtin::native("update", (2, 2), "update(a, b) -> dict", MERGE, MAKES, merge).reusing(),
    Builtin::native(
        "invert",
        (1, 1),
        "invert(d) -> dict",
        "The keys by the display forms of their values.",
        MAKES,
        invert,
    ),
];

/// A dict of these entries.
pub(super) fn dict_of<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut dict = Dict::default();
    for (key, value) in entries {
        drop(dict.insert(DictKey::of(key), value));
    }
    DictObject::allocate(dict)
}

fn make_dict(_: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(DictObject::allocate(Dict::default()))
}

fn keys(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let dict = dict("keys", arguments, 0)?;
    let keys = dict.key_order().map(|at| key_string(dict.key_value_at(at)));
    Ok(Value::array(keys.collect()))
}

fn values(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let dict = dict("values", arguments, 0)?;
    Ok(Value::array(dict.key_order().map(|at| dict.value_at(at).clone()).collect()))
}

fn items(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let dict = dict("items", arguments, 0)?;
    let item =
        |at| Value::array(vec![key_string(dict.key_value_at(at)), dict.value_at(at).clone()]);
    Ok(Value::array(dict.key_order().map(item).collect()))
}

fn find<'a>(name: &str, arguments: &'a [Value]) -> Result<Option<&'a Value>, Fault> {
    let dict = dict(name, arguments, 0)?;
    if let Some(key) = HashedKey::of_value(&arguments[1]) {
        return Ok(dict.get(key));
    }
    let key = dict_key(&arguments[1])?;
    Ok(HashedKey::of_value(&key).and_then(|key| dict.get(key)))
}

fn has_key(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::bool(find("has_key", arguments)?.is_some()))
}

fn get(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    match find("get", arguments)?.cloned() {
        Some(value) => Ok(value),
        None => Ok(arguments.get_mut(2).map(std::mem::take).unwrap_or_default()),
    }
}

fn merge(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    dict("merge", arguments, 1)?;
    let mut merged = take_dict("merge", arguments, 0)?;
    let target = merged.dict_mut().expect("seen above").dict_mut();
    let source = dict("merge", arguments, 1)?;
    for at in source.key_order() {
        drop(target.insert_shared(source.key_value_at(at), source.value_at(at).clone()));
    }
    Ok(merged)
}

fn invert(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let dict = dict("invert", arguments, 0)?;
    let mut inverted = Dict::with_capacity(dict.len());
    for at in dict.key_order() {
        let text = display(dict.value_at(at));
        drop(inverted.insert(DictKey::of(&text), key_string(dict.key_value_at(at))));
    }
    Ok(DictObject::allocate(inverted))
}
