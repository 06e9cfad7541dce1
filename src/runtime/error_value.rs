//! Faults as `Error` values, which `except` handlers see.
//!
//! An `Error` is a struct with the fields `message`, `stack` and `line`, and
//! `cause` and `value` where there is one. Each combination of fields is one
//! struct declaration of the thread. `error(..)` makes one that has only a
//! message; throwing fills in the rest.
//!
//! What must hold: an `Error` that is thrown again keeps every field it has.
//!
//! Example: `throw 5` in line 3 of `f` is caught as
//! `Error { line: 3, message: 5, stack: [f], value: 5 }`.

use crate::prim::{Fault, optional_member};
use crate::value::{RecordObject, Shape, ShapeId, Symbol, Tag, Value, shapes};
use std::cell::RefCell;
use std::rc::Rc;

const FIELDS: [&str; 5] = ["message", "stack", "line", "cause", "value"];
const MESSAGE: usize = 0;
const STACK: usize = 1;
const LINE: usize = 2;
const CAUSE: usize = 3;
const VALUE: usize = 4;

thread_local! {
    /// The declarations made so far; bit `n` of the number says that `FIELDS[n]` is there.
    static DECLARED: RefCell<Vec<(u8, Rc<Shape>)>> = const { RefCell::new(Vec::new()) };
}

/// The `Error` with those of the fields that are given, in the order of `FIELDS`.
fn assemble(fields: [Option<Value>; 5]) -> Value {
    let combination =
        fields.iter().enumerate().map(|(at, field)| u8::from(field.is_some()) << at).sum::<u8>();
    let shape = DECLARED.with_borrow_mut(|declared| {
        if let Some((_, shape)) = declared.iter().find(|(known, _)| *known == combination) {
            return shape.id;
        }
        let present = FIELDS.iter().zip(&fields).filter(|(_, field)| field.is_some());
        let names = present.map(|(name, _)| Symbol::new(name)).collect();
        let shape = shapes::declare(Symbol::new("Error"), names);
        declared.push((combination, shape.clone()));
        shape.id
    });
    instance(shape, fields.into_iter().flatten().collect())
}

fn instance(shape: ShapeId, fields: Vec<Value>) -> Value {
    RecordObject::instance(shape, fields.into_iter())
}

/// Whether the value is an error made here, not a struct of the program that
/// happens to be called `Error`.
pub fn is_error(value: &Value) -> bool {
    value.as_struct().is_some_and(|object| {
        DECLARED.with_borrow(|declared| {
            declared.iter().any(|(_, shape)| shape.id.shape_word() == object.shape_word())
        })
    })
}

/// The error that has only a message.
pub(super) fn new_error(message: &str) -> Value {
    assemble([Some(Value::string(message)), None, None, None, None])
}

/// The field or entry of this name, if the value has one.
fn part(value: &Value, name: &str) -> Option<Value> {
    crate::prim::member(value, Symbol::new(name)).ok()
}

/// The error that a handler sees for a fault raised in `line`, inside calls of
/// the functions `stack` (outermost first).
pub fn error_value(fault: &Fault, stack: &[Symbol], line: u32) -> Value {
    let names = stack.iter().map(|name| Value::string(&name.as_str())).collect();
    let (stack, line) = (Value::array(names), Value::int(i64::from(line)));
    let mut fields = [const { None }; 5];
    if let Fault::Thrown(thrown) = fault {
        if is_error(thrown) {
            fields = FIELDS.map(|name| part(thrown, name));
        } else if thrown.tag() == Tag::String {
            fields[MESSAGE] = Some(thrown.clone());
        } else {
            let cause = optional_member(thrown, Symbol::new(FIELDS[CAUSE]));
            fields[CAUSE] = (!cause.is_null()).then_some(cause);
            fields[VALUE] = Some(thrown.clone());
        }
    }
    fields[MESSAGE].get_or_insert_with(|| Value::string(&fault.to_string()));
    fields[STACK].get_or_insert(stack);
    fields[LINE].get_or_insert(line);
    assemble(fields)
}
