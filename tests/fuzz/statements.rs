//! Random statements: assignments to all kinds of places, branches, loops, errors.
//!
//! What must hold: loops count in a variable that nothing assigns, arrays and
//! strings that grow in loops are cut again, and every loop leaves enough of the
//! budget for the rest.
//!
//! Example: in a loop over `i`, `v3[i % len(v3)] := (v1 * i) % 1009` or
//! `if i == 97 { v2 := 0.5 }`.

use crate::generator::{Generator, Kind, VALUE_BUDGET};
use crate::tree::{Body, Statement};

fn line(text: impl Into<String>) -> Statement {
    Statement::Line(text.into())
}

impl Generator {
    /// About so many statements.
    pub(crate) fn statements(&mut self, count: usize) -> Body {
        (0..count).flat_map(|_| self.statement()).collect()
    }

    fn block(&mut self, count: usize) -> Body {
        self.scoped(|generator| generator.statements(count))
    }

    /// One statement, rarely a few.
    pub(crate) fn statement(&mut self) -> Body {
        if !self.afford(2) {
            return Vec::new();
        }
        let nests = self.depth < 5 && self.budget.saturating_sub(self.cost) > 30 * self.rounds;
        match self.random.below(if nests { 58 } else { 30 }) {
            0..=7 => vec![self.assignment()],
            8 | 9 => vec![self.variable()],
            10..=12 => vec![self.checksum()],
            13..=15 => vec![self.element_assignment()],
            16 | 17 => vec![self.growth()],
            18 => vec![self.type_change()],
            19 => vec![self.field_assignment()],
            20 => vec![self.dict_assignment()],
            21 => vec![self.destructuring()],
            22 => {
                let call = self.method_call(1);
                vec![line(format!("h := (h + {call}) % 1000003"))]
            }
            23 | 24 => self.leave(),
            25 => vec![self.throw()],
            26 => self.shared_closures(),
            27 => vec![self.try_operator()],
            28 if self.rounds <= 40 && self.budget > VALUE_BUDGET => {
                let (kind, depth) = (self.any_kind(), 1);
                vec![line(format!("print({})", self.expression(&kind, depth)))]
            }
            28 | 29 => vec![self.one_line_if()],
            30..=34 => vec![self.branch()],
            35..=40 => self.cold_loop(),
            41..=43 => vec![self.attempt()],
            44 => vec![self.matching()],
            46.. => self.construct(),
            _ => vec![self.redefinition()],
        }
    }

    fn checksum(&mut self) -> Statement {
        let text = match self.random.below(5) {
            0 => format!("h := (h + len({})) % 1000003", self.text(1)),
            1 => format!("if {} {{ h := (h + 1) % 1000003 }}", self.condition(2)),
            2 => format!(
                "h := (h * 3 + to_int(floor(min(1000.0, max(-1000.0, {})))) % 5) % 1000003",
                self.number(1)
            ),
            _ => format!("h := (h * 31 + {}) % 1000003", self.int(2)),
        };
        line(text)
    }

    fn assignment(&mut self) -> Statement {
        let mut found = None;
        for _ in 0..5 {
            let kind = self.any_kind();
            if let Some(name) = self.visible(&kind, true) {
                found = Some((kind, name));
                break;
            }
        }
        let Some((kind, name)) = found else { return self.checksum() };
        let text = match kind {
            Kind::Int => match self.random.below(6) {
                0 => {
                    let operator = self.random.pick(&["+=", "-=", "%="]);
                    let value = self.random.below(9) + 1;
                    format!("{name} {operator} {value}")
                }
                1 if self.random.percent(30) => format!("{name} := {}", self.expression(&kind, 2)),
                2 => format!("{name} := -{name}"),
                _ => format!("{name} := ({}) % 1000003", self.expression(&kind, 3)),
            },
            Kind::Number => match self.random.below(5) {
                0 => format!("{name} += {}", self.number(1)),
                1 => format!("{name} := {name} * 0.5 + {}", self.number(1)),
                2 => format!("{name} := {}", self.int(2)),
                _ => format!("{name} := {}", self.expression(&kind, 2)),
            },
            Kind::Text => format!("{name} := substring({}, 0, 40)", self.expression(&kind, 2)),
            Kind::Any => {
                let any = self.any_kind();
                // A function in here would be called by nobody, and a structure in a
                // structure could grow without end.
                let small = match any {
                    Kind::List | Kind::Bag | Kind::Functions | Kind::Any => Kind::Int,
                    kind => kind,
                };
                format!("{name} := {}", self.expression(&small, 1))
            }
            Kind::List => format!("{name} := [{}, {}]", self.plain(0), self.int(1)),
            kind => format!("{name} := {}", self.expression(&kind, 2)),
        };
        line(text)
    }

