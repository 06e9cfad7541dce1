//! Arrays: a growable list with one of four storages.
//!
//! An array whose elements are all ints keeps plain `i64`s, all floats plain
//! `f64`s, all bools one byte each; anything else keeps whole values. Storing
//! an element that does not fit widens the array to whole values. The storage
//! stands in the header's shape word, so one comparison tells machine code both
//! "an array" and "of ints".
//!
//! What must hold: elements `0..len` of the buffer are initialised for the
//! storage; an empty array may have any storage and takes that of the first
//! element pushed.
//!
//! Example: `[1, 2]` has storage `Int`; after `a[0] := "x"` it has storage `Any`.

use super::heap::{Header, Orphans, allocate, allocate_block, free, free_block};
use super::value::{Raw, Tag, Value};
use std::mem::size_of;
use std::ptr;

/// How the elements of an array lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Storage {
    /// Whole values, 16 bytes each.
    Any = 0,
    /// `i64`, 8 bytes each.
    Int = 1,
    /// `f64`, 8 bytes each.
    Float = 2,
    /// One byte each, 0 or 1.
    Bool = 3,
}

impl Storage {
    /// The storage with this number.
    ///
    /// # Panics
    /// If no storage has the number.
    pub fn from_number(number: u32) -> Storage {
        [Storage::Any, Storage::Int, Storage::Float, Storage::Bool][number as usize]
    }

    /// Bytes of one element.
    #[inline(always)]
    pub fn width(self) -> usize {
        match self {
            Storage::Any => 16,
            Storage::Int | Storage::Float => 8,
            Storage::Bool => 1,
        }
    }

    /// The narrowest storage for elements of this kind.
    #[inline(always)]
    pub fn of(tag: Tag) -> Storage {
        match tag {
            Tag::Int => Storage::Int,
            Tag::Float => Storage::Float,
            Tag::Bool => Storage::Bool,
            _ => Storage::Any,
        }
    }

    /// The kind of every element, if the storage tells.
    pub fn element_tag(self) -> Option<Tag> {
        match self {
            Storage::Any => None,
            Storage::Int => Some(Tag::Int),
            Storage::Float => Some(Tag::Float),
            Storage::Bool => Some(Tag::Bool),
        }
    }

    /// The shape word of an array with this storage.
    pub const fn shape_word(self) -> u32 {
        Header::shape_of(Tag::Array, self as u32)
    }
}

/// An array on the heap.
#[repr(C)]
pub struct ArrayObject {
    header: Header,
    pub(super) len: usize,
    pub(super) capacity: usize,
    pub(super) data: *mut u8,
}

impl ArrayObject {
    /// A new array with room for `capacity` elements of `storage`.
    pub fn with_capacity(storage: Storage, capacity: usize) -> Value {
        let object = allocate(size_of::<ArrayObject>()) as *mut ArrayObject;
        let data = match capacity * storage.width() {
            0 => ptr::null_mut(),
            bytes => allocate_block(bytes),
        };
        // SAFETY: `object` is fresh memory of the right size; the value takes
        // over the one count written here.
        unsafe {
            object.write(ArrayObject {
                header: Header { count: 1, shape: storage.shape_word() },
                len: 0,
                capacity,
                data,
            });
            Raw { tag: Tag::Array, bits: object as u64 }.into_value()
        }
    }

    /// A new array holding `items`.
    pub fn from_values(items: Vec<Value>) -> Value {
        let first = items.first().map_or(Storage::Any, |v| Storage::of(v.tag()));
        let storage =
            if items.iter().all(|v| Storage::of(v.tag()) == first) { first } else { Storage::Any };
        let mut array = ArrayObject::with_capacity(storage, items.len());
        let object = array.array_mut().expect("just made");
        for item in items {
            object.push(item);
        }
        array
    }

    /// A new array of this storage, which fits the elements.
    pub fn of_storage(storage: Storage, items: impl ExactSizeIterator<Item = Value>) -> Value {
        let mut array = ArrayObject::with_capacity(storage, items.len());
        let object = array.array_mut().expect("just made");
        items.for_each(|item| object.push(item));
        array
    }

    /// A new array of ints.
    pub fn from_ints(items: &[i64]) -> Value {
        let array = ArrayObject::with_capacity(Storage::Int, items.len());
        // SAFETY: the fresh buffer has room for `items.len()` ints.
        unsafe {
            let object = array.raw().bits as *mut ArrayObject;
            ptr::copy_nonoverlapping(items.as_ptr(), (*object).data as *mut i64, items.len());
            (*object).len = items.len();
        }
        array
    }

