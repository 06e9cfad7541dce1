//! Loads, stores, counts, allocation and helpers on real heap objects.
//!
//! Every region is run by the evaluator and as machine code on fresh objects,
//! and the objects are looked at afterwards through the value layer.

use crate::builder::{Builder, Machine};
use ruff::jit::ir::{Beginning, Helper, Op, Ref, Region, Slot, SlotValue, Type};
use ruff::value::{
    ArrayObject, CellObject, Dict, DictKey, DictObject, HashedKey, Raw, RecordObject, ShapeId,
    Storage, StringObject, Tag, Value, VariantId, statistics,
};

const ARRAY: Type = Type::Pointer(Tag::Array);
const STRUCT: Type = Type::Pointer(Tag::Struct);
const STRING: Type = Type::Pointer(Tag::String);
const CELL: Type = Type::Pointer(Tag::Cell);

/// Runs a region both ways, each time on inputs freshly made, and shows each
/// outcome with its registers; every object made must be gone at the end.
fn each_way(
    machine: &mut Machine,
    region: &Region,
    input: impl Fn() -> Vec<Value>,
    check: impl Fn(&[Value], u32, &[Raw]),
) {
    let compiled = machine.compile(region);
    let before = statistics().live_objects;
    for native in [true, false] {
        let values = input();
        let raws: Vec<Raw> = values.iter().map(Value::raw).collect();
        let left = if native {
            machine.native(&compiled, &raws)
        } else {
            machine.evaluated(region, &raws)
        };
        let registers: Vec<Raw> =
            left.registers.iter().map(|(tag, bits)| Raw { tag: *tag, bits: *bits }).collect();
        check(&values, left.exit.0, &registers);
    }
    assert_eq!(statistics().live_objects, before, "every object is freed");
}

/// Takes over what a register owns.
fn owned(raw: Raw) -> Value {
    unsafe { raw.into_value() }
}

fn count(value: &Value) -> u32 {
    unsafe { (*value.raw().header()).count }
}

#[test]
fn array_elements_of_each_storage() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let ints = b.load(0, ARRAY);
    let floats = b.load(1, ARRAY);
    let bools = b.load(2, ARRAY);
    let anys = b.load(3, ARRAY);
    let index = b.load(4, Type::Int);
    let shape = b.op(Op::HeaderShape, Type::Word, &[ints]);
    b.guarded(Op::GuardEqual, Type::Unit, &[shape], Storage::Int.shape_word() as u64, &[]);
    let len = b.op(Op::ArrayLen, Type::Int, &[anys]);
    b.guarded(Op::GuardBelow, Type::Unit, &[index, len], 0, &[]);
    let data: Vec<Ref> =
        [ints, floats, bools, anys].map(|a| b.op(Op::ArrayData, Type::Word, &[a])).to_vec();
    let int = b.op(Op::ElementInt, Type::Int, &[data[0], index]);
    let float = b.op(Op::ElementFloat, Type::Float, &[data[1], index]);
    let truth = b.op(Op::ElementBool, Type::Bool, &[data[2], index]);
    let tag = b.op(Op::ElementTag, Type::Word, &[data[3], index]);
    let payload = b.op(Op::ElementPayload, Type::Word, &[data[3], index]);
    let any = b.guarded(Op::GuardType, Type::Float, &[tag, payload], 0, &[]);
    let sum = b.op(Op::FloatAdd, Type::Float, &[float, any]);
    let zero = b.int(0);
    let not = b.op(Op::BoolNot, Type::Bool, &[truth]);
    b.op(Op::StoreInt, Type::Unit, &[data[0], zero, index]);
    b.op(Op::StoreFloat, Type::Unit, &[data[1], zero, sum]);
    b.op(Op::StoreBool, Type::Unit, &[data[2], zero, not]);
    b.op(Op::StoreAny, Type::Unit, &[data[3], zero, not]);
    b.leave(&[int, sum, truth]);
    let input = |index: i64| {
        let floats = vec![Value::float(0.5), Value::float(1.5), Value::float(2.5)];
        let bools = vec![Value::bool(false), Value::bool(false), Value::bool(true)];
        let anys = vec![Value::int(1), Value::int(2), Value::float(100.0)];
        vec![
            ArrayObject::from_ints(&[10, 20, 30]),
            Value::array(floats),
            Value::array(bools),
            Value::array(anys),
            Value::int(index),
        ]
    };
    let each = |machine: &mut Machine, index: i64, exit: u32| {
        each_way(
            machine,
            &b.region,
            || input(index),
            |values, left, registers| {
                assert_eq!(left, exit);
                if exit < 3 {
                    return;
                }
                assert_eq!(registers[0].bits, 30);
                assert_eq!(f64::from_bits(registers[1].bits), 102.5);
                assert_eq!((registers[2].tag, registers[2].bits), (Tag::Bool, 1));
                assert_eq!(values[0].as_array().unwrap().raw(0).bits, 2);
                assert_eq!(values[1].as_array().unwrap().as_floats().unwrap()[0], 102.5);
                assert_eq!(values[2].as_array().unwrap().raw(0).bits, 0);
                let first = values[3].as_array().unwrap().raw(0);
                assert_eq!((first.tag, first.bits), (Tag::Bool, 0));
            },
        );
    };
    each(&mut machine, 2, 3);
    each(&mut machine, 3, 1);
    each(&mut machine, -1, 1);
    each(&mut machine, 1, 2);
}

