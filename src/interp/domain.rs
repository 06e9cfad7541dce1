//! What instruction bodies are written against.
//!
//! The bodies in `ops` are generic over a [`Domain`]. [`Concrete`] is the
//! interpreter: its values are the sixteen bytes in the registers and every
//! method here compiles to what a hand-written interpreter would do. The trace
//! recorder is another domain, whose values also carry the name of the trace
//! instruction that makes them, so that executing a body records it.
//!
//! Three kinds of methods:
//!
//! * **decisions** (`kind`, `decide`, `shape`, `unique`, `below`, ...) answer a
//!   question about a value. A body branches on nothing else, so a recorder
//!   that emits a guard for each answer knows all that its trace assumes.
//! * **computations** make new values and change nothing.
//! * **actions** (`write`, `set_*`, `push`, `slow`, ...) have effects.
//!
//! What must hold in a body: decide, compute, then act. After the first action
//! there is no decision about anything that existed before it, so an instruction
//! whose guard fails can be executed again from its beginning.
//!
//! Ownership: a value from `read` is borrowed; `take`, `retained` and the
//! constructors give owned ones, which exactly one `write`, `set_*` or
//! `release` must use up.
//!
//! Example: the body of `Add` decides that both kinds are int, computes
//! `int_add`, and writes the result; the recorder then has two type guards (or
//! none, if the kinds are known), an `int_add` that exits on overflow, and a
//! `set`.
//!
//! [`Concrete`]: super::concrete::Concrete

use crate::bytecode::{Code, Slow};
use crate::prim::Fault;
use crate::value::{Raw, Storage, Symbol, Tag, Value};
use std::rc::Rc;

/// Applies a macro to the table of computations on numbers: `prim` function,
/// operand kinds, result kind, whether the primitive may refuse (`checked`:
/// the body handles it; `proven`: the body has decided that it does not; `divided`:
/// the same of what the second operand divides).
#[macro_export]
macro_rules! for_each_computation {
    ($apply:ident) => {
        $apply! {
            checked int_add IntAdd (Int, Int) Int;
            checked int_sub IntSub (Int, Int) Int;
            checked int_mul IntMul (Int, Int) Int;
            checked int_neg IntNeg (Int) Int;
            checked int_abs IntAbs (Int) Int;
            divided int_div IntDiv (Int, Int) Int;
            divided int_mod IntMod (Int, Int) Int;
            plain int_eq IntEq (Int, Int) Bool;
            plain int_ne IntNe (Int, Int) Bool;
            plain int_lt IntLt (Int, Int) Bool;
            plain int_le IntLe (Int, Int) Bool;
            plain int_gt IntGt (Int, Int) Bool;
            plain int_ge IntGe (Int, Int) Bool;
            plain int_min IntMin (Int, Int) Int;
            plain int_max IntMax (Int, Int) Int;
            plain int_to_float IntToFloat (Int) Float;
            plain bit_and BitAnd (Int, Int) Int;
            plain bit_or BitOr (Int, Int) Int;
            plain bit_xor BitXor (Int, Int) Int;
            plain bit_not BitNot (Int) Int;
            proven bit_shl BitShl (Int, Int) Int;
            proven bit_shr BitShr (Int, Int) Int;
            plain float_add FloatAdd (Float, Float) Float;
            plain float_sub FloatSub (Float, Float) Float;
            plain float_mul FloatMul (Float, Float) Float;
            proven float_div FloatDiv (Float, Float) Float;
            proven float_mod FloatMod (Float, Float) Float;
            plain float_neg FloatNeg (Float) Float;
            plain float_abs FloatAbs (Float) Float;
            plain float_min FloatMin (Float, Float) Float;
            plain float_max FloatMax (Float, Float) Float;
            plain float_pow FloatPow (Float, Float) Float;
            plain float_sin FloatSin (Float) Float;
            plain float_cos FloatCos (Float) Float;
            plain float_tan FloatTan (Float) Float;
            plain float_exp FloatExp (Float) Float;
            plain float_log FloatLog (Float) Float;
            plain float_sqrt FloatSqrt (Float) Float;
            plain float_floor FloatFloor (Float) Float;
            plain float_ceil FloatCeil (Float) Float;
            plain float_round FloatRound (Float) Float;
            plain float_eq FloatEq (Float, Float) Bool;
            plain float_ne FloatNe (Float, Float) Bool;
            plain float_lt FloatLt (Float, Float) Bool;
            plain float_le FloatLe (Float, Float) Bool;
            plain float_gt FloatGt (Float, Float) Bool;
            plain float_ge FloatGe (Float, Float) Bool;
            checked float_to_int FloatToInt (Float) Int;
            plain bool_not BoolNot (Bool) Bool;
            plain bool_eq BoolEq (Bool, Bool) Bool;
        }
    };
}