    /// Number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How the elements lie in memory.
    #[inline(always)]
    pub fn storage(&self) -> Storage {
        Storage::from_number(self.header.detail())
    }

    /// The ints, if that is the storage.
    pub fn as_ints(&self) -> Option<&[i64]> {
        // SAFETY: the storage says that `len` ints lie in the buffer.
        (self.storage() == Storage::Int && self.len > 0)
            .then(|| unsafe { std::slice::from_raw_parts(self.data as *const i64, self.len) })
    }

    /// The floats, if that is the storage.
    pub fn as_floats(&self) -> Option<&[f64]> {
        // SAFETY: the storage says that `len` floats lie in the buffer.
        (self.storage() == Storage::Float && self.len > 0)
            .then(|| unsafe { std::slice::from_raw_parts(self.data as *const f64, self.len) })
    }

    /// The bits of the element at `index`, borrowed.
    ///
    /// # Panics
    /// If `index` is not below the length.
    #[inline(always)]
    pub fn raw(&self, index: usize) -> Raw {
        assert!(index < self.len, "array index in range");
        // SAFETY: `index < len`, and the storage says what lies there.
        unsafe {
            match self.storage() {
                Storage::Any => *(self.data as *const Raw).add(index),
                Storage::Int => Raw::int(*(self.data as *const i64).add(index)),
                Storage::Float => Raw::float(*(self.data as *const f64).add(index)),
                Storage::Bool => Raw::bool(*self.data.add(index) != 0),
            }
        }
    }

    /// The element at `index`, if there is one.
    pub fn get(&self, index: usize) -> Option<Value> {
        // SAFETY: the array keeps the element alive while it is retained.
        (index < self.len).then(|| unsafe { self.raw(index).to_value() })
    }