#[test]
fn records_cells_and_closures() {
    let mut machine = Machine::new();
    let shape = ShapeId(3).shape_word();
    let mut b = Builder::new();
    let record = b.load(0, STRUCT);
    let cell = b.load(1, CELL);
    let function = b.load(2, Type::Pointer(Tag::Function));
    let word = b.op(Op::HeaderShape, Type::Word, &[record]);
    b.guarded(Op::GuardEqual, Type::Unit, &[word], shape as u64, &[]);
    let owners = b.op(Op::HeaderCount, Type::Word, &[record]);
    b.guarded(Op::GuardEqual, Type::Unit, &[owners], 1, &[]);
    let tag = b.op_imm(Op::FieldTag, Type::Word, &[record], 1);
    let payload = b.op_imm(Op::FieldPayload, Type::Word, &[record], 1);
    let field = b.guarded(Op::GuardType, Type::Bool, &[tag, payload], 0, &[]);
    let tag = b.op(Op::CellTag, Type::Word, &[cell]);
    let payload = b.op(Op::CellPayload, Type::Word, &[cell]);
    let held = b.guarded(Op::GuardType, Type::Int, &[tag, payload], 0, &[]);
    let code = b.op(Op::ClosureCode, Type::Word, &[function]);
    b.guarded(Op::GuardEqual, Type::Unit, &[code], 77, &[]);
    let captured = b.op(Op::ClosureCell, CELL, &[function]);
    let same = b.op(Op::PointerEq, Type::Bool, &[captured, cell]);
    b.op_imm(Op::StoreField, Type::Unit, &[record, held], 0);
    b.op(Op::StoreCell, Type::Unit, &[cell, field]);
    b.leave(&[held, field, same]);
    let input = || {
        let fields = [Value::int(1), Value::bool(true)];
        let record = RecordObject::instance(ShapeId(3), fields.into_iter());
        let cell = CellObject::allocate(Value::int(42));
        let cells = [cell.clone()].into_iter();
        let name = ruff::value::Symbol::new("f");
        let function = ruff::value::ClosureObject::allocate(77, 0xabcd, name, 0, cells);
        vec![record, cell, function]
    };
    each_way(&mut machine, &b.region, input, |values, exit, registers| {
        assert_eq!(exit, 5);
        assert_eq!(registers[0].bits, 42);
        assert_eq!(registers[1].bits, 1);
        assert_eq!((registers[2].tag, registers[2].bits), (Tag::Bool, 1));
        assert_eq!(values[0].as_struct().unwrap().fields()[0].as_int(), Some(42));
        assert_eq!(values[1].as_cell().unwrap().value().as_bool(), Some(true));
    });
    let shared = || {
        let mut values = input();
        values.push(values[0].clone());
        values
    };
    each_way(&mut machine, &b.region, shared, |_, exit, _| assert_eq!(exit, 1));
}

