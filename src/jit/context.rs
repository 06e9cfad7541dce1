//! What machine code and the rest of the virtual machine share while a region runs.
//!
//! A region function has the signature `extern "C" fn(*mut TraceContext, base:
//! *mut Raw) -> u64`: `base` is register 0 of the frame it runs in (slot
//! `Frame(n)` lies `n` values above it, `n` may be -1), the result is the number
//! of the exit taken. Everything else goes through the [`TraceContext`].
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
use crate::value::Raw;
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;

/// Most operands of one generic helper call.
pub const ARGUMENTS: usize = 64;

/// A generic helper: `imm` is the immediate of the `CallSlow` instruction
/// (number, and extra in the upper half), `count` the number of operands in
/// [`TraceContext::arguments`]. Leaves the result in `result` and answers 0, or
/// answers another status with a fault pending.
pub type SlowCall = unsafe extern "C" fn(context: *mut TraceContext, imm: u64, count: u64) -> u64;

/// Makes a closure of function number `code` over `count` cells in
/// [`TraceContext::arguments`], taking over their counts; answers its address.
pub type NewClosure =
    unsafe extern "C" fn(context: *mut TraceContext, code: u64, count: u64) -> u64;

/// State shared with running machine code.
#[repr(C)]
pub struct TraceContext {
    /// Operands of a generic helper, borrowed unless its row says otherwise.
    pub arguments: [Raw; ARGUMENTS],
    /// Result of the last generic helper; whoever takes it owns the count.
    pub result: Raw,
    /// The word that the guard which failed last had tested.
    pub observed: u64,
    /// Register 0 of the module's main frame.
    pub module_base: *mut Raw,
    /// Performs a generic helper.
    pub slow_call: SlowCall,
    /// Makes closures.
    pub new_closure: NewClosure,
    /// For the two functions above: whatever their owner needs.
    pub owner: *mut c_void,
    exit_values: *mut u64,
    capacity: usize,
    requests: usize,
    steps: usize,
    interrupt: Arc<Interrupt>,
}

impl TraceContext {
    /// Offset of `arguments`.
    pub const ARGUMENTS: usize = offset_of!(TraceContext, arguments);
    /// Offset of the tag word of `result`; its payload lies eight bytes above.
    pub const RESULT: usize = offset_of!(TraceContext, result);
    /// Offset of `observed`.
    pub const OBSERVED: usize = offset_of!(TraceContext, observed);
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
            module_base: ptr::null_mut(),
            slow_call,
            new_closure,
            owner,
            exit_values: ptr::null_mut(),
            capacity: 0,
            requests: interrupt.requests_address(),
            steps: interrupt.steps_address(),
            interrupt,
        });
        context.reserve(64);
        context
    }

    /// What `poll` looks at.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Makes room for `count` exit values.
    pub fn reserve(&mut self, count: usize) {
        if count > self.capacity {
            let fresh = vec![0u64; count.next_power_of_two()].into_boxed_slice();
            self.release_exit_values();
            self.capacity = fresh.len();
            self.exit_values = Box::into_raw(fresh) as *mut u64;
        }
    }

    /// The words that the last exit handed over (those behind its own are stale).
    pub fn exit_values(&self) -> &[u64] {
        // SAFETY: `reserve` allocated `capacity` initialised words here.
        unsafe { std::slice::from_raw_parts(self.exit_values, self.capacity) }
    }

    /// The same for writing, as the evaluator does.
    pub fn exit_values_mut(&mut self) -> &mut [u64] {
        // SAFETY: as above; the borrow of the context makes it unique.
        unsafe { std::slice::from_raw_parts_mut(self.exit_values, self.capacity) }
    }

    fn release_exit_values(&mut self) {
        if !self.exit_values.is_null() {
            let words = ptr::slice_from_raw_parts_mut(self.exit_values, self.capacity);
            // SAFETY: exactly this slice came from `Box::into_raw` in `reserve`.
            drop(unsafe { Box::from_raw(words) });
            self.exit_values = ptr::null_mut();
        }
    }
}

impl Drop for TraceContext {
    fn drop(&mut self) {
        self.release_exit_values();
    }
}
