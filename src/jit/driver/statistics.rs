//! The driver's counts as the report wants them, and its events.
//!
//! Every guard of a recorded trace can be traced back to the bytecode
//! instruction that its last `at` mark names, and so to the source.
//!
//! Example: `guard_type` for register `total` of `total := total + x` becomes a
//! row "`+` of `total`: expected int, observed float (8)".

use super::exits::{ExitKey, ExitSite};
use super::{Jit, RegionState};
use crate::base::event::{Event, Kind, Micros, Position, Retry};
use crate::base::statistics::{
    AbortRow, BlacklistRow, Bytecodes, GuardKind, GuardRow, GuardState, Statistics, Times, Totals,
    TraceKind, TraceRow,
};
use crate::bytecode::{Code, Instruction, Opcode, Operand};
use crate::interp::Machine;
use crate::jit::ir::{self, Helper, Inst, Op, Ref, Slot, Start, Trace, TraceEnd, TraceId, Type};
use crate::jit::record::Abort;
use crate::runtime;
use crate::value::{ShapeId, Storage, Tag, VariantId, shapes};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Counts that no other table holds.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub entries: u64,
    pub freed: u64,
    pub interrupts: u64,
    pub recorded_bytecodes: u64,
    pub optimised_operations: u64,
    aborts: Vec<AbortRow>,
    /// Rounds that traces made in code that is gone.
    rounds: FxHashMap<TraceId, u64>,
    /// Times that regions were entered which are gone, by root trace.
    entries_gone: FxHashMap<TraceId, u64>,
}

impl Tallies {
    /// Keeps what was counted of a region that goes and is not replaced.
    pub fn keep(&mut self, state: &RegionState) {
        self.freed += 1;
        *self.entries_gone.entry(state.root).or_insert(0) += state.entries;
        self.keep_rounds(state);
    }

    /// Keeps what was counted in the code of a region that goes.
    pub fn keep_rounds(&mut self, state: &RegionState) {
        for (trace, count) in state.rounds() {
            *self.rounds.entry(trace).or_insert(0) += count;
        }
    }
}

/// Source position of an instruction.
pub(super) fn position(code: &Code, pc: usize) -> Position {
    let span = code.spans.get(pc).copied().unwrap_or_default();
    let (line, column) = code.source.position(span.start);
    Position { file: code.source.name.as_str().into(), line, column }
}

/// A guard of a trace with the bytecode instruction that it belongs to.
struct Place<'a> {
    code: &'a Rc<Code>,
    pc: usize,
    /// First register of the frame, from the base of the trace.
    base: i32,
    inlined: Vec<String>,
}

/// Follows the marks of a trace up to `guard`.
fn place<'a>(machine: &'a Machine, trace: &Trace, guard: Ref) -> Place<'a> {
    let code = |id: crate::bytecode::CodeId| &machine.codes[id.0 as usize];
    let mut frames: Vec<_> = trace.frames.iter().map(|f| (f.code, f.base)).collect();
    let mut pc = trace.frames.last().map_or(0, |frame| frame.pc as usize);
    for inst in trace.insts.iter().take(guard.0 as usize) {
        match inst.op {
            Op::At => pc = inst.imm as usize,
            Op::Enter => {
                let entered = &trace.entered[inst.imm as usize];
                frames.push((entered.code, entered.base));
                pc = 0;
            }
            Op::Leave => {
                frames.pop();
                pc = inst.imm as usize;
            }
            _ => {}
        }
    }
    if trace.check_of_name(guard).is_some()
        && let Start::Loop { code: id, index } = trace.start
    {
        // The check stands before the loop, wherever the trace leads.
        frames.truncate(trace.frames.len());
        pc = code(id).loops[index as usize].header as usize;
    } else if guard.0 as usize >= trace.insts.len() {
        pc = match trace.end {
            TraceEnd::Leave { pc } | TraceEnd::Return { pc, .. } => pc as usize,
            TraceEnd::Header { code: id, index, .. } => {
                code(id).loops[index as usize].header as usize
            }
        };
    }
    let (innermost, base) = *frames.last().expect("a trace has a frame");
    let inlined = frames.iter().skip(1).map(|(id, _)| code(*id).name.to_string()).collect();
    Place { code: code(innermost), pc, base, inlined }
}

