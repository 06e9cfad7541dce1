//! Builtins on strings. Positions and widths count characters.
//!
//! Example: `substring("añb", 1, 3)` is `ñb`, `pad_left("7", 3, "0")` is `007`,
//! `format("%s=%d", "x", 2.9)` is `x=2`.

use super::Context;
use super::arguments::{array, number, string, text, whole, wrong_kind};
use super::room::{GrowingText, gather};
use super::search::Occurrences;
use super::table::{Builtin, Effects, MANY};
use crate::prim::{Fault, display, display_into, float_to_int, repeat};
use crate::value::{Value, character};

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const UPPER: &str = "The text in upper case.";
const LOWER: &str = "The text in lower case.";
const REPLACE: &str = "The text with every `from` replaced.";
const SUBSTRING: &str = "The characters from start to before end, both clamped.";
const PAD_LEFT: &str = "The text filled up to the width at its start.";
const PAD_RIGHT: &str = "The text filled up to the width at its end.";

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native("to_upper", (1, 1), "to_upper(s) -> string", UPPER, MAKES, to_upper),
    Builtin::native("upper", (1, 1), "upper(s) -> string", UPPER, MAKES, to_upper),
    Builtin::native("to_lower", (1, 1), "to_lower(s) -> string", LOWER, MAKES, to_lower),
    Builtin::native("lower", (1, 1), "lower(s) -> string", LOWER, MAKES, to_lower),
    Builtin::native(
        "capitalize",
        (1, 1),
        "capitalize(s) -> string",
        "The first character in upper case, the others in lower case.",
        MAKES,
        capitalize,
    ),
    Builtin::native(
        "trim",
        (1, 1),
        "trim(s) -> string",
        "The text without blank space at both ends.",
        MAKES,
        trim,
    ),
    Builtin::native(
        "trim_start",
        (1, 1),
        "trim_start(s) -> string",
        "The text without blank space at its start.",
        MAKES,
        trim_start,
    ),
    Builtin::native(
        "trim_end",
        (1, 1),
        "trim_end(s) -> string",
        "The text without blank space at its end.",
        MAKES,
        trim_end,
    ),
    Builtin::native(
        "starts_with",
        (2, 2),
        "starts_with(s, prefix) -> bool",
        "Whether the text starts with the prefix.",
        READS,
        starts_with,
    ),
    Builtin::native(
        "ends_with",
        (2, 2),
        "ends_with(s, suffix) -> bool",
        "Whether the text ends with the suffix.",
        READS,
        ends_with,
    ),
    Builtin::native("replace", (3, 3), "replace(s, from, to) -> string", REPLACE, MAKES, replace),
    Builtin::native(
        "replace_str",
        (3, 3),
        "replace_str(s, from, to) -> string",
        REPLACE,
        MAKES,
        replace,
    ),
    Builtin::native(
        "repeat",
        (2, 2),
        "repeat(s, n) -> string",
        "The text n times.",
        MAKES,
        repeat_text,
    ),
    Builtin::native(
        "split",
        (2, 2),
        "split(s, separator) -> array",
        "The parts between separators; the characters if the separator is empty.",
        MAKES,
        split,
    ),
    Builtin::native(
        "join",
        (2, 2),
        "join(a, separator) -> string",
        "The display forms of the elements with the separator between them.",
        MAKES,
        join,
    ),
    Builtin::native(
        "substring",
        (3, 3),
        "substring(s, start, end) -> string",
        SUBSTRING,
        MAKES,
        substring,
    ),
    Builtin::native(
        "substr",
        (3, 3),
        "substr(s, start, end) -> string",
        SUBSTRING,
        MAKES,
        substring,
    ),
    Builtin::native(
        "char_at",
        (2, 2),
        "char_at(s, i) -> string",
        "The character at the position, or an empty text outside.",
        MAKES,
        char_at,
    ),
    Builtin::native(
        "count_chars",
        (1, 1),
        "count_chars(s) -> int",
        "Number of characters.",
        READS,
        count_chars,
    ),
    Builtin::native(
        "str_reverse",
        (1, 1),
        "str_reverse(s) -> string",
        "The characters in opposite order.",
        MAKES,
        str_reverse,
    ),
    Builtin::native(
        "words",
        (1, 1),
        "words(s) -> array",
        "The parts between runs of blank space.",
        MAKES,
        words,
    ),
    Builtin::native("lines", (1, 1), "lines(s) -> array", "The lines of the text.", MAKES, lines),
    Builtin::native(
        "pad_left",
        (2, 3),
        "pad_left(s, width, [ch]) -> string",
        PAD_LEFT,
        MAKES,
        pad_left,
    ),
    Builtin::native(
        "pad_start",
        (2, 3),
        "pad_start(s, width, [ch]) -> string",
        PAD_LEFT,
        MAKES,
        pad_left,
    ),
    Builtin::native(
        "pad_right",
        (2, 3),
        "pad_right(s, width, [ch]) -> string",
        PAD_RIGHT,
        MAKES,
        pad_right,
    ),
    Builtin::native(
        "pad_end",
        (2, 3),
        "pad_end(s, width, [ch]) -> string",
        PAD_RIGHT,
        MAKES,
        pad_right,
    ),
    Builtin::native(
        "format",
        (1, MANY),
        "format(template, v..) -> string",
        "The template with %s (any), %d (int) and %f (number) filled in; %% is a percent sign.",
        MAKES,
        format_template,
    ),
];

fn to_upper(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(&text("to_upper", arguments, 0)?.to_uppercase()))
}

