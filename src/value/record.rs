//! Struct instances and enum values: a shape and inline fields.
//!
//! The shape word names the declaration: the struct for an instance, the
//! variant for an enum, result or option value. Declarations live in a table of
//! the thread and are never removed, so a number once seen stays valid.
//!
//! Other kinds that are nothing but a few fields have the same layout: promises,
//! modules, struct declarations, and the suspended frames of generators.
//!
//! What must hold: an instance of shape `s` has exactly as many fields as `s`
//! declares, in declaration order, and behind them the methods that it carries;
//! all are initialised.
//!
//! Example: for `struct P { x, y }` field `y` is index 1 of every instance;
//! `Ok(5)` is a record of variant [`VariantId::OK`] with one payload.

use super::heap::{Header, Orphans, allocate, free};
use super::symbol::Symbol;
use super::value::{Raw, Tag, Value};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::mem::size_of;
use std::rc::Rc;

/// Number of a struct declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShapeId(pub u32);

/// Number of an enum variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VariantId(pub u32);

impl VariantId {
    /// `Ok(v)`.
    pub const OK: VariantId = VariantId(0);
    /// `Err(v)`.
    pub const ERR: VariantId = VariantId(1);
    /// `Some(v)`.
    pub const SOME: VariantId = VariantId(2);
    /// `None`.
    pub const NONE: VariantId = VariantId(3);

    /// Whether it is one of those above, whose values all have as many payloads:
    /// `None` has none, the others have one.
    pub fn is_built_in(self) -> bool {
        self.0 <= VariantId::NONE.0
    }

    /// The shape word of enum values of this variant.
    pub fn shape_word(self) -> u32 {
        Header::shape_of(Tag::Enum, self.0)
    }
}

/// A struct declaration as instances see it.
#[derive(Debug)]
pub struct Shape {
    /// Its number.
    pub id: ShapeId,
    /// Name of the struct.
    pub name: Symbol,
    /// Field names in declaration order.
    pub fields: Vec<Symbol>,
    /// Names of what each instance holds behind its fields: methods that capture
    /// variables, as closures of that execution of the declaration that it comes from.
    /// What errors hold there has names that no method can have.
    pub carried: Vec<Symbol>,
    /// The other methods by name: the closures bound when the declaration was executed.
    pub methods: RefCell<FxHashMap<Symbol, Value>>,
}

impl Shape {
    /// Index of a field by name.
    #[inline]
    pub fn field_index(&self, name: Symbol) -> Option<usize> {
        self.fields.iter().position(|field| *field == name)
    }

    /// Values that an instance holds: fields and carried methods.
    pub fn instance_len(&self) -> usize {
        self.fields.len() + self.carried.len()
    }

    /// Whether instances have methods.
    pub fn has_methods(&self) -> bool {
        !self.carried.is_empty() || !self.methods.borrow().is_empty()
    }

    /// Where an instance holds the method of this name, if it carries one.
    pub fn carried_index(&self, name: Symbol) -> Option<usize> {
        let at = self.carried.iter().position(|carried| *carried == name)?;
        Some(self.fields.len() + at)
    }

    /// The method of this name that all instances share, if declared.
    pub fn method(&self, name: Symbol) -> Option<Value> {
        self.methods.borrow().get(&name).cloned()
    }
}

impl ShapeId {
    /// The shape word of instances.
    pub fn shape_word(self) -> u32 {
        Header::shape_of(Tag::Struct, self.0)
    }
}

/// An enum variant as values see it.
#[derive(Clone, Debug)]
pub struct EnumVariant {
    /// Name of the enum; empty for the built-in `Ok`, `Err`, `Some`, `None`.
    pub owner: Rc<str>,
    /// Name of the variant.
    pub name: Rc<str>,
}

/// The thread's table of struct declarations and enum variants.
pub mod shapes {
    use super::*;

    struct Tables {
        shapes: Vec<Rc<Shape>>,
        variants: Vec<EnumVariant>,
    }

    thread_local! {
        static TABLES: RefCell<Tables> = RefCell::new(Tables {
            shapes: Vec::new(),
            variants: ["Ok", "Err", "Some", "None"]
                .map(|name| EnumVariant { owner: "".into(), name: name.into() })
                .to_vec(),
        });
    }

    /// Enters a struct declaration none of whose methods captures variables.
    pub fn declare(name: Symbol, fields: Vec<Symbol>) -> Rc<Shape> {
        declare_carrying(name, fields, Vec::new())
    }

    /// Enters a struct declaration whose instances carry methods.
    pub fn declare_carrying(name: Symbol, fields: Vec<Symbol>, carried: Vec<Symbol>) -> Rc<Shape> {
        TABLES.with_borrow_mut(|tables| {
            let id = ShapeId(tables.shapes.len() as u32);
            let methods = RefCell::default();
            let shape = Rc::new(Shape { id, name, fields, carried, methods });
            tables.shapes.push(shape.clone());
            shape
        })
    }

    /// The declaration with this number.
    ///
    /// # Panics
    /// If there is none.
    pub fn get(id: ShapeId) -> Rc<Shape> {
        TABLES.with_borrow(|tables| tables.shapes[id.0 as usize].clone())
    }

    /// Enters a variant of an enum.
    pub fn declare_variant(owner: &str, name: &str) -> VariantId {
        TABLES.with_borrow_mut(|tables| {
            tables.variants.push(EnumVariant { owner: owner.into(), name: name.into() });
            VariantId(tables.variants.len() as u32 - 1)
        })
    }

