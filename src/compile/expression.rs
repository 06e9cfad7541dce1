//! Expressions that are not operators or calls.
//!
//! Two entries: [`Function::operand`] gives a register that holds the value,
//! which for a variable is the variable itself; [`Function::into`] computes the
//! value into a given register. A variable given as destination is written by
//! one last instruction, so an error on the way leaves it as it was.
//!
//! Example: `operand` of `x` emits nothing; `into` of `[x, 1]` emits
//! `Move t0, x`, `LoadInt t1, 1`, `NewArray dest, t0, 2`.

use super::builder::Builder;
use super::function::Function;
use super::scope::{StructId, Use, carried_name, default_name};
use crate::base::span::Span;
use crate::bytecode::{Instruction, Opcode, RaiseKind};
use crate::syntax::ast::{
    Element, Entry, Expr, ExprKind, Ident, Name, PostfixKind, StructLiteral, Tag, TemplatePart,
    Variant,
};
use crate::value::{Value, VariantId};

/// Most values that one instruction puts into a container or string.
pub(super) const RUN_LIMIT: usize = 200;

/// The field for an instruction with a small int operand.
pub(super) fn small_int(value: &Value) -> Option<u16> {
    value.as_int().and_then(|int| i16::try_from(int).ok()).map(|small| small as u16)
}

/// The variant of a built-in constructor.
pub(super) fn built_in_variant(tag: Tag) -> VariantId {
    match tag {
        Tag::Ok => VariantId::OK,
        Tag::Err => VariantId::ERR,
        Tag::Some => VariantId::SOME,
        Tag::None => VariantId::NONE,
    }
}

/// Why a built-in variant cannot be made of these payloads, if it cannot.
fn wrong_payload_count(id: VariantId, variant: &Variant) -> Option<String> {
    let wanted = usize::from(id != VariantId::NONE);
    let got = variant.arguments.len();
    let (owner, name) = (&variant.enumeration.name, &variant.variant.name);
    (id.is_built_in() && got != wanted)
        .then(|| format!("{owner}::{name} expects {wanted} arguments, got {got}"))
}

impl<'a> Function<'_, 'a, '_> {
    /// A register that holds the value: a variable, or a new temporary.
    pub(super) fn operand(&mut self, expr: &'a Expr) -> u16 {
        if let Some(register) = self.variable_register(expr) {
            return register;
        }
        let register = self.b.temporary();
        self.into(expr, register);
        register
    }

    /// As [`Function::operand`] for a value that is used only after `later` was
    /// evaluated.
    pub(super) fn operand_before(&mut self, expr: &'a Expr, later: &'a Expr) -> u16 {
        if self.is_stable(expr, later) {
            return self.operand(expr);
        }
        let register = self.b.temporary();
        self.into(expr, register);
        register
    }

