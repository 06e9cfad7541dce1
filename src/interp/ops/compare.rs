//! Bodies of comparisons, truth tests and the branches on them.
//!
//! A comparison first gives a truth value of the domain; the branch forms then
//! decide on it. A struct's own method may compare instead: then a call frame is
//! pushed, and the branch or write happens when the method returns.
//!
//! Example: `while i < n` is `JumpIfNotLess i, n, exit`: for two ints one
//! `int_lt` and one decision.

use super::calls::operator_call;
use crate::bytecode::{Instruction, Slow};
use crate::interp::domain::{Domain, Flow};
use crate::prim::Operator;
use crate::value::{Tag, VariantId, shapes};

/// Ints within this distance of zero convert to floats exactly.
const EXACT: i64 = 1 << 53;

/// Outcome of a comparison: a truth value, or what to do instead.
pub enum Compared<D: Domain> {
    /// The truth value.
    Truth(D::Bool),
    /// A method was called, or the comparison raised.
    Other(Flow),
}

/// `R[a] = R[b] operator R[c]`.
#[inline(always)]
pub fn compare<D: Domain>(d: &mut D, i: &Instruction, operator: Operator) -> Flow {
    let (left, right) = (d.read(i.b), d.read(i.c));
    match truth_of(d, i, operator, left, right) {
        Compared::Truth(truth) => {
            d.discard(i.b, i.consumes_b());
            d.discard(i.c, i.consumes_c());
            d.write_bool(i.a, truth);
            Flow::Next
        }
        Compared::Other(flow) => flow,
    }
}

/// `if (R[a] operator R[b]) == wanted: pc += c`.
#[inline(always)]
pub fn branch<D: Domain>(d: &mut D, i: &Instruction, operator: Operator, wanted: bool) -> Flow {
    let (left, right) = (d.read(i.a), d.read(i.b));
    if d.kind(left) == Tag::Int && d.kind(right) == Tag::Int {
        let (left, right) = (d.int(left), d.int(right));
        let truth = ints(d, operator, left, right);
        return if d.decide(truth) == wanted { taken(i) } else { Flow::Next };
    }
    match truth_of(d, i, operator, left, right) {
        Compared::Truth(truth) => {
            let truth = d.decide(truth);
            d.discard(i.a, i.consumes_a());
            d.discard(i.b, i.consumes_b());
            if truth == wanted { taken(i) } else { Flow::Next }
        }
        Compared::Other(flow) => flow,
    }
}

/// `if (R[a] operator int b) == wanted: pc += c`.
#[inline(always)]
pub fn branch_int<D: Domain>(d: &mut D, i: &Instruction, operator: Operator, wanted: bool) -> Flow {
    let left = d.read(i.a);
    let number = d.const_int(i.small_b());
    if d.kind(left) == Tag::Int {
        let left = d.int(left);
        let truth = ints(d, operator, left, number);
        return if d.decide(truth) == wanted { taken(i) } else { Flow::Next };
    }
    let right = d.from_int(number);
    match truth_of(d, i, operator, left, right) {
        Compared::Truth(truth) => {
            let truth = d.decide(truth);
            d.discard(i.a, i.consumes_a());
            if truth == wanted { taken(i) } else { Flow::Next }
        }
        Compared::Other(flow) => flow,
    }
}

#[inline(always)]
fn taken(i: &Instruction) -> Flow {
    Flow::Jump(i.c as i16 as i32)
}

#[inline(always)]
fn ints<D: Domain>(d: &mut D, operator: Operator, left: D::Int, right: D::Int) -> D::Bool {
    match operator {
        Operator::Equal => d.int_eq(left, right),
        Operator::NotEqual => d.int_ne(left, right),
        Operator::Less => d.int_lt(left, right),
        Operator::LessEqual => d.int_le(left, right),
        Operator::Greater => d.int_gt(left, right),
        _ => d.int_ge(left, right),
    }
}

