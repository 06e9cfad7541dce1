//! The table of IR operations, and of the helpers that they may call.
//!
//! One row an operation: operands, result, what memory it reads and writes, and
//! whether it guards. Builder, printer, parser, verifier, optimiser, evaluator
//! and lowering all go by this table.
//!
//! Memory is divided into alias classes ([`Classes`]); two operations may
//! change places exactly when neither writes a class that the other uses.
//!
//! Example: `ElementInt data, index` reads class `ELEMENT_INT`, so it may be
//! forwarded past a `StoreField`, which writes only `FIELD`.

use super::types::Type;
use crate::bytecode::Slow;
use crate::value::Tag;

/// A set of alias classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Classes(pub u32);

impl Classes {
    /// Nothing.
    pub const NONE: Classes = Classes(0);
    /// Reference counts.
    pub const COUNT: Classes = Classes(1);
    /// Shape words (only those of arrays change).
    pub const SHAPE: Classes = Classes(1 << 1);
    /// Lengths of arrays.
    pub const ARRAY_LEN: Classes = Classes(1 << 2);
    /// Buffer addresses and capacities of arrays.
    pub const ARRAY_DATA: Classes = Classes(1 << 3);
    /// Elements of whole-value arrays.
    pub const ELEMENT_ANY: Classes = Classes(1 << 4);
    /// Elements of int arrays.
    pub const ELEMENT_INT: Classes = Classes(1 << 5);
    /// Elements of float arrays.
    pub const ELEMENT_FLOAT: Classes = Classes(1 << 6);
    /// Elements of bool arrays.
    pub const ELEMENT_BOOL: Classes = Classes(1 << 7);
    /// Fields of structs and enum payloads.
    pub const FIELD: Classes = Classes(1 << 8);
    /// Captured variables.
    pub const CELL: Classes = Classes(1 << 9);
    /// Text and length of strings (appending in place changes them).
    pub const STRING: Classes = Classes(1 << 10);
    /// Which entries dicts have, and where.
    pub const DICT: Classes = Classes(1 << 11);
    /// The result area of the last generic helper.
    pub const RESULT: Classes = Classes(1 << 12);
    /// Files, output, clocks: never removed, never reordered.
    pub const WORLD: Classes = Classes(1 << 13);
    /// Frame and module slots in memory.
    pub const SLOT: Classes = Classes(1 << 14);
    /// All elements of arrays.
    pub const ELEMENTS: Classes = Classes(0xf << 4);
    /// Values of entries of dicts.
    pub const ENTRY: Classes = Classes(1 << 15);
    /// Everything on the heap.
    pub const HEAP: Classes = Classes(0xfff | 1 << 15);

    /// Both.
    pub const fn or(self, other: Classes) -> Classes {
        Classes(self.0 | other.0)
    }

    /// Whether the two have a class in common.
    pub const fn overlaps(self, other: Classes) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One row of the operation table.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Name in text form.
    pub name: &'static str,
    /// Number of operands; `None` if it varies.
    pub arity: Option<usize>,
    /// Whether it may leave through an exit (and so has one in a region).
    pub guards: bool,
    /// Classes it reads.
    pub reads: Classes,
    /// Classes it writes.
    pub writes: Classes,
    /// Meaning of operands, immediate and result.
    pub doc: &'static str,
}

macro_rules! operations {
    ($($name:ident $text:literal $arity:tt $guards:tt [$($r:ident)*] [$($w:ident)*] $doc:literal;)*) => {
        /// An operation of the trace IR; see [`OpInfo`] for its row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $doc] $name,)* }

        impl Op {
            /// All operations, in table order.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];

            /// Whether it says what the interpreter's state becomes, and stands in recorded
            /// traces only.
            pub fn is_mark(self) -> bool {
                use Op::*;
                matches!(self, At | Set | Enter | Leave | Own | Saw | Slot | Immediate)
            }

            /// The row of the table.
            pub fn info(self) -> &'static OpInfo {
                const INFO: &[OpInfo] = &[$(OpInfo {
                    name: $text,
                    arity: operations!(@arity $arity),
                    guards: operations!(@guards $guards),
                    reads: Classes(0 $(| Classes::$r.0)*),
                    writes: Classes(0 $(| Classes::$w.0)*),
                    doc: $doc,
                },)*];
                &INFO[self as usize]
            }
        }
    };
    (@arity many) => { None };
    (@arity $n:literal) => { Some($n) };
    (@guards guard) => { true };
    (@guards pure) => { false };
}