#[test]
fn new_objects_own_their_operands_and_are_freed() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let string = b.load(0, STRING);
    let null = b.constant(Type::Null, 0);
    let float = b.constant(Type::Float, 2.5f64.to_bits());
    for _ in 0..3 {
        b.op(Op::Retain, Type::Unit, &[string]);
    }
    let shape = VariantId::SOME.shape_word() as u64;
    let some = b.op_imm(Op::NewRecord, Type::Pointer(Tag::Enum), &[string, null, float], shape);
    let cell = b.op(Op::NewCell, CELL, &[string]);
    let array = b.op_imm(Op::NewArray, ARRAY, &[string, float], Storage::Any as u64);
    let (one, two) = (b.int(1), b.int(2));
    let ints = b.op_imm(Op::NewArray, ARRAY, &[one, two], Storage::Int as u64);
    let gone = b.op_imm(Op::NewRecord, STRUCT, &[ints], ShapeId(0).shape_word() as u64);
    b.op(Op::Release, Type::Unit, &[gone]);
    let empty = b.op_imm(Op::NewArray, ARRAY, &[], Storage::Float as u64);
    b.leave(&[some, cell, array, empty]);
    each_way(
        &mut machine,
        &b.region,
        || vec![Value::string("text")],
        |values, _, registers| {
            assert_eq!(count(&values[0]), 4);
            let made: Vec<Value> = registers[..4].iter().map(|raw| owned(*raw)).collect();
            let fields = made[0].as_enum().unwrap().fields();
            assert_eq!(fields[0].as_string().unwrap().as_str(), "text");
            assert!(fields[1].is_null());
            assert_eq!(fields[2].as_float(), Some(2.5));
            assert!(made[1].as_cell().unwrap().value().as_string().is_some());
            assert_eq!(made[2].as_array().unwrap().len(), 2);
            assert_eq!(made[2].as_array().unwrap().storage(), Storage::Any);
            assert_eq!(made[3].as_array().unwrap().storage(), Storage::Float);
            drop(made);
            assert_eq!(count(&values[0]), 1);
        },
    );
}

#[test]
fn flat_records_go_back_to_their_free_list() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (float, int) = (b.constant(Type::Float, 2.5f64.to_bits()), b.int(7));
    let shape = ShapeId(0).shape_word() as u64;
    // The second one shared: it stays; a large one has no list; the third gets the block of the first.
    let gone = b.op_imm(Op::NewRecord, STRUCT, &[float, int], shape);
    b.op_imm(Op::ReleaseFlat, Type::Unit, &[gone], 2);
    let kept = b.op_imm(Op::NewRecord, STRUCT, &[int, float], shape);
    b.op(Op::Retain, Type::Unit, &[kept]);
    b.op_imm(Op::ReleaseFlat, Type::Unit, &[kept], 2);
    let fields = vec![int; 200];
    let large = b.op_imm(Op::NewRecord, STRUCT, &fields, shape);
    b.op_imm(Op::ReleaseFlat, Type::Unit, &[large], 200);
    let third = b.op_imm(Op::NewRecord, STRUCT, &[float, float], shape);
    b.leave(&[kept, third]);
    each_way(&mut machine, &b.region, Vec::new, |_, _, registers| {
        let made: Vec<Value> = registers[..2].iter().map(|raw| owned(*raw)).collect();
        assert_eq!((count(&made[0]), count(&made[1])), (1, 1));
        assert_eq!(made[0].as_struct().unwrap().fields()[0].as_int(), Some(7));
        assert_eq!(made[1].as_struct().unwrap().fields()[1].as_float(), Some(2.5));
    });
}

#[test]
fn many_allocations_empty_and_refill_the_free_lists() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let null = b.constant(Type::Null, 0);
    let mut chain = b.op(Op::NewCell, CELL, &[null]);
    for _ in 0..3000 {
        chain = b.op(Op::NewCell, CELL, &[chain]);
    }
    b.leave(&[chain]);
    each_way(&mut machine, &b.region, Vec::new, |_, _, registers| drop(owned(registers[0])));
}

