//! Whole programs: compile one, run it on a machine of its own, ask what the JIT
//! did.
//!
//! What must hold: a runner belongs to one thread (values are not shared
//! between threads); a program runs on the runner that compiled it.
//!
//! Example:
//!
//! ```
//! use ruff::base::options::Options;
//! use ruff::engine::{Runner, Outcome};
//!
//! let mut runner = Runner::new(Options::default());
//! let program = runner.compile("sum.ruff", "let s := 0 for i in 5 { s := s + i } print(s)").unwrap();
//! let result = runner.run_captured(&program);
//! assert!(matches!(result.outcome, Outcome::Finished));
//! assert_eq!(result.output, "10\n");
//! ```

use super::compiler::{Compiler, Files};
use super::failure::diagnose;
use super::{memory, process};
use crate::base::diagnostic::Diagnostic;
use crate::base::event::{Event, Kind, Observer};
use crate::base::interrupt::{Interrupt, Stop};
use crate::base::options::Options;
use crate::base::statistics::Statistics;
use crate::bytecode::{Code, SourceFile, disassemble};
use crate::compile;
use crate::interp::Machine;
use crate::lint;
use crate::prim::Fault;
use crate::runtime::Context;
use crate::syntax;
use crate::value::{HeapLimit, HeapUsage};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Compiles and runs programs with one set of options.
pub struct Runner {
    options: Options,
    observer: Option<Box<dyn Observer>>,
    compiler: Compiler,
    statistics: Option<Statistics>,
    collects_statistics: bool,
    leaves_memory: bool,
    interrupt: Arc<Interrupt>,
}

/// A compiled program.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) main: Rc<Code>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// At the end of the program.
    Finished,
    /// By `exit(code)`.
    Exited(i32),
    /// By an error that nothing caught.
    Failed(Box<Diagnostic>),
    /// Because it had to stop.
    Stopped(Stop, Box<Diagnostic>),
}

/// A run whose output was kept.
#[derive(Clone, Debug)]
pub struct Captured {
    /// How it ended.
    pub outcome: Outcome,
    /// What it printed to standard output.
    pub output: String,
}

impl Runner {
    /// A runner with these options.
    pub fn new(options: Options) -> Runner {
        Runner {
            interrupt: Arc::new(Interrupt::new(options.recursion_depth as usize)),
            observer: None,
            compiler: Compiler::new(options.hot_after()),
            statistics: None,
            collects_statistics: false,
            leaves_memory: false,
            options,
        }
    }

    /// What asks the program that runs, or the next one, to stop.
    pub fn interrupt(&self) -> Arc<Interrupt> {
        self.interrupt.clone()
    }