operations! {
    // Marks: recorded traces only
    At "at" 0 pure [] [] "the instruction imm of the innermost frame begins; guards up to the next mark resume here";
    Set "set" many pure [] [] "slot imm now holds the operand (typed) or tag and payload (dynamic); it takes over the count";
    Enter "enter" 0 pure [] [] "push the frame Trace::frames[imm]";
    Leave "leave" 0 pure [] [] "pop the innermost frame (imm: pc at which the outer frame goes on)";
    Own "own" 1 pure [] [] "a count of the operand that the heap has kept is a slot's from now on, or stays as long as a slot needs one";
    Saw "saw" 1 pure [] [] "the int operand, by which something is divided, was imm when it was recorded";
    Slot "slot" 0 guard [SLOT] [] "the value of slot imm, which must be of the result type (the count stays with the slot)";

    Immediate "immediate" 0 guard [SLOT] [] "exit if slot imm holds a counted object (it is about to be overwritten or forgotten)";

    // Values
    Const "const" 0 pure [] [] "the constant with payload imm of the result type";
    Parameter "parameter" 0 pure [] [] "a block parameter (regions only)";
    Retype "retype" 1 pure [] [] "the payload word as the result type, already known to be right (regions only)";

    // Slots in memory: regions only
    SlotTag "slot_tag" 0 pure [SLOT] [] "tag word of slot imm in memory";
    SlotPayload "slot_payload" 0 pure [SLOT] [] "payload of slot imm in memory, as the result type";
    StoreSlot "store_slot" 1 pure [] [SLOT] "slot imm in memory = operand";
    ClearSlot "clear_slot" 0 pure [SLOT] [SLOT COUNT] "release what slot imm holds, which is null then, if that is an object";
    StoreSlotDynamic "store_slot_dynamic" 2 pure [] [SLOT] "slot imm in memory = tag, payload";

    // Guards
    GuardType "guard_type" 2 guard [] [] "tag, payload: the payload as the result type if the tag is that of the type, else exit";
    GuardTrue "guard_true" 1 guard [] [] "exit unless the bool is true";
    GuardFalse "guard_false" 1 guard [] [] "exit unless the bool is false";
    GuardEqual "guard_equal" 1 guard [] [] "exit unless the word, int or pointer equals imm";
    GuardNotEqual "guard_not_equal" 1 guard [] [] "exit if the word or int equals imm";
    GuardBelow "guard_below" 2 guard [] [] "exit unless the first int, taken as unsigned, is below the second";
    GuardStatus "guard_status" 1 guard [] [] "exit by raising the pending fault unless the status word is 0";

    Poll "poll" 0 guard [WORLD] [] "a round of a loop ends: exit if the program has to stop (regions only)";

    // Ints; the checked ones exit on overflow
    IntAdd "int_add" 2 guard [] [] "a + b, exit on overflow";
    IntSub "int_sub" 2 guard [] [] "a - b, exit on overflow";
    IntMul "int_mul" 2 guard [] [] "a * b, exit on overflow";
    IntNeg "int_neg" 1 guard [] [] "-a, exit on overflow";
    IntAbs "int_abs" 1 guard [] [] "the magnitude of a, exit on overflow";
    IntAddWrap "int_add_wrap" 2 pure [] [] "a + b, known not to overflow or meant to wrap";
    IntSubWrap "int_sub_wrap" 2 pure [] [] "a - b, known not to overflow or meant to wrap";
    IntMulWrap "int_mul_wrap" 2 pure [] [] "a * b, known not to overflow or meant to wrap";
    IntDiv "int_div" 2 pure [] [] "a / b toward zero; b is not 0 and the pair is not MIN, -1";
    IntMod "int_mod" 2 pure [] [] "a % b with the sign of a; b is not 0 and the pair is not MIN, -1";
    IntEq "int_eq" 2 pure [] [] "a == b";
    IntNe "int_ne" 2 pure [] [] "a != b";
    IntLt "int_lt" 2 pure [] [] "a < b";
    IntLe "int_le" 2 pure [] [] "a <= b";
    IntGt "int_gt" 2 pure [] [] "a > b";
    IntGe "int_ge" 2 pure [] [] "a >= b";
    IntMin "int_min" 2 pure [] [] "the smaller one";
    IntMax "int_max" 2 pure [] [] "the larger one";
    IntToFloat "int_to_float" 1 pure [] [] "a as the nearest float";
    BitAnd "bit_and" 2 pure [] [] "a & b";
    BitOr "bit_or" 2 pure [] [] "a | b";
    BitXor "bit_xor" 2 pure [] [] "a ^ b";
    BitNot "bit_not" 1 pure [] [] "bits of a inverted";
    BitShl "bit_shl" 2 pure [] [] "a << b, b in 0..=63";
    BitShr "bit_shr" 2 pure [] [] "a >> b arithmetic, b in 0..=63";

    // Floats
    FloatAdd "float_add" 2 pure [] [] "a + b";
    FloatSub "float_sub" 2 pure [] [] "a - b";
    FloatMul "float_mul" 2 pure [] [] "a * b";
    FloatDiv "float_div" 2 pure [] [] "a / b; the language's zero check stands before it";
    FloatMod "float_mod" 2 pure [] [] "fmod(a, b); the zero check stands before it";
    FloatNeg "float_neg" 1 pure [] [] "-a";
    FloatAbs "float_abs" 1 pure [] [] "a without its sign";
    FloatMin "float_min" 2 pure [] [] "b if it is less than a or NaN, else a";
    FloatMax "float_max" 2 pure [] [] "b if it is greater than a or NaN, else a";
    FloatPow "float_pow" 2 pure [] [] "a to the power b";
    FloatSin "float_sin" 1 pure [] [] "sine";
    FloatCos "float_cos" 1 pure [] [] "cosine";
    FloatTan "float_tan" 1 pure [] [] "tangent";
    FloatExp "float_exp" 1 pure [] [] "e to the power a";
    FloatLog "float_log" 1 pure [] [] "natural logarithm";
    FloatSqrt "float_sqrt" 1 pure [] [] "square root";
    FloatFloor "float_floor" 1 pure [] [] "largest integral float not above a";
    FloatCeil "float_ceil" 1 pure [] [] "smallest integral float not below a";
    FloatRound "float_round" 1 pure [] [] "nearest integral float, halves away from zero";
    FloatEq "float_eq" 2 pure [] [] "a == b, IEEE";
    FloatNe "float_ne" 2 pure [] [] "a != b, IEEE";
    FloatLt "float_lt" 2 pure [] [] "a < b, IEEE";
    FloatLe "float_le" 2 pure [] [] "a <= b, IEEE";
    FloatGt "float_gt" 2 pure [] [] "a > b, IEEE";
    FloatGe "float_ge" 2 pure [] [] "a >= b, IEEE";
    FloatToInt "float_to_int" 1 guard [] [] "a truncated toward zero, exit if NaN or out of range";

    // Bools and pointers
    BoolNot "bool_not" 1 pure [] [] "not a";
    BoolEq "bool_eq" 2 pure [] [] "a == b";
    Select "select" 3 pure [] [] "bool, a, b: a if it is true, else b";
    PointerEq "pointer_eq" 2 pure [] [] "same object";

    // Loads
    HeaderShape "header_shape" 1 pure [SHAPE] [] "shape word of the object";
    HeaderCount "header_count" 1 pure [COUNT] [] "reference count of the object";
    ArrayLen "array_len" 1 pure [ARRAY_LEN] [] "number of elements";
    ArrayData "array_data" 1 pure [ARRAY_DATA] [] "address of the buffer";
    ElementInt "element_int" 2 pure [ELEMENT_INT] [] "data, index: an element of an int array; index in range";
    ElementFloat "element_float" 2 pure [ELEMENT_FLOAT] [] "data, index: an element of a float array";
    ElementBool "element_bool" 2 pure [ELEMENT_BOOL] [] "data, index: an element of a bool array";
    ElementTag "element_tag" 2 pure [ELEMENT_ANY] [] "data, index: tag word of an element of a whole-value array";
    ElementPayload "element_payload" 2 pure [ELEMENT_ANY] [] "data, index: payload word of it";
    RecordLen "record_len" 1 pure [SHAPE] [] "number of fields of a struct or payloads of an enum value";
    FieldTag "field_tag" 1 pure [FIELD] [] "tag word of field imm of a struct or payload imm of an enum value";
    FieldPayload "field_payload" 1 pure [FIELD] [] "payload word of it";
    CellTag "cell_tag" 1 pure [CELL] [] "tag word of the variable in a cell";
    CellPayload "cell_payload" 1 pure [CELL] [] "payload word of it";
    ClosureCode "closure_code" 1 pure [] [] "number of the prototype of a closure (ClosureObject::proto)";
    ClosureCell "closure_cell" 1 pure [] [] "captured cell imm of a closure, borrowed";
    EntryTag "entry_tag" 1 pure [ENTRY] [] "address of the value of a dict's entry: its tag word";
    EntryPayload "entry_payload" 1 pure [ENTRY] [] "the same: its payload word";
    ResultTag "result_tag" 0 pure [RESULT] [] "tag word of the last generic helper's result, or of the receiver that the function just called gives back";
    ResultPayload "result_payload" 0 pure [RESULT] [] "payload word of it, or as the result type where that is known; whoever takes it owns the count";

    // Stores; the old value's count has been taken care of before
    StoreInt "store_int" 3 pure [] [ELEMENT_INT] "data, index, value: element of an int array";
    StoreFloat "store_float" 3 pure [] [ELEMENT_FLOAT] "data, index, value: element of a float array";
    StoreBool "store_bool" 3 pure [] [ELEMENT_BOOL] "data, index, value: element of a bool array";
    StoreAny "store_any" 3 pure [] [ELEMENT_ANY] "data, index, value: element of a whole-value array; takes over the count";
    StoreField "store_field" 2 pure [] [FIELD] "object, value: field imm; takes over the count";
    StoreCell "store_cell" 2 pure [] [CELL] "cell, value; takes over the count";
    StoreEntry "store_entry" 2 pure [] [ENTRY] "address of the value of a dict's entry, value; takes over the count";
    StoreResult "store_result" 1 pure [] [RESULT] "the receiver that a method has changed, for its caller: result area = operand; takes over the count (regions only)";
    StoreResultDynamic "store_result_dynamic" 2 pure [] [RESULT] "the same of unknown kind: result area = tag, payload (regions only)";
    StoreLen "store_len" 2 pure [] [ARRAY_LEN ELEMENTS] "the unique array has so many elements from now on, one less than before; the count of the last one is taken over";
    ArrayAdopt "array_adopt" 1 pure [SHAPE COUNT ARRAY_LEN] [SHAPE ARRAY_DATA] "if the array is of whole values, never held one and has one owner: it takes storage imm";
    ArrayPush "array_push" 2 pure [ARRAY_LEN ARRAY_DATA] [ARRAY_LEN ARRAY_DATA ELEMENTS] "append the value to the unique array of storage imm, which fits it; takes over the count";

    // Counts
    Retain "retain" 1 pure [] [COUNT] "one more owner";
    Release "release" 1 pure [] [COUNT] "one owner less; frees the object with the last";
    ReleaseFlat "release_flat" 1 pure [] [COUNT] "the same for a struct instance or enum value of imm fields none of which is counted";

    // Allocation; operands' counts are taken over
    NewRecord "new_record" many pure [] [] "struct or enum value with shape word imm and these fields";
    NewArray "new_array" many pure [] [] "array of storage imm with these elements";
    NewCell "new_cell" 1 pure [] [] "cell holding the value";
    NewClosure "new_closure" many pure [] [] "closure of function number imm (Code::id) over these cells";

    // Calls of functions that have a region of their own; imm: see Callee
    GuardCallable "guard_callable" 0 guard [] [] "exit unless callee imm has code and the stacks have room for it";
    CallFunction "call_function" many guard [RESULT] [SLOT RESULT WORLD SHAPE COUNT ARRAY_LEN ARRAY_DATA ELEMENT_ANY ELEMENT_INT ELEMENT_FLOAT ELEMENT_BOOL FIELD CELL STRING DICT ENTRY] "callee imm with these arguments, whose counts it takes over: tag word of what it returned; exit if it left to the interpreter";
    ReturnPayload "return_payload" 1 pure [] [] "payload word that came with this tag word of a called function; whoever takes it owns the count";

    // Helpers
    Call "call" many pure [] [] "typed helper imm (Helper) of the operands; effects by its row";
    CallRaising "call_raising" many pure [] [] "as call_slow, for one that raised when recorded and has no effect: nothing is taken, and what it gives is dropped; a status word, 1 if it raised";
    CallSlow "call_slow" many pure [] [] "generic helper: imm = Slow number | extra << 32; operands are values (borrowed, but for the first if the row takes it); result in the result area; a status word, 0 if it did not raise";
}

