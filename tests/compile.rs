//! The compiler: what programs become, and that everything it makes verifies.

use ruff::bytecode::diamond::join_of;
use ruff::bytecode::{Code, SourceFile, disassemble, verify};
use ruff::compile::{Builtins, CompileError, CompileErrorKind, NoModules, Settings, compile};
use ruff::syntax::parse;
use ruff::value::Value;
use std::rc::Rc;

/// The builtins that the tests use, in a fixed order.
struct Few;

impl Builtins for Few {
    fn lookup(&self, name: &str) -> Option<u32> {
        let names = ["print", "len", "push", "range", "sort", "to_string", "pop"];
        let hidden = name.starts_with("__")
            || ["<begin import>", "<end import>", "<module>", "<apply>", "promise_all"]
                .contains(&name);
        names.iter().position(|n| *n == name).or(hidden.then_some(7)).map(|n| n as u32)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        (name == "PI").then(|| Value::float(std::f64::consts::PI))
    }

    fn prelude_function(&self, name: &str, arguments: usize) -> Option<&'static str> {
        (name == "sort" && arguments == 2).then_some("sort_by")
    }

    fn reuses(&self, row: u32, arguments: usize) -> bool {
        [(4, 1), (6, 1)].contains(&(row, arguments))
    }

    fn displays(&self, row: u32) -> bool {
        row == 5
    }

    fn prelude(&self) -> &'static str {
        "func sort_by(a, f) { return a }"
    }
}

fn compiled(source: &str) -> Result<Rc<Code>, Vec<CompileError>> {
    let parsed = parse(source);
    assert!(parsed.errors.is_empty(), "{source}: {:?}", parsed.errors);
    let file = Rc::new(SourceFile::new("test.ruff", source));
    let settings = Settings { first_code: 0, hot_loop: 50 };
    let code = compile(&parsed.program, file, &Few, &NoModules, settings)?;
    verify(&code).unwrap_or_else(|error| panic!("{error}\n{}", disassemble(&code)));
    Ok(code)
}

/// Errors that no handler reads are not made.
#[test]
fn handlers_that_do_not_read_their_error_are_known() {
    let ignored = |source: &str| {
        let text = disassemble(&compiled(source).unwrap());
        (text.matches(" ignored\n").count(), text.matches("handler ").count())
    };
    assert_eq!(ignored("try { print(1) } except { print(2) }"), (1, 1));
    assert_eq!(ignored("try { print(1) } except e { print(2) }"), (1, 1));
    assert_eq!(ignored("try { print(1) } except e { print(e) }"), (0, 1));
    assert_eq!(ignored("try { print(1) } except e { e := 2 print(e) }"), (1, 1));
    assert_eq!(ignored("func f() { try { return 1 } except e { throw e } }"), (0, 1));
    assert_eq!(ignored("try { print(1) } except e { let f := func() { return e } }"), (0, 1));
    let nested = "try { try { print(1) } except { print(2) } } except e { print(e) }";
    assert_eq!(ignored(nested), (1, 2));
}

/// Sums that begin with a text, and where they take part in one.
#[test]
fn sums_of_texts_are_made_at_once() {
    let operations = |source: &str| {
        let text = disassemble(&compiled(&format!("let x := 1\nlet y := 2\n{source}")).unwrap());
        let count = |name: &str| text.matches(name).count();
        (count("Concat"), count("Add"), count("CallNative"))
    };
    assert_eq!(operations("print(to_string(x) + \",\" + to_string(y))"), (1, 0, 1));
    assert_eq!(operations("print(\"a\" + x + to_string(y) + 1)"), (1, 0, 1));
    assert_eq!(operations("print(\"a\" + x + to_string(y) - x + y)"), (1, 1, 1));
    assert_eq!(operations("print(x + to_string(y))"), (0, 1, 2), "x may be a struct");
    assert_eq!(operations("print(\"a\" + x + y)"), (0, 2, 1), "there is no text to save");
    let own = "func to_string(x) { return x }\nprint(\"a\" + to_string(y))";
    assert_eq!(operations(own), (0, 1, 1), "the name is the program's");
}

/// Every program of the repository compiles to code that verifies.
#[test]
fn programs_verify() {
    let mut folders = vec![std::path::PathBuf::from("examples"), "benches/programs".into()];
    folders.push("tests/golden".into());
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "ruff") {
                let source = std::fs::read_to_string(&path).unwrap();
                if !parse(&source).errors.is_empty() {
                    continue;
                }
                match compiled(&source) {
                    Ok(_) => count += 1,
                    Err(errors) => println!("{}: {errors:?}", path.display()),
                }
            }
        }
    }
    assert!(count > 60, "{count} programs");
}

