//! Replay: recorded instructions pass one by one through the optimiser into blocks.
//!
//! Marks change the [`State`]; everything else has its operands replaced by
//! results of the region and goes through folding, guard elimination, common
//! subexpressions and memory forwarding; what remains is appended. A guard gets
//! an exit with a snapshot of the state; if the plan has a bridge for it, the
//! state is kept and the bridge replayed from there later.
//!
//! Example: replaying `v1 = slot r0:int` where the state knows `r0` as the int
//! `v40` emits nothing: later uses of `v1` are uses of `v40`.

use super::super::ir::{
    BlockId, BlockKind, End, Exit, ExitId, ExitKind, FrameState, Inst, Op, Ref, Slot, SlotValue,
    Snapshot, Start, Trace, TraceEnd, TraceId, Type,
};
use super::cse;
use super::fold::{Answer, fold};
use super::graph::Graph;
use super::heap;
use super::learned::Learned;
use super::loops::Header;
use super::plan::{EmitError, Environment, Plan};
use super::sinking::MOST_OPERANDS;
use super::snapshot;
use super::state::State;
use super::survey::Surveys;
use crate::bytecode::{ActiveCall, CodeId, Slow};
use crate::value::{Storage, Tag};
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Most frames that an operation can name.
const MOST_NAMED: usize = 48;

/// One way through the region that is being emitted.
pub struct Path {
    /// Where instructions are appended.
    pub block: BlockId,
    /// What is known there.
    pub state: State,
}

/// The trace that a path is replaying.
#[derive(Clone)]
pub struct Round {
    /// The trace.
    pub trace: Arc<Trace>,
    /// Register of the region's first frame where the trace's first frame begins.
    pub shift: i32,
    /// Whether this is part of a peeled first round.
    pub peeled: bool,
    /// Whether this is the root trace of the innermost open loop, replayed for it.
    pub own: bool,
}

/// A bridge that waits to be emitted.
struct Waiting {
    path: Path,
    round: Round,
}

/// What became of an operation.
pub enum Outcome {
    /// It has this result.
    Value(Ref),
    /// It is done and has no result.
    Gone,
    /// It always leaves.
    Never,
}

/// How a path goes on after an instruction or a trace.
pub enum Flow {
    /// With the next instruction.
    On,
    /// In another trace.
    Turn(Round),
    /// Not at all: its block has an end.
    Done,
}

/// One emission of a region.
pub struct Emitter<'a> {
    /// What is emitted.
    pub plan: &'a Plan,
    /// Answers about code.
    pub environment: &'a dyn Environment,
    /// The region so far.
    pub graph: Graph,
    /// Headers of loops.
    pub headers: Vec<Header>,
    /// Names of headers' parameters across emissions.
    pub names: FxHashMap<Ref, u64>,
    /// What earlier emissions of the same plan found out.
    pub learned: &'a mut Learned,
    /// What was found out about the plan's loops.
    pub surveys: &'a mut Surveys,
    /// Copies of nested loops, by name: the header, if arrivals may share it.
    pub copies: FxHashMap<u64, Option<usize>>,
    /// The last instruction of each loop whose way back was recorded.
    pub ends: FxHashMap<(CodeId, u16), u32>,
    /// Guards of each trace that have bridges, in order.
    pub bridged: FxHashMap<TraceId, Vec<(Ref, TraceId)>>,
    /// What divisors were when they were recorded.
    pub saw: FxHashMap<Ref, i64>,
    /// Limits below which parameters of headers would better stay.
    pub wished: FxHashMap<(u64, Slot), i64>,
    waiting: Vec<Waiting>,
}

