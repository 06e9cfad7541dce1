//! Faults as `Error` values, which `except` handlers see.
//!
//! An `Error` is a struct with the fields `message`, `stack` and `line`, and
//! `cause` and `value` where there is one. Each combination of fields is one
//! struct declaration of the thread. `error(..)` makes one that has only a
//! message; throwing fills in the rest.
//!
//! Behind its fields an `Error` holds what the program does not see: where it
//! was raised, for the report if nothing catches it, and the same as text once
//! a function of the prelude has caught it.
//!
//! What must hold: an `Error` that is thrown again keeps everything it has.
//!
//! Example: `throw 5` in line 3 of `f` is caught as
//! `Error { line: 3, message: 5, stack: [f], value: 5 }`.

use crate::prim::{Fault, formatted, optional_member};
use crate::value::{RecordObject, Shape, Symbol, Tag, Value, shapes};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;

const FIELDS: [&str; 5] = ["message", "stack", "line", "cause", "value"];
const MESSAGE: usize = 0;
const STACK: usize = 1;
const LINE: usize = 2;
const CAUSE: usize = 3;
const VALUE: usize = 4;

/// What is behind the fields. No name of a method is spelled so.
const HIDDEN: [&str; 2] = ["<origin>", "<place>"];
const ORIGIN: usize = 0;
const PLACE: usize = 1;

thread_local! {
    /// The declarations made so far; bit `n` of the number says that `FIELDS[n]` is there.
    static DECLARED: RefCell<Vec<(u8, Rc<Shape>)>> = const { RefCell::new(Vec::new()) };
}

/// The `Error` with those of the fields that are given, in the order of `FIELDS`.
fn assemble(fields: [Option<Value>; 5], origin: Value) -> Value {
    let combination =
        fields.iter().enumerate().map(|(at, field)| u8::from(field.is_some()) << at).sum::<u8>();
    let shape = DECLARED.with_borrow_mut(|declared| {
        if let Some((_, shape)) = declared.iter().find(|(known, _)| *known == combination) {
            return shape.id;
        }
        let present = FIELDS.iter().zip(&fields).filter(|(_, field)| field.is_some());
        let names = present.map(|(name, _)| Symbol::new(name)).collect();
        let hidden = HIDDEN.map(Symbol::new).to_vec();
        let shape = shapes::declare_carrying(Symbol::new("Error"), names, hidden);
        declared.push((combination, shape.clone()));
        shape.id
    });
    let all = fields.into_iter().flatten().chain([origin, Value::NULL]);
    let all: SmallVec<[Value; FIELDS.len() + HIDDEN.len()]> = all.collect();
    RecordObject::instance(shape, all.into_iter())
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
    assemble([Some(Value::string(message)), None, None, None, None], Value::NULL)
}

/// What an error holds behind its fields.
fn hidden(error: &Value, which: usize) -> Option<&Value> {
    let object = error.as_struct().filter(|_| is_error(error))?;
    object.fields().get(object.declared_fields().len() + which)
}

/// Where an error was raised: what [`Raised`] said. Nothing for other values and for
/// errors that were not thrown.
pub fn origin(thrown: &Value) -> Option<&Value> {
    hidden(thrown, ORIGIN).filter(|origin| !origin.is_null())
}

/// Notes in an error in words where it was raised.
pub fn set_place(error: &mut Value, place: &str) {
    let at = error.as_struct().map_or(0, |object| object.declared_fields().len() + PLACE);
    if let Some(object) = error.struct_mut() {
        object.fields_mut()[at] = Value::string(place);
    }
}

/// Where an error was raised, if [`set_place`] has noted it.
pub(super) fn place(error: &Value) -> Option<&str> {
    hidden(error, PLACE)?.as_string().map(|place| place.as_str())
}

/// What is known of the moment when a fault is raised.
#[derive(Clone, Debug)]
pub struct Raised {
    /// Names of the functions that were being called, outermost first.
    pub stack: Value,
    /// Source line.
    pub line: u32,
    /// What whoever makes errors needs in order to tell the place later.
    pub origin: Value,
}

/// The field or entry of this name, if the value has one.
fn part(value: &Value, name: &str) -> Option<Value> {
    crate::prim::member(value, Symbol::new(name)).ok()
}

/// The error that a handler sees for a fault. An error that is thrown again has been
/// raised before, and nobody asks when.
pub fn error_value(fault: &Fault, raised: impl FnOnce() -> Raised) -> Value {
    let mut fields = [const { None }; 5];
    if let Fault::Thrown(thrown) = fault {
        if origin(thrown).is_some() {
            return thrown.clone();
        }
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
    let Raised { stack, line, origin } = raised();
    fields[MESSAGE].get_or_insert_with(|| formatted(format_args!("{fault}")));
    fields[STACK].get_or_insert(stack);
    fields[LINE].get_or_insert(Value::int(i64::from(line)));
    assemble(fields, origin)
}
