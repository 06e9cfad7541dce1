//! What every layer may use: source positions, the option table, event types
//! and the statistics that the report is made of. Plain data, no behaviour of
//! the language.
pub mod event;
pub mod options;
pub mod span;
pub mod statistics;
