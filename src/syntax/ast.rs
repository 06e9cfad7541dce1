//! The syntax tree.
//!
//! It says what was written, not what it means: names are unresolved, and what
//! is only wrong in context (`break` outside a loop, `yield` outside a
//! generator) is still here. Every node carries the span of its source text.
//!
//! What must hold: **nothing is as deep as a chain is long**. Operator chains,
//! postfix chains, prefix operators, `else if` arms and type suffixes are
//! vectors, so a walker recurses only through brackets and blocks, whose
//! nesting the parser limits. Names are shared: equal names of one program are
//! the same allocation. `self` is the name `"self"`.
//!
//! Example: `a + b - c * d` is one [`Chain`] with first `a` and the steps
//! `+ b` and `- (c * d)`, where the last operand is a [`Chain`] of its own;
//! `x.f[0]()` is one [`Postfix`] on `x` with the steps member, index and call.

use crate::base::span::Span;
use std::rc::Rc;

/// The text of a name.
pub type Name = Rc<str>;

/// A name where it stands.
#[derive(Clone, Debug)]
pub struct Ident {
    /// The text.
    pub name: Name,
    /// Where it stands.
    pub span: Span,
}

/// A whole source file.
#[derive(Debug)]
pub struct Program {
    /// Its statements, in order.
    pub statements: Vec<Stmt>,
    /// Paths of the modules that it imports anywhere, in order.
    pub imports: Vec<Name>,
    /// How many of the statements are the text's own. Those behind them run its
    /// tests, and are reached even if a statement before returns.
    pub own: usize,
    /// The whole text.
    pub span: Span,
}

/// `{ statements }`.
#[derive(Debug)]
pub struct Block {
    /// Its statements, in order.
    pub statements: Vec<Stmt>,
    /// From brace to brace.
    pub span: Span,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it stands.
    pub span: Span,
}

/// The statements of the language.
#[derive(Debug)]
pub enum StmtKind {
    /// `let`, `mut`, `const`, or `name: T := e`.
    Declare(Box<Declare>),
    /// A named function declaration; its `name` is present.
    Function(Box<Function>),
    /// `struct P { .. }`.
    Struct(Box<StructDef>),
    /// `enum E { .. }`.
    Enum(Box<EnumDef>),
    /// `import a.b` or `from a.b import c`.
    Import(Box<Import>),
    /// `export` before a declaration, an assignment to a name, or a name.
    Export(Box<Stmt>),
    /// `place := e`, `place += e`, ...
    Assign(Box<Assign>),
    /// `[a, b] := e` or `{a, b} := e` without a keyword.
    Destructure(Box<Destructure>),
    /// `if` with all its `else if` arms.
    If(Box<If>),
    /// `while c { .. }` or `loop while c { .. }`.
    While(Box<While>),
    /// `loop { .. }`.
    Loop(Box<Block>),
    /// `for p in e { .. }`.
    For(Box<For>),
    /// `match e { .. }`.
    Match(Box<Match>),
    /// `try { .. } except e { .. }`.
    Try(Box<Try>),
    /// `return` with or without a value.
    Return(Option<Expr>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `spawn { .. }`.
    Spawn(Box<Block>),
    /// `test`, `test_group`, `test_setup`, `test_teardown`.
    Test(Box<Test>),
    /// An expression for its effect.
    Expr(Expr),
}

/// Which word introduced a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclareKind {
    /// `let`, `mut`, or a typed declaration without a keyword: all the same.
    Variable,
    /// `const`.
    Constant,
}

/// A declaration of variables or constants in the current scope.
#[derive(Debug)]
pub struct Declare {
    /// Variable or constant.
    pub kind: DeclareKind,
    /// The names it binds.
    pub pattern: Pattern,
    /// The annotation, ignored at run time.
    pub annotation: Option<Type>,
    /// The value.
    pub value: Expr,
}

/// `place op value`.
#[derive(Debug)]
pub struct Assign {
    /// What is assigned.
    pub place: Place,
    /// The operator of `op=`; `None` for `:=` and `=`.
    pub operator: Option<BinaryOperator>,
    /// Where the assignment operator stands.
    pub operator_span: Span,
    /// The right side.
    pub value: Expr,
}

