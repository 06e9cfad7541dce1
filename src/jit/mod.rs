//! The tracing JIT: record, optimise, lower, run, and leave by side exits.
//!
//! # From a hot loop to machine code
//!
//! A [`ir::Trace`] is what the recorder wrote down: the operations that one
//! round of a loop (or the way on from one side exit) really executed, in SSA
//! form, with guards. Traces are kept as recorded. A *region* is planned from a
//! loop's root trace and the bridges of its hot exits, and emitted as one
//! control-flow graph ([`ir::Region`]) through the optimiser; recompiling a
//! region emits all of it again. Lowering turns a region into one function.
//!
//! # How traces link
//!
//! Every trace ends by *arriving* at a loop header (through `JumpBack` or by
//! falling in) or by leaving to the interpreter. Where an arrival leads is
//! decided when a region is emitted, by the identity of the header (code, loop,
//! frames around it):
//!
//! * a loop in a region has an entry header `H0` (slots as parameters) before a
//!   peeled first round, and an inner header `H1` after it;
//! * an arrival through `JumpBack` from below `H1` is a back edge to `H1`;
//!   from the peeled round it goes to `H0`, unless it is the end of the root
//!   trace itself, which falls into `H1`;
//! * an arrival by falling in goes to `H0` of the loop if the region has that
//!   loop on the way from its entry, else starts a nested copy of it if it has
//!   been recorded, else leaves to the interpreter.
pub mod code;
pub mod context;
pub mod driver;
pub mod evaluate;
pub mod exits;
pub mod ir;
pub mod lower;
pub mod opt;
pub mod record;
pub mod shims;

pub use driver::Jit;
