//! Calls of builtins with more arguments than an instruction counts.
//!
//! The compiler puts the arguments into an array; its elements become the
//! arguments again here. The name of the builtin is one that no program can write.
//!
//! Example: `print(1, 2, .., 40)` calls `<apply>` with the number of `print` and
//! `[1, 2, .., 40]`.

use super::Context;
use super::table::{Builtin, Effects, call};
use crate::prim::Fault;
use crate::value::Value;

/// Everything but what is refused to some programs: the builtin that is called is asked
/// for that itself.
const ANY: Effects =
    Effects::READS_HEAP.and(Effects::ALLOCATES).and(Effects::IO).and(Effects::STATE);

pub(super) const ROWS: &[Builtin] = &[Builtin::native(
    "<apply>",
    (2, 2),
    "<apply>(number, arguments)",
    "The result of the builtin of this number, called with these arguments.",
    ANY.and(Effects::EXITS),
    apply,
)];

fn apply(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let number = arguments[0].as_int().expect("the compiler names a builtin");
    let values = std::mem::take(&mut arguments[1]);
    let values = values.as_array().expect("the compiler makes an array of the arguments");
    let mut values: Vec<Value> = values.iter().collect();
    call(number as u32, context, &mut values)
}
