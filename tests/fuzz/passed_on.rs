//! Loops that pass objects from round to round.
//!
//! An optimiser may keep what such an object holds in registers, as long as each round makes
//! it anew and nothing needs it as an object. Here rounds keep, copy, swap, compare, change
//! and give away such objects now and then, and change the kinds of what they hold.
//!
//! What must hold: every loop ends after `N` rounds.
//!
//! Example: `for i in 70 { p := V { x: i, y: p.x }  if i % 31 == 30 { k := push(k, p) } }`.

use crate::generator::Generator;
use crate::tree::{Body, Statement};

/// What a round makes of `P` (a `V`), `Q` (one that is passed on beside it) and the round `I`.
const STEPS: &[&str] = &[
    "P := V { x: (P.x + I) % 1009, y: P.y }",
    "P := P + Q",
    "P := -P",
    "P := V { x: I, y: P.x }",
    "P := V { x: I, y: V { x: P.x, y: I } }",
    "P := V { x: P.x, y: \"t\" + str(I) }",
    "P := V { x: Q.x, y: 0.5 * I }",
    "[P, Q] := [Q, P]",
    "[P, Q] := [V { x: Q.x, y: I }, P]",
    "Q := P\nP := V { x: (P.x * 5 + I) % 1009, y: Q.y }",
    "Q := V { x: P.x, y: Q.y }",
    "let C := P\nP := V { x: (C.x + 1) % 1009, y: C.y }\nh := (h + C.x) % 1000003",
];
/// What it does with them besides.
const USES: &[&str] = &[
    "h := (h + P.x) % 1000003",
    "if P < Q { h := (h + 1) % 1000003 }",
    "if P == Q { h := (h + 2) % 1000003 }",
    "h := (h + len(str(P))) % 1000003",
    "K := [P, Q]",
    "P.x := (P.x + 3) % 1009",
    "h := (h + P.bump(I)) % 1000003",
    "if is_string(P.y) { P := V { x: P.x, y: 1 } }",
    "if P.x % 7 == 3 { throw P }",
    "if len(K) > 1 { K := [] } else { K := push(K, P) }",
    "if len(K) > 0 { Q := V { x: K[0].x, y: 2 } }",
];

impl Generator {
    /// A loop, or two of which one is in the other, that passes two objects on.
    pub(crate) fn passed_on(&mut self) -> Body {
        if self.rounds_left(&[150]).is_none_or(|rounds| rounds < 150) {
            return Vec::new();
        }
        let mut body = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            body.push(self.random.pick(STEPS).to_string());
        }
        for _ in 0..self.random.below(3) {
            let text = self.random.pick(USES);
            body.push(match self.random.below(4) {
                0 => text.to_string(),
                1 => format!("if I % 31 == {} {{ {text} }}", self.random.below(31)),
                2 => format!("if I % 3 == {} {{ {text} }}", self.random.below(3)),
                _ => format!("if I == {} {{ {text} }}", 20 + self.random.below(40)),
            });
        }
        let names = ["p", "q", "k", "i", "c", "e", "r"].map(|name| self.fresh(name));
        let [p, q, k, i, c, e, r] = &names;
        let (rounds, again) = (30 + self.random.below(60), 1 + self.random.below(3));
        let body = body.join("\n");
        let text = format!(
            "for {r} in {again} {{\nlet P := V {{ x: {r}, y: 0 }}\nlet Q := V {{ x: 1, y: 2 }}\nlet K := [P]\n\
             try {{\nfor I in {rounds} {{\n{body}\n}}\n}} except {e} {{ h := (h + 7) % 1000003 }}\n\
             K := push(K, P)\nh := (h * 3 + len(str(K)) + len(str(Q)) + P.x) % 1000003\n}}"
        );
        let filled = [('P', p), ('Q', q), ('K', k), ('I', i), ('C', c)];
        let text = filled.iter().fold(text, |text, (letter, name)| text.replace(*letter, name));
        vec![Statement::Line(text)]
    }
}
