//! Interned names: field, method and variable names as small numbers.
//!
//! Two symbols are equal exactly when their texts are, so a field access
//! compares one integer. The table belongs to the thread and only grows; names
//! come from program text, so it is as large as the programs loaded.
//!
//! Example: `Symbol::new("x") == Symbol::new("x")`, and `.as_str()` is `"x"`.

use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// An interned name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

#[derive(Default)]
struct Table {
    ids: FxHashMap<Rc<str>, u32>,
    names: Vec<Rc<str>>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

impl Symbol {
    /// The symbol of `text`, made on first use.
    pub fn new(text: &str) -> Symbol {
        TABLE.with_borrow_mut(|table| {
            if let Some(id) = table.ids.get(text) {
                return Symbol(*id);
            }
            let id = table.names.len() as u32;
            let name: Rc<str> = text.into();
            table.names.push(name.clone());
            table.ids.insert(name, id);
            Symbol(id)
        })
    }

    /// The text of this symbol.
    pub fn as_str(self) -> Rc<str> {
        TABLE.with_borrow(|table| table.names[self.0 as usize].clone())
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.as_str())
    }
}
