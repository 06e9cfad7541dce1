//! Memory of heap objects: headers, free lists, and freeing without recursion.
//!
//! Objects up to [`LARGEST_SMALL`] bytes come from one free list per size, in
//! steps of sixteen bytes; machine code pops and pushes the same lists inline
//! (an allocate-and-free pair costs 3.4 ns that way against 13-20 ns for a
//! general allocator). Larger ones go to the global allocator.
//!
//! What must hold: a list's head is null or points to a block whose first word
//! is the next block; every block of list `n` has `16 * n` bytes. Chunks are
//! never returned while the thread lives: freed blocks are reused instead.
//!
//! Contract of the `unsafe` here: an object is freed exactly when its count
//! falls to zero, with the size that it was allocated with.
//!
//! Example: freeing a list of a million nested arrays pushes each onto a work
//! list in turn; the native stack does not grow.

use super::account;
use super::array::{ArrayObject, Storage};
use super::bytes::BytesObject;
use super::channel::ChannelObject;
use super::closure::{CellObject, ClosureObject};
use super::dict::DictObject;
use super::queue::QueueObject;
use super::record::RecordObject;
use super::set::SetObject;
use super::string::StringObject;
use super::value::{Raw, Tag};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::UnsafeCell;

/// Largest object, in bytes, that comes from a free list.
pub const LARGEST_SMALL: usize = 512;
/// Sizes of small objects are rounded up to a multiple of this.
pub const STEP: usize = 16;
const CLASSES: usize = LARGEST_SMALL / STEP + 1;
const CHUNK: usize = 32 * 1024;

/// First eight bytes of every heap object.
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    /// Number of owners.
    pub count: u32,
    /// Kind in the low byte; above it the storage of an array, the shape of a
    /// struct or the variant of an enum. One comparison checks all of it.
    pub shape: u32,
}

impl Header {
    /// The shape word of a kind without detail.
    pub const fn shape_of(tag: Tag, detail: u32) -> u32 {
        tag as u32 | detail << 8
    }

    /// The kind of the object.
    pub fn tag(&self) -> Tag {
        Tag::from_number((self.shape & 0xff) as u64)
    }

    /// What stands above the kind in the shape word.
    #[inline(always)]
    pub fn detail(&self) -> u32 {
        self.shape >> 8
    }
}

/// How many objects and bytes the thread's heap holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapStatistics {
    /// Objects allocated and not yet freed.
    pub live_objects: u64,
    /// Bytes of chunks taken for small objects.
    pub chunk_bytes: u64,
}

struct Lists {
    heads: [*mut u8; CLASSES],
    /// Blocks in all chunks, free or not. Taking and freeing a block counts
    /// nothing, because machine code does both inline.
    blocks: u64,
    large: u64,
    chunks: u64,
}

thread_local! {
    static LISTS: UnsafeCell<Lists> = const {
        UnsafeCell::new(Lists {
            heads: [std::ptr::null_mut(); CLASSES],
            blocks: 0,
            large: 0,
            chunks: 0,
        })
    };
}

/// Address of the first free-list head of this thread; list `n` (blocks of
/// `16 * n` bytes) is the `n`-th pointer from it. For machine code.
pub fn free_list_heads() -> usize {
    LISTS.with(|lists| lists.get() as usize + std::mem::offset_of!(Lists, heads))
}

/// Counts of the thread's heap. Walks the free lists, so it is exact whoever
/// took and freed the blocks, and takes time in proportion to what is free.
pub fn statistics() -> HeapStatistics {
    let free: u64 = free_blocks().map(|(_, count)| count).sum();
    // SAFETY: the lists belong to this thread and no reference to them is held.
    LISTS.with(|lists| unsafe {
        let lists = &*lists.get();
        HeapStatistics {
            live_objects: lists.blocks - free + lists.large,
            chunk_bytes: lists.chunks,
        }
    })
}

/// Bytes of small objects that are free. Takes time as [`statistics`] does.
pub(super) fn free_bytes() -> u64 {
    free_blocks().map(|(class, count)| (class * STEP) as u64 * count).sum()
}

/// The lengths of the free lists by size class.
fn free_blocks() -> impl Iterator<Item = (usize, u64)> {
    // SAFETY: the lists belong to this thread and no reference to them is held;
    // the first word of a free block is the next block.
    let counts = LISTS.with(|lists| unsafe {
        (*lists.get()).heads.map(|head| {
            let (mut block, mut count) = (head, 0);
            while !block.is_null() {
                count += 1;
                block = *(block as *mut *mut u8);
            }
            count
        })
    });
    counts.into_iter().enumerate()
}

/// Uninitialised memory for an object of `size` bytes, for machine code that
/// does not find any on a free list.
///
/// # Panics
/// If `size` is zero.
pub fn allocate_object(size: usize) -> *mut u8 {
    assert!(size > 0, "an object has a header");
    allocate(size)
}

/// Sees to it that the free list for objects of `size` bytes is not empty.
///
/// # Panics
/// If objects of that size have no free list.
pub fn fill_free_list(size: usize) {
    assert!((1..=LARGEST_SMALL).contains(&size), "there is a free list for that size");
    let block = allocate(size);
    // SAFETY: it was taken with that size just now.
    unsafe { free(block, size) };
}

/// Uninitialised memory for an object of `size` bytes.
#[inline]
pub(super) fn allocate(size: usize) -> *mut u8 {
    LISTS.with(|lists| {
        // SAFETY: the lists belong to this thread; nothing below re-enters them.
        let lists = unsafe { &mut *lists.get() };
        if size <= LARGEST_SMALL {
            let class = size.div_ceil(STEP);
            let head = lists.heads[class];
            if !head.is_null() {
                // SAFETY: the first word of a free block is the next block.
                lists.heads[class] = unsafe { *(head as *mut *mut u8) };
                return head;
            }
            return refill(lists, class);
        }
        lists.large += 1;
        allocate_block(size)
    })
}

