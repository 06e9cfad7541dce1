//! Whatever executes a program, it does the same: interpreter, trace evaluator, machine code.
//!
//! Each program runs under `--jit=off` and then under every other mode; standard output, exit
//! code and the first line of standard error must agree. `--jit-eager` compiles at the first
//! repetition, `--jit-chaos=SEED` makes guards fail that would have held, so that also short
//! programs go through compilation, exits and bridges; `inline_size=0` inlines no function.
//! `--jit-sync` makes each run repeatable, and `--jit-fuel` bounds the compilations: hostile mode
//! would spend its time on nothing else.
//!
//! Programs of `benches/programs/` are sized for measurements and take part in release builds
//! only, with a fraction of their rounds: `cargo test --release --test differential`.

mod programs;

use programs::{Outcome, below, check_all, first_difference, run};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

const MODES: [&[&str]; 9] = [
    &["--jit=eval", "--jit-sync"],
    &["--jit=on", "--jit-sync", "--set", "draft_operations=100"],
    &["--jit-eager", "--jit-sync"],
    &["--jit-eager", "--jit-sync", "--set", "inline_size=0"],
    &["--jit-chaos=1", "--jit-sync", "--jit-fuel=40"],
    &["--jit-chaos=2", "--jit-sync", "--jit-fuel=40"],
    &["--jit-chaos=3", "--jit-sync", "--jit-fuel=40"],
    &["--jit-chaos=4", "--jit-sync", "--jit-fuel=40"],
    &["--jit-chaos=5", "--jit-sync", "--jit-fuel=40", "--set", "inline_size=0"],
];

#[test]
fn golden_programs_agree_in_all_modes() {
    check_all(&below("tests/golden"), modes_agree);
}

#[test]
fn examples_agree_in_all_modes() {
    check_all(&below("examples"), modes_agree);
}

#[test]
fn benchmark_programs_agree_in_all_modes() {
    let programs: Vec<PathBuf> = below("benches/programs");
    if cfg!(debug_assertions) {
        assert!(programs.len() >= 24);
        return;
    }
    check_all(&programs, |path| modes_agree(&shortened(path)));
}

/// A copy of a program whose constants that say how long it takes are a quarter of what they
/// are: whole numbers from 1000 on, and counts of rounds and generations.
fn shortened(path: &Path) -> PathBuf {
    let program = std::fs::read_to_string(path).expect("a program to read");
    let shorten = |line: &str| {
        let (name, value) = line.strip_prefix("const ")?.split_once(" := ")?;
        let value: u64 = value.parse().ok()?;
        let counts = matches!(name, "rounds" | "generations");
        let shorter = if value >= 1000 || counts { (value / 4).max(2) } else { value };
        Some(format!("const {name} := {shorter}\n"))
    };
    let lines = program.lines().map(|line| shorten(line).unwrap_or_else(|| format!("{line}\n")));
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path.file_name().expect("a name"));
    std::fs::write(&copy, lines.collect::<String>()).expect("a program to write");
    copy
}

fn modes_agree(path: &Path) -> Result<(), String> {
    let reference = run(path, &["--jit=off"], LIMIT);
    let mut report = String::new();
    for options in MODES {
        let outcome = run(path, options, LIMIT);
        let difference = difference(&reference, &outcome);
        if !difference.is_empty() {
            report.push_str(&format!("  {}\n{difference}", options.join(" ")));
        }
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

fn difference(reference: &Outcome, outcome: &Outcome) -> String {
    let mut report = String::new();
    if reference.stdout != outcome.stdout {
        report.push_str(&first_difference(&reference.stdout, &outcome.stdout));
    }
    if reference.exit != outcome.exit {
        report.push_str(&format!("    exit {}, off: {}\n", outcome.exit, reference.exit));
    }
    let (expected, got) = (reference.stderr.lines().next(), outcome.stderr.lines().next());
    if expected != got {
        report.push_str(&format!("    error {got:?}, off: {expected:?}\n"));
    }
    report
}
