//! Functions with regions of their own: which get one, and how they are entered.
//!
//! Recursion needs them, and large functions get them; others are inlined by the
//! loops that call them. A region stands for one version of a function, that is, for
//! certain types of arguments.
//!
//! What must hold: the table of entries names the code of every version that is
//! linked, and nothing else; the limit for calls admits no more activations than
//! the register stack, the native stack, the depth limit and the records allow.
//!
//! Example: `fib(30)` is called from main; its 500th call is recursive and
//! records `fib` for an int. From then on calls made by the interpreter enter the
//! region, whose own calls do not come back here.

use super::drafts::operations_of;
use super::errors::throws;
use super::site::Site;
use super::{HOSTILE, Jit, PATIENCE, RegionState, native};
use crate::base::event::{Retry, Why};
use crate::interp::Machine;
use crate::interp::machine::SLACK;
use crate::jit::code::CompiledRegion;
use crate::jit::context::{LEFT, TraceContext};
use crate::jit::exits::{ExitPlan, most_values};
use crate::jit::ir::{Callee, ExitId, FrameState, FunctionTable, Op, Region, Start, Trace, Type};
use crate::jit::record::{Origin, may_have_region};
use crate::value::{Raw, Tag};
use smallvec::SmallVec;
use std::time::Instant;

/// Calls and rounds that a recording waits for a function that it calls.
pub(super) const PATIENCE_FOR_CALLS: u32 = 4_000;

/// Frames looked at to see whether a function is recursive.
const FRAMES: usize = 64;

/// Bytes of the native stack that calls may take.
const NATIVE_STACK: usize = 1 << 20;

/// What an activation takes of the native stack when it is evaluated.
const EVALUATED_FRAME: usize = 4 << 10;

/// Recordings given up in a row before a function is rather inlined and a loop rather
/// followed.
pub(super) const HOPELESS: u32 = 3;

/// Frames that an activation may push besides its own, at most, when it is left.
const INLINED: usize = 80;

/// The versions of functions and the code that they have.
#[derive(Debug)]
pub(super) struct Functions {
    /// All versions that traces know.
    pub table: FunctionTable,
    /// Entry of each version; 0 without code.
    entries: Vec<usize>,
    /// Registers between two activations, for each frame, at least; `None` as
    /// long as no region calls.
    advance: Option<usize>,
    /// Registers that an activation may use, at most.
    reach: usize,
    /// Bytes of native stack of an activation, at most.
    frame_bytes: usize,
    /// Words of a record, at most.
    record: usize,
    /// Exit values of any region, at most.
    exit_values: usize,
}

impl Default for Functions {
    fn default() -> Functions {
        Functions {
            table: FunctionTable::default(),
            entries: Vec::new(),
            advance: None,
            reach: 0,
            frame_bytes: 64,
            record: 2,
            exit_values: 0,
        }
    }
}

impl Functions {
    /// The entry of a version; 0 without code.
    pub fn entry(&self, version: u32) -> usize {
        self.entries.get(version as usize).copied().unwrap_or(0)
    }

    /// The entries by version.
    pub fn entries(&self) -> &[usize] {
        &self.entries
    }

    /// Takes note of a region: the version that it is the code of, if any. A draft has no
    /// `code` to be entered; what is evaluated everywhere has `None` in it.
    pub fn link(
        &mut self,
        number: usize,
        region: &Region,
        plans: &[ExitPlan],
        code: Option<Option<&CompiledRegion>>,
    ) -> Option<u32> {
        self.entries.resize(self.table.len().max(self.entries.len()), 0);
        for inst in region.insts.iter().filter(|inst| inst.op == Op::CallFunction) {
            let exit = inst.exit.expect("calls have exits");
            let frames = plans[exit.0 as usize].frames.len();
            let base = Callee::decode(inst.imm).base.max(1) as usize;
            let advance = (base / frames).max(1);
            self.advance = Some(self.advance.map_or(advance, |least| least.min(advance)));
        }
        self.exit_values = self.exit_values.max(most_values(plans));
        let version = region.function.filter(|_| !region.is_side)?;
        self.record = self.record.max(most_values(plans) + 2);
        if let Some(compiled) = code {
            let frame = compiled.map_or(EVALUATED_FRAME, |code| code.frame_bytes);
            self.frame_bytes = self.frame_bytes.max(frame);
            // Without machine code anything but 0 says that there is a region.
            self.entries[version as usize] = compiled.map_or(number + 1, CompiledRegion::address);
        }
        Some(version)
    }

