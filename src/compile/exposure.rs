//! Whether a method that changes its receiver may run code that sees the place
//! of the receiver. Then the place must hold the old value during the call;
//! otherwise it is emptied, so that nothing is copied.
//!
//! What is found errs on the side of copying, except that a method call is
//! taken to mean a method whose name no field and no entry of a dict has.
//!
//! Example: `log.add(x)` with `func add(self, x) { .. show() }` and
//! `func show() { print(log) }` runs code that sees `log`.

use super::Builtins;
use super::resolve::{Resolver, is_self_contained};
use super::scope::{FunctionId, Resolved, Use, VariableId};
use crate::syntax::ast::{Assign, BinaryOperator, Expr, ExprKind, Name, PlaceStep};
use rustc_hash::FxHashSet;

/// Functions after which the search is given up.
const MOST_FUNCTIONS: usize = 200;

/// Code that a function may run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Runs {
    /// The methods of this name.
    Method(Name),
    /// What this variable holds.
    Variable(VariableId),
    /// A builtin, with so many arguments.
    Builtin(Name, usize),
    /// The operator methods.
    Operators,
    /// What gives the elements of an iterable.
    Elements,
    /// Nobody knows.
    Anything,
}

/// What the methods of one name may run, altogether.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Variables of other functions that it uses.
    touches: FxHashSet<VariableId>,
    anything: bool,
}

impl<'a> Resolver<'_, 'a> {
    pub(super) fn runs(&mut self, what: Runs) {
        self.found.functions[self.function.0].runs.insert(what);
    }

    /// The current function calls what an expression gives.
    pub(super) fn runs_callee(&mut self, callee: &'a Expr, arguments: usize) {
        let ExprKind::Name(name) = &callee.kind else { return self.runs(Runs::Anything) };
        self.runs(match self.found.used(callee.span, name) {
            Some(Use::Variable(id)) => Runs::Variable(id),
            Some(_) => Runs::Anything,
            None => Runs::Builtin(name.clone(), arguments),
        });
    }

    pub(super) fn runs_operator(&mut self, operator: BinaryOperator) {
        use BinaryOperator as B;
        if !matches!(operator, B::Pipe | B::Coalesce | B::Or | B::And) {
            self.runs(Runs::Operators);
        }
    }

    /// Names under which something callable may be stored.
    pub(super) fn stored_in(&mut self, assign: &'a Assign) {
        match assign.place.path.last() {
            Some(PlaceStep::Member(name)) => self.found.stored.insert(name.name.clone()),
            Some(PlaceStep::Index(Expr { kind: ExprKind::Str(key), .. })) => {
                self.found.stored.insert(key.clone())
            }
            _ => false,
        };
    }

    pub(super) fn stored_under(&mut self, key: &'a Expr, value: &'a Expr) {
        if let ExprKind::Str(key) = &key.kind
            && !is_self_contained(value)
        {
            self.found.stored.insert(key.clone());
        }
    }
}

impl Resolved<'_> {
    /// Whether a method of this name may run code that sees a variable.
    pub fn may_be_seen(&self, root: VariableId, method: &Name, builtins: &dyn Builtins) -> bool {
        let seen = |reach: &Reach| reach.anything || reach.touches.contains(&root);
        self.methods.contains_key(method)
            && self.variable(root).mentioned
            && self.with_reach(method, builtins, seen)
    }

    /// Whether a method of this name may run code that nobody knows.
    pub fn may_run_anything(&self, method: &Name, builtins: &dyn Builtins) -> bool {
        self.with_reach(method, builtins, |reach| reach.anything)
    }

    fn with_reach(
        &self,
        method: &Name,
        builtins: &dyn Builtins,
        ask: impl FnOnce(&Reach) -> bool,
    ) -> bool {
        let mut known = self.reaches.borrow_mut();
        ask(known.entry(method.clone()).or_insert_with(|| self.reach(method, builtins)))
    }

    fn reach(&self, method: &Name, builtins: &dyn Builtins) -> Reach {
        let mut reach = Reach::default();
        let mut open: Vec<FunctionId> = Vec::new();
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let known = self.called(&Runs::Method(method.clone()), builtins, &mut open);
        reach.anything = !known;
        while let Some(id) = open.pop().filter(|_| !reach.anything) {
            if !seen.insert(id) {
                continue;
            }
            let facts = &self.functions[id.0];
            reach.touches.extend(&facts.touches);
            reach.anything = seen.len() > MOST_FUNCTIONS
                || !facts.runs.iter().all(|what| self.called(what, builtins, &mut open));
        }
        reach
    }

    /// Collects the functions that something means; false if they are not known.
    fn called(&self, what: &Runs, builtins: &dyn Builtins, into: &mut Vec<FunctionId>) -> bool {
        match what {
            Runs::Method(name) => match self.methods.get(name) {
                Some(methods) if !self.stored.contains(name) => into.extend(methods),
                _ => return false,
            },
            Runs::Variable(id) => match self.bodies.get(id) {
                Some(body) if !self.variable(*id).reassigned => into.push(*body),
                _ => return false,
            },
            Runs::Builtin(name, arguments) => {
                return builtins.prelude_function(name, *arguments).is_none();
            }
            Runs::Operators => into.extend(&self.operator_methods),
            Runs::Elements => {
                let lazy = ["map", "filter"].iter().any(|name| self.method_calls.contains(*name));
                return !lazy && !self.has_generators;
            }
            Runs::Anything => return false,
        }
        true
    }
}
