//! The table of primitives: name, meaning, operand and result kinds.
//!
//! Layers that need one thing per primitive (an operation of the trace IR, a
//! lowering, a conformance test) derive it from here: as data from
//! [`PRIMITIVES`], as tokens from [`for_each_primitive!`](crate::for_each_primitive).
//!
//! What must hold: a row's kinds are those of its function, and `faults` is
//! true exactly if the function answers an `Option`.
//!
//! Example: `PRIMITIVES[Primitive::IntAdd as usize].evaluate(&[2, 3])` is `Some(5)`.

use super::*;

/// What an operand or result is, unboxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The bits of an `i64`.
    Int,
    /// The bits of an `f64`.
    Float,
    /// 0 or 1.
    Bool,
}

/// What stands in the table about one primitive.
#[derive(Debug)]
pub struct Row {
    /// Which primitive this is.
    pub primitive: Primitive,
    /// Name of the function, also in dumps.
    pub name: &'static str,
    /// What it computes.
    pub documentation: &'static str,
    /// Kinds of the operands.
    pub operands: &'static [Kind],
    /// Kind of the result.
    pub result: Kind,
    /// Whether some operands have no result, because the language raises.
    pub faults: bool,
}

/// Calls the macro `$then` with every row of the table of primitives, as
/// `Variant function (operand kinds) -> result kind, faults, "documentation";`,
/// where the kinds are variants of [`Kind`](crate::prim::Kind) and `faults` is
/// `true` or `false`.
#[macro_export]
macro_rules! for_each_primitive {
    ($then:path) => {
        $then! {
            IntAdd int_add (Int, Int) -> Int, true, "sum";
            IntSub int_sub (Int, Int) -> Int, true, "difference";
            IntMul int_mul (Int, Int) -> Int, true, "product";
            IntDiv int_div (Int, Int) -> Int, true, "quotient truncated toward zero";
            IntMod int_mod (Int, Int) -> Int, true, "remainder with the sign of the dividend";
            IntNeg int_neg (Int) -> Int, true, "negation";
            IntAbs int_abs (Int) -> Int, true, "magnitude";
            IntMin int_min (Int, Int) -> Int, false, "the smaller one";
            IntMax int_max (Int, Int) -> Int, false, "the larger one";
            IntToFloat int_to_float (Int) -> Float, false, "nearest float";
            IntEq int_eq (Int, Int) -> Bool, false, "equal";
            IntNe int_ne (Int, Int) -> Bool, false, "not equal";
            IntLt int_lt (Int, Int) -> Bool, false, "less";
            IntLe int_le (Int, Int) -> Bool, false, "at most";
            IntGt int_gt (Int, Int) -> Bool, false, "greater";
            IntGe int_ge (Int, Int) -> Bool, false, "at least";
            BitAnd bit_and (Int, Int) -> Int, false, "bits in both";
            BitOr bit_or (Int, Int) -> Int, false, "bits in either";
            BitXor bit_xor (Int, Int) -> Int, false, "bits in exactly one";
            BitNot bit_not (Int) -> Int, false, "all bits flipped";
            BitShl bit_shl (Int, Int) -> Int, true, "shift to the high end";
            BitShr bit_shr (Int, Int) -> Int, true, "shift to the low end, keeping the sign";
            FloatAdd float_add (Float, Float) -> Float, false, "sum";
            FloatSub float_sub (Float, Float) -> Float, false, "difference";
            FloatMul float_mul (Float, Float) -> Float, false, "product";
            FloatDiv float_div (Float, Float) -> Float, true, "quotient; a zero divisor raises";
            FloatMod float_mod (Float, Float) -> Float, true, "C fmod; a zero divisor raises";
            FloatNeg float_neg (Float) -> Float, false, "sign bit flipped";
            FloatAbs float_abs (Float) -> Float, false, "sign bit cleared";
            FloatMin float_min (Float, Float) -> Float, false, "right if less or NaN, else left";
            FloatMax float_max (Float, Float) -> Float, false, "right if greater or NaN, else left";
            FloatSqrt float_sqrt (Float) -> Float, false, "square root";
            FloatFloor float_floor (Float) -> Float, false, "largest integral number not above";
            FloatCeil float_ceil (Float) -> Float, false, "smallest integral number not below";
            FloatRound float_round (Float) -> Float, false, "nearest integral, half away from zero";
            FloatPow float_pow (Float, Float) -> Float, false, "power";
            FloatSin float_sin (Float) -> Float, false, "sine";
            FloatCos float_cos (Float) -> Float, false, "cosine";
            FloatTan float_tan (Float) -> Float, false, "tangent";
            FloatLog float_log (Float) -> Float, false, "natural logarithm";
            FloatExp float_exp (Float) -> Float, false, "e to the power";
            FloatToInt float_to_int (Float) -> Int, true, "toward zero; raises out of range";
            FloatToIntExact float_to_int_exact (Float) -> Int, true, "the int of the same value";
            FloatEq float_eq (Float, Float) -> Bool, false, "equal";
            FloatNe float_ne (Float, Float) -> Bool, false, "not equal";
            FloatLt float_lt (Float, Float) -> Bool, false, "less";
            FloatLe float_le (Float, Float) -> Bool, false, "at most";
            FloatGt float_gt (Float, Float) -> Bool, false, "greater";
            FloatGe float_ge (Float, Float) -> Bool, false, "at least";
            IntFloatEq int_float_eq (Int, Float) -> Bool, false, "equal by exact value";
            IntFloatLt int_float_lt (Int, Float) -> Bool, false, "less by exact value";
            IntFloatLe int_float_le (Int, Float) -> Bool, false, "at most by exact value";
            IntFloatGt int_float_gt (Int, Float) -> Bool, false, "greater by exact value";
            IntFloatGe int_float_ge (Int, Float) -> Bool, false, "at least by exact value";
            BoolEq bool_eq (Bool, Bool) -> Bool, false, "equal";
            BoolNot bool_not (Bool) -> Bool, false, "the other truth value";
        }
    };
}

