//! One line of text for one event, shared by the log and the dumps.
//!
//! The text is deterministic: numbers of traces and regions, positions, counts;
//! no addresses and no times.
//!
//! Example: `trace 3 started at sum.ruff:4: loop hot after 500 rounds`.

use crate::base::event::Event;

/// Describes `event` in one line, without its listings.
pub fn describe(event: &Event<'_>) -> String {
    match event {
        Event::Bytecode { code, name, .. } => format!("function {code} {name}"),
        Event::Started { trace, at, why } => format!("trace {trace} started at {at}: {why}"),
        Event::Recorded { trace, at, operations, bytecodes, link, .. } => format!(
            "trace {trace} recorded at {at}: {operations} operations from {bytecodes} \
             instructions, leads to {link}"
        ),
        Event::Optimised { region, traces, before, after, .. } => {
            let traces = numbers(traces);
            format!("region {region} optimised: traces {traces}, {before} operations -> {after}")
        }
        Event::Lowered { region, .. } => format!("region {region} lowered"),
        Event::Assembled { region, .. } => format!("region {region} assembled"),
        Event::Drafted { region, traces, at } => {
            format!("region {region} drafted at {at}: traces {}", numbers(traces))
        }
        Event::Compiled { region, root, at, bytes, .. } => {
            format!("region {region} compiled: trace {root} at {at}, {bytes} bytes")
        }
        Event::Aborted { trace, reason, message, at, retry } => {
            format!("trace {trace} aborted at {at}: {reason}: {message}; {retry}")
        }
        Event::Exit { region, trace, guard, at, failures, observed } => {
            let guard = guard.map_or("its end".to_string(), |guard| format!("v{guard}"));
            let found = if observed.is_empty() { "" } else { ", found " };
            format!(
                "region {region} left through trace {trace} {guard} at {at}, \
                 {failures} so far{found}{observed}"
            )
        }
        Event::Bridged { trace, guard, bridge, at } => {
            format!("trace {trace} v{guard} at {at} goes on in trace {bridge}")
        }
        Event::Blacklisted { at, reason, retry } => {
            format!("{at} left to the interpreter: {reason}; {retry}")
        }
        Event::Freed { region, bytes, reason } => {
            format!("region {region} freed, {bytes} bytes: {reason}")
        }
    }
}

fn numbers(traces: &[u32]) -> String {
    let traces: Vec<String> = traces.iter().map(u32::to_string).collect();
    traces.join(" ")
}
