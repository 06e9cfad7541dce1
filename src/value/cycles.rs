//! Freeing circles of closures, which reference counts alone would keep.
//!
//! Values are copied when they are changed, so a circle can arise only through
//! what is shared: a captured variable that leads to a function which captures
//! it, as in every nested function that calls itself. All closures with
//! captures are registered. When their number has doubled since the last look,
//! everything that they lead to is walked, and the references inside of it are
//! counted. An object with more owners than that is held from outside, and so
//! is all that it leads to; the rest holds only itself. Of the rest, the
//! captured variables are emptied, which opens every circle, and counts do the
//! freeing.
//!
//! What must hold: whoever makes a closure keeps counts of all that it goes on
//! using (machine code executes its deferred counts before). Circles without a
//! closure, such as a channel that holds itself, are not found.
//!
//! Contract of the `unsafe` here: the registry holds exactly the closures that
//! are alive and have captures; an object is looked at only while a count of it
//! is held by what led to it.
//!
//! Example: after `func f() { let g := func() { return g } }` was called, the
//! variable `g` has one owner, the function, and the function one, the
//! variable: both references were found by the walk, so neither is held.

use super::array::{ArrayObject, Storage};
use super::channel::ChannelObject;
use super::closure::{CellObject, ClosureObject};
use super::dict::DictObject;
use super::heap::Header;
use super::queue::QueueObject;
use super::record::RecordObject;
use super::set::SetObject;
use super::value::{Raw, Tag, Value};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Fewest closures for which it is worth looking.
const FEW: usize = 8192;

struct Registry {
    closures: Vec<*mut ClosureObject>,
    /// Number of closures at which to look.
    limit: usize,
}

thread_local! {
    static REGISTRY: RefCell<Registry> =
        const { RefCell::new(Registry { closures: Vec::new(), limit: FEW }) };
}

/// Enters a new closure; its number in the registry.
pub(super) fn register(closure: *mut ClosureObject) -> u32 {
    REGISTRY.with_borrow_mut(|registry| {
        registry.closures.push(closure);
        registry.closures.len() as u32 - 1
    })
}

/// Takes out a closure that is freed.
pub(super) fn unregister(number: u32) {
    // At the end of a thread, what it still keeps may go after the registry.
    let _ = REGISTRY.try_with(|registry| {
        let closures = &mut registry.borrow_mut().closures;
        closures.swap_remove(number as usize);
        if let Some(&moved) = closures.get(number as usize) {
            // SAFETY: registered closures are alive.
            unsafe { (*moved).registered = number };
        }
    });
}

/// Frees circles if many closures have been made since that was done last.
#[inline]
pub(super) fn look_if_due() {
    if REGISTRY.with_borrow(|registry| registry.closures.len() >= registry.limit) {
        free_circles();
    }
}

/// Frees every closure and captured variable that only circles keep.
#[cold]
#[inline(never)]
pub fn free_circles() {
    let closures = REGISTRY.with_borrow(|registry| registry.closures.clone());
    let held_by_circles = unreachable_cells(&closures);
    // SAFETY: each is alive, because a closure of its circle has a count of it,
    // until it is emptied; the count taken here keeps it until it is dropped.
    let cells: Vec<Value> = held_by_circles
        .into_iter()
        .map(|cell| unsafe {
            let raw = Raw { tag: Tag::Cell, bits: cell as u64 };
            raw.retain();
            raw.into_value()
        })
        .collect();
    for cell in &cells {
        let cell = cell.raw().bits as *mut CellObject;
        // SAFETY: alive as said above; the value is moved out before it is dropped.
        drop(unsafe { std::mem::take(&mut (*cell).value) });
    }
    drop(cells);
    REGISTRY.with_borrow_mut(|registry| registry.limit = FEW.max(registry.closures.len() * 2));
}

/// What the walk knows of an object.
#[derive(Default)]
struct Seen {
    /// References to it that the walk found.
    inside: u32,
    held: bool,
}

/// The cells that closures lead to and nothing outside holds.
fn unreachable_cells(closures: &[*mut ClosureObject]) -> Vec<*mut CellObject> {
    let mut seen: FxHashMap<*mut Header, Seen> = FxHashMap::default();
    let mut open: Vec<*mut Header> = Vec::new();
    for &closure in closures {
        seen.insert(closure as *mut Header, Seen::default());
        open.push(closure as *mut Header);
    }
    while let Some(object) = open.pop() {
        children(object, |child| {
            let known = seen.entry(child).or_insert_with(|| {
                open.push(child);
                Seen::default()
            });
            known.inside += 1;
        });
    }
    // SAFETY: all that was seen is alive, as nothing was freed meanwhile.
    let counted = |object: *mut Header| unsafe { (*object).count };
    open.extend(seen.iter().filter(|(o, s)| counted(**o) > s.inside).map(|(o, _)| *o));
    while let Some(object) = open.pop() {
        let Some(known) = seen.get_mut(&object).filter(|known| !known.held) else { continue };
        known.held = true;
        children(object, |child| open.push(child));
    }
    let rest = seen.into_iter().filter(|(_, known)| !known.held).map(|(object, _)| object);
    // SAFETY: as above.
    rest.filter(|object| unsafe { (**object).tag() } == Tag::Cell)
        .map(|object| object as *mut CellObject)
        .collect()
}

/// Calls `found` with every object that this one has a count of and that may
/// lead to others.
fn children(object: *mut Header, mut found: impl FnMut(*mut Header)) {
    let mut value = |raw: Raw| {
        if raw.tag.is_heap() && !matches!(raw.tag, Tag::String | Tag::Bytes) {
            found(raw.header());
        }
    };
    // SAFETY: the object is alive, and its header says which layout it has.
    unsafe {
        match (*object).tag() {
            Tag::Function => {
                let closure = &*(object as *mut ClosureObject);
                (0..closure.cell_count()).for_each(|index| value(closure.cell(index)));
            }
            Tag::Cell => value((*(object as *mut CellObject)).value.raw()),
            Tag::Array => {
                let array = &*(object as *mut ArrayObject);
                if array.storage() == Storage::Any {
                    (0..array.len()).for_each(|index| value(array.raw(index)));
                }
            }
            Tag::Dict => {
                let dict = (*(object as *mut DictObject)).dict();
                dict.iter().for_each(|(_, entry)| value(entry.raw()));
            }
            Tag::Set => {
                let set = (*(object as *mut SetObject)).set();
                set.iter().for_each(|member| value(member.raw()));
            }
            Tag::Queue | Tag::Stack => {
                let queue = &*(object as *mut QueueObject);
                queue.items().iter().for_each(|item| value(item.raw()));
            }
            Tag::Channel => (*(object as *mut ChannelObject)).each(|item| value(item.raw())),
            kind if kind.is_record() => {
                let record = &*(object as *mut RecordObject);
                record.fields().iter().for_each(|field| value(field.raw()));
            }
            _ => {}
        }
    }
}
