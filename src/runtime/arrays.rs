//! Builtins on arrays. Those that return a changed array change it in place
//! when nobody else holds it.
//!
//! Example: `pop([1, 2])` is `[[1], 2]`, `chunk([1, 2, 3], 2)` is
//! `[[1, 2], [3]]`, `range(3, 0, -1)` is `[3, 2, 1]`.

use super::Context;
use super::arguments::{array, size, take_array, text, truncated, whole};
use super::collections::part_of;
use super::room::{gather, room};
use super::table::{Builtin, Effects, MANY};
use crate::prim::{Fault, Operator, binary, compare_order, equal, float_to_int_exact, type_name};
use crate::value::{ArrayObject, Storage, Tag, Value, text_rank};
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const PUSH: &str = "The array with the value at its end.";

/// Most elements that `range` makes.
const LONGEST_RANGE: u128 = 1 << 28;

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native("push", (2, 2), "push(a, v) -> array", PUSH, MAKES, push).reusing(),
    Builtin::native("append", (2, 2), "append(a, v) -> array", PUSH, MAKES, push).reusing(),
    Builtin::native(
        "pop",
        (1, 1),
        "pop(a) -> [rest, last]",
        "The array without its last element, and that element.",
        MAKES,
        pop,
    )
    .reusing(),
    Builtin::native(
        "insert",
        (3, 3),
        "insert(a, i, v) -> array",
        "The array with the value before position i.",
        MAKES,
        insert,
    )
    .reusing(),
    Builtin::native(
        "remove_at",
        (2, 2),
        "remove_at(a, i) -> [rest, removed]",
        "The array without the element at position i, and that element.",
        MAKES,
        remove_at,
    )
    .reusing(),
    Builtin::native("array", (0, MANY), "array(v..) -> array", "The arguments.", MAKES, make_array),
    Builtin::native(
        "range",
        (1, 3),
        "range([start], stop, [step]) -> array",
        "The ints from start (0) to before stop.",
        MAKES,
        range,
    ),
    Builtin::native(
        "sort",
        (1, 2),
        "sort(a, [before]) -> array",
        "The elements in ascending order, or in that of the comparing function; stable.",
        MAKES,
        sort,
    )
    .reusing()
    .or_prelude(2, "sort_by"),
    Builtin::prelude("map", 2, "map(a, f) -> array", "What f gives for each element.", &["map"]),
    Builtin::prelude(
        "filter",
        2,
        "filter(a, f) -> array",
        "The elements for which f is true.",
        &["filter"],
    ),
    Builtin::prelude(
        "reduce",
        3,
        "reduce(a, init, f)",
        "The accumulator after f(accumulator, element) for each element.",
        &["reduce"],
    ),
    Builtin::prelude(
        "find",
        2,
        "find(a, f)",
        "The first element for which f is true, or null.",
        &["find"],
    ),
    Builtin::prelude(
        "any",
        2,
        "any(a, f) -> bool",
        "Whether f is true for some element.",
        &["any"],
    ),
    Builtin::prelude(
        "all",
        2,
        "all(a, f) -> bool",
        "Whether f is true for every element.",
        &["all"],
    ),
    Builtin::native(
        "unique",
        (1, 1),
        "unique(a) -> array",
        "The first of equal elements each.",
        MAKES,
        unique,
    ),
    Builtin::native("sum", (1, 1), "sum(a) -> number", "The sum of the numbers.", READS, sum),
    Builtin::native(
        "chunk",
        (2, 2),
        "chunk(a, n) -> array",
        "The elements in arrays of n; the last may be shorter.",
        MAKES,
        chunk,
    ),
    Builtin::native(
        "windows",
        (2, 2),
        "windows(a, n) -> array",
        "Every run of n neighbouring elements.",
        MAKES,
        windows,
    ),
    Builtin::native(
        "flatten",
        (1, 1),
        "flatten(a) -> array",
        "The elements of the elements that are arrays, and the others.",
        MAKES,
        flatten,
    ),
    Builtin::native(
        "zip",
        (2, 2),
        "zip(a, b) -> array",
        "Pairs of elements, to the end of the shorter array.",
        MAKES,
        zip,
    ),
    Builtin::native(
        "enumerate",
        (1, 1),
        "enumerate(a) -> array",
        "Pairs of position and element.",
        MAKES,
        enumerate,
    ),
    Builtin::native("take", (2, 2), "take(a, n) -> array", "The first n elements.", MAKES, take),
    Builtin::native("skip", (2, 2), "skip(a, n) -> array", "All but the first n.", MAKES, skip),
    Builtin::native(
        "__count",
        (2, 2),
        "__count(name, n) -> int",
        "The number of elements that a method takes or skips.",
        READS,
        |_, arguments| Ok(Value::int(whole(text("__count", arguments, 0)?, arguments, 1)?)),
    ),
];

