//! Loops whose rounds read what other rounds have stored nearby.
//!
//! Elements, rows and structs at a distance from the loop's index are read and
//! written, in rising and falling order and in pairs, with any other statement in
//! between: what an optimiser carries from one round to the next, or takes to be
//! untouched by a store, is then sometimes changed after all.
//!
//! What must hold: an array may get shorter in the loop, so every access is
//! behind a check of its length.
//!
//! Example: `for i in range(1, len(v) - 1) { if i < len(v) - 1 { v[i] := (v[i] +
//! v[i - 1] * 3) % 1009 } }`.

use crate::generator::{Generator, Kind};
use crate::tree::{Body, Statement};

/// Changes of an array of ints `A` around the index `I`.
const INTS: &[&str] = &[
    "A[I] := (A[I] + A[I - 1] * 3) % 1009",
    "A[I] := (A[I - 1] + A[I + 1]) % 1009",
    "A[I + 1] := (A[I] * 5 + h) % 1009",
    "let T := A[I]\nA[I] := A[I - 1]\nA[I - 1] := T",
    "if A[I] > A[I - 1] { A[I] := A[I - 1] - 1 } else { A[I - 1] += 1 }",
    "A[I] += A[I - 1] % 7\nif A[I] > 5000 { A[I] := 3 }",
];
/// The same for numbers.
const NUMBERS: &[&str] = &[
    "A[I] := A[I] * 0.5 + A[I - 1] * 0.25",
    "A[I] := A[I - 1]",
    "A[I + 1] := A[I] * 0.5\nA[I - 1] := A[I + 1]",
];
/// The same for rows.
const ROWS: &[&str] = &[
    "A[I][0] := (A[I - 1][0] + A[I][0]) % 1009",
    "A[I] := A[I - 1]",
    "A[I][len(A[I]) - 1] := (A[I - 1][0] + A[I + 1][0]) % 1009",
    "let T := A[I]\nA[I] := A[I + 1]\nA[I + 1] := T",
    "for J in range(1, len(A[I])) { A[I][J] := (A[I][J - 1] + A[I][J] + A[I - 1][0]) % 1009 }",
];
/// The same for structs with the field `F`.
const STRUCTS: &[&str] = &[
    "A[I].F := (A[I].F + A[I - 1].F) % 1009",
    "A[I] := A[I - 1]",
    "A[I - 1].F := (A[I].F + 1) % 1009\nA[I].F := (A[I - 1].F * 2) % 1009",
    "let T := A[I]\nT.F := (T.F + 5) % 1009\nA[I - 1] := T",
];
/// What happens to two structs.
const PAIRS: &[&str] = &[
    "A[I].F := (A[I].F + A[J].F) % 1009\nA[J].F := (A[J].F + 1) % 1009",
    "if A[I].F > A[J].F { let T := A[I]\nA[I] := A[J]\nA[J] := T }",
    "A[J].F := (A[J].F + 1) % 1009\nA[I].F := (A[I].F + A[J].F) % 1009",
];

impl Generator {
    /// A loop over the inner indices of some array.
    pub(crate) fn neighbours(&mut self) -> Body {
        let shapes = self.shapes.len();
        let kind = match self.random.below(6) {
            0 | 1 => Kind::Ints,
            2 => Kind::Numbers,
            3 => Kind::Grid,
            _ if shapes > 0 => Kind::Structs(self.random.below(shapes)),
            _ => Kind::Grid,
        };
        let Some(array) = self.visible(&kind, true) else { return Vec::new() };
        let Some(rounds) = self.rounds_left(&[100]).filter(|rounds| *rounds >= 100) else {
            return Vec::new();
        };
        let (i, j) = (self.fresh("i"), self.fresh("i"));
        let mut field = String::new();
        if let Kind::Structs(number) = kind {
            let fields = self.shapes[number].fields.iter();
            let mut ints = fields.filter(|(_, kind)| *kind == Kind::Int);
            let Some((name, _)) = ints.next_back() else { return Vec::new() };
            field = name.clone();
        }
        let pairs = !field.is_empty() && self.random.percent(40);
        let change = match kind {
            Kind::Ints => self.random.pick(INTS),
            Kind::Numbers => self.random.pick(NUMBERS),
            Kind::Grid => self.random.pick(ROWS),
            _ if pairs => self.random.pick(PAIRS),
            _ => self.random.pick(STRUCTS),
        };
        let temporary = self.fresh("t");
        let fill = |text: &str| {
            let text = text.replace(".F", &format!(".{field}")).replace('A', &array);
            text.replace('T', &temporary).replace('I', &i).replace('J', &j)
        };
        let head = match self.random.below(4) {
            _ if pairs => "for I in range(0, len(A)) {\nfor J in range(I + 1, len(A)) {",
            0 => "let I := len(A) - 1\nwhile I > 1 {\nI -= 1",
            1 => "let I := 0\nwhile I < len(A) - 2 {\nI += 1",
            _ => "for I in range(1, len(A) - 1) {",
        };
        let guard = if pairs { "J < len(A)" } else { "I < len(A) - 1" };
        let changes = vec![Statement::Line(fill(change))];
        let mut body = vec![Statement::Blocks(vec![(format!("if {} {{", fill(guard)), changes)])];
        if self.random.percent(40) {
            let names = [(i.clone(), Kind::Int)];
            let rounds = if pairs { rounds * 10 } else { rounds };
            let more = self.looped(rounds, 0, &names);
            match self.random.percent(50) {
                true => body.extend(more),
                false => body.splice(0..0, more).for_each(drop),
            }
        }
        if pairs {
            let (outer, inner) = head.split_once('\n').expect("a nest has two heads");
            let inner = vec![Statement::Blocks(vec![(fill(inner), body)])];
            return vec![Statement::Blocks(vec![(fill(outer), inner)])];
        }
        vec![Statement::Blocks(vec![(fill(head), body)])]
    }
}