    /// The variant with this number.
    ///
    /// # Panics
    /// If there is none.
    pub fn variant(id: VariantId) -> EnumVariant {
        TABLES.with_borrow(|tables| tables.variants[id.0 as usize].clone())
    }

    /// Whether two variants are the same: the declaration may have been executed twice.
    pub fn same_variant(left: VariantId, right: VariantId) -> bool {
        let is_built_in = left.is_built_in() || right.is_built_in();
        left == right
            || !is_built_in
                && TABLES.with_borrow(|tables| {
                    let [left, right] = [left, right].map(|id| &tables.variants[id.0 as usize]);
                    left.name == right.name && left.owner == right.owner
                })
    }
}

/// A struct instance or enum value on the heap; the fields follow the struct.
#[repr(C)]
pub struct RecordObject {
    header: Header,
    pub(super) len: usize,
}

impl RecordObject {
    /// A new instance of a struct with these field values, in declaration order.
    pub fn instance(shape: ShapeId, fields: impl ExactSizeIterator<Item = Value>) -> Value {
        RecordObject::allocate(Tag::Struct, shape.shape_word(), fields)
    }

    /// A new enum value with these payloads.
    pub fn variant_value(
        variant: VariantId,
        payload: impl ExactSizeIterator<Item = Value>,
    ) -> Value {
        RecordObject::allocate(Tag::Enum, variant.shape_word(), payload)
    }

    /// A promise, module or other value of a kind that has nothing but fields;
    /// `detail` stands above the kind in the shape word.
    pub fn of_kind(tag: Tag, detail: u32, fields: impl ExactSizeIterator<Item = Value>) -> Value {
        RecordObject::allocate(tag, Header::shape_of(tag, detail), fields)
    }

    fn allocate(tag: Tag, shape: u32, fields: impl ExactSizeIterator<Item = Value>) -> Value {
        let len = fields.len();
        let object = allocate(Self::size(len)) as *mut RecordObject;
        // SAFETY: fresh memory with room for the header and `len` values, all
        // of which are written before the object can be seen.
        unsafe {
            object.write(RecordObject { header: Header { count: 1, shape }, len });
            let first = object.add(1) as *mut Value;
            let mut written = 0;
            for field in fields {
                first.add(written).write(field);
                written += 1;
            }
            assert!(written == len, "an iterator of the length it told");
            Raw { tag, bits: object as u64 }.into_value()
        }
    }

    fn size(len: usize) -> usize {
        size_of::<RecordObject>() + len * size_of::<Value>()
    }

    /// The fields or payloads; of an instance the methods that it carries, too.
    #[inline(always)]
    pub fn fields(&self) -> &[Value] {
        // SAFETY: `len` initialised values follow the struct.
        unsafe {
            let first = (self as *const RecordObject).add(1) as *const Value;
            std::slice::from_raw_parts(first, self.len)
        }
    }

    /// The fields, for changing them in place.
    #[inline(always)]
    pub fn fields_mut(&mut self) -> &mut [Value] {
        // SAFETY: as for `fields`; the exclusive borrow means that nobody else looks.
        unsafe {
            let first = (self as *mut RecordObject).add(1) as *mut Value;
            std::slice::from_raw_parts_mut(first, self.len)
        }
    }

    /// The fields of an instance that the program declared.
    pub fn declared_fields(&self) -> &[Value] {
        &self.fields()[..self.shape().fields.len()]
    }

    /// The shape word of the header.
    #[inline(always)]
    pub fn shape_word(&self) -> u32 {
        self.header.shape
    }

    /// The declaration of a struct instance, or the one that the value is.
    pub fn shape(&self) -> Rc<Shape> {
        debug_assert!(matches!(self.header.tag(), Tag::Struct | Tag::StructDef));
        shapes::get(ShapeId(self.header.detail()))
    }

    /// The variant of an enum value.
    pub fn variant(&self) -> VariantId {
        debug_assert!(self.header.tag() == Tag::Enum);
        VariantId(self.header.detail())
    }

    /// An independent record with the same fields.
    pub fn duplicate(&self) -> Value {
        let fields = self.fields().iter().cloned();
        RecordObject::allocate(self.header.tag(), self.header.shape, fields)
    }

    /// Frees the object if no field is a heap object; else does nothing and answers false.
    ///
    /// # Safety
    /// The count must be zero.
    #[inline]
    pub(super) unsafe fn destroy_flat(object: *mut RecordObject) -> bool {
        // SAFETY: the object is ours alone; immediate fields need no release.
        unsafe {
            let fields = (*object).fields();
            let flat = !fields.iter().any(|field| field.tag().is_heap());
            if flat {
                let size = Self::size(fields.len());
                free(object as *mut u8, size);
            }
            flat
        }
    }

    /// Frees the object, leaving fields whose last count this was in `orphans`.
    ///
    /// # Safety
    /// The count must be zero.
    pub(super) unsafe fn destroy(object: *mut RecordObject, orphans: &mut Orphans) {
        // SAFETY: the object is ours alone; its fields are released exactly once.
        unsafe {
            for field in (*object).fields() {
                orphans.release(field.raw());
            }
            let len = (*object).len;
            free(object as *mut u8, Self::size(len));
        }
    }
}