macro_rules! declare_computations {
    ($($mode:ident $name:ident $op:ident ($($kind:ident),*) $result:ident;)*) => {
        $(declare_computations!(@one $mode $name ($($kind),*) $result);)*
    };
    (@one checked $name:ident ($a:ident) $result:ident) => {
        #[doc = concat!("`prim::", stringify!($name), "`; `None` where it refuses.")]
        fn $name(&mut self, a: Self::$a) -> Option<Self::$result>;
    };
    (@one checked $name:ident ($a:ident, $b:ident) $result:ident) => {
        #[doc = concat!("`prim::", stringify!($name), "`; `None` where it refuses.")]
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Option<Self::$result>;
    };
    (@one $mode:ident $name:ident ($a:ident) $result:ident) => {
        #[doc = concat!("`prim::", stringify!($name), "`.")]
        fn $name(&mut self, a: Self::$a) -> Self::$result;
    };
    (@one $mode:ident $name:ident ($a:ident, $b:ident) $result:ident) => {
        #[doc = concat!("`prim::", stringify!($name), "`.")]
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Self::$result;
    };
}

/// What comes after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next one.
    Next,
    /// The one at this distance from the next.
    Jump(i32),
    /// A frame was pushed: its first instruction.
    Enter,
    /// A frame was popped: the instruction after its call, at this distance.
    Leave(i32),
    /// The main function returned: the program is over.
    Finish,
    /// The machine's fault is raised.
    Raise,
    /// Another round of this loop of the running code, at this distance.
    Back(u16, i32),
}

/// A domain of values in which instruction bodies run.
pub trait Domain {
    /// A value.
    type Value: Copy;
    /// The payload of an int.
    type Int: Copy;
    /// The payload of a float.
    type Float: Copy;
    /// The payload of a bool.
    type Bool: Copy;
    /// A heap object.
    type Object: Copy;
    /// A location that holds a value: a register, module slot, cell, element or field.
    type Holder: Copy;

    for_each_computation! { declare_computations }

    /// Runs a rare or long part of a body out of line. The part must not change
    /// which frame this domain stands in, unless its caller only returns the flow.
    fn apart<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R;
    /// The running function.
    fn code(&self) -> &'static Code;

    // Registers

    /// The value of a register, borrowed.
    fn read(&mut self, register: u16) -> Self::Value;
    /// The value of a register, owned: moved out if consumed, else with a new count.
    fn take(&mut self, register: u16, consume: bool) -> Self::Value;
    /// Ends the life of a consumed temporary that was only read.
    fn discard(&mut self, register: u16, consume: bool);
    /// Notes that the value of a consumed temporary was used up.
    fn moved(&mut self, register: u16, consume: bool);
    /// Puts an owned value in a register, releasing what it held.
    fn write(&mut self, register: u16, value: Self::Value);
    /// Puts an int in a register, releasing what it held.
    fn write_int(&mut self, register: u16, value: Self::Int);
    /// Puts a float in a register, releasing what it held.
    fn write_float(&mut self, register: u16, value: Self::Float);
    /// Puts a bool in a register, releasing what it held.
    fn write_bool(&mut self, register: u16, value: Self::Bool);