macro_rules! helpers {
    ($($name:ident $text:literal [$($p:ident)*] $result:ident [$($r:ident)*] [$($w:ident)*] $doc:literal;)*) => {
        /// A helper with a typed native signature, called from machine code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Helper { $(#[doc = $doc] $name,)* }

        impl Helper {
            /// All helpers, in table order.
            pub const ALL: &'static [Helper] = &[$(Helper::$name,)*];

            /// Name in text form.
            pub fn name(self) -> &'static str {
                match self { $(Helper::$name => $text,)* }
            }

            /// Alias classes that it reads and writes.
            pub fn effects(self) -> (Classes, Classes) {
                match self { $(Helper::$name => (
                    Classes(0 $(| Classes::$r.0)*), Classes(0 $(| Classes::$w.0)*)),)* }
            }

            /// What it does.
            pub fn doc(self) -> &'static str {
                match self { $(Helper::$name => $doc,)* }
            }

            /// Number of operands, all of them pointers or ints.
            pub fn arity(self) -> usize {
                match self { $(Helper::$name => [$(stringify!($p)),*].len(),)* }
            }

            /// Type of the result.
            pub fn result(self) -> Type {
                match self { $(Helper::$name => helpers!(@type $result),)* }
            }

            /// The helper that the immediate of a call names.
            ///
            /// # Panics
            /// If there is none.
            pub fn decode(imm: u64) -> Helper {
                Helper::ALL[imm as u32 as usize]
            }

            /// As the immediate of a call that probably finds what it looks for at
            /// this number, if one is given.
            pub fn encode(self, hint: Option<u32>) -> u64 {
                self as u64 | hint.map_or(0, |at| (at as u64 + 1) << 32)
            }

            /// The number that the immediate of a call names.
            pub fn hint(imm: u64) -> Option<u32> {
                ((imm >> 32) as u32).checked_sub(1)
            }
        }
    };
    (@type Unit) => { Type::Unit };
    (@type Bool) => { Type::Bool };
    (@type Int) => { Type::Int };
    (@type Word) => { Type::Word };
    (@type $tag:ident) => { Type::Pointer(Tag::$tag) };
}

