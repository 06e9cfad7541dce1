//! What operations mean: pure functions over numbers and over whole values.
//!
//! Everything that gives an operation of the language a meaning calls the
//! functions here: the interpreter, the recorder, the constant folder, the trace
//! evaluator, the builtins and the tests. Nothing else restates them.
//!
//! Two levels. The *primitives* (`int_add`, `float_lt`, ...) work on unboxed
//! ints, floats and bools, are listed in [`PRIMITIVES`](table::PRIMITIVES) and
//! answer `None` where the language raises. The *value operations* (`binary`,
//! `index`, `equal`, `display`, ...) take whole values and answer a [`Fault`].
//!
//! What must hold: no function here has an effect beyond its result and the
//! values it is given to change; none recurses on the nesting of data.
//!
//! Example: `int_add(i64::MAX, 1)` is `None`; `binary(Operator::Add, ..)` of
//! the same values is [`Fault::IntegerOverflow`].

mod access;
mod arithmetic;
mod bits;
mod compare;
mod display;
mod equality;
mod fault;
mod float;
mod int;
mod membership;
mod operator;
pub mod promise;
pub mod table;
mod values;

pub use access::{
    dict_key, index, index_mut, integral, member, member_mut, nth_character, optional_member,
    set_index, set_member,
};
pub use arithmetic::{binary, compare_order, concat, fault_of, negate, repeat};
pub use bits::*;
pub use compare::*;
pub use display::{
    Style, display, display_into, display_string, formatted, name_natives, quoted, write_value,
};
pub use equality::equal;
pub use fault::Fault;
pub use float::*;
pub use int::*;
pub use membership::{set_contains, set_insert, set_remove};
pub use operator::Operator;
pub use table::{Kind, PRIMITIVES, Primitive};
pub use values::{iterate, key_string, truthy, type_name};
