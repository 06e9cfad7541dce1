//! Builtins on sets: distinct members by `==`, in insertion order.
//!
//! Example: `set_union(Set([2, 1]), Set([1, 3]))` is `Set{2, 1, 3}`.

use super::Context;
use super::arguments::wrong_kind;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, iterate, set_contains, set_insert, set_remove};
use crate::value::{Set, SetObject, Tag, Value};

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "Set",
        (0, 1),
        "Set([iterable]) -> set",
        "The distinct values of the iterable.",
        MAKES,
        make_set,
    )
    .or_prelude(1, "set_of"),
    Builtin::native(
        "__set",
        (1, 1),
        "__set(iterable) -> set",
        "The distinct values of what is no iterator.",
        MAKES,
        make_set,
    ),
    Builtin::native(
        "set_add",
        (2, 2),
        "set_add(s, v) -> set",
        "The set with the value.",
        MAKES,
        |_, arguments| {
            let mut set = take_set("set_add", arguments)?;
            let member = std::mem::take(&mut arguments[1]);
            set_insert(set.set_mut().expect("seen above").set_mut(), member);
            Ok(set)
        },
    )
    .reusing(),
    Builtin::native(
        "set_remove",
        (2, 2),
        "set_remove(s, v) -> set",
        "The set without the value.",
        MAKES,
        |_, arguments| {
            let mut set = take_set("set_remove", arguments)?;
            set_remove(set.set_mut().expect("seen above").set_mut(), &arguments[1]);
            Ok(set)
        },
    )
    .reusing(),
    Builtin::native(
        "set_has",
        (2, 2),
        "set_has(s, v) -> bool",
        "Whether the value is in the set.",
        READS,
        |_, arguments| Ok(Value::bool(set_contains(set("set_has", arguments, 0)?, &arguments[1]))),
    ),
    Builtin::native(
        "set_union",
        (2, 2),
        "set_union(a, b) -> set",
        "The members of either.",
        MAKES,
        |_, arguments| {
            set("set_union", arguments, 1)?;
            let mut union = take_set("set_union", arguments)?;
            let target = union.set_mut().expect("seen above").set_mut();
            for member in set("set_union", arguments, 1)?.iter() {
                set_insert(target, member.clone());
            }
            Ok(union)
        },
    )
    .reusing(),
    Builtin::native(
        "set_intersect",
        (2, 2),
        "set_intersect(a, b) -> set",
        "The members of a that are in b.",
        MAKES,
        |_, arguments| selected("set_intersect", arguments, true),
    ),
    Builtin::native(
        "set_difference",
        (2, 2),
        "set_difference(a, b) -> set",
        "The members of a that are not in b.",
        MAKES,
        |_, arguments| selected("set_difference", arguments, false),
    ),
    Builtin::native(
        "set_to_array",
        (1, 1),
        "set_to_array(s) -> array",
        "The members in insertion order.",
        MAKES,
        |_, arguments| {
            set("set_to_array", arguments, 0)?;
            iterate(&arguments[0])
        },
    ),
];

fn set<'a>(name: &str, arguments: &'a [Value], at: usize) -> Result<&'a Set, Fault> {
    let value = &arguments[at];
    value.as_set().map(|set| set.set()).ok_or_else(|| wrong_kind(name, "a set", value))
}

/// Takes the set out of the first slot, for changing it in place.
fn take_set(name: &str, arguments: &mut [Value]) -> Result<Value, Fault> {
    set(name, arguments, 0)?;
    Ok(std::mem::take(&mut arguments[0]))
}

fn make_set(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    if arguments.first().is_some_and(|first| first.tag() == Tag::Set) {
        return Ok(std::mem::take(&mut arguments[0]));
    }
    let mut set = Set::default();
    if let Some(source) = arguments.first() {
        if matches!(source.tag(), Tag::Int | Tag::Float) {
            return Err(wrong_kind("Set", "an iterable", source));
        }
        let items = iterate(source)?;
        for item in items.as_array().into_iter().flat_map(|items| items.iter()) {
            set_insert(&mut set, item);
        }
    }
    Ok(SetObject::allocate(set))
}

/// The members of the first set that are, or are not, in the second.
fn selected(name: &str, arguments: &[Value], common: bool) -> Result<Value, Fault> {
    let (left, right) = (set(name, arguments, 0)?, set(name, arguments, 1)?);
    let mut selected = Set::default();
    for member in left.iter().filter(|member| set_contains(right, member) == common) {
        set_insert(&mut selected, member.clone());
    }
    Ok(SetObject::allocate(selected))
}
