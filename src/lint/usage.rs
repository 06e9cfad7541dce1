//! Names that nothing defines, and variables that nothing reads.
//!
//! Parameters, loop variables and the bindings of `case` and `except` are not
//! asked for: their place often demands a name. A name that begins with `_` is
//! meant to be unused, one that is exported is used by others.
//!
//! Example: in `func f() { let x := 1  x := 2 }` the variable `x` is assigned
//! but never read.

use super::walk::Linter;
use crate::base::options::edit_distance;
use crate::base::span::Span;
use crate::compile::names::Meaning;
use crate::runtime::{constant, lookup, reference, row};
use crate::syntax::ast::{
    BinaryOperator, Expr, ExprKind, Ident, Name, Postfix, PostfixKind, StructLiteral,
};

/// What a variable that should be read is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Variable,
    Part,
    Import,
    Function,
}

/// Where and how a variable is declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declared {
    span: Span,
    sort: Sort,
}

impl Declared {
    /// By `let`, `const` or its first assignment.
    pub fn variable(span: Span) -> Declared {
        Declared { span, sort: Sort::Variable }
    }

    /// By a pattern that takes something apart.
    pub fn part(span: Span) -> Declared {
        Declared { span, sort: Sort::Part }
    }

    /// By `from .. import`.
    pub fn import(span: Span) -> Declared {
        Declared { span, sort: Sort::Import }
    }

    /// By `func`.
    pub fn function(span: Span) -> Declared {
        Declared { span, sort: Sort::Function }
    }
}

/// Whether every program sees this name.
fn is_built_in(name: &str) -> bool {
    lookup(name).is_some() || constant(name).is_some()
}

