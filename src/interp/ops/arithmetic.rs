//! Bodies of the arithmetic instructions.
//!
//! Ints are checked, mixed operands become floats, a struct's own method comes
//! before anything else, and what remains (texts, arrays, errors) is a generic
//! operation. Appending to a string or array that nobody else holds happens in
//! place: when the left operand is the destination or a dying temporary.
//!
//! Example: `s := s + "x"` is `Add s, s, t`, whose left operand is its
//! destination, so the text is appended to the string in `s`.

use super::calls::operator_call;
use crate::bytecode::{Instruction, Slow};
use crate::interp::domain::{Domain, Flow};
use crate::prim::{self, Fault, Operator};
use crate::value::Tag;

/// `R[a] = R[b] operator R[c]`.
#[inline(always)]
pub fn binary<D: Domain>(d: &mut D, i: &Instruction, operator: Operator) -> Flow {
    let left = d.read(i.b);
    let right = d.read(i.c);
    operate(d, i, operator, left, right)
}

/// `R[a] = R[b] operator int c`.
#[inline(always)]
pub fn binary_int<D: Domain>(d: &mut D, i: &Instruction, operator: Operator) -> Flow {
    let left = d.read(i.b);
    let number = d.const_int(i.small_c());
    if d.kind(left) == Tag::Int {
        let left = d.int(left);
        return ints(d, i, operator, left, number);
    }
    let right = d.from_int(number);
    operate(d, i, operator, left, right)
}

#[inline(always)]
fn operate<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Value,
    right: D::Value,
) -> Flow {
    let kinds = (d.kind(left), d.kind(right));
    // Tested before the rest, so that it costs two comparisons and no table.
    if kinds.0 == Tag::Int && kinds.1 == Tag::Int {
        let (left, right) = (d.int(left), d.int(right));
        return ints(d, i, operator, left, right);
    }
    match kinds {
        (Tag::Float, Tag::Float) => {
            let (left, right) = (d.float(left), d.float(right));
            floats(d, i, operator, left, right)
        }
        (Tag::Int, Tag::Float) => {
            let (left, right) = (d.int(left), d.float(right));
            let left = d.int_to_float(left);
            floats(d, i, operator, left, right)
        }
        (Tag::Float, Tag::Int) => {
            let (left, right) = (d.float(left), d.int(right));
            let right = d.int_to_float(right);
            floats(d, i, operator, left, right)
        }
        _ => d.apart(|d| general(d, i, operator, left, right)),
    }
}

#[inline(always)]
fn ints<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Int,
    right: D::Int,
) -> Flow {
    let result = match operator {
        Operator::Add => d.int_add(left, right),
        Operator::Subtract => d.int_sub(left, right),
        Operator::Multiply => d.int_mul(left, right),
        _ => return divide_ints(d, i, operator, left, right),
    };
    match result {
        Some(value) => {
            d.write_int(i.a, value);
            Flow::Next
        }
        None => d.apart(|d| integer_fault(d, operator, left, right)),
    }
}

#[inline(always)]
fn divide_ints<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Int,
    right: D::Int,
) -> Flow {
    let zero = d.const_int(0);
    let by_zero = d.int_eq(right, zero);
    if d.decide(by_zero) {
        return d.apart(|d| integer_fault(d, operator, left, right));
    }
    // Only -1 can overflow, so every other divisor needs no check of the dividend.
    let minus_one = d.const_int(-1);
    let by_minus_one = d.int_eq(right, minus_one);
    let value = if d.decide(by_minus_one) {
        let Some(negated) = d.int_neg(left) else {
            return d.apart(|d| integer_fault(d, operator, left, right));
        };
        if operator == Operator::Divide { negated } else { zero }
    } else if operator == Operator::Divide {
        d.int_div(left, right)
    } else {
        d.int_mod(left, right)
    };
    d.write_int(i.a, value);
    Flow::Next
}

