//! What the JIT did, as data: the source of the report in text and in JSON.
//!
//! The driver fills a [`Statistics`] in when asked; observers only format it.
//!
//! What must hold ([`Statistics::reconcile`] checks it):
//!
//! ```text
//! totals.entries       = totals.exits           every entry into machine code ends in one exit
//! totals.exits         = totals.guard_failures + totals.end_exits + totals.interrupts
//! totals.guard_failures = sum of guards[].failures
//! totals.end_exits     = sum of traces[].ends
//! traces[t].exits      = sum of guards[].failures where guards[].trace = t, + traces[t].ends
//! totals.entries       = sum of traces[].entries   (only roots are entered)
//! totals.roots, bridges = number of rows of that kind
//! totals.aborts        = sum of aborts[].count
//! ```
//!
//! A failure that goes on in a bridge leaves nothing, so it counts only as an
//! entry of the bridge (`traces[].entries` of bridges is not part of the sums
//! and is 0 unless `profile` is on).
//!
//! Example: a loop entered once, whose guard failed 8 times before it got a
//! bridge, and that ended through its own end: 9 entries, 9 exits, of which 8
//! guard failures and 1 end exit.

use super::event::{Micros, Position, Retry};
use std::fmt;

/// Everything the report shows.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// The program's file.
    pub file: String,
    /// `off`, `eval` or `on`.
    pub mode: String,
    /// Time by state.
    pub time: Times,
    /// Bytecode instructions retired, by who did.
    pub bytecodes: Bytecodes,
    /// Counts over the whole run.
    pub totals: Totals,
    /// One row a trace, in order of number.
    pub traces: Vec<TraceRow>,
    /// One row a guard that failed at least once, in any order.
    pub guards: Vec<GuardRow>,
    /// One row for each reason at each place.
    pub aborts: Vec<AbortRow>,
    /// Sites that are left to the interpreter.
    pub blacklist: Vec<BlacklistRow>,
}

/// Where the time went, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// From the start of the program to its end.
    pub total: u64,
    /// Interpreting.
    pub interpreter: u64,
    /// Executing under the recorder.
    pub recording: u64,
    /// Optimising while the program waited.
    pub optimising: u64,
    /// Generating machine code while the program waited.
    pub generating: u64,
    /// In machine code (or the evaluator), helpers included.
    pub native: u64,
    /// Optimising and generating on the background thread, beside the rest.
    pub background: u64,
}

/// Bytecode instructions retired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytecodes {
    /// By the interpreter.
    pub interpreter: u64,
    /// In machine code: instructions that a round of a trace stands for.
    pub native: u64,
    /// By the recorder.
    pub recording: u64,
}

impl Bytecodes {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.interpreter + self.native + self.recording
    }
}

/// Counts over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Root traces recorded.
    pub roots: u64,
    /// Bridges recorded.
    pub bridges: u64,
    /// Recordings and compilations given up.
    pub aborts: u64,
    /// Regions compiled, recompilations included.
    pub compilations: u64,
    /// Regions freed.
    pub freed: u64,
    /// Bytes of machine code alive at the end.
    pub code_bytes: u64,
    /// Time of all compilations by stage.
    pub micros: Micros,
    /// Entries into regions.
    pub entries: u64,
    /// Exits from regions.
    pub exits: u64,
    /// Exits through a guard.
    pub guard_failures: u64,
    /// Exits through the end of a trace.
    pub end_exits: u64,
    /// Exits that no guard and no end explains: interrupts, exhausted fuel, `exit()`.
    pub interrupts: u64,
    /// Operations recorded in all traces.
    pub recorded_operations: u64,
    /// Operations left in all regions.
    pub optimised_operations: u64,
}

/// What a trace begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// The header of a loop.
    Root,
    /// A hot exit.
    Bridge {
        /// The trace whose guard failed.
        trace: u32,
        /// The guard in it.
        guard: u32,
    },
}

impl fmt::Display for TraceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraceKind::Root => f.write_str("root"),
            TraceKind::Bridge { trace, guard } => write!(f, "bridge of {trace} v{guard}"),
        }
    }
}

