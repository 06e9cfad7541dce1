//! Ruff inside of a Rust program: conversions, registered functions, lasting
//! state, errors, limits and interrupts, each in every mode of the JIT where
//! that may matter.

use ruff::base::options::Options;
use ruff::engine::{Outcome, Runner};
use ruff::{Builder, Engine, Error, Limit, Object, RuntimeErrorKind, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

const MODES: [&str; 3] = ["off", "eval", "on"];

/// A builder for an engine of this mode that keeps its output and is quick to
/// record.
fn builder(mode: &str) -> Builder {
    let builder = Engine::builder().option("jit", mode).unwrap().option("sync", "on").unwrap();
    builder.option("loop_threshold", "4").unwrap().capture_output()
}

fn engine() -> Engine {
    builder("on").build()
}

/// The message of a runtime error.
fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Runtime(error)) => error.message,
        other => panic!("no runtime error: {other:?}"),
    }
}

// Conversions

#[test]
fn results_are_converted_by_their_types() {
    let mut engine = engine();
    assert_eq!(engine.eval::<i64>("1 + 2").unwrap(), 3);
    assert_eq!(engine.eval::<u8>("255").unwrap(), 255);
    assert_eq!(engine.eval::<f64>("3").unwrap(), 3.0);
    assert_eq!(engine.eval::<f64>("0.5").unwrap(), 0.5);
    assert!(engine.eval::<bool>("1 < 2").unwrap());
    assert_eq!(engine.eval::<String>("\"a\" + 1").unwrap(), "a1");
    engine.eval::<()>("null").unwrap();
    assert_eq!(engine.eval::<Vec<i64>>("[1, 2, 3]").unwrap(), [1, 2, 3]);
    assert_eq!(engine.eval::<Vec<f64>>("[1, 2.5]").unwrap(), [1.0, 2.5]);
    assert_eq!(engine.eval::<Option<i64>>("null").unwrap(), None);
    assert_eq!(engine.eval::<Option<i64>>("5").unwrap(), Some(5));
    assert_eq!(engine.eval::<(i64, String)>("[1, \"x\"]").unwrap(), (1, "x".into()));
    let ages: BTreeMap<String, i64> = engine.eval("{\"Ada\": 36, \"1\": 2}").unwrap();
    assert_eq!(ages, BTreeMap::from([("Ada".into(), 36), ("1".into(), 2)]));
    let nested: HashMap<String, Vec<Option<bool>>> = engine.eval("{\"a\": [true, null]}").unwrap();
    assert_eq!(nested["a"], [Some(true), None]);
}

