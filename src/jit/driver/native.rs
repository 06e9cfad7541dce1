//! Entering regions and coming back.
//!
//! Contract of the `unsafe` here: a region is entered only at the header of
//! its loop, in a frame of the function it was recorded in, or at the beginning
//! of its function with arguments of its version's types, and with room for all
//! registers that its exits write; the machine that generic operations work on
//! is the one whose hook is running, and nobody else touches it meanwhile.
//!
//! Example: machine code that reaches `call_slow print` comes to [`slow_call`],
//! which runs the builtin with the machine's context.

use super::RegionState;
use super::functions::Functions;
use crate::base::interrupt::Interrupt;
use crate::bytecode::{ActiveCall, Slow, Takes};
use crate::interp::{Frame, Machine, slow};
use crate::jit::code::restore;
use crate::jit::context::{LEFT, RAISING, Returned, TraceContext, exit_word};
use crate::jit::evaluate::{Ended, Surroundings, evaluate};
use crate::jit::exits::{ExitPlan, exit_number, exit_of_word};
use crate::jit::ir::ExitId;
use crate::prim::Fault;
use crate::value::{ClosureObject, Raw, Tag, Value};
use smallvec::SmallVec;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

/// The context of a machine's regions.
pub(super) fn context(interrupt: Arc<Interrupt>) -> Box<TraceContext> {
    TraceContext::new(slow_call, new_closure, ptr::null_mut(), interrupt)
}

/// How a region is entered.
pub(super) struct Manner<'a> {
    /// A region and its exit whose guards fail even if they hold.
    pub forced: Option<(usize, usize)>,
    /// How many operations a region without code is evaluated for, about; those that are left
    /// over remain.
    pub operations: &'a mut u64,
}

/// Runs the region of a loop from its header until it, or a side region, is left; the number of
/// that and the exit taken. The machine's innermost frame is the one that the loop is in.
pub(super) fn enter(
    state: &RegionState,
    regions: &[Option<RegionState>],
    functions: &Functions,
    context: &mut TraceContext,
    machine: &mut Machine,
    Manner { forced, operations }: Manner<'_>,
) -> (usize, ExitId) {
    let base = machine.frames.last().expect("a frame").base;
    share(context, machine, functions);
    let flag = ForcedExit::set(regions, forced);
    // SAFETY: the driver enters at the loop's header and has checked the room;
    // `reserve` was called for every region compiled.
    let left = unsafe {
        match &state.compiled {
            Some(code) => code.enter(context, base),
            None => {
                let number = state.number;
                let mut around = Interpreted::new(regions, number, forced, *operations);
                let ended = evaluate(&state.region, &state.plans, context, base, &[], &mut around);
                *operations = around.operations;
                match ended {
                    Ended::Left(exit) => (number, exit),
                    Ended::Returned(_) => unreachable!("regions of loops do not return"),
                }
            }
        }
    };
    drop(flag);
    left
}

/// Calls the region of a function with these arguments: what it answers.
pub(super) fn call(
    state: &RegionState,
    regions: &[Option<RegionState>],
    functions: &Functions,
    context: &mut TraceContext,
    machine: &mut Machine,
    arguments: &[u64],
    Manner { forced, operations }: Manner<'_>,
) -> Returned {
    let base = machine.frames.last().expect("a frame").base;
    share(context, machine, functions);
    let flag = ForcedExit::set(regions, forced);
    let returned = match &state.compiled {
        // SAFETY: the driver has checked that the arguments have the types of the
        // version, and that there is room for frames and records.
        Some(code) => unsafe { code.call(context, base, arguments) },
        None => {
            let mut around = Interpreted::new(regions, state.number, forced, *operations);
            let returned = around.run(state, context, base, arguments);
            *operations = around.operations;
            returned
        }
    };
    drop(flag);
    returned
}

/// What regions find in the context while this machine runs them.
fn share(context: &mut TraceContext, machine: &mut Machine, functions: &Functions) {
    context.module_base = machine.module_base;
    context.owner = machine as *mut Machine as *mut c_void;
    context.functions = functions.entries().as_ptr();
}

