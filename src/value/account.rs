//! How many bytes the values of a thread hold, and the limit that stops a
//! program.
//!
//! Counted are the blocks that come from the global allocator: chunks of small
//! objects, large objects, buffers of arrays, and what dicts, sets, queues and
//! bytes keep in collections of Rust's own. Nothing can fail where memory is
//! taken, so going beyond the limit requests a stop, which the program sees at
//! its next look. Only what would go beyond it in one piece is refused: whoever
//! makes such pieces asks [`refuses`] first.
//!
//! What must hold: every block is counted when it is taken and when it is given
//! back, with the same size.
//!
//! Example: under a limit of a million bytes, a program that pushes to an array
//! forever stops soon after the array's buffer has that size.

use crate::base::interrupt::{Interrupt, Stop};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

thread_local! {
    static HELD: Cell<u64> = const { Cell::new(0) };
    /// What `HELD` may be.
    static CEILING: Cell<u64> = const { Cell::new(u64::MAX) };
    /// Whose program stops when it is more.
    static WATCHED: RefCell<Option<Arc<Interrupt>>> = const { RefCell::new(None) };
}

/// Counts a block that was taken.
#[inline]
pub(super) fn taken(bytes: usize) {
    let held = HELD.get() + bytes as u64;
    HELD.set(held);
    if held > CEILING.get() {
        request_stop();
    }
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

/// The limit of what one engine's values hold, while it runs.
#[derive(Debug)]
pub struct HeapLimit {
    /// What others hold.
    base: u64,
    outer: (u64, Option<Arc<Interrupt>>),
}

impl HeapLimit {
    /// Begins a run of an engine that holds `held` bytes and may hold `limit`.
    pub fn new(interrupt: &Arc<Interrupt>, held: u64, limit: Option<u64>) -> HeapLimit {
        let base = HELD.get().saturating_sub(held);
        let ceiling = limit.map_or(u64::MAX, |limit| base.saturating_add(limit));
        let watched = limit.map(|_| interrupt.clone());
        let outer = (CEILING.replace(ceiling), WATCHED.replace(watched));
        if HELD.get() > ceiling {
            request_stop();
        }
        HeapLimit { base, outer }
    }

    /// Bytes that the engine's values hold now.
    pub fn held(&self) -> u64 {
        HELD.get().saturating_sub(self.base)
    }
}

impl Drop for HeapLimit {
    fn drop(&mut self) {
        CEILING.set(self.outer.0);
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
