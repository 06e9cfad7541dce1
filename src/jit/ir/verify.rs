//! Checks that traces and regions keep the rules of the IR.
//!
//! What is checked: operand counts and types by operation, results used only
//! where their definition dominates, exits exactly on guarding operations of
//! regions, jump arguments that match the target's parameters, snapshots and
//! deferred counts that refer to available values, no marks in regions.
//!
//! Example: a region whose back edge passes a float for an int parameter is
//! refused with `b2: argument 0 of the jump to b1 is float, its parameter int`.

use super::flow::Flow;
use super::ops::{Helper, Op};
use super::region::{BlockKind, End, Region};
use super::trace::Trace;
use super::types::{Inst, Ref, Type};
use crate::bytecode::Slow;
use std::fmt;

/// A broken rule, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError(pub String);

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VerifyError {}

fn fail<T>(text: String) -> Result<T, VerifyError> {
    Err(VerifyError(text))
}

/// Checks a recorded trace.
///
/// # Errors
/// The first broken rule.
pub fn trace(trace: &Trace) -> Result<(), VerifyError> {
    if trace.frames.is_empty() {
        return fail("a trace has at least one frame".into());
    }
    for (index, inst) in trace.insts.iter().enumerate() {
        let name = Ref(index as u32);
        if let Some(bad) = inst.args.iter().find(|arg| arg.0 >= name.0) {
            return fail(format!("{name} uses {bad} before it is defined"));
        }
        if inst.exit.is_some() {
            return fail(format!("{name} has an exit in a recorded trace"));
        }
        let region_only = matches!(
            inst.op,
            Op::Parameter
                | Op::Retype
                | Op::SlotTag
                | Op::SlotPayload
                | Op::ClearSlot
                | Op::StoreSlot
                | Op::StoreSlotDynamic
                | Op::StoreResult
                | Op::StoreResultDynamic
                | Op::Poll
        );
        if region_only {
            return fail(format!("{name}: {} occurs only in regions", inst.op.info().name));
        }
        if inst.op == Op::Enter && inst.imm as usize >= trace.entered.len() {
            return fail(format!("{name} enters an unknown frame"));
        }
        operands(inst, name, &|r| trace.inst(r).ty)?;
    }
    Ok(())
}

