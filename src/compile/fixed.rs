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
use super::resolve::is_self_contained;
use super::scope::{Resolved, Use, VariableId};
use crate::base::span::Span;
use crate::syntax::ast::{DeclareKind, Expr, ExprKind, Name, PatternKind, Program, StmtKind};
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
    let mut imports = false;
    for statement in &program.statements {
        let kind = match &statement.kind {
            StmtKind::Export(inner) => &inner.kind,
            kind => kind,
        };
        let declare = match kind {
            StmtKind::Declare(declare) => declare,
            StmtKind::Import(_) => {
                imports = true;
                continue;
            }
            StmtKind::Function(_) | StmtKind::Struct(_) | StmtKind::Enum(_) | StmtKind::Test(_) => {
                continue;
            }
            _ => break,
        };
        // An operator may be a method of an imported value, which may call its operand.
        if may_call(&declare.value) || imports && operates(&declare.value) {
            break;
        }
        if declare.kind == DeclareKind::Constant
            && declare.annotation.is_none()
            && let PatternKind::Name(name) = &declare.pattern.kind
            && let Some(Use::Declares(id)) = found.used(declare.pattern.span, name)
        {
            let variable = found.variable(id);
            if variable.slot.is_some() && !variable.awaited && !variable.reassigned {
                values.insert(id, &declare.value);
            }
        }
    }
    values
}

/// Whether an expression applies operators to other things than numbers.
fn operates(expr: &Expr) -> bool {
    let is_number = |expr: &Expr| matches!(expr.kind, ExprKind::Int(_) | ExprKind::Float(_));
    match &expr.kind {
        ExprKind::Chain(chain) => {
            !is_number(&chain.first) || chain.rest.iter().any(|step| !is_number(&step.right))
        }
        ExprKind::Unary(unary) => !is_number(&unary.operand),
        _ => !is_self_contained(expr),
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
