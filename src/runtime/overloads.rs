//! Builtins that compare by `==`, for programs with structs that overload it.
//!
//! A builtin of this crate cannot call a method of the program. If a text or one
//! before it declares a struct with `op_eq`, calls of these builtins run functions of
//! the prelude instead, which go the short way unless a struct of that kind is among
//! what is compared. The elements of sets are found by their hashes, which say
//! nothing about `op_eq`, and what containers hold is compared field by field.
//!
//! Example: `contains(points, p)` calls `Point.op_eq` of each point until one is
//! equal to `p`.

use super::Context;
use super::arrays::unique;
use super::assertions::{assert_contains, assert_equal, difference, lack};
use super::collections::{contains, index_of, remove};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::{Storage, Symbol, Value};

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

/// Names of builtins, numbers of arguments, and the functions of the prelude that run such
/// calls.
const OVERLOADED: &[(&str, usize, &str)] = &[
    ("contains", 2, "contains_overloaded"),
    ("index_of", 2, "index_of_overloaded"),
    ("remove", 2, "remove_overloaded"),
    ("unique", 1, "unique_overloaded"),
    ("assert_equal", 2, "assert_equal_overloaded"),
    ("assert_equal", 3, "assert_equal_or_raise"),
    ("assert_contains", 2, "assert_contains_overloaded"),
];

/// The function of the prelude that runs a call of a builtin in a program with structs
/// that overload `==`, if it differs from other programs.
pub fn overloaded_function(name: &str, arguments: usize) -> Option<&'static str> {
    let mut rows = OVERLOADED.iter();
    rows.find(|row| (row.0, row.1) == (name, arguments)).map(|row| row.2)
}

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "__overloads",
        (1, 1),
        "__overloads(c) -> bool",
        "Whether an element is a struct that overloads `==`.",
        READS,
        |_, arguments| Ok(Value::bool(overloads(&arguments[0]))),
    ),
    Builtin::native(
        "__contains",
        (2, 2),
        "__contains(c, x) -> bool",
        "As contains, by fields.",
        READS,
        contains,
    ),
    Builtin::native(
        "__index_of",
        (2, 2),
        "__index_of(c, x) -> int",
        "As index_of, by fields.",
        READS,
        index_of,
    ),
    Builtin::native("__remove", (2, 2), "__remove(c, x)", "As remove, by fields.", MAKES, remove)
        .reusing(),
    Builtin::native(
        "__unique",
        (1, 1),
        "__unique(a) -> array",
        "As unique, by fields.",
        MAKES,
        unique,
    ),
    Builtin::native(
        "__assert_equal",
        (2, 3),
        "__assert_equal(actual, expected, [message]) -> true",
        "As assert_equal, by fields.",
        READS,
        assert_equal,
    ),
    Builtin::native(
        "__assert_contains",
        (2, 2),
        "__assert_contains(c, x) -> true",
        "As assert_contains, by fields.",
        READS,
        assert_contains,
    ),
    Builtin::native(
        "__difference",
        (2, 2),
        "__difference(actual, expected)",
        "Raises that they differ.",
        READS,
        |_: &mut Context, arguments| Err(Fault::Builtin(difference(&arguments[0], &arguments[1]))),
    ),
    Builtin::native(
        "__lack",
        (2, 2),
        "__lack(c, x)",
        "Raises that the element is missing.",
        READS,
        |_: &mut Context, arguments| Err(Fault::Builtin(lack(&arguments[0], &arguments[1]))),
    ),
];

fn overloads(collection: &Value) -> bool {
    if let Some(array) = collection.as_array() {
        return array.storage() == Storage::Any && array.iter().any(|item| is_overloaded(&item));
    }
    let queue = collection.as_queue().or_else(|| collection.as_stack());
    queue.is_some_and(|queue| queue.items().iter().any(is_overloaded))
}

fn is_overloaded(value: &Value) -> bool {
    value.as_struct().is_some_and(|object| {
        let (shape, name) = (object.shape(), Symbol::new("op_eq"));
        shape.method(name).is_some() || shape.carried_index(name).is_some()
    })
}
