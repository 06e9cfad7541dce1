//! Bodies of destructuring and matching.
//!
//! Example: `[a, b] := pair` reads `UnpackIndex a, pair, 0` and `.. 1`; elements
//! that are missing, and all elements of something that is no array, are null.

use super::super::domain::{Domain, Flow};
use crate::bytecode::{Instruction, Slow};
use crate::value::{Raw, Storage, Tag};

/// `R[a] = R[b][c]`, or null.
pub fn index<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    if d.kind(value) == Tag::Array {
        let array = d.object(value);
        let (at, len) = (d.const_int(i.small_c()), d.array_len(array));
        if d.below(at, len) {
            match Storage::from_number(d.shape(array) >> 8) {
                Storage::Any => {
                    let item = d.element(array, at);
                    let item = d.retained(item);
                    d.write(i.a, item);
                }
                Storage::Int => {
                    let item = d.element_int(array, at);
                    d.write_int(i.a, item);
                }
                Storage::Float => {
                    let item = d.element_float(array, at);
                    d.write_float(i.a, item);
                }
                Storage::Bool => {
                    let item = d.element_bool(array, at);
                    d.write_bool(i.a, item);
                }
            }
            return Flow::Next;
        }
    }
    let null = d.constant(Raw::NULL);
    d.write(i.a, null);
    Flow::Next
}

/// `R[a] = the elements of R[b] from c on`.
pub fn rest<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    let Ok(rest) = d.slow(Slow::UnpackRest, i.small_c() as u32, &[value]) else {
        return Flow::Raise;
    };
    d.discard(i.b, i.consumes_b());
    d.write(i.a, rest);
    Flow::Next
}

/// `R[a] = slow(R[b], K[c])`.
pub fn named<D: Domain>(d: &mut D, i: &Instruction, slow: Slow) -> Flow {
    let value = d.read(i.b);
    let names = d.code().constants[i.c as usize].raw();
    let names = d.constant(names);
    let Ok(found) = d.slow(slow, 0, &[value, names]) else { return Flow::Raise };
    d.discard(i.b, i.consumes_b());
    d.write(i.a, found);
    Flow::Next
}

/// `if R[a] is not of variant b pc += c`.
#[inline(always)]
pub fn branch_variant<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.a);
    if d.kind(value) == Tag::Enum {
        let object = d.object(value);
        if d.shape(object) == d.code().variants[i.b as usize].shape_word() {
            return Flow::Next;
        }
    }
    Flow::Jump(i.c as i16 as i32)
}

/// `R[a] = payload c of R[b]`, or null.
pub fn payload<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    if d.kind(value) == Tag::Enum {
        let object = d.object(value);
        if let Some(payload) = d.payload(object, i.c as u32) {
            d.kind(payload);
            let payload = d.retained(payload);
            d.discard(i.b, i.consumes_b());
            d.write(i.a, payload);
            return Flow::Next;
        }
    }
    d.discard(i.b, i.consumes_b());
    let null = d.constant(Raw::NULL);
    d.write(i.a, null);
    Flow::Next
}
