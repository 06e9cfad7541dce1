//! The JIT as the interpreter's hook: decides what to record, compile and run.
//!
//! A loop or function is a [`Site`](site::Site). When its countdown runs out the
//! driver enters a region made for it, or records one. A new region is evaluated for
//! a while before its code is generated ([`drafts`]). When a region is left, the
//! exit is counted; a hot exit gets a bridge, and the region is compiled again
//! with it. Everything that fails backs off and is tried again later.
//!
//! What must hold: while a region runs, the machine is not touched except by
//! the generic operations that the region calls; after an exit its frames and
//! registers are exactly what the interpreter would have made them.
//!
//! Example: round 500 of a loop records its root trace, the next ones are evaluated,
//! and some thousand rounds later it runs in machine code until the loop ends; that exit
//! is counted, and if the loop is entered and left again often, the way on from it is
//! recorded.

mod background;
mod branches;
mod chaos;
mod compile;
mod drafts;
mod emission;
mod errors;
mod exits;
mod functions;
mod growth;
mod known;
mod native;
mod sides;
mod site;
mod statistics;
mod ways;

use super::code::{CompiledRegion, RegionCompiler, observed};
use super::context::TraceContext;
use super::exits::ExitPlan;
use super::ir::{Beginning, ExitId, ExitKind, Ref, Region, Start, Trace, TraceId, Type};
use super::opt;
use super::record::{
    Abort, Known, MOST_LAST_ROUNDS, Origin, RecordLimits, may_have_region, record,
};
use crate::base::event::{Event, Observer, Position, Retry, Silent, Why};
use crate::base::interrupt::Interrupt;
use crate::base::options::{JitMode, Options};
use crate::bytecode::{Code, CodeId, Opcode};
use crate::interp::{Frame, Hook, Machine};
use crate::value::Value;
use background::Background;
use branches::Verdict;
use chaos::Chaos;
use exits::{ExitKey, ExitTable};
use known::KnownLoops;
use rustc_hash::FxHashMap;
use site::Site;
use std::sync::Arc;
use std::time::Instant;

/// Rounds after which a loop asks again for a region that is being generated.
const PATIENCE: u32 = 64;

/// Why regions go in a test mode.
const HOSTILE: &str = "hostile mode";

/// What the JIT spent its time on, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    recording: u64,
    optimising: u64,
    generating: u64,
    native: u64,
    background: u64,
}

/// A region that can be entered.
struct RegionState {
    /// Its number.
    number: usize,
    /// The loop that it is entered at.
    site: usize,
    /// Its root trace.
    root: TraceId,
    region: Region,
    plans: Vec<ExitPlan>,
    /// Values that its largest exit hands over.
    most_values: usize,
    /// Entry in the exit table of each exit.
    counters: Vec<usize>,
    /// Number of its first exit among all that were compiled.
    first_exit: u64,
    compiled: Option<CompiledRegion>,
    /// The version, if this is the region of a function.
    version: Option<u32>,
    /// Entry in the exit table for returns from it.
    returns: Option<usize>,
    /// Registers above the base that an exit may write.
    reach: usize,
    entries: u64,
    endings: errors::Endings,
    /// Times that code was generated for it before.
    generations: u32,
    micros: crate::base::event::Micros,
}

impl RegionState {
    /// The exit that has this number among all that were compiled, if it is one of this region
    /// and may be forced.
    fn exit_to_force(&self, number: u64) -> Option<usize> {
        let exit = number.checked_sub(self.first_exit)? as usize;
        self.plans.get(exit)?.may_be_forced().then_some(exit)
    }

    /// Rounds counted for each trace of the region.
    fn rounds(&self) -> Vec<(TraceId, u64)> {
        let Some(code) = &self.compiled else { return Vec::new() };
        let counts = code.attachments.counters.iter().zip(&self.region.blocks);
        let rounds = counts.filter_map(|(count, block)| {
            let guards = block.insts.iter().find_map(|at| self.region.inst(*at).exit);
            let exit = match block.end {
                super::ir::End::Leave(exit) => guards.or(Some(exit)),
                super::ir::End::Jump { .. } | super::ir::End::Return(_) => guards,
            }?;
            Some((self.region.exits[exit.0 as usize].trace, count.get()))
        });
        rounds.collect()
    }
}

