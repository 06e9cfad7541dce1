//! Constants and identities: what an operation is worth before it is emitted.
//!
//! Folding uses the functions of [`prim`](crate::prim), so a folded operation
//! means what the interpreter computes. Identities are exact for every operand,
//! -0.0 and NaN included: `x + 0.0` stays (it changes -0.0), `x - 0.0` is `x`.
//!
//! Example: `int_mul v3, 1` is `v3`; `guard_true` of the constant true is gone.

use super::super::ir::{Inst, Op, Ref, Type};
use super::graph::Graph;
use crate::prim;

/// What becomes of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is emitted in this form.
    Keep(Inst),
    /// Its result is one that exists.
    Same(Ref),
    /// It has no effect and no result.
    Gone,
    /// It always leaves through its exit.
    Never,
}

/// Folds one operation whose operands are in the region.
pub fn fold(graph: &mut Graph, mut inst: Inst) -> Answer {
    order_operands(graph, &mut inst);
    if let Some(answer) = constants(graph, &inst).or_else(|| identities(graph, &inst)) {
        return answer;
    }
    Answer::Keep(inst)
}

/// Constants to the right, greater-than turned to less-than.
fn order_operands(graph: &Graph, inst: &mut Inst) {
    let mirrored = match inst.op {
        Op::IntGt => Some(Op::IntLt),
        Op::IntGe => Some(Op::IntLe),
        Op::FloatGt => Some(Op::FloatLt),
        Op::FloatGe => Some(Op::FloatLe),
        _ => None,
    };
    if let Some(op) = mirrored {
        inst.op = op;
        inst.args.swap(0, 1);
        return;
    }
    let commutes = matches!(
        inst.op,
        Op::IntAdd
            | Op::IntAddWrap
            | Op::IntMul
            | Op::IntMulWrap
            | Op::IntEq
            | Op::IntNe
            | Op::BitAnd
            | Op::BitOr
            | Op::BitXor
            | Op::BoolEq
            | Op::PointerEq
            | Op::FloatAdd
            | Op::FloatMul
    );
    if commutes {
        let constant = |r: Ref| graph.bits(r).is_some();
        let (left, right) = (inst.args[0], inst.args[1]);
        let swap = match (constant(left), constant(right)) {
            (true, false) => true,
            (false, true) => false,
            // Two NaNs: which payload survives may depend on the order.
            _ => inst.ty != Type::Float && left > right,
        };
        if swap {
            inst.args.swap(0, 1);
        }
    }
}

fn constants(graph: &mut Graph, inst: &Inst) -> Option<Answer> {
    let first = *inst.args.first()?;
    let second = inst.args.get(1).copied();
    if let (Some(a), None) = (graph.as_int(first), second) {
        let value = match inst.op {
            Op::IntNeg => return Some(checked(graph, prim::int_neg(a))),
            Op::IntAbs => return Some(checked(graph, prim::int_abs(a))),
            Op::BitNot => prim::bit_not(a),
            Op::IntToFloat => return Some(float(graph, prim::int_to_float(a))),
            _ => return guards(graph, inst),
        };
        return Some(int(graph, value));
    }
    if let (Some(a), Some(b)) = (graph.as_int(first), second.and_then(|r| graph.as_int(r))) {
        return Some(match inst.op {
            Op::IntAdd => checked(graph, prim::int_add(a, b)),
            Op::IntSub => checked(graph, prim::int_sub(a, b)),
            Op::IntMul => checked(graph, prim::int_mul(a, b)),
            Op::IntAddWrap => int(graph, a.wrapping_add(b)),
            Op::IntSubWrap => int(graph, a.wrapping_sub(b)),
            Op::IntMulWrap => int(graph, a.wrapping_mul(b)),
            Op::IntDiv => int(graph, prim::int_div(a, b)?),
            Op::IntMod => int(graph, prim::int_mod(a, b)?),
            Op::BitAnd => int(graph, prim::bit_and(a, b)),
            Op::BitOr => int(graph, prim::bit_or(a, b)),
            Op::BitXor => int(graph, prim::bit_xor(a, b)),
            Op::BitShl => int(graph, prim::bit_shl(a, b)?),
            Op::BitShr => int(graph, prim::bit_shr(a, b)?),
            Op::IntMin => int(graph, prim::int_min(a, b)),
            Op::IntMax => int(graph, prim::int_max(a, b)),
            Op::IntEq => boolean(graph, a == b),
            Op::IntNe => boolean(graph, a != b),
            Op::IntLt => boolean(graph, a < b),
            Op::IntLe => boolean(graph, a <= b),
            Op::GuardBelow => passes((a as u64) < b as u64),
            _ => return None,
        });
    }
    if let (Some(a), None) = (graph.as_float(first), second) {
        let value = match inst.op {
            Op::FloatNeg => prim::float_neg(a),
            Op::FloatAbs => prim::float_abs(a),
            Op::FloatSqrt => prim::float_sqrt(a),
            Op::FloatFloor => prim::float_floor(a),
            Op::FloatCeil => prim::float_ceil(a),
            Op::FloatRound => prim::float_round(a),
            Op::FloatSin => prim::float_sin(a),
            Op::FloatCos => prim::float_cos(a),
            Op::FloatTan => prim::float_tan(a),
            Op::FloatExp => prim::float_exp(a),
            Op::FloatLog => prim::float_log(a),
            Op::FloatToInt => return Some(checked(graph, prim::float_to_int(a))),
            _ => return None,
        };
        return Some(float(graph, value));
    }
    if let (Some(a), Some(b)) = (graph.as_float(first), second.and_then(|r| graph.as_float(r))) {
        return Some(match inst.op {
            Op::FloatAdd => float(graph, prim::float_add(a, b)),
            Op::FloatSub => float(graph, prim::float_sub(a, b)),
            Op::FloatMul => float(graph, prim::float_mul(a, b)),
            Op::FloatDiv => float(graph, prim::float_div(a, b)?),
            Op::FloatMod => float(graph, prim::float_mod(a, b)?),
            Op::FloatMin => float(graph, prim::float_min(a, b)),
            Op::FloatMax => float(graph, prim::float_max(a, b)),
            Op::FloatPow => float(graph, prim::float_pow(a, b)),
            Op::FloatEq => boolean(graph, a == b),
            Op::FloatNe => boolean(graph, a != b),
            Op::FloatLt => boolean(graph, a < b),
            Op::FloatLe => boolean(graph, a <= b),
            _ => return None,
        });
    }
    guards(graph, inst)
}

