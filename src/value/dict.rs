//! Dicts: hash maps from int and string keys to values.
//!
//! `d[1]` and `d["1"]` meet in one entry, see [`key`](super::key). Entries lie side
//! by side; up to four of them are searched one by one, more through an open-addressing
//! index of hashes and entry numbers. Removing swaps the last entry into the gap, because
//! no program can see the entry order: every enumeration runs in key order (ints by
//! value, then texts by code point). A dict that was filled in key order knows it and
//! enumerates without sorting; another one sorts at the first enumeration after its keys
//! have changed.
//!
//! What must hold: a key is a value of kind int or string, and a string key is
//! not canonical decimal; if there is an index, it has a power-of-two size, at
//! least half of it is free, and each entry stands once on its probe path; an
//! unused place of it has a hash that no key has; machine code is told where both lie.
//!
//! Example: inserting `"b"`, `"10"` and `"9"` makes three entries whose
//! `key_order` is 9, 10, b.

use super::account::Charge;
use super::heap::{Header, Orphans, allocate, free};
use super::key::{DictKey, HashedKey};
use super::string::same_text;
use super::value::{Raw, Tag, Value};
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::mem::size_of;
use std::rc::Rc;

/// Most entries that are searched without an index.
pub(super) const LINEAR: usize = 4;
const FREE: u32 = u32::MAX;

/// One key with its value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: Value,
    pub(super) value: Value,
    hash: u32,
}

impl Entry {
    #[inline]
    fn key(&self) -> DictKey<'_> {
        match self.key.as_int() {
            Some(int) => DictKey::Int(int),
            None => DictKey::Text(self.key.as_string().expect("an int or string key").as_str()),
        }
    }
}

/// A place of the index: the number of an entry, or [`FREE`], and its hash.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Slot {
    pub(super) hash: u32,
    pub(super) at: u32,
}

/// What an unused slot holds: a hash that no key has.
const UNUSED: Slot = Slot { hash: 0, at: FREE };

/// The places that machine code searches instead of an index that is not there.
static NO_INDEX: [Slot; 2] = [UNUSED; 2];

/// The map itself.
pub struct Dict {
    entries: Vec<Entry>,
    index: Vec<Slot>,
    /// Where the entries begin, for machine code.
    pub(super) first_entry: *const Entry,
    /// Where the index, or what stands for it, begins, for machine code.
    pub(super) first_slot: *const Slot,
    /// Bits of a hash below those that name its home in the index.
    pub(super) shift: u32,
    /// Number of entries, for machine code.
    pub(super) count: u32,
    charge: Charge,
    /// Whether the entries lie in key order.
    sorted: bool,
    /// Entry numbers in key order, once somebody asked, until the keys change.
    order: OnceCell<Rc<[u32]>>,
}

impl Default for Dict {
    fn default() -> Dict {
        Dict {
            entries: Vec::new(),
            index: Vec::new(),
            first_entry: std::ptr::null(),
            first_slot: NO_INDEX.as_ptr(),
            shift: u32::BITS - 1,
            count: 0,
            charge: Charge::default(),
            sorted: true,
            order: OnceCell::new(),
        }
    }
}

impl Clone for Dict {
    fn clone(&self) -> Dict {
        let mut copy = Dict {
            entries: self.entries.clone(),
            index: self.index.clone(),
            charge: self.charge.clone(),
            order: self.order.clone(),
            ..*self
        };
        copy.note_places();
        copy
    }
}

