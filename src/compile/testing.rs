//! A program with `test` blocks, rewritten into one that runs them.
//!
//! All tests become one function: the setups, a function with the body whose number is
//! asked for, one with the teardowns; so each test has a scope of its own in which it sees what
//! the setups declare. Behind the program's own statements the function is
//! called once for each test.
//!
//! What must hold: the names of what is added cannot be written in a program,
//! and each added block begins at a position of its own behind the text.
//!
//! Example: `test "t" { f() }` adds `func <tests>(n)` with `if n == 0 { f() }`
//! inside a `try`, and at the end of the program a guarded call `<tests>(0)`.

use crate::base::span::Span;
use crate::syntax::ast::*;

/// A program that runs its tests.
#[derive(Debug)]
pub struct TestProgram {
    /// The program.
    pub program: Program,
    /// How many positions behind the text it uses.
    pub padding: usize,
}

#[derive(Default)]
struct Collected {
    tests: Vec<(Name, Block)>,
    setups: Vec<Stmt>,
    teardowns: Vec<Stmt>,
}

impl Collected {
    /// Takes the test blocks out of `statements`; groups count as what is in them.
    fn take_from(&mut self, statements: Vec<Stmt>, filter: Option<&str>) -> Vec<Stmt> {
        let mut others = Vec::new();
        for statement in statements {
            let StmtKind::Test(test) = statement.kind else {
                others.push(statement);
                continue;
            };
            let Test { kind, title, body } = *test;
            let title = title.unwrap_or_else(|| "".into());
            match kind {
                TestKind::Test if filter.is_none_or(|filter| title.contains(filter)) => {
                    self.tests.push((title, body));
                }
                TestKind::Test => {}
                TestKind::Group => {
                    let rest = self.take_from(body.statements, filter);
                    self.setups.extend(rest);
                }
                TestKind::Setup => self.setups.extend(body.statements),
                TestKind::Teardown => self.teardowns.extend(body.statements),
            }
        }
        others
    }
}

/// What the function that runs the tests is called.
const TESTS: &str = "<tests>";
/// What a body is called: a function, so that `return` ends just that.
pub(super) const TEST: &str = "<test>";
const NUMBER: &str = "<number>";
const ERROR: &str = "<error>";
const FAILURE: &str = "<failure>";

/// Makes the nodes that are added, each at the next position behind the text.
struct Maker {
    next: usize,
}

impl Maker {
    fn span(&mut self) -> Span {
        self.next += 1;
        Span::new(self.next - 1, self.next)
    }

