//! `--dump=LETTERS`: chosen listings, without logging noise.
//!
//! | letter | prints |
//! |---|---|
//! | `b` | bytecode of every function |
//! | `r` | recorded IR of every trace, with source lines |
//! | `o` | optimised IR of every region |
//! | `s` | the snapshots of its exits with it (implies `o`) |
//! | `c` | Cranelift IR |
//! | `a` | machine code |
//! | `x` | every exit taken |
//! | `A` | aborts and blacklisted sites |
//! | `t` | one line for each start, draft, compilation, bridge and freed region |
//!
//! Each listing begins with a line `---- ...` that says what it is, so that a
//! script can cut the text apart.
//!
//! Example: `--dump=rA` shows what was recorded, and where recording failed.

use super::line::describe;
use crate::base::event::{Event, Kind, Observer};
use std::io::Write;

/// Which listings a dump holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letters(String);

impl Letters {
    /// Every letter with its meaning, in the order of the table.
    pub const ALL: &'static [(char, &'static str)] = &[
        ('b', "bytecode of every function"),
        ('r', "recorded IR of every trace, with source lines"),
        ('o', "optimised IR of every region"),
        ('s', "the snapshots of its exits with it (implies o)"),
        ('c', "Cranelift IR"),
        ('a', "machine code"),
        ('x', "every exit taken"),
        ('A', "aborts and blacklisted sites"),
        ('t', "one line for each start, draft, compilation, bridge and freed region"),
    ];

    /// Reads letters.
    ///
    /// # Errors
    /// A message that names the letter that means nothing, and those that do.
    pub fn parse(text: &str) -> Result<Letters, String> {
        let known = |letter| Letters::ALL.iter().any(|(known, _)| *known == letter);
        match text.chars().find(|letter| !known(*letter)) {
            None => Ok(Letters(text.into())),
            Some(letter) => {
                let all: String = Letters::ALL.iter().map(|(letter, _)| letter).collect();
                Err(format!("`{letter}` is none of the dump letters `{all}`"))
            }
        }
    }

    /// Whether `letter` is one of them.
    pub fn has(&self, letter: char) -> bool {
        self.0.contains(letter)
    }
}

/// Prints the listings asked for to `sink`; an error of the sink is ignored, as
/// a dump must not change what the program does.
pub struct DumpObserver<W> {
    letters: Letters,
    sink: W,
}

impl<W: Write> DumpObserver<W> {
    /// Dumps `letters` to `sink`.
    pub fn new(letters: Letters, sink: W) -> DumpObserver<W> {
        DumpObserver { letters, sink }
    }
}

impl<W: Write> Observer for DumpObserver<W> {
    fn wants(&self, kind: Kind) -> bool {
        let letters: &[char] = match kind {
            Kind::Bytecode => &['b'],
            Kind::Recorded => &['r'],
            Kind::Optimised => &['o', 's'],
            Kind::Lowered => &['c'],
            Kind::Assembled => &['a'],
            Kind::Exit => &['x'],
            Kind::Aborted | Kind::Blacklisted => &['A'],
            Kind::Started | Kind::Drafted | Kind::Compiled | Kind::Bridged | Kind::Freed => &['t'],
        };
        letters.iter().any(|letter| self.letters.has(*letter))
    }

    fn event(&mut self, event: &Event<'_>) {
        let listing = match event {
            Event::Optimised { with_snapshots, .. } if self.letters.has('s') => with_snapshots(),
            Event::Bytecode { text, .. }
            | Event::Recorded { text, .. }
            | Event::Optimised { text, .. }
            | Event::Lowered { text, .. }
            | Event::Assembled { text, .. } => text(),
            _ => String::new(),
        };
        let _ = if listing.is_empty() {
            writeln!(self.sink, "---- {}", describe(event))
        } else {
            writeln!(self.sink, "---- {}\n{}\n", describe(event), listing.trim_end())
        };
    }
}
