//! Functions that have, or may get, a region of their own.
//!
//! A function is compiled for the types of its arguments: each combination that
//! is met is a *version* with a number, by which traces call it. Whether there is
//! code for a version is looked up when it is called, so a trace may name one that
//! has none yet.
//!
//! What must hold: numbers are never used again; a version's code is entered only
//! with arguments of its types.
//!
//! Example: `fib` called with an int is version 0, `[Int]`; a recursive call in
//! its trace is `call_function c0+5, v7`.

use super::types::Type;
use crate::bytecode::CodeId;

/// A function with the types of its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The function.
    pub code: CodeId,
    /// One type a parameter.
    pub types: Vec<Type>,
}

/// All versions, by number.
#[derive(Clone, Debug, Default)]
pub struct FunctionTable {
    versions: Vec<Version>,
}

/// Most parameters of a function with a region of its own.
pub const MOST_PARAMETERS: usize = 8;

/// Most versions of one function.
const MOST_VERSIONS: usize = 6;

impl FunctionTable {
    /// The number of a version, if it is known.
    pub fn find(&self, code: CodeId, types: &[Type]) -> Option<u32> {
        let same = |version: &Version| version.code == code && version.types == types;
        self.versions.iter().position(same).map(|number| number as u32)
    }

    /// The number of a version, made if need be; `None` if the function has too many.
    pub fn enter(&mut self, code: CodeId, types: &[Type]) -> Option<u32> {
        if let Some(known) = self.find(code, types) {
            return Some(known);
        }
        let others = self.versions.iter().filter(|version| version.code == code).count();
        if types.len() > MOST_PARAMETERS || others >= MOST_VERSIONS {
            return None;
        }
        self.versions.push(Version { code, types: types.to_vec() });
        Some(self.versions.len() as u32 - 1)
    }

    /// A version.
    ///
    /// # Panics
    /// If there is none with this number.
    pub fn version(&self, number: u32) -> &Version {
        &self.versions[number as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }
}
