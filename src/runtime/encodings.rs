//! Builtins on base64 and on digests.
//!
//! Example: `encode_base64("hi")` is `aGk=`; `md5("")` begins with `d41d8cd9`.

use super::Context;
use super::arguments::{octets, text};
use super::files::contents;
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::{BytesObject, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fmt::Write;

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "encode_base64",
        (1, 1),
        "encode_base64(text) -> string",
        "The text or bytes in base64.",
        MAKES,
        |_, arguments| Ok(Value::string(&STANDARD.encode(octets("encode_base64", arguments, 0)?))),
    ),
    Builtin::native(
        "decode_base64",
        (1, 1),
        "decode_base64(s) -> bytes",
        "The bytes that the base64 text stands for.",
        MAKES,
        decode_base64,
    ),
    Builtin::native(
        "sha256",
        (1, 1),
        "sha256(text) -> string",
        "SHA-256 of the text or bytes, in hexadecimal.",
        MAKES,
        |_, arguments| Ok(digest::<Sha256>(octets("sha256", arguments, 0)?)),
    ),
    Builtin::native(
        "md5",
        (1, 1),
        "md5(text) -> string",
        "MD5 of the text or bytes, in hexadecimal. Not for secrets.",
        MAKES,
        |_, arguments| Ok(digest::<Md5>(octets("md5", arguments, 0)?)),
    ),
    Builtin::native(
        "sha256_file",
        (1, 1),
        "sha256_file(path) -> string",
        "SHA-256 of the file, in hexadecimal.",
        MAKES.and(Effects::FILES),
        |_, arguments| Ok(digest::<Sha256>(&contents("sha256_file", arguments, 0)?)),
    ),
    Builtin::native(
        "md5_file",
        (1, 1),
        "md5_file(path) -> string",
        "MD5 of the file, in hexadecimal. Not for secrets.",
        MAKES.and(Effects::FILES),
        |_, arguments| Ok(digest::<Md5>(&contents("md5_file", arguments, 0)?)),
    ),
];

fn digest<D: Digest>(data: &[u8]) -> Value {
    let mut text = String::new();
    for byte in D::digest(data).iter() {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    Value::string(&text)
}

fn decode_base64(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let decoded = STANDARD.decode(text("decode_base64", arguments, 0)?);
    decoded
        .map(BytesObject::allocate)
        .map_err(|error| Fault::Builtin(format!("Base64 decode error: {error}")))
}
