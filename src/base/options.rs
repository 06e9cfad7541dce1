//! The table of everything that can be tuned.
//!
//! One row is one tunable: name, type, default, allowed range, documentation.
//! The struct [`Options`], the parsing of `--set NAME=VALUE` and of the
//! environment variable `RUFF_<NAME>`, the listing in `--help` and the table of
//! the README all derive from it, so that none of them can go stale.
//!
//! This layer reads no environment and no command line: it is told names and
//! values ([`Options::set`]) by whoever does.
//!
//! Example: `options.set("loop_threshold", "100")` makes loops hot after 100
//! rounds; `options.set("loop_treshold", "100")` answers
//! ``no option `loop_treshold`; did you mean `loop_threshold`?``.

use std::fmt;

/// What the JIT does with a hot loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JitMode {
    /// Nothing: every instruction is interpreted.
    Off,
    /// Records and optimises it, and runs the optimised traces by the evaluator.
    Eval,
    /// Compiles it to machine code.
    #[default]
    On,
}

/// A type that a row of the table may have.
trait Setting: Sized {
    /// Reads `text`; a number must lie in `range`. `None` if it is not one.
    fn parse(text: &str, range: Range) -> Option<Self>;
    /// The text that `parse` reads as this value.
    fn text(&self) -> String;
    /// What `parse` accepts.
    fn expected(range: Range) -> String;
}

/// Smallest and largest number allowed.
type Range = (u64, u64);

impl Setting for JitMode {
    fn parse(text: &str, _: Range) -> Option<JitMode> {
        match text {
            "off" => Some(JitMode::Off),
            "eval" => Some(JitMode::Eval),
            "on" => Some(JitMode::On),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            JitMode::Off => "off",
            JitMode::Eval => "eval",
            JitMode::On => "on",
        }
        .into()
    }

    fn expected(_: Range) -> String {
        "off, eval or on".into()
    }
}

impl Setting for bool {
    fn parse(text: &str, _: Range) -> Option<bool> {
        match text {
            "on" | "true" | "yes" | "1" => Some(true),
            "off" | "false" | "no" | "0" => Some(false),
            _ => None,
        }
    }

    fn text(&self) -> String {
        if *self { "on" } else { "off" }.into()
    }

    fn expected(_: Range) -> String {
        "on or off".into()
    }
}

/// Reads digits with `_` between them and a binary suffix `K`, `M` or `G`.
fn parse_number(text: &str, range: Range) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], 1 << 10),
        b'M' | b'm' => (&text[..text.len() - 1], 1 << 20),
        b'G' | b'g' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = digits.replace('_', "").parse::<u64>().ok()?.checked_mul(unit)?;
    (range.0..=range.1).contains(&number).then_some(number)
}

/// "a number from 1 to 9", with an end left out if the type's own limit is meant.
fn expected_number(range: Range) -> String {
    match range {
        (0, u64::MAX) => "a number".into(),
        (low, u64::MAX) => format!("a number from {low}"),
        (low, high) => format!("a number from {low} to {high}"),
    }
}

impl Setting for u32 {
    fn parse(text: &str, range: Range) -> Option<u32> {
        parse_number(text, range)?.try_into().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn expected(range: Range) -> String {
        expected_number(range)
    }
}

impl Setting for usize {
    fn parse(text: &str, range: Range) -> Option<usize> {
        parse_number(text, range)?.try_into().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn expected(range: Range) -> String {
        expected_number(range)
    }
}

impl Setting for Option<u64> {
    fn parse(text: &str, range: Range) -> Option<Option<u64>> {
        if text == "none" { Some(None) } else { parse_number(text, range).map(Some) }
    }

    fn text(&self) -> String {
        self.map_or("none".into(), |number| number.to_string())
    }

