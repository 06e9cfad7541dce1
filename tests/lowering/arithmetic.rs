//! Every pure operation over the cross product of edge values.
//!
//! The operation table and the table of primitives share their names, so the
//! expectation comes from the primitive; operands come from registers, from
//! constants on either side, and results go to a register or into a guard.

use crate::builder::{Builder, Machine};
use ruff::jit::ir::{Op, Ref, Region, Type};
use ruff::prim::{Kind, Primitive};
use ruff::value::{Raw, Tag};

const INTS: &[i64] = &[
    i64::MIN,
    i64::MIN + 1,
    -(1 << 62),
    -(1 << 32) - 1,
    -(1 << 32),
    -(1 << 31) - 1,
    -(1 << 31),
    -1_000_003,
    -10,
    -7,
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
    5,
    7,
    9,
    10,
    63,
    64,
    255,
    1000,
    1_000_003,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    3_037_000_500,
    (1 << 53) + 1,
    (1 << 62) - 1,
    1 << 62,
    i64::MAX - 1,
    i64::MAX,
];

const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    0.5,
    -0.5,
    0.49999999999999994,
    -0.49999999999999994,
    1.0,
    -1.0,
    1.5,
    2.5,
    -2.5,
    3.7,
    -7.25,
    4503599627370495.5,
    9007199254740992.0,
    -9007199254740993.0,
    9223372036854774784.0,
    9223372036854775808.0,
    -9223372036854775808.0,
    -9223372036854777856.0,
    1e300,
    1e308,
    -1e308,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

fn ty(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::Int,
        Kind::Float => Type::Float,
        Kind::Bool => Type::Bool,
    }
}

fn edges(kind: Kind) -> Vec<u64> {
    match kind {
        Kind::Int => INTS.iter().map(|v| *v as u64).collect(),
        Kind::Float => FLOATS.iter().map(|v| v.to_bits()).collect(),
        Kind::Bool => vec![0, 1],
    }
}

fn raw(kind: Kind, bits: u64) -> Raw {
    Raw { tag: ty(kind).tag().unwrap(), bits }
}

/// Which operands are constants.
#[derive(Clone, Copy, Debug)]
enum Operand {
    Register,
    Constant(u64),
}

fn operands(b: &mut Builder, kinds: &[Kind], from: &[Operand]) -> Vec<Ref> {
    let each = kinds.iter().zip(from).enumerate();
    each.map(|(index, (kind, from))| match from {
        Operand::Register => b.load(index as i32, ty(*kind)),
        Operand::Constant(bits) => b.constant(ty(*kind), *bits),
    })
    .collect()
}

/// `r0 := op(operands)`, leaving by exit 0 on failure, by exit 1 at the end.
fn region(op: Op, kinds: &[Kind], result: Type, from: &[Operand]) -> Region {
    let mut b = Builder::new();
    let args = operands(&mut b, kinds, from);
    let value = if op.info().guards {
        let restored: Vec<(i32, Ref)> =
            args.iter().enumerate().map(|(index, arg)| (index as i32 + 10, *arg)).collect();
        b.guarded(op, result, &args, 0, &restored)
    } else {
        b.exit(ruff::jit::ir::ExitKind::Resume, &[]);
        b.op(op, result, &args)
    };
    b.leave(&[value]);
    b.region
}

fn same(kind: Type, left: u64, right: u64) -> bool {
    let nan = |bits| f64::from_bits(bits).is_nan();
    left == right || kind == Type::Float && nan(left) && nan(right)
}

/// What the row of the table promises not to be asked.
fn promised_away(op: Op, operands: &[u64]) -> bool {
    match op {
        Op::IntDiv | Op::IntMod => {
            operands[1] == 0 || operands[0] as i64 == i64::MIN && operands[1] as i64 == -1
        }
        Op::BitShl | Op::BitShr => operands[1] > 63,
        Op::FloatDiv | Op::FloatMod => f64::from_bits(operands[1]) == 0.0,
        _ => false,
    }
}