impl Linter<'_> {
    /// Reports a name that is looked up and that nothing defines.
    pub fn undefined(&mut self, name: &Name, span: Span) {
        if self.names.is_complete() && !is_built_in(name) {
            let help = self.similar(name);
            self.report(span, format!("`{name}` is not defined"), help);
        }
    }

    /// A hint about what was meant by `name`.
    fn similar(&self, name: &str) -> Option<String> {
        let own = self.names.all().filter(|own| *own != name && !own.starts_with('<'));
        let closest = own.map(|own| (edit_distance(name, own), own)).min();
        match closest {
            Some((distance, own)) if is_near(name, distance) => {
                Some(format!("did you mean `{own}`?"))
            }
            _ => reference::hint(name),
        }
    }

    /// Reports the variables that nothing reads.
    pub fn judge_usage(&mut self) {
        let unread = self.declared.iter().filter(|(id, declared)| {
            let top_function = declared.sort == Sort::Function && self.names.is_top_level(**id);
            !self.read.contains(id) && !self.names.is_tentative(**id) && !top_function
        });
        let unread: Vec<_> = unread.map(|(id, declared)| (*id, *declared)).collect();
        for (id, Declared { span, sort }) in unread {
            let name = self.names.name(id).to_string();
            if name.starts_with('_') {
                continue;
            }
            let (message, help) = match sort {
                Sort::Import => (format!("`{name}` is imported but never used"), None),
                Sort::Function => (format!("function `{name}` is never used"), None),
                Sort::Variable | Sort::Part => (
                    format!("`{name}` is assigned but never read"),
                    Some(match sort {
                        Sort::Part => "write `_` for a part that is not needed".to_string(),
                        _ => format!("remove it, or call it `_{name}` if that is intended"),
                    }),
                ),
            };
            self.report(span, message, help);
        }
    }

    /// Reports a statement whose value is computed for nothing.
    pub fn judge_effect(&mut self, value: &Expr) {
        let help = match &value.kind {
            ExprKind::Chain(chain) => match chain.rest.first().map(|step| step.operator) {
                Some(BinaryOperator::Equal) => Some("assign with `:=`"),
                Some(
                    BinaryOperator::NotEqual
                    | BinaryOperator::Less
                    | BinaryOperator::LessEqual
                    | BinaryOperator::Greater
                    | BinaryOperator::GreaterEqual,
                ) => None,
                _ => return,
            },
            ExprKind::Name(_) => Some("to give it back, write `return`"),
            ExprKind::Postfix(postfix) => return self.judge_discarded(value, postfix),
            _ => return,
        };
        self.report(value.span, "this value is not used", help.map(String::from));
    }

    /// Reports a call of a builtin that gives its argument back changed, if nothing takes it.
    fn judge_discarded(&mut self, value: &Expr, postfix: &Postfix) {
        let (ExprKind::Name(name), [step]) = (&postfix.base.kind, postfix.steps.as_slice()) else {
            return;
        };
        let PostfixKind::Call(arguments) = &step.kind else { return };
        let builtin = lookup(name).filter(|_| self.is_builtin(&postfix.base, name)).map(row);
        let Some(builtin) = builtin.filter(|builtin| builtin.reuses) else { return };
        let (changed, stays) = match arguments.first().map(|argument| &argument.kind) {
            Some(ExprKind::Name(changed)) => (&**changed, format!("`{changed}`")),
            _ => ("x", "its argument".into()),
        };
        let rest = if arguments.len() > 1 { ", .." } else { "" };
        let target = match builtin.signature.split_once("-> [") {
            Some((_, pair)) => {
                let second = pair.split([',', ']']).nth(1).unwrap_or_default().trim();
                format!("[{changed}, {second}]")
            }
            None => changed.to_string(),
        };
        let message = format!("the result of `{name}` is not used, and {stays} stays as it is");
        let help = format!("write `{target} := {name}({changed}{rest})`");
        self.report(value.span, message, Some(help));
    }

    /// Reports a struct that does not exist, or fields that it does not have.
    pub fn judge_struct(&mut self, literal: &StructLiteral) {
        let name = &literal.name;
        let Some(Meaning::Struct(definition)) = self.names.meaning(&name.name, name.span) else {
            if self.names.is_complete() {
                let help = self.similar(&name.name);
                self.report(name.span, format!("struct `{}` is not defined", name.name), help);
            }
            return;
        };
        for (field, _) in &literal.fields {
            if !definition.fields.iter().any(|known| known.name.name == field.name) {
                let message = format!("struct `{}` has no field `{}`", name.name, field.name);
                let fields = definition.fields.iter().map(|field| &*field.name.name);
                self.report(field.span, message, closest(&field.name, fields));
            }
        }
    }

    /// Reports an enum that does not exist, or a variant that it does not have.
    pub fn judge_variant(&mut self, enumeration: &Ident, variant: &Ident) {
        let known =
            match (self.names.meaning(&enumeration.name, enumeration.span), &*enumeration.name) {
                (Some(Meaning::Enum(definition)), _) => {
                    definition.variants.iter().map(|known| &*known.name).collect()
                }
                (_, "Result") => vec!["Ok", "Err"],
                (_, "Option") => vec!["Some", "None"],
                _ => {
                    if self.names.is_complete() {
                        let message = format!("enum `{}` is not defined", enumeration.name);
                        let help = self.similar(&enumeration.name);
                        self.report(enumeration.span, message, help);
                    }
                    return;
                }
            };
        if !known.contains(&&*variant.name) {
            let message = format!("enum `{}` has no variant `{}`", enumeration.name, variant.name);
            self.report(variant.span, message, closest(&variant.name, known.into_iter()));
        }
    }
}

/// Whether a name that is so many letters away was probably meant.
fn is_near(name: &str, distance: usize) -> bool {
    distance < name.len() && distance <= ((name.len() + 1) / 3).clamp(1, 3)
}

/// A hint if one of `known` is nearly `name`.
pub(super) fn closest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let (distance, known) = known.map(|known| (edit_distance(name, known), known)).min()?;
    is_near(name, distance).then(|| format!("did you mean `{known}`?"))
}
