//! What may stand behind a dot.
//!
//! Example: for an instance of `struct P { x func m(self) { .. } }` that is `m`
//! and `x`, for an array the methods `collect`, `filter`, `map`, `skip`, `take`.

use crate::runtime::METHODS;
use crate::value::{DictKey, Value};

/// The fields and methods of a value, or its keys that are names, in order.
pub(super) fn members(value: &Value) -> Vec<String> {
    let built_in = METHODS.iter().filter(|method| method.kind == value.tag());
    let mut names: Vec<String> = built_in.map(|method| method.name.to_string()).collect();
    if let Some(instance) = value.as_struct() {
        let shape = instance.shape();
        names.extend(shape.fields.iter().map(|field| field.as_str().to_string()));
        names.extend(shape.methods.borrow().keys().map(|method| method.as_str().to_string()));
    }
    if let Some(dict) = value.as_dict() {
        let keys = dict.dict().iter().filter_map(|(key, _)| match key {
            DictKey::Text(text) if is_name(text) => Some(text.to_string()),
            _ => None,
        });
        names.extend(keys);
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
