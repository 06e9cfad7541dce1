//! Constants of a module whose values functions need not look up.
//!
//! A function that names a constant of its module would read the module's slot, and check
//! that it is defined by then. Where nothing can call a function before the constant is
//! set, because only declarations stand before it, its value is part of the code.
//!
//! What must hold: no text of a session is compiled this way, as a later text may declare
//! the name again; the slot is set as always, for other modules and for `main`.
//!
//! Example: in `const size := 8  func area() { return size * size }` the function
//! returns 64; with `print(area())` in front it reads the slot, and raises.

use super::expression::may_call;
use super::function::Function;
use super::scope::{Resolved, Use, VariableId};
use crate::base::span::Span;
use crate::syntax::ast::{DeclareKind, Expr, Name, PatternKind, Program, Stmt, StmtKind};
use crate::value::Value;
use rustc_hash::FxHashMap;

/// Names of constants that one constant's value may lead through.
const DEPTH: u32 = 8;

/// The values of the constants that are set before anything may call a function.
pub(super) fn values<'a>(
    program: &'a Program,
    found: &Resolved<'a>,
) -> FxHashMap<VariableId, &'a Expr> {
    let mut values = FxHashMap::default();
    for statement in &program.statements {
        let Some(declared) = declaration(statement) else { continue };
        let Some((constant, value)) = declared.filter(|(_, value)| !may_call(value)) else {
            break;
        };
        if let Some((name, span)) = constant
            && let Some(Use::Declares(id)) = found.used(span, name)
        {
            let variable = found.variable(id);
            if variable.slot.is_some() && !variable.awaited && !variable.reassigned {
                values.insert(id, value);
            }
        }
    }
    values
}

/// The name that a statement declares, if it is a constant, and its value; `None` for a
/// statement that computes nothing, and `Some(None)` for one that may do anything.
type Declared<'a> = Option<Option<(Option<(&'a Name, Span)>, &'a Expr)>>;

fn declaration(statement: &Stmt) -> Declared<'_> {
    let kind = match &statement.kind {
        StmtKind::Export(inner) => &inner.kind,
        kind => kind,
    };
    match kind {
        StmtKind::Function(_)
        | StmtKind::Struct(_)
        | StmtKind::Enum(_)
        | StmtKind::Import(_)
        | StmtKind::Test(_) => None,
        StmtKind::Declare(declare) => match &declare.pattern.kind {
            PatternKind::Name(name) => {
                let fixed = declare.kind == DeclareKind::Constant && declare.annotation.is_none();
                let constant = fixed.then_some((name, declare.pattern.span));
                Some(Some((constant, &declare.value)))
            }
            _ => Some(None),
        },
        _ => Some(None),
    }
}

impl Function<'_, '_, '_> {
    /// The value of a constant of the module, in a function.
    pub(super) fn fixed(&self, name: &Name, span: Span, depth: u32) -> Option<Value> {
        let Use::Variable(id) = self.resolved.used(span, name)? else { return None };
        let value = self.resolved.values.get(&id)?;
        let inside = depth > 0 || self.resolved.variable(id).function != self.id;
        if inside && depth < DEPTH { self.constant_within(value, depth + 1) } else { None }
    }
}
