//! Lowering keeps the meaning: primitive = evaluator = machine code.
//!
//! Regions are built by hand and run by the evaluator and as machine code;
//! results, exits and restored registers must be the same, and equal to what
//! the primitive answers.

mod arithmetic;
mod builder;
mod control;
mod functions;
mod memory;
