//! Huge pages only for programs that are big enough to gain by them.
//!
//! The `ruff` command's allocator asks the system for huge pages. A program with
//! big arrays is 10 to 15 % faster with them, but each costs two million bytes
//! of memory and the time to clear them, which is most of what a program of a
//! few lines needs. So the command begins without, and its first collection of
//! some size gets them for the process. Only Linux has such a switch.
//!
//! What must hold: a host that embeds the library never finds its process
//! changed, because [`defer`] is called by the command alone.
//!
//! Example: `print("hi")` peaks below 9 MB instead of 10 to 12; an array of
//! a million numbers lies in huge pages.

use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of values from which on a program is big.
pub const BIG: u64 = 1 << 20;

static DEFERRED: AtomicBool = AtomicBool::new(false);

/// The process does without huge pages until [`allow`].
pub fn defer() {
    DEFERRED.store(switch(true), Ordering::Relaxed);
}

/// The process may use huge pages again, if it was [`defer`] that forbade them.
pub fn allow() {
    if deferred() && DEFERRED.swap(false, Ordering::Relaxed) {
        switch(false);
    }
}

/// Whether the process does without huge pages for now.
pub fn deferred() -> bool {
    DEFERRED.load(Ordering::Relaxed)
}

/// Whether the system took the order; without it nothing changes.
#[cfg(target_os = "linux")]
fn switch(off: bool) -> bool {
    // Whoever forbade them for this process and its children keeps that.
    let forbidden = nix::sys::prctl::get_thp_disable().unwrap_or(true);
    forbidden != off && nix::sys::prctl::set_thp_disable(off).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn switch(_off: bool) -> bool {
    false
}
