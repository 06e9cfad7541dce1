//! A loop that got hot: what was recorded and compiled for it.
//!
//! Example: a loop entered once with ints and once with floats has two roots
//! and two regions; entering tries them in order.

use crate::base::event::Retry;
use crate::bytecode::CodeId;
use crate::jit::ir::TraceId;

/// A loop that the JIT was asked about.
#[derive(Debug)]
pub struct Site {
    /// The function.
    pub code: CodeId,
    /// The loop's number in it.
    pub index: u16,
    /// Root traces, one for each set of entry types.
    pub roots: Vec<TraceId>,
    /// Regions, in the same order.
    pub regions: Vec<usize>,
    /// Recordings given up in a row.
    pub aborts: u32,
    /// What was decided after the last of them.
    pub retry: Retry,
    mismatches: u32,
}

impl Site {
    /// A loop about which nothing is known.
    pub fn new(code: CodeId, index: u16) -> Site {
        Site {
            code,
            index,
            roots: Vec::new(),
            regions: Vec::new(),
            aborts: 0,
            retry: Retry::AtOnce,
            mismatches: 0,
        }
    }

    /// Counts an entry that fits no region; whether that happened `threshold`
    /// times since the last region was made.
    pub fn mismatch_is_hot(&mut self, threshold: u32) -> bool {
        self.mismatches += 1;
        let hot = self.mismatches > threshold;
        if hot {
            self.mismatches = 0;
        }
        hot
    }
}
