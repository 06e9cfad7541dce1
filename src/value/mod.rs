//! What data is: 16-byte values, the heap objects behind them, and their layout.
//!
//! A [`Value`] owns one reference count of its heap object, if it has one; a
//! [`Raw`] is the same sixteen bytes without ownership, for code that keeps the
//! counts itself (the register file, machine code). Arrays, dicts, structs and
//! strings are values with copy-on-write: a mutating method first makes its
//! object unique (see [`Value::array_mut`] and its siblings).
//!
//! What must hold: an object's count equals the number of `Value`s (and owned
//! registers) that point to it; a count never reaches zero while one remains.
//!
//! Example: after `let b = a.clone()` of an array both values share one object;
//! `b.array_mut()` first gives `b` an object of its own, so `a` stays as it was.

mod account;
mod array;
mod bytes;
mod channel;
mod characters;
mod closure;
mod cycles;
mod decimal;
mod dict;
mod heap;
mod key;
pub mod layout;
mod queue;
mod record;
mod set;
mod string;
mod symbol;
#[allow(clippy::module_inception)]
mod value;

pub use account::{HeapLimit, HeapUsage, LongWork, refuses, requested};
pub use array::{ArrayObject, Storage};
pub use bytes::BytesObject;
pub use channel::ChannelObject;
pub use closure::{CellObject, ClosureObject};
pub use cycles::free_circles;
pub use dict::{Dict, DictObject, KeyOrder};
pub use heap::{
    Header, HeapStatistics, allocate_object, fill_free_list, free_list_heads, release_array,
    release_object, release_record, release_string, statistics,
};
pub use key::{DictKey, HashedKey, text_rank};
pub use queue::QueueObject;
pub use record::{EnumVariant, RecordObject, Shape, ShapeId, VariantId, shapes};
pub use set::{Set, SetObject};
pub use string::{StringObject, character, same_text};
pub use symbol::Symbol;
pub use value::{Raw, Tag, Value};
