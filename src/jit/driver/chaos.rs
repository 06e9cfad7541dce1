//! Hostile mode: guards that fail although they hold, tiny limits, evictions.
//!
//! An exit may be taken at any time without changing what the program does,
//! because it restores the state before its instruction. So failing guards at
//! random must never be visible; where it is, a snapshot is wrong.
//!
//! Example: with `--jit-chaos=7` every program must print what it prints with
//! `--jit=off`.

use crate::jit::exits::ExitPlan;

/// A source of numbers that look random and repeat for equal seeds (xorshift
/// by Marsaglia, 2003).
#[derive(Clone, Copy, Debug)]
pub struct Chaos {
    state: u64,
}

impl Chaos {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Chaos {
        Chaos { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// A number below `limit`, which must not be zero.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % limit
    }

    /// An exit that shall be taken at the next chance, most of the time.
    pub fn forced_exit(&mut self, plans: &[ExitPlan]) -> Option<usize> {
        if plans.is_empty() || self.below(4) == 0 {
            return None;
        }
        let chosen = self.below(plans.len() as u64) as usize;
        plans[chosen].may_be_forced().then_some(chosen)
    }
}
