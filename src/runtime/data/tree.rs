//! Values as the trees that data formats consist of.
//!
//! Arrays, sets, queues and stacks are sequences, dicts and structs are maps
//! with their keys in key order; functions, enum values and bytes have no form.
//!
//! What must hold: [`check`] comes before a value is written, because it is the
//! one that says what is wrong; it bounds the nesting, on which the formats'
//! writers recurse, and so does reading.
//!
//! Example: `[1, {"a": null}]` is a sequence of 1 and a map with one entry.

use crate::base::interrupt::Stop;
use crate::prim::{Fault, display, iterate, type_name};
use crate::value::{Dict, DictKey, DictObject, LongWork, Tag, Value, requested};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;

/// Deepest nesting that is read.
pub const DEEPEST_READ: usize = 64;
/// Deepest nesting that is written.
const DEEPEST_WRITTEN: usize = 256;

/// Bytes that a value takes at least in the text and in the writer's memory.
const SHORTEST: usize = 2;

/// What a format can express.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name in messages.
    pub name: &'static str,
    /// Whether it has numbers that are not finite.
    pub infinite: bool,
    /// Whether it has null; without it null is written as an empty text.
    pub null: bool,
}

/// Whether the value can be written.
///
/// # Errors
/// The fault that names the kind that has no form in the format.
pub fn check(format: Format, value: &Value) -> Result<(), Fault> {
    let refuse = |what: &str| {
        let name = format.name;
        Err(Fault::Builtin(format!("Cannot convert {what} to {name}")))
    };
    let mut open = vec![(value.clone(), 0)];
    let (mut work, mut values) = (LongWork::default(), 0);
    while let Some((value, depth)) = open.pop() {
        values += 1;
        if work.is_over(2 * values * SHORTEST) {
            return Err(Fault::Stopped(requested().unwrap_or(Stop::Memory)));
        }
        if depth > DEEPEST_WRITTEN {
            return refuse(&format!("a value nested more than {DEEPEST_WRITTEN} deep"));
        }
        match value.tag() {
            Tag::Null | Tag::Bool | Tag::Int | Tag::String => {}
            Tag::Float if format.infinite || value.as_float().is_some_and(f64::is_finite) => {}
            Tag::Array | Tag::Set | Tag::Queue | Tag::Stack => {
                let items = iterate(&value)?;
                let items = items.as_array().into_iter().flat_map(|items| items.iter());
                open.extend(items.map(|item| (item, depth + 1)));
            }
            Tag::Dict => {
                let dict = value.as_dict().into_iter().flat_map(|dict| dict.dict().iter());
                open.extend(dict.map(|(_, item)| (item.clone(), depth + 1)));
            }
            Tag::Struct => {
                let fields = value.as_struct().map_or(&[][..], |record| record.declared_fields());
                open.extend(fields.iter().map(|field| (field.clone(), depth + 1)));
            }
            _ => return refuse(type_name(&value)),
        }
    }
    Ok(())
}

/// A value that a format's writer can write.
pub struct Written<'a> {
    /// The value.
    pub value: &'a Value,
    /// The format.
    pub format: Format,
}

impl Written<'_> {
    fn part<'a>(&self, value: &'a Value) -> Written<'a> {
        Written { value, format: self.format }
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value;
        if let Some(dict) = value.as_dict() {
            let mut map = serializer.serialize_map(Some(dict.dict().len()))?;
            for (key, item) in dict.dict().iter() {
                match key {
                    DictKey::Int(int) => map.serialize_entry(&int.to_string(), &self.part(item))?,
                    DictKey::Text(text) => map.serialize_entry(text, &self.part(item))?,
                }
            }
            return map.end();
        }
        if let Some(record) = value.as_struct() {
            let shape = record.shape();
            let mut fields: Vec<_> =
                shape.fields.iter().map(|name| name.as_str()).zip(record.fields()).collect();
            fields.sort_by(|left, right| left.0.cmp(&right.0));
            let mut map = serializer.serialize_map(Some(fields.len()))?;
            for (name, field) in fields {
                map.serialize_entry(&*name, &self.part(field))?;
            }
            return map.end();
        }
        if let Some(text) = value.as_string() {
            return serializer.serialize_str(text.as_str());
        }
        match value.tag() {
            Tag::Bool => serializer.serialize_bool(value.raw().bits != 0),
            Tag::Int => serializer.serialize_i64(value.raw().bits as i64),
            Tag::Float => serializer.serialize_f64(f64::from_bits(value.raw().bits)),
            Tag::Null if self.format.null => serializer.serialize_unit(),
            Tag::Null => serializer.serialize_str(""),
            _ => {
                let items = iterate(value).unwrap_or_default();
                let items: Vec<Value> =
                    items.as_array().map_or(Vec::new(), |items| items.iter().collect());
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in &items {
                    sequence.serialize_element(&self.part(item))?;
                }
                sequence.end()
            }
        }
    }
}

/// A value that a format's reader has read.
pub struct Read(pub Value);

impl<'de> serde::Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Read, D::Error> {
        Reader { depth: 0 }.deserialize(deserializer).map(Read)
    }
}

/// Reads a value that stands this deep inside others.
#[derive(Clone, Copy)]
struct Reader {
    depth: usize,
}

impl Reader {
    fn inner<E: Error>(self) -> Result<Reader, E> {
        if self.depth == DEEPEST_READ {
            return Err(E::custom(format_args!("nested more than {DEEPEST_READ} deep")));
        }
        Ok(Reader { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::float(value as f64), Value::int))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::float(value as f64), Value::int))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::float(value as f64), Value::int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::string(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut dict = Dict::default();
        while let Some(key) = map.next_key_seed(inner)? {
            let key = display(&key);
            drop(dict.insert(DictKey::of(&key), map.next_value_seed(inner)?));
        }
        Ok(DictObject::allocate(dict))
    }
}
