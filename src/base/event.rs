//! What the JIT tells its observers while it works.
//!
//! The core emits events and prints nothing; only observers print. Events are
//! plain data: numbers of traces, regions and guards, names as text, source
//! positions. Long texts (listings of IR or machine code) are made only if an
//! observer asks for them: an event carries a closure, and an emitter that
//! would have to prepare one first asks [`Observer::wants`].
//!
//! What must hold: the text of an event is the same in every run of the same
//! program with the same options (no addresses, no times; times are separate
//! numbers that only the report shows).
//!
//! Example, what one hot loop causes:
//!
//! ```text
//! Started trace 0 (loop hot at sum.ruff:3)
//! Recorded trace 0, 14 operations, linked to its own header
//! Optimised region 0, 31 operations in 3 blocks
//! Compiled region 0, 412 bytes
//! Exit trace 0 guard v5 at sum.ruff:3:12, first time
//! ```

use std::fmt;
use std::sync::Arc;

/// A place in a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Name of the file as the user gave it.
    pub file: Arc<str>,
    /// Line from 1; 0 if unknown.
    pub line: u32,
    /// Column from 1, in characters; 0 if only the line is meant.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.column > 0 { write!(f, ":{}", self.column) } else { Ok(()) }
    }
}

/// Kinds of events, as observers ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Event::Bytecode`].
    Bytecode,
    /// [`Event::Started`].
    Started,
    /// [`Event::Recorded`].
    Recorded,
    /// [`Event::Optimised`].
    Optimised,
    /// [`Event::Lowered`].
    Lowered,
    /// [`Event::Assembled`].
    Assembled,
    /// [`Event::Drafted`].
    Drafted,
    /// [`Event::Compiled`].
    Compiled,
    /// [`Event::Aborted`].
    Aborted,
    /// [`Event::Exit`].
    Exit,
    /// [`Event::Bridged`].
    Bridged,
    /// [`Event::Blacklisted`].
    Blacklisted,
    /// [`Event::Freed`].
    Freed,
}

/// A text made when asked for.
pub type Listing<'a> = &'a dyn Fn() -> String;

/// Why a trace is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A loop has run this many rounds.
    LoopHot {
        /// The rounds.
        rounds: u32,
    },
    /// A recursive function was called this often.
    FunctionHot {
        /// The calls.
        calls: u32,
    },
    /// A side exit has been taken this often.
    ExitHot {
        /// The trace whose guard failed.
        trace: u32,
        /// The guard, a reference in that trace.
        guard: u32,
        /// The failures.
        failures: u64,
    },
    /// A compiled loop did not fit the types that it was entered with.
    EntryMismatch {
        /// The region that did not fit.
        region: u32,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::LoopHot { rounds } => write!(f, "loop hot after {rounds} rounds"),
            Why::FunctionHot { calls } => {
                write!(f, "function hot after {calls} calls")
            }
            Why::ExitHot { trace, guard, failures } => {
                write!(f, "exit of trace {trace} guard v{guard} hot after {failures} failures")
            }
            Why::EntryMismatch { region } => {
                write!(f, "types on entry do not fit region {region}")
            }
        }
    }
}

/// What becomes of a site whose recording was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It may be recorded again at once; nothing was wrong with it.
    AtOnce,
    /// It is recorded again after this many further rounds or exits.
    After(u32),
    /// It is left to the interpreter.
    Never,
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Retry::AtOnce => f.write_str("retried at once"),
            Retry::After(rounds) => write!(f, "retried after {rounds} more"),
            Retry::Never => f.write_str("not retried"),
        }
    }
}

/// Time spent on one compilation, by stage, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Micros {
    /// Optimising.
    pub optimise: u64,
    /// Making Cranelift IR.
    pub lower: u64,
    /// Cranelift and linking.
    pub generate: u64,
}

impl Micros {
    /// All stages.
    pub fn total(&self) -> u64 {
        self.optimise + self.lower + self.generate
    }
}

