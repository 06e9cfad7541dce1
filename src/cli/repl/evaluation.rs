//! What becomes of an input: a command is carried out, anything else is run.
//!
//! All inputs of a conversation share their names. What an expression gives is
//! printed as an element of an array would be, strings in quotes; null is not.
//!
//! Example: `let x := [1, "a"]` prints nothing, `x` then `[1, "a"]`, and
//! `:time len(x)` prints `2` and how long it took.

use crate::base::complaint::complain;
use crate::base::diagnostic::DiagnosticKind;
use crate::base::options::Options;
use crate::cli::diagnostic::{coloured, render};
use crate::cli::{PARSE, RUNTIME, SUCCESS, UNREADABLE, interrupt};
use crate::embed::{Engine, Error};
use crate::engine::default_limit;
use crate::observe::dump::{DumpObserver, Letters};
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::Instant;

/// The commands with what they take and do.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    (":help", "", "shows this"),
    (":load", "FILE", "runs a file; its names stay"),
    (":time", "CODE", "runs code and tells how long it took"),
    (":trace", "", "shows what the JIT recorded and made of the last input"),
    (":reset", "", "forgets all names"),
    (":quit", "", "leaves, as Ctrl-D does"),
];

/// The listings that `:trace` shows: starts, recordings, results, aborts.
const TRACED: &str = "troA";

/// What comes after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next input.
    Continue,
    /// The next input; this one failed in a way that has this exit code.
    Failed(u8),
    /// Nothing: the conversation ends with this exit code.
    Leave(u8),
}

/// A text that an observer writes and a command shows.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A conversation.
pub struct Evaluation {
    /// The engine; the editor looks into it for completions.
    pub engine: Rc<RefCell<Engine>>,
    options: Options,
    trace: Shared,
    /// Inputs so far.
    count: usize,
}

fn engine(options: &Options, trace: &Shared) -> Engine {
    let letters = Letters::parse(TRACED).unwrap_or_default();
    let mut options = options.clone();
    options.memory_limit = options.memory_limit.or_else(default_limit);
    let engine = Engine::builder()
        .options(options)
        .observer(Box::new(DumpObserver::new(letters, trace.clone())))
        .build();
    interrupt::on_ctrl_c(engine.interrupt());
    engine
}

impl Evaluation {
    /// A conversation without names.
    pub fn new(options: Options) -> Evaluation {
        let trace = Shared::default();
        let engine = Rc::new(RefCell::new(engine(&options, &trace)));
        Evaluation { engine, options, trace, count: 0 }
    }

    /// Whether an input is a command.
    pub fn is_command(input: &str) -> bool {
        input.trim_start().starts_with(':')
    }

    /// Carries out or runs an input.
    pub fn input(&mut self, input: &str) -> Next {
        let input = input.trim_end();
        if !Evaluation::is_command(input) {
            return self.run(input);
        }
        let input = input.trim();
        let (name, rest) = input.split_once(char::is_whitespace).unwrap_or((input, ""));
        let rest = rest.trim();
        match name {
            ":help" => self.help(),
            ":load" if rest.is_empty() => self.misused(":load takes the name of a file"),
            ":load" => self.load(rest),
            ":time" => self.time(rest),
            ":trace" => self.show_trace(),
            ":reset" => {
                *self.engine.borrow_mut() = engine(&self.options, &self.trace);
                Next::Continue
            }
            ":quit" => Next::Leave(SUCCESS),
            _ => self.misused(&format!("no command `{name}`; `:help` lists them")),
        }
    }

    fn help(&self) -> Next {
        let mut text = String::new();
        for (name, takes, does) in COMMANDS {
            text += &format!("{:<13} {does}\n", format!("{name} {takes}"));
        }
        text += "Anything else is run. Ctrl-C cancels an input or stops what runs.\n";
        print(&text)
    }

    fn misused(&self, message: &str) -> Next {
        complain(&format!("ruff: {message}\n"));
        Next::Failed(super::super::USAGE)
    }

    fn run(&mut self, text: &str) -> Next {
        if text.trim().is_empty() {
            return Next::Continue;
        }
        self.count += 1;
        self.trace.0.borrow_mut().clear();
        let name = format!("<input {}>", self.count);
        let outcome = self.under_ctrl_c(|engine| engine.run_named(&name, text));
        match outcome {
            Ok(value) if value.is_null() => Next::Continue,
            Ok(value) => print(&format!("{}\n", value.quoted())),
            Err(error) => failed(&error),
        }
    }

    /// Runs something that Ctrl-C stops. One that comes too late stops nothing.
    fn under_ctrl_c<T>(&self, run: impl FnOnce(&mut Engine) -> T) -> T {
        let mut engine = self.engine.borrow_mut();
        let outcome = run(&mut engine);
        engine.interrupter().withdraw();
        outcome
    }

    fn load(&mut self, file: &str) -> Next {
        self.trace.0.borrow_mut().clear();
        let outcome = self.under_ctrl_c(|engine| engine.run_file(file));
        match outcome {
            Ok(_) => Next::Continue,
            Err(error) => failed(&error),
        }
    }

    fn time(&mut self, text: &str) -> Next {
        let began = Instant::now();
        let next = self.run(text);
        let took = began.elapsed();
        match next {
            Next::Continue => print(&format!("took {took:.2?}\n")),
            _ => next,
        }
    }

    fn show_trace(&self) -> Next {
        let trace = self.trace.0.borrow();
        match trace.is_empty() {
            true => print("nothing was recorded: the last input had no hot loop\n"),
            false => print(&String::from_utf8_lossy(&trace)),
        }
    }
}

/// Prints to standard output. If nobody reads it any more, that is the end.
fn print(text: &str) -> Next {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Next::Continue,
        Err(_) => Next::Leave(SUCCESS),
    }
}

/// Shows an error.
fn failed(error: &Error) -> Next {
    if let Error::Exit(code) = error {
        // As the operating system does, the low byte counts.
        return Next::Leave(*code as u8);
    }
    let diagnostics = error.diagnostics();
    for diagnostic in diagnostics {
        complain(&render(diagnostic, coloured()));
    }
    if diagnostics.is_empty() {
        complain(&format!("ruff: {error}\n"));
        return Next::Failed(UNREADABLE);
    }
    match diagnostics[0].kind {
        DiagnosticKind::Parse => Next::Failed(PARSE),
        _ => Next::Failed(RUNTIME),
    }
}