/// How a region was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// With a fault to be raised.
    Raised,
    /// By a side region, at the header where the region is entered.
    AtHome,
    /// Anywhere else.
    Inside,
}

/// The tracing JIT of one machine.
pub struct Jit {
    options: Options,
    observer: Box<dyn Observer>,
    traces: Vec<Arc<Trace>>,
    /// What the constants of the traces point to.
    kept: Vec<Value>,
    /// What those that are strings begin with, by their bits.
    beginnings: Arc<FxHashMap<u64, Beginning>>,
    sites: Vec<Site>,
    by_loop: FxHashMap<(CodeId, u16), usize>,
    exits: ExitTable,
    regions: Vec<Option<RegionState>>,
    compiler: Option<RegionCompiler>,
    background: Option<Background>,
    /// What it works on, by number of the region.
    awaited: FxHashMap<usize, compile::Awaited>,
    growing: growth::GrowingRegions,
    drafts: drafts::Drafts,
    /// Which regions are side regions, by number.
    sides: FxHashMap<usize, sides::SideRegion>,
    tickets: u64,
    context: Box<TraceContext>,
    functions: functions::Functions,
    codes: Arc<emission::CodeFacts>,
    clock: Clock,
    tallies: statistics::Tallies,
    compilations: u64,
    /// Times that a region was left at an exit whose bridge it does not have, and
    /// `u32::MAX` once it was compiled again for that.
    missed: FxHashMap<(usize, usize), u32>,
    /// What emissions found out about the loops of a region, by its root trace.
    learned: FxHashMap<TraceId, opt::Learned>,
    /// Which branches are recorded both ways.
    branches: branches::Branches,
    ways: ways::Ways,
    /// Exits of all regions compiled so far.
    exits_compiled: u64,
    chaos: Option<Chaos>,
    /// The exit to be taken once although its guard holds.
    to_force: Option<u64>,
}

impl Jit {
    /// A JIT with these options. `observer` is told what it does; `interrupt` is
    /// what machine code polls.
    pub fn new(
        options: Options,
        observer: Option<Box<dyn Observer>>,
        interrupt: Arc<Interrupt>,
    ) -> Jit {
        let chaos = options.chaos.map(Chaos::new);
        let to_force = options.force_exit;
        Jit {
            chaos,
            to_force,
            options,
            observer: observer.unwrap_or_else(|| Box::new(Silent)),
            traces: Vec::new(),
            kept: Vec::new(),
            beginnings: Arc::default(),
            sites: Vec::new(),
            by_loop: FxHashMap::default(),
            exits: ExitTable::default(),
            regions: Vec::new(),
            compiler: None,
            background: None,
            awaited: FxHashMap::default(),
            growing: FxHashMap::default(),
            drafts: FxHashMap::default(),
            sides: FxHashMap::default(),
            tickets: 0,
            context: native::context(interrupt),
            functions: functions::Functions::default(),
            codes: Arc::default(),
            clock: Clock::default(),
            tallies: statistics::Tallies::default(),
            compilations: 0,
            missed: FxHashMap::default(),
            learned: FxHashMap::default(),
            branches: FxHashMap::default(),
            ways: FxHashMap::default(),
            exits_compiled: 0,
        }
    }

    fn site_of(&mut self, code: &Code, index: Option<u16>) -> usize {
        let site = Site::new(code.id, index);
        let tag = &site.state(code).tag;
        if tag.get() == 0 {
            let number = self.sites.len();
            if let Some(index) = index {
                self.by_loop.insert((code.id, index), number);
            }
            tag.set(number as u32 + 1);
            self.sites.push(site);
        }
        tag.get() as usize - 1
    }

    fn trace(&self, id: TraceId) -> &Arc<Trace> {
        &self.traces[id.0 as usize]
    }

