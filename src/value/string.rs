//! Strings: UTF-8 text that many values may share.
//!
//! A string keeps its number of characters once known: when it equals the
//! number of bytes the text is ASCII and character `i` is byte `i`. Appending
//! to a string with one owner reuses its spare room, so building a text piece
//! by piece takes amortised constant time per byte. Where the characters of other texts
//! begin is noted beside ([`characters`]).
//!
//! What must hold: the bytes are valid UTF-8; nobody changes a string whose
//! count is above one; eight bytes can be read also of a shorter text.
//!
//! Example: `s := s + "x"` in a loop appends in place, because the compiler
//! writes the sum to the register of its left operand.

use super::account::refuses;
use super::characters;
use super::heap::{Header, allocate, free};
use super::value::{Raw, Tag, Value};
use std::cell::{Cell, OnceCell};
use std::mem::size_of;
use std::ptr;

/// Blocks are a multiple of this many bytes.
const UNIT: usize = 16;

/// The bit in the capacity of a string that says that places of its characters are noted.
const NOTED: u32 = 1 << 31;

const UNKNOWN: usize = usize::MAX;

/// Pieces up to this size are made without asking whether they are too large.
const LARGE: usize = 64 * 1024;

/// Texts up to this size are looked at when they are made.
const PLAIN: usize = 4096;

thread_local! {
    static ASCII: [OnceCell<Value>; 128] = const { [const { OnceCell::new() }; 128] };
}

/// A string of one character; ASCII ones are made once and shared.
pub fn character(c: char) -> Value {
    let made = || Value::string(c.encode_utf8(&mut [0; 4]));
    match c.is_ascii() {
        true => ASCII.with(|table| table[c as usize].get_or_init(made).clone()),
        false => made(),
    }
}

/// A string on the heap; the bytes follow the struct.
#[repr(C)]
pub struct StringObject {
    header: Header,
    pub(super) len: usize,
    /// Room for bytes, in units of [`UNIT`], and [`NOTED`].
    capacity: Cell<u32>,
    /// Its hash as the key of a dict, 0 while unknown or if it is not a text there.
    pub(super) key_hash: Cell<u32>,
    pub(super) characters: usize,
}

impl StringObject {
    /// A new string.
    pub fn allocate(text: &str) -> Value {
        // SAFETY: the object has room for the text.
        unsafe {
            let object = StringObject::with_capacity(text.len());
            ptr::copy_nonoverlapping(text.as_ptr(), StringObject::bytes(object), text.len());
            (*object).len = text.len();
            // Most texts are short and plain; finding out now is cheaper than later.
            if text.len() <= PLAIN && text.is_ascii() {
                (*object).characters = text.len();
            }
            Raw { tag: Tag::String, bits: object as u64 }.into_value()
        }
    }

