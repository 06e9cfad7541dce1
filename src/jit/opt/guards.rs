//! What the guards passed so far tell: known words, ranges and differences.
//!
//! All facts are about SSA results, so they hold for the rest of the path on
//! which they were learnt. Relations between ints are kept as differences
//! `x <= y + d`, with constant offsets moved into `d`, so one guard `i < n`
//! also answers for `i - 1`, and for `i + 1` against `n + 1`.
//!
//! Example: after `guard_true (int_lt v1, v2)` the guard `int_le v2, v1` never
//! passes, `int_add v1, 1` cannot overflow, and if `v1 >= 0` is known too then
//! `guard_below v1, v2` is gone.

use super::super::ir::{Helper, Inst, Op, Ref, Type};
use super::fold::Answer;
use super::graph::Graph;
use super::ranges::Range;
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts about results, learnt from guards and operations.
#[derive(Clone, Debug, Default)]
pub struct Truths {
    equal: FxHashMap<Ref, u64>,
    unequal: FxHashSet<(Ref, u64)>,
    ranges: FxHashMap<Ref, Range>,
    differences: FxHashMap<(Ref, Ref), i64>,
    exact: FxHashSet<Ref>,
}

impl Truths {
    /// The bits that a result is known to have.
    pub fn known(&self, graph: &Graph, reference: Ref) -> Option<u64> {
        graph.bits(reference).or_else(|| self.equal.get(&reference).copied())
    }

    /// Whether a result is known not to have these bits.
    pub fn is_not(&self, reference: Ref, bits: u64) -> bool {
        self.unequal.contains(&(reference, bits))
    }

    /// Bounds of an int.
    pub fn range(&self, graph: &Graph, reference: Ref) -> Range {
        if let Some(value) = graph.as_int(reference) {
            return Range::exactly(value);
        }
        let own = self.ranges.get(&reference).copied().unwrap_or(Range::FULL);
        // What has been learnt of `x` since `x + 1` was computed counts as well.
        match self.linear(graph, reference) {
            (base, offset) if base != reference => match self.ranges.get(&base) {
                Some(range) => own.and(range.moved(offset)),
                None => own,
            },
            _ => own,
        }
    }

    /// Ints that are known to limit another from above: it is at most that int plus
    /// the number.
    pub fn limits(&self, graph: &Graph, value: Ref) -> Vec<(Ref, i64)> {
        let (base, offset) = self.linear(graph, value);
        let known = self.differences.iter().filter(|((less, _), _)| *less == base);
        let limits = known.filter_map(|((_, more), d)| Some((*more, d.checked_add(offset)?)));
        limits.collect()
    }

