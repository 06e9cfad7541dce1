//! The trace log: events as records of the `log` crate.
//!
//! | target | `debug` | `trace` |
//! |---|---|---|
//! | `ruff::jit::record` | started, recorded | + recorded IR with source lines, bytecode |
//! | `ruff::jit::opt` | regions optimised | + optimised IR with snapshots |
//! | `ruff::jit::lower` | regions compiled, freed | + Cranelift IR, machine code |
//! | `ruff::jit::exit` | bridges | + every exit |
//! | `ruff::jit::abort` | aborts, blacklisted sites (as `info`) | |
//!
//! What must hold: a target that is not enabled costs one test at most, and
//! none of its listings is made.
//!
//! Example: `RUST_LOG=ruff::jit::opt=trace ruff run FILE` prints the optimised
//! IR of each region and nothing else.

use super::line::describe;
use crate::base::event::{Event, Kind, Observer};
use log::Level;

/// Emits events as log records.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogObserver;

const RECORD: &str = "ruff::jit::record";
const OPTIMISE: &str = "ruff::jit::opt";
const LOWER: &str = "ruff::jit::lower";
const EXIT: &str = "ruff::jit::exit";
const ABORT: &str = "ruff::jit::abort";

/// Target and level of the line for an event of this kind.
fn place(kind: Kind) -> (&'static str, Level) {
    match kind {
        Kind::Bytecode => (RECORD, Level::Trace),
        Kind::Started | Kind::Recorded => (RECORD, Level::Debug),
        Kind::Optimised | Kind::Drafted => (OPTIMISE, Level::Debug),
        Kind::Lowered | Kind::Assembled => (LOWER, Level::Trace),
        Kind::Compiled | Kind::Freed => (LOWER, Level::Debug),
        Kind::Exit => (EXIT, Level::Trace),
        Kind::Bridged => (EXIT, Level::Debug),
        Kind::Aborted | Kind::Blacklisted => (ABORT, Level::Info),
    }
}

impl Observer for LogObserver {
    fn wants(&self, kind: Kind) -> bool {
        let (target, level) = place(kind);
        log::log_enabled!(target: target, level)
    }

    fn event(&mut self, event: &Event<'_>) {
        let (target, level) = place(event.kind());
        let listing = match event {
            Event::Bytecode { text, .. }
            | Event::Recorded { text, .. }
            | Event::Optimised { with_snapshots: text, .. }
            | Event::Lowered { text, .. }
            | Event::Assembled { text, .. }
                if log::log_enabled!(target: target, Level::Trace) =>
            {
                format!("\n{}", text().trim_end())
            }
            _ => String::new(),
        };
        log::log!(target: target, level, "{}{listing}", describe(event));
    }
}
