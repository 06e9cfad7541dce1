//! Bodies that raise, and those of declarations.
//!
//! Example: `throw "x"` is `Throw t`; the machine then looks for a handler.

use super::super::domain::{Domain, Flow};
use crate::bytecode::{Instruction, RaiseKind};
use crate::prim::Fault;
use crate::value::{Symbol, Tag};

/// `throw R[a]`.
pub fn throw<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.a);
    d.throw(value)
}

/// The two names of `owner::member`.
fn both(text: &str) -> (Symbol, Symbol) {
    let (owner, member) = text.split_once("::").unwrap_or((text, ""));
    (Symbol::new(owner), Symbol::new(member))
}

/// Raises the fault that the compiler foresaw.
pub fn raise<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let text = d.code().constants[i.d() as usize].clone();
    let text = text.as_string().map_or("", |s| s.as_str());
    let name = Symbol::new(text);
    d.raise(match RaiseKind::from_number(i.a) {
        Some(RaiseKind::UndefinedVariable) => Fault::UndefinedVariable(name),
        Some(RaiseKind::ReassignConst) => Fault::ConstReassign(name),
        Some(RaiseKind::MutateConst) => Fault::ConstMutate(name),
        Some(RaiseKind::UndefinedStruct) => Fault::UndefinedStruct(name),
        Some(RaiseKind::UndefinedEnum) => Fault::UndefinedEnum(name),
        Some(RaiseKind::NoVariant) => {
            let (enumeration, variant) = both(text);
            Fault::NoVariant { enumeration, variant }
        }
        Some(RaiseKind::NoField) => {
            let (strukt, field) = both(text);
            Fault::NoField { strukt, field }
        }
        _ => Fault::Builtin(text.to_string()),
    })
}

/// `method K[c] of shapes[b] = closure R[a]`.
pub fn bind_method<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.a);
    if d.kind(value) != Tag::Function {
        unreachable!("the compiler binds closures");
    }
    let closure = d.peek_value(value);
    let code = d.code();
    let name = code.constants[i.c as usize].clone();
    let name = Symbol::new(name.as_string().map_or("", |s| s.as_str()));
    let old = code.shapes[i.b as usize].methods.borrow_mut().insert(name, closure);
    if old.is_some() {
        d.method_rebound();
    }
    d.discard(i.a, i.consumes_a());
    Flow::Next
}
