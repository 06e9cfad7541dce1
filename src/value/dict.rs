//! Dicts: maps from string and integer keys to values.

use super::heap::{Header, Orphans, allocate, free};
use super::value::{Raw, Tag, Value};
use std::mem::size_of;
use std::rc::Rc;

/// A key: canonical decimal strings are ints.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DictKey {
    /// A canonical decimal i64.
    Int(i64),
    /// Any other text.
    Text(Rc<str>),
}

/// The map itself.
#[derive(Clone, Default)]
pub struct Dict {
    entries: Vec<(DictKey, Value)>,
}

impl Dict {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// A dict on the heap.
#[repr(C)]
pub struct DictObject {
    header: Header,
    dict: Dict,
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
    pub fn dict(&self) -> &Dict {
        &self.dict
    }

    /// The map, for changing it.
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
        // SAFETY: the object is ours alone; its map is taken out exactly once.
        unsafe {
            let dict = std::mem::take(&mut (*object).dict);
            for (_, value) in dict.entries {
                orphans.release(value.into_raw());
            }
            std::ptr::drop_in_place(&raw mut (*object).dict);
            free(object as *mut u8, size_of::<DictObject>());
        }
    }
}
