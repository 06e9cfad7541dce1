//! From recorded traces to a region that can be entered.
//!
//! A region is always made anew from its traces: plan, emit through the
//! optimiser, verify (in debug builds), lower, generate.
//!
//! Machine code is generated while the program waits or, with `sync=off`, by the
//! background thread; a region then keeps running until its next version is there.
//!
//! Example: `recompile` after a new bridge emits root and bridges again as one
//! function and replaces the old one.

use super::background::{Background, Request};
use super::exits::ExitKey;
use super::{Jit, RegionState};
use crate::base::event::{Event, Kind, Micros, Retry};
use crate::bytecode::liveness::Liveness;
use crate::bytecode::{Code, CodeId};
use crate::interp::Machine;
use crate::jit::code::{CodeArena, CompileOptions, CompiledRegion, RegionCompiler};
use crate::jit::exits::{ExitPlan, most_values};
use crate::jit::ir::{self, Region, Slot, TraceId};
use crate::jit::lower::LoweringOptions;
use crate::jit::opt::{self, Environment, Plan};
use crate::jit::record::Abort;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

/// What emission asks about functions, computed once for each.
#[derive(Default)]
pub struct CodeFacts {
    liveness: RefCell<FxHashMap<CodeId, Rc<Liveness>>>,
}

struct Facts<'a> {
    facts: &'a CodeFacts,
    codes: &'a [Rc<Code>],
}

impl Facts<'_> {
    fn code(&self, id: CodeId) -> &Code {
        &self.codes[id.0 as usize]
    }
}

impl Environment for Facts<'_> {
    fn variables(&self, code: CodeId) -> u32 {
        self.code(code).variables as u32
    }

    fn is_live(&self, code: CodeId, pc: u32, register: u32) -> bool {
        let mut known = self.facts.liveness.borrow_mut();
        let liveness =
            known.entry(code).or_insert_with(|| Rc::new(Liveness::compute(self.code(code))));
        liveness.is_live(pc as usize, register as usize)
    }

    fn header(&self, code: CodeId, index: u16) -> u32 {
        self.code(code).loops[index as usize].header
    }
}

/// A region that the background thread works on.
#[derive(Clone, Copy, Debug)]
pub struct Awaited {
    ticket: u64,
    site: usize,
    root: TraceId,
    /// The exit that it is compiled again for; `None` for a new region.
    counter: Option<usize>,
    /// An exit that made it due once more meanwhile.
    again: Option<usize>,
}

fn refused(error: &dyn std::fmt::Display) -> Abort {
    Abort::NotCompiled(error.to_string())
}

impl Jit {
    fn plan(&self, root: TraceId) -> Plan {
        let options = &self.options;
        let first_roots = self.sites.iter().filter(|site| !site.roots.is_empty());
        let loops = first_roots.map(|site| ((site.code, site.index), site.roots[0])).collect();
        let attached = self.exits.attachments();
        Plan {
            root: self.traces[root.0 as usize].clone(),
            traces: self.traces.iter().map(|trace| (trace.id, trace.clone())).collect(),
            bridges: attached.map(|(key, id)| ((key.trace, key.guard, key.peeled), id)).collect(),
            loops,
            in_main: self.traces[root.0 as usize].in_main,
            options: opt::Options {
                fold: options.opt_fold,
                guards: options.opt_guards,
                cse: options.opt_cse,
                heap: options.opt_heap,
                peel: options.opt_peel,
                dead: options.opt_dead,
                size_limit: options.region_size as usize,
                ..opt::Options::ALL
            },
        }
    }

    /// Plans and optimises a region; how long that took is in microseconds.
    fn optimise(
        &mut self,
        machine: &Machine,
        root: TraceId,
        number: usize,
    ) -> Result<(Region, u64), Abort> {
        let began = Instant::now();
        let plan = self.plan(root);
        let facts = Facts { facts: &self.codes, codes: &machine.codes };
        let region = opt::emit(&plan, &facts).map_err(|error| refused(&error))?;
        if cfg!(debug_assertions) {
            ir::verify::region(&region).expect("the optimiser emits valid regions");
        }
        let optimised = began.elapsed();
        self.clock.optimising += optimised.as_nanos() as u64;
        self.report_optimised(number, root, &region);
        self.compilations += 1;
        Ok((region, optimised.as_micros() as u64))
    }

    fn compile_options(&self) -> CompileOptions {
        let listings = self.observer.wants(Kind::Lowered) || self.observer.wants(Kind::Assembled);
        let lowering =
            LoweringOptions { profile: self.options.profile, forced: self.forces_exits() };
        CompileOptions { lowering, listings }
    }

    /// Whether machine code is generated beside the program: if `sync` is off, and
    /// no other option needs repeatable runs.
    fn in_background(&self) -> bool {
        let repeatable = self.options.sync || self.options.fuel.is_some() || self.forces_exits();
        self.runs_native() && !repeatable
    }