/// One thing that happened.
#[derive(Clone)]
pub enum Event<'a> {
    /// A function's bytecode, as it will be executed.
    Bytecode {
        /// Number of the function.
        code: u32,
        /// Its name.
        name: &'a str,
        /// The disassembly.
        text: Listing<'a>,
    },
    /// Recording begins.
    Started {
        /// Number of the trace.
        trace: u32,
        /// Where.
        at: Position,
        /// Why.
        why: Why,
    },
    /// Recording ended well.
    Recorded {
        /// Number of the trace.
        trace: u32,
        /// Where it began.
        at: Position,
        /// Operations in it.
        operations: u32,
        /// Bytecode instructions that it follows.
        bytecodes: u32,
        /// Where it leads, in words.
        link: &'a str,
        /// The recorded IR with source lines.
        text: Listing<'a>,
    },
    /// A region has been optimised.
    Optimised {
        /// Number of the region.
        region: u32,
        /// The traces in it, its root first.
        traces: &'a [u32],
        /// Operations before.
        before: u32,
        /// Operations after.
        after: u32,
        /// The optimised IR, without snapshots.
        text: Listing<'a>,
        /// The same with the snapshot of each exit.
        with_snapshots: Listing<'a>,
    },
    /// A region's Cranelift IR is ready.
    Lowered {
        /// Number of the region.
        region: u32,
        /// The Cranelift IR.
        text: Listing<'a>,
    },
    /// A region's machine code is ready.
    Assembled {
        /// Number of the region.
        region: u32,
        /// The machine code, disassembled.
        text: Listing<'a>,
    },
    /// A region is evaluated for a while, to learn which ways it goes.
    Drafted {
        /// Number of the region.
        region: u32,
        /// Its root trace and bridges.
        traces: &'a [u32],
        /// Where its loop is.
        at: Position,
    },
    /// A region can be entered.
    Compiled {
        /// Number of the region.
        region: u32,
        /// Its root trace.
        root: u32,
        /// Where its loop is.
        at: Position,
        /// Bytes of machine code (0 with the evaluator).
        bytes: u32,
        /// Time it took.
        micros: Micros,
    },
    /// Recording or compiling was given up.
    Aborted {
        /// The trace's number.
        trace: u32,
        /// Short name of the reason, as the README lists it.
        reason: &'a str,
        /// The reason in words, with what is particular to this case.
        message: &'a str,
        /// The instruction at which it was given up.
        at: Position,
        /// What becomes of the site.
        retry: Retry,
    },
    /// A compiled region was left.
    Exit {
        /// The region.
        region: u32,
        /// The trace whose guard failed or end was reached.
        trace: u32,
        /// The guard, a reference in that trace; `None` at the trace's end.
        guard: Option<u32>,
        /// Where the interpreter goes on.
        at: Position,
        /// How often this exit has been taken, this time included.
        failures: u64,
        /// What was found instead of the expected; empty if it was not kept.
        observed: &'a str,
    },
    /// An exit leads to a bridge from now on.
    Bridged {
        /// The trace whose guard it is.
        trace: u32,
        /// The guard.
        guard: u32,
        /// The trace that goes on there.
        bridge: u32,
        /// Where.
        at: Position,
    },
    /// A site is left to the interpreter for a while.
    Blacklisted {
        /// Where.
        at: Position,
        /// Why.
        reason: &'a str,
        /// Until when.
        retry: Retry,
    },
    /// A region's code was given back.
    Freed {
        /// Number of the region.
        region: u32,
        /// Bytes of machine code.
        bytes: u32,
        /// Why.
        reason: &'a str,
    },
}

impl Event<'_> {
    /// Which kind of event this is.
    pub fn kind(&self) -> Kind {
        match self {
            Event::Bytecode { .. } => Kind::Bytecode,
            Event::Started { .. } => Kind::Started,
            Event::Recorded { .. } => Kind::Recorded,
            Event::Optimised { .. } => Kind::Optimised,
            Event::Lowered { .. } => Kind::Lowered,
            Event::Assembled { .. } => Kind::Assembled,
            Event::Drafted { .. } => Kind::Drafted,
            Event::Compiled { .. } => Kind::Compiled,
            Event::Aborted { .. } => Kind::Aborted,
            Event::Exit { .. } => Kind::Exit,
            Event::Bridged { .. } => Kind::Bridged,
            Event::Blacklisted { .. } => Kind::Blacklisted,
            Event::Freed { .. } => Kind::Freed,
        }
    }
}

/// Who is told.
pub trait Observer {
    /// Whether events of this kind are of interest. The answer never changes,
    /// so an emitter may ask once; it need not emit what is not wanted.
    fn wants(&self, kind: Kind) -> bool;

    /// Told of `event`.
    fn event(&mut self, event: &Event<'_>);
}

/// The observer that wants nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn wants(&self, _: Kind) -> bool {
        false
    }

    fn event(&mut self, _: &Event<'_>) {}
}

/// Several observers as one: each is told what it wants.
#[derive(Default)]
pub struct Observers(pub Vec<Box<dyn Observer>>);

impl Observer for Observers {
    fn wants(&self, kind: Kind) -> bool {
        self.0.iter().any(|observer| observer.wants(kind))
    }

    fn event(&mut self, event: &Event<'_>) {
        for observer in &mut self.0 {
            if observer.wants(event.kind()) {
                observer.event(event);
            }
        }
    }
}
