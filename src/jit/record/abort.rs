//! Why recording gives up.
//!
//! An abort is no error: the interpreter has executed everything that was
//! recorded and simply goes on. The reason decides whether and when the place
//! is tried again.
//!
//! Example: a loop whose body assigns `d[0.5].x` is given up with
//! [`Abort::DictPlace`] and stays with the interpreter.

use crate::base::event::Retry;
use std::fmt;

/// A reason to give up a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Abort {
    /// More instructions than a trace may have.
    TooLong,
    /// More nested calls than are inlined; names the function called.
    TooDeep(String),
    /// A loop inside was still going round; it gets a trace of its own first.
    InnerLoop,
    /// The recorded round raised an error.
    Raised,
    /// The function returned or yielded before the loop came round.
    LeftFunction,
    /// The loop, which has many rounds, ended in this one.
    LastRound,
    /// An entry of a dict that is shared, or whose key must be converted, was changed
    /// in place through a longer chain.
    DictPlace,
    /// A method may or may not have changed its const receiver.
    ConstReceiver,
    /// A struct with methods was declared in the loop.
    DeclaresMethod,
    /// The items of a generator were spread into an array.
    Generator,
    /// A call that the trace does not follow took the interpreter too long.
    LongCall,
    /// The optimiser or code generator refused.
    NotCompiled(String),
}

impl Abort {
    /// Every reason with its short name and what it means, for documentation.
    pub const ALL: &'static [(&'static str, &'static str)] = &[
        ("too-long", "the recording grew past `trace_length` operations"),
        ("too-deep", "calls nested deeper than `inline_depth`, or recursion without a region"),
        ("inner-loop", "a loop inside has not been compiled yet; retried once it has"),
        ("raised", "the recorded round ended in a runtime error"),
        ("left-function", "the function returned or yielded before its loop came round"),
        ("last-round", "a long loop ended in the recorded round; another one tells more about it"),
        (
            "dict-place",
            "an assignment such as `d[k].x := v` goes through a shared dict or a float key",
        ),
        (
            "const-receiver",
            "a recursive method that can change `self` was called on a constant and did not",
        ),
        ("declares-method", "a struct with methods is declared in the loop"),
        (
            "long-call",
            "a call of a region ran too long meanwhile; retried elsewhere, or with the function inlined",
        ),
        ("generator", "an array is made of a generator's items by `...`"),
        ("not-compiled", "the optimiser or code generator refused the trace"),
    ];

    /// The short name.
    pub fn name(&self) -> &'static str {
        match self {
            Abort::TooLong => "too-long",
            Abort::TooDeep(_) => "too-deep",
            Abort::InnerLoop => "inner-loop",
            Abort::Raised => "raised",
            Abort::LeftFunction => "left-function",
            Abort::LastRound => "last-round",
            Abort::DictPlace => "dict-place",
            Abort::ConstReceiver => "const-receiver",
            Abort::DeclaresMethod => "declares-method",
            Abort::Generator => "generator",
            Abort::LongCall => "long-call",
            Abort::NotCompiled(_) => "not-compiled",
        }
    }

    /// What becomes of the site after the `count`-th abort in a row.
    pub fn retry(&self, count: u32, base: u32) -> Retry {
        match self {
            // A loop that goes round once only may go round more often later.
            Abort::LeftFunction if count > 12 => {
                Retry::After(base.saturating_mul(1 << (count - 12).min(12)).saturating_add(count))
            }
            _ if count > 12 => Retry::Never,
            Abort::InnerLoop | Abort::LongCall => Retry::After(base),
            // A loop that always has the same few rounds must not be met in its last one
            // each time.
            Abort::LastRound => Retry::After(1),
            Abort::LeftFunction => Retry::After(base.saturating_add(count)),
            _ => Retry::After(base.saturating_mul(1 << count.min(12))),
        }
    }
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Abort::TooDeep(function) => write!(f, "calls nest too deep at {function}"),
            Abort::NotCompiled(why) => write!(f, "not compiled: {why}"),
            _ => {
                let row = Abort::ALL.iter().find(|(name, _)| *name == self.name());
                f.write_str(row.map_or("", |(_, meaning)| meaning))
            }
        }
    }
}
