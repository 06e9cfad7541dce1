//! YAML.
//!
//! Example: `to_yaml({"a": [1, 2]})` is `a:` and a line for each element.

use super::super::Context;
use super::super::arguments::text;
use super::super::table::{Builtin, Effects};
use super::tree::{Format, Read, Written, check};
use crate::prim::Fault;
use crate::value::Value;

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const YAML: Format = Format { name: "YAML", infinite: true, null: true };

pub const ROWS: &[Builtin] = &[
    Builtin::native(
        "parse_yaml",
        (1, 1),
        "parse_yaml(s)",
        "The value that the YAML text describes.",
        MAKES,
        parse_yaml,
    ),
    Builtin::native(
        "to_yaml",
        (1, 1),
        "to_yaml(v) -> string",
        "The value as YAML text in block style.",
        MAKES,
        to_yaml,
    ),
];

fn parse_yaml(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    // Plain `no`, `on` and `y` are texts: only YAML 1.1 took them for bools.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
    };
    let text = text("parse_yaml", arguments, 0)?;
    let read = serde_saphyr::from_str_with_options::<Read>(text, options);
    read.map(|read| read.0).map_err(|error| {
        // The default wording advises on options of the library.
        let reason = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        Fault::Builtin(format!("YAML parse error: {reason}"))
    })
}

fn to_yaml(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    check(YAML, value)?;
    serde_saphyr::to_string(&Written { value, format: YAML })
        .map(|text| Value::string(&text))
        .map_err(|error| Fault::Builtin(format!("Cannot convert to YAML: {error}")))
}
