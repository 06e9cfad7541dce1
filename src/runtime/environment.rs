//! Builtins on environment variables.
//!
//! What the program sets is kept beside the environment of the process and seen
//! by all that is started from then on; the process's own stays as it was,
//! because changing it is not safe while other threads run.
//!
//! Example: after `env_set("N", "7")`, `env_int("N")` is 7.

use super::Context;
use super::arguments::text;
use super::dicts::dict_of;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, display};
use crate::value::Value;
use std::collections::BTreeMap;

const READS: Effects =
    Effects::IO.and(Effects::STATE).and(Effects::READS_HEAP).and(Effects::ALLOCATES);
const LIST: &str = "All environment variables.";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "env",
        (1, 1),
        "env(name) -> string",
        "The environment variable, or an empty text.",
        READS,
        |context, arguments| {
            let found = variable(context, text("env", arguments, 0)?);
            Ok(Value::string(&found.unwrap_or_default()))
        },
    ),
    Builtin::native(
        "env_or",
        (2, 2),
        "env_or(name, default)",
        "The environment variable, or the default.",
        READS,
        |context, arguments| {
            let found = variable(context, text("env_or", arguments, 0)?);
            Ok(found
                .map_or_else(|| std::mem::take(&mut arguments[1]), |found| Value::string(&found)))
        },
    ),
    Builtin::native(
        "env_int",
        (1, 1),
        "env_int(name) -> int",
        "The int that the environment variable spells.",
        READS,
        |context, arguments| {
            converted("env_int", context, arguments, "integer", |text| {
                text.parse().ok().map(Value::int)
            })
        },
    ),
    Builtin::native(
        "env_float",
        (1, 1),
        "env_float(name) -> float",
        "The float that the environment variable spells.",
        READS,
        |context, arguments| {
            converted("env_float", context, arguments, "float", |text| {
                text.parse().ok().map(Value::float)
            })
        },
    ),
    Builtin::native(
        "env_bool",
        (1, 1),
        "env_bool(name) -> bool",
        "Whether the environment variable says true, 1, yes or on rather than false, 0, no or off.",
        READS,
        |context, arguments| {
            converted("env_bool", context, arguments, "bool", |text| {
                match text.to_lowercase().as_str() {
                    "true" | "1" | "yes" | "on" => Some(Value::bool(true)),
                    "false" | "0" | "no" | "off" => Some(Value::bool(false)),
                    _ => None,
                }
            })
        },
    ),
    Builtin::native(
        "env_required",
        (1, 1),
        "env_required(name) -> string",
        "The environment variable, which must be set.",
        READS,
        |context, arguments| {
            let name = text("env_required", arguments, 0)?;
            match variable(context, name) {
                Some(found) => Ok(Value::string(&found)),
                None => Err(Fault::Builtin(format!(
                    "Required environment variable '{name}' is not set"
                ))),
            }
        },
    ),
    Builtin::native(
        "env_set",
        (2, 2),
        "env_set(name, value)",
        "Sets the environment variable for the rest of the run.",
        READS,
        env_set,
    ),
    Builtin::native("env_list", (0, 0), "env_list() -> dict", LIST, READS, list),
    Builtin::native("os_environ", (0, 0), "os_environ() -> dict", LIST, READS, list),
];

/// The environment variable as the program sees it.
pub(super) fn variable(context: &Context, name: &str) -> Option<String> {
    if let Some(set) = context.environment.get(name) {
        return Some(set.clone());
    }
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn converted(
    builtin: &str,
    context: &Context,
    arguments: &[Value],
    kind: &str,
    convert: impl FnOnce(&str) -> Option<Value>,
) -> Result<Value, Fault> {
    let name = text(builtin, arguments, 0)?;
    let Some(found) = variable(context, name) else {
        return Err(Fault::Builtin(format!("Environment variable '{name}' not found")));
    };
    convert(found.trim()).ok_or_else(|| {
        Fault::Builtin(format!(
            "Environment variable '{name}' value '{found}' is not a valid {kind}"
        ))
    })
}

fn env_set(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let name = text("env_set", arguments, 0)?;
    let value = display(&arguments[1]);
    if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
        return Err(Fault::Builtin(format!("Cannot set environment variable '{name}'")));
    }
    context.environment.insert(name.to_string(), value);
    Ok(Value::NULL)
}

fn list(context: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let mut all: BTreeMap<String, String> =
        std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect();
    all.extend(context.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(dict_of(all.iter().map(|(name, value)| (name.as_str(), Value::string(value)))))
}
