//! The bytecode verifier: what every function must satisfy before it runs.
//!
//! The interpreter reads registers, constants and jump targets without checks;
//! this is where those checks are made, once. A rejected function is a bug of
//! the compiler, never of the user's program.
//!
//! Example: `Jump` past the end is reported as
//! `<main>@3 Jump: target 9 outside of 0..5`.

use super::code::Code;
use super::instruction::Instruction;
use super::opcode::{Intrinsic, Opcode, Operand};
use std::fmt;

/// Why a function was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// Function name.
    pub function: String,
    /// Index of the instruction.
    pub pc: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} {}", self.function, self.pc, self.message)
    }
}

impl std::error::Error for VerifyError {}

/// Checks `code` and every function inside it.
///
/// # Errors
/// The first violation found.
pub fn verify(code: &Code) -> Result<(), VerifyError> {
    let fail =
        |pc: usize, message: String| VerifyError { function: code.name.to_string(), pc, message };
    let len = code.instructions.len();
    if code.spans.len() != len {
        return Err(fail(0, format!("{} spans for {len} instructions", code.spans.len())));
    }
    if code.registers < code.variables || code.variables < code.parameters {
        return Err(fail(0, "parameters <= variables <= registers does not hold".into()));
    }
    if code.capture_names.len() != code.captures.len()
        || code.variable_names.len() < code.variables as usize
    {
        return Err(fail(0, "a variable without a name".into()));
    }
    match code.instructions.last().map(|i| i.opcode) {
        Some(
            Opcode::Return
            | Opcode::ReturnNull
            | Opcode::EndGenerator
            | Opcode::Jump
            | Opcode::JumpBack,
        ) => {}
        Some(Opcode::Throw | Opcode::Raise) => {}
        _ => return Err(fail(len, "control falls off the end".into())),
    }
    for (pc, instruction) in code.instructions.iter().enumerate() {
        check(code, pc, *instruction)
            .map_err(|message| fail(pc, format!("{}: {message}", instruction.info().name)))?;
    }
    for handler in &code.handlers {
        if handler.start > handler.end
            || handler.end as usize > len
            || handler.target as usize >= len
        {
            return Err(fail(handler.start as usize, "handler outside of the code".into()));
        }
        if handler.register >= code.variables {
            return Err(fail(handler.target as usize, "error register is no variable".into()));
        }
    }
    for (index, info) in code.loops.iter().enumerate() {
        if info.header as usize >= len {
            return Err(fail(info.header as usize, format!("header of loop {index} outside")));
        }
    }
    code.functions.iter().try_for_each(|function| verify(function))
}

fn check(code: &Code, pc: usize, i: Instruction) -> Result<(), String> {
    use Operand::*;
    let fields = [i.a, i.b, i.c];
    for (position, operand) in i.info().operands.into_iter().enumerate() {
        let field = fields[position];
        let consumed = i.consumes(position);
        let run = match operand {
            Window => 1 + window_arguments(i),
            LoopState => 3,
            Run => run_length(i, code)?,
            _ => 1,
        };
        if matches!(operand, Out | In | InOut | CellIn | Window | LoopState | Run) {
            if field as usize + run > code.registers as usize && run > 0 {
                return Err(format!("register {field} (and {run}) of {}", code.registers));
            }
        } else if consumed {
            return Err(format!("consumes operand {position}, no register"));
        }
        match operand {
            In if consumed && i.opcode.consumable() >> position & Instruction::CONSUME_A != 0 => {}
            In if consumed != (field >= code.variables) && !reads_without_consuming(i.opcode) => {
                return Err(format!("consume bit of register {field} is wrong"));
            }
            LoopState if field + 3 > code.variables => {
                return Err("loop state must be variables".into());
            }
            Window if field < code.variables => return Err("window of variables".into()),
            None if field != 0 => return Err(format!("unused operand {position} is {field}")),
            _ => {}
        }
    }
    if let Some(arity) = i.intrinsic_arity() {
        let known = Intrinsic::at(arity, i.intrinsic());
        if known.is_none_or(|intrinsic| intrinsic.arity() != arity) {
            return Err(format!("no intrinsic {} of {arity} operands", i.intrinsic()));
        }
    }
    if let Some(distance) = i.jump() {
        let target = pc as i64 + 1 + distance as i64;
        if target < 0 || target >= code.instructions.len() as i64 {
            return Err(format!("target {target} outside of 0..{}", code.instructions.len()));
        }
        if i.opcode == Opcode::JumpBack {
            let known = code.loops.get(i.a as usize);
            if known.is_none_or(|info| info.header as i64 != target) {
                return Err(format!("loop {} does not begin at {target}", i.a));
            }
        }
    }
    check_index(code, i)
}

fn reads_without_consuming(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, JumpIfNull | JumpIfNotNull | JumpIfUndefined)
}

/// Registers of a call window after the callee.
pub(crate) fn window_arguments(i: Instruction) -> usize {
    use Opcode::*;
    match i.opcode {
        CallMethod | CallMethodPlace | CallMethodConst | CallMethodTemporary => i.count() + 1,
        _ => i.count(),
    }
}

/// Registers that an instruction with a [`Run`](super::opcode::Operand::Run) reads.
pub(crate) fn run_length(i: Instruction, code: &Code) -> Result<usize, String> {
    Ok(match i.opcode {
        Opcode::NewDict => 2 * i.c as usize,
        Opcode::NewStruct => code.shapes.get(i.c as usize).ok_or("no such shape")?.instance_len(),
        Opcode::NewEnum => i.count(),
        _ => i.c as usize,
    })
}

fn check_index(code: &Code, i: Instruction) -> Result<(), String> {
    use Opcode::*;
    let (limit, index) = match i.opcode {
        LoadConst | Raise => (code.constants.len(), i.d() as usize),
        Closure => (code.functions.len(), i.d() as usize),
        NewGenerator | Yield => (code.instructions.len(), i.d() as usize),
        GetModule | SetModule | ModuleDefined | PlaceModule | CallModule => {
            (code.module_names.len(), i.d() as usize)
        }
        GetCaptured | SetCaptured | CapturedDefined | PlaceCaptured => {
            (code.captures.len(), i.d() as usize)
        }
        GetMember | GetMemberSafe | PlaceMember => (code.caches.len(), i.c as usize),
        SetMember | CallMethod | CallMethodPlace | CallMethodConst | CallMethodTemporary => {
            (code.caches.len(), i.b as usize)
        }
        NewStruct => (code.shapes.len(), i.c as usize),
        NewEnum => (code.variants.len(), i.c as usize),
        JumpIfNotVariant => (code.variants.len(), i.b as usize),
        UnpackMember | UnpackOthers => (code.constants.len(), i.c as usize),
        BindMethod => {
            if i.c as usize >= code.constants.len() {
                return Err(format!("constant {} of {}", i.c, code.constants.len()));
            }
            (code.shapes.len(), i.b as usize)
        }
        _ => return Ok(()),
    };
    if index < limit { Ok(()) } else { Err(format!("index {index} of {limit}")) }
}
