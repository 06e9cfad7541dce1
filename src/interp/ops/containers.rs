//! Bodies that make and read arrays, dicts, structs and enum values.
//!
//! Reading an element or field copies it out of its container; the specialised
//! paths are arrays by int index (one per storage) and struct fields; the rest
//! are generic operations.
//!
//! Example: `xs[i]` for an int array is: kind array, kind int, index below the
//! length, shape int array, `element_int`.

use super::super::domain::{Domain, Flow};
use crate::bytecode::{Instruction, Slow};
use crate::prim::Fault;
use crate::value::{ShapeId, Storage, Tag, shapes};

fn run<D: Domain>(d: &mut D, first: u16, count: u16) -> Vec<D::Value> {
    (0..count).map(|n| d.take(first + n, true)).collect()
}

/// `R[a] = [R[b .. b+c]]`.
pub fn new_array<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let mut storage = None;
    for n in 0..i.c {
        let item = d.read(i.b + n);
        let wanted = Storage::of(d.kind(item));
        storage = match storage {
            None => Some(wanted),
            Some(seen) if seen == wanted => Some(seen),
            Some(_) => Some(Storage::Any),
        };
    }
    let items = run(d, i.b, i.c);
    let array = d.new_array(storage.unwrap_or(Storage::Any), &items);
    d.write(i.a, array);
    Flow::Next
}

/// `R[a] = instance of shapes[c] with fields R[b ..]`.
pub fn new_struct<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let shape = &d.code().shapes[i.c as usize];
    let count = shape.instance_len() as u16;
    for n in 0..count {
        let field = d.read(i.b + n);
        d.kind(field);
    }
    let fields = run(d, i.b, count);
    let record = d.new_record(Tag::Struct, shape.id.shape_word(), &fields);
    d.write(i.a, record);
    Flow::Next
}

/// `R[a] = value of variants[c] with payloads R[b ..]`.
pub fn new_enum<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let variant = d.code().variants[i.c as usize];
    let count = i.count() as u16;
    for n in 0..count {
        let payload = d.read(i.b + n);
        d.kind(payload);
    }
    let payload = run(d, i.b, count);
    let record = d.new_record(Tag::Enum, variant.shape_word(), &payload);
    d.write(i.a, record);
    Flow::Next
}

/// A generic operation over a run of temporaries: `R[a] = slow(R[b .. b+count])`.
pub fn slow_run<D: Domain>(d: &mut D, i: &Instruction, slow: Slow, count: u16) -> Flow {
    let operands: Vec<D::Value> = (0..count).map(|n| d.read(i.b + n)).collect();
    let Ok(value) = d.slow(slow, 0, &operands) else { return Flow::Raise };
    (0..count).for_each(|n| d.discard(i.b + n, true));
    d.write(i.a, value);
    Flow::Next
}

/// `R[a] = slow(R[a] taken, R[b])`, for literals that grow in a temporary.
pub fn slow_grow<D: Domain>(d: &mut D, i: &Instruction, slow: Slow) -> Flow {
    let (container, item) = (d.read(i.a), d.read(i.b));
    let Ok(value) = d.slow(slow, 0, &[container, item]) else { return Flow::Raise };
    d.moved(i.a, true);
    d.discard(i.b, i.consumes_b());
    d.write(i.a, value);
    Flow::Next
}

/// `insert R[b]: R[c] into the dict in R[a]`.
pub fn dict_insert<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let operands = [d.read(i.a), d.read(i.b), d.read(i.c)];
    let Ok(value) = d.slow(Slow::DictInsert, 0, &operands) else { return Flow::Raise };
    d.moved(i.a, true);
    d.discard(i.b, i.consumes_b());
    d.discard(i.c, i.consumes_c());
    d.write(i.a, value);
    Flow::Next
}

/// Index counted from the start, if it is in range.
#[inline(always)]
pub fn in_range<D: Domain>(d: &mut D, index: D::Int, len: D::Int) -> Option<D::Int> {
    if d.below(index, len) {
        return Some(index);
    }
    d.apart(|d| from_end(d, index, len))
}

#[inline(never)]
fn from_end<D: Domain>(d: &mut D, index: D::Int, len: D::Int) -> Option<D::Int> {
    let zero = d.const_int(0);
    let negative = d.int_lt(index, zero);
    if !d.decide(negative) {
        return None;
    }
    let index = d.int_add(index, len)?;
    d.below(index, len).then_some(index)
}

/// `R[a] = R[b][R[c]]`.
#[inline(always)]
pub fn get_index<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let (container, index) = (d.read(i.b), d.read(i.c));
    if d.kind(container) == Tag::Array && d.kind(index) == Tag::Int {
        let index = d.int(index);
        return get_element(d, i, container, index);
    }
    d.apart(|d| get_general(d, i, container, index, i.consumes_c()))
}

/// `R[a] = R[b][int c]`.
#[inline(always)]
pub fn get_index_int<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let container = d.read(i.b);
    let index = d.const_int(i.small_c());
    if d.kind(container) == Tag::Array {
        return get_element(d, i, container, index);
    }
    let index = d.from_int(index);
    d.apart(|d| get_general(d, i, container, index, false))
}

