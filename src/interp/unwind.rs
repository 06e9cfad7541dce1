//! From a raised fault to its handler.
//!
//! The innermost frame whose function protects the raising instruction gets
//! the error; frames inside it are dropped, and a method called on a place
//! stores its `self` back on the way (language reference 8.5). Cleanups run on
//! the way too: to a handler, or to the end of a text of a session, whose
//! variables the next one sees. There the fault waits in the machine, as it is,
//! and what the cleanup throws again is `undefined`.
//!
//! Contract of the `unsafe` here: as in `machine`; a frame's registers are
//! released once, and left null.
//!
//! Example: a fault in `g`, called by `f` inside `try`, drops `g`'s frame and
//! continues in `f` at the `except` block, whose variable holds the error.

use super::machine::{Frame, Machine, SLACK};
use crate::bytecode::{ActiveCall, Code, Handler, Opcode};
use crate::prim::Fault;
use crate::runtime::{self, Raised, error_value};
use crate::value::{Raw, RecordObject, Symbol, Tag, Value};
use std::rc::Rc;

/// One frame of a [`Traceback`].
#[derive(Clone, Debug)]
pub struct TracebackFrame {
    /// The function.
    pub code: Rc<Code>,
    /// The instruction that raised or called.
    pub pc: usize,
}

/// Where a fault was raised, innermost frame first.
#[derive(Clone, Debug, Default)]
pub struct Traceback {
    /// The frames.
    pub frames: Vec<TracebackFrame>,
    /// Further frames around those.
    pub others: usize,
}

/// Active calls that an error remembers, from the innermost one on.
const REMEMBERED: usize = 32;

/// Active calls that errors list from either end of a deep recursion.
const LISTED_ON_EACH_SIDE: usize = 1000;

/// What messages call a function; nothing if they do not mention it.
pub fn shown_name(code: &Code) -> Option<Symbol> {
    match code.source.is_prelude() {
        true => runtime::shown_name(code.name),
        false => Some(code.name),
    }
}

/// What error values call a function.
#[derive(Clone, Debug, Default)]
pub(super) enum StackName {
    /// Nobody has asked yet.
    #[default]
    Unknown,
    /// They do not mention it.
    Hidden,
    /// The name.
    Named(Value),
}

/// What errors told last about where they were raised: programs that raise many do so in
/// few places.
#[derive(Default)]
pub(super) struct RecentlyRaised {
    rows: [Option<KnownPlace>; RecentlyRaised::ROWS],
    /// Room for the calls of the next error.
    calls: Vec<ActiveCall>,
}

struct KnownPlace {
    calls: Box<[ActiveCall]>,
    omitted: usize,
    raised: Raised,
}

impl RecentlyRaised {
    const ROWS: usize = 16;
}

impl Machine {
    /// The active frames, innermost first.
    pub fn traceback(&self) -> Traceback {
        let frames = self.frames.iter().rev().map(|frame| TracebackFrame {
            code: self.codes[frame.code().id.0 as usize].clone(),
            pc: frame.pc_index().saturating_sub(1),
        });
        Traceback { frames: frames.collect(), others: 0 }
    }

    /// The active calls, outermost first, and how many are left out in the middle: an error
    /// that is caught and wrapped at each level of a deep recursion must not cost the depth
    /// every time.
    fn active_calls(&mut self) -> (Vec<ActiveCall>, usize) {
        let mut calls = std::mem::take(&mut self.recently_raised.calls);
        calls.clear();
        let omitted = self.frames.len().saturating_sub(2 * LISTED_ON_EACH_SIDE);
        let outer = self.frames.len().min(LISTED_ON_EACH_SIDE);
        let (outer, inner) = self.frames.split_at(outer);
        for frame in outer.iter().chain(&inner[omitted..]) {
            calls.push(ActiveCall { code: frame.code().id, pc: raising_pc(frame) });
        }
        (calls, omitted)
    }

    /// Where a thrown error was raised first, if it was.
    fn origin(&self, error: &Value) -> Option<Traceback> {
        let (total, calls) = runtime::origin(error)?.as_module()?.fields().split_first()?;
        let frames: Option<Vec<_>> = calls
            .iter()
            .map(|call| {
                let ActiveCall { code, pc } = ActiveCall::unpack(call.as_int()?);
                let code = self.codes.get(code.0 as usize)?.clone();
                Some(TracebackFrame { code, pc: pc as usize })
            })
            .collect();
        Some(Traceback {
            others: (total.as_int()? as usize).saturating_sub(calls.len()),
            frames: frames?,
        })
    }