    fn element_assignment(&mut self) -> Statement {
        let kind =
            self.random.pick(&[Kind::Ints, Kind::Ints, Kind::Numbers, Kind::List, Kind::Grid]);
        let Some(name) = self.visible(&kind, true) else { return self.growth() };
        let index = self.int(1);
        let safe = if self.is_wild() { index } else { format!("{index} % len({name})") };
        let text = match kind {
            Kind::Ints => {
                let operator = self.random.pick(&[":=", ":=", "+=", "-="]);
                format!("{name}[{safe}] {operator} ({}) % 1009", self.int(2))
            }
            Kind::Numbers => format!("{name}[{safe}] := {}", self.expression(&Kind::Number, 2)),
            Kind::List => {
                format!("if len({name}) > 0 {{ {name}[{safe}] := {} }}", self.plain(1))
            }
            _ => {
                let column = self.int(0);
                match self.random.below(4) {
                    0 => format!("{name}[{safe}] := [1, {}, 3]", self.int(1)),
                    1 => format!("{name}[{safe}][0] += {} % 7", self.int(1)),
                    _ => format!(
                        "{name}[{safe}][{column} % len({name}[{safe}])] := ({}) % 1009",
                        self.int(2)
                    ),
                }
            }
        };
        line(text)
    }

    /// Something gets longer, up to a limit.
    fn growth(&mut self) -> Statement {
        let kind = self.random.pick(&[
            Kind::Ints,
            Kind::Ints,
            Kind::Numbers,
            Kind::List,
            Kind::Text,
            Kind::Grid,
            Kind::Functions,
        ]);
        let Some(name) = self.visible(&kind, true) else { return self.checksum() };
        let limit = self.random.pick(&["8", "30", "100"]);
        let (value, short) = match kind {
            Kind::Ints => (self.int(2), "[0]"),
            Kind::Numbers => (self.expression(&Kind::Number, 1), "[1.5, 2]"),
            Kind::List => (self.plain(1), "[]"),
            Kind::Text => {
                let text = self.text(0);
                let text = if text == name { "\"+\"".into() } else { text };
                return line(format!(
                    "{name} := {name} + substring({text}, 0, 3)\nif len({name}) > {limit} {{ {name} := \"cut\" }}"
                ));
            }
            Kind::Grid => (format!("[{}, {}]", self.int(1), self.int(0)), "[[1, 2]]"),
            _ => (self.lambda(1), "[func(x) { return x }]"),
        };
        line(format!(
            "{name} := push({name}, {value})\nif len({name}) > {limit} {{ {name} := {short} }}"
        ))
    }

    /// A variable gets another type in one round only.
    fn type_change(&mut self) -> Statement {
        let condition = match self.visible(&Kind::Int, false) {
            Some(name) => {
                format!("{name} % {} == {}", 50 + self.random.below(300), self.random.below(50))
            }
            None => "h % 100 == 7".into(),
        };
        let kind = self.random.pick(&[Kind::Number, Kind::Any, Kind::Numbers, Kind::List]);
        let Some(name) = self.visible(&kind, true) else { return self.checksum() };
        let text = match kind {
            Kind::Number => format!("{name} := {}", self.random.pick(&["0.5", "1", "-0.0", "3.0"])),
            Kind::Any => {
                let value = self.random.pick(&[
                    "1.5",
                    "\"s\"",
                    "null",
                    "true",
                    "[1, 2]",
                    "{}",
                    "7",
                    "Some(1)",
                    "func(x) { return x }",
                ]);
                format!("{name} := {value}")
            }
            Kind::Numbers => format!("{name}[0] := {}", self.random.pick(&["0.25", "4"])),
            _ => format!("{name} := [{}]", self.plain(1)),
        };
        line(format!("if {condition} {{ {text} }}"))
    }

    fn field_assignment(&mut self) -> Statement {
        if self.shapes.is_empty() {
            return self.assignment();
        }
        let number = self.random.below(self.shapes.len());
        let fields = self.shapes[number].fields.clone();
        let (field, kind) = self.random.pick(&fields);
        let many = self.visible(&Kind::Structs(number), true);
        let place = match (self.visible(&Kind::Struct(number), true), many) {
            (_, Some(name)) if self.random.percent(50) => {
                format!("{name}[{} % len({name})]", self.int(0))
            }
            (Some(name), _) => name,
            _ => return self.assignment(),
        };
        let value = match kind {
            Kind::Int => format!("({}) % 1000003", self.int(2)),
            Kind::Ints if self.random.percent(50) => {
                return line(format!("{place}.{field}[0] := ({}) % 1009", self.int(1)));
            }
            Kind::Dict if self.random.percent(60) => {
                return line(format!("{place}.{field}[{}] := {}", self.key(), self.int(1)));
            }
            kind => self.expression(&kind, 1),
        };
        let value = if value.contains('{') && !value.starts_with('(') {
            format!("({value})")
        } else {
            value
        };
        line(format!("{place}.{field} := {value}"))
    }