impl Dict {
    /// A dict with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Dict {
        let mut dict = Dict { entries: Vec::with_capacity(capacity), ..Dict::default() };
        dict.note_places();
        dict
    }

    /// Tells machine code where entries and index lie, once that has changed.
    fn note_places(&mut self) {
        self.first_entry = self.entries.as_ptr();
        let index = if self.index.is_empty() { &NO_INDEX[..] } else { &self.index };
        self.first_slot = index.as_ptr();
    }

    /// Number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of the entry with this key, valid until an entry is removed.
    #[inline]
    pub fn position<'k>(&self, key: impl Into<HashedKey<'k>>) -> Option<usize> {
        let HashedKey { key, hash } = key.into();
        match key {
            DictKey::Int(int) => self.search(hash, |entry| entry.key.as_int() == Some(int)),
            DictKey::Text(text) => self.find_text(text, hash),
        }
    }

    fn find_text(&self, text: &str, hash: u32) -> Option<usize> {
        self.search(hash, |entry| {
            entry.key.as_string().is_some_and(|own| {
                // Programs mostly ask with the very string that made the entry.
                std::ptr::eq(own.as_str(), text) || same_text(own.as_str(), text)
            })
        })
    }

    #[inline(always)]
    fn search(&self, hash: u32, is_wanted: impl Fn(&Entry) -> bool) -> Option<usize> {
        if self.index.is_empty() {
            return self.entries.iter().position(|entry| entry.hash == hash && is_wanted(entry));
        }
        let mask = self.index.len() - 1;
        let mut slot = self.home(hash);
        loop {
            let Slot { hash: other, at } = self.index[slot];
            if at == FREE {
                return None;
            }
            if other == hash && is_wanted(&self.entries[at as usize]) {
                return Some(at as usize);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Where in the index the search for a hash begins.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        (hash >> self.shift) as usize
    }

    /// The value of this key.
    #[inline]
    pub fn get<'k>(&self, key: impl Into<HashedKey<'k>>) -> Option<&Value> {
        self.position(key).map(|at| &self.entries[at].value)
    }

    /// The value of this key, for changing it.
    #[inline]
    pub fn get_mut<'k>(&mut self, key: impl Into<HashedKey<'k>>) -> Option<&mut Value> {
        self.position(key).map(|at| &mut self.entries[at].value)
    }

    /// Whether the key is there.
    pub fn contains<'k>(&self, key: impl Into<HashedKey<'k>>) -> bool {
        self.position(key).is_some()
    }

    /// Key of the entry with this number.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn key_at(&self, at: usize) -> DictKey<'_> {
        self.entries[at].key()
    }

    /// Key of the entry with this number: an int, or a string that is not
    /// canonical decimal.
    ///
    /// # Panics
    /// If there is none.
    pub fn key_value_at(&self, at: usize) -> &Value {
        &self.entries[at].key
    }

    /// Value of the entry with this number.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn value_at(&self, at: usize) -> &Value {
        &self.entries[at].value
    }

    /// Value of the entry with this number, for changing it.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn value_at_mut(&mut self, at: usize) -> &mut Value {
        &mut self.entries[at].value
    }

    /// Sets the value of this key and gives back the old one. A new text key
    /// becomes a new string; see [`Dict::insert_shared`] to avoid that.
    pub fn insert(&mut self, key: DictKey<'_>, value: Value) -> Option<Value> {
        let wanted = HashedKey::from(key);
        let hash = wanted.hash;
        match self.position(wanted) {
            Some(at) => Some(std::mem::replace(&mut self.entries[at].value, value)),
            None => {
                let key = match key {
                    DictKey::Int(int) => Value::int(int),
                    DictKey::Text(text) => Value::string(text),
                };
                self.append(Entry { key, value, hash });
                None
            }
        }
    }

    /// As [`Dict::insert`], for a key that is an int or string value: a new
    /// entry shares the string.
    ///
    /// # Panics
    /// If the key is of another kind.
    #[inline]
    pub fn insert_shared(&mut self, key: &Value, value: Value) -> Option<Value> {
        let wanted = HashedKey::of_value(key).expect("an int or string key");
        let hash = wanted.hash;
        match self.position(wanted) {
            Some(at) => Some(std::mem::replace(&mut self.entries[at].value, value)),
            None => {
                let key = match wanted.key {
                    DictKey::Int(int) => Value::int(int),
                    DictKey::Text(_) => key.clone(),
                };
                self.append(Entry { key, value, hash });
                None
            }
        }
    }

    fn append(&mut self, entry: Entry) {
        self.sorted &= self.entries.last().is_none_or(|last| last.key() < entry.key());
        let at = self.entries.len();
        assert!(at < FREE as usize, "a dict of fewer than 2^32 entries");
        let hash = entry.hash;
        let room = self.entries.capacity();
        self.entries.push(entry);
        self.count += 1;
        self.order.take();
        if self.entries.capacity() != room {
            // The index takes little beside the entries.
            self.charge.set(self.entries.capacity() * size_of::<Entry>());
            self.note_places();
        }
        if self.index.is_empty() {
            if self.entries.len() > LINEAR {
                self.rebuild();
            }
        } else if self.entries.len() > self.index.len() / 2 {
            self.rebuild();
        } else {
            let slot = self.free_slot(hash);
            self.index[slot] = Slot { hash, at: at as u32 };
        }
    }

    fn free_slot(&self, hash: u32) -> usize {
        let mask = self.index.len() - 1;
        let mut slot = self.home(hash);
        while self.index[slot].at != FREE {
            slot = (slot + 1) & mask;
        }
        slot
    }

    #[cold]
    fn rebuild(&mut self) {
        let size = (self.entries.len() * 2).next_power_of_two().max(16);
        self.index.clear();
        self.index.resize(size, UNUSED);
        self.shift = u32::BITS.saturating_sub(size.trailing_zeros());
        for at in 0..self.entries.len() {
            let hash = self.entries[at].hash;
            let slot = self.free_slot(hash);
            self.index[slot] = Slot { hash, at: at as u32 };
        }
        self.note_places();
    }

    /// Takes the entry of this key out and gives back its value.
    pub fn remove(&mut self, key: DictKey<'_>) -> Option<Value> {
        let at = self.position(key)?;
        let last = self.entries.len() - 1;
        if !self.index.is_empty() {
            self.unindex(at);
            if at != last {
                let slot = self.slot_of(last);
                self.index[slot].at = at as u32;
            }
        }
        let entry = self.entries.swap_remove(at);
        self.count -= 1;
        self.order.take();
        self.sorted &= at == last;
        Some(entry.value)
    }

    fn slot_of(&self, at: usize) -> usize {
        let mask = self.index.len() - 1;
        let mut slot = self.home(self.entries[at].hash);
        while self.index[slot].at != at as u32 {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Frees the index slot of an entry and moves later ones of the probe path up.
    fn unindex(&mut self, at: usize) {
        let mask = self.index.len() - 1;
        let mut gap = self.slot_of(at);
        let mut slot = gap;
        loop {
            self.index[gap] = UNUSED;
            loop {
                slot = (slot + 1) & mask;
                let moved = self.index[slot];
                if moved.at == FREE {
                    return;
                }
                let home = self.home(moved.hash);
                // It may move to the gap if its home does not lie between the two.
                if (slot.wrapping_sub(home) & mask) >= (slot.wrapping_sub(gap) & mask) {
                    self.index[gap] = moved;
                    gap = slot;
                    break;
                }
            }
        }
    }

    /// Entry numbers in key order.
    pub fn key_order(&self) -> KeyOrder {
        if self.sorted {
            return KeyOrder { sorted: None, next: 0, end: self.entries.len() };
        }
        let sorted = self.order.get_or_init(|| {
            let keys = (0u32..).zip(&self.entries);
            let mut order: Vec<_> = keys.map(|(at, entry)| (entry.key().rank(), at)).collect();
            order.sort_unstable_by(|left, right| {
                left.0.cmp(&right.0).then_with(|| self.compare_keys(left.1, right.1))
            });
            order.into_iter().map(|(_, at)| at).collect()
        });
        KeyOrder { sorted: Some(sorted.clone()), next: 0, end: self.entries.len() }
    }

    fn compare_keys(&self, left: u32, right: u32) -> Ordering {
        self.entries[left as usize].key().cmp(&self.entries[right as usize].key())
    }

    /// Keys and values in key order.
    pub fn iter(&self) -> impl Iterator<Item = (DictKey<'_>, &Value)> {
        self.key_order().map(|at| (self.key_at(at), self.value_at(at)))
    }
}

/// Enumerates the entry numbers of one dict in key order; see [`Dict::key_order`].
#[derive(Clone, Debug)]
pub struct KeyOrder {
    /// The order, unless the entries already lie in it.
    sorted: Option<Rc<[u32]>>,
    next: usize,
    end: usize,
}

impl Iterator for KeyOrder {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.next == self.end {
            return None;
        }
        let at = self.next;
        self.next += 1;
        Some(self.sorted.as_ref().map_or(at, |order| order[at] as usize))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}

impl ExactSizeIterator for KeyOrder {}

/// A dict on the heap.
#[repr(C)]
pub struct DictObject {
    header: Header,
    pub(super) dict: Dict,
}

impl DictObject {
    /// A new dict value.
    pub fn allocate(dict: Dict) -> Value {
        let object = allocate(size_of::<DictObject>()) as *mut DictObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(DictObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::Dict, 0) },
                dict,
            });
            Raw { tag: Tag::Dict, bits: object as u64 }.into_value()
        }
    }

    /// The map.
    #[inline]
    pub fn dict(&self) -> &Dict {
        &self.dict
    }

    /// The map, for changing it.
    #[inline]
    pub fn dict_mut(&mut self) -> &mut Dict {
        &mut self.dict
    }

    /// An independent dict with the same entries.
    pub fn duplicate(&self) -> Value {
        DictObject::allocate(self.dict.clone())
    }

    /// Frees the object, leaving values whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut DictObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; its map is taken out exactly once,
        // and each key and value gives up its count exactly once.
        unsafe {
            let dict = std::ptr::read(&raw const (*object).dict);
            for entry in dict.entries {
                orphans.release(entry.key.into_raw());
                orphans.release(entry.value.into_raw());
            }
            free(object as *mut u8, size_of::<DictObject>());
        }
    }
}