    // Values

    /// A constant of the code, borrowed.
    fn constant(&mut self, raw: Raw) -> Self::Value;
    /// A constant int.
    fn const_int(&mut self, value: i64) -> Self::Int;
    /// The step of a range, which may be taken for granted if it is 1 or -1.
    fn unit_step(&mut self, step: Self::Int) -> Self::Int;
    /// A constant float.
    fn const_float(&mut self, value: f64) -> Self::Float;
    /// A constant bool.
    fn const_bool(&mut self, value: bool) -> Self::Bool;
    /// The int as a value.
    fn from_int(&mut self, value: Self::Int) -> Self::Value;
    /// The float as a value.
    fn from_float(&mut self, value: Self::Float) -> Self::Value;
    /// An owned copy of a borrowed value.
    fn retained(&mut self, value: Self::Value) -> Self::Value;
    /// Gives up an owned value.
    fn release(&mut self, value: Self::Value);
    /// The main function ends with this value.
    fn finish(&mut self, value: Self::Value);
    /// The payload of a value decided to be an int.
    fn int(&mut self, value: Self::Value) -> Self::Int;
    /// The payload of a value decided to be a float.
    fn float(&mut self, value: Self::Value) -> Self::Float;
    /// The payload of a value decided to be a bool.
    fn boolean(&mut self, value: Self::Value) -> Self::Bool;
    /// The object of a value decided to be of a heap kind.
    fn object(&mut self, value: Self::Value) -> Self::Object;
    /// Whether a method that ends leaves its const receiver as it was: the same
    /// object, or the same bits.
    fn is_unchanged(&mut self, before: Self::Value, after: Self::Value) -> bool;
    /// The bits, to name in a fault: deciding on them is not allowed.
    fn peek(&self, value: Self::Value) -> Raw;
    /// The value itself, to keep in a fault or declaration.
    fn peek_value(&self, value: Self::Value) -> Value;

    // Decisions

    /// The kind of a value.
    fn kind(&mut self, value: Self::Value) -> Tag;
    /// Which of the two.
    fn decide(&mut self, value: Self::Bool) -> bool;
    /// The shape word of an object.
    fn shape(&mut self, object: Self::Object) -> u32;
    /// Whether the object has one owner.
    fn unique(&mut self, object: Self::Object) -> bool;
    /// Whether `0 <= index < len`.
    fn below(&mut self, index: Self::Int, len: Self::Int) -> bool;
    /// The same function, about to be called from a variable of the module: a trace
    /// may take it for the only one that the variable will hold.
    fn declared(&mut self, callee: Self::Value) -> Self::Value;
    /// The prototype of a closure.
    fn closure_code(&mut self, closure: Self::Object) -> &'static Code;
    /// The row of a builtin.
    fn native_row(&mut self, value: Self::Value) -> u32;

    // Locations

    /// The location that instructions with place operands work on: the register,
    /// or, if it holds a place, the location that the place points to.
    fn holder(&mut self, register: u16) -> Self::Holder;
    /// A register as a location, whatever it holds.
    fn register_holder(&mut self, register: u16) -> Self::Holder;
    /// A module slot.
    fn module_holder(&mut self, slot: u32) -> Self::Holder;
    /// The variable in a cell.
    fn cell_holder(&mut self, cell: Self::Object) -> Self::Holder;
    /// An element of a unique array with whole-value storage.
    fn element_holder(&mut self, array: Self::Object, index: Self::Int) -> Self::Holder;
    /// A field of a unique struct instance.
    fn field_holder(&mut self, object: Self::Object, index: u32) -> Self::Holder;
    /// The value of the entry of a dict under an int or string key, as a location
    /// to read or, if the dict is unique, to change; `None` (a decision) if the
    /// key is missing.
    fn entry(&mut self, dict: Self::Object, key: Self::Value) -> Option<Self::Holder>;
    /// The value of an entry of the unique dict that `holder` holds.
    ///
    /// # Errors
    /// If the key is missing or invalid.
    fn entry_holder(
        &mut self,
        holder: Self::Holder,
        key: Self::Value,
    ) -> Result<Self::Holder, Fault>;
    /// The same for an entry named like a member.
    ///
    /// # Errors
    /// If there is no such entry or the value has no entries.
    fn member_entry_holder(
        &mut self,
        holder: Self::Holder,
        name: Symbol,
    ) -> Result<Self::Holder, Fault>;
    /// What a location holds, borrowed.
    fn held(&mut self, holder: Self::Holder) -> Self::Value;
    /// Puts an owned value in a location whose old value was used up.
    fn put(&mut self, holder: Self::Holder, value: Self::Value);
    /// Puts an owned value in a location, releasing what it held.
    fn replace(&mut self, holder: Self::Holder, value: Self::Value);
    /// Leaves the address of a location in a temporary, for the next instruction.
    fn write_place(&mut self, register: u16, holder: Self::Holder);
    /// Ends the life of a place in a temporary.
    fn end_place(&mut self, register: u16);

