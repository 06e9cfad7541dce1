//! Each guard of each region, forced to fail once, changes nothing that a program does.
//!
//! The programs of `traces/full/` run interpreted, then once for every exit of every region that
//! they compile, with `force_exit` naming it: whatever that exit restores (frames of inlined
//! calls, iterators, handlers, objects that were never made) must be what the interpreter would
//! have had there. Low thresholds make bridges and bridges of bridges.
//!
//! For example, a sum over an array has about ten exits, so it runs about ten times.

mod programs;

use programs::{below, check_all, first_difference, run};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

const HASTY: [&str; 5] = ["--jit-sync", "--set", "loop_threshold=20", "--set", "exit_threshold=3"];

#[test]
fn each_guard_may_fail_once() {
    check_all(&below("traces/full"), |path| force_all(path, &["--jit=on"]));
}

#[test]
fn each_guard_may_fail_once_where_nothing_is_inlined() {
    let options = ["--jit=on", "--set", "inline_size=0"];
    check_all(&below("traces/full"), |path| force_all(path, &options));
}

#[test]
fn each_guard_may_fail_once_in_the_evaluator() {
    check_all(&below("traces/full"), |path| force_all(path, &["--jit=eval"]));
}

/// Number of exits that the program compiles: the lines of its regions that begin with `!`.
fn exits_of(path: &Path, mode: &[&str]) -> usize {
    let options: Vec<&str> = HASTY.iter().chain(mode).chain(&["--dump=s"]).copied().collect();
    let listing = run(path, &options, LIMIT).stderr;
    listing.lines().filter(|line| line.starts_with('!')).count()
}

fn force_all(path: &Path, mode: &[&str]) -> Result<(), String> {
    let reference = run(path, &["--jit=off"], LIMIT);
    let count = exits_of(path, mode);
    let mut report = String::new();
    // Debug builds and regions with very many exits are sampled.
    let step = if cfg!(debug_assertions) { 7 } else { 1 + count / 400 };
    for exit in (0..count).step_by(step) {
        let forced = format!("force_exit={exit}");
        let options: Vec<&str> =
            HASTY.iter().chain(mode).chain(&["--set", &forced]).copied().collect();
        let outcome = run(path, &options, LIMIT);
        if outcome != reference {
            let difference = first_difference(&reference.stdout, &outcome.stdout);
            report.push_str(&format!(
                "  {} {forced}: exit {}\n{difference}",
                mode.join(" "),
                outcome.exit
            ));
        }
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}
