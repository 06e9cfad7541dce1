//! Last uses of variables: what reads a variable for the last time consumes it.
//!
//! Arrays, dicts and structs are values, so a second owner means a copy at the next
//! change. A variable that nobody will read any more is such an owner: `heap :=
//! sift(heap)` copied the whole heap in `sift`, if `heap` kept it until the result
//! replaced it. So a variable gives its value away where it is read last, and a
//! container that is only read from is released there (precise reference counting
//! as in Reinking, Xie, de Moura and Leijen, Perceus, PLDI 2021).
//!
//! What must hold: a variable is consumed only if, on every way on from there, it is
//! written before it is read, handlers of errors and functions that see variables of
//! the module included.
//!
//! Example: of `let row := grid[i]; total += row[0]` the second statement becomes
//! `GetIndexInt t0, row!, 0`, which leaves `row` null.

use crate::bytecode::liveness::Liveness;
use crate::bytecode::{Code, Instruction, Operand};

/// Size of a function, in instructions by words of registers, beyond which looking
/// for last uses would take too long.
const LARGEST: usize = 1 << 17;

/// Has the last uses of a function's variables consume them.
pub(super) fn consume(code: &mut Code) {
    let variables = code.variables;
    let candidate = |i: &Instruction| i.opcode.consumable() != 0;
    let size = code.instructions.len() * (code.registers as usize).div_ceil(64);
    if size > LARGEST || !code.instructions.iter().any(candidate) {
        return;
    }
    let live = Liveness::compute(code);
    for pc in 0..code.instructions.len() {
        let i = &code.instructions[pc];
        let (fields, operands) = ([i.a, i.b, i.c], i.info().operands);
        let bits = [Instruction::CONSUME_A, Instruction::CONSUME_B, Instruction::CONSUME_C];
        let mut consumed = 0;
        for (position, bit) in bits.into_iter().enumerate() {
            let register = fields[position];
            let names = |(field, operand): (u16, Operand)| {
                field == register && matches!(operand, Operand::Out | Operand::In | Operand::InOut)
            };
            let once = fields.into_iter().zip(operands).filter(|at| names(*at)).count() == 1;
            let is_last = i.opcode.consumable() & bit != 0
                && register < variables
                && once
                && !live.is_live(pc + 1, register as usize);
            if is_last {
                consumed |= bit;
            }
        }
        code.instructions[pc].x |= consumed;
    }
}