/// Guards and bool operations on constants of any type.
fn guards(graph: &mut Graph, inst: &Inst) -> Option<Answer> {
    let a = graph.bits(inst.args[0])?;
    let b = inst.args.get(1).and_then(|r| graph.bits(*r));
    Some(match inst.op {
        Op::GuardTrue => passes(a != 0),
        Op::GuardFalse => passes(a == 0),
        Op::GuardEqual => passes(a == inst.imm),
        Op::GuardNotEqual => passes(a != inst.imm),
        Op::GuardStatus => passes(a == 0),
        Op::BoolNot => boolean(graph, a == 0),
        Op::BoolEq => boolean(graph, a == b?),
        Op::PointerEq => boolean(graph, a == b?),
        _ => return None,
    })
}

fn identities(graph: &mut Graph, inst: &Inst) -> Option<Answer> {
    let a = *inst.args.first()?;
    let b = inst.args.get(1).copied();
    let same = b == Some(a);
    let right = b.and_then(|r| graph.as_int(r));
    let right_float = b.and_then(|r| graph.as_float(r));
    let keep = |op, args: &[Ref]| Answer::Keep(Inst { op, ..Inst::new(op, inst.ty, args) });
    Some(match (inst.op, right) {
        (Op::IntAdd | Op::IntAddWrap | Op::IntSub | Op::IntSubWrap, Some(0)) => Answer::Same(a),
        (Op::IntSub | Op::IntSubWrap, _) if same => int(graph, 0),
        (Op::IntMul | Op::IntMulWrap | Op::IntDiv, Some(1)) => Answer::Same(a),
        (Op::IntMul | Op::IntMulWrap, Some(0)) => int(graph, 0),
        (Op::IntMod, Some(1 | -1)) => int(graph, 0),
        (Op::BitAnd, Some(-1)) | (Op::BitOr | Op::BitXor, Some(0)) => Answer::Same(a),
        (Op::BitShl | Op::BitShr, Some(0)) => Answer::Same(a),
        (Op::BitAnd, Some(0)) => int(graph, 0),
        (Op::BitAnd | Op::BitOr, _) if same => Answer::Same(a),
        (Op::BitXor, _) if same => int(graph, 0),
        (Op::IntEq | Op::IntLe | Op::BoolEq | Op::PointerEq, _) if same => boolean(graph, true),
        (Op::IntNe | Op::IntLt, _) if same => boolean(graph, false),
        (Op::FloatMul | Op::FloatDiv, _) if right_float == Some(1.0) => Answer::Same(a),
        (Op::FloatSub, _) if right_float.is_some_and(|f| f.to_bits() == 0) => Answer::Same(a),
        (Op::FloatAdd, _) if right_float.is_some_and(|f| f.to_bits() == 1 << 63) => Answer::Same(a),
        (Op::FloatDiv, _) => {
            let reciprocal = exact_reciprocal(right_float?)?;
            let factor = graph.constant(Type::Float, reciprocal.to_bits());
            keep(Op::FloatMul, &[a, factor])
        }
        (Op::FloatEq | Op::FloatNe | Op::FloatLt | Op::FloatLe, _) => {
            graph.as_float(a).or(right_float)?;
            let (left, right) = (as_exact_int(graph, a)?, as_exact_int(graph, b?)?);
            let op = match inst.op {
                Op::FloatEq => Op::IntEq,
                Op::FloatNe => Op::IntNe,
                Op::FloatLt => Op::IntLt,
                _ => Op::IntLe,
            };
            keep(op, &[left, right])
        }
        (Op::FloatNeg, _) if graph.inst(a).op == Op::FloatNeg => {
            Answer::Same(graph.inst(a).args[0])
        }
        (Op::FloatAbs, _) if matches!(graph.inst(a).op, Op::FloatNeg | Op::FloatAbs) => {
            keep(Op::FloatAbs, &[graph.inst(a).args[0]])
        }
        (Op::BoolNot, _) => {
            let operand = graph.inst(a).clone();
            match operand.op {
                Op::BoolNot => Answer::Same(operand.args[0]),
                Op::IntLt => keep(Op::IntLe, &[operand.args[1], operand.args[0]]),
                Op::IntLe => keep(Op::IntLt, &[operand.args[1], operand.args[0]]),
                Op::IntEq => keep(Op::IntNe, &operand.args),
                Op::IntNe => keep(Op::IntEq, &operand.args),
                Op::FloatEq => keep(Op::FloatNe, &operand.args),
                Op::FloatNe => keep(Op::FloatEq, &operand.args),
                _ => return None,
            }
        }
        (Op::Select, _) => {
            let other = inst.args[2];
            match (graph.bits(a), graph.bits(b?), graph.bits(other)) {
                (Some(0), ..) => Answer::Same(other),
                (Some(_), ..) => Answer::Same(b?),
                _ if b == Some(other) => Answer::Same(other),
                (_, Some(1), Some(0)) if inst.ty == Type::Bool => Answer::Same(a),
                (_, Some(0), Some(1)) if inst.ty == Type::Bool => keep(Op::BoolNot, &[a]),
                _ if graph.inst(a).op == Op::BoolNot => {
                    keep(Op::Select, &[graph.inst(a).args[0], other, b?])
                }
                _ => return None,
            }
        }
        (Op::BoolEq, _) => match graph.bits(b?)? {
            0 => keep(Op::BoolNot, &[a]),
            _ => Answer::Same(a),
        },
        (Op::GuardTrue, _) if graph.inst(a).op == Op::BoolNot => {
            keep(Op::GuardFalse, &[graph.inst(a).args[0]])
        }
        (Op::GuardFalse, _) if graph.inst(a).op == Op::BoolNot => {
            keep(Op::GuardTrue, &[graph.inst(a).args[0]])
        }
        (Op::Retype, _) => {
            let mut source = a;
            while graph.inst(source).op == Op::Retype && graph.ty(source) != inst.ty {
                source = graph.inst(source).args[0];
            }
            if graph.ty(source) != inst.ty {
                return None;
            }
            Answer::Same(source)
        }
        _ => return None,
    })
}

