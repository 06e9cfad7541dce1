//! The builtins that need no interpreter, called through the table.
//!
//! Arguments are written as JSON arrays, outcomes as text: the value with
//! strings quoted, or `!` and the message.

use ruff::prim::{self, Fault, Operator};
use ruff::runtime::table::BUILTINS;
use ruff::runtime::{
    Body, Context, PRELUDE, Raised, call, constant, error_value, is_error, lookup, origin, row,
    set_place,
};
use ruff::value::{Dict, DictKey, DictObject, RecordObject, Symbol, Value, VariantId, shapes};

fn value_of(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(bool) => Value::bool(*bool),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::int(int),
            None => Value::float(number.as_f64().unwrap()),
        },
        serde_json::Value::String(text) => Value::string(text),
        serde_json::Value::Array(items) => Value::array(items.iter().map(value_of).collect()),
        serde_json::Value::Object(entries) => {
            let mut dict = Dict::default();
            for (key, value) in entries {
                dict.insert(DictKey::of(key), value_of(value));
            }
            DictObject::allocate(dict)
        }
    }
}

fn arguments(json: &str) -> Vec<Value> {
    let parsed: serde_json::Value = serde_json::from_str(json).expect(json);
    parsed.as_array().expect("an array of arguments").iter().map(value_of).collect()
}

fn outcome(result: Result<Value, Fault>) -> String {
    match result {
        Ok(value) => prim::quoted(&value),
        Err(fault) => format!("!{fault}"),
    }
}

fn run(context: &mut Context, name: &str, arguments: &mut [Value]) -> Result<Value, Fault> {
    call(lookup(name).expect(name), context, arguments)
}

fn check(cases: &[(&str, &str, &str)]) {
    let mut context = Context::captured();
    for (name, json, expected) in cases {
        let given = arguments(json);
        let mut shared = given.clone();
        let result = outcome(run(&mut context, name, &mut shared));
        assert_eq!(result, *expected, "{name} of {json}");
        // What the caller still holds must not have changed.
        let untouched = given.iter().zip(arguments(json));
        assert!(untouched.into_iter().all(|(a, b)| prim::equal(a, &b)), "{name} of {json}");
        drop(shared);
        let mut unique = given;
        assert_eq!(outcome(run(&mut context, name, &mut unique)), *expected, "unique {name}");
    }
}

#[test]
fn inspection_and_conversion() {
    check(&[
        ("type", "[1.5]", "\"float\""),
        ("type_of", "[null]", "\"null\""),
        ("is_int", "[1]", "true"),
        ("is_int", "[1.0]", "false"),
        ("is_null", "[null]", "true"),
        ("is_dict", "[[]]", "false"),
        ("is_function", "[1]", "false"),
        ("is_truthy", "[\"false\"]", "true"),
        ("str", "[[1, \"a\"]]", "\"[1, a]\""),
        ("to_int", "[\" -12 \"]", "-12"),
        ("int", "[\"+7\"]", "7"),
        ("to_int", "[-2.9]", "-2"),
        ("to_int", "[true]", "1"),
        ("to_int", "[\"1.5\"]", "!Cannot convert '1.5' to int"),
        ("to_int", "[[]]", "!Cannot convert array to int"),
        ("to_int", "[1e30]", "!Cannot convert 1000000000000000000000000000000 to int"),
        ("to_float", "[\"1e3\"]", "1000"),
        ("to_float", "[\"inf\"]", "!Cannot convert 'inf' to float"),
        ("float", "[null]", "!Cannot convert null to float"),
        ("to_bool", "[\"Off\"]", "false"),
        ("to_bool", "[\"hello\"]", "true"),
        ("bool", "[[]]", "false"),
        ("parse_int", "[\"x\"]", "!Cannot parse 'x' as integer"),
        ("parse_float", "[\"2.50\"]", "2.5"),
        ("parse_float", "[\"\"]", "!Cannot parse '' as float"),
        ("parse_int", "[5]", "!parse_int() expects a string argument, got int"),
        ("type", "[]", "!type() expects 1 argument(s), got 0"),
    ]);
}

