//! A region: the optimised control-flow graph of a loop or function, its bridges
//! and the loops inside, which becomes one machine-code function.
//!
//! Blocks are in an order in which every block comes after its dominator; the
//! first is the entry. An instruction may use any result of a dominating
//! block. Guards lie inside blocks: when one fails, control goes to its exit,
//! which either leaves to the interpreter through its snapshot or, once it was
//! hot, continues in a bridge block (which may use every value that was
//! available at the guard).
//!
//! Example: `while i < n { s := s + i; i := i + 1 }`:
//!
//! ```text
//! b0 entry:            v0 = slot_tag r0 ... jump b1(v1, v3)
//! b1 header(v4, v5):   peeled round ... jump b2(v8, v9)
//! b2 header(v10, v11): v12 = int_lt v10, v2; guard_true v12 !4; ... jump b2(v13, v14)
//! ```

use super::trace::TraceId;
use super::types::{Inst, Ref, Slot, SlotValue, Snapshot, Type};
use rustc_hash::FxHashMap;

/// Index of a block in its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub u32);

/// Index of an exit in its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExitId(pub u32);

/// What a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Where the function begins.
    Entry,
    /// A loop header: the target of a back edge. Lowered as a loop.
    Header,
    /// Where a bridge begins; reached only from one exit.
    Bridge,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// To another block, with its parameters.
    Jump {
        /// The block.
        target: BlockId,
        /// One operand a parameter.
        args: Vec<Ref>,
    },
    /// To the interpreter, unconditionally.
    Leave(ExitId),
    /// To whoever called the function, with this value, owned. Regions of
    /// functions only.
    Return(SlotValue),
}

impl End {
    /// The results that it uses.
    pub fn operands(&self) -> impl Iterator<Item = Ref> + '_ {
        let (args, returned) = match self {
            End::Jump { args, .. } => (args.as_slice(), None),
            End::Leave(_) => (&[][..], None),
            End::Return(value) => (&[][..], Some(value.operands())),
        };
        args.iter().copied().chain(returned.into_iter().flatten())
    }
}

/// A block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is for.
    pub kind: BlockKind,
    /// Its parameters: instructions with op `Parameter`.
    pub params: Vec<Ref>,
    /// Its instructions in order (parameters and constants excluded: constants
    /// belong to no block and may be used anywhere).
    pub insts: Vec<Ref>,
    /// How it ends.
    pub end: End,
}

/// How the interpreter goes on after an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// It executes the instruction at the snapshot's pc.
    Resume,
    /// It raises the pending fault as if that instruction had.
    Raise,
    /// A guard before the entry block changed anything: the region does not fit
    /// the types found; nothing is to be restored.
    Entry,
    /// The end of a trace: no assumption failed.
    End,
    /// What was checked before a loop, to spare its rounds checks, does not hold. The
    /// interpreter goes on at the loop's header.
    Assumed,
    /// Somebody asked the program to stop: the machine raises that, if it is still so.
    Interrupt,
    /// The function called has no code yet or the stacks have no room for it: the
    /// interpreter calls it. No bridge could do better.
    Absent,
    /// The function called has left to the interpreter: what it left with comes
    /// first, then this frame as it waits behind the call.
    Call,
}

/// A way out of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// The recorded trace whose guard (or end) this is.
    pub trace: TraceId,
    /// The guarding instruction of that trace; its end if past the last.
    pub guard: Ref,
    /// Whether this is the copy in a peeled first round.
    pub peeled: bool,
    /// How the interpreter goes on.
    pub kind: ExitKind,
    /// What to restore.
    pub snapshot: Snapshot,
    /// For a guard that compares or tests a word: that word, kept for the report.
    pub observed: Option<Ref>,
    /// The block that goes on instead of leaving, if this exit has a bridge.
    pub bridge: Option<BlockId>,
    /// Types of slots whose values memory holds and the snapshot leaves out, for a side
    /// region that goes on here.
    pub resident: Vec<(Slot, Type)>,
}

/// What a constant string begins with, so that machine code compares short ones
/// without looking at the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Length of the whole text in bytes.
    pub len: usize,
    /// The first bytes as a little-endian word, zeros behind a shorter text.
    pub word: u64,
}

impl Beginning {
    /// Bytes in the word.
    pub const BYTES: usize = 8;

    /// What a text begins with.
    pub fn of(text: &str) -> Beginning {
        let mut word = [0; Beginning::BYTES];
        for (byte, own) in word.iter_mut().zip(text.bytes()) {
            *byte = own;
        }
        Beginning { len: text.len(), word: u64::from_le_bytes(word) }
    }
}

/// An optimised region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// All instructions; a [`Ref`] is an index into them.
    pub insts: Vec<Inst>,
    /// The blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// The exits.
    pub exits: Vec<Exit>,
    /// Set if this is the region of a function, whose arguments are the entry
    /// block's parameters (those of types without bits excepted).
    pub function: Option<u32>,
    /// Set if this is a side region: it goes on at an exit of another region, and the
    /// entry block's parameters are the words that the exit hands over. It answers what
    /// that region would have: so `function` says what that is.
    pub is_side: bool,
    /// Allocations that stand in no block, in ascending order. An exit whose snapshot names
    /// one carries it out when it is taken, after those that its operands name; it uses what
    /// is available there.
    pub sunk: Vec<Ref>,
    /// What constant strings begin with, by their bits; without an entry, a constant
    /// is compared as any other string.
    pub beginnings: FxHashMap<u64, Beginning>,
}

impl Region {
    /// The instruction that `reference` names.
    ///
    /// # Panics
    /// If there is none.
    pub fn inst(&self, reference: Ref) -> &Inst {
        &self.insts[reference.0 as usize]
    }

    /// Whether exits carry out this allocation.
    pub fn is_sunk(&self, reference: Ref) -> bool {
        self.sunk.binary_search(&reference).is_ok()
    }

    /// Allocations that stand in no block, each after those that it uses.
    pub fn sunk_in_order(&self) -> Vec<Ref> {
        let mut all = Vec::with_capacity(self.sunk.len());
        self.sunk.iter().for_each(|sunk| self.add_made(*sunk, &mut all));
        all
    }

    /// The allocations that an exit with this snapshot carries out, each after those that it
    /// uses.
    pub fn made_at(&self, snapshot: &Snapshot) -> Vec<Ref> {
        let mut made = Vec::new();
        if !self.sunk.is_empty() {
            snapshot.operands().for_each(|operand| self.add_made(operand, &mut made));
        }
        made
    }

    fn add_made(&self, operand: Ref, made: &mut Vec<Ref>) {
        if self.is_sunk(operand) && !made.contains(&operand) {
            self.inst(operand).args.iter().for_each(|arg| self.add_made(*arg, made));
            made.push(operand);
        }
    }

    /// Type of a result.
    pub fn ty(&self, reference: Ref) -> Type {
        self.inst(reference).ty
    }
}
