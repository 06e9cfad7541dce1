//! Declarations and destructuring.
//!
//! The right side is evaluated as a whole first. When it is an array literal
//! that matches the pattern name by name, its values go to the names directly
//! and no array is made.
//!
//! Example: `[a, b] := [b, a]` is `Move t0, b`, `Move t1, a`, `Move a, t0`,
//! `Move b, t1`.

use super::builder::Builder;
use super::function::Function;
use super::place::FixedStep;
use super::scope::Use;
use crate::base::span::Span;
use crate::bytecode::{Opcode, RaiseKind};
use crate::syntax::ast::{
    Declare, Destructure, DictPattern, Element, Expr, ExprKind, Ident, Name, Pattern, PatternKind,
};
use crate::value::Value;

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn declaration(&mut self, declare: &'a Declare) {
        if let PatternKind::Name(name) = &declare.pattern.kind {
            if let Some(Use::Declares(id)) = self.resolved.used(declare.pattern.span, name) {
                let register = self.declare(id);
                self.into(&declare.value, register);
                self.b.at(declare.pattern.span);
                self.declared(id, register);
            }
            return;
        }
        self.bind_pattern(&declare.pattern, &declare.value);
    }

    pub(super) fn destructure(&mut self, destructure: &'a Destructure) {
        self.bind_pattern(&destructure.pattern, &destructure.value);
    }

    fn bind_pattern(&mut self, pattern: &'a Pattern, value: &'a Expr) {
        if let Some(pairs) = flat_pairs(pattern, value) {
            return self.bind_pairs(&pairs);
        }
        if self.pop_apart(pattern, value) {
            return;
        }
        let source = self.b.variable("");
        match self.taken_into(pattern, value) {
            Some(window) => {
                self.b.abc(Opcode::Move, source, window, 0);
                self.b.free_to(window);
            }
            None => self.into(value, source),
        }
        self.b.at(pattern.span);
        self.unpack(pattern, source);
        self.b.abc(Opcode::Release, source, 0, 0);
    }

    /// `[x, ..] := f(x, ..)` for builtins that can reuse their first argument.
    fn taken_into(&mut self, pattern: &'a Pattern, value: &'a Expr) -> Option<u16> {
        let PatternKind::Array(array) = &pattern.kind else { return None };
        let assigned: Vec<u16> = array
            .elements
            .iter()
            .filter_map(|element| {
                let PatternKind::Name(name) = &element.kind else { return None };
                let Use::Variable(id) = self.resolved.used(element.span, name)? else {
                    return None;
                };
                if self.resolved.variable(id).constant {
                    return None;
                }
                self.register_of(id)
            })
            .collect();
        assigned.into_iter().find_map(|register| self.take_into_builtin(register, value))
    }

    fn bind_pairs(&mut self, pairs: &[(&'a Pattern, &'a Expr)]) {
        let mark = self.b.mark();
        for (_, value) in pairs {
            let register = self.b.temporary();
            self.into(value, register);
        }
        for ((pattern, _), register) in pairs.iter().zip(mark..) {
            self.b.at(pattern.span);
            match &pattern.kind {
                PatternKind::Name(name) => self.bind_name(name, pattern.span, |b, dest| {
                    b.abc(Opcode::Move, dest, register, 0);
                }),
                _ => self.b.abc(Opcode::Release, register, 0, 0),
            }
        }
        self.b.free_to(mark);
    }

    /// Binds the names of a pattern to the parts of the variable `source`.
    pub(super) fn unpack(&mut self, pattern: &'a Pattern, source: u16) {
        match &pattern.kind {
            PatternKind::Discard => {}
            PatternKind::Name(name) => self.bind_name(name, pattern.span, |b, dest| {
                b.abc(Opcode::Move, dest, source, 0);
            }),
            PatternKind::Array(array) => {
                for (element, index) in array.elements.iter().zip(0u16..) {
                    self.b.at(element.span);
                    match &element.kind {
                        PatternKind::Discard => {}
                        PatternKind::Name(name) => {
                            self.bind_name(name, element.span, |b, dest| {
                                b.abc(Opcode::UnpackIndex, dest, source, index);
                            });
                        }
                        _ => {
                            let part = self.b.variable("");
                            self.b.abc(Opcode::UnpackIndex, part, source, index);
                            self.unpack(element, part);
                        }
                    }
                }
                let count = array.elements.len() as u16;
                self.bind_rest(array.rest.as_ref(), |b, dest| {
                    b.abc(Opcode::UnpackRest, dest, source, count);
                });
            }
            PatternKind::Dict(dict) => self.unpack_dict(dict, source),
        }
    }

    fn unpack_dict(&mut self, dict: &'a DictPattern, source: u16) {
        for key in &dict.keys {
            let constant = self.b.short_constant(Value::string(&key.name));
            self.b.at(key.span);
            self.bind_name(&key.name, key.span, |b, dest| {
                b.abc(Opcode::UnpackMember, dest, source, constant);
            });
        }
        if dict.rest.is_some() {
            let names = dict.keys.iter().map(|key| Value::string(&key.name)).collect();
            let constant = self.b.short_constant(Value::array(names));
            self.bind_rest(dict.rest.as_ref(), |b, dest| {
                b.abc(Opcode::UnpackOthers, dest, source, constant);
            });
        }
    }

    fn bind_rest(&mut self, rest: Option<&'a Ident>, emit: impl Fn(&mut Builder, u16)) {
        if let Some(rest) = rest.filter(|rest| &*rest.name != "_") {
            self.b.at(rest.span);
            self.bind_name(&rest.name, rest.span, emit);
        }
    }

    /// Declares or assigns a name; `emit` computes its value into a register.
    pub(super) fn bind_name(&mut self, name: &Name, span: Span, emit: impl Fn(&mut Builder, u16)) {
        match self.resolved.used(span, name) {
            Some(Use::Declares(id)) => {
                let register = self.declare(id);
                emit(&mut self.b, register);
                self.declared(id, register);
            }
            Some(Use::Variable(id)) => {
                let mark = self.b.mark();
                let known = self.register_of(id);
                let constant = self.is_constant(id);
                let register = match known.filter(|_| !constant) {
                    Some(register) => register,
                    None => self.b.temporary(),
                };
                emit(&mut self.b, register);
                if constant {
                    self.b.abc(Opcode::Release, register, 0, 0);
                    self.raise(RaiseKind::ReassignConst, name);
                } else {
                    self.write_variable(id, register);
                }
                self.b.free_to(mark);
            }
            Some(Use::SelfField(receiver)) => {
                let mark = self.b.mark();
                let register = self.b.temporary();
                emit(&mut self.b, register);
                let steps = [FixedStep::Member(name.clone(), span)];
                self.store_path(receiver, &steps, register);
                self.b.free_to(mark);
            }
            _ => {}
        }
    }
}