#[test]
fn strings() {
    check(&[
        ("len", "[\"añ\"]", "2"),
        ("len", "[5]", "!len() expects a collection argument, got int"),
        ("upper", "[\"straße\"]", "\"STRASSE\""),
        ("capitalize", "[\"hELLO wORLD\"]", "\"Hello world\""),
        ("capitalize", "[\"\"]", "\"\""),
        ("trim", "[\" a b \\n\"]", "\"a b\""),
        ("starts_with", "[\"abc\", \"ab\"]", "true"),
        ("ends_with", "[\"abc\", \"ab\"]", "false"),
        ("contains", "[\"abc\", \"bc\"]", "true"),
        ("replace", "[\"aXbX\", \"X\", \"--\"]", "\"a--b--\""),
        ("repeat", "[\"ab\", 3]", "\"ababab\""),
        ("repeat", "[\"ab\", -1]", "\"\""),
        ("split", "[\"\", \",\"]", "[\"\"]"),
        ("split", "[\"a,b,,c\", \",\"]", "[\"a\", \"b\", \"\", \"c\"]"),
        ("split", "[\"añ\", \"\"]", "[\"a\", \"ñ\"]"),
        ("join", "[[1, null, \"a\"], \"-\"]", "\"1-null-a\""),
        ("substring", "[\"añbc\", 1, 3]", "\"ñb\""),
        ("substring", "[\"abc\", -5, 2]", "\"ab\""),
        ("substring", "[\"abc\", 2, 1]", "\"\""),
        ("substr", "[\"abc\", 1, 99]", "\"bc\""),
        ("index_of", "[\"añb\", \"b\"]", "2"),
        ("index_of", "[\"abc\", \"x\"]", "-1"),
        ("char_at", "[\"añ\", 1]", "\"ñ\""),
        ("char_at", "[\"ab\", 2]", "\"\""),
        ("char_at", "[\"ab\", -1]", "\"\""),
        ("is_empty", "[\"\"]", "true"),
        ("count_chars", "[\"añ\"]", "2"),
        ("str_reverse", "[\"añb\"]", "\"bña\""),
        ("words", "[\"  a  b \"]", "[\"a\", \"b\"]"),
        ("lines", "[\"a\\r\\nb\\n\"]", "[\"a\", \"b\"]"),
        ("pad_left", "[\"7\", 3, \"0x\"]", "\"007\""),
        ("pad_end", "[\"ab\", 4]", "\"ab  \""),
        ("pad_right", "[\"abc\", 2]", "\"abc\""),
        ("format", "[\"%s=%d %f%% %x %\", \"n\", 2.9, 1]", "\"n=2 1% %x %\""),
        ("format", "[\"%d\", true]", "\"1\""),
        ("format", "[\"%s %d\", 1]", "!format() missing argument for placeholder %d"),
        ("format", "[\"%d\", \"x\"]", "!format() expects a number argument, got string"),
        ("slice", "[\"añbc\", -3, -1]", "\"ñb\""),
        ("concat", "[\"a\", \"b\"]", "\"ab\""),
        ("reverse", "[\"ab\"]", "\"ba\""),
    ]);
}

