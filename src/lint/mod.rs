//! Likely mistakes in programs that the compiler accepts.
//!
//! The language looks names up, counts arguments and checks constants when it
//! executes them; here they are found before, without running anything. What is
//! reported would raise an error if it were executed, or has no effect.
//!
//! What must hold: scoping is the resolver's ([`names`]); nothing is reported
//! that depends on what a program reads or computes.
//!
//! Example: `let total := 1` and `print(totl)` has two warnings: `totl` is not
//! defined (did you mean `total`?), and `total` is never read.

mod calls;
mod matches;
mod payloads;
mod repeats;
mod types;
mod usage;
mod walk;

use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use crate::base::span::Span;
use crate::bytecode::SourceFile;
use crate::compile::Modules;
use crate::compile::names::with_names;
use crate::syntax::ast::Program;

/// Something to tell the programmer.
#[derive(Debug)]
struct Finding {
    span: Span,
    message: String,
    help: Option<String>,
}

/// The warnings about `program`, the text of `source`, in the order of the text.
/// Nodes behind the text are not the programmer's.
pub fn lint(program: &Program, source: &SourceFile, files: &dyn Modules) -> Vec<Diagnostic> {
    let mut findings = with_names(program, source, files, |names| {
        let mut linter = walk::Linter::new(names, source.text.len() as u32);
        linter.program(program);
        linter.findings
    });
    findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
    let warnings = findings.into_iter().map(|finding| {
        Diagnostic::new(DiagnosticKind::Warning, finding.message)
            .at(&source.name, &source.text, &source.lines, finding.span)
            .with_help(finding.help)
    });
    warnings.collect()
}
