//! The machine: register stack, frames, and the dispatch loop.
//!
//! The loop keeps the program counter and the frame's base in locals; frames in
//! memory are brought up to date when something else looks at them. Registers
//! are addressed without checks, which the bytecode verifier makes safe.
//!
//! Contract of the `unsafe` here: `base + code.registers` and four slots more
//! lie inside the stack for every frame (checked when it is entered); above the
//! innermost frame's live registers the stack holds no counted objects; every
//! `Code` reachable from a frame is kept by `codes`.
//!
//! Example: `Machine::run(main)` returns `Ok(())` at the end of main, or the
//! fault that nothing caught together with where it happened.

use super::concrete::Concrete;
use super::domain::{Domain, Flow};
use super::hook::Hook;
use super::ops::with_body;
use super::unwind::Traceback;
use crate::base::interrupt::Interrupt;
use crate::bytecode::{Code, CodeId, Instruction};
use crate::prim::Fault;
use crate::runtime::{Context, methods_run_by};
use crate::value::{ClosureObject, Raw, Symbol, Tag, Value};
use rustc_hash::FxHashMap;
use std::alloc::{GlobalAlloc, Layout, System, handle_alloc_error};
use std::rc::Rc;
use std::sync::Arc;

/// Registers that a frame may use beyond its own, for operator methods.
pub const SLACK: usize = 4;

/// Limits of a machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deepest nesting of calls.
    pub depth: usize,
    /// Number of registers in the stack.
    pub stack: usize,
}

/// One activation of a function.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The function.
    pub code: *const Code,
    /// The next instruction (after the call, in outer frames).
    pub pc: *const Instruction,
    /// Register 0.
    pub base: *mut Raw,
}

impl Frame {
    /// The function.
    #[inline(always)]
    pub fn code(&self) -> &'static Code {
        // SAFETY: the machine keeps every code that a frame may run until it is
        // dropped, and frames do not outlive the machine.
        unsafe { &*self.code }
    }

    /// Index of the next instruction.
    pub fn pc_index(&self) -> usize {
        let start = self.code().instructions.as_ptr();
        (self.pc as usize - start as usize) / size_of::<Instruction>()
    }

    /// The address of an instruction of this frame's function.
    pub fn pc_at(&self, index: usize) -> *const Instruction {
        &raw const self.code().instructions[index]
    }
}

/// An interpreter with its state.
pub struct Machine {
    stack: *mut Raw,
    stack_end: *mut Raw,
    limits: Limits,
    /// Activations, outermost first.
    pub frames: Vec<Frame>,
    /// What builtins share.
    pub context: Context,
    /// Register 0 of the module's main function.
    pub module_base: *mut Raw,
    /// What the main function that ran last has returned.
    pub result: Value,
    /// Registers of main, the first ones, that stay when it has ended.
    lasting: usize,
    /// A fault on its way to a handler.
    pub fault: Option<Fault>,
    /// The functions of the prelude that are methods of all values of a kind.
    pub methods: FxHashMap<(Tag, Symbol), Value>,
    /// Every function, by number.
    pub codes: Vec<Rc<Code>>,
    /// The JIT, if there is one (taken out while it runs).
    pub hook: Option<Box<dyn Hook>>,
    /// Instructions executed by the dispatch loop; counted only if asked for.
    pub retired: u64,
    /// Whether to count them.
    pub counts_instructions: bool,
    /// Who asks the program to stop.
    interrupt: Arc<Interrupt>,
}

impl Machine {
    /// A machine without a program.
    pub fn new(limits: Limits, context: Context) -> Machine {
        let layout = Self::stack_layout(limits);
        // From the system, not the program's allocator, which may back it by
        // huge pages: most programs use only its first kilobytes.
        // SAFETY: the size is not zero; zeroed memory is null values.
        let stack = unsafe { System.alloc_zeroed(layout) } as *mut Raw;
        if stack.is_null() {
            handle_alloc_error(layout);
        }
        let interrupt = context.interrupt.clone();
        interrupt.set_depth(limits.depth);
        Machine {
            stack,
            stack_end: stack.wrapping_add(limits.stack),
            limits,
            frames: Vec::with_capacity(64),
            context,
            module_base: stack.wrapping_add(1),
            result: Value::NULL,
            lasting: 0,
            fault: None,
            methods: FxHashMap::default(),
            codes: Vec::new(),
            hook: None,
            retired: 0,
            counts_instructions: false,
            interrupt,
        }
    }

