//! Members of sets: the hash that goes with `==`, and the operations of sets.
//!
//! The hash of a container is that of all it holds, written out in a fixed
//! order with its kinds and lengths, so only equal values share it; a set counts
//! its members' hashes in any order. Nesting is walked with an own stack.
//!
//! What must hold: equal values have equal hashes, so a float of integral value
//! hashes as the int.
//!
//! Example: a set with the members 1 and `"a"` contains 1.0.

use super::equality::equal;
use super::float::float_to_int_exact;
use crate::value::{DictKey, LongWork, Set, Tag, Value, shapes};
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// The hash under which a set keeps the value; any, if the program has to stop
/// before that is known.
pub fn member_hash(value: &Value) -> u64 {
    let mut hasher = FxHasher::default();
    if hash_scalar(value, &mut hasher) {
        return hasher.finish();
    }
    let mut work = LongWork::default();
    let mut open = vec![value.clone()];
    while let Some(value) = open.pop() {
        if work.is_over(0) {
            break;
        }
        if !hash_scalar(&value, &mut hasher) {
            hash_container(&value, &mut hasher, &mut open);
        }
    }
    hasher.finish()
}

/// Takes in a value that holds no others; false if it does.
fn hash_scalar(value: &Value, hasher: &mut FxHasher) -> bool {
    match value.tag() {
        Tag::Float => match value.as_float().and_then(float_to_int_exact) {
            Some(int) => hasher.write_i64(int),
            None => hasher.write_u64(value.raw().bits),
        },
        Tag::String => value.as_string().map_or("", |text| text.as_str()).hash(hasher),
        Tag::Bytes => value.as_bytes().map_or(&[][..], |bytes| bytes.as_slice()).hash(hasher),
        Tag::Int => hasher.write_u64(value.raw().bits),
        Tag::Array | Tag::Dict | Tag::Struct | Tag::Enum => return false,
        Tag::Set | Tag::Queue | Tag::Stack => return false,
        tag => {
            hasher.write_u64(tag as u64);
            hasher.write_u64(value.raw().bits);
        }
    }
    true
}

/// Takes in kind and size of a container, and leaves its elements in `open`.
fn hash_container(value: &Value, hasher: &mut FxHasher, open: &mut Vec<Value>) {
    hasher.write_u64(value.tag() as u64);
    let before = open.len();
    if let Some(array) = value.as_array() {
        open.extend(array.iter());
    } else if let Some(dict) = value.as_dict() {
        for (key, value) in dict.dict().iter() {
            match key {
                DictKey::Int(int) => hasher.write_i64(int),
                DictKey::Text(text) => text.hash(hasher),
            }
            open.push(value.clone());
        }
    } else if let Some(record) = value.as_struct() {
        record.shape().name.hash(hasher);
        open.extend(record.declared_fields().iter().cloned());
    } else if let Some(record) = value.as_enum() {
        shapes::variant(record.variant()).name.hash(hasher);
        open.extend(record.fields().iter().cloned());
    } else if let Some(queue) = value.as_queue().or_else(|| value.as_stack()) {
        open.extend(queue.items().iter().cloned());
    } else if let Some(set) = value.as_set() {
        hasher.write_usize(set.set().len());
        hasher.write_u64(set.set().hash_sum());
    }
    hasher.write_usize(open.len() - before);
}

/// Whether the value is a member of the set.
pub fn set_contains(set: &Set, value: &Value) -> bool {
    set.contains(member_hash(value), |member| equal(member, value))
}

/// Adds the value to the set unless it is a member.
pub fn set_insert(set: &mut Set, value: Value) {
    let wanted = value.clone();
    set.insert(value, member_hash(&wanted), |member| equal(member, &wanted));
}

/// Takes the value out of the set if it is a member.
pub fn set_remove(set: &mut Set, value: &Value) {
    drop(set.remove(member_hash(value), |member| equal(member, value)));
}