    // Objects

    /// Number of elements of an array.
    fn array_len(&mut self, array: Self::Object) -> Self::Int;
    /// An element of an int array; the index is in range.
    fn element_int(&mut self, array: Self::Object, index: Self::Int) -> Self::Int;
    /// An element of a float array; the index is in range.
    fn element_float(&mut self, array: Self::Object, index: Self::Int) -> Self::Float;
    /// An element of a bool array; the index is in range.
    fn element_bool(&mut self, array: Self::Object, index: Self::Int) -> Self::Bool;
    /// An element of a whole-value array, borrowed; the index is in range.
    fn element(&mut self, array: Self::Object, index: Self::Int) -> Self::Value;
    /// Changes an element of a unique int array.
    fn set_int(&mut self, array: Self::Object, index: Self::Int, value: Self::Int);
    /// Changes an element of a unique float array.
    fn set_float(&mut self, array: Self::Object, index: Self::Int, value: Self::Float);
    /// Changes an element of a unique bool array.
    fn set_bool(&mut self, array: Self::Object, index: Self::Int, value: Self::Bool);
    /// Changes an element of a unique whole-value array to an owned value, releasing the old.
    fn set_element(&mut self, array: Self::Object, index: Self::Int, value: Self::Value);
    /// Appends an owned value that fits the storage to a unique array.
    fn push(&mut self, array: Self::Object, storage: Storage, value: Self::Value);
    /// Has an array of whole values that never held one, and has one owner, take this storage.
    fn adopt(&mut self, array: Self::Object, storage: Storage);
    /// Takes the last element, which is the one at `at`, off a unique array; its count goes
    /// to the result.
    fn take_last(&mut self, array: Self::Object, storage: Storage, at: Self::Int) -> Self::Value;
    /// Changes the storage of a unique array to whole values.
    fn widen(&mut self, array: Self::Object);
    /// Field of a struct or payload of an enum value, borrowed.
    fn field(&mut self, object: Self::Object, index: u32) -> Self::Value;
    /// Payload of an enum value, borrowed; `None` (a decision) if it has fewer.
    fn payload(&mut self, object: Self::Object, index: u32) -> Option<Self::Value>;
    /// Changes a field of a unique struct to an owned value, releasing the old.
    fn set_field(&mut self, object: Self::Object, index: u32, value: Self::Value);
    /// An independent owned copy of an array or struct.
    fn duplicate(&mut self, value: Self::Value) -> Self::Value;
    /// An array of these owned values, all of which fit the storage.
    fn new_array(&mut self, storage: Storage, items: &[Self::Value]) -> Self::Value;
    /// A struct instance or enum value with these owned fields.
    fn new_record(&mut self, tag: Tag, shape: u32, fields: &[Self::Value]) -> Self::Value;
    /// A cell holding an owned value.
    fn new_cell(&mut self, value: Self::Value) -> Self::Value;
    /// A closure over these owned cells.
    fn new_closure(&mut self, code: &Rc<Code>, cells: &[Self::Value]) -> Self::Value;
    /// The closure that runs.
    fn running_closure(&mut self) -> Self::Object;
    /// A captured cell of a closure.
    fn closure_cell(&mut self, closure: Self::Object, index: u32) -> Self::Object;
    /// A cell as an owned value.
    fn cell_value(&mut self, cell: Self::Object) -> Self::Value;
    /// Whether two strings have the same text.
    fn string_equal(&mut self, left: Self::Object, right: Self::Object) -> Self::Bool;
    /// -1, 0 or 1: order of two strings by code point.
    fn string_compare(&mut self, left: Self::Object, right: Self::Object) -> Self::Int;
    /// Number of characters of a string.
    fn string_length(&mut self, string: Self::Object) -> Self::Int;
    /// The character at an index in range, owned.
    fn string_character(&mut self, string: Self::Object, index: Self::Int) -> Self::Value;
    /// A new string of two.
    fn string_concat(&mut self, left: Self::Object, right: Self::Object) -> Self::Value;
    /// An owned string with another appended, in place if it is unique.
    fn string_append(&mut self, left: Self::Value, right: Self::Object) -> Self::Value;

