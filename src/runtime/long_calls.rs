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
    let number = arguments[0].as_int().unwrap_or_default() as u32;
    let values = std::mem::take(&mut arguments[1]);
    let mut values: Vec<Value> =
        values.as_array().map_or(Vec::new(), |values| values.iter().collect());
    call(number, context, &mut values)
}