#[inline(always)]
fn floats<D: Domain>(d: &mut D, operator: Operator, left: D::Float, right: D::Float) -> D::Bool {
    match operator {
        Operator::Equal => d.float_eq(left, right),
        Operator::NotEqual => d.float_ne(left, right),
        Operator::Less => d.float_lt(left, right),
        Operator::LessEqual => d.float_le(left, right),
        Operator::Greater => d.float_gt(left, right),
        _ => d.float_ge(left, right),
    }
}

#[inline(always)]
fn truth_of<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Value,
    right: D::Value,
) -> Compared<D> {
    match (d.kind(left), d.kind(right)) {
        (Tag::Int, Tag::Int) => {
            let (left, right) = (d.int(left), d.int(right));
            Compared::Truth(ints(d, operator, left, right))
        }
        (Tag::Float, Tag::Float) => {
            let (left, right) = (d.float(left), d.float(right));
            Compared::Truth(floats(d, operator, left, right))
        }
        // Names and kinds of things are texts that programs compare all the time.
        (Tag::String, Tag::String) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            let (left, right) = (d.object(left), d.object(right));
            let truth = d.string_equal(left, right);
            Compared::Truth(negated_if(d, operator == Operator::NotEqual, truth))
        }
        _ => d.apart(|d| general(d, i, operator, left, right)),
    }
}

#[inline(never)]
fn general<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Value,
    right: D::Value,
) -> Compared<D> {
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    match (d.kind(left), d.kind(right)) {
        (Tag::Int, Tag::Float) => {
            let (int, float) = (d.int(left), d.float(right));
            if exact(d, int) {
                let left = d.int_to_float(int);
                return Compared::Truth(floats(d, operator, left, float));
            }
        }
        (Tag::Float, Tag::Int) => {
            let (float, int) = (d.float(left), d.int(right));
            if exact(d, int) {
                let right = d.int_to_float(int);
                return Compared::Truth(floats(d, operator, float, right));
            }
        }
        (Tag::String, Tag::String) => {
            let (left, right) = (d.object(left), d.object(right));
            let order = d.string_compare(left, right);
            let zero = d.const_int(0);
            return Compared::Truth(ints(d, operator, order, zero));
        }
        (Tag::Bool, Tag::Bool) if equality => {
            let (left, right) = (d.boolean(left), d.boolean(right));
            let truth = d.bool_eq(left, right);
            return Compared::Truth(negated_if(d, operator == Operator::NotEqual, truth));
        }
        (Tag::Struct, other) => {
            if let Some(flow) = operator_call(d, i, operator, left, Some(right)) {
                return Compared::Other(flow);
            }
            if equality && other != Tag::Struct {
                return Compared::Truth(d.const_bool(operator == Operator::NotEqual));
            }
        }
        (Tag::Enum, Tag::Enum) if equality => {
            let (left, right) = (d.object(left), d.object(right));
            let (variant, other) = (d.shape(left) >> 8, d.shape(right) >> 8);
            if !shapes::same_variant(VariantId(variant), VariantId(other)) {
                return Compared::Truth(d.const_bool(operator == Operator::NotEqual));
            }
            if d.payload(left, 0).is_none() && d.payload(right, 0).is_none() {
                return Compared::Truth(d.const_bool(operator == Operator::Equal));
            }
        }
        (a, b) if equality && a != b => {
            return Compared::Truth(d.const_bool(operator == Operator::NotEqual));
        }
        (Tag::Null, Tag::Null) if equality => {
            return Compared::Truth(d.const_bool(operator == Operator::Equal));
        }
        _ => {}
    }
    let outcome = if equality {
        d.slow(Slow::Equal, 0, &[left, right])
    } else {
        d.slow(Slow::Binary, operator as u32, &[left, right])
    };
    let Ok(outcome) = outcome else { return Compared::Other(Flow::Raise) };
    if d.kind(outcome) != Tag::Bool {
        unreachable!("comparisons give bools");
    }
    let truth = d.boolean(outcome);
    Compared::Truth(negated_if(d, operator == Operator::NotEqual, truth))
}