/// What a guard saw, in words.
pub(super) fn observed_text(trace: &Trace, guard: Ref, ty: Type, bits: u64) -> String {
    let Some(inst) = trace.insts.get(guard.0 as usize) else { return String::new() };
    word_text(trace, inst, ty, bits)
}

/// What a word that a guard tests means.
fn word_text(trace: &Trace, guard: &Inst, ty: Type, bits: u64) -> String {
    match guard.op {
        Op::Slot | Op::GuardType | Op::Immediate => tag_text(bits),
        Op::GuardEqual | Op::GuardNotEqual => match trace.inst(guard.args[0]).op {
            Op::HeaderShape => shape_text(bits as u32),
            Op::RecordLen => format!("{bits} payloads"),
            Op::HeaderCount => format!("{bits} owners"),
            Op::ClosureCode => format!("function #{bits}"),
            Op::CallRaising => "no error".into(),
            Op::Call if finds_entry(trace, guard) && bits == 0 => "a key that is missing".into(),
            Op::Call if finds_entry(trace, guard) => "a key that is there".into(),
            _ if ty.is_pointer() => "another function".into(),
            _ if ty == Type::Native => runtime::native_name(bits as u32).into_owned(),
            _ => (bits as i64).to_string(),
        },
        _ => plain_text(ty, bits),
    }
}

fn plain_text(ty: Type, bits: u64) -> String {
    match ty {
        Type::Float => f64::from_bits(bits).to_string(),
        Type::Bool => (bits & 0xff != 0).to_string(),
        _ => (bits as i64).to_string(),
    }
}

fn tag_text(bits: u64) -> String {
    Tag::from_number(bits).name().to_string()
}

fn shape_text(word: u32) -> String {
    let detail = word >> 8;
    match Tag::from_number((word & 0xff) as u64) {
        Tag::Array => match Storage::from_number(detail) {
            Storage::Any => "array".into(),
            Storage::Int => "array of int".into(),
            Storage::Float => "array of float".into(),
            Storage::Bool => "array of bool".into(),
        },
        Tag::Struct => shapes::get(ShapeId(detail)).name.to_string(),
        Tag::Enum => shapes::variant(VariantId(detail)).name.to_string(),
        tag => tag.name().into(),
    }
}

fn guard_kind(trace: &Trace, inst: &Inst, place: &Place<'_>) -> GuardKind {
    match inst.op {
        Op::Slot | Op::GuardType | Op::Immediate => GuardKind::Type,
        Op::GuardBelow => match place.code.instructions[place.pc].opcode {
            Opcode::IterNext => GuardKind::LoopEnd,
            _ => GuardKind::Bounds,
        },
        Op::IntAdd | Op::IntSub | Op::IntMul | Op::IntNeg | Op::IntAbs => GuardKind::Overflow,
        Op::FloatToInt => GuardKind::Conversion,
        Op::GuardStatus => GuardKind::Raise,
        Op::GuardEqual | Op::GuardNotEqual => match trace.inst(inst.args[0]).op {
            Op::HeaderShape | Op::RecordLen => GuardKind::Shape,
            Op::HeaderCount => GuardKind::Unique,
            Op::ClosureCode => GuardKind::Callee,
            Op::CallRaising => GuardKind::Raise,
            _ if trace.inst(inst.args[0]).ty.is_pointer() => GuardKind::Callee,
            _ => GuardKind::Value,
        },
        Op::GuardCallable => GuardKind::Callee,
        _ => match place.code.instructions[place.pc].opcode {
            Opcode::Divide | Opcode::Modulo | Opcode::DivideInt | Opcode::ModuloInt => {
                GuardKind::Divisor
            }
            Opcode::RangeNext | Opcode::IterNext => GuardKind::LoopEnd,
            _ if ends_loop(place) => GuardKind::LoopEnd,
            _ => GuardKind::Branch,
        },
    }
}

