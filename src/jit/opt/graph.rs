//! The region under construction: blocks, shared constants, exits.
//!
//! Example: `graph.constant(Type::Int, 1)` twice gives the same reference.

use super::super::ir::{Block, BlockId, BlockKind, End, Exit, ExitId, Inst, Op, Ref, Region, Type};
use crate::value::Tag;
use rustc_hash::FxHashMap;

/// A region with constants shared.
#[derive(Debug, Default)]
pub struct Graph {
    /// What has been built so far.
    pub region: Region,
    constants: FxHashMap<(Type, u64), Ref>,
}

impl Graph {
    /// The instruction that `reference` names.
    pub fn inst(&self, reference: Ref) -> &Inst {
        self.region.inst(reference)
    }

    /// Type of a result.
    pub fn ty(&self, reference: Ref) -> Type {
        self.region.ty(reference)
    }

    /// A constant.
    pub fn constant(&mut self, ty: Type, bits: u64) -> Ref {
        let insts = &mut self.region.insts;
        *self.constants.entry((ty, bits)).or_insert_with(|| {
            insts.push(Inst::constant(ty, bits));
            Ref(insts.len() as u32 - 1)
        })
    }

    /// An int constant.
    pub fn int(&mut self, value: i64) -> Ref {
        self.constant(Type::Int, value as u64)
    }

    /// A tag word as constant.
    pub fn tag_word(&mut self, tag: Tag) -> Ref {
        self.constant(Type::Word, tag as u64)
    }

    /// Payload bits, if this is a constant.
    pub fn bits(&self, reference: Ref) -> Option<u64> {
        let inst = self.inst(reference);
        (inst.op == Op::Const).then_some(inst.imm)
    }

    /// Whether this was loaded from an element, a field or a cell, which holds a count of it.
    pub fn is_loaded_from_heap(&self, reference: Ref) -> bool {
        let inst = self.inst(reference);
        match inst.op {
            Op::GuardType => self.is_loaded_from_heap(inst.args[1]),
            op => matches!(
                op,
                Op::ElementPayload | Op::FieldPayload | Op::CellPayload | Op::EntryPayload
            ),
        }
    }

    /// The int, if this is an int constant.
    pub fn as_int(&self, reference: Ref) -> Option<i64> {
        let inst = self.inst(reference);
        (inst.op == Op::Const && inst.ty == Type::Int).then_some(inst.imm as i64)
    }

    /// The float, if this is a float constant.
    pub fn as_float(&self, reference: Ref) -> Option<f64> {
        let inst = self.inst(reference);
        (inst.op == Op::Const && inst.ty == Type::Float).then(|| f64::from_bits(inst.imm))
    }

    /// A new block, still without an end.
    pub fn block(&mut self, kind: BlockKind) -> BlockId {
        let open = End::Leave(ExitId(u32::MAX));
        self.region.blocks.push(Block { kind, params: Vec::new(), insts: Vec::new(), end: open });
        BlockId(self.region.blocks.len() as u32 - 1)
    }

    /// Adds a parameter to a block.
    pub fn parameter(&mut self, block: BlockId, ty: Type) -> Ref {
        self.region.insts.push(Inst::new(Op::Parameter, ty, &[]));
        let reference = Ref(self.region.insts.len() as u32 - 1);
        self.region.blocks[block.0 as usize].params.push(reference);
        reference
    }

    /// Appends an instruction to a block.
    pub fn append(&mut self, block: BlockId, inst: Inst) -> Ref {
        self.region.insts.push(inst);
        let reference = Ref(self.region.insts.len() as u32 - 1);
        self.region.blocks[block.0 as usize].insts.push(reference);
        reference
    }

    /// Adds an exit.
    pub fn exit(&mut self, exit: Exit) -> ExitId {
        self.region.exits.push(exit);
        ExitId(self.region.exits.len() as u32 - 1)
    }

    /// Ends a block.
    pub fn end(&mut self, block: BlockId, end: End) {
        self.region.blocks[block.0 as usize].end = end;
    }
}