    /// Whether evaluating `later` cannot assign the variable that `expr` is.
    pub(super) fn is_stable(&self, expr: &Expr, later: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return true };
        let Some(Use::Variable(id)) = self.resolved.used(expr.span, name) else { return true };
        let variable = self.resolved.variable(id);
        let exposed = variable.receiver || (variable.slot.is_some() && variable.assigned_elsewhere);
        !(exposed && may_call(later))
    }

    /// The register of a variable that the expression names, if it has one.
    pub(super) fn variable_register(&self, expr: &Expr) -> Option<u16> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        match self.resolved.used(expr.span, name)? {
            Use::Variable(id) => self.register_of(id),
            _ => None,
        }
    }

    /// Computes the value into `dest`: a variable, or a temporary that is free
    /// for it. Temporaries above the newest are free again afterwards.
    pub(super) fn into(&mut self, expr: &'a Expr, dest: u16) {
        if let Some(value) = self.constant(expr) {
            self.b.at(expr.span);
            self.b.load(dest, value);
            return;
        }
        let mark = self.b.mark();
        self.b.at(expr.span);
        match &expr.kind {
            ExprKind::Null => self.b.load(dest, Value::default()),
            ExprKind::Bool(value) => self.b.load(dest, Value::bool(*value)),
            ExprKind::Int(value) => self.b.load(dest, Value::int(*value)),
            ExprKind::Float(value) => self.b.load(dest, Value::float(*value)),
            ExprKind::Str(text) => self.b.load(dest, Value::string(text)),
            ExprKind::Template(parts) => self.template(expr.span, parts, dest),
            ExprKind::Name(name) => self.name(name, expr.span, dest),
            ExprKind::Array(elements) => self.array(expr.span, elements, dest),
            ExprKind::Dict(entries) => self.dict(expr.span, entries, dest),
            ExprKind::StructLiteral(literal) => self.struct_literal(expr.span, literal, dest),
            ExprKind::Variant(variant) => self.variant(expr.span, variant, dest),
            ExprKind::Wrap(tag, value) => {
                let value = value.as_ref().map_or(&[][..], |v| std::slice::from_ref(&**v));
                self.new_enum(expr.span, built_in_variant(*tag), value, dest);
            }
            ExprKind::Function(function) => self.function_expression(function, dest),
            ExprKind::Unary(unary) => self.unary(unary, dest),
            ExprKind::Chain(chain) => self.chain(expr, chain, dest),
            ExprKind::Postfix(postfix) => self.postfix(postfix, dest),
            ExprKind::Throw(value) => {
                let value = self.operand(value);
                self.b.at(expr.span);
                self.b.abc(Opcode::Throw, value, 0, 0);
            }
            ExprKind::Yield(value) if self.is_generator => {
                let item = match value {
                    Some(value) => self.operand(value),
                    None => {
                        let item = self.b.temporary();
                        self.b.load(item, Value::default());
                        item
                    }
                };
                self.b.at(expr.span);
                let next = self.b.position() as usize + 1;
                self.b.ad(Opcode::Yield, item, next);
                self.b.load(dest, Value::default());
            }
            ExprKind::Yield(_) => self.reject(
                super::CompileErrorKind::Semantic,
                "yield can only be used inside a generator function",
                expr.span,
            ),
        }
        self.b.free_to(mark);
    }

    fn name(&mut self, name: &Name, span: Span, dest: u16) {
        match self.resolved.used(span, name) {
            Some(Use::Variable(id) | Use::Declares(id)) => self.read_variable(id, dest),
            Some(Use::SelfField(receiver)) => self.self_field(receiver, name, dest),
            Some(Use::Struct(id)) => {
                let definition = self.unit.struct_value(self.resolved.structs[id.0]);
                self.b.load(dest, definition);
            }
            Some(Use::Enum(_)) => self.raise(RaiseKind::UndefinedVariable, name),
            None => {
                if !self.load_builtin(name, dest) {
                    self.raise(RaiseKind::UndefinedVariable, name);
                }
            }
        }
    }

    pub(super) fn self_field(
        &mut self,
        receiver: super::scope::VariableId,
        name: &Name,
        dest: u16,
    ) {
        let mark = self.b.mark();
        let object = match self.register_of(receiver) {
            Some(register) => register,
            None => {
                let register = self.b.temporary();
                self.read_variable(receiver, register);
                register
            }
        };
        let cache = self.b.cache(name);
        self.b.abc(Opcode::GetMember, dest, object, cache);
        self.b.free_to(mark);
    }

    /// A temporary in which a value is built up for `dest`: `dest` itself if it
    /// is one.
    pub(super) fn workplace(&mut self, dest: u16) -> u16 {
        if Builder::is_temporary(dest) { dest } else { self.b.temporary() }
    }

    /// Ends the work begun with [`Function::workplace`].
    pub(super) fn deliver(&mut self, workplace: u16, dest: u16) {
        if workplace != dest {
            self.b.abc(Opcode::Move, dest, workplace, 0);
            self.b.free_to(workplace);
        }
    }

    fn array(&mut self, span: Span, elements: &'a [Element], dest: u16) {
        let run = elements.iter().take_while(|e| matches!(e, Element::Value(_))).count();
        let run = run.min(RUN_LIMIT);
        let whole = run == elements.len();
        let array = if whole { dest } else { self.workplace(dest) };
        let first = self.b.mark();
        for element in &elements[..run] {
            if let Element::Value(value) = element {
                let register = self.b.temporary();
                self.into(value, register);
            }
        }
        self.b.at(span);
        self.b.abc(Opcode::NewArray, array, first, run as u16);
        self.b.free_to(first);
        for element in &elements[run..] {
            let (opcode, value) = match element {
                Element::Value(value) => (Opcode::ArrayPush, value),
                Element::Spread(value) => (Opcode::ArraySpread, value),
            };
            let mark = self.b.mark();
            let register = self.operand(value);
            self.b.at(value.span);
            self.b.abc(opcode, array, register, 0);
            self.b.free_to(mark);
        }
        if !whole {
            self.deliver(array, dest);
        }
    }

    fn dict(&mut self, span: Span, entries: &'a [Entry], dest: u16) {
        let run = entries.iter().take_while(|e| matches!(e, Entry::Pair(..))).count();
        let run = run.min(RUN_LIMIT / 2);
        let whole = run == entries.len();
        let dict = if whole { dest } else { self.workplace(dest) };
        let first = self.b.mark();
        for entry in &entries[..run] {
            if let Entry::Pair(key, value) = entry {
                let register = self.b.temporary();
                self.into(key, register);
                let register = self.b.temporary();
                self.into(value, register);
            }
        }
        self.b.at(span);
        self.b.abc(Opcode::NewDict, dict, first, run as u16);
        self.b.free_to(first);
        for entry in &entries[run..] {
            let mark = self.b.mark();
            match entry {
                Entry::Pair(key, value) => {
                    let key_register = self.operand_before(key, value);
                    let register = self.operand(value);
                    self.b.at(key.span);
                    self.b.abc(Opcode::DictInsert, dict, key_register, register);
                }
                Entry::Spread(value) => {
                    let register = self.operand(value);
                    self.b.at(value.span);
                    self.b.abc(Opcode::DictSpread, dict, register, 0);
                }
            }
            self.b.free_to(mark);
        }
        if !whole {
            self.deliver(dict, dest);
        }
    }

    fn struct_literal(&mut self, span: Span, literal: &'a StructLiteral, dest: u16) {
        let name = &literal.name;
        let Some(Use::Struct(id)) = self.resolved.used(name.span, &name.name) else {
            self.b.at(name.span);
            return self.raise(RaiseKind::UndefinedStruct, &name.name);
        };
        let definition = self.resolved.structs[id.0];
        let first = self.b.mark();
        let shape = self.unit.shapes[&std::ptr::from_ref(definition)].clone();
        for _ in 0..shape.instance_len() {
            self.b.temporary();
        }
        let mut given = vec![false; definition.fields.len()];
        for (field, value) in &literal.fields {
            let index = definition.fields.iter().position(|f| f.name.name == field.name);
            match index {
                Some(index) => {
                    let register = first + index as u16;
                    if std::mem::replace(&mut given[index], true) {
                        self.b.abc(Opcode::Release, register, 0, 0);
                    }
                    self.into(value, register);
                }
                None => {
                    self.b.at(field.span);
                    self.raise(RaiseKind::NoField, &format!("{}::{}", name.name, field.name));
                }
            }
        }
        for (index, given) in given.into_iter().enumerate() {
            if !given {
                self.field_default(id, index, &literal.name, first + index as u16);
            }
        }
        self.b.at(span);
        for (index, method) in shape.carried.iter().enumerate() {
            let hidden = carried_name(&name.name, &method.as_str());
            if let Some(Use::Variable(method)) = self.resolved.used(name.span, &hidden) {
                self.read_variable(method, first + (shape.fields.len() + index) as u16);
            }
        }
        let shape = self.b.shape(&shape);
        self.b.abc(Opcode::NewStruct, dest, first, shape);
        self.b.free_to(first);
    }

    fn field_default(&mut self, id: StructId, index: usize, name: &'a Ident, dest: u16) {
        let field = &self.resolved.structs[id.0].fields[index];
        let Some(default) = &field.default else {
            return self.b.load(dest, Value::default());
        };
        let hidden = default_name(&name.name, &field.name.name);
        match self.resolved.used(name.span, &hidden) {
            Some(Use::Variable(function)) => {
                let window = self.b.temporary();
                self.read_variable(function, window);
                self.b.abc(Opcode::Call, window, 0, 0);
                self.b.abc(Opcode::Move, dest, window, 0);
                self.b.free_to(window);
            }
            _ => self.into(default, dest),
        }
    }

    fn variant(&mut self, span: Span, variant: &'a Variant, dest: u16) {
        match self.variant_id(&variant.enumeration, &variant.variant) {
            Ok(id) => match wrong_payload_count(id, variant) {
                None => self.new_enum(span, id, &variant.arguments, dest),
                Some(message) => self.raise(RaiseKind::Text, &message),
            },
            Err((kind, about)) => self.raise(kind, &about),
        }
    }

    /// The variant that `E::V` names, or what to raise if there is none.
    pub(super) fn variant_id(
        &self,
        enumeration: &Ident,
        variant: &Ident,
    ) -> Result<VariantId, (RaiseKind, String)> {
        let (owner, name) = (&enumeration.name, &variant.name);
        let unknown = || (RaiseKind::NoVariant, format!("{owner}::{name}"));
        if let Some(Use::Enum(id)) = self.resolved.used(enumeration.span, owner) {
            let definition = self.resolved.enums[id.0];
            return match definition.variants.iter().position(|v| v.name == *name) {
                Some(index) => Ok(self.unit.variants[&std::ptr::from_ref(definition)][index]),
                None => Err(unknown()),
            };
        }
        match (&**owner, &**name) {
            ("Result", "Ok") => Ok(VariantId::OK),
            ("Result", "Err") => Ok(VariantId::ERR),
            ("Option", "Some") => Ok(VariantId::SOME),
            ("Option", "None") => Ok(VariantId::NONE),
            ("Result" | "Option", _) => Err(unknown()),
            _ => Err((RaiseKind::UndefinedEnum, owner.to_string())),
        }
    }

    fn new_enum(&mut self, span: Span, id: VariantId, payload: &'a [Expr], dest: u16) {
        let first = self.b.mark();
        for value in payload {
            let register = self.b.temporary();
            self.into(value, register);
        }
        self.b.at(span);
        let number = self.b.variant(id);
        let instruction = Instruction::abc(Opcode::NewEnum, dest, first, number);
        self.b.counted(instruction, payload.len());
        self.b.free_to(first);
    }
}