macro_rules! define {
    ($($variant:ident $function:ident ($($operand:ident),+) -> $result:ident, $faults:literal,
        $documentation:literal;)*) => {
        /// A primitive operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Primitive { $(
            #[doc = concat!("`", stringify!($function), "`: ", $documentation, ".")]
            $variant,
        )* }

        /// Every primitive, in the order of [`Primitive`].
        pub const PRIMITIVES: &[Row] = &[$(
            Row {
                primitive: Primitive::$variant,
                name: stringify!($function),
                documentation: $documentation,
                operands: &[$(Kind::$operand),+],
                result: Kind::$result,
                faults: $faults,
            },
        )*];

        impl Primitive {
            /// The result's bits for operands given as bits, or `None` where
            /// the language raises.
            ///
            /// # Panics
            /// If the number of operands is not the primitive's.
            pub fn evaluate(self, operands: &[u64]) -> Option<u64> {
                assert!(operands.len() == self.row().operands.len(), "operands of {self:?}");
                match self { $(
                    Primitive::$variant => define!(@call $function operands $($operand),+),
                )* }
            }
        }
    };
    (@call $function:ident $operands:ident $first:ident) => {
        $function(Unboxed::from_bits($operands[0])).outcome()
    };
    (@call $function:ident $operands:ident $first:ident, $second:ident) => {
        $function(Unboxed::from_bits($operands[0]), Unboxed::from_bits($operands[1])).outcome()
    };
}

for_each_primitive!(define);

impl Primitive {
    /// What the table says about it.
    #[inline]
    pub fn row(self) -> &'static Row {
        &PRIMITIVES[self as usize]
    }

    /// The primitive of this name.
    pub fn named(name: &str) -> Option<Primitive> {
        PRIMITIVES.iter().find(|row| row.name == name).map(|row| row.primitive)
    }
}

impl Row {
    /// As [`Primitive::evaluate`].
    ///
    /// # Panics
    /// If the number of operands is not the primitive's.
    pub fn evaluate(&self, operands: &[u64]) -> Option<u64> {
        self.primitive.evaluate(operands)
    }
}

/// A kind's Rust type, to and from bits.
trait Unboxed {
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
}

impl Unboxed for i64 {
    fn from_bits(bits: u64) -> i64 {
        bits as i64
    }
    fn to_bits(self) -> u64 {
        self as u64
    }
}

impl Unboxed for f64 {
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
}

impl Unboxed for bool {
    fn from_bits(bits: u64) -> bool {
        bits != 0
    }
    fn to_bits(self) -> u64 {
        self as u64
    }
}

/// What a primitive's function answers, as bits or nothing.
trait Outcome {
    fn outcome(self) -> Option<u64>;
}

impl<T: Unboxed> Outcome for T {
    fn outcome(self) -> Option<u64> {
        Some(self.to_bits())
    }
}

impl<T: Unboxed> Outcome for Option<T> {
    fn outcome(self) -> Option<u64> {
        self.map(Unboxed::to_bits)
    }
}
