//! Methods that all values of a built-in kind have.
//!
//! Each is a function of the prelude that takes the receiver first, so that it
//! runs and is traced like any other code.
//!
//! Example: `[1, 2].map(f)` calls `iterator_map([1, 2], f)`.

use super::table::{BUILTINS, Body, Builtin};
use crate::value::{Symbol, Tag};

/// One method.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// The kind of the receiver.
    pub kind: Tag,
    /// Its name in programs.
    pub name: &'static str,
    /// The function of the prelude that runs it.
    pub function: &'static str,
}

const fn method(kind: Tag, name: &'static str, function: &'static str) -> Method {
    Method { kind, name, function }
}

/// Every method.
pub const METHODS: &[Method] = &[
    method(Tag::Array, "map", "iterator_map"),
    method(Tag::Array, "filter", "iterator_filter"),
    method(Tag::Array, "take", "iterator_take"),
    method(Tag::Array, "skip", "iterator_skip"),
    method(Tag::Array, "collect", "iterator_collect"),
    method(Tag::Iterator, "map", "iterator_map"),
    method(Tag::Iterator, "filter", "iterator_filter"),
    method(Tag::Iterator, "take", "iterator_take"),
    method(Tag::Iterator, "skip", "iterator_skip"),
    method(Tag::Iterator, "collect", "iterator_collect"),
    method(Tag::Iterator, "next", "iterator_next"),
    method(Tag::Generator, "map", "iterator_map"),
    method(Tag::Generator, "filter", "iterator_filter"),
    method(Tag::Generator, "take", "iterator_take"),
    method(Tag::Generator, "skip", "iterator_skip"),
    method(Tag::Generator, "collect", "iterator_collect"),
    method(Tag::Generator, "next", "iterator_next"),
    method(Tag::Channel, "send", "channel_send"),
    method(Tag::Channel, "receive", "channel_receive"),
];

/// The methods that a function of the prelude runs.
pub fn methods_run_by(function: &str) -> impl Iterator<Item = &'static Method> {
    METHODS.iter().filter(move |method| method.function == function)
}

/// What messages call a function of the prelude: the method or builtin that it runs, if
/// it is not just a part of others.
pub fn shown_name(function: Symbol) -> Option<Symbol> {
    let name = function.as_str();
    // The iterator that a method gives.
    let name = name.strip_suffix("_items").unwrap_or(&name);
    if let Some(method) = methods_run_by(name).next() {
        return Some(Symbol::new(method.name));
    }
    let runs = |builtin: &&Builtin| match builtin.body {
        Body::Native(_) => false,
        Body::Prelude(functions) => functions.contains(&name),
        Body::Either { prelude, .. } => prelude == name,
    };
    BUILTINS.iter().find(runs).map(|builtin| Symbol::new(builtin.name))
}
