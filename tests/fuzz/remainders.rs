//! Loops that divide: sums kept small by a remainder, random numbers, halving.
//!
//! What an optimiser assumes of such loops, that a sum begins and stays below the divisor,
//! that the divisor is what it was, that what is halved is not negative, holds for some
//! rows of numbers and not for others.
//!
//! What must hold: every loop ends after `N` rounds at most.
//!
//! Example: `for q in [[0, 3, 1009], [-7, h, 64]] { .. }` around
//! `for i in N { s := (s + i * q[1]) % q[2] }`.

use crate::generator::Generator;
use crate::tree::{Body, Statement};

/// Where a sum or random number begins.
const STARTS: &[&str] =
    &["0", "1", "1", "42", "h", "h % 97", "-h", "-3", "1008", "4611686018427387903"];
/// What is added or multiplied by.
const FACTORS: &[&str] =
    &["1", "3", "3", "31", "16807", "h % 11", "-5", "-1", "2147483647", "4611686018427387904"];
/// What it is divided by.
const DIVISORS: &[&str] = &[
    "1009",
    "1009",
    "7",
    "2",
    "64",
    "127",
    "2147483647",
    "2147483648",
    "1000000007",
    "-10",
    "-8",
    "1",
    "-1",
    "0",
    "4611686018427387903",
    "4611686018427387904",
    "9223372036854775807",
    "-9223372036854775807 - 1",
];
/// Loops that begin with `B`, add or multiply by `F`, and divide by `D`.
const LOOPS: &[&str] = &[
    "for I in N { S := (S + I * F) % D }",
    "for I in N { S := (I * F - S) % D }",
    "for I in N { S := (S * F + I) % D }",
    "for I in N { S := S * F % 2147483647 }",
    "for I in N { S := (S * 5 + F) % 64\nT += S / 4 }",
    "let A := S\nlet C := F\nfor I in N { [A, C] := [C, (A + C) % D] }\nS := A",
    "let A := F\nfor I in N { S := (S + A) % D\nA := (A + S) % 1009 }",
    "for I in N { S := (S + D - 1) % D\nT += (S + 1) % D + I / D }",
    "for I in N { T += S % 2 + S % 3\nS := S / 2\nif S == 0 { S := F * I + B } }",
    "for I in N { S := S + F\nT += S % D + S / D\nif I % 50 == 49 { S := B } }",
    "let A := D\nfor I in N { S := (S + I) % A + I / A\nif I == 40 { A := A - F } }",
];

impl Generator {
    /// Several rows of such numbers, each for a few rounds of the same loop.
    pub(crate) fn remainders(&mut self) -> Body {
        if self.rounds_left(&[200]).is_none_or(|rounds| rounds < 200) {
            return Vec::new();
        }
        let rows = 1 + self.random.below(4);
        let rows: Vec<String> = (0..rows)
            .map(|_| {
                let row = [STARTS, FACTORS, DIVISORS].map(|list| self.random.pick(list));
                format!("[{}]", row.join(", "))
            })
            .collect();
        let again = if self.random.percent(50) { 3 } else { 1 };
        let rounds = (20 + self.random.below(60)).to_string();
        let names = ["q", "b", "f", "d", "s", "t", "i", "a", "c", "e", "r"];
        let names = names.map(|name| self.fresh(name));
        let [q, b, f, d, s, t, i, a, c, e, r] = &names;
        let body = self.random.pick(LOOPS);
        let text = format!(
            "for {r} in {again} {{ for {q} in [{}] {{\nlet [B, F, D] := {q}\nlet S := B\nlet T := 0\n\
             try {{\n{body}\n}} except {e} {{ T := len({e}.message) }}\n\
             h := (h * 5 + S % 1009 + T % 1009 + 2018) % 1000003\n}} }}",
            rows.join(", ")
        );
        let filled = [
            ('B', b),
            ('F', f),
            ('D', d),
            ('S', s),
            ('T', t),
            ('I', i),
            ('A', a),
            ('C', c),
            ('N', &rounds),
        ];
        let text = filled.iter().fold(text, |text, (letter, name)| text.replace(*letter, name));
        vec![Statement::Line(text)]
    }
}
