//! Random expressions of a wanted kind.
//!
//! What must hold: an expression ends and is small; whatever it calls has been
//! accounted for. Ints stay small where they are stored, so that overflow is
//! something that happens sometimes and not always.
//!
//! Example: for `Int` with variables `i` and `a` around, `(a[i % len(a)] + 3)`.

use crate::generator::{Generator, Kind, VALUE_BUDGET};
use crate::tree::{self, Statement};

impl Generator {
    /// An expression of this kind, `depth` levels deep at most.
    pub(crate) fn expression(&mut self, kind: &Kind, depth: usize) -> String {
        if self.is_wild() {
            // Nothing that holds other variables: it could grow by itself in every round.
            let unfitting = ["[]", "{}", "Some(1)", "func(x) { return x }", "[1, 0.5]"];
            return if self.random.percent(70) {
                self.plain(depth.min(1))
            } else {
                self.random.pick(&unfitting).into()
            };
        }
        self.fitting(kind, depth)
    }

    fn fitting(&mut self, kind: &Kind, depth: usize) -> String {
        if depth > 0
            && self.random.percent(15)
            && let Some(call) = self.call(kind, depth - 1)
        {
            return call;
        }
        match kind {
            Kind::Int => self.int(depth),
            Kind::Number => self.number(depth),
            Kind::Bool => self.condition(depth),
            Kind::Text => self.text(depth),
            Kind::Any => self.plain(depth),
            Kind::Function(arity) => match self.visible(kind, false) {
                Some(name) if self.random.percent(50) => name,
                _ => self.lambda(*arity),
            },
            Kind::Tagged => self.tagged(depth),
            _ => match self.visible(kind, false) {
                Some(name) if self.random.percent(55) || depth == 0 => name,
                _ => self.container(kind, depth),
            },
        }
    }

    /// A call of a function with this result.
    fn call(&mut self, kind: &Kind, depth: usize) -> Option<String> {
        let fitting: Vec<_> =
            self.functions.iter().filter(|function| function.result == *kind).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let function = self.random.pick(&fitting);
        if !self.afford(function.cost) {
            return None;
        }
        let arguments: Vec<String> =
            function.parameters.iter().map(|kind| self.argument(kind, depth)).collect();
        if let [first, rest @ ..] = &arguments[..]
            && self.random.percent(8)
        {
            return Some(format!("({first} |> {}({}))", function.name, rest.join(", ")));
        }
        Some(format!("{}({})", function.name, arguments.join(", ")))
    }

    fn argument(&mut self, kind: &Kind, depth: usize) -> String {
        match self.visible(kind, false) {
            Some(name) if *kind == Kind::Any && self.random.percent(60) => name,
            _ => self.expression(kind, depth),
        }
    }

