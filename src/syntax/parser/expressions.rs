//! Expressions.
//!
//! Binary operators are read by one loop over a stack of open precedence
//! levels instead of one function per level: a bracket costs few native
//! frames, and a chain of any length none. The newline rule is here: `(`, `[`,
//! `{` and `?` continue an expression only on its own line.
//!
//! Example: in `a + b * c == d` the stack grows to `+`, `*`; `==` closes both.

use super::patterns::tag;
use super::{Parse, Parser};
use crate::base::span::Span;
use crate::syntax::ast::{
    BinaryOperator, Chain, ChainStep, Element, Entry, Expr, ExprKind, Ident, Postfix, PostfixKind,
    PostfixStep, StructLiteral, Tag, TemplatePart, Unary, UnaryOperator, Variant,
};
use crate::syntax::token::{Token, TokenKind as K};

/// Precedence of `not`, between `and` and `==`.
const NOT_LEVEL: u8 = 4;

/// Operator and precedence of a token, loosest first.
fn binary_operator(kind: K) -> Option<(BinaryOperator, u8)> {
    Some(match kind {
        K::PipeGreater => (BinaryOperator::Pipe, 0),
        K::QuestionQuestion => (BinaryOperator::Coalesce, 1),
        K::OrOr | K::Or => (BinaryOperator::Or, 2),
        K::AndAnd | K::And => (BinaryOperator::And, 3),
        K::EqualEqual => (BinaryOperator::Equal, 5),
        K::BangEqual => (BinaryOperator::NotEqual, 5),
        K::Less => (BinaryOperator::Less, 6),
        K::LessEqual => (BinaryOperator::LessEqual, 6),
        K::Greater => (BinaryOperator::Greater, 6),
        K::GreaterEqual => (BinaryOperator::GreaterEqual, 6),
        K::Plus => (BinaryOperator::Add, 7),
        K::Minus => (BinaryOperator::Subtract, 7),
        K::Star => (BinaryOperator::Multiply, 8),
        K::Slash => (BinaryOperator::Divide, 8),
        K::Percent => (BinaryOperator::Remainder, 8),
        _ => return None,
    })
}

/// An operator that waits for its right operand.
enum Open {
    Not(Vec<(UnaryOperator, Span)>),
    Chain { level: u8, chain: Chain, operator: BinaryOperator, operator_span: Span },
}

impl Open {
    fn level(&self) -> u8 {
        match self {
            Open::Not(_) => NOT_LEVEL,
            Open::Chain { level, .. } => *level,
        }
    }

    /// The expression with its last operand.
    fn close(self, operand: Expr) -> Expr {
        match self {
            Open::Not(operators) => unary(operators, operand),
            Open::Chain { mut chain, operator, operator_span, .. } => {
                let span = chain.first.span.to(operand.span);
                chain.rest.push(ChainStep { operator, operator_span, right: operand });
                Expr { kind: ExprKind::Chain(Box::new(chain)), span }
            }
        }
    }
}

fn unary(operators: Vec<(UnaryOperator, Span)>, operand: Expr) -> Expr {
    let span = operators.first().map_or(operand.span, |(_, span)| span.to(operand.span));
    Expr { kind: ExprKind::Unary(Box::new(Unary { operators, operand })), span }
}

