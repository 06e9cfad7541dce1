//! Who watches a run: the log and the dumps that the user asked for.
//!
//! What must hold: without `RUST_LOG` and `--dump` nobody watches, and neither
//! costs anything.
//!
//! Example: with `RUST_LOG=ruff::jit::opt=trace` there is one observer, and it
//! wants nothing but optimised regions.

use crate::base::event::Observers;
use crate::observe::dump::{DumpObserver, Letters};
use crate::observe::log::LogObserver;
use log::LevelFilter;
use std::io::Write;

/// The observers of a run that dumps `letters`; starts the log if `RUST_LOG` asks for it.
pub fn observers(letters: Option<&Letters>) -> Observers {
    let mut observers = Observers::default();
    if let Some(filter) = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty()) {
        start_log(&filter);
        observers.0.push(Box::new(LogObserver));
    }
    if let Some(letters) = letters {
        observers.0.push(Box::new(DumpObserver::new(letters.clone(), std::io::stderr())));
    }
    observers
}

/// Logs to standard error, without times, so that equal runs log equal text.
/// The crates that generate code are silent unless `filter` names them.
fn start_log(filter: &str) {
    env_logger::Builder::new()
        .filter_module("cranelift", LevelFilter::Off)
        .filter_module("regalloc2", LevelFilter::Off)
        .parse_filters(filter)
        .format(|sink, record| {
            writeln!(sink, "[{:<5} {}] {}", record.level(), record.target(), record.args())
        })
        .init();
}
