//! Texts that run one after the other on one machine, and know what the earlier
//! ones have left.
//!
//! What must hold: a text that does not compile changes nothing; one that ends
//! by an error leaves what it has done until then, and the names that it had
//! not defined yet mean what they meant before.
//!
//! Example: `x := 1`, then `func f() { return x + 1 }`, then `f()`: the third
//! text gives 2.

use super::compiler::{Compiler, Files};
use super::failure::diagnose;
use super::process;
use crate::base::diagnostic::Diagnostic;
use crate::base::event::Observer;
use crate::base::interrupt::Interrupt;
use crate::base::options::Options;
use crate::bytecode::{Code, Instruction};
use crate::compile::{Lasting, ModuleFile, Modules};
use crate::interp::{Machine, Traceback};
use crate::prim::Fault;
use crate::runtime::{self, Context, HostFunction};
use crate::value::{Tag, Value};
use std::rc::Rc;
use std::sync::Arc;

/// Why a text did not end normally.
#[derive(Debug)]
pub enum Failure {
    /// It is no program, or breaks a rule that is checked before it runs.
    Rejected(Vec<Diagnostic>),
    /// It raised a fault that nothing caught.
    Raised(Fault, Box<Diagnostic>),
}

/// A machine with the names that its texts have declared.
pub struct Session {
    machine: Machine,
    compiler: Compiler,
    lasting: Lasting,
    files: bool,
    /// Entry functions by number of arguments.
    entries: Vec<Option<Rc<Code>>>,
}

/// Most variables and functions that a session may have.
const MOST_NAMES: usize = 30_000;

impl Session {
    /// A session without names. `interrupt` stops what runs in it; limits must
    /// have been set there before.
    pub fn new(
        options: &Options,
        mut context: Context,
        interrupt: Arc<Interrupt>,
        observer: Option<Box<dyn Observer>>,
    ) -> Session {
        context.interrupt = interrupt;
        let files = !context.denies_files();
        let mut machine = process::machine(options, context);
        process::attach_jit(&mut machine, options, observer);
        let compiler = Compiler::new(options.hot_after());
        Session { machine, compiler, lasting: Lasting::default(), files, entries: Vec::new() }
    }

    /// What builtins share: output, registered functions.
    pub fn context(&mut self) -> &mut Context {
        &mut self.machine.context
    }

    /// Runs a text; `name` is what messages call it, and leads to the modules
    /// that it imports. The result is that of its last statement, if that is an
    /// expression, or null.
    ///
    /// # Errors
    /// Why it did not end normally.
    pub fn run(&mut self, name: &str, text: &str) -> Result<Value, Failure> {
        let files: &dyn Modules = if self.files { &Files { main: name } } else { &Denied };
        let compiled = self.compiler.text(name, text, files, &self.lasting);
        let (program, mut next) = compiled.map_err(Failure::Rejected)?;
        self.machine.load(&program.main);
        let outcome = self.machine.run_text(&program.main);
        let machine = &self.machine;
        let unused = next
            .settle(&self.lasting, |slot| machine.lasting_register(slot).tag() != Tag::Undefined);
        for slot in unused {
            self.machine.set_lasting_register(slot, Value::NULL);
        }
        self.lasting = next;
        self.finish(outcome)
    }

    /// Calls a function of the program, or any value that can be called.
    ///
    /// # Errors
    /// What it raises.
    pub fn call(&mut self, callee: Value, arguments: Vec<Value>) -> Result<Value, Failure> {
        if arguments.len() > Instruction::COUNT_LIMIT {
            let message = format!("calls take at most {} arguments", Instruction::COUNT_LIMIT);
            let fault = Fault::Builtin(message);
            let diagnostic = diagnose(&fault, &Traceback::default());
            return Err(Failure::Raised(fault, Box::new(diagnostic)));
        }
        let outcome = self.enter(callee, arguments);
        let mut outcome = outcome;
        if outcome.is_ok()
            && self.machine.context.has_tasks()
            && let Some(slot) = self.lasting.prelude_slot("run_tasks")
        {
            let run_tasks = self.machine.lasting_register(slot as u16);
            if let Err(failure) = self.enter(run_tasks, Vec::new()) {
                outcome = Err(failure);
            }
        }
        self.finish(outcome)
    }

    fn enter(
        &mut self,
        callee: Value,
        arguments: Vec<Value>,
    ) -> Result<Value, Box<(Fault, Traceback)>> {
        let count = arguments.len();
        if self.entries.len() <= count {
            self.entries.resize(count + 1, None);
        }
        let entry = match &self.entries[count] {
            Some(entry) => entry.clone(),
            None => {
                let entry = Rc::new(Code::entry(self.compiler.new_code(), count));
                self.machine.load(&entry);
                self.entries[count] = Some(entry.clone());
                entry
            }
        };
        self.machine.call(&entry, callee, arguments)
    }

    /// Writes the output out, and turns a fault into a failure.
    fn finish(
        &mut self,
        outcome: Result<Value, Box<(Fault, Traceback)>>,
    ) -> Result<Value, Failure> {
        self.machine.context.end_tasks();
        let flushed = self.machine.context.flush();
        let (fault, traceback) = match (outcome, flushed) {
            (Ok(value), Ok(())) => return Ok(value),
            (Ok(_), Err(fault)) => (fault, Traceback::default()),
            (Err(failure), _) => *failure,
        };
        if let Fault::Stopped(stop) = fault {
            self.machine.context.interrupt.withdraw(stop);
        }
        let diagnostic = Box::new(diagnose(&fault, &traceback));
        Err(Failure::Raised(fault, diagnostic))
    }

    /// The value of a variable or function of the program, or of a builtin.
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.lasting.slot(name) {
            Some(slot) => Some(self.machine.lasting_register(slot)),
            None => runtime::lookup(name).map(Value::native).or_else(|| runtime::constant(name)),
        }
    }

    /// Gives a variable of the program a value, declaring it if need be; false if
    /// there are too many names.
    pub fn set(&mut self, name: &str, value: Value) -> bool {
        if self.lasting.len() >= MOST_NAMES && self.lasting.slot(name).is_none() {
            return false;
        }
        let slot = self.lasting.declare(name);
        self.machine.set_lasting_register(slot, value);
        true
    }

    /// Makes a function of the host a function of the program.
    pub fn register(&mut self, name: &str, function: HostFunction) -> bool {
        let number = self.machine.context.register(name, function);
        self.set(name, Value::native(number))
    }

    /// The names of variables, functions, structs and enums, in order.
    pub fn names(&self) -> Vec<String> {
        let variables = self.lasting.variables().map(|(name, _)| name);
        let mut names: Vec<String> =
            variables.chain(self.lasting.types()).map(String::from).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Modules where the program may not read files.
struct Denied;

impl Modules for Denied {
    fn find(&self, _importer: &str, path: &str) -> Option<ModuleFile> {
        let text = Err("access to files is denied".into());
        Some(ModuleFile { name: path.into(), text })
    }

    fn identity(&self, file: &str) -> String {
        file.into()
    }
}