#[cold]
#[inline(never)]
fn integer_fault<D: Domain>(d: &mut D, operator: Operator, left: D::Int, right: D::Int) -> Flow {
    let left = d.from_int(left);
    let right = d.from_int(right);
    let (left, right) = (d.peek(left).bits as i64, d.peek(right).bits as i64);
    d.raise(prim::fault_of(operator, left, right))
}

#[inline(always)]
fn floats<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Float,
    right: D::Float,
) -> Flow {
    let value = match operator {
        Operator::Add => d.float_add(left, right),
        Operator::Subtract => d.float_sub(left, right),
        Operator::Multiply => d.float_mul(left, right),
        _ => {
            let zero = d.const_float(0.0);
            let by_zero = d.float_eq(right, zero);
            let by_zero = d.decide(by_zero);
            match operator {
                Operator::Divide if by_zero => return d.raise(Fault::DivisionByZero),
                Operator::Divide => d.float_div(left, right),
                _ if by_zero => return d.raise(Fault::ModuloByZero),
                _ => d.float_mod(left, right),
            }
        }
    };
    d.write_float(i.a, value);
    Flow::Next
}

#[inline(never)]
fn general<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Value,
    right: D::Value,
) -> Flow {
    let kind = d.kind(left);
    if kind == Tag::Struct
        && let Some(flow) = operator_call(d, i, operator, left, Some(right))
    {
        return flow;
    }
    // Operands of the form with a constant have no register `c`.
    let consumes_c = i.consumes_c() && !is_int_form(i);
    if operator == Operator::Add && matches!(kind, Tag::String | Tag::Array) {
        let into_destination = i.a == i.b && !i.consumes_b() && (is_int_form(i) || i.b != i.c);
        if into_destination || i.consumes_b() {
            let sum = if kind == Tag::String && d.kind(right) == Tag::String {
                let text = d.object(right);
                d.string_append(left, text)
            } else {
                match d.slow(Slow::Append, 0, &[left, right]) {
                    Ok(sum) => sum,
                    Err(_) => return Flow::Raise,
                }
            };
            if into_destination {
                let destination = d.register_holder(i.a);
                d.put(destination, sum);
                d.discard(i.c, consumes_c);
            } else {
                d.moved(i.b, true);
                d.discard(i.c, consumes_c);
                d.write(i.a, sum);
            }
            return Flow::Next;
        }
        if kind == Tag::String && d.kind(right) == Tag::String {
            let (left, right) = (d.object(left), d.object(right));
            let sum = d.string_concat(left, right);
            d.discard(i.c, consumes_c);
            d.write(i.a, sum);
            return Flow::Next;
        }
    }
    let Ok(value) = d.slow(Slow::Binary, operator as u32, &[left, right]) else {
        return Flow::Raise;
    };
    d.discard(i.b, i.consumes_b());
    d.discard(i.c, consumes_c);
    d.write(i.a, value);
    Flow::Next
}

fn is_int_form(i: &Instruction) -> bool {
    i.info().operands[2] == crate::bytecode::Operand::Small
}

/// `R[a] = -R[b]`.
#[inline(always)]
pub fn negate<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    match d.kind(value) {
        Tag::Int => {
            let int = d.int(value);
            match d.int_neg(int) {
                Some(negated) => d.write_int(i.a, negated),
                None => {
                    let int = d.peek(value).bits as i64;
                    return d.raise(Fault::NegateOverflow(int));
                }
            }
        }
        Tag::Float => {
            let float = d.float(value);
            let negated = d.float_neg(float);
            d.write_float(i.a, negated);
        }
        kind => {
            if kind == Tag::Struct
                && let Some(flow) =
                    d.apart(|d| operator_call(d, i, Operator::Subtract, value, None))
            {
                return flow;
            }
            let Ok(negated) = d.slow(Slow::Negate, 0, &[value]) else { return Flow::Raise };
            d.discard(i.b, i.consumes_b());
            d.write(i.a, negated);
        }
    }
    Flow::Next
}