/// An exit that machine code takes although its guard holds, until this goes.
struct ForcedExit<'a>(&'a Cell<u8>);

impl ForcedExit<'_> {
    fn set(
        regions: &[Option<RegionState>],
        forced: Option<(usize, usize)>,
    ) -> Option<ForcedExit<'_>> {
        let (number, exit) = forced?;
        let compiled = regions[number].as_ref()?.compiled.as_ref()?;
        let flag = &compiled.attachments.forced[exit];
        flag.set(1);
        Some(ForcedExit(flag))
    }
}

impl Drop for ForcedExit<'_> {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

/// The regions of functions, as evaluation calls them.
struct Interpreted<'a> {
    regions: &'a [Option<RegionState>],
    /// The region that is evaluated.
    number: usize,
    /// A region and its exit that is taken although its guard holds.
    forced: Option<(usize, usize)>,
    /// Operations that are still to be evaluated.
    operations: u64,
    /// Evaluations that are active around it.
    depth: u32,
}

/// Evaluations of drafts that may be active at once: each takes native stack.
const EVALUATED_CALLS: u32 = 32;

impl<'a> Interpreted<'a> {
    fn new(
        regions: &'a [Option<RegionState>],
        number: usize,
        forced: Option<(usize, usize)>,
        operations: u64,
    ) -> Interpreted<'a> {
        Interpreted { regions, number, forced, operations, depth: 0 }
    }

    fn state_of(&self, version: u32) -> Option<&'a RegionState> {
        self.regions.iter().flatten().find(|state| state.version == Some(version))
    }

    fn run(
        &mut self,
        state: &RegionState,
        context: &mut TraceContext,
        base: *mut Raw,
        arguments: &[u64],
    ) -> Returned {
        if let Some(code) = &state.compiled {
            // SAFETY: the same call that the code of a region would make.
            return unsafe { code.call(context, base, arguments) };
        }
        // SAFETY: as for machine code; calls go through the same limits.
        let ended =
            unsafe { evaluate(&state.region, &state.plans, context, base, arguments, self) };
        match ended {
            Ended::Returned(returned) => returned,
            Ended::Left(exit) => {
                context.record(
                    state.most_values,
                    base,
                    exit_word(state.number as u32, exit_number(exit)),
                );
                Returned { tag: LEFT, payload: LEFT }
            }
        }
    }
}

impl Surroundings for Interpreted<'_> {
    fn call(
        &mut self,
        context: &mut TraceContext,
        callee: u32,
        base: *mut Raw,
        words: &[u64],
    ) -> Returned {
        let state = self.state_of(callee).expect("the guard found code or a draft");
        let mut inside = Interpreted { number: state.number, depth: self.depth + 1, ..*self };
        let returned = inside.run(state, context, base, words);
        self.operations = inside.operations;
        returned
    }

    fn forces(&mut self, exit: ExitId) -> bool {
        self.forced == Some((self.number, exit.0 as usize))
    }

    fn evaluates(&self, version: u32) -> bool {
        let may_go_on = self.operations > 0 && self.depth < EVALUATED_CALLS;
        may_go_on && self.state_of(version).is_some()
    }

    fn begins(&mut self, operations: usize) {
        self.operations = self.operations.saturating_sub(operations as u64);
    }

    fn pauses(&mut self) -> bool {
        self.operations == 0
    }
}

/// Makes registers and frames what they are at an exit just taken.
pub(super) fn resume(
    plan: &ExitPlan,
    context: &TraceContext,
    machine: &mut Machine,
    base: *mut Raw,
) {
    // SAFETY: this exit was just taken with this base.
    unsafe { restore(plan, context, context.exit_values(), base) };
    push_frames(plan, machine, base, true);
}

/// Makes the frames of an exit; the first one is there already if it was `entered`.
fn push_frames(plan: &ExitPlan, machine: &mut Machine, base: *mut Raw, entered: bool) {
    for (depth, state) in plan.frames.iter().enumerate() {
        let code = machine.code(state.code);
        let pc: *const _ = &raw const code.instructions[state.pc as usize];
        if depth == 0 && entered {
            machine.frames.last_mut().expect("the frame that was entered").pc = pc;
        } else {
            let base = base.wrapping_offset(state.base as isize);
            machine.frames.push(Frame { code, pc, base });
        }
    }
}

