//! Channels: queues of values that tasks share.
//!
//! A channel is a reference: all who hold it see the same queue, so it is
//! changed through shared borrows.
//!
//! What must hold: no borrow of the queue lasts while values are released,
//! because a release may free another channel but never looks into this one.
//!
//! Example: after `send(1)` and `send(2)`, `receive()` gives 1.

use super::heap::{Header, Orphans, allocate, free};
use super::value::{Raw, Tag, Value};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::size_of;

/// A channel on the heap.
#[repr(C)]
pub struct ChannelObject {
    header: Header,
    queue: RefCell<VecDeque<Value>>,
}

impl ChannelObject {
    /// A new empty channel.
    pub fn allocate() -> Value {
        let object = allocate(size_of::<ChannelObject>()) as *mut ChannelObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(ChannelObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::Channel, 0) },
                queue: RefCell::default(),
            });
            Raw { tag: Tag::Channel, bits: object as u64 }.into_value()
        }
    }

    /// Adds a value behind all others.
    pub fn send(&self, value: Value) {
        self.queue.borrow_mut().push_back(value);
    }

    /// Takes the oldest value out.
    pub fn receive(&self) -> Option<Value> {
        self.queue.borrow_mut().pop_front()
    }

    /// Shows every value, oldest first.
    pub(super) fn each(&self, show: impl FnMut(&Value)) {
        self.queue.borrow().iter().for_each(show);
    }

    /// Frees the object, leaving values whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut ChannelObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; each value is released exactly once,
        // and the queue's memory is dropped before the object is freed.
        unsafe {
            for value in (*object).queue.take() {
                orphans.release(value.into_raw());
            }
            free(object as *mut u8, size_of::<ChannelObject>());
        }
    }
}