#[test]
fn wrong_types_tell_where_and_what() {
    let mut engine = engine();
    let mut text = |program: &str| match engine.eval::<HashMap<String, Vec<i64>>>(program) {
        Err(Error::Conversion(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text("1"), "expected dict, got int");
    assert_eq!(text("{\"a\": [1, \"b\"]}"), "entry \"a\": element 1: expected int, got string");
    let number =
        |engine: &mut Engine, program: &str| engine.eval::<u8>(program).unwrap_err().to_string();
    assert_eq!(number(&mut engine, "256"), "expected int from 0 to 255, got 256");
    assert_eq!(number(&mut engine, "1.0"), "expected int, got float");
    assert_eq!(
        engine.eval::<(i64, i64)>("[1]").unwrap_err().to_string(),
        "expected an array of 2 elements, got one of 1"
    );
}

#[test]
fn values_go_in_and_out_unchanged() {
    let mut engine = engine();
    let dict = BTreeMap::from([("k".to_string(), Value::from(1i64)), ("10".into(), Value::Null)]);
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Float(-0.0),
        Value::from("ä\0"),
        Value::Array(vec![Value::Int(1), Value::Float(1.0), Value::Array(vec![])]),
        Value::Dict(dict),
    ];
    for value in values {
        engine.set("v", value.clone()).unwrap();
        assert_eq!(engine.get::<Value>("v").unwrap(), value);
        assert_eq!(engine.run("v").unwrap(), value);
        let shown = engine.eval::<String>("to_string(v)").unwrap();
        assert_eq!(value.to_string(), shown);
        let kind = engine.eval::<String>("type(v)").unwrap();
        assert_eq!(value.kind(), kind);
    }
}

#[test]
fn objects_can_be_shown_looked_into_and_handed_back() {
    let mut engine = engine();
    let point: Object = engine
        .eval("struct P { x: int, y = [1] func sum(self) { return self.x + len(self.y) } }\nP { x: 3 }")
        .unwrap();
    assert_eq!(point.kind(), "struct");
    assert_eq!(point.struct_name().as_deref(), Some("P"));
    assert_eq!(point.field("x"), Some(Value::Int(3)));
    assert_eq!(point.field("z"), None);
    assert_eq!(point.fields().len(), 2);
    assert_eq!(point.to_string(), "P { x: 3, y: [1] }");
    engine.set("p", point.clone()).unwrap();
    assert_eq!(engine.eval::<i64>("p.sum()").unwrap(), 4);
    engine.run("p.x := 9").unwrap();
    assert_eq!(point.field("x"), Some(Value::Int(3)), "values are independent");
    let nested = "let a := []  for i in 100000 { a := [a] }  a";
    assert_eq!(engine.run(nested).unwrap().kind(), "array");
    let option: Object = engine.eval("Some(1)").unwrap();
    assert_eq!((option.kind(), option.to_string()), ("option", "Some(1)".into()));
}

// Functions of the host

#[test]
fn registered_functions_are_called_in_every_mode() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let log = seen.clone();
        engine.register("note", move |n: i64| log.borrow_mut().push(n));
        engine.register("mix", |a: i64, b: f64, c: String| format!("{a} {b} {c}"));
        engine.register("nothing", || ());
        engine.register("pair", |n: i64| (n, -n));
        let program = "let out := \"\"\n\
            for i in 50 { note(i)  nothing()  let [a, b] := pair(i)  out := mix(a, b, \"x\") }\nout";
        assert_eq!(engine.eval::<String>(program).unwrap(), "49 -49 x", "{mode}");
        assert_eq!(*seen.borrow(), (0..50).collect::<Vec<_>>(), "{mode}");
        assert_eq!(
            engine.eval::<Vec<i64>>("map([1, 2], func(n) { return pair(n)[1] })").unwrap(),
            [-1, -2]
        );
        assert_eq!(engine.eval::<String>("to_string(mix)").unwrap(), "<native function: mix>");
    }
}

#[test]
fn errors_of_registered_functions_are_raised() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        engine
            .register("even", |n: i64| if n % 2 == 0 { Ok(n) } else { Err(format!("{n} is odd")) });
        let program = "let caught := []\nfor i in 40 { try { even(i) } except e { caught := push(caught, e.message) } }\ncaught";
        let caught: Vec<String> = engine.eval(program).unwrap();
        assert_eq!((caught.len(), caught[19].as_str()), (20, "39 is odd"), "{mode}");
        let error = engine.run("\neven(7)").unwrap_err();
        let Error::Runtime(error) = error else { panic!("{error:?}") };
        assert_eq!((error.kind, error.message.as_str()), (RuntimeErrorKind::Builtin, "7 is odd"));
        assert_eq!(error.at.map(|at| (at.line, at.column)), Some((2, 1)));
        assert_eq!(
            message(engine.run("even(\"x\")")),
            "even() expects int as argument 1, got string"
        );
        assert_eq!(message(engine.run("even()")), "even expects 1 arguments, got 0");
    }
}

#[test]
fn any_number_of_arguments_comes_as_a_slice() {
    let mut engine = engine();
    engine.register("count", |values: &[Value]| values.len() as u32);
    assert_eq!(engine.eval::<Vec<i64>>("[count(), count(1, \"a\", null)]").unwrap(), [0, 3]);
}

#[test]
fn a_registered_name_replaces_what_it_meant() {
    let mut engine = engine();
    engine
        .run("func greet() { return \"ruff\" }  func twice() { return greet() + greet() }")
        .unwrap();
    engine.register("greet", || "rust");
    assert_eq!(engine.eval::<String>("twice()").unwrap(), "rustrust");
    engine.register("len", |_: Value| 7);
    assert_eq!(engine.eval::<i64>("len([])").unwrap(), 7);
}