    fn stack_layout(limits: Limits) -> Layout {
        Layout::array::<Raw>(limits.stack.max(1024)).expect("a stack size")
    }

    /// Enters the functions of a program so that frames may run them.
    pub fn load(&mut self, code: &Rc<Code>) {
        let id = code.id.0 as usize;
        if self.codes.len() <= id {
            self.codes.resize(id + 1, code.clone());
        }
        self.codes[id] = code.clone();
        if code.source.is_prelude() {
            self.load_method(code);
        }
        if self.interrupt.is_watched() {
            code.loops.iter().for_each(|info| info.state.watch());
        }
        code.functions.iter().for_each(|function| self.load(function));
    }

    /// Enters a function of the prelude as a method, if it is one.
    fn load_method(&mut self, code: &Rc<Code>) {
        for row in methods_run_by(&code.name.as_str()) {
            let address = Rc::as_ptr(code) as usize;
            let (arity, cells) = (code.parameters as u32, std::iter::empty());
            let closure = ClosureObject::allocate(code.id.0, address, code.name, arity, cells);
            self.methods.insert((row.kind, Symbol::new(row.name)), closure);
        }
    }

    /// The function with this number.
    ///
    /// # Panics
    /// If it was not loaded.
    pub fn code(&self, id: CodeId) -> &'static Code {
        // SAFETY: `codes` keeps it until the machine is dropped.
        unsafe { &*Rc::as_ptr(&self.codes[id.0 as usize]) }
    }

    /// Deepest nesting of calls.
    pub fn depth_limit(&self) -> usize {
        self.limits.depth
    }

    /// Runs the main function `main`, which must have been loaded.
    ///
    /// # Errors
    /// The fault that no handler caught, and where it was raised.
    pub fn run(&mut self, main: &Rc<Code>) -> Result<(), Box<(Fault, Traceback)>> {
        self.run_at(main, self.module_base)
    }

    fn run_at(&mut self, main: &Rc<Code>, base: *mut Raw) -> Result<(), Box<(Fault, Traceback)>> {
        self.frames.clear();
        let frame = Frame { code: Rc::as_ptr(main), pc: main.instructions.as_ptr(), base };
        self.frames.push(frame);
        if !self.has_room(base, main.registers as usize + SLACK) {
            let traceback = self.traceback();
            self.frames.clear();
            return Err(Box::new((self.depth_fault(main.name), traceback)));
        }
        let outcome = if self.counts_instructions {
            self.dispatch::<true>()
        } else {
            self.dispatch::<false>()
        };
        outcome.map_err(|traceback| {
            let fault = self.fault.take().expect("a fault was raised");
            Box::new((fault, traceback))
        })
    }

    /// Whether the stack goes on for `registers` registers from `base`.
    pub fn has_room(&self, base: *mut Raw, registers: usize) -> bool {
        base.wrapping_add(registers) <= self.stack_end
    }

    fn depth_fault(&self, name: Symbol) -> Fault {
        Fault::DepthExceeded { limit: self.limits.depth as u32, name }
    }

    /// Pushes a frame; `Err` is the fault of calls nested too deep.
    ///
    /// # Errors
    /// If the depth limit or the end of the stack is reached.
    #[inline(always)]
    pub fn push_frame(&mut self, code: &'static Code, base: *mut Raw) -> Result<(), Fault> {
        let end = base.wrapping_add(code.registers as usize + SLACK);
        if self.frames.len() >= self.interrupt.depth() || end > self.stack_end {
            self.look_at_call(code, end)?;
        }
        self.frames.push(Frame { code, pc: code.instructions.as_ptr(), base });
        Ok(())
    }

    /// A call that may not go on: the program has to stop, or calls nest too deep.
    #[cold]
    #[inline(never)]
    fn look_at_call(&mut self, code: &Code, end: *mut Raw) -> Result<(), Fault> {
        if self.interrupt.is_watched() {
            self.interrupt.step();
        }
        if let Some(stop) = self.interrupt.requested() {
            return Err(Fault::Stopped(stop));
        }
        self.interrupt.restore_depth();
        if self.frames.len() >= self.limits.depth || end > self.stack_end {
            return Err(self.depth_fault(code.name));
        }
        Ok(())
    }

    /// Whether the program has to stop: then the machine holds the fault, to be
    /// raised at the instruction that the innermost frame goes on with.
    pub fn has_to_stop(&mut self) -> bool {
        let Some(stop) = self.interrupt.requested() else { return false };
        self.fault = Some(Fault::Stopped(stop));
        let frame = self.frames.last_mut().expect("a frame");
        frame.pc = frame.pc.wrapping_add(1);
        true
    }

    fn dispatch<const COUNTS: bool>(&mut self) -> Result<(), Traceback> {
        let mut frame = *self.frames.last().expect("a frame to run");
        let mut pc = frame.pc;
        let mut d = Concrete::new(self, frame);
        loop {
            // SAFETY: verified code ends in an instruction that does not fall
            // through, and jumps stay inside it.
            let instruction = unsafe { &*pc };
            if COUNTS {
                d.machine().retired += 1;
            }
            // What most bodies end in is dealt with behind each of them: a jump
            // of its own for each instruction is what branch predictors like.
            macro_rules! go_on {
                ($body:expr) => {
                    match $body {
                        Flow::Next => {
                            pc = pc.wrapping_add(1);
                            continue;
                        }
                        Flow::Jump(distance) => {
                            pc = pc.wrapping_offset(distance as isize + 1);
                            continue;
                        }
                        other => other,
                    }
                };
            }
            let domain = &mut d;
            let flow = with_body!(domain, instruction, go_on);
            match flow {
                Flow::Next | Flow::Jump(_) => unreachable!("gone on behind the body"),
                Flow::Enter => {
                    let machine = d.machine();
                    let depth = machine.frames.len();
                    machine.frames[depth - 2].pc = pc.wrapping_add(1);
                    frame = machine.frames[depth - 1];
                    pc = frame.pc;
                    d = Concrete::new(machine, frame);
                }
                Flow::Leave(distance) => {
                    let machine = d.machine();
                    frame = *machine.frames.last().expect("the caller's frame");
                    pc = frame.pc.wrapping_offset(distance as isize);
                    d = Concrete::new(machine, frame);
                }
                Flow::Back(index, distance) => {
                    pc = pc.wrapping_offset(distance as isize + 1);
                    let state = &frame.code().loops[index as usize].state;
                    let left = state.countdown.get();
                    if left > 1 {
                        state.countdown.set(left - 1);
                        continue;
                    }
                    let machine = d.machine();
                    let raised = machine.look_up(pc, index);
                    if raised && let Some(traceback) = machine.unwind() {
                        return Err(traceback);
                    }
                    frame = *machine.frames.last().expect("a frame to run");
                    pc = frame.pc;
                    d = Concrete::new(machine, frame);
                }
                Flow::Raise => {
                    let machine = d.machine();
                    let raising = machine.frames.last_mut().expect("a frame");
                    // A return that raised has left its frame; the caller knows its pc.
                    if raising.base == frame.base {
                        raising.pc = pc.wrapping_add(1);
                    }
                    if let Some(traceback) = machine.unwind() {
                        return Err(traceback);
                    }
                    frame = *machine.frames.last().expect("the handler's frame");
                    pc = frame.pc;
                    d = Concrete::new(machine, frame);
                }
                Flow::Finish => {
                    let machine = d.machine();
                    machine.frames.last_mut().expect("main's frame").pc = pc.wrapping_add(1);
                    return Ok(());
                }
            }
        }
    }

    /// A loop's countdown ran out at `pc`, its header. Answers whether the
    /// machine holds a fault that is to be raised.
    #[cold]
    #[inline(never)]
    fn look_up(&mut self, pc: *const Instruction, index: u16) -> bool {
        let frame = self.frames.last_mut().expect("a frame");
        frame.pc = pc;
        let state = &frame.code().loops[index as usize].state;
        let watched = self.interrupt.is_watched();
        if watched {
            self.interrupt.step();
        }
        if self.has_to_stop() {
            return true;
        }
        let mut raised = false;
        if !state.goes_on() {
            match self.hook.take() {
                Some(mut hook) => {
                    raised = hook.hot_loop(self, index);
                    self.hook = Some(hook);
                }
                None => state.wait(u32::MAX),
            }
        }
        if watched {
            state.watch();
        }
        raised
    }

    /// Where the innermost frame's registers would end, for clearing the stack.
    pub(super) fn stack_bounds(&self) -> (*mut Raw, *mut Raw) {
        (self.stack, self.stack_end)
    }
}

