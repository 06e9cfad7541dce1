//! What machine code and the rest of the virtual machine share while a region runs.
//!
//! The region of a loop has the signature `extern "C" fn(*mut TraceContext, base:
//! *mut Raw) -> u64`: `base` is register 0 of the frame it runs in (slot
//! `Frame(n)` lies `n` values above it, `n` may be -1), the result is the
//! [`exit_word`] of the exit taken. Everything else goes through the [`TraceContext`].
//!
//! The region of a function has its arguments besides, as words, and answers
//! [`Returned`]. It may be called by other regions. When it is left for the
//! interpreter, everything that called it is left as well, innermost first: each
//! puts a record behind the last, made of its exit values (and room for as many as
//! its largest exit has), its base and a word that names the exit. The region that
//! the interpreter had entered comes last;
//! if it is a loop's, it leaves its exit values behind the records as usual.
//!
//! What must hold: the context does not move while machine code runs;
//! `exit_values` has room for the largest exit of any region that is entered
//! ([`TraceContext::reserve`]); `module_base` is right for the code that runs;
//! the register stack does not move while a region runs.
//!
//! Contract of the `unsafe` here: the exit values are one allocation made by
//! `reserve`, of `capacity` words, freed when it grows or the context goes.
//!
//! Example: `guard_type` fails with exit 4 whose plan names `v7`: machine code
//! stores `v7` to `exit_values[0]`, the tag seen to `observed`, and returns 4.

use crate::base::interrupt::Interrupt;
use crate::value::{Raw, Value, character};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;

/// Most operands of one generic helper call.
pub const ARGUMENTS: usize = 64;

/// Set in the immediate of a `CallRaising` instruction.
pub const RAISING: u64 = 1 << 8;

/// A generic helper: `imm` is the immediate of the `CallSlow` instruction
/// (number, and extra in the upper half), `count` the number of operands in
/// [`TraceContext::arguments`]. Leaves the result in `result` and answers 0, or
/// answers another status with a fault pending. With [`RAISING`] there is no result.
pub type SlowCall = unsafe extern "C" fn(context: *mut TraceContext, imm: u64, count: u64) -> u64;

/// Makes a closure of function number `code` over `count` cells in
/// [`TraceContext::arguments`], taking over their counts; answers its address.
pub type NewClosure =
    unsafe extern "C" fn(context: *mut TraceContext, code: u64, count: u64) -> u64;

/// What a function's region answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Returned {
    /// Tag word of the value returned, or [`LEFT`].
    pub tag: u64,
    /// Its payload.
    pub payload: u64,
}

/// In place of a tag: the function was left for the interpreter.
pub const LEFT: u64 = 0xff;

/// Which exit of which region, as one word.
pub fn exit_word(region: u32, exit: u64) -> u64 {
    (region as u64) << 32 | exit
}

/// State shared with running machine code.
#[repr(C)]
pub struct TraceContext {
    /// Operands of a generic helper, borrowed unless its row says otherwise.
    pub arguments: [Raw; ARGUMENTS],
    /// Result of the last generic helper; whoever takes it owns the count.
    pub result: Raw,
    /// The word that the guard which failed last had tested.
    pub observed: u64,
    /// Address of the function that a cold block calls, sparing registers.
    sparing_function: usize,
    /// Its operands.
    sparing_operands: [u64; 2],
    /// What it answered.
    sparing_result: u64,
    /// Address of the stub for such calls.
    pub sparing_stub: usize,
    /// Register 0 of the module's main frame.
    pub module_base: *mut Raw,
    /// Performs a generic helper.
    pub slow_call: SlowCall,
    /// Makes closures.
    pub new_closure: NewClosure,
    /// For the two functions above: whatever their owner needs.
    pub owner: *mut c_void,
    /// Entry addresses of functions by version; 0 for those without code.
    pub functions: *const usize,
    /// First register that no called function may begin at.
    pub call_limit: *mut Raw,
    /// Address of `texts`, once there are any.
    characters: *const Value,
    /// Where the next exit puts its values: behind the records.
    exit_values: *mut u64,
    area: *mut u64,
    capacity: usize,
    requests: usize,
    steps: usize,
    interrupt: Arc<Interrupt>,
    /// The strings of one ASCII character, in order.
    texts: Box<[Value]>,
}

impl TraceContext {
    /// Offset of `arguments`.
    pub const ARGUMENTS: usize = offset_of!(TraceContext, arguments);
    /// Offset of the tag word of `result`; its payload lies eight bytes above.
    pub const RESULT: usize = offset_of!(TraceContext, result);
    /// Offset of `observed`.
    pub const OBSERVED: usize = offset_of!(TraceContext, observed);
    /// Offset of the address of the function that a cold block calls.
    pub const SPARING_FUNCTION: usize = offset_of!(TraceContext, sparing_function);
    /// Offset of its operands.
    pub const SPARING_OPERANDS: usize = offset_of!(TraceContext, sparing_operands);
    /// Offset of its result.
    pub const SPARING_RESULT: usize = offset_of!(TraceContext, sparing_result);
    /// Offset of `sparing_stub`.
    pub const SPARING_STUB: usize = offset_of!(TraceContext, sparing_stub);
    /// Offset of `module_base`.
    pub const MODULE_BASE: usize = offset_of!(TraceContext, module_base);
    /// Offset of `slow_call`.
    pub const SLOW_CALL: usize = offset_of!(TraceContext, slow_call);
    /// Offset of `new_closure`.
    pub const NEW_CLOSURE: usize = offset_of!(TraceContext, new_closure);
    /// Offset of the pointer to the exit values.
    pub const EXIT_VALUES: usize = offset_of!(TraceContext, exit_values);