#[test]
fn a_panic_of_a_registered_function_goes_on_in_the_host() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        engine.register("maybe", |n: i64| assert!(n < 30, "thirty"));
        engine.run("let done := 0").unwrap();
        let program = "for i in 100 { try { maybe(i) } except { }  done := i }";
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| engine.run(program)));
        std::panic::set_hook(hook);
        let panic = caught.expect_err("the panic is passed on");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"thirty"), "{mode}");
        assert_eq!(engine.eval::<i64>("done").unwrap(), 29, "{mode}");
    }
}

// Calls

#[test]
fn functions_of_the_program_can_be_called() {
    let mut engine = engine();
    engine.run("func add(a, b) { return a + b }  func none() { }\nlet k := 3  func counter() { let n := k  return func() { n += 1  return n } }").unwrap();
    assert_eq!(engine.call::<i64>("add", (1, 2)).unwrap(), 3);
    assert_eq!(engine.call::<String>("add", ("a", 1.5)).unwrap(), "a1.5");
    engine.call::<()>("none", ()).unwrap();
    let counter: Object = engine.call("counter", ()).unwrap();
    assert!(counter.is_callable());
    assert_eq!(engine.call_value::<i64>(&counter, ()).unwrap(), 4);
    assert_eq!(engine.call_value::<i64>(&counter, ()).unwrap(), 5);
    assert_eq!(engine.call::<i64>("len", (vec![1, 2],)).unwrap(), 2);
    assert!(
        matches!(engine.call::<()>("missing", ()), Err(Error::Unknown(name)) if name == "missing")
    );
    assert_eq!(message(engine.call::<()>("k", ())), "Cannot call non-function value of type int");
    assert_eq!(message(engine.call::<()>("add", (1,))), "add expects 2 arguments, got 1");
    let many: Vec<Value> = (0..300).map(Value::Int).collect();
    assert!(message(engine.call::<()>("add", many)).contains("at most 255 arguments"));
}

#[test]
fn calls_get_hot_and_keep_the_state() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        engine.run("let total := 0\nfunc work(n) { for i in n { total := total + i % 7 }  return total }").unwrap();
        let mut expected = 0;
        for n in 0..60 {
            expected += (0..n).map(|i| i % 7).sum::<i64>();
            assert_eq!(engine.call::<i64>("work", (n,)).unwrap(), expected, "{mode} {n}");
        }
        assert_eq!(engine.get::<i64>("total").unwrap(), expected);
        engine.set("total", 0.5).unwrap();
        assert_eq!(engine.call::<f64>("work", (10,)).unwrap(), 24.5 + 0.0, "{mode}");
    }
}

#[test]
fn errors_in_calls_show_the_way_there() {
    let mut engine = engine();
    engine.run("func outer() {\n    inner()\n}\nfunc inner() { throw {\"code\": 5} }").unwrap();
    let Err(Error::Runtime(error)) = engine.call::<()>("outer", ()) else { panic!("raises") };
    assert_eq!(error.kind, RuntimeErrorKind::Thrown);
    assert_eq!(error.value, Some(Value::Dict(BTreeMap::from([("code".into(), Value::Int(5))]))));
    let functions: Vec<&str> = error.stack.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(functions, ["inner", "outer"]);
    assert_eq!((error.stack[0].called_at.line, error.stack[0].called_at.column), (2, 5));
}

#[test]
fn tasks_run_at_the_end_of_texts_and_calls() {
    let mut engine = engine();
    engine.run("func later(x) { spawn { print(\"task\", x) }  print(\"now\") }\nlater(1)").unwrap();
    assert_eq!(engine.take_output(), "now\ntask 1\n");
    engine.call::<()>("later", (2,)).unwrap();
    assert_eq!(engine.take_output(), "now\ntask 2\n");
}

// State that lasts

