//! Faults and unreadable sources as diagnostics.
//!
//! What must hold: the place of an error inside a builtin that is written in
//! Ruff is that of its caller in the program.
//!
//! Example: `1 / 0` in line 2 of `a.ruff` is the diagnostic `Division by zero`
//! at `a.ruff:2:1`.

use super::reference;
use crate::base::diagnostic::{CallFrame, Diagnostic, DiagnosticKind};
use crate::base::event::Position;
use crate::base::span::{LineIndex, Span};
use crate::interp::{Traceback, shown_name};
use crate::prim::Fault;
use crate::syntax;

/// The diagnostic of a fault that nothing caught.
pub(crate) fn diagnose(fault: &Fault, traceback: &Traceback) -> Diagnostic {
    let help = match fault {
        Fault::UndefinedVariable(name) => reference::hint(&name.as_str()),
        Fault::CannotCallMethod { method, .. } => reference::method_hint(&method.as_str()),
        Fault::CannotAccess { field, .. } => reference::method_hint(&field.as_str()),
        Fault::CannotCall("structdef") => {
            Some("an instance is written `Name { field: value }`".into())
        }
        Fault::EnumIsNoValue(name) => Some(format!("its values are written `{name}::Variant`")),
        Fault::ModuleChange(_) => Some(
            "copy it to a variable of your own, or let a function of the module change it".into(),
        ),
        Fault::Builtin(message) => called_as(message),
        Fault::MissingKey { .. } => {
            Some("`get(dict, key, default)` gives the default where the key is missing".into())
        }
        _ => None,
    };
    let mut diagnostic =
        Diagnostic::new(DiagnosticKind::Runtime, fault.to_string()).with_help(help);
    let place = |at: usize| {
        let frame = &traceback.frames[at];
        let span = frame.code.spans.get(frame.pc).copied().unwrap_or_default();
        (frame.code.source.clone(), span)
    };
    if traceback.frames.is_empty() {
        return diagnostic;
    }
    // Builtins that are written in Ruff have no place of their own: the first frame of the
    // program at or around one stands for it.
    let of_program = |from: usize| {
        let found = traceback.frames[from..].iter().position(|f| !f.code.source.is_prelude());
        found.map_or(from, |distance| from + distance)
    };
    let first = of_program(0);
    let (source, span) = place(first);
    diagnostic = diagnostic.at(&source.name, &source.text, &source.lines, span);
    if let Some(help) = misread(fault, &source.text, span) {
        diagnostic = diagnostic.with_help(Some(help));
    }
    let calls = (first..traceback.frames.len() - 1).filter_map(|at| {
        let function = shown_name(&traceback.frames[at].code)?.to_string();
        let (source, span) = place(of_program(at + 1));
        let (line, column) = source.position(span.start);
        let file = source.name.as_str().into();
        Some(CallFrame { function, called_at: Position { file, line, column } })
    });
    diagnostic = diagnostic.with_stack(calls.collect::<Vec<_>>());
    diagnostic.more_frames += traceback.others;
    diagnostic
}

/// How a builtin is called that complains about the number of its arguments.
fn called_as(message: &str) -> Option<String> {
    let (name, rest) = message.split_once("() expects ")?;
    let signature = rest.contains(" argument(s), got ").then(|| reference::signature(name))?;
    signature.map(|signature| format!("it is called as `{signature}`"))
}

/// What the text around an error shows to have been meant.
fn misread(fault: &Fault, text: &str, span: Span) -> Option<String> {
    match fault {
        Fault::UndefinedVariable(name) => {
            let (before, after) =
                (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
            let begins = before.trim_end().ends_with(['{', ',']);
            let after = after.trim_start();
            if let Some(name) = member_before_brace(before) {
                return Some(format!(
                    "a struct of a module is known by its own name: write `{name} {{ .. }}`"
                ));
            }
            if begins && after.starts_with(':') && !after.starts_with(":=") {
                let written = format!("`\"{name}\": ..`");
                return Some(format!("keys are expressions: a text as key is written {written}"));
            }
            let written = format!("`{name}::Variant`");
            declares(text, "enum ", &name.as_str())
                .then(|| format!("`{name}` is an enum: one of its values is written {written}"))
        }
        Fault::UndefinedEnum(name) => declares(text, "struct ", &name.as_str()).then(|| {
            format!(
                "`{name}` is a struct: an instance is written `{name} {{ field: value }}`, and \
                 methods are called on instances"
            )
        }),
        _ => None,
    }
}

/// The name in a text that ends with `.Name {`.
fn member_before_brace(text: &str) -> Option<&str> {
    let text = text.trim_end().strip_suffix('{')?.trim_end();
    let rest = text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    rest.ends_with('.').then(|| &text[rest.len()..])
}

/// Whether a line of the text declares a name with this keyword.
fn declares(text: &str, keyword: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        line.strip_prefix(keyword).is_some_and(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next() == Some(name)
        })
    })
}

/// The source text that `bytes` are; `name` is what messages call the file.
///
/// # Errors
/// Where they stop being UTF-8.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Box<Diagnostic>> {
    match syntax::decode(&bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.span.start as usize]);
            let lines = LineIndex::new(&valid);
            let diagnostic = Diagnostic::new(DiagnosticKind::Parse, error.message)
                .at(name, &valid, &lines, error.span)
                .with_help(error.help);
            Err(Box::new(diagnostic))
        }
    }
}