    fn dict_assignment(&mut self) -> Statement {
        let key = self.key();
        if self.random.percent(70)
            && let Some(name) = self.visible(&Kind::Dict, true)
        {
            let text = match self.random.below(7) {
                0 => format!("{name}[{key}] := get({name}, {key}, 0) + 1"),
                4 => format!("{name}.k1 := ({}) % 1009", self.int(1)),
                5 => format!("if has_key({name}, \"k0\") {{ {name}.k0 := {name}.k0 * 3 % 1009 }}"),
                6 => format!("{name} := remove({name}, {key})[0]"),
                1 => format!("{name} := merge({name}, {{\"m\": {}}})", self.int(0)),
                2 => format!("{name}[{key}] := 1"),
                _ => format!("{name}[{key}] := ({}) % 1009", self.int(2)),
            };
            return line(text);
        }
        match self.visible(&Kind::Bag, true) {
            Some(name) => {
                let text = match self.random.below(4) {
                    0 => format!("{name}[\"x\"] := {}", self.plain(0)),
                    1 => format!("{name}[\"list\"][0] := {}", self.int(1)),
                    2 => format!("{name}.n := {}", self.number(1)),
                    _ => format!(
                        "{name}.list := push({name}.list, 1)\nif len({name}.list) > 9 {{ {name}.list := [2] }}"
                    ),
                };
                line(text)
            }
            None => self.checksum(),
        }
    }

    fn destructuring(&mut self) -> Statement {
        match self.random.below(4) {
            0 => match (self.visible(&Kind::Int, true), self.visible(&Kind::Int, true)) {
                (Some(a), Some(b)) if a != b && !a.contains('.') && !b.contains('.') => {
                    line(format!("[{a}, {b}] := [{b}, {a}]"))
                }
                _ => self.checksum(),
            },
            1 => match self.visible(&Kind::Ints, false) {
                Some(array) => {
                    let (first, rest) = (self.fresh("v"), self.fresh("v"));
                    self.declare(&first, Kind::Int, true);
                    self.declare(&rest, Kind::List, true);
                    line(format!("let [{first}, ...{rest}] := {array}"))
                }
                None => self.checksum(),
            },
            2 => match self.visible(&Kind::Dict, false) {
                Some(dict) => line(format!(
                    "let {{k0, k1, ...others}} := {dict}\nh := (h + (k0 ?? 1) % 7 + len(others)) % 1000003"
                )),
                None => self.checksum(),
            },
            _ => {
                let (a, b) = (self.fresh("v"), self.fresh("v"));
                let (x, y) = (self.int(1), self.number(1));
                self.declare(&a, Kind::Int, true);
                self.declare(&b, Kind::Number, true);
                line(format!("let [{a}, {b}] := [{x}, {y}]"))
            }
        }
    }

    fn leave(&mut self) -> Body {
        let condition = self.condition(2);
        let rare = self.random.below(40);
        let text = if self.in_loop && self.random.percent(75) {
            self.random.pick(&["break", "continue"]).to_string()
        } else if let Some(kind) = self.result.clone() {
            format!("return {}", self.expression(&kind, 1))
        } else {
            return vec![self.checksum()];
        };
        vec![line(format!("if {condition} && h % 41 > {rare} {{ {text} }}"))]
    }

    fn throw(&mut self) -> Statement {
        let divisor = self.random.pick(&["5", "60", "200"]);
        let value = self.random.pick(&[
            "\"oops\"",
            "\"e${h % 3}\"",
            "error(\"bad\")",
            "h % 10",
            "[1, h % 4]",
        ]);
        let thrown = self.random.pick(&[
            format!("throw {value}"),
            "[][0]".into(),
            "1 / (h - h)".into(),
            "null + 1".into(),
            "assert(false, \"no\")".into(),
        ]);
        if self.wild == 0 && self.rounds > 5 {
            return self.checksum();
        }
        line(format!("if h % {divisor} == 3 {{ {thrown} }}"))
    }