fn check(machine: &mut Machine, op: Op, primitive: Primitive, from: &[Operand]) {
    let row = primitive.row();
    let result = ty(row.result);
    let region = region(op, row.operands, result, from);
    let compiled = machine.compile(&region);
    let choices: Vec<Vec<u64>> = row
        .operands
        .iter()
        .zip(from)
        .map(|(kind, from)| match from {
            Operand::Register => edges(*kind),
            Operand::Constant(bits) => vec![*bits],
        })
        .collect();
    let second = choices.get(1).cloned().unwrap_or(vec![0]);
    for &left in &choices[0] {
        for &right in &second {
            let operands = &[left, right][..choices.len()];
            if promised_away(op, operands) {
                continue;
            }
            let input: Vec<Raw> =
                row.operands.iter().zip(operands).map(|(kind, bits)| raw(*kind, *bits)).collect();
            let expected = primitive.evaluate(operands);
            let native = machine.native(&compiled, &input);
            let evaluated = machine.evaluated(&region, &input);
            for (who, left) in [("machine code", native), ("evaluator", evaluated)] {
                let context = format!("{op:?} of {input:?} with {from:?} by {who}: {left:?}");
                match expected {
                    Some(bits) => {
                        assert_eq!(left.exit.0, 1, "{context}");
                        assert_eq!(left.registers[0].0, result.tag().unwrap(), "{context}");
                        assert!(
                            same(result, left.registers[0].1, bits),
                            "{context}, not {bits:#x}"
                        );
                    }
                    None => {
                        assert_eq!(left.exit.0, 0, "{context}");
                        for (index, bits) in operands.iter().enumerate() {
                            assert_eq!(left.registers[index + 10].1, *bits, "{context}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_primitive_operation_means_what_the_primitive_means() {
    let mut machine = Machine::new();
    let mut checked = 0;
    for &op in Op::ALL {
        let Some(primitive) = Primitive::named(op.info().name) else { continue };
        checked += 1;
        let kinds = primitive.row().operands;
        check(&mut machine, op, primitive, &vec![Operand::Register; kinds.len()]);
        for position in 0..kinds.len() {
            for bits in edges(kinds[position]) {
                let mut from = vec![Operand::Register; kinds.len()];
                from[position] = Operand::Constant(bits);
                let zero_divisor = position == 1 && promised_away(op, &[1, bits]);
                if !zero_divisor && !promised_away(op, &[bits, 1]) {
                    check(&mut machine, op, primitive, &from);
                }
            }
        }
    }
    assert_eq!(checked, 50, "operations that are primitives");
}

#[test]
fn wrapping_operations_wrap() {
    type Meaning = fn(i64, i64) -> i64;
    let mut machine = Machine::new();
    let cases: [(Op, Meaning); 3] = [
        (Op::IntAddWrap, i64::wrapping_add),
        (Op::IntSubWrap, i64::wrapping_sub),
        (Op::IntMulWrap, i64::wrapping_mul),
    ];
    for (op, meaning) in cases {
        let kinds = [Kind::Int, Kind::Int];
        let region = region(op, &kinds, Type::Int, &[Operand::Register; 2]);
        let compiled = machine.compile(&region);
        for &left in INTS {
            for &right in INTS {
                let input = [Raw::int(left), Raw::int(right)];
                let expected = (Tag::Int, meaning(left, right) as u64);
                assert_eq!(machine.native(&compiled, &input).registers[0], expected);
                assert_eq!(machine.evaluated(&region, &input).registers[0], expected);
            }
        }
    }
}

#[test]
fn comparisons_feed_guards() {
    let mut machine = Machine::new();
    for &op in Op::ALL {
        let Some(primitive) = Primitive::named(op.info().name) else { continue };
        let row = primitive.row();
        if row.result != Kind::Bool || row.operands.len() != 2 {
            continue;
        }
        for guard in [Op::GuardTrue, Op::GuardFalse] {
            let mut b = Builder::new();
            let args = operands(&mut b, row.operands, &[Operand::Register; 2]);
            let truth = b.op(op, Type::Bool, &args);
            b.guarded(guard, Type::Unit, &[truth], 0, &[(5, args[0])]);
            b.leave(&[args[1]]);
            let compiled = machine.compile(&b.region);
            for left in edges(row.operands[0]) {
                for right in edges(row.operands[1]) {
                    let input = [raw(row.operands[0], left), raw(row.operands[1], right)];
                    let holds = primitive.evaluate(&[left, right]) == Some(1);
                    let passes = holds == (guard == Op::GuardTrue);
                    let native = machine.native(&compiled, &input);
                    assert_eq!(native.exit.0, passes as u32, "{op:?} {guard:?} of {input:?}");
                    assert_eq!(native, machine.evaluated(&b.region, &input));
                }
            }
        }
    }
}

#[test]
fn select_chooses() {
    let mut machine = Machine::new();
    for kind in [Kind::Int, Kind::Bool] {
        // The condition is a bool that is there, or one that is computed for the choice.
        for compares in [false, true] {
            let mut b = Builder::new();
            let (yes, no) = (b.load(1, ty(kind)), b.load(2, ty(kind)));
            let condition = if compares {
                let (number, zero) = (b.load(0, Type::Int), b.int(0));
                b.op(Op::IntNe, Type::Bool, &[number, zero])
            } else {
                b.load(0, Type::Bool)
            };
            let chosen = b.op(Op::Select, ty(kind), &[condition, yes, no]);
            b.leave(&[chosen, condition]);
            for holds in [false, true] {
                let first = if compares { Raw::int(holds as i64) } else { Raw::bool(holds) };
                for yes in edges(kind) {
                    for no in edges(kind) {
                        let input = [first, raw(kind, yes), raw(kind, no)];
                        let left = machine.both(&b.region, &input);
                        let expected = if holds { yes } else { no };
                        assert_eq!(left.registers[0].1, expected, "{kind:?} {holds} {input:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn remainders_compared_with_zero() {
    let mut machine = Machine::new();
    for divisor in [1, 2, 3, 4, 6, 7, -7, 8, -8, 12, -96, 1 << 40, 3 << 40, i64::MIN, i64::MAX] {
        for op in [Op::IntEq, Op::IntNe] {
            let mut b = Builder::new();
            let dividend = b.load(0, Type::Int);
            let (by, zero) = (b.int(divisor), b.int(0));
            let remainder = b.op(Op::IntMod, Type::Int, &[dividend, by]);
            let truth = b.op(op, Type::Bool, &[remainder, zero]);
            // The exit hands over more of the remainder than the comparison needs.
            b.leave(&[truth, remainder]);
            for &dividend in INTS {
                let left = machine.both(&b.region, &[Raw::int(dividend)]);
                let whole = dividend.wrapping_rem(divisor);
                assert_eq!(left.registers[0].1 == 1, (whole == 0) == (op == Op::IntEq));
                assert_eq!(left.registers[1].1 as i64, whole, "{dividend} % {divisor}");
            }
        }
    }
}

#[test]
fn division_by_many_constants() {
    let mut machine = Machine::new();
    let mut divisors: Vec<i64> = (1..200).collect();
    divisors.extend((1..63).flat_map(|k| [(1i64 << k) - 1, (1 << k) + 1]));
    divisors.extend([641, 6_700_417, 1_000_000_007, 4_294_967_291, 274_177, 67_280_421_310_721]);
    // Seeded multiplicative steps reach divisors of all sizes.
    divisors.extend(
        (0..100).map(|i| (0x9e37_79b9_7f4a_7c15u64.wrapping_mul(i * 2 + 1) >> (i % 60)) as i64),
    );
    for divisor in divisors {
        if divisor == 0 {
            continue;
        }
        let mut b = Builder::new();
        let dividend = b.load(0, Type::Int);
        let by = b.int(divisor);
        let quotient = b.op(Op::IntDiv, Type::Int, &[dividend, by]);
        let remainder = b.op(Op::IntMod, Type::Int, &[dividend, by]);
        let (tested, zero) = (b.op(Op::IntMod, Type::Int, &[dividend, by]), b.int(0));
        let divides = b.op(Op::IntEq, Type::Bool, &[tested, zero]);
        b.leave(&[quotient, remainder, divides]);
        let compiled = machine.compile(&b.region);
        let near = [
            divisor,
            divisor.wrapping_mul(2),
            divisor.wrapping_mul(3),
            i64::MAX / divisor * divisor,
        ];
        let near = near
            .into_iter()
            .flat_map(|v| [v.wrapping_sub(1), v, v.wrapping_add(1), v.wrapping_neg()]);
        for dividend in INTS.iter().copied().chain(near) {
            if divisor == -1 && dividend == i64::MIN {
                continue;
            }
            let left = machine.native(&compiled, &[Raw::int(dividend)]);
            assert_eq!(left.registers[0].1 as i64, dividend / divisor, "{dividend} / {divisor}");
            assert_eq!(left.registers[1].1 as i64, dividend % divisor, "{dividend} % {divisor}");
            let divides = left.registers[2].1 == 1;
            assert_eq!(divides, dividend % divisor == 0, "{divisor} divides {dividend}");
        }
    }
}
