//! What is given twice where only one counts.
//!
//! A dict keeps the last value of a key, an enum has each variant once, and
//! `Ok`, `Err` and `Some` hold one value: more than that in a program is a slip
//! of the pen.
//!
//! Example: `{"k": 1, "k": 2}` is `{"k": 2}`, and the first entry has no effect.

use super::walk::Linter;
use crate::base::span::Span;
use crate::syntax::ast::*;
use rustc_hash::FxHashSet;

impl Linter<'_> {
    /// Judges the variants of an enum.
    pub fn judge_enum(&mut self, definition: &EnumDef) {
        let mut seen = FxHashSet::default();
        for variant in &definition.variants {
            if !seen.insert(&variant.name) {
                let message = format!("variant `{}` is listed twice", variant.name);
                self.report(variant.span, message, None);
            }
        }
    }

    /// Judges the constant keys of a dict.
    pub fn judge_keys(&mut self, entries: &[Entry]) {
        let mut seen = FxHashSet::default();
        for entry in entries {
            // What is spread in between may depend on an entry before it.
            let Entry::Pair(key, _) = entry else {
                seen.clear();
                continue;
            };
            let text = match &key.kind {
                ExprKind::Str(text) => format!("{text:?}"),
                ExprKind::Int(int) => int.to_string(),
                _ => continue,
            };
            if seen.contains(&text) {
                self.report_repeated(key.span, &format!("key {text}"));
            }
            seen.insert(text);
        }
    }

    fn report_repeated(&mut self, span: Span, what: &str) {
        let help = "only the last value counts";
        self.report(span, format!("{what} is given twice"), Some(help.into()));
    }

    /// Judges how many values a pattern expects in `Ok`, `Err` or `Some`.
    pub fn judge_tag(&mut self, tag: Tag, parts: &[CasePattern]) {
        if let Some(second) = parts.get(1) {
            let name = match tag {
                Tag::Ok => "Ok",
                Tag::Err => "Err",
                Tag::Some => "Some",
                Tag::None => "None",
            };
            let holds = if tag == Tag::None { "no value" } else { "one value" };
            self.report(second.span, format!("`{name}` holds {holds}"), None);
        }
    }
}
