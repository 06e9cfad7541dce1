//! Builtins on values that outlive the variables of a program: a store of the
//! run, seen by all its tasks, and a store in a file.
//!
//! The file is `.ruff_kv.json` in the working directory, or what the environment
//! variable `RUFF_KV_PATH` names: one JSON object of strings.
//!
//! Example: after `shared_set("n", 1)`, `shared_add_int("n", 2)` is 3.

use super::Context;
use super::arguments::{text, whole};
use super::data::json;
use super::environment::variable;
use super::files::{failed, replace_file};
use super::table::{Builtin, Effects};
use crate::prim::{Fault, Operator, binary, display, type_name};
use crate::value::{DictKey, Tag, Value};
use std::io::ErrorKind;
use std::path::PathBuf;

const STATE: Effects = Effects::STATE.and(Effects::READS_HEAP).and(Effects::ALLOCATES);
const FILE: Effects = Effects::FILES.and(Effects::READS_HEAP).and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "shared_set",
        (2, 2),
        "shared_set(k, v) -> true",
        "Keeps the value for all tasks of the run.",
        STATE,
        |context, arguments| {
            let key = text("shared_set", arguments, 0)?.to_string();
            context.shared.insert(key, std::mem::take(&mut arguments[1]));
            Ok(Value::bool(true))
        },
    ),
    Builtin::native(
        "shared_get",
        (1, 1),
        "shared_get(k)",
        "The value kept for the key.",
        STATE,
        |context, arguments| {
            let key = text("shared_get", arguments, 0)?;
            context.shared.get(key).cloned().ok_or_else(|| missing("shared_get", key))
        },
    ),
    Builtin::native(
        "shared_has",
        (1, 1),
        "shared_has(k) -> bool",
        "Whether a value is kept for the key.",
        STATE,
        |context, arguments| {
            Ok(Value::bool(context.shared.contains_key(text("shared_has", arguments, 0)?)))
        },
    ),
    Builtin::native(
        "shared_delete",
        (1, 1),
        "shared_delete(k) -> bool",
        "Forgets the value of the key; whether there was one.",
        STATE,
        |context, arguments| {
            let key = text("shared_delete", arguments, 0)?;
            Ok(Value::bool(context.shared.remove(key).is_some()))
        },
    ),
    Builtin::native(
        "shared_add_int",
        (2, 2),
        "shared_add_int(k, n) -> int",
        "Adds to the int kept for the key; the sum.",
        STATE,
        shared_add_int,
    ),
    Builtin::native(
        "kv_set",
        (2, 2),
        "kv_set(k, v) -> true",
        "Keeps the text in the file of keys and values.",
        FILE,
        kv_set,
    ),
    Builtin::native(
        "kv_get",
        (1, 1),
        "kv_get(k)",
        "The text kept in the file of keys and values, or null.",
        FILE,
        kv_get,
    ),
];

#[cold]
fn missing(name: &str, key: &str) -> Fault {
    Fault::Builtin(format!("{name} key '{key}' not found"))
}

fn shared_add_int(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let key = text("shared_add_int", arguments, 0)?;
    let added = Value::int(whole("shared_add_int", arguments, 1)?);
    let kept = context.shared.get_mut(key).ok_or_else(|| missing("shared_add_int", key))?;
    if kept.tag() != Tag::Int {
        return Err(Fault::Builtin(format!("shared_add_int value of key '{key}' is not an int")));
    }
    *kept = binary(Operator::Add, kept, &added)?;
    Ok(kept.clone())
}

fn store_path(context: &Context) -> PathBuf {
    variable(context, "RUFF_KV_PATH").map_or_else(|| ".ruff_kv.json".into(), PathBuf::from)
}

/// The contents of the store; empty if there is none yet.
fn store(context: &Context) -> Result<Value, Fault> {
    let path = store_path(context);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => "{}".to_string(),
        Err(error) => return Err(failed("read file", &path, &error)),
    };
    let reason = match json::read(&text) {
        Ok(store) if store.tag() == Tag::Dict => return Ok(store),
        Ok(other) => format!("it holds no JSON object but {}", type_name(&other)),
        Err(reason) => format!("JSON parse error: {reason}"),
    };
    Err(Fault::Builtin(format!("Cannot read keys and values from '{}': {reason}", path.display())))
}

fn kv_set(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let key = text("kv_set", arguments, 0)?;
    let mut store = store(context)?;
    if let Some(entries) = store.dict_mut() {
        let text = Value::string(&display(&arguments[1]));
        drop(entries.dict_mut().insert(DictKey::of(key), text));
    }
    let path = store_path(context);
    replace_file(&path, json::json(&store)?.as_bytes())
        .map_err(|error| failed("write file", &path, &error))?;
    Ok(Value::bool(true))
}

fn kv_get(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let key = text("kv_get", arguments, 0)?;
    let store = store(context)?;
    let kept = store.as_dict().and_then(|entries| entries.dict().get(DictKey::of(key)).cloned());
    Ok(kept.map_or(Value::NULL, |kept| Value::string(&display(&kept))))
}