    fn make_compiler(&self) -> Result<RegionCompiler, Abort> {
        RegionCompiler::new(CodeArena::new(self.options.code_memory)).map_err(|e| refused(&e))
    }

    /// Generates a region's code here and now.
    fn generate(&mut self, region: &Region) -> Result<(Option<CompiledRegion>, u64), Abort> {
        if !self.runs_native() {
            return Ok((None, 0));
        }
        let began = Instant::now();
        if self.compiler.is_none() {
            self.compiler = Some(self.make_compiler()?);
        }
        let options = self.compile_options();
        let compiler = self.compiler.as_mut().expect("made above");
        let compiled = compiler.compile(region, options).map_err(|error| refused(&error))?;
        let generated = began.elapsed();
        self.clock.generating += generated.as_nanos() as u64;
        Ok((Some(compiled), generated.as_micros() as u64))
    }

    /// What the driver must know of a region to enter and leave it.
    fn link(
        &mut self,
        machine: &Machine,
        (site, root, number): (usize, TraceId, usize),
        region: Region,
        compiled: Option<CompiledRegion>,
        micros: Micros,
    ) -> RegionState {
        let plans = ExitPlan::of_region(&region);
        self.context.reserve(most_values(&plans));
        let counters = plans.iter().map(|plan| {
            self.exits.enter(ExitKey { trace: plan.trace, guard: plan.guard, peeled: plan.peeled })
        });
        let counters = counters.collect();
        let reach = reach(&plans, &machine.codes);
        let first_exit = self.exits_compiled;
        self.exits_compiled += plans.len() as u64;
        let state = RegionState {
            site,
            root,
            region,
            plans,
            counters,
            first_exit,
            compiled,
            reach,
            entries: 0,
            micros,
        };
        self.report_compiled(machine, number, &state);
        state
    }

    fn build(
        &mut self,
        machine: &Machine,
        names: (usize, TraceId, usize),
    ) -> Result<RegionState, Abort> {
        let (region, optimise) = self.optimise(machine, names.1, names.2)?;
        let (compiled, generate) = self.generate(&region)?;
        let micros = Micros { optimise, lower: 0, generate };
        Ok(self.link(machine, names, region, compiled, micros))
    }

    /// Has a region generated by the background thread.
    fn request(&mut self, machine: &Machine, awaited: Awaited, number: usize) -> Result<(), Abort> {
        let (region, optimised) = self.optimise(machine, awaited.root, number)?;
        if self.background.is_none() {
            let compiler = self.make_compiler()?;
            self.background = Some(Background::start(compiler).map_err(|error| refused(&error))?);
        }
        self.tickets += 1;
        let (ticket, options) = (self.tickets, self.compile_options());
        let background = self.background.as_ref().expect("started above");
        background.submit(Request { number, ticket, region, options, optimised });
        self.awaited.insert(number, Awaited { ticket, ..awaited });
        Ok(())
    }

    /// Links what the background thread has finished.
    pub(super) fn receive(&mut self, machine: &Machine) {
        // Asked at every entry, so a look into the channel must have a reason.
        while !self.awaited.is_empty()
            && let Some(product) = self.background.as_ref().and_then(Background::finished)
        {
            self.clock.background += product.nanoseconds;
            let Request { number, ticket, region, optimised, .. } = product.request;
            let awaited = match self.awaited.get(&number) {
                Some(awaited) if awaited.ticket == ticket => *awaited,
                _ => continue,
            };
            self.awaited.remove(&number);
            let names = (awaited.site, awaited.root, number);
            let generate = product.nanoseconds / 1000;
            let micros = Micros { optimise: optimised, lower: 0, generate };
            match product.compiled {
                Ok(compiled) => {
                    let mut state = self.link(machine, names, region, Some(compiled), micros);
                    let old = self.regions[number].take();
                    state.entries = old.map_or(0, |old| old.entries);
                    self.regions[number] = Some(state);
                    match awaited.counter {
                        Some(counter) => self.report_bridged(machine, counter),
                        None => self.open_site(machine, awaited.site, number),
                    }
                    if let Some(counter) = awaited.again {
                        self.recompile(machine, number, counter);
                    }
                }
                Err(error) => self.refuse(machine, awaited, refused(&error)),
            }
        }
    }

    /// Lets a loop be entered in its new region from the next round on.
    fn open_site(&mut self, machine: &Machine, site: usize, number: usize) {
        let site = &mut self.sites[site];
        site.regions.push(number);
        site.aborts = 0;
        let state = &machine.code(site.code).loops[site.index as usize].state;
        state.countdown.set(1);
    }

    /// Notes that a region could not be compiled.
    fn refuse(&mut self, machine: &Machine, awaited: Awaited, abort: Abort) {
        match awaited.counter {
            Some(counter) => {
                let key = self.exits.sites()[counter].key;
                let place = self.exit_position(machine, key);
                self.report_abort(key.trace, &abort, place, Retry::Never, 0);
                self.exits.detach(counter, &abort);
            }
            None => {
                let site = &mut self.sites[awaited.site];
                site.roots.retain(|root| *root != awaited.root);
                site.aborts += 1;
                site.retry = abort.retry(site.aborts, self.options.backoff);
            }
        }
    }

