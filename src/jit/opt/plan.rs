//! What a region is made of, and what emission must know about code.
//!
//! Example: a loop whose root trace is `t0` with one hot side exit has
//! `root: t0` and `bridges: {(t0, v3, false): [t1]}`: the body copy of guard `v3`
//! goes on in `t1`, the peeled copy leaves to the interpreter.

use super::super::ir::{FunctionTable, Ref, Trace, TraceId};
use super::side::Side;
use crate::bytecode::CodeId;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::Arc;

/// The traces of a region and how they may be linked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The trace of the loop or function that the region is entered at.
    pub root: Arc<Trace>,
    /// All traces that may be used, by number.
    pub traces: FxHashMap<TraceId, Arc<Trace>>,
    /// Bridges: trace, its guard (its length for the end of the trace), whether
    /// the copy in a peeled round; the traces that go on there, for different
    /// numbers of frames.
    pub bridges: FxHashMap<(TraceId, Ref, bool), Vec<TraceId>>,
    /// Root traces of loops that may be nested, by function and loop number.
    pub loops: FxHashMap<(CodeId, u16), TraceId>,
    /// What calls in the traces refer to.
    pub functions: FunctionTable,
    /// Whether the first frame is the module's main function.
    pub in_main: bool,
    /// Set if this is to become a side region; `root` is the bridge then.
    pub side: Option<Arc<Side>>,
    /// Which passes run, and limits.
    pub options: Options,
}

/// Switches and budgets of one emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Fold constants and identities.
    pub fold: bool,
    /// Remove guards that are implied by others.
    pub guards: bool,
    /// Share equal computations.
    pub cse: bool,
    /// Forward loads and stores.
    pub heap: bool,
    /// Peel the first round of innermost loops.
    pub peel: bool,
    /// Make objects that only exits need where these are taken.
    pub sink: bool,
    /// Remove what nobody uses.
    pub dead: bool,
    /// Keep the value that an exit's guard has found, for the statistics.
    pub observe: bool,
    /// No nested copy and no bridge begins once the region has this many instructions.
    pub size_limit: usize,
    /// Most loops inside each other.
    pub nesting_limit: usize,
    /// Longest trace that is peeled, in instructions.
    pub peel_limit: usize,
}

impl Options {
    /// Everything on.
    pub const ALL: Options = Options {
        fold: true,
        guards: true,
        cse: true,
        heap: true,
        peel: true,
        sink: true,
        dead: true,
        observe: true,
        size_limit: 8000,
        nesting_limit: 6,
        peel_limit: 2000,
    };
    /// Every optimisation off.
    pub const NONE: Options = Options {
        fold: false,
        guards: false,
        cse: false,
        heap: false,
        peel: false,
        sink: false,
        dead: false,
        ..Options::ALL
    };
}

impl Default for Options {
    fn default() -> Options {
        Options::ALL
    }
}

/// Answers about the functions that traces run through.
pub trait Environment {
    /// Number of variable registers of a function; those above are temporaries.
    fn variables(&self, code: CodeId) -> u32;

    /// Whether the register may be read from the instruction on, before it is written.
    fn is_live(&self, code: CodeId, pc: u32, register: u32) -> bool;

    /// Whether closures of this function capture variables.
    fn captures(&self, code: CodeId) -> bool;

    /// Whether a method gives its receiver back, changed, when it returns.
    fn changes_self(&self, code: CodeId) -> bool;

    /// The first instruction of a loop's round.
    fn header(&self, code: CodeId, index: u16) -> u32;

    /// Number of fields of the struct instances with this shape word, if that is known.
    fn fields(&self, _shape: u64) -> Option<u64> {
        None
    }
}

/// Why a region could not be emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmitError {
    /// The root trace does not begin at a loop header.
    NoLoop,
    /// Its loops did not agree on their slots within the allowed number of tries.
    Unstable,
    /// A trace uses something that the plan does not hold.
    Incomplete,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EmitError::NoLoop => "the root trace does not begin at a loop",
            EmitError::Unstable => "the loops of the region found no common form",
            EmitError::Incomplete => "a trace refers to something outside the region's plan",
        })
    }
}

impl std::error::Error for EmitError {}
