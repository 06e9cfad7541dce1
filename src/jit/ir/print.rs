//! Text of traces and regions, for dumps and golden tests.
//!
//! One instruction a line: result and type, operation, operands, immediate
//! (after `#`, or in the notation of the operation: slots as `r1`, helpers by
//! name), exit (after `!`). The text is deterministic: heap addresses never
//! appear, a [`Namer`] names them, by default in order of appearance.
//! [`parse`](super::parse) reads it back.
//!
//! Example: `v7:int = int_add v3, v6 !2`.

use super::ops::{Helper, Op};
use super::region::{BlockKind, End, Exit, ExitKind, Region};
use super::trace::{Start, Trace, TraceEnd};
use super::types::{Callee, FrameState, Inst, Ref, Slot, SlotValue, Type};
use crate::bytecode::Slow;
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// Names heap addresses in text.
pub trait Namer {
    /// The name of the object of kind `ty` at this address.
    fn name(&mut self, ty: Type, address: u64) -> String;
}

/// Names addresses in order of appearance: `string#0`, `array#1`...
#[derive(Debug, Default)]
pub struct Ordinals {
    seen: FxHashMap<u64, usize>,
}

impl Namer for Ordinals {
    fn name(&mut self, ty: Type, address: u64) -> String {
        let next = self.seen.len();
        format!("{ty}#{}", self.seen.entry(address).or_insert(next))
    }
}

/// Text of a recorded trace.
pub fn trace(trace: &Trace, namer: &mut dyn Namer) -> String {
    let mut out = String::new();
    let _ = write!(out, "trace {} ", trace.id.0);
    let _ = match &trace.start {
        Start::Loop { code, index } => write!(out, "loop f{} #{index}", code.0),
        Start::Function { code, version } => write!(out, "function f{} #{version}", code.0),
        Start::Exit { parent, guard } => write!(out, "exit t{} {guard}", parent.0),
    };
    if trace.in_main {
        out.push_str(" in_main");
    }
    let _ = writeln!(out, " bytecodes {}", trace.bytecodes);
    let _ = writeln!(out, "frames {}", frames(&trace.frames));
    for mark in &trace.entered {
        let _ = writeln!(out, "enters f{}+{} return {}", mark.code.0, mark.base, mark.return_pc);
    }
    for (index, inst) in trace.insts.iter().enumerate() {
        let named = inst.ty != Type::Unit || inst.op.info().guards;
        let indent = if inst.op == Op::At { "" } else { "  " };
        let ty = |r: Ref| trace.insts[r.0 as usize].ty;
        let text = instruction(inst, named.then_some(Ref(index as u32)), &ty, namer);
        let _ = writeln!(out, "{indent}{text}");
    }
    let _ = match trace.end {
        TraceEnd::Header { code, index, back } => {
            writeln!(out, "end header f{} #{index}{}", code.0, if back { " back" } else { "" })
        }
        TraceEnd::Leave { pc } => writeln!(out, "end leave {pc}"),
        TraceEnd::Return { pc, register: Some(register) } => {
            writeln!(out, "end return {pc} r{register}")
        }
        TraceEnd::Return { pc, register: None } => writeln!(out, "end return {pc}"),
    };
    out
}

/// Text of a region.
pub fn region(region: &Region, namer: &mut dyn Namer) -> String {
    let mut out = String::new();
    let ty = |r: Ref| region.ty(r);
    if let Some(version) = region.function {
        let _ = writeln!(out, "function #{version}");
    }
    if region.is_side {
        let _ = writeln!(out, "side");
    }
    for (index, inst) in region.insts.iter().enumerate() {
        if inst.op == Op::Const {
            let text = instruction(inst, Some(Ref(index as u32)), &ty, namer);
            let _ = writeln!(out, "  {text}");
        }
    }
    for (index, block) in region.blocks.iter().enumerate() {
        let kind = match block.kind {
            BlockKind::Entry => "entry",
            BlockKind::Header => "header",
            BlockKind::Bridge => "bridge",
        };
        let params: Vec<String> =
            block.params.iter().map(|r| format!("{r}:{}", region.ty(*r))).collect();
        let _ = writeln!(out, "b{index} {kind}({}):", params.join(", "));
        for &reference in &block.insts {
            let inst = region.inst(reference);
            let named = (inst.ty != Type::Unit).then_some(reference);
            let _ = writeln!(out, "  {}", instruction(inst, named, &ty, namer));
        }
        let _ = match &block.end {
            End::Jump { target, args } => writeln!(out, "  jump b{}({})", target.0, list(args)),
            End::Leave(exit) => writeln!(out, "  leave !{}", exit.0),
            End::Return(value) => writeln!(out, "  return {}", slot_value(value)),
        };
    }
    for &reference in &region.sunk {
        let text = instruction(region.inst(reference), Some(reference), &ty, namer);
        let _ = writeln!(out, "sunk {text}");
    }
    for (index, exit) in region.exits.iter().enumerate() {
        let _ = writeln!(out, "!{index} = {}", exit_text(exit));
    }
    out
}