/// Whether evaluating the expression may run other code of the program.
pub(super) fn may_call(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Name(_)
        | ExprKind::Function(_) => false,
        ExprKind::Template(parts) => parts.iter().any(|part| match part {
            TemplatePart::Text(_) => false,
            TemplatePart::Value(value) => may_call(value),
        }),
        ExprKind::Array(elements) => elements.iter().any(|element| {
            let (Element::Value(value) | Element::Spread(value)) = element;
            may_call(value)
        }),
        ExprKind::Dict(entries) => entries.iter().any(|entry| match entry {
            Entry::Pair(key, value) => may_call(key) || may_call(value),
            Entry::Spread(value) => may_call(value),
        }),
        ExprKind::StructLiteral(_) | ExprKind::Yield(_) => true,
        ExprKind::Variant(variant) => variant.arguments.iter().any(may_call),
        ExprKind::Wrap(_, value) => value.as_ref().is_some_and(|value| may_call(value)),
        ExprKind::Unary(unary) => may_call(&unary.operand),
        ExprKind::Chain(chain) => {
            chain.rest[0].operator == crate::syntax::ast::BinaryOperator::Pipe
                || may_call(&chain.first)
                || chain.rest.iter().any(|step| may_call(&step.right))
        }
        ExprKind::Postfix(postfix) => {
            may_call(&postfix.base)
                || postfix.steps.iter().any(|step| match &step.kind {
                    PostfixKind::Call(_) | PostfixKind::MethodCall { .. } => true,
                    PostfixKind::Index(index) => may_call(index),
                    PostfixKind::Member { .. } | PostfixKind::Try => false,
                })
        }
        ExprKind::Throw(value) => may_call(value),
    }
}
