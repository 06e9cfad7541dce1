//! Bodies of the builtins that have instructions of their own.
//!
//! Their common operands are worked on directly; everything else, errors
//! included, goes to the builtin itself.
//!
//! Example: `len(xs)` is `Intrinsic1 len`: for an array one `array_len`.

use super::super::domain::{Domain, Flow};
use crate::bytecode::{Instruction, Intrinsic, Slow};
use crate::value::{Raw, Tag};

/// `R[a] = intrinsic of R[b]`.
#[inline(always)]
pub fn unary<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let Some(intrinsic) = Intrinsic::at(1, i.intrinsic()) else { unreachable!("verified code") };
    let value = d.read(i.b);
    match (intrinsic, d.kind(value)) {
        (Intrinsic::Len, Tag::Array) => {
            let array = d.object(value);
            let len = d.array_len(array);
            d.discard(i.b, i.consumes_b());
            d.write_int(i.a, len);
        }
        (Intrinsic::Len, Tag::String) => {
            let string = d.object(value);
            let len = d.string_length(string);
            d.discard(i.b, i.consumes_b());
            d.write_int(i.a, len);
        }
        (Intrinsic::ToInt | Intrinsic::Int, Tag::Int) => {
            let int = d.int(value);
            d.write_int(i.a, int);
        }
        (Intrinsic::ToInt | Intrinsic::Int, Tag::Float) => {
            let float = d.float(value);
            match d.float_to_int(float) {
                Some(int) => d.write_int(i.a, int),
                None => return d.apart(|d| general(d, i, intrinsic, &[value])),
            }
        }
        (Intrinsic::ToFloat | Intrinsic::Float, Tag::Float) => {
            let float = d.float(value);
            d.write_float(i.a, float);
        }
        (Intrinsic::ToFloat | Intrinsic::Float, Tag::Int) => {
            let int = d.int(value);
            let float = d.int_to_float(int);
            d.write_float(i.a, float);
        }
        (Intrinsic::Abs, Tag::Int) => {
            let int = d.int(value);
            match d.int_abs(int) {
                Some(magnitude) => d.write_int(i.a, magnitude),
                None => return d.apart(|d| general(d, i, intrinsic, &[value])),
            }
        }
        (Intrinsic::BitNot, Tag::Int) => {
            let int = d.int(value);
            let inverted = d.bit_not(int);
            d.write_int(i.a, inverted);
        }
        (
            Intrinsic::Abs
            | Intrinsic::Sqrt
            | Intrinsic::Floor
            | Intrinsic::Ceil
            | Intrinsic::Round,
            Tag::Float | Tag::Int,
        ) => {
            let float = number(d, value);
            let result = match intrinsic {
                Intrinsic::Abs => d.float_abs(float),
                Intrinsic::Floor => d.float_floor(float),
                Intrinsic::Ceil => d.float_ceil(float),
                Intrinsic::Round => d.float_round(float),
                _ => {
                    let zero = d.const_float(0.0);
                    let outside = d.float_lt(float, zero);
                    if d.decide(outside) {
                        return d.apart(|d| general(d, i, intrinsic, &[value]));
                    }
                    d.float_sqrt(float)
                }
            };
            d.write_float(i.a, result);
        }
        _ => return d.apart(|d| rarer(d, i, intrinsic, value)),
    }
    Flow::Next
}

/// The float that a number is or becomes.
#[inline(always)]
fn number<D: Domain>(d: &mut D, value: D::Value) -> D::Float {
    if d.kind(value) == Tag::Int {
        let int = d.int(value);
        d.int_to_float(int)
    } else {
        d.float(value)
    }
}

/// Questions for the kind of a value, and functions that take their time.
#[inline(never)]
fn rarer<D: Domain>(d: &mut D, i: &Instruction, intrinsic: Intrinsic, value: D::Value) -> Flow {
    let kind = d.kind(value);
    let wanted = match intrinsic {
        Intrinsic::IsInt => Some(Tag::Int),
        Intrinsic::IsFloat => Some(Tag::Float),
        Intrinsic::IsString => Some(Tag::String),
        Intrinsic::IsBool => Some(Tag::Bool),
        Intrinsic::IsArray => Some(Tag::Array),
        Intrinsic::IsDict => Some(Tag::Dict),
        Intrinsic::IsNull => Some(Tag::Null),
        _ => None,
    };
    if let Some(wanted) = wanted {
        d.discard(i.b, i.consumes_b());
        let answer = d.const_bool(kind == wanted);
        d.write_bool(i.a, answer);
        return Flow::Next;
    }
    if !matches!(kind, Tag::Int | Tag::Float) {
        return general(d, i, intrinsic, &[value]);
    }
    let float = number(d, value);
    let result = match intrinsic {
        Intrinsic::Sin => d.float_sin(float),
        Intrinsic::Cos => d.float_cos(float),
        Intrinsic::Tan => d.float_tan(float),
        Intrinsic::Exp => d.float_exp(float),
        Intrinsic::Log => {
            let zero = d.const_float(0.0);
            let outside = d.float_le(float, zero);
            if d.decide(outside) {
                return general(d, i, intrinsic, &[value]);
            }
            d.float_log(float)
        }
        _ => return general(d, i, intrinsic, &[value]),
    };
    d.write_float(i.a, result);
    Flow::Next
}

