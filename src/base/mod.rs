//! What every layer may use: source positions, diagnostics, the option table,
//! event types, the request to stop, standard error, when to use huge pages, and the
//! statistics that the report is made of. Plain data, no behaviour of the language.
//!
//! Example: `options::Options::default().loop_threshold` is the number of rounds
//! that make a loop hot.
pub mod complaint;
pub mod diagnostic;
pub mod event;
pub mod huge_pages;
pub mod interrupt;
pub mod options;
pub mod span;
pub mod statistics;
