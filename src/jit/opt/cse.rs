//! Equal computations: a pure operation on the same operands is done once.
//!
//! Results are SSA, so an entry stays true for as long as its definition
//! dominates, which is for the rest of the path it was made on.
//!
//! Example: after `v5 = float_mul v1, v1` a second one is `v5`. A checked
//! addition that went by makes the same unchecked one known, and the reverse.

use super::super::ir::{Inst, Op, Ref, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What identifies a computation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    ty: Type,
    args: SmallVec<[Ref; 3]>,
    imm: u64,
}

/// Computations whose results are available.
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    table: FxHashMap<Key, Ref>,
}

/// Whether the operation's result depends on nothing but its operands, and on what
/// does not change while a region runs: code of functions and room for calls.
pub fn is_pure(op: Op) -> bool {
    let info = op.info();
    let checked = matches!(
        op,
        Op::IntAdd
            | Op::IntSub
            | Op::IntMul
            | Op::IntNeg
            | Op::IntAbs
            | Op::FloatToInt
            | Op::GuardCallable
    );
    let computes = !matches!(
        op,
        Op::Const
            | Op::Parameter
            | Op::NewRecord
            | Op::NewArray
            | Op::NewCell
            | Op::NewClosure
            | Op::Call
            | Op::CallSlow
            | Op::CallRaising
    );
    checked
        || computes
            && !op.is_mark()
            && !info.guards
            && info.reads.is_empty()
            && info.writes.is_empty()
}

impl Expressions {
    fn key(inst: &Inst) -> Key {
        let op = match inst.op {
            Op::IntAdd => Op::IntAddWrap,
            Op::IntSub => Op::IntSubWrap,
            Op::IntMul => Op::IntMulWrap,
            op => op,
        };
        Key { op, ty: inst.ty, args: inst.args.clone(), imm: inst.imm }
    }

    /// The result of an equal computation, if there is one. A checked operation
    /// takes that of an unchecked one only through `exact`, which says whether
    /// that result is known not to have overflowed.
    pub fn find(&self, inst: &Inst, exact: impl Fn(Ref) -> bool) -> Option<Ref> {
        let found = *self.table.get(&Self::key(inst))?;
        let checked = matches!(inst.op, Op::IntAdd | Op::IntSub | Op::IntMul);
        (!checked || exact(found)).then_some(found)
    }

    /// Notes a result.
    pub fn note(&mut self, inst: &Inst, result: Ref) {
        self.table.insert(Self::key(inst), result);
    }
}
