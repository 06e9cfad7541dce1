//! From recorded traces to a region that can be entered.
//!
//! A region is always made anew from its traces: plan, emit through the
//! optimiser, verify (in debug builds), lower, generate.
//!
//! Example: `recompile` after a new bridge emits root and bridges again as one
//! function and replaces the old one.

use super::exits::ExitKey;
use super::{Jit, RegionState};
use crate::base::event::{Event, Kind, Micros};
use crate::bytecode::liveness::Liveness;
use crate::bytecode::{Code, CodeId};
use crate::interp::Machine;
use crate::jit::code::{CodeArena, CompileOptions, RegionCompiler};
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

impl Jit {
    fn plan(&self, root: TraceId) -> Plan {
        let options = &self.options;
        let first_roots = self.sites.iter().filter(|site| !site.regions.is_empty());
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

    fn build(
        &mut self,
        machine: &Machine,
        site: usize,
        root: TraceId,
        number: usize,
    ) -> Result<RegionState, Abort> {
        let began = Instant::now();
        let plan = self.plan(root);
        let facts = Facts { facts: &self.codes, codes: &machine.codes };
        let refused = |text: String| Abort::NotCompiled(text);
        let region = opt::emit(&plan, &facts).map_err(|error| refused(error.to_string()))?;
        if cfg!(debug_assertions) {
            ir::verify::region(&region).expect("the optimiser emits valid regions");
        }
        let optimised = began.elapsed();
        self.clock.optimising += optimised.as_nanos() as u64;
        self.report_optimised(number, root, &region);
        let began = Instant::now();
        let compiled = if self.runs_native() {
            let listings =
                self.observer.wants(Kind::Lowered) || self.observer.wants(Kind::Assembled);
            let lowering =
                LoweringOptions { profile: self.options.profile, forced: self.chaos.is_some() };
            let options = CompileOptions { lowering, listings };
            let compiler = match &mut self.compiler {
                Some(compiler) => compiler,
                none => {
                    let arena = CodeArena::new(self.options.code_memory);
                    let made = RegionCompiler::new(arena).map_err(|e| refused(e.to_string()))?;
                    none.insert(made)
                }
            };
            Some(compiler.compile(&region, options).map_err(|error| refused(error.to_string()))?)
        } else {
            None
        };
        let generated = began.elapsed();
        self.clock.generating += generated.as_nanos() as u64;
        self.compilations += 1;
        let plans = ExitPlan::of_region(&region);
        self.context.reserve(most_values(&plans));
        let counters = plans.iter().map(|plan| {
            self.exits.enter(ExitKey { trace: plan.trace, guard: plan.guard, peeled: plan.peeled })
        });
        let counters = counters.collect();
        let micros = Micros {
            optimise: optimised.as_micros() as u64,
            lower: 0,
            generate: generated.as_micros() as u64,
        };
        let reach = reach(&plans, &machine.codes);
        let state = RegionState {
            site,
            root,
            region,
            plans,
            counters,
            compiled,
            reach,
            entries: 0,
            micros,
        };
        self.report_compiled(machine, number, &state);
        Ok(state)
    }

    /// Compiles a new region for a loop; its number.
    pub(super) fn compile_root(
        &mut self,
        machine: &Machine,
        site: usize,
        root: TraceId,
    ) -> Result<usize, Abort> {
        let number = self.regions.len();
        match self.build(machine, site, root, number) {
            Ok(state) => {
                self.regions.push(Some(state));
                Ok(number)
            }
            Err(abort) => {
                self.sites[site].roots.pop();
                Err(abort)
            }
        }
    }

    /// Compiles a region again because exit `counter` has a new bridge or link.
    pub(super) fn recompile(&mut self, machine: &Machine, number: usize, counter: usize) {
        if self.options.fuel.is_some_and(|fuel| self.compilations >= fuel) {
            return;
        }
        let (site, root, entries) = {
            let state = self.regions[number].as_ref().expect("a region that is linked");
            (state.site, state.root, state.entries)
        };
        match self.build(machine, site, root, number) {
            Ok(mut state) => {
                state.entries = entries;
                self.regions[number] = Some(state);
                self.report_bridged(machine, counter);
            }
            Err(abort) => {
                let key = self.exits.sites()[counter].key;
                let place = self.exit_position(machine, key);
                let retry = crate::base::event::Retry::Never;
                self.report_abort(key.trace, &abort, place, retry, 0);
                self.exits.detach(counter, &abort);
            }
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
