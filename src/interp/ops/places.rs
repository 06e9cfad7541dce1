//! Bodies of assignments into containers.
//!
//! A step of a chain makes the container at its location unique and goes one
//! level down; the last instruction changes the element or field. Where a
//! container is shared, its copy replaces it in its location first, so other
//! owners keep the old one: copy-on-write, at every level.
//!
//! Example: `grid[i][j] := 1` is `PlaceIndex t, grid, i; SetIndex t, j, v`. If
//! nobody else holds `grid` or the row, nothing is copied.

use super::super::domain::{Domain, Flow};
use super::containers::{entry_of, field_index, in_range, member_entry};
use crate::bytecode::{Code, Instruction, Slow};
use crate::prim::Fault;
use crate::value::{Raw, Storage, Symbol, Tag};

/// The object in a location of an array or struct, made unique.
#[inline(always)]
fn unique_object<D: Domain>(d: &mut D, holder: D::Holder, value: D::Value) -> D::Object {
    let object = d.object(value);
    if d.unique(object) {
        return object;
    }
    let copy = d.duplicate(value);
    d.replace(holder, copy);
    d.object(copy)
}

fn out_of_bounds<D: Domain>(d: &mut D, index: D::Int) -> Flow {
    let index = d.from_int(index);
    let index = d.peek(index).bits as i64;
    d.raise(Fault::IndexOutOfBounds(index))
}

/// `R[a] = place of M[d]`.
pub fn place_module<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let slot = d.module_holder(i.d() as u32);
    let value = d.held(slot);
    if d.kind(value) == Tag::Undefined {
        let name = Symbol::new(&d.code().module_names[i.d() as usize]);
        return d.raise(Fault::UndefinedVariable(name));
    }
    d.write_place(i.a, slot);
    Flow::Next
}

/// `R[a] = place of the variable in a cell`.
pub fn place_cell<D: Domain>(
    d: &mut D,
    i: &Instruction,
    cell: D::Object,
    name: impl Fn(&Code) -> String,
) -> Flow {
    let holder = d.cell_holder(cell);
    let value = d.held(holder);
    if d.kind(value) == Tag::Undefined {
        let name = Symbol::new(&name(d.code()));
        return d.raise(Fault::UndefinedVariable(name));
    }
    d.write_place(i.a, holder);
    Flow::Next
}

/// `R[a] = place of R[b][R[c]]`.
#[inline(always)]
pub fn place_index<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.b);
    let (container, index) = (d.held(holder), d.read(i.c));
    if d.kind(container) == Tag::Array && d.kind(index) == Tag::Int {
        let index = d.int(index);
        let array = d.object(container);
        let len = d.array_len(array);
        let storage = Storage::from_number(d.shape(array) >> 8);
        let Some(at) = in_range(d, index, len) else { return d.apart(|d| out_of_bounds(d, index)) };
        let array = unique_object(d, holder, container);
        if storage != Storage::Any {
            d.widen(array);
        }
        let element = d.element_holder(array, at);
        d.end_place(i.b);
        d.write_place(i.a, element);
        return Flow::Next;
    }
    d.apart(|d| place_entry(d, i, holder, container, index))
}

#[inline(never)]
fn place_entry<D: Domain>(
    d: &mut D,
    i: &Instruction,
    holder: D::Holder,
    container: D::Value,
    key: D::Value,
) -> Flow {
    let own = own_entry(d, container, |d| entry_of(d, container, key));
    match own.map_or_else(|| d.entry_holder(holder, key), Ok) {
        Ok(entry) => {
            d.end_place(i.b);
            d.write_place(i.a, entry);
            Flow::Next
        }
        Err(fault) => d.raise(fault),
    }
}

/// The entry that `find` finds, to be changed, if the container is a dict of one
/// owner.
#[inline(always)]
fn own_entry<D: Domain>(
    d: &mut D,
    container: D::Value,
    find: impl FnOnce(&mut D) -> Option<D::Holder>,
) -> Option<D::Holder> {
    if d.kind(container) != Tag::Dict {
        return None;
    }
    let dict = d.object(container);
    if d.unique(dict) { find(d) } else { None }
}