/// Checks a region.
///
/// # Errors
/// The first broken rule.
pub fn region(region: &Region) -> Result<(), VerifyError> {
    let Some(entry) = region.blocks.first() else { return fail("no entry block".into()) };
    let has_parameters = region.function.is_some() || region.is_side;
    if entry.kind != BlockKind::Entry || !has_parameters && !entry.params.is_empty() {
        return fail(
            "the first block is an entry; regions of loops have no parameters there".into(),
        );
    }
    let flow = Flow::of(region).or_else(fail)?;
    let mut home: Vec<Option<(usize, usize)>> = vec![None; region.insts.len()];
    for (b, block) in region.blocks.iter().enumerate() {
        let all = block.params.iter().map(|r| (r, 0));
        let all = all.chain(block.insts.iter().enumerate().map(|(n, r)| (r, n + 1)));
        for (reference, position) in all {
            match home.get_mut(reference.0 as usize) {
                Some(place @ None) => *place = Some((b, position)),
                Some(Some(_)) => return fail(format!("b{b}: {reference} is defined twice")),
                None => return fail(format!("b{b}: {reference} does not exist")),
            }
        }
    }
    let available = |reference: Ref, block: usize, position: usize| -> bool {
        match region.insts.get(reference.0 as usize) {
            None => false,
            Some(inst) if inst.op == Op::Const => true,
            Some(_) => home[reference.0 as usize].is_some_and(|(b, p)| {
                if b == block { p < position } else { flow.dominates(b, block) }
            }),
        }
    };
    let check_exit = |exit: super::ExitId, block: usize, position: usize| {
        let Some(exit_row) = region.exits.get(exit.0 as usize) else {
            return fail(format!("b{block}: exit {} does not exist", exit.0));
        };
        let made = region.made_at(&exit_row.snapshot);
        let made_of = made.iter().flat_map(|made| region.inst(*made).args.iter().copied());
        for r in exit_row.snapshot.operands().chain(exit_row.observed).chain(made_of) {
            if !made.contains(&r) && !available(r, block, position) {
                return fail(format!("b{block}: exit {} uses {r}, not available there", exit.0));
            }
        }
        if let Some(r) = exit_row.snapshot.retains.iter().find(|r| !region.ty(**r).is_pointer()) {
            return fail(format!("b{block}: exit {} retains {r}, not a pointer", exit.0));
        }
        Ok(())
    };
    for &reference in &region.sunk {
        let Some(inst) = region.insts.get(reference.0 as usize) else {
            return fail(format!("{reference} is sunk and does not exist"));
        };
        if !matches!(inst.op, Op::NewRecord | Op::NewArray) || home[reference.0 as usize].is_some()
        {
            return fail(format!("{reference} is no allocation outside of blocks, but sunk"));
        }
        operands(inst, reference, &|r| region.ty(r))?;
    }
    for (b, block) in region.blocks.iter().enumerate() {
        if let Some(r) = block.params.iter().find(|r| region.inst(**r).op != Op::Parameter) {
            return fail(format!("b{b}: parameter {r} is no parameter instruction"));
        }
        for (n, &reference) in block.insts.iter().enumerate() {
            let inst = region.inst(reference);
            let op = inst.op;
            if op.is_mark() {
                return fail(format!("b{b}: mark {} in a region", op.info().name));
            }
            if matches!(op, Op::Const | Op::Parameter) {
                return fail(format!("b{b}: {} among the instructions", op.info().name));
            }
            for &arg in &inst.args {
                if !available(arg, b, n + 1) {
                    return fail(format!("b{b}: {reference} uses {arg}, not available there"));
                }
            }
            operands(inst, reference, &|r| region.ty(r))?;
            match (op.info().guards, inst.exit) {
                (true, Some(exit)) => check_exit(exit, b, n + 1)?,
                (false, None) => {}
                (true, None) => return fail(format!("b{b}: {reference} has no exit")),
                (false, Some(_)) => return fail(format!("b{b}: {reference} cannot have an exit")),
            }
        }
        match &block.end {
            End::Leave(exit) => check_exit(*exit, b, usize::MAX)?,
            End::Return(_) if region.function.is_none() => {
                return fail(format!("b{b}: returns from a region that is no function's"));
            }
            End::Return(value) => {
                if let Some(r) = value.operands().find(|r| !available(*r, b, usize::MAX)) {
                    return fail(format!("b{b}: returns {r}, not available there"));
                }
            }
            End::Jump { target, args } => {
                let params = &region.blocks[target.0 as usize].params;
                if params.len() != args.len() {
                    return fail(format!(
                        "b{b}: jump to b{} with {} arguments",
                        target.0,
                        args.len()
                    ));
                }
                for (n, (&arg, &param)) in args.iter().zip(params).enumerate() {
                    if !available(arg, b, usize::MAX) {
                        return fail(format!("b{b}: jump uses {arg}, not available there"));
                    }
                    if region.ty(arg) != region.ty(param) {
                        return fail(format!(
                            "b{b}: argument {n} of the jump to b{} is {}, its parameter {}",
                            target.0,
                            region.ty(arg),
                            region.ty(param)
                        ));
                    }
                }
            }
        }
    }
    Ok(())
}

/// What an operand must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Is(Type),
    Pointer,
    /// A word, int, pointer or anything else that fits an integer register.
    Bits,
    /// Any value of the language.
    Value,
    /// The payload of a value, typed or not.
    Payload,
}

impl Kind {
    fn accepts(self, ty: Type) -> bool {
        match self {
            Kind::Is(wanted) => ty == wanted,
            Kind::Pointer => ty.is_pointer(),
            Kind::Bits => !matches!(ty, Type::Unit | Type::Float),
            Kind::Value => ty.tag().is_some(),
            Kind::Payload => ty != Type::Unit,
        }
    }
}

