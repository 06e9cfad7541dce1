//! What the driver knows that recordings ask for.
//!
//! Example: a recording that comes to the header of a loop with a root trace ends there;
//! one that comes to a branch without a pattern records both ways.

use super::branches::Branches;
use super::functions::HOPELESS;
use super::site::Site;
use crate::bytecode::CodeId;
use crate::jit::record::Loops;
use rustc_hash::FxHashMap;

/// What recordings are told of other loops, and of branches.
pub(super) struct KnownLoops<'a> {
    /// Sites by loop.
    pub by_loop: &'a FxHashMap<(CodeId, u16), usize>,
    /// Loops and functions that the JIT was asked about.
    pub sites: &'a [Site],
    /// What is known of branches.
    pub branches: &'a Branches,
    /// Whether half of all branches are tried both ways, in test modes.
    pub tries_branches: bool,
}

impl Loops for KnownLoops<'_> {
    fn is_recorded(&self, code: CodeId, index: u16) -> bool {
        let site = self.by_loop.get(&(code, index));
        site.is_some_and(|site| !self.sites[*site].roots.is_empty())
    }

    fn is_hopeless(&self, code: CodeId, index: u16) -> bool {
        let site = self.by_loop.get(&(code, index));
        site.is_some_and(|site| self.sites[*site].aborts >= HOPELESS)
    }

    fn goes_both_ways(&self, code: CodeId, pc: usize) -> bool {
        (self.tries_branches && pc.is_multiple_of(2))
            || self.branches.get(&(code, pc)) == Some(&true)
    }
}