#[inline(always)]
fn get_element<D: Domain>(d: &mut D, i: &Instruction, container: D::Value, index: D::Int) -> Flow {
    let array = d.object(container);
    let storage = Storage::from_number(d.shape(array) >> 8);
    let len = d.array_len(array);
    let Some(at) = in_range(d, index, len) else {
        let index = d.from_int(index);
        let index = d.peek(index).bits as i64;
        return d.raise(Fault::IndexOutOfBounds(index));
    };
    if storage == Storage::Any {
        let element = d.element(array, at);
        let owned = d.retained(element);
        d.discard(i.b, i.consumes_b());
        d.write(i.a, owned);
        return Flow::Next;
    }
    match storage {
        Storage::Int => {
            let element = d.element_int(array, at);
            d.discard(i.b, i.consumes_b());
            d.write_int(i.a, element);
        }
        Storage::Float => {
            let element = d.element_float(array, at);
            d.discard(i.b, i.consumes_b());
            d.write_float(i.a, element);
        }
        _ => {
            let element = d.element_bool(array, at);
            d.discard(i.b, i.consumes_b());
            d.write_bool(i.a, element);
        }
    }
    Flow::Next
}

#[inline(never)]
fn get_general<D: Domain>(
    d: &mut D,
    i: &Instruction,
    container: D::Value,
    index: D::Value,
    consume_index: bool,
) -> Flow {
    if let Some(entry) = entry_of(d, container, index) {
        let value = d.held(entry);
        let owned = d.retained(value);
        d.discard(i.b, i.consumes_b());
        d.discard(i.c, consume_index);
        d.write(i.a, owned);
        return Flow::Next;
    }
    if d.kind(container) == Tag::String && d.kind(index) == Tag::Int {
        let (string, at) = (d.object(container), d.int(index));
        let len = d.string_length(string);
        if let Some(at) = in_range(d, at, len) {
            let character = d.string_character(string, at);
            d.discard(i.b, i.consumes_b());
            d.write(i.a, character);
            return Flow::Next;
        }
    }
    let Ok(value) = d.slow(Slow::Index, 0, &[container, index]) else { return Flow::Raise };
    d.discard(i.b, i.consumes_b());
    d.discard(i.c, consume_index);
    d.write(i.a, value);
    Flow::Next
}

/// The entry that `container[key]` means, if the container is a dict that has
/// one and the key needs no conversion.
pub fn entry_of<D: Domain>(d: &mut D, container: D::Value, key: D::Value) -> Option<D::Holder> {
    if d.kind(container) != Tag::Dict || !matches!(d.kind(key), Tag::Int | Tag::String) {
        return None;
    }
    let dict = d.object(container);
    d.entry(dict, key)
}

/// Index of a field in the shape of a struct instance, through the cache of
/// the instruction.
#[inline(always)]
pub fn field_index<D: Domain>(d: &mut D, object: D::Object, cache: u16) -> Option<u32> {
    let shape = d.shape(object);
    let cache = &d.code().caches[cache as usize];
    if cache.shape.get() == shape {
        return Some(cache.index.get());
    }
    let index = shapes::get(ShapeId(shape >> 8)).field_index(cache.name)? as u32;
    cache.shape.set(shape);
    cache.index.set(index);
    Some(index)
}

/// `R[a] = R[b].name`, or with `safe` null where there is none.
#[inline(always)]
pub fn get_member<D: Domain>(d: &mut D, i: &Instruction, safe: bool) -> Flow {
    let container = d.read(i.b);
    if d.kind(container) == Tag::Struct {
        let object = d.object(container);
        if let Some(index) = field_index(d, object, i.c) {
            let field = d.field(object, index);
            let owned = d.retained(field);
            d.discard(i.b, i.consumes_b());
            d.write(i.a, owned);
            return Flow::Next;
        }
    }
    d.apart(|d| get_member_general(d, i, container, safe))
}

#[inline(never)]
fn get_member_general<D: Domain>(
    d: &mut D,
    i: &Instruction,
    container: D::Value,
    safe: bool,
) -> Flow {
    if let Some(entry) = member_entry(d, container, i.c) {
        let value = d.held(entry);
        let owned = d.retained(value);
        d.discard(i.b, i.consumes_b());
        d.write(i.a, owned);
        return Flow::Next;
    }
    let slow = if safe { Slow::MemberSafe } else { Slow::Member };
    let name = d.code().caches[i.c as usize].name;
    let Ok(value) = d.slow(slow, name.0, &[container]) else { return Flow::Raise };
    d.discard(i.b, i.consumes_b());
    d.write(i.a, value);
    Flow::Next
}

/// The entry that `container.name` means, if the container is a dict that has one;
/// `cache` tells the name.
pub fn member_entry<D: Domain>(d: &mut D, container: D::Value, cache: u16) -> Option<D::Holder> {
    if d.kind(container) != Tag::Dict {
        return None;
    }
    let dict = d.object(container);
    let key = d.code().caches[cache as usize].key.raw();
    let key = d.constant(key);
    d.entry(dict, key)
}
