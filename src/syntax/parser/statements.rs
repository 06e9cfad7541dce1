//! Statements, and recovery from errors.
//!
//! Statements need no separator. After an error the list skips to the next
//! line at its own bracket level, to a `;`, or to the brace that closes it.
//!
//! Example: in `let = 1\nprint(2)` the first line is an error and the second a
//! statement.

use super::{Failed, Parse, Parser};
use crate::base::span::Span;
use crate::syntax::ast::{
    Assign, BinaryOperator, Block, Case, CasePattern, CasePatternKind, Declare, DeclareKind,
    Destructure, Expr, ExprKind, For, Ident, If, IfArm, Match, Pattern, Place, PlaceStep,
    PostfixKind, Stmt, StmtKind, Test, TestKind, Try, Type, While,
};
use crate::syntax::token::TokenKind as K;

/// Words of other languages that cannot stand before something on their line.
fn foreign_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "elif" | "elsif" | "elseif" => "write `else if`",
        "finally" => "there is no `finally`; put the code after the `try` statement",
        "catch" => "write `try { .. } except e { .. }`",
        "class" => "write `struct`",
        "switch" => "write `match`",
        "var" => "write `let`",
        "def" | "function" | "fun" => "write `func`",
        _ => return None,
    })
}

/// Operator of an assignment token; `Some(None)` is plain assignment.
fn assignment(kind: K) -> Option<Option<BinaryOperator>> {
    Some(match kind {
        K::ColonEqual | K::Equal => None,
        K::PlusEqual => Some(BinaryOperator::Add),
        K::MinusEqual => Some(BinaryOperator::Subtract),
        K::StarEqual => Some(BinaryOperator::Multiply),
        K::SlashEqual => Some(BinaryOperator::Divide),
        K::PercentEqual => Some(BinaryOperator::Remainder),
        _ => return None,
    })
}

fn begins_statement(kind: K) -> bool {
    matches!(
        kind,
        K::Let
            | K::Mut
            | K::Const
            | K::Func
            | K::Struct
            | K::Enum
            | K::If
            | K::While
            | K::For
            | K::Loop
            | K::Match
            | K::Try
            | K::Return
            | K::Break
            | K::Continue
            | K::Import
            | K::Export
    )
}

