//! The table of builtins: what each is called, takes, does, and may affect.
//!
//! A builtin's number is its position here and the payload of the value that
//! names it. Everything that must know about a builtin (arity check, help text,
//! compiler, interpreter) reads its row.
//!
//! What must hold: names are unique; `effects` covers everything the function
//! does besides computing its result and raising.
//!
//! Example: `row(lookup("abs").unwrap()).signature` is `abs(n) -> number`.

use super::host::registered;
use super::{
    Context, argument_parser, arrays, assertions, byte_strings, clock, collections, commands, data,
    dates, dicts, encodings, environment, file_parts, file_promises, files, inspect, long_calls,
    math, modules, naming, output, overloads, pairs, paths, patterns, process, queues, random,
    sets, shared, strings, task_queue, tasks, testing,
};
use crate::prim::Fault;
use crate::value::Value;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::OnceLock;

/// What runs a builtin. It owns the arguments and may take them out of their slots.
pub type Function = fn(&mut Context, &mut [Value]) -> Result<Value, Fault>;

/// What a builtin does besides computing its result; every one may also raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects(u8);

impl Effects {
    /// Nothing: the result depends on immediate arguments only.
    pub const PURE: Effects = Effects(0);
    /// Reads the objects that arguments point to.
    pub const READS_HEAP: Effects = Effects(1);
    /// Makes new objects, or reuses an argument that nobody else holds.
    pub const ALLOCATES: Effects = Effects(2);
    /// Reads or writes outside the program.
    pub const IO: Effects = Effects(4);
    /// Reads or changes state of the run: clock, random numbers.
    pub const STATE: Effects = Effects(8);
    /// May end the program.
    pub const EXITS: Effects = Effects(16);
    /// Reads or writes the file system, which includes `IO`.
    pub const FILES: Effects = Effects(32 | 4);
    /// Starts other processes, which includes `IO`.
    pub const PROCESSES: Effects = Effects(64 | 4);

    /// Both.
    pub const fn and(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether all of `other` is included.
    pub const fn includes(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether equal arguments always give equal results and leaving out an
    /// unused call cannot be noticed, apart from what it raises.
    pub const fn is_repeatable(self) -> bool {
        self.0 & (Effects::IO.0 | Effects::STATE.0 | Effects::EXITS.0) == 0
    }
}

/// What a program may not do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Denied {
    /// Read or write files.
    pub files: bool,
    /// Start other processes.
    pub processes: bool,
}

impl Denied {
    /// What of the effects is denied, in words.
    fn among(self, effects: Effects) -> Option<&'static str> {
        if self.files && effects.includes(Effects::FILES) {
            Some("files")
        } else if self.processes && effects.includes(Effects::PROCESSES) {
            Some("other processes")
        } else {
            None
        }
    }
}

/// What stands behind a builtin.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// A function of this crate.
    Native(Function),
    /// Functions of these names in the [`PRELUDE`](super::PRELUDE): for the least
    /// number of arguments, for one more, and so on.
    Prelude(&'static [&'static str]),
    /// With `count` arguments the prelude function, otherwise the native one.
    Either {
        /// Runs it with any other number of arguments.
        native: Function,
        /// Number of arguments for which the prelude runs it.
        count: u8,
        /// Name of the prelude function.
        prelude: &'static str,
    },
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name in programs.
    pub name: &'static str,
    /// Least number of arguments.
    pub least: u8,
    /// Most arguments; [`MANY`] for any number.
    pub most: u8,
    /// How it is called, for help.
    pub signature: &'static str,
    /// What it does, for help.
    pub documentation: &'static str,
    /// What it affects.
    pub effects: Effects,
    /// Whether it looks a key up in a dict, with an optional default.
    pub looks_up: bool,
    /// Whether it gives its first argument back changed, so that `x := f(x, ..)`
    /// need not keep the old value of `x`.
    pub reuses: bool,
    /// Whether it gives the display form of its only argument.
    pub displays: bool,
    /// What runs it.
    pub body: Body,
}

/// As `most`: any number of arguments.
pub const MANY: u8 = u8::MAX;

impl Builtin {
    pub(super) const fn native(
        name: &'static str,
        (least, most): (u8, u8),
        signature: &'static str,
        documentation: &'static str,
        effects: Effects,
        function: Function,
    ) -> Builtin {
        let body = Body::Native(function);
        Builtin {
            name,
            least,
            most,
            signature,
            documentation,
            effects,
            looks_up: false,
            reuses: false,
            displays: false,
            body,
        }
    }