/// Makes the frames and registers of all functions that were left, outermost
/// first, as their records tell; answers region and exit of the innermost one.
/// The outermost one's frame is there already if it was `entered` by the driver.
pub(super) fn resume_called(
    regions: &[Option<RegionState>],
    context: &TraceContext,
    machine: &mut Machine,
    mut entered: bool,
) -> (usize, ExitId) {
    let mut words = context.records();
    let mut innermost = None;
    while let [rest @ .., base, exit] = words {
        let (number, exit) = exit_of_word(*exit);
        let state = regions[number].as_ref().expect("a region that was running");
        let plan = &state.plans[exit.0 as usize];
        let (before, values) = rest.split_at(rest.len() - state.most_values);
        let base = *base as *mut Raw;
        // SAFETY: this exit was taken with this base and these values.
        unsafe { restore(plan, context, values, base) };
        push_frames(plan, machine, base, entered);
        entered = false;
        innermost = Some((number, exit));
        words = before;
    }
    innermost.expect("a function that was left has a record")
}

/// Carries out a generic operation for a region.
///
/// # Safety
/// Called by a region's code only: `context` is the one it was entered with and
/// holds `count` operands.
unsafe extern "C" fn slow_call(context: *mut TraceContext, imm: u64, count: u64) -> u64 {
    // SAFETY: as promised; operands that the operation does not take are
    // borrowed from the region, which keeps them alive: they are neither
    // dropped nor kept here. Taken ones are owned and left in place on a fault.
    unsafe {
        let machine = &mut *((*context).owner as *mut Machine);
        let operation = Slow::from_number(imm as u8);
        let extra = (imm >> 32) as u32;
        let arguments = (&raw mut (*context).arguments) as *mut Value;
        let operands = std::slice::from_raw_parts_mut(arguments, count as usize);
        if operation == Slow::Caught {
            let calls = operands[1..].iter().map(|call| ActiveCall::unpack(call.raw().bits as i64));
            let fault = match operands[0].tag() {
                Tag::Undefined => machine.fault.take().expect("a pending fault"),
                _ => Fault::Thrown(operands[0].clone()),
            };
            if !fault.is_catchable() {
                machine.fault = Some(fault);
                return 1;
            }
            let error = machine.caught_in_region(&fault, calls, extra != 0);
            (*context).result = error.into_raw();
            return 0;
        }
        if operation == Slow::Dismiss {
            let fault = machine.fault.take();
            machine.fault = fault.filter(|fault| !fault.is_catchable());
            return u64::from(machine.fault.is_some());
        }
        if imm & RAISING != 0 {
            // It may take operands, and shall not have those of the region.
            let mut copies: SmallVec<[Value; 8]> = operands.iter().cloned().collect();
            let outcome = slow::run(&mut machine.context, operation, extra, &mut copies);
            machine.fault = outcome.err();
            return u64::from(machine.fault.is_some());
        }
        match slow::run(&mut machine.context, operation, extra, operands) {
            Ok(value) => {
                debug_assert!(
                    operation.takes() != Takes::All || operands.iter().all(Value::is_null)
                );
                (*context).result = value.into_raw();
                0
            }
            Err(fault) => {
                machine.fault = Some(fault);
                1
            }
        }
    }
}

/// Makes a closure for a region.
///
/// # Safety
/// As for [`slow_call`]; the operands are cells whose counts are given up.
unsafe extern "C" fn new_closure(context: *mut TraceContext, code: u64, count: u64) -> u64 {
    // SAFETY: as promised.
    unsafe {
        let machine = &mut *((*context).owner as *mut Machine);
        let code = &machine.codes[code as usize];
        let cells = (0..count as usize).map(|at| {
            let cell = (*context).arguments[at];
            Raw { tag: Tag::Cell, bits: cell.bits }.into_value()
        });
        let address = Rc::as_ptr(code) as usize;
        let arity = code.parameters as u32;
        ClosureObject::allocate(code.id.0, address, code.name, arity, cells).into_raw().bits
    }
}
