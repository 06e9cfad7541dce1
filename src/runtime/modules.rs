//! What `import` asks of the runtime: which modules have run, and which are
//! running now.
//!
//! The builtins here have names that no program can write; the compiler calls
//! them.
//!
//! Example: while `a` runs and imports `b`, which imports `a`, the last import
//! raises `Circular import detected: a -> b -> a`.

use super::Context;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, display};
use crate::value::{RecordObject, Tag, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "<begin import>",
        (2, 2),
        "<begin import>(number, path) -> bool",
        "Whether the module has to run now; notes that it runs.",
        Effects::STATE,
        begin_import,
    ),
    Builtin::native(
        "<end import>",
        (2, 2),
        "<end import>(number, succeeded)",
        "Notes that the module has run, or that it raised and may run again.",
        Effects::STATE,
        end_import,
    ),
    Builtin::native(
        "<module>",
        (3, 3),
        "<module>(path, exports, enums) -> module",
        "The value that stands for a module.",
        Effects::ALLOCATES,
        module,
    ),
];

/// Which modules of the program have run.
#[derive(Debug, Default)]
pub(super) struct ModuleStates {
    /// By number.
    finished: Vec<bool>,
    /// Numbers and paths of those that run now, outermost first.
    running: Vec<(usize, String)>,
}

fn number(arguments: &[Value]) -> usize {
    arguments[0].as_int().unwrap_or_default() as usize
}

fn begin_import(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (number, path) = (number(arguments), display(&arguments[1]));
    let states = &mut context.modules;
    if states.finished.get(number) == Some(&true) {
        return Ok(Value::bool(false));
    }
    let begin = states.running.iter().position(|(running, _)| *running == number);
    // Number 0 is the main file, which runs all the time.
    if begin.is_some() || number == 0 {
        let circle = states.running[begin.unwrap_or_default()..].iter();
        let mut circle: Vec<String> = circle.map(|(_, path)| path.clone()).collect();
        if number == 0 {
            circle.insert(0, path.clone());
        }
        circle.push(path);
        return Err(Fault::CircularImport(circle));
    }
    states.running.push((number, path));
    Ok(Value::bool(true))
}

fn end_import(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (number, succeeded) = (number(arguments), arguments[1].as_bool() == Some(true));
    let states = &mut context.modules;
    if let Some(at) = states.running.iter().position(|(running, _)| *running == number) {
        states.running.truncate(at);
    }
    if succeeded {
        states.finished.resize(states.finished.len().max(number + 1), false);
        states.finished[number] = true;
    }
    Ok(Value::NULL)
}

fn module(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let fields = arguments.to_vec();
    Ok(RecordObject::of_kind(Tag::Module, 0, fields.into_iter()))
}
