//! Functions of the program as values, and the cells they share.
//!
//! A closure is a function prototype plus the cells of the variables that it
//! captures by reference. The prototype is named by number and, for speed, by
//! an address that only the interpreter understands.
//!
//! What must hold: the prototype outlives every closure of it (the engine keeps
//! all prototypes); captured cells are owned by the closure.
//!
//! Example: two closures made in one loop iteration over the same variable hold
//! the same [`CellObject`], so one sees what the other assigns.

use super::cycles;
use super::heap::{Header, Orphans, allocate, free};
use super::symbol::Symbol;
use super::value::{Raw, Tag, Value};
use std::mem::size_of;

/// A function value on the heap; the captured cells follow the struct.
#[repr(C)]
pub struct ClosureObject {
    header: Header,
    /// Number of the function prototype.
    pub proto: u32,
    cells: u16,
    arity: u16,
    /// Address of the prototype, opaque to this layer.
    pub code: usize,
    /// Name for messages and display.
    pub name: Symbol,
    /// Number in the registry of closures with captures.
    pub(super) registered: u32,
}

impl ClosureObject {
    /// A new closure over `cells`, each of which must be a cell value.
    ///
    /// # Panics
    /// If one of `cells` is not a cell.
    pub fn allocate(
        proto: u32,
        code: usize,
        name: Symbol,
        arity: u32,
        cells: impl ExactSizeIterator<Item = Value>,
    ) -> Value {
        let count = cells.len();
        if count > 0 {
            cycles::look_if_due();
        }
        let object = allocate(Self::size(count)) as *mut ClosureObject;
        // SAFETY: fresh memory with room for the struct and `count` pointers,
        // all written before the object can be seen.
        unsafe {
            object.write(ClosureObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::Function, 0) },
                proto,
                cells: u16::try_from(count).expect("captures are numbered by 16 bits"),
                arity: u16::try_from(arity).expect("parameters are numbered by 16 bits"),
                code,
                name,
                registered: if count > 0 { cycles::register(object) } else { 0 },
            });
            let first = object.add(1) as *mut u64;
            let mut written = 0;
            for cell in cells {
                assert!(cell.tag() == Tag::Cell, "captures are cells");
                first.add(written).write(cell.into_raw().bits);
                written += 1;
            }
            assert!(written == count, "an iterator of the length it told");
            Raw { tag: Tag::Function, bits: object as u64 }.into_value()
        }
    }

    fn size(cells: usize) -> usize {
        size_of::<ClosureObject>() + cells * size_of::<u64>()
    }

    /// Number of declared parameters.
    pub fn arity(&self) -> u32 {
        u32::from(self.arity)
    }

    /// Number of captured cells.
    pub fn cell_count(&self) -> usize {
        self.cells as usize
    }

    /// The captured cell at `index`, borrowed.
    ///
    /// # Panics
    /// If `index` is not below the number of cells.
    #[inline(always)]
    pub fn cell(&self, index: usize) -> Raw {
        assert!(index < self.cells as usize, "capture index in range");
        // SAFETY: `index` is in range and the pointers follow the struct.
        unsafe {
            let first = (self as *const ClosureObject).add(1) as *const u64;
            Raw { tag: Tag::Cell, bits: *first.add(index) }
        }
    }

    /// Frees the object, leaving cells whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut ClosureObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; each cell is released exactly once.
        unsafe {
            let count = (*object).cell_count();
            if count > 0 {
                cycles::unregister((*object).registered);
            }
            for index in 0..count {
                orphans.release((*object).cell(index));
            }
            free(object as *mut u8, Self::size(count));
        }
    }
}

/// A captured variable on the heap.
#[repr(C)]
pub struct CellObject {
    header: Header,
    pub(super) value: Value,
}

impl CellObject {
    /// A new cell holding `value`.
    pub fn allocate(value: Value) -> Value {
        let object = allocate(size_of::<CellObject>()) as *mut CellObject;
        // SAFETY: fresh memory of the right size.
        unsafe {
            object.write(CellObject {
                header: Header { count: 1, shape: Header::shape_of(Tag::Cell, 0) },
                value,
            });
            Raw { tag: Tag::Cell, bits: object as u64 }.into_value()
        }
    }

    /// What the variable holds.
    #[inline(always)]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Address of the variable; the interpreter and machine code change it there.
    #[inline(always)]
    pub fn place(&self) -> *mut Value {
        &raw const self.value as *mut Value
    }

    /// Frees the object, leaving the variable's object in `orphans` if this was its last count.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut CellObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; its value is released exactly once.
        unsafe {
            orphans.release((*object).value.raw());
            free(object as *mut u8, size_of::<CellObject>());
        }
    }
}
