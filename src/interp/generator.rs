//! Frames that outlive their activation: what a generator is made of.
//!
//! A generator is a record: the instruction where it goes on (or a mark), the
//! closure, and one field for each register of its frame. While it runs, the frame
//! keeps it alive in the register after its parameters. What registers hold then
//! is theirs: fields give away what is counted, so that an array which only the
//! generator holds still has one owner. Variables that hold a function, a generator
//! or a cell, whose owners nobody counts, stay in their fields as well, which spares
//! machine code the stores.
//!
//! Contract of the `unsafe` here: as in `machine`; values are moved between
//! registers and fields, so each has one owner at any time.
//!
//! Example: after `for x in g { break }` the generator's first field is the
//! instruction after the `yield` that gave `x`.

use super::domain::Raised;
use super::machine::{Frame, Machine};
use crate::bytecode::{Code, CodeId};
use crate::prim::Fault;
use crate::value::{Raw, RecordObject, Tag, Value};

/// First field of a generator that runs.
pub const RUNNING: i64 = -1;
/// First field of a generator that has no more items.
pub const ENDED: i64 = -2;
/// Fields before those of the registers; the last of them is the closure's.
pub const HEAD: usize = 2;

/// Whether field number `field` of a frame of `code` keeps a value of this kind
/// while its register holds it too. Temporaries never do: dead ones own nothing.
pub fn stays(code: &Code, field: usize, kind: Tag) -> bool {
    let variable = field < HEAD + code.variables as usize;
    variable && matches!(kind, Tag::Function | Tag::Cell | Tag::Generator | Tag::Iterator)
}

/// What the fields of a generator hold, borrowed.
pub fn fields(generator: Raw) -> &'static [Value] {
    record(generator).fields()
}

/// The number of the function whose frame a generator keeps.
pub fn code_of(generator: Raw) -> CodeId {
    CodeId(record(generator).shape_word() >> 8)
}

/// The record of a generator, for changing it.
fn record(generator: Raw) -> &'static mut RecordObject {
    debug_assert!(matches!(generator.tag, Tag::Generator | Tag::Iterator));
    // SAFETY: the tag says which object the payload points to; it is alive while
    // the caller holds the value, and nobody else borrows it.
    unsafe { &mut *(generator.bits as *mut RecordObject) }
}

/// Moves a value out of a register.
fn take(register: *mut Raw) -> Value {
    // SAFETY: a register of an active frame, which owns what it holds.
    unsafe { register.replace(Raw::NULL).into_value() }
}

/// The registers of a frame as the fields of a generator.
fn kept(code: &Code, base: *mut Raw, next: i64) -> impl ExactSizeIterator<Item = Value> {
    let fields = 0..code.registers as usize + HEAD;
    fields.map(move |field| match field {
        0 => Value::int(next),
        field => take(base.wrapping_add(field).wrapping_sub(HEAD)),
    })
}

/// A generator that takes over the frame of `code` at `base`. The closure stays
/// in its register too, for the return.
pub(super) fn create(code: &'static Code, base: *mut Raw, next: u32) -> Raw {
    // SAFETY: below every frame lies the slot of its closure.
    let closure = unsafe { (*base.wrapping_sub(1)).to_value() };
    let fields = kept(code, base, next as i64);
    let tag = code.generator.unwrap_or(Tag::Generator);
    let generator = RecordObject::of_kind(tag, code.id.0, fields);
    // SAFETY: as above; the slot was emptied.
    unsafe { base.wrapping_sub(1).write(closure.into_raw()) };
    generator.into_raw()
}

/// Pushes the frame that `generator` keeps at `base`; false if it has ended.
pub(super) fn resume(
    machine: &mut Machine,
    generator: Raw,
    base: *mut Raw,
) -> Result<bool, Raised> {
    let record = record(generator);
    let next = record.fields()[0].as_int().unwrap_or(ENDED);
    if next == ENDED {
        return Ok(false);
    }
    if next == RUNNING {
        machine.fault = Some(Fault::Builtin("Generator is already running".into()));
        return Err(Raised);
    }
    let code = machine.code(code_of(generator));
    if let Err(fault) = machine.push_frame(code, base) {
        machine.fault = Some(fault);
        return Err(Raised);
    }
    let frame = machine.frames.last_mut().expect("just pushed");
    frame.pc = frame.pc_at(next as usize);
    let fields = record.fields_mut();
    fields[0] = Value::int(RUNNING);
    // SAFETY: the frame fits the stack, where nothing counted lies yet.
    unsafe {
        for (at, field) in fields.iter_mut().enumerate().skip(1) {
            let value = field.raw();
            match value.tag.is_heap() {
                true if stays(code, at, value.tag) => value.retain(),
                true => std::mem::forget(std::mem::take(field)),
                false => {}
            }
            base.wrapping_add(at).wrapping_sub(HEAD).write(value);
        }
        generator.retain();
        base.add(code.parameters as usize).write(generator);
    }
    Ok(true)
}

/// The generator that runs in a frame, moved out of it.
fn running(frame: &Frame) -> Value {
    take(frame.base.wrapping_add(frame.code().parameters as usize))
}

/// Pops the innermost frame, which its generator keeps.
pub(super) fn suspend(machine: &mut Machine, next: u32) {
    let frame = machine.frames.pop().expect("a frame that yields");
    let generator = running(&frame);
    let fields = record(generator.raw()).fields_mut();
    for (field, value) in fields.iter_mut().zip(kept(frame.code(), frame.base, next as i64)) {
        *field = value;
    }
}

/// Marks the generator that runs in the innermost frame as having ended.
pub(super) fn end(machine: &mut Machine) {
    let frame = *machine.frames.last().expect("a frame that ends");
    abandon(&frame);
}

/// Marks the generator of a frame that is given up, if it is one.
pub(super) fn abandon(frame: &Frame) {
    if frame.code().generator.is_none() {
        return;
    }
    let generator = running(frame);
    if matches!(generator.tag(), Tag::Generator | Tag::Iterator) {
        let fields = record(generator.raw()).fields_mut();
        fields[0] = Value::int(ENDED);
        fields[1..].iter_mut().for_each(|field| drop(std::mem::take(field)));
    }
}