impl Parser<'_> {
    /// Whether an expression can begin with the token.
    pub(super) fn at_expression(&self) -> bool {
        matches!(
            self.kind(),
            K::Name
                | K::Int
                | K::Float
                | K::Str
                | K::TemplateStart
                | K::LeftParen
                | K::LeftBracket
                | K::LeftBrace
                | K::Bang
                | K::Minus
                | K::Func
                | K::SelfWord
                | K::Null
                | K::True
                | K::False
                | K::Yield
                | K::Async
                | K::Await
                | K::Throw
                | K::Not
        )
    }

    /// An expression.
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        self.nested(|p| {
            let start = p.token().span;
            let kind = match p.kind() {
                K::Throw => {
                    p.advance();
                    ExprKind::Throw(Box::new(p.expression()?))
                }
                K::Yield => {
                    p.advance();
                    let operand = p.at_expression() && !p.token().newline_before;
                    ExprKind::Yield(match operand {
                        true => Some(Box::new(p.expression()?)),
                        false => None,
                    })
                }
                _ => return p.operators(),
            };
            Ok(Expr { kind, span: p.span_from(start) })
        })
    }

    /// The expression of a statement header, where `name {` is no struct literal.
    pub(super) fn header(&mut self) -> Parse<Expr> {
        let in_header = std::mem::replace(&mut self.in_header, true);
        let result = self.expression();
        self.in_header = in_header;
        result
    }

    fn operators(&mut self) -> Parse<Expr> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.not_operators(&mut open);
            let mut operand = self.unary()?;
            let Some((operator, level)) = binary_operator(self.kind()) else {
                while let Some(outer) = open.pop() {
                    operand = outer.close(operand);
                }
                return Ok(operand);
            };
            let operator_span = self.advance().span;
            while let Some(inner) = open.pop_if(|o| o.level() > level) {
                operand = inner.close(operand);
            }
            match open.last_mut() {
                Some(Open::Chain { level: same, chain, operator: waiting, operator_span: at })
                    if *same == level =>
                {
                    let step = ChainStep { operator: *waiting, operator_span: *at, right: operand };
                    chain.rest.push(step);
                    *waiting = operator;
                    *at = operator_span;
                }
                _ => {
                    let chain = Chain { first: operand, rest: Vec::new() };
                    open.push(Open::Chain { level, chain, operator, operator_span });
                }
            }
        }
    }

    /// Takes `not`s where the grammar has them: not right of a comparison or
    /// an arithmetic operator.
    fn not_operators(&mut self, open: &mut Vec<Open>) {
        if open.last().is_some_and(|o| o.level() > NOT_LEVEL) {
            return;
        }
        let mut operators = Vec::new();
        while let Some(token) = self.take(K::Not) {
            operators.push((UnaryOperator::Not, token.span));
        }
        if !operators.is_empty() {
            open.push(Open::Not(operators));
        }
    }

    fn unary(&mut self) -> Parse<Expr> {
        let mut operators = Vec::new();
        loop {
            let operator = match self.kind() {
                K::Minus => UnaryOperator::Negate,
                K::Bang => UnaryOperator::Not,
                K::Await => UnaryOperator::Await,
                _ => break,
            };
            operators.push((operator, self.advance().span));
        }
        let mut operand = match operators.last() {
            Some(&(UnaryOperator::Negate, sign)) if self.at(K::Int) && !self.postfix_follows(1) => {
                operators.pop();
                let token = self.advance();
                let value = self.int_value(token, true)?;
                Expr { kind: ExprKind::Int(value), span: sign.to(token.span) }
            }
            _ => self.postfix()?,
        };
        if !operators.is_empty() {
            operand = unary(operators, operand);
        }
        Ok(operand)
    }

    fn postfix_follows(&self, ahead: usize) -> bool {
        let token = self.ahead(ahead);
        match token.kind {
            K::Dot | K::QuestionDot => true,
            K::LeftParen | K::LeftBracket | K::Question => !token.newline_before,
            _ => false,
        }
    }

    fn postfix(&mut self) -> Parse<Expr> {
        let base = self.primary()?;
        if !self.postfix_follows(0) {
            return Ok(base);
        }
        let mut steps = Vec::new();
        while self.postfix_follows(0) {
            let start = self.token().span;
            let kind = match self.kind() {
                K::Dot if self.ahead(2).kind == K::ColonColon => {
                    let failed = self.error_at(
                        "an enum is known by its own name",
                        self.ahead(1).span,
                        "an import binds the enums of a module: write `E::Variant`",
                    );
                    return Err(failed);
                }
                K::LeftParen => PostfixKind::Call(self.arguments()?),
                K::LeftBracket => {
                    let open = self.advance();
                    let index = self.bracketed(Self::expression)?;
                    if self.at(K::Colon) {
                        self.expected("`]` to close `[`");
                        self.help("there are no slices; use `slice(c, start, end)`");
                    }
                    self.close(K::RightBracket, open)?;
                    PostfixKind::Index(index)
                }
                K::Question => {
                    self.advance();
                    PostfixKind::Try
                }
                _ => {
                    let optional = self.advance().kind == K::QuestionDot;
                    let name = self.member_name()?;
                    if self.at_same_line(K::LeftParen) {
                        let arguments = self.arguments()?;
                        PostfixKind::MethodCall { name, optional, arguments }
                    } else {
                        PostfixKind::Member { name, optional }
                    }
                }
            };
            steps.push(PostfixStep { kind, span: self.span_from(start) });
        }
        let span = self.span_from(base.span);
        Ok(Expr { kind: ExprKind::Postfix(Box::new(Postfix { base, steps })), span })
    }

    fn arguments(&mut self) -> Parse<Vec<Expr>> {
        self.bracketed(|p| {
            let open = p.advance();
            let mut arguments = Vec::new();
            while !p.at(K::RightParen) {
                if p.at(K::Ellipsis) {
                    let failed = p.expected("an argument");
                    p.help("calls have no spread; pass the array itself");
                    return Err(failed);
                }
                arguments.push(p.expression()?);
                if p.take(K::Comma).is_none() {
                    break;
                }
            }
            if p.at(K::Equal) || p.at(K::Colon) {
                let failed = p.expected("`,` or `)` after the argument");
                p.help("there are no named arguments");
                return Err(failed);
            }
            p.close(K::RightParen, open)?;
            Ok(arguments)
        })
    }

    fn primary(&mut self) -> Parse<Expr> {
        let token = self.token();
        let kind = match token.kind {
            K::Null => ExprKind::Null,
            K::True => ExprKind::Bool(true),
            K::False => ExprKind::Bool(false),
            K::Int => ExprKind::Int(self.int_value(token, false)?),
            K::Float => ExprKind::Float(self.float_value(token)),
            K::Str => ExprKind::Str(self.text(token)),
            K::SelfWord => ExprKind::Name(self.text(token)),
            K::TemplateStart => return self.template(),
            K::Name => return self.name_expression(),
            K::LeftParen => return self.parenthesised(),
            K::LeftBracket => return self.array(),
            K::LeftBrace => return self.dict(),
            K::Func | K::Async => return self.function_expression(),
            _ => {
                let failed = self.expected("an expression");
                if let Some(help) = self.expression_help() {
                    self.help(help);
                }
                return Err(failed);
            }
        };
        self.advance();
        Ok(Expr { kind, span: token.span })
    }

    fn expression_help(&self) -> Option<&'static str> {
        Some(match self.kind() {
            K::If | K::Match => "`if` and `match` are statements: assign inside their blocks",
            K::Plus => "there is no unary `+` and no `++`; write `x += 1`",
            K::Throw | K::Yield | K::Not => "put it in parentheses here",
            K::Dot => {
                "a float needs a digit before its dot; there are no ranges: use `range(a, b)`"
            }
            K::FatArrow => "functions are written `func(x) { return x }`",
            K::Ellipsis => "`...` spreads into array and dict literals only",
            kind if kind.is_keyword() => "this word is a keyword of the language",
            _ => return None,
        })
    }

    fn parenthesised(&mut self) -> Parse<Expr> {
        let open = self.advance();
        let mut inside = self.bracketed(Self::expression)?;
        self.close(K::RightParen, open)?;
        if self.at(K::FatArrow) {
            let failed = self.expected("an operator or a new statement");
            self.help("functions are written `func(x) { return x }`");
            return Err(failed);
        }
        inside.span = self.span_from(open.span);
        Ok(inside)
    }

    fn template(&mut self) -> Parse<Expr> {
        let start = self.token().span;
        let mut parts = Vec::new();
        loop {
            let token = self.advance();
            let text = self.text(token);
            if !text.is_empty() {
                parts.push(TemplatePart::Text(text));
            }
            if token.kind == K::TemplateEnd {
                break;
            }
            parts.push(TemplatePart::Value(self.bracketed(Self::expression)?));
            if !matches!(self.kind(), K::TemplateMiddle | K::TemplateEnd) {
                return Err(self.expected("`}` to end the interpolation"));
            }
        }
        Ok(Expr { kind: ExprKind::Template(parts), span: self.span_from(start) })
    }

    fn array(&mut self) -> Parse<Expr> {
        let open = self.advance();
        let elements = self.bracketed(|p| {
            let mut elements = Vec::new();
            while !p.at(K::RightBracket) {
                elements.push(match p.take(K::Ellipsis) {
                    Some(_) => Element::Spread(p.expression()?),
                    None => Element::Value(p.expression()?),
                });
                if p.take(K::Comma).is_none() {
                    break;
                }
            }
            p.close(K::RightBracket, open)?;
            Ok(elements)
        })?;
        Ok(Expr { kind: ExprKind::Array(elements), span: self.span_from(open.span) })
    }

    fn dict(&mut self) -> Parse<Expr> {
        let before = self.position.checked_sub(1).map(|before| self.tokens[before].kind);
        let begins_statement = match before {
            None | Some(K::Semicolon | K::LeftBrace | K::RightBrace) => true,
            Some(K::ColonEqual | K::Equal | K::Comma | K::Colon) => false,
            Some(K::LeftParen | K::LeftBracket) => false,
            Some(_) => self.token().newline_before,
        };
        let open = self.advance();
        let entries = self.bracketed(|p| {
            let mut entries = Vec::new();
            while !p.at(K::RightBrace) {
                entries.push(match p.take(K::Ellipsis) {
                    Some(_) => Entry::Spread(p.expression()?),
                    None => {
                        let key = p.expression()?;
                        if p.expect(K::Colon, "after the dict key").is_err() {
                            p.help(match begins_statement {
                                true => {
                                    "a `{` that begins a statement is a dict; there are no bare \
                                     blocks"
                                }
                                false => {
                                    "an entry of a dict is written `key: value`; a set is written \
                                     `Set([..])`"
                                }
                            });
                            return Err(super::Failed);
                        }
                        Entry::Pair(key, p.expression()?)
                    }
                });
                if p.take(K::Comma).is_none() {
                    break;
                }
            }
            p.close(K::RightBrace, open)?;
            Ok(entries)
        })?;
        Ok(Expr { kind: ExprKind::Dict(entries), span: self.span_from(open.span) })
    }

    fn function_expression(&mut self) -> Parse<Expr> {
        let function = self.function(false)?;
        let span = function.span;
        Ok(Expr { kind: ExprKind::Function(Box::new(function)), span })
    }

    /// A name, a struct literal, a variant or a built-in constructor.
    fn name_expression(&mut self) -> Parse<Expr> {
        let name = self.name("a name")?;
        let start = name.span;
        if self.at(K::ColonColon) {
            return self.variant(name);
        }
        if self.at_struct_literal() {
            return self.struct_literal(name);
        }
        match tag(&name.name) {
            Some(Tag::None) => Ok(Expr { kind: ExprKind::Wrap(Tag::None, None), span: start }),
            Some(tag) if self.at_same_line(K::LeftParen) => {
                let mut arguments = self.arguments()?;
                let span = self.span_from(start);
                match (arguments.pop(), arguments.is_empty()) {
                    (Some(value), true) => {
                        Ok(Expr { kind: ExprKind::Wrap(tag, Some(Box::new(value))), span })
                    }
                    _ => {
                        let message = format!("`{}` takes exactly one value", name.name);
                        Err(self.error_at(&message, span, ""))
                    }
                }
            }
            _ => Ok(Expr { kind: ExprKind::Name(name.name), span: start }),
        }
    }

    fn variant(&mut self, enumeration: Ident) -> Parse<Expr> {
        let start = enumeration.span;
        self.advance();
        let variant = self.name("a variant after `::`")?;
        let arguments =
            if self.at_same_line(K::LeftParen) { self.arguments()? } else { Vec::new() };
        let span = self.span_from(start);
        let variant = Variant { enumeration, variant, arguments };
        Ok(Expr { kind: ExprKind::Variant(Box::new(variant)), span })
    }

    fn at_struct_literal(&self) -> bool {
        !self.in_header
            && self.at_same_line(K::LeftBrace)
            && match self.ahead(1).kind {
                K::RightBrace => true,
                K::Name => self.ahead(2).kind == K::Colon,
                _ => false,
            }
    }

    fn struct_literal(&mut self, name: Ident) -> Parse<Expr> {
        let start = name.span;
        let open = self.advance();
        let fields = self.bracketed(|p| {
            let mut fields = Vec::new();
            while !p.at(K::RightBrace) {
                let field = p.name("a field name")?;
                if fields.iter().take(1000).any(|(given, _): &(Ident, _)| given.name == field.name)
                {
                    let message = format!("field `{}` is given twice", field.name);
                    p.error_at(&message, field.span, "");
                }
                p.expect(K::Colon, "after the field name")?;
                fields.push((field, p.expression()?));
                if p.take(K::Comma).is_none() {
                    break;
                }
            }
            p.close(K::RightBrace, open)?;
            Ok(fields)
        })?;
        let literal = Box::new(StructLiteral { name, fields });
        Ok(Expr { kind: ExprKind::StructLiteral(literal), span: self.span_from(start) })
    }

    /// The value of an int token.
    pub(super) fn int_value(&mut self, token: Token, negative: bool) -> Parse<i64> {
        let text = self.digits(token);
        let (digits, radix) = match text.get(..2) {
            Some("0x") => (&text[2..], 16),
            Some("0b") => (&text[2..], 2),
            Some("0o") => (&text[2..], 8),
            _ => (&text[..], 10),
        };
        let magnitude = u64::from_str_radix(digits, radix).ok();
        let value = magnitude.and_then(|m| match negative {
            true => 0i64.checked_sub_unsigned(m),
            false => i64::try_from(m).ok(),
        });
        value.ok_or_else(|| {
            self.error_at(
                "this number does not fit 64 bits",
                token.span,
                "ints go from -9223372036854775808 to 9223372036854775807; write a float as `1.0e20`",
            )
        })
    }

    /// The value of a float token.
    pub(super) fn float_value(&self, token: Token) -> f64 {
        // The lexer lets only well-formed floats through; too large is infinite.
        self.digits(token).parse().unwrap_or(f64::INFINITY)
    }

    fn digits(&self, token: Token) -> String {
        self.source[token.span.start as usize..token.span.end as usize].replace('_', "")
    }
}
