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
use std::thread::Builder;
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

/// Makes a region, unless nobody waits for it any more.
fn make(request: Request, compiler: &mut RegionCompiler, stop: &AtomicBool) -> Option<Product> {
    let Request { number, ticket, mut emission, options } = request;
    let began = Instant::now();
    let emitted = emission.emit();
    let optimised = began.elapsed();
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let made = emitted.map(|region| {
        let compiled = compiler.compile(&region, options);
        (region, compiled)
    });
    let generated = began.elapsed() - optimised;
    Some(Product {
        number,
        ticket,
        learned: emission.learned,
        made,
        optimised: optimised.as_nanos() as u64,
        generated: generated.as_nanos() as u64,
    })
}

/// The thread, from the side of the driver.
pub struct Background {
    requests: Sender<Request>,
    products: Receiver<Product>,
    stop: Arc<AtomicBool>,
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
                let Some(product) = make(request, &mut compiler, &stopped) else { return };
                if outgoing.send(product).is_err() {
                    return;
                }
            }
        };
        Builder::new().name("ruff-codegen".into()).spawn(work)?;
        Ok(Background { requests, products, stop })
    }

    /// Has a region made.
    pub fn submit(&self, request: Request) {
        // A thread that is gone answers nothing: the loop stays interpreted.
        let _ = self.requests.send(request);
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
        self.stop.store(true, Ordering::Relaxed);
    }
}
