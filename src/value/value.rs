//! The 16-byte value: a tag word and a payload word.
//!
//! Null, bool, int and float are immediate; every tag from
//! [`FIRST_HEAP_TAG`](super::layout::FIRST_HEAP_TAG) on means that the payload
//! points to a counted object. [`Value`] owns its count, [`Raw`] does not.
//!
//! Example: `Value::int(3).clone()` touches no memory;
//! `Value::string("a").clone()` adds one to the count of the string object.

use super::array::ArrayObject;
use super::bytes::BytesObject;
use super::channel::ChannelObject;
use super::closure::{CellObject, ClosureObject};
use super::dict::DictObject;
use super::heap::{Header, release_object};
use super::layout::FIRST_HEAP_TAG;
use super::queue::QueueObject;
use super::record::RecordObject;
use super::set::SetObject;
use super::string::StringObject;
use std::fmt;
use std::mem::ManuallyDrop;

/// What kind of thing a value is; the first word of every value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u64)]
pub enum Tag {
    /// The null value.
    Null = 0,
    /// Payload 0 or 1.
    Bool = 1,
    /// Payload is an `i64`.
    Int = 2,
    /// Payload is the bits of an `f64`.
    Float = 3,
    /// A module variable that is not bound yet; never visible to programs.
    Undefined = 4,
    /// A pointer to an object that is being updated in place, not counted;
    /// lives only in a register between the instructions of one assignment.
    Place = 5,
    /// A builtin function; payload is its row number.
    Native = 6,
    /// Text.
    String = 8,
    /// A list of values.
    Array = 9,
    /// A map from strings to values.
    Dict = 10,
    /// An instance of a declared struct.
    Struct = 11,
    /// A function of the program, with its captured cells.
    Function = 12,
    /// A captured variable; never visible to programs.
    Cell = 13,
    /// An enum, result or option value.
    Enum = 14,
    /// The suspended activation of a generator function of the program.
    Generator = 15,
    /// The same of a function of the prelude: what `.map(f)` and its like give.
    Iterator = 16,
    /// What an `async` function gives.
    Promise = 17,
    /// A queue between tasks.
    Channel = 18,
    /// What an imported module exports.
    Module = 19,
    /// A declared struct itself.
    StructDef = 24,
    /// A byte string.
    Bytes = 20,
    /// Distinct values.
    Set = 21,
    /// First in, first out.
    Queue = 22,
    /// Last in, first out.
    Stack = 23,
}

impl Tag {
    /// Whether objects of this kind are records: a shape with fields.
    pub fn is_record(self) -> bool {
        matches!(
            self,
            Tag::Struct
                | Tag::Enum
                | Tag::Generator
                | Tag::Iterator
                | Tag::Promise
                | Tag::Module
                | Tag::StructDef
        )
    }

    /// Whether values of this tag point to a counted heap object.
    #[inline(always)]
    pub fn is_heap(self) -> bool {
        self as u64 >= FIRST_HEAP_TAG
    }

    /// The tag with this number.
    ///
    /// # Panics
    /// If no tag has the number: only reachable if memory was corrupted.
    pub fn from_number(number: u64) -> Tag {
        // Compiles to a range check: the numbers are the discriminants.
        match number {
            0 => Tag::Null,
            1 => Tag::Bool,
            2 => Tag::Int,
            3 => Tag::Float,
            4 => Tag::Undefined,
            5 => Tag::Place,
            6 => Tag::Native,
            8 => Tag::String,
            9 => Tag::Array,
            10 => Tag::Dict,
            11 => Tag::Struct,
            12 => Tag::Function,
            13 => Tag::Cell,
            14 => Tag::Enum,
            15 => Tag::Generator,
            16 => Tag::Iterator,
            17 => Tag::Promise,
            18 => Tag::Channel,
            19 => Tag::Module,
            24 => Tag::StructDef,
            20 => Tag::Bytes,
            21 => Tag::Set,
            22 => Tag::Queue,
            23 => Tag::Stack,
            _ => unreachable!("{number} is no tag"),
        }
    }

