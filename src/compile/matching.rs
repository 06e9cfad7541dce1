//! The `match` statement.
//!
//! The subject is read from a variable; each case tests its pattern and jumps
//! to the next case where it does not fit. Payloads go to hidden variables.
//!
//! Example: `case Ok(v) { .. }` is `JumpIfNotVariant s, Ok, next`,
//! `GetPayload v, s, 0`, body, `Jump end`, `next:`.

use super::builder::Label;
use super::expression::{built_in_variant, small_int};
use super::function::Function;
use super::scope::Use;
use crate::bytecode::{Instruction, Opcode};
use crate::syntax::ast::{Case, CasePattern, CasePatternKind, ExprKind, Match};
use crate::value::{Value, VariantId};

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn match_statement(&mut self, parts: &'a Match) {
        let outer = self.b.variables();
        let named = match &parts.subject.kind {
            ExprKind::Name(_) => self.variable_register(&parts.subject),
            _ => None,
        };
        let subject = named.unwrap_or_else(|| {
            let hidden = self.b.variable("");
            self.into(&parts.subject, hidden);
            hidden
        });
        let end = self.b.label();
        for case in &parts.cases {
            self.case(case, subject, end);
        }
        self.b.bind(end);
        if named.is_none() {
            self.b.abc(Opcode::Release, subject, 0, 0);
        }
        self.b.drop_variables(outer);
    }

    fn case(&mut self, case: &'a Case, subject: u16, end: Label) {
        let outer = self.b.variables();
        let next = self.b.label();
        self.test(&case.pattern, subject, next);
        if let Some(guard) = &case.guard {
            self.jump_unless(guard, next);
        }
        self.block(&case.body);
        self.b.goto(end);
        self.b.bind(next);
        self.b.drop_variables(outer);
    }

    /// Jumps to `next` unless the variable `subject` fits the pattern.
    fn test(&mut self, pattern: &'a CasePattern, subject: u16, next: Label) {
        self.b.at(pattern.span);
        match &pattern.kind {
            CasePatternKind::Wildcard => {}
            CasePatternKind::Null => {
                self.b.jump(Instruction::ad(Opcode::JumpIfNotNull, subject, 0), next);
            }
            CasePatternKind::Bool(value) => self.test_value(Value::bool(*value), subject, next),
            CasePatternKind::Int(value) => self.test_value(Value::int(*value), subject, next),
            CasePatternKind::Float(value) => self.test_value(Value::float(*value), subject, next),
            CasePatternKind::Str(text) => self.test_value(Value::string(text), subject, next),
            CasePatternKind::Bind(name) => {
                if let Some(Use::Declares(id)) = self.resolved.used(pattern.span, name) {
                    let register = self.declare(id);
                    self.b.abc(Opcode::Move, register, subject, 0);
                    self.declared(id, register);
                }
            }
            CasePatternKind::Tag(tag, payload) => {
                let payload = payload.as_deref().unwrap_or_default();
                self.test_variant(built_in_variant(*tag), payload, subject, next);
            }
            CasePatternKind::Variant(variant) => {
                match self.variant_id(&variant.enumeration, &variant.variant) {
                    Ok(id) => {
                        let payload = variant.payload.as_deref().unwrap_or_default();
                        self.test_variant(id, payload, subject, next);
                    }
                    Err((kind, about)) => self.raise(kind, &about),
                }
            }
        }
    }

    fn test_value(&mut self, value: Value, subject: u16, next: Label) {
        let instruction = match small_int(&value) {
            Some(small) => Instruction::abc(Opcode::JumpIfNotEqualInt, subject, small, 0),
            None => {
                let mark = self.b.mark();
                let register = self.b.temporary();
                self.b.load(register, value);
                self.b.free_to(mark);
                Instruction::abc(Opcode::JumpIfNotEqual, subject, register, 0)
            }
        };
        self.b.jump(instruction, next);
    }

    fn test_variant(
        &mut self,
        id: VariantId,
        payload: &'a [CasePattern],
        subject: u16,
        next: Label,
    ) {
        let number = self.b.variant(id);
        let instruction = Instruction::abc(Opcode::JumpIfNotVariant, subject, number, 0);
        self.b.jump(instruction, next);
        for (part, index) in payload.iter().zip(0u16..) {
            self.b.at(part.span);
            match &part.kind {
                CasePatternKind::Wildcard => {}
                CasePatternKind::Bind(name) => {
                    if let Some(Use::Declares(id)) = self.resolved.used(part.span, name) {
                        let register = self.declare(id);
                        self.b.abc(Opcode::GetPayload, register, subject, index);
                        self.declared(id, register);
                    }
                }
                _ => {
                    let hidden = self.b.variable("");
                    self.b.abc(Opcode::GetPayload, hidden, subject, index);
                    self.test(part, hidden, next);
                }
            }
        }
    }
}