    fn expr(&mut self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span() }
    }

    fn name(&mut self, name: &str) -> Expr {
        self.expr(ExprKind::Name(name.into()))
    }

    fn ident(&mut self, name: &str) -> Ident {
        Ident { name: name.into(), span: self.span() }
    }

    fn statement(&mut self, kind: StmtKind) -> Stmt {
        Stmt { kind, span: self.span() }
    }

    fn block(&mut self, statements: Vec<Stmt>) -> Block {
        Block { statements, span: self.span() }
    }

    fn call(&mut self, function: &str, arguments: Vec<Expr>) -> Stmt {
        let base = self.name(function);
        self.call_of(base, arguments)
    }

    fn call_of(&mut self, base: Expr, arguments: Vec<Expr>) -> Stmt {
        let steps = vec![PostfixStep { kind: PostfixKind::Call(arguments), span: self.span() }];
        let call = self.expr(ExprKind::Postfix(Box::new(Postfix { base, steps })));
        self.statement(StmtKind::Expr(call))
    }

    fn chain(&mut self, first: Expr, operator: BinaryOperator, right: Expr) -> Expr {
        let rest = vec![ChainStep { operator, operator_span: self.span(), right }];
        self.expr(ExprKind::Chain(Box::new(Chain { first, rest })))
    }

    fn try_statement(&mut self, body: Vec<Stmt>, handler: Vec<Stmt>) -> Stmt {
        let (body, name) = (self.block(body), self.ident(ERROR));
        let handler = self.block(handler);
        self.statement(StmtKind::Try(Box::new(Try { body, name: Some(name), handler })))
    }

    /// `let <failure> := null`.
    fn failure(&mut self) -> Stmt {
        let pattern = Pattern { kind: PatternKind::Name(FAILURE.into()), span: self.span() };
        let value = self.expr(ExprKind::Null);
        let kind = DeclareKind::Variable;
        let declare = Declare { kind, pattern, annotation: None, value };
        self.statement(StmtKind::Declare(Box::new(declare)))
    }

    /// `<failure> := <error>`.
    fn keep_failure(&mut self) -> Stmt {
        let root = self.ident(FAILURE);
        let place = Place { span: root.span, root, path: Vec::new() };
        let (operator_span, value) = (self.span(), self.name(ERROR));
        let assign = Assign { place, operator: None, operator_span, value };
        self.statement(StmtKind::Assign(Box::new(assign)))
    }

    /// `if <failure> <operator> null { <statement> }`.
    fn if_failure(&mut self, operator: BinaryOperator, statement: Stmt) -> Stmt {
        let (failure, null) = (self.name(FAILURE), self.expr(ExprKind::Null));
        let condition = self.chain(failure, operator, null);
        let body = self.block(vec![statement]);
        let arms = vec![IfArm { condition, body }];
        self.statement(StmtKind::If(Box::new(If { arms, otherwise: None })))
    }

    /// Keeps the error, unless there was one before: that is the one to be told.
    fn keep_first_failure(&mut self) -> Stmt {
        let keep = self.keep_failure();
        self.if_failure(BinaryOperator::Equal, keep)
    }

    /// `if <failure> != null { throw <failure> }`.
    fn raise_failure(&mut self) -> Stmt {
        let failure = self.name(FAILURE);
        let throw = self.expr(ExprKind::Throw(Box::new(failure)));
        let throw = self.statement(StmtKind::Expr(throw));
        self.if_failure(BinaryOperator::NotEqual, throw)
    }

    /// The function that runs one test.
    fn function(&mut self, collected: Collected) -> Stmt {
        let parameter = Parameter { name: self.ident(NUMBER), annotation: None };
        let mut arms = Vec::new();
        for (number, (_, body)) in collected.tests.into_iter().enumerate() {
            let (which, number) = (self.name(NUMBER), self.expr(ExprKind::Int(number as i64)));
            let condition = self.chain(which, BinaryOperator::Equal, number);
            arms.push(IfArm { condition, body });
        }
        let branches = self.statement(StmtKind::If(Box::new(If { arms, otherwise: None })));
        let mut statements = vec![self.failure()];
        statements.extend(collected.setups);
        let keep = self.keep_failure();
        let body = self.call_of_body(vec![branches]);
        statements.push(self.try_statement(vec![body], vec![keep]));
        if !collected.teardowns.is_empty() {
            let keep = self.keep_first_failure();
            let teardowns = self.call_of_body(collected.teardowns);
            statements.push(self.try_statement(vec![teardowns], vec![keep]));
        }
        statements.push(self.raise_failure());
        let function = self.function_of(TESTS, vec![parameter], statements);
        self.statement(StmtKind::Function(function))
    }

    /// `func() { <statements> }()`.
    fn call_of_body(&mut self, statements: Vec<Stmt>) -> Stmt {
        let function = self.function_of(TEST, Vec::new(), statements);
        let base = Expr { span: function.span, kind: ExprKind::Function(function) };
        self.call_of(base, Vec::new())
    }

    fn function_of(
        &mut self,
        name: &str,
        parameters: Vec<Parameter>,
        statements: Vec<Stmt>,
    ) -> Box<Function> {
        Box::new(Function {
            name: Some(self.ident(name)),
            is_async: false,
            is_generator: false,
            parameters,
            result: None,
            body: self.block(statements),
            span: self.span(),
        })
    }

    /// The call of one test.
    fn run(&mut self, number: usize, title: Name) -> Stmt {
        let number = self.expr(ExprKind::Int(number as i64));
        let test = self.call(TESTS, vec![number]);
        let text = self.expr(ExprKind::Str(title.clone()));
        let passed = self.call("__test_passed", vec![text]);
        let (text, error) = (self.expr(ExprKind::Str(title)), self.name(ERROR));
        let failed = self.call("__test_failed", vec![text, error]);
        self.try_statement(vec![test, passed], vec![failed])
    }
}

/// Rewrites `program`; of its tests those whose title contains `filter` run.
pub fn test_program(program: Program, filter: Option<&str>) -> TestProgram {
    let Program { statements, imports, span, .. } = program;
    let mut collected = Collected::default();
    let mut statements = collected.take_from(statements, filter);
    let mut maker = Maker { next: span.end as usize + 1 };
    let titles: Vec<Name> = collected.tests.iter().map(|(title, _)| title.clone()).collect();
    let own = statements.len();
    if !titles.is_empty() {
        statements.push(maker.function(collected));
    }
    for (number, title) in titles.into_iter().enumerate() {
        statements.push(maker.run(number, title));
    }
    statements.push(maker.call("__tests_done", Vec::new()));
    let padding = maker.next - span.end as usize;
    TestProgram { program: Program { statements, imports, own, span }, padding }
}
