//! Bodies of generators: making one, resuming it, suspending it.
//!
//! A generator keeps a frame: resuming pushes it again and goes on there;
//! suspending pops it and finishes the instruction that wanted an item, as a
//! return does. So nothing recurses on the native stack, and a trace follows a
//! resumption as it follows a call.
//!
//! Example: `for x in g()` is `IterPrepare`, and an `IterNext` that pushes the
//! frame of `g`, whose `Yield` pops it and writes `x`.

use super::{calls, containers};
use crate::bytecode::{Instruction, Opcode, Slow};
use crate::interp::domain::{Domain, Flow};
use crate::value::Tag;

/// Leaves the frame of a generator function with a suspended generator.
pub fn create<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let generator = d.new_generator(i.d() as u32);
    calls::leave_with(d, generator)
}

/// Continues a generator for the instruction that wants an item of it; if there
/// are no more, that instruction jumps by `ended`.
pub fn resume<D: Domain>(d: &mut D, generator: D::Value, ended: i32) -> Flow {
    match d.resume(generator) {
        Ok(true) => Flow::Enter,
        Ok(false) => Flow::Jump(ended),
        Err(_) => Flow::Raise,
    }
}

/// `yield R[a]`.
pub fn suspend<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let Some(wanting) = d.caller() else { unreachable!("generators are resumed") };
    let item = d.take(i.a, i.consumes_a());
    d.suspend(i.d() as u32);
    if wanting.opcode == Opcode::ArraySpread {
        d.write(d.code().registers, item);
        let register = d.code().registers;
        let item = d.read(register);
        let array = d.read(wanting.a);
        return match d.slow(Slow::Push, 0, &[array, item]) {
            Ok(array) => {
                let holder = d.register_holder(wanting.a);
                d.put(holder, array);
                d.discard(register, true);
                // The same instruction asks for the next item.
                Flow::Leave(-1)
            }
            Err(_) => Flow::Raise,
        };
    }
    d.write(wanting.b, item);
    Flow::Leave(0)
}

/// The generator that runs has no more items.
pub fn end<D: Domain>(d: &mut D) -> Flow {
    let Some(wanting) = d.caller() else { unreachable!("generators are resumed") };
    d.end_generator();
    if wanting.opcode == Opcode::ArraySpread {
        d.discard(wanting.b, wanting.consumes_b());
        return Flow::Leave(0);
    }
    Flow::Leave(wanting.c as i16 as i32)
}

/// Appends what iterating `R[b]` gives to the array in `R[a]`.
pub fn spread<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let items = d.read(i.b);
    if !matches!(d.kind(items), Tag::Generator | Tag::Iterator) {
        return containers::slow_grow(d, i, Slow::Spread);
    }
    match d.resume(items) {
        Ok(true) => Flow::Enter,
        Ok(false) => {
            d.discard(i.b, i.consumes_b());
            Flow::Next
        }
        Err(_) => Flow::Raise,
    }
}