#[test]
fn arrays() {
    check(&[
        ("push", "[[1], 2]", "[1, 2]"),
        ("append", "[[], \"a\"]", "[\"a\"]"),
        ("push", "[1, 2]", "!push() expects an array argument, got int"),
        ("pop", "[[1, 2]]", "[[1], 2]"),
        ("pop", "[[]]", "[[], null]"),
        ("insert", "[[1, 3], 1, 2]", "[1, 2, 3]"),
        ("insert", "[[1], 1, \"x\"]", "[1, \"x\"]"),
        ("insert", "[[1], 3, 2]", "!insert() index 3 out of bounds for array of length 1"),
        ("remove_at", "[[1, 2, 3], 1]", "[[1, 3], 2]"),
        ("remove_at", "[[1], -1]", "!remove_at() index -1 out of bounds for array of length 1"),
        ("remove", "[[1, 2, 1], 1]", "[2, 1]"),
        ("remove", "[[1], 5]", "[1]"),
        ("contains", "[[1, 2], 2.0]", "true"),
        ("contains", "[[[1]], [1]]", "true"),
        ("index_of", "[[1, \"a\"], \"a\"]", "1"),
        ("slice", "[[1, 2, 3], -2, 3]", "[2, 3]"),
        ("slice", "[[1, 2, 3], 2, 1]", "[]"),
        ("concat", "[[1], [\"a\"]]", "[1, \"a\"]"),
        (
            "concat",
            "[[1], \"a\"]",
            "!concat() expects two arrays or two strings, got array and string",
        ),
        ("clear", "[[1]]", "[]"),
        ("reverse", "[[1, 2, 3]]", "[3, 2, 1]"),
        ("reverse", "[[1, \"a\"]]", "[\"a\", 1]"),
        ("array", "[1, \"a\"]", "[1, \"a\"]"),
        ("range", "[3]", "[0, 1, 2]"),
        ("range", "[1.9, 4]", "[1, 2, 3]"),
        ("range", "[3, 0, -2]", "[3, 1]"),
        ("range", "[3, 0]", "[]"),
        ("range", "[0, 1, 0]", "!range() step cannot be zero"),
        (
            "range",
            "[-9223372036854775808, 9223372036854775807, 9223372036854775807]",
            "[-9223372036854775808, -1, 9223372036854775806]",
        ),
        ("range", "[9223372036854775807]", "!The result of range() is too large"),
        ("sort", "[[3, 1, 2]]", "[1, 2, 3]"),
        ("sort", "[[2.5, 1, -3]]", "[-3, 1, 2.5]"),
        ("sort", "[[\"b\", \"a\"]]", "[\"a\", \"b\"]"),
        ("sort", "[[]]", "[]"),
        ("sort", "[[1, \"a\"]]", "!sort() expects an array of only numbers or only strings"),
        ("unique", "[[1, 1.0, \"1\", [1], [1], null, null, true]]", "[1, \"1\", [1], null, true]"),
        ("sum", "[[1, 2, 3]]", "6"),
        ("sum", "[[1, 0.5]]", "1.5"),
        ("sum", "[[]]", "0"),
        ("sum", "[[1, \"a\"]]", "!sum() expects an array of numbers, got string"),
        ("sum", "[[9223372036854775807, 1]]", "!Integer overflow: 9223372036854775807 + 1"),
        ("chunk", "[[1, 2, 3], 2]", "[[1, 2], [3]]"),
        ("chunk", "[[1], 0]", "!chunk() size must be at least 1"),
        ("windows", "[[1, 2, 3], 2]", "[[1, 2], [2, 3]]"),
        ("windows", "[[1], 2]", "[]"),
        ("flatten", "[[1, [2, [3]], []]]", "[1, 2, [3]]"),
        ("zip", "[[1, 2, 3], [\"a\", \"b\"]]", "[[1, \"a\"], [2, \"b\"]]"),
        ("enumerate", "[[\"a\"]]", "[[0, \"a\"]]"),
        ("take", "[[1, 2], 5]", "[1, 2]"),
        ("skip", "[[1, 2, 3], 1]", "[2, 3]"),
        ("skip", "[[1], -2]", "[1]"),
        ("sort", "[]", "!sort() expects 1 or 2 argument(s), got 0"),
        ("range", "[]", "!range() expects 1 to 3 argument(s), got 0"),
    ]);
}

#[test]
fn dicts() {
    check(&[
        ("dict", "[]", "{}"),
        ("keys", "[{\"b\": 1, \"10\": 2, \"9\": 3}]", "[\"9\", \"10\", \"b\"]"),
        ("values", "[{\"b\": 1, \"10\": 2, \"9\": 3}]", "[3, 2, 1]"),
        ("items", "[{\"b\": 1, \"3\": 2}]", "[[\"3\", 2], [\"b\", 1]]"),
        ("has_key", "[{\"3\": 2}, 3]", "true"),
        ("has_key", "[{\"3\": 2}, null]", "!Invalid dictionary key type: null"),
        ("contains", "[{\"a\": 2}, \"b\"]", "false"),
        ("get", "[{\"a\": 2}, \"a\"]", "2"),
        ("get", "[{\"a\": 2}, \"b\"]", "null"),
        ("get", "[{\"a\": 2}, \"b\", 5]", "5"),
        ("get_default", "[{}, 1.0, 5]", "5"),
        ("merge", "[{\"a\": 1, \"b\": 1}, {\"b\": 2}]", "{\"a\": 1, \"b\": 2}"),
        ("update", "[{\"a\": 1}, 5]", "!update() expects a dict argument, got int"),
        ("invert", "[{\"a\": 1, \"b\": 1, \"7\": \"x\"}]", "{\"1\": \"b\", \"x\": \"7\"}"),
        ("remove", "[{\"a\": 1}, \"a\"]", "[{}, 1]"),
        ("remove", "[{\"a\": 1}, \"b\"]", "[{\"a\": 1}, null]"),
        ("len", "[{\"a\": 1}]", "1"),
        ("clear", "[{\"a\": 1}]", "{}"),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("abs", "[-3]", "3"),
        ("abs", "[-1.5]", "1.5"),
        ("abs", "[-9223372036854775808]", "!Integer overflow: abs(-9223372036854775808)"),
        ("min", "[1, 1.5]", "1"),
        ("max", "[9007199254740993, 9007199254740992.0]", "9007199254740993"),
        ("min", "[\"a\", 1]", "!min() expects a number argument, got string"),
        ("max", "[1]", "!max() expects 2 argument(s), got 1"),
        ("sqrt", "[9]", "3"),
        ("sqrt", "[-1]", "!sqrt() domain error: value must be >= 0"),
        ("log", "[0]", "!log() domain error: value must be > 0"),
        ("pow", "[2, 10]", "1024"),
        ("floor", "[-1.5]", "-2"),
        ("ceil", "[1.2]", "2"),
        ("round", "[2.5]", "3"),
        ("round", "[-2.5]", "-3"),
        ("round", "[3.14159, 2]", "3.14"),
        ("round", "[1234, -2]", "1200"),
        ("round", "[1.5, 400]", "1.5"),
        ("exp", "[0]", "1"),
        ("bit_and", "[12, 10]", "8"),
        ("bit_xor", "[12, 10]", "6"),
        ("bit_not", "[0]", "-1"),
        ("bit_shl", "[1, 63]", "-9223372036854775808"),
        ("bit_shl", "[1, 64]", "!bit_shl() expects a shift amount between 0 and 63"),
        ("bit_shr", "[-8, 1]", "-4"),
        ("bit_or", "[1.0, 2]", "!bit_or() expects an int argument, got float"),
    ]);
    let mut context = Context::captured();
    let rounded = run(&mut context, "round", &mut [Value::int(3)]).unwrap();
    assert_eq!(prim::type_name(&rounded), "float");
    assert_eq!(constant("PI").and_then(|pi| pi.as_float()), Some(std::f64::consts::PI));
    assert!(constant("TAU").is_none());
}

