//! Loops that catch what operations and builtins raise now and then.
//!
//! Whether a round raises depends on its number, so an error comes often, seldom, in
//! a pattern, or always; the handler is in the loop, in the function that raises, further
//! out, or throws again. What was changed before the error shows in the sum.
//!
//! What must hold: every operation either gives something to show or raises.
//!
//! Example: `for i in 200 { try { s += len("${100 / (i % 7)}") } except e { s += len(e.message) } }`.

use crate::generator::Generator;
use crate::tree::{Body, Statement};

/// Operations on round `I` that raise in some rounds; `M` is a small number.
const OPERATIONS: &[&str] = &[
    "V[I % M]",
    "V[I % M + 3]",
    "V[2 - I % M]",
    "V[I][0]",
    "\"texts\"[I % M]",
    "D[T[I % len(T)]]",
    "D[T[I % len(T)]]",
    "D.a + D[I % M]",
    "100 / (I % M)",
    "I % (I % M)",
    "1.5 / (I % M)",
    "2.5 % (I % M)",
    "9223372036854775800 + I % M",
    "-9223372036854775800 - I % M",
    "4611686018427387904 * (I % M)",
    "-(-9223372036854775807 - I % M / 5)",
    "parse_int(T[I % len(T)])",
    "to_int(T[I % len(T)])",
    "parse_float(T[I % len(T)]) + I",
    "len(X[I % len(X)])",
    "X[I % len(X)] - 1",
    "X[I % len(X)] * I",
    "X[I % len(X)].x",
    "X[I % len(X)][0]",
    "-X[I % len(X)]",
    "bit_shl(1, I * M)",
    "sqrt(I % M - 1)",
    "char_at(\"abcd\", I % M)",
    "X[I % len(X)](I)",
    "abs(X[I % len(X)])",
];

/// What a round does with the operation `O`, adding to `S`.
const ROUNDS: &[&str] = &[
    "try { S := (S * 3 + len(\"${O}\")) % 1009 } except E { S := S + len(E.message) }",
    "try { S := (S * 3 + len(\"${O}\")) % 1009 } except { S := (S + 1) % 1009 }",
    "try { S := (S + len(\"${F(I)}\")) % 1009 } except E { S := (S * 7 + len(E.stack)) % 1009 }",
    "S := (S * 5 + G(I)) % 1009",
    "try { S := (S * 5 + H(I)) % 1009 } except E { S := (S + len(E.message) * 3) % 1009 }",
    "try { W[I % 2].bump(1)\nS := S + W[I % 2].bump(O) % 9 } except E { S := (S + W[I % 2].x) % 1009 }",
    "try { S += 1\nS := S + len(\"${O}\")\nS := (S * 2 + len(\"${F(I + 1)}\")) % 1009 } \
     except E { S := (S + len(E.message)) % 1009 }",
];

impl Generator {
    /// A loop over rounds that raise in one of several ways.
    pub(crate) fn faults(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[20, 60, 200, 400]) else { return Vec::new() };
        let names = ["v", "d", "t", "x", "w", "s", "i", "e", "f", "g", "k", "r"];
        let [v, d, t, x, w, s, i, e, f, g, k, r] = &names.map(|name| self.fresh(name));
        let most = (2 + self.random.below(9)).to_string();
        let operation = self.random.pick(OPERATIONS);
        let other = self.random.pick(OPERATIONS);
        let body: Vec<&str> =
            (0..1 + self.random.below(2)).map(|_| self.random.pick(ROUNDS)).collect();
        let mixed = "1, \"a\", 2.5, [4], null, {\"x\": 6}, Q { x: 3 }, func(q) { return q }";
        let mixed: Vec<&str> = mixed.split(", ").collect();
        let kept: Vec<&str> = mixed.iter().copied().filter(|_| self.random.percent(60)).collect();
        let kept = if kept.is_empty() { "3".into() } else { kept.join(", ") };
        let again = if self.random.percent(30) { "throw E" } else { "return len(E.message)" };
        let text = format!(
            "let V := [3, 1, 4, 1, 5]\nlet D := {{\"a\": 1, \"7\": 2, \"b\": 3}}\n\
             let T := [\"a\", \"7\", \"b\", \"c\", \"12\"]\nlet X := [{kept}]\nlet W := [Q {{ x: 1 }}, Q {{ x: 2 }}]\n\
             let F := func(I) {{ return O }}\n\
             let G := func(I) {{ try {{ return len(\"${{O}}\") }} except E {{ return len(E.message) }} }}\n\
             let H := func(I) {{ try {{ let R := P\nreturn len(\"${{R}}\") + len(\"${{F(I)}}\") }} except E {{\n\
             if I % 3 == 0 {{ {again} }}\nthrow \"other\" }} }}\n\
             let S := 0\nfor I in {rounds} {{ {} }}\nh := (h * 5 + S + W[0].x) % 1000003",
            body.join("\n")
        );
        let filled = [('O', &operation.to_string()), ('P', &other.to_string()), ('M', &most)];
        let text = filled.iter().fold(text, |text, (letter, by)| text.replace(*letter, by));
        let named = [
            ('V', v),
            ('D', d),
            ('T', t),
            ('X', x),
            ('W', w),
            ('S', s),
            ('I', i),
            ('E', e),
            ('F', f),
            ('G', g),
            ('H', k),
            ('R', r),
        ];
        let text = named.iter().fold(text, |text, (letter, name)| text.replace(*letter, name));
        // The struct that every program declares.
        let text = text.replace('Q', "V");
        self.cost += rounds * 20 * self.rounds;
        vec![Statement::Line(text)]
    }
}
