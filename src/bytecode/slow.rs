//! Generic operations: what instructions fall back to for operands that have
//! no path of their own.
//!
//! Each takes values and gives one value or a fault. One Rust function
//! (`runtime::slow`) carries them out, for the interpreter, the recorder and
//! machine code alike; the trace IR says what memory each may touch.
//!
//! Example: `"n = " + 3` is `Slow::Binary` with the number of `+` as its extra.

/// Which operands an operation takes over; the others are borrowed. One that
/// raises leaves all of them as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// The first. The kind of the result follows from the kinds of the operands,
    /// so that a trace need not guard it after the operation has had its effect.
    First,
    /// All of them.
    All,
}

macro_rules! slow_operations {
    ($($name:ident $text:literal $takes:ident $doc:literal;)*) => {
        /// A generic operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Slow { $(#[doc = $doc] $name,)* }

        impl Slow {
            /// All of them, in table order.
            pub const ALL: &'static [Slow] = &[$(Slow::$name,)*];

            /// Name in text form.
            pub fn name(self) -> &'static str {
                match self { $(Slow::$name => $text,)* }
            }

            /// Which operands it takes over.
            pub fn takes(self) -> Takes {
                match self { $(Slow::$name => Takes::$takes,)* }
            }

            /// The operation with this number.
            ///
            /// # Panics
            /// If there is none.
            pub fn from_number(number: u8) -> Slow {
                Slow::ALL[number as usize]
            }
        }
    };
}

slow_operations! {
    Binary "binary" Nothing "operator number extra on two values";
    Append "append" First "left + right, left taken and extended in place if unique";
    Negate "negate" Nothing "unary minus";
    Truthy "truthy" Nothing "truth as a bool";
    Equal "equal" Nothing "deep equality as a bool";
    Concat "concat" Nothing "display forms joined";
    Index "index" Nothing "container, index: the element";
    SetIndex "set_index" First "container (taken), index, value: the container changed";
    Member "member" Nothing "value, member symbol extra: the field or entry";
    MemberSafe "member_safe" Nothing "as Member, null if there is none";
    SetMember "set_member" First "container (taken), value; member symbol extra";
    Iterate "iterate" Nothing "the thing to iterate over: an ASCII string as it is, an array of all else";
    Spread "spread" First "array (taken) with the items of the second appended";
    NewDict "new_dict" Nothing "dict of keys and values in turn";
    DictInsert "dict_insert" First "dict (taken), key, value";
    DictSpread "dict_spread" First "dict (taken) with the entries of the second";
    Push "push" First "array (taken), value: appended";
    Pop "pop" Nothing "raises as pop() does for what is no array";
    Intrinsic "intrinsic" Nothing "intrinsic number extra on one or two values";
    Native "native" All "builtin row extra on the operands";
    UnpackRest "unpack_rest" Nothing "array from element extra on";
    UnpackMember "unpack_member" Nothing "entry or field named by the second operand, null if missing";
    UnpackOthers "unpack_others" Nothing "dict without the names in the second operand";
    Dismiss "dismiss" Nothing "drops the pending fault; raises what cannot be caught (traces only)";
    Caught "caught" Nothing "thrown value, undefined for the pending fault, and the calls that are active in machine code: the error that a handler sees, one of the prelude if extra is 1; raises what cannot be caught (traces only)";
}
