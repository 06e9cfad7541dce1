//! Collects the instructions of one function.
//!
//! Variables are numbered from 0 and reused like a stack when their scope ends;
//! temporaries are numbered from [`TEMPORARY`] and form a stack of their own.
//! [`Builder::finish`] moves the temporaries behind the variables, marks which
//! operands are consumed, and checks the limits of the instruction format.
//!
//! What must hold: a temporary is released (`free_to`) by the code that
//! consumed it, in the reverse order of allocation; a jump's target is bound
//! before `finish`.
//!
//! Example: `let t = b.temporary(); b.ad(Opcode::LoadInt, t, 7)` and later an
//! instruction that reads `t`, then `b.free_to(t)`.

use super::{Builtins, last_use};
use crate::base::span::Span;
use crate::bytecode::liveness::Liveness;
use crate::bytecode::{
    Capture, Code, CodeId, FieldCache, Handler, HotState, Instruction, LoopInfo, Opcode, Operand,
    SourceFile, TEMPORARY,
};
use crate::value::{Shape, Symbol, Tag, Value, VariantId};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// A place in the code that jumps lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// What does not fit the instruction format.
#[derive(Debug)]
pub(super) struct TooLarge {
    pub message: &'static str,
    pub span: Span,
}

/// What the builder does not know about the finished function.
pub(super) struct Header {
    pub id: CodeId,
    pub name: Symbol,
    pub parameters: u16,
    pub captures: Vec<Capture>,
    pub capture_names: Vec<String>,
    pub changes_self: bool,
    pub generator: Option<Tag>,
    pub is_async: bool,
    pub is_main: bool,
    pub lasting: usize,
    pub source: Rc<SourceFile>,
    pub module_names: Rc<Vec<String>>,
}

/// A [`Handler`] whose target is not bound yet.
struct Protection {
    start: u32,
    end: u32,
    target: Label,
    register: u16,
    cleanup: bool,
}

/// The strings that the functions of a program have for constants, by text: all share
/// one, so that dicts find entries by it without comparing texts.
pub(super) type Texts = Rc<RefCell<FxHashMap<Rc<str>, Value>>>;

/// The instructions and tables of a function in the making.
pub(super) struct Builder {
    instructions: Vec<Instruction>,
    spans: Vec<Span>,
    span: Span,
    variables: u16,
    variables_most: u16,
    variable_names: Vec<String>,
    temporaries: u16,
    temporaries_most: u16,
    constants: Vec<Value>,
    constant_numbers: FxHashMap<(Tag, u64), usize>,
    caches: Vec<FieldCache>,
    shapes: Vec<Rc<Shape>>,
    variants: Vec<VariantId>,
    functions: Vec<Rc<Code>>,
    handlers: Vec<Protection>,
    loops: Vec<LoopInfo>,
    labels: Vec<Option<usize>>,
    /// Instructions whose jump distance is filled in by `finish`.
    jumps: Vec<(usize, Label)>,
    overflow: Option<TooLarge>,
    hot_loop: u32,
    texts: Texts,
}

impl Builder {
    /// An empty function whose loops ask the JIT after `hot_loop` rounds.
    pub fn new(hot_loop: u32, texts: Texts) -> Builder {
        Builder {
            instructions: Vec::new(),
            spans: Vec::new(),
            span: Span::default(),
            variables: 0,
            variables_most: 0,
            variable_names: Vec::new(),
            temporaries: 0,
            temporaries_most: 0,
            constants: Vec::new(),
            constant_numbers: FxHashMap::default(),
            caches: Vec::new(),
            shapes: Vec::new(),
            variants: Vec::new(),
            functions: Vec::new(),
            handlers: Vec::new(),
            loops: Vec::new(),
            labels: Vec::new(),
            jumps: Vec::new(),
            overflow: None,
            hot_loop,
            texts,
        }
    }

    /// The position of the instructions that follow.
    pub fn at(&mut self, span: Span) {
        self.span = span;
    }

    /// The position set last.
    pub fn span(&self) -> Span {
        self.span
    }

    fn too_large(&mut self, message: &'static str) {
        if self.overflow.is_none() {
            self.overflow = Some(TooLarge { message, span: self.span });
        }
    }