    /// Notes how many registers an activation of a function may use.
    pub fn note_reach(&mut self, reach: usize) {
        self.reach = self.reach.max(reach);
    }

    /// Notes what an activation takes that has crossed over to side regions: bytes of native
    /// stack, and the exit values of the last of them.
    pub fn note_activation(&mut self, frame_bytes: usize, exit_values: usize) {
        self.frame_bytes = self.frame_bytes.max(frame_bytes);
        self.record = self.record.max(exit_values + 2);
    }

    /// A region goes.
    pub fn unlink(&mut self, state: &RegionState) {
        if let Some(version) = state.version {
            self.entries[version as usize] = 0;
        }
    }

    /// All regions go.
    pub fn unlink_all(&mut self) {
        self.entries.fill(0);
    }

    /// Sets limits and makes room for records, before a region is entered in the
    /// frame at `base`.
    pub fn prepare(&self, context: &mut TraceContext, machine: &Machine, base: *mut Raw) {
        let Some(advance) = self.advance else {
            context.reserve(self.record + self.exit_values);
            return;
        };
        let left = machine.depth_limit().saturating_sub(machine.frames.len() + INLINED);
        let activations = left.min(NATIVE_STACK / self.frame_bytes);
        let limit = base.wrapping_add(activations * advance);
        context.call_limit = limit.min(machine.stack_end().wrapping_sub(self.reach + SLACK));
        context.reserve((activations + 2) * self.record + self.exit_values);
    }
}

impl Jit {
    /// The countdown of the function that the innermost frame begins ran out.
    pub(super) fn function_called(&mut self, machine: &mut Machine) -> bool {
        let frame = *machine.frames.last().expect("a frame");
        let code = frame.code();
        let site = self.site_of(code, None);
        if self.chaos.as_mut().is_some_and(|chaos| chaos.below(64) == 0) {
            self.evict(site, HOSTILE);
        }
        self.receive(machine);
        let kinds = machine.arguments();
        let types: SmallVec<[Type; 8]> = if kinds.iter().any(|raw| raw.tag == Tag::Place) {
            SmallVec::new()
        } else {
            kinds.iter().map(|raw| Type::of(raw.tag)).collect()
        };
        if let Some(version) = self.functions.table.find(code.id, &types)
            && let Some(number) = self.sites[site]
                .regions
                .iter()
                .copied()
                .find(|n| self.regions[*n].as_ref().is_some_and(|s| s.version == Some(version)))
            && !self.is_resting(number)
        {
            let raised = self.call_region(machine, number);
            self.review_draft(machine, number);
            return raised;
        }
        if self.is_awaited(site) {
            self.rest(code, site, PATIENCE);
            return false;
        }
        let depth = machine.frames.len() - 1;
        let callers = &machine.frames[depth.saturating_sub(FRAMES)..depth];
        let recursive = callers.iter().any(|caller| std::ptr::eq(caller.code, frame.code));
        let called = self.functions.table.find(code.id, &types).is_some();
        let spent = self.options.fuel.is_some_and(|fuel| self.compilations >= fuel);
        if !(recursive || called) || spent || !may_have_region(code) {
            let patience = self.sites[site].patience;
            self.sites[site].patience = (patience * 2).min(1 << 12);
            self.rest(code, site, patience);
            return false;
        }
        let Some(version) = self.functions.table.enter(code.id, &types) else {
            self.rest(code, site, self.options.backoff);
            return false;
        };
        let frames = vec![FrameState { code: code.id, pc: 0, base: 0 }];
        let start = Start::Function { code: code.id, version };
        let why = Why::FunctionHot { calls: self.options.hot_after() };
        let origin = Origin { returns: true, called: true, ..Origin::default() };
        let (recorded, raised) = self.record(machine, start, frames, why, origin);
        self.compile_recorded(machine, site, code, recorded);
        raised
    }

