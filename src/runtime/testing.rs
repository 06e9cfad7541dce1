//! What the tests of a program tell the runtime: which passed, and the summary.
//!
//! Example: after two tests of which one raised, `__tests_done` prints
//! `Tests: 2 total, 1 passed, 1 failed` and ends the program with exit code 1.

use super::Context;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, display, optional_member};
use crate::value::{Symbol, Value};

const TELLS: Effects = Effects::IO.and(Effects::STATE).and(Effects::READS_HEAP);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "__test_passed",
        (1, 1),
        "__test_passed(title)",
        "Counts and prints a test that passed.",
        TELLS,
        passed,
    ),
    Builtin::native(
        "__test_failed",
        (2, 2),
        "__test_failed(title, error)",
        "Counts and prints a test that raised.",
        TELLS,
        failed,
    ),
    Builtin::native(
        "__tests_done",
        (0, 0),
        "__tests_done()",
        "Prints the summary; ends the program if a test failed.",
        TELLS.and(Effects::EXITS),
        done,
    ),
];

fn passed(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.tests.0 += 1;
    let line = format!("PASS {}\n", display(&arguments[0]));
    context.print(|out| out.push_str(&line))?;
    Ok(Value::NULL)
}

fn failed(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.tests.1 += 1;
    let field = |name| display(&optional_member(&arguments[1], Symbol::new(name)));
    let (message, line) = (field("message"), field("line"));
    let line = format!("FAIL {}: {message} (line {line})\n", display(&arguments[0]));
    context.print(|out| out.push_str(&line))?;
    Ok(Value::NULL)
}

fn done(context: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    let (passed, failed) = context.tests;
    let line = format!("Tests: {} total, {passed} passed, {failed} failed\n", passed + failed);
    context.print(|out| out.push_str(&line))?;
    if failed > 0 { Err(Fault::Exit(1)) } else { Ok(Value::NULL) }
}