/// What lasts from one text of a session to the next.
impl Machine {
    /// Runs the main function of the next text of a session. Its first
    /// `code.lasting` registers stay as they are when it has ended.
    ///
    /// # Errors
    /// As [`Machine::run`].
    pub fn run_text(&mut self, main: &Rc<Code>) -> Result<Value, Box<(Fault, Traceback)>> {
        let outcome = self.run(main);
        self.lasting = self.lasting.max(main.lasting);
        self.end_text(self.lasting);
        outcome.map(|()| std::mem::take(&mut self.result))
    }

    /// Calls `callee` by the entry function `entry` (see [`Code::entry`]), with
    /// as many arguments as it is made for.
    ///
    /// # Errors
    /// As [`Machine::run`].
    pub fn call(
        &mut self,
        entry: &Rc<Code>,
        callee: Value,
        arguments: Vec<Value>,
    ) -> Result<Value, Box<(Fault, Traceback)>> {
        let base = self.module_base.wrapping_add(self.lasting + 1);
        if self.has_room(base, entry.registers as usize + SLACK) {
            for (register, value) in std::iter::once(callee).chain(arguments).enumerate() {
                // SAFETY: the stack goes on for the entry's registers, and holds
                // no counted objects there.
                unsafe { base.add(register).write(value.into_raw()) };
            }
        }
        let outcome = self.run_at(entry, base);
        self.end_text(0);
        outcome.map(|()| std::mem::take(&mut self.result))
    }