fn push(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut array = take_array("push", arguments, 0)?;
    array.array_mut().expect("seen above").push(std::mem::take(&mut arguments[1]));
    Ok(array)
}

fn pop(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut array = take_array("pop", arguments, 0)?;
    let last = array.array_mut().expect("seen above").pop();
    Ok(Value::array(vec![array, last.unwrap_or_default()]))
}

#[cold]
fn out_of_bounds(name: &str, index: i64, len: usize) -> Fault {
    Fault::Builtin(format!("{name}() index {index} out of bounds for array of length {len}"))
}

fn insert(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let len = array("insert", arguments, 0)?.len();
    let index = whole("insert", arguments, 1)?;
    let at = usize::try_from(index).ok().filter(|at| *at <= len);
    let at = at.ok_or_else(|| out_of_bounds("insert", index, len))?;
    let mut array = take_array("insert", arguments, 0)?;
    array.array_mut().expect("seen above").insert(at, std::mem::take(&mut arguments[2]));
    Ok(array)
}

fn remove_at(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let len = array("remove_at", arguments, 0)?.len();
    let index = whole("remove_at", arguments, 1)?;
    let at = usize::try_from(index).ok().filter(|at| *at < len);
    let at = at.ok_or_else(|| out_of_bounds("remove_at", index, len))?;
    let mut array = take_array("remove_at", arguments, 0)?;
    let removed = array.array_mut().expect("seen above").remove(at);
    Ok(Value::array(vec![array, removed]))
}

fn make_array(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::array(arguments.iter_mut().map(std::mem::take).collect()))
}

fn range(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let number = |at| truncated("range", arguments, at);
    let (start, stop, step) = match arguments.len() {
        1 => (0, number(0)?, 1),
        2 => (number(0)?, number(1)?, 1),
        _ => (number(0)?, number(1)?, number(2)?),
    };
    if step == 0 {
        return Err(Fault::Builtin("range() step cannot be zero".to_string()));
    }
    let distance = (i128::from(stop) - i128::from(start)) * i128::from(step.signum());
    let count = (distance.max(0) as u128).div_ceil(step.unsigned_abs().into());
    if count > LONGEST_RANGE {
        return Err(Fault::TooLarge("range()"));
    }
    room(count as usize * size_of::<i64>())?;
    // Every element is an int, so what intermediate results lose is given back.
    let element = |at: i64| start.wrapping_add(at.wrapping_mul(step));
    let ints: Vec<i64> = (0..count as i64).map(element).collect();
    Ok(ArrayObject::from_ints(&ints))
}

fn sort(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let array = array("sort", arguments, 0)?;
    if let Some(ints) = array.as_ints() {
        let mut ints = ints.to_vec();
        ints.sort_unstable();
        return Ok(ArrayObject::from_ints(&ints));
    }
    let mut items: Vec<Value> = array.iter().collect();
    let all = |test: fn(&Value) -> bool| items.iter().all(test);
    if !all(is_number) && !all(|item| item.tag() == Tag::String) {
        return Err(Fault::Builtin(
            "sort() expects an array of only numbers or only strings".to_string(),
        ));
    }
    if !all(is_number) {
        return Ok(Value::array(sorted_texts(items)));
    }
    items.sort_by(order_of);
    Ok(Value::array(items))
}

fn sorted_texts(items: Vec<Value>) -> Vec<Value> {
    let text = |item: &Value| item.as_string().map_or(0, |text| text_rank(text.as_str()));
    let mut ranked: Vec<(u64, Value)> = items.into_iter().map(|item| (text(&item), item)).collect();
    // Texts that are equal are the same.
    ranked.sort_unstable_by(|left, right| {
        left.0.cmp(&right.0).then_with(|| order_of(&left.1, &right.1))
    });
    ranked.into_iter().map(|(_, item)| item).collect()
}

