//! The library facade: compile a program, run it, ask what the JIT did.
//!
//! Wires the interpreter and the JIT together; everything else of the crate is
//! reachable but not needed to run programs.
//!
//! What must hold: an engine belongs to one thread (values are not shared
//! between threads); a program runs on the engine that compiled it.
//!
//! Example:
//!
//! ```
//! use ruff::base::options::Options;
//! use ruff::engine::{Engine, Outcome};
//!
//! let mut engine = Engine::new(Options::default());
//! let program = engine.compile("sum.ruff", "let s := 0 for i in 5 { s := s + i } print(s)").unwrap();
//! let result = engine.run_captured(&program);
//! assert!(matches!(result.outcome, Outcome::Finished));
//! assert_eq!(result.output, "10\n");
//! ```

use crate::base::diagnostic::{CallFrame, Diagnostic, DiagnosticKind};
use crate::base::event::{Event, Kind, Observer};
use crate::base::options::{JitMode, Options};
use crate::base::span::{LineIndex, Span};
use crate::base::statistics::Statistics;
use crate::bytecode::{Code, SourceFile, disassemble, verify};
use crate::compile;
use crate::interp::{Hook, Limits, Machine, Traceback};
use crate::jit::Jit;
use crate::lint;
use crate::prim::Fault;
pub use crate::runtime::reference;
use crate::runtime::{self, Context};
use crate::syntax;
use crate::value::Value;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

/// Compiles and runs programs with one set of options.
pub struct Engine {
    options: Options,
    observer: Option<Box<dyn Observer>>,
    next_code: u32,
    statistics: Option<Statistics>,
    collects_statistics: bool,
}

/// A compiled program.
#[derive(Clone, Debug)]
pub struct Program {
    main: Rc<Code>,
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
}

/// A run whose output was kept.
#[derive(Clone, Debug)]
pub struct Captured {
    /// How it ended.
    pub outcome: Outcome,
    /// What it printed to standard output.
    pub output: String,
}

struct Names;

impl compile::Builtins for Names {
    fn lookup(&self, name: &str) -> Option<u32> {
        runtime::lookup(name)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        runtime::constant(name)
    }

    fn prelude_function(&self, name: &str, arguments: usize) -> Option<&'static str> {
        runtime::row(runtime::lookup(name)?).prelude_function(arguments)
    }

    fn reuses(&self, row: u32, arguments: usize) -> bool {
        let builtin = runtime::row(row);
        builtin.reuses && builtin.native_function(arguments).is_some()
    }

    fn is_method(&self, name: &str) -> bool {
        runtime::METHODS.iter().any(|method| method.name == name)
    }

    fn prelude(&self) -> &'static str {
        runtime::PRELUDE
    }
}

/// Modules in files: beside the importing file, in the working directory, in
/// its folder `modules`, or beside the main file.
struct Files<'n> {
    main: &'n str,
}

impl compile::Modules for Files<'_> {
    fn find(&self, importer: &str, path: &str) -> Option<compile::ModuleFile> {
        let file = format!("{}.ruff", path.replace('.', "/"));
        let beside = |file| Path::new(file).parent().unwrap_or(Path::new(""));
        let folders = [beside(importer), Path::new(""), Path::new("modules"), beside(self.main)];
        let found = folders.iter().map(|folder| folder.join(&file)).find(|file| file.is_file())?;
        let name = found.to_string_lossy().into_owned();
        let text = std::fs::read(&found).map_err(|error| error.to_string()).and_then(|bytes| {
            decode(&name, bytes).map_err(|diagnostic| diagnostic.message.clone())
        });
        Some(compile::ModuleFile { name, text })
    }

    fn identity(&self, file: &str) -> String {
        let known = std::fs::canonicalize(file);
        known.map_or_else(|_| file.into(), |path| path.to_string_lossy().into_owned())
    }
}

impl Engine {
    /// An engine with these options.
    pub fn new(options: Options) -> Engine {
        Engine {
            options,
            observer: None,
            next_code: 0,
            statistics: None,
            collects_statistics: false,
        }
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
        self.compile_parsed(name, text, syntax::parse(text))
    }