    /// Two functions over one variable.
    fn shared_closures(&mut self) -> Body {
        let (shared, change, read) = (self.fresh("v"), self.fresh("v"), self.fresh("v"));
        let start = self.int(1);
        self.declare(&shared, Kind::Int, true);
        self.declare(&change, Kind::Function(1), false);
        self.declare(&read, Kind::Function(1), false);
        vec![
            line(format!("let {shared} := {start}")),
            line(format!(
                "let {change} := func(x) {{\n{shared} := ({shared} + x) % 1009\nreturn {shared}\n}}"
            )),
            line(format!("let {read} := func(x) {{ return {shared} * 2 + x }}")),
        ]
    }

    fn try_operator(&mut self) -> Statement {
        let name = self.fresh("v");
        let tagged = self.expression(&Kind::Tagged, 1);
        let tried = self.fresh("q");
        line(format!(
            "let {tried} := func(x) {{\nlet y := x?\nreturn Ok(y)\n}}\nlet {name} := \"e\"\ntry {{ {name} := \"${{{tried}({tagged})}}\" }} except {{ }}\nh := (h + len({name})) % 1000003"
        ))
    }

    fn one_line_if(&mut self) -> Statement {
        let condition = self.condition(2);
        let assignment = self.assignment();
        match assignment {
            Statement::Line(text) => line(format!("if {condition} {{\n{text}\n}}")),
            other => other,
        }
    }

    fn branch(&mut self) -> Statement {
        let condition = self.condition(2);
        let length = 1 + self.random.below(3);
        let mut blocks = vec![(format!("if {condition} {{"), self.block(length))];
        if self.random.percent(30) {
            let condition = self.condition(2);
            blocks.push((format!("}} else if {condition} {{"), self.block(1)));
        }
        if self.random.percent(50) {
            blocks.push(("} else {".into(), self.block(1)));
        }
        Statement::Blocks(blocks)
    }

    fn attempt(&mut self) -> Statement {
        let length = 1 + self.random.below(3);
        let saved = std::mem::replace(&mut self.wild, 60);
        let mut body = self.block(length);
        self.wild = saved;
        if self.random.percent(60) {
            let saved = std::mem::replace(&mut self.wild, 10);
            let at = self.random.below(body.len() + 1);
            let thrown = self.throw();
            self.wild = saved;
            body.insert(at, thrown);
        }
        let name = self.fresh("e");
        let mut handler = vec![line(format!("h := (h * 7 + len({name}.message)) % 1000003"))];
        if self.random.percent(30) {
            handler.push(line(format!("h := h + {name}.line")));
        }
        if self.random.percent(10) {
            handler.push(line(format!("if h % 500 == 3 {{ throw {name} }}")));
        }
        handler.extend(self.block(1));
        Statement::Blocks(vec![("try {".into(), body), (format!("}} except {name} {{"), handler)])
    }

    fn matching(&mut self) -> Statement {
        if self.random.percent(50) {
            let value = self.int(1);
            let mut cases = Vec::new();
            for case in 0..1 + self.random.below(3) {
                cases.push(Statement::Blocks(vec![(format!("case {case} {{"), self.block(1))]));
            }
            if self.random.percent(50) {
                let (name, body) = self.case_with(Kind::Int);
                cases
                    .push(Statement::Blocks(vec![(format!("case {name} if {name} > 2 {{"), body)]));
            }
            cases.push(Statement::Blocks(vec![("default {".into(), self.block(1))]));
            return Statement::Blocks(vec![(format!("match {value} % 5 {{"), cases)]);
        }
        let value = self.expression(&Kind::Tagged, 1);
        let mut cases = Vec::new();
        for tag in ["Ok", "Some"] {
            let kind = if tag == "Ok" { Kind::Int } else { Kind::Number };
            let (name, body) = self.case_with(kind);
            cases.push(Statement::Blocks(vec![(format!("case {tag}({name}) {{"), body)]));
        }
        cases.push(Statement::Blocks(vec![("case Err(_) {".into(), self.block(1))]));
        if let Some(variant) = self.variants.first().cloned() {
            cases.push(Statement::Blocks(vec![(format!("case {variant} {{"), self.block(1))]));
        }
        cases.push(Statement::Blocks(vec![("case _ {".into(), self.block(1))]));
        Statement::Blocks(vec![(format!("match {value} {{"), cases)])
    }

    fn case_with(&mut self, kind: Kind) -> (String, Body) {
        let name = self.fresh("v");
        let body = self.scoped(|generator| {
            generator.declare(&name, kind, false);
            generator.statements(1)
        });
        (name, body)
    }