/// Whether the instruction is the test of a loop.
fn ends_loop(place: &Place<'_>) -> bool {
    let pc = place.pc as u32;
    let target = place.code.instructions[place.pc].jump();
    place.code.loops.iter().any(|info| {
        let leaves = target.is_some_and(|d| place.pc as i64 + 1 + d as i64 > info.back as i64);
        (info.header..=info.back).contains(&pc) && leaves
    })
}

fn expected_text(trace: &Trace, inst: &Inst) -> String {
    match inst.op {
        Op::Slot | Op::GuardType => inst.ty.to_string(),
        Op::Immediate => "nothing counted".into(),
        Op::GuardTrue => "true".into(),
        Op::GuardFalse => "false".into(),
        Op::GuardBelow => "index in range".into(),
        Op::GuardStatus => "no error".into(),
        Op::GuardNotEqual if finds_entry(trace, inst) => "a key that is there".into(),
        Op::GuardNotEqual => "another value".into(),
        Op::GuardCallable => "a function with machine code, and room for it".into(),
        Op::GuardEqual => {
            let ty = trace.inst(inst.args[0]).ty;
            if ty.is_pointer() {
                return "the same function".into();
            }
            if trace.inst(inst.args[0]).op == Op::CallRaising {
                return "an error".into();
            }
            word_text(trace, inst, ty, inst.imm)
        }
        Op::FloatToInt => "a float in int range".into(),
        _ => "no overflow".into(),
    }
}

/// Whether a guard tests the address of a dict's entry.
fn finds_entry(trace: &Trace, guard: &Inst) -> bool {
    let tested = trace.inst(guard.args[0]);
    let finds = [Helper::DictFindInt, Helper::DictFindText];
    tested.op == Op::Call && finds.contains(&Helper::decode(tested.imm))
}

/// How the instruction reads in a report.
fn operation_text(i: Instruction) -> String {
    use Opcode::*;
    match i.opcode {
        Add | AddInt | PlaceAdd => "+".into(),
        Subtract | SubtractInt => "-".into(),
        Multiply | MultiplyInt => "*".into(),
        Divide | DivideInt => "/".into(),
        Modulo | ModuloInt => "%".into(),
        GetIndex | GetIndexInt | PlaceIndex => "a[i]".into(),
        SetIndex => "a[i] := v".into(),
        GetMember | GetMemberSafe | PlaceMember => "s.f".into(),
        SetMember => "s.f := v".into(),
        Call | CallModule | CallNative | CallNativeTaking => "call".into(),
        CallMethod | CallMethodPlace | CallMethodConst | CallMethodTemporary => {
            "method call".into()
        }
        RangeNext | IterNext => "for".into(),
        Push => "push".into(),
        Pop => "pop".into(),
        _ if i.jump().is_some() => "condition".into(),
        _ => i.info().name.to_string(),
    }
}

/// The name of what a guard is about.
fn subject(trace: &Trace, guard: Ref, place: &Place<'_>) -> String {
    let instruction = place.code.instructions[place.pc];
    let name_of = |register: usize| place.code.variable_names.get(register).cloned();
    let mut seen = Some(guard);
    // Back through the operands to the slot that the value came from.
    for _ in 0..8 {
        let Some(inst) = seen.and_then(|at| trace.insts.get(at.0 as usize)) else { break };
        if let (Op::Slot | Op::Immediate, Slot::Frame(slot)) = (inst.op, Slot::decode(inst.imm)) {
            if let Some(name) = name_of((slot - place.base).max(0) as usize)
                && !name.is_empty()
            {
                return name;
            }
            break;
        }
        if let (Op::Slot, Slot::Module(slot)) = (inst.op, Slot::decode(inst.imm)) {
            return place.code.module_names.get(slot as usize).cloned().unwrap_or_default();
        }
        seen = inst.args.first().copied();
    }
    let cache = match instruction.opcode {
        Opcode::GetMember | Opcode::GetMemberSafe | Opcode::PlaceMember => Some(instruction.c),
        Opcode::SetMember
        | Opcode::CallMethod
        | Opcode::CallMethodPlace
        | Opcode::CallMethodConst
        | Opcode::CallMethodTemporary => Some(instruction.b),
        _ => None,
    };
    if let Some(cache) = cache {
        return place.code.caches[cache as usize].name.to_string();
    }
    let fields = [instruction.a, instruction.b, instruction.c];
    let operands = instruction.info().operands.into_iter().zip(fields);
    operands
        .filter(|(operand, _)| matches!(operand, Operand::In | Operand::InOut))
        .find_map(|(_, register)| name_of(register as usize).filter(|name| !name.is_empty()))
        .unwrap_or_default()
}

