//! The builtins of a program with structs that overload `==`.
//!
//! Those that compare by `==` are run by functions of the prelude there, which can
//! call methods of the program.
//!
//! Example: `contains(c, x)` is a native call, but one of the prelude if a struct
//! has a method `op_eq`.

use super::Builtins;
use super::scope::Resolved;
use crate::value::Value;

/// Builtins that may call `op_eq`.
pub(super) struct Overloading<'b>(pub &'b dyn Builtins);

impl Builtins for Overloading<'_> {
    fn lookup(&self, name: &str) -> Option<u32> {
        self.0.lookup(name)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        self.0.constant(name)
    }

    fn prelude_function(&self, name: &str, arguments: usize) -> Option<&'static str> {
        let row = self.0.lookup(name);
        let overloaded = row.and_then(|row| self.0.overloaded_function(row, arguments));
        overloaded.or_else(|| self.0.prelude_function(name, arguments))
    }

    fn reuses(&self, row: u32, arguments: usize) -> bool {
        self.0.overloaded_function(row, arguments).is_none() && self.0.reuses(row, arguments)
    }

    fn displays(&self, row: u32) -> bool {
        self.0.displays(row)
    }

    fn is_method(&self, name: &str) -> bool {
        self.0.is_method(name)
    }

    fn prelude(&self) -> &'static str {
        self.0.prelude()
    }
}

impl Resolved<'_> {
    /// Whether a struct overloads `==`.
    pub(super) fn overloads_equality(&self) -> bool {
        let mut methods = self.structs.iter().flat_map(|definition| &definition.methods);
        methods.any(|method| method.name.as_ref().is_some_and(|name| &*name.name == "op_eq"))
    }
}
