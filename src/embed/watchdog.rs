//! The thread that ends a program when its time is over.
//!
//! What must hold: the thread is gone when the watchdog is dropped, so it stops
//! no later program.
//!
//! Example: a watchdog of 100 ms over `loop {}` requests `Stop::Time` after that
//! time.

use crate::base::interrupt::{Interrupt, Stop};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

/// Watches over one run.
pub(super) struct Watchdog {
    interrupt: Arc<Interrupt>,
    ended: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Begins to wait.
    pub fn new(interrupt: &Arc<Interrupt>, time: Duration) -> Watchdog {
        let (ended, waiting) = channel();
        let asked = interrupt.clone();
        let thread = spawn(move || {
            if waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                asked.request(Stop::Time);
            }
        });
        Watchdog { interrupt: interrupt.clone(), ended: Some(ended), thread: Some(thread) }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.ended = None;
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
        self.interrupt.withdraw(Stop::Time);
    }
}
