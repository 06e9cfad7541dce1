//! What operations mean, checked against tables and independent models.
//!
//! Integers are checked against 128-bit arithmetic, mixed comparisons against
//! exact scaled integers, dicts against an ordered map, and the operations on
//! whole values against the texts of the language reference.

use ruff::prim::{self, Fault, Kind, Operator, PRIMITIVES, Primitive, Style};
use ruff::value::{
    ArrayObject, Dict, DictKey, DictObject, RecordObject, Storage, Symbol, Value, VariantId, shapes,
};
use std::collections::BTreeMap;

const INTS: [i64; 17] = [
    0,
    1,
    -1,
    2,
    -2,
    7,
    63,
    64,
    -7,
    1 << 31,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    i64::MAX - 1,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
];

const FLOATS: [f64; 19] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    7.0,
    9007199254740992.0,
    9223372036854774784.0,
    9223372036854775808.0,
    -9223372036854775808.0,
    1e300,
    5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

fn text(value: &str) -> Value {
    Value::string(value)
}

fn array(items: &[Value]) -> Value {
    Value::array(items.to_vec())
}

fn dict(entries: &[(&str, Value)]) -> Value {
    let mut dict = Dict::default();
    for (key, value) in entries {
        dict.insert(DictKey::of(key), value.clone());
    }
    DictObject::allocate(dict)
}

fn structure(name: &str, fields: &[(&str, Value)]) -> Value {
    let names = fields.iter().map(|(name, _)| Symbol::new(name)).collect();
    let shape = shapes::declare(Symbol::new(name), names);
    RecordObject::instance(shape.id, fields.iter().map(|(_, value)| value.clone()))
}

fn variant(id: VariantId, payload: &[Value]) -> Value {
    RecordObject::variant_value(id, payload.iter().cloned())
}

/// The outcome as text: the display form, or `!` and the message.
fn outcome(result: Result<Value, Fault>) -> String {
    match result {
        Ok(value) => prim::quoted(&value),
        Err(fault) => format!("!{fault}"),
    }
}

#[test]
fn int_primitives_are_exact_or_absent() {
    let exact = |value: i128| i64::try_from(value).ok();
    for left in INTS {
        for right in INTS {
            let (a, b) = (i128::from(left), i128::from(right));
            assert_eq!(prim::int_add(left, right), exact(a + b), "{left} + {right}");
            assert_eq!(prim::int_sub(left, right), exact(a - b), "{left} - {right}");
            assert_eq!(prim::int_mul(left, right), exact(a * b), "{left} * {right}");
            let quotient = if b == 0 { None } else { exact(a / b) };
            assert_eq!(prim::int_div(left, right), quotient, "{left} / {right}");
            // The remainder faults together with the quotient.
            let remainder = quotient.map(|_| (a % b) as i64);
            assert_eq!(prim::int_mod(left, right), remainder, "{left} % {right}");
        }
        assert_eq!(prim::int_neg(left), exact(-i128::from(left)));
        assert_eq!(prim::int_abs(left), exact(i128::from(left).abs()));
    }
}

#[test]
fn mixed_comparisons_follow_the_exact_values() {
    for int in INTS {
        for float in FLOATS {
            // Both times two, so that the halves among the floats are whole.
            let order = if float.is_nan() {
                None
            } else if float.abs() > 1e30 {
                0.0f64.partial_cmp(&float)
            } else if float != 0.0 && float.abs() < 0.5 {
                if int == 0 { 0.0f64.partial_cmp(&float) } else { int.partial_cmp(&0) }
            } else {
                (i128::from(int) * 2).partial_cmp(&((float * 2.0) as i128))
            };
            assert_eq!(prim::int_float_order(int, float), order, "{int} ? {float}");
            assert_eq!(prim::int_float_eq(int, float), order.is_some_and(|o| o.is_eq()));
            assert_eq!(prim::int_float_lt(int, float), order.is_some_and(|o| o.is_lt()));
            assert_eq!(prim::int_float_le(int, float), order.is_some_and(|o| o.is_le()));
            assert_eq!(prim::int_float_gt(int, float), order.is_some_and(|o| o.is_gt()));
            assert_eq!(prim::int_float_ge(int, float), order.is_some_and(|o| o.is_ge()));
        }
    }
}

