//! Files through promises: the same as the builtins of `files`, at once, but an
//! error waits in the promise until somebody does.
//!
//! What must hold: arguments of a wrong kind raise when the builtin is called;
//! only what the operating system says goes into the promise.
//!
//! Example: `async_read_file("none")` gives a promise; awaiting it raises
//! `Cannot read file 'none': No such file or directory (os error 2)`.

use super::Context;
use super::arguments::{array, size, text};
use super::error_value::new_error;
use super::files::{read_file, write_file};
use super::table::{Builtin, Effects, Function};
use crate::prim::Fault;
use crate::prim::promise::{ALL, FULFILLED, REJECTED, new_promise};
use crate::value::Value;

const READS: Effects = Effects::FILES.and(Effects::READS_HEAP).and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "async_read_file",
        (1, 1),
        "async_read_file(path) -> promise",
        "A promise of the text of the file.",
        READS,
        |context, arguments| {
            text("async_read_file", arguments, 0)?;
            Ok(promise(context, read_file, arguments))
        },
    ),
    Builtin::native(
        "async_read_files",
        (1, 2),
        "async_read_files(paths, [limit]) -> promise",
        "A promise of an array of the texts of the files.",
        READS,
        read_files,
    ),
    Builtin::native(
        "async_write_file",
        (2, 3),
        "async_write_file(path, text, [options]) -> promise",
        "A promise of true, for what write_file does.",
        READS,
        |context, arguments| {
            text("async_write_file", arguments, 0)?;
            text("async_write_file", arguments, 1)?;
            Ok(promise(context, write_file, arguments))
        },
    ),
    Builtin::native(
        "async_write_files",
        (2, 3),
        "async_write_files(paths, texts, [limit]) -> promise",
        "A promise of an array with true for each file.",
        READS,
        write_files,
    ),
];

/// The promise of what a builtin gives for the arguments.
fn promise(context: &mut Context, builtin: Function, arguments: &mut [Value]) -> Value {
    match builtin(context, arguments) {
        Ok(value) => new_promise(FULFILLED, value, Value::NULL),
        Err(fault) => new_promise(REJECTED, new_error(&fault.to_string()), Value::NULL),
    }
}

/// The strings of an array.
fn strings(name: &str, arguments: &[Value], at: usize) -> Result<Vec<Value>, Fault> {
    let values: Vec<Value> = array(name, arguments, at)?.iter().collect();
    (0..values.len()).try_for_each(|at| text(name, &values, at).map(|_| ()))?;
    Ok(values)
}

fn read_files(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let name = "async_read_files";
    let paths = strings(name, arguments, 0)?;
    if arguments.len() > 1 {
        size(name, arguments, 1)?;
    }
    let promises = paths.into_iter().map(|path| promise(context, read_file, &mut [path]));
    let promises = Value::array(promises.collect());
    Ok(new_promise(ALL, promises, Value::NULL))
}

fn write_files(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let name = "async_write_files";
    let (paths, texts) = (strings(name, arguments, 0)?, strings(name, arguments, 1)?);
    if arguments.len() > 2 {
        size(name, arguments, 2)?;
    }
    if paths.len() != texts.len() {
        let counts = format!("{} and {}", paths.len(), texts.len());
        return Err(Fault::Builtin(format!(
            "{name}() expects as many paths as texts, got {counts}"
        )));
    }
    let files = paths.into_iter().zip(texts);
    let promises = files.map(|(path, text)| promise(context, write_file, &mut [path, text]));
    let promises = Value::array(promises.collect());
    Ok(new_promise(ALL, promises, Value::NULL))
}
