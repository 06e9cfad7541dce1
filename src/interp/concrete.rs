//! The interpreter's own domain: values are the bits in the registers.
//!
//! Every method is a few instructions, inlined; what is long or rare is out of line.
//!
//! Contract of the `unsafe` here: register numbers come from verified code, so
//! `base + register` is inside the frame; a value read from a register or
//! object is alive while the instruction runs, because nothing is released
//! before the instruction's last action; handles made by `object` point to
//! objects of the kind that was decided.
//!
//! Example: `read(3)` loads two words from `base + 48`; `kind` of the result is
//! the first of them.

use super::domain::{Domain, Flow, Raised};
use super::generator;
use super::machine::{Frame, Machine};
use crate::bytecode::{Code, Instruction, Slow};
use crate::for_each_computation;
use crate::prim::{self, Fault};
use crate::runtime;
use crate::value::{
    ArrayObject, CellObject, ClosureObject, Header, Raw, RecordObject, Storage, StringObject,
    Symbol, Tag, Value,
};
use std::rc::Rc;

/// The interpreter's domain over one frame.
pub struct Concrete {
    base: *mut Raw,
    code: *const Code,
    machine: *mut Machine,
}

impl Concrete {
    /// The domain of `frame`, the innermost of `machine`.
    #[inline(always)]
    pub fn new(machine: *mut Machine, frame: Frame) -> Concrete {
        Concrete { base: frame.base, code: frame.code, machine }
    }

    /// Number of payloads of an enum value.
    pub fn payload_count(&self, object: *mut Header) -> usize {
        Self::record(object).fields().len()
    }

    /// The machine. The result must not be kept across another call.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub fn machine(&self) -> &'static mut Machine {
        // SAFETY: it outlives dispatch loop and recorder, who own a `Concrete`;
        // callers use the reference before they make another.
        unsafe { &mut *self.machine }
    }

    /// The address of a register.
    #[inline(always)]
    pub fn register(&self, register: u16) -> *mut Raw {
        self.base.wrapping_add(register as usize)
    }

    /// Whether a call of the builtin in this row can be made again unnoticed.
    pub fn is_repeatable(row: u16) -> bool {
        runtime::is_repeatable(row.into())
    }

    /// What a register holds, borrowed.
    pub fn peek_register(&self, register: u16) -> Raw {
        // SAFETY: verified register, or one of the slack above them.
        unsafe { *self.register(register) }
    }

    /// What a register of another active frame holds, borrowed.
    pub fn peek_frame_register(&self, frame: Frame, register: i32) -> Raw {
        // SAFETY: verified register of an active frame, one of the slack above
        // them, or the closure below.
        unsafe { *frame.base.offset(register as isize) }
    }

    #[inline(always)]
    pub(super) fn array(object: *mut Header) -> &'static mut ArrayObject {
        // SAFETY: the body decided that the object is an array, and it is alive
        // while the instruction runs.
        unsafe { &mut *(object as *mut ArrayObject) }
    }

    #[inline(always)]
    fn record(object: *mut Header) -> &'static mut RecordObject {
        // SAFETY: as for `array`, for structs and enum values.
        unsafe { &mut *(object as *mut RecordObject) }
    }

    #[inline(always)]
    pub(super) fn string(object: *mut Header) -> &'static StringObject {
        // SAFETY: as for `array`, for strings.
        unsafe { &*(object as *mut StringObject) }
    }

    #[inline(always)]
    pub(super) fn owned(raw: Raw) -> Value {
        // SAFETY: bodies pass owned values exactly once.
        unsafe { raw.into_value() }
    }

    #[inline(always)]
    fn store(location: *mut Raw, value: Raw) {
        // SAFETY: locations are registers, slots, cells, elements and fields
        // that are alive while the instruction runs.
        unsafe {
            if (*location).tag.is_heap() {
                Raw::replace_object(location, value);
            } else {
                location.write(value);
            }
        }
    }
}

#[inline(never)]
fn release_out_of_line(raw: Raw) {
    drop(Concrete::owned(raw));
}

