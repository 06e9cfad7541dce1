//! Random programs: what is declared, what is visible, how long it may run.
//!
//! A program is a few structs, an enum, functions, variables, hot loops at top
//! level and in functions, and prints of everything at the end. Expressions
//! are made for a kind that is wanted, so most of a program runs without
//! errors; with a small chance (`wild`, drawn for each program) something else
//! stands there. Variables of kind `Any` and `Number` change their types while
//! loops are hot.
//!
//! What must hold: every program ends. Loops have bounds that their bodies
//! cannot change, functions call only what was declared before them, recursion
//! carries a counter, and `cost` adds up statements times rounds: nothing is
//! generated that would exceed the budget.
//!
//! Example: seed 4 gives a program that pushes into an array of ints for 200
//! rounds, puts a float into it in round 97, and sums it in a function.

use crate::constructs::HELPERS;
use crate::random::Random;
use crate::tree::{Body, Statement};

/// What a variable holds, as far as the generator cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An int.
    Int,
    /// An int or a float.
    Number,
    /// A bool.
    Bool,
    /// A string.
    Text,
    /// An array of ints that is not empty.
    Ints,
    /// An array of ints and floats that is not empty.
    Numbers,
    /// An array of anything.
    List,
    /// An array of arrays of ints, none empty.
    Grid,
    /// A dict from strings to ints.
    Dict,
    /// A dict from strings to anything, also to arrays.
    Bag,
    /// An instance of the struct with this number.
    Struct(usize),
    /// An array of such instances that is not empty.
    Structs(usize),
    /// A function from this many ints to an int.
    Function(usize),
    /// An array of functions of one int.
    Functions,
    /// An instance of the struct with operator methods that every program declares.
    Vector,
    /// `Ok`, `Err`, `Some`, `None` or a value of the enum.
    Tagged,
    /// Whatever.
    Any,
}

/// A variable that can be seen.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether statements may assign it.
    pub assignable: bool,
}

/// A declared struct.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Names and kinds of its fields.
    pub fields: Vec<(String, Kind)>,
    /// Methods that answer an int: name, number of int parameters, cost.
    pub methods: Vec<(String, usize, usize)>,
}

/// A declared function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// Kinds of its parameters.
    pub parameters: Vec<Kind>,
    /// Kind of its result.
    pub result: Kind,
    /// Statements that a call executes at most.
    pub cost: usize,
}

/// Statements that a program executes at most, about.
const BUDGET: usize = 40_000;

/// Statements that a call of a function or method may execute.
const CALL_BUDGET: usize = 1_500;

/// Statements that a call of a function value may execute.
pub const VALUE_BUDGET: usize = 40;

/// The state of generation.
pub struct Generator {
    pub(crate) random: Random,
    pub(crate) scopes: Vec<Vec<Variable>>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) functions: Vec<Signature>,
    pub(crate) variants: Vec<String>,
    /// Rounds of the loops around this place, multiplied.
    pub(crate) rounds: usize,
    /// Statements that what was generated executes, and how many it may.
    pub(crate) cost: usize,
    pub(crate) budget: usize,
    /// Blocks around this place.
    pub(crate) depth: usize,
    /// Kind of the result, inside a function.
    pub(crate) result: Option<Kind>,
    /// Whether this is inside a loop of the current function.
    pub(crate) in_loop: bool,
    /// How often something does not fit, in thousandths.
    pub(crate) wild: usize,
    names: usize,
}

/// The program of a seed.
pub fn program(seed: u64) -> Body {
    let mut random = Random::new(seed);
    let wild = random.pick(&[0, 0, 2, 5, 20]);
    let mut generator = Generator {
        random,
        scopes: vec![Vec::new()],
        shapes: Vec::new(),
        functions: Vec::new(),
        variants: Vec::new(),
        rounds: 1,
        cost: 0,
        budget: BUDGET,
        depth: 0,
        result: None,
        in_loop: false,
        wild,
        names: 0,
    };
    generator.whole()
}

