//! What a block declares when it is entered: functions, structs and enums.
//!
//! The defaults of fields that are no constants are functions too, in hidden
//! variables beside the struct, which literals call.
//!
//! Example: in `print(f())  func f() { return P {} }  struct P { x := g() }` all
//! names are known at the `print`, and `P.x` is the hidden variable for `g()`.

use super::exposure::Runs;
use super::resolve::{Body, Resolver, Waiting, is_self_contained};
use super::scope::{EnumId, StructId, Use, VariableId, default_name};
use crate::syntax::ast::{EnumDef, Name, Stmt, StmtKind, StructDef, StructLiteral};

impl<'a> Resolver<'_, 'a> {
    /// Declares the functions, structs and enums of a block.
    pub(super) fn hoist(&mut self, statements: &'a [Stmt], start: u32) {
        for statement in statements {
            let kind = match &statement.kind {
                StmtKind::Export(inner) => &inner.kind,
                kind => kind,
            };
            if matches!(kind, StmtKind::Function(_) | StmtKind::Struct(_)) {
                self.current_scope().declarations.push(statement.span);
            }
            match kind {
                StmtKind::Function(function) => {
                    if let Some(name) = &function.name {
                        let id = self.hoisted_variable(&name.name, start);
                        let key = (name.span.start, name.name.clone());
                        self.found.uses.insert(key, Use::Declares(id));
                    }
                }
                StmtKind::Struct(definition) => self.hoist_struct(definition, start),
                StmtKind::Enum(definition) => {
                    let id = self.see_enum(definition);
                    let key = (definition.name.span.start, definition.name.name.clone());
                    self.found.uses.insert(key, Use::Enum(id));
                }
                _ => {}
            }
        }
    }

    /// Makes a struct visible in the current scope.
    pub(super) fn see_struct(&mut self, definition: &'a StructDef) -> StructId {
        self.found.structs.push(definition);
        let id = StructId(self.found.structs.len() - 1);
        self.current_scope().structs.insert(definition.name.name.clone(), id);
        id
    }

    /// Makes an enum visible in the current scope.
    pub(super) fn see_enum(&mut self, definition: &'a EnumDef) -> EnumId {
        self.found.enums.push(definition);
        let id = EnumId(self.found.enums.len() - 1);
        self.current_scope().enums.insert(definition.name.name.clone(), id);
        id
    }

    fn hoist_struct(&mut self, definition: &'a StructDef, start: u32) {
        let id = self.see_struct(definition);
        self.see_local_struct(id);
        let name = &definition.name.name;
        self.found.uses.insert((definition.name.span.start, name.clone()), Use::Struct(id));
        for field in &definition.fields {
            self.found.stored.insert(field.name.name.clone());
            if field.default.as_ref().is_some_and(|default| !is_self_contained(default)) {
                let hidden = default_name(name, &field.name.name);
                let variable = self.hoisted_variable(&hidden, start);
                let key = (field.name.span.start, hidden);
                self.found.uses.insert(key, Use::Declares(variable));
            }
        }
    }

    pub(super) fn hoisted_variable(&mut self, name: &Name, start: u32) -> VariableId {
        let known = self.current_scope().variables.get(name).and_then(|ids| ids.first().copied());
        if let Some(id) = known.filter(|id| self.found.variables[id.0].hoisted) {
            self.found.variables[id.0].reassigned = true;
            return id;
        }
        let id = self.declare(name, start, false);
        self.found.variables[id.0].hoisted = true;
        id
    }

    pub(super) fn struct_definition(&mut self, definition: &'a StructDef) {
        let key = (definition.name.span.start, definition.name.name.clone());
        let Some(Use::Struct(id)) = self.found.uses.get(&key).copied() else { return };
        let start = self.current_scope().start;
        for field in &definition.fields {
            if let Some(default) = field.default.as_ref().filter(|e| !is_self_contained(e)) {
                let function = self.new_function(field.name.span.start, start);
                self.waiting.push_back(Waiting {
                    id: function,
                    scope: self.scope,
                    position: field.name.span.start,
                    body: Body::Default(default),
                });
            }
        }
        for method in &definition.methods {
            self.function(method, start, Some(id));
        }
    }

    pub(super) fn struct_literal(&mut self, literal: &'a StructLiteral) {
        for (_, value) in &literal.fields {
            self.expr(value);
        }
        let name = &literal.name;
        let found = self.lookup(|_, scope| scope.structs.get(&name.name).copied());
        let Some(id) = found else { return };
        self.found.uses.insert((name.span.start, name.name.clone()), Use::Struct(id));
        self.note_mention(Use::Struct(id), name.span);
        self.see_local_literal(id, name.span);
        let definition = self.found.structs[id.0];
        for field in &definition.fields {
            let given = literal.fields.iter().any(|(given, _)| given.name == field.name.name);
            if !given && field.default.as_ref().is_some_and(|e| !is_self_contained(e)) {
                self.runs(Runs::Anything);
                self.use_name(&default_name(&name.name, &field.name.name), name.span);
            }
        }
    }
}
