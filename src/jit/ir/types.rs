//! References, types, instructions and snapshots of the trace IR.
//!
//! Example: `int v7 = int_add v3, v6 !2` is an [`Inst`] with op `IntAdd`, type
//! `Int`, arguments `v3` and `v6`, and exit 2 for the overflow.

use super::ops::Op;
use crate::bytecode::CodeId;
use crate::value::Tag;
use smallvec::SmallVec;
use std::fmt;

/// Names the result of an instruction: its index in the trace or region.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(pub u32);

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// Type of an instruction's result; all but `Float` live in an integer register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// No result.
    Unit,
    /// A machine word that is no value of the language: a tag, a shape word, an address.
    Word,
    /// An `i64`.
    Int,
    /// An `f64`.
    Float,
    /// 0 or 1.
    Bool,
    /// The null value (always a constant; no bits).
    Null,
    /// The mark of an unbound module variable (no bits).
    Undefined,
    /// A builtin's row number.
    Native,
    /// The address of a heap object of this kind.
    Pointer(Tag),
}

impl Type {
    /// The type of the payload of values with this tag.
    ///
    /// # Panics
    /// For `Place`, which never is the type of an instruction.
    pub fn of(tag: Tag) -> Type {
        match tag {
            Tag::Null => Type::Null,
            Tag::Bool => Type::Bool,
            Tag::Int => Type::Int,
            Tag::Float => Type::Float,
            Tag::Undefined => Type::Undefined,
            Tag::Native => Type::Native,
            Tag::Place => unreachable!("places are never instruction results"),
            heap => Type::Pointer(heap),
        }
    }

    /// The tag of values of this type; `None` for `Unit` and `Word`.
    pub fn tag(self) -> Option<Tag> {
        Some(match self {
            Type::Unit | Type::Word => return None,
            Type::Int => Tag::Int,
            Type::Float => Tag::Float,
            Type::Bool => Tag::Bool,
            Type::Null => Tag::Null,
            Type::Undefined => Tag::Undefined,
            Type::Native => Tag::Native,
            Type::Pointer(tag) => tag,
        })
    }

    /// Whether this is the address of a counted object.
    pub fn is_pointer(self) -> bool {
        matches!(self, Type::Pointer(_))
    }

    /// Whether values of this type need a register at all.
    pub fn has_bits(self) -> bool {
        !matches!(self, Type::Unit | Type::Null | Type::Undefined)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Unit => "unit",
            Type::Word => "word",
            Type::Int => "int",
            Type::Float => "float",
            Type::Bool => "bool",
            Type::Null => "null",
            Type::Undefined => "undefined",
            Type::Native => "native",
            Type::Pointer(tag) => tag.name(),
        })
    }
}

/// A place of the interpreter's state that traces read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// Register, counted from the base of the frame in which the trace began;
    /// registers of inlined calls lie above, `-1` is the closure that runs.
    Frame(i32),
    /// Module slot, for traces that did not begin in the module's main function.
    Module(u32),
}

impl Slot {
    /// As the immediate of an instruction.
    pub fn encode(self) -> u64 {
        match self {
            Slot::Frame(index) => index as u32 as u64,
            Slot::Module(index) => 1 << 32 | index as u64,
        }
    }

    /// Back from the immediate of an instruction.
    pub fn decode(bits: u64) -> Slot {
        if bits >> 32 == 0 { Slot::Frame(bits as u32 as i32) } else { Slot::Module(bits as u32) }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Frame(index) => write!(f, "r{index}"),
            Slot::Module(index) => write!(f, "m{index}"),
        }
    }
}

/// The function that an instruction calls, and where its frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Callee {
    /// Its number in the [`FunctionTable`](super::FunctionTable).
    pub version: u32,
    /// Its first register, counted as in [`Slot::Frame`].
    pub base: i32,
}

impl Callee {
    /// As the immediate of an instruction.
    pub fn encode(self) -> u64 {
        (self.version as u64) << 32 | self.base as u32 as u64
    }

