//! Cases that no value reaches, and values that reach no case.
//!
//! A `match` without a case for everything is fine: nothing happens then. But
//! one that tells several variants of an enum apart and leaves some out has
//! probably forgotten them.
//!
//! Example: `case _` before `case 1` makes the latter unreachable.

use super::walk::Linter;
use crate::compile::names::Meaning;
use crate::syntax::ast::*;

/// Whether a pattern matches everything.
fn is_open(pattern: &CasePattern) -> bool {
    matches!(pattern.kind, CasePatternKind::Wildcard | CasePatternKind::Bind(_))
}

/// A literal as text; equal for equal literals.
fn literal(pattern: &CasePattern) -> Option<String> {
    Some(match &pattern.kind {
        CasePatternKind::Null => "null".into(),
        CasePatternKind::Bool(value) => value.to_string(),
        CasePatternKind::Int(value) => value.to_string(),
        CasePatternKind::Str(text) => format!("{text:?}"),
        _ => return None,
    })
}

/// Whether a pattern takes every value of its variant.
fn takes_all(payload: Option<&Vec<CasePattern>>) -> bool {
    payload.is_none_or(|parts| parts.iter().all(is_open))
}

impl<'a> Linter<'a> {
    /// Judges the cases of a `match`.
    pub fn judge_match(&mut self, matching: &'a Match) {
        let mut seen = Vec::new();
        let mut open = false;
        for case in &matching.cases {
            self.judge_pattern(&case.pattern);
            if open {
                let help = "an earlier case matches everything";
                self.report(case.span, "this case is never reached", Some(help.into()));
                break;
            }
            let text = literal(&case.pattern);
            if let Some(text) = text.filter(|_| case.guard.is_none()) {
                if seen.contains(&text) {
                    let message = format!("{text} has a case already");
                    self.report(case.pattern.span, message, None);
                }
                seen.push(text);
            }
            open = case.guard.is_none() && is_open(&case.pattern);
        }
        if !open {
            self.judge_variants(matching);
        }
    }

    fn judge_pattern(&mut self, pattern: &'a CasePattern) {
        match &pattern.kind {
            CasePatternKind::Variant(variant) => {
                self.judge_variant(&variant.enumeration, &variant.variant);
                if let Some(parts) = &variant.payload {
                    self.note_wanted(variant, parts.len(), pattern.span);
                }
                variant.payload.iter().flatten().for_each(|part| self.judge_pattern(part));
            }
            CasePatternKind::Tag(tag, Some(parts)) => {
                self.judge_tag(*tag, parts);
                parts.iter().for_each(|part| self.judge_pattern(part));
            }
            _ => {}
        }
    }

    /// Reports variants without a case, if all cases are variants of one enum.
    fn judge_variants(&mut self, matching: &Match) {
        let mut definition: Option<&EnumDef> = None;
        let mut covered: Vec<&Name> = Vec::new();
        let mut named = 0;
        for case in &matching.cases {
            let CasePatternKind::Variant(pattern) = &case.pattern.kind else { return };
            let name = &pattern.enumeration;
            let Some(Meaning::Enum(found)) = self.names.meaning(&name.name, name.span) else {
                return;
            };
            if definition.is_some_and(|other| !std::ptr::eq(other, found)) {
                return;
            }
            definition = Some(found);
            named += 1;
            if case.guard.is_none() && takes_all(pattern.payload.as_ref()) {
                covered.push(&pattern.variant.name);
            }
        }
        let Some(definition) = definition.filter(|_| named > 1) else { return };
        let missing: Vec<String> = definition
            .variants
            .iter()
            .filter(|variant| !covered.contains(&&variant.name))
            .map(|variant| format!("`{}::{}`", definition.name.name, variant.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("not all values have a case: {}", missing.join(", "));
            let help = "add the cases, or `default` for all others";
            self.report(matching.subject.span, message, Some(help.into()));
        }
    }
}