helpers! {
    StringEqual "string_equal" [p p] Bool [STRING] [] "two strings: same text";
    StringCompare "string_compare" [p p] Int [STRING] [] "two strings: -1, 0, 1 by code point";
    StringConcat "string_concat" [p p] String [STRING] [] "a new string, operands borrowed";
    StringAppend "string_append" [p p] String [STRING COUNT] [STRING COUNT] "left (taken) with right (borrowed) appended, in place if left is unique";
    StringCharacter "string_character" [p p] String [STRING] [] "string, int: the character at this index, which is in range";
    StringLength "string_length" [p] Int [STRING] [] "number of characters";
    DictFindInt "dict_find_int" [p p] Word [DICT] [] "dict, int: address of the value under this key, 0 if it is missing";
    DictFindText "dict_find_text" [p p] Word [DICT STRING] [] "dict, string: address of the value under this key, 0 if it is missing; probably that of the entry with the hinted number";
    ArrayDuplicate "array_duplicate" [p] Array [HEAP] [COUNT] "an independent array with the same elements; operand borrowed";
    RecordDuplicate "record_duplicate" [p] Struct [HEAP] [COUNT] "an independent struct instance; operand borrowed";
    ArrayWiden "array_widen" [p] Unit [SHAPE ARRAY_DATA ELEMENTS] [SHAPE ARRAY_DATA ELEMENTS] "change the unique array's storage to whole values";
}

/// Alias classes that a generic operation reads and writes.
pub fn slow_effects(slow: Slow) -> (Classes, Classes) {
    let value = Classes::RESULT.or(Classes::COUNT);
    let reads = Classes::HEAP;
    match slow {
        Slow::Truthy | Slow::Equal => (reads, Classes::RESULT),
        Slow::Append => {
            let in_place = Classes::STRING
                .or(Classes::ARRAY_LEN)
                .or(Classes::ARRAY_DATA)
                .or(Classes::ELEMENTS)
                .or(Classes::SHAPE);
            (reads, value.or(in_place))
        }
        Slow::SetIndex
        | Slow::SetMember
        | Slow::Spread
        | Slow::DictInsert
        | Slow::DictSpread
        | Slow::Push => (reads, Classes::RESULT.or(Classes::HEAP)),
        Slow::Native => (reads, Classes::RESULT.or(Classes::HEAP).or(Classes::WORLD)),
        _ => (reads, value),
    }
}
