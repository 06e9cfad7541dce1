//! What loops over pairs go over.
//!
//! `for [i, x] in enumerate(a)` and `for [k, v] in items(d)` step through the array or dict
//! itself. The compiler has it checked by these builtins, whose names no program can write,
//! so that errors are those of `enumerate` and `items`.
//!
//! Example: `<itemised>({"a": 1})` is the dict; of an array it is the fault
//! `items() expects a dict argument, got array`.

use super::Context;
use super::arguments::{array, dict};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "<enumerated>",
        (1, 1),
        "<enumerated>(a) -> array",
        "The array, for a loop that counts its elements.",
        Effects::READS_HEAP,
        enumerated,
    ),
    Builtin::native(
        "<itemised>",
        (1, 1),
        "<itemised>(d) -> dict",
        "The dict, for a loop over its keys and values.",
        Effects::READS_HEAP,
        itemised,
    ),
];

fn enumerated(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    array("enumerate", arguments, 0)?;
    Ok(std::mem::take(&mut arguments[0]))
}

fn itemised(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    dict("items", arguments, 0)?;
    Ok(std::mem::take(&mut arguments[0]))
}
