//! What is checked once before a loop so that its rounds need not check it.
//!
//! An index that runs up to a bound is within an array if the bound is; sums of an index
//! and what does not change cannot overflow if both are small. Neither is known when the
//! bound or the array comes from outside. When an operation of a loop keeps its check for
//! want of such a fact, the fact is noted, and the next emission checks it before the
//! loop's header, where the operands exist already. LLVM calls this inductive range check
//! elimination. What makes divisions cheap is asked for in the same way: that a divisor is
//! what it was when recorded, that a sum which a remainder keeps small begins below the
//! divisor, that what is halved is not negative.
//!
//! What must hold: the facts are about values from before the header, which every round
//! has come past the check of; an exit of a check resumes at the header. A check that
//! fails often is not made any more ([`Learned::deny`](super::learned::Learned::deny)).
//!
//! Example: in `for i in range(0, n) { a[i] := i + k }` with `n`, `a` and `k` from outside,
//! the header is preceded by `int_le n, len`, `guard_below k, 2^30` and `guard_below n,
//! 2^30`; the body checks neither the index nor whether `i + k` overflows.

use super::super::ir::{ExitKind, Inst, Op, Ref, Slot, SlotValue, Type};
use super::emit::{Emitter, Path, Round};
use super::loops::{Header, name_of_operand};
use super::plan::EmitError;
use super::ranges::Range;
use super::state::OpenLoop;
use rustc_hash::FxHashMap;

/// What is small: products of two sums of two such numbers fit 64 bits.
const SMALL: i64 = 1 << 30;

/// Ranges within this need no check to be added up.
const MODEST: Range = Range { low: -(1 << 32), high: 1 << 32 };

/// A fact that is checked before a loop; operands go by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assumption {
    /// An int is not negative and below 2^30.
    Small {
        /// The int.
        value: u64,
    },
    /// An int is at most another plus a constant.
    AtMost {
        /// The lesser int.
        value: u64,
        /// The int that limits it.
        limit: u64,
        /// The constant.
        distance: i64,
    },
    /// An int is what it was when something was divided by it.
    Exactly {
        /// The int.
        value: u64,
        /// What it was.
        constant: i64,
    },
    /// A slot's int is not negative and below a limit at first, as far as the rounds keep
    /// it so.
    Below {
        /// The slot.
        slot: Slot,
        /// The limit.
        limit: i64,
    },
}

