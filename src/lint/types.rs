//! Literals that contradict the type that is written beside them.
//!
//! Types have no effect when a program runs; a literal of another kind than the
//! annotation says is a mistake in one of the two. Only names that are certain
//! are judged: a type of any other name may be anything.
//!
//! Example: `let n: int := "five"`.

use super::walk::Linter;
use crate::syntax::ast::*;

/// The kind of a literal, as `type()` calls it.
fn kind(value: &Expr) -> Option<&'static str> {
    Some(match &value.kind {
        ExprKind::Null => "null",
        ExprKind::Bool(_) => "bool",
        ExprKind::Int(_) => "int",
        ExprKind::Float(_) => "float",
        ExprKind::Str(_) | ExprKind::Template(_) => "string",
        ExprKind::Array(_) => "array",
        ExprKind::Dict(_) => "dict",
        ExprKind::Function(_) => "function",
        ExprKind::Wrap(Tag::Ok | Tag::Err, _) => "result",
        ExprKind::Wrap(Tag::Some | Tag::None, _) => "option",
        _ => return None,
    })
}

/// The kinds that a type allows; nothing if that is not known.
fn allowed(annotation: &Type) -> Option<&'static [&'static str]> {
    let mut kinds: &[&str] = match &annotation.atom {
        TypeAtom::Array(_) => &["array"],
        TypeAtom::Named(name, _) => match &*name.name {
            "int" => &["int"],
            "float" => &["float", "int"],
            "string" | "str" => &["string"],
            "bool" => &["bool"],
            "array" | "list" => &["array"],
            "dict" | "map" => &["dict"],
            "func" | "fn" | "function" => &["function"],
            "Result" => &["result"],
            "Option" => &["option", "null"],
            _ => return None,
        },
    };
    for suffix in &annotation.suffixes {
        match suffix {
            TypeSuffix::Array => kinds = &["array"],
            // `T?` is `T`, null or an Option: what remains is not worth a rule.
            TypeSuffix::Optional => return None,
        }
    }
    Some(kinds)
}

impl Linter<'_> {
    /// Judges a value that is said to be of the annotated type.
    pub fn judge_type(&mut self, annotation: Option<&Type>, value: &Expr) {
        let (Some(annotation), Some(kind)) = (annotation, kind(value)) else { return };
        if allowed(annotation).is_some_and(|kinds| !kinds.contains(&kind)) {
            let wanted = match &annotation.atom {
                TypeAtom::Named(name, _) if annotation.suffixes.is_empty() => &*name.name,
                _ => "array",
            };
            let message = format!("this is of type {kind}, but {wanted} is written");
            self.report(value.span, message, None);
        }
    }
}