fn is_number(value: &Value) -> bool {
    matches!(value.tag(), Tag::Int | Tag::Float)
}

/// Order for sorting: as `<`, with NaN after every number.
fn order_of(left: &Value, right: &Value) -> Ordering {
    let is_nan = |value: &Value| value.as_float().is_some_and(f64::is_nan);
    match compare_order(left, right) {
        Some(Some(order)) => order,
        _ => is_nan(left).cmp(&is_nan(right)),
    }
}

/// Elements of equal hash keys are equal; those without one are compared by `==`.
#[derive(PartialEq, Eq, Hash)]
enum Distinct {
    Null,
    Bool(bool),
    Int(i64),
    Float(u64),
    Text(String),
}

fn distinct_key(value: &Value) -> Option<Distinct> {
    Some(match value.tag() {
        Tag::Null => Distinct::Null,
        Tag::Bool => Distinct::Bool(value.as_bool()?),
        Tag::Int => Distinct::Int(value.as_int()?),
        Tag::Float => {
            let float = value.as_float().filter(|float| !float.is_nan())?;
            float_to_int_exact(float).map_or(Distinct::Float(float.to_bits()), Distinct::Int)
        }
        Tag::String => Distinct::Text(value.as_string()?.as_str().to_string()),
        _ => return None,
    })
}

pub(super) fn unique(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut seen = FxHashSet::default();
    let mut others: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for item in array("unique", arguments, 0)?.iter() {
        let new = match distinct_key(&item) {
            Some(key) => seen.insert(key),
            None => {
                let new = !others.iter().any(|other| equal(other, &item));
                if new {
                    others.push(item.clone());
                }
                new
            }
        };
        if new {
            kept.push(item);
        }
    }
    Ok(Value::array(kept))
}

fn sum(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut total = Value::int(0);
    for item in array("sum", arguments, 0)?.iter() {
        if !is_number(&item) {
            return Err(Fault::Builtin(format!(
                "sum() expects an array of numbers, got {}",
                type_name(&item)
            )));
        }
        total = binary(Operator::Add, &total, &item)?;
    }
    Ok(total)
}

fn chunk(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let array = array("chunk", arguments, 0)?;
    let size = size("chunk", arguments, 1)?;
    let starts = (0..array.len()).step_by(size);
    let part = |start: usize| part_of(array, start, start.saturating_add(size).min(array.len()));
    gather(starts.map(part))
}

fn windows(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let array = array("windows", arguments, 0)?;
    let size = size("windows", arguments, 1)?;
    let count = (array.len() + 1).saturating_sub(size);
    room(count.saturating_mul(size).saturating_mul(array.storage().width()))?;
    gather((0..count).map(|start| part_of(array, start, start + size)))
}

fn flatten(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let items = array("flatten", arguments, 0)?;
    let inner = items.iter().map(|item| item.as_array().map_or(1, |inner| inner.len()));
    room(inner.sum::<usize>().saturating_mul(Storage::Any.width()))?;
    let mut flat = ArrayObject::with_capacity(Storage::Any, 0);
    let target = flat.array_mut().expect("just made");
    for item in items.iter() {
        match item.as_array() {
            Some(inner) => inner.iter().for_each(|element| target.push(element)),
            None => target.push(item),
        }
    }
    Ok(flat)
}

fn zip(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (left, right) = (array("zip", arguments, 0)?, array("zip", arguments, 1)?);
    let pairs = left.iter().zip(right.iter()).map(|(left, right)| Value::array(vec![left, right]));
    gather(pairs)
}

fn enumerate(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let items = array("enumerate", arguments, 0)?.iter().enumerate();
    let pair = |(at, item)| Value::array(vec![Value::int(at as i64), item]);
    gather(items.map(pair))
}

/// The number of elements that `take` and `skip` mean, within the array.
fn count(name: &str, arguments: &[Value]) -> Result<usize, Fault> {
    let len = array(name, arguments, 0)?.len();
    Ok(whole(name, arguments, 1)?.clamp(0, len as i64) as usize)
}

fn take(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let count = count("take", arguments)?;
    Ok(part_of(array("take", arguments, 0)?, 0, count))
}

fn skip(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let count = count("skip", arguments)?;
    let array = array("skip", arguments, 0)?;
    Ok(part_of(array, count, array.len()))
}
