//! Carrying out one command: read the source, run it, report.
//!
//! What must hold: standard output is flushed before anything is written to
//! standard error; every failure ends in one of the exit codes of [`super`].
//!
//! Example: `ruff run sum.ruff` prints the errors of `sum.ruff` and exits with
//! 3 if it does not parse, with 0 if it ends well.

use super::arguments::{Command, Report, Run, completions};
use super::diagnostic::{coloured, render};
use super::documentation;
use super::interrupt;
use super::observers::observers;
use super::{INTERNAL, INTERRUPTED, PARSE, RUNTIME, SUCCESS, UNREADABLE};
use crate::base::complaint::complain;
use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use crate::base::interrupt::Stop;
use crate::base::options::Options;
use crate::base::statistics::Statistics;
use crate::engine::{Outcome, Program, Runner, decode};
use crate::observe::{json, report};
use std::io::{Read, Write};

/// Carries out `command`; the answer is the exit code.
pub fn execute(command: Command) -> u8 {
    let result = match command {
        Command::Check { paths, deny_warnings, json } => {
            Ok(super::checking::run(&paths, deny_warnings, json))
        }
        Command::Document { name } => Ok(documentation::show(name.as_deref())),
        Command::Test { paths, filter, options } => {
            super::testing::run(&paths, filter.as_deref(), &options)
        }
        Command::Format { paths, check } => Ok(super::formatting::run(&paths, check)),
        Command::Converse(options) => Ok(super::repl::run(options)),
        Command::Complete(shell) => {
            // A reader that goes away early has seen what it wanted.
            let _ = std::io::stdout().write_all(&completions(shell));
            Ok(SUCCESS)
        }
        Command::Disassemble { file, options } => disassemble(&file, options),
        Command::Run(run) => execute_run(*run),
    };
    result.unwrap_or_else(|code| code)
}

fn disassemble(file: &str, options: Options) -> Result<u8, u8> {
    let mut runner = Runner::new(options);
    let program = Source::read(file)?.compile(&mut runner)?;
    // A reader that goes away early has seen what it wanted.
    let _ = std::io::stdout().write_all(runner.disassemble(&program).as_bytes());
    Ok(SUCCESS)
}

fn execute_run(run: Run) -> Result<u8, u8> {
    let mut runner = Runner::new(run.options);
    let program = Source::read(&run.file)?.compile(&mut runner)?;
    let observers = observers(run.dump.as_ref());
    if !observers.0.is_empty() {
        runner.observe(Box::new(observers));
    }
    if run.report.is_some() {
        runner.collect_statistics();
    }
    interrupt::on_ctrl_c(runner.interrupt());
    runner.leave_memory();
    let code = finish(runner.run(&program, run.arguments));
    match (&run.report, runner.statistics()) {
        (Some(report), Some(statistics)) => write_report(report, statistics).map(|()| code),
        _ => Ok(code),
    }
}

/// The exit code of a run, after printing the error that ended it.
pub fn finish(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Finished => SUCCESS,
        // As the operating system does, the low byte counts.
        Outcome::Exited(code) => code as u8,
        Outcome::Failed(diagnostic) => {
            show(&[*diagnostic]);
            RUNTIME
        }
        Outcome::Stopped(stop, diagnostic) => {
            show(&[*diagnostic]);
            if stop == Stop::Interrupted { INTERRUPTED } else { RUNTIME }
        }
    }
}

/// Writes the report where it was wanted.
fn write_report(wanted: &Report, statistics: &Statistics) -> Result<(), u8> {
    let text = if wanted.json { json::text(statistics) } else { report::text(statistics) };
    match &wanted.file {
        None => complain(&text),
        Some(file) => std::fs::write(file, text).map_err(|error| {
            complain(&format!("ruff: cannot write `{file}`: {error}\n"));
            UNREADABLE
        })?,
    }
    Ok(())
}

/// Prints diagnostics to standard error.
pub fn show(diagnostics: &[Diagnostic]) {
    let coloured = coloured();
    for diagnostic in diagnostics {
        complain(&render(diagnostic, coloured));
    }
}

/// A program's text.
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Reads `file`, or standard input for `-`.
    ///
    /// # Errors
    /// The exit code, after printing why.
    pub fn read(file: &str) -> Result<Source, u8> {
        let (name, bytes) = if file == "-" {
            let mut bytes = Vec::new();
            ("<stdin>", std::io::stdin().read_to_end(&mut bytes).map(|_| bytes))
        } else {
            (file, std::fs::read(file))
        };
        let bytes = bytes.map_err(|error| {
            complain(&format!("ruff: cannot read `{name}`: {error}\n"));
            UNREADABLE
        })?;
        let text = decode(name, bytes).map_err(|diagnostic| {
            show(&[*diagnostic]);
            PARSE
        })?;
        Ok(Source { name: name.into(), text })
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Compiles it.
    ///
    /// # Errors
    /// The exit code, after printing what is wrong.
    fn compile(&self, runner: &mut Runner) -> Result<Program, u8> {
        runner.compile(&self.name, &self.text).map_err(|diagnostics| rejected(&diagnostics))
    }

    /// Compiles it so that it runs its tests.
    ///
    /// # Errors
    /// As [`Source::compile`].
    pub fn compile_tests(&self, runner: &mut Runner, filter: Option<&str>) -> Result<Program, u8> {
        let compiled = runner.compile_tests(&self.name, &self.text, filter);
        compiled.map_err(|diagnostics| rejected(&diagnostics))
    }
}

/// The exit code of a program that does not compile, after printing why.
pub fn rejected(diagnostics: &[Diagnostic]) -> u8 {
    show(diagnostics);
    rejection(diagnostics)
}

/// The exit code of a program with these errors.
pub fn rejection(diagnostics: &[Diagnostic]) -> u8 {
    match diagnostics.first() {
        Some(first) if first.kind == DiagnosticKind::Parse => PARSE,
        Some(first) if first.kind == DiagnosticKind::Internal => INTERNAL,
        _ => RUNTIME,
    }
}