#[test]
fn texts_see_what_earlier_ones_have_declared() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        engine.run("let x := 1\nconst K := 10\nfunc next() { x := x + K  return x }").unwrap();
        engine.run("struct P { a, b = K func sum(self) { return self.a + self.b } }").unwrap();
        engine.run("enum E { One, Two }\nlet p := P { a: next() }").unwrap();
        assert_eq!(engine.eval::<i64>("p.sum()").unwrap(), 21, "{mode}");
        assert!(engine.eval::<bool>("let e := E::One\nlet same := false\nmatch e { case E::One { same := true } }\nsame").unwrap());
        // Assigning changes the variable that the function sees.
        assert_eq!(engine.eval::<i64>("x := 100\nnext()").unwrap(), 110);
        assert_eq!(message(engine.run("K := 1")), "Cannot reassign const binding: K");
        // Hot loops in later texts, over variables of earlier ones.
        engine.run("for i in 100 { x := x + 1  p.a := p.a + x }").unwrap();
        assert_eq!(engine.get::<i64>("x").unwrap(), 210);
        assert_eq!(engine.eval::<i64>("p.a").unwrap(), 11 + (111..=210).sum::<i64>());
        assert_eq!(engine.eval::<i64>("next()").unwrap(), 220, "{mode}");
        let names = engine.names();
        assert_eq!(names, ["E", "K", "P", "e", "next", "p", "same", "x"]);
    }
}

#[test]
fn names_can_be_declared_again() {
    let mut engine = engine();
    engine.run("let x := 1\nfunc get() { return x }").unwrap();
    engine.run("let x := \"new\"").unwrap();
    assert_eq!(engine.eval::<String>("x").unwrap(), "new");
    // As in one text: what was made before keeps the old variable.
    assert_eq!(engine.eval::<i64>("get()").unwrap(), 1);
    // A function that is declared again is the same name for all.
    engine.run("func twice() { return 2 * get() }\nfunc get() { return 21 }").unwrap();
    engine.run("func get() { return 50 }").unwrap();
    assert_eq!(engine.eval::<i64>("twice()").unwrap(), 100);
    engine.run("struct S { a }\nlet old := S { a: 1 }").unwrap();
    engine.run("struct S { a, b }").unwrap();
    assert_eq!(
        engine.eval::<String>("to_string([old, S { a: 2, b: 3 }])").unwrap(),
        "[S { a: 1 }, S { a: 2, b: 3 }]"
    );
}

#[test]
fn functions_may_use_what_comes_later() {
    let mut engine = engine();
    engine.run("func outer() { return helper(limit) }").unwrap();
    assert_eq!(message(engine.run("helper(1)")), "Undefined variable: helper");
    assert_eq!(message(engine.run("limit")), "Undefined variable: limit");
    assert_eq!(engine.names(), ["outer"]);
    engine.run("func helper(n) { return n + 1 }").unwrap();
    assert_eq!(message(engine.run("outer()")), "Undefined variable: limit");
    engine.run("let limit := 41").unwrap();
    assert_eq!(engine.eval::<i64>("outer()").unwrap(), 42);
    engine.set("limit", 1).unwrap();
    assert_eq!(engine.eval::<i64>("outer()").unwrap(), 2);
}

#[test]
fn a_text_that_fails_leaves_the_rest_intact() {
    let mut engine = engine();
    engine.run("let a := 1\nlet b := 2\nfunc f() { return a + b }").unwrap();
    assert!(matches!(engine.run("let a := (5"), Err(Error::Syntax(errors)) if errors.len() == 1));
    assert!(matches!(engine.run("let a := 6  break"), Err(Error::Rejected(_))));
    assert_eq!(engine.eval::<i64>("f()").unwrap(), 3);
    // What was done before the error stays; what was not reached means what it did.
    let failing = "let a := 10\nlet c := 30\nlet x := [1][5]\nlet b := 20\nlet d := 40";
    assert_eq!(message(engine.run(failing)), "Index out of bounds: 5");
    assert_eq!(engine.eval::<Vec<i64>>("[a, b, c, f()]").unwrap(), [10, 2, 30, 3]);
    assert_eq!(engine.names(), ["a", "b", "c", "f"]);
    assert_eq!(message(engine.run("d")), "Undefined variable: d");
    // A function of the failed text waits for the name that it never got.
    let failing = "func g() { return late }\nlet x := 1 / 0\nlet late := 1";
    assert_eq!(message(engine.run(failing)), "Division by zero");
    engine.run("late := 5").unwrap();
    assert_eq!(engine.eval::<i64>("g()").unwrap(), 5);
}

