//! The register bytecode: instructions, function prototypes, verifier, disassembler.
//!
//! # Registers
//!
//! A frame is a window of the register stack. Its registers are of two classes:
//!
//! * **variables**, `0 .. code.variables`: parameters first, then locals, loop
//!   state and hidden variables. A variable register always holds a valid owned
//!   value; writing it releases what it held. No register is shared between a
//!   variable and a temporary. Some instructions consume a variable that is not
//!   read again before it is written: it is null then.
//! * **temporaries**, from `code.variables` on: written once and *consumed* by
//!   exactly one reading instruction. Between those two moments a temporary owns
//!   its value; at every other moment it holds no counted object. So writing a
//!   temporary releases nothing, and an instruction that consumes one gives up
//!   or passes on its count. The bits of `x` say which operands are consumed.
//!
//! While compiling, temporaries are numbered from [`TEMPORARY`]; the function
//! builder moves them behind the variables and sets the consume bits.
//!
//! Above the live registers of the innermost frame the stack holds no counted
//! objects, so entering a function initialises nothing.
//!
//! # Calls
//!
//! A call works on a window of consecutive temporaries `a ..`: register `a` is
//! for the callee, the arguments follow. The callee's frame begins at `a + 1`,
//! so arguments become parameters without being moved; its register `-1` is the
//! closure that runs, which is how captured variables are reached. `Return`
//! releases the callee's variables and puts the result in `a`. Every temporary
//! from the end of the window on is dead at a call.
//!
//! # Module variables
//!
//! Variables of a module's top scope are plain variable registers of the
//! module's main function. Functions reach them as *module slots*: slot `n` is
//! register `n` of that frame, which stays for the life of the module. Main sets
//! those that functions mention to `Undefined` before anything runs.
//!
//! # Places
//!
//! `a[i].x := v` is a chain: `PlaceIndex t, a, i` makes `a` unique and leaves in
//! the temporary `t` the address of its element; `SetField t, .x, v` finishes.
//! From the first `Place*` instruction to the `Set*` that ends it no other code
//! runs; operands of the `Place*` steps must be variables or constants (never
//! consumed), so a chain can be begun again from its first instruction.
//!
//! Example: `s := (s + i * 3) % 1000003` with `s` in 0 and `i` in 1 and one
//! temporary 2:
//!
//! ```text
//! MulInt t2, r1, 3
//! Add    t2, r0, t2
//! ModInt r0, t2, #wide? no: LoadConst t3, 1000003; Mod r0, t2, t3
//! ```

mod code;
pub mod diamond;
mod disassemble;
mod instruction;
pub mod liveness;
// Equations such as `R[a] = b` are no links.
#[allow(rustdoc::broken_intra_doc_links)]
mod opcode;
mod slow;
pub(crate) mod verify;

pub use code::{
    ActiveCall, Capture, Code, CodeId, EnumDeclaration, FieldCache, Handler, HotState, LoopInfo,
    SourceFile,
};
pub use disassemble::disassemble;
pub use instruction::{Instruction, TEMPORARY};
pub use opcode::{Intrinsic, OPCODES, Opcode, OpcodeInfo, Operand, RaiseKind};
pub use slow::{Slow, Takes};
pub use verify::{VerifyError, verify};