fn to_lower(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(&text("to_lower", arguments, 0)?.to_lowercase()))
}

fn capitalize(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut rest = text("capitalize", arguments, 0)?.chars();
    let mut result: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    result.push_str(&rest.as_str().to_lowercase());
    Ok(Value::string(&result))
}

fn trim(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(text("trim", arguments, 0)?.trim()))
}

fn trim_start(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(text("trim_start", arguments, 0)?.trim_start()))
}

fn trim_end(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::string(text("trim_end", arguments, 0)?.trim_end()))
}

fn starts_with(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let prefix = text("starts_with", arguments, 1)?;
    Ok(Value::bool(text("starts_with", arguments, 0)?.starts_with(prefix)))
}

fn ends_with(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let suffix = text("ends_with", arguments, 1)?;
    Ok(Value::bool(text("ends_with", arguments, 0)?.ends_with(suffix)))
}

fn replace(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (from, to) = (text("replace", arguments, 1)?, text("replace", arguments, 2)?);
    let text = text("replace", arguments, 0)?;
    let mut result = GrowingText::default();
    let mut copied = 0;
    for at in Occurrences::new(text, from) {
        result.push(&text[copied..at])?;
        result.push(to)?;
        copied = at + from.len();
    }
    result.push(&text[copied..])?;
    Ok(result.finish())
}

fn repeat_text(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    repeat(text("repeat", arguments, 0)?, whole("repeat", arguments, 1)?)
}

pub(super) fn strings<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Value, Fault> {
    gather(parts.map(Value::string))
}

fn split(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let separator = text("split", arguments, 1)?;
    let text = text("split", arguments, 0)?;
    if separator.is_empty() {
        return gather(text.chars().map(character));
    }
    let ends = Occurrences::new(text, separator).chain([text.len()]);
    let mut from = 0;
    strings(ends.map(|end| {
        let part = &text[from..end];
        from = end + separator.len();
        part
    }))
}

fn join(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let separator = text("join", arguments, 1)?;
    let mut result = GrowingText::default();
    for (at, element) in array("join", arguments, 0)?.iter().enumerate() {
        if at > 0 {
            result.push(separator)?;
        }
        result.push_value(&element)?;
    }
    Ok(result.finish())
}

fn substring(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let start = whole("substring", arguments, 1)?.max(0) as usize;
    let end = whole("substring", arguments, 2)?.max(0) as usize;
    Ok(Value::string(string("substring", arguments, 0)?.character_range(start, end)))
}

fn char_at(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let text = string("char_at", arguments, 0)?;
    let at = usize::try_from(whole("char_at", arguments, 1)?).unwrap_or(usize::MAX);
    Ok(text.nth_character(at).map_or_else(|| Value::string(""), character))
}

fn count_chars(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::int(string("count_chars", arguments, 0)?.character_count() as i64))
}

fn str_reverse(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let reversed: String = text("str_reverse", arguments, 0)?.chars().rev().collect();
    Ok(Value::string(&reversed))
}

fn words(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    strings(text("words", arguments, 0)?.split_whitespace())
}

fn lines(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    line_array(text("lines", arguments, 0)?)
}

/// The lines of a text, without an empty one after the last line break.
pub(super) fn line_array(text: &str) -> Result<Value, Fault> {
    strings(text.lines())
}

/// What fills the text up to the width that the arguments ask for.
fn padding(name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let missing = whole(name, arguments, 1)?
        .saturating_sub(string(name, arguments, 0)?.character_count() as i64);
    let filler = match arguments.len() {
        2 => ' ',
        _ => text(name, arguments, 2)?.chars().next().unwrap_or(' '),
    };
    repeat(filler.encode_utf8(&mut [0; 4]), missing)
}

fn pad_left(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let padding = padding("pad_left", arguments)?;
    crate::prim::concat(padding, &arguments[0])
}

fn pad_right(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let padding = padding("pad_right", arguments)?;
    crate::prim::concat(std::mem::take(&mut arguments[0]), &padding)
}

fn format_template(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let template = text("format", arguments, 0)?;
    let mut result = String::with_capacity(template.len());
    let mut next = 1;
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let kind = match rest.as_bytes().first() {
            Some(b'%') => {
                result.push('%');
                rest = &rest[1..];
                continue;
            }
            Some(kind @ (b's' | b'd' | b'f')) => *kind,
            _ => {
                result.push('%');
                continue;
            }
        };
        rest = &rest[1..];
        if next == arguments.len() {
            return Err(Fault::Builtin(format!(
                "format() missing argument for placeholder %{}",
                kind as char
            )));
        }
        match kind {
            b's' => display_into(&arguments[next], &mut result),
            b'd' => result.push_str(&whole_part(arguments, next)?),
            _ => {
                number("format", arguments, next)?;
                display_into(&arguments[next], &mut result);
            }
        }
        next += 1;
    }
    result.push_str(rest);
    Ok(Value::string(&result))
}

/// The text of `%d`: a number toward zero, or 1 or 0 of a bool.
fn whole_part(arguments: &[Value], at: usize) -> Result<String, Fault> {
    let value = &arguments[at];
    if let Some(bool) = value.as_bool() {
        return Ok(i64::from(bool).to_string());
    }
    match value.as_float() {
        // Floats beyond every int are integral already.
        Some(float) => Ok(float_to_int(float).map_or_else(|| display(value), |i| i.to_string())),
        None if value.as_int().is_some() => Ok(display(value)),
        None => Err(wrong_kind("format", "a number", value)),
    }
}
