//! Sets: distinct members in insertion order.
//!
//! What makes two members the same is equality of the language, which this
//! layer does not know: callers bring the hash of a member and a test. Members
//! stand in slots; one that is removed leaves an empty slot, and when more than
//! half are empty the rest move together.
//!
//! What must hold: every member stands in the index exactly once, under the
//! hash that is kept beside it; equal members have equal hashes.
//!
//! Example: inserting 3, 1 and 2 and removing 1 leaves the slots 3, empty, 2.

use super::account::Charge;
use super::heap::{Header, Orphans, allocate, free};
use super::value::{Raw, Tag, Value};
use hashbrown::HashTable;
use std::mem::size_of;

/// Fewest empty slots for which members move together.
const FEW: usize = 16;

#[derive(Clone)]
struct Member {
    value: Value,
    hash: u64,
}

/// The set itself.
#[derive(Clone, Default)]
pub struct Set {
    slots: Vec<Option<Member>>,
    /// Slot numbers by the hash of the member there.
    index: HashTable<u32>,
    charge: Charge,
}

impl Set {
    /// Number of members.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The members in insertion order.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().flatten().map(|member| &member.value)
    }

    /// The first member from slot `at` on, with its hash and the slot after it.
    pub fn next_from(&self, at: usize) -> Option<(&Value, u64, usize)> {
        let slots = self.slots.iter().enumerate().skip(at);
        let mut members = slots.filter_map(|(at, slot)| Some((slot.as_ref()?, at + 1)));
        members.next().map(|(member, next)| (&member.value, member.hash, next))
    }

    /// Sum of the members' hashes, whatever their order.
    pub fn hash_sum(&self) -> u64 {
        self.slots.iter().flatten().fold(0, |sum, member| sum.wrapping_add(member.hash))
    }

    /// The members with this hash.
    pub fn candidates(&self, hash: u64) -> impl Iterator<Item = &Value> {
        self.index.iter_hash(hash).filter_map(move |slot| {
            let member = self.slots[*slot as usize].as_ref()?;
            (member.hash == hash).then_some(&member.value)
        })
    }

    fn slot_of(&self, hash: u64, same: impl Fn(&Value) -> bool) -> Option<u32> {
        let matches = |slot: &u32| {
            let member = self.slots[*slot as usize].as_ref();
            member.is_some_and(|member| member.hash == hash && same(&member.value))
        };
        self.index.find(hash, matches).copied()
    }

    /// Whether a member with this hash passes the test.
    pub fn contains(&self, hash: u64, same: impl Fn(&Value) -> bool) -> bool {
        self.slot_of(hash, same).is_some()
    }

    /// Adds a member unless one with its hash passes the test.
    ///
    /// # Panics
    /// Beyond 2^32 members.
    pub fn insert(&mut self, value: Value, hash: u64, same: impl Fn(&Value) -> bool) {
        if self.contains(hash, same) {
            return;
        }
        let slot = u32::try_from(self.slots.len()).expect("a set of fewer than 2^32 members");
        let room = self.slots.capacity();
        self.slots.push(Some(Member { value, hash }));
        if self.slots.capacity() != room {
            self.charge.set(self.slots.capacity() * size_of::<Option<Member>>());
        }
        let slots = &self.slots;
        self.index.insert_unique(hash, slot, |slot| hash_at(slots, *slot));
    }

    /// Takes the member with this hash that passes the test out.
    pub fn remove(&mut self, hash: u64, same: impl Fn(&Value) -> bool) -> Option<Value> {
        let slot = self.slot_of(hash, same)?;
        if let Ok(entry) = self.index.find_entry(hash, |candidate| *candidate == slot) {
            entry.remove();
        }
        let member = self.slots[slot as usize].take();
        if self.slots.len() > self.len() * 2 + FEW {
            self.move_together();
        }
        member.map(|member| member.value)
    }

    fn move_together(&mut self) {
        self.slots.retain(Option::is_some);
        self.index.clear();
        let slots = &self.slots;
        for slot in 0..slots.len() as u32 {
            let hash = hash_at(slots, slot);
            self.index.insert_unique(hash, slot, |slot| hash_at(slots, *slot));
        }
    }
}

fn hash_at(slots: &[Option<Member>], slot: u32) -> u64 {
    slots[slot as usize].as_ref().map_or(0, |member| member.hash)
}

/// A set on the heap.
#[repr(C)]
pub struct SetObject {
    header: Header,
    set: Set,
}

impl SetObject {
    /// A new set value.
    pub fn allocate(set: Set) -> Value {
        let object = allocate(size_of::<SetObject>()) as *mut SetObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(SetObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::Set, 0) },
                set,
            });
            Raw { tag: Tag::Set, bits: object as u64 }.into_value()
        }
    }

    /// The set.
    pub fn set(&self) -> &Set {
        &self.set
    }

    /// The set, for changing it.
    pub fn set_mut(&mut self) -> &mut Set {
        &mut self.set
    }

    /// An independent set with the same members.
    pub fn duplicate(&self) -> Value {
        SetObject::allocate(self.set.clone())
    }

    /// Frees the object, leaving members whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut SetObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; its set is taken out exactly once.
        unsafe {
            let set = std::ptr::read(&raw const (*object).set);
            for member in set.slots.into_iter().flatten() {
                orphans.release(member.value.into_raw());
            }
            free(object as *mut u8, size_of::<SetObject>());
        }
    }
}
