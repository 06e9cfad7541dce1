//! Regions that mostly end where an error is raised rest for a while.
//!
//! An error that a function of the region catches is followed in it. One that is caught
//! further out, or inside of calls between regions, ends the region: its frames are
//! given to the interpreter, which unwinds them. That costs more than a short region
//! saves, so one that mostly ends so, and soon, is left to the interpreter for a number of
//! rounds, which doubles as long as that stays so.
//!
//! What must hold: nothing rests that runs long before it ends. How long is measured only
//! beside a background thread, so that everything else is the same in each run.
//!
//! Example: `func nested(n) { if n == 0 { throw "x" } try { return nested(n - 1) } except e
//! { throw e } }` is faster without machine code, whatever its calls save.

use super::Jit;
use crate::bytecode::Opcode;
use crate::interp::Machine;

/// Errors between two looks at what a region comes to.
const SAMPLE: u32 = 32;

/// Nanoseconds of an entry, on average, up to which a region is short.
const SHORT: u64 = 500;

/// Rounds that a region rests at first.
const ROUNDS: u32 = 512;

/// How often they are doubled.
const DOUBLINGS: u32 = 8;

/// How the entries of a region have ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Endings {
    errors: u32,
    /// Entries when it was looked at last, and nanoseconds spent since.
    entries: u64,
    nanoseconds: u64,
    /// How often it has rested in a row.
    rests: u32,
}

impl Endings {
    /// Whether the time of entries is to be taken.
    pub fn are_weighed(&self) -> bool {
        self.errors > 0
    }

    pub fn took(&mut self, nanoseconds: u64) {
        self.nanoseconds += nanoseconds;
    }
}

/// Whether the machine stands where an error is thrown.
pub(super) fn throws(machine: &Machine) -> bool {
    let frame = machine.frames.last().expect("a frame");
    frame.code().instructions[frame.pc_index()].opcode == Opcode::Throw
}

impl Jit {
    /// Notes that an entry of a region has ended where an error is raised.
    pub(super) fn note_error(&mut self, machine: &Machine, number: usize) {
        if self.background.is_none() || self.drafts.contains_key(&number) {
            return;
        }
        let Some(state) = self.regions[number].as_mut() else { return };
        let endings = &mut state.endings;
        endings.errors += 1;
        if endings.errors < SAMPLE {
            return;
        }
        let entries = state.entries - endings.entries;
        let is_short = endings.nanoseconds < SHORT * entries;
        let mostly = u64::from(endings.errors) * 2 > entries;
        // The first sample counts entries from before they were timed.
        let is_timed = endings.entries > 0;
        let rests = if is_timed && is_short && mostly { endings.rests + 1 } else { 0 };
        *endings = Endings { errors: 1, entries: state.entries, nanoseconds: 0, rests };
        if rests > 0 {
            let site = state.site;
            let rounds = ROUNDS << (rests - 1).min(DOUBLINGS);
            self.rest(machine.code(self.sites[site].code), site, rounds);
        }
    }
}
