//! The trace IR: linear SSA for recorded traces, blocks of it for regions.
//!
//! Both forms use the same [`Inst`] and the same operation table. A recorded
//! [`Trace`] also holds marks (`at`, `set`, `enter`, `leave`) that tell how the
//! interpreter's state evolves; emission turns those into [`Snapshot`]s, so an
//! optimised [`Region`] has none.

mod flow;
mod functions;
mod ops;
pub mod parse;
pub mod print;
mod region;
mod trace;
mod types;
pub mod verify;

pub use flow::Flow;
pub use functions::{FunctionTable, MOST_PARAMETERS};
pub use ops::{Classes, Helper, Op, OpInfo, slow_effects};
pub use region::{Beginning, Block, BlockId, BlockKind, End, Exit, ExitId, ExitKind, Region};
pub use trace::{FrameMark, Start, Trace, TraceEnd, TraceId};
pub use types::{Callee, FrameState, Inst, Ref, Slot, SlotValue, Snapshot, Type};
