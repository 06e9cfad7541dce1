//! Which variables may still be read from an instruction on.
//!
//! The recorder leaves dead variables out of snapshots, so that a loop need not
//! carry a value that only an exit would store and nobody would read.
//!
//! What must hold: the answer is conservative: a register reported dead is
//! written before it is read on every path, error handlers included.
//!
//! Example: in `t := i * 2; s := s + t` the variable `t` is dead at the header
//! of the loop, because each round writes it first.

use super::code::Code;
use super::instruction::Instruction;
use super::opcode::{Opcode, Operand};
use super::verify::{run_length, window_arguments};

/// Live variables before each instruction, one bit a register.
#[derive(Debug)]
pub struct Liveness {
    words: usize,
    bits: Vec<u64>,
}

impl Liveness {
    /// Computes liveness of the variables of `code` by iterating to the fixed point.
    pub fn compute(code: &Code) -> Liveness {
        let words = (code.registers as usize).div_ceil(64);
        let len = code.instructions.len();
        let mut live = Liveness { words, bits: vec![0; words * len] };
        let mut row = vec![0u64; words];
        let watched = watched(code, words);
        let mut changed = true;
        while changed {
            changed = false;
            for pc in (0..len).rev() {
                let i = code.instructions[pc];
                row.fill(0);
                for next in successors(code, pc, i).into_iter().flatten() {
                    live.join(&mut row, next);
                }
                transfer(code, i, &mut row);
                row.iter_mut().zip(&watched).for_each(|(word, more)| *word |= more);
                // An instruction that raises leaves what it would have written.
                if let Some(handler) = code.handler_for(pc as u32) {
                    live.join(&mut row, handler.target as usize);
                }
                let target = &mut live.bits[pc * words..(pc + 1) * words];
                if *target != row[..] {
                    target.copy_from_slice(&row);
                    changed = true;
                }
            }
        }
        live
    }

    fn join(&self, row: &mut [u64], pc: usize) {
        if let Some(other) = self.bits.get(pc * self.words..(pc + 1) * self.words) {
            row.iter_mut().zip(other).for_each(|(word, more)| *word |= more);
        }
    }

    /// Whether `register` may be read from `pc` on before it is written.
    pub fn is_live(&self, pc: usize, register: usize) -> bool {
        self.bits
            .get(pc * self.words + register / 64)
            .is_none_or(|word| word >> (register % 64) & 1 == 1)
    }
}

/// The variables of main that functions may read at any instruction, because any
/// operator may call a method: those that functions of this text read, and those
/// that earlier texts may know. And where a generator's frame holds the generator, into
/// which it goes at a `yield`, or when it ends or raises.
fn watched(code: &Code, words: usize) -> Vec<u64> {
    let mut row = vec![0; words];
    if code.is_main {
        let mut mark = |register: usize| {
            if register < code.variables as usize {
                row[register / 64] |= 1u64 << (register % 64);
            }
        };
        (0..code.lasting).for_each(&mut mark);
        code.functions.iter().for_each(|function| module_reads(function, &mut mark));
    }
    if code.generator.is_some() {
        let register = code.parameters as usize;
        row[register / 64] |= 1u64 << (register % 64);
    }
    row
}

fn module_reads(code: &Code, mark: &mut dyn FnMut(usize)) {
    code.instructions.iter().filter_map(|i| module_slot(*i)).for_each(&mut *mark);
    code.functions.iter().for_each(|function| module_reads(function, mark));
}

/// The module slot that an instruction reads.
fn module_slot(i: Instruction) -> Option<usize> {
    use Opcode::*;
    let reads = matches!(i.opcode, GetModule | ModuleDefined | PlaceModule | CallModule);
    reads.then_some(i.d() as usize)
}

/// The instructions that may come after the one at `pc`.
pub(super) fn successors(code: &Code, pc: usize, i: Instruction) -> [Option<usize>; 2] {
    let target = i.jump().map(|distance| (pc as i64 + 1 + distance as i64) as usize);
    let falls = !matches!(
        i.opcode,
        Opcode::Jump
            | Opcode::JumpBack
            | Opcode::Return
            | Opcode::ReturnNull
            | Opcode::EndGenerator
            | Opcode::Throw
            | Opcode::Raise
    );
    let next = (falls && pc + 1 < code.instructions.len()).then_some(pc + 1);
    [target, next]
}

fn transfer(code: &Code, i: Instruction, row: &mut [u64]) {
    let fields = [i.a, i.b, i.c];
    let operands = i.info().operands;
    let mut each = |reads: bool, register: usize| {
        if register < code.registers as usize {
            let bit = 1u64 << (register % 64);
            if reads { row[register / 64] |= bit } else { row[register / 64] &= !bit }
        }
    };
    for (operand, field) in operands.into_iter().zip(fields) {
        if operand == Operand::Out {
            each(false, field as usize);
        }
    }
    for (operand, field) in operands.into_iter().zip(fields) {
        let first = field as usize;
        match operand {
            Operand::In | Operand::InOut | Operand::CellIn => each(true, first),
            // Only a range has a step, in the third register.
            Operand::LoopState => match i.opcode {
                Opcode::IterPrepare => (first..first + 2).for_each(|r| each(false, r)),
                Opcode::IterNext => (first..first + 2).for_each(|r| each(true, r)),
                _ => (first..first + 3).for_each(|r| each(true, r)),
            },
            Operand::Window => {
                // The result replaces the callee, which only a plain call reads.
                each(i.opcode == Opcode::Call, first);
                (first + 1..=first + window_arguments(i)).for_each(|r| each(true, r));
            }
            Operand::Run => {
                let length = run_length(i, code).unwrap_or(code.registers as usize);
                (first..first + length).for_each(|r| each(true, r));
            }
            _ => {}
        }
    }
    if i.opcode == Opcode::Closure {
        for capture in &code.functions[i.d() as usize].captures {
            if let super::code::Capture::Register(register) = capture {
                each(true, *register as usize);
            }
        }
    }
    // The registers of main are the slots of its module.
    if let Some(slot) = module_slot(i).filter(|_| code.is_main) {
        each(true, slot);
    }
    // However a method ends that changes its receiver, the caller gets that back.
    if code.changes_self {
        each(true, 0);
    }
    // What lasts may be read whenever the function is left.
    (0..code.lasting).for_each(|register| each(true, register));
}
