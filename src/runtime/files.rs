//! Builtins on files and directories as wholes.
//!
//! A file that is overwritten keeps its old contents until the new ones are
//! complete: they go to a new file beside it, which then takes its name. Where
//! that is not possible (a device, a directory that may not be written) the
//! file is written directly.
//!
//! Example: `write_file("a.txt", "x\ny\n")` and then `read_lines("a.txt")` is
//! `[x, y]`.

use super::Context;
use super::arguments::{octets, option, text};
use super::strings::line_array;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, truthy};
use crate::value::{BytesObject, Value};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const READS: Effects = Effects::FILES.and(Effects::READS_HEAP).and(Effects::ALLOCATES);
const WRITES: Effects = Effects::FILES.and(Effects::READS_HEAP);
const EXISTS: &str = "Whether there is a file or directory of this name.";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "read_file",
        (1, 1),
        "read_file(path) -> string",
        "The text of the file, which must be UTF-8.",
        READS,
        read_file,
    ),
    Builtin::native(
        "read_file_lossy",
        (1, 1),
        "read_file_lossy(path) -> string",
        "The text of the file, with a replacement character for what is not UTF-8.",
        READS,
        read_file_lossy,
    ),
    Builtin::native(
        "read_lines",
        (1, 1),
        "read_lines(path) -> array",
        "The lines of the file.",
        READS,
        read_lines,
    ),
    Builtin::native(
        "read_binary_file",
        (1, 1),
        "read_binary_file(path) -> bytes",
        "The bytes of the file.",
        READS,
        read_binary_file,
    ),
    Builtin::native(
        "write_file",
        (2, 3),
        "write_file(path, text, [options]) -> true",
        "Makes or overwrites the file; with `{\"overwrite\": false}` it may not exist yet.",
        WRITES,
        write_file,
    ),
    Builtin::native(
        "write_binary_file",
        (2, 3),
        "write_binary_file(path, bytes, [options]) -> true",
        "As write_file, for bytes.",
        WRITES,
        write_binary_file,
    ),
    Builtin::native(
        "append_file",
        (2, 2),
        "append_file(path, text) -> true",
        "Adds the text to the end of the file, which is made if need be.",
        WRITES,
        append_file,
    ),
    Builtin::native("file_exists", (1, 1), "file_exists(path) -> bool", EXISTS, READS, exists),
    Builtin::native("path_exists", (1, 1), "path_exists(path) -> bool", EXISTS, READS, exists),
    Builtin::native(
        "path_is_file",
        (1, 1),
        "path_is_file(path) -> bool",
        "Whether it is a file.",
        READS,
        |_, arguments| Ok(Value::bool(path("path_is_file", arguments, 0)?.is_file())),
    ),
    Builtin::native(
        "path_is_dir",
        (1, 1),
        "path_is_dir(path) -> bool",
        "Whether it is a directory.",
        READS,
        |_, arguments| Ok(Value::bool(path("path_is_dir", arguments, 0)?.is_dir())),
    ),
    Builtin::native(
        "path_is_symlink",
        (1, 1),
        "path_is_symlink(path) -> bool",
        "Whether it is a symbolic link.",
        READS,
        |_, arguments| Ok(Value::bool(path("path_is_symlink", arguments, 0)?.is_symlink())),
    ),
    Builtin::native(
        "file_size",
        (1, 1),
        "file_size(path) -> int",
        "Length of the file in bytes.",
        READS,
        file_size,
    ),
    Builtin::native(
        "delete_file",
        (1, 1),
        "delete_file(path) -> true",
        "Deletes the file.",
        WRITES,
        |_, arguments| {
            done("delete file", arguments, fs::remove_file(path("delete_file", arguments, 0)?))
        },
    ),
    Builtin::native(
        "rename_file",
        (2, 2),
        "rename_file(from, to) -> true",
        "Gives the file another name.",
        WRITES,
        |_, arguments| {
            let (from, to) =
                (path("rename_file", arguments, 0)?, path("rename_file", arguments, 1)?);
            done("rename file", arguments, fs::rename(from, to))
        },
    ),
    Builtin::native(
        "copy_file",
        (2, 2),
        "copy_file(from, to) -> true",
        "Makes a copy of the file.",
        WRITES,
        |_, arguments| {
            let (from, to) = (path("copy_file", arguments, 0)?, path("copy_file", arguments, 1)?);
            done("copy file", arguments, fs::copy(from, to).map(drop))
        },
    ),
    Builtin::native(
        "create_dir",
        (1, 1),
        "create_dir(path) -> true",
        "Makes the directory and those above it, unless they exist.",
        WRITES,
        |_, arguments| {
            let created = fs::create_dir_all(path("create_dir", arguments, 0)?);
            done("create directory", arguments, created)
        },
    ),
    Builtin::native(
        "os_rmdir",
        (1, 1),
        "os_rmdir(path) -> true",
        "Deletes the directory, which must be empty.",
        WRITES,
        |_, arguments| {
            let removed = fs::remove_dir(path("os_rmdir", arguments, 0)?);
            done("remove directory", arguments, removed)
        },
    ),
    Builtin::native(
        "list_dir",
        (1, 1),
        "list_dir(path) -> array",
        "The names in the directory, in ascending order.",
        READS,
        list_dir,
    ),
];

