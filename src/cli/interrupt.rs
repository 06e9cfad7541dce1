//! Ctrl-C while a program runs.
//!
//! The first one asks the program to stop: it ends with the error
//! `Interrupted`, its output is written, and the exit code is 130. A second
//! one, or no reaction for half a second (a program that reads a line, or sorts
//! a huge array), ends the process at once with the same exit code.
//!
//! Example: `ruff run` of `loop {}` prints `Runtime Error: Interrupted` and the
//! line of the loop.

use super::INTERRUPTED;
use crate::base::complaint::complain;
use crate::base::interrupt::{Interrupt, Stop};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

/// Time that a program has to react.
const GRACE: Duration = Duration::from_millis(500);

/// From now on Ctrl-C asks the program that `interrupt` belongs to.
pub fn on_ctrl_c(interrupt: Arc<Interrupt>) {
    static CURRENT: OnceLock<Mutex<Arc<Interrupt>>> = OnceLock::new();
    let current = |cell: &Mutex<Arc<Interrupt>>| match cell.lock() {
        Ok(held) => held.clone(),
        Err(poisoned) => poisoned.into_inner().clone(),
    };
    if let Some(cell) = CURRENT.get() {
        if let Ok(mut held) = cell.lock() {
            *held = interrupt;
        }
        return;
    }
    let cell = CURRENT.get_or_init(|| Mutex::new(interrupt));
    // Where no handler can be set, Ctrl-C ends the process as it does by default.
    let _ = ctrlc::set_handler(move || {
        let interrupt = current(cell);
        if interrupt.requested() == Some(Stop::Interrupted) {
            give_up();
        }
        interrupt.request(Stop::Interrupted);
        // The handler's own thread waits for the next Ctrl-C.
        thread::spawn(move || {
            thread::sleep(GRACE);
            if interrupt.requested() == Some(Stop::Interrupted) {
                give_up();
            }
        });
    });
}

/// Ends the process although the program has not stopped.
fn give_up() -> ! {
    complain("ruff: interrupted; what was printed last may be missing\n");
    std::process::exit(INTERRUPTED.into())
}