    /// All ints that are known to differ from others by so much at most.
    pub fn related(&self) -> impl Iterator<Item = Ref> + '_ {
        self.differences.keys().flat_map(|(a, b)| [*a, *b])
    }

    /// Whether a word is less than a limit, unsigned, if that is known.
    pub fn below(&self, graph: &Graph, word: Ref, limit: Ref) -> Option<bool> {
        let limit = self.known(graph, limit)?;
        match self.known(graph, word) {
            Some(word) => Some(word < limit),
            None => {
                let range = self.range(graph, word);
                (range.low >= 0 && (range.high as u64) < limit).then_some(true)
            }
        }
    }

    /// Adds bounds of an int, or of a word that is known to lie below 2^63.
    pub fn bound(&mut self, graph: &Graph, reference: Ref, range: Range) {
        if graph.bits(reference).is_none() {
            let range = self.range(graph, reference).and(range);
            if !range.is_full() {
                self.ranges.insert(reference, range);
            }
        }
    }

    /// Whether the result of an addition, subtraction or product is the
    /// mathematical one.
    pub fn is_exact(&self, graph: &Graph, reference: Ref) -> bool {
        let checked = matches!(graph.inst(reference).op, Op::IntAdd | Op::IntSub | Op::IntMul);
        checked || graph.bits(reference).is_some() || self.exact.contains(&reference)
    }

    /// Learns that the result of an unchecked operation is the mathematical one.
    pub fn note_exact(&mut self, reference: Ref) {
        self.exact.insert(reference);
    }

    /// A result as another one plus a constant.
    fn linear(&self, graph: &Graph, reference: Ref) -> (Ref, i64) {
        let (mut base, mut offset) = (reference, 0i64);
        while self.is_exact(graph, base) {
            let inst = graph.inst(base);
            let Some(step) = inst.args.get(1).and_then(|r| graph.as_int(*r)) else { break };
            let moved = match inst.op {
                Op::IntAdd | Op::IntAddWrap => offset.checked_add(step),
                Op::IntSub | Op::IntSubWrap => offset.checked_sub(step),
                _ => None,
            };
            let Some(sum) = moved else { break };
            (base, offset) = (inst.args[0], sum);
        }
        (base, offset)
    }

    /// The int that another one is known to be so much more or less than.
    pub fn base(&self, graph: &Graph, value: Ref) -> Ref {
        self.linear(graph, value).0
    }

    /// The difference of two ints, if it is a known constant.
    pub fn distance(&self, graph: &Graph, a: Ref, b: Ref) -> Option<i64> {
        if let (Some(a), Some(b)) = (graph.as_int(a), graph.as_int(b)) {
            return a.checked_sub(b);
        }
        let ((base_a, a), (base_b, b)) = (self.linear(graph, a), self.linear(graph, b));
        if base_a == base_b { a.checked_sub(b) } else { None }
    }

    /// Whether two ints are known to be different.
    pub fn differ(&self, graph: &Graph, a: Ref, b: Ref) -> bool {
        self.distance(graph, a, b).is_some_and(|d| d != 0)
            || self.at_most(graph, a, b, -1)
            || self.at_most(graph, b, a, -1)
    }

    /// Whether `a <= b + d` is known.
    pub fn at_most(&self, graph: &Graph, a: Ref, b: Ref, d: i64) -> bool {
        let (ra, rb) = (self.range(graph, a), self.range(graph, b));
        if ra.high as i128 <= rb.low as i128 + d as i128 {
            return true;
        }
        let ((x, from), (y, to)) = (self.linear(graph, a), self.linear(graph, b));
        let slack = to as i128 - from as i128 + d as i128;
        if x == y {
            return slack >= 0;
        }
        self.differences.get(&(x, y)).is_some_and(|known| *known as i128 <= slack)
    }

    /// Whether `a < b` is known, be it by way of a third int.
    fn is_below(&self, graph: &Graph, a: Ref, b: Ref) -> bool {
        self.at_most(graph, a, b, -1)
            || self.limits(graph, a).into_iter().any(|(limit, distance)| {
                let rest = (-1i64).checked_sub(distance);
                rest.is_some_and(|rest| self.at_most(graph, limit, b, rest))
            })
    }

    /// Learns `a <= b + d`.
    pub fn learn_at_most(&mut self, graph: &Graph, a: Ref, b: Ref, d: i64) {
        let (ra, rb) = (self.range(graph, a), self.range(graph, b));
        let high = (rb.high as i128 + d as i128).min(i64::MAX as i128);
        let low = (ra.low as i128 - d as i128).max(i64::MIN as i128);
        if let Ok(high) = i64::try_from(high) {
            self.bound(graph, a, Range { low: i64::MIN, high });
        }
        if let Ok(low) = i64::try_from(low) {
            self.bound(graph, b, Range { low, high: i64::MAX });
        }
        let ((x, from), (y, to)) = (self.linear(graph, a), self.linear(graph, b));
        if let Ok(difference) = i64::try_from(to as i128 - from as i128 + d as i128) {
            let entry = self.differences.entry((x, y)).or_insert(difference);
            *entry = difference.min(*entry);
        }
    }

    /// Whether a comparison of ints is decided.
    fn compare(&self, graph: &Graph, inst: &Inst) -> Option<bool> {
        let (a, b) = (*inst.args.first()?, *inst.args.get(1)?);
        let equal = || {
            if self.at_most(graph, a, b, -1) || self.at_most(graph, b, a, -1) {
                return Some(false);
            }
            (self.at_most(graph, a, b, 0) && self.at_most(graph, b, a, 0)).then_some(true)
        };
        match inst.op {
            Op::IntLt if self.at_most(graph, a, b, -1) => Some(true),
            Op::IntLt if self.at_most(graph, b, a, 0) => Some(false),
            Op::IntLe if self.at_most(graph, a, b, 0) => Some(true),
            Op::IntLe if self.at_most(graph, b, a, -1) => Some(false),
            Op::IntEq => equal(),
            Op::IntNe => equal().map(|yes| !yes),
            _ => None,
        }
    }

    /// What the facts make of an operation.
    pub fn simplify(&self, graph: &mut Graph, inst: Inst) -> Answer {
        let Some(&a) = inst.args.first() else { return Answer::Keep(inst) };
        let decided = |yes: bool| if yes { Answer::Gone } else { Answer::Never };
        match inst.op {
            Op::GuardTrue | Op::GuardFalse => {
                let wanted = (inst.op == Op::GuardTrue) as u64;
                match self.known(graph, a) {
                    Some(bits) => decided(bits == wanted),
                    None => Answer::Keep(inst),
                }
            }
            Op::GuardEqual | Op::GuardNotEqual => {
                let wanted = inst.op == Op::GuardEqual;
                match self.known(graph, a) {
                    Some(bits) => decided((bits == inst.imm) == wanted),
                    None if self.is_not(a, inst.imm) => decided(!wanted),
                    None if graph.ty(a) == Type::Int => {
                        let value = Range::exactly(inst.imm as i64);
                        let apart = !self.range(graph, a).contains(value);
                        if apart { decided(!wanted) } else { Answer::Keep(inst) }
                    }
                    None => Answer::Keep(inst),
                }
            }
            Op::GuardBelow if graph.ty(a) == Type::Int => {
                let b = inst.args[1];
                let positive = self.range(graph, a).low >= 0;
                if positive && self.is_below(graph, a, b) {
                    return Answer::Gone;
                }
                let outside = self.range(graph, a).high < 0 || self.at_most(graph, b, a, 0);
                if outside && self.range(graph, b).low >= 0 {
                    return Answer::Never;
                }
                Answer::Keep(inst)
            }
            Op::GuardBelow => match self.below(graph, a, inst.args[1]) {
                Some(below) => decided(below),
                None => Answer::Keep(inst),
            },
            Op::IntAdd | Op::IntSub | Op::IntMul => {
                let (ra, rb) = (self.range(graph, a), self.range(graph, inst.args[1]));
                if Range::arithmetic(inst.op, ra, rb).is_none() {
                    return Answer::Keep(inst);
                }
                let op = match inst.op {
                    Op::IntAdd => Op::IntAddWrap,
                    Op::IntSub => Op::IntSubWrap,
                    _ => Op::IntMulWrap,
                };
                Answer::Keep(Inst { op, ..inst })
            }
            Op::IntLt | Op::IntLe | Op::IntEq | Op::IntNe => match self.compare(graph, &inst) {
                Some(yes) => Answer::Same(graph.constant(Type::Bool, yes as u64)),
                None => Answer::Keep(inst),
            },
            _ => Answer::Keep(inst),
        }
    }

    /// Learns from an operation that was emitted and passed.
    pub fn learn(&mut self, graph: &Graph, inst: &Inst, result: Ref) {
        let Some(&a) = inst.args.first() else { return };
        match inst.op {
            Op::GuardTrue => self.learn_bool(graph, a, true),
            Op::GuardFalse => self.learn_bool(graph, a, false),
            Op::GuardEqual => self.learn_equal(graph, a, inst.imm),
            Op::GuardNotEqual => {
                self.unequal.insert((a, inst.imm));
            }
            Op::GuardBelow if graph.ty(a) == Type::Int => {
                let b = inst.args[1];
                let length = self.range(graph, b);
                if length.low >= 0 {
                    self.bound(graph, a, Range { low: 0, high: i64::MAX });
                    self.learn_at_most(graph, a, b, -1);
                }
            }
            Op::GuardBelow => {
                if let Some(limit) = graph.bits(inst.args[1]).and_then(|b| i64::try_from(b).ok()) {
                    self.bound(graph, a, Range { low: 0, high: limit - 1 });
                }
            }
            Op::IntAbs => self.bound(graph, result, Range { low: 0, high: i64::MAX }),
            Op::ArrayLen => self.bound(graph, result, Range::LENGTH),
            Op::Call => match Helper::decode(inst.imm) {
                Helper::StringCompare => self.bound(graph, result, Range { low: -1, high: 1 }),
                Helper::StringLength => self.bound(graph, result, Range::LENGTH),
                _ => {}
            },
            Op::IntAddWrap | Op::IntSubWrap | Op::IntMulWrap => {
                let (ra, rb) = (self.range(graph, a), self.range(graph, inst.args[1]));
                if let Some(range) = Range::arithmetic(inst.op, ra, rb) {
                    self.exact.insert(result);
                    self.bound(graph, result, range);
                }
            }
            Op::Select if inst.ty == Type::Int => {
                let (yes, no) = (inst.args[1], inst.args[2]);
                let range = self.range(graph, yes).or(self.range(graph, no));
                self.bound(graph, result, range);
            }
            _ if inst.ty == Type::Int && inst.args.len() == 2 => {
                let second = inst.args[1];
                if inst.op == Op::IntMod && self.range(graph, second).low > 0 {
                    self.learn_at_most(graph, result, second, -1);
                }
                if graph.ty(a) == Type::Int && graph.ty(second) == Type::Int {
                    let (ra, rb) = (self.range(graph, a), self.range(graph, second));
                    self.bound(graph, result, Range::binary(inst.op, ra, rb));
                }
            }
            _ => {}
        }
    }

    /// Learns from a guard that failed.
    pub fn learn_failure(&mut self, graph: &Graph, inst: &Inst) {
        let Some(&a) = inst.args.first() else { return };
        match inst.op {
            Op::GuardTrue => self.learn_bool(graph, a, false),
            Op::GuardFalse => self.learn_bool(graph, a, true),
            Op::GuardNotEqual => self.learn_equal(graph, a, inst.imm),
            Op::GuardEqual => {
                self.unequal.insert((a, inst.imm));
            }
            Op::GuardType => {
                if let Some(tag) = inst.ty.tag() {
                    self.unequal.insert((a, tag as u64));
                }
            }
            _ => {}
        }
    }

    /// Learns the bits of a result.
    pub fn learn_equal(&mut self, graph: &Graph, reference: Ref, bits: u64) {
        if graph.bits(reference).is_some() {
            return;
        }
        self.equal.insert(reference, bits);
        if graph.ty(reference) == Type::Int {
            self.bound(graph, reference, Range::exactly(bits as i64));
        }
    }

    fn learn_bool(&mut self, graph: &Graph, reference: Ref, value: bool) {
        self.learn_equal(graph, reference, value as u64);
        let inst = graph.inst(reference);
        let (Some(&a), b) = (inst.args.first(), inst.args.get(1).copied()) else { return };
        match (inst.op, b, value) {
            (Op::BoolNot, None, _) => self.learn_bool(graph, a, !value),
            (Op::IntLt, Some(b), true) => self.learn_at_most(graph, a, b, -1),
            (Op::IntLt, Some(b), false) => self.learn_at_most(graph, b, a, 0),
            (Op::IntLe, Some(b), true) => self.learn_at_most(graph, a, b, 0),
            (Op::IntLe, Some(b), false) => self.learn_at_most(graph, b, a, -1),
            (Op::IntEq, Some(b), true) | (Op::IntNe, Some(b), false) => {
                if let Some(value) = graph.as_int(b) {
                    self.learn_equal(graph, a, value as u64);
                }
                self.learn_at_most(graph, a, b, 0);
                self.learn_at_most(graph, b, a, 0);
            }
            (Op::IntEq, Some(b), false) | (Op::IntNe, Some(b), true) => {
                if let Some(value) = graph.as_int(b) {
                    self.unequal.insert((a, value as u64));
                    self.exclude(graph, a, value);
                }
            }
            _ => {}
        }
    }

    /// Narrows a range by a value at its edge that is known not to occur.
    fn exclude(&mut self, graph: &Graph, reference: Ref, value: i64) {
        let range = self.range(graph, reference);
        if range.low == value && value < range.high {
            self.bound(graph, reference, Range { low: value + 1, ..range });
        } else if range.high == value && value > range.low {
            self.bound(graph, reference, Range { high: value - 1, ..range });
        }
    }
}
