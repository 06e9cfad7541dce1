//! A loop or function that got hot: what was recorded and compiled for it.
//!
//! Example: a loop entered once with ints and once with floats has two roots
//! and two regions; entering tries them in order.

use crate::base::event::Retry;
use crate::bytecode::{Code, CodeId, HotState};
use crate::jit::ir::TraceId;

/// A loop or function that the JIT was asked about.
#[derive(Debug)]
pub struct Site {
    /// The function.
    pub code: CodeId,
    /// The loop's number in it; `None` for calls of the function.
    pub index: Option<u16>,
    /// Root traces, one for each set of entry types.
    pub roots: Vec<TraceId>,
    /// Regions, in the same order.
    pub regions: Vec<usize>,
    /// Recordings given up in a row.
    pub aborts: u32,
    /// Recordings given up because the loop ended in them.
    pub last_rounds: u32,
    /// What was decided after the last of them.
    pub retry: Retry,
    /// Calls after which the JIT looks again whether a function is recursive or called by
    /// a trace.
    pub patience: u32,
    mismatches: u32,
}

impl Site {
    /// Calls after which the JIT looks again at first.
    pub const PATIENCE: u32 = 8;

    /// A loop or function about which nothing is known.
    pub fn new(code: CodeId, index: Option<u16>) -> Site {
        Site {
            code,
            index,
            roots: Vec::new(),
            regions: Vec::new(),
            aborts: 0,
            last_rounds: 0,
            retry: Retry::AtOnce,
            patience: Site::PATIENCE,
            mismatches: 0,
        }
    }

    /// The countdown of the loop or function in its code.
    pub fn state<'c>(&self, code: &'c Code) -> &'c HotState {
        self.index.map_or(&code.entry, |index| &code.loops[index as usize].state)
    }

    /// Where a round or the function begins.
    pub fn pc(&self, code: &Code) -> usize {
        self.index.map_or(0, |index| code.loops[index as usize].header as usize)
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