    /// Carries out a generic operation; `Err` leaves the fault in the machine
    /// and the operands as they were. Operands that the operation takes must be owned.
    ///
    /// # Errors
    /// If the operation raised.
    fn slow(
        &mut self,
        slow: Slow,
        extra: u32,
        operands: &[Self::Value],
    ) -> Result<Self::Value, Raised>;

    /// Carries out a builtin on `count` temporaries from `first` on, which it
    /// consumes; `Err` leaves the fault in the machine and the operands as they were.
    ///
    /// # Errors
    /// If the builtin raised.
    fn native(&mut self, row: u32, first: u16, count: usize) -> Result<Self::Value, Raised>;

    // Frames

    /// Pushes the frame of a call whose callee stands in `window`; the
    /// arguments after it become its first registers.
    ///
    /// # Errors
    /// If calls are nested too deep.
    fn enter(&mut self, code: &'static Code, window: u16) -> Result<(), Raised>;
    /// Releases the variables of the running frame and pops it. The registers
    /// are those of the caller afterwards.
    fn leave(&mut self);
    /// The call instruction that the running frame returns to; `None` in main.
    fn caller(&self) -> Option<crate::bytecode::Instruction>;
    /// The function of the prelude that is a method of every value of a kind.
    fn method_of_kind(&mut self, kind: Tag, name: Symbol) -> Option<Value>;
    /// The function of the prelude that runs a call of a builtin with so many
    /// arguments, if one does.
    fn prelude_function(&mut self, row: u32, count: usize) -> Option<Value>;
    /// A generator that owns what the registers of the running frame hold and
    /// continues at an instruction.
    fn new_generator(&mut self, next: u32) -> Self::Value;
    /// Pushes the frame that a generator keeps; false if it has no more items.
    /// The body only returns the flow afterwards.
    ///
    /// # Errors
    /// If calls are nested too deep or the generator runs already.
    fn resume(&mut self, generator: Self::Value) -> Result<bool, Raised>;
    /// Pops the running frame, which its generator keeps and continues at an
    /// instruction. The registers are those of the caller afterwards.
    fn suspend(&mut self, next: u32);
    /// As `leave`, for a generator that has no more items.
    fn end_generator(&mut self);
    /// Raises a value of the program. A trace goes on in the handler, if it is one
    /// of its own functions that has it.
    fn throw(&mut self, value: Self::Value) -> Flow {
        let value = self.peek_value(value);
        self.raise(Fault::Thrown(value))
    }
    /// Leaves a fault for `Flow::Raise`.
    fn raise(&mut self, fault: Fault) -> Flow;
    /// Told when a method is declared again after code may rely on the old one.
    fn method_rebound(&mut self);
}

/// The mark that the machine holds a fault to be raised.
#[derive(Clone, Copy, Debug)]
pub struct Raised;