    /// Lets functions that a new trace calls get their regions soon.
    pub(super) fn hasten_callees(&mut self, machine: &Machine, trace: &Trace) {
        for inst in trace.insts.iter().filter(|inst| inst.op == Op::CallFunction) {
            let version = Callee::decode(inst.imm).version;
            let code = machine.code(self.functions.table.version(version).code);
            let site = self.site_of(code, None);
            if self.functions.entry(version) == 0 && !self.is_awaited(site) {
                self.sites[site].patience = Site::PATIENCE;
                self.rest(code, site, 1);
            }
        }
    }

    /// Notes that a function without a region is to be inlined, once recording it was
    /// given up too often.
    pub(super) fn inline_hopeless(&mut self, site: usize, retry: Retry) {
        let site = &self.sites[site];
        let hopeless = site.aborts >= HOPELESS || retry == Retry::Never;
        if hopeless && site.index.is_none() && site.regions.is_empty() {
            self.functions.table.inline(site.code);
        }
    }

    /// Lets a call that is about to be made because the function has no code evaluate its
    /// draft, if it has one.
    pub(super) fn evaluate_callee(&mut self, machine: &Machine, number: usize, exit: ExitId) {
        let version = self.callee_at(number, exit);
        let draft = self.drafts.iter().find_map(|(draft, _)| {
            let state = self.regions[*draft].as_ref()?;
            (state.version == Some(version) && !self.is_resting(*draft)).then_some(state.site)
        });
        if let Some(site) = draft {
            self.rest(machine.code(self.sites[site].code), site, 1);
        }
    }

    /// The version of a function whose call this exit is before.
    fn callee_at(&self, number: usize, exit: ExitId) -> u32 {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let call = &self.trace(plan.trace).insts[plan.guard.0 as usize];
        Callee::decode(call.imm).version
    }

    /// Whether a bridge can follow a call into a function that has no region: not if it
    /// is active already, or too many are.
    pub(super) fn follows_callee(&self, number: usize, exit: ExitId) -> bool {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let code = self.functions.table.version(self.callee_at(number, exit)).code;
        self.functions.table.is_inlined(code)
            && plan.frames.len() <= self.options.inline_depth as usize
            && plan.frames.iter().all(|frame| frame.code != code)
    }

    /// Enters the region of a function with the arguments in the innermost frame.
    fn call_region(&mut self, machine: &mut Machine, number: usize) -> bool {
        let frame = *machine.frames.last().expect("a frame");
        let state = self.regions[number].as_ref().expect("a region that is linked");
        if !machine.has_room(frame.base, state.reach) {
            return false;
        }
        let timed = self.options.profile || state.endings.are_weighed();
        let start = timed.then(Instant::now);
        let forced = self.exit_to_force(number);
        self.functions.prepare(&mut self.context, machine, frame.base);
        let taken = machine.take_arguments();
        let words = taken.iter().filter(|raw| Type::of(raw.tag).has_bits()).map(|raw| raw.bits);
        let words: SmallVec<[u64; 8]> = words.collect();
        let (regions, functions, context) = (&self.regions, &self.functions, &mut self.context);
        let state = regions[number].as_ref().expect("a region that is linked");
        let mut unlimited = u64::MAX;
        let operations = operations_of(&mut self.drafts, number, &mut unlimited);
        let manner = native::Manner { forced, operations };
        let returned = native::call(state, regions, functions, context, machine, &words, manner);
        self.tallies.entries += 1;
        let state = self.regions[number].as_mut().expect("still there");
        if let Some(start) = start {
            let nanoseconds = start.elapsed().as_nanos() as u64;
            self.clock.native += nanoseconds;
            state.endings.took(nanoseconds);
        }
        state.entries += 1;
        if returned.tag != LEFT {
            let counter = state.returns.expect("functions have a counter of returns");
            self.exits.count(counter, None);
            let tag = Tag::from_number(returned.tag);
            if frame.code().changes_self {
                machine.put_receiver(std::mem::replace(&mut self.context.result, Raw::NULL));
            }
            return machine.return_value(Raw { tag, bits: returned.payload });
        }
        let (left, exit) = native::resume_called(&self.regions, &self.context, machine, true);
        let seen = self.seen_at(left, exit, forced);
        let throws = throws(machine);
        let raised = self.left(machine, left, exit, seen);
        if raised || throws {
            self.note_error(machine, number);
        }
        raised
    }
}
