//! What every layer may use: source positions, the option table, event types.
pub mod span;
