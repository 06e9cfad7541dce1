//! The statistics report: its form on made-up numbers, and on real programs
//! that its totals reconcile, recomputed here from the JSON.

use ruff::base::event::{Micros, Position, Retry};
use ruff::base::statistics::{
    AbortRow, BlacklistRow, GuardKind, GuardRow, GuardState, Statistics, TraceKind, TraceRow,
};
use ruff::observe::{advice::advice, json, report};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn at(line: u32, column: u32) -> Position {
    Position { file: "mean.ruff".into(), line, column }
}

fn guard(trace: u32, guard: u32, failures: u64, kind: GuardKind, state: GuardState) -> GuardRow {
    GuardRow {
        trace,
        guard,
        at: at(7, 13),
        operation: "+".into(),
        subject: "x".into(),
        kind,
        expected: "int".into(),
        observed: vec![("float".into(), failures)],
        failures,
        state,
        inlined: vec![],
    }
}

fn trace(id: u32, kind: TraceKind, entries: u64, exits: u64, ends: u64) -> TraceRow {
    TraceRow {
        id,
        kind,
        function: "<main>".into(),
        at: at(6, 0),
        link: "itself".into(),
        region: Some(0),
        entries,
        iterations: Some(1000),
        exits,
        ends,
        micros: Micros { optimise: 10, lower: 20, generate: 300 },
        code_bytes: 412,
        operations: 31,
        bytecodes: 9,
    }
}

/// A loop whose guard failed 8 times before it got a bridge; a second guard failed once.
fn sample() -> Statistics {
    let mut statistics = Statistics {
        file: "mean.ruff".into(),
        mode: "on".into(),
        traces: vec![
            trace(0, TraceKind::Root, 10, 10, 1),
            trace(1, TraceKind::Bridge { trace: 0, guard: 5 }, 0, 0, 0),
        ],
        guards: vec![
            guard(0, 9, 1, GuardKind::LoopEnd, GuardState::Cold { failures: 1, threshold: 8 }),
            guard(0, 5, 8, GuardKind::Type, GuardState::Bridged { trace: 1 }),
        ],
        aborts: vec![AbortRow {
            reason: "too-long".into(),
            message: "more than 6000 operations".into(),
            at: at(20, 3),
            count: 2,
            lost_micros: 1500,
            retry: Retry::After(128),
        }],
        blacklist: vec![BlacklistRow {
            at: at(20, 0),
            reason: "too-long".into(),
            retry: Retry::After(128),
        }],
        ..Statistics::default()
    };
    statistics.time.total = 2_000_000;
    statistics.time.native = 1_500_000;
    statistics.bytecodes.interpreter = 500;
    statistics.bytecodes.native = 9500;
    let totals = &mut statistics.totals;
    totals.roots = 1;
    totals.bridges = 1;
    totals.aborts = 2;
    totals.entries = 10;
    totals.exits = 10;
    totals.guard_failures = 9;
    totals.end_exits = 1;
    statistics
}

