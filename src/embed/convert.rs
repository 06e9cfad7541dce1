//! Conversions between Rust types and values.
//!
//! | Rust | Ruff |
//! |---|---|
//! | `()` | `null` |
//! | `bool`, `i64` and the other ints, `f64`, `f32` | bool, int, float |
//! | `String`, `&str` | string |
//! | `Vec<T>`, tuples | array |
//! | `HashMap<String, T>`, `BTreeMap<String, T>` | dict |
//! | `Option<T>` | `null` for `None`, the value itself for `Some` |
//!
//! What must hold: what [`IntoValue`] makes, [`FromValue`] of the same type
//! accepts. An int is also accepted as a float; nothing else is guessed.
//!
//! Example: `Vec::<i64>::from_value` of `[1, "a"]` is the error
//! `element 1: expected int, got string`.

use super::value::{Object, Value};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};

/// A value is not what a Rust type needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionError {
    /// Where inside of the value, outermost first: `element 3`, `entry "a"`.
    pub path: Vec<String>,
    /// What was needed.
    pub expected: String,
    /// What was found.
    pub got: String,
}

impl ConversionError {
    /// The error for a value of the wrong kind.
    pub fn new(expected: impl Into<String>, got: &Value) -> ConversionError {
        ConversionError { path: Vec::new(), expected: expected.into(), got: got.kind().to_string() }
    }

    fn inside(mut self, place: String) -> ConversionError {
        self.path.insert(0, place);
        self
    }
}

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.path {
            write!(f, "{place}: ")?;
        }
        write!(f, "expected {}, got {}", self.expected, self.got)
    }
}

impl std::error::Error for ConversionError {}

/// Rust types that values become.
pub trait FromValue: Sized {
    /// Converts a value.
    ///
    /// # Errors
    /// If it is not what the type needs.
    fn from_value(value: Value) -> Result<Self, ConversionError>;
}

/// Rust types that become values.
pub trait IntoValue {
    /// Converts to a value.
    fn into_value(self) -> Value;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Value, ConversionError> {
        Ok(value)
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl FromValue for Object {
    fn from_value(value: Value) -> Result<Object, ConversionError> {
        match value {
            Value::Object(object) => Ok(object),
            other => Err(ConversionError::new("an object", &other)),
        }
    }
}

impl FromValue for () {
    fn from_value(value: Value) -> Result<(), ConversionError> {
        match value {
            Value::Null => Ok(()),
            other => Err(ConversionError::new("null", &other)),
        }
    }
}

impl IntoValue for () {
    fn into_value(self) -> Value {
        Value::Null
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<bool, ConversionError> {
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(ConversionError::new("bool", &other)),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<f64, ConversionError> {
        match value {
            Value::Float(value) => Ok(value),
            Value::Int(value) => Ok(value as f64),
            other => Err(ConversionError::new("float", &other)),
        }
    }
}

impl FromValue for f32 {
    fn from_value(value: Value) -> Result<f32, ConversionError> {
        f64::from_value(value).map(|value| value as f32)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<String, ConversionError> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(ConversionError::new("string", &other)),
        }
    }
}

macro_rules! into_variant {
    ($($rust:ty => $variant:ident($to:ty);)*) => {
        $(
            impl IntoValue for $rust {
                fn into_value(self) -> Value {
                    Value::$variant(<$to>::from(self))
                }
            }

            impl From<$rust> for Value {
                fn from(value: $rust) -> Value {
                    value.into_value()
                }
            }
        )*
    };
}

into_variant! {
    bool => Bool(bool);
    i64 => Int(i64);
    i32 => Int(i64);
    i16 => Int(i64);
    i8 => Int(i64);
    u32 => Int(i64);
    u16 => Int(i64);
    u8 => Int(i64);
    f64 => Float(f64);
    f32 => Float(f64);
    String => String(String);
    &str => String(String);
    Object => Object(Object);
}

macro_rules! from_int {
    ($($rust:ty)*) => {
        $(
            impl FromValue for $rust {
                fn from_value(value: Value) -> Result<$rust, ConversionError> {
                    let Value::Int(int) = value else {
                        return Err(ConversionError::new("int", &value));
                    };
                    <$rust>::try_from(int).map_err(|_| ConversionError {
                        path: Vec::new(),
                        expected: format!("int from {} to {}", <$rust>::MIN, <$rust>::MAX),
                        got: int.to_string(),
                    })
                }
            }
        )*
    };
}

from_int!(i64 i32 i16 i8 u64 u32 u16 u8 usize isize);

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Option<T>, ConversionError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, IntoValue::into_value)
    }
}

