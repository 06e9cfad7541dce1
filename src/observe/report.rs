//! The report as text: what the JIT did, for a person at a terminal.
//!
//! Sections in order: summary, traces, aborts, sites left to the interpreter,
//! guards by failures. The guards come last, where a terminal shows them
//! without scrolling: they are what a programmer can act on.
//!
//! What must hold: every number comes from the [`Statistics`]; the totals are
//! checked here too, and a report whose totals do not reconcile says so.
//!
//! Example, one guard:
//!
//! ```text
//!   failures   share  where            operation  name  kind  expected -> observed  state
//!          8  88.9 %  mean.ruff:7:13   +          x     type  int -> float (8)      bridged by 1
//!       advice: none needed: both ways are machine code now (trace 1)
//! ```

use super::advice::advice;
use super::table::{Table, counted, duration, grouped, percent};
use crate::base::statistics::{GuardRow, Statistics, TraceKind};
use std::fmt::Write;

/// Most rows of a section; the rest is counted in one line.
const ROWS: usize = 20;

/// The whole report.
pub fn text(statistics: &Statistics) -> String {
    let mut text = format!("JIT report: {} (--jit={})\n", statistics.file, statistics.mode);
    summary(&mut text, statistics);
    traces(&mut text, statistics);
    aborts(&mut text, statistics);
    blacklist(&mut text, statistics);
    guards(&mut text, statistics);
    text
}

/// One sentence on how well the program ran.
pub fn verdict(statistics: &Statistics) -> String {
    let totals = &statistics.totals;
    let native = percent(statistics.bytecodes.native, statistics.bytecodes.total());
    if statistics.mode == "off" {
        "the JIT was off".into()
    } else if totals.roots == 0 && totals.aborts == 0 {
        "no loop was hot: nothing to compile".into()
    } else if totals.entries == 0 && totals.aborts == 0 {
        "hot loops were found; the program ended before their machine code was ready".into()
    } else if totals.entries == 0 {
        "hot loops were found, but none ran as machine code; see the aborts".into()
    } else if statistics.native_share() >= 0.9 {
        format!("{native} of the program ran as machine code")
    } else if totals.aborts > 0 {
        format!("{native} of the program ran as machine code; the aborts hold back the rest")
    } else {
        format!("{native} of the program ran as machine code; the rest was not hot")
    }
}

fn summary(text: &mut String, statistics: &Statistics) {
    let Statistics { time, bytecodes, totals, .. } = statistics;
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<13} {value}");
    };
    line("verdict", verdict(statistics));
    let states: Vec<String> = [
        ("interpreter", time.interpreter),
        ("recording", time.recording),
        ("optimising", time.optimising),
        ("code generation", time.generating),
        ("native", time.native),
    ]
    .iter()
    .map(|(state, spent)| format!("{state} {} ({})", duration(*spent), percent(*spent, time.total)))
    .collect();
    line("time", format!("{}: {}", duration(time.total), states.join(", ")));
    line(
        "instructions",
        format!(
            "{}: {} native, {} interpreted, {} recorded",
            grouped(bytecodes.total()),
            percent(bytecodes.native, bytecodes.total()),
            percent(bytecodes.interpreter, bytecodes.total()),
            percent(bytecodes.recording, bytecodes.total()),
        ),
    );
    line(
        "traces",
        format!(
            "{}, {}, {}",
            counted(totals.roots, "root"),
            counted(totals.bridges, "bridge"),
            counted(totals.aborts, "abort")
        ),
    );
    let beside = match time.background {
        0 => String::new(),
        spent => format!(" ({} of it beside the program)", duration(spent)),
    };
    line(
        "compiled",
        format!(
            "{} in {}{beside}: {} recorded, {} left; {} of machine code",
            counted(totals.compilations, "region"),
            duration(totals.micros.total() * 1000),
            counted(totals.recorded_operations, "operation"),
            grouped(totals.optimised_operations),
            counted(totals.code_bytes, "byte"),
        ),
    );
    let reconciled = match statistics.reconcile() {
        Ok(()) => "totals reconcile".into(),
        Err(wrong) => format!("TOTALS DO NOT RECONCILE: {}", wrong.join("; ")),
    };
    line(
        "machine code",
        format!(
            "entered {}, left {}: {}, {}, {} ({reconciled})",
            grouped(totals.entries),
            grouped(totals.exits),
            counted(totals.guard_failures, "guard failure"),
            counted(totals.end_exits, "trace end"),
            counted(totals.interrupts, "interrupt"),
        ),
    );
}

