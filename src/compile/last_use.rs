//! Last uses of variables: what reads a variable for the last time consumes it.
//!
//! Arrays, dicts and structs are values, so a second owner means a copy at the next
//! change. A variable that nobody will read any more is such an owner: `heap :=
//! sift(heap)` copied the whole heap in `sift`, if `heap` kept it until the result
//! replaced it. So a variable gives its value away where it is passed on or stored and
//! not read again, and a pair whose last part is read is released (precise reference
//! counting as in Reinking, Xie, de Moura and Leijen, Perceus, PLDI 2021).
//!
//! What must hold: a variable is consumed only if, on every way on from there, it is
//! written before it is read, handlers of errors and functions that see variables of
//! the module included.
//!
//! Example: of `let parts := pop(list); list := parts[0]; n := parts[1]` the last
//! statement becomes `GetIndexInt n, parts!, 1`, so that `list` is the only owner.

use super::Builtins;
use crate::bytecode::liveness::Liveness;
use crate::bytecode::verify::{run_length, window_arguments};
use crate::bytecode::{Code, Instruction, Opcode, Operand};

/// Size of a function, in instructions by words of registers, beyond which looking
/// for last uses would take too long.
const LARGEST: usize = 1 << 17;

/// Has the last uses of a function's variables consume them.
pub(super) fn consume(code: &mut Code, builtins: &dyn Builtins) {
    let variables = code.variables;
    let candidate = |i: &Instruction| i.opcode.consumable() != 0;
    let size = code.instructions.len() * (code.registers as usize).div_ceil(64);
    if size > LARGEST || !code.instructions.iter().any(candidate) {
        return;
    }
    let live = Liveness::compute(code);
    for pc in 0..code.instructions.len() {
        let i = code.instructions[pc];
        let bit = i.opcode.consumable();
        let register = if bit == Instruction::CONSUME_B { i.b } else { i.c };
        let (fields, operands) = ([i.a, i.b, i.c], i.info().operands);
        let names = |(field, operand): (u16, Operand)| {
            field == register && matches!(operand, Operand::Out | Operand::In | Operand::InOut)
        };
        let once = fields.into_iter().zip(operands).filter(|at| names(*at)).count() == 1;
        let is_last = bit != 0
            && register < variables
            && once
            && !live.is_live(pc + 1, register as usize)
            && (i.opcode != Opcode::Move || is_worth_moving(code, pc, builtins));
        if is_last {
            code.instructions[pc].x |= bit;
        }
    }
}

/// Whether what takes the copy that an instruction makes may change or keep it. For
/// others it is better that a variable always holds a value of one kind.
fn is_worth_moving(code: &Code, pc: usize, builtins: &dyn Builtins) -> bool {
    let temporary = code.instructions[pc].a;
    if temporary < code.variables {
        return true;
    }
    let mut later = code.instructions[pc + 1..].iter();
    let user = later.find(|i| {
        let fields = [i.a, i.b, i.c].into_iter().zip(i.info().operands);
        fields.into_iter().any(|(field, operand)| match operand {
            Operand::In | Operand::InOut => field == temporary,
            Operand::Window => (field..=field + window_arguments(**i) as u16).contains(&temporary),
            Operand::Run => {
                let length = run_length(**i, code).unwrap_or(0) as u16;
                (field..field + length).contains(&temporary)
            }
            _ => false,
        })
    });
    match user.map(|i| (i.opcode, i)) {
        Some((Opcode::CallNative, i)) => builtins.reuses(u32::from(i.b), i.count()),
        Some((opcode, _)) => {
            use Opcode::*;
            opcode.is_call()
                || matches!(opcode, NewArray | NewStruct | NewEnum | Move | Return)
                || matches!(opcode, Push | SetIndex | SetMember | DictInsert | ArrayPush)
        }
        None => false,
    }
}