    fn with_capacity(capacity: usize) -> *mut StringObject {
        let size = (size_of::<StringObject>() + capacity.max(1)).next_multiple_of(UNIT);
        let units = u32::try_from((size - size_of::<StringObject>()) / UNIT);
        let units = units.ok().filter(|units| units & NOTED == 0);
        let units = units.expect("strings are shorter than 32 GB");
        let object = allocate(size) as *mut StringObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(StringObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::String, 0) },
                len: 0,
                capacity: Cell::new(units),
                key_hash: Cell::new(0),
                characters: UNKNOWN,
            });
        }
        object
    }

    /// How many bytes of text the object can hold.
    fn room(&self) -> usize {
        (self.capacity.get() & !NOTED) as usize * UNIT
    }

    fn bytes(object: *mut StringObject) -> *mut u8 {
        object.wrapping_add(1) as *mut u8
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: `len` bytes of valid UTF-8 follow the struct.
        unsafe {
            let bytes = (self as *const StringObject).add(1) as *const u8;
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(bytes, self.len))
        }
    }

    /// Length in bytes.
    pub fn byte_len(&self) -> usize {
        self.len
    }

    /// Length in characters, counted once and kept.
    pub fn character_count(&self) -> usize {
        if self.characters == UNKNOWN {
            let count = self.as_str().chars().count();
            // SAFETY: only this field is written, with the one value that it
            // can have; the heap belongs to one thread.
            unsafe { *(&raw const self.characters as *mut usize) = count };
            return count;
        }
        self.characters
    }

    /// Whether every character is one byte.
    pub fn is_ascii(&self) -> bool {
        self.character_count() == self.len
    }

    /// The part from character `start` to before character `end`, both clamped.
    pub fn character_range(&self, start: usize, end: usize) -> &str {
        let text = self.as_str();
        if self.is_ascii() {
            let end = end.min(text.len());
            return &text[start.min(end)..end];
        }
        if end <= start {
            return "";
        }
        let from = self.character_offset(start);
        let to = self.character_offset(end);
        &text[from..to]
    }

    /// Where character `number` begins in the text, its length if there are not so many.
    fn character_offset(&self, number: usize) -> usize {
        let key = self as *const StringObject as usize;
        let mark = || self.capacity.set(self.capacity.get() | NOTED);
        characters::offset(key, self.as_str(), number, mark)
    }

    /// The character with this number, if there are so many.
    pub fn nth_character(&self, number: usize) -> Option<char> {
        let text = self.as_str();
        if self.is_ascii() {
            return text.as_bytes().get(number).map(|byte| char::from(*byte));
        }
        text[self.character_offset(number)..].chars().next()
    }

    /// A new string with the text of both; empty if that is beyond the limit of
    /// memory: the program stops before it can do anything with it.
    pub fn concat(left: &StringObject, right: &StringObject) -> Value {
        if left.len + right.len > LARGE && refuses(left.len + right.len) {
            return StringObject::allocate("");
        }
        // SAFETY: the object has room for both texts.
        unsafe {
            let object = StringObject::with_capacity(left.len + right.len);
            let target = StringObject::bytes(object);
            ptr::copy_nonoverlapping(left.as_str().as_ptr(), target, left.len);
            ptr::copy_nonoverlapping(right.as_str().as_ptr(), target.add(left.len), right.len);
            (*object).len = left.len + right.len;
            if left.characters != UNKNOWN && right.characters != UNKNOWN {
                (*object).characters = left.characters + right.characters;
            }
            Raw { tag: Tag::String, bits: object as u64 }.into_value()
        }
    }

    /// `left` with `text` appended: in place if `left` is the only owner; empty
    /// if that is beyond the limit of memory, as for `concat`.
    #[inline]
    pub fn append(left: Value, text: &str) -> Value {
        if text.len() > LARGE && refuses(text.len()) {
            return StringObject::allocate("");
        }
        // SAFETY: the tag is checked by the caller's contract below; a count
        // of one means that `left` is the only owner, so its object may change
        // or move. `text` cannot lie inside it, because its owner would count.
        unsafe {
            let object = left.raw().bits as *mut StringObject;
            assert!(left.tag() == Tag::String, "append to a string");
            let len = (*object).len;
            let needed = len + text.len();
            let known = (*object).characters;
            let target = if (*object).header.count == 1 && needed <= (*object).room() {
                std::mem::forget(left);
                object
            } else {
                let room = if (*object).header.count == 1 { needed.max(len * 2) } else { needed };
                let target = StringObject::with_capacity(room);
                ptr::copy_nonoverlapping(
                    StringObject::bytes(object),
                    StringObject::bytes(target),
                    len,
                );
                drop(left);
                target
            };
            ptr::copy_nonoverlapping(
                text.as_ptr(),
                StringObject::bytes(target).add(len),
                text.len(),
            );
            (*target).len = needed;
            (*target).key_hash.set(0);
            (*target).characters = match known {
                UNKNOWN => UNKNOWN,
                known if text.is_ascii() => known + text.len(),
                known => known + text.chars().count(),
            };
            Raw { tag: Tag::String, bits: target as u64 }.into_value()
        }
    }

    /// Frees the object.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut StringObject) {
        // SAFETY: the object is ours alone and was allocated with this size.
        unsafe {
            if (*object).capacity.get() & NOTED != 0 {
                characters::forget(object as usize);
            }
            free(object as *mut u8, size_of::<StringObject>() + (*object).room());
        }
    }
}