/// `R[a] = intrinsic of R[b], R[c]`.
#[inline(always)]
pub fn binary<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let Some(intrinsic) = Intrinsic::at(2, i.intrinsic()) else { unreachable!("verified code") };
    let (left, right) = (d.read(i.b), d.read(i.c));
    if d.kind(left) == Tag::Int && d.kind(right) == Tag::Int {
        let (a, b) = (d.int(left), d.int(right));
        let result = match intrinsic {
            Intrinsic::BitAnd => d.bit_and(a, b),
            Intrinsic::BitOr => d.bit_or(a, b),
            Intrinsic::BitXor => d.bit_xor(a, b),
            Intrinsic::BitShl | Intrinsic::BitShr => {
                let limit = d.const_int(64);
                if !d.below(b, limit) {
                    return d.apart(|d| general(d, i, intrinsic, &[left, right]));
                }
                if intrinsic == Intrinsic::BitShl { d.bit_shl(a, b) } else { d.bit_shr(a, b) }
            }
            Intrinsic::Min => d.int_min(a, b),
            Intrinsic::Max => d.int_max(a, b),
            Intrinsic::Pow => return d.apart(|d| power(d, i, left, right)),
            _ => return d.apart(|d| general(d, i, intrinsic, &[left, right])),
        };
        d.write_int(i.a, result);
        return Flow::Next;
    }
    if intrinsic == Intrinsic::CharAt && d.kind(left) == Tag::String && d.kind(right) == Tag::Int {
        return d.apart(|d| char_at(d, i, left, right));
    }
    if d.kind(left) == Tag::Dict && matches!(d.kind(right), Tag::Int | Tag::String) {
        return d.apart(|d| look_up(d, i, intrinsic, left, right));
    }
    if d.kind(left) == Tag::Float
        && d.kind(right) == Tag::Float
        && matches!(intrinsic, Intrinsic::Min | Intrinsic::Max)
    {
        let (a, b) = (d.float(left), d.float(right));
        let result =
            if intrinsic == Intrinsic::Min { d.float_min(a, b) } else { d.float_max(a, b) };
        d.write_float(i.a, result);
        return Flow::Next;
    }
    if intrinsic == Intrinsic::Pow
        && matches!(d.kind(left), Tag::Int | Tag::Float)
        && matches!(d.kind(right), Tag::Int | Tag::Float)
    {
        return d.apart(|d| power(d, i, left, right));
    }
    d.apart(|d| general(d, i, intrinsic, &[left, right]))
}

#[inline(never)]
fn power<D: Domain>(d: &mut D, i: &Instruction, base: D::Value, exponent: D::Value) -> Flow {
    let (base, exponent) = (number(d, base), number(d, exponent));
    let power = d.float_pow(base, exponent);
    d.write_float(i.a, power);
    Flow::Next
}

/// `char_at` with an index that may be in range.
#[inline(never)]
fn char_at<D: Domain>(d: &mut D, i: &Instruction, text: D::Value, index: D::Value) -> Flow {
    let (string, at) = (d.object(text), d.int(index));
    let len = d.string_length(string);
    if !d.below(at, len) {
        return general(d, i, Intrinsic::CharAt, &[text, index]);
    }
    let character = d.string_character(string, at);
    d.discard(i.b, i.consumes_b());
    d.discard(i.c, i.consumes_c());
    d.write(i.a, character);
    Flow::Next
}

/// `has_key` and `get` with a key that needs no conversion.
#[inline(never)]
fn look_up<D: Domain>(
    d: &mut D,
    i: &Instruction,
    intrinsic: Intrinsic,
    dict: D::Value,
    key: D::Value,
) -> Flow {
    if !matches!(intrinsic, Intrinsic::HasKey | Intrinsic::Get) {
        return general(d, i, intrinsic, &[dict, key]);
    }
    let object = d.object(dict);
    let entry = d.entry(object, key);
    let value = match (intrinsic, entry) {
        (Intrinsic::HasKey, entry) => d.constant(Raw::bool(entry.is_some())),
        (_, Some(entry)) => {
            let value = d.held(entry);
            d.retained(value)
        }
        (_, None) => d.constant(Raw::NULL),
    };
    d.discard(i.b, i.consumes_b());
    d.discard(i.c, i.consumes_c());
    d.write(i.a, value);
    Flow::Next
}

#[inline(never)]
fn general<D: Domain>(
    d: &mut D,
    i: &Instruction,
    intrinsic: Intrinsic,
    operands: &[D::Value],
) -> Flow {
    let Ok(value) = d.slow(Slow::Intrinsic, intrinsic as u32, operands) else {
        return Flow::Raise;
    };
    d.discard(i.b, i.consumes_b());
    if operands.len() > 1 {
        d.discard(i.c, i.consumes_c());
    }
    d.write(i.a, value);
    Flow::Next
}
