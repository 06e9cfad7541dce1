//! The recorder: follows the interpreter through one round of a loop or one call
//! of a function, or on from a side exit, and writes down what it does.
//!
//! It executes each instruction by the same body as the interpreter, in the
//! domain [`Recording`], so recording is executing: when it
//! stops, for whatever reason, the machine has simply got that much further.
//!
//! What must hold: before an instruction runs, the kinds of all its operands
//! are decided (and that of what it overwrites, as that must be released), so
//! that no guard stands after an effect.
//!
//! Example: for `s := s + i` with two ints the recorder writes `at 3`, then
//! `slot` instructions for registers not yet seen, `int_add`, and `set`.

mod abort;
mod builder;
mod calls;
mod computations;
mod diamonds;
mod domain;
mod generators;
mod recording;
mod throws;

pub use abort::Abort;
use calls::leaves;
pub use calls::may_have_region;
pub use throws::may_follow;

use crate::bytecode::{Code, CodeId, Instruction, Opcode, Operand};
use crate::interp::concrete::Concrete;
use crate::interp::{Flow, Machine, ops};
use crate::jit::ir::{FrameState, FunctionTable, Op, Start, Trace, TraceEnd, TraceId, Type};
use crate::value::{Tag, Value};
use builder::Builder;
use recording::{Places, Recording};

/// What the recorder is told about loops other than the one it began at.
pub trait Loops {
    /// Whether the loop has been recorded, so that a trace may end at its header.
    fn is_recorded(&self, code: CodeId, index: u16) -> bool;
    /// Whether recording the loop was given up again and again, as where it goes round
    /// once or twice only.
    fn is_hopeless(&self, code: CodeId, index: u16) -> bool;
    /// Whether a branch goes either way so often that both are to be recorded.
    fn goes_both_ways(&self, code: CodeId, pc: usize) -> bool;
}

/// Operations of a trace beyond which it follows no rounds of inner loops: each round's
/// exits would be followed by copies of what comes after the loop.
const UNROLLED: usize = 128;

/// Most rounds that are followed of an inner loop that has no trace of its own and will
/// hardly get one.
const HOPELESS_ROUNDS: u32 = 16;

/// Limits of a recording.
#[derive(Clone, Copy, Debug)]
pub struct RecordLimits {
    /// Most instructions.
    pub length: usize,
    /// Most nested inlined calls.
    pub inline_depth: usize,
    /// Most instructions of a function that is inlined.
    pub inline_size: usize,
    /// Most rounds of an inner loop that are unrolled.
    pub unroll: u32,
    /// Most calls and rounds of loops that a recording waits for a called function.
    pub patience: u32,
}

/// What came of a recording.
pub struct Outcome {
    /// The trace, or why there is none, with the code and instruction where.
    pub trace: Result<Recorded, (Abort, CodeId, usize)>,
    /// Whether the machine holds a fault to be raised; its innermost pc is
    /// after the raising instruction then.
    pub raised: bool,
    /// Instructions executed.
    pub executed: u64,
}

/// What a recording must know of loops and functions.
pub struct Known<'a> {
    /// The loops that have been recorded.
    pub loops: &'a dyn Loops,
    /// The versions of functions, which it may add to.
    pub functions: &'a mut FunctionTable,
    /// What is special about its first instruction.
    pub origin: Origin,
}

/// Where a recording begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// Whether the first frame is that of a function with a region of its own.
    pub returns: bool,
    /// Whether the region is a function's: then nobody knows who called it.
    pub called: bool,
    /// Whether the machine holds a fault that the first instruction has raised.
    pub raised: bool,
    /// Whether a round in which an operation raises is given up: another one may be more
    /// usual, and the trace of a loop is better one of those.
    pub hopeful: bool,
    /// How many rounds in which the loop ends may still be given up: they tell next to
    /// nothing of a loop with many rounds.
    pub last_rounds: u32,
}

/// Recordings of a loop that may be given up because it ended in them.
pub const MOST_LAST_ROUNDS: u32 = 3;

/// A finished recording.
pub struct Recorded {
    /// The trace.
    pub trace: Trace,
    /// Objects that its constants point to, to be kept as long as it is.
    pub kept: Vec<Value>,
}

