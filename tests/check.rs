//! `ruff check`: what it says about programs, and what it exits with.
//!
//! A row of `finds` is a program and the warnings about it, as `line:column message | help`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs `ruff check` with a program on standard input.
fn check(arguments: &[&str], program: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .arg("check")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ruff starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(program.as_bytes()).expect("ruff reads");
    drop(stdin);
    child.wait_with_output().expect("ruff ends")
}

/// What is said about a program.
fn findings(program: &str) -> Vec<String> {
    let output = check(&["--json", "-"], program);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |entry: &serde_json::Value| {
        let help = entry["help"].as_str().map_or(String::new(), |help| format!(" | {help}"));
        let message = entry["message"].as_str().expect("a message");
        format!("{}:{} {message}{help}", entry["line"], entry["column"])
    };
    found.as_array().expect("an array").iter().map(text).collect()
}

#[track_caller]
fn finds(program: &str, expected: &[&str]) {
    assert_eq!(findings(program), expected, "{program}");
}

#[test]
fn undefined_names() {
    finds(
        "print(totl)\nlet total := 1\nprint(total)",
        &["1:7 `totl` is not defined | did you mean `total`?"],
    );
    finds("print(lenn([1]))", &["1:7 `lenn` is not defined | did you mean `len`?"]);
    finds("length([1])", &["1:1 `length` is not defined | did you mean `len`?"]);
    finds(
        "http_get(\"x\")",
        &["1:1 `http_get` is not defined | http_get is not available in this version of Ruff"],
    );
    finds("count += 1", &["1:1 `count` is not defined | did you mean `len`?"]);
    finds("if true { let x := 1 print(x) }\nprint(x)", &["2:7 `x` is not defined"]);
    finds("print(\"${nme}\")", &["1:10 `nme` is not defined"]);
    finds("func f() { return later }\nlater := 1\nf()", &[]);
    finds("print(PI, len, self)", &["1:16 `self` is not defined"]);
    finds("struct P { x func m() { return x } }\nP { x: 1 }.m()", &[]);
    finds("test \"t\" { print(nope) }", &["1:18 `nope` is not defined"]);
    finds("print(await Promise.all([]), Promise)", &["1:30 `Promise` is not defined"]);
    finds("import no.such.module\nprint(anything)", &[]);
}

#[test]
fn structs_and_enums() {
    finds(
        "struct Point { x, y }\nPont { x: 1 }",
        &["2:1 struct `Pont` is not defined | did you mean `Point`?"],
    );
    finds(
        "struct Point { width }\nPoint { widht: 1 }",
        &["2:9 struct `Point` has no field `widht` | did you mean `width`?"],
    );
    finds(
        "struct Point { x }\nPoint(1)",
        &["2:1 struct `Point` is not a function | an instance is written `Point { field: value }`"],
    );
    finds(
        "enum Color { Red, Green }\nprint(Color::Gren, Colour::Red)",
        &[
            "2:14 enum `Color` has no variant `Gren` | did you mean `Green`?",
            "2:20 enum `Colour` is not defined | did you mean `Color`?",
        ],
    );
    finds("print(Result::Ok(1), Option::None)", &[]);
    finds(
        "print(Result::Okay(1), Option::Empty)",
        &["1:15 enum `Result` has no variant `Okay`", "1:32 enum `Option` has no variant `Empty`"],
    );
    finds(
        "struct A { total func add(self, n) { self.totl := n return self.totl }\nfunc g(self) { self.ad(1) return self.add() } }",
        &[
            "1:65 struct `A` has no field `totl` | did you mean `total`?",
            "2:21 struct `A` has no method `ad` | did you mean `add`?",
            "2:39 `add` takes 1 argument, not 0",
        ],
    );
}

#[test]
fn numbers_of_arguments() {
    finds(
        "func area(w, h) { return w * h }\nprint(area(2), area(1, 2))",
        &["2:7 `area` takes 2 arguments, not 1"],
    );
    finds("len()", &["1:1 `len` takes 1 argument, not 0 | it is called as `len(c) -> int`"]);
    finds("let f := func(a) { return a }\nf(1, 2)", &["2:1 `f` takes 1 argument, not 2"]);
    finds("let f := func(a) { return a }\nf := len\nf(1, 2)", &[]);
    finds("func f(a) { return a }\nfunc f(a, b) { return a + b }\nf(1, 2)", &[]);
    finds(
        "func f(a) { return a }\n1 |> f\n1 |> f()\n1 |> f(2)",
        &["4:6 `f` takes 1 argument, not 2"],
    );
    finds("func len(a, b) { return a + b }\nlen(1, 2)", &[]);
    finds("print()\nprint(1, 2, 3)", &[]);
}

