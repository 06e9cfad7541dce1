//! Both ways of a branch in one trace (if-conversion).
//!
//! Where a branch goes one way and the other without a pattern, a processor guesses
//! wrong half of the time, which costs as much as some dozens of additions. If both
//! ways only compute (see [`diamond`](crate::bytecode::diamond)), the recorder
//! follows one after the other from the same state and selects, for each variable that
//! they leave different, by the truth that the branch would have gone by.
//!
//! The first branch may also compare two strings; temporaries among them are released at
//! the join.
//!
//! What must hold: a diamond is like one instruction. Guards on either way leave at the
//! branch, as nothing is set before the join; if the way not taken cannot be followed
//! (it would raise, or works on more than numbers), nothing of the attempt remains and
//! the branch is recorded as any other.
//!
//! Example: `if seed % 2 == 1 { odd += 1 }` records the remainder, the comparison `v7`,
//! the sum `v9`, and sets `odd` to `v10 = select v7, v9, v3`.

use super::{Recorder, prepare};
use crate::bytecode::diamond::{is_branch, join_of};
use crate::bytecode::{Code, Instruction, Operand};
use crate::interp::concrete::Concrete;
use crate::interp::{Domain, Flow, Machine, ops};
use crate::jit::ir::{Op, Ref, SlotValue, Type};
use crate::value::{Raw, Tag};
use std::collections::{BTreeMap, BTreeSet};

/// What a way of a branch leaves in the registers that it writes.
type Left = BTreeMap<u16, (Raw, SlotValue)>;

/// Counted operands that a branch consumes, by register.
type Consumed = BTreeMap<u16, (Raw, Ref)>;

