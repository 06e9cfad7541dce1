//! Carrying out one command: read the source, run it, report.
//!
//! What must hold: standard output is flushed before anything is written to
//! standard error; every failure ends in one of the exit codes of [`super`].
//!
//! Example: `ruff check sum.ruff` prints the errors of `sum.ruff` and exits
//! with 3 if there are any, with 0 and no output if there are none.

use super::arguments::{Command, Run};
use super::diagnostic::{coloured, render};
use super::{PARSE, SUCCESS, UNREADABLE};
use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use crate::base::span::LineIndex;
use crate::syntax;
use std::io::Read;

/// Carries out `command`; the answer is the exit code.
pub fn execute(command: Command) -> u8 {
    let result = match &command {
        Command::Check { file } => Source::read(file).and_then(|source| source.check()),
        Command::Disassemble { file, .. } => Source::read(file).and_then(|source| source.check()),
        Command::Run(run) => execute_run(run),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            let coloured = coloured();
            for diagnostic in &failure.diagnostics {
                eprint!("{}", render(diagnostic, coloured));
            }
            failure.code
        }
    }
}

fn execute_run(run: &Run) -> Result<u8, Failure> {
    let source = Source::read(&run.file)?;
    let mut engine = crate::engine::Engine::new(run.options.clone());
    let fail = |diagnostics, code| Failure { diagnostics, code };
    let program = engine.compile(&source.name, &source.text).map_err(|d| fail(d, 3))?;
    match engine.run(&program, run.arguments.clone()) {
        crate::engine::Outcome::Finished => Ok(0),
        crate::engine::Outcome::Exited(code) => Ok(code as u8),
        crate::engine::Outcome::Failed(d) => Err(fail(vec![*d], 4)),
    }
}

/// Why a command did not succeed.
struct Failure {
    diagnostics: Vec<Diagnostic>,
    code: u8,
}

/// A program's text.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Reads `file`, or standard input for `-`.
    fn read(file: &str) -> Result<Source, Failure> {
        let (name, bytes) = if file == "-" {
            let mut bytes = Vec::new();
            ("<stdin>", std::io::stdin().read_to_end(&mut bytes).map(|_| bytes))
        } else {
            (file, std::fs::read(file))
        };
        let bytes = bytes.map_err(|error| {
            eprintln!("ruff: cannot read `{name}`: {error}");
            Failure { diagnostics: Vec::new(), code: UNREADABLE }
        })?;
        match syntax::decode(&bytes) {
            Ok(text) => Ok(Source { name: name.into(), text: text.into() }),
            Err(error) => {
                let text = String::from_utf8_lossy(&bytes[..error.span.start as usize]);
                let source = Source { name: name.into(), text: text.into() };
                Err(source.reject(&[error]))
            }
        }
    }

    /// The failure that `errors` in this text are.
    fn reject(&self, errors: &[syntax::SyntaxError]) -> Failure {
        let lines = LineIndex::new(&self.text);
        let diagnose = |error: &syntax::SyntaxError| {
            Diagnostic::new(DiagnosticKind::Parse, &error.message)
                .at(&self.name, &self.text, &lines, error.span)
                .with_help(error.help.clone())
        };
        Failure { diagnostics: errors.iter().map(diagnose).collect(), code: PARSE }
    }

    /// Parses without running.
    fn check(&self) -> Result<u8, Failure> {
        let parsed = syntax::parse(&self.text);
        if parsed.errors.is_empty() { Ok(SUCCESS) } else { Err(self.reject(&parsed.errors)) }
    }
}