#[test]
fn pushing_grows_and_keeps_the_storage() {
    let mut machine = Machine::new();
    let storages =
        [(Storage::Int, Type::Int), (Storage::Float, Type::Float), (Storage::Bool, Type::Bool)];
    for (storage, ty) in storages.into_iter().chain([(Storage::Any, Type::Int)]) {
        let mut b = Builder::new();
        let array = b.load(0, ARRAY);
        let bits = if ty == Type::Float { 1.5f64.to_bits() } else { 1 };
        let value = b.constant(ty, bits);
        for _ in 0..20 {
            b.op_imm(Op::ArrayPush, Type::Unit, &[array, value], storage as u64);
        }
        let len = b.op(Op::ArrayLen, Type::Int, &[array]);
        b.leave(&[array, len]);
        let input = || vec![ArrayObject::with_capacity(storage, 0)];
        each_way(&mut machine, &b.region, input, |values, _, registers| {
            assert_eq!(registers[1].bits, 20);
            let array = values[0].as_array().unwrap();
            assert_eq!(array.storage(), storage);
            assert!((0..20).all(|index| array.raw(index).bits == bits));
        });
    }
}

#[test]
fn new_arrays_of_one_owner_adopt_a_storage() {
    let mut machine = Machine::new();
    for storage in [Storage::Int, Storage::Float, Storage::Bool] {
        let mut b = Builder::new();
        let arrays: Vec<Ref> = (0..5).map(|register| b.load(register, ARRAY)).collect();
        for array in &arrays {
            b.op_imm(Op::ArrayAdopt, Type::Unit, &[*array], storage as u64);
        }
        b.leave(&arrays);
        let input = || {
            let mut emptied = ArrayObject::from_values(vec![Value::string("a")]);
            emptied.array_mut().unwrap().pop();
            let [bare, shared, full, narrow] = [
                ArrayObject::with_capacity(Storage::Any, 0),
                ArrayObject::with_capacity(Storage::Any, 0),
                ArrayObject::from_values(vec![Value::string("b")]),
                ArrayObject::with_capacity(Storage::Bool, 0),
            ];
            vec![bare, emptied, shared.clone(), full, narrow, shared]
        };
        each_way(&mut machine, &b.region, input, |values, _, _| {
            let storage_of = |at: usize| values[at].as_array().unwrap().storage();
            assert_eq!((storage_of(0), storage_of(1)), (storage, Storage::Any));
            assert_eq!((storage_of(2), storage_of(3)), (Storage::Any, Storage::Any));
            assert_eq!(storage_of(4), Storage::Bool);
        });
    }
}

#[test]
fn shrinking_leaves_the_other_elements() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let array = b.load(0, ARRAY);
    let (one, zero) = (b.constant(Type::Int, 1), b.constant(Type::Int, 0));
    b.op(Op::StoreLen, Type::Unit, &[array, one]);
    let data = b.op(Op::ArrayData, Type::Word, &[array]);
    let first = b.op(Op::ElementInt, Type::Int, &[data, zero]);
    let len = b.op(Op::ArrayLen, Type::Int, &[array]);
    b.leave(&[array, first, len]);
    let input = || vec![ArrayObject::from_ints(&[7, 8])];
    each_way(&mut machine, &b.region, input, |values, _, registers| {
        assert_eq!((registers[1].bits, registers[2].bits), (7, 1));
        assert_eq!(values[0].as_array().unwrap().as_ints(), Some(&[7][..]));
    });
}

#[test]
fn typed_helpers() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (left, right) = (b.load(0, STRING), b.load(1, STRING));
    let array = b.load(2, ARRAY);
    let mut call =
        |helper: Helper, args: &[Ref]| b.op_imm(Op::Call, helper.result(), args, helper as u64);
    let equal = call(Helper::StringEqual, &[left, right]);
    let order = call(Helper::StringCompare, &[left, right]);
    let joined = call(Helper::StringConcat, &[left, right]);
    let joined = call(Helper::StringAppend, &[joined, left]);
    let length = call(Helper::StringLength, &[joined]);
    let copy = call(Helper::ArrayDuplicate, &[array]);
    call(Helper::ArrayWiden, &[copy]);
    b.leave(&[equal, order, joined, length, copy]);
    let input =
        || vec![Value::string("ab"), Value::string("\u{e9}"), ArrayObject::from_ints(&[1, 2])];
    each_way(&mut machine, &b.region, input, |values, _, registers| {
        assert_eq!((registers[0].tag, registers[0].bits), (Tag::Bool, 0));
        assert_eq!(registers[1].bits as i64, -1);
        let joined = owned(registers[2]);
        assert_eq!(joined.as_string().unwrap().as_str(), "ab\u{e9}ab");
        assert_eq!(registers[3].bits, 5);
        let copy = owned(registers[4]);
        assert_eq!(copy.as_array().unwrap().storage(), Storage::Any);
        assert_eq!(copy.as_array().unwrap().raw(1).bits, 2);
        assert_eq!(values[2].as_array().unwrap().storage(), Storage::Int);
    });
}