#[test]
fn the_text_ranks_guards_and_says_what_to_do() {
    let statistics = sample();
    statistics.reconcile().unwrap();
    let text = report::text(&statistics);
    assert!(text.starts_with("JIT report: mean.ruff (--jit=on)\n"), "{text}");
    let sections = ["verdict", "Traces\n", "Aborts by", "Left to", "Guards by failures"];
    let places: Vec<usize> = sections.iter().map(|part| text.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    let guards = &text[places[4]..];
    assert!(guards.find("bridged by 1").unwrap() < guards.find("cold 1/8").unwrap(), "{text}");
    assert!(guards.contains("88.9 %") && guards.contains("int -> float (8)"), "{text}");
    assert!(guards.contains("advice: none needed"), "{text}");
    assert!(text.contains("totals reconcile") && text.contains("95.0 % of the program"), "{text}");
    assert!(text.lines().all(|line| line == line.trim_end()), "no trailing blanks:\n{text}");
}

#[test]
fn the_verdict_says_why_nothing_ran_as_machine_code() {
    let mut statistics = sample();
    let totals = &mut statistics.totals;
    (totals.entries, totals.exits, totals.guard_failures, totals.end_exits) = (0, 0, 0, 0);
    assert!(report::verdict(&statistics).contains("see the aborts"));
    statistics.totals.aborts = 0;
    assert!(report::verdict(&statistics).contains("ended before their machine code was ready"));
    statistics.totals.roots = 0;
    assert!(report::verdict(&statistics).contains("no loop was hot"));
}

#[test]
fn totals_that_do_not_reconcile_are_named() {
    let mut statistics = sample();
    statistics.totals.exits = 11;
    statistics.guards[1].failures = 7;
    let wrong = statistics.reconcile().unwrap_err().join("\n");
    assert!(wrong.contains("entries = exits: 10 is not 11"), "{wrong}");
    assert!(wrong.contains("exits of trace 0"), "{wrong}");
    assert!(report::text(&statistics).contains("TOTALS DO NOT RECONCILE"));
    let value: Value = serde_json::from_str(&json::text(&statistics)).unwrap();
    assert_eq!(value["reconciles"], false);
}

#[test]
fn every_kind_of_guard_has_advice_in_every_state() {
    for kind in GuardKind::ALL {
        for state in [
            GuardState::Cold { failures: 1, threshold: 8 },
            GuardState::Bridged { trace: 1 },
            GuardState::Merged,
            GuardState::Generic,
            GuardState::Failed { reason: "too-long".into() },
            GuardState::Blacklisted { retry: Retry::Never },
        ] {
            let mut row = guard(0, 1, 1, *kind, state);
            assert!(advice(&row).len() > 10, "{row:?}");
            row.subject.clear();
            row.observed.clear();
            assert!(!advice(&row).contains("``"), "{row:?}");
        }
    }
}

#[test]
fn a_call_without_code_is_told_from_a_call_of_another_function() {
    let cold = GuardState::Cold { failures: 3, threshold: 8 };
    let other = guard(0, 5, 3, GuardKind::Callee, cold.clone());
    assert!(advice(&other).contains("called with different functions"), "{}", advice(&other));
    let absent = GuardRow { observed: vec![], ..guard(0, 5, 3, GuardKind::Callee, cold) };
    assert!(advice(&absent).contains("no machine code yet"), "{}", advice(&absent));
}

/// Recomputes the equations of the schema.
fn check_equations(name: &str, report: &Value) {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{name}: {value}"));
    let sum = |section: &str, field: &str, keep: &dyn Fn(&Value) -> bool| -> u64 {
        let rows = report[section].as_array().unwrap().iter().filter(|row| keep(row));
        rows.map(|row| number(&row[field])).sum()
    };
    let all = |_: &Value| true;
    let total = |field: &str| number(&report["totals"][field]);
    assert_eq!(report["reconciles"], true, "{name}: {}", report["differences"]);
    assert_eq!(total("entries"), total("exits"), "{name}");
    let explained = total("guard_failures") + total("end_exits") + total("interrupts");
    assert_eq!(total("exits"), explained, "{name}");
    assert_eq!(total("guard_failures"), sum("guards", "failures", &all), "{name}");
    assert_eq!(total("end_exits"), sum("traces", "ends", &all), "{name}");
    assert_eq!(total("entries"), sum("traces", "entries", &|row| row["kind"] == "root"), "{name}");
    assert_eq!(total("aborts"), sum("aborts", "count", &all), "{name}");
    // Copies of a guard share its row, and each thing seen stands there once.
    let mut named = std::collections::HashSet::new();
    for row in report["guards"].as_array().unwrap() {
        assert!(named.insert((number(&row["trace"]), number(&row["guard"]))), "{name}: {row}");
        let seen = row["observed"].as_array().unwrap();
        let texts: std::collections::HashSet<String> =
            seen.iter().map(|one| one["what"].to_string()).collect();
        assert_eq!(texts.len(), seen.len(), "{name}: {row}");
    }
    for row in report["traces"].as_array().unwrap() {
        let failures = sum("guards", "failures", &|guard| guard["trace"] == row["id"]);
        assert_eq!(number(&row["exits"]), number(&row["ends"]) + failures, "{name}: {row}");
    }
}

#[test]
fn the_totals_of_real_programs_reconcile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::fs::read_dir(root.join("examples")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let mut natively = 0;
    for path in paths.filter(|path| path.extension().is_some_and(|end| end == "ruff")) {
        let modes = [
            &["--jit=on"][..],
            &["--jit=eval", "--jit-sync"],
            &["--jit-eager"],
            &["--jit-chaos=2"],
            &["--jit-chaos=9", "--jit-sync"],
        ];
        for mode in modes {
            let mut command = Command::new(env!("CARGO_BIN_EXE_ruff"));
            command.arg("run").args(mode).arg("--jit-stats=json").arg(&path);
            let output = command.output().unwrap();
            let text = String::from_utf8(output.stderr).unwrap();
            let name = format!("{} {mode:?}", path.display());
            let report: Value = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
            check_equations(&name, &report);
            natively += usize::from(report["totals"]["entries"] != 0);
        }
    }
    assert!(natively > 20, "only {natively} runs entered machine code");
}

#[test]
fn checks_before_loops_that_fail_are_rows_of_their_own() {
    let program = Path::new("tests/golden/loops/bounds_from_outside.ruff");
    let output = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .args(["run", "--jit-sync", "--set", "loop_threshold=5", "--jit-stats=json"])
        .arg(program)
        .output()
        .expect("ruff runs");
    let text = String::from_utf8(output.stderr).expect("text");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let guards = report["guards"].as_array().expect("guards");
    let checks: Vec<&Value> = guards.iter().filter(|guard| guard["kind"] == "check").collect();
    assert!(checks.iter().any(|check| check["at"]["line"] == 6), "{checks:?}");
    assert!(checks.iter().any(|check| check["state"] == "merged"), "one was dropped: {checks:?}");
}
