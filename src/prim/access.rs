//! Elements and members: `c[i]`, `s.f`, and changing them in place.
//!
//! The changing functions make the container unique first, so other values
//! that shared it are not affected; they are constant-time when it already was.
//!
//! Example: `index` of `[1, 2, 3]` with -1 is 3; with 7 it is the fault
//! `Index out of bounds: 7`.

use super::display::display;
use super::fault::Fault;
use super::float::float_to_int_exact;
use super::values::type_name;
use crate::value::{DictKey, HashedKey, RecordObject, StringObject, Symbol, Tag, Value, character};

/// The int of this value, if it is an int or a float of integral value.
#[inline]
pub fn integral(value: &Value) -> Option<i64> {
    value.as_int().or_else(|| value.as_float().and_then(float_to_int_exact))
}

/// The value as a dict key: a value of kind int or string.
///
/// # Errors
/// [`Fault::InvalidKeyType`] unless it is an int, float or string.
#[inline]
pub fn dict_key(key: &Value) -> Result<Value, Fault> {
    match key.tag() {
        Tag::Int | Tag::String => Ok(key.clone()),
        Tag::Float => Ok(match key.as_float().and_then(float_to_int_exact) {
            // Minus zero displays as `-0`, which is not a canonical int.
            Some(int) if key.raw().bits != (-0.0f64).to_bits() => Value::int(int),
            _ => Value::string(&display(key)),
        }),
        _ => Err(Fault::InvalidKeyType(type_name(key))),
    }
}

/// Where `index` points in a sequence of `len` elements; negative ones count
/// from the end.
fn position(container: &Value, index: &Value, len: usize) -> Result<usize, Fault> {
    let Some(index) = integral(index) else {
        if let Some(far) = index.as_float().filter(|float| float.fract() == 0.0) {
            return Err(Fault::FloatOutOfBounds(far));
        }
        return Err(Fault::InvalidIndex {
            container: type_name(container),
            index: type_name(index),
        });
    };
    let from_start = if index < 0 { index + len as i64 } else { index };
    if from_start < 0 || from_start >= len as i64 {
        return Err(Fault::IndexOutOfBounds(index));
    }
    Ok(from_start as usize)
}

#[cold]
fn missing_key(key: &Value) -> Fault {
    Fault::MissingKey { key: display(key), quoted: key.tag() != Tag::Int }
}

/// Calls `use_key` with the dict key that `key` is.
#[inline]
fn with_key<R>(key: &Value, use_key: impl FnOnce(HashedKey<'_>) -> R) -> Result<R, Fault> {
    match HashedKey::of_value(key) {
        Some(key) => Ok(use_key(key)),
        None => {
            let key = dict_key(key)?;
            Ok(use_key(HashedKey::of_value(&key).expect("dict keys are ints or strings")))
        }
    }
}

/// `container[index]`.
///
/// # Errors
/// An index out of bounds or of a wrong kind, a missing key, or a container
/// without elements.
pub fn index(container: &Value, index: &Value) -> Result<Value, Fault> {
    if let Some(array) = container.as_array() {
        let at = position(container, index, array.len())?;
        return array.get(at).ok_or(Fault::IndexOutOfBounds(at as i64));
    }
    if let Some(dict) = container.as_dict() {
        let found = with_key(index, |key| dict.dict().get(key).cloned())?;
        return found.ok_or_else(|| missing_key(index));
    }
    if let Some(text) = container.as_string() {
        let at = position(container, index, text.character_count())?;
        return Ok(nth_character(text, at));
    }
    if let Some(bytes) = container.as_bytes() {
        let at = position(container, index, bytes.as_slice().len())?;
        return Ok(Value::int(i64::from(bytes.as_slice()[at])));
    }
    Err(Fault::CannotIndex(type_name(container)))
}

/// The character at a position in range, as a string.
///
/// # Panics
/// If there is none.
pub fn nth_character(text: &StringObject, at: usize) -> Value {
    character(text.nth_character(at).expect("a position in range"))
}

/// The element for changing what it holds in place, as in `c[i][j] := v`.
///
/// # Errors
/// As [`index`]; [`Fault::IndexAssign`] for a string or bytes.
pub fn index_mut<'a>(container: &'a mut Value, index: &Value) -> Result<&'a mut Value, Fault> {
    match container.tag() {
        Tag::Array => {
            let len = container.as_array().map_or(0, |array| array.len());
            let at = position(container, index, len)?;
            let array = container.array_mut().expect("the tag says so");
            array.widen();
            Ok(array.element_mut(at).expect("a position in range"))
        }
        Tag::Dict => {
            let dict = container.dict_mut().expect("the tag says so").dict_mut();
            let at = with_key(index, |key| dict.position(key))?;
            at.map(|at| dict.value_at_mut(at)).ok_or_else(|| missing_key(index))
        }
        Tag::String | Tag::Bytes => Err(Fault::IndexAssign(type_name(container))),
        _ => Err(Fault::CannotIndex(type_name(container))),
    }
}