impl Emitter<'_> {
    /// The header of the innermost loop that the path is in, and has not left for good.
    fn innermost_header(&self, path: &Path) -> Option<&Header> {
        let is_inside = |open: &&OpenLoop| {
            let depth = open.key.frames.len();
            let (header, here) = (open.key.frames.last(), path.state.frames.get(depth - 1));
            header.zip(here).is_some_and(|(header, here)| {
                let end = self.ends.get(&(open.key.code, open.key.index));
                header.pc <= here.pc && end.is_none_or(|end| here.pc <= *end)
            })
        };
        let open = path.state.loops.iter().rev().find(is_inside)?;
        open.inner.or(open.outer).map(|index| &self.headers[index])
    }

    /// An operation keeps its check in a loop: notes what would make it unnecessary,
    /// if that can be checked before.
    pub fn ask_to_assume(&mut self, path: &Path, inst: &Inst) {
        let &[a, b] = &inst.args[..] else { return };
        if !self.plan.options.guards || self.graph.ty(a) != Type::Int {
            return;
        }
        let Some(header) = self.innermost_header(path) else { return };
        let wanted = match inst.op {
            Op::GuardBelow => self.to_be_below(path, header, a, b),
            Op::IntAdd | Op::IntSub | Op::IntMul => {
                let both = [a, b].map(|operand| self.to_be_modest(path, header, operand));
                let [Some(mut first), Some(second)] = both else { return };
                first.extend(second);
                Some(first)
            }
            _ => None,
        };
        let name = header.name;
        for assumption in wanted.into_iter().flatten() {
            self.learned.assume(name, assumption);
        }
    }

    /// Something is divided by an int in a loop: if it stays the same there, the next
    /// emission takes it for the constant that it was when the trace was recorded.
    pub fn ask_for_divisor(&mut self, path: &Path, divisor: Ref) {
        let Some(&constant) = self.saw.get(&divisor) else { return };
        let Some(header) = self.innermost_header(path) else { return };
        if header.is_before(&self.graph, divisor) && constant != 0 {
            let (header, value) = (header.name, self.name(divisor));
            self.learned.assume(header, Assumption::Exactly { value, constant });
        }
    }

    /// Dividing this parameter of a loop by a power of two would be cheaper if it were
    /// known not to be negative: the next emission assumes so.
    pub fn ask_to_be_natural(&mut self, path: &Path, parameter: Ref) {
        let Some(header) = self.innermost_header(path) else { return };
        let Some(slot) = header.slot(parameter) else { return };
        let name = header.name;
        self.assume_below((name, slot), i64::MAX);
    }

    /// The remainder by a limit of what is computed from this parameter of a loop would be
    /// cheaper if it were known to stay below that.
    pub fn wish_below(&mut self, path: &Path, parameter: Ref, limit: i64) {
        let Some(header) = self.innermost_header(path) else { return };
        let Some(slot) = header.slot(parameter) else { return };
        self.wished.insert((header.name, slot), limit);
    }

    /// An arrival brings these values, which are within these ranges. Where that is a
    /// remainder by the limit that was wished for, or another parameter with the same wish,
    /// the next emission assumes that the wish comes true.
    pub fn grant_wishes(&mut self, header: usize, brought: &[(Slot, Ref, Range)]) {
        let name = self.headers[header].name;
        let wish = |slot| self.wished.get(&(name, slot)).copied();
        let mut granted = Vec::new();
        for &(slot, value, actual) in brought {
            let Some(limit) = wish(slot) else { continue };
            let is_remainder = Range { low: 1 - limit, high: limit - 1 }.contains(actual);
            let passed_on = self.headers[header].slot(value);
            if is_remainder
                || passed_on.is_some_and(|from| from != slot && wish(from) == Some(limit))
            {
                granted.push((slot, limit));
            }
        }
        for (slot, limit) in granted {
            self.assume_below((name, slot), limit);
        }
    }

    fn assume_below(&mut self, (header, slot): (u64, Slot), limit: i64) {
        if !self.learned.falls((header, slot)) {
            self.learned.assume(header, Assumption::Below { slot, limit });
        }
    }

    fn name(&self, operand: Ref) -> u64 {
        name_of_operand(&self.graph, &self.names, operand)
    }

    /// Invariants that are known to limit an int from above: it is at most the
    /// invariant plus the distance.
    fn limits(&self, path: &Path, header: &Header, value: Ref) -> Vec<(Ref, i64)> {
        let truths = &path.state.facts.truths;
        let mut limits = truths.limits(&self.graph, value);
        limits.retain(|(limit, _)| header.is_before(&self.graph, *limit));
        limits.sort_unstable();
        limits
    }

    /// What makes an int not negative.
    fn to_be_positive(&self, path: &Path, header: &Header, value: Ref) -> Option<Vec<Assumption>> {
        let truths = &path.state.facts.truths;
        if truths.range(&self.graph, value).low >= 0 {
            return Some(Vec::new());
        }
        let base = truths.base(&self.graph, value);
        let first = if header.is_before(&self.graph, base) { base } else { header.first(base)? };
        let known = truths.range(&self.graph, first);
        (known.high >= 0 && known.low < 0)
            .then(|| vec![Assumption::Small { value: self.name(first) }])
    }

    /// What puts an index below an invariant length.
    fn to_be_below(
        &self,
        path: &Path,
        header: &Header,
        index: Ref,
        length: Ref,
    ) -> Option<Vec<Assumption>> {
        let truths = &path.state.facts.truths;
        if !header.is_before(&self.graph, length)
            || self.graph.as_int(length).is_some()
            || !Range::LENGTH.contains(truths.range(&self.graph, length))
        {
            return None;
        }
        let mut wanted = self.to_be_positive(path, header, index)?;
        if truths.at_most(&self.graph, index, length, -1) {
            return Some(wanted);
        }
        let limit =
            self.limits(path, header, index).into_iter().find(|(limit, _)| *limit != length);
        let (limit, distance) = limit?;
        let (value, limit) = (self.name(limit), self.name(length));
        let distance = (-1i64).checked_sub(distance).filter(|d| d.abs() < SMALL)?;
        wanted.push(Assumption::AtMost { value, limit, distance });
        Some(wanted)
    }

    /// What keeps an operand so small that adding it does not overflow.
    fn to_be_modest(&self, path: &Path, header: &Header, value: Ref) -> Option<Vec<Assumption>> {
        let truths = &path.state.facts.truths;
        let range = truths.range(&self.graph, value);
        if MODEST.contains(range) {
            return Some(Vec::new());
        }
        let small = |value| vec![Assumption::Small { value: self.name(value) }];
        if header.is_before(&self.graph, value) {
            return (range.high >= 0 && range.low < SMALL).then(|| small(value));
        }
        let mut wanted = match range.low >= MODEST.low {
            true => Vec::new(),
            false => self.to_be_positive(path, header, value)?,
        };
        if range.high > MODEST.high {
            let limits = self.limits(path, header, value);
            let (limit, _) = limits.into_iter().find(|(_, distance)| distance.abs() < SMALL)?;
            wanted.extend(small(limit));
        }
        Some(wanted)
    }

    /// Checks before a header, which comes next, what its loop wants to be true.
    pub fn check_assumptions(
        &mut self,
        path: &mut Path,
        round: &Round,
        header: u64,
    ) -> Result<(), EmitError> {
        let assumptions = self.learned.assumptions(header);
        if assumptions.is_empty() {
            return Ok(());
        }
        let facts = &path.state.facts;
        let held = facts.memory.in_order().into_iter().map(|(_, held)| held);
        let slots = path.state.slots.iter().filter_map(|(_, entry)| match entry.value {
            SlotValue::Typed(value) if !entry.junk => Some(value),
            _ => None,
        });
        let related = facts.truths.related();
        let ints: FxHashMap<u64, Ref> = slots
            .chain(held)
            .chain(related)
            .filter(|value| self.graph.ty(*value) == Type::Int)
            .map(|value| (self.name(value), value))
            .collect();
        for (number, assumption) in assumptions {
            match assumption {
                Assumption::Small { value } => {
                    let Some(&value) = ints.get(&value) else { continue };
                    let range = path.state.facts.truths.range(&self.graph, value);
                    let small = Range { low: 0, high: SMALL - 1 };
                    if small.contains(range) || range.high < 0 || range.low >= SMALL {
                        continue;
                    }
                    self.check_below(path, round, number, value, SMALL)?;
                }
                Assumption::Exactly { value, constant } => {
                    let Some(&value) = ints.get(&value) else { continue };
                    let truths = &path.state.facts.truths;
                    let possible =
                        truths.range(&self.graph, value).contains(Range::exactly(constant));
                    if !possible || truths.known(&self.graph, value).is_some() {
                        continue;
                    }
                    let guard = Inst::new(Op::GuardEqual, Type::Unit, &[value]);
                    self.check(path, round, number, guard.with_imm(constant as u64))?;
                }
                Assumption::Below { slot, limit } => {
                    let entry = path.state.slots.get(slot).filter(|entry| !entry.junk);
                    let Some(SlotValue::Typed(value)) = entry.map(|entry| entry.value) else {
                        continue;
                    };
                    if self.graph.ty(value) != Type::Int || self.learned.falls((header, slot)) {
                        continue;
                    }
                    let limit = match self.learned.limit_of((header, slot)) {
                        Some(least) if least < limit => continue,
                        Some(_) => limit,
                        None => i64::MAX,
                    };
                    let range = path.state.facts.truths.range(&self.graph, value);
                    let wanted = Range { low: 0, high: limit - 1 };
                    if wanted.contains(range) || range.high < 0 || range.low >= limit {
                        continue;
                    }
                    self.check_below(path, round, number, value, limit)?;
                }
                Assumption::AtMost { value, limit, distance } => {
                    let (Some(&value), Some(&limit)) = (ints.get(&value), ints.get(&limit)) else {
                        continue;
                    };
                    let truths = &path.state.facts.truths;
                    if truths.at_most(&self.graph, value, limit, distance)
                        || truths.at_most(&self.graph, limit, value, -1 - distance)
                        || !Range::LENGTH.contains(truths.range(&self.graph, limit))
                    {
                        continue;
                    }
                    let limit = self.plus(path, limit, distance);
                    let compare = Inst::new(Op::IntLe, Type::Bool, &[value, limit]);
                    let holds = self.emit(path, compare);
                    let guard = Inst::new(Op::GuardTrue, Type::Unit, &[holds]);
                    self.check(path, round, number, guard)?;
                }
            }
        }
        Ok(())
    }

    /// Checks that an int is not negative and below a limit.
    fn check_below(
        &mut self,
        path: &mut Path,
        round: &Round,
        number: u32,
        value: Ref,
        limit: i64,
    ) -> Result<(), EmitError> {
        let limit = self.graph.int(limit);
        let guard = Inst::new(Op::GuardBelow, Type::Unit, &[value, limit]);
        self.check(path, round, number, guard)
    }

    /// Makes a check, whose exit goes by a guard that the trace does not have.
    fn check(
        &mut self,
        path: &mut Path,
        round: &Round,
        number: u32,
        guard: Inst,
    ) -> Result<(), EmitError> {
        let name = round.trace.name_of_check(number);
        self.append(path, guard, Some((round, name, ExitKind::Assumed))).map(drop)
    }

    /// A length plus a constant.
    fn plus(&mut self, path: &mut Path, length: Ref, distance: i64) -> Ref {
        if distance == 0 {
            return length;
        }
        let op = if distance < 0 { Op::IntSubWrap } else { Op::IntAddWrap };
        let step = self.graph.int(distance.abs());
        self.emit(path, Inst::new(op, Type::Int, &[length, step]))
    }
}