    /// Offset of the address of the word of requests to stop.
    pub const REQUESTS: usize = offset_of!(TraceContext, requests);
    /// Offset of the address of the word of steps that are left.
    pub const STEPS: usize = offset_of!(TraceContext, steps);
    /// Offset of the pointer to the entries of functions.
    pub const FUNCTIONS: usize = offset_of!(TraceContext, functions);
    /// Offset of the address of the strings of one ASCII character, by their codes.
    pub const CHARACTERS: usize = offset_of!(TraceContext, characters);
    /// Offset of the limit for calls.
    pub const CALL_LIMIT: usize = offset_of!(TraceContext, call_limit);

    /// A context for the current thread, boxed because machine code keeps its address.
    pub fn new(
        slow_call: SlowCall,
        new_closure: NewClosure,
        owner: *mut c_void,
        interrupt: Arc<Interrupt>,
    ) -> Box<Self> {
        let mut context = Box::new(TraceContext {
            arguments: [Raw::NULL; ARGUMENTS],
            result: Raw::NULL,
            observed: 0,
            sparing_function: 0,
            sparing_operands: [0; 2],
            sparing_result: 0,
            sparing_stub: 0,
            module_base: ptr::null_mut(),
            slow_call,
            new_closure,
            owner,
            functions: ptr::null(),
            call_limit: ptr::null_mut(),
            characters: ptr::null(),
            exit_values: ptr::null_mut(),
            area: ptr::null_mut(),
            capacity: 0,
            requests: interrupt.requests_address(),
            steps: interrupt.steps_address(),
            interrupt,
            texts: Box::default(),
        });
        context.reserve(64);
        context
    }

    /// Makes what machine code looks up, before the first region is entered: programs that
    /// end without one need not wait for it.
    pub fn make_texts(&mut self) {
        if self.texts.is_empty() {
            self.texts = (0..128u8).map(|c| character(char::from(c))).collect();
            self.characters = self.texts.as_ptr();
        }
    }

    /// What `poll` looks at.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Makes room for `count` exit values and words of records. Forgets the records.
    pub fn reserve(&mut self, count: usize) {
        if count > self.capacity {
            let fresh = vec![0u64; count.next_power_of_two()].into_boxed_slice();
            self.release_exit_values();
            self.capacity = fresh.len();
            self.area = Box::into_raw(fresh) as *mut u64;
        }
        self.rewind();
    }

    /// Forgets the records, as must be done before a region is entered.
    pub fn rewind(&mut self) {
        self.exit_values = self.area;
    }

    fn record_words(&self) -> usize {
        (self.exit_values as usize - self.area as usize) / size_of::<u64>()
    }

    /// The words of all records, that of the innermost region first.
    pub fn records(&self) -> &[u64] {
        // SAFETY: `reserve` allocated `capacity` initialised words, of which
        // machine code uses what it was promised room for.
        unsafe { std::slice::from_raw_parts(self.area, self.record_words()) }
    }

    /// The words that the last exit handed over (those behind its own are stale).
    pub fn exit_values(&self) -> &[u64] {
        let rest = self.capacity - self.record_words();
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.exit_values, rest) }
    }

    /// The same for writing, as the evaluator does.
    pub fn exit_values_mut(&mut self) -> &mut [u64] {
        let rest = self.capacity - self.record_words();
        // SAFETY: as above; the borrow of the context makes it unique.
        unsafe { std::slice::from_raw_parts_mut(self.exit_values, rest) }
    }

    /// Makes a record of the exit values just written, as the evaluator does; `values`
    /// is how many the largest exit of that region has.
    pub fn record(&mut self, values: usize, base: *mut Raw, exit: u64) {
        let words = self.exit_values_mut();
        words[values] = base as u64;
        words[values + 1] = exit;
        self.exit_values = self.exit_values.wrapping_add(values + 2);
    }

    fn release_exit_values(&mut self) {
        if !self.area.is_null() {
            let words = ptr::slice_from_raw_parts_mut(self.area, self.capacity);
            // SAFETY: exactly this slice came from `Box::into_raw` in `reserve`.
            drop(unsafe { Box::from_raw(words) });
            self.area = ptr::null_mut();
        }
    }
}

impl Drop for TraceContext {
    fn drop(&mut self) {
        self.release_exit_values();
    }
}
