//! Every golden program and every example prints what it says it prints.
//!
//! A golden program shows one construct of the language and states its output in comments
//! (`tests/programs/mod.rs` describes them); together they are the language reference in
//! executable form. To accept changed output after reading the difference:
//! `RUFF_BLESS=1 cargo test --test golden` rewrites the `# expect:` lines and `.out` files.

mod programs;

use programs::{Expectation, Outcome, below, check_all, read, run};
use std::fs;
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn golden_programs_print_what_they_expect() {
    check_all(&below("tests/golden"), check);
}

#[test]
fn examples_print_what_they_expect() {
    check_all(&below("examples"), check);
}

fn check(path: &Path) -> Result<(), String> {
    let outcome = run(path, &["--jit=off"], LIMIT);
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
