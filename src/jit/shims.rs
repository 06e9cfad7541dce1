//! Rust functions that machine code calls, and the evaluator with it.
//!
//! Each is `extern "C"`, takes raw addresses and words, and follows the row of
//! its operation or helper: operands are borrowed unless the row says that they
//! are taken, a returned object carries one count.
//!
//! What must hold (contract of the `unsafe` here): addresses come from live
//! objects of the kind that the row names; nothing here unwinds; nothing here
//! runs code of the program.
//!
//! Example: `StringConcat a, b` calls [`address`]`(Helper::StringConcat)` with
//! two addresses and gets that of a fresh string.

use super::ir::Helper;
use crate::prim;
use crate::value::{
    ArrayObject, DictKey, DictObject, HashedKey, Header, Raw, RecordObject, Storage, StringObject,
    Tag, Value, allocate_object, fill_free_list, release_array, release_object, release_record,
    release_string,
};
use std::cmp::Ordering;
use std::mem::ManuallyDrop;

type Address = u64;

/// Borrows the object at `bits` as a value of kind `tag`.
///
/// # Safety
/// There must be a live object of that kind.
unsafe fn borrow(tag: Tag, bits: Address) -> ManuallyDrop<Value> {
    // SAFETY: promised by the caller.
    unsafe { Raw { tag, bits }.borrow() }
}

/// # Safety
/// `bits` must be the address of a live string.
unsafe fn text<'a>(bits: Address) -> &'a StringObject {
    // SAFETY: promised by the caller.
    unsafe { &*(bits as *const StringObject) }
}

unsafe extern "C" fn string_equal(left: Address, right: Address) -> u64 {
    // SAFETY: two live strings by the row.
    (left == right || unsafe { text(left).as_str() == text(right).as_str() }) as u64
}