/// The fault for a failed operation on a path: `Cannot <what> '<path>': <reason>`.
#[cold]
pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> Fault {
    Fault::Builtin(format!("Cannot {what} '{}': {error}", path.display()))
}

pub(super) fn path<'a>(name: &str, arguments: &'a [Value], at: usize) -> Result<&'a Path, Fault> {
    text(name, arguments, at).map(Path::new)
}

/// True, or the fault of an operation on the path that is the first argument.
fn done(what: &str, arguments: &[Value], result: io::Result<()>) -> Result<Value, Fault> {
    let first = || Path::new(arguments[0].as_string().map_or("", |path| path.as_str()));
    result.map(|()| Value::bool(true)).map_err(|error| failed(what, first(), &error))
}

/// The bytes of the file that an argument names.
pub(super) fn contents(name: &str, arguments: &[Value], at: usize) -> Result<Vec<u8>, Fault> {
    let path = path(name, arguments, at)?;
    fs::read(path).map_err(|error| failed("read file", path, &error))
}

/// The text of the file that the first argument names.
fn file_text(name: &str, arguments: &[Value]) -> Result<String, Fault> {
    String::from_utf8(contents(name, arguments, 0)?).map_err(|error| {
        let reason = io::Error::new(io::ErrorKind::InvalidData, error.utf8_error());
        failed("read file", Path::new(text(name, arguments, 0).unwrap_or_default()), &reason)
    })
}

pub(super) fn read_file(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(&file_text("read_file", arguments)?))
}

fn read_file_lossy(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let contents = contents("read_file_lossy", arguments, 0)?;
    Ok(Value::string(&String::from_utf8_lossy(&contents)))
}

fn read_lines(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    line_array(&file_text("read_lines", arguments)?)
}

fn read_binary_file(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(BytesObject::allocate(contents("read_binary_file", arguments, 0)?))
}

pub(super) fn write_file(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let contents = text("write_file", arguments, 1)?;
    overwrite("write_file", arguments, contents.as_bytes())
}

fn write_binary_file(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let contents = octets("write_binary_file", arguments, 1)?;
    overwrite("write_binary_file", arguments, contents)
}

fn overwrite(name: &str, arguments: &[Value], contents: &[u8]) -> Result<Value, Fault> {
    let path = path(name, arguments, 0)?;
    let may = option(name, arguments, 2, "overwrite")?.is_none_or(truthy);
    let written = if may { replace_file(path, contents) } else { new_file(path, contents) };
    written.map(|()| Value::bool(true)).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Fault::Builtin(format!("Cannot write file '{}': file already exists", path.display()))
        }
        _ => failed("write file", path, &error),
    })
}

fn new_file(path: &Path, contents: &[u8]) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(contents)
}

/// Gives a file these contents; until it has all of them it keeps the old ones.
pub(super) fn replace_file(path: &Path, contents: &[u8]) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let old = fs::metadata(&target);
    match &old {
        Ok(old) if !old.is_file() => return fs::write(path, contents),
        Err(_) => return fs::write(path, contents),
        Ok(_) => {}
    }
    let beside = beside(&target);
    let Ok(mut file) = fs::File::create_new(&beside) else {
        return fs::write(path, contents);
    };
    let mut written = file.write_all(contents);
    if let Ok(old) = old {
        written = written.and_then(|()| file.set_permissions(old.permissions()));
    }
    drop(file);
    let replaced = written.and_then(|()| fs::rename(&beside, &target));
    if replaced.is_err() {
        // The reason that counts is why the new file could not be completed.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// A name in the same directory that no other writer uses.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn append_file(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let contents = text("append_file", arguments, 1)?;
    let opened =
        fs::OpenOptions::new().append(true).create(true).open(path("append_file", arguments, 0)?);
    let appended = opened.and_then(|mut file| file.write_all(contents.as_bytes()));
    done("append to file", arguments, appended)
}

fn exists(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::bool(path("file_exists", arguments, 0)?.exists()))
}

fn file_size(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let path = path("file_size", arguments, 0)?;
    let metadata = fs::metadata(path).map_err(|error| failed("read file", path, &error))?;
    Ok(Value::int(metadata.len() as i64))
}

fn list_dir(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let path = path("list_dir", arguments, 0)?;
    let names = fs::read_dir(path).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    });
    let mut names: Vec<String> =
        names.map_err(|error: io::Error| failed("read directory", path, &error))?;
    names.sort();
    Ok(Value::array(names.iter().map(|name| Value::string(name)).collect()))
}
