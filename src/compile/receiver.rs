//! Which variables the receivers of method calls are rooted at: a method may
//! change the place that it is called on.
//!
//! Example: in `a[i].m()` and in `v |> a[i].m` the root is `a`; in `f().m()` and
//! `a?.b.m()` there is none.

use super::exposure::Runs;
use super::resolve::Resolver;
use super::scope::Use;
use crate::syntax::ast::{Expr, ExprKind, Postfix, PostfixKind};

impl<'a> Resolver<'_, 'a> {
    pub(super) fn postfix(&mut self, postfix: &'a Postfix) {
        self.expr(&postfix.base);
        let root = match &postfix.base.kind {
            ExprKind::Name(name) => self.found.used(postfix.base.span, name),
            _ => None,
        };
        // While only members and indexes went before, a call is on a place.
        let mut place = root;
        for (index, step) in postfix.steps.iter().enumerate() {
            match &step.kind {
                PostfixKind::Call(arguments) => {
                    match index {
                        0 => self.runs_callee(&postfix.base, arguments.len()),
                        _ => self.runs(Runs::Anything),
                    }
                    arguments.iter().for_each(|argument| self.expr(argument));
                    place = None;
                }
                PostfixKind::Index(index) => self.expr(index),
                PostfixKind::Member { optional, .. } => {
                    place = place.filter(|_| !optional);
                }
                PostfixKind::MethodCall { arguments, name, .. } => {
                    self.found.method_calls.insert(name.name.clone());
                    self.runs(Runs::Method(name.name.clone()));
                    if let Some(found) = place.take() {
                        self.receiver_place(found);
                    }
                    arguments.iter().for_each(|argument| self.expr(argument));
                }
                PostfixKind::Try => place = None,
            }
        }
    }

    /// Right of `|>` a member is a method call, which may be on a place.
    pub(super) fn piped(&mut self, right: &'a Expr) {
        let postfix = right.open_postfix();
        let Some((postfix, (last, steps))) =
            postfix.and_then(|postfix| Some((postfix, postfix.steps.split_last()?)))
        else {
            return self.runs_callee(right, 1);
        };
        let PostfixKind::Member { name: method, .. } = &last.kind else {
            return self.runs(Runs::Anything);
        };
        self.found.method_calls.insert(method.name.clone());
        self.runs(Runs::Method(method.name.clone()));
        let on_place = steps.iter().all(|step| {
            matches!(step.kind, PostfixKind::Index(_) | PostfixKind::Member { optional: false, .. })
        });
        if on_place
            && let ExprKind::Name(name) = &postfix.base.kind
            && let Some(found) = self.found.used(postfix.base.span, name)
        {
            self.receiver_place(found);
        }
    }

    /// A method call on a place rooted here may change the root.
    pub(super) fn receiver_place(&mut self, found: Use) {
        if let Use::Variable(id) | Use::SelfField(id) = found {
            self.found.variables[id.0].receiver = true;
            let elsewhere = self.found.variables[id.0].function != self.function;
            self.found.variables[id.0].assigned_elsewhere |= elsewhere;
            if elsewhere {
                self.note_receiver(id);
            }
            let home = self.found.variables[id.0].function;
            if self.found.functions[home.0].receiver == Some(id) {
                self.found.functions[home.0].changes_self = true;
            }
        }
    }
}