    /// Compiles a program so that it runs its tests: those whose title contains
    /// `filter`. The run ends with exit code 1 if one fails.
    ///
    /// # Errors
    /// As [`Engine::compile`].
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
        self.compile_parsed(name, &padded, syntax::Parsed { program, errors })
    }

    /// Compiles a program and answers the likely mistakes in it, in the program
    /// itself and in its tests.
    ///
    /// # Errors
    /// As [`Engine::compile`].
    pub fn check(&mut self, name: &str, text: &str) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        self.compile(name, text)?;
        self.compile_tests(name, text, None)?;
        let tests = compile::test_program(syntax::parse(text).program, None);
        Ok(lint::lint(&tests.program, &SourceFile::new(name, text), &Files { main: name }))
    }

    fn compile_parsed(
        &mut self,
        name: &str,
        text: &str,
        parsed: syntax::Parsed,
    ) -> Result<Program, Vec<Diagnostic>> {
        let source = Rc::new(SourceFile::new(name, text));
        let diagnose = |kind: DiagnosticKind, message: &str, span: Span| {
            Diagnostic::new(kind, message).at(&source.name, &source.text, &source.lines, span)
        };
        if !parsed.errors.is_empty() {
            let errors = parsed.errors.iter().map(|error| {
                diagnose(DiagnosticKind::Parse, &error.message, error.span)
                    .with_help(error.help.clone())
            });
            return Err(errors.collect());
        }
        let settings =
            compile::Settings { first_code: self.next_code, hot_loop: self.options.hot_after() };
        let files = Files { main: name };
        let main = compile::compile(&parsed.program, source.clone(), &Names, &files, settings);
        let main = main.map_err(|errors| {
            let errors = errors.iter().map(|error| {
                let file = error.source.as_ref().unwrap_or(&source);
                Diagnostic::new(DiagnosticKind::Compile, error.message.clone()).at(
                    &file.name,
                    &file.text,
                    &file.lines,
                    error.span,
                )
            });
            errors.collect::<Vec<_>>()
        })?;
        if let Err(error) = verify(&main) {
            panic!("the compiler made invalid code: {error}");
        }
        self.next_code = highest(&main) + 1;
        Ok(Program { main })
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

    fn run_in(&mut self, program: &Program, context: Context) -> (Outcome, Context) {
        let began = Instant::now();
        let limits = Limits {
            depth: self.options.recursion_depth as usize,
            stack: self.options.stack_values,
        };
        let mut machine = Machine::new(limits, context);
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
        let jit = (self.options.jit != JitMode::Off)
            .then(|| Rc::new(RefCell::new(Jit::new(self.options.clone(), observer))));
        machine.hook = jit.as_ref().map(|jit| Box::new(Shared(jit.clone())) as Box<dyn Hook>);
        let result = machine.run(&program.main);
        let flushed = machine.context.flush();
        let outcome = match (result, flushed) {
            (Ok(()), Err(Fault::Exit(code))) => Outcome::Exited(code),
            (Ok(()), _) => Outcome::Finished,
            (Err(failure), _) => match failure.0 {
                Fault::Exit(code) => Outcome::Exited(code),
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
        let context = std::mem::replace(&mut machine.context, Context::captured());
        (outcome, context)
    }
}

struct Shared(Rc<RefCell<Jit>>);

impl Hook for Shared {
    fn hot_loop(&mut self, machine: &mut Machine, index: u16) -> bool {
        self.0.borrow_mut().hot_loop(machine, index)
    }

    fn method_rebound(&mut self) {
        // The JIT is not busy: neither recordings nor regions contain the declaration.
        self.0.borrow_mut().method_rebound();
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

fn highest(code: &Code) -> u32 {
    code.functions.iter().map(|function| highest(function)).fold(code.id.0, u32::max)
}

fn diagnose(fault: &Fault, traceback: &Traceback) -> Diagnostic {
    let help = match fault {
        Fault::UndefinedVariable(name) => reference::hint(&name.as_str()),
        _ => None,
    };
    let mut diagnostic =
        Diagnostic::new(DiagnosticKind::Runtime, fault.to_string()).with_help(help);
    let place = |at: usize| {
        let frame = &traceback.frames[at];
        let span = frame.code.spans.get(frame.pc).copied().unwrap_or_default();
        (frame.code.source.clone(), span)
    };
    if traceback.frames.is_empty() {
        return diagnostic;
    }
    // Builtins that are written in Ruff have no place of their own: the first frame of the
    // program at or around one stands for it.
    let of_program = |from: usize| {
        let found = traceback.frames[from..].iter().position(|f| !f.code.source.is_prelude());
        found.map_or(from, |distance| from + distance)
    };
    let first = of_program(0);
    let (source, span) = place(first);
    diagnostic = diagnostic.at(&source.name, &source.text, &source.lines, span);
    let calls = (first..traceback.frames.len() - 1).map(|at| {
        let (source, span) = place(of_program(at + 1));
        let (line, column) = source.position(span.start);
        CallFrame {
            function: traceback.frames[at].code.name.to_string(),
            called_at: crate::base::event::Position {
                file: source.name.as_str().into(),
                line,
                column,
            },
        }
    });
    diagnostic.with_stack(calls.collect::<Vec<_>>())
}

/// The source text that `bytes` are; `name` is what messages call the file.
///
/// # Errors
/// Where they stop being UTF-8.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Box<Diagnostic>> {
    match syntax::decode(&bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.span.start as usize]);
            let lines = LineIndex::new(&valid);
            let diagnostic = Diagnostic::new(DiagnosticKind::Parse, error.message)
                .at(name, &valid, &lines, error.span)
                .with_help(error.help);
            Err(Box::new(diagnostic))
        }
    }
}