/// `1 / value` if multiplying by it gives exactly what dividing by `value` gives.
fn exact_reciprocal(value: f64) -> Option<f64> {
    let power_of_two = value.is_normal() && value.to_bits() & ((1 << 52) - 1) == 0;
    let reciprocal = 1.0 / value;
    (power_of_two && reciprocal.is_normal()).then_some(reciprocal)
}

/// The int that compares with other ones as this float does with those, of which at
/// least one is a constant: what an int was converted from, or a whole number below
/// 2^53. Conversion keeps the order, and nothing else is rounded to such a number.
fn as_exact_int(graph: &mut Graph, float: Ref) -> Option<Ref> {
    if graph.inst(float).op == Op::IntToFloat {
        return Some(graph.inst(float).args[0]);
    }
    let value = graph.as_float(float)?;
    let exact = value.fract() == 0.0 && value.abs() < 2f64.powi(53);
    exact.then(|| graph.int(value as i64))
}

fn checked(graph: &mut Graph, value: Option<i64>) -> Answer {
    value.map_or(Answer::Never, |value| int(graph, value))
}

fn int(graph: &mut Graph, value: i64) -> Answer {
    Answer::Same(graph.int(value))
}

fn float(graph: &mut Graph, value: f64) -> Answer {
    Answer::Same(graph.constant(Type::Float, value.to_bits()))
}

fn boolean(graph: &mut Graph, value: bool) -> Answer {
    Answer::Same(graph.constant(Type::Bool, value as u64))
}

fn passes(yes: bool) -> Answer {
    if yes { Answer::Gone } else { Answer::Never }
}
