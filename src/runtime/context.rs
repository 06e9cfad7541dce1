//! What builtins share during one run: standard output, clock, arguments, random numbers.
//!
//! Output is collected and written in large pieces, or line by line on a
//! terminal. When the reader of a pipe is gone, the program is asked to stop
//! quietly. Whoever owns the context flushes it before the process ends.
//!
//! Example: after the builtin `print` ran with the argument 1 in
//! `Context::captured()`, `take_captured` gives `"1\n"`.

use super::modules::ModuleStates;
use super::patterns::Patterns;
use super::random::Generator;
use super::table::row;
use crate::prim::{Fault, name_natives};
use crate::value::Value;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io::{ErrorKind, IsTerminal, Write};
use std::time::Instant;

/// Output collected before it is written.
const PIECE: usize = 64 * 1024;

/// The state of one run.
#[derive(Debug)]
pub struct Context {
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
    /// What `set_task_pool_size` stored.
    pub(super) task_pool_size: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Target {
    Terminal,
    Pipe,
    Captured,
    /// The reader is gone.
    Closed,
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

    fn with_target(arguments: Vec<String>, target: Target) -> Context {
        name_natives(|number| row(number).name);
        Context {
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
            task_pool_size: 1,
        }
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
        write(&mut self.output);
        match self.target {
            Target::Captured => Ok(()),
            Target::Pipe if self.output.len() < PIECE => Ok(()),
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
            Target::Terminal | Target::Pipe => {}
        }
        if self.output.is_empty() {
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        let result = stdout.write_all(self.output.as_bytes()).and_then(|()| stdout.flush());
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