    fn position(&self, machine: &Machine, code: CodeId, pc: usize) -> Position {
        statistics::position(machine.code(code), pc)
    }

    /// Asks the interpreter to come back after this many rounds.
    fn rest(&self, code: &Code, site: usize, rounds: u32) {
        self.sites[site].state(code).wait(rounds.max(1));
    }

    /// Enters a region, and again as long as its side regions lead back to where it begins.
    /// `None` if it does not fit the types found.
    fn run(&mut self, machine: &mut Machine, number: usize) -> Option<bool> {
        let mut outcome = self.run_once(machine, number)?;
        while outcome == Left::AtHome {
            self.receive(machine);
            if machine.has_to_stop() {
                return Some(true);
            }
            if self.regions[number].is_none() {
                return Some(false);
            }
            let Some(next) = self.run_once(machine, number) else { return Some(false) };
            outcome = next;
        }
        Some(outcome == Left::Raised)
    }

    /// Enters a region until it is left. `None` if it does not fit the types found.
    fn run_once(&mut self, machine: &mut Machine, number: usize) -> Option<Left> {
        let frame = *machine.frames.last().expect("a frame");
        let state = self.regions[number].as_ref().expect("a region that is linked");
        if !machine.has_room(frame.base, state.reach) {
            return None;
        }
        let timed = self.options.profile || state.endings.are_weighed();
        let start = timed.then(Instant::now);
        let forced = self.exit_to_force(number);
        let state = self.regions[number].as_ref().expect("a region that is linked");
        self.functions.prepare(&mut self.context, machine, frame.base);
        let (regions, functions, context) = (&self.regions, &self.functions, &mut self.context);
        let mut unlimited = u64::MAX;
        let operations = drafts::operations_of(&mut self.drafts, number, &mut unlimited);
        let manner = native::Manner { forced, operations };
        let (left, exit) = native::enter(state, regions, functions, context, machine, manner);
        let state = self.regions[number].as_mut().expect("still there");
        if let Some(start) = start {
            let nanoseconds = start.elapsed().as_nanos() as u64;
            self.clock.native += nanoseconds;
            state.endings.took(nanoseconds);
        }
        state.entries += 1;
        self.tallies.entries += 1;
        let state = self.regions[left].as_ref().expect("still there");
        let plan = &state.plans[exit.0 as usize];
        if plan.kind == ExitKind::Entry {
            let counter = state.counters[exit.0 as usize];
            let seen = self.seen_at(left, exit, forced);
            self.exits.count(counter, seen);
            return None;
        }
        native::resume(plan, &self.context, machine, frame.base);
        let (left, exit) = match plan.kind {
            ExitKind::Call => native::resume_called(&self.regions, &self.context, machine, false),
            _ => (left, exit),
        };
        let is_home = self.way_home(left, exit) == Some(true);
        let seen = self.seen_at(left, exit, forced);
        let throws = errors::throws(machine);
        let raised = self.left(machine, left, exit, seen);
        if raised || throws {
            self.note_error(machine, number);
        }
        Some(match raised {
            true => Left::Raised,
            false if is_home => Left::AtHome,
            false => Left::Inside,
        })
    }

    /// The exit, and its region, that shall be taken although its guard holds
    /// when the region `entered` runs.
    fn exit_to_force(&mut self, entered: usize) -> Option<(usize, usize)> {
        let wanted = self.to_force.and_then(|wanted| {
            let mut states = self.regions.iter().flatten();
            states.find_map(|state| Some((state.number, state.exit_to_force(wanted)?)))
        });
        let state = self.regions[entered].as_ref().expect("a region that is linked");
        let chaos = self.chaos.as_mut().filter(|_| wanted.is_none());
        wanted.or(chaos.and_then(|chaos| Some((entered, chaos.forced_exit(&state.plans)?))))
    }

