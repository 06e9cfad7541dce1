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
use rustc_hash::FxHashSet;

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
    /// Functions that are better inlined, whatever their size.
    inlined: FxHashSet<CodeId>,
    /// Functions that are better called, however short they are.
    separate: FxHashSet<CodeId>,
    /// Instructions whose calls take long.
    long_calls: FxHashSet<(CodeId, u32)>,
}

/// Most parameters of a function with a region of its own.
pub const MOST_PARAMETERS: usize = 8;

/// Most versions of one function.
const MOST_VERSIONS: usize = 8;

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

    /// Notes that the recorder could not wait for the call at this instruction of a function.
    pub fn note_long_call(&mut self, code: CodeId, pc: u32) {
        self.long_calls.insert((code, pc));
    }

    /// Whether the recorder could not wait for the call at this instruction.
    pub fn is_long_call(&self, code: CodeId, pc: u32) -> bool {
        self.long_calls.contains(&(code, pc))
    }

    /// Notes that a function is to be inlined where that is possible, because nothing came
    /// of a region for it.
    pub fn inline(&mut self, code: CodeId) {
        self.inlined.insert(code);
    }

    /// Whether a function is to be inlined where that is possible.
    pub fn is_inlined(&self, code: CodeId) -> bool {
        self.inlined.contains(&code)
    }

    /// Notes that a function is to be called where that is possible, because it goes many ways.
    pub fn separate(&mut self, code: CodeId) {
        self.separate.insert(code);
    }

    /// Whether a function is to be called where that is possible.
    pub fn is_separate(&self, code: CodeId) -> bool {
        self.separate.contains(&code)
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
