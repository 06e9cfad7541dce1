//! Builtins on dates and durations as text, in UTC.
//!
//! Example: `format_date(0, "DD.MM.YYYY")` is `01.01.1970`,
//! `format_duration(1500)` is `1.50s`.

use super::Context;
use super::arguments::{number, text};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "now_utc",
        (0, 0),
        "now_utc() -> string",
        "Date and time as `YYYY-MM-DDTHH:MM:SSZ`.",
        Effects::STATE.and(Effects::ALLOCATES),
        |_, _| Ok(Value::string(&filled("YYYY-MM-DDTHH:mm:ssZ", civil(Timestamp::now())))),
    ),
    Builtin::native(
        "format_duration",
        (1, 1),
        "format_duration(ms) -> string",
        "The time as text in the largest unit that fits: s, ms, μs or ns.",
        MAKES,
        format_duration,
    ),
    Builtin::native(
        "format_date",
        (2, 2),
        "format_date(seconds, template) -> string",
        "The template with YYYY, MM, DD, HH, mm and ss filled in for this time since 1970.",
        MAKES,
        format_date,
    ),
    Builtin::native(
        "parse_date",
        (2, 2),
        "parse_date(s, \"YYYY-MM-DD\") -> float",
        "Seconds from 1970 to the beginning of that day.",
        MAKES,
        parse_date,
    ),
];

fn civil(time: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(time)
}

fn format_duration(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let milliseconds = number("format_duration", arguments, 0)?;
    let size = milliseconds.abs();
    Ok(Value::string(&if size >= 1e3 {
        format!("{:.2}s", milliseconds / 1e3)
    } else if size >= 1.0 {
        format!("{milliseconds:.2}ms")
    } else if size >= 1e-3 {
        format!("{:.2}μs", milliseconds * 1e3)
    } else {
        format!("{:.0}ns", milliseconds * 1e6)
    }))
}

/// The template with the parts of a date and time in place of their marks.
fn filled(template: &str, time: DateTime) -> String {
    let parts = [
        ("YYYY", format!("{:04}", time.year())),
        ("MM", format!("{:02}", time.month())),
        ("DD", format!("{:02}", time.day())),
        ("HH", format!("{:02}", time.hour())),
        ("mm", format!("{:02}", time.minute())),
        ("ss", format!("{:02}", time.second())),
    ];
    let mut text = String::new();
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let length = match parts.iter().find(|(mark, _)| rest.starts_with(mark)) {
            Some((mark, part)) => {
                text.push_str(part);
                mark.len()
            }
            None => {
                text.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    text
}

fn format_date(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let seconds = number("format_date", arguments, 0)?.floor();
    let template = text("format_date", arguments, 1)?;
    let time = match crate::prim::float_to_int(seconds).map(Timestamp::from_second) {
        Some(Ok(time)) => time,
        _ => return Err(Fault::Builtin(format!("format_date() cannot express time {seconds}"))),
    };
    Ok(Value::string(&filled(template, civil(time))))
}

fn parse_date(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (given, format) = (text("parse_date", arguments, 0)?, text("parse_date", arguments, 1)?);
    if format != "YYYY-MM-DD" {
        return Err(Fault::Builtin(format!(
            "parse_date failed: unsupported format '{format}' (expected 'YYYY-MM-DD')"
        )));
    }
    let time = day(given).and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    match time {
        Some(time) => Ok(Value::float(time.as_second() as f64)),
        None => Err(Fault::Builtin(format!("parse_date failed: invalid date '{given}'"))),
    }
}

/// The date that a text of the form `YYYY-MM-DD` names.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse::<i16>().ok() } else { None }
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month as i8, day as i8).ok()
}
