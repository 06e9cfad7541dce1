//! From tokens to a syntax tree.
//!
//! Recursive descent over a vector of tokens, one file per kind of construct.
//! A construct that cannot go on records an error and fails; the enclosing
//! statement list skips to where a statement can begin and goes on.
//!
//! What must hold: the native stack is bounded. Brackets, blocks, patterns and
//! types count their depth; beyond a limit parsing ends with one error. Chains
//! are read in loops.
//!
//! Example: `f(1\nlet x = 2` records that a `)` is missing and still yields the
//! declaration of `x`.

mod declarations;
mod expressions;
mod patterns;
mod statements;
mod types;

use crate::base::span::Span;
use crate::syntax::ast::{Ident, Name, Program};
use crate::syntax::error::{MAX_ERRORS, SyntaxError};
use crate::syntax::lexer::lex;
use crate::syntax::token::{Token, TokenKind};

/// The longest source text, in bytes.
pub const MAX_SOURCE_BYTES: usize = 16 << 20;
/// How deep expressions, patterns and types may nest together.
pub const MAX_EXPRESSION_DEPTH: usize = 256;
/// How deep blocks may nest.
pub const MAX_BLOCK_DEPTH: usize = 128;

/// What a source text is.
#[derive(Debug)]
pub struct Parsed {
    /// What was understood; complete when there are no errors.
    pub program: Program,
    /// The errors, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// Parses `source`. Never panics; see [`Parsed::errors`].
pub fn parse(source: &str) -> Parsed {
    if source.len() > MAX_SOURCE_BYTES {
        let error = SyntaxError::new(
            format!("source text is longer than {} MiB", MAX_SOURCE_BYTES >> 20),
            Span::new(0, 0),
        );
        let program =
            Program { statements: Vec::new(), imports: Vec::new(), own: 0, span: Span::new(0, 0) };
        return Parsed { program, errors: vec![error] };
    }
    let (tokens, mut errors) = lex(source);
    let mut parser = Parser {
        source,
        tokens: tokens.list,
        texts: tokens.texts,
        position: 0,
        errors: Vec::new(),
        unclosed: false,
        stopped: false,
        expression_depth: 0,
        block_depth: 0,
        in_header: false,
        imports: Vec::new(),
    };
    let statements = parser.statements(false);
    // What follows an unterminated string or comment was swallowed by it.
    let swallowed = errors.iter().find(|e| e.ends_early);
    let limit = swallowed.map_or(u32::MAX, |e| e.span.start);
    errors.extend(parser.errors.into_iter().filter(|e| e.span.start < limit));
    errors.sort_by_key(|e| e.span.start);
    errors.truncate(MAX_ERRORS);
    let (own, span) = (statements.len(), Span::new(0, source.len()));
    let program = Program { statements, imports: parser.imports, own, span };
    Parsed { program, errors }
}

/// The construct is not there; the error is recorded.
struct Failed;

type Parse<T> = Result<T, Failed>;

struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    texts: Vec<Name>,
    position: usize,
    errors: Vec<SyntaxError>,
    /// A bracket that the end of the text leaves open has been reported.
    unclosed: bool,
    /// Nothing after this is read, and no more errors count.
    stopped: bool,
    expression_depth: usize,
    block_depth: usize,
    /// In the header of a statement `name {` is not a struct literal.
    in_header: bool,
    /// Paths of the modules imported so far.
    imports: Vec<Name>,
}