#[test]
fn float_conversions_keep_to_the_range() {
    assert_eq!(prim::float_to_int(9223372036854774784.0), Some(9223372036854774784));
    assert_eq!(prim::float_to_int(9223372036854775808.0), None);
    assert_eq!(prim::float_to_int(-9223372036854775808.0), Some(i64::MIN));
    assert_eq!(prim::float_to_int(f64::NAN), None);
    assert_eq!(prim::float_to_int(-1.9), Some(-1));
    assert_eq!(prim::float_to_int_exact(1.5), None);
    assert_eq!(prim::float_to_int_exact(-0.0), Some(0));
    assert_eq!(prim::float_round(-2.5), -3.0);
    assert_eq!(prim::float_round(0.49999999999999994), 0.0);
}

#[test]
fn the_table_agrees_with_its_functions() {
    for (at, row) in PRIMITIVES.iter().enumerate() {
        assert_eq!(row.primitive as usize, at);
        assert_eq!(Primitive::named(row.name), Some(row.primitive));
        assert!(!row.documentation.is_empty());
        let edges = |kind: Kind| -> Vec<u64> {
            match kind {
                Kind::Int => INTS.iter().map(|int| *int as u64).collect(),
                Kind::Float => FLOATS.iter().map(|float| float.to_bits()).collect(),
                Kind::Bool => vec![0, 1],
            }
        };
        let first = edges(row.operands[0]);
        let second = row.operands.get(1).map_or(vec![], |kind| edges(*kind));
        let mut faulted = false;
        for left in &first {
            let operands: Vec<Vec<u64>> = match second.is_empty() {
                true => vec![vec![*left]],
                false => second.iter().map(|right| vec![*left, *right]).collect(),
            };
            for operands in operands {
                let result = row.primitive.evaluate(&operands);
                faulted |= result.is_none();
                if row.result == Kind::Bool {
                    assert!(result.is_some_and(|bit| bit < 2), "{} gives a bool", row.name);
                }
            }
        }
        assert_eq!(faulted, row.faults, "{} faults on some edge values", row.name);
    }
    assert_eq!(Primitive::BitShr.evaluate(&[-8i64 as u64, 1]), Some(-4i64 as u64));
}

#[test]
fn operators_on_values() {
    use Operator::*;
    let (s, n) = (text, Value::int);
    let f = Value::float;
    let cases: Vec<(Operator, Value, Value, &str)> = vec![
        (Add, n(2), n(3), "5"),
        (Add, n(i64::MAX), n(1), "!Integer overflow: 9223372036854775807 + 1"),
        (Divide, n(i64::MIN), n(-1), "!Integer overflow: -9223372036854775808 / -1"),
        (Modulo, n(i64::MIN), n(-1), "!Integer overflow: -9223372036854775808 % -1"),
        (Divide, n(-7), n(2), "-3"),
        (Modulo, n(-7), n(2), "-1"),
        (Divide, n(1), n(0), "!Division by zero"),
        (Divide, f(1.0), f(-0.0), "!Division by zero"),
        (Modulo, n(1), f(0.0), "!Modulo by zero"),
        (Modulo, f(-7.5), n(2), "-1.5"),
        (Add, n(1), f(0.5), "1.5"),
        (Add, s("n = "), n(3), "\"n = 3\""),
        (Add, n(3), s("!"), "\"3!\""),
        (Add, s("x"), array(&[n(1), Value::NULL]), "\"x[1, null]\""),
        (Add, array(&[n(1)]), array(&[s("a")]), "[1, \"a\"]"),
        (Add, Value::NULL, n(1), "!Invalid binary operation: null + int"),
        (Multiply, s("ab"), n(2), "\"abab\""),
        (Multiply, n(-1), s("ab"), "\"\""),
        (Multiply, s("ab"), n(i64::MAX), "!The result of repeating a string is too large"),
        (Subtract, s("ab"), s("b"), "!Invalid binary operation: string - string"),
        (Less, n(1), n(2), "true"),
        (Less, s("a"), s("b"), "true"),
        (Less, n(1), s("b"), "!Invalid binary operation: int < string"),
        (GreaterEqual, Value::bool(true), n(2), "!Invalid binary operation: bool >= int"),
        (LessEqual, f(f64::NAN), n(1), "false"),
        (Greater, n((1 << 53) + 1), f(9007199254740992.0), "true"),
        (Equal, n((1 << 53) + 1), f(9007199254740992.0), "false"),
        (Equal, n(1), f(1.0), "true"),
        (Equal, Value::bool(true), n(1), "false"),
        (NotEqual, s("1"), n(1), "true"),
    ];
    for (operator, left, right, expected) in cases {
        let name = format!("{left:?} {} {right:?}", operator.symbol());
        assert_eq!(outcome(prim::binary(operator, &left, &right)), expected, "{name}");
        if operator == Add {
            assert_eq!(outcome(prim::concat(left.clone(), &right)), expected, "owned {name}");
            assert_eq!(outcome(prim::concat(left, &right)), expected, "unique {name}");
        }
    }
    assert_eq!(outcome(prim::negate(&n(i64::MIN))), "!Integer overflow: -(-9223372036854775808)");
    assert_eq!(outcome(prim::negate(&s("a"))), "!Invalid unary operation: - string");
}