#[test]
fn unused_variables() {
    let help = "remove it, or call it `_x` if that is intended";
    finds("let x := 1", &[&format!("1:5 `x` is assigned but never read | {help}")]);
    finds("x := 1\nx := 2", &[&format!("1:1 `x` is assigned but never read | {help}")]);
    finds("let _x := 1\nexport let y := 2\nconst z := 3\nexport z", &[]);
    finds(
        "let [a, b] := [1, 2]\nprint(a)",
        &["1:9 `b` is assigned but never read | write `_` for a part that is not needed"],
    );
    // The closure reads the outer variable first, and cannot assign the inner one.
    let inner = "func f() { let g := func() { x := 1 return x } g() const x := 3 return g }\nf()";
    finds(&format!("let x := 2\n{inner}"), &[]);
    finds("let x := 1\nfunc f() { return x }\nf()", &[]);
    finds("let x := 1\nspawn { print(x) }", &[]);
    finds("let x := 1\nlet x := x + 1\nprint(x)", &[]);
    finds("for i in 3 { print(\"x\") }\ntry { print(1) } except e { print(2) }", &[]);
    finds(
        "func outer() { func inner() { return 1 } }\nouter()",
        &["1:21 function `inner` is never used"],
    );
    finds("func f() { flag := true }\nlet flag := false\nf()\nprint(flag)", &[]);
    finds("try { from no import f } except e { print(e.message) }", &[]);
    finds("from no import f", &["1:16 `f` is imported but never used"]);
    finds("test_setup { let s := 1 }\ntest \"t\" { assert(s == 1) }", &[]);
}

#[test]
fn unreachable_statements() {
    let help = "this is never reached | the statement before leaves";
    finds("func f() { return 1\nprint(2)\nprint(3) }\nf()", &[&format!("2:1 {help}")]);
    finds("for i in 3 { if i { break } else { continue }\nprint(1) }", &[&format!("2:1 {help}")]);
    finds("throw \"x\"\nprint(1)", &[&format!("2:1 {help}")]);
    finds("exit(1)\nprint(1)", &[&format!("2:1 {help}")]);
    finds("func f() { return g()\nfunc g() { return 1 } }\nf()", &[]);
    finds("func f(x) { if x { return 1 }\nreturn 2 }\nf(1)", &[]);
}

#[test]
fn matches() {
    let e = "enum E { A, B, C }\nlet x := E::A\n";
    let all = "add the cases, or `default` for all others";
    finds(
        &format!("{e}match x {{ case E::A: print(1) case E::B: print(2) }}"),
        &[&format!("3:7 not all values have a case: `E::C` | {all}")],
    );
    finds(
        &format!(
            "{e}match x {{ case E::A: print(1) case E::B: print(2) case E::C if len(\"x\"): print(3) }}"
        ),
        &[&format!("3:7 not all values have a case: `E::C` | {all}")],
    );
    finds(
        &format!("{e}match x {{ case E::A: print(1) case E::B: print(2) default: print(3) }}"),
        &[],
    );
    finds(&format!("{e}match x {{ case E::A: print(1) }}"), &[]);
    finds(&format!("{e}match x {{ case E::D: print(1) }}"), &["3:19 enum `E` has no variant `D`"]);
    finds(
        "match 1 { case _: print(1) case 2: print(2) }",
        &["1:28 this case is never reached | an earlier case matches everything"],
    );
    finds("match 1 { case 1: print(1) case 1: print(2) }", &["1:33 1 has a case already"]);
}

#[test]
fn payloads() {
    let matching = "match x { case E::B(p, q): print(p, q) }";
    for (made, count) in [("E::B", "0 values"), ("E::B(1)", "1 value")] {
        finds(
            &format!("enum E {{ A, B }}\nlet x := {made}\n{matching}\nprint(E::A)"),
            &[&format!(
                "3:16 this case wants 2 values in `E::B`, which is made with {count} | it is never reached"
            )],
        );
    }
    finds(&format!("enum E {{ A, B }}\nlet x := E::B(1)\n{matching}\nprint(E::B(1, 2))"), &[]);
    finds(&format!("export enum E {{ A, B }}\nlet x := E::B(1)\n{matching}"), &[]);
    finds(&format!("enum E {{ A, B }}\nexport E\nlet x := E::B(1)\n{matching}"), &[]);
    finds(&format!("enum E {{ A, B }}\nlet x := E::A\n{matching}"), &[]);
}