unsafe extern "C" fn string_compare(left: Address, right: Address) -> u64 {
    // SAFETY: two live strings by the row.
    let order = unsafe { text(left).as_str().cmp(text(right).as_str()) };
    match order {
        Ordering::Less => -1i64 as u64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

unsafe extern "C" fn string_concat(left: Address, right: Address) -> u64 {
    // SAFETY: two live strings by the row; the clone counts as a second owner,
    // so appending makes a new string.
    unsafe {
        let left = (*borrow(Tag::String, left)).clone();
        StringObject::append(left, text(right).as_str()).into_raw().bits
    }
}

unsafe extern "C" fn string_append(left: Address, right: Address) -> u64 {
    // SAFETY: two live strings by the row, the left one owned by this call. If
    // both are the same object it has two owners and is copied, not extended.
    unsafe {
        let left = Raw { tag: Tag::String, bits: left }.into_value();
        StringObject::append(left, text(right).as_str()).into_raw().bits
    }
}

unsafe extern "C" fn string_character(string: Address, index: u64) -> Address {
    // SAFETY: a live string by the row, and an index in range.
    unsafe { prim::nth_character(text(string), index as usize).into_raw().bits }
}

unsafe extern "C" fn string_length(string: Address) -> u64 {
    // SAFETY: a live string by the row.
    unsafe { text(string).character_count() as u64 }
}

/// # Safety
/// `bits` must be the address of a live dict.
unsafe fn entry(bits: Address, key: HashedKey<'_>) -> Address {
    // SAFETY: promised by the caller.
    let dict = unsafe { (*(bits as *const DictObject)).dict() };
    dict.get(key).map_or(0, |value| value as *const Value as Address)
}

unsafe extern "C" fn dict_find_int(dict: Address, key: u64) -> Address {
    // SAFETY: a live dict by the row.
    unsafe { entry(dict, DictKey::Int(key as i64).into()) }
}

unsafe extern "C" fn dict_find_text(dict: Address, key: Address) -> Address {
    // SAFETY: a live dict and a live string by the row.
    unsafe { entry(dict, HashedKey::of_string(text(key))) }
}

unsafe extern "C" fn array_duplicate(array: Address) -> u64 {
    // SAFETY: a live array by the row.
    unsafe { (*(array as *const ArrayObject)).duplicate().into_raw().bits }
}

unsafe extern "C" fn record_duplicate(record: Address) -> u64 {
    // SAFETY: a live struct by the row.
    unsafe { (*(record as *const RecordObject)).duplicate().into_raw().bits }
}

unsafe extern "C" fn array_widen(array: Address) -> u64 {
    // SAFETY: a live array by the row, which nobody else uses.
    unsafe { (*(array as *mut ArrayObject)).widen() };
    0
}

/// The function behind a typed helper. Each takes as many words as the
/// helper's row has operands.
pub fn address(helper: Helper) -> usize {
    match helper {
        Helper::StringEqual => string_equal as *const () as usize,
        Helper::StringCompare => string_compare as *const () as usize,
        Helper::StringConcat => string_concat as *const () as usize,
        Helper::StringAppend => string_append as *const () as usize,
        Helper::StringCharacter => string_character as *const () as usize,
        Helper::StringLength => string_length as *const () as usize,
        Helper::DictFindInt => dict_find_int as *const () as usize,
        Helper::DictFindText => dict_find_text as *const () as usize,
        Helper::ArrayDuplicate => array_duplicate as *const () as usize,
        Helper::RecordDuplicate => record_duplicate as *const () as usize,
        Helper::ArrayWiden => array_widen as *const () as usize,
    }
}

/// Frees an object whose count machine code has just brought to zero.
///
/// # Safety
/// The count must be zero and the object unreachable.
pub unsafe extern "C" fn free_object(object: Address) {
    // SAFETY: promised by the caller.
    unsafe { release_object(object as *mut Header) };
}

/// Makes the value in a register null.
///
/// # Safety
/// `slot` must be the address of a register that owns what it holds.
pub unsafe extern "C" fn clear_slot(slot: Address) {
    // SAFETY: promised by the caller.
    drop(unsafe { (slot as *mut Raw).replace(Raw::NULL).into_value() });
}

/// The same as `free_object` for a string.
///
/// # Safety
/// The count must be zero and the object unreachable.
pub unsafe extern "C" fn free_string(object: Address) {
    // SAFETY: promised by the caller.
    unsafe { release_string(object as *mut Header) };
}

/// The same for an array.
///
/// # Safety
/// The count must be zero and the object unreachable.
pub unsafe extern "C" fn free_array(object: Address) {
    // SAFETY: promised by the caller.
    unsafe { release_array(object as *mut Header) };
}

/// The same for a struct instance or enum value.
///
/// # Safety
/// The count must be zero and the object unreachable.
pub unsafe extern "C" fn free_record(object: Address) {
    // SAFETY: promised by the caller.
    unsafe { release_record(object as *mut Header) };
}

/// Memory for an object of `size` bytes, which the caller initialises.
pub extern "C" fn allocate(size: u64) -> Address {
    allocate_object(size as usize) as u64
}

/// Sees to it that the free list for objects of `size` bytes is not empty.
pub extern "C" fn fill_list(size: u64) {
    fill_free_list(size as usize);
}

/// A new array of storage `storage` with room for `capacity` elements.
///
/// # Safety
/// `storage` must be the number of a storage.
pub unsafe extern "C" fn new_array(storage: u64, capacity: u64) -> Address {
    ArrayObject::with_capacity(Storage::from_number(storage as u32), capacity as usize)
        .into_raw()
        .bits
}

/// Makes room for one more element in a unique array, keeping its storage.
///
/// # Safety
/// `array` must be a live array with one owner.
pub unsafe extern "C" fn array_grow(array: Address) {
    // SAFETY: promised by the caller.
    unsafe { (*(array as *mut ArrayObject)).reserve(1) };
}

/// `ArrayObject::adopt`.
///
/// # Safety
/// `array` must be a live array, and `storage` the number of a storage.
pub unsafe extern "C" fn array_adopt(array: Address, storage: u64) {
    // SAFETY: promised by the caller.
    unsafe { (*(array as *mut ArrayObject)).adopt(Storage::from_number(storage as u32)) };
}

/// `fmod`; the divisor is not zero.
pub extern "C" fn float_mod(left: f64, right: f64) -> f64 {
    prim::float_mod(left, right).unwrap_or(f64::NAN)
}

macro_rules! float_functions {
    ($($name:ident($($operand:ident),+);)*) => { $(
        #[doc = concat!("`prim::", stringify!($name), "`.")]
        pub extern "C" fn $name($($operand: f64),+) -> f64 {
            prim::$name($($operand),+)
        }
    )* };
}

float_functions! {
    float_pow(base, exponent);
    float_sin(value);
    float_cos(value);
    float_tan(value);
    float_exp(value);
    float_log(value);
}

/// For processors without rounding instructions.
pub extern "C" fn float_floor(value: f64) -> f64 {
    prim::float_floor(value)
}

/// For processors without rounding instructions.
pub extern "C" fn float_ceil(value: f64) -> f64 {
    prim::float_ceil(value)
}

/// For processors without rounding instructions.
pub extern "C" fn float_round(value: f64) -> f64 {
    prim::float_round(value)
}