/// `R[a] = place of R[b].name`.
#[inline(always)]
pub fn place_member<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.b);
    let container = d.held(holder);
    if d.kind(container) == Tag::Struct {
        let object = d.object(container);
        let Some(index) = field_index(d, object, i.c) else {
            let name = d.code().caches[i.c as usize].name;
            return d.raise(Fault::FieldNotFound(name));
        };
        let object = unique_object(d, holder, container);
        let field = d.field_holder(object, index);
        d.end_place(i.b);
        d.write_place(i.a, field);
        return Flow::Next;
    }
    let name = d.code().caches[i.c as usize].name;
    let own = own_entry(d, container, |d| member_entry(d, container, i.c));
    match own.map_or_else(|| d.member_entry_holder(holder, name), Ok) {
        Ok(entry) => {
            d.end_place(i.b);
            d.write_place(i.a, entry);
            Flow::Next
        }
        Err(fault) => d.raise(fault),
    }
}

/// `R[a][R[b]] = R[c]`.
#[inline(always)]
pub fn set_index<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.a);
    let (container, index, value) = (d.held(holder), d.read(i.b), d.read(i.c));
    if d.kind(container) == Tag::Array && d.kind(index) == Tag::Int {
        let index = d.int(index);
        let array = d.object(container);
        let len = d.array_len(array);
        let storage = Storage::from_number(d.shape(array) >> 8);
        let Some(at) = in_range(d, index, len) else { return d.apart(|d| out_of_bounds(d, index)) };
        let kind = d.kind(value);
        if storage == Storage::Any {
            let old = d.element(array, at);
            d.kind(old);
            let array = unique_object(d, holder, container);
            let value = d.take(i.c, i.consumes_c());
            d.set_element(array, at, value);
            d.end_place(i.a);
            return Flow::Next;
        }
        if storage == Storage::of(kind) {
            let array = unique_object(d, holder, container);
            match storage {
                Storage::Int => {
                    let value = d.int(value);
                    d.set_int(array, at, value);
                }
                Storage::Float => {
                    let value = d.float(value);
                    d.set_float(array, at, value);
                }
                _ => {
                    let value = d.boolean(value);
                    d.set_bool(array, at, value);
                }
            }
            d.end_place(i.a);
            return Flow::Next;
        }
    }
    d.apart(|d| set_entry(d, i, holder, [container, index, value]))
}

#[inline(never)]
fn set_entry<D: Domain>(
    d: &mut D,
    i: &Instruction,
    holder: D::Holder,
    [container, key, value]: [D::Value; 3],
) -> Flow {
    if let Some(entry) = own_entry(d, container, |d| entry_of(d, container, key)) {
        set_own(d, i, entry, value);
        d.discard(i.b, i.consumes_b());
        return Flow::Next;
    }
    set_general(d, i, holder, Slow::SetIndex, 0, &[container, key, value])
}

/// `entry = R[c]`, an entry of the dict in place `R[a]`.
#[inline(always)]
fn set_own<D: Domain>(d: &mut D, i: &Instruction, entry: D::Holder, value: D::Value) {
    let old = d.held(entry);
    d.kind(old);
    d.kind(value);
    let value = d.take(i.c, i.consumes_c());
    d.put(entry, value);
    d.release(old);
    d.end_place(i.a);
}

/// Has a generic operation change the container in a location.
#[inline(never)]
fn set_general<D: Domain>(
    d: &mut D,
    i: &Instruction,
    holder: D::Holder,
    slow: Slow,
    extra: u32,
    operands: &[D::Value],
) -> Flow {
    let Ok(changed) = d.slow(slow, extra, operands) else { return Flow::Raise };
    d.put(holder, changed);
    match slow {
        Slow::SetMember => d.discard(i.c, i.consumes_c()),
        Slow::Push => d.discard(i.b, i.consumes_b()),
        _ => {
            d.discard(i.b, i.consumes_b());
            d.discard(i.c, i.consumes_c());
        }
    }
    d.end_place(i.a);
    Flow::Next
}

/// `R[a].name = R[c]`.
#[inline(always)]
pub fn set_member<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.a);
    let (container, value) = (d.held(holder), d.read(i.c));
    let name = d.code().caches[i.b as usize].name;
    if d.kind(container) == Tag::Struct {
        let object = d.object(container);
        let Some(index) = field_index(d, object, i.b) else {
            return d.raise(Fault::FieldNotFound(name));
        };
        let old = d.field(object, index);
        d.kind(old);
        d.kind(value);
        let object = unique_object(d, holder, container);
        let value = d.take(i.c, i.consumes_c());
        d.set_field(object, index, value);
        d.end_place(i.a);
        return Flow::Next;
    }
    d.apart(|d| {
        if let Some(entry) = own_entry(d, container, |d| member_entry(d, container, i.b)) {
            set_own(d, i, entry, value);
            return Flow::Next;
        }
        set_general(d, i, holder, Slow::SetMember, name.0, &[container, value])
    })
}