#[test]
fn assertions() {
    check(&[
        ("assert", "[1]", "true"),
        ("assert", "[0]", "!Assertion failed"),
        ("assert", "[false, \"no way\"]", "!no way"),
        ("assert_equal", "[2, 2.0]", "true"),
        ("assert_equal", "[1, \"a\"]", "!Assertion failed: expected \"a\", got 1"),
        ("assert_equal", "[[\"x\"], []]", "!Assertion failed: expected [], got [\"x\"]"),
        ("assert_equal", "[1, 2, \"differ\"]", "!differ"),
        ("assert_true", "[1]", "!Assertion failed: expected true, got 1"),
        ("assert_false", "[false]", "true"),
        ("assert_contains", "[[1], 1]", "true"),
        (
            "assert_contains",
            "[\"abc\", \"x\"]",
            "!Assertion failed: \"abc\" does not contain \"x\"",
        ),
        ("error", "[\"bad\"]", "Error { message: \"bad\" }"),
    ]);
}

#[test]
fn output_is_joined_and_kept() {
    let mut context = Context::captured();
    run(&mut context, "print", &mut arguments("[1, \"a\", [null]]")).unwrap();
    run(&mut context, "println", &mut []).unwrap();
    run(&mut context, "debug", &mut arguments("[1, \"a\"]")).unwrap();
    run(&mut context, "print", &mut [Value::native(lookup("len").unwrap())]).unwrap();
    let expected = "1 a [null]\n\n[DEBUG] Int(1) String(\"a\")\n<native function: len>\n";
    assert_eq!(context.take_captured(), expected);
}

#[test]
fn time_and_chance() {
    let mut context = Context::captured();
    let mut float = |name: &str| run(&mut context, name, &mut []).unwrap().as_float().unwrap();
    let start = float("performance_now");
    assert!(float("performance_now") >= start);
    assert!((0.0..1.0).contains(&float("random")));
    let mut sequence = || {
        run(&mut context, "set_random_seed", &mut [Value::int(7)]).unwrap();
        let dice = |_| run(&mut context, "random_int", &mut arguments("[1, 6]")).unwrap();
        let rolls: Vec<i64> = (0..100).map(dice).map(|roll| roll.as_int().unwrap()).collect();
        assert!((1..=6).all(|side| rolls.contains(&side)) && rolls.iter().all(|r| *r < 7));
        rolls
    };
    assert_eq!(sequence(), sequence());
    assert!(matches!(run(&mut context, "exit", &mut [Value::int(3)]), Err(Fault::Exit(3))));
}

#[test]
fn consuming_builtins_work_in_place() {
    let mut context = Context::captured();
    let mut array = Value::array(vec![Value::int(0), Value::int(0)]);
    run(&mut context, "len", &mut [array.clone()]).unwrap();
    let address = array.raw().bits;
    for n in 0..1000 {
        array = run(&mut context, "push", &mut [array, Value::int(n)]).unwrap();
    }
    assert_eq!(array.raw().bits, address);
    assert_eq!(array.as_array().unwrap().len(), 1002);
}