#[cold]
fn refill(lists: &mut Lists, class: usize) -> *mut u8 {
    let size = class * STEP;
    let chunk = allocate_block(CHUNK);
    lists.chunks += CHUNK as u64;
    let count = CHUNK / size;
    lists.blocks += count as u64;
    for index in (1..count).rev() {
        // SAFETY: block `index` lies inside the chunk just allocated.
        unsafe {
            let block = chunk.add(index * size);
            *(block as *mut *mut u8) = lists.heads[class];
            lists.heads[class] = block;
        }
    }
    chunk
}

/// Memory from the global allocator, for chunks, large objects and buffers.
pub(super) fn allocate_block(size: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size, STEP).expect("an object size");
    account::taken(size);
    // SAFETY: sizes here are never zero.
    let block = unsafe { alloc(layout) };
    if block.is_null() {
        handle_alloc_error(layout);
    }
    block
}

/// Gives back memory of [`allocate_block`].
///
/// # Safety
/// `block` must come from [`allocate_block`] with the same `size`.
pub(super) unsafe fn free_block(block: *mut u8, size: usize) {
    account::given_back(size);
    // SAFETY: the caller promises the same size; the alignment is always the same.
    unsafe { dealloc(block, Layout::from_size_align_unchecked(size, STEP)) };
}

/// Gives back memory of [`allocate`].
///
/// # Safety
/// `block` must come from [`allocate`] with the same `size`.
#[inline]
pub(super) unsafe fn free(block: *mut u8, size: usize) {
    LISTS.with(|lists| {
        // SAFETY: as in `allocate`; the block is no longer used by anyone.
        unsafe {
            let lists = &mut *lists.get();
            if size <= LARGEST_SMALL {
                let class = size.div_ceil(STEP);
                *(block as *mut *mut u8) = lists.heads[class];
                lists.heads[class] = block;
            } else {
                lists.large -= 1;
                free_block(block, size);
            }
        }
    });
}

/// Collects the objects whose last count is given up while a parent is freed.
pub(super) struct Orphans {
    list: Vec<*mut Header>,
}

impl Orphans {
    /// Gives up the count that a freed parent held on `child`.
    ///
    /// # Safety
    /// The parent owned one count of `child` and will not use it again.
    #[inline]
    pub(super) unsafe fn release(&mut self, child: Raw) {
        if child.tag.is_heap() {
            // SAFETY: the parent's count kept the object alive until here.
            unsafe {
                let header = child.header();
                (*header).count -= 1;
                if (*header).count == 0 {
                    self.list.push(header);
                }
            }
        }
    }
}

/// Frees an object whose count is zero, and all that only it kept alive.
///
/// # Safety
/// The count must be zero and nobody may use the object afterwards.
#[cold]
#[inline(never)]
pub unsafe fn release_object(object: *mut Header) {
    let mut orphans = Orphans { list: Vec::new() };
    let mut next = Some(object);
    while let Some(object) = next {
        // SAFETY: every object on the list has count zero, so it is ours alone,
        // and the kind in its header says which layout it has.
        unsafe {
            match (*object).tag() {
                Tag::String => StringObject::destroy(object as *mut StringObject),
                Tag::Array => ArrayObject::destroy(object as *mut ArrayObject, &mut orphans),
                Tag::Dict => DictObject::destroy(object as *mut DictObject, &mut orphans),
                kind if kind.is_record() => {
                    RecordObject::destroy(object as *mut RecordObject, &mut orphans)
                }
                Tag::Function => ClosureObject::destroy(object as *mut ClosureObject, &mut orphans),
                Tag::Cell => CellObject::destroy(object as *mut CellObject, &mut orphans),
                Tag::Channel => ChannelObject::destroy(object as *mut ChannelObject, &mut orphans),
                Tag::Bytes => BytesObject::destroy(object as *mut BytesObject),
                Tag::Set => SetObject::destroy(object as *mut SetObject, &mut orphans),
                Tag::Queue | Tag::Stack => {
                    QueueObject::destroy(object as *mut QueueObject, &mut orphans)
                }
                tag => unreachable!("{tag:?} is not a heap kind"),
            }
        }
        next = orphans.list.pop();
    }
}

/// The same for a string.
///
/// # Safety
/// As for [`release_object`]; the object must be a string.
#[inline]
pub unsafe fn release_string(object: *mut Header) {
    // SAFETY: promised by the caller.
    unsafe { StringObject::destroy(object as *mut StringObject) };
}

/// The same for an array: short if its storage holds no heap objects.
///
/// # Safety
/// As for [`release_object`]; the object must be an array.
#[inline]
pub unsafe fn release_array(object: *mut Header) {
    // SAFETY: promised by the caller; only elements of the general storage become orphans.
    unsafe {
        if (*(object as *mut ArrayObject)).storage() == Storage::Any {
            release_object(object);
        } else {
            ArrayObject::destroy(object as *mut ArrayObject, &mut Orphans { list: Vec::new() });
        }
    }
}

/// The same for a struct instance or enum value: short if no field is a heap object.
///
/// # Safety
/// As for [`release_object`]; the object must be a record.
#[inline(never)]
pub unsafe fn release_record(object: *mut Header) {
    // SAFETY: promised by the caller.
    unsafe {
        if !RecordObject::destroy_flat(object as *mut RecordObject) {
            release_object(object);
        }
    }
}
