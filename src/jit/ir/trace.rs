//! A recorded trace, as the recorder leaves it and the optimiser reads it.
//!
//! The instructions are in the order of execution; a [`Ref`](super::Ref) is an
//! index into them. Marks tell how the interpreter's state evolves: `at` begins
//! a bytecode instruction, `set` changes a slot, `enter`/`leave` change frames.
//! Every guard belongs to the last `at` before it: if it fails, execution
//! resumes there with the slots as they were at that mark.
//!
//! What must hold: between an `at` and its last guard there is no `set`, store
//! or call with effects (decide, compute, then act); a `Slot` instruction reads
//! a slot that no `set` has changed before.
//!
//! Example: one round of `while i < 10 { s := s + i; i := i + 1 }`:
//!
//! ```text
//! at 2; v1 = slot r1:int; v2 = const 10; v3 = int_lt v1, v2; guard_true v3
//! at 3; v5 = slot r0:int; v6 = int_add v5, v1; set r0 v6
//! at 4; v9 = const 1; v10 = int_add v1, v9; set r1 v10
//! ends at the header by JumpBack
//! ```

use super::types::{FrameState, Inst, Ref};
use crate::bytecode::CodeId;

/// Number of a recorded trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub u32);

/// Where a trace began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the header of a loop.
    Loop {
        /// The function.
        code: CodeId,
        /// The loop's number in it.
        index: u16,
    },
    /// At the beginning of a function, called with arguments of certain types.
    Function {
        /// The function.
        code: CodeId,
        /// Its number and the types, see [`FunctionTable`](super::FunctionTable).
        version: u32,
    },
    /// At the failed guard `guard` of trace `parent`.
    Exit {
        /// The trace whose guard failed.
        parent: TraceId,
        /// The guarding instruction of it.
        guard: Ref,
    },
}

/// How a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEnd {
    /// It arrives at the header of a loop of the innermost frame.
    Header {
        /// The function.
        code: CodeId,
        /// The loop's number in it.
        index: u16,
        /// Whether through `JumpBack` (else by falling in).
        back: bool,
    },
    /// The interpreter goes on at this instruction of the innermost frame.
    Leave {
        /// The instruction.
        pc: u32,
    },
    /// The trace's only frame returns by the instruction `pc`. In the region of a
    /// function it does so, elsewhere it leaves before that instruction.
    Return {
        /// The instruction.
        pc: u32,
        /// The register that is returned; null without one.
        register: Option<u16>,
    },
}

/// A frame that the trace pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameMark {
    /// The function entered.
    pub code: CodeId,
    /// First register, counted from the base of the trace's first frame.
    pub base: i32,
    /// Instruction of the calling function after the call.
    pub return_pc: u32,
}

/// A recorded trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Its number.
    pub id: TraceId,
    /// Where it began.
    pub start: Start,
    /// Activations at the start, outermost first; that of a loop or
    /// function has one, a bridge those of its parent's snapshot. The innermost one's `pc` is where
    /// recording began.
    pub frames: Vec<FrameState>,
    /// Frames that `enter` marks push.
    pub entered: Vec<FrameMark>,
    /// The instructions.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub end: TraceEnd,
    /// Number of bytecode instructions recorded.
    pub bytecodes: u32,
    /// Whether the first frame is the module's main function, so that slots of
    /// the module are its registers.
    pub in_main: bool,
}

impl Trace {
    /// Whether this bridge is the way on where these frames are active. It needs
    /// those that it was recorded with; with more around them, one that leaves is
    /// not the best there is: a recording there can follow the return.
    pub fn goes_on_at(&self, frames: &[FrameState]) -> bool {
        let leaves = matches!(self.end, TraceEnd::Leave { .. } | TraceEnd::Return { .. });
        let Some(outer) = frames.len().checked_sub(self.frames.len()) else { return false };
        let here = &frames[outer..];
        let (Some(first), Some(there)) = (here.first(), self.frames.first()) else { return false };
        let shift = first.base - there.base;
        let fits = here.iter().zip(&self.frames).all(|(here, there)| {
            here.code == there.code && here.pc == there.pc && here.base == there.base + shift
        });
        fits && !(outer > 0 && leaves)
    }

    /// What an exit names as its guard for the check of this number before the loop:
    /// beyond the instructions and beyond the end.
    pub fn name_of_check(&self, number: u32) -> Ref {
        Ref(self.insts.len() as u32 + 1 + number)
    }

    /// The number of the check before the loop that an exit names as its guard.
    pub fn check_of_name(&self, name: Ref) -> Option<u32> {
        name.0.checked_sub(self.insts.len() as u32 + 1)
    }

    /// The instruction that `reference` names.
    ///
    /// # Panics
    /// If there is none.
    pub fn inst(&self, reference: Ref) -> &Inst {
        &self.insts[reference.0 as usize]
    }
}
