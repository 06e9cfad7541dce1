//! Entering regions and coming back.
//!
//! Contract of the `unsafe` here: a region is entered only at the header of
//! its loop, in a frame of the function it was recorded in, with room for all
//! registers that its exits write; the machine that generic operations work on
//! is the one whose hook is running, and nobody else touches it meanwhile.
//!
//! Example: machine code that reaches `call_slow print` comes to [`slow_call`],
//! which runs the builtin with the machine's context.

use super::RegionState;
use crate::base::interrupt::Interrupt;
use crate::bytecode::{Slow, Takes};
use crate::interp::{Frame, Machine, slow};
use crate::jit::code::restore;
use crate::jit::context::TraceContext;
use crate::jit::evaluate::evaluate;
use crate::jit::exits::ExitPlan;
use crate::jit::ir::ExitId;
use crate::value::{ClosureObject, Raw, Tag, Value};
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

/// The context of a machine's regions.
pub(super) fn context(interrupt: Arc<Interrupt>) -> Box<TraceContext> {
    TraceContext::new(slow_call, new_closure, ptr::null_mut(), interrupt)
}

/// Runs a region from its loop's header until it is left; the exit taken. If
/// `forced` names an exit, its guards fail even if they hold.
pub(super) fn enter(
    state: &RegionState,
    context: &mut TraceContext,
    machine: &mut Machine,
    base: *mut Raw,
    forced: Option<usize>,
) -> ExitId {
    context.module_base = machine.module_base;
    context.owner = machine as *mut Machine as *mut c_void;
    // SAFETY: the driver enters at the loop's header and has checked the room;
    // `reserve` was called for every region compiled.
    unsafe {
        match &state.compiled {
            Some(code) => match forced {
                Some(exit) => {
                    code.attachments.forced[exit].set(1);
                    let taken = code.enter(context, base);
                    code.attachments.forced[exit].set(0);
                    taken
                }
                None => code.enter(context, base),
            },
            None => {
                let plans = &state.plans;
                let mut fails = |exit: ExitId| Some(exit.0 as usize) == forced;
                evaluate(&state.region, plans, context, base, &mut fails)
            }
        }
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
    unsafe { restore(plan, context, base) };
    for (depth, state) in plan.frames.iter().enumerate() {
        let code = machine.code(state.code);
        let pc: *const _ = &raw const code.instructions[state.pc as usize];
        if depth == 0 {
            machine.frames.last_mut().expect("the frame that was entered").pc = pc;
        } else {
            let base = base.wrapping_offset(state.base as isize);
            machine.frames.push(Frame { code, pc, base });
        }
    }
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