/// Records from the innermost frame's pc on. For a loop trace that is the
/// loop's header, for a function's its first instruction; for a bridge, `frames` are the activations of its parent's
/// snapshot, which the machine's innermost frames match.
pub fn record(
    machine: &mut Machine,
    id: TraceId,
    start: Start,
    frames: Vec<FrameState>,
    limits: RecordLimits,
    known: Known<'_>,
) -> Outcome {
    let Known { loops, functions, origin } = known;
    let outer = machine.frames.len() - frames.len();
    let in_main = machine.frames[outer].code().is_main;
    let mut recorder = Recorder {
        builder: Builder::new(&frames, in_main),
        places: Places::default(),
        start: start.clone(),
        limits,
        loops,
        functions,
        returns: origin.returns,
        called: origin.called,
        hopeful: origin.hopeful,
        last_rounds: origin.last_rounds,
        unrolled: Vec::new(),
        bytecodes: 0,
        last_mark: 0,
        last_pc: 0,
    };
    if let Start::Function { .. } = start {
        recorder.begin_function(machine);
    }
    let (end, raised) = recorder.run(machine, origin.raised);
    let executed = recorder.bytecodes as u64;
    let trace = end.map(|end| Recorded {
        trace: Trace {
            id,
            start,
            frames,
            entered: recorder.builder.entered,
            insts: recorder.builder.insts,
            end,
            bytecodes: recorder.bytecodes,
            in_main,
        },
        kept: recorder.builder.kept,
    });
    let trace = trace.map_err(|abort| {
        let frame = machine.frames.last().expect("a frame");
        (abort, frame.code().id, frame.pc_index())
    });
    Outcome { trace, raised, executed }
}

struct Recorder<'a> {
    builder: Builder,
    places: Places,
    start: Start,
    limits: RecordLimits,
    loops: &'a dyn Loops,
    functions: &'a mut FunctionTable,
    returns: bool,
    called: bool,
    hopeful: bool,
    last_rounds: u32,
    /// Rounds of inner loops followed so far, and where their frames begin.
    unrolled: Vec<(CodeId, u16, i32, u32)>,
    bytecodes: u32,
    /// Where the last instruction begins in the trace, and in its function.
    last_mark: usize,
    last_pc: u32,
}

/// What to do after an instruction.
enum Step {
    Continue,
    End(TraceEnd),
    Abort(Abort),
    Raised(Option<TraceEnd>),
}

