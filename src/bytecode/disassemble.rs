//! Text form of a function, for `ruff disasm`, dumps and golden tests.
//!
//! Deterministic: registers are `r3` (variable, with its name once per function;
//! `r3!` where it is consumed) or `t5` (temporary), jump targets are absolute, no
//! addresses.
//!
//! Example line: `   4  Add            t2, r0, t2          ; line 3`.

use super::code::Code;
use super::instruction::Instruction;
use super::opcode::{Intrinsic, Opcode, Operand};
use crate::value::{Tag, Value};
use std::fmt::Write;

/// The text of `code` and, after it, of every function inside it.
pub fn disassemble(code: &Code) -> String {
    let mut out = String::new();
    write_function(code, &mut out);
    out
}

fn write_function(code: &Code, out: &mut String) {
    let _ = writeln!(
        out,
        "function {} ({} parameters, {} variables, {} registers)",
        code.name, code.parameters, code.variables, code.registers
    );
    let names: Vec<String> = code
        .variable_names
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.is_empty())
        .map(|(register, name)| format!("r{register}={name}"))
        .collect();
    if !names.is_empty() {
        let _ = writeln!(out, "  variables {}", names.join(" "));
    }
    let mut line = 0;
    for (pc, instruction) in code.instructions.iter().enumerate() {
        let now = code.line(pc);
        let text = instruction_text(code, pc, *instruction);
        if now == line {
            let _ = writeln!(out, "{pc:5}  {text}");
        } else {
            let _ = writeln!(out, "{pc:5}  {text:<44} ; line {now}");
        }
        line = now;
    }
    for handler in &code.handlers {
        let kind = if handler.cleanup { "cleanup" } else { "handler" };
        let value = match handler.ignores {
            true => "ignored".to_string(),
            false => format!("in r{}", handler.register),
        };
        let (start, end, target) = (handler.start, handler.end, handler.target);
        let _ = writeln!(out, "  {kind} {start}..{end} -> {target} {value}");
    }
    for function in &code.functions {
        out.push('\n');
        write_function(function, out);
    }
}

/// The text of one instruction of `code`.
pub(crate) fn instruction_text(code: &Code, pc: usize, i: Instruction) -> String {
    let info = i.info();
    let register = |number: u16| {
        if number < code.variables { format!("r{number}") } else { format!("t{number}") }
    };
    let fields = [i.a, i.b, i.c];
    let mut parts = Vec::new();
    for (position, operand) in info.operands.into_iter().enumerate() {
        let field = fields[position];
        parts.push(match operand {
            Operand::None | Operand::Wide => continue,
            Operand::In if field < code.variables && i.consumes(position) => {
                format!("{}!", register(field))
            }
            Operand::Out | Operand::In | Operand::InOut | Operand::CellIn => register(field),
            Operand::Window => format!("{}({})", register(field), i.count()),
            Operand::LoopState | Operand::Run => format!("{}..", register(field)),
            Operand::Count => format!("{field}"),
            Operand::Small => format!("{}", field as i16),
            Operand::Index => index_text(code, i, position, field as usize),
            Operand::Jump => format!("-> {}", pc as i64 + 1 + (field as i16) as i64),
            Operand::WideJump => format!("-> {}", pc as i64 + 1 + i.d() as i64),
            Operand::WideIndex => index_text(code, i, position, i.d() as usize),
        });
    }
    if let Some(arity) = i.intrinsic_arity() {
        let name = Intrinsic::at(arity, i.intrinsic()).map_or("?", Intrinsic::name);
        parts.insert(1, name.to_string());
    }
    format!("{:<22} {}", info.name, parts.join(", "))
}

fn index_text(code: &Code, i: Instruction, position: usize, index: usize) -> String {
    use Opcode::*;
    match i.opcode {
        LoadInt => (index as i32).to_string(),
        LoadConst | Raise | UnpackMember | UnpackOthers => {
            code.constants.get(index).map_or_else(|| format!("K[{index}]"), constant_text)
        }
        BindMethod if position == 2 => {
            code.constants.get(index).map_or_else(|| format!("K[{index}]"), constant_text)
        }
        GetModule | SetModule | ModuleDefined | PlaceModule | CallModule => {
            let name = code.module_names.get(index).map_or("", |name| name.as_str());
            format!("M[{index}] {name}").trim_end().to_string()
        }
        GetMember | GetMemberSafe | PlaceMember | SetMember | CallMethod | CallMethodPlace
        | CallMethodConst | CallMethodTemporary => {
            code.caches.get(index).map_or_else(|| format!("?{index}"), |c| format!(".{}", c.name))
        }
        NewStruct | BindMethod => {
            code.shapes.get(index).map_or_else(|| format!("?{index}"), |s| s.name.to_string())
        }
        Closure => {
            code.functions.get(index).map_or_else(|| format!("?{index}"), |f| f.name.to_string())
        }
        JumpBack => format!("loop {index}"),
        GetCaptured | SetCaptured | CapturedDefined | PlaceCaptured => {
            let name = code.capture_names.get(index).map_or("", |name| name.as_str());
            format!("C[{index}] {name}").trim_end().to_string()
        }
        _ => format!("#{index}"),
    }
}

fn constant_text(value: &Value) -> String {
    match value.tag() {
        Tag::Int => value.as_int().unwrap_or_default().to_string(),
        Tag::Float => format!("{:?}", value.as_float().unwrap_or_default()),
        Tag::String => format!("{:?}", value.as_string().map_or("", |s| s.as_str())),
        tag => tag.name().to_string(),
    }
}