fn code_of(source: &str) -> Rc<Code> {
    compiled(source).unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
}

/// The instructions of `source` (or of its function `name`), without positions.
fn instructions(source: &str, name: &str) -> String {
    let text = disassemble(&code_of(source));
    let start = text.find(&format!("function {name} ")).expect("the function");
    let lines = text[start..].lines().skip(1).take_while(|line| !line.is_empty());
    let lines = lines.filter(|line| !line.starts_with("  variables"));
    let lines = lines.map(|line| {
        let line = line.split(';').next().unwrap_or("").trim();
        let numbered = line.starts_with(|c: char| c.is_ascii_digit());
        line.split_whitespace().skip(usize::from(numbered)).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(table: &[(&str, &str, &str)]) {
    for (source, function, expected) in table {
        let expected: Vec<&str> = expected.lines().map(str::trim).collect();
        assert_eq!(instructions(source, function), expected.join("\n"), "for {source}");
    }
}

#[test]
fn expressions() {
    check(&[
        (
            "x := 2 * 3 - 1 y := x + 1 * x",
            "<main>",
            "LoadInt r0, 5
             LoadInt t3, 1
             Multiply t3, t3, r0
             Add r1, r0, t3
             ReturnNull",
        ),
        (
            "x := 1 x := (x + x * 3) % 1000003",
            "<main>",
            "LoadInt r0, 1
             MultiplyInt t2, r0, 3
             Add t1, r0, t2
             LoadInt t2, 1000003
             Modulo r0, t1, t2
             ReturnNull",
        ),
        (
            "func f(a, b) { return a ?? b && !a }",
            "f",
            "Move t2, r0
             JumpIfNotNull t2, -> 8
             JumpIfNot r1, -> 7
             Not t3, r0
             JumpIfNot t3, -> 7
             LoadBool t2, 1
             Jump -> 8
             LoadBool t2, 0
             Return t2
             ReturnNull",
        ),
    ]);
}

/// Chains that must be reordered or copied to keep the order of evaluation.
#[test]
fn evaluation_order() {
    // `g` may assign `n`, so the left operand is copied before the call.
    let text = instructions("n := 1 func g() { n := 2 return n } print(n + g())", "<main>");
    assert!(text.contains("Move t3, r1"), "{text}");
    // The container may not become its own element.
    let text = instructions("a := [1] a[0] := a", "<main>");
    assert!(text.contains("Move"), "{text}");
}

#[test]
fn growing_in_place() {
    check(&[
        (
            "func f(a, s) { a := push(a, 1) s := s + \"x\" + a s += s }",
            "f",
            "LoadInt t2, 1
             Push r0, t2
             LoadConst t2, \"x\"
             Add r1, r1, t2
             Add r1, r1, r0
             Add r1, r1, r1
             ReturnNull",
        ),
        (
            "func f(g, i, j) { g[i][j + 1] := 0 g[i] += 1 }",
            "f",
            "LoadInt t3, 0
             AddInt t4, r2, 1
             PlaceIndex t5, r0, r1
             SetIndex t5, t4, t3
             GetIndex t3, r0, r1
             AddInt t3, t3, 1
             SetIndex r0, r1, t3
             ReturnNull",
        ),
        (
            "struct S { items func add(self, v) { self.items := push(self.items, v) } }",
            "S.add",
            "PlaceMember t2, r0, .items
             Push t2, r1!
             ReturnNull",
        ),
        // What the call makes of the field is lost: what was there before it grows.
        (
            "struct S { items func f(self) { self.items := push(self.items, self.g()) } func g(self) { self.items := 1 } }",
            "S.f",
            "GetMember t1, r0, .items
             CallMethodPlace t2(0), .g, r0
             SetMember r0, .items, t1
             PlaceMember t3, r0, .items
             Push t3, t2
             ReturnNull",
        ),
        (
            "struct S { out func f(self, x) { self.out += x } }",
            "S.f",
            "PlaceMember t2, r0, .out
             PlaceAdd t2, r1, -> 5
             GetMember t2, r0, .out
             Add t2, t2, r1
             SetMember r0, .out, t2
             ReturnNull",
        ),
    ]);
}

/// A builtin whose result overwrites a place works on what is there.
#[test]
fn taking_out_of_a_place() {
    check(&[
        (
            "func f(s) { s.items := sort(s.items) }",
            "f",
            "GetMember t2, r0, .items
             Release t2
             PlaceMember t3, r0, .items
             CallNativeTaking t1(1), #4, t3
             SetMember r0, .items, t1
             ReturnNull",
        ),
        (
            "func f(s) { let [rest, last] := pop(s.items) s.items := rest return last }",
            "f",
            "GetMember r1, r0, .items
             Release r1
             PlaceMember t5, r0, .items
             Pop r2, t5
             GetMember r1, r0, .items
             Move r3, r1!
             Move r4, r2!
             Release r1
             Release r2
             SetMember r0, .items, r3!
             Return r4
             ReturnNull",
        ),
    ]);
}

/// What reads a variable last consumes it, unless something may still see it.
#[test]
fn last_uses() {
    check(&[
        (
            "func f(h, x) { h := g(h, len(h)) return x[0] } func g(h, n) { return h }",
            "f",
            "Intrinsic1 t4, len, r0
             Move t3, r0!
             CallModule t2(2), M[1] g
             Move r0, t2
             GetIndexInt t2, r1!, 0
             Return t2
             ReturnNull",
        ),
        (
            "func f(a) { while a[0] > 0 { a := g(a) } } func g(a) { return a }",
            "f",
            "GetIndexInt t1, r0, 0
             JumpIfNotGreaterInt t1, 0, -> 6
             Move t2, r0!
             CallModule t1(1), M[1] g
             Move r0, t1
             JumpBack loop 0, -> 0
             ReturnNull",
        ),
    ]);
    let consumes = |source: &str, function: &str| instructions(source, function).contains('!');
    // A handler may read it, a closure shares it, a later round reads it.
    assert!(!consumes("func f(a) { try { a := g(a) } except e { } return a } func g(a) {}", "f"));
    assert!(!consumes("func f(a) { let h := func() { return a } g(a) return h }", "f"));
    assert!(!consumes("func f(a) { loop { g(a) } } func g(a) {}", "f"));
    // Functions see variables of the module that they mention, and no others.
    let main = "a := [1] func g(b) { return b } a := g(a) print(a)";
    assert!(consumes(main, "<main>"));
    assert!(!consumes(&format!("{main} func h() {{ return a }} h()"), "<main>"));
    // The caller gets a receiver back that its method changes.
    let method =
        "struct P { x func m(self) { self.x := 1 return g(self) } } func g(p) { return 1 }";
    assert!(!consumes(method, "P.m"));
}

#[test]
fn variables() {
    // Shared cells; a hoisted function makes the variable's cell early.
    let source = "func f() { func g() { x := x + 1 return x } x := 1 return g }";
    let text = instructions(source, "f");
    assert!(text.contains("SetUndefined") && text.contains("SetCell"), "{text}");
    let text = instructions(source, "g");
    assert!(text.starts_with("GetCaptured"), "{text}");
    // A module variable that no function mentions is a plain register.
    let text = instructions("s := 0 for i in range(9) { s := s + i } print(s)", "<main>");
    assert!(!text.contains("Undefined") && text.contains("Add r0, r0, r4"), "{text}");
    // A name that a module variable further down also has is a local until that
    // variable is defined.
    let text = instructions("func f() { x := 1 return x } x := f()", "f");
    assert!(text.starts_with("LoadInt t2, 1\nModuleDefined r1, M[1] x"), "{text}");
    let text = instructions("x := 0 func f() { x := 1 }", "f");
    assert!(!text.contains("ModuleDefined"), "{text}");
    // Constants raise where control gets there.
    let text = instructions("const c := [1] c := 2 c[0] := 3", "<main>");
    assert!(text.contains("Raise 1, \"c\"") && text.contains("Raise 2, \"c\""), "{text}");
}

/// A closure asks which variable a name means only if it may run before the inner one is
/// declared, and the outer one may have another value by then.
#[test]
fn names_before_declarations() {
    let asked = "CapturedDefined t1, C[0] x
             JumpIfNot t1, -> 4
             GetCaptured t0, C[0] x
             Jump -> 5
             GetModule t0, M[1] x
             Return t0
             ReturnNull";
    let own = "GetCaptured t0, C[0] x
             Return t0
             ReturnNull";
    check(&[
        (
            "let x := 1 func t() { let g := func() { return x } let x := 2 } x := 3",
            "<lambda>",
            asked,
        ),
        ("let x := 1 func t() { g() let x := 2 func g() { return x } } x := 3", "g", asked),
        ("let x := 1 func t() { let x := 2 func g() { return x } g() } x := 3", "g", own),
        ("let x := 1 func t() { let x := 2 let g := func() { return x } } x := 3", "<lambda>", own),
        ("func t() { let g := func() { return x } let x := 2 }", "<lambda>", own),
        ("func x() {} func t() { let g := func() { return x } let x := 2 }", "<lambda>", own),
    ]);
}

#[test]
fn methods_on_places() {
    let declare = "struct P { x func m(self) { self.x := 1 } } ";
    let text = instructions(&format!("{declare} p := P {{}} p.m()"), "<main>");
    assert!(text.contains("CallMethodPlace") && !text.contains("cleanup"), "{text}");
    let text = instructions(&format!("{declare} a := [P {{}}] a[0].m()"), "<main>");
    assert!(text.contains("CallMethodPlace") && text.contains("cleanup"), "{text}");
    let text = instructions("func f(d) { d.a[0].m() }", "f");
    assert!(text.contains("CallMethodTemporary") && text.contains("JumpIfUndefined"), "{text}");
    let text = instructions(&format!("{declare} const p := P {{}} p.m()"), "<main>");
    assert!(text.contains("CallMethodConst"), "{text}");
    let text = instructions(&format!("{declare} func f() {{ return P {{}} }} f().m()"), "<main>");
    assert!(text.contains("CallMethod "), "{text}");
    assert!(code_of(declare).functions[0].changes_self);
}

#[test]
fn builtins_of_the_prelude() {
    let text = instructions("print(sort([1], func(a, b) { return a < b }), sort([1]))", "<main>");
    assert!(text.contains("M[0] sort_by") && text.contains("CallNative"), "{text}");
    let text = instructions("func sort(a, f) {} sort([1], 2)", "<main>");
    assert!(text.contains("M[0] sort") && !text.contains("sort_by"), "{text}");
}

#[test]
fn rejected_programs() {
    for (source, kind, message) in [
        ("break", CompileErrorKind::Semantic, "break can only be used inside a loop"),
        (
            "loop { func f() { continue } }",
            CompileErrorKind::Semantic,
            "continue can only be used inside a loop",
        ),
        (
            "func f() { yield 1 }",
            CompileErrorKind::Semantic,
            "yield can only be used inside a generator function",
        ),
    ] {
        let errors = compiled(source).expect_err(source);
        assert_eq!((errors[0].kind, errors[0].message.as_str()), (kind, message), "for {source}");
    }
}

#[test]
fn long_chains_compile() {
    let n = 200_000;
    code_of(&("print(1".to_string() + &" + 1".repeat(n) + ")"));
    code_of(&("x := 1 print(x".to_string() + &" + x".repeat(n) + ")"));
    code_of(&("print(".to_string() + &"- ".repeat(n) + "len)"));
    code_of(&("x := [".to_string() + &"1, ".repeat(n) + "]"));
    code_of(&("x := 1 print(\"".to_string() + &"${x}".repeat(n) + "\")"));
    code_of(&("x := ".to_string() + &"(".repeat(250) + "len" + &")".repeat(250)));
    // Beyond a limit of the format is an error, not a crash.
    let names: String = (0..70_000).map(|i| format!("let v{i} = 1\n")).collect();
    assert_eq!(compiled(&names).unwrap_err()[0].kind, CompileErrorKind::Limit);
    let far = "x := 1 while x < 2 {".to_string() + &"x := x + 1;".repeat(40_000) + "}";
    assert_eq!(compiled(&far).unwrap_err()[0].kind, CompileErrorKind::Limit);
}

/// The lines at which diamonds of main begin, and the instructions that they join at.
fn diamonds(source: &str) -> Vec<(usize, usize)> {
    let code = compiled(source).expect("a program");
    let joins = (0..code.instructions.len()).filter_map(|pc| Some((pc, join_of(&code, pc)?)));
    joins.map(|(pc, join)| (code.source.position(code.spans[pc].start).0 as usize, join)).collect()
}

#[test]
fn diamonds_are_branches_that_compute_and_meet() {
    let lines = |source: &str| -> Vec<usize> {
        diamonds(source).into_iter().map(|(line, _)| line).collect()
    };
    assert_eq!(lines("let a := 1\nlet b := 2\nif a > b { a := b }\nprint(a)"), [3]);
    // One in the other, with a common join.
    let nested = "let a := 1\nlet b := 2\nif a > b {\nif b != 3 { a += 1 }\n}\nprint(a, b)";
    let nested = diamonds(nested);
    assert_eq!(nested.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(nested[0].1, nested[1].1);
    // Conditions of several parts.
    assert_eq!(
        lines("let a := 1\nlet b := 2\nif a > 0 && b > 0 || a == b { a += 1 }\nprint(a)"),
        [3; 3]
    );
    // Calls, elements, loops and what leaves a loop are no computations.
    for way in ["print(a)", "a := [1][a]", "for i in range(3) { a += 1 }", "break", "throw a"] {
        let source = format!("let a := 1\nwhile true {{\nif a > 2 {{ {way} }}\na += 1\n}}");
        assert!(!lines(&source).contains(&3), "{way}");
    }
    // Long ways are better guessed.
    let long = "a += 1 b *= 3 ".repeat(9);
    assert!(
        lines(&format!("let a := 1\nlet b := 2\nif a > b {{ {long} }}\nprint(a, b)")).is_empty()
    );
}