/// A variable and a path into it.
#[derive(Debug)]
pub struct Place {
    /// The variable (`self` is the name `"self"`).
    pub root: Ident,
    /// The path; empty for the variable itself.
    pub path: Vec<PlaceStep>,
    /// Where it stands.
    pub span: Span,
}

/// One step of a path into a variable.
#[derive(Debug)]
pub enum PlaceStep {
    /// `.name`.
    Member(Ident),
    /// `[e]`.
    Index(Expr),
}

/// An assignment to the names of a pattern.
#[derive(Debug)]
pub struct Destructure {
    /// An array or dict pattern.
    pub pattern: Pattern,
    /// The right side.
    pub value: Expr,
}

/// The left side of a declaration, of a destructuring assignment, or of `for`.
#[derive(Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of [`Pattern`].
#[derive(Debug)]
pub enum PatternKind {
    /// `name`.
    Name(Name),
    /// `_`.
    Discard,
    /// `[p, q, ...rest]`.
    Array(Box<ArrayPattern>),
    /// `{a, b, ...rest}`.
    Dict(Box<DictPattern>),
}

/// `[p, q, ...rest]`.
#[derive(Debug)]
pub struct ArrayPattern {
    /// The patterns of the first elements.
    pub elements: Vec<Pattern>,
    /// The name (or `_`) for the remaining array.
    pub rest: Option<Ident>,
}

/// `{a, b, ...rest}`.
#[derive(Debug)]
pub struct DictPattern {
    /// The keys, which are also the names bound.
    pub keys: Vec<Ident>,
    /// The name (or `_`) for a dict of the other entries.
    pub rest: Option<Ident>,
}

/// `if` and its `else if` arms, in order.
#[derive(Debug)]
pub struct If {
    /// Condition and block of each arm; at least one.
    pub arms: Vec<IfArm>,
    /// The `else` block.
    pub otherwise: Option<Block>,
}

/// One `if` or `else if`.
#[derive(Debug)]
pub struct IfArm {
    /// The condition.
    pub condition: Expr,
    /// What runs when it is truthy.
    pub body: Block,
}

/// `while condition { body }`.
#[derive(Debug)]
pub struct While {
    /// The condition.
    pub condition: Expr,
    /// The body.
    pub body: Block,
}

/// `for pattern in iterable { body }`.
#[derive(Debug)]
pub struct For {
    /// What each element is bound to.
    pub pattern: Pattern,
    /// What is iterated.
    pub iterable: Expr,
    /// The body.
    pub body: Block,
}

/// `match subject { cases }`.
#[derive(Debug)]
pub struct Match {
    /// The value matched.
    pub subject: Expr,
    /// The cases, in order.
    pub cases: Vec<Case>,
}

/// One case of a `match`.
#[derive(Debug)]
pub struct Case {
    /// The pattern; `default` is [`CasePatternKind::Wildcard`].
    pub pattern: CasePattern,
    /// The condition after `if`.
    pub guard: Option<Expr>,
    /// The body; a bare statement becomes a block of one statement.
    pub body: Block,
    /// Where the whole case stands.
    pub span: Span,
}

/// A pattern of a `case`.
#[derive(Debug)]
pub struct CasePattern {
    /// What it is.
    pub kind: CasePatternKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of [`CasePattern`].
#[derive(Debug)]
pub enum CasePatternKind {
    /// `_` or `default`.
    Wildcard,
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An int, with its sign.
    Int(i64),
    /// A float, with its sign.
    Float(f64),
    /// A string.
    Str(Name),
    /// A name that is bound to the value.
    Bind(Name),
    /// `Ok(p)`, `Err(p)`, `Some(p)`, `None`; without parentheses the payload is
    /// `None` and ignored.
    Tag(Tag, Option<Vec<CasePattern>>),
    /// `E::V(p, q)`; without parentheses the payload is `None` and ignored.
    /// `Result::Ok(p)` is written this way too.
    Variant(Box<VariantPattern>),
}

/// `E::V(p, q)`.
#[derive(Debug)]
pub struct VariantPattern {
    /// The enum.
    pub enumeration: Ident,
    /// The variant.
    pub variant: Ident,
    /// The patterns of the first payload values.
    pub payload: Option<Vec<CasePattern>>,
}

/// The built-in constructors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `Ok`.
    Ok,
    /// `Err`.
    Err,
    /// `Some`.
    Some,
    /// `None`.
    None,
}

