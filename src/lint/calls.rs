//! Calls with a number of arguments that the callee does not take.
//!
//! Known are builtins, functions that are the only value of their variable, and
//! the methods and fields that `self` has in a method.
//!
//! Example: after `func area(w, h) { return w * h }` the call `area(2)` has too
//! few arguments.

use super::usage::closest;
use super::walk::{Call, Linter};
use crate::base::span::Span;
use crate::compile::names::Meaning;
use crate::runtime::{MANY, lookup, row};
use crate::syntax::ast::*;

fn count(number: usize) -> String {
    format!("{number} argument{}", if number == 1 { "" } else { "s" })
}

impl<'a> Linter<'a> {
    /// Looks at the calls of a pipe: what comes from the left is an argument more.
    pub fn pipes(&mut self, chain: &'a Chain) {
        for step in &chain.rest {
            if step.operator != BinaryOperator::Pipe {
                continue;
            }
            self.piped.insert(step.right.span);
            match &step.right.kind {
                ExprKind::Postfix(postfix) => {
                    if let [PostfixStep { kind: PostfixKind::Call(arguments), .. }] =
                        postfix.steps.as_slice()
                    {
                        self.call(&postfix.base, arguments, 1, step.right.span);
                    }
                }
                _ => self.call(&step.right, &[], 1, step.right.span),
            }
        }
    }

    /// Looks at a call, and at what is asked of `self`.
    pub fn called(&mut self, expr: &'a Expr, postfix: &'a Postfix) {
        match &postfix.steps[0].kind {
            PostfixKind::Call(arguments) => {
                let until = postfix.steps[0].span.end;
                let span = Span { start: expr.span.start, end: until };
                if !(postfix.steps.len() == 1 && self.piped.contains(&expr.span)) {
                    self.call(&postfix.base, arguments, 0, span);
                }
            }
            PostfixKind::MethodCall { name, arguments, optional: false } => {
                self.member_of_self(&postfix.base, name, Some(arguments.len()));
            }
            PostfixKind::Member { name, optional: false } => {
                self.member_of_self(&postfix.base, name, None);
            }
            _ => {}
        }
    }

    fn call(&mut self, callee: &'a Expr, arguments: &'a [Expr], piped: usize, span: Span) {
        let ExprKind::Name(name) = &callee.kind else { return };
        match self.names.meaning(name, callee.span) {
            Some(Meaning::Variable(callee)) => {
                self.calls.push(Call { callee, arguments, piped, span });
            }
            Some(Meaning::Struct(_)) => {
                let message = format!("struct `{name}` is not a function");
                let help = format!("an instance is written `{name} {{ field: value }}`");
                self.report(span, message, Some(help));
            }
            Some(_) => {}
            None => self.builtin_call(name, arguments.len() + piped, span),
        }
    }

    fn builtin_call(&mut self, name: &str, given: usize, span: Span) {
        let Some(number) = lookup(name) else { return };
        let builtin = row(number);
        let (least, most) = (usize::from(builtin.least), usize::from(builtin.most));
        if given >= least && (given <= most || builtin.most == MANY) {
            return;
        }
        let takes = match builtin.most {
            MANY => format!("at least {}", count(least)),
            _ if least == most => count(least),
            _ => format!("{least} to {}", count(most)),
        };
        let message = format!("`{name}` takes {takes}, not {given}");
        self.report(span, message, Some(format!("it is called as `{}`", builtin.signature)));
    }

    /// Compares the calls with the functions.
    pub fn judge_calls(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            let Some(function) = self.functions.get(&call.callee).copied() else { continue };
            if self.ambiguous.contains(&call.callee) || self.names.is_reassigned(call.callee) {
                continue;
            }
            let (takes, given) = (function.parameters.len(), call.arguments.len() + call.piped);
            if takes != given {
                let name = self.names.name(call.callee);
                let message = format!("`{name}` takes {}, not {given}", count(takes));
                self.report(call.span, message, None);
                continue;
            }
            for (parameter, argument) in
                function.parameters.iter().skip(call.piped).zip(call.arguments)
            {
                self.judge_type(parameter.annotation.as_ref(), argument);
            }
        }
    }

    /// A method or field of `self` in a method: it must exist.
    fn member_of_self(&mut self, base: &Expr, name: &Ident, arguments: Option<usize>) {
        let ExprKind::Name(receiver) = &base.kind else { return };
        let Some(structure) = self.structure.filter(|_| &**receiver == "self") else { return };
        let method = structure
            .methods
            .iter()
            .find(|method| method.name.as_ref().is_some_and(|own| own.name == name.name));
        let is_field = structure.fields.iter().any(|field| field.name.name == name.name);
        match (method, arguments) {
            (Some(method), Some(given)) => {
                let has_self =
                    method.parameters.first().is_some_and(|first| &*first.name.name == "self");
                let takes = method.parameters.len() - usize::from(has_self);
                if takes != given {
                    let message = format!("`{}` takes {}, not {given}", name.name, count(takes));
                    self.report(name.span, message, None);
                }
            }
            _ if is_field => {}
            (None, Some(_)) => {
                let known = structure.methods.iter().filter_map(|method| method.name.as_ref());
                let help = closest(&name.name, known.map(|known| &*known.name));
                let message =
                    format!("struct `{}` has no method `{}`", structure.name.name, name.name);
                self.report(name.span, message, help);
            }
            (_, None) => {
                let known = structure.fields.iter().map(|field| &*field.name.name);
                let help = closest(&name.name, known);
                let message =
                    format!("struct `{}` has no field `{}`", structure.name.name, name.name);
                self.report(name.span, message, help);
            }
        }
    }
}
