//! Memory stays flat however long a loop runs that makes and drops values.
//!
//! Each construct that allocates is repeated a million times as machine code, and
//! fewer times by the interpreter and the evaluator, with a limit of memory that
//! a few bytes left behind in each round would pass. Circles of closures have
//! [tests of their own](circles.rs).
//!
//! Example: `d := {"a": [i]}` needs no more after a million rounds than after one.

use ruff::base::interrupt::Stop;
use ruff::base::options::Options;
use ruff::engine::{Outcome, Runner};

/// Bytes of values that a program may hold.
const LIMIT: &str = "4000000";

/// What is declared before the loop.
const DECLARATIONS: &str = "
struct Point { x = 0, y = 0, rest = []
    func moved(self, by) { return Point { x: self.x + by, y: self.y } }
    func move(self, by) { self.x += by  self.rest := [by] }
    func op_add(self, other) { return Point { x: self.x + other.x } }
    func fails(self) { self.rest := [1]  let show := func() { return self }  throw show() }
}
enum Shape { Dot, Circle, Pair }
func* numbers(n) { let k := 0  while k < n { yield [k]  k += 1 } }
func deep(n, a) { if n == 0 { return [a] } return deep(n - 1, a) }
func result(i) { if i % 2 == 0 { return Err(\"odd ${i}\") } return Ok([i]) }
func tried(i) { let v := result(i)?  return Some(v) }
async func later(x) { return [x] }
let text := \"some text, of words\"
let array := [1, 2, 3]
let mixed := [1, \"a\", null, 2.5, [1]]
let dict := {\"a\": 1, \"b\": [2], \"7\": \"c\"}
let point := Point {}
let kept := null
let list := []
";

/// One round each.
const CONSTRUCTS: &[&str] = &[
    "kept := [i, i + 1]",
    "kept := [text, \"${i}\", 2.5]",
    "kept := {\"a\": i, \"b\": [i]}",
    "kept := \"${i} and ${text}\"",
    "kept := str(i) + \",\" + str(i) + text",
    "kept := Point { x: i, rest: [i] }",
    "kept := point.moved(i)",
    "point.move(i)",
    "kept := point + Point { x: i }",
    "kept := Shape::Pair(i, [i])",
    "match Shape::Circle([i]) { case Shape::Circle(r): kept := r }",
    "kept := tried(i)",
    "kept := [...array, i, ...mixed]",
    "kept := {...dict, \"k${i % 9}\": i}",
    "let [a, ...b] := mixed  kept := b",
    "let {a, ...rest} := dict  kept := rest",
    "let copy := array  copy[0] := i  kept := copy",
    "let copy := dict  copy.a := [i]  kept := copy",
    "let copy := point  copy.rest := [i]  kept := copy",
    "list := push(list, [i])  if len(list) > 20 { list := [] }",
    "list := push(list, i)  let [rest, last] := pop(list)  list := rest",
    "dict[\"k${i % 50}\"] := [i]",
    "dict[i % 50] := \"${i}\"",
    "let [d, gone] := remove(dict, i % 50)  dict := d",
    "kept := func() { return [i, text] }  kept := kept()",
    "let n := i  let add := func(x) { n += x  return [n] }  kept := add(1)",
    "kept := map(array, func(x) { return [x, i] })",
    "kept := filter(mixed, func(x) { return x != i })",
    "kept := reduce(array, [], func(a, x) { return push(a, x + i) })",
    "kept := sort([3, i % 5, 1], func(a, b) { return a - b })",
    "kept := sort([\"b\", \"${i}\", \"a\"])",
    "for x in numbers(2) { kept := x }",
    "let g := numbers(9)  kept := g.next()",
    "kept := numbers(3).map(func(x) { return [x, i] }).filter(func(x) { return true }).collect()",
    "for [k, v] in items(dict) { kept := [k, v] }",
    "for [k, v] in enumerate(mixed) { kept := [k, v] }",
    "for c in text { kept := c + \"x\" }",
    "kept := deep(5, text + \"${i}\")",
    "try { throw [i] } except e { kept := e.value }",
    "try { throw \"e${i}\" } except e { kept := e }",
    "try { throw Point { x: i } } except { kept := i }",
    "try { kept := array[3 + i % 2] } except e { kept := e.message }",
    "try { kept := array[3 + i % 2] } except { kept := [i] }",
    "try { kept := dict[\"none${i % 3}\"] } except e { kept := e.stack }",
    "try { kept := parse_int(\"x${i % 9}\") } except { kept := text }",
    "try { kept := mixed[i % 5] - 1 } except e { kept := e }",
    "try { point.fails() } except e { kept := e.value }",
    "try { try { throw [i] } except e { throw e } } except e { kept := e }",
    "kept := await later(i)",
    "let c := channel()  c.send([i])  kept := c.receive()",
    "kept := split(text, \" \")",
    "kept := join([text, i, \"${i}\"], \"-\")",
    "kept := replace(text, \"some\", \"${i}\")",
    "kept := to_upper(text)  kept := slice(kept, 0, i % 7)",
    "kept := concat([i], array)  kept := reverse(kept)",
    "kept := keys(dict)  kept := values({\"a\": [i]})",
    "kept := merge(dict, {\"m\": i})",
    "kept := Set([i, text])",
    "kept := range(0, i % 9)",
    "kept := zip(array, [text, i, 3])",
    "kept := [[i], [text]]  kept[0][0] := [i]",
    "kept := {\"a\": {\"b\": [i]}}  kept.a.b[0] += 1",
    "kept := null ?? [i]",
    "kept := [i] |> push(2) |> len",
    "kept := to_json({\"a\": [i, text]})",
    "kept := bytes([i % 256, 1])",
    "text := slice(text + \"${i % 10}\", 1, 20)",
];

const MODES: [(&[(&str, &str)], u32); 4] = [
    (&[("jit", "on"), ("sync", "on")], 1_000_000),
    (&[("jit", "off")], 100_000),
    (&[("jit", "eval"), ("sync", "on")], 20_000),
    (&[("jit", "on"), ("sync", "on"), ("chaos", "5"), ("fuel", "80")], 20_000),
];

/// How a program ends that repeats a construct within the limit.
fn repeated(mode: &[(&str, &str)], rounds: u32, construct: &str) -> Outcome {
    let mut options = Options::default();
    options.set("memory_limit", LIMIT).expect("an option");
    for (name, value) in mode {
        options.set(name, value).expect("an option");
    }
    let source = format!("{DECLARATIONS}for i in {rounds} {{ {construct} }}");
    let mut runner = Runner::new(options);
    let program = runner.compile("memory.ruff", &source).expect(construct);
    runner.run_captured(&program).outcome
}

/// Runs the constructs whose number leaves this remainder.
fn check(remainder: usize) {
    for (mode, rounds) in MODES {
        for construct in CONSTRUCTS.iter().skip(remainder).step_by(2) {
            let outcome = repeated(mode, rounds, construct);
            assert!(matches!(outcome, Outcome::Finished), "{mode:?} {construct}: {outcome:?}");
        }
    }
}

#[test]
fn a_million_rounds_of_every_other_construct_leave_nothing_behind() {
    check(0);
}

#[test]
fn a_million_rounds_of_the_others_leave_nothing_behind() {
    check(1);
}

#[test]
fn what_grows_passes_the_limit() {
    for growing in ["list := push(list, i)", "kept := [kept]", "dict[i] := i", "text += \"x${i}\""]
    {
        let outcome = repeated(MODES[0].0, MODES[0].1, growing);
        assert!(matches!(outcome, Outcome::Stopped(Stop::Memory, _)), "{growing}: {outcome:?}");
    }
}