#[test]
fn constants_types_and_effects() {
    finds(
        "const limit := 1\nlimit := 2\nprint(limit)",
        &["2:1 `limit` is a constant and cannot be reassigned | declare it as `let limit := ..`"],
    );
    finds(
        "const list := [1]\nlist[0] := 2\nprint(list)",
        &["2:1 `list` is a constant and cannot be changed | declare it as `let list := ..`"],
    );
    finds("let n: int := \"five\"\nprint(n)", &["1:15 this is of type string, but int is written"]);
    finds("let n: float := 1\nlet m: Thing := 1\nlet o: int? := null\nprint(n, m, o)", &[]);
    finds(
        "func f(a: string) -> int { return \"x\" }\nf(1)",
        &[
            "1:35 this is of type string, but int is written",
            "2:3 this is of type int, but string is written",
        ],
    );
    finds(
        "struct P { tags: string[] = 1 }\nP {}",
        &["1:29 this is of type int, but array is written"],
    );
    finds("let x := 1\nx == 2", &["2:1 this value is not used | assign with `:=`"]);
    finds(
        "func f(x) { x }\nf(1)",
        &["1:13 this value is not used | to give it back, write `return`"],
    );
}

#[test]
fn changed_values_that_nothing_takes() {
    let nothing = "is not used, and `a` stays as it is";
    finds(
        "let a := [1]\npush(a, 2)\nprint(a)",
        &[&format!("2:1 the result of `push` {nothing} | write `a := push(a, ..)`")],
    );
    finds(
        "let a := [1]\npop(a)\nremove_at(a, 0)\nprint(a)",
        &[
            &format!("2:1 the result of `pop` {nothing} | write `[a, last] := pop(a)`"),
            &format!(
                "3:1 the result of `remove_at` {nothing} | write `[a, removed] := remove_at(a, ..)`"
            ),
        ],
    );
    finds(
        "sort([2, 1])",
        &[
            "1:1 the result of `sort` is not used, and its argument stays as it is | write `x := sort(x)`",
        ],
    );
    finds("func push(a, b) { print(a, b) }\npush(1, 2)\nprint(len([1]))\nassert(true)", &[]);
}

#[test]
fn errors_are_reported_as_before() {
    finds("let = 1", &["1:5 expected a name or a pattern, found `=`"]);
    finds("break", &["1:1 break can only be used inside a loop"]);
    finds("test \"t\" { break }", &["1:12 break can only be used inside a loop"]);
}

#[test]
fn exit_codes_and_forms() {
    let output = check(&["-"], "let x := 1");
    assert_eq!(output.status.code(), Some(0), "warnings alone are no failure");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.starts_with("Warning: `x` is assigned but never read\n  --> <stdin>:1:5\n"),
        "{text}"
    );
    assert!(output.stdout.is_empty());
    assert_eq!(check(&["--deny", "warnings", "-"], "let x := 1").status.code(), Some(1));
    assert_eq!(check(&["--deny", "warnings", "-"], "print(1)").status.code(), Some(0));
    assert_eq!(check(&["-"], "let = 1").status.code(), Some(3));
    assert_eq!(check(&["-"], "break").status.code(), Some(4));
    assert_eq!(check(&["/no/such/file"], "").status.code(), Some(5));
    assert_eq!(check(&[], "").status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&check(&["--json", "-"], "").stdout), "[]\n");
}

#[test]
fn programs_of_the_project_have_no_warnings() {
    // Those in folders of their own get names from a host.
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = ["examples", "benches/programs"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("a folder"));
    let programs: Vec<String> = listed
        .map(|entry| entry.expect("an entry").path().to_string_lossy().into_owned())
        .filter(|path| path.ends_with(".ruff"))
        .collect();
    let mut arguments = vec!["--deny", "warnings"];
    arguments.extend(programs.iter().map(String::as_str));
    let output = check(&arguments, "");
    let found = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), found.as_str()), (Some(0), ""));
}

#[test]
fn what_is_given_twice() {
    finds("enum E { A, B, A }\nprint(E::A)", &["1:16 variant `A` is listed twice"]);
    finds(
        "print({\"k\": 1, 2: 0, \"k\": 3, 2: 1})",
        &[
            "1:22 key \"k\" is given twice | only the last value counts",
            "1:30 key 2 is given twice | only the last value counts",
        ],
    );
    finds("let d := {}\nprint({\"k\": 1, ...d, \"k\": 3})", &[]);
    finds("let k := \"k\"\nprint({k: 1, \"k\": 3})", &[]);
    finds(
        "match Err(1) { case Err(x, y): { print(x, y) } case _ { } }",
        &["1:28 `Err` holds one value"],
    );
    finds("match Ok(1) { case Ok(x) { print(x) } case _ { } }", &[]);
}