#[test]
fn strings_are_compared_by_length_and_beginning() {
    // What lies behind a short text in its block is no part of it.
    (0..64).for_each(|_| drop(Value::string("zzzzzzzzzzzzzzzz")));
    let texts = [
        "",
        "a",
        "b",
        "ab",
        "a\0",
        "\u{e9}",
        "abcdefg",
        "abcdefgh",
        "Abcdefgh",
        "abcdefgH",
        "abcdefghi",
        "abcdefghX",
        "a long text",
        "A long text",
        "a long texT",
        "sixteen bytes  .",
        "sixteen bytes  !",
        "Sixteen bytes  .",
        "seventeen bytes .",
        "seventeen_bytes .",
        "seventeen bytes !",
    ];
    let mut machine = Machine::new();
    let equal = |b: &mut Builder, left: Ref, right: Ref| {
        b.op_imm(Op::Call, Type::Bool, &[left, right], Helper::StringEqual as u64)
    };
    for right in texts {
        let constant = Value::string(right);
        let bits = constant.raw().bits;
        for (known, constant_first) in [(true, false), (true, true), (false, false)] {
            let mut b = Builder::new();
            let (from_register, other) = (b.load(0, STRING), b.load(1, STRING));
            let constant = b.constant(STRING, bits);
            let by_constant = match constant_first {
                true => equal(&mut b, constant, from_register),
                false => equal(&mut b, from_register, constant),
            };
            let by_registers = equal(&mut b, from_register, other);
            let with_itself = equal(&mut b, other, other);
            b.leave(&[by_constant, by_registers, with_itself]);
            if known {
                b.region.beginnings.insert(bits, Beginning::of(right));
            }
            for left in texts {
                let input = || vec![Value::string(left), Value::string(right)];
                each_way(&mut machine, &b.region, input, |_, _, registers| {
                    let answers: Vec<u64> = registers[..3].iter().map(|raw| raw.bits).collect();
                    let same = (left == right) as u64;
                    assert_eq!(answers, [same, same, 1], "{left:?} and {right:?}, {known}");
                });
            }
        }
    }
}

#[test]
fn generic_helpers_and_closures() {
    let mut machine = Machine::new();
    for (immediate, exit) in [(5, 1), (7, 0)] {
        let mut b = Builder::new();
        let (left, truth) = (b.load(0, Type::Int), b.load(1, Type::Bool));
        let status = b.op_imm(Op::CallSlow, Type::Word, &[left, truth], immediate);
        b.guarded(Op::GuardStatus, Type::Unit, &[status], 0, &[(3, left)]);
        let tag = b.op(Op::ResultTag, Type::Word, &[]);
        let result = b.op(Op::ResultPayload, Type::Int, &[]);
        let function = b.op_imm(Op::NewClosure, Type::Int, &[left, left], 3);
        let exit_id = b.leave(&[result, function]);
        let slots = &mut b.region.exits[exit_id.0 as usize].snapshot.slots;
        slots.push((Slot::Module(6), SlotValue::Dynamic { tag, payload: result }));
        let left = machine.both(&b.region, &[Raw::int(5), Raw::bool(true)]);
        assert_eq!(left.exit.0, exit);
        if exit == 1 {
            assert_eq!(left.registers[0], (Tag::Int, 11));
            assert_eq!(left.registers[1], (Tag::Int, 302));
            assert_eq!(left.registers[6], (Tag::Int, 11));
        } else {
            assert_eq!(left.registers[3], (Tag::Int, 5));
        }
    }
}

