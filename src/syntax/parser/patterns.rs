//! Patterns of declarations, of `for`, and of `case`.
//!
//! Whether a statement that begins with a bracket assigns to a pattern is
//! decided by looking ahead over the tokens, so nothing is parsed twice.
//!
//! Example: `[a, [b, _], ...rest]`, `{x, y, ...others}`; `case Ok([..])` does
//! not exist: case patterns are literals, names and tags.

use super::{Failed, Parse, Parser};
use crate::syntax::ast::{
    ArrayPattern, CasePattern, CasePatternKind, DictPattern, Ident, Pattern, PatternKind, Tag,
    VariantPattern,
};
use crate::syntax::token::TokenKind as K;

/// The built-in constructor called `name`.
pub(super) fn tag(name: &str) -> Option<Tag> {
    Some(match name {
        "Ok" => Tag::Ok,
        "Err" => Tag::Err,
        "Some" => Tag::Some,
        "None" => Tag::None,
        _ => return None,
    })
}

impl Parser<'_> {
    /// Whether the bracket that stands here opens a pattern that is assigned.
    pub(super) fn at_destructuring(&self) -> bool {
        let (mut depth, mut was_name) = (0usize, false);
        for (distance, token) in self.tokens[self.position..].iter().enumerate() {
            match token.kind {
                // An element of a name is no name.
                K::LeftBracket | K::LeftBrace if was_name => return false,
                K::LeftBracket | K::LeftBrace => depth += 1,
                K::RightBracket | K::RightBrace => {
                    depth -= 1;
                    if depth == 0 {
                        let next = self.tokens.get(self.position + distance + 1);
                        return next.is_some_and(|t| matches!(t.kind, K::ColonEqual | K::Equal));
                    }
                }
                K::Name | K::Comma | K::Ellipsis => {}
                _ => return false,
            }
            was_name = token.kind == K::Name;
        }
        false
    }

    /// A pattern of a declaration.
    pub(super) fn pattern(&mut self) -> Parse<Pattern> {
        self.nested(|p| {
            let start = p.token().span;
            let kind = match p.kind() {
                K::LeftBracket => PatternKind::Array(Box::new(p.array_pattern()?)),
                K::LeftBrace => PatternKind::Dict(Box::new(p.dict_pattern()?)),
                _ => {
                    let name = p.name("a name or a pattern")?;
                    if &*name.name == "_" {
                        PatternKind::Discard
                    } else {
                        PatternKind::Name(name.name)
                    }
                }
            };
            Ok(Pattern { kind, span: p.span_from(start) })
        })
    }

    fn array_pattern(&mut self) -> Parse<ArrayPattern> {
        let open = self.advance();
        let mut elements = Vec::new();
        while !self.at(K::RightBracket) && !self.at(K::Ellipsis) {
            elements.push(self.pattern()?);
            if self.take(K::Comma).is_none() {
                break;
            }
        }
        let rest = self.rest_name()?;
        self.close(K::RightBracket, open)?;
        Ok(ArrayPattern { elements, rest })
    }

    fn dict_pattern(&mut self) -> Parse<DictPattern> {
        let open = self.advance();
        let mut keys = Vec::new();
        while !self.at(K::RightBrace) && !self.at(K::Ellipsis) {
            keys.push(self.name("a name in the dict pattern")?);
            if self.take(K::Comma).is_none() {
                break;
            }
        }
        let rest = self.rest_name()?;
        self.close(K::RightBrace, open)?;
        Ok(DictPattern { keys, rest })
    }

    fn rest_name(&mut self) -> Parse<Option<Ident>> {
        match self.take(K::Ellipsis) {
            Some(_) => self.name("a name after `...`").map(Some),
            None => Ok(None),
        }
    }

    /// A pattern after `case`.
    pub(super) fn case_pattern(&mut self) -> Parse<CasePattern> {
        self.nested(|p| {
            let start = p.token().span;
            let kind = p.case_pattern_kind()?;
            Ok(CasePattern { kind, span: p.span_from(start) })
        })
    }

    fn case_pattern_kind(&mut self) -> Parse<CasePatternKind> {
        let token = self.token();
        let kind = match token.kind {
            K::Null => CasePatternKind::Null,
            K::True => CasePatternKind::Bool(true),
            K::False => CasePatternKind::Bool(false),
            K::Str => CasePatternKind::Str(self.text(token)),
            K::Int | K::Float | K::Minus => return self.case_number(),
            K::Name => return self.case_name(),
            K::TemplateStart => {
                return Err(self.error_at(
                    "a string in a case may not have interpolations",
                    token.span,
                    "bind a name and compare it in a guard: `case s if s == ..`",
                ));
            }
            _ => return Err(self.expected("a case pattern")),
        };
        self.advance();
        Ok(kind)
    }

    fn case_number(&mut self) -> Parse<CasePatternKind> {
        let negative = self.take(K::Minus).is_some();
        let token = self.token();
        match token.kind {
            K::Int => {
                self.advance();
                self.int_value(token, negative).map(CasePatternKind::Int)
            }
            K::Float => {
                self.advance();
                let value = self.float_value(token);
                Ok(CasePatternKind::Float(if negative { -value } else { value }))
            }
            _ => Err(self.expected("a number after `-`")),
        }
    }

    fn case_name(&mut self) -> Parse<CasePatternKind> {
        let name = self.name("a name")?;
        if self.take(K::ColonColon).is_some() {
            let variant = self.name("a variant after `::`")?;
            let payload = self.case_payload()?;
            let pattern = VariantPattern { enumeration: name, variant, payload };
            return Ok(CasePatternKind::Variant(Box::new(pattern)));
        }
        if let Some(tag) = tag(&name.name) {
            let payload = self.case_payload()?;
            return Ok(CasePatternKind::Tag(tag, payload));
        }
        if self.at_same_line(K::LeftParen) {
            return Err(self.unknown_tag(&name));
        }
        Ok(match &*name.name {
            "_" => CasePatternKind::Wildcard,
            _ => CasePatternKind::Bind(name.name),
        })
    }

    fn unknown_tag(&mut self, name: &Ident) -> Failed {
        let message = format!("`{}` is not Ok, Err or Some", name.name);
        let help = format!("a variant is written with its enum: `E::{}(..)`", name.name);
        self.error_at(&message, name.span, &help)
    }

    fn case_payload(&mut self) -> Parse<Option<Vec<CasePattern>>> {
        if !self.at_same_line(K::LeftParen) {
            return Ok(None);
        }
        let open = self.advance();
        let mut patterns = Vec::new();
        while !self.at(K::RightParen) {
            patterns.push(self.case_pattern()?);
            if self.take(K::Comma).is_none() {
                break;
            }
        }
        self.close(K::RightParen, open)?;
        Ok(Some(patterns))
    }
}
