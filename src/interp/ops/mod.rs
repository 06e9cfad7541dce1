//! Instruction bodies, written once for every domain.
//!
//! [`execute`] is the one place that says which body an opcode has. The
//! interpreter inlines it into its loop; the recorder calls it once for each
//! instruction.

mod arithmetic;
mod calls;
mod compare;
mod containers;
mod errors;
mod intrinsics;
mod loops;
mod moves;
mod places;
mod unpack;

use super::domain::{Domain, Flow};
use crate::bytecode::{Code, Instruction, Opcode, Slow};
use crate::prim::Operator;
use crate::value::{Raw, Tag};

/// Executes one instruction of the running frame.
#[inline(always)]
pub fn execute<D: Domain>(d: &mut D, i: Instruction) -> Flow {
    use Opcode::*;
    match i.opcode {
        LoadNull => moves::load(d, i, Raw::NULL),
        LoadBool => moves::load(d, i, Raw::bool(i.b != 0)),
        LoadInt => {
            let value = d.const_int(i.d() as i64);
            d.write_int(i.a, value);
            Flow::Next
        }
        LoadConst => {
            let raw = d.code().constants[i.d() as usize].raw();
            moves::load(d, i, raw)
        }
        LoadNative => moves::load(d, i, Raw { tag: Tag::Native, bits: i.d() as u64 }),
        Move => moves::copy(d, i),
        Take => moves::take(d, i),
        Release => places::release(d, i),
        SetUndefined => moves::load(d, i, Raw::UNDEFINED),
        CheckDefined => d.apart(|d| moves::check_defined(d, i)),
        GetModule => moves::get_module(d, i),
        SetModule => moves::set_module(d, i),
        ModuleDefined => moves::module_defined(d, i),
        NewCell => d.apart(|d| moves::new_cell(d, i)),
        GetCell => moves::get_cell(d, i),
        SetCell => moves::set_cell(d, i),
        GetCaptured => moves::get_captured(d, i),
        SetCaptured => moves::set_captured(d, i),
        Closure => d.apart(|d| moves::closure(d, i)),
        Add => arithmetic::binary(d, i, Operator::Add),
        Subtract => arithmetic::binary(d, i, Operator::Subtract),
        Multiply => arithmetic::binary(d, i, Operator::Multiply),
        Divide => arithmetic::binary(d, i, Operator::Divide),
        Modulo => arithmetic::binary(d, i, Operator::Modulo),
        AddInt => arithmetic::binary_int(d, i, Operator::Add),
        SubtractInt => arithmetic::binary_int(d, i, Operator::Subtract),
        MultiplyInt => arithmetic::binary_int(d, i, Operator::Multiply),
        DivideInt => arithmetic::binary_int(d, i, Operator::Divide),
        ModuloInt => arithmetic::binary_int(d, i, Operator::Modulo),
        Negate => arithmetic::negate(d, i),
        Not => compare::write_truth(d, i, false),
        Truthy => compare::write_truth(d, i, true),
        Equal => compare::compare(d, i, Operator::Equal),
        NotEqual => compare::compare(d, i, Operator::NotEqual),
        Less => compare::compare(d, i, Operator::Less),
        LessEqual => compare::compare(d, i, Operator::LessEqual),
        Greater => compare::compare(d, i, Operator::Greater),
        GreaterEqual => compare::compare(d, i, Operator::GreaterEqual),
        Concat => d.apart(|d| containers::slow_run(d, i, Slow::Concat, i.c)),
        Intrinsic1 => intrinsics::unary(d, i),
        Intrinsic2 => intrinsics::binary(d, i),
        Jump => Flow::Jump(i.d()),
        JumpBack => Flow::Back(i.a, i.d()),
        JumpIf => compare::branch_truth(d, i, true),
        JumpIfNot => compare::branch_truth(d, i, false),
        JumpIfNull => compare::branch_kind(d, i, Tag::Null, true),
        JumpIfNotNull => compare::branch_kind(d, i, Tag::Null, false),
        JumpIfUndefined => compare::branch_kind(d, i, Tag::Undefined, true),
        JumpIfEqual => compare::branch(d, i, Operator::Equal, true),
        JumpIfNotEqual => compare::branch(d, i, Operator::NotEqual, true),
        JumpIfLess => compare::branch(d, i, Operator::Less, true),
        JumpIfNotLess => compare::branch(d, i, Operator::Less, false),
        JumpIfLessEqual => compare::branch(d, i, Operator::LessEqual, true),
        JumpIfNotLessEqual => compare::branch(d, i, Operator::LessEqual, false),
        JumpIfGreater => compare::branch(d, i, Operator::Greater, true),
        JumpIfNotGreater => compare::branch(d, i, Operator::Greater, false),
        JumpIfGreaterEqual => compare::branch(d, i, Operator::GreaterEqual, true),
        JumpIfNotGreaterEqual => compare::branch(d, i, Operator::GreaterEqual, false),
        JumpIfEqualInt => compare::branch_int(d, i, Operator::Equal, true),
        JumpIfNotEqualInt => compare::branch_int(d, i, Operator::NotEqual, true),
        JumpIfLessInt => compare::branch_int(d, i, Operator::Less, true),
        JumpIfNotLessInt => compare::branch_int(d, i, Operator::Less, false),
        JumpIfLessEqualInt => compare::branch_int(d, i, Operator::LessEqual, true),
        JumpIfNotLessEqualInt => compare::branch_int(d, i, Operator::LessEqual, false),
        JumpIfGreaterInt => compare::branch_int(d, i, Operator::Greater, true),
        JumpIfNotGreaterInt => compare::branch_int(d, i, Operator::Greater, false),
        JumpIfGreaterEqualInt => compare::branch_int(d, i, Operator::GreaterEqual, true),
        JumpIfNotGreaterEqualInt => compare::branch_int(d, i, Operator::GreaterEqual, false),
        RangePrepare => d.apart(|d| loops::range_prepare(d, i)),
        RangeNext => loops::range_next(d, i),
        IterPrepare => d.apart(|d| loops::iterate_prepare(d, i)),
        IterNext => loops::iterate_next(d, i),
        NewArray => d.apart(|d| containers::new_array(d, i)),
        ArrayPush => d.apart(|d| places::array_push(d, i)),
        ArraySpread => d.apart(|d| containers::slow_grow(d, i, Slow::Spread)),
        NewDict => d.apart(|d| containers::slow_run(d, i, Slow::NewDict, 2 * i.c)),
        DictInsert => d.apart(|d| containers::dict_insert(d, i)),
        DictSpread => d.apart(|d| containers::slow_grow(d, i, Slow::DictSpread)),
        NewStruct => d.apart(|d| containers::new_struct(d, i)),
        NewEnum => d.apart(|d| containers::new_enum(d, i)),
        GetIndex => containers::get_index(d, i),
        GetIndexInt => containers::get_index_int(d, i),
        SetIndex => places::set_index(d, i),
        GetMember => containers::get_member(d, i, false),
        GetMemberSafe => containers::get_member(d, i, true),
        SetMember => places::set_member(d, i),
        PlaceModule => d.apart(|d| places::place_module(d, i)),
        PlaceCell => {
            let cell = d.read(i.b);
            d.kind(cell);
            let cell = d.object(cell);
            let name = |code: &Code| code.variable_names[i.b as usize].clone();
            places::place_cell(d, i, cell, name)
        }
        PlaceCaptured => {
            let closure = d.running_closure();
            let cell = d.closure_cell(closure, i.d() as u32);
            let name = |code: &Code| code.capture_names[i.d() as usize].clone();
            places::place_cell(d, i, cell, name)
        }
        PlaceIndex => places::place_index(d, i),
        PlaceMember => places::place_member(d, i),
        PlaceAdd => d.apart(|d| places::place_add(d, i)),
        Push => places::push(d, i),
        UnpackIndex => d.apart(|d| unpack::index(d, i)),
        UnpackRest => d.apart(|d| unpack::rest(d, i)),
        UnpackMember => d.apart(|d| unpack::named(d, i, Slow::UnpackMember)),
        UnpackOthers => d.apart(|d| unpack::named(d, i, Slow::UnpackOthers)),
        JumpIfNotVariant => unpack::branch_variant(d, i),
        GetPayload => d.apart(|d| unpack::payload(d, i)),
        TryUnwrap => d.apart(|d| calls::try_unwrap(d, i)),
        Call => calls::call(d, i),
        CallModule => calls::call_module(d, i),
        CallNative => calls::call_native(d, i),
        CallNativeTaking => d.apart(|d| calls::call_native_taking(d, i)),
        CallMethod | CallMethodPlace | CallMethodConst | CallMethodTemporary => {
            d.apart(|d| calls::call_method(d, i))
        }
        Return => calls::leave(d, i),
        ReturnNull => calls::leave_null(d),
        BindMethod => d.apart(|d| errors::bind_method(d, i)),
        Throw => d.apart(|d| errors::throw(d, i)),
        Raise => d.apart(|d| errors::raise(d, i)),
    }
}
