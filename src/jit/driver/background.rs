//! The thread that makes regions while the interpreter goes on.
//!
//! Optimising traces and generating code is by far the longest part of compiling;
//! recording needs the machine and stays with it. The thread is started with the
//! first region and takes one at a time; what it made lies in a channel until the
//! driver looks, which it does whenever a hot loop asks.
//!
//! What must hold: regions are entered and freed by the machine's thread only;
//! a product whose ticket is no longer awaited is dropped there.
//!
//! Example: `submit(request)` at round 56 of a loop; some hundred rounds later
//! `finished()` gives the code, and the next round is entered in it.

use super::emission::Emission;
use crate::jit::code::{CompileError, CompileOptions, CompiledRegion, RegionCompiler};
use crate::jit::ir::Region;
use crate::jit::opt::{EmitError, Learned};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

/// A region to be made.
pub struct Request {
    /// Its number.
    pub number: usize,
    /// Distinguishes this request from earlier ones for the same region.
    pub ticket: u64,
    /// What to emit.
    pub emission: Emission,
    /// How to generate it.
    pub options: CompileOptions,
}

/// What became of a request.
pub struct Product {
    /// The number of the region.
    pub number: usize,
    /// The ticket of the request.
    pub ticket: u64,
    /// What the emission found out.
    pub learned: Learned,
    /// The region, if it could be emitted, and its code.
    pub made: Result<(Region, Result<CompiledRegion, CompileError>), EmitError>,
    /// Nanoseconds that optimising took.
    pub optimised: u64,
    /// Nanoseconds that generating took.
    pub generated: u64,
}

fn make(request: Request, compiler: &mut RegionCompiler) -> Product {
    let Request { number, ticket, mut emission, options } = request;
    let began = Instant::now();
    let emitted = emission.emit();
    let optimised = began.elapsed();
    let made = emitted.map(|region| {
        let compiled = compiler.compile(&region, options);
        (region, compiled)
    });
    let generated = began.elapsed() - optimised;
    Product {
        number,
        ticket,
        learned: emission.learned,
        made,
        optimised: optimised.as_nanos() as u64,
        generated: generated.as_nanos() as u64,
    }
}

/// The thread, from the side of the driver.
pub struct Background {
    requests: Option<Sender<Request>>,
    products: Receiver<Product>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the thread with a compiler that was made by the machine's thread.
    ///
    /// # Errors
    /// If the system gives no thread; the compiler is lost then.
    pub fn start(mut compiler: RegionCompiler) -> std::io::Result<Background> {
        let (requests, incoming) = channel::<Request>();
        let (outgoing, products) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let work = move || {
            for request in incoming {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                if outgoing.send(make(request, &mut compiler)).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("ruff-codegen".into()).spawn(work)?;
        Ok(Background { requests: Some(requests), products, stop, thread: Some(thread) })
    }

    /// Has a region made.
    pub fn submit(&self, request: Request) {
        if let Some(requests) = &self.requests {
            // A thread that is gone answers nothing: the loop stays interpreted.
            let _ = requests.send(request);
        }
    }

    /// The next region that is finished, if there is one.
    pub fn finished(&self) -> Option<Product> {
        self.products.try_recv().ok()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic on that thread has been reported by it.
            let _ = thread.join();
        }
    }
}
