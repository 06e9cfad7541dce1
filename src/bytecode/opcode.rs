//! The table of instructions.
//!
//! Each row gives the name, what its operands are and what it does as an
//! equation over registers. The enum, the verifier, the disassembler, liveness
//! and the trace recorder derive from this table.
//!
//! `R[n]` is a register, `K[n]` a constant, `M[n]` a module slot, `C[n]` cell
//! `n` of the running closure (`R[-1]`), `pc` the next instruction.
//!
//! Example: row `Add` says that operand `a` is written and `b`, `c` are read:
//! `R[a] = R[b] + R[c]`.

use super::instruction::Instruction;

/// What an operand field of an instruction means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Not used, must be zero.
    None,
    /// A register that is written.
    Out,
    /// A register that is read.
    In,
    /// A register that is read and written.
    InOut,
    /// A register that holds a cell; the cell is read or changed, the register only read.
    CellIn,
    /// First register of a call window; the callee and the arguments are consumed, the result lands in it.
    Window,
    /// First of three consecutive loop-state variables.
    LoopState,
    /// First of a run of temporaries, consumed; the count stands in another operand.
    Run,
    /// A number of registers.
    Count,
    /// A signed 16-bit number.
    Small,
    /// A constant's index (or, where the row says so, of another table of the code).
    Index,
    /// A jump distance from the next instruction, 16 bits.
    Jump,
    /// Upper half of a 32-bit field that began in the operand before it.
    Wide,
    /// A 32-bit jump distance from the next instruction (this and the next operand).
    WideJump,
    /// A 32-bit number or index (this and the next operand).
    WideIndex,
}

/// One row of the instruction table.
#[derive(Clone, Copy, Debug)]
pub struct OpcodeInfo {
    /// Name as printed by the disassembler.
    pub name: &'static str,
    /// Meaning of the fields `a`, `b`, `c`.
    pub operands: [Operand; 3],
    /// What it does.
    pub equation: &'static str,
}

macro_rules! opcodes {
    ($($name:ident $a:ident $b:ident $c:ident $equation:literal;)*) => {
        /// What an instruction does; see [`OPCODES`] for the rows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Opcode { $(#[doc = $equation] $name,)* }

        /// The rows of the instruction table, by opcode number.
        pub const OPCODES: &[OpcodeInfo] = &[$(OpcodeInfo {
            name: stringify!($name),
            operands: [Operand::$a, Operand::$b, Operand::$c],
            equation: $equation,
        },)*];

        impl Opcode {
            /// The opcode with this number, if there is one.
            pub fn from_number(number: u8) -> Option<Opcode> {
                const ALL: &[Opcode] = &[$(Opcode::$name,)*];
                ALL.get(number as usize).copied()
            }
        }
    };
}

impl Opcode {
    /// Whether it may call a function of the program by its value or as a method.
    /// Operators may call methods too, which this does not tell.
    pub fn is_call(self) -> bool {
        matches!(
            self,
            Opcode::Call
                | Opcode::CallModule
                | Opcode::CallMethod
                | Opcode::CallMethodPlace
                | Opcode::CallMethodConst
                | Opcode::CallMethodTemporary
        )
    }

    /// Whether the byte `x` of the instruction is a count.
    pub fn is_counted(self) -> bool {
        use Opcode::*;
        self.is_call() || matches!(self, CallNative | CallNativeTaking | NewEnum)
    }

    /// Consume bit of the operand that may also be a variable, read for the last time; 0
    /// if there is none.
    pub fn consumable(self) -> u8 {
        use Opcode::*;
        match self {
            Move | GetIndexInt | Push => Instruction::CONSUME_B,
            SetIndex | SetMember => Instruction::CONSUME_C,
            _ => 0,
        }
    }
}