impl Parser<'_> {
    /// Statements up to the end, or up to the `}` of the block they stand in.
    pub(super) fn statements(&mut self, in_block: bool) -> Vec<Stmt> {
        let mut statements = Vec::new();
        loop {
            while self.take(K::Semicolon).is_some() {}
            if self.at(K::End) || (in_block && self.at(K::RightBrace)) {
                return statements;
            }
            let start = self.position;
            match self.statement() {
                Ok(statement) => statements.push(statement),
                Err(_) => self.synchronise(start),
            }
        }
    }

    /// Skips the rest of the statement that began at the token `start`.
    fn synchronise(&mut self, start: usize) {
        if self.at(K::End) {
            return;
        }
        let mut open = Vec::new();
        for token in &self.tokens[start.min(self.position)..self.position] {
            track_brackets(&mut open, token.kind);
        }
        loop {
            let token = self.token();
            let in_braces = open.contains(&K::RightBrace);
            let stop = match token.kind {
                K::End => true,
                K::Semicolon => open.is_empty(),
                K::RightBrace => !in_braces,
                kind => {
                    token.newline_before
                        && !in_braces
                        && self.position > start
                        && (open.is_empty() || begins_statement(kind))
                }
            };
            if stop {
                break;
            }
            track_brackets(&mut open, token.kind);
            self.advance();
        }
        if self.position == start {
            self.advance();
        }
    }

    /// `{ statements }`.
    pub(super) fn block(&mut self) -> Parse<Block> {
        let open = self.expect(K::LeftBrace, "before the block")?;
        self.nested_block(|p| {
            let statements = p.statements(true);
            p.close(K::RightBrace, open)?;
            Ok(Block { statements, span: p.span_from(open.span) })
        })
    }

    pub(super) fn statement(&mut self) -> Parse<Stmt> {
        let start = self.token().span;
        let kind = match self.kind() {
            K::Let | K::Mut | K::Const => self.declaration()?,
            K::Func | K::Async if self.at_function_declaration() => {
                StmtKind::Function(Box::new(self.function(true)?))
            }
            K::Struct => self.struct_declaration()?,
            K::Enum => self.enum_declaration()?,
            K::Import => self.import()?,
            K::Export => self.export()?,
            K::If => self.if_statement()?,
            K::While => {
                self.advance();
                self.while_rest()?
            }
            K::Loop => {
                self.advance();
                match self.take(K::While) {
                    Some(_) => self.while_rest()?,
                    None => StmtKind::Loop(Box::new(self.block()?)),
                }
            }
            K::For => self.for_statement()?,
            K::Match => self.match_statement()?,
            K::Try => self.try_statement()?,
            K::Return => self.return_statement()?,
            K::Break => {
                self.advance();
                StmtKind::Break
            }
            K::Continue => {
                self.advance();
                StmtKind::Continue
            }
            K::Spawn => {
                self.advance();
                StmtKind::Spawn(Box::new(self.block()?))
            }
            K::LeftBracket | K::LeftBrace if self.at_destructuring() => {
                let pattern = self.pattern()?;
                self.advance();
                let value = self.expression()?;
                self.reject_chained_assignment()?;
                StmtKind::Destructure(Box::new(Destructure { pattern, value }))
            }
            K::Name => self.name_statement()?,
            kind if misplaced(kind).is_some() => return Err(self.misplaced(kind, start)),
            _ => self.expression_statement()?,
        };
        Ok(Stmt { kind, span: self.span_from(start) })
    }

    /// A statement that begins with a name, which may be a contextual word.
    fn name_statement(&mut self) -> Parse<StmtKind> {
        if self.at_from_import() {
            return self.import_from();
        }
        if let Some(kind) = self.test_kind() {
            return self.test_statement(kind);
        }
        if self.ahead(1).kind == K::Colon {
            let before = self.position.checked_sub(1).map(|p| self.tokens[p].kind);
            if before == Some(K::Question) && !self.token().newline_before {
                let span = self.ahead(1).span;
                return Err(self.misplaced(K::Colon, span));
            }
            return self.typed_declaration();
        }
        let token = self.token();
        let next = self.ahead(1);
        let joined = !next.newline_before
            && (matches!(next.kind, K::Name | K::LeftBrace | K::Not | K::Bang | K::Int | K::Str)
                || next.kind.is_keyword());
        if let Some(help) = foreign_word(&self.texts[token.text as usize]).filter(|_| joined) {
            let message = format!("`{}` is not a statement", self.text(token));
            return Err(self.error_at(&message, token.span, help));
        }
        self.expression_statement()
    }

    fn misplaced(&mut self, kind: K, span: Span) -> Failed {
        let (message, help) = misplaced(kind).unwrap_or_default();
        self.error_at(message, span, help)
    }

    fn test_kind(&self) -> Option<TestKind> {
        let brace_after = |ahead: usize| {
            let token = self.ahead(ahead);
            token.kind == K::LeftBrace && !token.newline_before
        };
        let titled = self.ahead(1).kind == K::Str && self.ahead(2).kind == K::LeftBrace;
        if self.is_word(0, "test") && titled {
            Some(TestKind::Test)
        } else if self.is_word(0, "test_group") && titled {
            Some(TestKind::Group)
        } else if self.is_word(0, "test_setup") && brace_after(1) {
            Some(TestKind::Setup)
        } else if self.is_word(0, "test_teardown") && brace_after(1) {
            Some(TestKind::Teardown)
        } else {
            None
        }
    }

    fn test_statement(&mut self, kind: TestKind) -> Parse<StmtKind> {
        self.advance();
        let title = self.take(K::Str).map(|token| self.text(token));
        let body = self.block()?;
        Ok(StmtKind::Test(Box::new(Test { kind, title, body })))
    }

    fn declaration(&mut self) -> Parse<StmtKind> {
        let kind = match self.advance().kind {
            K::Const => DeclareKind::Constant,
            // `let mut x` says the same as `mut x`.
            K::Let => {
                self.take(K::Mut);
                DeclareKind::Variable
            }
            _ => DeclareKind::Variable,
        };
        let pattern = self.pattern()?;
        let annotation = self.annotation()?;
        self.declared_value(kind, pattern, annotation)
    }

    fn typed_declaration(&mut self) -> Parse<StmtKind> {
        let pattern = self.pattern()?;
        let annotation = self.annotation();
        if annotation.is_err() {
            // `if p == P { x: 1 } { .. }` reads so.
            self.help("a struct literal in the head of a statement stands in parentheses");
        }
        self.declared_value(DeclareKind::Variable, pattern, annotation?)
    }

    fn declared_value(
        &mut self,
        kind: DeclareKind,
        pattern: Pattern,
        annotation: Option<Type>,
    ) -> Parse<StmtKind> {
        if !self.at(K::ColonEqual) && !self.at(K::Equal) {
            let failed = self.expected("`:=` or `=` and a value");
            return Err(failed);
        }
        self.advance();
        let value = self.expression()?;
        self.reject_chained_assignment()?;
        Ok(StmtKind::Declare(Box::new(Declare { kind, pattern, annotation, value })))
    }

    fn if_statement(&mut self) -> Parse<StmtKind> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            self.advance();
            let condition = self.header()?;
            self.reject_assignment_in_header()?;
            let body = self.block()?;
            arms.push(IfArm { condition, body });
            if self.take(K::Else).is_none() {
                break;
            }
            if !self.at(K::If) {
                otherwise = Some(self.block()?);
                break;
            }
        }
        Ok(StmtKind::If(Box::new(If { arms, otherwise })))
    }

    fn while_rest(&mut self) -> Parse<StmtKind> {
        let condition = self.header()?;
        self.reject_assignment_in_header()?;
        let body = self.block()?;
        Ok(StmtKind::While(Box::new(While { condition, body })))
    }

    fn reject_assignment_in_header(&mut self) -> Parse<()> {
        if assignment(self.kind()).is_some() {
            let failed = self.expected("`{` before the block");
            self.help("assignment is a statement; compare with `==`");
            return Err(failed);
        }
        Ok(())
    }

    fn for_statement(&mut self) -> Parse<StmtKind> {
        self.advance();
        let pattern = self.pattern()?;
        if self.at(K::Comma) {
            let failed = self.expected("`in` after the loop variable");
            self.help("write `for [i, x] in enumerate(a)` or `for [k, v] in items(d)`");
            return Err(failed);
        }
        self.expect(K::In, "after the loop variable")?;
        let iterable = self.header()?;
        let body = self.block()?;
        Ok(StmtKind::For(Box::new(For { pattern, iterable, body })))
    }

    fn match_statement(&mut self) -> Parse<StmtKind> {
        self.advance();
        let subject = self.header()?;
        let open = self.expect(K::LeftBrace, "before the cases")?;
        self.nested_block(|p| {
            let mut cases = Vec::new();
            loop {
                match p.kind() {
                    K::Semicolon => {
                        p.advance();
                    }
                    K::Case | K::Default => cases.push(p.case()?),
                    K::RightBrace | K::End => break,
                    _ => {
                        let failed = p.expected("`case`, `default` or `}`");
                        let in_case = !cases.is_empty();
                        p.help(match p.ahead(1).kind {
                            K::FatArrow | K::Colon => "a case is written `case value { .. }`",
                            _ if in_case => "several statements of a case stand in braces",
                            _ => "a case is written `case value { .. }`",
                        });
                        return Err(failed);
                    }
                }
            }
            p.close(K::RightBrace, open)?;
            Ok(StmtKind::Match(Box::new(Match { subject, cases })))
        })
    }

    fn case(&mut self) -> Parse<Case> {
        let word = self.advance();
        let (pattern, guard) = if word.kind == K::Default {
            (CasePattern { kind: CasePatternKind::Wildcard, span: word.span }, None)
        } else {
            let pattern = self.case_pattern()?;
            let guard = match self.take(K::If) {
                Some(_) => Some(self.header()?),
                None => None,
            };
            (pattern, guard)
        };
        let colon = self.take(K::Colon);
        let body = if self.at(K::LeftBrace) {
            self.block()?
        } else if colon.is_some() {
            if self.at(K::Case) || self.at(K::Default) || self.at(K::RightBrace) {
                return Err(self.expected("a statement after `:`"));
            }
            let statement = self.statement()?;
            let span = statement.span;
            Block { statements: vec![statement], span }
        } else {
            return Err(self.expected("`:` or `{` after the case pattern"));
        };
        Ok(Case { pattern, guard, body, span: self.span_from(word.span) })
    }

    fn try_statement(&mut self) -> Parse<StmtKind> {
        self.advance();
        let body = self.block()?;
        if !self.at(K::Except) {
            let failed = self.expected("`except` after the `try` block");
            if self.is_word(0, "catch") {
                self.help("write `try { .. } except e { .. }`");
            }
            return Err(failed);
        }
        self.advance();
        let name = match self.at(K::LeftBrace) {
            true => None,
            false => Some(self.name("a name for the error, or `{`")?),
        };
        let handler = self.block()?;
        Ok(StmtKind::Try(Box::new(Try { body, name, handler })))
    }

    fn return_statement(&mut self) -> Parse<StmtKind> {
        self.advance();
        if self.token().newline_before {
            return Ok(StmtKind::Return(None));
        }
        // `return if ..` would return null and never reach the `if`.
        let operand = self.at_expression() || matches!(self.kind(), K::If | K::Match);
        Ok(StmtKind::Return(match operand {
            true => Some(self.expression()?),
            false => None,
        }))
    }

    /// An expression, or an assignment to the place it is.
    fn expression_statement(&mut self) -> Parse<StmtKind> {
        let first = self.kind();
        let expr = self.expression()?;
        let Some(operator) = assignment(self.kind()) else { return Ok(StmtKind::Expr(expr)) };
        let operator_span = self.token().span;
        let span = expr.span;
        let place = match first {
            K::Name | K::SelfWord => place(expr),
            _ => None,
        };
        let Some(place) = place else {
            let help = match first {
                K::LeftBracket | K::LeftBrace => {
                    "only names can be destructured into; assign elements and fields one by one, \
                     and keep what a swap overwrites in a variable"
                }
                _ => "a place is a variable followed by `.field` and `[index]`",
            };
            return Err(self.error_at("cannot assign to this expression", span, help));
        };
        self.advance();
        let value = self.expression()?;
        self.reject_chained_assignment()?;
        Ok(StmtKind::Assign(Box::new(Assign { place, operator, operator_span, value })))
    }

    fn reject_chained_assignment(&mut self) -> Parse<()> {
        if assignment(self.kind()).is_some() {
            let span = self.token().span;
            return Err(self.error_at(
                "assignments cannot be chained",
                span,
                "write one assignment per statement",
            ));
        }
        Ok(())
    }
}

