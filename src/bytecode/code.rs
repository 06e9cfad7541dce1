//! Function prototypes: compiled code with everything that it refers to.
//!
//! A [`Code`] is made once by the compiler and kept by the engine until the
//! program ends, so closures, frames and traces may point to it freely.
//!
//! What must hold: `verify` accepts it before it runs; `spans[i]` belongs to
//! `instructions[i]`.
//!
//! Example: the main function of a file is a `Code` named `<main>` without
//! parameters, whose variables are the module's slots.

use super::instruction::Instruction;
use super::opcode::Opcode;
use crate::base::span::{LineIndex, Span};
use crate::value::{Shape, Symbol, Tag, Value, VariantId};
use std::cell::Cell;
use std::rc::Rc;

/// Number of a function prototype in its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeId(pub u32);

/// A function that is being called, and its instruction that raised or called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveCall {
    /// The function.
    pub code: CodeId,
    /// Number of the instruction.
    pub pc: u32,
}

impl ActiveCall {
    /// As one int, for errors to hold.
    pub fn pack(self) -> i64 {
        i64::from(self.code.0) << 32 | i64::from(self.pc)
    }

    /// What was packed.
    pub fn unpack(call: i64) -> ActiveCall {
        ActiveCall { code: CodeId((call >> 32) as u32), pc: call as u32 }
    }
}

/// One source text with the name that messages call it by.
#[derive(Debug)]
pub struct SourceFile {
    /// Path as given by the user, or `<stdin>`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Its line starts.
    pub lines: LineIndex,
}

impl SourceFile {
    /// A source file with its line table.
    pub fn new(name: &str, text: &str) -> SourceFile {
        SourceFile { name: name.into(), text: text.into(), lines: LineIndex::new(text) }
    }

    /// `line:column` of a byte offset, both from 1.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        self.lines.position(&self.text, offset)
    }

    /// The file of builtins that are written in Ruff.
    pub const PRELUDE: &'static str = "<prelude>";

    /// Whether these are builtins, whose lines mean nothing to a program.
    pub fn is_prelude(&self) -> bool {
        self.name == SourceFile::PRELUDE
    }

    /// The text of a line (from 1), without its line break.
    pub fn line_text(&self, line: u32) -> &str {
        self.text.lines().nth(line as usize - 1).unwrap_or("")
    }
}

/// Where a new closure finds one of its captured cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// In this register of the function that makes the closure.
    Register(u16),
    /// In this captured cell of the function that makes the closure.
    Captured(u16),
}

/// A protected region: an error at `start..end` continues at `target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First protected instruction.
    pub start: u32,
    /// Instruction after the last protected one.
    pub end: u32,
    /// First instruction of the `except` block.
    pub target: u32,
    /// Variable that receives the error value.
    pub register: u16,
    /// Whether the target only puts things right and raises the error again. It
    /// runs only if another handler will catch the error after that.
    pub cleanup: bool,
    /// Whether nothing reads the error value: then none is made, and the variable is null.
    pub ignores: bool,
}

/// A loop of the source.
#[derive(Debug)]
pub struct LoopInfo {
    /// First instruction of a round: where `JumpBack` leads.
    pub header: u32,
    /// The `JumpBack` instruction (the last one if there are several).
    pub back: u32,
    /// Variables in scope at the header; those above hold nothing that a new round reads.
    pub live_variables: u16,
    /// Position of the loop keyword and its header.
    pub span: Span,
    /// How hot the loop is and what was compiled for it.
    pub state: HotState,
}

/// The part of a loop or function that changes while the program runs.
#[derive(Debug)]
pub struct HotState {
    /// Rounds or calls until the interpreter looks up: whether the program has to stop,
    /// and whether the JIT is to be asked.
    pub countdown: Cell<u32>,
    /// Rounds or calls after those until the JIT is asked; 0 asks it then.
    after: Cell<u32>,
    /// What the JIT keeps about this loop or function; 0 means nothing yet.
    pub tag: Cell<u32>,
}