    /// Back from the immediate of an instruction.
    pub fn decode(bits: u64) -> Callee {
        Callee { version: (bits >> 32) as u32, base: bits as u32 as i32 }
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}+{}", self.version, self.base)
    }
}

/// One instruction.
#[derive(Clone, Debug, PartialEq)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// Type of its result.
    pub ty: Type,
    /// Operands.
    pub args: SmallVec<[Ref; 3]>,
    /// Immediate: a constant's bits, a slot, a field index, a helper number...
    /// as the row of the operation table says.
    pub imm: u64,
    /// Regions only, for operations that guard: index into `Region::exits`.
    pub exit: Option<super::ExitId>,
}

impl Inst {
    /// An instruction without immediate or exit.
    pub fn new(op: Op, ty: Type, args: &[Ref]) -> Inst {
        Inst { op, ty, args: SmallVec::from_slice(args), imm: 0, exit: None }
    }

    /// The same with an immediate.
    pub fn with_imm(mut self, imm: u64) -> Inst {
        self.imm = imm;
        self
    }

    /// What stores a value: `typed`, or `dynamic` if its type is known at run time only.
    pub fn storing(value: SlotValue, typed: Op, dynamic: Op) -> Inst {
        match value {
            SlotValue::Typed(value) => Inst::new(typed, Type::Unit, &[value]),
            SlotValue::Dynamic { tag, payload } => Inst::new(dynamic, Type::Unit, &[tag, payload]),
        }
    }

    /// A constant: `bits` as the payload of a value of type `ty`.
    pub fn constant(ty: Type, bits: u64) -> Inst {
        Inst::new(Op::Const, ty, &[]).with_imm(bits)
    }
}

/// What a slot holds, as far as a trace knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotValue {
    /// A value whose kind is the type of this instruction.
    Typed(Ref),
    /// A value of unknown kind: two words.
    Dynamic {
        /// Its tag word.
        tag: Ref,
        /// Its payload word.
        payload: Ref,
    },
}

impl SlotValue {
    /// The results that it is made of.
    pub fn operands(self) -> impl Iterator<Item = Ref> {
        let (first, second) = match self {
            SlotValue::Typed(value) => (value, None),
            SlotValue::Dynamic { tag, payload } => (tag, Some(payload)),
        };
        std::iter::once(first).chain(second)
    }

    /// The same value where its results have other names.
    pub fn renamed(self, mut name: impl FnMut(Ref) -> Ref) -> SlotValue {
        match self {
            SlotValue::Typed(value) => SlotValue::Typed(name(value)),
            SlotValue::Dynamic { tag, payload } => {
                SlotValue::Dynamic { tag: name(tag), payload: name(payload) }
            }
        }
    }
}

/// One activation at the moment of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FrameState {
    /// The function.
    pub code: CodeId,
    /// Where to resume: the instruction to execute next in the innermost frame,
    /// the instruction after the call in the outer ones.
    pub pc: u32,
    /// First register, counted from the base of the outermost frame listed.
    pub base: i32,
}

/// The interpreter's state at a guard, as far as it differs from memory.
///
/// Frame 0 is the frame in which the region was entered; those after it are
/// inlined calls that must be pushed. Slots not listed hold in memory what they
/// should, or nothing that will be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// Activations, outermost first.
    pub frames: Vec<FrameState>,
    /// Slots to store, each owning a count if it holds a heap object.
    pub slots: Vec<(Slot, SlotValue)>,
    /// Counts that were deferred: retain each of these once (repeated entries add up).
    pub retains: Vec<Ref>,
}

impl Snapshot {
    /// The results that its slots and retains name.
    pub fn operands(&self) -> impl Iterator<Item = Ref> + '_ {
        let slots = self.slots.iter().flat_map(|(_, value)| value.operands());
        slots.chain(self.retains.iter().copied())
    }

    /// Gives the results that it names other names.
    pub fn rename(&mut self, name: impl Fn(Ref) -> Ref) {
        for (_, value) in &mut self.slots {
            *value = value.renamed(&name);
        }
        self.retains.iter_mut().for_each(|retain| *retain = name(*retain));
    }
}
