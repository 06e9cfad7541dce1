//! Random statements with what is beyond plain code: generators and iterator
//! chains, enum values matched with nested patterns and guards, `?`, operator
//! methods, spread, promises and tasks, errors thrown in loops and generators.
//!
//! Every program declares the same helpers ([`HELPERS`]); statements call them
//! with random arguments and bodies.
//!
//! What must hold: a generator without end is only used behind `take` or a
//! `break`, and what grows in a loop is cut.
//!
//! Example: `for x7 in naturals().filter(func(q) { return q % 3 == 1 }).take(80) {`
//! with a body of random statements.

use crate::generator::{Generator, Kind};
use crate::receivers::RECEIVER;
use crate::tree::{Body, Statement};

/// What every program declares first.
pub(crate) const HELPERS: [&str; 14] = [
    "func* count_to(n) {\nfor i in n { yield i }\n}",
    "func* naturals() {\nlet n := 0\nloop { yield n n += 1 }\n}",
    "func* faulty(n) {\nfor i in 400 {\nif i == n { throw \"faulty ${n}\" }\ntry { yield i if i % 9 == 8 { throw i } } except e { yield e.value }\n}\n}",
    "func* entries(d) {\nfor k in d { yield [k, d[k]] }\n}",
    "func thrower(x, d) {\nlet held := [x, d]\nif x % 5 == 3 { throw held }\nif x % 11 == 4 { throw \"eleven\" }\nif d > 0 { return thrower(x - 1, d - 1) + len(held) }\nreturn x % 1009\n}",
    "func* owner(n) {\nlet kept := []\nlet state := 0\nfor i in n {\nkept := push(kept, i)\nif i % 7 == 5 { state := \"s${i}\" } else { state := i }\nif i % 3 == 1 { yield kept[i / 2] } else { yield len(kept) + i }\nif i % 50 == 49 { kept := [i] return }\nif is_int(state) { kept[0] := state }\n}\n}",
    "func* both(g) {\nfor x in g { yield x if x % 5 == 2 { yield -x } }\n}",
    "func* pairs(a, b) {\nfor x in a {\nmatch b.next() { case Some(y) { yield (x * 31 + y) % 1009 } default { return } }\n}\n}",
    "enum T { Leaf, Node, Both, Bare }",
    "struct V { x, y = 1\nfunc op_add(self, o) { return V { x: (self.x + o.x) % 1009, y: self.y } }\nfunc op_lt(self, o) { return self.x < o.x }\nfunc op_eq(self, o) { return self.x == o.x }\nfunc op_neg(self) { return V { x: -self.x, y: self.y } }\nfunc bump(self, n) { self.x := (self.x + n) % 1009 return self.x }\n}",
    RECEIVER,
    "func check(x) {\nif x % 7 == 3 { return Err(x) }\nreturn Ok(x % 1009)\n}",
    "func try_sum(list) {\nlet t := 0\nfor x in list { t := (t + check(x)?) % 1009 }\nreturn Ok(t)\n}",
    "async func later(x) {\nif x % 11 == 5 { throw \"late ${x}\" }\nreturn x % 1009\n}",
];

fn line(text: impl Into<String>) -> Statement {
    Statement::Line(text.into())
}

fn block(head: String, body: Body) -> Body {
    vec![Statement::Blocks(vec![(head, body)])]
}

impl Generator {
    /// A statement of one of these kinds.
    pub(crate) fn construct(&mut self) -> Body {
        let saved = (self.rounds, self.in_loop);
        let made = match self.random.below(43) {
            0 | 1 => self.generator_loop(),
            2 => self.chain_loop(),
            3 => self.collected(),
            4 => self.pair_loop(),
            5 => self.entry_loop(),
            6 => self.faulty_loop(),
            7 | 8 => self.caught_in_loop(),
            9 => self.nested_match(),
            10 => self.summed_results(),
            11 => self.vector(),
            12 => self.captured_rounds(),
            13 => self.spread(),
            14 => self.promise(),
            15 => self.tasks(),
            16 => self.higher_order(),
            17 | 18 => self.asked(),
            19..=21 => self.neighbours(),
            22 | 23 => self.receivers(),
            24..=28 => self.bounds(),
            29..=32 => self.faults(),
            33..=36 => self.remainders(),
            37..=41 => self.passed_on(),
            _ => self.places(),
        };
        (self.rounds, self.in_loop) = saved;
        made
    }

