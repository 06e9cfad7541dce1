//! Builtins on regular expressions.
//!
//! A pattern is compiled when it is first used and kept for the run; when many
//! different ones have been used, all are forgotten, so that a program that
//! makes patterns does not grow.
//!
//! Example: `regex_replace("a1b22", "[0-9]+", "<$0>")` is `a<1>b<22>`.

use super::Context;
use super::arguments::text;
use super::room::GrowingText;
use super::strings::strings;
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;
use regex::Regex;
use rustc_hash::FxHashMap;
use std::ops::Range;

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

/// Most patterns that are kept.
const MOST: usize = 128;

/// The patterns compiled so far, by their text.
#[derive(Debug, Default)]
pub(super) struct Patterns(FxHashMap<String, Regex>);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "regex_match",
        (2, 2),
        "regex_match(s, pattern) -> bool",
        "Whether some part of the text matches.",
        MAKES,
        regex_match,
    ),
    Builtin::native(
        "regex_find_all",
        (2, 2),
        "regex_find_all(s, pattern) -> array",
        "The parts of the text that match.",
        MAKES,
        regex_find_all,
    ),
    Builtin::native(
        "regex_replace",
        (3, 3),
        "regex_replace(s, pattern, replacement) -> string",
        "The text with every match replaced; $1 and ${name} stand for groups.",
        MAKES,
        regex_replace,
    ),
    Builtin::native(
        "regex_split",
        (2, 2),
        "regex_split(s, pattern) -> array",
        "The parts of the text between matches.",
        MAKES,
        regex_split,
    ),
];

impl Patterns {
    fn get(&mut self, pattern: &str) -> Result<&Regex, Fault> {
        if !self.0.contains_key(pattern) {
            if self.0.len() == MOST {
                self.0.clear();
            }
            let compiled = Regex::new(pattern).map_err(|error| invalid(&error))?;
            self.0.insert(pattern.to_string(), compiled);
        }
        Ok(&self.0[pattern])
    }
}

#[cold]
fn invalid(error: &regex::Error) -> Fault {
    let message = error.to_string();
    // The last line of a syntax error tells the reason, those before show where.
    let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
    Fault::Builtin(format!("Invalid regex pattern: {reason}"))
}

/// The pattern of a call and the text it is for.
fn operands<'a>(
    name: &str,
    context: &'a mut Context,
    arguments: &'a [Value],
) -> Result<(&'a Regex, &'a str), Fault> {
    let pattern = text(name, arguments, 1)?;
    let text = text(name, arguments, 0)?;
    Ok((context.patterns.get(pattern)?, text))
}

fn regex_match(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (pattern, text) = operands("regex_match", context, arguments)?;
    Ok(Value::bool(pattern.is_match(text)))
}

fn regex_find_all(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (pattern, text) = operands("regex_find_all", context, arguments)?;
    strings(pattern.find_iter(text).map(|found| found.as_str()))
}

fn regex_replace(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let replacement = text("regex_replace", arguments, 2)?;
    let (pattern, text) = operands("regex_replace", context, arguments)?;
    let mut result = GrowingText::default();
    let mut copied = 0;
    let mut replace = |range: Range<usize>, with: &str| {
        result.push(&text[copied..range.start])?;
        copied = range.end;
        result.push(with)
    };
    if replacement.contains('$') {
        let mut expanded = String::new();
        for found in pattern.captures_iter(text) {
            expanded.clear();
            found.expand(replacement, &mut expanded);
            replace(found.get_match().range(), &expanded)?;
        }
    } else {
        // Groups are looked for only where the replacement names some.
        pattern.find_iter(text).try_for_each(|found| replace(found.range(), replacement))?;
    }
    result.push(&text[copied..])?;
    Ok(result.finish())
}

fn regex_split(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (pattern, text) = operands("regex_split", context, arguments)?;
    strings(pattern.split(text))
}
