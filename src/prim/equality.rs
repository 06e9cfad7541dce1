//! `==` on whole values.
//!
//! Numbers compare by numeric value, other kinds only with their own kind;
//! containers deep, sets whatever their order; functions by identity. The
//! comparison keeps its own stack of container pairs, so nesting of any depth
//! is compared without growing the native stack.
//!
//! Example: `[1, "a"] == [1.0, "a"]` is true, `[NaN] == [NaN]` is false.

use super::compare::int_float_eq;
use crate::value::{LongWork, QueueObject, RecordObject, Storage, Tag, Value, shapes};
use std::rc::Rc;

/// Whether the language takes the values for equal, struct overloads aside. False
/// if the program has to stop before that is known.
pub fn equal(left: &Value, right: &Value) -> bool {
    let mut open = Vec::new();
    let mut work = LongWork::default();
    if !compare(left, right, &mut open) {
        return false;
    }
    while let Some(pair) = open.last_mut() {
        let Some((left, right)) = pair.advance() else {
            if pair.broken {
                return false;
            }
            open.pop();
            continue;
        };
        if !compare(&left, &right, &mut open) || work.is_over(0) {
            return false;
        }
    }
    true
}

/// Two containers of the same kind and size whose elements are being compared.
struct Pair {
    left: Value,
    right: Value,
    next: usize,
    /// Whether an element of the left has no counterpart on the right.
    broken: bool,
}

impl Pair {
    fn advance(&mut self) -> Option<(Value, Value)> {
        let at = self.next;
        self.next += 1;
        if let (Some(left), Some(right)) = (self.left.as_array(), self.right.as_array()) {
            return Some((left.get(at)?, right.get(at)?));
        }
        if let (Some(left), Some(right)) = (self.left.as_dict(), self.right.as_dict()) {
            let (left, right) = (left.dict(), right.dict());
            if at == left.len() {
                return None;
            }
            let counterpart = right.get(left.key_at(at));
            self.broken = counterpart.is_none();
            return Some((left.value_at(at).clone(), counterpart?.clone()));
        }
        if let (Some(left), Some(right)) = (queue(&self.left), queue(&self.right)) {
            return Some((left.items().get(at)?.clone(), right.items().get(at)?.clone()));
        }
        if let (Some(left), Some(right)) = (self.left.as_set(), self.right.as_set()) {
            let (member, hash, next) = left.set().next_from(at)?;
            self.next = next;
            let mut candidates = right.set().candidates(hash);
            let first = candidates.next();
            // Unequal members hardly ever share a hash, so this does not nest.
            let counterpart = match candidates.next() {
                None => first,
                Some(_) => right.set().candidates(hash).find(|other| equal(member, other)),
            };
            self.broken = counterpart.is_none();
            return Some((member.clone(), counterpart?.clone()));
        }
        let (left, right) = (compared(&self.left)?, compared(&self.right)?);
        Some((left.get(at)?.clone(), right.get(at)?.clone()))
    }
}

/// What has to be equal of a struct instance or enum value.
fn compared(value: &Value) -> Option<&[Value]> {
    let fields = value.as_struct().map(RecordObject::declared_fields);
    fields.or_else(|| value.as_enum().map(RecordObject::fields))
}

fn queue(value: &Value) -> Option<&QueueObject> {
    value.as_queue().or_else(|| value.as_stack())
}

/// Compares scalars at once; leaves containers that may be equal in `open`.
fn compare(left: &Value, right: &Value, open: &mut Vec<Pair>) -> bool {
    let may_be_equal = match (left.tag(), right.tag()) {
        (Tag::Float, Tag::Float) => return left.as_float() == right.as_float(),
        (Tag::Int, Tag::Float) => return int_equals_float(left, right),
        (Tag::Float, Tag::Int) => return int_equals_float(right, left),
        (left, right) if left != right => return false,
        (Tag::String, _) => {
            return left.raw().bits == right.raw().bits
                || left.as_string().map(|s| s.as_str()) == right.as_string().map(|s| s.as_str());
        }
        (Tag::Array, _) => arrays_may_be_equal(left, right),
        (Tag::Dict, _) => {
            left.as_dict().map(|d| d.dict().len()) == right.as_dict().map(|d| d.dict().len())
        }
        (Tag::Bytes, _) => {
            return left.as_bytes().map(|b| b.as_slice()) == right.as_bytes().map(|b| b.as_slice());
        }
        (Tag::Set, _) => {
            left.as_set().map(|s| s.set().len()) == right.as_set().map(|s| s.set().len())
        }
        (Tag::Queue | Tag::Stack, _) => {
            queue(left).map(|q| q.items().len()) == queue(right).map(|q| q.items().len())
        }
        (Tag::Struct, _) => structs_may_be_equal(left, right),
        (Tag::StructDef, _) => {
            return left.as_struct_def().map(RecordObject::shape_word)
                == right.as_struct_def().map(RecordObject::shape_word);
        }
        (Tag::Enum, _) => enums_may_be_equal(left, right),
        _ => return left.raw().bits == right.raw().bits,
    };
    if may_be_equal {
        open.push(Pair { left: left.clone(), right: right.clone(), next: 0, broken: false });
    }
    may_be_equal
}

fn int_equals_float(int: &Value, float: &Value) -> bool {
    int.as_int().zip(float.as_float()).is_some_and(|(int, float)| int_float_eq(int, float))
}

fn arrays_may_be_equal(left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (left.as_array(), right.as_array()) else { return false };
    left.len() == right.len()
        && match (left.storage(), right.storage()) {
            (Storage::Int, Storage::Int) => left.as_ints() == right.as_ints(),
            (Storage::Float, Storage::Float) => left.as_floats() == right.as_floats(),
            (Storage::Bool, Storage::Int | Storage::Float)
            | (Storage::Int | Storage::Float, Storage::Bool) => left.is_empty(),
            _ => true,
        }
}

fn structs_may_be_equal(left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (left.as_struct(), right.as_struct()) else { return false };
    if left.shape_word() == right.shape_word() {
        return true;
    }
    // The same declaration may have been executed twice.
    let (left, right): (Rc<_>, Rc<_>) = (left.shape(), right.shape());
    left.name == right.name && left.fields == right.fields
}

fn enums_may_be_equal(left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (left.as_enum(), right.as_enum()) else { return false };
    left.fields().len() == right.fields().len()
        && shapes::same_variant(left.variant(), right.variant())
}
