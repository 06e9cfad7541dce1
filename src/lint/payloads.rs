//! Cases with more parts than any value of their variant has.
//!
//! Variants declare no payload, so what the program makes tells how much there can
//! be. An enum that is exported may get its values elsewhere and is not judged.
//!
//! Example: if `E::B(1)` is all that makes an `E::B`, `case E::B(x, y)` is never
//! reached.

use super::walk::Linter;
use crate::base::span::Span;
use crate::compile::names::Meaning;
use crate::syntax::ast::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// A variant: the address of its enum's definition, and its name.
type Key<'a> = (*const EnumDef, &'a str);

/// What the walk notes of variants.
#[derive(Default)]
pub(super) struct Payloads<'a> {
    /// The enums of this text.
    defined: FxHashSet<*const EnumDef>,
    exported: FxHashSet<&'a str>,
    /// Most parts of a payload that an expression makes.
    made: FxHashMap<Key<'a>, usize>,
    /// Cases with the number of their parts.
    wanted: Vec<(Key<'a>, &'a VariantPattern, usize, Span)>,
}

impl<'a> Payloads<'a> {
    /// Notes an enum.
    pub fn define(&mut self, definition: &'a EnumDef) {
        self.defined.insert(definition);
    }

    /// Notes what `export` stands before.
    pub fn export(&mut self, statement: &'a Stmt) {
        match &statement.kind {
            StmtKind::Enum(definition) => {
                self.exported.insert(&definition.name.name);
            }
            StmtKind::Expr(Expr { kind: ExprKind::Name(name), .. }) => {
                self.exported.insert(name);
            }
            _ => {}
        }
    }
}

impl<'a> Linter<'a> {
    fn key(&self, enumeration: &Ident, variant: &'a Ident) -> Option<Key<'a>> {
        match self.names.meaning(&enumeration.name, enumeration.span) {
            Some(Meaning::Enum(definition)) => Some((definition, &*variant.name)),
            _ => None,
        }
    }

    /// Notes a value of a variant.
    pub fn note_made(&mut self, variant: &'a Variant) {
        if let Some(key) = self.key(&variant.enumeration, &variant.variant) {
            let most = self.payloads.made.entry(key).or_default();
            *most = variant.arguments.len().max(*most);
        }
    }

    /// Notes a case for values of a variant with so many parts.
    pub fn note_wanted(&mut self, pattern: &'a VariantPattern, parts: usize, span: Span) {
        if let Some(key) = self.key(&pattern.enumeration, &pattern.variant) {
            self.payloads.wanted.push((key, pattern, parts, span));
        }
    }

    /// Reports the cases that want more than there is.
    pub fn judge_payloads(&mut self) {
        let Payloads { defined, exported, made, wanted } = std::mem::take(&mut self.payloads);
        for (key, pattern, parts, span) in wanted {
            let (enumeration, variant) = (&pattern.enumeration.name, &pattern.variant.name);
            let judged = defined.contains(&key.0) && !exported.contains(&**enumeration);
            let Some(most) = made.get(&key).filter(|most| judged && parts > **most) else {
                continue;
            };
            let values =
                |count| if count == 1 { "1 value".into() } else { format!("{count} values") };
            let message = format!(
                "this case wants {} in `{enumeration}::{variant}`, which is made with {}",
                values(parts),
                values(*most)
            );
            self.report(span, message, Some("it is never reached".into()));
        }
    }
}
