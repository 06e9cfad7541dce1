//! The thread that generates machine code while the interpreter goes on.
//!
//! Generating is by far the longest part of compiling; recording and optimising
//! need the machine and stay with it. The thread is started with the first
//! region and takes one at a time; what it made lies in a channel until the
//! driver looks, which it does whenever a hot loop asks.
//!
//! What must hold: regions are entered and freed by the machine's thread only;
//! a product whose ticket is no longer awaited is dropped there.
//!
//! Example: `submit(request)` at round 56 of a loop; some hundred rounds later
//! `finished()` gives the code, and the next round is entered in it.

use crate::jit::code::{CompileError, CompileOptions, CompiledRegion, RegionCompiler};
use crate::jit::ir::Region;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

/// A region to be generated.
pub struct Request {
    /// Its number.
    pub number: usize,
    /// Distinguishes this request from earlier ones for the same region.
    pub ticket: u64,
    /// What to generate.
    pub region: Region,
    /// How.
    pub options: CompileOptions,
    /// Microseconds that optimising it took.
    pub optimised: u64,
}

/// What became of a request.
pub struct Product {
    /// The request.
    pub request: Request,
    /// Its code.
    pub compiled: Result<CompiledRegion, CompileError>,
    /// Nanoseconds that it took.
    pub nanoseconds: u64,
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
                let began = Instant::now();
                let compiled = compiler.compile(&request.region, request.options);
                let nanoseconds = began.elapsed().as_nanos() as u64;
                if outgoing.send(Product { request, compiled, nanoseconds }).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("ruff-codegen".into()).spawn(work)?;
        Ok(Background { requests: Some(requests), products, stop, thread: Some(thread) })
    }

    /// Has a region generated.
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
