//! The grammar, point by point: what a text means as a tree, what it is told
//! when it is wrong, and that no text crashes or hangs the parser.
//!
//! Trees are compared in a compact form: `a + b * c` is `(a + (b * c))`,
//! `let x = f(1)` is `(let x (f call[1]))`.

use ruff::syntax::ast::*;
use ruff::syntax::{MAX_SOURCE_BYTES, decode, parse};
use std::fmt::Write;

fn join<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn operator(operator: BinaryOperator) -> &'static str {
    use BinaryOperator as B;
    match operator {
        B::Pipe => "|>",
        B::Coalesce => "??",
        B::Or => "||",
        B::And => "&&",
        B::Equal => "==",
        B::NotEqual => "!=",
        B::Less => "<",
        B::LessEqual => "<=",
        B::Greater => ">",
        B::GreaterEqual => ">=",
        B::Add => "+",
        B::Subtract => "-",
        B::Multiply => "*",
        B::Divide => "/",
        B::Remainder => "%",
    }
}

fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Null => "null".into(),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Int(i) => i.to_string(),
        ExprKind::Float(f) => format!("{f:?}"),
        ExprKind::Str(s) => format!("{s:?}"),
        ExprKind::Template(parts) => format!(
            "(template {})",
            join(parts, |p| match p {
                TemplatePart::Text(t) => format!("{t:?}"),
                TemplatePart::Value(e) => expr(e),
            })
        ),
        ExprKind::Name(n) => n.to_string(),
        ExprKind::Array(elements) => format!(
            "[{}]",
            join(elements, |e| match e {
                Element::Value(e) => expr(e),
                Element::Spread(e) => format!("...{}", expr(e)),
            })
        ),
        ExprKind::Dict(entries) => format!(
            "{{{}}}",
            join(entries, |e| match e {
                Entry::Pair(k, v) => format!("{}:{}", expr(k), expr(v)),
                Entry::Spread(e) => format!("...{}", expr(e)),
            })
        ),
        ExprKind::StructLiteral(s) => {
            let fields = join(&s.fields, |(n, v)| format!("{}:{}", n.name, expr(v)));
            format!("{}{{{fields}}}", s.name.name)
        }
        ExprKind::Variant(v) => {
            format!("{}::{}({})", v.enumeration.name, v.variant.name, join(&v.arguments, expr))
        }
        ExprKind::Wrap(tag, value) => match value {
            Some(value) => format!("{tag:?}({})", expr(value)),
            None => format!("{tag:?}"),
        },
        ExprKind::Function(f) => function(f),
        ExprKind::Unary(u) => {
            let mut text = String::new();
            for (op, _) in &u.operators {
                let _ = write!(text, "({} ", format!("{op:?}").to_lowercase());
            }
            text + &expr(&u.operand) + &")".repeat(u.operators.len())
        }
        ExprKind::Chain(c) => {
            let mut text = "(".repeat(c.rest.len()) + &expr(&c.first);
            for step in &c.rest {
                let _ = write!(text, " {} {})", operator(step.operator), expr(&step.right));
            }
            text
        }
        ExprKind::Postfix(p) => format!("({} {})", expr(&p.base), join(&p.steps, step)),
        ExprKind::Throw(e) => format!("(throw {})", expr(e)),
        ExprKind::Yield(Some(e)) => format!("(yield {})", expr(e)),
        ExprKind::Yield(None) => "(yield)".into(),
    }
}

fn step(step: &PostfixStep) -> String {
    let dot = |optional: &bool| if *optional { "?." } else { "." };
    match &step.kind {
        PostfixKind::Call(arguments) => format!("call[{}]", join(arguments, expr)),
        PostfixKind::Index(index) => format!("at[{}]", expr(index)),
        PostfixKind::Member { name, optional } => format!("{}{}", dot(optional), name.name),
        PostfixKind::MethodCall { name, optional, arguments } => {
            format!("{}{}[{}]", dot(optional), name.name, join(arguments, expr))
        }
        PostfixKind::Try => "?".into(),
    }
}