    /// The word that the guard of an exit just taken has looked at, with its type: an exit that
    /// was `forced` has not looked at anything.
    fn seen_at(
        &self,
        number: usize,
        exit: ExitId,
        forced: Option<(usize, usize)>,
    ) -> Option<(Type, u64)> {
        if forced == Some((number, exit.0 as usize)) {
            return None;
        }
        let state = self.regions[number].as_ref().expect("a region that is linked");
        observed(&state.plans[exit.0 as usize], &self.context)
    }

    /// Takes note of an exit that was taken and restored, after this was `seen`, and does what is due
    /// there. Whether the machine holds a fault to be raised.
    fn left(
        &mut self,
        machine: &mut Machine,
        number: usize,
        exit: ExitId,
        seen: Option<(Type, u64)>,
    ) -> bool {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        if self.to_force.is_some_and(|wanted| state.exit_to_force(wanted) == Some(exit.0 as usize))
        {
            self.to_force = None;
        }
        if plan.kind == ExitKind::Interrupt {
            self.tallies.interrupts += 1;
            return machine.has_to_stop();
        }
        let counter = state.counters[exit.0 as usize];
        let failures = self.exits.count(counter, seen);
        if self.observer.wants(crate::base::event::Kind::Exit) {
            self.report_exit(machine, number, exit, failures, seen);
        }
        let state = self.regions[number].as_ref().expect("still there");
        let kind = state.plans[exit.0 as usize].kind;
        let goes_on = state.plans[exit.0 as usize].bridge.is_some();
        if kind == ExitKind::Raise {
            return self.left_raising(machine, number, exit);
        }
        if self.way_home(number, exit).is_some() {
            return false;
        }
        let is_absent = kind == ExitKind::Absent && !self.follows_callee(number, exit);
        let is_awaited = self.awaited.contains_key(&number);
        if let Some(background) = self.background.as_ref().filter(|_| is_awaited) {
            background.hurry(number);
        }
        if is_absent || is_awaited {
            // A better version or the function called is on its way: leaving this one
            // round after round costs more than interpreting until then.
            let site = state.site;
            self.rest(machine.code(self.sites[site].code), site, PATIENCE / 4);
        }
        if is_absent {
            self.evaluate_callee(machine, number, exit);
            return false;
        }
        let bridge_after = self.growth_after(number);
        if kind == ExitKind::Assumed {
            if !is_awaited && self.exits.is_hot(counter, bridge_after) {
                self.deny(machine, number, exit, counter);
            }
            return false;
        }
        let is_draft = self.drafts.contains_key(&number);
        let raised = match self.exits.bridge(counter) {
            Some(bridge) if !goes_on && !is_draft => {
                self.without_bridge(machine, number, exit, bridge);
                false
            }
            Some(_) => false,
            None => self.exits.is_hot(counter, bridge_after) && self.grow(machine, number, exit),
        };
        self.wait_for_growth(machine, number);
        raised
    }

    /// Has a region compiled again without a check before a loop that failed too often.
    fn deny(&mut self, machine: &Machine, number: usize, exit: ExitId, counter: usize) {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let check = self.trace(plan.trace).check_of_name(plan.guard).expect("the exit of a check");
        self.learned.entry(state.root).or_default().deny(check);
        self.exits.deny(counter);
        self.recompile(machine, number, vec![counter]);
    }

