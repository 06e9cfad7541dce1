//! Loops over arrays whose bounds, steps and addends come from outside.
//!
//! What an optimiser checks once before a loop, so that its rounds need no checks of
//! indices and overflow, holds for some rows of numbers and not for others: bounds at
//! and beyond the end, negative starts, addends next to all limits.
//!
//! What must hold: every round reads an element, so a bound beyond the end soon raises.
//!
//! Example: `for q in [[0, len(v), 1, 7], [-1, 4, 2, 1073741824]] { .. }` around
//! `while i < q[1] { s += v[i] + (i * q[2] + q[3]) % 7  i += q[2] }`.

use crate::generator::{Generator, Kind};
use crate::tree::{Body, Statement};

/// Where a loop starts.
const STARTS: &[&str] = &["0", "0", "0", "1", "3", "-1", "-3", "len(A) - 2", "h % 4"];
/// Where it ends.
const ENDS: &[&str] = &[
    "len(A)",
    "len(A)",
    "len(A)",
    "len(A) - 1",
    "len(A) - 3",
    "len(A) + 1",
    "len(A) * 2",
    "3",
    "0",
    "-2",
    "1073741823",
    "1073741824",
    "9223372036854775807",
];
/// How it goes on.
const STEPS: &[&str] = &["1", "1", "1", "2", "3"];
/// What is added.
const ADDENDS: &[&str] = &[
    "0",
    "1",
    "-5",
    "h",
    "-h",
    "1073741823",
    "1073741824",
    "4294967296",
    "-4294967297",
    "9223372036854775000",
    "-9223372036854775000",
];
/// Loops from `F` to `L` in steps of `P` that add `K`.
const LOOPS: &[&str] = &[
    "let I := F\nwhile I < L { S += A[I] + (I * P + K) % 7\nI += P }",
    "for I in range(F, L) { S += A[I] * 3 % 11 + (I - K) % 5 }",
    "for I in range(F, L, P) { S += (I + K) * (I + P) % 13 + A[I] % 3 }",
    "let I := L\nwhile I > F { I -= P\nS += A[I] + (K - I) % 5 }",
    "for I in range(F, L) { S += A[(I + L) % len(A)] + A[I] }",
    "for I in range(F, L) { A[I] := (A[I] + K % 9 + I) % 1009\nS += I * K % 17 }",
    "for I in range(F, L) { if I + 1 < L { S += A[I + 1] - A[I] } else { S += A[I - 1] + K % 3 } }",
];

impl Generator {
    /// Several rows of such numbers, each for a few rounds of the same loop.
    pub(crate) fn bounds(&mut self) -> Body {
        if self.rounds_left(&[60]).is_none_or(|rounds| rounds < 60) {
            return Vec::new();
        }
        let own = self.random.percent(60).then(|| self.fresh("v"));
        let visible = if own.is_none() { self.visible(&Kind::Ints, true) } else { None };
        let Some(array) = own.clone().or(visible) else { return Vec::new() };
        let rows = 2 + self.random.below(5);
        let rows: Vec<String> = (0..rows)
            .map(|_| {
                let lists = [STARTS, ENDS, STEPS, ADDENDS];
                let row = lists.map(|list| self.random.pick(list));
                format!("[{}]", row.join(", "))
            })
            .collect();
        let again = if self.random.percent(50) { 4 } else { 1 };
        let names = ["q", "f", "l", "p", "k", "s", "i", "e", "r"].map(|name| self.fresh(name));
        let [q, f, l, p, k, s, i, e, r] = &names;
        let body = self.random.pick(LOOPS);
        let text = format!(
            "for {r} in {again} {{ for {q} in [{}] {{\nlet [F, L, P, K] := {q}\nlet S := 0\n\
             try {{\n{body}\n}} except {e} {{ S := len({e}.message) }}\n\
             h := (h * 5 + S % 1009 + 1009) % 1000003\n}} }}",
            rows.join(", ")
        );
        let filled = [('A', &array), ('F', f), ('L', l), ('P', p), ('K', k), ('S', s), ('I', i)];
        let text = filled.iter().fold(text, |text, (letter, name)| text.replace(*letter, name));
        let text = match own {
            Some(own) => format!("let {own} := range(0, {})\n{text}", 3 + self.random.below(40)),
            None => text,
        };
        vec![Statement::Line(text)]
    }
}