opcodes! {
    // Moving values
    LoadNull      Out None None "R[a] = null";
    LoadBool      Out Count None "R[a] = b != 0";
    LoadInt       Out WideIndex Wide "R[a] = int d (signed 32 bits)";
    LoadConst     Out WideIndex Wide "R[a] = K[d]";
    LoadNative    Out WideIndex Wide "R[a] = the builtin function of row d";
    Move          Out In None "R[a] = R[b], a copy (a move if b is consumed)";
    Take          Out InOut None "R[a] = R[b]; R[b] = null (moves a variable out at its last use)";
    Release       Out None None "R[a] = null";
    SetUndefined  Out None None "R[a] = undefined (start of main, for slots that functions mention)";
    // Module slots and cells
    GetModule     Out WideIndex Wide "R[a] = M[d]; raise `Undefined variable` if undefined (name: code.module_names[d])";
    SetModule     In WideIndex Wide "M[d] = R[a]";
    ModuleDefined Out WideIndex Wide "R[a] = whether M[d] is defined, a bool";
    NewCell       Out In None "R[a] = a fresh cell holding R[b]";
    GetCell       Out CellIn None "R[a] = value of cell R[b]; raise if undefined";
    SetCell       CellIn In None "value of cell R[a] = R[b]";
    GetCaptured   Out WideIndex Wide "R[a] = value of C[d]; raise if undefined";
    SetCaptured   In WideIndex Wide "value of C[d] = R[a]";
    CapturedDefined Out WideIndex Wide "R[a] = whether C[d] holds a defined value, a bool";
    Closure       Out WideIndex Wide "R[a] = closure of code.functions[d], capturing what its `captures` say";
    // Arithmetic
    Add           Out In In "R[a] = R[b] + R[c]";
    Subtract      Out In In "R[a] = R[b] - R[c]";
    Multiply      Out In In "R[a] = R[b] * R[c]";
    Divide        Out In In "R[a] = R[b] / R[c]";
    Modulo        Out In In "R[a] = R[b] % R[c]";
    AddInt        Out In Small "R[a] = R[b] + int c (also for subtraction of a constant from an int or float; exact for both)";
    SubtractInt   Out In Small "R[a] = R[b] - int c";
    MultiplyInt   Out In Small "R[a] = R[b] * int c";
    DivideInt     Out In Small "R[a] = R[b] / int c";
    ModuloInt     Out In Small "R[a] = R[b] % int c";
    Negate        Out In None "R[a] = -R[b]";
    Not           Out In None "R[a] = not truthy(R[b])";
    Truthy        Out In None "R[a] = truthy(R[b]) as bool";
    Equal         Out In In "R[a] = R[b] == R[c]";
    NotEqual      Out In In "R[a] = R[b] != R[c]";
    Less          Out In In "R[a] = R[b] < R[c]";
    LessEqual     Out In In "R[a] = R[b] <= R[c]";
    Greater       Out In In "R[a] = R[b] > R[c]";
    GreaterEqual  Out In In "R[a] = R[b] >= R[c]";
    Concat        Out Run Count "R[a] = display forms of R[b .. b+c] joined (string interpolation)";
    Intrinsic1    Out In None "R[a] = intrinsic x of R[b]";
    Intrinsic2    Out In In "R[a] = intrinsic x of R[b], R[c]";
    // Branches
    Jump          None WideJump Wide "pc += d";
    JumpBack      Index WideJump Wide "pc += d (negative); loop a of code.loops makes another round";
    JumpIf        In WideJump Wide "if truthy(R[a]) pc += d";
    JumpIfNot     In WideJump Wide "if not truthy(R[a]) pc += d";
    JumpIfNull    In WideJump Wide "if R[a] is null pc += d; R[a] is not consumed";
    JumpIfNotNull In WideJump Wide "if R[a] is not null pc += d; R[a] is not consumed";
    JumpIfUndefined In WideJump Wide "if R[a] is undefined pc += d";
    JumpIfEqual        In In Jump "if R[a] == R[b] pc += c";
    JumpIfNotEqual     In In Jump "if R[a] != R[b] pc += c";
    JumpIfLess         In In Jump "if R[a] < R[b] pc += c";
    JumpIfNotLess      In In Jump "if not (R[a] < R[b]) pc += c";
    JumpIfLessEqual    In In Jump "if R[a] <= R[b] pc += c";
    JumpIfNotLessEqual In In Jump "if not (R[a] <= R[b]) pc += c";
    JumpIfGreater      In In Jump "if R[a] > R[b] pc += c";
    JumpIfNotGreater   In In Jump "if not (R[a] > R[b]) pc += c";
    JumpIfGreaterEqual In In Jump "if R[a] >= R[b] pc += c";
    JumpIfNotGreaterEqual In In Jump "if not (R[a] >= R[b]) pc += c";
    JumpIfEqualInt     In Small Jump "if R[a] == int b pc += c";
    JumpIfNotEqualInt  In Small Jump "if R[a] != int b pc += c";
    JumpIfLessInt      In Small Jump "if R[a] < int b pc += c";
    JumpIfNotLessInt   In Small Jump "if not (R[a] < int b) pc += c";
    JumpIfLessEqualInt In Small Jump "if R[a] <= int b pc += c";
    JumpIfNotLessEqualInt In Small Jump "if not (R[a] <= int b) pc += c";
    JumpIfGreaterInt   In Small Jump "if R[a] > int b pc += c";
    JumpIfNotGreaterInt In Small Jump "if not (R[a] > int b) pc += c";
    JumpIfGreaterEqualInt In Small Jump "if R[a] >= int b pc += c";
    JumpIfNotGreaterEqualInt In Small Jump "if not (R[a] >= int b) pc += c";
    // Loops
    RangePrepare  LoopState None None "check and truncate R[a] = start, R[a+1] = stop, R[a+2] = step of a range loop";
    RangeNext     LoopState Out Jump "if the range R[a..a+3] is done pc += c, else R[b] = R[a]; R[a] += R[a+2]";
    IterPrepare   LoopState In None "R[a..a+3] = iteration state over R[b] (int n: limit, 0; array or string: it, 0; dict: its keys in key order, 0)";
    IterNext      LoopState Out Jump "if the iteration R[a..a+3] is done pc += c, else R[b] = its next item";
    // Containers
    NewArray      Out Run Count "R[a] = [R[b .. b+c]]";
    ArrayPush     InOut In None "append R[b] to the array in the temporary R[a] (array literals)";
    ArraySpread   InOut In None "append the items of R[b] to the array in the temporary R[a]";
    NewDict       Out Run Count "R[a] = dict of c pairs: keys at R[b], R[b+2].., values at R[b+1], R[b+3]..";
    DictInsert    InOut In In "insert R[b]: R[c] into the dict in the temporary R[a] (dict literals)";
    DictSpread    InOut In None "insert the entries of R[b] into the dict in the temporary R[a]";
    NewStruct     Out Run Index "R[a] = instance of code.shapes[c] with fields R[b ..] in declaration order";
    NewEnum       Out Run Index "R[a] = value of variant code.variants[c] with x payloads R[b .. b+x]";
    GetIndex      Out In In "R[a] = R[b][R[c]]";
    GetIndexInt   Out In Small "R[a] = R[b][int c]";
    SetIndex      InOut In In "R[a][R[b]] = R[c]; R[a] is a variable or a place";
    GetMember     Out In Index "R[a] = R[b].name; code.caches[c] names it";
    GetMemberSafe Out In Index "R[a] = R[b]?.name; code.caches[c] names it";
    SetMember     InOut Index In "R[a].name = R[c]; code.caches[b] names it; R[a] is a variable or a place";
    PlaceModule   Out WideIndex Wide "R[a] = place of M[d]; raise if undefined";
    PlaceCell     Out CellIn None "R[a] = place of the variable in cell R[b]";
    PlaceCaptured Out WideIndex Wide "R[a] = place of the variable in C[d]";
    PlaceIndex    Out InOut In "R[a] = place of R[b][R[c]], R[b] made unique; R[b] is a variable or a place";
    PlaceMember   Out InOut Index "R[a] = place of R[b].name, R[b] made unique; code.caches[c] names it";
    PlaceAdd      InOut In Jump "unless one of them is a struct: place R[a] = its value + R[b], in place where possible, and pc += c";
    Push          InOut In None "append R[b] to the array in the variable or place R[a]; raise as push() does if it is none";
    Pop           Out InOut None "R[a] = last element of the array in the variable or place R[b], taken off it, null if it is empty; raise as pop() does if it is none";
    // Destructuring and matching
    UnpackIndex   Out In Small "R[a] = R[b][c] if R[b] is an array with more than c elements, else null; R[b] is a variable";
    UnpackRest    Out In Small "R[a] = array of the elements of R[b] from c on ([] if none or not an array)";
    UnpackMember  Out In Index "R[a] = R[b].K[c] for dict or struct, null if missing";
    UnpackOthers  Out In Index "R[a] = dict of the entries of R[b] but for those named in the array constant K[c]";
    JumpIfNotVariant In Index Jump "if R[a] is not of variant code.variants[b] pc += c; R[a] is a variable";
    GetPayload    Out In Small "R[a] = payload c of the enum value R[b], null if it has fewer";
    TryUnwrap     Out In Small "R[a] = payload of Ok/Some R[b]; Err/None: return R[b], or raise `Unhandled ..` if c is not 0; else raise";
    // Calls
    Call          Window None None "R[a] = R[a](R[a+1 .. a+1+x])";
    CallModule    Window WideIndex Wide "R[a] = M[d](R[a+1 .. a+1+x])";
    CallNative    Window Index None "R[a] = builtin row b of R[a+1 .. a+1+x]";
    CallNativeTaking Window Index InOut "as CallNative, with R[c] or what is in the place R[c] moved to R[a+1] first (moved back if it raises), leaving null";
    CallMethod    Window Index None "R[a] = R[a+1].name(R[a+2 .. a+2+x]); code.caches[b] names it; changes of self are dropped";
    CallMethodPlace Window Index InOut "as CallMethod, receiver R[c], a variable: the method's final self is stored back there (also when it raises); R[a+1] must be dead before";
    CallMethodConst Window Index In "as CallMethodPlace, but raise `Cannot mutate const binding` if self changed";
    CallMethodTemporary Window Index InOut "as CallMethodPlace for a hidden variable R[c]: after a method that cannot change self R[c] is undefined";
    Return        In None None "leave the frame with R[a], moved out";
    ReturnNull    None None None "leave the frame with null";
    // Generators
    NewGenerator  None WideIndex Wide "leave the frame with a generator that keeps it and continues at instruction d";
    Yield         In WideIndex Wide "leave the frame with item R[a]; the generator keeps it and continues at instruction d";
    EndGenerator  None None None "leave the frame of a generator, which has no more items";
    // Declarations
    BindMethod    In Index Index "method K[c] of code.shapes[b] = closure R[a]";
    // Errors
    Throw         In None None "raise R[a]";
    Raise         Count WideIndex Wide "raise fault number a (RaiseKind) about the name K[d]";
}