#[test]
fn slots_in_memory() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let closure = b.op_imm(Op::SlotPayload, Type::Int, &[], Slot::Frame(-1).encode());
    let tag = b.op_imm(Op::SlotTag, Type::Word, &[], Slot::Module(2).encode());
    let payload = b.op_imm(Op::SlotPayload, Type::Word, &[], Slot::Module(2).encode());
    let slot = Slot::Frame(4).encode();
    b.op_imm(Op::StoreSlotDynamic, Type::Unit, &[tag, payload], slot);
    let truth = b.load(3, Type::Bool);
    b.op_imm(Op::StoreSlot, Type::Unit, &[truth], Slot::Module(5).encode());
    b.leave(&[closure]);
    let float = Raw::float(1.25);
    let left = machine.both(&b.region, &[Raw::NULL, Raw::NULL, float, Raw::bool(true)]);
    assert_eq!(left.registers[0], (Tag::Int, 0));
    assert_eq!(left.registers[4], (Tag::Float, float.bits));
    assert_eq!(left.registers[5], (Tag::Bool, 1));
}

#[test]
fn the_result_area_passes_a_receiver() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (number, truth) = (b.load(0, Type::Float), b.load(1, Type::Bool));
    b.op(Op::StoreResult, Type::Unit, &[truth]);
    let tag = b.op(Op::ResultTag, Type::Word, &[]);
    let payload = b.op(Op::ResultPayload, Type::Word, &[]);
    let first = b.guarded(Op::GuardType, Type::Bool, &[tag, payload], 0, &[]);
    let slot = Slot::Frame(0).encode();
    let tag = b.op_imm(Op::SlotTag, Type::Word, &[], slot);
    let payload = b.op_imm(Op::SlotPayload, Type::Word, &[], slot);
    b.op(Op::StoreResultDynamic, Type::Unit, &[tag, payload]);
    let tag = b.op(Op::ResultTag, Type::Word, &[]);
    let payload = b.op(Op::ResultPayload, Type::Word, &[]);
    let second = b.guarded(Op::GuardType, Type::Float, &[tag, payload], 0, &[]);
    let sum = b.op(Op::FloatAdd, Type::Float, &[number, second]);
    b.leave(&[first, sum]);
    let left = machine.both(&b.region, &[Raw::float(1.25), Raw::bool(true)]);
    assert_eq!(left.registers[0], (Tag::Bool, 1));
    assert_eq!(left.registers[1], (Tag::Float, Raw::float(2.5).bits));
}

#[test]
fn entries_of_dicts_are_found_read_and_changed() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (dict, key) = (b.load(0, Type::Pointer(Tag::Dict)), b.load(1, STRING));
    let (seven, eight) = (b.int(7), b.int(8));
    let find = |b: &mut Builder, helper: Helper, key: Ref| {
        b.op_imm(Op::Call, Type::Word, &[dict, key], helper as u64)
    };
    let by_int = find(&mut b, Helper::DictFindInt, seven);
    b.guarded(Op::GuardNotEqual, Type::Unit, &[by_int], 0, &[]);
    let missing = find(&mut b, Helper::DictFindInt, eight);
    b.guarded(Op::GuardEqual, Type::Unit, &[missing], 0, &[]);
    let by_text = find(&mut b, Helper::DictFindText, key);
    b.guarded(Op::GuardNotEqual, Type::Unit, &[by_text], 0, &[]);
    let tag = b.op(Op::EntryTag, Type::Word, &[by_int]);
    let payload = b.op(Op::EntryPayload, Type::Word, &[by_int]);
    let float = b.guarded(Op::GuardType, Type::Float, &[tag, payload], 0, &[]);
    let tag = b.op(Op::EntryTag, Type::Word, &[by_text]);
    let payload = b.op(Op::EntryPayload, Type::Word, &[by_text]);
    let truth = b.guarded(Op::GuardType, Type::Bool, &[tag, payload], 0, &[]);
    b.op(Op::StoreEntry, Type::Unit, &[by_int, truth]);
    b.op(Op::StoreEntry, Type::Unit, &[by_text, float]);
    b.leave(&[float, truth]);
    let input = |text: &'static str| {
        move || {
            let mut dict = Dict::default();
            dict.insert_shared(&Value::int(7), Value::float(2.5));
            dict.insert_shared(&Value::string("seven"), Value::bool(true));
            vec![DictObject::allocate(dict), Value::string(text)]
        }
    };
    each_way(&mut machine, &b.region, input("seven"), |values, exit, registers| {
        assert_eq!(exit, 5);
        assert_eq!(f64::from_bits(registers[0].bits), 2.5);
        assert_eq!(registers[1].bits & 0xff, 1);
        let dict = values[0].as_dict().unwrap().dict();
        assert_eq!(dict.value_at(0).as_bool(), Some(true));
        assert_eq!(dict.value_at(1).as_float(), Some(2.5));
    });
    each_way(&mut machine, &b.region, input("eight"), |_, exit, _| assert_eq!(exit, 2));
    // A text that is a number is the key of that number, which holds no bool.
    each_way(&mut machine, &b.region, input("7"), |_, exit, _| assert_eq!(exit, 4));
}