fn exact<D: Domain>(d: &mut D, int: D::Int) -> bool {
    let (low, high) = (d.const_int(-EXACT), d.const_int(EXACT));
    let above = d.int_ge(int, low);
    let below = d.int_le(int, high);
    d.decide(above) && d.decide(below)
}

#[inline(always)]
fn negated_if<D: Domain>(d: &mut D, negate: bool, truth: D::Bool) -> D::Bool {
    if negate { d.bool_not(truth) } else { truth }
}

/// Truth of a value as the language defines it.
///
/// # Errors
/// Never in practice; the generic operation's signature allows it.
#[inline(always)]
pub fn truth<D: Domain>(d: &mut D, value: D::Value) -> Result<D::Bool, Flow> {
    Ok(match d.kind(value) {
        Tag::Bool => d.boolean(value),
        Tag::Int => {
            let (int, zero) = (d.int(value), d.const_int(0));
            d.int_ne(int, zero)
        }
        _ => return d.apart(|d| truth_general(d, value)),
    })
}

#[inline(never)]
fn truth_general<D: Domain>(d: &mut D, value: D::Value) -> Result<D::Bool, Flow> {
    Ok(match d.kind(value) {
        Tag::Null | Tag::Undefined => d.const_bool(false),
        Tag::Float => {
            let (float, zero) = (d.float(value), d.const_float(0.0));
            d.float_ne(float, zero)
        }
        Tag::Array => {
            let array = d.object(value);
            let (len, zero) = (d.array_len(array), d.const_int(0));
            d.int_ne(len, zero)
        }
        Tag::String => {
            let string = d.object(value);
            let (len, zero) = (d.string_length(string), d.const_int(0));
            d.int_ne(len, zero)
        }
        Tag::Dict => {
            let Ok(outcome) = d.slow(Slow::Truthy, 0, &[value]) else { return Err(Flow::Raise) };
            if d.kind(outcome) != Tag::Bool {
                unreachable!("truth is a bool");
            }
            d.boolean(outcome)
        }
        _ => d.const_bool(true),
    })
}

/// `if truthy(R[a]) == wanted: pc += d`.
#[inline(always)]
pub fn branch_truth<D: Domain>(d: &mut D, i: &Instruction, wanted: bool) -> Flow {
    let value = d.read(i.a);
    let truth = match truth(d, value) {
        Ok(truth) => d.decide(truth),
        Err(flow) => return flow,
    };
    d.discard(i.a, i.consumes_a());
    if truth == wanted { Flow::Jump(i.d()) } else { Flow::Next }
}

/// `R[a] = truthy(R[b]) == wanted`, or the struct's `op_not`.
#[inline(always)]
pub fn write_truth<D: Domain>(d: &mut D, i: &Instruction, wanted: bool) -> Flow {
    let value = d.read(i.b);
    if !wanted
        && d.kind(value) == Tag::Struct
        && let Some(flow) = d.apart(|d| operator_call(d, i, Operator::NotEqual, value, None))
    {
        return flow;
    }
    match truth(d, value) {
        Ok(truth) => {
            let truth = negated_if(d, !wanted, truth);
            d.discard(i.b, i.consumes_b());
            d.write_bool(i.a, truth);
            Flow::Next
        }
        Err(flow) => flow,
    }
}

/// `if (kind of R[a] is tag) == wanted: pc += d`.
#[inline(always)]
pub fn branch_kind<D: Domain>(d: &mut D, i: &Instruction, tag: Tag, wanted: bool) -> Flow {
    let value = d.read(i.a);
    if (d.kind(value) == tag) == wanted { Flow::Jump(i.d()) } else { Flow::Next }
}
