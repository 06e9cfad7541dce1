//! Builtins that read and write parts of files, and tell about them.
//!
//! Example: after `io_write_bytes("a", bytes("hello"))`, `io_read_at("a", 1, 3)`
//! holds the bytes of `ell`.

use super::Context;
use super::arguments::{natural, octets};
use super::dicts::dict_of;
use super::files::{failed, path, replace_file};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::{BytesObject, Value};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::{SystemTime, UNIX_EPOCH};

const READS: Effects = Effects::FILES.and(Effects::READS_HEAP).and(Effects::ALLOCATES);
const WRITES: Effects = Effects::FILES.and(Effects::READS_HEAP);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "io_read_bytes",
        (2, 2),
        "io_read_bytes(path, n) -> bytes",
        "The first n bytes of the file, or all if there are fewer.",
        READS,
        |_, arguments| {
            let count = natural("io_read_bytes", arguments, 1, "count")?;
            read_part("io_read_bytes", arguments, 0, count)
        },
    ),
    Builtin::native(
        "io_read_at",
        (3, 3),
        "io_read_at(path, offset, n) -> bytes",
        "Up to n bytes of the file from the offset on.",
        READS,
        |_, arguments| {
            let offset = natural("io_read_at", arguments, 1, "offset")?;
            let count = natural("io_read_at", arguments, 2, "count")?;
            read_part("io_read_at", arguments, offset, count)
        },
    ),
    Builtin::native(
        "io_seek_read",
        (2, 2),
        "io_seek_read(path, offset) -> bytes",
        "The bytes of the file from the offset to the end.",
        READS,
        |_, arguments| {
            let offset = natural("io_seek_read", arguments, 1, "offset")?;
            read_part("io_seek_read", arguments, offset, u64::MAX)
        },
    ),
    Builtin::native(
        "io_write_bytes",
        (2, 2),
        "io_write_bytes(path, bytes) -> true",
        "Makes or overwrites the file.",
        WRITES,
        |_, arguments| {
            let contents = octets("io_write_bytes", arguments, 1)?;
            write("io_write_bytes", arguments, |path| replace_file(path, contents))
        },
    ),
    Builtin::native(
        "io_append_bytes",
        (2, 2),
        "io_append_bytes(path, bytes) -> true",
        "Adds the bytes to the end of the file, which is made if need be.",
        WRITES,
        |_, arguments| {
            let contents = octets("io_append_bytes", arguments, 1)?;
            write("io_append_bytes", arguments, |path| {
                OpenOptions::new().append(true).create(true).open(path)?.write_all(contents)
            })
        },
    ),
    Builtin::native(
        "io_write_at",
        (3, 3),
        "io_write_at(path, bytes, offset) -> true",
        "Writes the bytes over those of the file from the offset on.",
        WRITES,
        |_, arguments| {
            let contents = octets("io_write_at", arguments, 1)?;
            let offset = natural("io_write_at", arguments, 2, "offset")?;
            write("io_write_at", arguments, |path| {
                let mut file = OpenOptions::new().write(true).open(path)?;
                file.seek(SeekFrom::Start(offset))?;
                file.write_all(contents)
            })
        },
    ),
    Builtin::native(
        "io_truncate",
        (2, 2),
        "io_truncate(path, size) -> true",
        "Makes the file this long: shorter, or longer by zero bytes.",
        WRITES,
        |_, arguments| {
            let size = natural("io_truncate", arguments, 1, "size")?;
            write("io_truncate", arguments, |path| {
                OpenOptions::new().write(true).open(path)?.set_len(size)
            })
        },
    ),
    Builtin::native(
        "io_copy_range",
        (4, 4),
        "io_copy_range(from, to, offset, n) -> true",
        "Makes a file of up to n bytes of another from the offset on.",
        WRITES,
        copy_range,
    ),
    Builtin::native(
        "io_file_metadata",
        (1, 1),
        "io_file_metadata(path) -> dict",
        "Size, kind, and times in seconds since 1970.",
        READS,
        file_metadata,
    ),
];

fn part(path: &std::path::Path, offset: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_part(name: &str, arguments: &[Value], offset: u64, count: u64) -> Result<Value, Fault> {
    let path = path(name, arguments, 0)?;
    let bytes = part(path, offset, count).map_err(|error| failed("read file", path, &error))?;
    Ok(BytesObject::allocate(bytes))
}

fn write(
    name: &str,
    arguments: &[Value],
    write: impl FnOnce(&std::path::Path) -> io::Result<()>,
) -> Result<Value, Fault> {
    let path = path(name, arguments, 0)?;
    write(path).map_err(|error| failed("write file", path, &error))?;
    Ok(Value::bool(true))
}

fn copy_range(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let offset = natural("io_copy_range", arguments, 2, "offset")?;
    let count = natural("io_copy_range", arguments, 3, "count")?;
    let (from, to) = (path("io_copy_range", arguments, 0)?, path("io_copy_range", arguments, 1)?);
    let bytes = part(from, offset, count).map_err(|error| failed("read file", from, &error))?;
    replace_file(to, &bytes).map_err(|error| failed("write file", to, &error))?;
    Ok(Value::bool(true))
}

fn seconds(time: io::Result<SystemTime>) -> Value {
    let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(Value::NULL, |since| Value::int(since.as_secs() as i64))
}

fn file_metadata(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let path = path("io_file_metadata", arguments, 0)?;
    let metadata = fs::metadata(path).map_err(|error| failed("read file", path, &error))?;
    Ok(dict_of([
        ("size", Value::int(metadata.len() as i64)),
        ("is_file", Value::bool(metadata.is_file())),
        ("is_dir", Value::bool(metadata.is_dir())),
        ("readonly", Value::bool(metadata.permissions().readonly())),
        ("modified", seconds(metadata.modified())),
        ("created", seconds(metadata.created())),
        ("accessed", seconds(metadata.accessed())),
    ]))
}
