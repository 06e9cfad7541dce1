//! Recursive methods that change their receiver, wherever that is held.
//!
//! A receiver goes down and comes back with every call: changed, replaced, shared
//! with others, lost on the way to a handler. Loops call the methods of one struct
//! on a variable, an element, a field, a constant or a value that nobody keeps.
//!
//! What must hold: a call is bounded by its first argument, and lists that grow are
//! emptied from time to time.
//!
//! Example: `for i in 100 { try { h := (h * 5 + w.sink(i % 9, i)) % 1000003 } except e
//! { h += 1 } }`.

use crate::generator::{Generator, Kind};
use crate::tree::{Body, Statement};

/// The struct whose methods are called.
pub(crate) const RECEIVER: &str = "struct W { n, list = [], inner = null
func sink(self, k, x) {
self.n := (self.n + x) % 1009
if k <= 0 { return self.n }
if x % 13 == 4 { self.list := push(self.list, k) }
let a := self.sink(k - 1, x + 1)
if x % 29 == 5 { throw \"sunk ${k}\" }
return (a + self.sink(k - 3, x * 3 % 1009)) % 1009
}
func tail(self, k) {
self.n := (self.n + k) % 1009
if k > 0 { self.tail(k - 1) }
}
func turn(self, k, x) {
if k <= 0 { return self.n }
if x % 7 == 2 { self := W { n: x % 9, list: self.list } }
return self.back(k - 1, x + 1) + 1
}
func back(self, k, x) {
try {
if x % 11 == 3 { throw x }
self.list := push(self.list, x)
} except e { self.n := (self.n + e.value) % 1009 }
return self.turn(k - 1, x + 2)
}
func nest(self, k) {
if k <= 0 { return 1 }
if self.inner == null { self.inner := W { n: k } }
let a := self.inner.nest(k - 1)
self.n := (self.n + a) % 1009
return a + len(self.list)
}
func become(self, k, x) {
if k <= 0 { return 1 }
if k == x { self := k return 5 }
return self.become(k - 1, x) + 1
}
func pull(self, x) {
if x % 37 == 9 { self.list := x }
let [rest, last] := pop(self.list)
self.list := rest
if last == null { return 0 }
return last
}
func pair(self, x) {
let p := pop(self.list)
self.list := p[0]
if x % 3 == 0 { self.list := push(self.list, x) }
if p[1] == null { return 1 }
return p[1]
}
func trim(self, x) {
self.list := slice(self.list, x % 3, len(self.list))
self.list := reverse(self.list)
return len(self.list)
}
func cut(self, x) {
let [rest, gone] := remove_at(self.list, x % 4)
self.list := rest
return gone
}
func given(self, k) {
if k > 0 { self.n := k return self.given(k - 1) }
return self
}
}";

/// Calls on the receiver `R` in the round `I` that give an int.
const VALUES: &[&str] = &[
    "R.sink(I % 9, I)",
    "R.sink(I % 4, X % 101)",
    "R.turn(I % 12, I)",
    "R.turn(9, X % 101)",
    "R.nest(I % 6)",
    "R.given(I % 5).n",
    "R.back(3, I) + R.pull(I)",
    "R.pair(I) + R.pair(X % 101)",
    "R.trim(I)",
    "R.cut(I)",
    "W { n: I }.sink(5, I)",
];
/// Calls whose receiver is a copy or a constant, or becomes something else.
const STATEMENTS: &[&str] = &[
    "R.tail(I % 20)",
    "R.list := pop(R.list)[0]",
    "let T := R.list\nlet [left, item] := pop(T)\nh := h + len(T) - len(left)\nif item != null { h := h + item }",
    "let [left, item] := pop(R.list)\nlet [less, other] := pop(left)\nR.list := push(less, I)\nif other != null { h := h + other }",
    "let T := [[I], \"text\", 1.5, [X, true]]\nwhile len(T) > I % 4 { let [left, item] := pop(T)\nT := left\nif is_array(item) { h := h + item[0] } }",
    "let T := [R.n, I, 3]\nlet item := 0\nfor none in I % 5 { [T, item] := pop(T)\nif item == null { break }\nh := h + item }",
    "let [T, last] := pop(R.list)\nR.list := T\nif last != null { h := h + last }",
    "let T := R\nh := (h + T.become(6, I % 9)) % 1000003\nif is_int(T) { h := h + T }",
    "let T := R\nT.tail(5)\nh := (h + T.n - R.n) % 1000003",
    "const T := R\nh := (h + T.sink(3, I)) % 1000003",
    "const T := W { n: I }\nif I % 3 == 0 { h := h + T.n } else { h := h + T.become(2, I % 5) }",
];

impl Generator {
    /// A loop that calls the methods of a receiver.
    pub(crate) fn receivers(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[120]).filter(|rounds| *rounds >= 120) else {
            return Vec::new();
        };
        let (alone, many, owner) = (self.fresh("w"), self.fresh("w"), self.fresh("w"));
        let (round, temporary, error) = (self.fresh("i"), self.fresh("t"), self.fresh("e"));
        let start = self.int(0);
        let made = format!(
            "let {alone} := W {{ n: {start} % 99 }}\nlet {many} := [W {{ n: 1 }}, {alone}, W {{ n: 3 }}]\nlet {owner} := W {{ n: 5, inner: {alone} }}"
        );
        let mut body = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let receiver = self.random.pick(&[
                alone.clone(),
                alone.clone(),
                format!("{many}[{round} % 3]"),
                format!("{many}[1]"),
                format!("{owner}.inner"),
            ]);
            let call = match self.random.percent(70) {
                true => format!("h := (h * 5 + {}) % 1000003", self.random.pick(VALUES)),
                false => self.random.pick(STATEMENTS).to_string(),
            };
            let x = format!("({})", self.int(0));
            let names = [('I', &round), ('T', &temporary), ('R', &receiver), ('X', &x)].into_iter();
            let call = names.fold(call, |text, (letter, name)| text.replace(letter, name));
            let inside = vec![Statement::Line(call)];
            if self.random.percent(85) {
                let handler = format!("h := (h * 5 + len({error}.message)) % 1000003");
                body.push(Statement::Blocks(vec![
                    ("try {".into(), inside),
                    (format!("}} except {error} {{"), vec![Statement::Line(handler)]),
                ]));
            } else {
                body.extend(inside);
            }
        }
        let saved = (self.rounds, self.in_loop);
        if self.random.percent(50) {
            body.extend(self.looped(rounds, 1, &[(round.clone(), Kind::Int)]));
        }
        (self.rounds, self.in_loop) = saved;
        let empty = format!(
            "if {round} % 16 == 15 {{ {alone}.list := []\n{many} := [W {{ n: {round} }}, {alone}, {alone}]\n{owner}.inner := {alone} }}"
        );
        body.push(Statement::Line(empty));
        let seen = format!(
            "h := (h + {alone}.n + len({alone}.list) + {many}[0].n + {many}[1].n + {owner}.inner.n) % 1000003"
        );
        vec![
            Statement::Line(made),
            Statement::Blocks(vec![(format!("for {round} in {rounds} {{"), body)]),
            Statement::Line(seen),
        ]
    }
}