fn function(f: &Function) -> String {
    let name = f.name.as_ref().map_or(String::new(), |n| format!(" {}", n.name));
    let a = if f.is_async { "async " } else { "" };
    let g = if f.is_generator { "*" } else { "" };
    let parameters = join(&f.parameters, |p| p.name.name.to_string());
    format!("({a}func{g}{name} ({parameters}) {})", block(&f.body))
}

fn block(b: &Block) -> String {
    format!("{{{}}}", join(&b.statements, stmt))
}

fn pattern(p: &Pattern) -> String {
    let rest = |r: &Option<Ident>| r.as_ref().map_or(String::new(), |r| format!(" ...{}", r.name));
    match &p.kind {
        PatternKind::Name(n) => n.to_string(),
        PatternKind::Discard => "_".into(),
        PatternKind::Array(a) => format!("[{}{}]", join(&a.elements, pattern), rest(&a.rest)),
        PatternKind::Dict(d) => {
            format!("{{{}{}}}", join(&d.keys, |k| k.name.to_string()), rest(&d.rest))
        }
    }
}

fn case_pattern(p: &CasePattern) -> String {
    let payload = |p: &Option<Vec<CasePattern>>| {
        p.as_ref().map_or(String::new(), |p| format!("({})", join(p, case_pattern)))
    };
    match &p.kind {
        CasePatternKind::Wildcard => "_".into(),
        CasePatternKind::Null => "null".into(),
        CasePatternKind::Bool(b) => b.to_string(),
        CasePatternKind::Int(i) => i.to_string(),
        CasePatternKind::Float(f) => format!("{f:?}"),
        CasePatternKind::Str(s) => format!("{s:?}"),
        CasePatternKind::Bind(n) => n.to_string(),
        CasePatternKind::Tag(tag, p) => format!("{tag:?}{}", payload(p)),
        CasePatternKind::Variant(v) => {
            format!("{}::{}{}", v.enumeration.name, v.variant.name, payload(&v.payload))
        }
    }
}

fn place(p: &Place) -> String {
    p.path.iter().fold(p.root.name.to_string(), |text, step| match step {
        PlaceStep::Member(n) => format!("{text}.{}", n.name),
        PlaceStep::Index(i) => format!("{text}[{}]", expr(i)),
    })
}

fn stmt(s: &Stmt) -> String {
    match &s.kind {
        StmtKind::Declare(d) => {
            let word = if d.kind == DeclareKind::Constant { "const" } else { "let" };
            format!("({word} {} {})", pattern(&d.pattern), expr(&d.value))
        }
        StmtKind::Function(f) => function(f),
        StmtKind::Struct(d) => {
            let fields = join(&d.fields, |f| match &f.default {
                Some(e) => format!("{}={}", f.name.name, expr(e)),
                None => f.name.name.to_string(),
            });
            let methods = d.methods.iter().map(|m| " ".to_string() + &function(m));
            format!("(struct {} [{fields}]{})", d.name.name, methods.collect::<String>())
        }
        StmtKind::Enum(e) => {
            format!("(enum {} {})", e.name.name, join(&e.variants, |v| v.name.to_string()))
        }
        StmtKind::Import(i) => {
            let path = join(&i.path, |p| p.name.to_string()).replace(' ', ".");
            let names = i.names.as_ref().map(|n| join(n, |n| n.name.to_string()));
            format!("(import {path}{})", names.map_or(String::new(), |n| format!(" [{n}]")))
        }
        StmtKind::Export(s) => format!("(export {})", stmt(s)),
        StmtKind::Assign(a) => {
            let op = a.operator.map_or(":".into(), |o| operator(o).to_string());
            format!("({op}= {} {})", place(&a.place), expr(&a.value))
        }
        StmtKind::Destructure(d) => format!("(:= {} {})", pattern(&d.pattern), expr(&d.value)),
        StmtKind::If(i) => {
            let arms = join(&i.arms, |a| format!("{} {}", expr(&a.condition), block(&a.body)));
            let otherwise =
                i.otherwise.as_ref().map_or(String::new(), |b| " ".to_string() + &block(b));
            format!("(if {arms}{otherwise})")
        }
        StmtKind::While(w) => format!("(while {} {})", expr(&w.condition), block(&w.body)),
        StmtKind::Loop(b) => format!("(loop {})", block(b)),
        StmtKind::For(f) => {
            format!("(for {} {} {})", pattern(&f.pattern), expr(&f.iterable), block(&f.body))
        }
        StmtKind::Match(m) => {
            let cases = join(&m.cases, |c| {
                let guard = c.guard.as_ref().map_or(String::new(), |g| format!(" if {}", expr(g)));
                format!("({}{guard} {})", case_pattern(&c.pattern), block(&c.body))
            });
            format!("(match {} {cases})", expr(&m.subject))
        }
        StmtKind::Try(t) => {
            let name = t.name.as_ref().map_or(String::new(), |n| n.name.to_string() + " ");
            format!("(try {} {name}{})", block(&t.body), block(&t.handler))
        }
        StmtKind::Return(Some(e)) => format!("(return {})", expr(e)),
        StmtKind::Return(None) => "(return)".into(),
        StmtKind::Break => "(break)".into(),
        StmtKind::Continue => "(continue)".into(),
        StmtKind::Spawn(b) => format!("(spawn {})", block(b)),
        StmtKind::Test(t) => {
            let title = t.title.as_ref().map_or(String::new(), |t| format!(" {t:?}"));
            format!("({:?}{title} {})", t.kind, block(&t.body))
        }
        StmtKind::Expr(e) => expr(e),
    }
}