    /// Extends a region at a hot exit that has just been taken.
    fn grow(&mut self, machine: &mut Machine, number: usize, exit: ExitId) -> bool {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let counter = state.counters[exit.0 as usize];
        let key = ExitKey::of(plan);
        let raised = plan.kind == ExitKind::Raise;
        let frames = plan.frames.clone();
        let recorded = self.exits.recorded_bridges(key).iter().copied();
        let usable = |id: &TraceId| self.traces[id.0 as usize].goes_on_at(&frames);
        if let Some(bridge) = recorded.into_iter().find(usable) {
            self.exits.attach(counter, bridge);
            self.extend_by(machine, number, exit, bridge);
            return false;
        }
        if self.judge_branch(machine, number, exit) != Verdict::Bridge {
            return false;
        }
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let parent = self.trace(plan.trace).clone();
        let at_end = plan.guard.0 as usize >= parent.insts.len();
        if at_end
            && let super::ir::TraceEnd::Header { code, index, .. } = parent.end
            && self.is_recorded(code, index)
            && !self.exits.was_relinked(counter)
        {
            // The loop that the trace ran into has been recorded since.
            self.exits.relink(counter);
            self.extend(machine, number, counter);
            return false;
        }
        let start = Start::Exit { parent: plan.trace, guard: plan.guard };
        let why = Why::ExitHot {
            trace: plan.trace.0,
            guard: plan.guard.0,
            failures: self.exits.failures(counter),
        };
        // Also from the region of a loop: in that of its function, the bridge returns.
        let function = machine.code(frames[0].code);
        let returns = !function.is_main && may_have_region(function);
        let next = function.instructions[frames[0].pc as usize].opcode;
        let called = state.region.function.is_some();
        let at_return =
            !called && frames.len() == 1 && matches!(next, Opcode::Return | Opcode::ReturnNull);
        let has_returned = at_end && matches!(parent.end, super::ir::TraceEnd::Return { .. });
        if at_return || has_returned {
            // A bridge could only leave before the return, as this exit does.
            self.exits.fail(counter, &Abort::LeftFunction, self.options.backoff);
            return false;
        }
        if self.goes_too_many_ways(machine, number, exit) {
            return false;
        }
        let origin = Origin { returns, called, raised, ..Origin::default() };
        let (recorded, raised) = self.record(machine, start, frames, why, origin);
        match recorded {
            Ok(bridge) => {
                self.exits.note_bridge(key, bridge);
                self.exits.attach(counter, bridge);
                self.extend_by(machine, number, exit, bridge);
            }
            Err(abort) => self.exits.fail(counter, &abort, self.options.backoff),
        }
        raised
    }

    /// Records from where the machine stands.
    fn record(
        &mut self,
        machine: &mut Machine,
        start: Start,
        frames: Vec<super::ir::FrameState>,
        why: Why,
        origin: Origin,
    ) -> (Result<TraceId, Abort>, bool) {
        let began = Instant::now();
        let id = TraceId(self.traces.len() as u32);
        let frame = machine.frames.last().expect("a frame");
        let at = self.position(machine, frame.code().id, frame.pc_index());
        self.observer.event(&Event::Started { trace: id.0, at: at.clone(), why });
        let limits = RecordLimits {
            length: self.options.trace_length as usize,
            inline_depth: self.options.inline_depth as usize,
            inline_size: self.options.inline_size as usize,
            unroll: self.options.unroll,
            patience: functions::PATIENCE_FOR_CALLS,
        };
        let known = KnownLoops {
            by_loop: &self.by_loop,
            sites: &self.sites,
            branches: &self.branches,
            tries_branches: self.options.opt_branches && self.is_hasty(),
        };
        let functions = &mut self.functions.table;
        let known = Known { loops: &known, functions, origin };
        let outcome = record(machine, id, start, frames, limits, known);
        if std::mem::take(&mut machine.rebound) {
            self.method_rebound();
        }
        let spent = began.elapsed().as_nanos() as u64;
        self.clock.recording += spent;
        self.tallies.recorded_bytecodes += outcome.executed;
        match outcome.trace {
            Ok(recorded) => {
                let trace = Arc::new(recorded.trace);
                Arc::make_mut(&mut self.codes).learn(&machine.codes, &self.functions.table, &trace);
                for constant in recorded.kept {
                    if let Some(string) = constant.as_string() {
                        let beginning = Beginning::of(string.as_str());
                        Arc::make_mut(&mut self.beginnings).insert(constant.raw().bits, beginning);
                    }
                    self.kept.push(constant);
                }
                self.report_recorded(machine, &trace, at);
                self.hasten_callees(machine, &trace);
                self.traces.push(trace);
                (Ok(id), outcome.raised)
            }
            Err((abort, code, pc)) => {
                let place = self.position(machine, code, pc);
                let retry = abort.retry(1, self.options.backoff);
                self.report_abort(id, &abort, place, retry, spent);
                (Err(abort), outcome.raised)
            }
        }
    }

