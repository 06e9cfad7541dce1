//! The builtin that makes bytes.
//!
//! Example: `bytes([104, 105])` and `bytes("hi")` are equal.

use super::Context;
use super::arguments::wrong_kind;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, display, integral};
use crate::value::{BytesObject, Tag, Value};

pub(super) const ROWS: &[Builtin] = &[Builtin::native(
    "bytes",
    (1, 1),
    "bytes(ints) -> bytes",
    "Bytes of the ints from 0 to 255, or of the UTF-8 form of a text.",
    Effects::READS_HEAP.and(Effects::ALLOCATES),
    bytes,
)];

fn bytes(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let value = &arguments[0];
    if let Some(text) = value.as_string() {
        return Ok(BytesObject::allocate(text.as_str().as_bytes().to_vec()));
    }
    if value.tag() == Tag::Bytes {
        return Ok(value.clone());
    }
    let array = value.as_array().ok_or_else(|| wrong_kind("bytes", "an array or string", value))?;
    let byte = |item: Value| {
        let byte = integral(&item).and_then(|int| u8::try_from(int).ok());
        let wrong = || format!("bytes() expects ints from 0 to 255, got {}", display(&item));
        byte.ok_or_else(|| Fault::Builtin(wrong()))
    };
    Ok(BytesObject::allocate(array.iter().map(byte).collect::<Result<_, _>>()?))
}
