//! What builtins share during one run: standard output, clock, arguments, random numbers.
//!
//! Output is collected and written in large pieces, or line by line on a
//! terminal. When the reader of a pipe is gone, the program is asked to stop
//! quietly. Whoever owns the context flushes it before the process ends.
//!
//! Example: after the builtin `print` ran with the argument 1 in
//! `Context::captured()`, `take_captured` gives `"1\n"`.

use super::host::{HostFunction, HostPanic};
use super::modules::ModuleStates;
use super::patterns::Patterns;
use super::random::Generator;
use super::table::{Denied, native_name};
use crate::base::interrupt::Interrupt;
use crate::prim::{Fault, name_natives};
use crate::value::{Symbol, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::fmt;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Output collected before it is written.
const PIECE: usize = 64 * 1024;

/// The state of one run.
#[derive(Debug)]
pub struct Context {
    /// Who asks the program to stop.
    pub interrupt: Arc<Interrupt>,
    output: String,
    target: Target,
    started: Instant,
    arguments: Vec<String>,
    pub(super) random: Generator,
    pub(super) modules: ModuleStates,
    pub(super) patterns: Patterns,
    /// Values by key, for all tasks of the run.
    pub(super) shared: FxHashMap<String, Value>,
    /// Environment variables that the program has set.
    pub(super) environment: BTreeMap<String, String>,
    /// How many tests passed and failed.
    pub(super) tests: (usize, usize),
    /// Tasks that wait, oldest first.
    pub(super) tasks: VecDeque<Value>,
    /// Whether the queue of tasks is being run.
    pub(super) running_tasks: bool,
    /// Functions of the host.
    pub(super) hosted: FxHashMap<Symbol, HostFunction>,
    /// Set if one of them panicked.
    pub(super) panic: Option<HostPanic>,
    /// What the program may not do.
    pub(super) denied: Denied,
    /// What `set_task_pool_size` stored.
    pub(super) task_pool_size: usize,
}

#[derive(Debug)]
enum Target {
    Terminal,
    Pipe,
    Captured,
    Writer(Sink),
    /// The reader is gone.
    Closed,
}

/// Where the host wants the output.
struct Sink(Box<dyn Write>);

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

impl Context {
    /// A context that prints to standard output.
    pub fn new(arguments: Vec<String>) -> Context {
        let terminal = std::io::stdout().is_terminal();
        Context::with_target(arguments, if terminal { Target::Terminal } else { Target::Pipe })
    }

    /// A context that keeps what is printed.
    pub fn captured() -> Context {
        Context::with_target(Vec::new(), Target::Captured)
    }

    /// A context that writes to `writer` what is printed.
    pub fn writing(writer: Box<dyn Write>) -> Context {
        Context::with_target(Vec::new(), Target::Writer(Sink(writer)))
    }

    /// Sets what the program sees as its arguments.
    pub fn set_arguments(&mut self, arguments: Vec<String>) {
        self.arguments = arguments;
    }

    /// From now on refuses what builtins with these effects do.
    pub fn deny(&mut self, denied: Denied) {
        self.denied = denied;
    }

    /// Whether the program may not touch files.
    pub fn denies_files(&self) -> bool {
        self.denied.files
    }

    /// Whether tasks wait to be run.
    pub fn has_tasks(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// A task that the program's end has cut short must not keep the next text's from running.
    pub fn end_tasks(&mut self) {
        self.running_tasks = false;
    }

    fn with_target(arguments: Vec<String>, target: Target) -> Context {
        name_natives(native_name);
        Context {
            interrupt: Arc::new(Interrupt::new(usize::MAX)),
            output: String::new(),
            target,
            started: Instant::now(),
            arguments,
            random: Generator::from_clock(),
            modules: ModuleStates::default(),
            patterns: Patterns::default(),
            shared: FxHashMap::default(),
            environment: BTreeMap::new(),
            tests: (0, 0),
            tasks: VecDeque::new(),
            running_tasks: false,
            hosted: FxHashMap::default(),
            panic: None,
            denied: Denied::default(),
            task_pool_size: 1,
        }
    }

    /// Waits.
    ///
    /// # Errors
    /// If the program has to stop before the time is over.
    pub(super) fn sleep(&self, time: Duration) -> Result<(), Fault> {
        self.interrupt.sleep(time);
        self.must_go_on()
    }

    /// # Errors
    /// If the program has to stop.
    #[inline]
    pub(super) fn must_go_on(&self) -> Result<(), Fault> {
        self.interrupt.requested().map_or(Ok(()), |stop| Err(Fault::Stopped(stop)))
    }

    /// The arguments of the script, without its name.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// When the run began.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// What was printed since the last call, if this context keeps it.
    pub fn take_captured(&mut self) -> String {
        std::mem::take(&mut self.output)
    }

    /// Prints what `write` appends.
    ///
    /// # Errors
    /// [`Fault::Exit`] if nobody reads the output any more; another fault if it
    /// cannot be written.
    #[inline]
    pub(super) fn print(&mut self, write: impl FnOnce(&mut String)) -> Result<(), Fault> {
        let before = self.output.len();
        write(&mut self.output);
        if let Err(stopped) = self.must_go_on() {
            self.output.truncate(before);
            return Err(stopped);
        }
        match self.target {
            Target::Captured => Ok(()),
            Target::Pipe | Target::Writer(_) if self.output.len() < PIECE => Ok(()),
            _ => self.flush(),
        }
    }

    /// Writes out what was collected.
    ///
    /// # Errors
    /// As [`Context::print`].
    pub fn flush(&mut self) -> Result<(), Fault> {
        match self.target {
            Target::Captured => return Ok(()),
            Target::Closed => {
                self.output.clear();
                return Err(Fault::Exit(0));
            }
            Target::Terminal | Target::Pipe | Target::Writer(_) => {}
        }
        if self.output.is_empty() {
            return Ok(());
        }
        let write = |to: &mut dyn Write, output: &str| {
            to.write_all(output.as_bytes()).and_then(|()| to.flush())
        };
        let result = match &mut self.target {
            Target::Writer(sink) => write(&mut *sink.0, &self.output),
            _ => write(&mut std::io::stdout().lock(), &self.output),
        };
        self.output.clear();
        match result {
            Ok(()) => Ok(()),
            Err(error) => {
                self.target = Target::Closed;
                match error.kind() {
                    ErrorKind::BrokenPipe => Err(Fault::Exit(0)),
                    _ => Err(Fault::Builtin(format!("Cannot write standard output: {error}"))),
                }
            }
        }
    }
}