    // Registers

    /// A new variable register; `name` is empty for hidden ones. A register is
    /// used again only for the same name, so that messages can tell it.
    pub fn variable(&mut self, name: &str) -> u16 {
        let free = self.variable_names.iter().skip(self.variables as usize);
        let register = self.variables as usize + free.take_while(|known| *known != name).count();
        self.take_register(register, name)
    }

    /// Three consecutive hidden variables for the state of a loop.
    pub fn loop_state(&mut self) -> u16 {
        let first = self.variables as usize;
        let names = &self.variable_names;
        let fits = |at: &usize| (*at..at + 3).all(|n| names.get(n).is_none_or(String::is_empty));
        let first = (first..names.len()).find(fits).unwrap_or(names.len().max(first));
        for register in first..first + 3 {
            self.take_register(register, "");
        }
        first.min(TEMPORARY as usize) as u16
    }

    fn take_register(&mut self, register: usize, name: &str) -> u16 {
        if register + 1 >= TEMPORARY as usize {
            self.too_large("too many variables in one function");
            return 0;
        }
        if register == self.variable_names.len() {
            self.variable_names.push(name.to_string());
        }
        self.variables = register as u16 + 1;
        self.variables_most = self.variables_most.max(self.variables);
        register as u16
    }

    /// Number of variables now.
    pub fn variables(&self) -> u16 {
        self.variables
    }

    /// Forgets the variables from this one on: their scope has ended.
    pub fn drop_variables(&mut self, from: u16) {
        self.variables = from;
    }

    /// A new temporary.
    pub fn temporary(&mut self) -> u16 {
        let register = TEMPORARY + self.temporaries;
        if self.temporaries >= TEMPORARY / 2 {
            self.too_large("an expression needs too many registers");
            return register;
        }
        self.temporaries += 1;
        self.temporaries_most = self.temporaries_most.max(self.temporaries);
        register
    }

    /// The temporary that comes next; all from it on are dead.
    pub fn mark(&self) -> u16 {
        TEMPORARY + self.temporaries
    }

    /// Frees this temporary and all above it.
    pub fn free_to(&mut self, mark: u16) {
        self.temporaries = mark - TEMPORARY;
    }

    /// Whether the register is a temporary.
    pub fn is_temporary(register: u16) -> bool {
        register >= TEMPORARY
    }

    // Instructions

    /// Appends an instruction.
    pub fn emit(&mut self, instruction: Instruction) {
        self.instructions.push(instruction);
        self.spans.push(self.span);
    }

    /// Appends an instruction with three fields.
    pub fn abc(&mut self, opcode: Opcode, a: u16, b: u16, c: u16) {
        self.emit(Instruction::abc(opcode, a, b, c));
    }

    /// Appends an instruction with a register and a 32-bit field.
    pub fn ad(&mut self, opcode: Opcode, a: u16, d: usize) {
        self.emit(Instruction::ad(opcode, a, d as i32));
    }

    /// Appends a call or an enum constructor with its count.
    pub fn counted(&mut self, instruction: Instruction, count: usize) {
        if count > Instruction::COUNT_LIMIT {
            self.too_large(match instruction.opcode {
                Opcode::NewEnum => "an enum value has at most 255 payloads; put them into an array",
                _ => "a call has at most 255 arguments; pass an array",
            });
            return;
        }
        self.emit(instruction.with_count(count));
    }

    // Labels

    /// A label that is not bound yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Binds a label to the next instruction.
    pub fn bind(&mut self, label: Label) {
        self.labels[label.0] = Some(self.instructions.len());
    }

    /// A label bound to the next instruction.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// Appends a jumping instruction; its distance comes from the label.
    pub fn jump(&mut self, instruction: Instruction, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.emit(instruction);
    }

    /// Appends `Jump`.
    pub fn goto(&mut self, label: Label) {
        self.jump(Instruction::ad(Opcode::Jump, 0, 0), label);
    }

    /// Begins a loop whose header is the next instruction.
    pub fn begin_loop(&mut self, span: Span) -> (usize, Label) {
        let header = self.here();
        self.loops.push(LoopInfo {
            header: self.instructions.len() as u32,
            back: 0,
            live_variables: self.variables,
            span,
            state: HotState::new(self.hot_loop),
        });
        (self.loops.len() - 1, header)
    }

