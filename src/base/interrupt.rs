//! Asking a running program to stop, from another thread or from within.
//!
//! One word holds the reasons that were asked for. Machine code polls it each
//! time it goes back to a loop's header; the interpreter looks at it when a
//! loop's countdown runs out, and on calls: a request sets the depth that calls
//! are compared with anyway to 0, so that the next one takes the slow way.
//!
//! What must hold: a request stays until it is withdrawn, so none is lost that
//! comes before the program begins; the full depth is restored by whoever finds
//! it at 0 without a request.
//!
//! Example: after `interrupt.request(Stop::Interrupted)` on one thread,
//! `interrupt.requested()` is `Some(Stop::Interrupted)` on all, and a program
//! that runs with it ends with the error `Interrupted`.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Why a program has to stop. No `try` of the program catches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// Somebody asked for it: Ctrl-C, or whoever embeds the language.
    Interrupted,
    /// It ran longer than it may.
    Time,
    /// It made more steps than it may.
    Steps,
    /// Its values hold more memory than they may.
    Memory,
    /// A function of the host panicked.
    Panicked,
}

impl Stop {
    /// All reasons; of several that were asked for, the first counts.
    const ALL: [Stop; 5] =
        [Stop::Panicked, Stop::Interrupted, Stop::Memory, Stop::Steps, Stop::Time];

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Interrupted => "Interrupted",
            Stop::Time => "Time limit exceeded",
            Stop::Steps => "Step limit exceeded",
            Stop::Memory => "Memory limit exceeded",
            Stop::Panicked => "A registered function panicked",
        })
    }
}

/// How long a program that waits goes without looking whether it has to stop.
const NAP: Duration = Duration::from_millis(5);

/// What a running program looks at to learn that it has to stop.
#[derive(Debug)]
pub struct Interrupt {
    requests: AtomicU32,
    depth: AtomicUsize,
    full_depth: AtomicUsize,
    /// Whether every call and round is looked at.
    watched: AtomicBool,
    /// Steps that are left, if they are limited.
    steps: AtomicI64,
}

impl Interrupt {
    /// Nothing requested; calls may nest to `depth`.
    pub fn new(depth: usize) -> Interrupt {
        Interrupt {
            requests: AtomicU32::new(0),
            depth: AtomicUsize::new(depth),
            full_depth: AtomicUsize::new(depth),
            watched: AtomicBool::new(false),
            steps: AtomicI64::new(i64::MAX),
        }
    }

    /// Lets calls nest to `depth`.
    pub fn set_depth(&self, depth: usize) {
        self.full_depth.store(depth, Ordering::SeqCst);
        self.restore_depth();
    }

    /// Asks the program to stop.
    pub fn request(&self, stop: Stop) {
        self.requests.fetch_or(stop.bit(), Ordering::SeqCst);
        self.depth.store(0, Ordering::SeqCst);
    }

    /// Why the program has to stop, if it has to.
    #[inline]
    pub fn requested(&self) -> Option<Stop> {
        match self.requests.load(Ordering::Relaxed) {
            0 => None,
            bits => Stop::ALL.into_iter().find(|stop| bits & stop.bit() != 0),
        }
    }

    /// Takes a request back.
    pub fn withdraw(&self, stop: Stop) {
        self.requests.fetch_and(!stop.bit(), Ordering::SeqCst);
        self.restore_depth();
    }

    /// The depth that calls are compared with: 0 makes each look closer.
    #[inline(always)]
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    /// Lets calls go on to the full depth, unless something is requested.
    pub fn restore_depth(&self) {
        self.depth.store(self.full_depth.load(Ordering::SeqCst), Ordering::SeqCst);
        if self.is_watched() || self.requests.load(Ordering::SeqCst) != 0 {
            self.depth.store(0, Ordering::SeqCst);
        }
    }

    /// From now on the interpreter looks closer at every call and every round
    /// of a loop: it has to count them, or must not go on for long.
    pub fn watch(&self) {
        self.watched.store(true, Ordering::SeqCst);
        self.restore_depth();
    }

    /// Whether the interpreter looks at every call and round.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Limits the steps that the program may still make.
    pub fn limit_steps(&self, steps: u64) {
        self.steps.store(i64::try_from(steps).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.watch();
    }

    /// Counts a step; the last one requests the stop.
    pub fn step(&self) {
        let left = self.steps.load(Ordering::Relaxed) - 1;
        self.steps.store(left, Ordering::Relaxed);
        if left < 0 {
            self.request(Stop::Steps);
        }
    }

    /// Address of the word of requests, 32 bits that are not 0 when the program
    /// has to stop. For machine code, which lives no longer than this.
    pub fn requests_address(&self) -> usize {
        self.requests.as_ptr() as usize
    }

    /// Address of the word that counts steps down, 64 bits, below 0 when none
    /// is left. For machine code.
    pub fn steps_address(&self) -> usize {
        self.steps.as_ptr() as usize
    }

    /// Waits; false if the program has to stop before the time is over.
    pub fn sleep(&self, time: Duration) -> bool {
        let began = Instant::now();
        loop {
            if self.requested().is_some() {
                return false;
            }
            match time.checked_sub(began.elapsed()) {
                Some(rest) if !rest.is_zero() => std::thread::sleep(rest.min(NAP)),
                _ => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Interrupt, Stop};
    use std::time::{Duration, Instant};

    #[test]
    fn a_request_lowers_the_depth_until_it_is_withdrawn() {
        let interrupt = Interrupt::new(100);
        assert_eq!((interrupt.requested(), interrupt.depth()), (None, 100));
        interrupt.request(Stop::Time);
        interrupt.request(Stop::Interrupted);
        assert_eq!((interrupt.requested(), interrupt.depth()), (Some(Stop::Interrupted), 0));
        interrupt.withdraw(Stop::Interrupted);
        assert_eq!((interrupt.requested(), interrupt.depth()), (Some(Stop::Time), 0));
        interrupt.withdraw(Stop::Time);
        assert_eq!((interrupt.requested(), interrupt.depth()), (None, 100));
    }

    #[test]
    fn the_step_after_the_last_requests_the_stop() {
        let interrupt = Interrupt::new(100);
        interrupt.limit_steps(2);
        interrupt.step();
        interrupt.step();
        assert_eq!(interrupt.requested(), None);
        interrupt.step();
        assert_eq!(interrupt.requested(), Some(Stop::Steps));
    }

    #[test]
    fn sleeping_ends_early_when_asked() {
        let interrupt = Interrupt::new(100);
        assert!(interrupt.sleep(Duration::from_millis(1)));
        interrupt.request(Stop::Interrupted);
        let began = Instant::now();
        assert!(!interrupt.sleep(Duration::from_secs(60)));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