fn link_text(machine: &Machine, trace: &Trace) -> String {
    match (&trace.start, trace.end) {
        (Start::Loop { code, index }, TraceEnd::Header { code: c, index: i, .. })
            if *code == c && *index == i =>
        {
            "itself".into()
        }
        (_, TraceEnd::Header { code, index, .. }) => {
            let code = machine.code(code);
            let header = code.loops[index as usize].header as usize;
            format!("the loop at line {}", code.line(header))
        }
        (_, TraceEnd::Leave { .. }) => "the interpreter".into(),
        (_, TraceEnd::Return { .. }) => "its caller".into(),
    }
}

impl Jit {
    pub(super) fn report_recorded(&mut self, machine: &Machine, trace: &Arc<Trace>, at: Position) {
        let link = link_text(machine, trace);
        let text = || {
            let mut namer = ir::print::Ordinals::default();
            annotated(machine, trace, &ir::print::trace(trace, &mut namer))
        };
        let event = Event::Recorded {
            trace: trace.id.0,
            at,
            operations: trace.insts.len() as u32,
            bytecodes: trace.bytecodes,
            link: &link,
            text: &text,
        };
        self.observer.event(&event);
    }

    pub(super) fn report_abort(
        &mut self,
        trace: TraceId,
        abort: &Abort,
        at: Position,
        retry: Retry,
        lost: u64,
    ) {
        let (reason, message) = (abort.name(), abort.to_string());
        let rows = &mut self.tallies.aborts;
        match rows.iter_mut().find(|row| row.reason == reason && row.at == at) {
            Some(row) => {
                row.count += 1;
                row.lost_micros += lost / 1000;
                row.retry = retry;
            }
            None => rows.push(AbortRow {
                reason: reason.into(),
                message: message.clone(),
                at: at.clone(),
                count: 1,
                lost_micros: lost / 1000,
                retry,
            }),
        }
        let event = Event::Aborted { trace: trace.0, reason, message: &message, at, retry };
        self.observer.event(&event);
    }

    pub(super) fn report_bridged(&mut self, machine: &Machine, exits: &[usize]) {
        for exit in exits {
            let site = &self.exits.sites()[*exit];
            let Some(bridge) = site.bridge else { continue };
            let key = site.key;
            let at = self.exit_position(machine, key);
            let (trace, guard, bridge) = (key.trace.0, key.guard.0, bridge.0);
            self.observer.event(&Event::Bridged { trace, guard, bridge, at });
        }
    }

    pub(super) fn exit_position(&self, machine: &Machine, key: ExitKey) -> Position {
        let trace = &self.traces[key.trace.0 as usize];
        let place = place(machine, trace, key.guard);
        position(place.code, place.pc)
    }

