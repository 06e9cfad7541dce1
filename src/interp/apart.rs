//! Parts of the interpreter's operations that are too long or too rare for the
//! dispatch loop.
//!
//! Each runs on a copy of the domain (see [`Domain::apart`]): the loop's own
//! stays in machine registers.
//!
//! Contract of the `unsafe` here: as in [`concrete`](super::concrete).
//!
//! Example: `duplicate` of an array is one call, made only when it is shared.

use super::concrete::Concrete;
use super::domain::{Domain, Flow, Raised};
use crate::bytecode::{Code, Slow, Takes};
use crate::prim::{self, Fault};
use crate::value::{
    ArrayObject, CellObject, ClosureObject, DictObject, HashedKey, Header, Raw, RecordObject,
    Storage, StringObject, Symbol, Tag, Value, same_text,
};
use std::mem::ManuallyDrop;
use std::rc::Rc;

impl Concrete {
    #[inline(never)]
    pub(super) fn entry_apart(&mut self, dict: *mut Header, key: Raw) -> Option<*mut Raw> {
        // SAFETY: the body decided that the object is a dict; it and the key are
        // alive, and a `Value` has the layout of a `Raw`.
        unsafe {
            let dict = (*(dict as *mut DictObject)).dict_mut();
            let at = dict.position(HashedKey::of_value(&key.borrow())?)?;
            Some(dict.value_at_mut(at) as *mut Value as *mut Raw)
        }
    }

    /// Number of the entry that a dict has under an int or string key, if any.
    pub fn entry_number(&self, dict: *mut Header, key: Raw) -> Option<u32> {
        // SAFETY: as above.
        unsafe {
            let dict = (*(dict as *const DictObject)).dict();
            dict.position(HashedKey::of_value(&key.borrow())?).map(|at| at as u32)
        }
    }

    #[inline(never)]
    pub(super) fn entry_holder_apart(
        &mut self,
        holder: *mut Raw,
        key: Raw,
    ) -> Result<*mut Raw, Fault> {
        // SAFETY: the holder's value and the key are alive; a `Value` has the
        // layout of a `Raw`.
        unsafe {
            let container = &mut *(holder as *mut Value);
            let entry = prim::index_mut(container, &key.borrow())?;
            Ok(entry as *mut Value as *mut Raw)
        }
    }

    #[inline(never)]
    pub(super) fn member_entry_holder_apart(
        &mut self,
        holder: *mut Raw,
        name: Symbol,
    ) -> Result<*mut Raw, Fault> {
        // SAFETY: as for `entry_holder`.
        unsafe {
            let container = &mut *(holder as *mut Value);
            let entry = prim::member_mut(container, name)?;
            Ok(entry as *mut Value as *mut Raw)
        }
    }

    #[inline(never)]
    pub(super) fn widen_apart(&mut self, array: *mut Header) {
        Self::array(array).widen();
    }

    #[inline(never)]
    pub(super) fn duplicate_apart(&mut self, value: Raw) -> Raw {
        // SAFETY: borrowed values are alive while the instruction runs.
        let value = unsafe { value.borrow() };
        let copy = match (value.as_array(), value.as_struct()) {
            (Some(array), _) => array.duplicate(),
            (_, Some(record)) => record.duplicate(),
            _ => unreachable!("only arrays and structs are duplicated by bodies"),
        };
        copy.into_raw()
    }

    #[inline(never)]
    pub(super) fn new_array_apart(&mut self, storage: Storage, items: &[Raw]) -> Raw {
        ArrayObject::of_storage(storage, items.iter().map(|item| Self::owned(*item))).into_raw()
    }

    #[inline(never)]
    pub(super) fn new_record_apart(&mut self, tag: Tag, shape: u32, fields: &[Raw]) -> Raw {
        let fields = fields.iter().map(|field| Self::owned(*field));
        let record = RecordObject::of_kind(tag, shape >> 8, fields);
        record.into_raw()
    }

    #[inline(never)]
    pub(super) fn new_cell_apart(&mut self, value: Raw) -> Raw {
        CellObject::allocate(Self::owned(value)).into_raw()
    }

    #[inline(never)]
    pub(super) fn new_closure_apart(&mut self, code: &Rc<Code>, cells: &[Raw]) -> Raw {
        let cells = cells.iter().map(|cell| Self::owned(*cell));
        let address = Rc::as_ptr(code) as usize;
        let arity = code.parameters as u32;
        ClosureObject::allocate(code.id.0, address, code.name, arity, cells).into_raw()
    }

    #[inline(never)]
    pub(super) fn cell_value_apart(&mut self, cell: *mut Header) -> Raw {
        self.retained(Raw { tag: Tag::Cell, bits: cell as u64 })
    }

    #[inline(never)]
    pub(super) fn string_equal_apart(&mut self, left: *mut Header, right: *mut Header) -> bool {
        same_text(Self::string(left).as_str(), Self::string(right).as_str())
    }

    #[inline(never)]
    pub(super) fn string_compare_apart(&mut self, left: *mut Header, right: *mut Header) -> i64 {
        Self::string(left).as_str().cmp(Self::string(right).as_str()) as i64
    }

    #[inline(never)]
    pub(super) fn string_concat_apart(&mut self, left: *mut Header, right: *mut Header) -> Raw {
        StringObject::concat(Self::string(left), Self::string(right)).into_raw()
    }

    #[inline(never)]
    pub(super) fn string_append_apart(&mut self, left: Raw, right: *mut Header) -> Raw {
        StringObject::append(Self::owned(left), Self::string(right).as_str()).into_raw()
    }

    #[inline(never)]
    pub(super) fn slow_apart(
        &mut self,
        slow: Slow,
        extra: u32,
        operands: &[Raw],
    ) -> Result<Raw, Raised> {
        let machine = self.machine();
        let mut call = |values: &mut [ManuallyDrop<Value>]| {
            // SAFETY: `ManuallyDrop<Value>` has the layout of `Value`; borrowed
            // operands are never dropped here, and taken ones are left in place
            // exactly when the operation raises.
            let values = unsafe {
                std::slice::from_raw_parts_mut(values.as_mut_ptr() as *mut Value, values.len())
            };
            debug_assert!(slow.takes() != Takes::All, "builtins go through `native`");
            super::slow::run(&mut machine.context, slow, extra, values)
        };
        // SAFETY: borrowed values are alive while the instruction runs.
        let borrow = |raw: &Raw| unsafe { raw.borrow() };
        let outcome = match operands {
            [a] => call(&mut [borrow(a)]),
            [a, b] => call(&mut [borrow(a), borrow(b)]),
            [a, b, c] => call(&mut [borrow(a), borrow(b), borrow(c)]),
            many => call(&mut many.iter().map(borrow).collect::<Vec<_>>()),
        };
        outcome.map(Value::into_raw).map_err(|fault| {
            machine.fault = Some(fault);
            Raised
        })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn raise_apart(&mut self, fault: Fault) -> Flow {
        self.machine().fault = Some(fault);
        Flow::Raise
    }

    #[cold]
    #[inline(never)]
    pub(super) fn method_rebound_apart(&mut self) {
        self.machine().method_rebound();
    }
}
