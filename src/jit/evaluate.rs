//! Runs a region without machine code: the meaning that lowering must keep.
//!
//! New regions are evaluated before they get code, to learn which ways they go, and
//! `--jit=eval` executes all regions this way, so a wrong result is blamed on the
//! optimiser or on lowering in one run; the tests take it as the oracle.
//! Arithmetic is that of `prim`; helpers are the same functions that machine
//! code calls; memory is read and written by the same offsets. Values are the
//! raw words of payloads: ints and addresses as they are, floats as bits, bools
//! as 0 or 1.
//!
//! What must hold (contract of the `unsafe` here): what
//! [`evaluate`] asks for is what entering the compiled region would.
//!
//! Example: `v4 = int_add v2, v3 !1` sets word 4 to the checked sum, or hands
//! over the values of exit 1 and ends.

use super::context::{LEFT, RAISING, Returned, TraceContext};
use super::exits::ExitPlan;
use super::ir::{
    BlockId, Callee, End, ExitId, Helper, Inst, Op, Ref, Region, Slot, SlotValue, Type,
};
use super::shims;
use crate::prim;
use crate::value::layout::{
    ARRAY_DATA, ARRAY_LEN, CELL_SIZE, CELL_VALUE, CLOSURE_CELLS, CLOSURE_PROTO, HEADER_COUNT,
    HEADER_SHAPE, RECORD_FIELDS, RECORD_LEN, VALUE_PAYLOAD, VALUE_SIZE,
};
use crate::value::{Header, Raw, Storage, Tag};
use rustc_hash::FxHashMap;

/// How a region ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By this exit.
    Left(ExitId),
    /// By returning, if it is that of a function.
    Returned(Returned),
}

/// Where regions of functions are found, and what else an evaluation asks.
pub trait Surroundings {
    /// Calls the function that has this version number and code.
    fn call(
        &mut self,
        context: &mut TraceContext,
        callee: u32,
        base: *mut Raw,
        words: &[u64],
    ) -> Returned;

    /// Whether the guard of this exit shall fail although it holds; not asked for
    /// exits that only a real failure may take.
    fn forces(&mut self, exit: ExitId) -> bool;

    /// Whether this version of a function can be called although it has no code.
    fn evaluates(&self, _version: u32) -> bool {
        false
    }

    /// Takes note that a block of this many operations begins.
    fn begins(&mut self, _operations: usize) {}

    /// Whether to leave at the end of this round of a loop.
    fn pauses(&mut self) -> bool {
        false
    }
}

/// Runs `region` until it takes an exit, whose values are then in `context`
/// as machine code would leave them, or returns. `arguments` are those of a
/// function's region.
///
/// # Safety
/// As for entering the compiled region; `plans` must be those of `region`.
///
/// # Panics
/// If the region is malformed.
pub unsafe fn evaluate(
    region: &Region,
    plans: &[ExitPlan],
    context: &mut TraceContext,
    base: *mut Raw,
    arguments: &[u64],
    surroundings: &mut dyn Surroundings,
) -> Ended {
    let words = region.insts.iter().map(|inst| if inst.op == Op::Const { inst.imm } else { 0 });
    let seconds = FxHashMap::default();
    let mut machine = Evaluator { region, context, base, words: words.collect(), seconds };
    let mut block = BlockId(0);
    for (param, &word) in region.blocks[0].params.iter().zip(arguments) {
        machine.words[param.0 as usize] = payload_as(region.ty(*param), word);
    }
    loop {
        // SAFETY: promised by the caller.
        let failed = unsafe { machine.block(block, plans, surroundings) };
        let exit = match (failed, &region.blocks[block.0 as usize].end) {
            (Some(exit), _) | (None, &End::Leave(exit)) => exit,
            (None, End::Return(value)) => return Ended::Returned(machine.returned(value)),
            (None, End::Jump { target, args }) => {
                machine.pass(*target, args);
                block = *target;
                continue;
            }
        };
        let plan = &plans[exit.0 as usize];
        match plan.bridge {
            Some(bridge) => block = bridge,
            None => {
                machine.hand_over(plan);
                return Ended::Left(exit);
            }
        }
    }
}