    /// What this JIT did so far. `total` is the time since the program began,
    /// in nanoseconds; `file` and the interpreter's count complete the picture.
    pub fn statistics(&self, machine: &Machine, file: &str, total: u64) -> Statistics {
        let rounds = self.rounds();
        let native = self
            .traces
            .iter()
            .map(|trace| rounds.get(&trace.id).copied().unwrap_or(0) * trace.bytecodes as u64)
            .sum();
        let guards: Vec<GuardRow> = self.guard_rows(machine);
        let traces: Vec<TraceRow> = self.trace_rows(machine, &rounds);
        let end_exits = traces.iter().map(|row| row.ends).sum();
        let guard_failures = guards.iter().map(|row| row.failures).sum();
        let spent = self.clock.recording
            + self.clock.optimising
            + self.clock.generating
            + self.clock.native;
        let live = self.regions.iter().flatten();
        let micros = Micros {
            optimise: self.clock.optimising / 1000,
            lower: 0,
            generate: (self.clock.generating + self.clock.background) / 1000,
        };
        Statistics {
            file: file.into(),
            mode: if self.runs_native() { "on" } else { "eval" }.into(),
            time: Times {
                total,
                interpreter: total.saturating_sub(spent),
                recording: self.clock.recording,
                optimising: self.clock.optimising,
                generating: self.clock.generating,
                native: self.clock.native,
                background: self.clock.background,
            },
            bytecodes: Bytecodes {
                interpreter: machine.retired,
                native,
                recording: self.tallies.recorded_bytecodes,
            },
            totals: Totals {
                roots: traces.iter().filter(|row| row.kind == TraceKind::Root).count() as u64,
                bridges: traces.iter().filter(|row| row.kind != TraceKind::Root).count() as u64,
                aborts: self.tallies.aborts.iter().map(|row| row.count).sum(),
                compilations: self.compilations,
                freed: self.tallies.freed,
                code_bytes: live
                    .filter_map(|state| state.compiled.as_ref())
                    .map(|code| code.code_bytes as u64)
                    .sum(),
                micros,
                entries: self.tallies.entries,
                exits: self.tallies.entries,
                guard_failures,
                end_exits,
                interrupts: self.tallies.interrupts,
                recorded_operations: self.traces.iter().map(|t| t.insts.len() as u64).sum(),
                optimised_operations: self.tallies.optimised_operations,
            },
            traces,
            guards,
            aborts: self.tallies.aborts.clone(),
            blacklist: self.blacklist(machine),
        }
    }

    fn blacklist(&self, machine: &Machine) -> Vec<BlacklistRow> {
        let given_up = self.sites.iter().filter(|site| site.aborts > 0 && site.regions.is_empty());
        let rows = given_up.map(|site| {
            let code = machine.code(site.code);
            let at = position(code, site.pc(code));
            BlacklistRow { at, reason: "recordings given up".into(), retry: site.retry }
        });
        rows.collect()
    }

    fn trace_rows(&self, machine: &Machine, rounds: &FxHashMap<TraceId, u64>) -> Vec<TraceRow> {
        let rows = self.traces.iter().map(|trace| {
            let exits: Vec<&ExitSite> =
                self.exits.sites().iter().filter(|site| site.key.trace == trace.id).collect();
            let is_end = |site: &&&ExitSite| site.key.guard.0 as usize == trace.insts.len();
            let region = self.region_of(trace.id);
            let state = region.and_then(|number| self.regions[number].as_ref());
            let frame = trace.frames.last().expect("a trace has a frame");
            let code = machine.code(frame.code);
            let kind = match trace.start {
                Start::Loop { .. } | Start::Function { .. } => TraceKind::Root,
                Start::Exit { parent, guard } => {
                    TraceKind::Bridge { trace: parent.0, guard: guard.0 }
                }
            };
            let is_root = kind == TraceKind::Root;
            TraceRow {
                id: trace.id.0,
                kind,
                function: code.name.to_string(),
                at: position(code, frame.pc as usize),
                link: link_text(machine, trace),
                region: region.map(|number| number as u32),
                entries: if is_root { self.entries_of(trace.id) } else { 0 },
                iterations: self
                    .options
                    .profile
                    .then(|| rounds.get(&trace.id).copied().unwrap_or(0)),
                exits: exits.iter().map(|site| site.failures).sum(),
                ends: exits.iter().filter(is_end).map(|site| site.failures).sum(),
                micros: state.map_or(Micros::default(), |state| state.micros),
                code_bytes: state
                    .and_then(|state| state.compiled.as_ref())
                    .map_or(0, |code| code.code_bytes as u32),
                operations: trace.insts.len() as u32,
                bytecodes: trace.bytecodes,
            }
        });
        rows.collect()
    }

    fn region_of(&self, root: TraceId) -> Option<usize> {
        self.regions.iter().position(|state| state.as_ref().is_some_and(|s| s.root == root))
    }

    fn entries_of(&self, root: TraceId) -> u64 {
        let states = self.regions.iter().flatten().filter(|state| state.root == root);
        let gone = self.tallies.entries_gone.get(&root).copied().unwrap_or(0);
        gone + states.map(|state: &RegionState| state.entries).sum::<u64>()
    }