/// `container[index] := value`: an array element must exist, a dict entry is
/// inserted or replaced.
///
/// # Errors
/// As [`index_mut`], except that a missing key is no error.
pub fn set_index(container: &mut Value, index: &Value, value: Value) -> Result<(), Fault> {
    match container.tag() {
        Tag::Array => {
            let len = container.as_array().map_or(0, |array| array.len());
            let at = position(container, index, len)?;
            container.array_mut().expect("the tag says so").set(at, value);
            Ok(())
        }
        Tag::Dict => {
            let converted;
            let key = match index.tag() {
                Tag::Int | Tag::String => index,
                _ => {
                    converted = dict_key(index)?;
                    &converted
                }
            };
            let object = container.dict_mut().expect("the tag says so");
            drop(object.dict_mut().insert_shared(key, value));
            Ok(())
        }
        Tag::String | Tag::Bytes => Err(Fault::IndexAssign(type_name(container))),
        _ => Err(Fault::CannotIndex(type_name(container))),
    }
}

/// `container.field`: a struct field or a dict entry.
///
/// # Errors
/// A missing field or key, or a kind without members.
pub fn member(container: &Value, field: Symbol) -> Result<Value, Fault> {
    if let Some(object) = container.as_struct() {
        let at = object.shape().field_index(field).ok_or(Fault::FieldNotFound(field))?;
        return Ok(object.fields()[at].clone());
    }
    if let Some(dict) = container.as_dict() {
        let found = dict.dict().get(DictKey::of(&field.as_str())).cloned();
        return found.ok_or_else(|| missing_member(field));
    }
    if let Some(module) = container.as_module() {
        return module_member(module, field);
    }
    Err(Fault::CannotAccess { field, kind: type_name(container) })
}

/// What a module exports under a name. The fields of a module are its name, a dict of
/// its exports, and an array of the names of enums, which are no values, among them.
fn module_member(module: &RecordObject, field: Symbol) -> Result<Value, Fault> {
    let [name, exports, enums] = module.fields() else { unreachable!("a module has three fields") };
    let text = field.as_str();
    let found = exports.as_dict().and_then(|e| e.dict().get(DictKey::of(&text)).cloned());
    found.ok_or_else(|| {
        let is_it = |value: Value| value.as_string().is_some_and(|name| name.as_str() == &*text);
        match enums.as_array().is_some_and(|names| names.iter().any(is_it)) {
            true => Fault::EnumIsNoValue(field),
            false => Fault::NoExport { name: field, module: display(name) },
        }
    })
}

#[cold]
fn missing_member(field: Symbol) -> Fault {
    Fault::MissingKey { key: field.to_string(), quoted: true }
}

/// `container?.field`: null instead of a fault, and for what is neither struct nor dict.
pub fn optional_member(container: &Value, field: Symbol) -> Value {
    if container.tag() == Tag::Module {
        return Value::NULL;
    }
    member(container, field).unwrap_or_default()
}

/// The member for changing what it holds in place, as in `s.f[i] := v`.
///
/// # Errors
/// As [`member`].
pub fn member_mut(container: &mut Value, field: Symbol) -> Result<&mut Value, Fault> {
    match container.tag() {
        Tag::Struct => {
            let object = container.struct_mut().expect("the tag says so");
            let at = object.shape().field_index(field).ok_or(Fault::FieldNotFound(field))?;
            Ok(&mut object.fields_mut()[at])
        }
        Tag::Dict => {
            let dict = container.dict_mut().expect("the tag says so").dict_mut();
            dict.get_mut(DictKey::of(&field.as_str())).ok_or_else(|| missing_member(field))
        }
        Tag::Module => Err(Fault::ModuleChange(field)),
        _ => Err(Fault::CannotAccess { field, kind: type_name(container) }),
    }
}

/// `container.field := value`: a struct field must exist, a dict entry is
/// inserted or replaced. What a module exports can only be what it is: a method
/// that has changed nothing gives its receiver back.
///
/// # Errors
/// As [`member`], except that a missing key is no error.
pub fn set_member(container: &mut Value, field: Symbol, value: Value) -> Result<(), Fault> {
    if container.tag() == Tag::Dict {
        let object = container.dict_mut().expect("the tag says so");
        drop(object.dict_mut().insert(DictKey::of(&field.as_str()), value));
        return Ok(());
    }
    if let Some(module) = container.as_module() {
        let (now, given) = (module_member(module, field)?.raw(), value.raw());
        return match (now.tag, now.bits) == (given.tag, given.bits) {
            true => Ok(()),
            false => Err(Fault::ModuleChange(field)),
        };
    }
    *member_mut(container, field)? = value;
    Ok(())
}
