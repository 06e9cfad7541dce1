//! Bodies of `for` loops.
//!
//! A range keeps its next value, its end and its step in three variables; an
//! iteration keeps what it goes over and its position. The step of a range is
//! almost always a constant, so which comparison applies is decided once per
//! round and costs a trace nothing.
//!
//! Example: `for i in range(0, n)` is `RangePrepare s` before the loop and
//! `RangeNext s, i, exit` at its header.

use super::super::domain::{Domain, Flow};
use crate::bytecode::{Instruction, Slow};
use crate::prim::{self, Fault};
use crate::value::{Storage, Tag};

/// Checks and truncates the three values of a range.
pub fn range_prepare<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    for n in 0..3 {
        let value = d.read(i.a + n);
        match d.kind(value) {
            Tag::Int => {}
            Tag::Float => {
                let float = d.float(value);
                let Some(int) = d.float_to_int(float) else {
                    return bad_range(d, "float out of range");
                };
                d.write_int(i.a + n, int);
            }
            kind => return bad_range(d, kind.name()),
        }
    }
    let step = d.read(i.a + 2);
    if d.kind(step) != Tag::Int {
        return bad_range(d, "float");
    }
    let (step, zero) = (d.int(step), d.const_int(0));
    let still = d.int_eq(step, zero);
    if d.decide(still) {
        return d.raise(Fault::Builtin("range() step cannot be zero".into()));
    }
    Flow::Next
}

fn bad_range<D: Domain>(d: &mut D, got: &str) -> Flow {
    d.raise(Fault::Builtin(format!("range() expects an int argument, got {got}")))
}

/// `R[b] = next of the range, or leave the loop`.
#[inline(always)]
pub fn range_next<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let (next, end, step) = (d.read(i.a), d.read(i.a + 1), d.read(i.a + 2));
    d.kind(next);
    d.kind(end);
    d.kind(step);
    let (next, end, step) = (d.int(next), d.int(end), d.int(step));
    let step = d.unit_step(step);
    let zero = d.const_int(0);
    let upward = d.int_gt(step, zero);
    let more = if d.decide(upward) { d.int_lt(next, end) } else { d.int_gt(next, end) };
    if !d.decide(more) {
        return Flow::Jump(i.c as i16 as i32);
    }
    match d.int_add(next, step) {
        Some(after) => d.write_int(i.a, after),
        // The next value lies beyond what an int can be: this round is the last.
        None => d.write_int(i.a, end),
    }
    d.write_int(i.b, next);
    Flow::Next
}

/// Iteration state over `R[b]`.
pub fn iterate_prepare<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    let zero = d.const_int(0);
    match d.kind(value) {
        Tag::Int | Tag::Array | Tag::Generator | Tag::Iterator => {
            let owned = d.take(i.b, i.consumes_b());
            d.write(i.a, owned);
        }
        Tag::Float => {
            let float = d.float(value);
            let whole = d.float_floor(float);
            // Beyond the ints the loop counts through all of them, or not at all.
            let limit = d.const_float(i64::MAX as f64);
            let above = d.float_ge(whole, limit);
            let nothing = d.const_float(0.0);
            let below = d.float_le(whole, nothing);
            let end = if d.decide(above) {
                d.const_int(i64::MAX)
            } else if d.decide(below) {
                zero
            } else if let Some(end) = d.float_to_int(whole) {
                end
            } else {
                let kind = prim::type_name(&crate::value::Value::float(0.0));
                return d.raise(Fault::CannotIterate(kind));
            };
            d.write_int(i.a, end);
        }
        _ => {
            let Ok(items) = d.slow(Slow::Iterate, 0, &[value]) else { return Flow::Raise };
            d.discard(i.b, i.consumes_b());
            d.write(i.a, items);
        }
    }
    d.write_int(i.a + 1, zero);
    Flow::Next
}

/// The step of a loop over a text whose characters are single bytes.
#[inline]
fn next_character<D: Domain>(d: &mut D, i: &Instruction, text: D::Value, position: D::Int) -> Flow {
    let string = d.object(text);
    let len = d.string_length(string);
    if !d.below(position, len) {
        return Flow::Jump(i.c as i16 as i32);
    }
    let one = d.const_int(1);
    let Some(after) = d.int_add(position, one) else { unreachable!("position is below the end") };
    let character = d.string_character(string, position);
    d.write(i.b, character);
    d.write_int(i.a + 1, after);
    Flow::Next
}

/// `R[b] = next item of the iteration, or leave the loop`.
#[inline(always)]
pub fn iterate_next<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let (items, position) = (d.read(i.a), d.read(i.a + 1));
    let kind = d.kind(items);
    d.kind(position);
    let position = d.int(position);
    let one = d.const_int(1);
    if kind == Tag::Int {
        let end = d.int(items);
        let more = d.int_lt(position, end);
        if !d.decide(more) {
            return Flow::Jump(i.c as i16 as i32);
        }
        let Some(after) = d.int_add(position, one) else {
            unreachable!("position is below the end")
        };
        d.write_int(i.a + 1, after);
        d.write_int(i.b, position);
        return Flow::Next;
    }
    if matches!(kind, Tag::Generator | Tag::Iterator) {
        return d.apart(|d| super::generators::resume(d, items, i.c as i16 as i32));
    }
    if kind == Tag::String {
        return next_character(d, i, items, position);
    }
    let array = d.object(items);
    let len = d.array_len(array);
    let storage = Storage::from_number(d.shape(array) >> 8);
    if !d.below(position, len) {
        return Flow::Jump(i.c as i16 as i32);
    }
    let Some(after) = d.int_add(position, one) else { unreachable!("position is below the end") };
    match storage {
        Storage::Any => {
            let item = d.element(array, position);
            d.kind(item);
            let item = d.retained(item);
            d.write(i.b, item);
        }
        Storage::Int => {
            let item = d.element_int(array, position);
            d.write_int(i.b, item);
        }
        Storage::Float => {
            let item = d.element_float(array, position);
            d.write_float(i.b, item);
        }
        Storage::Bool => {
            let item = d.element_bool(array, position);
            d.write_bool(i.b, item);
        }
    }
    d.write_int(i.a + 1, after);
    Flow::Next
}