fn elements(value: Value) -> Result<Vec<Value>, ConversionError> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(ConversionError::new("array", &other)),
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Vec<T>, ConversionError> {
        let items = elements(value)?.into_iter().enumerate();
        items.map(|(at, item)| element(at, item)).collect()
    }
}

fn element<T: FromValue>(at: usize, item: Value) -> Result<T, ConversionError> {
    T::from_value(item).map_err(|error| error.inside(format!("element {at}")))
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::Array(self.into_iter().map(IntoValue::into_value).collect())
    }
}

fn entries<T: FromValue, C: FromIterator<(String, T)>>(value: Value) -> Result<C, ConversionError> {
    let Value::Dict(entries) = value else { return Err(ConversionError::new("dict", &value)) };
    let entries = entries.into_iter().map(|(key, value)| match T::from_value(value) {
        Ok(value) => Ok((key, value)),
        Err(error) => Err(error.inside(format!("entry {key:?}"))),
    });
    entries.collect()
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value) -> Result<BTreeMap<String, T>, ConversionError> {
        entries(value)
    }
}

impl<T: FromValue, S: BuildHasher + Default> FromValue for HashMap<String, T, S> {
    fn from_value(value: Value) -> Result<HashMap<String, T, S>, ConversionError> {
        entries(value)
    }
}

impl<K: Into<String> + Ord, T: IntoValue> IntoValue for BTreeMap<K, T> {
    fn into_value(self) -> Value {
        Value::Dict(self.into_iter().map(|(key, value)| (key.into(), value.into_value())).collect())
    }
}

impl<K: Into<String> + Eq + Hash, T: IntoValue, S> IntoValue for HashMap<K, T, S> {
    fn into_value(self) -> Value {
        Value::Dict(self.into_iter().map(|(key, value)| (key.into(), value.into_value())).collect())
    }
}

/// The arguments of a call: a tuple, a vector of values, or `()`.
pub trait Arguments {
    /// The arguments in order.
    fn into_values(self) -> Vec<Value>;
}

impl Arguments for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Arguments for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+) $count:literal)*) => {
        $(
            impl<$($name: IntoValue),+> Arguments for ($($name,)+) {
                fn into_values(self) -> Vec<Value> {
                    vec![$(self.$at.into_value()),+]
                }
            }

            impl<$($name: IntoValue),+> IntoValue for ($($name,)+) {
                fn into_value(self) -> Value {
                    Value::Array(self.into_values())
                }
            }

            impl<$($name: FromValue),+> FromValue for ($($name,)+) {
                fn from_value(value: Value) -> Result<Self, ConversionError> {
                    let items = elements(value)?;
                    if items.len() != $count {
                        return Err(ConversionError {
                            path: Vec::new(),
                            expected: format!("an array of {} elements", $count),
                            got: format!("one of {}", items.len()),
                        });
                    }
                    let mut items = items.into_iter();
                    Ok(($(element::<$name>($at, items.next().unwrap_or_default())?,)+))
                }
            }
        )*
    };
}

tuples! {
    (A 0) 1
    (A 0, B 1) 2
    (A 0, B 1, C 2) 3
    (A 0, B 1, C 2, D 3) 4
    (A 0, B 1, C 2, D 3, E 4) 5
    (A 0, B 1, C 2, D 3, E 4, F 5) 6
}