/// The names of a pattern with the elements of an array literal, if each goes
/// to the other.
fn flat_pairs<'a>(pattern: &'a Pattern, value: &'a Expr) -> Option<Vec<(&'a Pattern, &'a Expr)>> {
    let PatternKind::Array(array) = &pattern.kind else { return None };
    let ExprKind::Array(elements) = &value.kind else { return None };
    if array.rest.is_some() || array.elements.len() != elements.len() || elements.len() > 32 {
        return None;
    }
    let pairs = array.elements.iter().zip(elements).map(|(pattern, element)| {
        let flat = matches!(pattern.kind, PatternKind::Name(_) | PatternKind::Discard);
        match element {
            Element::Value(value) if flat => Some((pattern, value)),
            _ => None,
        }
    });
    pairs.collect()
}

/// The names that a pattern binds, in order.
pub(super) fn each_name<'a>(pattern: &'a Pattern, bind: &mut impl FnMut(&'a Name, Span)) {
    let mut ident = |ident: Option<&'a Ident>| {
        if let Some(ident) = ident.filter(|ident| &*ident.name != "_") {
            bind(&ident.name, ident.span);
        }
    };
    match &pattern.kind {
        PatternKind::Name(name) => bind(name, pattern.span),
        PatternKind::Discard => {}
        PatternKind::Array(array) => {
            array.elements.iter().for_each(|element| each_name(element, bind));
            if let Some(rest) = array.rest.as_ref().filter(|rest| &*rest.name != "_") {
                bind(&rest.name, rest.span);
            }
        }
        PatternKind::Dict(dict) => {
            dict.keys.iter().for_each(|key| ident(Some(key)));
            ident(dict.rest.as_ref());
        }
    }
}