    /// Whether a frame has a handler for the machine's fault.
    fn is_caught(&self) -> bool {
        let waiting = self.uncaught.is_some();
        let catchable = !waiting && self.fault.as_ref().is_some_and(Fault::is_catchable);
        catchable && self.frames.iter().any(|frame| frame.code().catches(raising_pc(frame)))
    }

    /// What the frame has for the machine's fault.
    fn handler_in(&self, frame: &Frame, caught: bool) -> Option<&'static Handler> {
        let (code, pc) = (frame.code(), raising_pc(frame));
        match caught {
            true => code.handler_for(pc),
            false => code.cleanup_for(pc).filter(|_| self.lasts()),
        }
    }

    /// The frame that gets the machine's fault, raised before the innermost pc.
    pub(super) fn handler_depth(&self) -> Option<usize> {
        let caught = self.is_caught();
        self.frames.iter().rposition(|frame| self.handler_in(frame, caught).is_some())
    }

    /// What gets what the instruction at the innermost pc throws or has raised, if that
    /// is the business of the frames from `outer` on, and the frame of it.
    pub fn catching_frame(&self, outer: usize) -> Option<(usize, Handler)> {
        let last = self.frames.len() - 1;
        let raising =
            |depth: usize| (self.frames[depth].pc_index() - usize::from(depth < last)) as u32;
        let code = |depth: usize| self.frames[depth].code();
        let caught = (outer..=last).any(|depth| code(depth).catches(raising(depth)));
        let handler = |depth: usize| code(depth).handler_for(raising(depth));
        let mut depths = (outer..=last).rev().filter(|_| caught);
        depths.find_map(|depth| Some((depth, *handler(depth)?)))
    }

    /// The error that a handler sees of what machine code throws. It runs for the last
    /// frame, in whose stead the calls `inside` are active.
    pub fn caught_in_region(
        &mut self,
        fault: &Fault,
        inside: impl Iterator<Item = ActiveCall>,
        by_prelude: bool,
    ) -> Value {
        let (mut calls, omitted) = self.active_calls();
        calls.pop();
        calls.extend(inside);
        self.caught(fault, calls, omitted, by_prelude)
    }

    /// The error that a handler, perhaps one of the prelude, sees of a fault raised inside
    /// of these calls.
    fn caught(
        &mut self,
        fault: &Fault,
        calls: Vec<ActiveCall>,
        omitted: usize,
        by_prelude: bool,
    ) -> Value {
        let mut error = error_value(fault, || self.raised(&calls, omitted));
        self.recently_raised.calls = calls;
        if by_prelude && let Some(origin) = self.origin(&error) {
            let of_program = |frame: &&TracebackFrame| !frame.code.source.is_prelude();
            if let Some(frame) = origin.frames.iter().find(of_program) {
                runtime::set_place(&mut error, &frame.code.place(frame.pc));
            }
        }
        error
    }

    /// What an error tells about where it was raised: the same each time it is raised inside
    /// of the same calls.
    fn raised(&mut self, calls: &[ActiveCall], omitted: usize) -> Raised {
        let place = calls.last().map_or(0, |call| call.code.0 ^ call.pc) as usize;
        let row = (place + calls.len()) % RecentlyRaised::ROWS;
        if let Some(known) = &self.recently_raised.rows[row]
            && known.omitted == omitted
            && *known.calls == *calls
        {
            return known.raised.clone();
        }
        let mut parts = Vec::with_capacity(1 + REMEMBERED);
        parts.push(Value::int((calls.len() + omitted) as i64));
        parts.extend(calls.iter().rev().take(REMEMBERED).map(|call| Value::int(call.pack())));
        // A record, which takes one piece of memory: errors may be thrown often.
        let origin = RecordObject::of_kind(Tag::Module, 0, parts.into_iter());
        let raised = Raised { stack: self.names_of(calls), line: self.line_of(calls), origin };
        if calls.len() <= REMEMBERED {
            let known = KnownPlace { calls: calls.into(), omitted, raised: raised.clone() };
            self.recently_raised.rows[row] = Some(known);
        }
        raised
    }

    /// The source line of the innermost of these calls that is one of the program: an error
    /// inside of a builtin is one of whoever called it.
    fn line_of(&self, calls: &[ActiveCall]) -> u32 {
        let code = |call: &ActiveCall| self.code(call.code);
        let innermost = calls.iter().rev().find(|call| !code(call).source.is_prelude());
        innermost.map_or(0, |call| code(call).line(call.pc as usize))
    }

    /// Names of the called functions, as error values list them.
    fn names_of(&mut self, calls: &[ActiveCall]) -> Value {
        self.stack_names.resize(self.codes.len(), StackName::Unknown);
        let mut names = Vec::with_capacity(calls.len());
        for call in calls.iter().skip(1) {
            let id = call.code.0 as usize;
            if let StackName::Unknown = self.stack_names[id] {
                let shown = shown_name(&self.codes[id]);
                self.stack_names[id] = shown.map_or(StackName::Hidden, |name| {
                    StackName::Named(Value::string(&name.as_str()))
                });
            }
            if let StackName::Named(name) = &self.stack_names[id] {
                names.push(name.clone());
            }
        }
        Value::array(names)
    }

    /// Raises the machine's fault at the instruction before the innermost
    /// frame's pc. Returns where it was raised if nothing catches it; all but
    /// main's frame are dropped then.
    pub fn unwind(&mut self) -> Option<Traceback> {
        let caught = self.is_caught();
        let Some(depth) = self.handler_depth() else {
            let (fault, traceback) = self.take_uncaught();
            self.fault = Some(fault);
            while self.frames.len() > 1 {
                self.drop_frame();
            }
            return Some(traceback);
        };
        let frame = self.frames[depth];
        let handler = self.handler_in(&frame, caught).expect("found above");
        let error = if handler.ignores {
            self.fault = None;
            Raw::NULL
        } else if caught {
            let fault = self.fault.take().expect("a fault was raised");
            let by_prelude = frame.code().source.is_prelude();
            let (calls, omitted) = self.active_calls();
            self.caught(&fault, calls, omitted, by_prelude).into_raw()
        } else {
            self.uncaught = Some(Box::new(self.take_uncaught()));
            Raw::UNDEFINED
        };
        while self.frames.len() > depth + 1 {
            self.drop_frame();
        }
        let code = frame.code();
        self.frames[depth].pc = frame.pc_at(handler.target as usize);
        let base = frame.base;
        release_range(base, code.variables as usize, code.registers as usize + SLACK);
        // SAFETY: the handler's register is a variable of this frame, which
        // owns what it holds.
        unsafe {
            let register = base.add(handler.register as usize);
            let old = register.read();
            register.write(error);
            old.release();
        }
        None
    }

    /// The fault that nothing catches, and where it was raised first.
    fn take_uncaught(&mut self) -> (Fault, Traceback) {
        let fault = self.fault.take().expect("a fault was raised");
        if let Some(waiting) = self.uncaught.take() {
            return *waiting;
        }
        let traceback = match &fault {
            Fault::Thrown(error) => self.origin(error),
            _ => None,
        };
        let traceback = traceback.unwrap_or_else(|| self.traceback());
        (fault, traceback)
    }

    /// Drops the innermost frame on the way to a handler.
    fn drop_frame(&mut self) {
        let frame = self.frames.pop().expect("a frame to drop");
        let caller = *self.frames.last().expect("its caller");
        let call = caller.code().instructions[caller.pc_index() - 1];
        let place = matches!(call.opcode, Opcode::CallMethodPlace | Opcode::CallMethodTemporary);
        if place && frame.code().changes_self {
            // SAFETY: register 0 of a method is its self, register `c` of the
            // caller the variable that it came from; both are valid values.
            unsafe {
                let changed = frame.base.replace(Raw::NULL);
                let variable = caller.base.add(call.c as usize);
                let old = variable.read();
                variable.write(changed);
                old.release();
            }
        }
        self.release_frame(&frame);
    }

    /// Releases the registers of a frame from number `from` on.
    pub(super) fn release_registers(&self, frame: &Frame, from: usize) {
        release_range(frame.base, from, frame.code().registers as usize + SLACK);
    }

    /// Releases all registers of a frame and the closure below them.
    pub(super) fn release_frame(&self, frame: &Frame) {
        super::generator::abandon(frame);
        let (start, end) = self.stack_bounds();
        debug_assert!(frame.base > start && frame.base < end);
        release_range(frame.base, 0, frame.code().registers as usize + SLACK);
        // SAFETY: below every frame lies the slot of its closure.
        unsafe { frame.base.sub(1).replace(Raw::NULL).into_value() };
    }
}

/// The instruction that raised, or called what did, in a frame of the stack.
fn raising_pc(frame: &Frame) -> u32 {
    frame.pc_index().saturating_sub(1) as u32
}

/// Releases the counted objects in registers `from..to` and leaves them null.
fn release_range(base: *mut Raw, from: usize, to: usize) {
    for register in from..to {
        // SAFETY: the registers lie inside the stack, and what a frame's
        // registers hold is owned by them; places are not counted.
        let value: Value = unsafe { base.add(register).replace(Raw::NULL).into_value() };
        debug_assert!(value.tag() != Tag::Place || !value.tag().is_heap());
    }
}