    /// Whether a region of this loop is being generated.
    pub(super) fn is_awaited(&self, site: usize) -> bool {
        self.awaited.values().any(|awaited| awaited.site == site && awaited.counter.is_none())
    }

    /// Compiles a new region for a loop, or has it compiled: then the loop is
    /// opened when it is finished.
    pub(super) fn compile_root(
        &mut self,
        machine: &Machine,
        site: usize,
        root: TraceId,
    ) -> Result<(), Abort> {
        let number = self.regions.len();
        self.regions.push(None);
        let outcome = if self.in_background() {
            let awaited = Awaited { ticket: 0, site, root, counter: None, again: None };
            self.request(machine, awaited, number)
        } else {
            self.build(machine, (site, root, number)).map(|state| {
                self.regions[number] = Some(state);
                self.open_site(machine, site, number);
            })
        };
        if outcome.is_err() {
            self.sites[site].roots.pop();
        }
        outcome
    }

    /// Compiles a region again because exit `counter` has a new bridge or link.
    pub(super) fn recompile(&mut self, machine: &Machine, number: usize, counter: usize) {
        if self.options.fuel.is_some_and(|fuel| self.compilations >= fuel) {
            return;
        }
        if let Some(awaited) = self.awaited.get_mut(&number) {
            // One at a time; what has come up meanwhile goes into the next.
            awaited.again = Some(counter);
            return;
        }
        let (site, root, entries) = {
            let state = self.regions[number].as_ref().expect("a region that is linked");
            (state.site, state.root, state.entries)
        };
        let awaited = Awaited { ticket: 0, site, root, counter: Some(counter), again: None };
        if self.in_background() {
            if let Err(abort) = self.request(machine, awaited, number) {
                self.refuse(machine, awaited, abort);
            }
            return;
        }
        match self.build(machine, (site, root, number)) {
            Ok(mut state) => {
                state.entries = entries;
                self.regions[number] = Some(state);
                self.report_bridged(machine, counter);
            }
            Err(abort) => self.refuse(machine, awaited, abort),
        }
    }

    fn report_optimised(&mut self, number: usize, root: TraceId, region: &Region) {
        let before = self.traces[root.0 as usize].insts.len() as u32;
        let after = region.insts.len() as u32;
        self.tallies.optimised_operations += after as u64;
        if !self.observer.wants(Kind::Optimised) {
            return;
        }
        let mut traces = vec![root.0];
        for exit in &region.exits {
            if !traces.contains(&exit.trace.0) {
                traces.push(exit.trace.0);
            }
        }
        let event = Event::Optimised {
            region: number as u32,
            traces: &traces,
            before,
            after,
            text: &|| listing_without_exits(region),
            with_snapshots: &|| listing(region),
        };
        self.observer.event(&event);
    }

    fn report_compiled(&mut self, machine: &Machine, number: usize, state: &RegionState) {
        let region = number as u32;
        if let Some(listings) = state.compiled.as_ref().and_then(|code| code.listings.as_ref()) {
            let text = &|| listings.function.clone();
            self.observer.event(&Event::Lowered { region, text });
            let text = &|| listings.assembly.clone();
            self.observer.event(&Event::Assembled { region, text });
        }
        let site = &self.sites[state.site];
        let code = machine.code(site.code);
        let pc = code.loops[site.index as usize].header as usize;
        let at = self.position(machine, site.code, pc);
        let bytes = state.compiled.as_ref().map_or(0, |code| code.code_bytes as u32);
        let micros = state.micros;
        let root = state.root.0;
        self.observer.event(&Event::Compiled { region, root, at, bytes, micros });
    }
}

/// Registers above its base that the exits of a region may write or that the
/// frames they push may use.
fn reach(plans: &[ExitPlan], codes: &[Rc<Code>]) -> usize {
    let slots = plans.iter().flat_map(|plan| &plan.slots).map(|write| match write.slot {
        Slot::Frame(index) => index.max(0) as usize + 1,
        Slot::Module(_) => 0,
    });
    let frames = plans
        .iter()
        .flat_map(|plan| &plan.frames)
        .map(|frame| frame.base.max(0) as usize + codes[frame.code.0 as usize].registers as usize);
    slots.chain(frames).max().unwrap_or(0) + crate::interp::machine::SLACK
}

/// The region and, after it, what each exit restores.
fn listing(region: &Region) -> String {
    ir::print::region(region, &mut ir::print::Ordinals::default())
}

/// The same without the lines of its exits.
fn listing_without_exits(region: &Region) -> String {
    let lines = listing(region);
    lines.lines().filter(|line| !line.starts_with('!')).map(|line| format!("{line}\n")).collect()
}