macro_rules! concrete_computations {
    ($($mode:ident $name:ident $op:ident ($($kind:ident),*) $result:ident;)*) => {
        $(concrete_computations!(@one $mode $name ($($kind),*) $result);)*
    };
    (@one checked $name:ident ($a:ident) $result:ident) => {
        #[inline(always)]
        fn $name(&mut self, a: Self::$a) -> Option<Self::$result> { prim::$name(a) }
    };
    (@one checked $name:ident ($a:ident, $b:ident) $result:ident) => {
        #[inline(always)]
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Option<Self::$result> {
            prim::$name(a, b)
        }
    };
    (@one proven $name:ident ($a:ident, $b:ident) $result:ident) => {
        #[inline(always)]
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Self::$result {
            prim::$name(a, b).expect("decided before")
        }
    };
    (@one divided $($row:tt)*) => { concrete_computations!(@one proven $($row)*); };
    (@one plain $name:ident ($a:ident) $result:ident) => {
        #[inline(always)]
        fn $name(&mut self, a: Self::$a) -> Self::$result { prim::$name(a) }
    };
    (@one plain $name:ident ($a:ident, $b:ident) $result:ident) => {
        #[inline(always)]
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Self::$result { prim::$name(a, b) }
    };
}

impl Domain for Concrete {
    type Value = Raw;
    type Int = i64;
    type Float = f64;
    type Bool = bool;
    type Object = *mut Header;
    type Holder = *mut Raw;

    for_each_computation! { concrete_computations }

    #[inline(always)]
    fn apart<R>(&mut self, part: impl FnOnce(&mut Concrete) -> R) -> R {
        let mut copy = Concrete { base: self.base, code: self.code, machine: self.machine };
        part(&mut copy)
    }