    /// The elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value> + ExactSizeIterator + '_ {
        (0..self.len).map(|index| self.get(index).expect("in range"))
    }

    /// Replaces the element at `index`, widening the storage if need be.
    ///
    /// # Panics
    /// If `index` is not below the length.
    #[inline]
    pub fn set(&mut self, index: usize, value: Value) {
        assert!(index < self.len, "array index in range");
        let storage = self.storage();
        if storage != Storage::Any && storage != Storage::of(value.tag()) {
            self.widen();
        }
        // SAFETY: `index < len`; the storage now fits the value; an old whole
        // value is dropped after the new one stands.
        unsafe {
            match self.storage() {
                Storage::Any => {
                    drop(ptr::replace((self.data as *mut Value).add(index), value));
                }
                Storage::Int | Storage::Float => {
                    *(self.data as *mut u64).add(index) = value.raw().bits;
                }
                Storage::Bool => *self.data.add(index) = value.raw().bits as u8,
            }
        }
    }

    /// The element that stands in whole-value storage, for changing it in
    /// place; `None` if the index is out of range or the storage is narrower.
    #[inline]
    pub fn element_mut(&mut self, index: usize) -> Option<&mut Value> {
        // SAFETY: `index < len` and the storage holds whole values.
        (index < self.len && self.storage() == Storage::Any)
            .then(|| unsafe { &mut *(self.data as *mut Value).add(index) })
    }

    /// Appends an element, in amortised constant time.
    #[inline]
    pub fn push(&mut self, value: Value) {
        let wanted = Storage::of(value.tag());
        let storage = self.storage();
        if storage != wanted {
            if self.capacity == 0 {
                self.header.shape = wanted.shape_word();
            } else if storage != Storage::Any {
                self.widen();
            }
        }
        if self.len == self.capacity {
            self.grow(self.len + 1);
        }
        // SAFETY: there is room for one more element of the storage.
        unsafe {
            match self.storage() {
                Storage::Any => (self.data as *mut Value).add(self.len).write(value),
                Storage::Int | Storage::Float => {
                    *(self.data as *mut u64).add(self.len) = value.raw().bits;
                }
                Storage::Bool => *self.data.add(self.len) = value.raw().bits as u8,
            }
        }
        self.len += 1;
    }

    /// Takes the last element off, if there is one.
    pub fn pop(&mut self) -> Option<Value> {
        if self.len == 0 {
            return None;
        }
        let raw = self.raw(self.len - 1);
        self.len -= 1;
        // SAFETY: the array owned the element's count and no longer reaches it.
        Some(unsafe { raw.into_value() })
    }

    /// Puts an element before the one at `index`, or at the end.
    ///
    /// # Panics
    /// If `index` is above the length.
    pub fn insert(&mut self, index: usize, value: Value) {
        assert!(index <= self.len, "insertion index in range");
        self.push(value);
        let width = self.storage().width();
        let mut last = [0u8; 16];
        // SAFETY: elements `index..len - 1` move up by one and the pushed one,
        // kept aside, takes the gap; all stay inside the buffer.
        unsafe {
            let from = self.data.add(index * width);
            let end = self.data.add((self.len - 1) * width);
            ptr::copy_nonoverlapping(end, last.as_mut_ptr(), width);
            ptr::copy(from, from.add(width), (self.len - 1 - index) * width);
            ptr::copy_nonoverlapping(last.as_ptr(), from, width);
        }
    }

    /// Takes out the element at `index`; later ones move down.
    ///
    /// # Panics
    /// If `index` is not below the length.
    pub fn remove(&mut self, index: usize) -> Value {
        let raw = self.raw(index);
        let width = self.storage().width();
        self.len -= 1;
        // SAFETY: `index` was checked by `raw`; the array owned the element's
        // count and no longer reaches it once the later ones have moved down.
        unsafe {
            let at = self.data.add(index * width);
            ptr::copy(at.add(width), at, (self.len - index) * width);
            raw.into_value()
        }
    }

    /// Drops the elements from `len` on.
    pub fn truncate(&mut self, len: usize) {
        while self.len > len {
            drop(self.pop());
        }
    }

    /// Drops the first `count` elements; the others move down.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn drop_first(&mut self, count: usize) {
        assert!(count <= self.len, "{count} elements of {}", self.len);
        // SAFETY: the array owned these elements' counts, and no longer reaches them
        // once the later ones have moved down.
        let dropped: Vec<Value> =
            (0..count).map(|index| unsafe { self.raw(index).into_value() }).collect();
        let width = self.storage().width();
        self.len -= count;
        // SAFETY: both ranges lie in the buffer.
        unsafe { ptr::copy(self.data.add(count * width), self.data, self.len * width) };
        drop(dropped);
    }

    /// Makes room for `more` further elements.
    pub fn reserve(&mut self, more: usize) {
        if self.len + more > self.capacity {
            self.grow(self.len + more);
        }
    }

    /// Takes this storage if the array never held anything and has one owner: no program can
    /// tell. One that was emptied keeps the storage that did for its elements so far.
    #[inline]
    pub fn adopt(&mut self, storage: Storage) {
        if self.capacity == 0 && self.storage() == Storage::Any && self.header.count == 1 {
            self.header.shape = storage.shape_word();
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, least: usize) {
        let width = self.storage().width();
        let capacity = least.max(self.capacity * 2).max(4);
        let data = allocate_block(capacity * width);
        // SAFETY: the new buffer is larger; the old one has exactly the old size.
        unsafe {
            if self.capacity > 0 {
                ptr::copy_nonoverlapping(self.data, data, self.len * width);
                free_block(self.data, self.capacity * width);
            }
        }
        self.data = data;
        self.capacity = capacity;
    }

    /// Changes the storage to whole values.
    #[cold]
    #[inline(never)]
    pub fn widen(&mut self) {
        if self.storage() == Storage::Any {
            return;
        }
        let capacity = self.capacity.max(4);
        let data = allocate_block(capacity * Storage::Any.width());
        for index in 0..self.len {
            // SAFETY: the new buffer has room for `len` values; immediates need no count.
            unsafe { *(data as *mut Raw).add(index) = self.raw(index) };
        }
        let bytes = self.capacity * self.storage().width();
        if bytes > 0 {
            // SAFETY: the old buffer was allocated with exactly this size.
            unsafe { free_block(self.data, bytes) };
        }
        self.data = data;
        self.capacity = capacity;
        self.header.shape = Storage::Any.shape_word();
    }

    /// An independent array with the same elements.
    pub fn duplicate(&self) -> Value {
        let storage = self.storage();
        let copy = ArrayObject::with_capacity(storage, self.len);
        // SAFETY: the fresh buffer has room for `len` elements; elements that
        // are heap values get the count that the copy now owns.
        unsafe {
            let object = copy.raw().bits as *mut ArrayObject;
            if self.len > 0 {
                ptr::copy_nonoverlapping(self.data, (*object).data, self.len * storage.width());
            }
            (*object).len = self.len;
            if storage == Storage::Any {
                for index in 0..self.len {
                    self.raw(index).retain();
                }
            }
        }
        copy
    }

    /// Frees the object, leaving elements whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut ArrayObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; its buffer has the size computed here.
        unsafe {
            let array = &mut *object;
            let storage = array.storage();
            if storage == Storage::Any {
                for index in 0..array.len {
                    orphans.release(array.raw(index));
                }
            }
            let bytes = array.capacity * storage.width();
            if bytes > 0 {
                free_block(array.data, bytes);
            }
            free(object as *mut u8, size_of::<ArrayObject>());
        }
    }
}