/// One trace.
#[derive(Clone, Debug)]
pub struct TraceRow {
    /// Its number.
    pub id: u32,
    /// What it begins at.
    pub kind: TraceKind,
    /// The function it begins in.
    pub function: String,
    /// Where it begins.
    pub at: Position,
    /// Where it leads, in words: `itself`, `the loop at line 3`, `the interpreter`
    pub link: String,
    /// The region that holds it; `None` if it is not compiled (any more).
    pub region: Option<u32>,
    /// Times it was entered from the interpreter.
    pub entries: u64,
    /// Rounds it made; `None` unless counted (`profile`).
    pub iterations: Option<u64>,
    /// Times the region was left from it: guard failures and its end.
    pub exits: u64,
    /// Of these, through its end.
    pub ends: u64,
    /// Time to compile the region that it is the root of, last compilation.
    pub micros: Micros,
    /// Bytes of machine code of that region; 0 for bridges.
    pub code_bytes: u32,
    /// Operations recorded.
    pub operations: u32,
    /// Bytecode instructions recorded.
    pub bytecodes: u32,
}

/// What a guard assumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GuardKind {
    /// The kind of a value.
    Type,
    /// The direction of a branch.
    Branch,
    /// That a loop goes on.
    LoopEnd,
    /// That an index is in range.
    Bounds,
    /// That an integer operation does not overflow.
    Overflow,
    /// What is checked once before a loop, so that its rounds need not check indices and
    /// overflow.
    Check,
    /// That a divisor is not zero.
    Divisor,
    /// The function that is called.
    Callee,
    /// The declaration of a struct or the storage of an array.
    Shape,
    /// That nobody else holds the object that is changed.
    Unique,
    /// The value of a variable.
    Value,
    /// That a float has an integer value in range.
    Conversion,
    /// That a helper raises no error.
    Raise,
    /// The types of the variables on entry.
    Entry,
}

impl GuardKind {
    /// All kinds.
    pub const ALL: &'static [GuardKind] = &[
        GuardKind::Type,
        GuardKind::Branch,
        GuardKind::LoopEnd,
        GuardKind::Bounds,
        GuardKind::Overflow,
        GuardKind::Check,
        GuardKind::Divisor,
        GuardKind::Callee,
        GuardKind::Shape,
        GuardKind::Unique,
        GuardKind::Value,
        GuardKind::Conversion,
        GuardKind::Raise,
        GuardKind::Entry,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            GuardKind::Type => "type",
            GuardKind::Branch => "branch",
            GuardKind::LoopEnd => "loop end",
            GuardKind::Bounds => "bounds",
            GuardKind::Overflow => "overflow",
            GuardKind::Check => "check",
            GuardKind::Divisor => "divisor",
            GuardKind::Callee => "callee",
            GuardKind::Shape => "shape",
            GuardKind::Unique => "unique",
            GuardKind::Value => "value",
            GuardKind::Conversion => "conversion",
            GuardKind::Raise => "raise",
            GuardKind::Entry => "entry",
        }
    }
}

/// What became of a guard's exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardState {
    /// It leaves to the interpreter and is not hot yet.
    Cold {
        /// Failures counted towards a bridge.
        failures: u32,
        /// Failures that make it hot.
        threshold: u32,
    },
    /// A bridge goes on there, inside the region.
    Bridged {
        /// The bridge.
        trace: u32,
    },
    /// Both ways meet again inside the trace: it can no longer fail.
    Merged,
    /// The operation was replaced by its general form.
    Generic,
    /// No bridge could be made.
    Failed {
        /// Why, as an abort reason.
        reason: String,
    },
    /// It is left alone.
    Blacklisted {
        /// Until when.
        retry: Retry,
    },
}

impl fmt::Display for GuardState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GuardState::Cold { failures, threshold } => write!(f, "cold {failures}/{threshold}"),
            GuardState::Bridged { trace } => write!(f, "bridged by {trace}"),
            GuardState::Merged => f.write_str("merged"),
            GuardState::Generic => f.write_str("generic"),
            GuardState::Failed { reason } => write!(f, "failed: {reason}"),
            GuardState::Blacklisted { retry } => write!(f, "blacklisted, {retry}"),
        }
    }
}