/// `try body except name handler`.
#[derive(Debug)]
pub struct Try {
    /// What is tried.
    pub body: Block,
    /// The name of the error in the handler.
    pub name: Option<Ident>,
    /// What runs when it raises.
    pub handler: Block,
}

/// A test construct.
#[derive(Debug)]
pub struct Test {
    /// Which one.
    pub kind: TestKind,
    /// The title of a test or group.
    pub title: Option<Name>,
    /// The body.
    pub body: Block,
}

/// The test constructs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestKind {
    /// `test "title" { .. }`.
    Test,
    /// `test_group "title" { .. }`.
    Group,
    /// `test_setup { .. }`.
    Setup,
    /// `test_teardown { .. }`.
    Teardown,
}

/// `import path` or `from path import names`.
#[derive(Debug)]
pub struct Import {
    /// The segments of the module path; at least one.
    pub path: Vec<Ident>,
    /// The segments joined by dots.
    pub module: Name,
    /// The names after `import` in the second form.
    pub names: Option<Vec<Ident>>,
}

/// A function: declaration, method or expression.
#[derive(Debug)]
pub struct Function {
    /// The name of a declaration or method.
    pub name: Option<Ident>,
    /// `async`.
    pub is_async: bool,
    /// `func*`.
    pub is_generator: bool,
    /// The parameters; one may be `self`.
    pub parameters: Vec<Parameter>,
    /// The annotation after `->`.
    pub result: Option<Type>,
    /// The body.
    pub body: Block,
    /// From `async` or `func` to the closing brace.
    pub span: Span,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Ident,
    /// Its annotation.
    pub annotation: Option<Type>,
}

/// `struct name { fields, methods }`.
#[derive(Debug)]
pub struct StructDef {
    /// Its name.
    pub name: Ident,
    /// The fields, in order of declaration.
    pub fields: Vec<Field>,
    /// The methods, in order of declaration.
    pub methods: Vec<Function>,
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: Ident,
    /// Its annotation.
    pub annotation: Option<Type>,
    /// Its default, evaluated for each instance that omits the field.
    pub default: Option<Expr>,
}

/// `enum name { variants }`.
#[derive(Debug)]
pub struct EnumDef {
    /// Its name.
    pub name: Ident,
    /// The variants, in order.
    pub variants: Vec<Ident>,
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, with the parentheses around it.
    pub span: Span,
}

impl Expr {
    /// Its postfix operators, unless parentheses close them off: in `v |> f()`
    /// the call is the pipe's, in `v |> (f())` it is not.
    pub fn open_postfix(&self) -> Option<&Postfix> {
        match &self.kind {
            ExprKind::Postfix(postfix) if postfix.base.span.start == self.span.start => {
                Some(postfix)
            }
            _ => None,
        }
    }
}

/// The expressions of the language.
#[derive(Debug)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An int; a minus sign directly before a literal is part of it.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string without interpolation.
    Str(Name),
    /// A string with interpolations.
    Template(Vec<TemplatePart>),
    /// A variable, function, struct name or `self`.
    Name(Name),
    /// `[a, ...b]`.
    Array(Vec<Element>),
    /// `{k: v, ...d}`.
    Dict(Vec<Entry>),
    /// `P { x: 1 }`.
    StructLiteral(Box<StructLiteral>),
    /// `E::V` or `E::V(a)`.
    Variant(Box<Variant>),
    /// `Ok(e)`, `Err(e)`, `Some(e)`: the value is present; `None`: it is not.
    Wrap(Tag, Option<Box<Expr>>),
    /// A function expression; its `name` is absent.
    Function(Box<Function>),
    /// Prefix operators and their operand.
    Unary(Box<Unary>),
    /// Binary operators of one precedence level.
    Chain(Box<Chain>),
    /// Calls, indexes, members and `?` on a value.
    Postfix(Box<Postfix>),
    /// `throw e`.
    Throw(Box<Expr>),
    /// `yield`, `yield e`.
    Yield(Option<Box<Expr>>),
}