    #[inline(always)]
    fn code(&self) -> &'static Code {
        // SAFETY: the machine keeps every code that a frame runs.
        unsafe { &*self.code }
    }

    #[inline(always)]
    fn read(&mut self, register: u16) -> Raw {
        // SAFETY: verified register; two loads.
        unsafe { *self.register(register) }
    }

    #[inline(always)]
    fn take(&mut self, register: u16, consume: bool) -> Raw {
        // SAFETY: verified register; a consumed temporary is left without a count.
        unsafe {
            let location = self.register(register);
            let value = *location;
            if value.tag.is_heap() {
                if consume {
                    (*location).tag = Tag::Null;
                } else {
                    value.retain();
                }
            }
            value
        }
    }

    #[inline(always)]
    fn discard(&mut self, register: u16, consume: bool) {
        if consume {
            // SAFETY: verified register; the temporary owned its value.
            unsafe {
                let location = self.register(register);
                let value = *location;
                if value.tag.is_heap() {
                    (*location).tag = Tag::Null;
                    release_out_of_line(value);
                }
            }
        }
    }

    #[inline(always)]
    fn moved(&mut self, register: u16, consume: bool) {
        if consume {
            // SAFETY: verified register.
            unsafe { (*self.register(register)).tag = Tag::Null };
        }
    }

    #[inline(always)]
    fn write(&mut self, register: u16, value: Raw) {
        Self::store(self.register(register), value);
    }

    #[inline(always)]
    fn write_int(&mut self, register: u16, value: i64) {
        Self::store(self.register(register), Raw::int(value));
    }

    #[inline(always)]
    fn write_float(&mut self, register: u16, value: f64) {
        Self::store(self.register(register), Raw::float(value));
    }

    #[inline(always)]
    fn write_bool(&mut self, register: u16, value: bool) {
        Self::store(self.register(register), Raw::bool(value));
    }

    #[inline(always)]
    fn constant(&mut self, raw: Raw) -> Raw {
        raw
    }

    #[inline(always)]
    fn const_int(&mut self, value: i64) -> i64 {
        value
    }

    #[inline(always)]
    fn unit_step(&mut self, step: i64) -> i64 {
        step
    }

    #[inline(always)]
    fn const_float(&mut self, value: f64) -> f64 {
        value
    }

    #[inline(always)]
    fn const_bool(&mut self, value: bool) -> bool {
        value
    }

    #[inline(always)]
    fn from_int(&mut self, value: i64) -> Raw {
        Raw::int(value)
    }

    #[inline(always)]
    fn from_float(&mut self, value: f64) -> Raw {
        Raw::float(value)
    }

    #[inline(always)]
    fn retained(&mut self, value: Raw) -> Raw {
        // SAFETY: borrowed values are alive while the instruction runs.
        unsafe { value.retain() };
        value
    }

    #[inline(always)]
    fn release(&mut self, value: Raw) {
        drop(Self::owned(value));
    }

    fn finish(&mut self, value: Raw) {
        self.machine().result = Self::owned(value);
    }

    #[inline(always)]
    fn int(&mut self, value: Raw) -> i64 {
        value.bits as i64
    }

    #[inline(always)]
    fn float(&mut self, value: Raw) -> f64 {
        f64::from_bits(value.bits)
    }

    #[inline(always)]
    fn boolean(&mut self, value: Raw) -> bool {
        value.bits != 0
    }

    #[inline(always)]
    fn object(&mut self, value: Raw) -> *mut Header {
        value.bits as *mut Header
    }

    #[inline(always)]
    fn is_unchanged(&mut self, before: Raw, after: Raw) -> bool {
        before.bits == after.bits
    }

    #[inline(always)]
    fn peek(&self, value: Raw) -> Raw {
        value
    }

    fn peek_value(&self, value: Raw) -> Value {
        // SAFETY: borrowed values are alive while the instruction runs.
        unsafe { value.to_value() }
    }

    #[inline(always)]
    fn kind(&mut self, value: Raw) -> Tag {
        value.tag
    }

    #[inline(always)]
    fn decide(&mut self, value: bool) -> bool {
        value
    }

    #[inline(always)]
    fn shape(&mut self, object: *mut Header) -> u32 {
        // SAFETY: the object is alive while the instruction runs.
        unsafe { (*object).shape }
    }

    #[inline(always)]
    fn unique(&mut self, object: *mut Header) -> bool {
        // SAFETY: the object is alive while the instruction runs.
        unsafe { (*object).count == 1 }
    }

    #[inline(always)]
    fn below(&mut self, index: i64, len: i64) -> bool {
        (index as u64) < len as u64
    }

    #[inline(always)]
    fn declared(&mut self, callee: Raw) -> Raw {
        callee
    }

    #[inline(always)]
    fn closure_code(&mut self, closure: *mut Header) -> &'static Code {
        // SAFETY: the body decided that the object is a closure; its code is
        // kept by the machine.
        unsafe { &*((*(closure as *mut ClosureObject)).code as *const Code) }
    }

    #[inline(always)]
    fn native_row(&mut self, value: Raw) -> u32 {
        value.bits as u32
    }

    #[inline(always)]
    fn holder(&mut self, register: u16) -> *mut Raw {
        let location = self.register(register);
        // SAFETY: verified register.
        let value = unsafe { *location };
        if value.tag == Tag::Place { value.bits as *mut Raw } else { location }
    }

    #[inline(always)]
    fn register_holder(&mut self, register: u16) -> *mut Raw {
        self.register(register)
    }

    #[inline(always)]
    fn module_holder(&mut self, slot: u32) -> *mut Raw {
        self.machine().module_base.wrapping_add(slot as usize)
    }

    #[inline(always)]
    fn cell_holder(&mut self, cell: *mut Header) -> *mut Raw {
        // SAFETY: the body decided that the object is a cell.
        unsafe { (*(cell as *mut CellObject)).place() as *mut Raw }
    }

    #[inline(always)]
    fn element_holder(&mut self, array: *mut Header, index: i64) -> *mut Raw {
        let element = Self::array(array).element_mut(index as usize);
        element.expect("index decided, storage widened") as *mut Value as *mut Raw
    }

    #[inline(always)]
    fn field_holder(&mut self, object: *mut Header, index: u32) -> *mut Raw {
        &raw mut Self::record(object).fields_mut()[index as usize] as *mut Raw
    }

    #[inline(always)]
    fn entry(&mut self, dict: *mut Header, key: Raw) -> Option<*mut Raw> {
        self.apart(|d| d.entry_apart(dict, key))
    }

    #[inline(always)]
    fn entry_holder(&mut self, holder: *mut Raw, key: Raw) -> Result<*mut Raw, Fault> {
        self.apart(|d| d.entry_holder_apart(holder, key))
    }

    #[inline(always)]
    fn member_entry_holder(&mut self, holder: *mut Raw, name: Symbol) -> Result<*mut Raw, Fault> {
        self.apart(|d| d.member_entry_holder_apart(holder, name))
    }

    #[inline(always)]
    fn held(&mut self, holder: *mut Raw) -> Raw {
        // SAFETY: locations are alive while the instruction runs.
        unsafe { *holder }
    }

    #[inline(always)]
    fn put(&mut self, holder: *mut Raw, value: Raw) {
        // SAFETY: locations are alive while the instruction runs.
        unsafe { *holder = value };
    }

    #[inline(always)]
    fn replace(&mut self, holder: *mut Raw, value: Raw) {
        Self::store(holder, value);
    }

    #[inline(always)]
    fn write_place(&mut self, register: u16, holder: *mut Raw) {
        // SAFETY: verified register, a temporary that holds no count.
        unsafe { *self.register(register) = Raw { tag: Tag::Place, bits: holder as u64 } };
    }

    #[inline(always)]
    fn end_place(&mut self, _register: u16) {
        // A place holds no count; the bits left behind are as good as null.
    }

    #[inline(always)]
    fn array_len(&mut self, array: *mut Header) -> i64 {
        Self::array(array).len() as i64
    }

    #[inline(always)]
    fn element_int(&mut self, array: *mut Header, index: i64) -> i64 {
        Self::array(array).raw(index as usize).bits as i64
    }

    #[inline(always)]
    fn element_float(&mut self, array: *mut Header, index: i64) -> f64 {
        f64::from_bits(Self::array(array).raw(index as usize).bits)
    }

    #[inline(always)]
    fn element_bool(&mut self, array: *mut Header, index: i64) -> bool {
        Self::array(array).raw(index as usize).bits != 0
    }

    #[inline(always)]
    fn element(&mut self, array: *mut Header, index: i64) -> Raw {
        Self::array(array).raw(index as usize)
    }

    #[inline(always)]
    fn set_int(&mut self, array: *mut Header, index: i64, value: i64) {
        Self::array(array).set(index as usize, Value::int(value));
    }

    #[inline(always)]
    fn set_float(&mut self, array: *mut Header, index: i64, value: f64) {
        Self::array(array).set(index as usize, Value::float(value));
    }

    #[inline(always)]
    fn set_bool(&mut self, array: *mut Header, index: i64, value: bool) {
        Self::array(array).set(index as usize, Value::bool(value));
    }

    #[inline(always)]
    fn set_element(&mut self, array: *mut Header, index: i64, value: Raw) {
        Self::array(array).set(index as usize, Self::owned(value));
    }

    #[inline(always)]
    fn push(&mut self, array: *mut Header, _storage: Storage, value: Raw) {
        Self::array(array).push(Self::owned(value));
    }

    #[inline(always)]
    fn take_last(&mut self, array: *mut Header, _storage: Storage, _at: i64) -> Raw {
        Self::array(array).pop().unwrap_or_default().into_raw()
    }

    #[inline(always)]
    fn adopt(&mut self, array: *mut Header, storage: Storage) {
        Self::array(array).adopt(storage);
    }

    #[inline(always)]
    fn widen(&mut self, array: *mut Header) {
        self.apart(|d| d.widen_apart(array))
    }

    #[inline(always)]
    fn field(&mut self, object: *mut Header, index: u32) -> Raw {
        Self::record(object).fields()[index as usize].raw()
    }

    #[inline(always)]
    fn payload(&mut self, object: *mut Header, index: u32) -> Option<Raw> {
        Self::record(object).fields().get(index as usize).map(Value::raw)
    }

    #[inline(always)]
    fn set_field(&mut self, object: *mut Header, index: u32, value: Raw) {
        Self::record(object).fields_mut()[index as usize] = Self::owned(value);
    }

    #[inline(always)]
    fn duplicate(&mut self, value: Raw) -> Raw {
        self.apart(|d| d.duplicate_apart(value))
    }

    #[inline(always)]
    fn new_array(&mut self, storage: Storage, items: &[Raw]) -> Raw {
        self.apart(|d| d.new_array_apart(storage, items))
    }

    #[inline(always)]
    fn new_record(&mut self, tag: Tag, shape: u32, fields: &[Raw]) -> Raw {
        self.apart(|d| d.new_record_apart(tag, shape, fields))
    }

    #[inline(always)]
    fn new_cell(&mut self, value: Raw) -> Raw {
        self.apart(|d| d.new_cell_apart(value))
    }

    #[inline(always)]
    fn new_closure(&mut self, code: &Rc<Code>, cells: &[Raw]) -> Raw {
        self.apart(|d| d.new_closure_apart(code, cells))
    }

    #[inline(always)]
    fn running_closure(&mut self) -> *mut Header {
        // SAFETY: below the registers of a function lies its closure.
        unsafe { (*self.base.wrapping_sub(1)).bits as *mut Header }
    }

    #[inline(always)]
    fn closure_cell(&mut self, closure: *mut Header, index: u32) -> *mut Header {
        // SAFETY: the object is the closure that runs or was decided to be one.
        unsafe { (*(closure as *mut ClosureObject)).cell(index as usize).bits as *mut Header }
    }

    #[inline(always)]
    fn cell_value(&mut self, cell: *mut Header) -> Raw {
        self.apart(|d| d.cell_value_apart(cell))
    }

    #[inline(always)]
    fn string_equal(&mut self, left: *mut Header, right: *mut Header) -> bool {
        let len = |string| Self::string(string).byte_len();
        left == right
            || len(left) == len(right) && self.apart(|d| d.string_equal_apart(left, right))
    }

    #[inline(always)]
    fn string_compare(&mut self, left: *mut Header, right: *mut Header) -> i64 {
        self.apart(|d| d.string_compare_apart(left, right))
    }

    #[inline(always)]
    fn string_length(&mut self, string: *mut Header) -> i64 {
        Self::string(string).character_count() as i64
    }

    #[inline(always)]
    fn string_character(&mut self, string: *mut Header, index: i64) -> Raw {
        prim::nth_character(Self::string(string), index as usize).into_raw()
    }

    #[inline(always)]
    fn string_concat(&mut self, left: *mut Header, right: *mut Header) -> Raw {
        self.apart(|d| d.string_concat_apart(left, right))
    }

    #[inline(always)]
    fn string_append(&mut self, left: Raw, right: *mut Header) -> Raw {
        self.apart(|d| d.string_append_apart(left, right))
    }

    #[inline(always)]
    fn slow(&mut self, slow: Slow, extra: u32, operands: &[Raw]) -> Result<Raw, Raised> {
        self.apart(|d| d.slow_apart(slow, extra, operands))
    }

    #[inline(always)]
    fn native(&mut self, row: u32, first: u16, count: usize) -> Result<Raw, Raised> {
        let machine = self.machine();
        // SAFETY: the arguments are consecutive temporaries that own their
        // values; a `Value` has the layout of a `Raw`.
        let values =
            unsafe { std::slice::from_raw_parts_mut(self.register(first) as *mut Value, count) };
        let value = runtime::call(row, &mut machine.context, values).map_err(|fault| {
            machine.fault = Some(fault);
            Raised
        })?;
        values.iter_mut().for_each(|value| drop(std::mem::take(value)));
        Ok(value.into_raw())
    }

    #[inline(always)]
    fn enter(&mut self, code: &'static Code, window: u16) -> Result<(), Raised> {
        let base = self.register(window).wrapping_add(1);
        self.machine().push_frame(code, base).map_err(|fault| {
            self.machine().fault = Some(fault);
            Raised
        })
    }

    #[inline(always)]
    fn leave(&mut self) {
        for register in 0..self.code().variables {
            // SAFETY: verified register; variables own what they hold.
            unsafe {
                let location = self.register(register);
                let value = *location;
                if value.tag.is_heap() {
                    (*location).tag = Tag::Null;
                    release_out_of_line(value);
                }
            }
        }
        let machine = self.machine();
        machine.frames.pop();
        let caller = *machine.frames.last().expect("the caller's frame");
        *self = Concrete::new(machine, caller);
    }

    #[inline(always)]
    fn caller(&self) -> Option<Instruction> {
        let frames = &self.machine().frames;
        let depth = frames.len();
        // SAFETY: an outer frame's pc is after the instruction that called.
        (depth > 1).then(|| unsafe { *frames[depth - 2].pc.wrapping_sub(1) })
    }

    fn method_of_kind(&mut self, kind: Tag, name: Symbol) -> Option<Value> {
        self.machine().methods.get(&(kind, name)).cloned()
    }

    #[inline(always)]
    fn prelude_function(&mut self, row: u32, count: usize) -> Option<Value> {
        self.machine().prelude_function(row, count)
    }

    fn new_generator(&mut self, next: u32) -> Raw {
        generator::create(self.code(), self.base, next)
    }

    fn resume(&mut self, generator: Raw) -> Result<bool, Raised> {
        let base = self.register(self.code().registers).wrapping_add(1);
        generator::resume(self.machine(), generator, base)
    }

    fn suspend(&mut self, next: u32) {
        let machine = self.machine();
        generator::suspend(machine, next);
        let caller = *machine.frames.last().expect("the caller's frame");
        *self = Concrete::new(machine, caller);
    }

    fn end_generator(&mut self) {
        generator::end(self.machine());
        self.leave();
        self.discard(self.code().registers, true);
    }

    #[inline(always)]
    fn raise(&mut self, fault: Fault) -> Flow {
        self.apart(|d| d.raise_apart(fault))
    }

    #[inline(always)]
    fn method_rebound(&mut self) {
        self.apart(|d| d.method_rebound_apart())
    }
}