impl Recorder<'_> {
    fn run(&mut self, machine: &mut Machine, raised: bool) -> (Result<TraceEnd, Abort>, bool) {
        let mut first = raised.then(|| self.begin_raised(machine));
        loop {
            match first.take().unwrap_or_else(|| self.step(machine)) {
                Step::Continue => {}
                Step::End(end) => return (Ok(end), false),
                Step::Abort(abort) => return (Err(abort), false),
                Step::Raised(Some(end)) => return (Ok(end), true),
                Step::Raised(None) => return (Err(Abort::Raised), true),
            }
            match self.builder.abort.take() {
                // The way up to the call is worth having; the call is left to
                // the interpreter.
                Some(Abort::TooDeep(_)) if !self.is_root() && self.bytecodes > 1 => {
                    self.builder.insts.truncate(self.last_mark);
                    return (Ok(TraceEnd::Leave { pc: self.last_pc }), false);
                }
                Some(abort) => return (Err(abort), false),
                None => {}
            }
            if self.builder.insts.len() > self.limits.length {
                return (Err(Abort::TooLong), false);
            }
        }
    }

    fn is_root(&self) -> bool {
        !matches!(self.start, Start::Exit { .. })
    }

    /// The trace begins where an instruction has raised.
    fn begin_raised(&mut self, machine: &mut Machine) -> Step {
        let pc = machine.frames.last().expect("a frame to record").pc_index();
        self.builder.emit(Op::At, Type::Unit, &[], pc as u64);
        self.bytecodes += 1;
        self.follow_fault(machine, false).unwrap_or_else(|| {
            let raising = machine.frames.last_mut().expect("a frame");
            raising.pc = raising.pc.wrapping_add(1);
            Step::Raised(None)
        })
    }

    fn step(&mut self, machine: &mut Machine) -> Step {
        let frame = *machine.frames.last().expect("a frame to record");
        let code = frame.code();
        let pc = frame.pc_index();
        let instruction = code.instructions[pc];
        let leaves = leaves(machine, instruction);
        if leaves && self.builder.frames.len() == 1 {
            let returns = matches!(
                instruction.opcode,
                Opcode::Return | Opcode::ReturnNull | Opcode::TryUnwrap
            );
            if self.returns && returns {
                return self.end_function(machine, instruction);
            }
            // What happens in the function that called is not this trace's business.
            if self.is_root() || self.bytecodes == 0 {
                return Step::Abort(Abort::LeftFunction);
            }
            return Step::End(TraceEnd::Leave { pc: pc as u32 });
        }
        if instruction.opcode == Opcode::BindMethod {
            // It may invalidate every trace, this one too.
            if self.is_root() || self.bytecodes == 0 {
                return Step::Abort(Abort::DeclaresMethod);
            }
            return Step::End(TraceEnd::Leave { pc: pc as u32 });
        }
        if instruction.opcode == Opcode::ArraySpread {
            let spread = Concrete::new(machine, frame).peek_register(instruction.b);
            if matches!(spread.tag, Tag::Generator | Tag::Iterator) {
                // Item after item without a loop that the trace could go round.
                if self.is_root() || self.bytecodes == 0 {
                    return Step::Abort(Abort::Generator);
                }
                return Step::End(TraceEnd::Leave { pc: pc as u32 });
            }
        }
        let continues_place = self.continues_place(code, instruction);
        let mark = self.builder.insts.len();
        (self.last_mark, self.last_pc) = (mark, pc as u32);
        if !continues_place {
            self.builder.emit(Op::At, Type::Unit, &[], pc as u64);
        }
        // A bridge begins with a guard of the branch that failed.
        let is_first = !self.is_root() && self.bytecodes == 0;
        if !is_first
            && self.loops.goes_both_ways(code.id, pc)
            && let Some(join) = self.record_diamond(machine, code, pc)
        {
            return self.arrive(machine, code, join);
        }
        self.bytecodes += 1;
        let concrete = Concrete::new(machine, frame);
        let called = self.called;
        let mut domain = self.domain(concrete);
        prepare(&mut domain, code, instruction, leaves);
        if instruction.opcode == Opcode::Throw {
            domain.prepare_throw(called);
        }
        let flow = ops::execute(&mut domain, &instruction);
        let guarded = !domain.failed;
        let next = pc + 1;
        match flow {
            Flow::Next => self.arrive(machine, code, next),
            Flow::Jump(distance) => {
                self.arrive(machine, code, (next as i64 + distance as i64) as usize)
            }
            Flow::Enter => {
                let depth = machine.frames.len();
                machine.frames[depth - 2].pc = code.instructions.as_ptr().wrapping_add(next);
                if let Some(call) = self.builder.called.take() {
                    return self.await_call(machine, call, instruction, continues_place);
                }
                let entered = machine.frames[depth - 1];
                self.arrive(machine, entered.code(), entered.pc_index())
            }
            Flow::Leave(distance) => {
                let frame = machine.frames.last().expect("the caller's frame");
                let target = (frame.pc_index() as i64 + distance as i64) as usize;
                self.arrive(machine, frame.code(), target)
            }
            Flow::Back(index, distance) => {
                let target = (next as i64 + distance as i64) as usize;
                self.go_to(machine, code, target);
                self.arrive_at_loop(code, index, true)
            }
            Flow::Finish => unreachable!("main's return ends a trace before it runs"),
            Flow::Raise => {
                let stays = machine.frames.last().is_some_and(|last| last.base == frame.base);
                if stays
                    && !self.hopeful
                    && !continues_place
                    && let Some(step) = self.follow_raised(machine, instruction, guarded)
                {
                    return step;
                }
                // A return that raised has left its frame; the caller knows its pc.
                let raising = machine.frames.last_mut().expect("a frame");
                if raising.base == frame.base {
                    raising.pc = code.instructions.as_ptr().wrapping_add(next);
                }
                self.builder.insts.truncate(mark);
                let leaves = !self.is_root() && !continues_place && self.bytecodes > 1;
                Step::Raised(leaves.then_some(TraceEnd::Leave { pc: pc as u32 }))
            }
        }
    }

    /// Whether an instruction goes on with the place that one before it left,
    /// so that a failing guard must begin again at that one.
    fn continues_place(&self, code: &Code, instruction: Instruction) -> bool {
        use Opcode::*;
        let register = match instruction.opcode {
            SetIndex | SetMember | Push | PlaceAdd => instruction.a,
            PlaceIndex | PlaceMember | Pop => instruction.b,
            CallNativeTaking => instruction.c,
            _ => return false,
        };
        register >= code.variables && self.places.contains_key(&self.builder.slot(register))
    }

    fn go_to(&self, machine: &mut Machine, code: &Code, pc: usize) {
        let frame = machine.frames.last_mut().expect("a frame");
        frame.pc = code.instructions.as_ptr().wrapping_add(pc);
    }

    /// The next instruction is `pc`: stops there if it is the header of a loop
    /// that a trace should end at.
    fn arrive(&mut self, machine: &mut Machine, code: &'static Code, pc: usize) -> Step {
        self.go_to(machine, code, pc);
        let index = code.loops.iter().position(|info| info.header as usize == pc);
        match index {
            Some(index) => self.arrive_at_loop(code, index as u16, false),
            None => Step::Continue,
        }
    }

    /// Whether the loop that the trace is to be a round of ended in it: the header arrived
    /// at is its own, from outside, or that of a loop around it, from behind.
    fn has_left_loop(&self, code: &Code, index: u16, back: bool) -> bool {
        let Start::Loop { code: own_code, index: own } = self.start else { return false };
        if own_code != code.id || self.builder.frames.len() != 1 {
            return false;
        }
        let header = |index: u16| code.loops[index as usize].header;
        if back { header(index) < header(own) } else { index == own }
    }

    fn arrive_at_loop(&mut self, code: &'static Code, index: u16, back: bool) -> Step {
        let end = TraceEnd::Header { code: code.id, index, back };
        let own = self.start == Start::Loop { code: code.id, index };
        if self.last_rounds > 0 && self.has_left_loop(code, index, back) {
            return Step::Abort(Abort::LastRound);
        }
        if own && self.builder.frames.len() == 1 {
            return Step::End(end);
        }
        if self.loops.is_recorded(code.id, index) {
            return Step::End(end);
        }
        if !back {
            return Step::Continue;
        }
        let (id, base) = (code.id, self.builder.frame().base);
        let same = |(c, i, b, _): &&mut (CodeId, u16, i32, u32)| (*c, *i, *b) == (id, index, base);
        let rounds = match self.unrolled.iter_mut().find(same) {
            Some((.., rounds)) => {
                *rounds += 1;
                *rounds
            }
            None => {
                self.unrolled.push((id, index, base, 1));
                1
            }
        };
        let hopeless = rounds <= HOPELESS_ROUNDS && self.loops.is_hopeless(code.id, index);
        let brief = rounds <= self.limits.unroll && self.builder.insts.len() <= UNROLLED;
        if brief || hopeless {
            return Step::Continue;
        }
        // The inner loop deserves a trace of its own, and soon.
        code.loops[index as usize].state.hurry(2);
        if self.is_root() { Step::Abort(Abort::InnerLoop) } else { Step::End(end) }
    }
}

