//! Instruction bodies, written once for every domain.
//!
//! [`execute`] is the one place that says which body an opcode has. The
//! interpreter inlines it into its loop; the recorder calls it once for each
//! instruction.

pub(super) mod arithmetic;
pub(super) mod calls;
pub(super) mod compare;
pub(super) mod containers;
pub(super) mod errors;
pub(super) mod generators;
pub(super) mod intrinsics;
pub(super) mod loops;
pub(super) mod moves;
pub(super) mod places;
pub(super) mod unpack;

use super::domain::{Domain, Flow};
use crate::bytecode::Instruction;

/// Finds the body of instruction `$i` and hands it to the macro `$then` as an
/// expression that runs it in domain `$d` and has its [`Flow`] as value. Being a
/// macro, it lets the dispatch loop go on differently behind each body, so that
/// a body that only falls through costs no test of what comes next.
macro_rules! with_body {
    ($d:ident, $i:ident, $then:ident) => {{
        use $crate::bytecode::{Code, Opcode::*, Slow};
        use $crate::interp::domain::Flow;
        use $crate::interp::ops::{
            arithmetic, calls, compare, containers, errors, generators, intrinsics, loops, moves,
            places, unpack,
        };
        use $crate::prim::Operator;
        use $crate::value::{Raw, Tag};
        match $i.opcode {
            LoadNull => $then!(moves::load($d, $i, Raw::NULL)),
            LoadBool => $then!(moves::load($d, $i, Raw::bool($i.b != 0))),
            LoadInt => $then!({
                let value = $d.const_int($i.d() as i64);
                $d.write_int($i.a, value);
                Flow::Next
            }),
            LoadConst => $then!({
                let raw = $d.code().constants[$i.d() as usize].raw();
                moves::load($d, $i, raw)
            }),
            LoadNative => {
                $then!(moves::load($d, $i, Raw { tag: Tag::Native, bits: $i.d() as u64 }))
            }
            Move => $then!(moves::copy($d, $i)),
            Take => $then!(moves::take($d, $i)),
            Release => $then!(places::release($d, $i)),
            SetUndefined => $then!(moves::load($d, $i, Raw::UNDEFINED)),
            GetModule => $then!(moves::get_module($d, $i)),
            SetModule => $then!(moves::set_module($d, $i)),
            ModuleDefined => $then!(moves::module_defined($d, $i)),
            NewCell => $then!($d.apart(|$d| moves::new_cell($d, $i))),
            GetCell => $then!(moves::get_cell($d, $i)),
            SetCell => $then!(moves::set_cell($d, $i)),
            GetCaptured => $then!(moves::get_captured($d, $i)),
            SetCaptured => $then!(moves::set_captured($d, $i)),
            CapturedDefined => $then!(moves::captured_defined($d, $i)),
            Closure => $then!($d.apart(|$d| moves::closure($d, $i))),
            Add => $then!(arithmetic::binary($d, $i, Operator::Add)),
            Subtract => $then!(arithmetic::binary($d, $i, Operator::Subtract)),
            Multiply => $then!(arithmetic::binary($d, $i, Operator::Multiply)),
            Divide => $then!(arithmetic::binary($d, $i, Operator::Divide)),
            Modulo => $then!(arithmetic::binary($d, $i, Operator::Modulo)),
            AddInt => $then!(arithmetic::binary_int($d, $i, Operator::Add)),
            SubtractInt => $then!(arithmetic::binary_int($d, $i, Operator::Subtract)),
            MultiplyInt => $then!(arithmetic::binary_int($d, $i, Operator::Multiply)),
            DivideInt => $then!(arithmetic::binary_int($d, $i, Operator::Divide)),
            ModuloInt => $then!(arithmetic::binary_int($d, $i, Operator::Modulo)),
            Negate => $then!(arithmetic::negate($d, $i)),
            Not => $then!(compare::write_truth($d, $i, false)),
            Truthy => $then!(compare::write_truth($d, $i, true)),
            Equal => $then!(compare::compare($d, $i, Operator::Equal)),
            NotEqual => $then!(compare::compare($d, $i, Operator::NotEqual)),
            Less => $then!(compare::compare($d, $i, Operator::Less)),
            LessEqual => $then!(compare::compare($d, $i, Operator::LessEqual)),
            Greater => $then!(compare::compare($d, $i, Operator::Greater)),
            GreaterEqual => $then!(compare::compare($d, $i, Operator::GreaterEqual)),
            Concat => $then!($d.apart(|$d| containers::slow_run($d, $i, Slow::Concat, $i.c))),
            Intrinsic1 => $then!(intrinsics::unary($d, $i)),
            Intrinsic2 => $then!(intrinsics::binary($d, $i)),
            Jump => $then!(Flow::Jump($i.d())),
            JumpBack => $then!(Flow::Back($i.a, $i.d())),
            JumpIf => $then!(compare::branch_truth($d, $i, true)),
            JumpIfNot => $then!(compare::branch_truth($d, $i, false)),
            JumpIfNull => $then!(compare::branch_kind($d, $i, Tag::Null, true)),
            JumpIfNotNull => $then!(compare::branch_kind($d, $i, Tag::Null, false)),
            JumpIfUndefined => $then!(compare::branch_kind($d, $i, Tag::Undefined, true)),
            JumpIfEqual => $then!(compare::branch($d, $i, Operator::Equal, true)),
            JumpIfNotEqual => $then!(compare::branch($d, $i, Operator::NotEqual, true)),
            JumpIfLess => $then!(compare::branch($d, $i, Operator::Less, true)),
            JumpIfNotLess => $then!(compare::branch($d, $i, Operator::Less, false)),
            JumpIfLessEqual => $then!(compare::branch($d, $i, Operator::LessEqual, true)),
            JumpIfNotLessEqual => $then!(compare::branch($d, $i, Operator::LessEqual, false)),
            JumpIfGreater => $then!(compare::branch($d, $i, Operator::Greater, true)),
            JumpIfNotGreater => $then!(compare::branch($d, $i, Operator::Greater, false)),
            JumpIfGreaterEqual => $then!(compare::branch($d, $i, Operator::GreaterEqual, true)),
            JumpIfNotGreaterEqual => $then!(compare::branch($d, $i, Operator::GreaterEqual, false)),
            JumpIfEqualInt => $then!(compare::branch_int($d, $i, Operator::Equal, true)),
            JumpIfNotEqualInt => $then!(compare::branch_int($d, $i, Operator::NotEqual, true)),
            JumpIfLessInt => $then!(compare::branch_int($d, $i, Operator::Less, true)),
            JumpIfNotLessInt => $then!(compare::branch_int($d, $i, Operator::Less, false)),
            JumpIfLessEqualInt => $then!(compare::branch_int($d, $i, Operator::LessEqual, true)),
            JumpIfNotLessEqualInt => {
                $then!(compare::branch_int($d, $i, Operator::LessEqual, false))
            }
            JumpIfGreaterInt => $then!(compare::branch_int($d, $i, Operator::Greater, true)),
            JumpIfNotGreaterInt => $then!(compare::branch_int($d, $i, Operator::Greater, false)),
            JumpIfGreaterEqualInt => {
                $then!(compare::branch_int($d, $i, Operator::GreaterEqual, true))
            }
            JumpIfNotGreaterEqualInt => {
                $then!(compare::branch_int($d, $i, Operator::GreaterEqual, false))
            }
            RangePrepare => $then!($d.apart(|$d| loops::range_prepare($d, $i))),
            RangeNext => $then!(loops::range_next($d, $i)),
            IterPrepare => $then!($d.apart(|$d| loops::iterate_prepare($d, $i))),
            IterNext => $then!(loops::iterate_next($d, $i)),
            NewArray => $then!($d.apart(|$d| containers::new_array($d, $i))),
            ArrayPush => $then!($d.apart(|$d| places::array_push($d, $i))),
            ArraySpread => $then!({ $d.apart(|$d| generators::spread($d, $i)) }),
            NewDict => $then!($d.apart(|$d| containers::slow_run($d, $i, Slow::NewDict, 2 * $i.c))),
            DictInsert => $then!($d.apart(|$d| containers::dict_insert($d, $i))),
            DictSpread => $then!($d.apart(|$d| containers::slow_grow($d, $i, Slow::DictSpread))),
            NewStruct => $then!($d.apart(|$d| containers::new_struct($d, $i))),
            NewEnum => $then!($d.apart(|$d| containers::new_enum($d, $i))),
            GetIndex => $then!(containers::get_index($d, $i)),
            GetIndexInt => $then!(containers::get_index_int($d, $i)),
            SetIndex => $then!(places::set_index($d, $i)),
            GetMember => $then!(containers::get_member($d, $i, false)),
            GetMemberSafe => $then!(containers::get_member($d, $i, true)),
            SetMember => $then!(places::set_member($d, $i)),
            PlaceModule => $then!($d.apart(|$d| places::place_module($d, $i))),
            PlaceCell => $then!({
                let cell = $d.read($i.b);
                $d.kind(cell);
                let cell = $d.object(cell);
                let name = |code: &Code| code.variable_names[$i.b as usize].clone();
                places::place_cell($d, $i, cell, name)
            }),
            PlaceCaptured => $then!({
                let closure = $d.running_closure();
                let cell = $d.closure_cell(closure, $i.d() as u32);
                let name = |code: &Code| code.capture_names[$i.d() as usize].clone();
                places::place_cell($d, $i, cell, name)
            }),
            PlaceIndex => $then!(places::place_index($d, $i)),
            PlaceMember => $then!(places::place_member($d, $i)),
            PlaceAdd => $then!($d.apart(|$d| places::place_add($d, $i))),
            Push => $then!(places::push($d, $i)),
            Pop => $then!($d.apart(|$d| places::pop($d, $i))),
            UnpackIndex => $then!($d.apart(|$d| unpack::index($d, $i))),
            UnpackRest => $then!($d.apart(|$d| unpack::rest($d, $i))),
            UnpackMember => $then!($d.apart(|$d| unpack::named($d, $i, Slow::UnpackMember))),
            UnpackOthers => $then!($d.apart(|$d| unpack::named($d, $i, Slow::UnpackOthers))),
            JumpIfNotVariant => $then!(unpack::branch_variant($d, $i)),
            GetPayload => $then!($d.apart(|$d| unpack::payload($d, $i))),
            TryUnwrap => $then!($d.apart(|$d| calls::try_unwrap($d, $i))),
            Call => $then!(calls::call($d, $i)),
            CallModule => $then!(calls::call_module($d, $i)),
            CallNative => $then!(calls::call_native($d, $i)),
            CallNativeTaking => $then!($d.apart(|$d| calls::call_native_taking($d, $i))),
            CallMethod | CallMethodPlace | CallMethodConst | CallMethodTemporary => {
                $then!({ $d.apart(|$d| calls::call_method($d, $i)) })
            }
            NewGenerator => $then!({ $d.apart(|$d| generators::create($d, $i)) }),
            Yield => $then!({ $d.apart(|$d| generators::suspend($d, $i)) }),
            EndGenerator => $then!({ $d.apart(|$d| generators::end($d)) }),
            Return => $then!(calls::leave($d, $i)),
            ReturnNull => $then!(calls::leave_null($d)),
            BindMethod => $then!($d.apart(|$d| errors::bind_method($d, $i))),
            Throw => $then!($d.apart(|$d| errors::throw($d, $i))),
            Raise => $then!($d.apart(|$d| errors::raise($d, $i))),
        }
    }};
}
pub(super) use with_body;

/// Executes one instruction of the running frame.
pub fn execute<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    macro_rules! flow {
        ($body:expr) => {
            $body
        };
    }
    with_body!(d, i, flow)
}