/// Most rounds of a loop between two looks at whether the program has to stop.
const ATTENTION: u32 = 512;

/// Rounds that make a loop a long one.
const MANY: u32 = 8;

impl HotState {
    /// A state that asks the JIT after `rounds` rounds or calls.
    pub fn new(rounds: u32) -> HotState {
        let state = HotState { countdown: Cell::new(0), after: Cell::new(0), tag: Cell::new(0) };
        state.wait(rounds);
        state
    }

    /// Asks the JIT after `rounds` rounds or calls.
    pub fn wait(&self, rounds: u32) {
        let first = rounds.min(ATTENTION);
        self.countdown.set(first);
        self.after.set(rounds - first);
    }

    /// Rounds or calls until the JIT is asked.
    fn remaining(&self) -> u32 {
        self.countdown.get() + self.after.get()
    }

    /// Asks the JIT after at most `rounds` rounds or calls.
    pub fn hurry(&self, rounds: u32) {
        if self.remaining() > rounds {
            self.wait(rounds);
        }
    }

    /// Looks up after the next round, whenever the JIT is to be asked.
    pub fn watch(&self) {
        let rounds = self.remaining();
        let first = rounds.min(1);
        self.countdown.set(first);
        self.after.set(rounds - first);
    }

    /// Goes on counting after a look; false if the JIT is to be asked now.
    pub fn goes_on(&self) -> bool {
        let after = self.after.get();
        self.wait(after);
        after > 0
    }
}

/// A member name at one place of the code, with the shape seen there last.
#[derive(Debug)]
pub struct FieldCache {
    /// The member.
    pub name: Symbol,
    /// Its name as a key of dicts.
    pub key: Value,
    /// Shape word of the receiver last seen, 0 for none.
    pub shape: Cell<u32>,
    /// Field index for that shape.
    pub index: Cell<u32>,
}

impl FieldCache {
    /// An empty cache for `name`, which is the text of the string `key`.
    pub fn new(name: Symbol, key: Value) -> FieldCache {
        FieldCache { name, key, shape: Cell::new(0), index: Cell::new(0) }
    }
}

/// The variants that an enum declaration made.
#[derive(Clone, Debug)]
pub struct EnumDeclaration {
    /// Name of the enum.
    pub name: String,
    /// Variant names and their numbers.
    pub variants: Vec<(String, VariantId)>,
}

/// A compiled function.
#[derive(Debug)]
pub struct Code {
    /// Its number.
    pub id: CodeId,
    /// Name for messages: `f`, `P.m`, `<lambda>` or `<main>`.
    pub name: Symbol,
    /// Number of parameters, `self` included for methods.
    pub parameters: u16,
    /// Number of variable registers.
    pub variables: u16,
    /// Number of registers in all.
    pub registers: u16,
    /// The instructions.
    pub instructions: Vec<Instruction>,
    /// Source position of each instruction.
    pub spans: Vec<Span>,
    /// Constants.
    pub constants: Vec<Value>,
    /// Functions that `Closure` makes.
    pub functions: Vec<Rc<Code>>,
    /// Member names with their caches.
    pub caches: Vec<FieldCache>,
    /// Structs that this code declares or instantiates.
    pub shapes: Vec<Rc<Shape>>,
    /// Enum variants that this code makes or tests.
    pub variants: Vec<VariantId>,
    /// Where closures of this code find their cells.
    pub captures: Vec<Capture>,
    /// Names of the captured variables.
    pub capture_names: Vec<String>,
    /// Protected regions, innermost first.
    pub handlers: Vec<Handler>,
    /// Loops, by the number in `JumpBack`.
    pub loops: Vec<LoopInfo>,
    /// How hot the function is and what was compiled for calls of it.
    pub entry: HotState,
    /// Names of the variable registers, for messages and reports ("" if hidden).
    pub variable_names: Vec<String>,
    /// Names of the module slots (those of main's variables).
    pub module_names: Rc<Vec<String>>,
    /// Whether this is a method that may change `self` (8.5).
    pub changes_self: bool,
    /// The kind of value that a call gives, if this is a generator function.
    pub generator: Option<Tag>,
    /// Whether calls give promises.
    pub is_async: bool,
    /// Whether this is the main function of a module.
    pub is_main: bool,
    /// Number of its registers, the first ones, that go on when it has ended.
    pub lasting: usize,
    /// The source that the spans refer to.
    pub source: Rc<SourceFile>,
}