    /// Records and compiles the root trace of a loop. The machine stands at
    /// the loop's header.
    fn start(&mut self, machine: &mut Machine, site: usize, code: &Code, index: u16) -> bool {
        let frame = *machine.frames.last().expect("a frame");
        let pc = frame.pc_index() as u32;
        let frames = vec![super::ir::FrameState { code: code.id, pc, base: 0 }];
        let start = Start::Loop { code: code.id, index };
        let why = match self.sites[site].regions.last() {
            Some(region) => Why::EntryMismatch { region: *region as u32 },
            None => Why::LoopHot { rounds: self.options.hot_after() },
        };
        let origin = Origin {
            hopeful: self.sites[site].aborts == 0,
            last_rounds: match code.is_long(index, self.options.hot_after()) {
                true => MOST_LAST_ROUNDS.saturating_sub(self.sites[site].last_rounds),
                false => 0,
            },
            ..Origin::default()
        };
        let (recorded, raised) = self.record(machine, start, frames, why, origin);
        self.compile_recorded(machine, site, code, recorded);
        raised
    }

    /// Compiles the root trace of a site, if there is one.
    fn compile_recorded(
        &mut self,
        machine: &mut Machine,
        site: usize,
        code: &Code,
        recorded: Result<TraceId, Abort>,
    ) {
        let outcome = recorded.and_then(|root| {
            self.sites[site].roots.push(root);
            self.compile_root(machine, site, root)
        });
        match outcome {
            Ok(()) if self.is_awaited(site) => self.rest(code, site, PATIENCE),
            Ok(()) => {}
            Err(abort) => {
                self.back_off(code, site, &abort);
            }
        }
    }

    /// Notes that a site has no region for now, and when to try again.
    fn back_off(&mut self, code: &Code, site: usize, abort: &Abort) {
        if *abort == Abort::LastRound {
            self.sites[site].last_rounds += 1;
            return self.rest(code, site, 1);
        }
        self.sites[site].aborts += 1;
        let retry = abort.retry(self.sites[site].aborts, self.options.backoff);
        self.inline_hopeless(site, retry);
        self.sites[site].retry = retry;
        let rounds = match retry {
            Retry::AtOnce => 1,
            Retry::After(rounds) => rounds,
            Retry::Never => u32::MAX,
        };
        self.rest(code, site, rounds);
    }

    fn is_recorded(&self, code: CodeId, index: u16) -> bool {
        let site = self.by_loop.get(&(code, index));
        site.is_some_and(|site| !self.sites[*site].roots.is_empty())
    }
}

impl Hook for Jit {
    fn hot_loop(&mut self, machine: &mut Machine, index: u16) -> bool {
        let code = machine.frames.last().expect("a frame").code();
        let site = self.site_of(code, Some(index));
        if self.chaos.as_mut().is_some_and(|chaos| chaos.below(64) == 0) {
            self.evict(site, HOSTILE);
        }
        self.receive(machine);
        for at in 0..self.sites[site].regions.len() {
            let number = self.sites[site].regions[at];
            if self.is_resting(number) {
                continue;
            }
            if let Some(raised) = self.run(machine, number) {
                self.review_draft(machine, number);
                return raised;
            }
        }
        if self.is_awaited(site) {
            self.rest(code, site, PATIENCE);
            return false;
        }
        let versions = self.sites[site].regions.len();
        let bridge_after = self.bridge_after();
        if versions == 0 || versions < self.options.versions as usize {
            let waits = versions > 0 && !self.sites[site].mismatch_is_hot(bridge_after);
            if waits {
                self.rest(code, site, 2);
                return false;
            }
            if self.options.fuel.is_none_or(|fuel| self.compilations < fuel) {
                return self.start(machine, site, code, index);
            }
        }
        self.rest(code, site, self.options.backoff);
        false
    }