fn track_brackets(open: &mut Vec<K>, kind: K) {
    match kind {
        K::LeftParen => open.push(K::RightParen),
        K::LeftBracket => open.push(K::RightBracket),
        K::LeftBrace => open.push(K::RightBrace),
        K::TemplateStart => open.push(K::TemplateEnd),
        K::RightParen | K::RightBracket => {
            open.pop_if(|o| *o == kind);
        }
        K::RightBrace | K::TemplateEnd => {
            if let Some(at) = open.iter().rposition(|o| *o == kind) {
                open.truncate(at);
            }
        }
        _ => {}
    }
}

/// Message and help for a word that begins no statement.
fn misplaced(kind: K) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        K::Else => ("`else` without `if`", "`else` follows the `}` of its `if`"),
        K::Except => ("`except` without `try`", "`except` follows the `}` of its `try`"),
        K::Case | K::Default => ("a case outside of `match`", "cases stand in `match x { .. }`"),
        K::RightBrace => ("`}` closes nothing", ""),
        K::RightParen => ("`)` closes nothing", ""),
        K::RightBracket => ("`]` closes nothing", ""),
        K::Colon => ("unexpected `:`", "there is no `? :` operator; use `if`"),
        K::Impl => ("`impl` is reserved", "methods stand inside the braces of their struct"),
        _ => return None,
    })
}

/// The place that an expression is.
fn place(expr: Expr) -> Option<Place> {
    let span: Span = expr.span;
    match expr.kind {
        ExprKind::Name(name) => Some(Place { root: Ident { name, span }, path: Vec::new(), span }),
        ExprKind::Postfix(postfix) => {
            let ExprKind::Name(name) = postfix.base.kind else { return None };
            let root = Ident { name, span: postfix.base.span };
            let path = postfix.steps.into_iter().map(|step| match step.kind {
                PostfixKind::Member { name, optional: false } => Some(PlaceStep::Member(name)),
                PostfixKind::Index(index) => Some(PlaceStep::Index(index)),
                _ => None,
            });
            Some(Place { root, path: path.collect::<Option<Vec<_>>>()?, span })
        }
        _ => None,
    }
}