impl Code {
    /// Whether a loop that has gone round at least `rounds` times seems to go round many
    /// times before it ends: then the loop around it has most of its own `rounds` left. If
    /// the JIT was asked about that one already, its rounds came as fast.
    pub fn is_long(&self, index: u16, rounds: u32) -> bool {
        let own = &self.loops[index as usize];
        let around = self.loops.iter().filter(|l| l.header < own.header && own.back < l.back);
        around.max_by_key(|around| around.header).is_none_or(|around| {
            let gone = rounds.saturating_sub(around.state.remaining());
            around.state.tag.get() == 0 && gone <= rounds / MANY
        })
    }

    /// A main function that calls what is in its first register with the
    /// arguments in those behind, and returns the result.
    ///
    /// # Panics
    /// If there are more than [`Instruction::COUNT_LIMIT`] arguments.
    pub fn entry(id: CodeId, arguments: usize) -> Code {
        let call = Instruction::abc(Opcode::Call, 0, 0, 0).with_count(arguments);
        let mut leave = Instruction::abc(Opcode::Return, 0, 0, 0);
        leave.x |= Instruction::CONSUME_A;
        Code {
            id,
            name: Symbol::new("<host>"),
            parameters: 0,
            variables: 0,
            registers: arguments as u16 + 1,
            instructions: vec![call, leave],
            spans: vec![Span::default(); 2],
            constants: Vec::new(),
            functions: Vec::new(),
            caches: Vec::new(),
            shapes: Vec::new(),
            variants: Vec::new(),
            captures: Vec::new(),
            capture_names: Vec::new(),
            handlers: Vec::new(),
            loops: Vec::new(),
            variable_names: Vec::new(),
            module_names: Rc::default(),
            changes_self: false,
            generator: None,
            is_async: false,
            is_main: false,
            entry: HotState::new(u32::MAX),
            lasting: 0,
            source: Rc::new(SourceFile::new("<host>", "")),
        }
    }

    /// Source line (from 1) of an instruction.
    pub fn line(&self, pc: usize) -> u32 {
        self.spans.get(pc).map_or(0, |span| self.source.lines.line(span.start))
    }

    /// `file:line:column` of an instruction.
    pub fn place(&self, pc: usize) -> String {
        let start = self.spans.get(pc).map_or(0, |span| span.start);
        let (line, column) = self.source.position(start);
        format!("{}:{line}:{column}", self.source.name)
    }

    /// Whether a handler that is no cleanup protects the instruction at `pc`.
    pub fn catches(&self, pc: u32) -> bool {
        self.handlers
            .iter()
            .any(|handler| !handler.cleanup && handler.start <= pc && pc < handler.end)
    }

    /// The innermost handler that protects the instruction at `pc`.
    pub fn handler_for(&self, pc: u32) -> Option<&Handler> {
        self.handlers.iter().find(|handler| handler.start <= pc && pc < handler.end)
    }

    /// The innermost cleanup that protects the instruction at `pc`.
    pub fn cleanup_for(&self, pc: u32) -> Option<&Handler> {
        let mut cleanups = self.handlers.iter().filter(|handler| handler.cleanup);
        cleanups.find(|handler| handler.start <= pc && pc < handler.end)
    }
}
