//! Branches whose two ways soon meet again and only compute.
//!
//! A trace goes on along one way of a branch and leaves where the other one is taken. If
//! both are short and have no effect but on registers, the recorder can follow both and
//! choose between their results, so that nothing depends on how the branch goes. Here
//! is which branches those are, as far as the bytecode tells.
//!
//! Reading elements is left out: an element is read late and compared soon, so a value
//! that waits for it makes rounds wait for each other, where a branch guessed right
//! does not (measured on an edit distance: 15 % slower than the branch).
//!
//! What must hold: a diamond has no way out but its join, and no loop; whether the
//! operands are numbers is for the recorder to see.
//!
//! Example: in `if x > best { best := x }; i += 1` the branch on `x > best` is the
//! beginning of a diamond that joins at the addition to `i`.

use super::code::Code;
use super::instruction::Instruction;
use super::liveness::successors;
use super::opcode::{Intrinsic, Opcode, Operand};
use crate::value::Tag;
use std::collections::BTreeSet;

/// Most instructions of all ways, but for jumps.
const MOST: usize = 16;

/// The first instruction that both ways of a branch come to, if they only compute
/// until then.
pub fn join_of(code: &Code, branch: usize) -> Option<usize> {
    if !is_branch(*code.instructions.get(branch)?) {
        return None;
    }
    let mut ahead = BTreeSet::new();
    let add = |pc: usize, ahead: &mut BTreeSet<usize>| {
        let next = successors(code, pc, code.instructions[pc]);
        ahead.extend(next.into_iter().flatten());
        next.into_iter().flatten().all(|next| next > pc)
    };
    if !add(branch, &mut ahead) {
        return None;
    }
    let mut size = 0;
    // All jumps go forward: whatever is not the smallest is reached by another way.
    while ahead.len() > 1 {
        let pc = ahead.pop_first()?;
        let instruction = code.instructions[pc];
        size += usize::from(instruction.opcode != Opcode::Jump);
        if size > MOST || !computes(code, instruction) || !add(pc, &mut ahead) {
            return None;
        }
    }
    ahead.pop_first()
}

/// Whether an instruction goes one of two ways by a comparison or the truth of a value.
pub fn is_branch(i: Instruction) -> bool {
    let compares =
        matches!(i.info().operands, [Operand::In, Operand::In | Operand::Small, Operand::Jump]);
    compares || matches!(i.opcode, Opcode::JumpIf | Opcode::JumpIfNot)
}

/// Whether an instruction, given numbers, only computes what it writes to a register.
fn computes(code: &Code, i: Instruction) -> bool {
    use Opcode::*;
    match i.opcode {
        LoadConst => matches!(code.constants[i.d() as usize].raw().tag, Tag::Int | Tag::Float),
        LoadBool | LoadInt | Move | Jump => true,
        Add | Subtract | Multiply | Divide | Modulo => true,
        AddInt | SubtractInt | MultiplyInt | DivideInt | ModuloInt => true,
        Negate | Not | Truthy => true,
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => true,
        Intrinsic1 => {
            intrinsic(i).is_some_and(|it| matches!(it, Intrinsic::Abs | Intrinsic::BitNot))
        }
        Intrinsic2 => intrinsic(i).is_some_and(|it| {
            use Intrinsic::*;
            matches!(it, Min | Max | BitAnd | BitOr | BitXor | BitShl | BitShr)
        }),
        _ => is_branch(i),
    }
}

fn intrinsic(i: Instruction) -> Option<Intrinsic> {
    Intrinsic::at(i.intrinsic_arity()?, i.intrinsic())
}
