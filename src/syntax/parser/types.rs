//! Type annotations.
//!
//! They are read so that programs with annotations run, and have no effect.
//! Any name is a type. Suffixes stand on the line of their type, so that a
//! statement may begin with `[` after a field or a declaration.
//!
//! Example: `Result<int?, [string]>[]`.

use super::{Parse, Parser};
use crate::syntax::ast::{Ident, Type, TypeAtom, TypeSuffix};
use crate::syntax::token::TokenKind as K;

impl Parser<'_> {
    /// `: T` if a colon stands here.
    pub(super) fn annotation(&mut self) -> Parse<Option<Type>> {
        match self.take(K::Colon) {
            Some(_) => self.type_expression().map(Some),
            None => Ok(None),
        }
    }

    /// A type.
    pub(super) fn type_expression(&mut self) -> Parse<Type> {
        self.nested(|p| {
            let start = p.token().span;
            let atom = p.type_atom()?;
            let mut suffixes = Vec::new();
            loop {
                if p.at_same_line(K::Question) {
                    p.advance();
                    suffixes.push(TypeSuffix::Optional);
                } else if p.at_same_line(K::LeftBracket) {
                    let open = p.advance();
                    p.close(K::RightBracket, open)?;
                    suffixes.push(TypeSuffix::Array);
                } else {
                    break;
                }
            }
            Ok(Type { atom, suffixes, span: p.span_from(start) })
        })
    }

    fn type_atom(&mut self) -> Parse<TypeAtom> {
        if let Some(open) = self.take(K::LeftBracket) {
            let element = self.type_expression()?;
            self.close(K::RightBracket, open)?;
            return Ok(TypeAtom::Array(Box::new(element)));
        }
        let name = match self.kind() {
            K::Func | K::Null | K::Struct | K::Enum => {
                let token = self.advance();
                Ident { name: self.text(token), span: token.span }
            }
            _ => self.name("a type")?,
        };
        let mut arguments = Vec::new();
        if self.take(K::Less).is_some() {
            loop {
                arguments.push(self.type_expression()?);
                if self.take(K::Comma).is_none() {
                    break;
                }
            }
            if self.at(K::GreaterEqual) {
                // `A<B>= e` is a type and an assignment.
                let token = &mut self.tokens[self.position];
                token.kind = K::Equal;
                token.span.start += 1;
            } else {
                self.expect(K::Greater, "after the type arguments")?;
            }
        }
        Ok(TypeAtom::Named(name, arguments))
    }
}
