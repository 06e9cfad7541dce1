//! Float arithmetic and comparisons.
//!
//! All operations are IEEE and map to one instruction, except the remainder
//! (a call) and rounding half away from zero, which Cranelift does not have.
//!
//! Example: `float_round 2.5` adds the largest float below one half with the
//! sign of the operand and cuts the fraction off: 3.

use super::Lowering;
use crate::jit::ir::{ExitId, Ref};
use crate::jit::shims;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

/// The largest float below one half: adding one half itself would carry the
/// floats just below it over to the next integer.
const BELOW_HALF: f64 = 0.499_999_999_999_999_94;
/// Two to the power 63, the first float above the ints.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

macro_rules! binary {
    ($($name:ident $instruction:ident;)*) => { $(
        pub(super) fn $name(&mut self, left: Ref, right: Ref) -> Value {
            let (left, right) = (self.value(left), self.value(right));
            self.builder.ins().$instruction(left, right)
        }
    )* };
}

macro_rules! unary {
    ($($name:ident $instruction:ident;)*) => { $(
        pub(super) fn $name(&mut self, operand: Ref) -> Value {
            let operand = self.value(operand);
            self.builder.ins().$instruction(operand)
        }
    )* };
}

macro_rules! called {
    ($($name:ident($($operand:ident),+);)*) => { $(
        pub(super) fn $name(&mut self, $($operand: Ref),+) -> Value {
            let operands = [$(self.value($operand)),+];
            self.call_floats(shims::$name as *const () as usize, &operands)
        }
    )* };
}

macro_rules! comparisons {
    ($($name:ident $condition:ident;)*) => { $(
        pub(super) fn $name(&mut self, left: Ref, right: Ref) -> Value {
            let (left, right) = (self.value(left), self.value(right));
            self.builder.ins().fcmp(FloatCC::$condition, left, right)
        }
    )* };
}

impl Lowering<'_, '_> {
    binary! {
        float_add fadd;
        float_sub fsub;
        float_mul fmul;
        float_div fdiv;
    }

    unary! {
        float_neg fneg;
        float_abs fabs;
        float_sqrt sqrt;
    }

    comparisons! {
        float_eq Equal;
        float_ne NotEqual;
        float_lt LessThan;
        float_le LessThanOrEqual;
        float_gt GreaterThan;
        float_ge GreaterThanOrEqual;
    }

    called! {
        float_mod(left, right);
        float_pow(left, right);
        float_sin(operand);
        float_cos(operand);
        float_tan(operand);
        float_exp(operand);
        float_log(operand);
    }

    /// The first selection is one instruction on x86-64.
    pub(super) fn float_min(&mut self, left: Ref, right: Ref) -> Value {
        let (left, right) = (self.value(left), self.value(right));
        let less = self.builder.ins().fcmp(FloatCC::LessThan, right, left);
        let smaller = self.builder.ins().select(less, right, left);
        self.unless_nan(right, smaller)
    }

    pub(super) fn float_max(&mut self, left: Ref, right: Ref) -> Value {
        let (left, right) = (self.value(left), self.value(right));
        let greater = self.builder.ins().fcmp(FloatCC::LessThan, left, right);
        let larger = self.builder.ins().select(greater, right, left);
        self.unless_nan(right, larger)
    }

    fn unless_nan(&mut self, tested: Value, value: Value) -> Value {
        let nan = self.builder.ins().fcmp(FloatCC::Unordered, tested, tested);
        self.builder.ins().select(nan, tested, value)
    }

    pub(super) fn float_floor(&mut self, operand: Ref) -> Value {
        let operand = self.value(operand);
        if self.environment.native_rounding {
            return self.builder.ins().floor(operand);
        }
        self.call_floats(shims::float_floor as *const () as usize, &[operand])
    }

    pub(super) fn float_ceil(&mut self, operand: Ref) -> Value {
        let operand = self.value(operand);
        if self.environment.native_rounding {
            return self.builder.ins().ceil(operand);
        }
        self.call_floats(shims::float_ceil as *const () as usize, &[operand])
    }

    pub(super) fn float_round(&mut self, operand: Ref) -> Value {
        let operand = self.value(operand);
        if self.environment.native_rounding {
            let half = self.builder.ins().f64const(BELOW_HALF);
            let half = self.builder.ins().fcopysign(half, operand);
            let sum = self.builder.ins().fadd(operand, half);
            return self.builder.ins().trunc(sum);
        }
        self.call_floats(shims::float_round as *const () as usize, &[operand])
    }

    /// Both bounds are floats, so comparing with them is exact; NaN fails both.
    pub(super) fn float_to_int(&mut self, operand: Ref, exit: Option<ExitId>) -> Value {
        let operand = self.value(operand);
        if exit.is_some() {
            let least = self.builder.ins().f64const(-LIMIT);
            let above = self.builder.ins().fcmp(FloatCC::GreaterThanOrEqual, operand, least);
            self.guard(above, exit);
            let limit = self.builder.ins().f64const(LIMIT);
            let below = self.builder.ins().fcmp(FloatCC::LessThan, operand, limit);
            self.guard(below, exit);
        }
        self.builder.ins().fcvt_to_sint_sat(types::I64, operand)
    }
}
