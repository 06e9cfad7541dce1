//! Pages for machine code.
//!
//! All regions share one arena. A region gets whole pages, so that its pages
//! can be made executable and writable again without touching another's code;
//! a page is never writable and executable at once. Freed pages are reused when no
//! others are left: to take the right to execute away from pages interrupts all
//! processors that run the program, which takes a tenth of a millisecond.
//!
//! What must hold: ranges in `free` do not overlap and are writable; those in `stale`
//! may be executable, but no code in them runs.
//!
//! Example: a region of 5000 bytes takes two pages; when it is freed they are
//! left as they are, and become writable when the chunk is used up.

use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::{ModuleError, ModuleResult};
use region::{Allocation, Protection};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

const CHUNK: usize = 256 * 1024;

/// Code memory of one engine.
#[derive(Clone)]
pub struct CodeArena {
    pages: Arc<Mutex<Pages>>,
}

struct Pages {
    chunks: Vec<Allocation>,
    free: Vec<Range>,
    stale: Vec<Range>,
    used: usize,
    limit: usize,
}

// SAFETY: allocations are plain address ranges; the mutex orders all changes.
unsafe impl Send for Pages {}

#[derive(Clone, Copy)]
struct Range {
    start: usize,
    len: usize,
}

impl CodeArena {
    /// An arena that holds at most `limit` bytes of code.
    pub fn new(limit: usize) -> CodeArena {
        let pages =
            Pages { chunks: Vec::new(), free: Vec::new(), stale: Vec::new(), used: 0, limit };
        CodeArena { pages: Arc::new(Mutex::new(pages)) }
    }

    /// Bytes of pages that hold code now.
    pub fn used(&self) -> usize {
        self.locked(|pages| pages.used)
    }

    pub(super) fn provider(&self) -> Box<dyn JITMemoryProvider + Send> {
        Box::new(Provider { arena: self.clone(), ranges: Vec::new() })
    }

    fn locked<R>(&self, change: impl FnOnce(&mut Pages) -> R) -> R {
        change(&mut self.pages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pages {
    fn take(&mut self, size: usize) -> io::Result<Range> {
        let len = size.max(1).next_multiple_of(region::page::size());
        if self.used + len > self.limit {
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, "code memory is full"));
        }
        if self.find(len).is_none() {
            self.reclaim();
        }
        let index = match self.find(len) {
            Some(index) => index,
            None => {
                let bytes = len.max(CHUNK);
                let mut chunk =
                    region::alloc(bytes, Protection::READ_WRITE).map_err(io::Error::other)?;
                self.free.push(Range { start: chunk.as_mut_ptr::<u8>() as usize, len: bytes });
                self.chunks.push(chunk);
                self.free.len() - 1
            }
        };
        let range = &mut self.free[index];
        let taken = Range { start: range.start, len };
        range.start += len;
        range.len -= len;
        if range.len == 0 {
            self.free.swap_remove(index);
        }
        self.used += len;
        Ok(taken)
    }

    fn find(&self, len: usize) -> Option<usize> {
        self.free.iter().position(|range| range.len >= len)
    }

    /// Makes pages whose code is gone writable, for other code.
    fn reclaim(&mut self) {
        for range in std::mem::take(&mut self.stale) {
            let pages = range.start as *const u8;
            // SAFETY: the range is the arena's, and by the contract of `stale` no code in it runs.
            let writable = unsafe { region::protect(pages, range.len, Protection::READ_WRITE) };
            if writable.is_ok() {
                self.give(range);
            }
        }
    }

    /// Takes a writable range, joined with its neighbours.
    fn give(&mut self, mut range: Range) {
        self.free.retain(|other| {
            if other.start + other.len == range.start {
                range = Range { start: other.start, len: other.len + range.len };
                false
            } else if range.start + range.len == other.start {
                range.len += other.len;
                false
            } else {
                true
            }
        });
        self.free.push(range);
    }
}

/// The pages of one module.
struct Provider {
    arena: CodeArena,
    ranges: Vec<Range>,
}

impl JITMemoryProvider for Provider {
    fn allocate(&mut self, size: usize, align: u64, kind: JITMemoryKind) -> io::Result<*mut u8> {
        if !matches!(kind, JITMemoryKind::Executable) || align as usize > region::page::size() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "only code lives here"));
        }
        let range = self.arena.locked(|pages| pages.take(size))?;
        self.ranges.push(range);
        Ok(range.start as *mut u8)
    }

    unsafe fn free_memory(&mut self) {
        for range in self.ranges.drain(..) {
            self.arena.locked(|pages| {
                pages.used -= range.len;
                pages.stale.push(range);
            });
        }
    }

    fn finalize(&mut self, _branch_protection: BranchProtection) -> ModuleResult<()> {
        let failed = |err: io::Error| ModuleError::Allocation { err };
        for range in &self.ranges {
            let pages = range.start as *mut u8;
            // SAFETY: the range is ours and nothing writes to it any more.
            unsafe {
                wasmtime_internal_jit_icache_coherence::clear_cache(pages as *const _, range.len)
                    .map_err(failed)?;
                region::protect(pages, range.len, Protection::READ_EXECUTE)
                    .map_err(|error| failed(io::Error::other(error)))?;
            }
        }
        wasmtime_internal_jit_icache_coherence::pipeline_flush_mt().map_err(failed)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // SAFETY: a module that was never finished (its region failed to
        // compile) has no running code; after `free_memory` nothing is left.
        unsafe { self.free_memory() };
    }
}
