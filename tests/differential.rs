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
//! only: `cargo test --release --test differential`.

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
    check_all(&programs, modes_agree);
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
