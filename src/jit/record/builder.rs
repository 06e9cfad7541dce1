//! The trace being recorded: instructions so far and what each slot holds.
//!
//! What must hold: `slots` has an entry for every slot that the trace has read
//! or set, and it agrees with the live register (checked after each instruction
//! in debug builds); a slot without an entry still holds what it held when the
//! trace began.
//!
//! Example: the first read of register 2 emits `slot r2 : int`; the second
//! finds that instruction in `slots`.

use super::abort::Abort;
use crate::bytecode::liveness::Liveness;
use crate::bytecode::{Code, CodeId};
use crate::jit::ir::{FrameMark, FrameState, Inst, Op, Ref, Slot, SlotValue, Type};
use crate::value::{Raw, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// A frame as the recording sees it.
#[derive(Clone, Copy, Debug)]
pub struct RecordedFrame {
    /// First register, from the base of the first frame.
    pub base: i32,
    /// Whether the trace pushed it: then registers without an entry are dead.
    pub entered: bool,
}

/// A generator that the trace has resumed and not left.
#[derive(Clone, Debug)]
pub struct RunningGenerator {
    /// Where its frame begins.
    pub base: i32,
    /// What its fields still hold, as far as that is counted: only its own frame
    /// changes them while it runs.
    pub held: FxHashMap<usize, Ref>,
}

/// A call that the trace does not follow.
#[derive(Clone, Copy, Debug)]
pub struct Called {
    /// The tag word of its result.
    pub tag: Ref,
    /// Whether it gives back a receiver that it has changed.
    pub changes_self: bool,
}

/// What a builder is put back to if both ways of a branch cannot be recorded.
pub struct Checkpoint {
    insts: usize,
    kept: usize,
    slots: FxHashMap<Slot, SlotValue>,
    immediates: FxHashSet<Slot>,
}

/// A trace under construction.
pub struct Builder {
    /// The instructions.
    pub insts: Vec<Inst>,
    /// What slots hold.
    pub slots: FxHashMap<Slot, SlotValue>,
    /// Slots known only not to hold a counted object.
    pub immediates: FxHashSet<Slot>,
    /// Activations, outermost first.
    pub frames: Vec<RecordedFrame>,
    /// Frames that the trace pushes.
    pub entered: Vec<FrameMark>,
    /// Generators that it has resumed and not left, innermost last.
    pub running: Vec<RunningGenerator>,
    /// Whether module slots are registers of the first frame.
    pub in_main: bool,
    /// Objects that constants of the trace point to.
    pub kept: Vec<Value>,
    /// A reason to give up that came up while an instruction ran.
    pub abort: Option<Abort>,
    /// A call that was just made to a region of its own.
    pub called: Option<Called>,
    /// Whether what is set is kept in mind only, because it is one of two ways.
    pub tentative: bool,
    liveness: FxHashMap<CodeId, Liveness>,
    constants: FxHashMap<(Type, u64), Ref>,
    typed: FxHashMap<(Ref, Ref), Ref>,
}

impl Builder {
    /// A builder for a trace that begins with these activations.
    pub fn new(frames: &[FrameState], in_main: bool) -> Builder {
        Builder {
            insts: Vec::with_capacity(256),
            slots: FxHashMap::default(),
            immediates: FxHashSet::default(),
            frames: frames
                .iter()
                .map(|frame| RecordedFrame { base: frame.base, entered: false })
                .collect(),
            entered: Vec::new(),
            running: Vec::new(),
            in_main,
            kept: Vec::new(),
            abort: None,
            called: None,
            tentative: false,
            liveness: FxHashMap::default(),
            constants: FxHashMap::default(),
            typed: FxHashMap::default(),
        }
    }

    /// The innermost activation.
    ///
    /// # Panics
    /// Never: a trace always has one.
    pub fn frame(&self) -> RecordedFrame {
        *self.frames.last().expect("a trace has a frame")
    }

    /// Whether a register may be read from an instruction on before it is written.
    pub fn is_live(&mut self, code: &Code, pc: u32, register: u16) -> bool {
        let liveness = self.liveness.entry(code.id).or_insert_with(|| Liveness::compute(code));
        liveness.is_live(pc as usize, register as usize)
    }

    /// The slot of a register of the innermost frame.
    pub fn slot(&self, register: u16) -> Slot {
        Slot::Frame(self.frame().base + register as i32)
    }

    /// The slot of a module variable.
    pub fn module_slot(&self, index: u32) -> Slot {
        if self.in_main { Slot::Frame(index as i32) } else { Slot::Module(index) }
    }

    /// Appends an instruction.
    pub fn emit(&mut self, op: Op, ty: Type, args: &[Ref], imm: u64) -> Ref {
        let reference = Ref(self.insts.len() as u32);
        self.insts.push(Inst::new(op, ty, args).with_imm(imm));
        reference
    }

    /// Takes note of what something is divided by now, unless that is a constant.
    pub fn saw(&mut self, divisor: Ref, value: i64) {
        if self.insts[divisor.0 as usize].op != Op::Const {
            self.emit(Op::Saw, Type::Unit, &[divisor], value as u64);
        }
    }

    /// A constant, made once.
    pub fn constant(&mut self, ty: Type, bits: u64) -> Ref {
        if let Some(known) = self.constants.get(&(ty, bits)) {
            return *known;
        }
        let reference = self.emit(Op::Const, ty, &[], bits);
        self.constants.insert((ty, bits), reference);
        reference
    }

    /// A constant value of the program.
    pub fn value_constant(&mut self, raw: Raw) -> Ref {
        self.constant(Type::of(raw.tag), raw.bits)
    }

    /// Type of a result.
    pub fn ty(&self, reference: Ref) -> Type {
        self.insts[reference.0 as usize].ty
    }

    /// What a slot holds, loading it with a guard on its kind if need be;
    /// `now` is the live value.
    pub fn load(&mut self, slot: Slot, now: Raw) -> SlotValue {
        if let Some(known) = self.slots.get(&slot) {
            return *known;
        }
        let loaded = self.emit(Op::Slot, Type::of(now.tag), &[], slot.encode());
        self.slots.insert(slot, SlotValue::Typed(loaded));
        SlotValue::Typed(loaded)
    }

    /// The instruction that holds a value with its kind, guarding it if need be.
    pub fn typed(&mut self, value: SlotValue, now: Raw) -> Ref {
        match value {
            SlotValue::Typed(reference) => reference,
            SlotValue::Dynamic { tag, payload } => {
                if let Some(known) = self.typed.get(&(tag, payload)) {
                    return *known;
                }
                let ty = Type::of(now.tag);
                let reference = self.emit(Op::GuardType, ty, &[tag, payload], 0);
                self.typed.insert((tag, payload), reference);
                reference
            }
        }
    }

    /// Notes what a slot holds from now on.
    pub fn set(&mut self, slot: Slot, value: SlotValue) {
        match value {
            _ if self.tentative => {}
            SlotValue::Typed(reference) => {
                self.emit(Op::Set, Type::Unit, &[reference], slot.encode());
            }
            SlotValue::Dynamic { tag, payload } => {
                self.emit(Op::Set, Type::Unit, &[tag, payload], slot.encode());
            }
        }
        self.slots.insert(slot, value);
    }

    /// Forgets what these slots hold, because a frame begins or ends there.
    pub fn forget(&mut self, slots: std::ops::Range<i32>) {
        for slot in slots.map(Slot::Frame) {
            self.slots.remove(&slot);
            self.immediates.remove(&slot);
        }
    }

    /// Forgets the variables of the module, which a called function may set.
    pub fn forget_module(&mut self, variables: i32) {
        let of_module = |slot: &Slot| match *slot {
            Slot::Module(_) => true,
            Slot::Frame(index) => (0..variables).contains(&index),
        };
        self.slots.retain(|slot, _| !of_module(slot));
        self.immediates.retain(|slot| !of_module(slot));
    }

    /// Where the trace stands.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            insts: self.insts.len(),
            kept: self.kept.len(),
            slots: self.slots.clone(),
            immediates: self.immediates.clone(),
        }
    }

    /// Forgets all that was recorded since.
    pub fn go_back(&mut self, checkpoint: Checkpoint) {
        let known = |reference: &Ref| (reference.0 as usize) < checkpoint.insts;
        self.constants.retain(|_, reference| known(reference));
        self.typed.retain(|_, reference| known(reference));
        self.insts.truncate(checkpoint.insts);
        self.kept.truncate(checkpoint.kept);
        self.slots = checkpoint.slots;
        self.immediates = checkpoint.immediates;
        self.abort = None;
    }

    /// Notes that a slot is null from now on.
    pub fn set_null(&mut self, slot: Slot) {
        let null = self.constant(Type::Null, 0);
        self.set(slot, SlotValue::Typed(null));
    }

    /// What a slot holds, which the trace must know.
    pub fn slot_value(&self, slot: Slot) -> SlotValue {
        *self.slots.get(&slot).expect("a slot whose kind has been decided")
    }

    /// The pointer that a slot owns a count of, if the trace knows of one. The
    /// kind of the slot's value must have been decided.
    pub fn owned_pointer(&self, slot: Slot) -> Option<Ref> {
        match self.slots.get(&slot)? {
            SlotValue::Typed(reference) => self.ty(*reference).is_pointer().then_some(*reference),
            SlotValue::Dynamic { tag, payload } => {
                let typed = *self.typed.get(&(*tag, *payload))?;
                self.ty(typed).is_pointer().then_some(typed)
            }
        }
    }

    /// Makes sure that the trace can release what `slot` holds when it is
    /// overwritten: its kind is known, or that it holds no counted object.
    pub fn prepare_overwrite(&mut self, slot: Slot, now: Raw, dead: bool) {
        match self.slots.get(&slot).copied() {
            Some(value) => {
                self.typed(value, now);
            }
            None if dead || self.immediates.contains(&slot) => {}
            None if now.tag.is_heap() => {
                self.load(slot, now);
            }
            None => {
                self.emit(Op::Immediate, Type::Unit, &[], slot.encode());
                self.immediates.insert(slot);
            }
        }
    }
}