    pub(crate) fn int(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.percent(25) {
            return match self.visible(&Kind::Int, false) {
                Some(name) if self.random.percent(75) => name,
                _ => self.int_literal(),
            };
        }
        let d = depth - 1;
        match self.random.below(22) {
            0..=3 => {
                let operator = self.random.pick(&["+", "-", "+", "*"]);
                format!("({} {operator} {})", self.int(d), self.int(d))
            }
            4 => {
                let divisor = self.random.pick(&["3", "7", "16", "-5", "1000", "2"]);
                let operator = self.random.pick(&["/", "%"]);
                format!("({} {operator} {divisor})", self.int(d))
            }
            5 => format!("({} % {})", self.int(d), self.int(d)),
            6 => format!("-{}", self.int(0)),
            7 => {
                let name = self.random.pick(&["bit_and", "bit_or", "bit_xor", "min", "max"]);
                format!("{name}({}, {})", self.int(d), self.int(d))
            }
            8 => {
                let name = self.random.pick(&["bit_shl", "bit_shr"]);
                let amount = self.random.pick(&["1", "3", "13", "40", "63"]);
                format!("{name}({} % 1024, {amount})", self.int(d))
            }
            9..=11 => self.element(&Kind::Ints, d),
            12 => match self.visible(&Kind::Grid, false) {
                Some(grid) => {
                    let (row, column) = (self.int(0), self.int(0));
                    format!("{grid}[{row} % len({grid})][{column} % len({grid}[0])]")
                }
                None => format!("abs({})", self.int(d)),
            },
            13 => self.field(&Kind::Int),
            14 | 15 => self.method_call(d),
            16 => match self.visible(&Kind::Dict, false) {
                Some(dict) => {
                    let key = self.key();
                    self.random
                        .pick(&[
                            "get(D, K, 0)",
                            "(get(D, K) ?? -1)",
                            "len(D)",
                            "to_int(has_key(D, K))",
                            "(D?.k0 ?? 2)",
                            "(D?.x ?? 5)",
                            "get(D, \"a key of some length\", 1)",
                        ])
                        .replace('D', &dict)
                        .replace('K', &key)
                }
                None => self.int_literal(),
            },
            17 | 18 => self.function_value(d),
            19 => {
                let kind = self.random.pick(&[Kind::Ints, Kind::List, Kind::Text, Kind::Dict]);
                format!("len({})", self.fitting(&kind, d))
            }
            20 => match self.visible(&Kind::Ints, false) {
                Some(array) if self.afford(10) => {
                    let shape = self.random.pick(&[
                        "sum(A)",
                        "index_of(A, X)",
                        "reduce(A, 0, func(s, x) { return (s + x) % 10007 })",
                        "len(filter(A, func(x) { return x % 3 == 0 }))",
                        "sort(A)[0]",
                        "(find(A, func(x) { return x > 2 }) ?? 0)",
                    ]);
                    let other = self.int(0);
                    shape.replace('A', &array).replace('X', &other)
                }
                _ => self.int_literal(),
            },
            _ => format!("to_int({} * 8)", self.small_float()),
        }
    }

    fn int_literal(&mut self) -> String {
        if self.random.percent(4) {
            return self
                .random
                .pick(&[
                    "9223372036854775807",
                    "-9223372036854775808",
                    "4611686018427387904",
                    "2147483647",
                    "-2147483648",
                    "4294967296",
                    "9007199254740993",
                    "3037000500",
                ])
                .to_string();
        }
        match self.random.below(4) {
            0 => self.random.below(4).to_string(),
            1 => format!("-{}", self.random.below(20)),
            _ => self.random.below(100).to_string(),
        }
    }

    fn small_float(&mut self) -> String {
        self.random.pick(&["0.5", "1.25", "-0.75", "2.0", "0.1", "100.5", "-3.5"]).to_string()
    }

    pub(crate) fn number(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.percent(25) {
            return match self.random.below(6) {
                0 => self.int(0),
                1 => self.small_float(),
                2 if self.random.percent(25) => self
                    .random
                    .pick(&[
                        "-0.0",
                        "1e308",
                        "(1e308 * 10.0)",
                        "(0.0 * -1.0)",
                        "9007199254740992.0",
                        "5e-324",
                    ])
                    .to_string(),
                _ => self.visible(&Kind::Number, false).unwrap_or("1.5".into()),
            };
        }
        let d = depth - 1;
        match self.random.below(12) {
            0..=3 => {
                let operator = self.random.pick(&["+", "-", "*", "+"]);
                format!("({} {operator} {})", self.number(d), self.number(d))
            }
            4 => format!("({} / {})", self.number(d), self.random.pick(&["2.0", "3", "0.5", "-4"])),
            5 => format!("({} % {})", self.number(d), self.random.pick(&["2.5", "7", "1.0"])),
            6 => {
                let name = self.random.pick(&["floor", "ceil", "round", "abs", "to_float", "sin"]);
                format!("{name}({})", self.number(d))
            }
            7 => {
                let name = self.random.pick(&["min", "max"]);
                format!("{name}({}, {})", self.number(d), self.number(d))
            }
            8 => self.element(&Kind::Numbers, d),
            9 => self.field(&Kind::Number),
            10 => format!("sqrt(abs({}))", self.number(d)),
            _ => format!("-{}", self.number(0)),
        }
    }