    /// Rounds that each trace made in machine code, where they were counted.
    fn rounds(&self) -> FxHashMap<TraceId, u64> {
        let mut rounds = self.tallies.rounds.clone();
        for state in self.regions.iter().flatten() {
            for (trace, count) in state.rounds() {
                *rounds.entry(trace).or_insert(0) += count;
            }
        }
        rounds
    }

    fn guard_rows(&self, machine: &Machine) -> Vec<GuardRow> {
        let mut rows: Vec<GuardRow> = Vec::new();
        let mut at_row: FxHashMap<(TraceId, Ref), usize> = FxHashMap::default();
        // Copies of a guard share a row; its state is that of the copy that failed most.
        let mut sites: Vec<_> = self.exits.sites().iter().filter(|s| s.failures > 0).collect();
        sites.sort_by_key(|site| std::cmp::Reverse(site.failures));
        for site in sites {
            let trace = &self.traces[site.key.trace.0 as usize];
            let inst = trace.insts.get(site.key.guard.0 as usize);
            if inst.is_none() && trace.check_of_name(site.key.guard).is_none() {
                continue;
            }
            let number = *at_row.entry((site.key.trace, site.key.guard)).or_insert(rows.len());
            if number == rows.len() {
                let place = place(machine, trace, site.key.guard);
                rows.push(GuardRow {
                    trace: site.key.trace.0,
                    guard: site.key.guard.0,
                    at: position(place.code, place.pc),
                    operation: operation_text(place.code.instructions[place.pc]),
                    subject: inst.map_or(String::new(), |_| subject(trace, site.key.guard, &place)),
                    kind: inst.map_or(GuardKind::Check, |inst| guard_kind(trace, inst, &place)),
                    expected: inst.map_or("holds".into(), |inst| expected_text(trace, inst)),
                    observed: Vec::new(),
                    failures: 0,
                    state: self.guard_state(site),
                    inlined: place.inlined,
                });
            }
            let row = &mut rows[number];
            row.failures += site.failures;
            for ((ty, bits), count) in &site.seen {
                let text = match inst {
                    Some(inst) => word_text(trace, inst, *ty, *bits),
                    None => plain_text(*ty, *bits),
                };
                match row.observed.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, sum)) => *sum += count,
                    None => row.observed.push((text, *count)),
                }
            }
        }
        for row in &mut rows {
            row.observed.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            row.observed.truncate(3);
        }
        rows
    }

    fn guard_state(&self, site: &ExitSite) -> GuardState {
        if site.denied {
            return GuardState::Merged;
        }
        if let Some(bridge) = site.bridge {
            return GuardState::Bridged { trace: bridge.0 };
        }
        match &site.failed {
            Some((reason, Retry::Never)) => GuardState::Failed { reason: reason.clone() },
            Some((_, retry)) => GuardState::Blacklisted { retry: *retry },
            None => {
                GuardState::Cold { failures: site.recent, threshold: self.options.bridge_after() }
            }
        }
    }

    /// Whether an observer asks for texts of this kind.
    pub fn wants(&self, kind: Kind) -> bool {
        self.observer.wants(kind)
    }
}

/// The printed trace with the source line before each instruction that begins one.
fn annotated(machine: &Machine, trace: &Trace, text: &str) -> String {
    let mut out = String::new();
    let mut frames: Vec<_> = trace.frames.iter().map(|frame| frame.code).collect();
    let mut marks = trace.insts.iter().filter(|i| matches!(i.op, Op::At | Op::Enter | Op::Leave));
    let mut last = None;
    for line in text.lines() {
        let word = line.trim_start();
        let is_mark = ["at ", "enter ", "leave "].iter().any(|mark| word.contains(mark));
        if is_mark && let Some(mark) = marks.next() {
            match mark.op {
                Op::Enter => frames.push(trace.entered[mark.imm as usize].code),
                Op::Leave => {
                    frames.pop();
                }
                _ => {
                    let code = machine.code(*frames.last().expect("a frame"));
                    let number = code.line(mark.imm as usize);
                    if last != Some((code.id, number)) {
                        let source = code.source.line_text(number).trim();
                        out.push_str(&format!("  ; {}:{number}: {source}\n", code.source.name));
                    }
                    last = Some((code.id, number));
                }
            }
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
