//! Bodies that move values between registers, constants, cells and module slots.
//!
//! Example: `Move t5, r0` gives the temporary a count of its own, so that the
//! call that consumes it cannot take the variable's.

use super::super::domain::{Domain, Flow};
use crate::bytecode::{Capture, Code, Instruction};
use crate::prim::Fault;
use crate::value::{Raw, Symbol, Tag};

/// `R[a] = constant`.
#[inline(always)]
pub fn load<D: Domain>(d: &mut D, i: &Instruction, raw: Raw) -> Flow {
    let value = d.constant(raw);
    let owned = d.retained(value);
    d.write(i.a, owned);
    Flow::Next
}

/// `R[a] = R[b]`.
#[inline(always)]
pub fn copy<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.take(i.b, i.consumes_b());
    d.write(i.a, value);
    Flow::Next
}

/// `R[a] = R[b]; R[b] = null`.
#[inline(always)]
pub fn take<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    let variable = d.register_holder(i.b);
    let null = d.constant(Raw::NULL);
    d.put(variable, null);
    d.write(i.a, value);
    Flow::Next
}

fn undefined<D: Domain>(d: &mut D, name: &str) -> Flow {
    d.raise(Fault::UndefinedVariable(Symbol::new(name)))
}

/// `R[a] = M[d]`.
#[inline(always)]
pub fn get_module<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let slot = d.module_holder(i.d() as u32);
    let value = d.held(slot);
    if d.kind(value) == Tag::Undefined {
        return d.apart(|d| undefined(d, &d.code().module_names[i.d() as usize]));
    }
    let owned = d.retained(value);
    d.write(i.a, owned);
    Flow::Next
}

/// `M[d] = R[a]`.
#[inline(always)]
pub fn set_module<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let slot = d.module_holder(i.d() as u32);
    let old = d.held(slot);
    d.kind(old);
    let value = d.take(i.a, i.consumes_a());
    d.replace(slot, value);
    Flow::Next
}

/// `R[a] = whether M[d] is defined`.
pub fn module_defined<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let slot = d.module_holder(i.d() as u32);
    let value = d.held(slot);
    let defined = d.kind(value) != Tag::Undefined;
    let defined = d.const_bool(defined);
    d.write_bool(i.a, defined);
    Flow::Next
}

/// `R[a] = fresh cell of R[b]`.
pub fn new_cell<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.take(i.b, i.consumes_b());
    let cell = d.new_cell(value);
    d.write(i.a, cell);
    Flow::Next
}

#[inline(always)]
fn get_from_cell<D: Domain>(
    d: &mut D,
    i: &Instruction,
    cell: D::Object,
    name: impl Fn(&Code) -> &str,
) -> Flow {
    let holder = d.cell_holder(cell);
    let value = d.held(holder);
    if d.kind(value) == Tag::Undefined {
        return d.apart(|d| undefined(d, name(d.code())));
    }
    let owned = d.retained(value);
    d.write(i.a, owned);
    Flow::Next
}

#[inline(always)]
fn set_in_cell<D: Domain>(d: &mut D, cell: D::Object, register: u16, consume: bool) -> Flow {
    let holder = d.cell_holder(cell);
    let old = d.held(holder);
    d.kind(old);
    let value = d.take(register, consume);
    d.replace(holder, value);
    Flow::Next
}

/// `R[a] = value of cell R[b]`.
#[inline(always)]
pub fn get_cell<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let cell = d.read(i.b);
    d.kind(cell);
    let cell = d.object(cell);
    get_from_cell(d, i, cell, |code| &code.variable_names[i.b as usize])
}

/// `value of cell R[a] = R[b]`.
#[inline(always)]
pub fn set_cell<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let cell = d.read(i.a);
    d.kind(cell);
    let cell = d.object(cell);
    set_in_cell(d, cell, i.b, i.consumes_b())
}

/// `R[a] = value of C[d]`.
#[inline(always)]
pub fn get_captured<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let closure = d.running_closure();
    let cell = d.closure_cell(closure, i.d() as u32);
    get_from_cell(d, i, cell, |code| &code.capture_names[i.d() as usize])
}

/// `value of C[d] = R[a]`.
#[inline(always)]
pub fn set_captured<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let closure = d.running_closure();
    let cell = d.closure_cell(closure, i.d() as u32);
    set_in_cell(d, cell, i.a, i.consumes_a())
}

/// `R[a] = whether C[d] holds a defined value`.
pub fn captured_defined<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let closure = d.running_closure();
    let cell = d.closure_cell(closure, i.d() as u32);
    let holder = d.cell_holder(cell);
    let value = d.held(holder);
    let defined = d.kind(value) != Tag::Undefined;
    let defined = d.const_bool(defined);
    d.write_bool(i.a, defined);
    Flow::Next
}

/// `R[a] = closure of functions[d]`.
pub fn closure<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let function = &d.code().functions[i.d() as usize];
    let mut cells = Vec::with_capacity(function.captures.len());
    for capture in &function.captures {
        let cell = match *capture {
            Capture::Register(register) => {
                let cell = d.read(register);
                d.kind(cell);
                d.retained(cell)
            }
            Capture::Captured(index) => {
                let running = d.running_closure();
                let cell = d.closure_cell(running, index as u32);
                d.cell_value(cell)
            }
        };
        cells.push(cell);
    }
    let closure = d.new_closure(function, &cells);
    d.write(i.a, closure);
    Flow::Next
}
