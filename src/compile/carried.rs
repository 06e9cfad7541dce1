//! Which methods instances carry: those that capture variables.
//!
//! A struct in a function or loop is declared anew by each execution, with new
//! variables around it. Its shape is one and the same, so a method that captures
//! some of them cannot belong to the shape: it is a closure in a hidden variable
//! beside the struct, and each literal copies it into the new instance.
//!
//! That is known only when all bodies were visited; and a method that makes
//! instances captures the hidden variables in turn, so it is repeated until
//! nothing is added.
//!
//! Example: in `for i in 3 { struct P { func get(self) { return i } } a := push(a, P {}) }`
//! the three instances carry three closures, and each gives its own `i`.

use super::resolve::Resolver;
use super::scope::{FunctionId, ScopeId, StructId, Use, carried_name};
use crate::base::span::Span;

/// The structs that are not declared at the top level, and where they are made.
#[derive(Debug, Default)]
pub(super) struct LocalStructs {
    declared: Vec<(StructId, ScopeId)>,
    literals: Vec<Literal>,
}

/// A literal of such a struct, and what the resolver must know to look names up there.
#[derive(Clone, Copy, Debug)]
struct Literal {
    structure: StructId,
    span: Span,
    scope: ScopeId,
    function: FunctionId,
    position: u32,
}

impl Resolver<'_, '_> {
    /// Notes a struct that is declared in the current scope.
    pub(super) fn see_local_struct(&mut self, structure: StructId) {
        if self.scope != ScopeId(0) {
            self.local_structs.declared.push((structure, self.scope));
        }
    }

    /// Notes a literal whose name stands at `span`.
    pub(super) fn see_local_literal(&mut self, structure: StructId, span: Span) {
        let (scope, function, position) = (self.scope, self.function, self.position);
        let literal = Literal { structure, span, scope, function, position };
        self.local_structs.literals.push(literal);
    }

    /// Gives the methods that capture variables hidden variables, which the
    /// literals use.
    pub(super) fn carry_methods(&mut self) {
        let LocalStructs { declared, literals } = std::mem::take(&mut self.local_structs);
        loop {
            let before = self.found.carried.len();
            for (structure, scope) in &declared {
                self.carry_methods_of(*structure, *scope);
            }
            if self.found.carried.len() == before {
                return;
            }
            for literal in &literals {
                self.use_carried(*literal);
            }
        }
    }

    fn carry_methods_of(&mut self, structure: StructId, scope: ScopeId) {
        (self.scope, self.function) = (scope, self.found.scopes[scope.0].function);
        let definition = self.found.structs[structure.0];
        for method in &definition.methods {
            let Some(name) = &method.name else { continue };
            let Some(function) = self.found.function_at.get(&method.span.start) else { continue };
            let captures = !self.found.functions[function.0].captures.is_empty();
            if captures && self.found.carried.insert(name.span.start) {
                let hidden = carried_name(&definition.name.name, &name.name);
                let start = self.current_scope().start;
                let variable = self.hoisted_variable(&hidden, start);
                self.found.uses.insert((name.span.start, hidden), Use::Declares(variable));
            }
        }
    }

    fn use_carried(&mut self, literal: Literal) {
        (self.scope, self.function) = (literal.scope, literal.function);
        self.position = literal.position;
        let definition = self.found.structs[literal.structure.0];
        for name in definition.methods.iter().filter_map(|method| method.name.as_ref()) {
            if self.found.carries(name) {
                self.use_name(&carried_name(&definition.name.name, &name.name), literal.span);
            }
        }
    }
}
