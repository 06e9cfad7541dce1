//! Values as Rust programs see them.
//!
//! Scalars, strings, arrays and dicts are copied into plain Rust data; what has
//! no counterpart in Rust (structs, enums, functions, sets, generators...) stays
//! an [`Object`], which can be shown, looked into, called and handed back.
//!
//! What must hold: a conversion ends whatever it is given. Arrays and dicts that
//! are nested deeper than [`DEEPEST`] come as objects.
//!
//! Example: `{"a": [1, 2.5]}` is a `Value::Dict` whose entry `a` is
//! `Value::Array(vec![Value::Int(1), Value::Float(2.5)])`.

use crate::prim;
use crate::value::{self as inner, Dict, DictKey, DictObject, Symbol};
use std::collections::BTreeMap;
use std::fmt;

/// Nesting of arrays and dicts that is converted.
const DEEPEST: usize = 128;

/// A value of the language, as plain Rust data.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// A bool.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// A dict, with its keys as texts.
    Dict(BTreeMap<String, Value>),
    /// Anything else.
    Object(Object),
}

/// A value that stays with the language: a struct, an enum value (also `Ok`,
/// `Err`, `Some` and `None`), a function, a set, a generator and so on.
///
/// It belongs to the thread and the engine that it came from: another engine
/// must not be given functions of this one.
#[derive(Clone)]
pub struct Object(pub(super) inner::Value);

impl Value {
    /// What `type()` of the language calls its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Dict(_) => "dict",
            Value::Object(object) => object.kind(),
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The display form with strings in quotes.
    pub fn quoted(&self) -> String {
        prim::quoted(&self.clone().into_inner())
    }

    /// The value as plain data.
    pub(super) fn from_inner(value: &inner::Value) -> Value {
        Value::converted(value, 0)
    }

    fn converted(value: &inner::Value, depth: usize) -> Value {
        if value.is_null() {
            return Value::Null;
        }
        if let Some(value) = value.as_bool() {
            return Value::Bool(value);
        }
        if let Some(value) = value.as_int() {
            return Value::Int(value);
        }
        if let Some(value) = value.as_float() {
            return Value::Float(value);
        }
        if let Some(text) = value.as_string() {
            return Value::String(text.as_str().into());
        }
        if depth < DEEPEST {
            if let Some(array) = value.as_array() {
                return Value::Array(
                    array.iter().map(|v| Value::converted(&v, depth + 1)).collect(),
                );
            }
            if let Some(object) = value.as_dict() {
                let dict = object.dict();
                let entries = dict.key_order().map(|at| {
                    let key = prim::display(dict.key_value_at(at));
                    (key, Value::converted(dict.value_at(at), depth + 1))
                });
                return Value::Dict(entries.collect());
            }
        }
        Value::Object(Object(value.clone()))
    }

    /// The value as the language holds it.
    pub(super) fn into_inner(self) -> inner::Value {
        match self {
            Value::Null => inner::Value::NULL,
            Value::Bool(value) => inner::Value::bool(value),
            Value::Int(value) => inner::Value::int(value),
            Value::Float(value) => inner::Value::float(value),
            Value::String(text) => inner::Value::string(&text),
            Value::Array(items) => {
                inner::Value::array(items.into_iter().map(Value::into_inner).collect())
            }
            Value::Dict(entries) => {
                let mut dict = Dict::with_capacity(entries.len());
                for (key, value) in entries {
                    dict.insert(DictKey::of(&key), value.into_inner());
                }
                DictObject::allocate(dict)
            }
            Value::Object(object) => object.0,
        }
    }
}

/// The display form, as `print` shows it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::String(text) => f.write_str(text),
            Value::Object(object) => object.fmt(f),
            other => f.write_str(&prim::display(&other.clone().into_inner())),
        }
    }
}

impl Object {
    /// What `type()` of the language calls its kind: `struct`, `function`...
    pub fn kind(&self) -> &'static str {
        prim::type_name(&self.0)
    }

    /// Whether it can be given to [`Engine::call_value`](super::Engine::call_value).
    pub fn is_callable(&self) -> bool {
        self.kind() == "function"
    }

    /// A field of a struct.
    pub fn field(&self, name: &str) -> Option<Value> {
        let record = self.0.as_struct()?;
        let index = record.shape().field_index(Symbol::new(name))?;
        record.fields().get(index).map(Value::from_inner)
    }

    /// The fields of a struct with their names, in order of declaration; none
    /// for other kinds.
    pub fn fields(&self) -> Vec<(String, Value)> {
        let Some(record) = self.0.as_struct() else { return Vec::new() };
        let shape = record.shape();
        let names = shape.fields.iter().map(|name| name.to_string());
        names.zip(record.fields().iter().map(Value::from_inner)).collect()
    }

    /// Name of the struct that this is an instance of.
    pub fn struct_name(&self) -> Option<String> {
        self.0.as_struct().map(|record| record.shape().name.to_string())
    }
}

/// Equality of the language.
impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        prim::equal(&self.0, &other.0)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", prim::quoted(&self.0))
    }
}

/// The display form, as `print` shows it.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&prim::display(&self.0))
    }
}