fn operands(inst: &Inst, name: Ref, ty: &dyn Fn(Ref) -> Type) -> Result<(), VerifyError> {
    use Kind::*;
    const INT: Kind = Is(Type::Int);
    const FLOAT: Kind = Is(Type::Float);
    const BOOL: Kind = Is(Type::Bool);
    const WORD: Kind = Is(Type::Word);
    let op = inst.op;
    let (fixed, result): (&[Kind], Option<Type>) = match op {
        Op::At | Op::Enter | Op::Leave | Op::Immediate | Op::Poll => (&[], Some(Type::Unit)),
        Op::Set if inst.args.len() == 2 => (&[WORD, Payload], Some(Type::Unit)),
        Op::Set => (&[Value], Some(Type::Unit)),
        Op::Slot | Op::Const | Op::Parameter | Op::SlotPayload | Op::ResultPayload => (&[], None),
        Op::SlotTag | Op::ResultTag => (&[], Some(Type::Word)),
        Op::Retype => (&[Payload], None),
        Op::ClearSlot => (&[], Some(Type::Unit)),
        Op::StoreSlot | Op::StoreResult => (&[Value], Some(Type::Unit)),
        Op::StoreSlotDynamic | Op::StoreResultDynamic => (&[WORD, Payload], Some(Type::Unit)),
        Op::GuardType => (&[WORD, Payload], None),
        Op::GuardTrue | Op::GuardFalse => (&[BOOL], Some(Type::Unit)),
        Op::GuardEqual | Op::GuardNotEqual => (&[Bits], Some(Type::Unit)),
        Op::GuardBelow => (&[Bits, Bits], Some(Type::Unit)),
        Op::GuardStatus => (&[WORD], Some(Type::Unit)),
        Op::IntAdd
        | Op::IntSub
        | Op::IntMul
        | Op::IntAddWrap
        | Op::IntSubWrap
        | Op::IntMulWrap
        | Op::IntDiv
        | Op::IntMod
        | Op::BitAnd
        | Op::BitOr
        | Op::BitXor
        | Op::BitShl
        | Op::BitShr
        | Op::IntMin
        | Op::IntMax => (&[INT, INT], Some(Type::Int)),
        Op::IntNeg | Op::IntAbs | Op::BitNot => (&[INT], Some(Type::Int)),
        Op::Saw => (&[INT], Some(Type::Unit)),
        Op::IntEq | Op::IntNe | Op::IntLt | Op::IntLe | Op::IntGt | Op::IntGe => {
            (&[INT, INT], Some(Type::Bool))
        }
        Op::IntToFloat => (&[INT], Some(Type::Float)),
        Op::FloatAdd
        | Op::FloatSub
        | Op::FloatMul
        | Op::FloatDiv
        | Op::FloatMod
        | Op::FloatMin
        | Op::FloatMax
        | Op::FloatPow => (&[FLOAT, FLOAT], Some(Type::Float)),
        Op::FloatNeg
        | Op::FloatAbs
        | Op::FloatSqrt
        | Op::FloatFloor
        | Op::FloatCeil
        | Op::FloatRound
        | Op::FloatSin
        | Op::FloatCos
        | Op::FloatTan
        | Op::FloatExp
        | Op::FloatLog => (&[FLOAT], Some(Type::Float)),
        Op::FloatEq | Op::FloatNe | Op::FloatLt | Op::FloatLe | Op::FloatGt | Op::FloatGe => {
            (&[FLOAT, FLOAT], Some(Type::Bool))
        }
        Op::FloatToInt => (&[FLOAT], Some(Type::Int)),
        Op::BoolNot => (&[BOOL], Some(Type::Bool)),
        Op::BoolEq => (&[BOOL, BOOL], Some(Type::Bool)),
        Op::Select if inst.ty == Type::Int => (&[BOOL, INT, INT], None),
        Op::Select => (&[BOOL, BOOL, BOOL], Some(Type::Bool)),
        Op::PointerEq => (&[Pointer, Pointer], Some(Type::Bool)),
        Op::HeaderShape | Op::HeaderCount => (&[Pointer], Some(Type::Word)),
        Op::ArrayLen => (&[Pointer], Some(Type::Int)),
        Op::ArrayData | Op::RecordLen => (&[Pointer], Some(Type::Word)),
        Op::ElementInt => (&[WORD, INT], Some(Type::Int)),
        Op::ElementFloat => (&[WORD, INT], Some(Type::Float)),
        Op::ElementBool => (&[WORD, INT], Some(Type::Bool)),
        Op::ElementTag | Op::ElementPayload => (&[WORD, INT], Some(Type::Word)),
        Op::FieldTag | Op::FieldPayload | Op::CellTag | Op::CellPayload | Op::ClosureCode => {
            (&[Pointer], Some(Type::Word))
        }
        Op::ClosureCell => (&[Pointer], None),
        Op::EntryTag | Op::EntryPayload => (&[WORD], Some(Type::Word)),
        Op::StoreEntry => (&[WORD, Value], Some(Type::Unit)),
        Op::StoreInt => (&[WORD, INT, INT], Some(Type::Unit)),
        Op::StoreFloat => (&[WORD, INT, FLOAT], Some(Type::Unit)),
        Op::StoreBool => (&[WORD, INT, BOOL], Some(Type::Unit)),
        Op::StoreAny => (&[WORD, INT, Value], Some(Type::Unit)),
        Op::StoreLen => (&[Pointer, INT], Some(Type::Unit)),
        Op::StoreField | Op::StoreCell | Op::ArrayPush => (&[Pointer, Value], Some(Type::Unit)),
        Op::ArrayAdopt | Op::Own | Op::Retain | Op::Release | Op::ReleaseFlat => {
            (&[Pointer], Some(Type::Unit))
        }
        Op::NewRecord | Op::NewArray | Op::NewClosure => (&[], None),
        Op::NewCell => (&[Value], None),
        Op::GuardCallable => (&[], Some(Type::Unit)),
        Op::CallFunction => (&[], Some(Type::Word)),
        Op::ReturnPayload => (&[WORD], Some(Type::Word)),
        Op::Call => (&[], Some(Helper::decode(inst.imm).result())),
        Op::CallSlow | Op::CallRaising => (&[], Some(Type::Word)),
    };
    let text = op.info().name;
    let many = match op {
        Op::NewRecord
        | Op::NewArray
        | Op::NewClosure
        | Op::CallSlow
        | Op::CallRaising
        | Op::CallFunction => Some(Value),
        Op::Call => Some(Bits),
        _ => None,
    };
    let count = match op {
        Op::Call => Helper::decode(inst.imm).arity(),
        _ if many.is_some() => inst.args.len(),
        _ => fixed.len(),
    };
    if inst.args.len() != count {
        return fail(format!("{name}: {text} has {} operands, not {count}", inst.args.len()));
    }
    for (n, &arg) in inst.args.iter().enumerate() {
        let wanted = many.or_else(|| fixed.get(n).copied()).unwrap_or(Payload);
        if !wanted.accepts(ty(arg)) {
            return fail(format!("{name}: operand {n} of {text} is {}", ty(arg)));
        }
    }
    let generic = matches!(op, Op::CallSlow | Op::CallRaising);
    if generic && (inst.imm & 0xffff_ffff) as usize >= Slow::ALL.len() {
        return fail(format!("{name}: no such generic helper"));
    }
    match result {
        Some(wanted) if inst.ty != wanted => {
            fail(format!("{name}: {text} gives {wanted}, not {}", inst.ty))
        }
        None if inst.ty == Type::Unit => fail(format!("{name}: {text} has a result")),
        _ => Ok(()),
    }
}