/// One guard that failed.
#[derive(Clone, Debug)]
pub struct GuardRow {
    /// Its trace.
    pub trace: u32,
    /// Its reference in that trace.
    pub guard: u32,
    /// The operation's place in the source.
    pub at: Position,
    /// The operation as the user wrote it or its bytecode's name: `+`, `a[i]`, `call`.
    pub operation: String,
    /// The variable, field or function concerned; empty if it has no name.
    pub subject: String,
    /// What it assumes.
    pub kind: GuardKind,
    /// What it expects.
    pub expected: String,
    /// What was found instead, the most frequent first, at most three, with counts.
    pub observed: Vec<(String, u64)>,
    /// Times the region was left through it.
    pub failures: u64,
    /// What became of it.
    pub state: GuardState,
    /// Functions inlined around it, the outermost first; empty if none.
    pub inlined: Vec<String>,
}

/// Recordings given up for one reason at one place.
#[derive(Clone, Debug)]
pub struct AbortRow {
    /// Short name of the reason, as the README lists it.
    pub reason: String,
    /// The reason in words.
    pub message: String,
    /// The instruction at which it was given up.
    pub at: Position,
    /// How often.
    pub count: u64,
    /// Time spent on recordings that came to nothing, in microseconds.
    pub lost_micros: u64,
    /// What becomes of the site.
    pub retry: Retry,
}

/// A site that is left to the interpreter.
#[derive(Clone, Debug)]
pub struct BlacklistRow {
    /// Where.
    pub at: Position,
    /// Why.
    pub reason: String,
    /// Until when.
    pub retry: Retry,
}

impl Statistics {
    /// Share of the bytecode instructions that were retired in machine code, 0 to 1.
    pub fn native_share(&self) -> f64 {
        match self.bytecodes.total() {
            0 => 0.0,
            total => self.bytecodes.native as f64 / total as f64,
        }
    }

    /// Checks the equations at the head of this file.
    ///
    /// # Errors
    /// The equations that do not hold, in words with both sides.
    pub fn reconcile(&self) -> Result<(), Vec<String>> {
        let totals = &self.totals;
        let mut wrong = Vec::new();
        let mut same = |name: String, left: u64, right: u64| {
            if left != right {
                wrong.push(format!("{name}: {left} is not {right}"));
            }
        };
        same("entries = exits".into(), totals.entries, totals.exits);
        same(
            "exits = guard failures + end exits + interrupts".into(),
            totals.exits,
            totals.guard_failures + totals.end_exits + totals.interrupts,
        );
        let failures = self.guards.iter().map(|guard| guard.failures).sum();
        same("guard failures = sum over guards".into(), totals.guard_failures, failures);
        let ends = self.traces.iter().map(|trace| trace.ends).sum();
        same("end exits = sum over traces".into(), totals.end_exits, ends);
        let is_root = |trace: &&TraceRow| trace.kind == TraceKind::Root;
        let entries = self.traces.iter().filter(is_root).map(|trace| trace.entries).sum();
        same("entries = sum over root traces".into(), totals.entries, entries);
        let roots = self.traces.iter().filter(is_root).count() as u64;
        same("roots = root rows".into(), totals.roots, roots);
        same("bridges = bridge rows".into(), totals.bridges, self.traces.len() as u64 - roots);
        let aborts = self.aborts.iter().map(|abort| abort.count).sum();
        same("aborts = sum over aborts".into(), totals.aborts, aborts);
        for trace in &self.traces {
            let of_trace = |guard: &&GuardRow| guard.trace == trace.id;
            let failures: u64 =
                self.guards.iter().filter(of_trace).map(|guard| guard.failures).sum();
            same(
                format!("exits of trace {} = its guards' failures + its ends", trace.id),
                trace.exits,
                failures + trace.ends,
            );
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