    /// How many rounds a loop here may have, of `wanted`; nothing if too few.
    pub(crate) fn rounds_left(&mut self, wanted: &[usize]) -> Option<usize> {
        let left = self.budget.saturating_sub(self.cost) / self.rounds;
        let rounds = self.random.pick(wanted).min(left / 15);
        (rounds > 0).then_some(rounds)
    }

    fn counted(&mut self, text: &str) -> Statement {
        line(format!("h := (h * 5 + {text}) % 1000003"))
    }

    fn generator_loop(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[1, 7, 60, 200]) else { return Vec::new() };
        let variable = self.fresh("x");
        let endless = self.random.percent(30);
        let mut body = self.looped(rounds, 1, &[(variable.clone(), Kind::Int)]);
        if endless {
            body.insert(0, line(format!("if {variable} >= {rounds} {{ break }}")));
            // The condition is no statement that shrinking may take away alone.
            let Statement::Line(first) = body.remove(0) else { unreachable!("just made") };
            return block(format!("for {variable} in naturals() {{\n{first}"), body);
        }
        let source = self.random.pick(&[
            "count_to(N)",
            "count_to(N)",
            "owner(N)",
            "both(owner(N)).take(N)",
            "pairs(count_to(N), naturals())",
            "pairs(both(naturals()), owner(N)).take(N)",
            "count_to(N).map(func(q) { return (q + h) % 1009 }).map(func(q) { return q * 2 })",
        ]);
        let source = source.replace('N', &rounds.to_string());
        block(format!("for {variable} in {source} {{"), body)
    }

    /// A loop that asks several generators, one of them through a function that
    /// has captured it.
    fn asked(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[5, 60, 200]) else { return Vec::new() };
        let (list, pull) = (self.fresh("g"), self.fresh("f"));
        let (round, item) = (self.fresh("i"), self.fresh("x"));
        let body = self.looped(rounds, 1, &[(round.clone(), Kind::Int)]);
        let found = block(format!("case Some({item}) {{"), vec![self.counted(&item)]);
        let ended = block("default {".into(), vec![line(format!("h := h + {pull}()"))]);
        let cases = [found, ended].concat();
        let mut inner = block(format!("match {list}[{round} % 3].next() {{"), cases);
        inner.extend(body);
        let mut made = vec![
            line(format!(
                "let {list} := [owner({rounds}), both(count_to(40)), naturals().skip(3)]"
            )),
            line(format!("let {pull} := func() {{ for x in {list}[1] {{ return x }} return 1 }}")),
        ];
        made.extend(block(format!("for {round} in {rounds} {{"), inner));
        made
    }

    fn chain_loop(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[1, 20, 80]) else { return Vec::new() };
        let variable = self.fresh("x");
        let (divisor, rest) = (2 + self.random.below(4), self.random.below(2));
        let source = self.visible(&Kind::Ints, false).filter(|_| self.random.percent(40));
        let source = source.unwrap_or("naturals()".into());
        let steps = [
            format!(".filter(func(q) {{ return q % {divisor} == {rest} }})"),
            ".map(func(q) { return (q * 3 + h) % 1009 })".to_string(),
            format!(".skip({})", self.random.below(5)),
        ];
        let mut chain = String::new();
        for _ in 0..1 + self.random.below(3) {
            chain += &self.random.pick(&steps);
        }
        // Behind the map a filter may let nothing through, for ever.
        if source == "naturals()" {
            chain = format!(".take({}){chain}", rounds * 4);
        }
        let body = self.looped(rounds, 1, &[(variable.clone(), Kind::Int)]);
        block(format!("for {variable} in {source}{chain}.take({rounds}) {{"), body)
    }

    fn collected(&mut self) -> Body {
        let Some(array) = self.visible(&Kind::Ints, false) else { return Vec::new() };
        let name = self.fresh("v");
        let bound = self.int(0);
        let text = self.random.pick(&[
            format!("{array}.map(func(q) {{ return q % 5 }}).collect()"),
            format!("{array}.filter(func(q) {{ return q > {bound} }}).collect()"),
            format!("{array}.skip(1).take(3).collect()"),
            format!("faulty(3).take(3).map(func(q) {{ return q + {bound} % 5 }}).collect()"),
            format!("map({array}, func(q) {{ return q % 9 }})"),
        ]);
        self.declare(&name, Kind::List, true);
        vec![line(format!("let {name} := {text}"))]
    }

    fn pair_loop(&mut self) -> Body {
        let Some(array) = self.visible(&Kind::Ints, false) else { return Vec::new() };
        if self.rounds_left(&[100]).is_none_or(|rounds| rounds < 100) {
            return Vec::new();
        }
        let (a, b) = (self.fresh("x"), self.fresh("x"));
        let source = self.random.pick(&["enumerate(A)", "windows(A, 2)", "zip(A, range(90))"]);
        let names = [(a.clone(), Kind::Int), (b.clone(), Kind::Int)];
        let body = self.looped(100, 1, &names);
        let source = source.replace('A', &array);
        block(format!("for [{a}, {b}] in {source} {{"), body)
    }

    fn entry_loop(&mut self) -> Body {
        let Some(dict) = self.visible(&Kind::Dict, false) else { return Vec::new() };
        if self.rounds_left(&[30]).is_none_or(|rounds| rounds < 30) {
            return Vec::new();
        }
        let (key, value) = (self.fresh("x"), self.fresh("x"));
        let source = self.random.pick(&["items", "entries"]);
        let names = [(key.clone(), Kind::Text), (value.clone(), Kind::Int)];
        let body = self.looped(30, 1, &names);
        block(format!("for [{key}, {value}] in {source}({dict}) {{"), body)
    }

    /// A generator that throws at some item, or catches what it throws.
    fn faulty_loop(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[3, 30, 90]) else { return Vec::new() };
        let (variable, error) = (self.fresh("x"), self.fresh("e"));
        let body = self.looped(rounds, 1, &[(variable.clone(), Kind::Int)]);
        let inner = block(format!("for {variable} in faulty({rounds}) {{"), body);
        let handler = vec![self.counted(&format!("len({error}.message)"))];
        vec![Statement::Blocks(vec![
            ("try {".into(), inner),
            (format!("}} except {error} {{"), handler),
        ])]
    }

    /// A loop whose body throws and whose handler goes on or leaves.
    fn caught_in_loop(&mut self) -> Body {
        let Some(rounds) = self.rounds_left(&[8, 60, 200]) else { return Vec::new() };
        let (variable, error) = (self.fresh("i"), self.fresh("e"));
        let divisor = self.random.pick(&[2, 7, 50]);
        let mut body = self.looped(rounds, 1, &[(variable.clone(), Kind::Int)]);
        let thrown =
            self.random.pick(&["I", "\"t${I}\"", "{\"message\": \"m\", \"k\": I}", "V { x: I }"]);
        let thrown = thrown.replace('I', &variable);
        body.push(line(format!("if {variable} % {divisor} == 1 {{ throw {thrown} }}")));
        let depth = self.random.below(3);
        let counted = format!("thrower({variable}, {depth})");
        let counted = if self.random.percent(50) { counted } else { variable.clone() };
        body.push(self.counted(&counted));
        let leave = self.random.pick(&["continue", "break", "h := h + 1"]);
        let bound = self.random.below(200);
        let handler = vec![
            self.counted(&format!("{error}.line + len({error}.message) + len({error}.stack)")),
            line(format!("if {variable} > {bound} {{ {leave} }}")),
        ];
        let inner = Statement::Blocks(vec![
            ("try {".into(), body),
            (format!("}} except {error} {{"), handler),
        ]);
        block(format!("for {variable} in {rounds} {{"), vec![inner])
    }

    fn tree_value(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 2 } else { 5 }) {
            0 => format!("T::Leaf({})", self.int(0)),
            1 => "T::Bare".into(),
            2 | 3 => {
                let (left, right) = (self.tree_value(depth - 1), self.tree_value(depth - 1));
                format!("T::Node({left}, {right})")
            }
            _ => format!("T::Both(Ok({}), {})", self.int(0), self.number(0)),
        }
    }

    fn nested_match(&mut self) -> Body {
        let subject = self.tree_value(2);
        let name = self.fresh("t");
        let (a, b) = (self.fresh("x"), self.fresh("x"));
        let mut cases = Vec::new();
        let patterns = [
            (format!("T::Node(T::Leaf({a}), T::Leaf({b}))"), true),
            (format!("T::Node(T::Leaf({a}), _) if {a} % 2 == 0"), false),
            (format!("T::Node(_, T::Node(T::Leaf({a}), T::Bare))"), false),
            (format!("T::Leaf({a}) if {a} > 40"), false),
            ("T::Leaf(3)".into(), false),
            (format!("T::Both(Ok({a}), {b})"), false),
            ("T::Both(Err(_), _)".into(), false),
            ("T::Bare".into(), false),
            (format!("T::Leaf({a})"), false),
        ];
        for (pattern, both) in patterns {
            if self.random.percent(45) {
                continue;
            }
            let names = [(a.as_str(), pattern.contains(&a)), (b.as_str(), both)];
            let body = self.scoped(|generator| {
                for (name, bound) in names {
                    if bound {
                        generator.declare(name, Kind::Int, false);
                    }
                }
                generator.statements(1)
            });
            cases.push(Statement::Blocks(vec![(format!("case {pattern} {{"), body)]));
        }
        let body = vec![self.counted("7")];
        cases.push(Statement::Blocks(vec![(format!("case {name} {{"), body)]));
        block(format!("match {subject} {{"), cases)
    }

    fn summed_results(&mut self) -> Body {
        let Some(array) = self.visible(&Kind::Ints, false) else { return Vec::new() };
        if !self.afford(60) {
            return Vec::new();
        }
        let name = self.fresh("x");
        let cases = vec![
            Statement::Blocks(vec![(format!("case Ok({name}) {{"), vec![self.counted(&name)])]),
            Statement::Blocks(vec![(
                format!("case Err({name}) if {name} % 2 == 1 {{"),
                vec![self.counted(&format!("{name} % 77"))],
            )]),
        ];
        block(format!("match try_sum({array}) {{"), cases)
    }

    /// Operators and methods of a struct that declares them.
    fn vector(&mut self) -> Body {
        let (x, y) = (self.int(1), self.number(0));
        match self.visible(&Kind::Vector, true) {
            Some(name) if self.random.percent(80) => {
                let text = self.random.pick(&[
                    format!("{name} := {name} + (V {{ x: {x} % 1009, y: {y} }})"),
                    format!("{name} := -{name}"),
                    format!("h := (h + {name}.bump({x} % 100)) % 1000003"),
                    format!("if {name} < (V {{ x: {x} }}) {{ h := (h + 3) % 1000003 }}"),
                    format!(
                        "if {name} != (V {{ x: {x} % 9 }}) {{ h := (h + {name}.x) % 1000003 }}"
                    ),
                    format!("{name}.x += {x} % 17\n{name}.x := {name}.x % 1009"),
                ]);
                vec![line(text)]
            }
            _ => {
                let name = self.fresh("w");
                self.declare(&name, Kind::Vector, true);
                vec![line(format!("let {name} := V {{ x: {x} % 1009, y: {y} }}"))]
            }
        }
    }

    /// Functions that each keep the variable of their round.
    fn captured_rounds(&mut self) -> Body {
        if !self.afford(20) {
            return Vec::new();
        }
        let (functions, round) = (self.fresh("v"), self.fresh("i"));
        let changes = self.random.pick(&["", "I += 1\n"]).replace('I', &round);
        let text = format!(
            "let {functions} := []\nfor {round} in 4 {{ {functions} := push({functions}, func(q) {{\n{changes}return (q + {round}) % 1009\n}}) }}"
        );
        self.declare(&functions, Kind::Functions, false);
        vec![line(text)]
    }

    fn spread(&mut self) -> Body {
        let value = self.int(1);
        if self.random.percent(50)
            && let Some(array) = self.visible(&Kind::Ints, true)
        {
            let text = self.random.pick(&[
                format!("{array} := [{value} % 1009, ...slice({array}, 0, 12)]"),
                format!("{array} := [...take({array}, 9), ...range(3)]"),
            ]);
            return vec![line(text)];
        }
        let Some(dict) = self.visible(&Kind::Dict, true) else { return Vec::new() };
        let key = self.key();
        vec![line(format!("{dict} := {{...{dict}, {key}: {value} % 1009}}"))]
    }

    fn promise(&mut self) -> Body {
        if !self.afford(15) {
            return Vec::new();
        }
        let (value, error) = (self.int(1), self.fresh("e"));
        let text = self.random.pick(&[
            format!("await later({value})"),
            format!("sum(await promise_all([later({value}), later(1), 2]))"),
            format!("len(await par_map([1, {value} % 50], later))"),
            format!("await_task(spawn_task(func() {{ return {value} % 13 }}))"),
        ]);
        let handler = vec![self.counted(&format!("len({error}.message)"))];
        let body = vec![self.counted(&text)];
        vec![Statement::Blocks(vec![
            ("try {".into(), body),
            (format!("}} except {error} {{"), handler),
        ])]
    }

    fn tasks(&mut self) -> Body {
        if self.result.is_some() || self.rounds > 60 || !self.afford(20) {
            return Vec::new();
        }
        let (channel, value) = (self.fresh("c"), self.int(1));
        let mut lines = vec![
            line(format!("let {channel} := channel()")),
            line(format!("spawn {{ {channel}.send({value} % 1009) }}")),
        ];
        if self.random.percent(70) {
            lines.push(self.counted(&format!("({channel}.receive() ?? 1)")));
        }
        lines
    }

    fn higher_order(&mut self) -> Body {
        let Some(array) = self.visible(&Kind::Ints, true) else { return Vec::new() };
        if !self.afford(60) {
            return Vec::new();
        }
        let value = self.int(0);
        let text = self.random.pick(&[
            format!("{array} := sort({array}, func(p, q) {{ return q % 100 - p % 100 }})"),
            format!("{array} := sort({array}, func(p, q) {{ return p % 10 < q % 10 }})"),
            format!(
                "if any({array}, func(q) {{ return q == {value} }}) {{ h := (h + 9) % 1000003 }}"
            ),
            format!(
                "if all({array}, func(q) {{ return q < {value} }}) {{ h := (h + 8) % 1000003 }}"
            ),
            format!("{array} := map({array}, func(q) {{ return (q + {value}) % 1009 }})"),
            format!("h := (h + reduce({array}, 0, max) % 1009) % 1000003"),
        ]);
        vec![line(text)]
    }

    fn places(&mut self) -> Body {
        let value = self.int(1);
        if self.random.percent(50)
            && let Some(grid) = self.visible(&Kind::Grid, true)
        {
            let (row, column) = (self.int(0), self.int(0));
            let place = format!("{grid}[{row} % len({grid})][{column} % len({grid}[0])]");
            return vec![line(format!("{place} += {value} % 7"))];
        }
        match self.visible(&Kind::Any, false) {
            Some(name) => {
                vec![self.counted(&format!("len(\"${{{name}?.a ?? {value}}}\")"))]
            }
            None => Vec::new(),
        }
    }
}