/// A region that looks one key up, which is an int or a string, and reads the int
/// there; it leaves through exit 0 if the key is missing.
fn look_up(helper: Helper, hint: Option<u32>, key: Type) -> Region {
    let mut b = Builder::new();
    let (dict, key) = (b.load(0, Type::Pointer(Tag::Dict)), b.load(1, key));
    let found = b.op_imm(Op::Call, Type::Word, &[dict, key], helper.encode(hint));
    b.guarded(Op::GuardNotEqual, Type::Unit, &[found], 0, &[]);
    let tag = b.op(Op::EntryTag, Type::Word, &[found]);
    let payload = b.op(Op::EntryPayload, Type::Word, &[found]);
    let value = b.guarded(Op::GuardType, Type::Int, &[tag, payload], 0, &[]);
    b.leave(&[value]);
    b.region
}

#[test]
fn texts_of_every_length_are_keys() {
    let mut machine = Machine::new();
    let region = look_up(Helper::DictFindText, None, STRING);
    let text = |len: usize, last: char| {
        let mut text: String = "a_long_key_of_many_bytes".chars().take(len).collect();
        text.pop();
        text.push(last);
        text
    };
    let make = || {
        let mut dict = Dict::default();
        for len in 1..=24 {
            dict.insert(DictKey::of(&text(len, 'x')), Value::int(len as i64));
        }
        dict
    };
    for len in 1..=24 {
        for last in ['x', 'y'] {
            // Another object of the text, which has been hashed before.
            let input = || {
                let (dict, key) = (make(), Value::string(&text(len, last)));
                assert_eq!(dict.contains(HashedKey::of_value(&key).unwrap()), last == 'x');
                vec![DictObject::allocate(dict), key]
            };
            each_way(&mut machine, &region, input, |_, exit, registers| {
                assert_eq!(exit, if last == 'x' { 2 } else { 0 }, "{len} {last}");
                assert!(last != 'x' || registers[0].bits == len as u64);
            });
        }
    }
}

#[test]
fn a_hint_may_be_right_or_wrong() {
    let mut machine = Machine::new();
    for hint in 0..8 {
        for (helper, ty) in [(Helper::DictFindText, STRING), (Helper::DictFindInt, Type::Int)] {
            let region = look_up(helper, Some(hint), ty);
            for size in [0, 1, 3, 9] {
                let keys: Vec<Value> = (0..size)
                    .map(|number| match ty {
                        Type::Int => Value::int(number),
                        _ => Value::string(&format!("k{number}")),
                    })
                    .collect();
                let make = || {
                    let mut dict = Dict::default();
                    (0..).zip(&keys).for_each(|(number, key)| {
                        dict.insert_shared(key, Value::int(number));
                    });
                    // What was removed still lies behind the last entry.
                    if let Some(last) = size.checked_sub(1) {
                        dict.remove(DictKey::of_value(&keys[last as usize]).unwrap());
                    }
                    DictObject::allocate(dict)
                };
                for (number, key) in (0..).zip(&keys) {
                    each_way(
                        &mut machine,
                        &region,
                        || vec![make(), key.clone()],
                        |_, exit, r| {
                            assert_eq!(exit, if number + 1 < size { 2 } else { 0 });
                            assert!(exit == 0 || r[0].bits as i64 == number);
                        },
                    );
                }
            }
        }
    }
}