struct Evaluator<'a> {
    region: &'a Region,
    context: &'a mut TraceContext,
    base: *mut Raw,
    words: Vec<u64>,
    /// Payloads that came with the tag words of called functions.
    seconds: FxHashMap<Ref, u64>,
}

/// What an operation did: its result, or `None` to take its exit.
type Outcome = Option<u64>;

impl Evaluator<'_> {
    fn word(&self, reference: Ref) -> u64 {
        self.words[reference.0 as usize]
    }

    fn int(&self, reference: Ref) -> i64 {
        self.word(reference) as i64
    }

    fn float(&self, reference: Ref) -> f64 {
        f64::from_bits(self.word(reference))
    }

    fn pass(&mut self, target: BlockId, args: &[Ref]) {
        let params = &self.region.blocks[target.0 as usize].params;
        let values: Vec<u64> = args.iter().map(|arg| self.word(*arg)).collect();
        for (param, value) in params.iter().zip(values) {
            self.words[param.0 as usize] = value;
        }
    }

    fn returned(&self, value: &SlotValue) -> Returned {
        match *value {
            SlotValue::Typed(value) => {
                let tag = self.region.ty(value).tag().unwrap_or(Tag::Null);
                Returned { tag: tag as u64, payload: self.word(value) }
            }
            SlotValue::Dynamic { tag, payload } => {
                Returned { tag: self.word(tag), payload: self.word(payload) }
            }
        }
    }

    fn hand_over(&mut self, plan: &ExitPlan) {
        for (index, value) in plan.values.iter().enumerate() {
            self.context.exit_values_mut()[index] = self.words[value.0 as usize];
        }
        if let Some((word, _)) = plan.observed {
            self.context.observed = self.word(word);
        }
    }

    /// Runs the instructions of a block; the exit of a guard that failed.
    ///
    /// # Safety
    /// As for [`evaluate`].
    unsafe fn block(
        &mut self,
        block: BlockId,
        plans: &[ExitPlan],
        surroundings: &mut dyn Surroundings,
    ) -> Option<ExitId> {
        let region = self.region;
        let operations = &region.blocks[block.0 as usize].insts;
        surroundings.begins(operations.len());
        for &reference in operations {
            let inst = region.inst(reference);
            if let Some(exit) = inst.exit
                && plans[exit.0 as usize].may_be_forced()
                && surroundings.forces(exit)
            {
                return Some(exit);
            }
            let outcome = match inst.op {
                Op::CallFunction => self.call(reference, surroundings),
                // SAFETY: promised by the caller.
                Op::GuardCallable => unsafe { self.callable(inst, surroundings) },
                Op::Poll if surroundings.pauses() => None,
                // SAFETY: promised by the caller.
                _ => unsafe { self.operation(inst) },
            };
            match outcome {
                Some(word) => self.words[reference.0 as usize] = word,
                None => return Some(inst.exit.expect("only guards fail")),
            }
        }
        None
    }

    /// Whether a function can be called.
    ///
    /// # Safety
    /// As for [`evaluate`].
    unsafe fn callable(&self, inst: &Inst, surroundings: &mut dyn Surroundings) -> Outcome {
        let callee = Callee::decode(inst.imm);
        let base = self.base.wrapping_offset(callee.base as isize);
        let asked = self.context.interrupt().requested().is_some();
        let room = base < self.context.call_limit && !asked;
        // SAFETY: the table has an entry for every version that a region names.
        let has_code = unsafe { *self.context.functions.add(callee.version as usize) } != 0;
        let callable = room && (has_code || surroundings.evaluates(callee.version));
        (callable || inst.exit.is_none()).then_some(0)
    }

    /// Calls a function: the tag word of what it returns, or `None` if it was left.
    fn call(&mut self, reference: Ref, surroundings: &mut dyn Surroundings) -> Outcome {
        let inst = self.region.inst(reference);
        let callee = Callee::decode(inst.imm);
        let with_bits = inst.args.iter().filter(|arg| self.region.ty(**arg).has_bits());
        let words: Vec<u64> = with_bits.map(|arg| self.word(*arg)).collect();
        let base = self.base.wrapping_offset(callee.base as isize);
        let returned = surroundings.call(self.context, callee.version, base, &words);
        self.seconds.insert(reference, returned.payload);
        (returned.tag != LEFT).then_some(returned.tag)
    }

    /// # Safety
    /// As for [`evaluate`].
    unsafe fn operation(&mut self, inst: &Inst) -> Outcome {
        let a = inst.args.as_slice();
        let int = |position: usize| self.int(a[position]);
        let float = |position: usize| self.float(a[position]);
        let word = |position: usize| self.word(a[position]);
        let exact = |value: i64| Some(value as u64);
        let checked = |value: Option<i64>, wrapped: i64| match inst.exit {
            Some(_) => value.map(|value| value as u64),
            None => Some(wrapped as u64),
        };
        let real = |value: f64| Some(value.to_bits());
        let truth = |value: bool| Some(value as u64);
        let guard = |holds: bool| (holds || inst.exit.is_none()).then_some(0);
        match inst.op {
            op if op.is_mark() || matches!(op, Op::Const | Op::Parameter) => {
                unreachable!("{} is no instruction of a block", inst.op.info().name)
            }
            Op::Retype => Some(payload_as(inst.ty, word(0))),

            Op::GuardType => {
                let wanted = inst.ty.tag().expect("a type of the language") as u64;
                guard(word(0) == wanted).map(|_| payload_as(inst.ty, word(1)))
            }
            Op::GuardTrue => guard(word(0) != 0),
            Op::GuardFalse => guard(word(0) == 0),
            Op::GuardEqual => guard(word(0) == inst.imm),
            Op::GuardNotEqual => guard(word(0) != inst.imm),
            Op::GuardBelow => guard(word(0) < word(1)),
            Op::GuardStatus => guard(word(0) == 0),
            Op::ReturnPayload => Some(self.seconds[&inst.args[0]]),

            Op::IntAdd => checked(prim::int_add(int(0), int(1)), int(0).wrapping_add(int(1))),
            Op::IntSub => checked(prim::int_sub(int(0), int(1)), int(0).wrapping_sub(int(1))),
            Op::IntMul => checked(prim::int_mul(int(0), int(1)), int(0).wrapping_mul(int(1))),
            Op::IntNeg => checked(prim::int_neg(int(0)), int(0).wrapping_neg()),
            Op::IntAbs => checked(prim::int_abs(int(0)), int(0).wrapping_abs()),
            Op::IntAddWrap => exact(int(0).wrapping_add(int(1))),
            Op::IntSubWrap => exact(int(0).wrapping_sub(int(1))),
            Op::IntMulWrap => exact(int(0).wrapping_mul(int(1))),
            Op::IntDiv => exact(prim::int_div(int(0), int(1)).expect("checked before")),
            Op::IntMod => exact(prim::int_mod(int(0), int(1)).expect("checked before")),
            Op::IntEq => truth(prim::int_eq(int(0), int(1))),
            Op::IntNe => truth(prim::int_ne(int(0), int(1))),
            Op::IntLt => truth(prim::int_lt(int(0), int(1))),
            Op::IntLe => truth(prim::int_le(int(0), int(1))),
            Op::IntGt => truth(prim::int_gt(int(0), int(1))),
            Op::IntGe => truth(prim::int_ge(int(0), int(1))),
            Op::IntMin => exact(prim::int_min(int(0), int(1))),
            Op::IntMax => exact(prim::int_max(int(0), int(1))),
            Op::IntToFloat => real(prim::int_to_float(int(0))),
            Op::BitAnd => exact(prim::bit_and(int(0), int(1))),
            Op::BitOr => exact(prim::bit_or(int(0), int(1))),
            Op::BitXor => exact(prim::bit_xor(int(0), int(1))),
            Op::BitNot => exact(prim::bit_not(int(0))),
            Op::BitShl => exact(prim::bit_shl(int(0), int(1)).expect("checked before")),
            Op::BitShr => exact(prim::bit_shr(int(0), int(1)).expect("checked before")),

            Op::FloatAdd => real(prim::float_add(float(0), float(1))),
            Op::FloatSub => real(prim::float_sub(float(0), float(1))),
            Op::FloatMul => real(prim::float_mul(float(0), float(1))),
            Op::FloatDiv => real(prim::float_div(float(0), float(1)).expect("checked before")),
            Op::FloatMod => real(shims::float_mod(float(0), float(1))),
            Op::FloatNeg => real(prim::float_neg(float(0))),
            Op::FloatAbs => real(prim::float_abs(float(0))),
            Op::FloatMin => real(prim::float_min(float(0), float(1))),
            Op::FloatMax => real(prim::float_max(float(0), float(1))),
            Op::FloatPow => real(prim::float_pow(float(0), float(1))),
            Op::FloatSin => real(prim::float_sin(float(0))),
            Op::FloatCos => real(prim::float_cos(float(0))),
            Op::FloatTan => real(prim::float_tan(float(0))),
            Op::FloatExp => real(prim::float_exp(float(0))),
            Op::FloatLog => real(prim::float_log(float(0))),
            Op::FloatSqrt => real(prim::float_sqrt(float(0))),
            Op::FloatFloor => real(prim::float_floor(float(0))),
            Op::FloatCeil => real(prim::float_ceil(float(0))),
            Op::FloatRound => real(prim::float_round(float(0))),
            Op::FloatEq => truth(prim::float_eq(float(0), float(1))),
            Op::FloatNe => truth(prim::float_ne(float(0), float(1))),
            Op::FloatLt => truth(prim::float_lt(float(0), float(1))),
            Op::FloatLe => truth(prim::float_le(float(0), float(1))),
            Op::FloatGt => truth(prim::float_gt(float(0), float(1))),
            Op::FloatGe => truth(prim::float_ge(float(0), float(1))),
            Op::FloatToInt => checked(prim::float_to_int(float(0)), float(0) as i64),

            Op::Poll => {
                let interrupt = self.context.interrupt();
                if interrupt.is_watched() {
                    interrupt.step();
                }
                interrupt.requested().is_none().then_some(0)
            }
            Op::BoolNot => truth(prim::bool_not(word(0) != 0)),
            Op::BoolEq => truth(prim::bool_eq(word(0) != 0, word(1) != 0)),
            Op::Select => Some(if word(0) != 0 { word(1) } else { word(2) }),
            Op::PointerEq => truth(word(0) == word(1)),
            // SAFETY: promised by the caller.
            _ => unsafe { self.effect(inst) },
        }
    }

    /// Operations on memory, and calls: they never fail.
    ///
    /// # Safety
    /// As for [`evaluate`].
    unsafe fn effect(&mut self, inst: &Inst) -> Outcome {
        let a = inst.args.as_slice();
        let word = |position: usize| self.word(a[position]);
        let object = |offset: usize| word(0) as usize + offset;
        let at = |width: usize| (word(0) as usize).wrapping_add(word(1) as usize * width);
        // Only operations on fields have one in their immediate.
        let field = (inst.imm as usize).wrapping_mul(VALUE_SIZE).wrapping_add(RECORD_FIELDS);
        let area = &raw const *self.context as usize;
        let result = area + TraceContext::RESULT;
        // SAFETY: the operands are objects of the kinds that the operations'
        // rows ask for, and lie where `value::layout` says; promised by the caller.
        unsafe {
            match inst.op {
                Op::SlotTag => return Some(read(self.slot(inst.imm))),
                Op::SlotPayload => return Some(self.payload(inst.ty, self.slot(inst.imm))),
                Op::ClearSlot => shims::clear_slot(self.slot(inst.imm) as u64),
                Op::StoreSlot => self.store(self.slot(inst.imm), a[0]),
                Op::StoreSlotDynamic => {
                    let slot = self.slot(inst.imm);
                    write(slot, word(0));
                    write(slot + VALUE_PAYLOAD, word(1));
                }

                Op::HeaderShape => return Some(*(object(HEADER_SHAPE) as *const u32) as u64),
                Op::HeaderCount => return Some(*(object(HEADER_COUNT) as *const u32) as u64),
                Op::ArrayLen => return Some(read(object(ARRAY_LEN))),
                Op::ArrayData => return Some(read(object(ARRAY_DATA))),
                Op::ElementInt | Op::ElementFloat => return Some(read(at(8))),
                Op::ElementBool => return Some(*(at(1) as *const u8) as u64),
                Op::ElementTag => return Some(read(at(VALUE_SIZE))),
                Op::ElementPayload => return Some(self.payload(inst.ty, at(VALUE_SIZE))),
                Op::RecordLen => return Some(read(object(RECORD_LEN))),
                Op::FieldTag => return Some(read(object(field))),
                Op::FieldPayload => return Some(self.payload(inst.ty, object(field))),
                Op::CellTag => return Some(read(object(CELL_VALUE))),
                Op::CellPayload => return Some(self.payload(inst.ty, object(CELL_VALUE))),
                Op::EntryTag => return Some(read(object(0))),
                Op::EntryPayload => return Some(self.payload(inst.ty, object(0))),
                Op::ClosureCode => return Some(*(object(CLOSURE_PROTO) as *const u32) as u64),
                Op::ClosureCell => {
                    return Some(read(object(CLOSURE_CELLS + inst.imm as usize * 8)));
                }
                Op::ResultTag => return Some(read(result)),
                Op::ResultPayload => return Some(self.payload(inst.ty, result)),

                Op::StoreInt | Op::StoreFloat => write(at(8), word(2)),
                Op::StoreBool => *(at(1) as *mut u8) = word(2) as u8,
                Op::StoreAny => self.store(at(VALUE_SIZE), a[2]),
                Op::StoreField => self.store(object(field), a[1]),
                Op::StoreCell => self.store(object(CELL_VALUE), a[1]),
                Op::StoreEntry => self.store(object(0), a[1]),
                Op::StoreResult => self.store(result, a[0]),
                Op::StoreResultDynamic => {
                    write(result, word(0));
                    write(result + VALUE_PAYLOAD, word(1));
                }
                Op::StoreLen => write(object(ARRAY_LEN), word(1)),
                Op::ArrayAdopt => shims::array_adopt(word(0), inst.imm),
                Op::ArrayPush => self.push(word(0), a[1], Storage::from_number(inst.imm as u32)),

                Op::Retain => (*(word(0) as *mut Header)).count += 1,
                Op::Release | Op::ReleaseFlat => {
                    let header = word(0) as *mut Header;
                    (*header).count -= 1;
                    if (*header).count == 0 {
                        shims::free_object(word(0));
                    }
                }

                Op::NewRecord => {
                    let size = RECORD_FIELDS + a.len() * VALUE_SIZE;
                    let record = self.allocate(size, inst.imm as u32);
                    write(record + RECORD_LEN, a.len() as u64);
                    for (index, &value) in a.iter().enumerate() {
                        self.store(record + RECORD_FIELDS + index * VALUE_SIZE, value);
                    }
                    return Some(record as u64);
                }
                Op::NewArray => {
                    let array = shims::new_array(inst.imm, a.len() as u64);
                    for &value in a {
                        self.push(array, value, Storage::from_number(inst.imm as u32));
                    }
                    return Some(array);
                }
                Op::NewCell => {
                    let cell = self.allocate(CELL_SIZE, Header::shape_of(Tag::Cell, 0));
                    self.store(cell + CELL_VALUE, a[0]);
                    return Some(cell as u64);
                }
                Op::NewClosure => {
                    self.pass_arguments(a);
                    let function = self.context.new_closure;
                    return Some(function(self.context, inst.imm, a.len() as u64));
                }
                Op::Call => {
                    let address = shims::address(Helper::decode(inst.imm));
                    return Some(call(address, a.iter().map(|arg| self.word(*arg)).collect()));
                }
                Op::CallSlow | Op::CallRaising => {
                    self.pass_arguments(a);
                    let function = self.context.slow_call;
                    let raising = if inst.op == Op::CallRaising { RAISING } else { 0 };
                    return Some(function(self.context, inst.imm | raising, a.len() as u64));
                }
                op => unreachable!("{} has no effect", op.info().name),
            }
        }
        Some(0)
    }

    /// Address of a slot.
    fn slot(&self, imm: u64) -> usize {
        match Slot::decode(imm) {
            Slot::Frame(index) => self.base.wrapping_offset(index as isize) as usize,
            Slot::Module(index) => self.context.module_base.wrapping_add(index as usize) as usize,
        }
    }

    /// The payload of the value at `address`, as a `ty`.
    ///
    /// # Safety
    /// There must be a value of that kind (any, for words).
    unsafe fn payload(&self, ty: Type, address: usize) -> u64 {
        // SAFETY: promised by the caller.
        payload_as(ty, unsafe { read(address + VALUE_PAYLOAD) })
    }

    /// Writes `value` as a whole value.
    ///
    /// # Safety
    /// There must be room for one.
    unsafe fn store(&self, address: usize, value: Ref) {
        let tag = self.region.ty(value).tag().unwrap_or(Tag::Null);
        // SAFETY: promised by the caller.
        unsafe {
            write(address, tag as u64);
            write(address + VALUE_PAYLOAD, self.word(value));
        }
    }

    /// # Safety
    /// `size` must have room for a header.
    unsafe fn allocate(&self, size: usize, shape: u32) -> usize {
        let object = shims::allocate(size as u64) as usize;
        // SAFETY: fresh memory of `size` bytes.
        unsafe { (object as *mut Header).write(Header { count: 1, shape }) };
        object
    }

    /// # Safety
    /// `array` must be a unique array of this storage, which fits the value.
    unsafe fn push(&self, array: u64, value: Ref, storage: Storage) {
        // SAFETY: promised by the caller; growing makes room for one more.
        unsafe {
            shims::array_grow(array);
            let array = array as usize;
            let len = read(array + ARRAY_LEN);
            let element = read(array + ARRAY_DATA) as usize + len as usize * storage.width();
            match storage {
                Storage::Any => self.store(element, value),
                Storage::Int | Storage::Float => write(element, self.word(value)),
                Storage::Bool => *(element as *mut u8) = self.word(value) as u8,
            }
            write(array + ARRAY_LEN, len + 1);
        }
    }

    fn pass_arguments(&mut self, operands: &[Ref]) {
        for (index, &operand) in operands.iter().enumerate() {
            let tag = self.region.ty(operand).tag().unwrap_or(Tag::Null);
            self.context.arguments[index] = Raw { tag, bits: self.word(operand) };
        }
    }
}

/// A payload word as the type's bits: bools are one byte.
fn payload_as(ty: Type, word: u64) -> u64 {
    if ty == Type::Bool { word & 0xff } else { word }
}

/// # Safety
/// There must be an initialised word.
unsafe fn read(address: usize) -> u64 {
    // SAFETY: promised by the caller.
    unsafe { *(address as *const u64) }
}

/// # Safety
/// There must be room for a word.
unsafe fn write(address: usize, word: u64) {
    // SAFETY: promised by the caller.
    unsafe { *(address as *mut u64) = word };
}

/// Calls a function of words at an address.
///
/// # Safety
/// The function must take as many words as there are operands, each as it wants it.
unsafe fn call(address: usize, operands: Vec<u64>) -> u64 {
    type One = unsafe extern "C" fn(u64) -> u64;
    type Two = unsafe extern "C" fn(u64, u64) -> u64;
    // SAFETY: promised by the caller.
    unsafe {
        match operands[..] {
            [first] => std::mem::transmute::<usize, One>(address)(first),
            [first, second] => std::mem::transmute::<usize, Two>(address)(first, second),
            _ => unreachable!("typed helpers take one or two operands"),
        }
    }
}
