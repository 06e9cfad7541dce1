//! Byte offsets and tag numbers that machine code relies on.
//!
//! Everything the compiler of traces knows about memory stands here and is
//! checked against the Rust types when this crate is compiled, so a change of
//! a struct cannot silently break generated code.
//!
//! Example: the element count of an array is the `i64` at `ARRAY_LEN` of its object.

use super::array::ArrayObject;
use super::closure::{CellObject, ClosureObject};
use super::dict::{Dict, DictObject, Entry, LINEAR, Slot};
use super::heap::{Header, LARGEST_SMALL, STEP};
use super::key::GOLDEN;
use super::record::RecordObject;
use super::string::StringObject;
use super::value::Value;
use std::mem::{offset_of, size_of};

/// Size of a value: tag word, then payload word.
pub const VALUE_SIZE: usize = 16;
/// Offset of the payload in a value; the tag is at 0.
pub const VALUE_PAYLOAD: usize = 8;
/// Reference count, `u32`.
pub const HEADER_COUNT: usize = offset_of!(Header, count);
/// Shape word, `u32`: kind in the low byte, detail above it.
pub const HEADER_SHAPE: usize = offset_of!(Header, shape);
/// Number of elements, `u64`.
pub const ARRAY_LEN: usize = offset_of!(ArrayObject, len);
/// Number of elements that fit the buffer, `u64`.
pub const ARRAY_CAPACITY: usize = offset_of!(ArrayObject, capacity);
/// Address of the element buffer.
pub const ARRAY_DATA: usize = offset_of!(ArrayObject, data);
/// Number of fields, `u64`.
pub const RECORD_LEN: usize = offset_of!(RecordObject, len);
/// First field of a struct instance or payload of an enum value, a `Value`.
pub const RECORD_FIELDS: usize = size_of::<RecordObject>();
/// The variable held by a closure cell, a `Value`.
pub const CELL_VALUE: usize = offset_of!(CellObject, value);
/// Index of the function prototype, `u32`.
pub const CLOSURE_PROTO: usize = offset_of!(ClosureObject, proto);
/// First captured cell, a pointer to a cell object.
pub const CLOSURE_CELLS: usize = size_of::<ClosureObject>();
/// Length in bytes, `u64`.
pub const STRING_LEN: usize = offset_of!(StringObject, len);
/// Length in characters, `u64`, `u64::MAX` while unknown.
pub const STRING_CHARACTERS: usize = offset_of!(StringObject, characters);
/// Hash as the key of a dict, `u32`, 0 while unknown.
pub const STRING_KEY_HASH: usize = offset_of!(StringObject, key_hash);
/// First byte of the text.
pub const STRING_BYTES: usize = size_of::<StringObject>();

/// Address of the first entry, if there is one.
pub const DICT_ENTRIES: usize = offset_of!(DictObject, dict) + offset_of!(Dict, first_entry);
/// Address of the first place of the index: a `u32` hash, then a `u32` entry number.
/// Unused ones have hash 0, and so has what is found if there is no index.
pub const DICT_INDEX: usize = offset_of!(DictObject, dict) + offset_of!(Dict, first_slot);
/// Bits of a hash, `u32`, below those that say where its search begins.
pub const DICT_SHIFT: usize = offset_of!(DictObject, dict) + offset_of!(Dict, shift);
/// Number of entries, `u32`.
pub const DICT_COUNT: usize = offset_of!(DictObject, dict) + offset_of!(Dict, count);
/// A dict of more entries than this has an index.
pub const MOST_WITHOUT_INDEX: usize = LINEAR;
/// Bytes of an entry.
pub const ENTRY_SIZE: usize = size_of::<Entry>();
/// The key of an entry, a `Value`.
pub const ENTRY_KEY: usize = offset_of!(Entry, key);
/// The value of an entry, a `Value`.
pub const ENTRY_VALUE: usize = offset_of!(Entry, value);
/// Factor of an int key whose product's high half, with bit 0 set, is its hash.
pub const INT_KEY_FACTOR: u64 = GOLDEN;

/// Bytes of a cell.
pub const CELL_SIZE: usize = size_of::<CellObject>();
/// Bytes of an array object, without its buffer.
pub const ARRAY_SIZE: usize = size_of::<ArrayObject>();
/// Blocks of free list `n` have `n` times this many bytes.
pub const FREE_LIST_STEP: usize = STEP;
/// Objects of more bytes than this come from no free list.
pub const LARGEST_FREE_LIST: usize = LARGEST_SMALL;

/// Tags from this number on are pointers to counted heap objects.
pub const FIRST_HEAP_TAG: u64 = 8;

const _: () = {
    assert!(size_of::<Value>() == VALUE_SIZE);
    assert!(HEADER_COUNT == 0 && HEADER_SHAPE == 4);
    assert!(size_of::<Header>() == 8);
    assert!(RECORD_FIELDS == 16);
    assert!(size_of::<Slot>() == 8 && offset_of!(Slot, hash) == 0 && offset_of!(Slot, at) == 4);
    assert!(CLOSURE_CELLS.is_multiple_of(8));
};
