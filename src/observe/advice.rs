//! What a programmer can do about a guard that fails.
//!
//! One sentence for each kind of guard, after the state of its exit: what is
//! compiled by now needs nothing done.
//!
//! Example: a type guard on `x`, cold, expecting int, that found floats:
//! ``keep `x` one kind: it was int when recorded, then float``.

use crate::base::statistics::{GuardKind, GuardRow, GuardState};

/// The advice for `guard`.
pub fn advice(guard: &GuardRow) -> String {
    match &guard.state {
        GuardState::Bridged { trace } => {
            return match guard.kind {
                GuardKind::LoopEnd => {
                    format!("none needed: what follows the loop is compiled too (trace {trace})")
                }
                _ => format!("none needed: both ways are machine code now (trace {trace})"),
            };
        }
        GuardState::Merged => return "none needed: it no longer leaves the trace".into(),
        GuardState::Generic => {
            return format!("{}; it is now handled in general form, slower", cause(guard));
        }
        GuardState::Cold { .. } | GuardState::Failed { .. } | GuardState::Blacklisted { .. } => {}
    }
    cause(guard)
}

/// What lies behind a failure of `guard`, and what would avoid it.
fn cause(guard: &GuardRow) -> String {
    let name = if guard.subject.is_empty() {
        "the operand".to_string()
    } else {
        format!("`{}`", guard.subject)
    };
    let found = guard.observed.first().map_or("something else", |(text, _)| text.as_str());
    match guard.kind {
        GuardKind::Type => {
            format!("keep {name} one kind: it was {} when recorded, then {found}", guard.expected)
        }
        GuardKind::Branch => {
            "a rare way was taken; it becomes machine code if it is taken more often".into()
        }
        GuardKind::LoopEnd => "none needed: this is how the loop ends".into(),
        GuardKind::Bounds => {
            format!("an index of {name} was out of range; check it before, or loop up to len()")
        }
        GuardKind::Overflow => {
            "the result does not fit an int; the interpreter raises the error".into()
        }
        GuardKind::Check => {
            "a bound was beyond its array, or a number negative or large: the rounds check that then"
                .into()
        }
        GuardKind::Divisor => "the divisor was 0; the interpreter raises the error".into(),
        // A call of a region, which has no other function to tell of.
        GuardKind::Callee if guard.observed.is_empty() => {
            "the function had no machine code yet, or calls were nested too deep for it; the interpreter makes such calls"
                .into()
        }
        GuardKind::Callee => format!(
            "{name} is called with different functions; call each from a loop of its own if it matters"
        ),
        GuardKind::Shape => format!(
            "{name} was {} when recorded, then {found}; keep arrays of one element kind and structs of one declaration apart",
            guard.expected
        ),
        GuardKind::Unique => format!(
            "{name} was shared, so changing it copied it; drop the other owner first (assign `x := f(x)` instead of keeping both)"
        ),
        GuardKind::Value => {
            format!("{name} was taken for constant, but changed; pass it as a parameter or local")
        }
        GuardKind::Conversion => format!("{name} was not a whole number in the range of int"),
        GuardKind::Raise => "a builtin raised an error here".into(),
        GuardKind::Entry => format!(
            "the loop was entered with {name} as {found} instead of {}; another version is compiled if that goes on",
            guard.expected
        ),
    }
}