#[test]
fn appending_leaves_shared_values_alone() {
    let original = text("ab");
    let sum = prim::concat(original.clone(), &original).unwrap();
    assert_eq!((prim::display(&sum), prim::display(&original)), ("abab".into(), "ab".into()));
    let original = array(&[Value::int(1)]);
    let sum = prim::concat(original.clone(), &original).unwrap();
    assert_eq!((prim::display(&sum), prim::display(&original)), ("[1, 1]".into(), "[1]".into()));
}

#[test]
fn display_forms() {
    let n = Value::int;
    let color = shapes::declare_variant("Color", "Mix");
    let cases: Vec<(Value, &str)> = vec![
        (Value::float(1.0), "1"),
        (Value::float(1e20), "100000000000000000000"),
        (Value::float(1e-7), "0.0000001"),
        (Value::float(0.1 + 0.2), "0.30000000000000004"),
        (Value::float(f64::NAN), "NaN"),
        (Value::float(f64::NEG_INFINITY), "-inf"),
        (Value::float(-0.0), "-0"),
        (array(&[n(1), text("a"), Value::NULL]), "[1, a, null]"),
        (array(&[]), "[]"),
        (dict(&[]), "{}"),
        (dict(&[("b", text("x")), ("10", n(1)), ("9", n(2))]), r#"{"9": 2, "10": 1, "b": x}"#),
        (structure("P", &[("y", n(1)), ("x", text("v"))]), "P { x: v, y: 1 }"),
        (structure("Empty", &[]), "Empty {}"),
        (variant(color, &[n(1), n(2)]), "Color::Mix(1, 2)"),
        (variant(color, &[]), "Color::Mix"),
        (variant(VariantId::OK, &[array(&[n(1)])]), "Ok([1])"),
        (variant(VariantId::NONE, &[]), "None"),
    ];
    for (value, expected) in cases {
        assert_eq!(prim::display(&value), expected);
    }
    let mut tagged = String::new();
    let value = array(&[n(1), Value::float(1.5), text("a"), Value::bool(true), Value::NULL]);
    let value = dict(&[("k", value)]);
    prim::write_value(&value, Style::Tagged, &mut tagged);
    assert_eq!(tagged, r#"Dict{k: Array[Int(1), Float(1.5), String("a"), Bool(true), Null]}"#);
}

#[test]
fn truth_and_kinds() {
    let nothing = [
        Value::NULL,
        Value::bool(false),
        Value::int(0),
        Value::float(-0.0),
        text(""),
        array(&[]),
        dict(&[]),
    ];
    assert!(nothing.iter().all(|value| !prim::truthy(value)));
    let something = [
        text("false"),
        variant(VariantId::NONE, &[]),
        variant(VariantId::ERR, &[Value::NULL]),
        array(&[Value::NULL]),
        Value::native(0),
        Value::float(f64::NAN),
    ];
    assert!(something.iter().all(prim::truthy));
    let kinds: Vec<_> = something.iter().map(prim::type_name).collect();
    assert_eq!(kinds, ["string", "option", "result", "array", "function", "float"]);
    let own = shapes::declare_variant("Result", "Ok");
    assert_eq!(prim::type_name(&variant(own, &[])), "enum");
}

#[test]
fn equality_is_deep_and_by_value() {
    let n = Value::int;
    let ints = array(&[n(1), n(2)]);
    let floats = array(&[Value::float(1.0), Value::float(2.0)]);
    let own = shapes::declare_variant("Result", "Ok");
    let cases = [
        (ints.clone(), floats, true),
        (ints.clone(), array(&[n(1)]), false),
        (ints.clone(), text("[1, 2]"), false),
        (array(&[]), array(&[]), true),
        (array(&[Value::bool(true)]), array(&[n(1)]), false),
        (array(&[Value::float(f64::NAN)]), array(&[Value::float(f64::NAN)]), false),
        (dict(&[("a", n(1)), ("b", n(2))]), dict(&[("b", n(2)), ("a", n(1))]), true),
        (dict(&[("a", n(1))]), dict(&[("b", n(1))]), false),
        (dict(&[("a", n(1))]), dict(&[("a", n(2))]), false),
        (structure("Q", &[("x", ints.clone())]), structure("Q", &[("x", ints.clone())]), true),
        (structure("Q", &[("x", n(1))]), structure("R", &[("x", n(1))]), false),
        (variant(VariantId::OK, &[n(1)]), variant(VariantId::OK, &[n(1)]), true),
        (variant(VariantId::OK, &[n(1)]), variant(VariantId::SOME, &[n(1)]), false),
        (variant(VariantId::OK, &[n(1)]), variant(own, &[n(1)]), false),
        (Value::native(1), Value::native(1), true),
        (Value::native(1), Value::native(2), false),
        (Value::NULL, Value::bool(false), false),
    ];
    for (left, right, expected) in cases {
        let name = format!("{} == {}", prim::display(&left), prim::display(&right));
        assert_eq!(prim::equal(&left, &right), expected, "{name}");
        assert_eq!(prim::equal(&right, &left), expected, "mirrored {name}");
    }
}

#[test]
fn a_million_levels_are_shown_compared_and_freed() {
    let nest = || {
        let mut value = Value::int(1);
        for level in 0..1_000_000 {
            value = match level % 3 {
                0 => array(&[value]),
                1 => dict(&[("k", value)]),
                _ => variant(VariantId::SOME, &[value]),
            };
        }
        value
    };
    let (left, right) = (nest(), nest());
    assert!(prim::equal(&left, &right));
    assert!(prim::display(&left).ends_with("]})]})]"));
}

#[test]
fn elements_and_members() {
    let n = Value::int;
    let items = array(&[n(10), n(20), n(30)]);
    let map = dict(&[("a", n(1)), ("5", n(2)), ("1.5", n(3))]);
    let nothing = Value::NULL;
    let cases: Vec<(&Value, Value, &str)> = vec![
        (&items, n(0), "10"),
        (&items, n(-1), "30"),
        (&items, Value::float(1.0), "20"),
        (&items, n(3), "!Index out of bounds: 3"),
        (&items, n(-4), "!Index out of bounds: -4"),
        (&items, n(i64::MIN), "!Index out of bounds: -9223372036854775808"),
        (&items, text("a"), "!Cannot index array with string"),
        (&items, Value::float(1.5), "!Cannot index array with float"),
        (&map, text("a"), "1"),
        (&map, n(5), "2"),
        (&map, text("5"), "2"),
        (&map, Value::float(5.0), "2"),
        (&map, Value::float(1.5), "3"),
        (&map, text("05"), "!Missing map key: \"05\""),
        (&map, n(6), "!Missing map key: 6"),
        (&map, Value::bool(true), "!Invalid dictionary key type: bool"),
        (&nothing, n(0), "!Cannot index null"),
    ];
    for (container, at, expected) in cases {
        assert_eq!(outcome(prim::index(container, &at)), expected, "{at:?}");
    }
    let word = text("añ漢b");
    let characters: Vec<_> = (-4..4).map(|at| prim::index(&word, &n(at)).unwrap()).collect();
    assert_eq!(prim::display(&array(&characters)), "[a, ñ, 漢, b, a, ñ, 漢, b]");
    assert_eq!(outcome(prim::index(&word, &n(4))), "!Index out of bounds: 4");

    let point = structure("P", &[("x", n(1))]);
    let (x, y) = (Symbol::new("x"), Symbol::new("y"));
    assert_eq!(outcome(prim::member(&point, x)), "1");
    assert_eq!(outcome(prim::member(&point, y)), "!Field not found: y");
    assert_eq!(outcome(prim::member(&map, x)), "!Missing map key: \"x\"");
    let message = "!Cannot access field or method 'x' on int value";
    assert_eq!(outcome(prim::member(&n(1), x)), message);
    assert!(prim::optional_member(&n(1), x).is_null());
}

#[test]
fn changing_places_leaves_copies_alone() {
    let n = Value::int;
    let mut grid = array(&[array(&[n(1)]), array(&[n(2)])]);
    let copy = grid.clone();
    let row = prim::index_mut(&mut grid, &n(-1)).unwrap();
    prim::set_index(row, &n(0), text("new")).unwrap();
    assert_eq!(prim::display(&grid), "[[1], [new]]");
    assert_eq!(prim::display(&copy), "[[1], [2]]");

    let mut map = dict(&[("a", n(1))]);
    let copy = map.clone();
    prim::set_index(&mut map, &Value::float(2.0), n(3)).unwrap();
    prim::set_member(&mut map, Symbol::new("a"), n(4)).unwrap();
    *prim::member_mut(&mut map, Symbol::new("a")).unwrap() = n(5);
    assert_eq!(prim::display(&map), r#"{"2": 3, "a": 5}"#);
    assert_eq!(prim::display(&copy), r#"{"a": 1}"#);

    let fault = |result: Result<(), Fault>| result.unwrap_err().to_string();
    let mut word = text("ab");
    let message = "Cannot assign by index into string";
    assert_eq!(fault(prim::set_index(&mut word, &n(0), n(1))), message);
    assert_eq!(fault(prim::set_index(&mut grid, &n(2), n(1))), "Index out of bounds: 2");
    assert_eq!(fault(prim::set_index(&mut n(1), &n(2), n(1))), "Cannot index int");
    let mut point = structure("P", &[("x", n(1))]);
    prim::set_member(&mut point, Symbol::new("x"), n(2)).unwrap();
    let message = "Field not found: q";
    assert_eq!(fault(prim::set_member(&mut point, Symbol::new("q"), n(1))), message);
    assert_eq!(prim::display(&point), "P { x: 2 }");
    let missing = prim::index_mut(&mut map, &text("no")).map(|_| ()).unwrap_err();
    assert_eq!(missing.to_string(), "Missing map key: \"no\"");
}

#[test]
fn iteration_sees_elements_keys_and_characters() {
    let n = Value::int;
    let cases = [
        (array(&[n(1), text("a")]), "[1, \"a\"]"),
        (dict(&[("b", n(1)), ("7", n(2))]), "[\"7\", \"b\"]"),
        (text("añ"), "[\"a\", \"ñ\"]"),
        (n(3), "[0, 1, 2]"),
        (n(-3), "[]"),
        (Value::float(2.5), "[0, 1]"),
        (Value::NULL, "!Cannot iterate over null"),
        (Value::float(f64::NAN), "!Cannot iterate over float"),
    ];
    for (value, expected) in cases {
        assert_eq!(outcome(prim::iterate(&value)), expected);
    }
}

#[test]
fn messages_of_faults() {
    let name = Symbol::new("f");
    let cases = [
        (Fault::CannotCall("int"), "Cannot call non-function value of type int"),
        (Fault::Arity { name, expected: 1, got: 2 }, "f expects 1 arguments, got 2"),
        (Fault::UndefinedVariable(name), "Undefined variable: f"),
        (
            Fault::DepthExceeded { limit: 9, name },
            "Maximum call stack depth of 9 exceeded while calling f",
        ),
        (Fault::ConstReassign(name), "Cannot reassign const binding: f"),
        (Fault::ConstMutate(name), "Cannot mutate const binding: f"),
        (Fault::UndefinedStruct(name), "Undefined struct: f"),
        (Fault::NoField { strukt: name, field: name }, "Struct 'f' has no field 'f'"),
        (Fault::NoMethod { strukt: name, method: name }, "Struct 'f' has no method 'f'"),
        (
            Fault::CannotCallMethod { method: name, kind: "int" },
            "Cannot call method 'f' on int value",
        ),
        (Fault::Unhandled(variant(VariantId::ERR, &[text("bad")])), "Unhandled Err(bad)"),
        (Fault::Thrown(text("oops")), "oops"),
        (Fault::Thrown(Value::int(5)), "5"),
        (Fault::Thrown(dict(&[("message", text("m"))])), "m"),
        (Fault::Thrown(dict(&[("code", Value::int(1))])), r#"{"code": 1}"#),
        (Fault::Thrown(structure("Bad", &[("message", text("m"))])), "m"),
        (Fault::Thrown(structure("Bad", &[("code", Value::int(1))])), "Bad error"),
    ];
    for (fault, expected) in cases {
        assert_eq!(fault.to_string(), expected);
    }
}

#[test]
fn dict_keys_that_look_like_ints_are_ints() {
    let cases = [
        ("0", Some(0)),
        ("-0", None),
        ("00", None),
        ("-1", Some(-1)),
        ("+1", None),
        ("", None),
        ("-", None),
        ("1x", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("-9223372036854775808", Some(i64::MIN)),
        ("99999999999999999999", None),
    ];
    for (key, int) in cases {
        let expected = int.map_or(DictKey::Text(key), DictKey::Int);
        assert_eq!(DictKey::of(key), expected, "{key:?}");
    }
    let minus_zero = prim::dict_key(&Value::float(-0.0)).unwrap();
    assert_eq!(prim::display(&minus_zero), "-0");
}

/// A key of the model: ints first, then texts, as in the reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ModelKey {
    Int(i64),
    Text(String),
}

/// A sequence of well-mixed numbers from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

#[test]
fn a_dict_behaves_like_an_ordered_map() {
    for seed in 1..40u64 {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut model: BTreeMap<ModelKey, i64> = BTreeMap::new();
        let mut value = dict(&[]);
        // Few keys keep it small and search linear; many exercise the index.
        let variety = [6, 12, 60, 1000][seed as usize % 4];
        for step in 0..3000 {
            let number = numbers.below(variety) as i64 - 3;
            let name = format!("k{number}");
            let (key, model_key) = match numbers.below(2) {
                0 => (Value::int(number), ModelKey::Int(number)),
                _ => (text(&name), ModelKey::Text(name)),
            };
            let wanted = DictKey::of_value(&key).unwrap();
            match numbers.below(8) {
                0..=3 => {
                    let map = value.dict_mut().unwrap().dict_mut();
                    let old = map.insert_shared(&key, Value::int(step));
                    let expected = model.insert(model_key, step);
                    assert_eq!(old.and_then(|old| old.as_int()), expected);
                }
                4 | 5 => {
                    let map = value.dict_mut().unwrap().dict_mut();
                    let removed = map.remove(wanted).and_then(|old| old.as_int());
                    assert_eq!(removed, model.remove(&model_key));
                }
                6 => {
                    let found = value.as_dict().unwrap().dict().get(wanted);
                    let found = found.and_then(|value| value.as_int());
                    assert_eq!(found, model.get(&model_key).copied());
                }
                _ if step % 16 == 0 => {
                    let copy = value.clone();
                    let map = value.dict_mut().unwrap().dict_mut();
                    map.insert(wanted, Value::int(step));
                    model.insert(model_key, step);
                    assert!(!prim::equal(&copy, &value));
                }
                _ => {}
            }
            if step % 100 == 0 {
                assert_same(value.as_dict().unwrap().dict(), &model);
            }
        }
        assert_same(value.as_dict().unwrap().dict(), &model);
    }
}

fn assert_same(dict: &Dict, model: &BTreeMap<ModelKey, i64>) {
    let entries: Vec<_> = dict
        .iter()
        .map(|(key, value)| match key {
            DictKey::Int(int) => (ModelKey::Int(int), value.as_int().unwrap()),
            DictKey::Text(text) => (ModelKey::Text(text.to_string()), value.as_int().unwrap()),
        })
        .collect();
    let expected: Vec<_> = model.iter().map(|(key, value)| (key.clone(), *value)).collect();
    assert_eq!(entries, expected);
    assert_eq!(dict.len(), model.len());
    for at in 0..dict.len() {
        assert_eq!(dict.position(dict.key_at(at)), Some(at));
    }
}

#[test]
fn arrays_insert_and_remove_in_every_storage() {
    for (storage, make) in [
        (Storage::Int, (|n| Value::int(n)) as fn(i64) -> Value),
        (Storage::Float, |n| Value::float(n as f64)),
        (Storage::Bool, |n| Value::bool(n % 2 == 1)),
        (Storage::Any, |n| Value::string(&n.to_string())),
    ] {
        let mut numbers = Numbers(42);
        let mut model: Vec<i64> = Vec::new();
        let mut value = ArrayObject::with_capacity(storage, 0);
        for step in 0..200 {
            let array = value.array_mut().unwrap();
            if numbers.below(3) > 0 || model.is_empty() {
                let at = numbers.below(model.len() as u64 + 1) as usize;
                model.insert(at, step);
                array.insert(at, make(step));
            } else {
                let at = numbers.below(model.len() as u64) as usize;
                let expected = make(model.remove(at));
                assert!(prim::equal(&array.remove(at), &expected));
            }
            assert_eq!(array.storage(), storage);
            let expected = Value::array(model.iter().map(|n| make(*n)).collect());
            assert!(prim::equal(&value, &expected));
        }
    }
    let mut mixed = array(&[Value::int(1)]);
    mixed.array_mut().unwrap().insert(0, text("a"));
    assert_eq!(prim::display(&mixed), "[a, 1]");
}