    /// Ends a loop with its `JumpBack`.
    pub fn end_loop(&mut self, number: usize, header: Label) {
        let index = self.index(number);
        self.loops[number].back = self.instructions.len() as u32;
        self.jump(Instruction::ad(Opcode::JumpBack, index, 0), header);
    }

    /// Position of the next instruction, for [`Builder::protect`].
    pub fn position(&self) -> u32 {
        self.instructions.len() as u32
    }

    /// Errors of the instructions from `start` to here continue at `target`
    /// with the error in `register`. Inner regions are added before outer ones.
    pub fn protect(&mut self, start: u32, target: Label, register: u16) {
        let end = self.position();
        self.handlers.push(Protection { start, end, target, register, cleanup: false });
    }

    /// As [`Builder::protect`], for a target that only puts things right.
    pub fn clean_up(&mut self, start: u32, target: Label, register: u16) {
        let end = self.position();
        self.handlers.push(Protection { start, end, target, register, cleanup: true });
    }

    // Tables

    fn index(&mut self, number: usize) -> u16 {
        if number > u16::MAX as usize {
            self.too_large("too many names or constants in one function");
        }
        number as u16
    }

    /// Number of a constant.
    pub fn constant(&mut self, value: Value) -> usize {
        let value = match value.as_string() {
            Some(text) => self.shared_text(text.as_str(), || value.clone()),
            None if !value.tag().is_heap() => value,
            None => {
                self.constants.push(value);
                return self.constants.len() - 1;
            }
        };
        let constants = &mut self.constants;
        // Equal texts are the same object.
        let key = (value.tag(), value.raw().bits);
        *self.constant_numbers.entry(key).or_insert_with(|| {
            constants.push(value);
            constants.len() - 1
        })
    }

    /// Number of a string constant.
    pub fn text(&mut self, text: &str) -> usize {
        let value = self.shared_text(text, || Value::string(text));
        self.constant(value)
    }

    /// The string that the program has for a text; it is made if there is none yet.
    fn shared_text(&self, text: &str, make: impl FnOnce() -> Value) -> Value {
        let mut texts = self.texts.borrow_mut();
        if let Some(value) = texts.get(text) {
            return value.clone();
        }
        let value = make();
        texts.insert(text.into(), value.clone());
        value
    }

    /// Number of a constant for a 16-bit field.
    pub fn short_constant(&mut self, value: Value) -> u16 {
        let number = self.constant(value);
        self.index(number)
    }

    /// Number of a new member cache.
    pub fn cache(&mut self, name: &str) -> u16 {
        let key = self.shared_text(name, || Value::string(name));
        self.caches.push(FieldCache::new(Symbol::new(name), key));
        self.index(self.caches.len() - 1)
    }

    /// Number of a struct.
    pub fn shape(&mut self, shape: &Rc<Shape>) -> u16 {
        let known = self.shapes.iter().position(|s| s.id == shape.id);
        let number = known.unwrap_or_else(|| {
            self.shapes.push(shape.clone());
            self.shapes.len() - 1
        });
        self.index(number)
    }

    /// Number of an enum variant.
    pub fn variant(&mut self, variant: VariantId) -> u16 {
        let known = self.variants.iter().position(|v| *v == variant);
        let number = known.unwrap_or_else(|| {
            self.variants.push(variant);
            self.variants.len() - 1
        });
        self.index(number)
    }

    /// Number of an inner function.
    pub fn function(&mut self, code: Rc<Code>) -> usize {
        self.functions.push(code);
        self.functions.len() - 1
    }

    /// Loads a constant into a register.
    pub fn load(&mut self, register: u16, value: Value) {
        match value.tag() {
            Tag::Null => self.abc(Opcode::LoadNull, register, 0, 0),
            Tag::Bool => {
                let bit = u16::from(value.as_bool() == Some(true));
                self.abc(Opcode::LoadBool, register, bit, 0);
            }
            _ => match value.as_int().and_then(|int| i32::try_from(int).ok()) {
                Some(small) => self.emit(Instruction::ad(Opcode::LoadInt, register, small)),
                None => {
                    let number = self.constant(value);
                    self.ad(Opcode::LoadConst, register, number);
                }
            },
        }
    }

