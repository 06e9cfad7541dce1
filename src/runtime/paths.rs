//! Builtins on names of files, and on the working directory.
//!
//! Example: `join_path("a", "b.txt")` is `a/b.txt`, `basename("a/b/")` is `b`,
//! `dirname("b.txt")` is empty.

use super::Context;
use super::arguments::text;
use super::files::{failed, path};
use super::table::{Builtin, Effects, MANY};
use crate::prim::Fault;
use crate::value::Value;
use std::path::{Component, Path, PathBuf};

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const SYSTEM: Effects = Effects::FILES.and(MAKES);
const JOIN: &str = "The parts joined to one path; an absolute part starts it again.";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "os_getcwd",
        (0, 0),
        "os_getcwd() -> string",
        "The working directory.",
        SYSTEM,
        |_, _| match std::env::current_dir() {
            Ok(directory) => Ok(value_of(&directory)),
            Err(error) => {
                Err(Fault::Builtin(format!("Cannot tell the working directory: {error}")))
            }
        },
    ),
    Builtin::native(
        "os_chdir",
        (1, 1),
        "os_chdir(path) -> true",
        "Changes the working directory.",
        SYSTEM,
        |_, arguments| {
            let path = path("os_chdir", arguments, 0)?;
            std::env::set_current_dir(path)
                .map_err(|error| failed("change directory to", path, &error))?;
            Ok(Value::bool(true))
        },
    ),
    Builtin::native("join_path", (0, MANY), "join_path(part..) -> string", JOIN, MAKES, join_path),
    Builtin::native("path_join", (0, MANY), "path_join(part..) -> string", JOIN, MAKES, path_join),
    Builtin::native(
        "dirname",
        (1, 1),
        "dirname(path) -> string",
        "The path without its last part; empty if it has only one.",
        MAKES,
        |_, arguments| {
            let parent = path("dirname", arguments, 0)?.parent();
            Ok(value_of(parent.unwrap_or(Path::new(""))))
        },
    ),
    Builtin::native(
        "basename",
        (1, 1),
        "basename(path) -> string",
        "The last part of the path.",
        MAKES,
        |_, arguments| {
            let last = path("basename", arguments, 0)?.components().next_back();
            // The root has no name; `.` and `..` have theirs.
            let name = last.filter(|last| *last != Component::RootDir);
            Ok(value_of(Path::new(name.as_ref().map_or("".as_ref(), |last| last.as_os_str()))))
        },
    ),
    Builtin::native(
        "path_extension",
        (1, 1),
        "path_extension(path) -> string",
        "What follows the last dot of the last part; empty if it has none.",
        MAKES,
        |_, arguments| {
            let extension = path("path_extension", arguments, 0)?.extension();
            Ok(value_of(Path::new(extension.unwrap_or_default())))
        },
    ),
    Builtin::native(
        "path_absolute",
        (1, 1),
        "path_absolute(path) -> string",
        "The path from the root on, without `.`, `..` and links if it exists.",
        SYSTEM,
        |_, arguments| {
            let path = path("path_absolute", arguments, 0)?;
            let absolute = path.canonicalize().or_else(|_| std::path::absolute(path));
            absolute
                .map(|path| value_of(&path))
                .map_err(|error| failed("resolve path", path, &error))
        },
    ),
];

fn value_of(path: &Path) -> Value {
    Value::string(&path.to_string_lossy())
}

fn join_path(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    joined("join_path", arguments)
}

fn path_join(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    joined("path_join", arguments)
}

fn joined(name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let mut path = PathBuf::new();
    for at in 0..arguments.len() {
        path.push(text(name, arguments, at)?);
    }
    Ok(value_of(&path))
}