/// Decides what must be known before an instruction runs.
fn prepare(domain: &mut Recording<'_>, code: &Code, i: Instruction, leaves: bool) {
    use crate::interp::Domain;
    let fields = [i.a, i.b, i.c];
    for (operand, field) in i.info().operands.into_iter().zip(fields) {
        match operand {
            Operand::In | Operand::CellIn => domain.prepare_read(field),
            Operand::InOut => {
                if domain.concrete_tag(field) == Tag::Place {
                    continue;
                }
                domain.prepare_read(field);
            }
            Operand::LoopState => {
                let reads = matches!(i.opcode, Opcode::RangePrepare | Opcode::RangeNext);
                for register in field..field + 3 {
                    if reads || i.opcode == Opcode::IterNext && register < field + 2 {
                        domain.prepare_read(register);
                    } else {
                        domain.prepare_write(register);
                    }
                }
            }
            Operand::Window => {
                let (first, count) = match i.opcode {
                    Opcode::Call => (field, i.count() + 1),
                    Opcode::CallNativeTaking => (field + 2, i.count() - 1),
                    Opcode::CallMethod => (field + 1, i.count() + 1),
                    Opcode::CallMethodPlace
                    | Opcode::CallMethodConst
                    | Opcode::CallMethodTemporary => (field + 2, i.count()),
                    _ => (field + 1, i.count()),
                };
                (first..first + count as u16).for_each(|register| domain.prepare_read(register));
            }
            Operand::Run => {
                let count = match i.opcode {
                    Opcode::NewDict => 2 * i.c,
                    Opcode::NewStruct => code.shapes[i.c as usize].instance_len() as u16,
                    Opcode::NewEnum => i.count() as u16,
                    _ => i.c,
                };
                (field..field + count).for_each(|register| domain.prepare_read(register));
            }
            _ => {}
        }
    }
    for (operand, field) in i.info().operands.into_iter().zip(fields) {
        if operand == Operand::Out {
            domain.prepare_write(field);
        }
    }
    match i.opcode {
        _ if !leaves => {}
        Opcode::Yield => domain.prepare_suspension(Some(i.d() as u32)),
        Opcode::EndGenerator | Opcode::TryUnwrap if code.generator.is_some() => {
            domain.prepare_suspension(None)
        }
        _ => {
            if i.opcode == Opcode::NewGenerator {
                domain.prepare_creation(i.d() as u32);
            }
            domain.prepare_leave();
            // The function itself is released with its frame.
            domain.running_closure();
            // The result goes to a register of the caller, over what is there.
            if let Some(caller) = domain.caller() {
                domain.prepare_caller_write(caller.a);
            }
        }
    }
}