impl Generator {
    fn whole(&mut self) -> Body {
        let mut body = vec![Statement::Line("let h := 1".into())];
        self.declare("h", Kind::Int, true);
        body.extend(HELPERS.map(|helper| Statement::Line(helper.into())));
        for _ in 0..self.random.below(3) {
            body.push(self.shape());
        }
        if self.random.percent(60) {
            body.push(self.enumeration());
        }
        for _ in 0..3 + self.random.below(7) {
            body.push(self.variable());
        }
        for _ in 0..self.random.below(4) {
            body.push(self.function());
        }
        for _ in 0..1 + self.random.below(3) {
            for _ in 0..self.random.below(3) {
                body.extend(self.statement());
            }
            body.extend(self.hot_loop());
            let visible: Vec<Variable> = self.scopes[0].clone();
            let shown: Vec<String> =
                visible.iter().rev().take(6).map(|variable| variable.name.clone()).collect();
            body.push(Statement::Line(format!("print(h, {})", shown.join(", "))));
        }
        for variable in self.scopes[0].clone() {
            body.push(Statement::Line(format!("print(\"{0}\", {0})", variable.name)));
        }
        body
    }

    /// A new name that begins like this.
    pub(crate) fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub(crate) fn declare(&mut self, name: &str, kind: Kind, assignable: bool) {
        let variable = Variable { name: name.into(), kind, assignable };
        self.scopes.last_mut().expect("a scope").push(variable);
    }

    /// Runs `make` in a scope of its own.
    pub(crate) fn scoped<T>(&mut self, make: impl FnOnce(&mut Generator) -> T) -> T {
        self.scopes.push(Vec::new());
        self.depth += 1;
        let made = make(self);
        self.depth -= 1;
        self.scopes.pop();
        made
    }

    /// A visible variable of this kind.
    pub(crate) fn visible(&mut self, kind: &Kind, assignable: bool) -> Option<String> {
        let fits = |variable: &&Variable| {
            (variable.kind == *kind || (*kind == Kind::Number && variable.kind == Kind::Int))
                && (variable.assignable || !assignable)
        };
        let exact = |variable: &&Variable| !assignable || variable.kind == *kind;
        let all: Vec<String> = self
            .scopes
            .iter()
            .flatten()
            .filter(fits)
            .filter(exact)
            .map(|v| v.name.clone())
            .collect();
        if all.is_empty() {
            return None;
        }
        // Near ones more often.
        let near = all.len().saturating_sub(4);
        if self.random.percent(60) {
            Some(all[near + self.random.below(all.len() - near)].clone())
        } else {
            Some(self.random.pick(&all))
        }
    }

    /// Whether something that costs this much more at this place may be generated; if so it
    /// is accounted for.
    pub(crate) fn afford(&mut self, cost: usize) -> bool {
        let whole = cost.saturating_mul(self.rounds);
        let fits = self.cost.saturating_add(whole) <= self.budget;
        if fits {
            self.cost += whole;
        }
        fits
    }

    /// Whether something unfitting shall stand here.
    pub(crate) fn is_wild(&mut self) -> bool {
        self.random.below(1000) < self.wild
    }

    pub(crate) fn any_kind(&mut self) -> Kind {
        let mut kinds = vec![
            Kind::Int,
            Kind::Int,
            Kind::Number,
            Kind::Number,
            Kind::Bool,
            Kind::Text,
            Kind::Ints,
            Kind::Ints,
            Kind::Numbers,
            Kind::List,
            Kind::Grid,
            Kind::Dict,
            Kind::Bag,
            Kind::Tagged,
            Kind::Any,
            Kind::Any,
            Kind::Function(1),
            Kind::Function(2),
            Kind::Functions,
        ];
        for shape in 0..self.shapes.len() {
            kinds.extend([Kind::Struct(shape), Kind::Struct(shape), Kind::Structs(shape)]);
        }
        self.random.pick(&kinds)
    }

    /// A declaration of a variable of any kind.
    pub(crate) fn variable(&mut self) -> Statement {
        let kind = self.any_kind();
        let value = self.expression(&kind, 2);
        let name = self.fresh("v");
        let keyword = self.random.pick(&["let ", "mut ", ""]);
        self.declare(&name, kind, true);
        Statement::Line(format!("{keyword}{name} := {value}"))
    }