    fn hot_function(&mut self, machine: &mut Machine) -> bool {
        self.function_called(machine)
    }

    fn method_rebound(&mut self) {
        // A trace calls the method that was declared when it was recorded.
        for site in &mut self.sites {
            site.regions.clear();
            site.roots.clear();
        }
        if let Some(background) = &self.background {
            background.withdraw_all();
        }
        self.awaited.clear();
        self.growing.clear();
        self.drafts.clear();
        self.sides.clear();
        self.functions.unlink_all();
        self.exits.detach_all();
        self.missed.clear();
        self.learned.clear();
        for number in 0..self.regions.len() {
            self.free(number);
        }
    }
}

impl Jit {
    /// Failures after which an exit gets a bridge: few in hostile mode.
    fn bridge_after(&mut self) -> u32 {
        match &mut self.chaos {
            Some(chaos) => 1 + chaos.below(4) as u32,
            None => self.options.bridge_after(),
        }
    }

    /// Exits that pay for compiling a region again, beyond the first few: one for each
    /// operation, so a large region grows only where it is left often. (To compile an
    /// operation takes about ten times as long as an exit, but beside the program.) What a region lacks is rarer each
    /// time that it was generated, so it has to be left ever more often: otherwise
    /// nests of short loops, which go ever other ways, are compiled without end.
    /// Test modes are less patient, and an evaluated region costs only its emission.
    fn compile_cost(&self, number: usize) -> u32 {
        let Some(state) = self.regions[number].as_ref() else { return 0 };
        let free = if self.is_hasty() { 400 } else { 0 };
        let size = (state.region.insts.len() as u32).saturating_sub(free);
        match state.compiled {
            Some(_) => size.saturating_mul(1 << (state.generations / 2).min(16)),
            None => size / 2,
        }
    }

    /// Forgets all regions of a loop or function, and says why.
    fn evict(&mut self, site: usize, reason: &'static str) {
        self.sites[site].roots.clear();
        for number in std::mem::take(&mut self.sites[site].regions) {
            self.growing.remove(&number);
            self.drafts.remove(&number);
            self.awaited.remove(&number);
            self.drop_sides(number);
            if let Some(state) = self.free(number) {
                self.functions.unlink(&state);
                let bytes = state.compiled.as_ref().map_or(0, |code| code.code_bytes as u32);
                let region = number as u32;
                self.observer.event(&Event::Freed { region, bytes, reason });
            }
        }
    }

    /// Takes a region away, if there is one.
    fn free(&mut self, number: usize) -> Option<RegionState> {
        let state = self.regions[number].take()?;
        self.tallies.keep(&state);
        Some(state)
    }

    /// Whether everything is to be tried at once, for tests.
    fn is_hasty(&self) -> bool {
        self.options.eager || self.chaos.is_some()
    }

    /// Whether guards may have to fail although they hold.
    fn forces_exits(&self) -> bool {
        self.chaos.is_some() || self.options.force_exit.is_some()
    }

    /// Whether regions run as machine code, or by the evaluator.
    fn runs_native(&self) -> bool {
        self.options.jit == JitMode::On
    }

    fn report_exit(
        &mut self,
        machine: &Machine,
        number: usize,
        exit: ExitId,
        failures: u64,
        seen: Option<(super::ir::Type, u64)>,
    ) {
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let plan = &state.plans[exit.0 as usize];
        let frame: &Frame = machine.frames.last().expect("a frame");
        let at = statistics::position(frame.code(), frame.pc_index());
        let parent = &self.traces[plan.trace.0 as usize];
        let guard = (plan.guard.0 != parent.insts.len() as u32).then_some(plan.guard.0);
        let text = seen.map_or(String::new(), |(ty, bits)| {
            statistics::observed_text(parent, Ref(plan.guard.0), ty, bits)
        });
        let event = Event::Exit {
            region: number as u32,
            trace: plan.trace.0,
            guard,
            at,
            failures,
            observed: &text,
        };
        self.observer.event(&event);
    }
}
