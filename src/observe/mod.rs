//! What people see of the JIT: the report, the trace log, dumps.
//!
//! Observers know events and statistics ([`crate::base`]) and nothing else of
//! the program; they write to a sink that they are given. Nothing below the
//! command line prints except through them.
pub mod advice;
pub mod dump;
pub mod json;
pub mod line;
pub mod log;
pub mod report;
mod table;