    pub(super) const fn prelude(
        name: &'static str,
        least: u8,
        signature: &'static str,
        documentation: &'static str,
        functions: &'static [&'static str],
    ) -> Builtin {
        Builtin {
            name,
            least,
            most: least + functions.len() as u8 - 1,
            signature,
            documentation,
            effects: Effects::READS_HEAP.and(Effects::ALLOCATES),
            looks_up: false,
            reuses: false,
            displays: false,
            body: Body::Prelude(functions),
        }
    }

    pub(super) const fn looking_up(mut self) -> Builtin {
        self.looks_up = true;
        self
    }

    pub(super) const fn reusing(mut self) -> Builtin {
        self.reuses = true;
        self
    }

    pub(super) const fn displaying(mut self) -> Builtin {
        self.displays = true;
        self
    }

    pub(super) const fn or_prelude(mut self, count: u8, prelude: &'static str) -> Builtin {
        if let Body::Native(native) = self.body {
            self.body = Body::Either { native, count, prelude };
        }
        self
    }

    /// Checks the number of arguments.
    ///
    /// # Errors
    /// The fault that a call with `got` arguments raises.
    #[inline]
    pub fn check_arity(&self, got: usize) -> Result<(), Fault> {
        if got >= self.least as usize && (self.most == MANY || got <= self.most as usize) {
            return Ok(());
        }
        Err(self.wrong_arity(got))
    }

    #[cold]
    fn wrong_arity(&self, got: usize) -> Fault {
        let (mut name, mut least, mut most) = (self.name, self.least, self.most);
        let mut got = got;
        if let Some((_, method)) = name.split_once('.') {
            name = method;
            // The receiver was not written among the arguments.
            (least, got) = (least - 1, got - 1);
            most = if most == MANY { MANY } else { most - 1 };
        }
        let expected = match most {
            MANY => format!("at least {least}"),
            most if most == least => least.to_string(),
            most if most == least + 1 => format!("{least} or {most}"),
            most => format!("{least} to {most}"),
        };
        Fault::Builtin(format!("{name}() expects {expected} argument(s), got {got}"))
    }

    /// Whether it is a method of a kind of value, not a function of its own.
    pub fn is_method(&self) -> bool {
        self.name.contains('.')
    }

    /// Name of the prelude function that runs a call with this many arguments, if one does.
    #[inline]
    pub fn prelude_function(&self, arguments: usize) -> Option<&'static str> {
        match self.body {
            Body::Native(_) => None,
            Body::Prelude(functions) => {
                functions.get(arguments.checked_sub(self.least as usize)?).copied()
            }
            Body::Either { count, prelude, .. } => (count as usize == arguments).then_some(prelude),
        }
    }

    /// The function of this crate that runs a call with this many arguments, if one does.
    #[inline]
    pub fn native_function(&self, arguments: usize) -> Option<Function> {
        match self.body {
            Body::Native(function) => Some(function),
            Body::Prelude(_) => None,
            Body::Either { native, count, .. } => (count as usize != arguments).then_some(native),
        }
    }
}

/// The builtins by theme, for help.
pub const THEMES: &[(&str, &[Builtin])] = &[
    ("Output and input", output::ROWS),
    ("Kinds and conversion", inspect::ROWS),
    ("Collections", collections::ROWS),
    ("Strings", strings::ROWS),
    ("Names and labels", naming::ROWS),
    ("Regular expressions", patterns::ROWS),
    ("Arrays", arrays::ROWS),
    ("Dicts", dicts::ROWS),
    ("Sets", sets::ROWS),
    ("Queues and stacks", queues::ROWS),
    ("Bytes", byte_strings::ROWS),
    ("Mathematics", math::ROWS),
    ("Random numbers", random::ROWS),
    ("Time", clock::ROWS),
    ("Dates", dates::ROWS),
    ("Assertions and errors", assertions::ROWS),
    ("JSON", data::json::ROWS),
    ("CSV", data::csv::ROWS),
    ("TOML", data::toml::ROWS),
    ("YAML", data::yaml::ROWS),
    ("Encodings and digests", encodings::ROWS),
    ("Files and directories", files::ROWS),
    ("Parts of files", file_parts::ROWS),
    ("Paths", paths::ROWS),
    ("The process", process::ROWS),
    ("Script arguments", argument_parser::ROWS),
    ("Environment variables", environment::ROWS),
    ("Other programs", commands::ROWS),
    ("Shared and kept values", shared::ROWS),
    ("Modules", modules::ROWS),
    ("Promises and channels", tasks::ROWS),
    ("Tasks", task_queue::ROWS),
    ("Files through promises", file_promises::ROWS),
    ("Tests", testing::ROWS),
    ("Overloaded equality", overloads::ROWS),
    ("Long calls", long_calls::ROWS),
    ("Loops over pairs", pairs::ROWS),
];