    fn expected(range: Range) -> String {
        format!("{} or none", expected_number(range))
    }
}

/// One row of the table, for listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionRow {
    /// Name for `--set`.
    pub name: &'static str,
    /// What values it takes.
    pub expected: String,
    /// Its default, as text.
    pub default: String,
    /// What it does.
    pub doc: &'static str,
}

impl OptionRow {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("RUFF_{}", self.name.to_ascii_uppercase())
    }
}

/// Why an option could not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// No row has this name.
    Unknown {
        /// The name given.
        name: String,
        /// A row's name that looks like it.
        similar: Option<&'static str>,
    },
    /// The value is not one that the row takes.
    Value {
        /// The row.
        name: &'static str,
        /// The value given.
        value: String,
        /// What it takes.
        expected: String,
    },
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionError::Unknown { name, similar: Some(similar) } => {
                write!(f, "no option `{name}`; did you mean `{similar}`?")
            }
            OptionError::Unknown { name, similar: None } => write!(f, "no option `{name}`"),
            OptionError::Value { name, value, expected } => {
                write!(f, "option `{name}` takes {expected}, not `{value}`")
            }
        }
    }
}

impl std::error::Error for OptionError {}

/// Number of single-character edits that turn `a` into `b`.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

macro_rules! options {
    ($($name:ident: $type:ty = $default:expr, [$($low:literal $high:expr)?], $doc:literal;)*) => {
        /// The value of every tunable; see the table for what each does.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Options {
            $(#[doc = $doc] pub $name: $type,)*
        }

        impl Default for Options {
            fn default() -> Options {
                Options { $($name: $default,)* }
            }
        }

        impl Options {
            /// The rows of the table, in its order.
            pub fn table() -> Vec<OptionRow> {
                vec![$(OptionRow {
                    name: stringify!($name),
                    expected: <$type as Setting>::expected(options!(@range $($low $high)?)),
                    default: <$type as Setting>::text(&$default),
                    doc: $doc,
                },)*]
            }

            /// Gives the option `name` the value that `value` spells. A dash in
            /// the name reads as an underscore.
            ///
            /// # Errors
            /// If there is no such option or it takes no such value; nothing is
            /// changed then.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
                let wanted = name.replace('-', "_");
                match wanted.as_str() {
                    $(stringify!($name) => {
                        let range = options!(@range $($low $high)?);
                        self.$name = <$type as Setting>::parse(value.trim(), range).ok_or_else(
                            || OptionError::Value {
                                name: stringify!($name),
                                value: value.into(),
                                expected: <$type as Setting>::expected(range),
                            },
                        )?;
                        Ok(())
                    })*
                    _ => Err(OptionError::Unknown {
                        name: name.into(),
                        similar: [$(stringify!($name),)*]
                            .into_iter()
                            .map(|row| (edit_distance(&wanted, row), row))
                            .min()
                            .filter(|(distance, row)| *distance <= (row.len() / 3).max(2))
                            .map(|(_, row)| row),
                    }),
                }
            }

            /// The value of the option `name` as text; `None` if there is none.
            pub fn get(&self, name: &str) -> Option<String> {
                match name {
                    $(stringify!($name) => Some(self.$name.text()),)*
                    _ => None,
                }
            }
        }
    };
    (@range) => { (0, u64::MAX) };
    (@range $low:literal $high:expr) => { ($low, $high) };
}

