//! The optimiser: recorded traces become one region by being replayed.
//!
//! [`emit`] replays the root trace of a loop or function, and from each guard that
//! has a bridge the bridge, into blocks. Every instruction passes through
//!
//! ```text
//! fold -> guards (ranges) -> counts -> cse -> heap -> append
//! ```
//!
//! and each pass answers keep, same as, gone or never. Loops are peeled by
//! replaying their trace twice. Afterwards [`dead`] removes what nobody uses, [`unboxing`]
//! takes apart objects that loops pass on, and [`sinking`] removes those that only exits use.
//!
//! What loops need (which slots are parameters, what stays in memory) is
//! guessed from the traces, checked where paths meet, and learnt: a region whose
//! paths disagree is emitted again, a bounded number of times.
//!
//! What must hold: at every exit the snapshot gives exactly the interpreter's
//! state at the last mark before the guard; deferred reference counts included.
//!
//! Example: see [`region`](super::ir::Region) for what becomes of a loop.

mod assumed;
mod carried;
mod counts;
mod cse;
mod dead;
mod division;
mod emit;
mod fold;
mod functions;
mod graph;
mod guards;
mod heap;
mod learned;
mod loops;
mod plan;
mod ranges;
mod retains;
mod side;
mod sinking;
mod slots;
mod snapshot;
mod state;
mod survey;
mod unboxing;

pub use learned::Learned;
pub use plan::{EmitError, Environment, Options, Plan};
pub use side::Side;

use super::ir::Region;
use emit::Emitter;
use survey::Surveys;

/// Times a region is emitted at most before its loops must agree.
const ATTEMPTS: usize = 24;

/// Emits the region of a plan. What it learns about the loops serves the next
/// emission from the same root trace, which so begins where this one ended.
///
/// # Errors
/// If the traces cannot be joined; see [`EmitError`].
pub fn emit(
    plan: &Plan,
    environment: &dyn Environment,
    learned: &mut Learned,
) -> Result<Region, EmitError> {
    let mut surveys = Surveys::default();
    for attempt in 0..ATTEMPTS {
        learned.begin(attempt >= ATTEMPTS / 2);
        let region = Emitter::new(plan, environment, learned, &mut surveys).run()?;
        if !learned.changed {
            let mut region = dead::remove(region, plan.options.dead);
            // What was a field of an object may itself be one that is passed on.
            while plan.options.sink
                && let Some(unboxed) = unboxing::unbox(&region)
            {
                region = dead::remove(unboxed, plan.options.dead);
            }
            if plan.options.sink
                && let Some(sunk) = sinking::sink(&region)
            {
                region = dead::remove(sunk, plan.options.dead);
            }
            debug_assert_eq!(super::ir::verify::region(&region), Ok(()));
            return Ok(region);
        }
    }
    Err(EmitError::Unstable)
}