    /// A function is declared again, perhaps while loops that call it are hot.
    fn redefinition(&mut self) -> Statement {
        let fitting: Vec<_> = self
            .functions
            .iter()
            .filter(|function| function.cost >= VALUE_BUDGET && function.result == Kind::Int)
            .cloned()
            .collect();
        if fitting.is_empty() || self.result.is_some() {
            return self.branch();
        }
        let function = self.random.pick(&fitting);
        let all: Vec<String> = (0..function.parameters.len()).map(|at| format!("z{at}")).collect();
        let name = &function.name;
        let round = self.random.below(60);
        line(format!(
            "if h % 61 == {round} {{ {name} := func({}) {{ return {round} }} }}",
            all.join(", ")
        ))
    }

    /// A loop that runs a few hundred rounds.
    pub(crate) fn hot_loop(&mut self) -> Body {
        let rounds = self.random.pick(&[60, 120, 200, 300, 500]);
        self.loop_of(rounds, 3)
    }

    fn cold_loop(&mut self) -> Body {
        let rounds = self.random.pick(&[0, 1, 2, 3, 5, 8, 20, 60, 100]);
        self.loop_of(rounds, 1)
    }

    fn loop_of(&mut self, rounds: usize, least: usize) -> Body {
        let left = self.budget.saturating_sub(self.cost) / self.rounds;
        let rounds = rounds.min(left / 12);
        if rounds == 0 && self.random.percent(80) {
            return vec![self.checksum()];
        }
        let saved = (self.rounds, self.in_loop);
        let made = match self.random.below(9) {
            0 | 1 => self.while_loop(rounds, least),
            2 => self.endless_loop(rounds, least),
            3 => self.loop_over(least),
            _ => self.range_loop(rounds, least),
        };
        (self.rounds, self.in_loop) = saved;
        made
    }

    pub(crate) fn looped(&mut self, rounds: usize, least: usize, names: &[(String, Kind)]) -> Body {
        self.rounds = self.rounds.saturating_mul(rounds.max(1));
        self.in_loop = true;
        let length = least + self.random.below(4);
        self.scoped(|generator| {
            for (name, kind) in names {
                generator.declare(name, kind.clone(), false);
            }
            generator.statements(length)
        })
    }

    fn while_loop(&mut self, rounds: usize, least: usize) -> Body {
        let counter = self.fresh("c");
        let extra = if self.random.percent(25) {
            format!(" && {}", self.condition(1))
        } else {
            String::new()
        };
        let body = self.looped(rounds, least, &[(counter.clone(), Kind::Int)]);
        let head =
            format!("let {counter} := 0\nwhile {counter} < {rounds}{extra} {{\n{counter} += 1");
        vec![Statement::Blocks(vec![(head, body)])]
    }

    fn endless_loop(&mut self, rounds: usize, least: usize) -> Body {
        let counter = self.fresh("c");
        let body = self.looped(rounds, least, &[(counter.clone(), Kind::Int)]);
        let head = format!(
            "let {counter} := 0\nloop {{\n{counter} += 1\nif {counter} > {rounds} {{ break }}"
        );
        vec![Statement::Blocks(vec![(head, body)])]
    }

    fn range_loop(&mut self, rounds: usize, least: usize) -> Body {
        let variable = self.fresh("i");
        let range = match self.random.below(6) {
            0 => format!("{rounds}"),
            1 => format!("range({rounds})"),
            2 => format!("range(5, {})", rounds + 5),
            3 => format!("range({}, 0, -2)", rounds * 2),
            4 => format!("range(-7, {}, 3)", rounds * 3 - 7.min(rounds * 3)),
            _ => format!("range(0, {rounds})"),
        };
        let body = self.looped(rounds + 3, least, &[(variable.clone(), Kind::Int)]);
        vec![Statement::Blocks(vec![(format!("for {variable} in {range} {{"), body)])]
    }

    fn loop_over(&mut self, least: usize) -> Body {
        let kinds = [
            (Kind::Ints, Kind::Int),
            (Kind::Numbers, Kind::Number),
            (Kind::List, Kind::Any),
            (Kind::Dict, Kind::Text),
            (Kind::Text, Kind::Text),
            (Kind::Grid, Kind::Ints),
        ];
        let (whole, each) = self.random.pick(&kinds);
        let Some(name) = self.visible(&whole, false) else {
            return self.range_loop(20, least);
        };
        let variable = self.fresh("x");
        // As long as things may become.
        let left = self.budget.saturating_sub(self.cost) / self.rounds;
        if left < 1500 {
            return vec![self.checksum()];
        }
        let body = self.looped(100, least, &[(variable.clone(), each)]);
        vec![Statement::Blocks(vec![(format!("for {variable} in {name} {{"), body)])]
    }
}
