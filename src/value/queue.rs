//! Queues and stacks: lists that grow at the back.
//!
//! A queue gives up its front, a stack its back; both are the same object, told
//! apart by their kind, as structs and enum values are.
//!
//! What must hold: nobody changes the items of an object whose count is above
//! one.
//!
//! Example: `Queue([1, 2])` and `Stack([1, 2])` both hold 1 in front of 2.

use super::account::Charge;
use super::heap::{Header, Orphans, allocate, free};
use super::value::{Raw, Tag, Value};
use std::collections::VecDeque;
use std::mem::size_of;

/// A queue or stack on the heap.
#[repr(C)]
pub struct QueueObject {
    header: Header,
    items: VecDeque<Value>,
    charge: Charge,
}

impl QueueObject {
    /// A new queue; the first item is its front.
    pub fn queue(items: VecDeque<Value>) -> Value {
        QueueObject::allocate(Tag::Queue, items)
    }

    /// A new stack; the last item is its top.
    pub fn stack(items: VecDeque<Value>) -> Value {
        QueueObject::allocate(Tag::Stack, items)
    }

    fn allocate(tag: Tag, items: VecDeque<Value>) -> Value {
        let mut charge = Charge::default();
        charge.set(items.capacity() * size_of::<Value>());
        let object = allocate(size_of::<QueueObject>()) as *mut QueueObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(QueueObject {
                header: Header { count: 1, shape: Header::shape_of(tag, 0) },
                items,
                charge,
            });
            Raw { tag, bits: object as u64 }.into_value()
        }
    }

    /// The items, front or bottom first.
    pub fn items(&self) -> &VecDeque<Value> {
        &self.items
    }

    /// The items, for changing them.
    pub fn items_mut(&mut self) -> &mut VecDeque<Value> {
        // As of the last change: the next one counts what this one adds.
        self.charge.set(self.items.capacity() * size_of::<Value>());
        &mut self.items
    }

    /// An independent queue or stack with the same items.
    pub fn duplicate(&self) -> Value {
        QueueObject::allocate(self.header.tag(), self.items.clone())
    }

    /// Frees the object, leaving items whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut QueueObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; its items are taken out exactly once.
        unsafe {
            for item in std::ptr::read(&raw const (*object).items) {
                orphans.release(item.into_raw());
            }
            drop(std::ptr::read(&raw const (*object).charge));
            free(object as *mut u8, size_of::<QueueObject>());
        }
    }
}