    /// The finished function.
    ///
    /// # Errors
    /// What does not fit the instruction format.
    pub fn finish(mut self, header: Header, builtins: &dyn Builtins) -> Result<Code, TooLarge> {
        self.resolve_jumps();
        let variables = self.variables_most;
        let registers = variables as usize + self.temporaries_most as usize;
        if registers > u16::MAX as usize / 2 {
            self.too_large("a function needs too many registers");
        }
        if let Some(overflow) = self.overflow {
            return Err(overflow);
        }
        for instruction in &mut self.instructions {
            place_temporaries(instruction, variables);
        }
        let labels = &self.labels;
        let bound = |label: Label| labels[label.0].unwrap_or_default() as u32;
        let handlers = self.handlers.iter().map(|protection| Handler {
            start: protection.start,
            end: protection.end,
            target: bound(protection.target),
            register: protection.register,
            cleanup: protection.cleanup,
            ignores: false,
        });
        let mut code = Code {
            id: header.id,
            name: header.name,
            parameters: header.parameters,
            variables,
            registers: registers as u16,
            handlers: handlers.collect(),
            instructions: self.instructions,
            spans: self.spans,
            constants: self.constants,
            functions: self.functions,
            caches: self.caches,
            shapes: self.shapes,
            variants: self.variants,
            captures: header.captures,
            capture_names: header.capture_names,
            loops: self.loops,
            entry: HotState::new(self.hot_loop),
            variable_names: self.variable_names,
            module_names: header.module_names,
            changes_self: header.changes_self,
            generator: header.generator,
            is_async: header.is_async,
            is_main: header.is_main,
            lasting: header.lasting,
            source: header.source,
        };
        last_use::consume(&mut code, builtins);
        note_ignored_errors(&mut code);
        Ok(code)
    }

    fn resolve_jumps(&mut self) {
        for (at, label) in std::mem::take(&mut self.jumps) {
            let target = self.labels[label.0].unwrap_or_default();
            let distance = target as i64 - at as i64 - 1;
            let instruction = &mut self.instructions[at];
            if instruction.info().operands[2] == Operand::Jump {
                match i16::try_from(distance) {
                    Ok(short) => instruction.c = short as u16,
                    Err(_) => {
                        self.span = self.spans[at];
                        self.too_large("the code that this condition or loop skips is too large");
                    }
                }
            } else {
                instruction.b = distance as u16;
                instruction.c = (distance >> 16) as u16;
            }
        }
    }
}

/// Moves temporaries behind the variables and marks consumed operands.
fn place_temporaries(instruction: &mut Instruction, variables: u16) {
    let reads_only = matches!(
        instruction.opcode,
        Opcode::JumpIfNull | Opcode::JumpIfNotNull | Opcode::JumpIfUndefined
    );
    let bits = [Instruction::CONSUME_A, Instruction::CONSUME_B, Instruction::CONSUME_C];
    let operands = instruction.info().operands;
    let fields = [&mut instruction.a, &mut instruction.b, &mut instruction.c];
    for ((operand, field), bit) in operands.into_iter().zip(fields).zip(bits) {
        let is_register = matches!(
            operand,
            Operand::Out
                | Operand::In
                | Operand::InOut
                | Operand::CellIn
                | Operand::Window
                | Operand::LoopState
                | Operand::Run
        );
        if is_register && *field >= TEMPORARY {
            *field = *field - TEMPORARY + variables;
            if operand == Operand::In && !reads_only {
                instruction.x |= bit;
            }
        }
    }
}

/// Notes which handlers do not read the error that they get.
fn note_ignored_errors(code: &mut Code) {
    if code.handlers.iter().all(|handler| handler.cleanup) {
        return;
    }
    let live = Liveness::compute(code);
    for handler in code.handlers.iter_mut().filter(|handler| !handler.cleanup) {
        handler.ignores = !live.is_live(handler.target as usize, handler.register as usize);
    }
}