    fn enumeration(&mut self) -> Statement {
        let count = 2 + self.random.below(3);
        self.variants = (0..count).map(|number| format!("E::V{number}")).collect();
        let names: Vec<String> = (0..count).map(|number| format!("V{number}")).collect();
        Statement::Line(format!("enum E {{ {} }}", names.join(", ")))
    }

    fn shape(&mut self) -> Statement {
        let number = self.shapes.len();
        let name = format!("S{number}");
        let mut fields = vec![("a".to_string(), Kind::Int)];
        let kinds =
            [Kind::Int, Kind::Number, Kind::Text, Kind::Ints, Kind::Any, Kind::Bool, Kind::Dict];
        for field in ["b", "c", "d"].iter().take(self.random.below(4)) {
            fields.push((field.to_string(), self.random.pick(&kinds)));
        }
        if number > 0 && self.random.percent(40) {
            fields.push(("e".into(), Kind::Struct(number - 1)));
        }
        let mut head = format!("struct {name} {{");
        for (field, _) in &fields {
            head.push_str(&format!("\n{field}"));
        }
        self.shapes.push(Shape { name, fields: fields.clone(), methods: Vec::new() });
        let mut methods = Vec::new();
        for method in 0..1 + self.random.below(3) {
            let name = format!("m{method}");
            let parameters = self.random.below(3);
            let changes = self.random.percent(60);
            let (blocks, cost) = self.method(number, &name, parameters, changes);
            methods.push(blocks);
            self.shapes[number].methods.push((name, parameters, cost));
        }
        if self.random.percent(30) {
            let operator = self.random.pick(&["op_add", "op_sub", "op_lt"]);
            let combine = self.random.pick(&["self.a + other", "self.a - other", "self.a < other"]);
            methods.push(Statement::Blocks(vec![(
                format!("func {operator}(self, other) {{"),
                vec![Statement::Line(format!("return {combine}"))],
            )]));
        }
        Statement::Blocks(vec![(head, methods)])
    }

    fn method(
        &mut self,
        shape: usize,
        name: &str,
        parameters: usize,
        changes: bool,
    ) -> (Statement, usize) {
        let names: Vec<String> = (0..parameters).map(|_| self.fresh("p")).collect();
        let fields = self.shapes[shape].fields.clone();
        let outer = std::mem::take(&mut self.scopes);
        self.scopes = vec![outer[0].iter().filter(|v| v.name == "h").cloned().collect()];
        let (body, cost) = self.callable(Kind::Int, CALL_BUDGET, |generator| {
            for name in &names {
                generator.declare(name, Kind::Int, true);
            }
            for (field, kind) in &fields {
                generator.declare(&format!("self.{field}"), kind.clone(), changes);
            }
        });
        self.scopes = outer;
        let mut all = vec!["self".to_string()];
        all.extend(names);
        (Statement::Blocks(vec![(format!("func {name}({}) {{", all.join(", ")), body)]), cost)
    }

    /// A function that is called by name.
    pub(crate) fn function(&mut self) -> Statement {
        if self.random.percent(25) {
            return self.recursive();
        }
        if self.random.percent(25) {
            return self.recursive_values();
        }
        let count = self.random.below(4);
        let kinds: Vec<Kind> = (0..count).map(|_| self.any_kind()).collect();
        let names: Vec<String> = (0..count).map(|_| self.fresh("p")).collect();
        let result = match self.any_kind() {
            Kind::Any => Kind::Number,
            kind => kind,
        };
        let name = self.fresh("f");
        let (body, cost) = self.callable(result.clone(), CALL_BUDGET, |generator| {
            for (name, kind) in names.iter().zip(&kinds) {
                generator.declare(name, kind.clone(), true);
            }
        });
        let head = format!("func {name}({}) {{", names.join(", "));
        self.functions.push(Signature { name, parameters: kinds, result, cost });
        Statement::Blocks(vec![(head, body)])
    }