    /// A bool, or in conditions sometimes a value for its truth.
    pub(crate) fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.visible(&Kind::Bool, false) {
                Some(name) if self.random.percent(60) => name,
                _ => self.random.pick(&["true", "false"]).into(),
            };
        }
        let d = depth - 1;
        match self.random.below(13) {
            0..=3 => {
                let divisor = self.random.pick(&["2", "3", "7", "10", "64"]);
                let operator = self.random.pick(&["==", "!=", "<", ">"]);
                let rest = self.random.below(4);
                format!("{} % {divisor} {operator} {rest}", self.int(d))
            }
            4 | 5 => {
                let operator = self.random.pick(&["==", "!=", "<", ">", "<=", ">="]);
                format!("({} {operator} {})", self.number(d), self.number(d))
            }
            6 => {
                let operator = self.random.pick(&["&&", "||", "and", "or"]);
                format!("({} {operator} {})", self.condition(d), self.condition(d))
            }
            7 => format!("!({})", self.condition(d)),
            8 => {
                let name =
                    self.random.pick(&["is_int", "is_float", "is_string", "is_array", "is_null"]);
                format!("{name}({})", self.anything(d))
            }
            9 => {
                let operator = self.random.pick(&["==", "!="]);
                let (left, right) = self.compared(d);
                format!("({left} {operator} {right})")
            }
            10 => {
                let operator = self.random.pick(&["==", "!=", "<", ">="]);
                format!("({} {operator} {})", self.text(d), self.text(d))
            }
            11 => match self.visible(&Kind::Ints, false) {
                Some(array) => format!("contains({array}, {})", self.int(d)),
                None => "true".into(),
            },
            _ => format!("is_truthy({})", self.anything(d)),
        }
    }

    /// Two values of which it is asked whether they are equal.
    fn compared(&mut self, depth: usize) -> (String, String) {
        match self.random.below(8) {
            0 | 1 => (self.tagged(depth), self.tagged(depth)),
            2 => {
                let number = self.random.below(self.shapes.len().max(1));
                let instance = self.visible(&Kind::Struct(number), false);
                (instance.unwrap_or_else(|| self.anything(depth)), "null".into())
            }
            3 => (self.tagged(depth), self.anything(depth)),
            _ => (self.anything(depth), self.anything(depth)),
        }
    }

    pub(crate) fn key(&mut self) -> String {
        match self.random.below(4) {
            0 => format!("\"k${{{} % 5}}\"", self.int(0)),
            1 => format!("{} % 6", self.int(0)),
            2 => self
                .random
                .pick(&["\"x\"", "\"y\"", "\"k1\"", "3", "\"a key of some length\""])
                .into(),
            _ => format!("\"n\" + {} % 4", self.int(0)),
        }
    }

    pub(crate) fn text(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.percent(25) {
            return match self.visible(&Kind::Text, false) {
                Some(name) if self.random.percent(60) => name,
                _ => {
                    self.random.pick(&["\"\"", "\"a\"", "\"héy\"", "\"x,y\"", "\"zz top\""]).into()
                }
            };
        }
        let d = depth - 1;
        match self.random.below(10) {
            // Cut, because what is shown may be where it is put.
            0 => format!("substring({} + {}, 0, 200)", self.text(d), self.anything(0)),
            1 => format!("\"<${{{}}}>\"", self.int(0)),
            2 => format!("type({})", self.anything(d)),
            3 => format!("substring(to_string({}), 0, 200)", self.number(d)),
            4 => format!("substring({}, 0, {} % 9)", self.text(d), self.int(0)),
            5 => {
                let name =
                    self.random.pick(&["upper", "lower", "trim", "str_reverse", "capitalize"]);
                format!("{name}({})", self.text(d))
            }
            6 => format!("char_at({}, {} % 4)", self.text(d), self.int(0)),
            7 => match self.visible(&Kind::Ints, false) {
                Some(array) => format!("join({array}, \"-\")"),
                None => "\"j\"".into(),
            },
            8 => format!("({} * {})", self.text(0), self.random.below(3)),
            _ => self.field(&Kind::Text),
        }
    }

    /// Something of any kind to be stored: it holds no variable of kind `Any`, so
    /// that what such variables hold cannot grow round by round.
    pub(crate) fn plain(&mut self, depth: usize) -> String {
        match self.random.below(7) {
            0 => self.int(depth),
            1 | 2 => self.number(depth),
            3 => self.condition(depth),
            4 => self.text(depth),
            5 if depth > 0 => format!("[{}, {}]", self.int(depth - 1), self.number(depth - 1)),
            _ => "null".into(),
        }
    }

    /// Something of any kind to be looked at.
    pub(crate) fn anything(&mut self, depth: usize) -> String {
        match self.random.below(4) {
            0 => self.plain(depth),
            1 => match self.visible(&Kind::List, false) {
                Some(list) => format!("({list} ?? [1])"),
                _ => self.plain(0),
            },
            _ => self.visible(&Kind::Any, false).unwrap_or_else(|| self.plain(0)),
        }
    }

    fn tagged(&mut self, depth: usize) -> String {
        if let Some(name) = self.visible(&Kind::Tagged, false)
            && self.random.percent(40)
        {
            return name;
        }
        let d = depth.saturating_sub(1);
        if !self.variants.is_empty() && self.random.percent(50) {
            let variants = self.variants.clone();
            let variant = self.random.pick(&variants);
            return match self.random.below(3) {
                0 => variant,
                1 => format!("{variant}({})", self.int(d)),
                _ => format!("{variant}({}, {})", self.int(d), self.plain(0)),
            };
        }
        match self.random.below(4) {
            0 => format!("Ok({})", self.int(d)),
            1 => format!("Err({})", self.text(0)),
            2 => format!("Some({})", self.number(d)),
            _ => "None".into(),
        }
    }

    /// A new array, dict or instance.
    fn container(&mut self, kind: &Kind, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        let count = 1 + self.random.below(5);
        match kind {
            Kind::Ints => match self.random.below(5) {
                0 => format!("range(0, {})", 1 + self.random.below(12)),
                1 => match self.visible(kind, false) {
                    Some(array) if self.afford(12) => {
                        let shape = self.random.pick(&[
                            "map(A, func(x) { return x % 13 })",
                            "reverse(A)",
                            "sort(A)",
                            "sort(A, func(x, y) { return y % 7 - x % 7 })",
                            "[...A, 1][0 - 1] |> array(2)",
                            "slice(A, 0, 1)",
                        ]);
                        shape.replace('A', &array)
                    }
                    _ => "[1, 2, 3]".into(),
                },
                _ => self.array(&Kind::Int, count, d),
            },
            Kind::Numbers => self.array(&Kind::Number, count, d),
            Kind::List => {
                let count = self.random.below(4);
                self.array(&Kind::Any, count, d)
            }
            Kind::Grid => {
                let width = 1 + self.random.below(4);
                let rows: Vec<String> =
                    (0..count).map(|_| self.array(&Kind::Int, width, 0)).collect();
                format!("[{}]", rows.join(", "))
            }
            Kind::Dict => {
                let entries: Vec<String> =
                    (0..count).map(|at| format!("\"k{at}\": {}", self.int(d))).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Kind::Bag => {
                let (array, any) = (self.array(&Kind::Int, count, 0), self.plain(d));
                format!("{{\"list\": {array}, \"x\": {any}, \"n\": {}}}", self.number(d))
            }
            Kind::Struct(number) => self.instance(*number, d),
            Kind::Structs(number) => {
                let all: Vec<String> = (0..count).map(|_| self.instance(*number, 0)).collect();
                format!("[{}]", all.join(", "))
            }
            Kind::Functions => {
                let all: Vec<String> = (0..count.min(3)).map(|_| self.lambda(1)).collect();
                format!("[{}]", all.join(", "))
            }
            _ => "null".into(),
        }
    }

    fn array(&mut self, kind: &Kind, count: usize, depth: usize) -> String {
        let all: Vec<String> = (0..count).map(|_| self.expression(kind, depth)).collect();
        format!("[{}]", all.join(", "))
    }

    fn instance(&mut self, number: usize, depth: usize) -> String {
        let shape = self.shapes[number].clone();
        let fields: Vec<String> = shape
            .fields
            .iter()
            .map(|(name, kind)| match kind {
                Kind::Struct(inner) => format!("{name}: {}", self.instance(*inner, 0)),
                kind => format!("{name}: {}", self.expression(kind, depth.min(1))),
            })
            .collect();
        format!("({} {{ {} }})", shape.name, fields.join(", "))
    }

    /// An element of an array of this kind.
    fn element(&mut self, kind: &Kind, depth: usize) -> String {
        match self.visible(kind, false) {
            Some(array) => {
                let index = self.int(depth.min(1));
                if self.is_wild() {
                    format!("{array}[{index}]")
                } else {
                    format!("{array}[{index} % len({array})]")
                }
            }
            None => self.int_literal(),
        }
    }

    /// A field of this kind of some visible instance.
    fn field(&mut self, kind: &Kind) -> String {
        let mut found = Vec::new();
        for (number, shape) in self.shapes.iter().enumerate() {
            for (field, _) in shape.fields.iter().filter(|(_, other)| other == kind) {
                found.push((number, field.clone()));
            }
        }
        if !found.is_empty() {
            let (number, field) = self.random.pick(&found);
            if let Some(name) = self.visible(&Kind::Struct(number), false) {
                return format!("{name}.{field}");
            }
            if let Some(name) = self.visible(&Kind::Structs(number), false) {
                return format!("{name}[{} % len({name})].{field}", self.int(0));
            }
        }
        match kind {
            Kind::Int => self.int_literal(),
            Kind::Text => "\"f\"".into(),
            _ => self.small_float(),
        }
    }

    /// A method call that answers an int.
    pub(crate) fn method_call(&mut self, depth: usize) -> String {
        if self.shapes.is_empty() {
            return self.int_literal();
        }
        let number = self.random.below(self.shapes.len());
        let methods = self.shapes[number].methods.clone();
        if methods.is_empty() {
            return self.int_literal();
        }
        let (method, parameters, cost) = self.random.pick(&methods);
        let receiver = match self.random.below(3) {
            0 => self.visible(&Kind::Structs(number), false).map(|name| {
                let index = self.int(0);
                format!("{name}[{index} % len({name})]")
            }),
            _ => self.visible(&Kind::Struct(number), false),
        };
        let Some(receiver) = receiver else { return self.int_literal() };
        if !self.afford(cost) {
            return self.int_literal();
        }
        let arguments: Vec<String> = (0..parameters).map(|_| self.int(depth.min(1))).collect();
        format!("{receiver}.{method}({})", arguments.join(", "))
    }

    /// A call of a function that is a value.
    fn function_value(&mut self, depth: usize) -> String {
        if !self.afford(VALUE_BUDGET) {
            return self.int_literal();
        }
        if let Some(functions) = self.visible(&Kind::Functions, false)
            && self.random.percent(40)
        {
            let (index, argument) = (self.int(0), self.int(depth.min(1)));
            return format!("{functions}[{index} % len({functions})]({argument})");
        }
        let arity = 1 + self.random.below(2);
        let Some(name) = self.visible(&Kind::Function(arity), false) else {
            return self.int_literal();
        };
        let arguments: Vec<String> = (0..arity).map(|_| self.int(depth.min(1))).collect();
        format!("{name}({})", arguments.join(", "))
    }

    /// A function value that may use and change what is around it.
    pub(crate) fn lambda(&mut self, arity: usize) -> String {
        let names: Vec<String> = (0..arity).map(|_| self.fresh("q")).collect();
        // Functions called through values could call each other without end, and
        // each other's closures: their bodies call nothing.
        let functions = std::mem::take(&mut self.functions);
        let shapes = std::mem::take(&mut self.shapes);
        let saved = self.scopes.clone();
        for scope in &mut self.scopes {
            let calls = |kind: &Kind| {
                matches!(
                    kind,
                    Kind::Function(_) | Kind::Functions | Kind::Struct(_) | Kind::Structs(_)
                )
            };
            scope.retain(|variable| !calls(&variable.kind) && !variable.name.starts_with("self."));
        }
        let (body, _) = self.callable(Kind::Int, VALUE_BUDGET, |generator| {
            for name in &names {
                generator.declare(name, Kind::Int, true);
            }
        });
        self.scopes = saved;
        self.functions = functions;
        self.shapes = shapes;
        let flat: Vec<Statement> = body;
        let text = tree::text(&flat);
        format!("func({}) {{\n{text}}}", names.join(", "))
    }
}