impl<'a> Emitter<'a> {
    /// An emission of `plan` that knows what earlier ones learnt.
    pub fn new(
        plan: &'a Plan,
        environment: &'a dyn Environment,
        learned: &'a mut Learned,
        surveys: &'a mut Surveys,
    ) -> Emitter<'a> {
        let mut bridged: FxHashMap<TraceId, Vec<(Ref, TraceId)>> = FxHashMap::default();
        for (&(trace, guard, _), bridges) in &plan.bridges {
            let bridges = bridges.iter().map(|bridge| (guard, *bridge));
            bridged.entry(trace).or_default().extend(bridges);
        }
        for list in bridged.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        let mut ends: FxHashMap<(CodeId, u16), u32> = FxHashMap::default();
        for trace in plan.traces.values() {
            if let TraceEnd::Header { code, index, back: true } = trace.end
                && let Some(mark) = trace.insts.iter().rfind(|inst| inst.op == Op::At)
            {
                let end = ends.entry((code, index)).or_insert(0);
                *end = (*end).max(mark.imm as u32);
            }
        }
        Emitter {
            copies: FxHashMap::default(),
            ends,
            plan,
            environment,
            graph: Graph::default(),
            headers: Vec::new(),
            names: FxHashMap::default(),
            learned,
            surveys,
            bridged,
            saw: FxHashMap::default(),
            wished: FxHashMap::default(),
            waiting: Vec::new(),
        }
    }

    /// Emits everything.
    ///
    /// # Errors
    /// If the plan cannot be emitted; see [`EmitError`].
    pub fn run(mut self) -> Result<super::super::ir::Region, EmitError> {
        let root = self.plan.root.clone();
        let block = self.graph.block(BlockKind::Entry);
        let mut path = Path { block, state: State::default() };
        path.state.frames = root.frames.clone();
        let round = match (&self.plan.side, root.start.clone()) {
            (Some(side), _) => self.go_on(&mut path, side)?,
            (None, Start::Function { code, version }) => {
                self.open_function(&mut path, root, code, version)
            }
            (None, _) => self.open(&mut path, root, 0, None)?,
        };
        self.walk(path, round)?;
        while let Some(Waiting { path, round }) = self.waiting.pop() {
            self.walk(path, round)?;
        }
        if !self.learned.changed && !self.learned.cautious {
            self.find_steady();
        }
        Ok(self.graph.region)
    }

    /// Follows a path to its end.
    fn walk(&mut self, mut path: Path, mut round: Round) -> Result<(), EmitError> {
        loop {
            match self.replay(&mut path, &round)? {
                Flow::Turn(next) => round = next,
                Flow::On | Flow::Done => return Ok(()),
            }
        }
    }

    /// Replays one trace.
    fn replay(&mut self, path: &mut Path, round: &Round) -> Result<Flow, EmitError> {
        let trace = round.trace.clone();
        let mut values: Vec<Option<Ref>> = vec![None; trace.insts.len()];
        for (index, inst) in trace.insts.iter().enumerate() {
            let name = Ref(index as u32);
            match self.instruction(path, round, name, inst, &mut values)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        let end = Ref(trace.insts.len() as u32);
        match trace.end {
            TraceEnd::Return { pc, register } => self.returns(path, round, pc, register),
            TraceEnd::Leave { pc } => {
                path.state.undo.clear();
                path.state.innermost().pc = pc;
                self.leave(path, round, end, ExitKind::End)
            }
            TraceEnd::Header { code, index, back } => {
                path.state.undo.clear();
                path.state.innermost().pc = self.environment.header(code, index);
                self.arrive(path, round, code, index, back)
            }
        }
    }

    fn instruction(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        inst: &Inst,
        values: &mut [Option<Ref>],
    ) -> Result<Flow, EmitError> {
        let value = |r: Ref| values[r.0 as usize].ok_or(EmitError::Incomplete);
        let result = match inst.op {
            Op::At => {
                path.state.innermost().pc = inst.imm as u32;
                path.state.undo.clear();
                return Ok(Flow::On);
            }
            Op::Enter => {
                let mark = &round.trace.entered[inst.imm as usize];
                path.state.innermost().pc = mark.return_pc;
                let base = mark.base + round.shift;
                path.state.frames.push(FrameState { code: mark.code, pc: 0, base });
                return Ok(Flow::On);
            }
            Op::Leave => {
                let frame = path.state.frames.pop().ok_or(EmitError::Incomplete)?;
                for (slot, entry) in path.state.slots.split_off(frame.base) {
                    let immediate = snapshot::is_immediate(&self.graph, entry.value);
                    path.state.abandon(slot, entry, immediate);
                }
                if path.state.frames.is_empty() {
                    return Err(EmitError::Incomplete);
                }
                path.state.innermost().pc = inst.imm as u32;
                return Ok(Flow::On);
            }
            Op::Set => {
                let slot = self.slot(round, inst.imm);
                let new = match inst.args[..] {
                    [typed] => SlotValue::Typed(value(typed)?),
                    [tag, payload] => self.dynamic(path, value(tag)?, value(payload)?),
                    _ => return Err(EmitError::Incomplete),
                };
                let before = path.state.slots.get(slot);
                let was_immediate =
                    before.is_some_and(|entry| snapshot::is_immediate(&self.graph, entry.value));
                path.state.assign(slot, new, was_immediate);
                return Ok(Flow::On);
            }
            Op::Slot => self.read_slot(path, round, name, inst)?,
            Op::Immediate => {
                let slot = self.slot(round, inst.imm);
                self.immediate(path, round, name, slot, ExitKind::Resume)?
            }
            Op::Const => Outcome::Value(self.graph.constant(inst.ty, inst.imm)),
            Op::Retain => {
                path.state.facts.counts.retain(value(inst.args[0])?);
                return Ok(Flow::On);
            }
            Op::Own => {
                path.state.facts.counts.own(value(inst.args[0])?);
                return Ok(Flow::On);
            }
            Op::Saw => {
                self.saw.entry(value(inst.args[0])?).or_insert(inst.imm as i64);
                return Ok(Flow::On);
            }
            Op::Release => {
                let object = value(inst.args[0])?;
                // What was overwritten is given up: no exit goes back behind this.
                path.state.undo.clear();
                self.release(path, object);
                return Ok(Flow::On);
            }
            Op::GuardCallable => self.guard_callable(path, round, name, inst.imm)?,
            Op::CallFunction => {
                let args: SmallVec<[Ref; 8]> =
                    inst.args.iter().map(|arg| value(*arg)).collect::<Result<_, _>>()?;
                self.call_function(path, round, name, inst.imm, &args)?
            }
            Op::GuardType => {
                let (tag, payload) = (value(inst.args[0])?, value(inst.args[1])?);
                self.guard_type(path, round, name, tag, payload, inst.ty)?
            }
            _ => {
                let mut args: SmallVec<[Ref; 3]> = SmallVec::new();
                for &arg in &inst.args {
                    let mut region_value = value(arg)?;
                    let word = round.trace.inst(arg).ty == Type::Word;
                    if word && self.graph.ty(region_value) != Type::Word {
                        region_value = self.retype(path, region_value, Type::Word);
                    }
                    args.push(region_value);
                }
                if inst.op == Op::CallSlow && inst.imm as u8 == Slow::Caught as u8 {
                    let frames = &path.state.frames;
                    // Of calls between regions of functions there are no frames to name.
                    if self.graph.region.function.is_some() || frames.len() > MOST_NAMED {
                        let pending = self.graph.ty(args[0]) == Type::Undefined;
                        let kind = if pending { ExitKind::Raise } else { ExitKind::Resume };
                        return self.leave(path, round, name, kind);
                    }
                    for (at, frame) in frames.iter().enumerate() {
                        // Frames that have called stand behind the call.
                        let pc = frame.pc - u32::from(at + 1 < frames.len());
                        let call = ActiveCall { code: frame.code, pc };
                        args.push(self.graph.int(call.pack()));
                    }
                }
                let inst = Inst { op: inst.op, ty: inst.ty, args, imm: inst.imm, exit: None };
                self.operation(path, Some((round, name)), inst)?
            }
        };
        match result {
            Outcome::Value(result) => {
                values[name.0 as usize] = Some(result);
                Ok(Flow::On)
            }
            Outcome::Gone => Ok(Flow::On),
            Outcome::Never => self.leave(path, round, name, ExitKind::Resume),
        }
    }

    /// The slot of the region that a slot of the trace is.
    pub fn slot(&self, round: &Round, bits: u64) -> Slot {
        match Slot::decode(bits) {
            Slot::Frame(index) => Slot::Frame(index + round.shift),
            Slot::Module(index) if self.plan.in_main => Slot::Frame(index as i32),
            module => module,
        }
    }

    /// A value of unknown kind, or a typed one if its kind turns out to be known.
    fn dynamic(&mut self, path: &mut Path, tag: Ref, payload: Ref) -> SlotValue {
        if self.graph.ty(payload).tag().is_some() {
            return SlotValue::Typed(payload);
        }
        match path.state.facts.truths.known(&self.graph, tag) {
            Some(bits) => {
                let ty = Type::of(Tag::from_number(bits));
                SlotValue::Typed(self.known_payload(path, payload, ty))
            }
            None => SlotValue::Dynamic { tag, payload },
        }
    }

    /// The payload of a value whose type is known.
    fn known_payload(&mut self, path: &mut Path, payload: Ref, ty: Type) -> Ref {
        match ty {
            Type::Null | Type::Undefined => self.graph.constant(ty, 0),
            _ if self.graph.ty(payload) == ty => payload,
            _ => self.retype(path, payload, ty),
        }
    }

    fn retype(&mut self, path: &mut Path, payload: Ref, ty: Type) -> Ref {
        if let Some(bits) = self.graph.bits(payload) {
            return self.graph.constant(ty, bits);
        }
        let inst = Inst::new(Op::Retype, ty, &[payload]);
        match fold(&mut self.graph, inst.clone()) {
            Answer::Same(existing) => existing,
            _ => {
                if let Some(existing) = path.state.facts.expressions.find(&inst, |_| true) {
                    return existing;
                }
                self.emit(path, inst)
            }
        }
    }

    pub(super) fn guard_type(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        tag: Ref,
        payload: Ref,
        ty: Type,
    ) -> Result<Outcome, EmitError> {
        let wanted = ty.tag().ok_or(EmitError::Incomplete)?;
        let typed = self.graph.ty(payload);
        if typed.tag().is_some() {
            return Ok(if typed == ty { Outcome::Value(payload) } else { Outcome::Never });
        }
        if let Some(bits) = path.state.facts.truths.known(&self.graph, tag) {
            if bits != wanted as u64 {
                return Ok(Outcome::Never);
            }
            let result = self.known_payload(path, payload, ty);
            path.state.refine(tag, payload, result, ty.is_pointer());
            return Ok(Outcome::Value(result));
        }
        if path.state.facts.truths.is_not(tag, wanted as u64) {
            return Ok(Outcome::Never);
        }
        let result = if matches!(ty, Type::Null | Type::Undefined) {
            let guard = Inst::new(Op::GuardEqual, Type::Unit, &[tag]).with_imm(wanted as u64);
            self.append(path, guard, Some((round, name, ExitKind::Resume)))?;
            self.graph.constant(ty, 0)
        } else {
            let guard = Inst::new(Op::GuardType, ty, &[tag, payload]);
            let result = self.append(path, guard, Some((round, name, ExitKind::Resume)))?;
            let same = Inst::new(Op::Retype, ty, &[payload]);
            path.state.facts.expressions.note(&same, result);
            path.state.facts.truths.learn_equal(&self.graph, tag, wanted as u64);
            result
        };
        let payload_op = self.graph.inst(payload).op;
        let fresh = ty.is_pointer() && matches!(payload_op, Op::ResultPayload | Op::ReturnPayload);
        if fresh {
            path.state.facts.counts.own(result);
        }
        path.state.refine(tag, payload, result, ty.is_pointer() && !fresh);
        Ok(Outcome::Value(result))
    }

    /// An operation of ours that has a result and cannot leave.
    pub(super) fn value(&mut self, path: &mut Path, inst: Inst) -> Result<Ref, EmitError> {
        match self.operation(path, None, inst)? {
            Outcome::Value(result) => Ok(result),
            _ => Err(EmitError::Incomplete),
        }
    }

    /// Passes one operation through the optimiser.
    fn operation(
        &mut self,
        path: &mut Path,
        site: Option<(&Round, Ref)>,
        mut inst: Inst,
    ) -> Result<Outcome, EmitError> {
        let options = self.plan.options;
        if options.guards {
            for arg in &mut inst.args {
                let ty = self.graph.ty(*arg);
                if matches!(ty, Type::Int | Type::Bool)
                    && let Some(bits) = path.state.facts.truths.known(&self.graph, *arg)
                {
                    *arg = self.graph.constant(ty, bits);
                }
            }
        }
        let passes: [bool; 2] = [options.fold, options.guards];
        for (pass, _) in passes.into_iter().enumerate().filter(|(_, on)| *on) {
            let answer = match pass {
                0 => fold(&mut self.graph, inst),
                _ => path.state.facts.truths.simplify(&mut self.graph, inst),
            };
            inst = match answer {
                Answer::Keep(inst) => inst,
                Answer::Same(result) => return Ok(Outcome::Value(result)),
                Answer::Gone => return Ok(Outcome::Gone),
                Answer::Never => return Ok(Outcome::Never),
            };
        }
        if options.fold
            && options.guards
            && let Some(result) = self.divide(path, &inst)?
        {
            return Ok(Outcome::Value(result));
        }
        if options.heap && inst.op == Op::StoreField && self.is_stored(path, &inst) {
            // The count that the field has serves as the one that it would take.
            path.state.facts.counts.disown(inst.args[1]);
            return Ok(Outcome::Gone);
        }
        if options.heap && inst.op == Op::ArrayAdopt && self.is_settled(path, inst.args[0]) {
            return Ok(Outcome::Gone);
        }
        self.count_before(path, &inst);
        if options.cse && cse::is_pure(inst.op) {
            let truths = &path.state.facts.truths;
            let graph = &self.graph;
            let found = path.state.facts.expressions.find(&inst, |r| truths.is_exact(graph, r));
            if let Some(result) = found {
                return Ok(Outcome::Value(result));
            }
        }
        if options.heap && heap::is_load(&inst) {
            if let Some(result) = path.state.facts.memory.find(&inst) {
                return Ok(Outcome::Value(result));
            }
            self.ask_to_carry(path, &inst);
        }
        let exit = match (inst.op.info().guards, site) {
            (true, Some((round, name))) => {
                self.ask_to_assume(path, &inst);
                let raises = inst.op == Op::GuardStatus;
                let kind = if raises { ExitKind::Raise } else { ExitKind::Resume };
                Some((round, name, kind))
            }
            (true, None) => return Err(EmitError::Incomplete),
            (false, _) => None,
        };
        let result = self.append(path, inst, exit)?;
        Ok(Outcome::Value(result))
    }

    /// Whether an array is known not to be an empty one of whole values.
    fn is_settled(&self, path: &Path, array: Ref) -> bool {
        let facts = &path.state.facts;
        let len = facts.memory.find(&Inst::new(Op::ArrayLen, Type::Int, &[array]));
        facts.memory.storage(&self.graph, &facts.truths, array).is_some_and(|s| s != Storage::Any)
            || len.is_some_and(|len| facts.truths.range(&self.graph, len).low > 0)
    }

    /// Whether a field is known to hold already what is stored to it.
    fn is_stored(&self, path: &Path, store: &Inst) -> bool {
        let facts = &path.state.facts;
        let (object, value) = (store.args[0], store.args[1]);
        let ty = self.graph.ty(value);
        let load = |op, ty| facts.memory.find(&Inst::new(op, ty, &[object]).with_imm(store.imm));
        let tag = load(Op::FieldTag, Type::Word);
        let tag = tag.and_then(|tag| facts.truths.known(&self.graph, tag));
        if tag.is_none() || tag != ty.tag().map(|tag| tag as u64) {
            return false;
        }
        !ty.has_bits()
            || load(Op::FieldPayload, ty).is_some_and(|held| {
                let retyped = Inst::new(Op::Retype, ty, &[held]);
                held == value || facts.expressions.find(&retyped, |_| true) == Some(value)
            })
    }

    /// Appends an instruction, with its exit if it guards.
    pub(super) fn append(
        &mut self,
        path: &mut Path,
        mut inst: Inst,
        site: Option<(&Round, Ref, ExitKind)>,
    ) -> Result<Ref, EmitError> {
        if let Some((round, name, kind)) = site {
            inst.exit = Some(self.exit(path, round, name, kind, Some(&inst))?);
        }
        Ok(self.emit(path, inst))
    }

    /// Appends an instruction and takes in what it does and tells.
    pub fn emit(&mut self, path: &mut Path, inst: Inst) -> Ref {
        let result = self.graph.append(path.block, inst.clone());
        path.state.wrote(heap::writes(&inst));
        let facts = &mut path.state.facts;
        if cse::is_pure(inst.op) {
            facts.expressions.note(&inst, result);
        } else if heap::is_load(&inst) {
            facts.memory.note(&inst, result);
        }
        facts.truths.learn(&self.graph, &inst, result);
        let counts = &facts.counts;
        let owned = |r| counts.is_owned(r);
        let doubtful = facts.memory.effect(&mut self.graph, &facts.truths, &inst, result, owned);
        let makes = matches!(
            inst.op,
            Op::NewRecord
                | Op::NewArray
                | Op::NewCell
                | Op::NewClosure
                | Op::Call
                | Op::ResultPayload
        );
        if makes && inst.ty.is_pointer() {
            facts.counts.own(result);
        }
        if inst.op == Op::NewArray && !inst.args.is_empty() && inst.args.len() <= MOST_OPERANDS {
            let data = self.emit(path, Inst::new(Op::ArrayData, Type::Word, &[result]));
            path.state.facts.memory.know_elements(&mut self.graph, data, &inst);
        }
        self.ask_whether_rising(path, &doubtful);
        result
    }

    /// A round of a loop ends, and the path is about to go back to its header.
    pub fn poll(&mut self, path: &mut Path, round: &Round, end: Ref) -> Result<(), EmitError> {
        let poll = Inst::new(Op::Poll, Type::Unit, &[]);
        self.append(path, poll, Some((round, end, ExitKind::Interrupt))).map(drop)
    }

    /// An exit for a guard (or the end) of a trace, with its bridge if it has one.
    pub fn exit(
        &mut self,
        path: &Path,
        round: &Round,
        name: Ref,
        kind: ExitKind,
        inst: Option<&Inst>,
    ) -> Result<ExitId, EmitError> {
        let snapshot = match kind {
            ExitKind::Entry => Snapshot { frames: path.state.frames.clone(), ..Default::default() },
            _ => snapshot::build(&mut self.graph, self.environment, &path.state),
        };
        let guards = |inst: &&Inst| {
            matches!(
                inst.op,
                Op::GuardType
                    | Op::GuardTrue
                    | Op::GuardFalse
                    | Op::GuardEqual
                    | Op::GuardNotEqual
                    | Op::GuardBelow
            )
        };
        // A condition that failed is known, and so need not exist as a value.
        let observed = inst.filter(|_| self.plan.options.observe).filter(guards);
        let observed = observed.map(|inst| match inst.op {
            Op::GuardTrue => self.graph.constant(Type::Bool, 0),
            Op::GuardFalse => self.graph.constant(Type::Bool, 1),
            _ => inst.args[0],
        });
        let mut bridge = None;
        if matches!(kind, ExitKind::Resume | ExitKind::Absent | ExitKind::Raise)
            && self.graph.region.insts.len() < self.plan.options.size_limit
            && let Some(next) = self.bridge(&path.state, round, name)
        {
            let mut state = path.state.clone();
            state.return_to_mark();
            if let Some(inst) = inst {
                state.facts.truths.learn_failure(&self.graph, inst);
            }
            state.path = name_path(state.path, round, name);
            let block = self.graph.block(BlockKind::Bridge);
            self.waiting.push(Waiting { path: Path { block, state }, round: next });
            bridge = Some(block);
        }
        let (trace, peeled) = (round.trace.id, round.peeled);
        let resident = match kind {
            ExitKind::Resume if bridge.is_none() => snapshot::resident(&self.graph, &path.state),
            _ => Vec::new(),
        };
        let guard = name;
        let exit = Exit { trace, guard, peeled, kind, snapshot, observed, bridge, resident };
        Ok(self.graph.exit(exit))
    }

    /// Ends a path at a guard that never passes or at the end of a trace: in a
    /// bridge, if there is one, else by leaving to the interpreter.
    pub fn leave(
        &mut self,
        path: &mut Path,
        round: &Round,
        name: Ref,
        kind: ExitKind,
    ) -> Result<Flow, EmitError> {
        if self.graph.region.insts.len() < self.plan.options.size_limit
            && let Some(next) = self.bridge(&path.state, round, name)
        {
            path.state.return_to_mark();
            path.state.path = name_path(path.state.path, round, name);
            return Ok(Flow::Turn(next));
        }
        let exit = self.exit(path, round, name, kind, None)?;
        self.graph.end(path.block, End::Leave(exit));
        Ok(Flow::Done)
    }

    /// The bridge that the plan has for this guard, if it fits the frames here.
    pub(super) fn bridge(&self, state: &State, round: &Round, name: Ref) -> Option<Round> {
        let bridges = self.plan.bridges.get(&(round.trace.id, name, round.peeled))?;
        let traces = bridges.iter().filter_map(|id| self.plan.traces.get(id));
        let usable = traces.filter(|trace| trace.goes_on_at(&state.frames));
        let trace = usable.max_by_key(|trace| trace.frames.len())?.clone();
        let first = &state.frames[state.frames.len() - trace.frames.len()];
        let shift = first.base - trace.frames.first()?.base;
        Some(Round { trace, shift, peeled: round.peeled, own: false })
    }
}

/// The name of the path that goes on from a guard.
pub(super) fn name_path(path: u64, round: &Round, name: Ref) -> u64 {
    let mut hasher = FxHasher::default();
    (path, round.trace.id, name, round.peeled).hash(&mut hasher);
    hasher.finish()
}
