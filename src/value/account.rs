//! How many bytes the values of a thread hold, and the limit that stops a
//! program.
//!
//! Counted are the blocks that come from the global allocator: chunks of small
//! objects, large objects, buffers of arrays, and what dicts, sets, queues and
//! bytes keep in collections of Rust's own. Nothing can fail where memory is
//! taken, so going beyond the limit requests a stop, which the program sees at
//! its next look. Only what would go beyond it in one piece is refused: whoever
//! makes such pieces asks [`refuses`] first, and [`LongWork`] asks as it goes on.
//!
//! What must hold: every block is counted when it is taken and when it is given
//! back, with the same size.
//!
//! Example: under a limit of a million bytes, a program that pushes to an array
//! forever stops soon after the array's buffer has that size.

use super::heap::free_bytes;
use crate::base::huge_pages;
use crate::base::interrupt::{Interrupt, Stop};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

thread_local! {
    static HELD: Cell<u64> = const { Cell::new(0) };
    /// What `HELD` may be.
    static CEILING: Cell<u64> = const { Cell::new(u64::MAX) };
    /// Beyond so much there is something to do: the ceiling, or less while the
    /// process does without huge pages.
    static NOTICE: Cell<u64> = const { Cell::new(huge_pages::BIG) };
    /// Whose program stops when it is more.
    static WATCHED: RefCell<Option<Arc<Interrupt>>> = const { RefCell::new(None) };
}

/// Counts a block that was taken.
#[inline]
pub(super) fn taken(bytes: usize) {
    let held = HELD.get() + bytes as u64;
    HELD.set(held);
    if held > NOTICE.get() {
        notice(held);
    }
}

#[cold]
fn notice(held: u64) {
    huge_pages::allow();
    let ceiling = CEILING.get();
    NOTICE.set(ceiling);
    if held > ceiling {
        request_stop();
    }
}

/// Sets what may be held, and gives back what it was.
fn replace_ceiling(ceiling: u64) -> u64 {
    let first = if huge_pages::deferred() { huge_pages::BIG } else { u64::MAX };
    NOTICE.set(ceiling.min(first));
    CEILING.replace(ceiling)
}

/// Counts a block that was given back.
#[inline]
pub(super) fn given_back(bytes: usize) {
    HELD.set(HELD.get().saturating_sub(bytes as u64));
}

#[cold]
fn request_stop() {
    WATCHED.with_borrow(|watched| {
        if let Some(interrupt) = watched {
            interrupt.request(Stop::Memory);
        }
    });
}

/// Whether a piece of so many bytes is beyond the limit. Then a stop is
/// requested, and the piece must not be made.
#[inline]
pub fn refuses(bytes: usize) -> bool {
    let refused = HELD.get().saturating_add(bytes as u64) > CEILING.get();
    if refused {
        request_stop();
    }
    refused
}

/// Steps of long work from one look to the next.
const LOOKS_EVERY: u32 = 1 << 14;

/// Long work inside of one operation, that looks from time to time whether the
/// program has to stop: a value that holds itself many times over is small in
/// memory, but not for whoever walks through it.
#[derive(Debug)]
pub struct LongWork(u32);

impl Default for LongWork {
    fn default() -> LongWork {
        LongWork(LOOKS_EVERY)
    }
}

impl LongWork {
    /// Makes a step. Whether the work is to be given up: the program stops before it
    /// can do anything with the result. The work needs `bytes` of memory so far.
    #[inline]
    pub fn is_over(&mut self, bytes: usize) -> bool {
        self.0 -= 1;
        self.0 == 0 && self.look(bytes)
    }

    #[cold]
    fn look(&mut self, bytes: usize) -> bool {
        self.0 = LOOKS_EVERY;
        refuses(bytes) || requested().is_some()
    }
}

/// Why the thread's program has to stop, if it has to.
pub fn requested() -> Option<Stop> {
    WATCHED.with_borrow(|watched| watched.as_ref().and_then(|interrupt| interrupt.requested()))
}

/// What an engine's values take between its runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapUsage {
    /// Bytes of blocks taken and not given back.
    taken: u64,
    /// What all of the thread held when that was so.
    held: u64,
}

/// The limit of what one engine's values hold, while it runs.
#[derive(Debug)]
pub struct HeapLimit {
    /// What others hold.
    base: u64,
    outer: (u64, Option<Arc<Interrupt>>),
}

impl HeapLimit {
    /// Begins a run of an engine whose values take `usage` and may hold `limit`
    /// bytes. What is free among small objects is looked for only near the
    /// limit: that takes its time.
    pub fn new(interrupt: &Arc<Interrupt>, usage: HeapUsage, limit: Option<u64>) -> HeapLimit {
        let held = HELD.get();
        // What was given back since the last run is taken to be this engine's.
        let taken = usage.taken.saturating_sub(usage.held.saturating_sub(held));
        let ceiling = limit.map(|limit| {
            let free = if taken > limit / 2 { free_bytes() } else { 0 };
            held.saturating_add(limit.saturating_sub(taken.saturating_sub(free)))
        });
        let watched = WATCHED.replace(Some(interrupt.clone()));
        let outer = (replace_ceiling(ceiling.unwrap_or(u64::MAX)), watched);
        HeapLimit { base: held.saturating_sub(taken), outer }
    }

    /// What the engine's values take now that the run has ended.
    pub fn usage(&self) -> HeapUsage {
        let held = HELD.get();
        HeapUsage { taken: held.saturating_sub(self.base), held }
    }
}

impl Drop for HeapLimit {
    fn drop(&mut self) {
        replace_ceiling(self.outer.0);
        WATCHED.set(self.outer.1.take());
    }
}

/// Counts what a collection keeps outside of the heap of values.
#[derive(Debug, Default)]
pub(super) struct Charge(usize);

impl Charge {
    /// The collection keeps so many bytes now.
    #[inline]
    pub fn set(&mut self, bytes: usize) {
        if bytes != self.0 {
            given_back(self.0);
            self.0 = bytes;
            taken(bytes);
        }
    }
}

impl Clone for Charge {
    fn clone(&self) -> Charge {
        taken(self.0);
        Charge(self.0)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        given_back(self.0);
    }
}