#[test]
fn many_texts_need_no_more_room_than_a_few() {
    let mut engine = engine();
    engine.run("let kept := 0\nfunc keep(n) { kept := kept + n }").unwrap();
    for n in 0..40_000 {
        engine
            .run("let a := [1, 2]  let b := a[0]  keep(b)")
            .unwrap_or_else(|e| panic!("{n}: {e}"));
    }
    assert_eq!(engine.get::<i64>("kept").unwrap(), 40_000);
}

#[test]
fn the_value_of_a_text_is_that_of_its_last_expression() {
    let mut engine = engine();
    for (text, expected) in [
        ("1 + 1", Value::Int(2)),
        ("let x := 1", Value::Null),
        ("x", Value::Int(1)),
        ("x", Value::Int(1)),
        ("let s := [\"a\"]\ns", Value::Array(vec![Value::from("a")])),
        ("s[0]", Value::from("a")),
        ("if true { 5 }", Value::Null),
        ("5\nlet y := 6", Value::Null),
        ("return 7", Value::Int(7)),
        ("", Value::Null),
        ("print(1)", Value::Null),
        (
            "[1, 2].map(func(n) { return n * 2 }).collect()",
            Value::Array(vec![Value::Int(2), Value::Int(4)]),
        ),
    ] {
        assert_eq!(engine.run(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn modules_are_imported_once_for_all_texts() {
    let folder = std::env::temp_dir().join(format!("ruff-embed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let shapes = "print(\"loading\")\nlet made := 0\nexport struct Square { side }\n\
                  export func square(n) { made := made + 1  return Square { side: n } }\n\
                  export func count() { return made }";
    std::fs::write(folder.join("shapes.ruff"), shapes).unwrap();
    std::fs::write(folder.join("other.ruff"), "import shapes\nexport let two := square(2)")
        .unwrap();
    let main = folder.join("main.ruff");
    std::fs::write(&main, "from shapes import square, count\nsquare(1)").unwrap();
    let mut engine = engine();
    let made: Object =
        engine.run_file(&main).and_then(|v| Ok(ruff::FromValue::from_value(v)?)).unwrap();
    assert_eq!(made.to_string(), "Square { side: 1 }");
    let name = main.to_str().unwrap();
    assert_eq!(
        engine.run_named(name, "import other\nother.two").unwrap().to_string(),
        "Square { side: 2 }"
    );
    assert_eq!(
        engine.run_named(name, "from shapes import Square\ncount()").unwrap(),
        Value::Int(2)
    );
    assert_eq!(engine.run("Square { side: 3 } == square(3)").unwrap(), Value::Bool(true));
    assert_eq!(engine.take_output(), "loading\n");
    assert_eq!(message(engine.run("import missing")), "Module not found: missing");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(engine.run_file(&main), Err(Error::File(path, _)) if path == main));
}

#[test]
fn output_is_kept_or_written() {
    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let shared = Shared::default();
    let mut engine = Engine::builder().output(shared.clone()).arguments(["a", "b"]).build();
    engine.run("print(args())").unwrap();
    assert_eq!(*shared.0.borrow(), b"[a, b]\n");
    assert!(engine.run("print(\"x\")\n1 / 0").is_err());
    assert_eq!(*shared.0.borrow(), b"[a, b]\nx\n");
    let mut engine = self::engine();
    engine.run("print(1)").unwrap();
    engine.run("print(2)").unwrap();
    assert_eq!((engine.take_output(), engine.take_output()), ("1\n2\n".into(), String::new()));
    assert!(matches!(engine.run("exit(3)"), Err(Error::Exit(3))));
    assert_eq!(engine.eval::<i64>("1").unwrap(), 1, "the engine goes on after exit()");
}

// Limits

/// Programs that never end on their own, whatever they do meanwhile.
const ENDLESS: [(&str, &str); 10] = [
    ("empty loop", "loop { }"),
    ("numbers", "let i := 0  while true { i := (i + 1) % 1000 }"),
    ("caught", "loop { try { throw 1 } except e { } }"),
    (
        "faults caught",
        "loop { try { parse_int(\"x\") } except { try { 1 / 0 } except e { let m := e.message } } }",
    ),
    ("nested loops", "let s := 0  loop { for i in 10 { for j in 3 { s := (s + j) % 7 } } }"),
    (
        "inner loops that end at once later on",
        "let i := 0  loop { let k := 3  if i > 300 { k := 0 }  while k > 0 { k -= 1 }  i += 1 }",
    ),
    ("recursion", "func f(n) { if n > 0 { f(n - 1)  f(n - 1) } }  f(300)"),
    ("generator", "func* g() { let i := 0  loop { yield i  i := i + 1 } }  for x in g() { }"),
    (
        "endless iterator",
        "func* g() { loop { yield 1 } }  g().filter(func(x) { return x > 1 }).collect()",
    ),
    ("callbacks", "loop { map([1, 2, 3], func(n) { return n + 1 }) }"),
];

#[test]
fn time_ends_every_program() {
    for mode in MODES {
        let mut engine = builder(mode).time_limit(Duration::from_millis(60)).build();
        for (name, program) in ENDLESS.into_iter().chain([("sleep", "sleep(100000)")]) {
            let began = Instant::now();
            let error = engine.run(program).unwrap_err();
            let Error::Limit(Limit::Time, at) = error else { panic!("{mode} {name}: {error:?}") };
            assert_eq!(at.message, "Time limit exceeded");
            assert!(at.at.is_some(), "{name}");
            assert!(began.elapsed() < Duration::from_secs(20), "{mode} {name}");
            assert_eq!(engine.eval::<i64>("1 + 1").unwrap(), 2, "{mode} {name}: goes on");
        }
    }
}

#[test]
fn steps_end_every_program_at_the_same_place() {
    for mode in MODES {
        let mut engine = builder(mode).step_limit(20_000).build();
        for (name, program) in ENDLESS {
            let error = engine.run(program).unwrap_err();
            assert!(matches!(error, Error::Limit(Limit::Steps, _)), "{mode} {name}: {error:?}");
        }
        // What fits the limit runs, each time anew.
        for _ in 0..3 {
            engine.run("for i in 15000 { }").unwrap();
        }
        // Rounds are counted one by one, in machine code too.
        let counted = "let rounds := 0  loop { rounds := rounds + 1 }";
        engine.run(counted).unwrap_err();
        let rounds: i64 = engine.get("rounds").unwrap();
        assert!((19_990..=20_010).contains(&rounds), "{mode}: {rounds}");
    }
}

#[test]
fn memory_ends_programs_that_hold_too_much() {
    let hungry = [
        ("ints", "let a := []  let i := 0  loop { a := push(a, i) }"),
        ("strings", "let a := []  let i := 0  loop { a := push(a, \"text \" + i)  i := i + 1 }"),
        ("text", "let s := \"x\"  loop { s := s + \"0123456789\" }"),
        ("doubling", "let s := \"x\"  loop { s := s + s }"),
        ("doubling array", "let a := [1]  loop { a := a + a }"),
        ("concat", "let a := [1]  loop { a := concat(a, a) }"),
        ("shown", "let a := [1]  loop { a := [a, a]  let s := to_string(a) }"),
        ("flattened", "let a := [[1]]  loop { a := [flatten([...a, ...a])] }"),
        ("dict", "let d := {}  let i := 0  loop { d[i] := i  i := i + 1 }"),
        ("set", "let s := Set()  let i := 0  loop { s := set_add(s, i)  i := i + 1 }"),
        ("queue", "let q := Queue()  loop { q := queue_enqueue(q, 1) }"),
        ("structs", "struct N { next }  let n := null  loop { n := N { next: n } }"),
        ("closures", "let f := null  loop { let g := f  f := func() { return g } }"),
        ("recursion", "func f(n) { let a := range(0, 1000)  return f(n + 1) + len(a) }  f(0)"),
        ("one range", "range(0, 100000000)"),
        ("one text", "repeat(\"x\", 500000000)"),
        (
            "straight",
            "let s := repeat(\"x\", 1000000)\nlet t := s + s + s + s + s + s + s + s + s + s\nlet u := t + t + t\nlet v := u + u + u\nlet w := v + v + v\nprint(len(w))",
        ),
    ];
    for mode in MODES {
        let mut engine = builder(mode).memory_limit(16 << 20).build();
        for (name, program) in hungry {
            let error = engine.run(program).unwrap_err();
            assert!(matches!(error, Error::Limit(Limit::Memory, _)), "{mode} {name}: {error:?}");
            assert_eq!(engine.take_output(), "", "{name}: nothing after the limit is seen");
            // Lets go of what the program held.
            for variable in ["a", "s", "d", "q", "n", "f", "t", "u", "v", "w"] {
                let _ = engine.set(variable, ());
            }
            engine.run("let b := range(0, 1000)").unwrap_or_else(|e| panic!("{mode} {name}: {e}"));
        }
        engine.run("let total := 0  for i in 3000 { let a := range(0, 1000)  total := total + len(a) }").unwrap();
    }
}

#[test]
fn a_program_that_passes_the_limit_at_its_end_does_not_stop_the_next() {
    let mut options = Options::default();
    options.set("memory_limit", "1000000").unwrap();
    let mut runner = Runner::new(options);
    let grows = runner.compile("grows.ruff", "let a := range(0, 100000)\na := push(a, 1)").unwrap();
    let next = runner.compile("next.ruff", "print(len([1, 2]))").unwrap();
    let captured = runner.run_captured(&grows);
    assert!(matches!(captured.outcome, Outcome::Finished), "{:?}", captured.outcome);
    let captured = runner.run_captured(&next);
    assert!(matches!(captured.outcome, Outcome::Finished), "{:?}", captured.outcome);
    assert_eq!(captured.output, "2\n");
}

#[test]
fn recursion_is_limited_and_can_be_caught() {
    for mode in MODES {
        let mut engine = builder(mode).recursion_limit(100).build();
        let program = "func down(n) { return 1 + down(n + 1) }\nlet m := \"\"\ntry { down(0) } except e { m := e.message }\nm";
        let caught: String = engine.eval(program).unwrap();
        assert_eq!(caught, "Maximum call stack depth of 100 exceeded while calling down", "{mode}");
        let Err(Error::Runtime(error)) = engine.call::<()>("down", (0,)) else { panic!("raises") };
        assert_eq!(error.kind, RuntimeErrorKind::Depth);
    }
}

#[test]
fn files_and_processes_can_be_denied() {
    let mut engine = builder("on").deny_files().deny_processes().build();
    let Err(Error::Runtime(error)) = engine.run("read_file(\"Cargo.toml\")") else {
        panic!("raises")
    };
    assert_eq!(error.kind, RuntimeErrorKind::Denied);
    assert_eq!(error.message, "read_file() is not allowed: access to files is denied");
    for program in [
        "write_file(\"x\", \"y\")",
        "file_exists(\"x\")",
        "list_dir(\".\")",
        "await async_read_file(\"x\")",
        "kv_set(\"a\", \"b\")",
        "sha256_file(\"x\")",
        "os_getcwd()",
        "map([\"x\"], read_file)",
    ] {
        assert!(message(engine.run(program)).ends_with("access to files is denied"), "{program}");
    }
    let denied = "access to other processes is denied";
    for program in ["execute(\"ls\")", "spawn_process([\"ls\"])", "pipe_commands([[\"ls\"]])"] {
        assert!(message(engine.run(program)).ends_with(denied), "{program}");
    }
    assert!(message(engine.run("import examples.sieve")).ends_with("access to files is denied"));
    let caught = "let m := 1\ntry { execute(\"ls\") } except e { m := 2 }\nm";
    assert_eq!(engine.eval::<i64>(caught).unwrap(), 2);
    let mut engine = builder("on").deny_processes().build();
    assert!(engine.eval::<bool>("file_exists(\"Cargo.toml\")").unwrap());
}

// Interrupts

#[test]
fn another_thread_interrupts_every_program_in_every_mode() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        for (name, program) in ENDLESS.into_iter().chain([("sleep", "sleep(100000)")]) {
            let interrupter = engine.interrupter();
            let thread = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(30));
                interrupter.interrupt();
            });
            let began = Instant::now();
            let error = engine.run(program).unwrap_err();
            assert!(matches!(error, Error::Interrupted(_)), "{mode} {name}: {error:?}");
            assert!(began.elapsed() < Duration::from_secs(20), "{mode} {name}");
            thread.join().unwrap();
            assert_eq!(engine.eval::<i64>("1 + 1").unwrap(), 2, "{mode} {name}: goes on");
        }
    }
}

#[test]
fn an_interrupt_leaves_the_exact_state() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        engine.register("tick", {
            let interrupter = engine.interrupter();
            move |n: i64| {
                if n == 5000 {
                    interrupter.interrupt();
                }
            }
        });
        engine.run("let n := 0\nlet squares := []").unwrap();
        let program = "loop { n := n + 1  squares := push(squares, n * n)  tick(n) }";
        assert!(matches!(engine.run(program), Err(Error::Interrupted(_))), "{mode}");
        let n: i64 = engine.get("n").unwrap();
        assert!((5000..5600).contains(&n), "{mode}: {n}");
        let squares: Vec<i64> = engine.get("squares").unwrap();
        assert_eq!(squares, (1..=n).map(|n| n * n).collect::<Vec<_>>(), "{mode}");
    }
}

