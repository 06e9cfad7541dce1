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
use super::decimal::{decimal_len, write_decimal};
use super::heap::{Header, allocate, free};
use super::value::{Raw, Tag, Value};
use std::cell::{Cell, OnceCell};
use std::mem::size_of;
use std::ptr;
use std::slice;

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
            copy_bytes(text.as_ptr(), StringObject::bytes(object), text.len());
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
            std::str::from_utf8_unchecked(slice::from_raw_parts(bytes, self.len))
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
            copy_bytes(left.as_str().as_ptr(), target, left.len);
            copy_bytes(right.as_str().as_ptr(), target.add(left.len), right.len);
            (*object).len = left.len + right.len;
            if left.characters != UNKNOWN && right.characters != UNKNOWN {
                (*object).characters = left.characters + right.characters;
            }
            Raw { tag: Tag::String, bits: object as u64 }.into_value()
        }
    }

    /// A new string with the texts of strings and ints, one after the other; nothing if
    /// something else is among them, or if that is long.
    pub fn joined(parts: &[Value]) -> Option<Value> {
        let mut len = 0;
        let mut characters = Some(0);
        for part in parts {
            let (piece, known) = match part.as_int() {
                Some(int) => (decimal_len(int), decimal_len(int)),
                None => {
                    let string = part.as_string()?;
                    (string.len, string.characters)
                }
            };
            len += piece;
            characters = characters.filter(|_| known != UNKNOWN).map(|before| before + known);
        }
        if len > LARGE {
            return None;
        }
        // SAFETY: the object has room for all pieces; pieces of UTF-8 make UTF-8.
        unsafe {
            let object = StringObject::with_capacity(len);
            let mut target = StringObject::bytes(object);
            for part in parts {
                let piece = match (part.as_int(), part.as_string()) {
                    (Some(int), _) => {
                        let room = slice::from_raw_parts_mut(target as *mut _, decimal_len(int));
                        write_decimal(int, room);
                        room.len()
                    }
                    (None, string) => {
                        let text = string.map_or("", StringObject::as_str);
                        copy_bytes(text.as_ptr(), target, text.len());
                        text.len()
                    }
                };
                target = target.add(piece);
            }
            (*object).len = len;
            (*object).characters = characters.unwrap_or(UNKNOWN);
            Some(Raw { tag: Tag::String, bits: object as u64 }.into_value())
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
            copy_bytes(text.as_ptr(), StringObject::bytes(target).add(len), text.len());
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

/// Whether two texts are the same. As for [`copy_bytes`], most are short.
#[inline(always)]
pub fn same_text(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    left.len() == right.len()
        && match left.len() {
            0 => true,
            len @ 1..4 => {
                let word = |text: &[u8]| [text[0], text[len / 2], text[len - 1]];
                word(left) == word(right)
            }
            4..8 => same_ends::<4>(left, right),
            8..=16 => same_ends::<8>(left, right),
            17..=32 => same_ends::<16>(left, right),
            _ => left == right,
        }
}

#[inline(always)]
fn same_ends<const N: usize>(left: &[u8], right: &[u8]) -> bool {
    left.first_chunk::<N>() == right.first_chunk() && left.last_chunk::<N>() == right.last_chunk()
}

/// Copies bytes from one place to another that does not overlap. Most texts are short: a
/// call of a function that copies any number of bytes costs more than they do.
///
/// # Safety
/// `from` must be readable and `to` writable for `len` bytes.
#[inline(always)]
unsafe fn copy_bytes(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: every access lies within the first `len` bytes.
    unsafe {
        match len {
            0 => {}
            1..4 => {
                // A loop would be taken for the call that this avoids.
                for at in [0, len / 2, len - 1] {
                    to.add(at).write(from.add(at).read());
                }
            }
            4..8 => copy_ends::<4>(from, to, len),
            8..=16 => copy_ends::<8>(from, to, len),
            17..=32 => copy_ends::<16>(from, to, len),
            _ => ptr::copy_nonoverlapping(from, to, len),
        }
    }
}

/// Copies the first and the last `N` of `len` bytes, which overlap or meet.
///
/// # Safety
/// As for [`copy_bytes`]; `len` must be from `N` to twice that.
#[inline(always)]
unsafe fn copy_ends<const N: usize>(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: as promised.
    unsafe {
        let first = (from as *const [u8; N]).read();
        let last = (from.add(len - N) as *const [u8; N]).read();
        (to as *mut [u8; N]).write(first);
        (to.add(len - N) as *mut [u8; N]).write(last);
    }
}