impl Parser<'_> {
    fn token(&self) -> Token {
        self.tokens[self.position]
    }

    fn kind(&self) -> TokenKind {
        self.token().kind
    }

    /// The token `ahead` places on; the end token beyond the end.
    fn ahead(&self, ahead: usize) -> Token {
        self.tokens[(self.position + ahead).min(self.tokens.len() - 1)]
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// Whether the token is `kind` on the line of the token before.
    fn at_same_line(&self, kind: TokenKind) -> bool {
        self.at(kind) && !self.token().newline_before
    }

    /// Takes the token.
    fn advance(&mut self) -> Token {
        let token = self.token();
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        token
    }

    fn take(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.advance())
    }

    /// End of the token before this one.
    fn span_from(&self, start: Span) -> Span {
        match self.position.checked_sub(1) {
            Some(before) => start.to(self.tokens[before].span),
            None => start,
        }
    }

    fn text(&self, token: Token) -> Name {
        self.texts[token.text as usize].clone()
    }

    /// Whether the token `ahead` places on is the name `word`.
    fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.ahead(ahead);
        token.kind == TokenKind::Name && &*self.texts[token.text as usize] == word
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Parse<Token> {
        if self.at(kind) {
            Ok(self.advance())
        } else {
            Err(self.expected(&format!("{} {context}", kind.describe())))
        }
    }

    /// Takes a closing bracket; `open` is the bracket it closes.
    fn close(&mut self, kind: TokenKind, open: Token) -> Parse<Token> {
        if self.at(TokenKind::End) {
            if std::mem::replace(&mut self.unclosed, true) {
                return Err(Failed);
            }
            let message = format!("{} is never closed", open.kind.describe());
            let mut error = SyntaxError::new(message, open.span);
            error.ends_early = true;
            return Err(self.error(error));
        }
        let closed = self.expect(kind, &format!("to close {}", open.kind.describe()));
        let before = self.position.checked_sub(1).map(|before| self.tokens[before].kind);
        if closed.is_err() && before == Some(TokenKind::Question) {
            self.help("there is no `? :` operator; use `if`");
        }
        closed
    }

    fn name(&mut self, what: &str) -> Parse<Ident> {
        match self.take(TokenKind::Name) {
            Some(token) => Ok(Ident { name: self.text(token), span: token.span }),
            None => {
                let failed = self.expected(what);
                if self.kind().is_keyword() {
                    self.help("this word is a keyword of the language");
                }
                Err(failed)
            }
        }
    }

    /// A member name: after a dot every word is one.
    fn member_name(&mut self) -> Parse<Ident> {
        if self.at(TokenKind::Name) || self.kind().is_keyword() {
            let token = self.advance();
            Ok(Ident { name: self.text(token), span: token.span })
        } else {
            let failed = self.expected("a name after the dot");
            if self.at(TokenKind::Dot) {
                self.help("a range is written `range(start, end)`");
            }
            Err(failed)
        }
    }

    /// Records that `what` should stand here.
    fn expected(&mut self, what: &str) -> Failed {
        let found = self.found();
        let span = self.token().span;
        let mut error = SyntaxError::new(format!("expected {what}, found {found}"), span);
        error.ends_early = self.at(TokenKind::End) && !self.stopped;
        self.error(error)
    }

    /// How messages call the token.
    fn found(&self) -> String {
        let token = self.token();
        match token.kind {
            TokenKind::Name | TokenKind::Int | TokenKind::Float => {
                let text = &self.source[token.span.start as usize..token.span.end as usize];
                let shown: String = text.chars().take(40).collect();
                format!("`{shown}`")
            }
            kind => kind.describe().to_string(),
        }
    }

    fn error_at(&mut self, message: &str, span: Span, help: &str) -> Failed {
        let error = SyntaxError::new(message, span);
        self.error(if help.is_empty() { error } else { error.with_help(help) })
    }

    /// Records an error, unless one stands at the same place; too many end the parse.
    fn error(&mut self, error: SyntaxError) -> Failed {
        if !self.stopped && !self.errors.iter().any(|e| e.span.start == error.span.start) {
            self.errors.push(error);
        }
        if self.errors.len() >= MAX_ERRORS {
            self.stop();
        }
        Failed
    }

    /// Adds a hint to the last error.
    fn help(&mut self, text: &str) {
        if let Some(error) = self.errors.last_mut().filter(|e| e.help.is_none()) {
            error.help = Some(text.into());
        }
    }

    /// Records an error and ends the parse.
    fn give_up(&mut self, message: String) -> Failed {
        let span = self.token().span;
        let failed = self.error(SyntaxError::new(message, span));
        self.stop();
        failed
    }

    /// Goes to the end of the text without reading the rest.
    fn stop(&mut self) {
        self.stopped = true;
        self.position = self.tokens.len() - 1;
    }

    /// Runs `inside` one expression level deeper.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.expression_depth == MAX_EXPRESSION_DEPTH {
            return Err(
                self.give_up(format!("expression nesting is deeper than {MAX_EXPRESSION_DEPTH}"))
            );
        }
        self.expression_depth += 1;
        let result = inside(self);
        self.expression_depth -= 1;
        result
    }

    /// Runs `inside` one block level deeper, outside of any header.
    fn nested_block<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.block_depth == MAX_BLOCK_DEPTH {
            return Err(self.give_up(format!("block nesting is deeper than {MAX_BLOCK_DEPTH}")));
        }
        self.block_depth += 1;
        let in_header = std::mem::replace(&mut self.in_header, false);
        let result = inside(self);
        self.in_header = in_header;
        self.block_depth -= 1;
        result
    }

    /// Runs `inside` in brackets, where a header does not reach.
    fn bracketed<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let in_header = std::mem::replace(&mut self.in_header, false);
        let result = inside(self);
        self.in_header = in_header;
        result
    }
}