/// Text of one exit: where it comes from, what it restores, where it goes on.
pub fn exit_text(exit: &Exit) -> String {
    let kind = match exit.kind {
        ExitKind::Resume => "resume",
        ExitKind::Raise => "raise",
        ExitKind::Entry => "entry",
        ExitKind::End => "end",
        ExitKind::Assumed => "assumed",
        ExitKind::Interrupt => "interrupt",
        ExitKind::Absent => "absent",
        ExitKind::Call => "call",
    };
    let mut out = format!("t{} {}", exit.trace.0, exit.guard);
    if exit.peeled {
        out.push_str(" peeled");
    }
    let _ = write!(out, " {kind} [{}] {{", frames(&exit.snapshot.frames));
    for (n, (slot, value)) in exit.snapshot.slots.iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        let _ = write!(out, "{comma}{slot}: {}", slot_value(value));
    }
    out.push('}');
    if !exit.snapshot.retains.is_empty() {
        let _ = write!(out, " retain {}", list(&exit.snapshot.retains));
    }
    if let Some(observed) = exit.observed {
        let _ = write!(out, " observe {observed}");
    }
    if let Some(bridge) = exit.bridge {
        let _ = write!(out, " -> b{}", bridge.0);
    }
    out
}

fn slot_value(value: &SlotValue) -> String {
    match value {
        SlotValue::Typed(r) => r.to_string(),
        SlotValue::Dynamic { tag, payload } => format!("({tag} {payload})"),
    }
}

fn frames(frames: &[FrameState]) -> String {
    let texts: Vec<String> =
        frames.iter().map(|f| format!("f{}@{}+{}", f.code.0, f.pc, f.base)).collect();
    texts.join(", ")
}

fn list(refs: &[Ref]) -> String {
    let texts: Vec<String> = refs.iter().map(Ref::to_string).collect();
    texts.join(", ")
}

/// Text of one instruction; `name` is printed with the result type if given,
/// `ty` tells the types of operands.
pub fn instruction(
    inst: &Inst,
    name: Option<Ref>,
    ty: &dyn Fn(Ref) -> Type,
    namer: &mut dyn Namer,
) -> String {
    let mut out = String::new();
    if let Some(name) = name {
        let _ = match inst.ty {
            Type::Unit => write!(out, "{name} = "),
            ty => write!(out, "{name}:{ty} = "),
        };
    }
    out.push_str(inst.op.info().name);
    let mut operands: Vec<String> = Vec::new();
    let mut after = None;
    match inst.op {
        Op::Const => operands.push(constant(inst.ty, inst.imm, namer)),
        Op::At | Op::Leave => operands.push(inst.imm.to_string()),
        Op::Enter => operands.push(format!("#{}", inst.imm)),
        Op::Slot
        | Op::Immediate
        | Op::Set
        | Op::SlotTag
        | Op::SlotPayload
        | Op::ClearSlot
        | Op::StoreSlot
        | Op::StoreSlotDynamic => operands.push(Slot::decode(inst.imm).to_string()),
        Op::GuardCallable | Op::CallFunction => operands.push(Callee::decode(inst.imm).to_string()),
        Op::Call => {
            let name = Helper::decode(inst.imm).name();
            let hint = Helper::hint(inst.imm).map_or(String::new(), |at| format!("@{at}"));
            operands.push(format!("{name}{hint}"));
        }
        Op::CallSlow | Op::CallRaising => {
            let slow = Slow::from_number(inst.imm as u8).name();
            operands.push(format!("{slow}:{}", inst.imm >> 32));
        }
        Op::GuardEqual | Op::GuardNotEqual | Op::Saw => {
            after = Some(constant(ty(inst.args[0]), inst.imm, namer));
        }
        Op::FieldTag
        | Op::FieldPayload
        | Op::StoreField
        | Op::ClosureCell
        | Op::ArrayAdopt
        | Op::ArrayPush
        | Op::ReleaseFlat
        | Op::NewRecord
        | Op::NewArray
        | Op::NewClosure => after = Some(inst.imm.to_string()),
        _ => {}
    }
    operands.extend(inst.args.iter().map(Ref::to_string));
    operands.extend(after.map(|text| format!("#{text}")));
    if !operands.is_empty() {
        let _ = write!(out, " {}", operands.join(", "));
    }
    if let Some(exit) = inst.exit {
        let _ = write!(out, " !{}", exit.0);
    }
    out
}

/// Text of a constant of this type.
pub fn constant(ty: Type, bits: u64, namer: &mut dyn Namer) -> String {
    match ty {
        Type::Int => (bits as i64).to_string(),
        Type::Float => {
            let value = f64::from_bits(bits);
            if value.is_nan() { format!("nan:{bits:#x}") } else { format!("{value:?}") }
        }
        Type::Bool => (bits != 0).to_string(),
        Type::Null | Type::Undefined => ty.to_string(),
        Type::Pointer(_) => namer.name(ty, bits),
        Type::Unit | Type::Word | Type::Native => bits.to_string(),
    }
}