#[test]
fn keys_are_found_in_dicts_of_every_size() {
    let mut machine = Machine::new();
    let by_int = look_up(Helper::DictFindInt, None, Type::Int);
    let by_text = look_up(Helper::DictFindText, None, STRING);
    // With and without an index, with gaps, and copied, so that it has moved.
    for (size, removed, copied) in [
        (0, 0, false),
        (3, 0, false),
        (5, 1, true),
        (9, 9, false),
        (500, 100, false),
        (700, 3, true),
    ] {
        let texts: Vec<Value> =
            (0..size).map(|number| Value::string(&format!("key {number}"))).collect();
        let make = || {
            let mut dict = Dict::default();
            for (number, text) in (0..).zip(&texts) {
                // The multiples of a high power of two have few hashes.
                dict.insert_shared(&Value::int(number << 40), Value::int(number));
                dict.insert_shared(text, Value::int(-number));
            }
            for number in 0..removed {
                dict.remove(DictKey::Int(number << 40));
                dict.remove(DictKey::of(&format!("key {number}")));
            }
            DictObject::allocate(if copied { dict.clone() } else { dict })
        };
        for number in [0, 1, 2, 4, 8, 99, 100, 101, 499, 699, 700, i64::MIN >> 40] {
            let there = removed <= number && number < size;
            let check = |wanted: i64| {
                move |_: &[Value], exit: u32, registers: &[Raw]| {
                    assert_eq!(exit, if there { 2 } else { 0 }, "{number} of {size}");
                    assert!(!there || registers[0].bits as i64 == wanted, "{number} of {size}");
                }
            };
            let key = || vec![make(), Value::int(number << 40)];
            each_way(&mut machine, &by_int, key, check(number));
            // Another string of that text, whose hash is not known yet, and then the same.
            let key = || vec![make(), Value::string(&format!("key {number}"))];
            each_way(&mut machine, &by_text, key, check(-number));
            if let Some(text) = texts.get(number as usize) {
                each_way(&mut machine, &by_text, || vec![make(), text.clone()], check(-number));
            }
        }
    }
}

#[test]
fn a_text_that_grows_is_another_key() {
    let mut dict = Dict::default();
    let text = Value::string("k");
    let of = |text: &Value, dict: &Dict| dict.position(HashedKey::of_value(text).unwrap());
    for name in ["k", "ke", "key", "a", "b", "c"] {
        dict.insert(DictKey::of(name), Value::bool(true));
    }
    assert_eq!(of(&text, &dict), Some(0));
    let text = StringObject::append(text, "e");
    assert_eq!(of(&text, &dict), Some(1));
    let text = StringObject::append(text, "y");
    assert_eq!(of(&text, &dict), Some(2));
}

#[test]
fn characters_are_made_by_index() {
    // Plain characters are made once and stay.
    for plain in ["a", "c"] {
        ruff::prim::index(&Value::string(plain), &Value::int(0)).unwrap();
    }
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (text, index) = (b.load(0, STRING), b.load(1, Type::Int));
    let helper = Helper::StringCharacter as u64;
    let character = b.op_imm(Op::Call, STRING, &[text, index], helper);
    let other = b.load(2, STRING);
    let same = b.op_imm(Op::Call, Type::Bool, &[character, other], Helper::StringEqual as u64);
    b.op(Op::Release, Type::Unit, &[character]);
    b.leave(&[same]);
    for (text, index, wanted) in [("abc", 0, "a"), ("abc", 2, "c"), ("a☂ß", 1, "☂"), ("ß", 0, "ß")]
    {
        let input = || vec![Value::string(text), Value::int(index), Value::string(wanted)];
        each_way(&mut machine, &b.region, input, |_, _, registers| {
            assert_eq!(registers[0].bits & 0xff, 1, "{text}[{index}]");
        });
    }
}