    /// A function that calls itself with a counter that falls.
    fn recursive(&mut self) -> Statement {
        let name = self.fresh("f");
        let twice = self.random.percent(40);
        let (n, x) = (self.fresh("p"), self.fresh("p"));
        let base = self.random.pick(&["x", "1", "x + 1", "h % 7"]).replace('x', &x);
        let step =
            self.random.pick(&["(R + x) % 1009", "R * 3 % 1009", "R - n", "(R + x * n) % 77"]);
        let inner = self.random.pick(&["x", "x + n", "n"]).replace('x', &x).replace('n', &n);
        let (levels, calls, cost) = if twice {
            let calls = format!("{name}(N - 1, {inner}) + {name}(N - 2, {x})");
            (7, calls, 200)
        } else {
            (20, format!("{name}(N - 1, {inner})"), 60)
        };
        let calls = calls.replace('N', &n);
        let step = step.replace('n', &n).replace('x', &x).replace('R', &format!("({calls})"));
        let head = format!(
            "func {name}({n}, {x}) {{\nif {n} > {levels} {{ {n} := {levels} }}\nif {n} <= 0 {{ return {base} }}"
        );
        let mut body = Vec::new();
        if self.random.percent(40) {
            body.push(Statement::Line(format!("h := (h + {n}) % 1000003")));
        }
        if self.random.percent(20) {
            body.push(Statement::Line(format!("if {x} % 50 == 49 {{ throw \"deep\" }}")));
        }
        body.push(Statement::Line(format!("return {step}")));
        let parameters = vec![Kind::Int, Kind::Int];
        self.functions.push(Signature { name, parameters, result: Kind::Int, cost });
        Statement::Blocks(vec![(head, body)])
    }

    /// A function that passes a value of some kind down, and one of another up.
    fn recursive_values(&mut self) -> Statement {
        let name = self.fresh("f");
        let (n, p, r) = (self.fresh("p"), self.fresh("p"), self.fresh("r"));
        let passed = self.any_kind();
        let result = match self.any_kind() {
            Kind::Any => Kind::Number,
            kind => kind,
        };
        let levels = 3 + self.random.below(12);
        let argument = self.scoped(|generator| {
            generator.declare(&p, passed.clone(), true);
            if generator.random.percent(50) { p.clone() } else { generator.expression(&passed, 0) }
        });
        let (bottom, low) = self.callable(result.clone(), VALUE_BUDGET, |generator| {
            generator.declare(&p, passed.clone(), true);
        });
        let (way_up, high) = self.callable(result.clone(), VALUE_BUDGET, |generator| {
            generator.declare(&p, passed.clone(), true);
            generator.declare(&r, result.clone(), true);
        });
        let again = self.random.percent(30);
        let calls = if again { 2usize } else { 1 };
        let levels = if again { 5 } else { levels };
        let mut body = vec![
            Statement::Blocks(vec![(format!("if {n} <= 0 {{"), bottom)]),
            Statement::Line(format!("let {r} := {name}({n} - 1, {argument})")),
        ];
        if again {
            body.push(Statement::Line(format!("{r} := {name}({n} - 1, {p})")));
        }
        body.extend(way_up);
        let head = format!("func {name}({n}, {p}) {{\nif {n} > {levels} {{ {n} := {levels} }}");
        let cost = calls.pow(levels as u32).max(levels) * (low + high + 4);
        self.functions.push(Signature { name, parameters: vec![Kind::Int, passed], result, cost });
        Statement::Blocks(vec![(head, body)])
    }

    /// The body of a function and what a call costs.
    pub(crate) fn callable(
        &mut self,
        result: Kind,
        budget: usize,
        parameters: impl FnOnce(&mut Generator),
    ) -> (Body, usize) {
        let saved = (self.rounds, self.cost, self.budget, self.result.take(), self.in_loop);
        (self.rounds, self.cost, self.budget) = (1, 0, budget);
        (self.result, self.in_loop) = (Some(result.clone()), false);
        let body = self.scoped(|generator| {
            parameters(generator);
            let length = if budget > VALUE_BUDGET { 1 + generator.random.below(4) } else { 1 };
            let mut body = generator.statements(length);
            let value = generator.expression(&result, 2);
            body.push(Statement::Line(format!("return {value}")));
            body
        });
        let cost = self.cost + 3;
        (self.rounds, self.cost, self.budget, self.result, self.in_loop) = saved;
        (body, cost)
    }
}
