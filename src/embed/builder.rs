//! Options and limits of an engine before it is made.
//!
//! Example:
//!
//! ```
//! use std::time::Duration;
//!
//! let mut engine = ruff::Engine::builder()
//!     .time_limit(Duration::from_millis(50))
//!     .deny_files()
//!     .capture_output()
//!     .build();
//! let error = engine.run("loop { }").unwrap_err();
//! assert!(matches!(error, ruff::Error::Limit(ruff::Limit::Time, _)));
//! ```

use super::engine::{Engine, Limits};
use crate::base::event::Observer;
use crate::base::options::{OptionError, Options};
use crate::runtime::{Context, Denied};
use std::fmt;
use std::io::Write;
use std::time::Duration;

/// Where what the program prints goes.
#[derive(Default)]
enum Output {
    #[default]
    Standard,
    Kept,
    Writer(Box<dyn Write>),
}

/// Makes an [`Engine`].
#[derive(Default)]
pub struct Builder {
    options: Options,
    limits: Limits,
    denied: Denied,
    output: Output,
    arguments: Vec<String>,
    observer: Option<Box<dyn Observer>>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Builder {
    /// Ends each run and each call that takes longer. A builtin that computes
    /// for long (a sort of a million elements) is noticed when it has finished.
    pub fn time_limit(mut self, time: Duration) -> Builder {
        self.limits.time = Some(time);
        self
    }

    /// Ends each run and each call that makes more steps. A step is a round of a
    /// loop or a call of a function of the program. Machine code counts the
    /// rounds of its loops; rounds and calls that it has put into another loop's
    /// round (at most a few) count as part of that. Counting makes short loops
    /// slower.
    pub fn step_limit(mut self, steps: u64) -> Builder {
        self.limits.steps = Some(steps);
        self
    }

    /// Ends each run and each call in which the values of the engine come to hold
    /// more bytes. What is counted is memory as it is taken from the system:
    /// memory of small objects that the engine has freed in earlier runs is used
    /// again without being counted.
    pub fn memory_limit(mut self, bytes: u64) -> Builder {
        self.options.memory_limit = Some(bytes);
        self
    }

    /// Lets calls nest no deeper; beyond that the program gets an error, which it
    /// may catch.
    pub fn recursion_limit(mut self, depth: u32) -> Builder {
        self.options.recursion_depth = depth.max(1);
        self
    }

    /// Refuses everything that reads or writes files, imports included: the
    /// program gets an error, which it may catch.
    pub fn deny_files(mut self) -> Builder {
        self.denied.files = true;
        self
    }

    /// Refuses to start other processes.
    pub fn deny_processes(mut self) -> Builder {
        self.denied.processes = true;
        self
    }

    /// Keeps what the program prints for [`Engine::take_output`].
    pub fn capture_output(mut self) -> Builder {
        self.output = Output::Kept;
        self
    }

    /// Writes what the program prints to `writer`, at the latest at the end of
    /// each run.
    pub fn output(mut self, writer: impl Write + 'static) -> Builder {
        self.output = Output::Writer(Box::new(writer));
        self
    }

    /// What the builtin `args()` answers.
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Builder {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a tunable by its name, as `--set NAME=VALUE` does: `jit` to `off`,
    /// for example.
    ///
    /// # Errors
    /// If there is no such tunable or it takes no such value.
    pub fn option(mut self, name: &str, value: &str) -> Result<Builder, OptionError> {
        self.options.set(name, value)?;
        Ok(self)
    }

    /// Sets all tunables at once, in place of those set before.
    pub fn options(mut self, options: Options) -> Builder {
        self.options = options;
        self
    }

    /// Has `observer` told what the JIT does.
    pub fn observer(mut self, observer: Box<dyn Observer>) -> Builder {
        self.observer = Some(observer);
        self
    }

    /// Makes the engine.
    pub fn build(self) -> Engine {
        let mut context = match self.output {
            Output::Standard => Context::new(Vec::new()),
            Output::Kept => Context::captured(),
            Output::Writer(writer) => Context::writing(writer),
        };
        context.set_arguments(self.arguments);
        context.deny(self.denied);
        let limits = Limits { memory: self.options.memory_limit, ..self.limits };
        Engine::with(&self.options, context, limits, self.observer)
    }
}