#[test]
fn whatever_ends_a_method_its_receiver_stays_in_its_place() {
    for mode in MODES {
        let mut engine = builder(mode).build();
        let interrupter = engine.interrupter();
        engine.register("stop", move || interrupter.interrupt());
        let declarations = "
            struct Counter {
                n = 0
                func fails(self) { self.n += 1  throw \"no\" }
                func captured(self) { let show := func() { return self.n }  self.n += 2  throw show() }
                func spins(self) { self.n += 4  stop()  loop { } }
                func divides(self) { self.n += 8  return 1 / 0 }
            }
            let one := Counter {}
            let many := [Counter {}]
            let named := {\"a\": {\"b\": Counter {}}}
            func seen() { return [one, many, named] }";
        engine.run(declarations).unwrap();
        for (method, sum) in [("fails", 1), ("captured", 3), ("spins", 7), ("divides", 15)] {
            for place in ["one", "many[0]", "named.a.b"] {
                let error = engine.run(&format!("{place}.{method}()")).unwrap_err();
                let interrupted = matches!(error, Error::Interrupted(_));
                assert_eq!(interrupted, method == "spins", "{mode} {place}.{method}: {error:?}");
                let n: i64 = engine.eval(&format!("{place}.n")).unwrap();
                assert_eq!(n, sum, "{mode} {place}.{method}");
            }
        }
        // In calls of the host, and in the text that declares everything.
        engine.run("func again() { many[0].fails() }").unwrap();
        let error = message(engine.call::<()>("again", ()));
        assert!(error.contains("no"), "{mode}: {error}");
        assert_eq!(engine.eval::<i64>("many[0].n").unwrap(), 16, "{mode}");
        let text = format!("{declarations}\nmany[0].divides()");
        let Err(Error::Runtime(error)) = engine.run(&text) else { panic!("{mode}: no error") };
        assert_eq!(error.message, "Division by zero", "{mode}");
        assert_eq!(error.stack.len(), 1, "{mode}: {error:?}");
        assert_eq!(engine.eval::<i64>("many[0].n").unwrap(), 8, "{mode}");
    }
}

#[test]
fn a_request_waits_for_the_next_run_unless_withdrawn() {
    let mut engine = engine();
    engine.interrupter().interrupt();
    assert!(matches!(engine.run("for i in 1000 { }"), Err(Error::Interrupted(_))));
    engine.run("for i in 1000 { }").unwrap();
    engine.interrupter().interrupt();
    engine.interrupter().withdraw();
    engine.run("for i in 1000 { }").unwrap();
}

#[test]
fn names_that_nothing_declares_are_of_one_kind() {
    let programs = [
        "nothing",
        "Nothing { x: 1 }",
        "Nothing::A",
        "enum E { A }\nE::B",
        "enum E { A }\nmatch E::A { case E::B { } }",
        "struct P { x }\nP { y: 1 }",
    ];
    for program in programs {
        let mut engine = Engine::new();
        match engine.run(program) {
            Err(Error::Runtime(error)) => {
                assert_eq!(error.kind, RuntimeErrorKind::Name, "{program}: {}", error.message);
            }
            other => panic!("{program}: {other:?}"),
        }
    }
}
