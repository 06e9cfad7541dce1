//! Functions that go many ways: called, not inlined.
//!
//! Behind each way through an inlined function, the rest of the round is recorded once more.
//! Three calls of a function with four ways make 64 traces, which cost far more than the
//! calls that they save. So where many bridges of one region begin inside of the same inlined
//! function, the region is dropped, and from then on the function is called in a region of
//! its own, in which its ways end.
//!
//! What must hold: a region is dropped at most once for each function.
//!
//! Example: a loop over `total += len(pick() + pick() + pick())` has 16 bridges of its 63
//! when it is recorded anew with three calls.

use super::Jit;
use crate::bytecode::CodeId;
use crate::interp::Machine;
use crate::jit::ir::ExitId;
use crate::jit::record::may_have_region;
use rustc_hash::FxHashMap;

/// Bridges of one region that may begin inside of one inlined function.
const MOST_WAYS: u32 = 16;

/// Bridges that began inside of an inlined function, by site and function.
pub(super) type Ways = FxHashMap<(usize, CodeId), u32>;

impl Jit {
    /// Counts a bridge that is to begin at this exit. If there are too many in the function
    /// there, it is called from now on and the region dropped: then the answer is `true`.
    pub(super) fn goes_too_many_ways(
        &mut self,
        machine: &Machine,
        number: usize,
        exit: ExitId,
    ) -> bool {
        let top = self.regions[self.top_of(number)].as_ref().expect("a region that is linked");
        let state = self.regions[number].as_ref().expect("a region that is linked");
        let [_, .., inlined] = state.plans[exit.0 as usize].frames.as_slice() else { return false };
        let (site, function) = (top.site, inlined.code);
        let table = &self.functions.table;
        if !may_have_region(machine.code(function))
            || table.is_inlined(function)
            || table.is_separate(function)
        {
            return false;
        }
        let ways = self.ways.entry((site, function)).or_insert(0);
        *ways += 1;
        if *ways <= MOST_WAYS {
            return false;
        }
        self.functions.table.separate(function);
        self.evict(site, "a function that was inlined in it goes too many ways");
        self.rest(machine.code(self.sites[site].code), site, 1);
        true
    }
}