/// A part of a string with interpolations.
#[derive(Debug)]
pub enum TemplatePart {
    /// Literal text, escapes resolved; never empty.
    Text(Name),
    /// `${e}`.
    Value(Expr),
}

/// An element of an array literal.
#[derive(Debug)]
pub enum Element {
    /// `e`.
    Value(Expr),
    /// `...e`.
    Spread(Expr),
}

/// An entry of a dict literal.
#[derive(Debug)]
pub enum Entry {
    /// `key: value`; a bare name as key is a variable.
    Pair(Expr, Expr),
    /// `...e`.
    Spread(Expr),
}

/// `P { x: 1, y: 2 }`.
#[derive(Debug)]
pub struct StructLiteral {
    /// The struct.
    pub name: Ident,
    /// Field names and values, in order.
    pub fields: Vec<(Ident, Expr)>,
}

/// `E::V` or `E::V(a)`.
#[derive(Debug)]
pub struct Variant {
    /// The enum; `Result` and `Option` may mean the built-in ones.
    pub enumeration: Ident,
    /// The variant.
    pub variant: Ident,
    /// The payload; empty without parentheses.
    pub arguments: Vec<Expr>,
}

/// Prefix operators and their operand.
#[derive(Debug)]
pub struct Unary {
    /// The operators, outermost first; at least one.
    pub operators: Vec<(UnaryOperator, Span)>,
    /// The operand.
    pub operand: Expr,
}

/// The prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`.
    Negate,
    /// `!` or `not`.
    Not,
    /// `await`.
    Await,
}

/// Binary operators of one precedence level, evaluated from the left:
/// `((first op right) op right) ..`.
#[derive(Debug)]
pub struct Chain {
    /// The leftmost operand.
    pub first: Expr,
    /// The operators with their right operands; at least one.
    pub rest: Vec<ChainStep>,
}

/// One operator of a [`Chain`] and its right operand.
#[derive(Debug)]
pub struct ChainStep {
    /// The operator.
    pub operator: BinaryOperator,
    /// Where the operator stands.
    pub operator_span: Span,
    /// The right operand.
    pub right: Expr,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `|>`: the right side is called with the left as first argument.
    Pipe,
    /// `??`.
    Coalesce,
    /// `||` or `or`.
    Or,
    /// `&&` or `and`.
    And,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Remainder,
}

/// A value and what is done to it, from the left.
#[derive(Debug)]
pub struct Postfix {
    /// The leftmost value.
    pub base: Expr,
    /// The operators; at least one.
    pub steps: Vec<PostfixStep>,
}

/// One postfix operator.
#[derive(Debug)]
pub struct PostfixStep {
    /// What it is.
    pub kind: PostfixKind,
    /// The operator alone, e.g. `.name(args)` or `[i]`.
    pub span: Span,
}

/// The postfix operators.
#[derive(Debug)]
pub enum PostfixKind {
    /// `(args)`.
    Call(Vec<Expr>),
    /// `[e]`.
    Index(Expr),
    /// `.name`, or `?.name` when optional.
    Member {
        /// The member.
        name: Ident,
        /// `?.`.
        optional: bool,
    },
    /// `.name(args)`, or `?.name(args)` when optional.
    MethodCall {
        /// The method.
        name: Ident,
        /// `?.`.
        optional: bool,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// `?`.
    Try,
}

/// A type annotation. It has no effect at run time.
#[derive(Debug)]
pub struct Type {
    /// The type without suffixes.
    pub atom: TypeAtom,
    /// `?` and `[]`, innermost first.
    pub suffixes: Vec<TypeSuffix>,
    /// Where it stands.
    pub span: Span,
}

/// A type without suffixes.
#[derive(Debug)]
pub enum TypeAtom {
    /// `name` or `name<T, ..>`.
    Named(Ident, Vec<Type>),
    /// `[T]`.
    Array(Box<Type>),
}

/// A suffix of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeSuffix {
    /// `?`.
    Optional,
    /// `[]`.
    Array,
}
