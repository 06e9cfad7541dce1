//! Every golden program and every example prints what it says it prints.
//!
//! A golden program shows one construct of the language; together they are the language
//! reference in executable form. To accept changed output after reading the difference,
//! `RUFF_BLESS=1 cargo test --test golden` rewrites the expectations.
//!
//! A golden program carries its expectations as comments at its end:
//!
//! ```text
//! print(1 / 0)
//!
//! # exit: 4
//! # error: Division by zero
//! ```
//!
//! `# expect: LINE` is one line of standard output (in order, all of them), `# exit: N` the exit
//! code (0 when absent), `# error: TEXT` something that standard error contains. A program of
//! `examples/` or `benches/programs/` has its standard output in `NAME.out` beside it.

mod programs;

use programs::{Outcome, below, check_all, first_difference, run};
use std::fs;
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

/// What a program is expected to produce.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expectation {
    stdout: String,
    exit: String,
    errors: Vec<String>,
}

impl Expectation {
    /// Reads the expectations of the program at `path`: from its `.out` file if it has one, else
    /// from its comments.
    fn of(path: &Path) -> Expectation {
        let out = path.with_extension("out");
        if out.exists() {
            return Expectation { stdout: read(&out), exit: "0".into(), errors: Vec::new() };
        }
        Expectation::parse(&read(path))
    }

    /// Reads the expectation comments of a golden program.
    fn parse(source: &str) -> Expectation {
        let mut expectation =
            Expectation { stdout: String::new(), exit: "0".into(), errors: Vec::new() };
        for line in source.lines() {
            if let Some(text) = line.strip_prefix("# expect:") {
                expectation.stdout.push_str(text.strip_prefix(' ').unwrap_or(text));
                expectation.stdout.push('\n');
            } else if let Some(code) = line.strip_prefix("# exit:") {
                expectation.exit = code.trim().to_string();
            } else if let Some(text) = line.strip_prefix("# error:") {
                expectation.errors.push(text.trim().to_string());
            }
        }
        expectation
    }

    /// The differences between what was expected and `outcome`; empty when there are none.
    fn differences(&self, outcome: &Outcome) -> String {
        let mut report = String::new();
        if self.stdout != outcome.stdout {
            report.push_str(&first_difference(&self.stdout, &outcome.stdout));
        }
        if self.exit != outcome.exit {
            report.push_str(&format!("    exit {}, expected {}\n", outcome.exit, self.exit));
        }
        for text in &self.errors {
            if !outcome.stderr.contains(text.as_str()) {
                report.push_str(&format!("    standard error lacks {text:?}\n"));
            }
        }
        if !report.is_empty() && !outcome.stderr.is_empty() {
            let shown: Vec<&str> = outcome.stderr.lines().take(8).collect();
            report.push_str(&format!("    standard error: {}\n", shown.join("\n      ")));
        }
        report
    }
}

#[test]
fn golden_programs_print_what_they_expect() {
    check_all(&below("tests/golden"), check);
}

#[test]
fn examples_print_what_they_expect() {
    check_all(&below("examples"), check);
}

/// Sized for measurements, these take too long in debug builds.
#[test]
fn benchmark_programs_print_what_they_expect() {
    let programs = below("benches/programs");
    assert!(programs.iter().all(|path| path.with_extension("out").exists()));
    if !cfg!(debug_assertions) {
        check_all(&programs, |path| check_with(path, &[]));
    }
}

fn check(path: &Path) -> Result<(), String> {
    check_with(path, &["--jit=off"])
}

fn check_with(path: &Path, options: &[&str]) -> Result<(), String> {
    let outcome = run(path, options, LIMIT);
    let report = Expectation::of(path).differences(&outcome);
    if report.is_empty() {
        return Ok(());
    }
    if std::env::var_os("RUFF_BLESS").is_some() {
        bless(path, &outcome);
        return Ok(());
    }
    Err(report)
}

/// Makes `outcome` the expectation of the program at `path`.
fn bless(path: &Path, outcome: &Outcome) {
    let out = path.with_extension("out");
    if out.exists() {
        fs::write(&out, &outcome.stdout).expect("the expectation can be written");
    } else {
        fs::write(path, with_expectations(&read(path), outcome)).expect("the program is writable");
    }
}

/// `source` with its expectation comments replaced by what `outcome` produced. Expected error
/// texts are kept as long as they still hold; otherwise the first line of the error takes over.
fn with_expectations(source: &str, outcome: &Outcome) -> String {
    let old = Expectation::parse(source);
    let is_expectation = |line: &&str| {
        ["# expect:", "# exit:", "# error:"].iter().any(|prefix| line.starts_with(prefix))
    };
    let code: Vec<&str> = source.lines().filter(|line| !is_expectation(line)).collect();
    let mut text = code.join("\n").trim_end().to_string();
    text.push_str("\n\n");
    for line in outcome.stdout.lines() {
        text.push_str(if line.is_empty() { "# expect:" } else { "# expect: " });
        text.push_str(line);
        text.push('\n');
    }
    if outcome.exit != "0" {
        text.push_str(&format!("# exit: {}\n", outcome.exit));
    }
    let kept: Vec<&String> =
        old.errors.iter().filter(|error| outcome.stderr.contains(error.as_str())).collect();
    for error in &kept {
        text.push_str(&format!("# error: {error}\n"));
    }
    if kept.is_empty()
        && let Some(line) = outcome.stderr.lines().next()
    {
        text.push_str(&format!("# error: {line}\n"));
    }
    text
}

#[test]
fn expectations_survive_a_rewrite() {
    let source = "print(\"a\")\nthrow \"b\"\n\n# expect: old\n# error: gone\n";
    let outcome = Outcome {
        stdout: "a\n\n c\n".into(),
        stderr: "Runtime Error: b\n  --> file\n".into(),
        exit: "4".into(),
    };
    let rewritten = with_expectations(source, &outcome);
    assert_eq!(
        rewritten,
        "print(\"a\")\nthrow \"b\"\n\n# expect: a\n# expect:\n# expect:  c\n# exit: 4\n# error: Runtime Error: b\n"
    );
    assert_eq!(Expectation::parse(&rewritten).differences(&outcome), "");
}

/// The text of a file.
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