options! {
    jit: JitMode = JitMode::On, [],
        "What to do with hot loops: `off` interprets them, `eval` runs their optimised traces by the evaluator, `on` compiles them to machine code.";
    sync: bool = false, [],
        "Compile only while the program waits, so that what is compiled when is the same in every run.";
    eager: bool = false, [],
        "Treat every loop and every side exit as hot the first time.";
    chaos: Option<u64> = None, [],
        "Seed of hostile mode: guards fail at random, limits are tiny, regions are evicted at random. The program must print the same.";
    fuel: Option<u64> = None, [],
        "Compile only this many regions, then no more; to bisect a wrong result.";
    force_exit: Option<u64> = None, [],
        "Fails this guard once although it holds: the N-th exit of all that are compiled, from 0. The program must print the same.";
    profile: bool = false, [],
        "Count rounds of compiled loops and time in machine code for the report; `--jit-stats` sets it.";
    memory_limit: Option<u64> = None, [],
        "Bytes that the values of a program may take; `none` is half of the machine's memory for the command, and no limit for an engine.";
    loop_threshold: u32 = 500, [1 1_000_000_000],
        "Rounds after which a loop is hot and is recorded.";
    draft_operations: u32 = 4000, [0 1_000_000_000],
        "Operations for which a new region is evaluated, to learn which ways its loop goes, before machine code is generated; 0: it is generated at once.";
    exit_threshold: u32 = 8, [1 1_000_000_000],
        "Failures after which a guard's exit is hot and gets a bridge.";
    exit_window: u32 = 16, [0 1_000_000],
        "Exits for which a region that is to be compiled with a new bridge waits for other bridges, to be compiled once for all of them.";
    side_region_size: u32 = 256, [1 10_000_000],
        "Operations from which on a region grows by side regions: a new bridge is then compiled alone, not with the whole region again.";
    whole_after: u32 = 8, [1 1_000_000],
        "Times, for each of its operations, that a region crosses over to its side regions before it is compiled again as a whole.";
    trace_length: u32 = 6000, [16 1_000_000],
        "Largest number of operations that one trace may record.";
    inline_depth: u32 = 8, [0 64],
        "Largest number of calls that a trace may have open at once.";
    inline_size: u32 = 24, [0 100_000],
        "Largest function, in instructions, that is inlined where it is called; one with loops may be half as long. A larger one is called in a region of its own.";
    unroll: u32 = 4, [0 64],
        "Rounds of an inner loop that a trace may follow before it must link to that loop's own trace.";
    region_size: u32 = 8_000, [64 10_000_000],
        "Largest number of operations in one region; bridges that would exceed it stay with the interpreter.";
    versions: u32 = 4, [1 64],
        "Roots compiled for one loop, one for each set of entry types.";
    backoff: u32 = 64, [1 1_000_000],
        "Rounds (or exits) for which a site is left alone after its first abort; each further abort doubles it.";
    recursion_depth: u32 = 20_000, [1 10_000_000],
        "Deepest nesting of calls before the program gets an error.";
    stack_values: usize = 1 << 21, [1024 (1 << 32)],
        "Registers of all active calls together, 16 bytes each; reserved, but used only as the program needs them.";
    code_memory: usize = 64 << 20, [65536 (1 << 34)],
        "Bytes of machine code kept at once; the coldest regions are evicted beyond that.";
    opt_branches: bool = true, [],
        "Recorder: follow both ways of a branch that goes either way time and again, if they only compute, and select between their results.";
    opt_fold: bool = true, [],
        "Optimiser: compute constants and simplify operations while emitting.";
    opt_cse: bool = true, [],
        "Optimiser: compute equal expressions once.";
    opt_heap: bool = true, [],
        "Optimiser: forward stored and loaded fields, elements and lengths.";
    opt_guards: bool = true, [],
        "Optimiser: remove guards that an earlier one implies.";
    opt_peel: bool = true, [],
        "Optimiser: peel the first round of a loop, so that what does not change is computed before it.";
    opt_sink: bool = true, [],
        "Optimiser: make objects that only exits need where these are taken, and have loops pass on what objects hold instead of them.";
    opt_dead: bool = true, [],
        "Optimiser: drop operations whose results nobody uses.";
}

impl Options {
    /// Rounds after which a loop is hot.
    pub fn hot_after(&self) -> u32 {
        if self.eager { 1 } else { self.loop_threshold }
    }

    /// Failures after which a side exit is hot.
    pub fn bridge_after(&self) -> u32 {
        if self.eager { 1 } else { self.exit_threshold }
    }
}