const COUNT: usize = {
    let mut count = 0;
    let mut theme = 0;
    while theme < THEMES.len() {
        count += THEMES[theme].1.len();
        theme += 1;
    }
    count
};

/// Every builtin; the position is its number.
pub static BUILTINS: [Builtin; COUNT] = {
    let mut rows = [output::ROWS[0]; COUNT];
    let (mut theme, mut at) = (0, 0);
    while theme < THEMES.len() {
        let mut row = 0;
        while row < THEMES[theme].1.len() {
            rows[at] = THEMES[theme].1[row];
            at += 1;
            row += 1;
        }
        theme += 1;
    }
    rows
};

/// Number of the builtin of this name.
pub fn lookup(name: &str) -> Option<u32> {
    static NUMBERS: OnceLock<FxHashMap<&'static str, u32>> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| BUILTINS.iter().map(|row| row.name).zip(0..).collect());
    numbers.get(name).copied()
}

/// The row of this number.
///
/// # Panics
/// If there is none.
#[inline]
pub fn row(number: u32) -> &'static Builtin {
    &BUILTINS[number as usize]
}

/// Whether a call of what has this number looks a key up in a dict.
#[inline]
pub fn looks_up(number: u32) -> bool {
    BUILTINS.get(number as usize).is_some_and(|builtin| builtin.looks_up)
}

/// Whether what has this number can be called again with the same arguments and nobody
/// notices.
pub fn is_repeatable(number: u32) -> bool {
    BUILTINS.get(number as usize).is_some_and(|builtin| builtin.effects.is_repeatable())
}

/// Whether what has this number gives the display form of its only argument.
pub fn displays(number: u32) -> bool {
    BUILTINS.get(number as usize).is_some_and(|builtin| builtin.displays)
}

/// Name of the prelude function that runs a call of what has this number, if
/// one does.
#[inline]
pub fn prelude_function(number: u32, arguments: usize) -> Option<&'static str> {
    BUILTINS.get(number as usize)?.prelude_function(arguments)
}

/// Name of a builtin or of a registered function.
pub fn native_name(number: u32) -> Cow<'static, str> {
    match registered(number) {
        Some(name) => Cow::Owned(name.to_string()),
        None => Cow::Borrowed(row(number).name),
    }
}

/// The value of a constant that every program sees.
pub fn constant(name: &str) -> Option<Value> {
    match name {
        "PI" => Some(Value::float(std::f64::consts::PI)),
        "E" => Some(Value::float(std::f64::consts::E)),
        _ => None,
    }
}

/// Runs a builtin that is not in the prelude, after checking the number of arguments.
///
/// # Errors
/// What the builtin raises; also a fault if the prelude runs such a call (see
/// [`Builtin::prelude_function`]), which only code that compiled it can link.
pub fn call(number: u32, context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let Some(builtin) = BUILTINS.get(number as usize) else {
        return match registered(number) {
            Some(name) => context.call_host(name, arguments),
            None => panic!("no builtin {number}"),
        };
    };
    builtin.check_arity(arguments.len())?;
    context.must_go_on()?;
    if let Some(what) = context.denied.among(builtin.effects) {
        return Err(Fault::Denied { name: builtin.name, what });
    }
    match builtin.native_function(arguments.len()) {
        Some(function) => {
            function(context, arguments).map_err(|fault| called_by(builtin.name, fault))
        }
        None => {
            let name = builtin.name;
            let advice = format!("{name}() cannot be called by a program compiled without it");
            Err(Fault::Builtin(advice))
        }
    }
}

/// The fault of a builtin with the name that the program has called it by: some have two.
#[cold]
fn called_by(name: &str, fault: Fault) -> Fault {
    let Fault::Builtin(message) = &fault else { return fault };
    if name.starts_with(['_', '<']) {
        // A part of the prelude, whose functions name the builtin that they are.
        return fault;
    }
    match message.split_once("()") {
        Some((other, rest)) if other != name && lookup(other).is_some() => {
            Fault::Builtin(format!("{name}(){rest}"))
        }
        _ => fault,
    }
}