/// `place R[a] = its value + R[b]; pc += c`, unless a method may be the operator.
pub fn place_add<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.a);
    let (left, right) = (d.held(holder), d.read(i.b));
    let sum = match (d.kind(left), d.kind(right)) {
        (Tag::Struct, _) | (_, Tag::Struct) => {
            d.end_place(i.a);
            return Flow::Next;
        }
        (Tag::Int, Tag::Int) => {
            let (left, right) = (d.int(left), d.int(right));
            d.int_add(left, right).map(|sum| d.from_int(sum))
        }
        (Tag::Float, Tag::Float) => {
            let (left, right) = (d.float(left), d.float(right));
            let sum = d.float_add(left, right);
            Some(d.from_float(sum))
        }
        (Tag::Float, Tag::Int) => {
            let (left, right) = (d.float(left), d.int(right));
            let right = d.int_to_float(right);
            let sum = d.float_add(left, right);
            Some(d.from_float(sum))
        }
        (Tag::String, Tag::String) => {
            let text = d.object(right);
            Some(d.string_append(left, text))
        }
        _ => None,
    };
    let sum = match sum {
        Some(sum) => sum,
        None => match d.slow(Slow::Append, 0, &[left, right]) {
            Ok(sum) => sum,
            Err(_) => return Flow::Raise,
        },
    };
    d.put(holder, sum);
    d.discard(i.b, i.consumes_b());
    d.end_place(i.a);
    Flow::Jump(i.c as i16 as i32)
}

/// `append R[b] to the array in the variable or place R[a]`.
#[inline(always)]
pub fn push<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.a);
    let (container, value) = (d.held(holder), d.read(i.b));
    if d.kind(container) == Tag::Array {
        let array = d.object(container);
        let wanted = Storage::of(d.kind(value));
        if wanted != Storage::Any {
            d.adopt(array, wanted);
        }
        let storage = Storage::from_number(d.shape(array) >> 8);
        if storage == Storage::Any || storage == wanted {
            // An empty one still if others hold it too: then its copy adopts the storage.
            let adopts = storage == Storage::Any && wanted != Storage::Any && is_empty(d, array);
            if !adopts {
                let array = unique_object(d, holder, container);
                let value = d.take(i.b, i.consumes_b());
                d.push(array, storage, value);
                d.end_place(i.a);
                return Flow::Next;
            }
        }
    }
    d.apart(|d| set_general(d, i, holder, Slow::Push, 0, &[container, value]))
}

/// `R[a] = last element of the array in the variable or place R[b], taken off it`.
pub fn pop<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let holder = d.holder(i.b);
    let container = d.held(holder);
    if d.kind(container) != Tag::Array {
        return match d.slow(Slow::Pop, 0, &[container]) {
            Ok(_) => unreachable!("pop() takes arrays only"),
            Err(_) => Flow::Raise,
        };
    }
    let array = d.object(container);
    let storage = Storage::from_number(d.shape(array) >> 8);
    if is_empty(d, array) {
        d.end_place(i.b);
        let null = d.constant(Raw::NULL);
        d.write(i.a, null);
        return Flow::Next;
    }
    let (len, one) = (d.array_len(array), d.const_int(1));
    let at = d.int_sub(len, one).expect("lengths are not negative");
    let array = unique_object(d, holder, container);
    let last = d.take_last(array, storage, at);
    d.end_place(i.b);
    d.write(i.a, last);
    Flow::Next
}

fn is_empty<D: Domain>(d: &mut D, array: D::Object) -> bool {
    let (len, zero) = (d.array_len(array), d.const_int(0));
    let empty = d.int_eq(len, zero);
    d.decide(empty)
}

/// `append R[b] to the array in the temporary R[a]`.
pub fn array_push<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    super::containers::slow_grow(d, i, Slow::Push)
}

/// `R[a] = null`.
pub fn release<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let null = d.constant(Raw::NULL);
    d.write(i.a, null);
    Flow::Next
}