/// Adds a heading, and a line for rows left out below.
fn section(text: &mut String, heading: &str, table: &Table, rows: usize) {
    let _ = write!(text, "\n{heading}\n{}", table.text());
    if rows > ROWS {
        let _ = writeln!(text, "  ... and {} more", rows - ROWS);
    }
}

fn traces(text: &mut String, statistics: &Statistics) {
    let rows = &statistics.traces;
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        "id",
        "<kind",
        "<where",
        "<function",
        "<leads to",
        "entries",
        "rounds",
        "exits",
        "ops",
        "compile",
        "code",
    ]);
    let mut order: Vec<_> = rows.iter().collect();
    order.sort_by_key(|row| (std::cmp::Reverse(row.iterations.unwrap_or(row.entries)), row.id));
    order.truncate(ROWS);
    order.sort_by_key(|row| row.id);
    for row in order {
        let root = row.kind == TraceKind::Root;
        let only_root = |text: String| if root { text } else { String::new() };
        table.row(vec![
            row.id.to_string(),
            row.kind.to_string(),
            row.at.to_string(),
            row.function.clone(),
            row.link.clone(),
            only_root(grouped(row.entries)),
            row.iterations.map_or("-".into(), grouped),
            grouped(row.exits),
            row.operations.to_string(),
            only_root(duration(row.micros.total() * 1000)),
            only_root(match row.region {
                Some(_) => format!("{} B", row.code_bytes),
                None => "not compiled".into(),
            }),
        ]);
    }
    section(text, "Traces", &table, rows.len());
}

fn aborts(text: &mut String, statistics: &Statistics) {
    let mut rows: Vec<_> = statistics.aborts.iter().collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by(|a, b| (b.lost_micros, b.count, &a.at).cmp(&(a.lost_micros, a.count, &b.at)));
    let mut table = Table::new(&["count", "lost", "<where", "<reason", "<then"]);
    for row in rows.iter().take(ROWS) {
        table.row(vec![
            grouped(row.count),
            duration(row.lost_micros * 1000),
            row.at.to_string(),
            format!("{}: {}", row.reason, row.message),
            row.retry.to_string(),
        ]);
    }
    section(text, "Aborts by lost time", &table, rows.len());
}

fn blacklist(text: &mut String, statistics: &Statistics) {
    let rows = &statistics.blacklist;
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new(&["<where", "<reason", "<then"]);
    for row in rows.iter().take(ROWS) {
        table.row(vec![row.at.to_string(), row.reason.clone(), row.retry.to_string()]);
    }
    section(text, "Left to the interpreter", &table, rows.len());
}

/// `int -> float (700), string (12)`.
fn expectation(guard: &GuardRow) -> String {
    let seen: Vec<String> = guard
        .observed
        .iter()
        .map(|(found, count)| format!("{found} ({})", grouped(*count)))
        .collect();
    match (guard.expected.is_empty(), seen.is_empty()) {
        (true, _) => seen.join(", "),
        (false, true) => guard.expected.clone(),
        (false, false) => format!("{} -> {}", guard.expected, seen.join(", ")),
    }
}

fn guards(text: &mut String, statistics: &Statistics) {
    let mut rows: Vec<_> = statistics.guards.iter().filter(|guard| guard.failures > 0).collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by(|a, b| {
        b.failures.cmp(&a.failures).then_with(|| (&a.at, a.guard).cmp(&(&b.at, b.guard)))
    });
    let total = statistics.totals.guard_failures;
    let mut table = Table::new(&[
        "failures",
        "share",
        "<where",
        "<operation",
        "<name",
        "<kind",
        "<expected -> observed",
        "<state",
    ]);
    for guard in rows.iter().take(ROWS) {
        table.row(vec![
            grouped(guard.failures),
            percent(guard.failures, total),
            guard.at.to_string(),
            guard.operation.clone(),
            guard.subject.clone(),
            guard.kind.name().into(),
            expectation(guard),
            guard.state.to_string(),
        ]);
        if !guard.inlined.is_empty() {
            table.note(format!("inlined: {}", guard.inlined.join(" > ")));
        }
        table.note(format!("advice: {}", advice(guard)));
    }
    let heading = format!(
        "Guards by failures ({} through {})",
        counted(total, "failure"),
        counted(rows.len() as u64, "guard")
    );
    section(text, &heading, &table, rows.len());
}