/// Faults that the compiler knows will happen if control gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum RaiseKind {
    /// `Undefined variable: K[d]`.
    UndefinedVariable,
    /// `Cannot reassign const binding: K[d]`.
    ReassignConst,
    /// `Cannot mutate const binding: K[d]`.
    MutateConst,
    /// `Undefined struct: K[d]`.
    UndefinedStruct,
    /// `Undefined enum: K[d]`.
    UndefinedEnum,
    /// `Enum 'E' has no variant 'V'` for K[d] `E::V`.
    NoVariant,
    /// `Struct 'P' has no field 'f'` for K[d] `P::f`.
    NoField,
    /// The text K[d] itself.
    Text,
}

impl RaiseKind {
    /// The kind with this number, if there is one.
    pub fn from_number(number: u16) -> Option<RaiseKind> {
        [
            RaiseKind::UndefinedVariable,
            RaiseKind::ReassignConst,
            RaiseKind::MutateConst,
            RaiseKind::UndefinedStruct,
            RaiseKind::UndefinedEnum,
            RaiseKind::NoVariant,
            RaiseKind::NoField,
            RaiseKind::Text,
        ]
        .get(number as usize)
        .copied()
    }
}

macro_rules! intrinsics {
    ($($name:ident $text:literal $arity:literal;)*) => {
        /// Builtins with instructions of their own: they read their operands
        /// where they are and traces know their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Intrinsic { $(#[doc = concat!("`", $text, "`.")] $name,)* }

        impl Intrinsic {
            /// Name of the builtin.
            pub fn name(self) -> &'static str {
                match self { $(Intrinsic::$name => $text,)* }
            }

            /// Number of operands, one or two.
            pub fn arity(self) -> usize {
                match self { $(Intrinsic::$name => $arity,)* }
            }

            /// Its place among those of its arity, which instructions have room for.
            pub fn place(self) -> usize {
                self as usize - Intrinsic::first(self.arity())
            }

            /// The intrinsic at this place among those of an arity, if there is one.
            #[inline(always)]
            pub fn at(arity: usize, place: usize) -> Option<Intrinsic> {
                Intrinsic::from_number((Intrinsic::first(arity) + place) as u8)
            }

            /// The number of the first one of an arity: those of one operand come first.
            #[inline(always)]
            fn first(arity: usize) -> usize {
                const ARITIES: &[usize] = &[$($arity,)*];
                const UNARY: usize = {
                    let mut count = 0;
                    while ARITIES[count] == 1 {
                        count += 1;
                    }
                    count
                };
                if arity == 1 { 0 } else { UNARY }
            }

            /// The intrinsic with this number, if there is one.
            pub fn from_number(number: u8) -> Option<Intrinsic> {
                const ALL: &[Intrinsic] = &[$(Intrinsic::$name,)*];
                ALL.get(number as usize).copied()
            }

            /// The intrinsic for a builtin called with this many arguments, if it is one.
            pub fn find(name: &str, arity: usize) -> Option<Intrinsic> {
                const ALL: &[Intrinsic] = &[$(Intrinsic::$name,)*];
                ALL.iter().copied().find(|i| i.name() == name && i.arity() == arity)
            }
        }
    };
}

intrinsics! {
    Len "len" 1;
    Abs "abs" 1;
    Sqrt "sqrt" 1;
    Floor "floor" 1;
    Ceil "ceil" 1;
    Round "round" 1;
    ToInt "to_int" 1;
    Int "int" 1;
    ToFloat "to_float" 1;
    Float "float" 1;
    BitNot "bit_not" 1;
    IsInt "is_int" 1;
    IsFloat "is_float" 1;
    IsString "is_string" 1;
    IsBool "is_bool" 1;
    IsArray "is_array" 1;
    IsDict "is_dict" 1;
    IsNull "is_null" 1;
    Sin "sin" 1;
    Cos "cos" 1;
    Tan "tan" 1;
    Exp "exp" 1;
    Log "log" 1;
    Min "min" 2;
    Max "max" 2;
    BitAnd "bit_and" 2;
    BitOr "bit_or" 2;
    BitXor "bit_xor" 2;
    BitShl "bit_shl" 2;
    BitShr "bit_shr" 2;
    CharAt "char_at" 2;
    HasKey "has_key" 2;
    Get "get" 2;
    Pow "pow" 2;
}