    /// The word for this kind in messages and dumps.
    pub fn name(self) -> &'static str {
        match self {
            Tag::Null => "null",
            Tag::Bool => "bool",
            Tag::Int => "int",
            Tag::Float => "float",
            Tag::Undefined => "undefined",
            Tag::Place => "place",
            Tag::Native | Tag::Function => "function",
            Tag::String => "string",
            Tag::Array => "array",
            Tag::Dict => "dict",
            Tag::Struct => "struct",
            Tag::Cell => "cell",
            Tag::Enum => "enum",
            Tag::Generator => "generator",
            Tag::Iterator => "iterator",
            Tag::Promise => "promise",
            Tag::Channel => "channel",
            Tag::Module => "module",
            Tag::StructDef => "structdef",
            Tag::Bytes => "bytes",
            Tag::Set => "set",
            Tag::Queue => "queue",
            Tag::Stack => "stack",
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The sixteen bytes of a value without ownership of its count.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Raw {
    /// Kind.
    pub tag: Tag,
    /// Payload, by tag: 0/1, the integer, the float's bits, or an address.
    pub bits: u64,
}

/// A value of the language, owning one count of its heap object if it has one.
#[repr(C)]
pub struct Value {
    raw: Raw,
}

impl Raw {
    /// The null value.
    pub const NULL: Raw = Raw { tag: Tag::Null, bits: 0 };
    /// The mark of a module variable that is not bound yet.
    pub const UNDEFINED: Raw = Raw { tag: Tag::Undefined, bits: 0 };

    /// An int.
    #[inline(always)]
    pub fn int(value: i64) -> Raw {
        Raw { tag: Tag::Int, bits: value as u64 }
    }

    /// A float.
    #[inline(always)]
    pub fn float(value: f64) -> Raw {
        Raw { tag: Tag::Float, bits: value.to_bits() }
    }

    /// A bool.
    #[inline(always)]
    pub fn bool(value: bool) -> Raw {
        Raw { tag: Tag::Bool, bits: value as u64 }
    }

    /// Puts a value in a location that holds an object, then releases that.
    ///
    /// # Safety
    /// The location must be alive and own a count of its object.
    #[inline(never)]
    pub unsafe fn replace_object(location: *mut Raw, value: Raw) {
        // SAFETY: promised by the caller.
        unsafe {
            let old = location.read();
            location.write(value);
            old.release();
        }
    }

    /// The header of the heap object.
    #[inline(always)]
    pub fn header(self) -> *mut Header {
        debug_assert!(self.tag.is_heap() || self.tag == Tag::Place);
        self.bits as *mut Header
    }

    /// Adds one to the count, if there is an object.
    ///
    /// # Safety
    /// The object must be alive; the caller owns the new count.
    #[inline(always)]
    pub unsafe fn retain(self) {
        if self.tag.is_heap() {
            // SAFETY: a heap tag means that the payload is the address of a live header.
            unsafe { (*self.header()).count += 1 };
        }
    }

    /// Gives up one count, freeing the object with the last.
    ///
    /// # Safety
    /// The caller must own the count that is given up.
    #[inline(always)]
    pub unsafe fn release(self) {
        if self.tag.is_heap() {
            // SAFETY: as for `retain`; the count is at least one because the caller owns one.
            unsafe {
                let header = self.header();
                (*header).count -= 1;
                if (*header).count == 0 {
                    release_object(header);
                }
            }
        }
    }

    /// A value that owns a new count.
    ///
    /// # Safety
    /// The object, if any, must be alive.
    #[inline(always)]
    pub unsafe fn to_value(self) -> Value {
        // SAFETY: the caller promises that the object is alive.
        unsafe { self.retain() };
        Value { raw: self }
    }

    /// A value that takes over a count the caller owns.
    ///
    /// # Safety
    /// The caller must own one count and not use it afterwards.
    #[inline(always)]
    pub unsafe fn into_value(self) -> Value {
        Value { raw: self }
    }

    /// A borrowed view of these bits as a value, without touching the count.
    ///
    /// # Safety
    /// The object must stay alive while the result is used.
    #[inline(always)]
    pub unsafe fn borrow(self) -> ManuallyDrop<Value> {
        ManuallyDrop::new(Value { raw: self })
    }
}

impl Value {
    /// The null value.
    pub const NULL: Value = Value { raw: Raw::NULL };

    /// An int.
    #[inline(always)]
    pub fn int(value: i64) -> Value {
        Value { raw: Raw::int(value) }
    }

    /// A float.
    #[inline(always)]
    pub fn float(value: f64) -> Value {
        Value { raw: Raw::float(value) }
    }

    /// A bool.
    #[inline(always)]
    pub fn bool(value: bool) -> Value {
        Value { raw: Raw::bool(value) }
    }

    /// The builtin function of a row number.
    pub fn native(row: u32) -> Value {
        Value { raw: Raw { tag: Tag::Native, bits: row as u64 } }
    }

    /// A new string.
    pub fn string(text: &str) -> Value {
        StringObject::allocate(text)
    }

    /// A new array holding `items`, with the narrowest storage that fits them.
    pub fn array(items: Vec<Value>) -> Value {
        ArrayObject::from_values(items)
    }

    /// The kind of this value.
    #[inline(always)]
    pub fn tag(&self) -> Tag {
        self.raw.tag
    }

    /// The bits, still owned by this value.
    #[inline(always)]
    pub fn raw(&self) -> Raw {
        self.raw
    }

    /// The bits together with the count, which the caller now owns.
    #[inline(always)]
    pub fn into_raw(self) -> Raw {
        ManuallyDrop::new(self).raw
    }

    /// The int, if it is one.
    #[inline(always)]
    pub fn as_int(&self) -> Option<i64> {
        (self.raw.tag == Tag::Int).then_some(self.raw.bits as i64)
    }

    /// The float, if it is one.
    #[inline(always)]
    pub fn as_float(&self) -> Option<f64> {
        (self.raw.tag == Tag::Float).then(|| f64::from_bits(self.raw.bits))
    }

    /// The bool, if it is one.
    #[inline(always)]
    pub fn as_bool(&self) -> Option<bool> {
        (self.raw.tag == Tag::Bool).then_some(self.raw.bits != 0)
    }

    /// The row number of the builtin, if it is one.
    pub fn as_native(&self) -> Option<u32> {
        (self.raw.tag == Tag::Native).then_some(self.raw.bits as u32)
    }

    /// Whether this is null.
    #[inline(always)]
    pub fn is_null(&self) -> bool {
        self.raw.tag == Tag::Null
    }
}

macro_rules! object_access {
    ($($tag:ident $object:ident $get:ident;)*) => { impl Value { $(
        #[doc = concat!("The object, if this value is of kind ", stringify!($tag), ".")]
        #[inline(always)]
        pub fn $get(&self) -> Option<&$object> {
            // SAFETY: the tag says which object the payload points to, and this
            // value keeps it alive for the life of the borrow.
            (self.raw.tag == Tag::$tag).then(|| unsafe { &*(self.raw.bits as *const $object) })
        }
    )* } };
}

object_access! {
    String StringObject as_string;
    Array ArrayObject as_array;
    Dict DictObject as_dict;
    Struct RecordObject as_struct;
    Enum RecordObject as_enum;
    Function ClosureObject as_function;
    Cell CellObject as_cell;
    Promise RecordObject as_promise;
    Channel ChannelObject as_channel;
    Module RecordObject as_module;
    StructDef RecordObject as_struct_def;
    Bytes BytesObject as_bytes;
    Set SetObject as_set;
    Queue QueueObject as_queue;
    Stack QueueObject as_stack;
}

macro_rules! object_mutation {
    ($($tag:ident $object:ident $get:ident;)*) => { impl Value { $(
        #[doc = concat!("The object for changing it, made unique first, if this value is of kind ",
            stringify!($tag), ".")]
        #[inline]
        pub fn $get(&mut self) -> Option<&mut $object> {
            if self.raw.tag != Tag::$tag {
                return None;
            }
            // SAFETY: the tag says which object the payload points to; after
            // `duplicate` this value holds its only count, so the borrow is unique.
            unsafe {
                let object = self.raw.bits as *mut $object;
                if (*(object as *mut Header)).count != 1 {
                    *self = (*object).duplicate();
                }
                Some(&mut *(self.raw.bits as *mut $object))
            }
        }
    )* } };
}

impl Value {
    /// Whether this is an object that nobody else holds.
    pub fn is_only_owner(&self) -> bool {
        // SAFETY: the tag says that the payload is the address of a live object.
        self.raw.tag.is_heap() && unsafe { (*self.raw.header()).count == 1 }
    }
}

object_mutation! {
    Array ArrayObject array_mut;
    Dict DictObject dict_mut;
    Struct RecordObject struct_mut;
    Set SetObject set_mut;
    Queue QueueObject queue_mut;
    Stack QueueObject stack_mut;
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        // SAFETY: `self` keeps the object alive.
        unsafe { self.raw.to_value() }
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: a `Value` owns one count.
        unsafe { self.raw.release() };
    }
}

impl Default for Value {
    fn default() -> Value {
        Value::NULL
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag {
            Tag::Int => write!(f, "int {}", self.bits as i64),
            Tag::Float => write!(f, "float {:?}", f64::from_bits(self.bits)),
            Tag::Bool => write!(f, "{}", self.bits != 0),
            tag => f.write_str(tag.name()),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