impl Recorder<'_> {
    /// Records both ways of the branch at `pc`, where the machine stands, up to where they
    /// meet; that place, or `None` if nothing was recorded and the machine is as it was.
    pub(super) fn record_diamond(
        &mut self,
        machine: &mut Machine,
        code: &'static Code,
        pc: usize,
    ) -> Option<usize> {
        let join = join_of(code, pc)?;
        let checkpoint = self.builder.checkpoint();
        let bytecodes = self.bytecodes;
        let registers = self.registers(machine, code);
        self.builder.tentative = true;
        let mut consumed = Consumed::new();
        let written = self.both_ways(machine, code, pc, &mut consumed);
        self.builder.tentative = false;
        let Some(written) = written else {
            machine.fault = None;
            self.bytecodes = bytecodes;
            self.builder.go_back(checkpoint);
            let now = self.registers(machine, code);
            for (register, (old, new)) in (0..).zip(registers.into_iter().zip(now)) {
                if (old.tag, old.bits) != (new.tag, new.bits) {
                    self.put_back(machine, register, old);
                }
            }
            return None;
        };
        // Either way may have left something else there that is read after the join.
        for register in consumed.keys().filter(|register| !written.contains(register)) {
            let slot = self.builder.slot(*register);
            self.builder.set_null(slot);
        }
        for register in written {
            let slot = self.builder.slot(register);
            let value = self.builder.slot_value(slot);
            self.builder.set(slot, value);
        }
        let frame = *machine.frames.last().expect("a frame to record");
        let mut domain = self.domain(Concrete::new(machine, frame));
        for (raw, reference) in consumed.into_values() {
            domain.release_reference(reference);
            domain.concrete.release(raw);
        }
        Some(join)
    }

    /// Follows both ways of a branch; the registers that were written. Their values and what
    /// is known of those are as at the join afterwards.
    fn both_ways(
        &mut self,
        machine: &mut Machine,
        code: &'static Code,
        pc: usize,
        consumed: &mut Consumed,
    ) -> Option<BTreeSet<u16>> {
        let join = join_of(code, pc)?;
        let branch = code.instructions[pc];
        let (flow, condition, holds) = self.decide_freely(machine, code, branch)?;
        self.set_aside(machine, branch, consumed);
        let target = (pc as i64 + 1 + i64::from(branch.jump()?)) as usize;
        let (taken, other) = match flow {
            Flow::Next => (pc + 1, target),
            Flow::Jump(_) => (target, pc + 1),
            _ => return None,
        };
        let registers = self.registers(machine, code);
        let slots = self.builder.slots.clone();
        let mut follow = |recorder: &mut Self, way: usize| {
            let written = recorder.way(machine, code, way, join, consumed)?;
            let mut left = Left::new();
            for register in written {
                let slot = recorder.builder.slot(register);
                let value = recorder.builder.slot_value(slot);
                left.insert(register, (recorder.live(machine, register), value));
                match slots.get(&slot) {
                    Some(before) => recorder.builder.slots.insert(slot, *before),
                    None => recorder.builder.slots.remove(&slot),
                };
                recorder.put_back(machine, register, registers[register as usize]);
            }
            Some(left)
        };
        let by_taken = follow(self, taken)?;
        let bytecodes = self.bytecodes;
        let by_other = follow(self, other)?;
        self.bytecodes = bytecodes;
        let mut written: BTreeSet<u16> = by_taken.keys().chain(by_other.keys()).copied().collect();
        written.retain(|register| self.builder.is_live(code, join as u32, *register));
        for register in &written {
            let (now, taken) = self.left_by(machine, &by_taken, *register)?;
            let (_, other) = self.left_by(machine, &by_other, *register)?;
            let value = if taken == other {
                taken
            } else {
                let ty = self.builder.ty(taken);
                if ty != self.builder.ty(other) || !matches!(ty, Type::Int | Type::Bool) {
                    return None;
                }
                let (yes, no) = if holds { (taken, other) } else { (other, taken) };
                self.builder.emit(Op::Select, ty, &[condition, yes, no], 0)
            };
            let slot = self.builder.slot(*register);
            self.builder.slots.insert(slot, SlotValue::Typed(value));
            self.put_back(machine, *register, now);
        }
        Some(written)
    }

    /// Executes a branch without a guard and without releasing its operands: where it goes,
    /// and by which truth value.
    fn decide_freely(
        &mut self,
        machine: &mut Machine,
        code: &'static Code,
        mut branch: Instruction,
    ) -> Option<(Flow, Ref, bool)> {
        branch.x &= !(Instruction::CONSUME_A | Instruction::CONSUME_B);
        let (flow, decided) = self.compute(machine, code, branch, true)?;
        match decided[..] {
            [(condition, holds)] => Some((flow, condition, holds)),
            _ => None,
        }
    }

    /// Takes the counted operands that a branch consumes out of their registers, which either
    /// way may use for something else.
    fn set_aside(&mut self, machine: &mut Machine, branch: Instruction, consumed: &mut Consumed) {
        let operands = [(branch.a, branch.consumes_a()), (branch.b, branch.consumes_b())];
        let frame = *machine.frames.last().expect("a frame to record");
        let mut domain = self.domain(Concrete::new(machine, frame));
        for (register, _) in operands.into_iter().filter(|(_, consumes)| *consumes) {
            let raw = domain.live(register);
            let slot = domain.builder.slot(register);
            if let Some(pointer) = domain.builder.owned_pointer(slot) {
                domain.moved(register, true);
                consumed.insert(register, (raw, pointer));
            }
        }
    }

    /// Follows one way of a branch to where it meets the other; the registers written.
    fn way(
        &mut self,
        machine: &mut Machine,
        code: &'static Code,
        mut pc: usize,
        join: usize,
        consumed: &mut Consumed,
    ) -> Option<BTreeSet<u16>> {
        let mut written = BTreeSet::new();
        while pc != join {
            let instruction = code.instructions[pc];
            if is_branch(instruction) {
                written.extend(self.both_ways(machine, code, pc, consumed)?);
                pc = join_of(code, pc)?;
                continue;
            }
            match self.compute(machine, code, instruction, false)?.0 {
                Flow::Next => pc += 1,
                Flow::Jump(distance) => pc = (pc as i64 + 1 + i64::from(distance)) as usize,
                _ => return None,
            }
            written.extend(outputs(instruction));
        }
        Some(written)
    }

    /// Executes an instruction that works on numbers only, if `freely` without guarding the
    /// truth values that it decides on: those are given back.
    fn compute(
        &mut self,
        machine: &mut Machine,
        code: &'static Code,
        instruction: Instruction,
        freely: bool,
    ) -> Option<(Flow, Vec<(Ref, bool)>)> {
        let frame = *machine.frames.last().expect("a frame to record");
        let concrete = Concrete::new(machine, frame);
        if !is_plain(&concrete, instruction) {
            return None;
        }
        let mut domain = self.domain(concrete);
        domain.decided = freely.then(Vec::new);
        prepare(&mut domain, code, instruction, false);
        let flow = ops::execute(&mut domain, &instruction);
        let decided = domain.decided.unwrap_or_default();
        let decided = decided.into_iter().map(|truth| (truth.reference, truth.value)).collect();
        self.bytecodes += 1;
        Some((flow, decided))
    }

    /// What a register holds, and the instruction that makes it, after a way that may have
    /// left it as it was.
    fn left_by(&mut self, machine: &mut Machine, left: &Left, register: u16) -> Option<(Raw, Ref)> {
        if let Some((raw, value)) = left.get(&register) {
            return Some((*raw, self.builder.typed(*value, *raw)));
        }
        let slot = self.builder.slot(register);
        let raw = self.live(machine, register);
        let is_unset = self.builder.frame().entered && !self.builder.slots.contains_key(&slot);
        if is_unset || !is_number(raw.tag) {
            return None;
        }
        let value = self.builder.load(slot, raw);
        Some((raw, self.builder.typed(value, raw)))
    }

    fn live(&self, machine: &mut Machine, register: u16) -> Raw {
        let frame = *machine.frames.last().expect("a frame to record");
        Concrete::new(machine, frame).peek_register(register)
    }

    fn registers(&self, machine: &mut Machine, code: &Code) -> Vec<Raw> {
        (0..code.registers).map(|register| self.live(machine, register)).collect()
    }

    /// Puts a number or nothing into a register that holds such.
    fn put_back(&self, machine: &mut Machine, register: u16, raw: Raw) {
        let frame = *machine.frames.last().expect("a frame to record");
        Concrete::new(machine, frame).write(register, raw);
    }
}

fn is_number(tag: Tag) -> bool {
    matches!(tag, Tag::Int | Tag::Float | Tag::Bool)
}

/// The registers that an instruction writes.
fn outputs(i: Instruction) -> impl Iterator<Item = u16> {
    let operands = i.info().operands.into_iter().zip([i.a, i.b, i.c]);
    operands.filter(|(operand, _)| *operand == Operand::Out).map(|(_, register)| register)
}

/// Whether an instruction has numbers as operands, or compares strings, and what it
/// overwrites is not counted.
fn is_plain(concrete: &Concrete, i: Instruction) -> bool {
    let kind = |register| concrete.peek_register(register).tag;
    if is_branch(i) && i.info().operands[1] == Operand::In {
        let kinds = (kind(i.a), kind(i.b));
        return kinds == (Tag::String, Tag::String) || is_number(kinds.0) && is_number(kinds.1);
    }
    let mut operands = i.info().operands.into_iter().zip([i.a, i.b, i.c]);
    operands.all(|(operand, register)| match operand {
        Operand::In => is_number(kind(register)),
        Operand::Out => !kind(register).is_heap() && kind(register) != Tag::Place,
        _ => true,
    })
}
