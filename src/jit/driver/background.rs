//! The thread that makes regions while the interpreter goes on.
//!
//! Optimising traces and generating code is by far the longest part of compiling;
//! recording needs the machine and stays with it. The thread is started with the
//! first region and takes one at a time: loops without a region first, then the region
//! that was left most often since it was to be made again. What it made lies in a
//! channel until the driver looks, which it does whenever a hot loop asks.
//!
//! What must hold: regions are entered and freed by the machine's thread only;
//! a product whose ticket is no longer awaited is dropped there; of each region one
//! request at most waits or is worked on.
//!
//! Example: `submit(request)` at round 500 of a loop; some hundred rounds later
//! `finished()` gives its draft, and the next round is evaluated.

use super::emission::Emission;
use crate::jit::code::{CompileError, CompileOptions, CompiledRegion, RegionCompiler};
use crate::jit::ir::Region;
use crate::jit::opt::{EmitError, Learned};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Instant;

/// A region to be made.
pub struct Request {
    /// Its number.
    pub number: usize,
    /// Distinguishes this request from earlier ones for the same region.
    pub ticket: u64,
    /// What is to be made of it.
    pub work: Work,
    /// How to generate it.
    pub options: CompileOptions,
    /// Whether there is no region yet that could be entered meanwhile.
    pub is_new: bool,
    /// Times that the region was left since.
    pub urgency: u32,
}

/// What is to be made of a region.
pub enum Work {
    /// Its optimised operations, to be evaluated for some rounds.
    Draft(Emission),
    /// The machine code of a draft.
    Code(Region),
    /// Optimised operations and machine code.
    Whole(Emission),
}

/// A region and its code, if that was asked for.
pub type Made = (Region, Option<Result<CompiledRegion, CompileError>>);

/// What became of a request.
pub struct Product {
    /// The number of the region.
    pub number: usize,
    /// The ticket of the request.
    pub ticket: u64,
    /// What the emission found out, if there was one.
    pub learned: Option<Learned>,
    /// The region, if it could be emitted, and its code.
    pub made: Result<Made, EmitError>,
    /// Nanoseconds that optimising took.
    pub optimised: u64,
    /// Nanoseconds that generating took.
    pub generated: u64,
}

/// Makes a region, unless nobody waits for it any more.
fn make(request: Request, compiler: &mut RegionCompiler, stop: &AtomicBool) -> Option<Product> {
    let Request { number, ticket, work, options, .. } = request;
    let began = Instant::now();
    let is_draft = matches!(work, Work::Draft(_));
    let (emitted, learned) = match work {
        Work::Draft(mut emission) | Work::Whole(mut emission) => {
            (emission.emit(), Some(emission.learned))
        }
        Work::Code(region) => (Ok(region), None),
    };
    let optimised = began.elapsed();
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let made = emitted.map(|region| {
        let compiled = (!is_draft).then(|| compiler.compile(&region, options));
        (region, compiled)
    });
    let generated = began.elapsed() - optimised;
    Some(Product {
        number,
        ticket,
        learned,
        made,
        optimised: optimised.as_nanos() as u64,
        generated: generated.as_nanos() as u64,
    })
}

/// What waits for the thread.
#[derive(Default)]
struct Queue {
    requests: Mutex<Vec<Request>>,
    added: Condvar,
    stop: AtomicBool,
}

impl Queue {
    fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request that matters most, once there is one; `None` when the thread is to end.
    fn next(&self) -> Option<Request> {
        let mut requests = self.requests();
        while !self.stop.load(Ordering::Relaxed) {
            // Of equal ones the oldest.
            let ranks = requests.iter().map(|request| (request.is_new, request.urgency));
            let best = ranks.enumerate().rev().max_by_key(|(_, rank)| *rank);
            if let Some((at, _)) = best {
                return Some(requests.remove(at));
            }
            requests = self.added.wait(requests).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }
}

/// The thread, from the side of the driver.
pub struct Background {
    queue: Arc<Queue>,
    products: Receiver<Product>,
}

impl Background {
    /// Starts the thread with a compiler that was made by the machine's thread.
    ///
    /// # Errors
    /// If the system gives no thread; the compiler is lost then.
    pub fn start(mut compiler: RegionCompiler) -> std::io::Result<Background> {
        let queue = Arc::new(Queue::default());
        let (outgoing, products) = channel();
        let work = {
            let queue = queue.clone();
            move || {
                while let Some(request) = queue.next() {
                    let Some(product) = make(request, &mut compiler, &queue.stop) else { return };
                    if outgoing.send(product).is_err() {
                        return;
                    }
                    // While the first draft is evaluated.
                    compiler.prepare();
                }
            }
        };
        Builder::new().name("ruff-codegen".into()).spawn(work)?;
        Ok(Background { queue, products })
    }

    /// Has a region made.
    pub fn submit(&self, request: Request) {
        // A thread that is gone answers nothing: the loop stays interpreted.
        self.queue.requests().push(request);
        self.queue.added.notify_one();
    }

    /// Takes the request for a region back, if the thread has not begun with it.
    pub fn withdraw(&self, number: usize) -> Option<Request> {
        let mut requests = self.queue.requests();
        let at = requests.iter().position(|request| request.number == number)?;
        Some(requests.remove(at))
    }

    /// Takes all requests back that the thread has not begun with.
    pub fn withdraw_all(&self) {
        self.queue.requests().clear();
    }

    /// Notes that a region was left which waits for being made again.
    pub fn hurry(&self, number: usize) {
        let mut requests = self.queue.requests();
        if let Some(request) = requests.iter_mut().find(|request| request.number == number) {
            request.urgency = request.urgency.saturating_add(1);
        }
    }

    /// The next region that is finished, if there is one.
    pub fn finished(&self) -> Option<Product> {
        self.products.try_recv().ok()
    }
}

impl Drop for Background {
    /// Nobody waits for the thread: it ends by itself after what it is at, which may
    /// take longer than all that a short program does. It owns or shares whatever
    /// it still uses.
    fn drop(&mut self) {
        // Under the lock, lest the thread should miss it between looking and waiting.
        let _requests = self.queue.requests();
        self.queue.stop.store(true, Ordering::Relaxed);
        self.queue.added.notify_one();
    }
}
