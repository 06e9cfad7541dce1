//! The report as JSON, schema version 1.
//!
//! One object; sections in this order, the most important first. Times are
//! integers in the unit that their name ends with; positions are objects
//! `{"file", "line", "column"}` with `line` and `column` from 1, 0 if unknown.
//!
//! ```text
//! schema      1
//! file, mode  the program; "off", "eval" or "on"
//! verdict     one sentence
//! reconciles  whether the equations below hold (`differences` lists those that do not)
//! totals      roots, bridges, aborts, compilations, freed, code_bytes, entries, exits,
//!             guard_failures, end_exits, interrupts, recorded_operations,
//!             optimised_operations, optimise_us, lower_us, generate_us
//! guards[]    most failures first: trace, guard, at, operation, subject, kind, expected,
//!             observed[] {what, count} (top three), failures, share, state, advice, inlined[]
//! aborts[]    most lost time first: reason, message, at, count, lost_us, retry
//! blacklist[] at, reason, retry
//! traces[]    id, kind "root" | "bridge", parent {trace, guard} | null, function, at, link,
//!             region | null, entries, iterations | null, exits, ends, operations,
//!             bytecodes, code_bytes, optimise_us, lower_us, generate_us
//! time        total_ns, interpreter_ns, recording_ns, optimising_ns, generating_ns,
//!             native_ns, background_ns
//! bytecodes   interpreter, native, recording, native_share
//! ```
//!
//! Equations (see `base::statistics`):
//! `entries = exits = guard_failures + end_exits + interrupts`,
//! `guard_failures = sum guards[].failures`, `end_exits = sum traces[].ends`,
//! `entries = sum traces[].entries` over roots, and for each trace
//! `exits = ends + sum of the failures of its guards`.
//!
//! Example: `ruff run --jit-stats=json FILE 2>&1 >/dev/null | jq '.guards[0].at'`.

use super::advice::advice;
use super::report::verdict;
use crate::base::event::{Micros, Position};
use crate::base::statistics::{Statistics, TraceKind};
use serde_json::{Value, json};

fn position(at: &Position) -> Value {
    json!({ "file": &*at.file, "line": at.line, "column": at.column })
}

fn with_micros(mut row: Value, micros: &Micros) -> Value {
    row["optimise_us"] = micros.optimise.into();
    row["lower_us"] = micros.lower.into();
    row["generate_us"] = micros.generate.into();
    row
}

fn totals(statistics: &Statistics) -> Value {
    let totals = &statistics.totals;
    let row = json!({
        "roots": totals.roots,
        "bridges": totals.bridges,
        "aborts": totals.aborts,
        "compilations": totals.compilations,
        "freed": totals.freed,
        "code_bytes": totals.code_bytes,
        "entries": totals.entries,
        "exits": totals.exits,
        "guard_failures": totals.guard_failures,
        "end_exits": totals.end_exits,
        "interrupts": totals.interrupts,
        "recorded_operations": totals.recorded_operations,
        "optimised_operations": totals.optimised_operations,
    });
    with_micros(row, &totals.micros)
}

fn guards(statistics: &Statistics) -> Value {
    let mut rows: Vec<_> = statistics.guards.iter().collect();
    rows.sort_by(|a, b| {
        b.failures.cmp(&a.failures).then_with(|| (&a.at, a.guard).cmp(&(&b.at, b.guard)))
    });
    let total = statistics.totals.guard_failures.max(1) as f64;
    let row = |guard: &&crate::base::statistics::GuardRow| {
        let observed: Vec<Value> = guard
            .observed
            .iter()
            .map(|(what, count)| json!({ "what": what, "count": count }))
            .collect();
        json!({
            "trace": guard.trace,
            "guard": guard.guard,
            "at": position(&guard.at),
            "operation": guard.operation,
            "subject": guard.subject,
            "kind": guard.kind.name(),
            "expected": guard.expected,
            "observed": observed,
            "failures": guard.failures,
            "share": guard.failures as f64 / total,
            "state": guard.state.to_string(),
            "advice": advice(guard),
            "inlined": guard.inlined,
        })
    };
    rows.iter().map(row).collect()
}

fn aborts(statistics: &Statistics) -> Value {
    let mut rows: Vec<_> = statistics.aborts.iter().collect();
    rows.sort_by(|a, b| (b.lost_micros, b.count, &a.at).cmp(&(a.lost_micros, a.count, &b.at)));
    rows.iter()
        .map(|row| {
            json!({
                "reason": row.reason,
                "message": row.message,
                "at": position(&row.at),
                "count": row.count,
                "lost_us": row.lost_micros,
                "retry": row.retry.to_string(),
            })
        })
        .collect()
}

fn blacklist(statistics: &Statistics) -> Value {
    statistics
        .blacklist
        .iter()
        .map(|row| {
            json!({
                "at": position(&row.at),
                "reason": row.reason,
                "retry": row.retry.to_string(),
            })
        })
        .collect()
}

fn traces(statistics: &Statistics) -> Value {
    statistics
        .traces
        .iter()
        .map(|row| {
            let (kind, parent) = match row.kind {
                TraceKind::Root => ("root", Value::Null),
                TraceKind::Bridge { trace, guard } => {
                    ("bridge", json!({ "trace": trace, "guard": guard }))
                }
            };
            let object = json!({
                "id": row.id,
                "kind": kind,
                "parent": parent,
                "function": row.function,
                "at": position(&row.at),
                "link": row.link,
                "region": row.region,
                "entries": row.entries,
                "iterations": row.iterations,
                "exits": row.exits,
                "ends": row.ends,
                "operations": row.operations,
                "bytecodes": row.bytecodes,
                "code_bytes": row.code_bytes,
            });
            with_micros(object, &row.micros)
        })
        .collect()
}

/// The whole report, ending with a line break.
pub fn text(statistics: &Statistics) -> String {
    let Statistics { time, bytecodes, .. } = statistics;
    let differences = statistics.reconcile().err().unwrap_or_default();
    let sections = [
        ("schema", json!(1)),
        ("file", json!(statistics.file)),
        ("mode", json!(statistics.mode)),
        ("verdict", json!(verdict(statistics))),
        ("reconciles", json!(differences.is_empty())),
        ("differences", json!(differences)),
        ("totals", totals(statistics)),
        ("guards", guards(statistics)),
        ("aborts", aborts(statistics)),
        ("blacklist", blacklist(statistics)),
        ("traces", traces(statistics)),
        (
            "time",
            json!({
                "total_ns": time.total,
                "interpreter_ns": time.interpreter,
                "recording_ns": time.recording,
                "optimising_ns": time.optimising,
                "generating_ns": time.generating,
                "native_ns": time.native,
                "background_ns": time.background,
            }),
        ),
        (
            "bytecodes",
            json!({
                "interpreter": bytecodes.interpreter,
                "native": bytecodes.native,
                "recording": bytecodes.recording,
                "native_share": statistics.native_share(),
            }),
        ),
    ];
    let lines: Vec<String> = sections
        .iter()
        .map(|(name, value)| {
            let value = format!("{value:#}").replace('\n', "\n  ");
            format!("  \"{name}\": {value}")
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}