    /// Releases what the main function that ran holds, but for its first
    /// `kept` registers.
    fn end_text(&mut self, kept: usize) {
        if let Some(frame) = self.frames.pop() {
            self.release_registers(&frame, kept);
        }
    }

    /// What a lasting register holds.
    pub fn lasting_register(&self, register: u16) -> Value {
        assert!((register as usize) < self.lasting, "a lasting register");
        // SAFETY: the register lies inside the stack and owns what it holds.
        unsafe { (*self.module_base.add(register as usize)).to_value() }
    }

    /// Puts a value in a register that lasts from now on.
    pub fn set_lasting_register(&mut self, register: u16, value: Value) {
        let index = register as usize;
        assert!(self.has_room(self.module_base, index + 1), "a register of the stack");
        // SAFETY: as above; registers that are not lasting yet hold no counts.
        unsafe {
            let place = self.module_base.add(index);
            for new in self.lasting..index {
                self.module_base.add(new).write(Raw::UNDEFINED);
            }
            if index >= self.lasting {
                self.lasting = index + 1;
                place.write(value.into_raw());
            } else {
                drop(place.replace(value.into_raw()).into_value());
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        while let Some(frame) = self.frames.pop() {
            self.release_frame(&frame);
        }
        for register in 0..self.lasting {
            self.set_lasting_register(register as u16, Value::NULL);
        }
        // SAFETY: allocated in `new` with the same layout.
        unsafe { System.dealloc(self.stack as *mut u8, Self::stack_layout(self.limits)) };
    }
}
