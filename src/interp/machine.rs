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
use super::ops::calls::leave_with;
use super::ops::with_body;
use super::unwind::{RecentlyRaised, StackName, Traceback, shown_name};
use crate::base::interrupt::Interrupt;
use crate::bytecode::{Code, CodeId, Instruction};
use crate::prim::Fault;
use crate::runtime::{Context, methods_run_by};
use crate::value::{ClosureObject, Raw, Symbol, Tag, Value};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
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

/// When a watched run stops: at a depth of frames, or when its budget is spent.
struct Watch {
    depth: usize,
    budget: u32,
}

/// Why the dispatch loop stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Main is at its end.
    Finished,
    /// The watched call returned; the caller's pc is where it goes on.
    Returned,
    /// The machine holds a fault that no frame of the watched call handles; the
    /// innermost frame's pc is after the raising instruction.
    Raised,
    /// The budget is spent; the frames say where to go on.
    OutOfBudget,
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
    /// A fault that nothing catches, while a cleanup runs, and where it was raised.
    pub(super) uncaught: Option<Box<(Fault, Traceback)>>,
    /// The functions of the prelude that are methods of all values of a kind.
    pub methods: FxHashMap<(Tag, Symbol), Value>,
    /// The functions of the prelude, by name.
    pub prelude: FxHashMap<Symbol, Value>,
    /// Every function, by number.
    pub codes: Vec<Rc<Code>>,
    /// What error values call them, by number.
    pub(super) stack_names: Vec<StackName>,
    /// What errors told last about where they were raised.
    pub(super) recently_raised: RecentlyRaised,
    /// The JIT, if there is one (taken out while it runs).
    pub hook: Option<Box<dyn Hook>>,
    /// Whether a method was declared again while the JIT was taken out.
    pub rebound: bool,
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
            uncaught: None,
            methods: FxHashMap::default(),
            prelude: FxHashMap::default(),
            codes: Vec::new(),
            stack_names: Vec::new(),
            recently_raised: RecentlyRaised::default(),
            hook: None,
            rebound: false,
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
            self.load_prelude(code);
        }
        if self.interrupt.is_watched() {
            code.loops.iter().for_each(|info| info.state.watch());
        }
        code.functions.iter().for_each(|function| self.load(function));
    }

    /// Enters a function of the prelude, also as a method, if it is one.
    fn load_prelude(&mut self, code: &Rc<Code>) {
        let address = Rc::as_ptr(code) as usize;
        let (arity, cells) = (code.parameters as u32, std::iter::empty());
        let closure = ClosureObject::allocate(code.id.0, address, code.name, arity, cells);
        for row in methods_run_by(&code.name.as_str()) {
            self.methods.insert((row.kind, Symbol::new(row.name)), closure.clone());
        }
        self.prelude.insert(code.name, closure);
    }

    /// The function of the prelude that runs a call of a builtin with so many
    /// arguments, if one does.
    #[inline(always)]
    pub fn prelude_function(&self, row: u32, count: usize) -> Option<Value> {
        let name = crate::runtime::prelude_function(row, count)?;
        self.prelude.get(&Symbol::new(name)).cloned()
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
            return Err(Box::new((self.depth_fault(main), traceback)));
        }
        let mut unwatched = Watch { depth: 0, budget: 0 };
        let outcome = if self.counts_instructions {
            self.dispatch::<true, false>(&mut unwatched)
        } else {
            self.dispatch::<false, false>(&mut unwatched)
        };
        outcome.map(|_| ()).map_err(|traceback| {
            let fault = self.fault.take().expect("a fault was raised");
            Box::new((fault, traceback))
        })
    }

    /// Runs a call that has just pushed its frame, for the recorder: until the
    /// frame is gone, or for `budget` calls and rounds of loops. Hot loops and
    /// functions are not reported meanwhile.
    pub fn run_call(&mut self, budget: u32) -> Stop {
        let mut watch = Watch { depth: self.frames.len() - 1, budget };
        self.dispatch::<true, true>(&mut watch).expect("a watched call raises without unwinding")
    }

    /// Whether the stack goes on for `registers` registers from `base`.
    pub fn has_room(&self, base: *mut Raw, registers: usize) -> bool {
        base.wrapping_add(registers) <= self.stack_end
    }

    /// The fault of a call that nests too deep. A part of a builtin is told as the call
    /// of the program that led to it.
    fn depth_fault(&self, code: &Code) -> Fault {
        let active = self.frames.iter().rev().map(|frame| frame.code());
        let name = std::iter::once(code).chain(active).find_map(shown_name);
        Fault::DepthExceeded { limit: self.limits.depth as u32, name: name.unwrap_or(code.name) }
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
            return Err(self.depth_fault(code));
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

    /// The interpreter. With `WATCHED` it also stops as `watch` says; else it
    /// stops at the end of main.
    fn dispatch<const COUNTS: bool, const WATCHED: bool>(
        &mut self,
        watch: &mut Watch,
    ) -> Result<Stop, Traceback> {
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
                    let entry = &frame.code().entry.countdown;
                    let left = entry.get();
                    if left > 1 {
                        entry.set(left - 1);
                    }
                    if WATCHED {
                        if watch.budget == 0 {
                            return Ok(Stop::OutOfBudget);
                        }
                        watch.budget -= 1;
                        continue;
                    }
                    if left > 1 {
                        continue;
                    }
                    let raised = machine.look_up(pc, None);
                    if raised && let Some(traceback) = machine.unwind() {
                        return Err(traceback);
                    }
                    frame = *machine.frames.last().expect("a frame to run");
                    pc = frame.pc;
                    d = Concrete::new(machine, frame);
                }
                Flow::Leave(distance) => {
                    let machine = d.machine();
                    let left = machine.frames.last_mut().expect("the caller's frame");
                    pc = left.pc.wrapping_offset(distance as isize);
                    if WATCHED {
                        left.pc = pc;
                    }
                    frame = *left;
                    if WATCHED && machine.frames.len() <= watch.depth {
                        return Ok(Stop::Returned);
                    }
                    d = Concrete::new(machine, frame);
                }
                Flow::Back(index, distance) => {
                    pc = pc.wrapping_offset(distance as isize + 1);
                    let state = &frame.code().loops[index as usize].state;
                    let left = state.countdown.get();
                    if left > 1 {
                        state.countdown.set(left - 1);
                    }
                    if WATCHED {
                        if watch.budget == 0 {
                            let machine = d.machine();
                            machine.frames.last_mut().expect("a frame").pc = pc;
                            return Ok(Stop::OutOfBudget);
                        }
                        watch.budget -= 1;
                        continue;
                    }
                    if left > 1 {
                        continue;
                    }
                    let machine = d.machine();
                    let raised = machine.look_up(pc, Some(index));
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
                    if WATCHED && machine.handler_depth().is_none_or(|at| at < watch.depth) {
                        return Ok(Stop::Raised);
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
                    return Ok(Stop::Finished);
                }
            }
        }
    }

    /// A loop's countdown ran out at `pc`, its header. Answers whether the
    /// machine holds a fault that is to be raised.
    #[cold]
    #[inline(never)]
    fn look_up(&mut self, pc: *const Instruction, index: Option<u16>) -> bool {
        let frame = self.frames.last_mut().expect("a frame");
        frame.pc = pc;
        let code = frame.code();
        let state = index.map_or(&code.entry, |index| &code.loops[index as usize].state);
        let watched = self.interrupt.is_watched();
        // The call that led here has been looked at already.
        if index.is_some() {
            if watched {
                self.interrupt.step();
            }
            if self.has_to_stop() {
                return true;
            }
        }
        let mut raised = false;
        if !state.goes_on() {
            // Calls are counted one by one, which only the interpreter does.
            match self.hook.take_if(|_| index.is_some() || !watched) {
                Some(mut hook) => {
                    raised = match index {
                        Some(index) => hook.hot_loop(self, index),
                        None => hook.hot_function(self),
                    };
                    self.hook = Some(hook);
                }
                None => state.wait(u32::MAX),
            }
        }
        if watched && index.is_some() {
            state.watch();
        }
        raised
    }

    /// A method was declared again. If the JIT is recording, it looks at
    /// [`Machine::rebound`] when the call that it waits for is over.
    pub(super) fn method_rebound(&mut self) {
        match &mut self.hook {
            Some(hook) => hook.method_rebound(),
            None => self.rebound = true,
        }
    }

    /// The end of the register stack.
    pub fn stack_end(&self) -> *mut Raw {
        self.stack_end
    }

    /// What the parameters of the innermost frame's function hold, borrowed.
    pub fn arguments(&self) -> &[Raw] {
        let frame = self.frames.last().expect("a frame");
        // SAFETY: parameters are registers of an active frame.
        unsafe { std::slice::from_raw_parts(frame.base, frame.code().parameters as usize) }
    }

    /// The same, owned by the caller; the registers own nothing then.
    pub fn take_arguments(&mut self) -> SmallVec<[Raw; 8]> {
        let frame = *self.frames.last().expect("a frame");
        let taken = SmallVec::from_slice(self.arguments());
        for register in 0..frame.code().parameters as usize {
            // SAFETY: as above.
            unsafe { frame.base.add(register).write(Raw::NULL) };
        }
        taken
    }

    /// Makes `value`, owned, the receiver of the innermost frame, a method that has none.
    pub fn put_receiver(&mut self, value: Raw) {
        let frame = self.frames.last().expect("a frame");
        debug_assert!(frame.code().changes_self);
        // SAFETY: the frame has the register, and it owns nothing.
        unsafe { frame.base.write(value) };
    }

    /// Returns `value`, owned, from the innermost frame, whose caller then goes
    /// on. Whether the machine holds a fault to be raised.
    pub fn return_value(&mut self, value: Raw) -> bool {
        let frame = *self.frames.last().expect("a frame");
        let mut concrete = Concrete::new(self, frame);
        match leave_with(&mut concrete, value) {
            Flow::Leave(distance) => {
                let caller = self.frames.last_mut().expect("the caller's frame");
                caller.pc = caller.pc.wrapping_offset(distance as isize);
                false
            }
            Flow::Raise => true,
            flow => unreachable!("{flow:?} after a return to a caller"),
        }
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

    /// Whether what the running program leaves behind is used by the next text or call.
    pub(super) fn lasts(&self) -> bool {
        self.lasting > 0 || self.frames.first().is_some_and(|main| main.code().lasting > 0)
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