#[test]
fn rows_are_documented_and_named_once() {
    for (number, builtin) in BUILTINS.iter().enumerate() {
        assert_eq!(lookup(builtin.name), Some(number as u32), "{} is named once", builtin.name);
        assert_eq!(row(number as u32).name, builtin.name);
        assert!(builtin.documentation.ends_with('.'), "{} is documented", builtin.name);
        // A method is shown as called on a value: `p.parse()` for `arg_parser.parse`.
        let call = builtin.name.split_once('.').map(|(_, method)| format!("p.{method}("));
        let call = call.unwrap_or_else(|| format!("{}(", builtin.name));
        assert!(builtin.signature.starts_with(&call), "{}", builtin.name);
        assert!(builtin.least <= builtin.most);
        let (count, functions) = match builtin.body {
            Body::Native(_) => continue,
            Body::Prelude(functions) => (builtin.least, functions),
            Body::Either { prelude, count, .. } => (count, &[prelude][..]),
        };
        for (function, count) in functions.iter().zip(count..) {
            let (_, rest) = PRELUDE.split_once(&format!("func {function}(")).expect(function);
            let parameters = rest.split_once(')').map(|(parameters, _)| parameters.split(','));
            let found = parameters.map_or(0, |parameters| parameters.count());
            assert_eq!(found, count as usize, "{} of {}", function, builtin.name);
        }
    }
    let sort = row(lookup("sort").unwrap());
    assert_eq!(sort.prelude_function(2), Some("sort_by"));
    assert_eq!(sort.prelude_function(1), None);
    assert!(sort.native_function(1).is_some() && sort.native_function(2).is_none());
    assert_eq!(row(lookup("map").unwrap()).prelude_function(2), Some("map"));
}

#[test]
fn the_prelude_is_a_program() {
    let parsed = ruff::syntax::parse(PRELUDE);
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
}

#[test]
fn faults_become_error_values() {
    let raised = || Raised {
        stack: Value::array(["outer", "inner"].map(Value::string).to_vec()),
        line: 3,
        origin: Value::int(7),
    };
    let shown = |fault: &Fault| prim::quoted(&error_value(fault, raised));
    assert_eq!(
        shown(&Fault::DivisionByZero),
        r#"Error { line: 3, message: "Division by zero", stack: ["outer", "inner"] }"#
    );
    assert_eq!(
        shown(&Fault::Thrown(Value::int(5))),
        r#"Error { line: 3, message: "5", stack: ["outer", "inner"], value: 5 }"#
    );
    let own = shapes::declare(Symbol::new("Error"), vec![Symbol::new("message")]);
    let own = RecordObject::instance(own.id, [Value::string("mine")].into_iter());
    assert!(!is_error(&own));
    assert_eq!(
        shown(&Fault::Thrown(own)),
        r#"Error { line: 3, message: "mine", stack: ["outer", "inner"], value: Error { message: "mine" } }"#
    );
    let with_cause = arguments(r#"[{"message": "m", "cause": "c"}]"#).remove(0);
    assert_eq!(
        shown(&Fault::Thrown(with_cause)),
        r#"Error { cause: "c", line: 3, message: "m", stack: ["outer", "inner"], value: {"cause": "c", "message": "m"} }"#
    );

    let mut caught = error_value(&Fault::DivisionByZero, raised);
    assert!(is_error(&caught));
    assert_eq!(origin(&caught).map(prim::display), Some("7".to_string()));
    let elsewhere = || Raised { stack: Value::NULL, line: 9, origin: Value::int(8) };
    let again = error_value(&Fault::Thrown(caught.clone()), elsewhere);
    assert!(prim::equal(&caught, &again), "thrown again it keeps its fields");
    assert_eq!(origin(&again).map(prim::display), Some("7".to_string()));
    set_place(&mut caught, "a.ruff:1:2");
    assert!(prim::equal(&caught, &again), "what is hidden is no part of the value");

    let mut context = Context::captured();
    let made = run(&mut context, "error", &mut [Value::string("bad")]).unwrap();
    assert_eq!(
        shown(&Fault::Thrown(made)),
        r#"Error { line: 3, message: "bad", stack: ["outer", "inner"] }"#
    );
    let unhandled = RecordObject::variant_value(VariantId::ERR, [Value::int(1)].into_iter());
    assert_eq!(Fault::Unhandled(unhandled).to_string(), "Unhandled Err(1)");
    let overflow = prim::binary(Operator::Add, &Value::int(i64::MAX), &Value::int(1));
    assert_eq!(outcome(overflow), "!Integer overflow: 9223372036854775807 + 1");
}