    /// Has `observer` told what the JIT does in the next run.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        self.observer = Some(observer);
    }

    /// Has later runs keep statistics.
    pub fn collect_statistics(&mut self) {
        self.collects_statistics = true;
        self.options.profile = true;
    }

    /// Has later runs leave what the program holds at its end to the operating system:
    /// freeing a large heap object by object takes longer than many a program. For
    /// processes that end then.
    pub fn leave_memory(&mut self) {
        self.leaves_memory = true;
    }

    /// What the JIT did in the last run; `None` unless asked for before.
    pub fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
    }

    /// Compiles a program; `name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    ///
    /// # Panics
    /// If the compiler made code that its own verifier rejects: a bug of Ruff.
    pub fn compile(&mut self, name: &str, text: &str) -> Result<Program, Vec<Diagnostic>> {
        self.compiler.program(name, text, syntax::parse(text))
    }

    /// Compiles a program so that it runs its tests: those whose title contains
    /// `filter`. The run ends with exit code 1 if one fails.
    ///
    /// # Errors
    /// As [`Runner::compile`].
    pub fn compile_tests(
        &mut self,
        name: &str,
        text: &str,
        filter: Option<&str>,
    ) -> Result<Program, Vec<Diagnostic>> {
        let syntax::Parsed { program, errors } = syntax::parse(text);
        let compile::TestProgram { program, padding } = compile::test_program(program, filter);
        // What runs the tests stands at positions behind the text.
        let padded = format!("{text}{}", " ".repeat(padding));
        self.compiler.program(name, &padded, syntax::Parsed { program, errors })
    }

    /// Compiles a program and answers the likely mistakes in it, in the program
    /// itself and in its tests.
    ///
    /// # Errors
    /// As [`Runner::compile`].
    pub fn check(&mut self, name: &str, text: &str) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        self.compile(name, text)?;
        self.compile_tests(name, text, None)?;
        let tests = compile::test_program(syntax::parse(text).program, None);
        Ok(lint::lint(&tests.program, &SourceFile::new(name, text), &Files { main: name }))
    }

    /// The bytecode of a program as text.
    pub fn disassemble(&self, program: &Program) -> String {
        disassemble(&program.main)
    }

    /// Runs a program with these script arguments; its output goes to standard output.
    pub fn run(&mut self, program: &Program, arguments: Vec<String>) -> Outcome {
        self.run_in(program, Context::new(arguments)).0
    }

    /// Runs a program and keeps what it prints.
    pub fn run_captured(&mut self, program: &Program) -> Captured {
        let (outcome, mut context) = self.run_in(program, Context::captured());
        Captured { outcome, output: context.take_captured() }
    }

    fn run_in(&mut self, program: &Program, mut context: Context) -> (Outcome, Context) {
        let began = Instant::now();
        context.interrupt = self.interrupt.clone();
        let mut machine = process::machine(&self.options, context);
        machine.counts_instructions = self.collects_statistics;
        machine.load(&program.main);
        let mut observer = self.observer.take();
        if let Some(observer) = &mut observer
            && observer.wants(Kind::Bytecode)
        {
            for code in &machine.codes {
                let name = code.name.to_string();
                let text = || disassemble(code);
                let event = Event::Bytecode { code: code.id.0, name: &name, text: &text };
                observer.event(&event);
            }
        }
        let jit = process::attach_jit(&mut machine, &self.options, observer);
        let limit = self.options.memory_limit.or_else(memory::default_limit);
        let watch = HeapLimit::new(&self.interrupt, HeapUsage::default(), limit);
        let result = machine.run(&program.main);
        drop(watch);
        // A program may end before it sees that it has to stop; the next one must not.
        self.interrupt.withdraw(Stop::Memory);
        let flushed = machine.context.flush();
        let outcome = match (result, flushed) {
            (Ok(()), Err(Fault::Exit(code))) => Outcome::Exited(code),
            (Ok(()), _) => Outcome::Finished,
            (Err(failure), _) => match failure.0 {
                Fault::Exit(code) => Outcome::Exited(code),
                fault @ Fault::Stopped(stop) => {
                    self.interrupt.withdraw(stop);
                    Outcome::Stopped(stop, Box::new(diagnose(&fault, &failure.1)))
                }
                fault => Outcome::Failed(Box::new(diagnose(&fault, &failure.1))),
            },
        };
        if self.collects_statistics {
            let total = began.elapsed().as_nanos() as u64;
            let file = &program.main.source.name;
            self.statistics = Some(match &jit {
                Some(jit) => jit.borrow().statistics(&machine, file, total),
                None => interpreted(&machine, file, total),
            });
        }
        machine.hook = None;
        if self.leaves_memory {
            std::mem::forget(machine);
            return (outcome, Context::captured());
        }
        let context = std::mem::replace(&mut machine.context, Context::captured());
        (outcome, context)
    }
}

fn interpreted(machine: &Machine, file: &str, total: u64) -> Statistics {
    let mut statistics =
        Statistics { file: file.into(), mode: "off".into(), ..Statistics::default() };
    statistics.time.total = total;
    statistics.time.interpreter = total;
    statistics.bytecodes.interpreter = machine.retired;
    statistics
}
