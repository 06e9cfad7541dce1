//! Byte strings: file contents and encodings, copied on write.
//!
//! What must hold: nobody changes the bytes of an object whose count is above
//! one.
//!
//! Example: `bytes([104, 105])` holds the two bytes of `hi`.

use super::account::Charge;
use super::heap::{Header, allocate, free};
use super::value::{Raw, Tag, Value};
use std::mem::size_of;

/// Bytes on the heap.
#[repr(C)]
pub struct BytesObject {
    header: Header,
    bytes: Vec<u8>,
    charge: Charge,
}

impl BytesObject {
    /// A new value holding `bytes`.
    pub fn allocate(bytes: Vec<u8>) -> Value {
        let mut charge = Charge::default();
        charge.set(bytes.capacity());
        let object = allocate(size_of::<BytesObject>()) as *mut BytesObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(BytesObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::Bytes, 0) },
                bytes,
                charge,
            });
            Raw { tag: Tag::Bytes, bits: object as u64 }.into_value()
        }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Frees the object.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut BytesObject) {
        // SAFETY: the object is ours alone; its buffer is taken out exactly once.
        unsafe {
            drop(std::ptr::read(&raw const (*object).bytes));
            drop(std::ptr::read(&raw const (*object).charge));
            free(object as *mut u8, size_of::<BytesObject>());
        }
    }
}
