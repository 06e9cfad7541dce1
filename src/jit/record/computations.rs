//! Methods of the recorder's domain that compute: each does what the interpreter's
//! does and leaves one operation behind.
//!
//! What must hold: the result is the primitive's; a checked operation that fails is
//! not recorded, because its exit is where the trace would leave. Divisors leave behind
//! what they were, as dividing by a number that is known costs a fraction.
//!
//! Example: `plain int_lt IntLt (Int, Int) Bool` is a method that answers
//! `prim::int_lt` of the two values and the instruction `int_lt` of the two references.

macro_rules! recording_computations {
    ($($mode:ident $name:ident $op:ident ($($kind:ident),*) $result:ident;)*) => {
        $(recording_computations!(@one $mode $name $op ($($kind),*) $result);)*
    };
    (@one checked $name:ident $op:ident ($a:ident) $result:ident) => {
        fn $name(&mut self, a: Self::$a) -> Option<Self::$result> {
            let Some(value) = prim::$name(a.value) else {
                self.failed = true;
                return None;
            };
            let reference = self.emit(Op::$op, Type::$result, &[a.reference], 0);
            Some(Recorded { value, reference })
        }
    };
    (@one checked $name:ident $op:ident ($a:ident, $b:ident) $result:ident) => {
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Option<Self::$result> {
            let Some(value) = prim::$name(a.value, b.value) else {
                self.failed = true;
                return None;
            };
            let reference = self.emit(Op::$op, Type::$result, &[a.reference, b.reference], 0);
            Some(Recorded { value, reference })
        }
    };
    (@one proven $name:ident $op:ident ($a:ident, $b:ident) $result:ident) => {
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Self::$result {
            let value = prim::$name(a.value, b.value).expect("decided before");
            let reference = self.emit(Op::$op, Type::$result, &[a.reference, b.reference], 0);
            Recorded { value, reference }
        }
    };
    (@one divided $name:ident $op:ident ($a:ident, $b:ident) $result:ident) => {
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Self::$result {
            let value = prim::$name(a.value, b.value).expect("decided before");
            self.builder.saw(b.reference, b.value);
            let reference = self.emit(Op::$op, Type::$result, &[a.reference, b.reference], 0);
            Recorded { value, reference }
        }
    };
    (@one plain $name:ident $op:ident ($a:ident) $result:ident) => {
        fn $name(&mut self, a: Self::$a) -> Self::$result {
            let value = prim::$name(a.value);
            let reference = self.emit(Op::$op, Type::$result, &[a.reference], 0);
            Recorded { value, reference }
        }
    };
    (@one plain $name:ident $op:ident ($a:ident, $b:ident) $result:ident) => {
        fn $name(&mut self, a: Self::$a, b: Self::$b) -> Self::$result {
            let value = prim::$name(a.value, b.value);
            let reference = self.emit(Op::$op, Type::$result, &[a.reference, b.reference], 0);
            Recorded { value, reference }
        }
    };
}

pub(super) use recording_computations;