/// The tree of a text without errors.
fn tree(source: &str) -> String {
    let parsed = parse(source);
    assert!(parsed.errors.is_empty(), "{source:?}: {:?}", parsed.errors);
    join(&parsed.program.statements, stmt)
}

fn check(table: &[(&str, &str)]) {
    for (source, expected) in table {
        assert_eq!(tree(source), *expected, "for {source:?}");
    }
}

/// Each text has an error with the message; the first one is compared.
fn check_errors(table: &[(&str, &str)]) {
    for (source, expected) in table {
        let errors = parse(source).errors;
        let messages: Vec<_> = errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(messages.first(), Some(expected), "for {source:?}: {messages:?}");
    }
}

#[test]
fn literals() {
    check(&[
        ("0 42 1_000_000", "0 42 1000000"),
        ("0x1F 0b101 0o17 0xff_ff", "31 5 15 65535"),
        ("1.5 0.25 1e5 1.5e-3 2.5E+2", "1.5 0.25 100000.0 0.0015 250.0"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-5 - -6", "(-5 - -6)"),
        ("-5.abs", "(negate (5 .abs))"),
        ("5.abs", "(5 .abs)"),
        ("true false null", "true false null"),
        (r#""a\n\t\r\\\"\'\$\0\x41\u{1F600}""#, r#""a\n\t\r\\\"'$\0A😀""#),
        ("'it is \"so\"'", r#""it is \"so\"""#),
        ("\"two\nlines\"", r#""two\nlines""#),
        ("\"a $ b $5\"", r#""a $ b $5""#),
        ("#!/usr/bin/ruff\n1 // x\n# y\n/// z\n/* a\n */ 2", "1 2"),
    ]);
    check(&[("#!x", ""), ("", ""), (";;;", ""), ("\u{feff}1\r\n2", "1 2"), ("naïve", "naïve")]);
}

#[test]
fn interpolation() {
    check(&[
        (r#""n = ${n}""#, r#"(template "n = " n)"#),
        (r#""${a}${b}!""#, r#"(template a b "!")"#),
        (r#""${ {"k": "v}"}["k"] }""#, r#"(template ({"k":"v}"} at["k"]))"#),
        (r#""${f('x')} ${"in ${deep}"}""#, r#"(template (f call["x"]) " " (template "in " deep))"#),
        (r#"'${func() { return "}" }()}'"#, r#"(template ((func () {(return "}")}) call[]))"#),
    ]);
    let parsed = parse("x = \"ab${ yy }\"");
    let StmtKind::Assign(assign) = &parsed.program.statements[0].kind else { panic!() };
    let ExprKind::Template(parts) = &assign.value.kind else { panic!() };
    let TemplatePart::Value(value) = &parts[1] else { panic!() };
    assert_eq!((value.span.start, value.span.end), (10, 12));
}

#[test]
fn precedence() {
    check(&[
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a < b == c > d", "((a < b) == (c > d))"),
        ("not a == b and c or d", "(((not (a == b)) && c) || d)"),
        ("!a == b", "((not a) == b)"),
        ("a && not b || c", "((a && (not b)) || c)"),
        ("not not a", "(not (not a))"),
        ("a ?? b || c", "(a ?? (b || c))"),
        ("a |> f ?? g |> h(1)", "((a |> (f ?? g)) |> (h call[1]))"),
        ("await f() + 1", "((await (f call[])) + 1)"),
        ("- ! - x.y", "(negate (not (negate (x .y))))"),
        ("-2 * 3", "(-2 * 3)"),
        ("1 < 2 < 3", "((1 < 2) < 3)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("throw a + b", "(throw (a + b))"),
        ("throw(x)", "(throw x)"),
        ("f(throw x)", "(f call[(throw x)])"),
        ("a and b && c", "((a && b) && c)"),
    ]);
}

#[test]
fn line_rule() {
    check(&[
        ("a\n- b", "(a - b)"),
        ("a\n(b)", "a b"),
        ("a\n[b]", "a [b]"),
        ("a\n[x, y] := z", "a (:= [x y] z)"),
        ("a\n.b\n?.c(1)\n|> d", "((a .b ?.c[1]) |> d)"),
        ("f(\n1\n,\n2\n)", "(f call[1 2])"),
        ("x = 1 y = 2; z = 3;; w", "(:= x 1) (:= y 2) (:= z 3) w"),
        ("func f() { return\n1 }", "(func f () {(return) 1})"),
        ("func f() { return }", "(func f () {(return)})"),
        ("func* f() { yield\n1 }", "(func* f () {(yield) 1})"),
        ("throw\n1", "(throw 1)"),
        ("x = P\n{a, b} := c", "(:= x P) (:= {a b} c)"),
        ("a?.b?\nc", "(a ?.b ?) c"),
    ]);
}

#[test]
fn postfix_and_primary() {
    check(&[
        ("a.b[0](1, 2,).c?", "(a .b at[0] call[1 2] .c ?)"),
        ("x.match.if.from", "(x .match .if .from)"),
        ("[1, ...a, 2,]", "[1 ...a 2]"),
        ("x = {}", "(:= x {})"),
        ("x = {\"a\": 1, b: 2 + 3, ...c,}", "(:= x {\"a\":1 b:(2 + 3) ...c})"),
        ("P { x: 1 ?? 2, y: a |> f }", "P{x:(1 ?? 2) y:(a |> f)}"),
        ("P {}.m()\n.n()", "(P{} .m[] .n[])"),
        ("E::A E::B(1, 2)", "E::A() E::B(1 2)"),
        ("Ok(1) Err(\"x\") Some(None)", "Ok(1) Err(\"x\") Some(None)"),
        ("Ok", "Ok"),
        ("Result::Ok(1)", "Result::Ok(1)"),
        ("x = func(a, b) { return a }", "(:= x (func (a b) {(return a)}))"),
        ("fn(x) -> int { }(3)", "((func (x) {}) call[3])"),
        ("async func() {} func*() {}", "(async func () {}) (func* () {})"),
        ("self.x", "(self .x)"),
        ("x = from + test + int", "(:= x ((from + test) + int))"),
    ]);
}

#[test]
fn headers_have_no_struct_literals() {
    check(&[
        ("while flag {}", "(while flag {})"),
        ("if x { y: int := 1 }", "(if x {(let y 1)})"),
        ("if (P {}) == a {}", "(if (P{} == a) {})"),
        ("for x in f(P {}) {}", "(for x (f call[P{}]) {})"),
        ("match x {}", "(match x )"),
        ("if f(func() { return P {} }) {}", "(if (f call[(func () {(return P{})})]) {})"),
        ("if [P {}] {}", "(if [P{}] {})"),
        ("if x == {} {}", "(if (x == {}) {})"),
    ]);
}

#[test]
fn statements() {
    check(&[
        ("let a := 1 mut b = 2 const c := 3", "(let a 1) (let b 2) (const c 3)"),
        ("let x: Map<string, int?>[] = 1", "(let x 1)"),
        ("let x: A<B<C>>= 1", "(let x 1)"),
        ("x: [int] := 1", "(let x 1)"),
        ("let [a, [b, _], ...r] = x", "(let [a [b _] ...r] x)"),
        ("let [a, b ...r] = x", "(let [a b ...r] x)"),
        ("let {a, b, ...r} := x", "(let {a b ...r} x)"),
        ("[a, b] = [b, a]", "(:= [a b] [b a])"),
        ("{a} := d", "(:= {a} d)"),
        ("[a, b]", "[a b]"),
        ("[a][0].f()", "([a] at[0] .f[])"),
        ("a.b[c].d += 1", "(+= a.b[c].d 1)"),
        ("self.x := 1 self := y", "(:= self.x 1) (:= self y)"),
        ("a -= 1 a *= 2 a /= 3 a %= 4", "(-= a 1) (*= a 2) (/= a 3) (%= a 4)"),
        ("if a {} else if b { x } else { y }", "(if a {} b {x} {y})"),
        ("loop { break } loop while a { continue }", "(loop {(break)}) (while a {(continue)})"),
        ("for [k, v] in items(d) {}", "(for [k v] (items call[d]) {})"),
        ("for _ in 10 {}", "(for _ 10 {})"),
        ("try { a } except e { b }", "(try {a} e {b})"),
        ("try {} except {}", "(try {} {})"),
        ("spawn { a }", "(spawn {a})"),
        ("import a.b.match from a.b import f, g", "(import a.b.match) (import a.b [f g])"),
        ("from = 1", "(:= from 1)"),
        (
            "export func f() {} export x := 1 export y",
            "(export (func f () {})) (export (:= x 1)) (export y)",
        ),
        ("func f(self, a: int, b: func,) -> Result<int, string>? {}", "(func f (self a b) {})"),
        ("async fn* g() {}", "(async func* g () {})"),
        (
            "struct P { x: int, y, z: int = 0 func m(self) {} async func n() {}, }",
            "(struct P [x y z=0] (func m (self) {}) (async func n () {}))",
        ),
        ("struct S { a\n b: int?\n c = [1] ; d }", "(struct S [a b c=[1] d])"),
        ("enum E { A, B, } enum F {}", "(enum E A B) (enum F )"),
        ("return 1", "(return 1)"),
    ]);
}

#[test]
fn matches() {
    check(&[
        (
            "match x { case 1: a case -2.5 { b } case \"s\": c; case null: d case _: e }",
            "(match x (1 {a}) (-2.5 {b}) (\"s\" {c}) (null {d}) (_ {e}))",
        ),
        (
            "match r { case Ok(v) { v } case Err(Some(_)): 1 case None: 2 case Ok: 3 }",
            "(match r (Ok(v) {v}) (Err(Some(_)) {1}) (None {2}) (Ok {3}))",
        ),
        (
            "match e { case E::A: 1 case E::B(x, y) if x > y { 2 } default { 3 } }",
            "(match e (E::A {1}) (E::B(x y) if (x > y) {2}) (_ {3}))",
        ),
        (
            "match x { case n if n: return 1 default: return 2 }",
            "(match x (n if n {(return 1)}) (_ {(return 2)}))",
        ),
        ("match x { case -9223372036854775808: 1 }", "(match x (-9223372036854775808 {1}))"),
    ]);
}

#[test]
fn contextual_words() {
    check(&[
        ("test \"adds\" { a }", "(Test \"adds\" {a})"),
        ("test_group \"g\" { test \"t\" {} }", "(Group \"g\" {(Test \"t\" {})})"),
        ("test_setup { a } test_teardown { b }", "(Setup {a}) (Teardown {b})"),
        ("test := 1 test(2) test.x", "(:= test 1) (test call[2]) (test .x)"),
        ("func test(test) {}", "(func test (test) {})"),
        ("int(x) string(y)", "(int call[x]) (string call[y])"),
        ("let Ok = 1", "(let Ok 1)"),
        ("elif = 1 class(2)", "(:= elif 1) (class call[2])"),
    ]);
}

#[test]
fn messages() {
    check_errors(&[
        ("9223372036854775808", "this number does not fit 64 bits"),
        ("12abc", "malformed number"),
        ("0x", "malformed number"),
        ("1_", "malformed number"),
        ("0x_1", "malformed number"),
        ("0b1_", "malformed number"),
        ("\"abc", "unterminated string"),
        ("\"abc${x", "unterminated string interpolation"),
        ("\"abc${x}", "unterminated string"),
        ("/* abc", "unterminated comment"),
        (r#""\q""#, "unknown escape `\\q`"),
        (r#""\xZ1""#, "unknown escape `\\x`"),
        (r#""\u{110000}""#, "unknown escape `\\u`"),
        ("a @ b", "unexpected character `@`"),
        ("a & b", "unexpected character `&`"),
        ("\0\0\0", "unexpected character `\\0`"),
        ("let = 1", "expected a name or a pattern, found `=`"),
        ("let x", "expected `:=` or `=` and a value, found end of file"),
        ("let if = 1", "expected a name or a pattern, found `if`"),
        ("x = ", "expected an expression, found end of file"),
        ("x = if a { 1 } else { 2 }", "expected an expression, found `if`"),
        ("func f() { return if a {} }", "expected an expression, found `if`"),
        ("a == not b", "expected an expression, found `not`"),
        ("f() = 1", "cannot assign to this expression"),
        ("a?.b = 1", "cannot assign to this expression"),
        ("a = b = c", "assignments cannot be chained"),
        ("if a = b {}", "expected `{` before the block, found `=`"),
        ("a ? b : c", "unexpected `:`"),
        ("a[1:2]", "expected `]` to close `[`, found `:`"),
        ("f(x = 1)", "expected `,` or `)` after the argument, found `=`"),
        ("f(...x)", "expected an argument, found `...`"),
        ("func f(a = 1) {}", "expected `,` or `)` after the parameter, found `=`"),
        ("func f(...a) {}", "expected a parameter, found `...`"),
        ("func f(a, a) {}", "parameter `a` is named twice"),
        ("(x) => x", "expected an operator or a new statement, found `=>`"),
        ("i++", "expected an expression, found `+`"),
        ("f(1, 2", "`(` is never closed"),
        ("if x { y", "`{` is never closed"),
        ("}", "`}` closes nothing"),
        ("if a {} elif b {}", "`elif` is not a statement"),
        ("class P {}", "`class` is not a statement"),
        ("else {}", "`else` without `if`"),
        ("try {} finally {}", "expected `except` after the `try` block, found `finally`"),
        ("case 1: 2", "a case outside of `match`"),
        ("match x { case 1 2 }", "expected `:` or `{` after the case pattern, found `2`"),
        ("match x { case Foo(y): 1 }", "`Foo` is not Ok, Err or Some"),
        ("match x { case \"${y}\": 1 }", "a string in a case may not have interpolations"),
        ("for k, v in d {}", "expected `in` after the loop variable, found `,`"),
        ("for i in 1..2 {}", "expected a name after the dot, found `.`"),
        ("{ print(1) }", "expected `:` after the dict key, found `}`"),
        ("Ok(1, 2)", "`Ok` takes exactly one value"),
        ("struct P { x, x }", "field `x` is declared twice"),
        ("enum E { A(int) }", "expected `,` or `}` after the variant, found `(`"),
        ("export if a {}", "this cannot be exported"),
        ("impl P {}", "`impl` is reserved"),
        ("\"${}\"", "expected an expression, found `}`"),
        ("\"${a b}\"", "expected `}` to end the interpolation, found `b`"),
        ("x = [1, 2", "`[` is never closed"),
    ]);
    for (source, expected) in [
        ("a ? b : c", "there is no `? :` operator; use `if`"),
        ("for i in 1..2 {}", "a range is written `range(start, end)`"),
        ("import a as b", "imports have no `as`; assign what is imported to another name"),
        ("from a import b as c", "imports have no `as`; assign what is imported to another name"),
        ("x = 1__0", "a `_` in a number stands between two digits"),
        ("x = 1_", "a `_` in a number stands between two digits"),
        ("x = 0b12", "this digit does not belong to the base of the number"),
        ("x = 1e", "an exponent has digits"),
        ("x = 1x", "a letter may not follow a number directly"),
        (
            "if v == V { x: 1 } { f() }",
            "a struct literal in the head of a statement stands in parentheses",
        ),
        ("f() = 1", "a place is a variable followed by `.field` and `[index]`"),
        (
            "[a[0], a[1]] := [1, 2]",
            "only names can be destructured into; assign elements and fields one by one, and keep \
             what a swap overwrites in a variable",
        ),
        (
            "[a[i], a[j]] := [a[j], a[i]]",
            "only names can be destructured into; assign elements and fields one by one, and keep \
             what a swap overwrites in a variable",
        ),
        (
            "let d := {1, 2}",
            "an entry of a dict is written `key: value`; a set is written `Set([..])`",
        ),
        ("f({a})", "an entry of a dict is written `key: value`; a set is written `Set([..])`"),
        (
            "let x := 1\n{ f() }",
            "a `{` that begins a statement is a dict; there are no bare blocks",
        ),
        ("x = 0x_1", "a `_` in a number stands between two digits"),
        ("x = 0x", "digits must follow the prefix"),
        ("enum E { A(int) }", "payloads are not declared: any variant takes any number of values"),
    ] {
        assert_eq!(parse(source).errors[0].help.as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn recovery() {
    let parsed = parse("let = 1\nprint(2)\nx = (3 +\nlet q = 1\nfunc f() { let 5\n y = 6 }\nz = 7");
    assert_eq!(parsed.errors.len(), 3, "{:?}", parsed.errors);
    let text = join(&parsed.program.statements, stmt);
    assert!(text.starts_with("(print call[2])") && text.ends_with("(:= z 7)"), "{text}");
    assert!(text.contains("(:= y 6)") || text.contains("{(:= y 6)}"), "{text}");
    let many = "let = 1\n".repeat(1000);
    assert_eq!(parse(&many).errors.len(), 50);
    // One unclosed brace is one error.
    assert_eq!(parse("func f() { if a { while b { ").errors.len(), 1);
}

#[test]
fn spans() {
    let source = "x = a.b + (c)\nlet y = 2";
    let parsed = parse(source);
    let shown = |s: ruff::base::span::Span| &source[s.start as usize..s.end as usize];
    assert_eq!(shown(parsed.program.statements[0].span), "x = a.b + (c)");
    assert_eq!(shown(parsed.program.statements[1].span), "let y = 2");
    let StmtKind::Assign(a) = &parsed.program.statements[0].kind else { panic!() };
    assert_eq!(shown(a.value.span), "a.b + (c)");
    let ExprKind::Chain(c) = &a.value.kind else { panic!() };
    assert_eq!(shown(c.first.span), "a.b");
    assert_eq!(shown(c.rest[0].operator_span), "+");
    assert_eq!(shown(c.rest[0].right.span), "(c)");
}

#[test]
fn invalid_utf8() {
    assert_eq!(decode(b"let x = 1"), Ok("let x = 1"));
    let error = decode(b"ab\xff\xfe").unwrap_err();
    assert_eq!(error.message, "invalid UTF-8: byte 0xFF at offset 2");
    assert_eq!((error.span.start, error.span.end), (2, 3));
    assert!(decode(b"\xe2\x82").is_err());
}

#[test]
fn long_chains_work() {
    let n = 200_000;
    let sum = "1".to_string() + &" + 1".repeat(n);
    let parsed = parse(&sum);
    let StmtKind::Expr(Expr { kind: ExprKind::Chain(chain), .. }) =
        &parsed.program.statements[0].kind
    else {
        panic!()
    };
    assert_eq!(chain.rest.len(), n);
    for text in [
        "x".to_string() + &".y".repeat(n),
        "x".to_string() + &"()".repeat(n),
        "x".to_string() + &"? ".repeat(n),
        "- ".repeat(n) + "x",
        "not ".repeat(n) + "x",
        "a ?? b || c && d == e < f + g * ".repeat(n / 8) + "h",
        "if a {}".to_string() + &" else if b {}".repeat(n),
        "let x: T".to_string() + &"? ".repeat(n) + " = 1",
        "[".to_string() + &"1, ".repeat(n) + "]",
        "x = 1;".repeat(n),
        "\"".to_string() + &"${a}".repeat(n) + "\"",
    ] {
        let parsed = parse(&text);
        assert!(parsed.errors.is_empty(), "{:?}: {:?}", &text[..40], parsed.errors);
    }
}

#[test]
fn deep_nesting_is_one_error() {
    let n = 100_000;
    let too_deep = "expression nesting is deeper than 256";
    let blocks = "block nesting is deeper than 128";
    for (text, message) in [
        ("(".repeat(n), too_deep),
        ("[".repeat(n), too_deep),
        ("x = ".to_string() + &"{1:".repeat(n), too_deep),
        ("f(".repeat(n), too_deep),
        ("x[".repeat(n), too_deep),
        ("-(".repeat(n), too_deep),
        ("throw ".repeat(n) + "1", too_deep),
        ("\"${".repeat(n), "unterminated string interpolation"),
        ("let ".to_string() + &"[".repeat(n), too_deep),
        ("[".repeat(n) + &"]".repeat(n) + " = 1", too_deep),
        ("let x: ".to_string() + &"A<".repeat(n), too_deep),
        ("match x { case ".to_string() + &"Ok(".repeat(n), too_deep),
        ("if a { ".repeat(n), blocks),
        ("func f() { ".repeat(n), blocks),
        ("match x { default: ".repeat(n), blocks),
        ("loop {".repeat(n) + &"}".repeat(n), blocks),
        ("func() { return [".repeat(n), too_deep),
    ] {
        let errors = parse(&text).errors;
        let messages: Vec<_> = errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(messages, [message], "for {:?}", &text[..30]);
    }
    let fits = "(".repeat(200) + "1" + &")".repeat(200);
    assert!(parse(&fits).errors.is_empty());
    assert!(parse(&("if a {".repeat(127) + &"}".repeat(127))).errors.is_empty());
}

#[test]
fn large_and_strange_texts() {
    let big = "let x = 1 + 2 # abc\n".repeat(500_000);
    assert!(parse(&big).errors.is_empty());
    let huge = " ".repeat(MAX_SOURCE_BYTES + 1);
    assert_eq!(parse(&huge).errors[0].message, "source text is longer than 16 MiB");
    for text in [
        "\0".repeat(1 << 20),
        "\"".repeat(99_999),
        "/*".repeat(99_999),
        "}".repeat(99_999),
        ")".repeat(99_999),
        "${".repeat(99_999),
        "'\\".repeat(9_999),
        "\u{202e}é→".repeat(9_999),
    ] {
        assert!(!parse(&text).errors.is_empty(), "{:?}", &text[..10]);
    }
}

/// Every prefix and many random rearrangements of a program that uses the whole
/// grammar parse without a crash, with spans inside the text.
#[test]
fn mangled_programs() {
    let source = "struct P { x: int = 0, y func m(self, a) { self.x := a; return self } }\n\
        enum E { A, B } async func* g() { yield 1 } test \"t\" { assert(1 == 1) }\n\
        match Ok([1, ...b]) { case Ok(v) if v > 1: print(\"a${v + {\"k\": '}'}[\"k\"]}b\") default {} }\n\
        for [k, v] in items({a: 1, ...d}) { if k { break } else if v { continue } else { return } }\n\
        try { throw E::A(1)? } except e { x |> f(2) ?? -0x1F } import a.b from c import d\n\
        let {q, ...r} = P { x: 1 }.m(2)?.z[3] // end\n";
    assert!(parse(source).errors.is_empty(), "{:?}", parse(source).errors);
    for (end, _) in source.char_indices() {
        let parsed = parse(&source[..end]);
        assert!(parsed.errors.iter().all(|e| e.span.end as usize <= end));
    }
    let pieces: Vec<&str> = source.split_inclusive([' ', '(', '{', '"', ')', '}']).collect();
    let mut seed = 1u64;
    for _ in 0..2000 {
        let mut text = String::new();
        for _ in 0..40 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let parsed = parse(&text);
        assert!(parsed.errors.iter().all(|e| e.span.end as usize <= text.len()), "{text}");
    }
}

/// The programs of the repository have no errors.
#[test]
fn programs_parse() {
    let mut count = 0;
    for folder in ["examples", "benches/programs"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "ruff") {
                let source = std::fs::read_to_string(&path).unwrap();
                assert_eq!(parse(&source).errors, [], "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 20);
}
