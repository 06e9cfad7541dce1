//! The way back from an exit into the interpreter's registers.
//!
//! Contract of the `unsafe` here: the exit values are those that this very
//! exit handed over; slots written lie inside the register stack; their old
//! words own nothing (a region releases or moves what it replaces).
//!
//! Example: a plan that writes `r2` as int from word 0 stores the tag and the
//! first exit value in register 2, whatever stood there.

use crate::jit::context::TraceContext;
use crate::jit::exits::{ExitPlan, Source, ValueSource};
use crate::jit::ir::{Slot, Type};
use crate::value::{ArrayObject, Header, Raw, RecordObject, Storage, Tag};
use smallvec::SmallVec;

/// Makes the objects that an exit makes, writes the slots of its snapshot and retains what
/// it lists. The frames
/// in [`ExitPlan::frames`] are left to the caller to push: `base` is that of
/// the first, `words` are the exit values.
///
/// # Safety
/// The exit must be one that `context` was just left through, by machine
/// code or evaluator, with this `base` and these `words`; and every slot of its
/// plan must exist.
pub unsafe fn restore(plan: &ExitPlan, context: &TraceContext, words: &[u64], base: *mut Raw) {
    let mut objects: SmallVec<[u64; 8]> = SmallVec::new();
    let read = |objects: &[u64], source: Source| match source {
        Source::Constant(bits) => bits,
        Source::Word(index) => words[index as usize],
        Source::Byte(index) => words[index as usize] & 0xff,
        Source::Made(index) => objects[index as usize],
    };
    let value = |objects: &[u64], ValueSource { tag, payload }: ValueSource| Raw {
        tag: Tag::from_number(read(objects, tag)),
        bits: read(objects, payload),
    };
    for made in &plan.made {
        // SAFETY: the region owned the counts that the object takes over.
        let held = made.held.iter().map(|held| unsafe { value(&objects, *held).into_value() });
        let object = match made.tag {
            Tag::Array => {
                let storage = Storage::from_number(made.detail);
                ArrayObject::of_storage(storage, held)
            }
            tag => RecordObject::of_kind(tag, made.detail, held),
        };
        objects.push(object.into_raw().bits);
    }
    for write in &plan.slots {
        let raw = value(&objects, write.value);
        // SAFETY: promised by the caller.
        unsafe {
            let slot = match write.slot {
                Slot::Frame(index) => base.offset(index as isize),
                Slot::Module(index) => context.module_base.add(index as usize),
            };
            slot.write(raw);
        }
    }
    for retain in &plan.retains {
        // SAFETY: only live objects are listed.
        unsafe { (*(read(&objects, *retain) as *mut Header)).count += 1 };
    }
}

/// The word that the guard of an exit just taken had tested, with its type.
pub fn observed(plan: &ExitPlan, context: &TraceContext) -> Option<(Type, u64)> {
    plan.observed.map(|(_, ty)| (ty, context.observed))
}
