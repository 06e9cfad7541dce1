//! Bodies of calls and returns.
//!
//! A call pushes a frame over the window where its arguments already lie; the
//! dispatch loop goes on there. A return pops the frame and finishes the
//! instruction that called, which need not be a call: an overloaded operator
//! may have called a method from an addition or a branch.
//!
//! `self` of a method called on a place is an in-out parameter (language
//! reference 8.5): the receiver is moved out of its variable for the call and
//! stored back by the return, or by unwinding.
//!
//! Example: `p.move(1)` with `p` in variable 0 is `CallMethodPlace t, .move, r0`;
//! when the method returns, its register 0 goes back to `r0`.

use super::compare::truth;
use super::containers::member_entry;
use crate::bytecode::{Instruction, Opcode, Operand, Slow};
use crate::interp::domain::{Domain, Flow};
use crate::prim::{self, Fault, Operator};
use crate::runtime;
use crate::value::{Header, Raw, Shape, ShapeId, Symbol, Tag, Value, shapes};

/// `R[a] = R[a](R[a+1 ..])`.
#[inline(always)]
pub fn call<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let callee = d.read(i.a);
    call_value(d, i.a, i.count(), callee)
}

/// `R[a] = M[d](R[a+1 ..])`.
#[inline(always)]
pub fn call_module<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let slot = d.module_holder(i.d() as u32);
    let callee = d.held(slot);
    if d.kind(callee) == Tag::Undefined {
        let name = Symbol::new(&d.code().module_names[i.d() as usize]);
        return d.raise(Fault::UndefinedVariable(name));
    }
    if d.kind(callee) == Tag::Function {
        let callee = d.declared(callee);
        let closure = d.object(callee);
        let code = d.closure_code(closure);
        if code.parameters as usize == i.count() {
            let owned = d.retained(callee);
            d.write(i.a, owned);
            return match d.enter(code, i.a) {
                Ok(()) => Flow::Enter,
                Err(_) => Flow::Raise,
            };
        }
    }
    let owned = d.retained(callee);
    d.write(i.a, owned);
    call_value(d, i.a, i.count(), owned)
}

#[inline(always)]
fn call_value<D: Domain>(d: &mut D, window: u16, count: usize, callee: D::Value) -> Flow {
    match d.kind(callee) {
        Tag::Function => call_closure(d, window, count, callee),
        Tag::Native => {
            let row = d.native_row(callee);
            match d.prelude_function(row, count) {
                Some(function) => {
                    // Owned by the machine; a builtin's value is not counted.
                    let function = d.constant(function.raw());
                    let owned = d.retained(function);
                    d.write(window, owned);
                    call_closure(d, window, count, function)
                }
                None => native(d, window, count, row),
            }
        }
        _ => d.apart(|d| {
            let kind = kind_name(d, callee);
            d.raise(Fault::CannotCall(kind))
        }),
    }
}

#[inline(always)]
fn call_closure<D: Domain>(d: &mut D, window: u16, count: usize, callee: D::Value) -> Flow {
    let closure = d.object(callee);
    let code = d.closure_code(closure);
    if code.parameters as usize != count {
        let name = code.name;
        return d.apart(|d| arity_fault(d, name, code.parameters as usize, count));
    }
    match d.enter(code, window) {
        Ok(()) => Flow::Enter,
        Err(_) => Flow::Raise,
    }
}

fn kind_name<D: Domain>(d: &mut D, value: D::Value) -> &'static str {
    // Result and option values are enums with a name of their own.
    if d.kind(value) == Tag::Enum {
        let object = d.object(value);
        return match d.shape(object) >> 8 {
            0 | 1 => "result",
            2 | 3 => "option",
            _ => "enum",
        };
    }
    d.kind(value).name()
}

#[cold]
fn arity_fault<D: Domain>(d: &mut D, name: Symbol, expected: usize, got: usize) -> Flow {
    d.raise(Fault::Arity { name, expected: expected as u32, got: got as u32 })
}

/// `R[a] = builtin b of R[a+1 ..]`.
#[inline(always)]
pub fn call_native<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    native(d, i.a, i.count(), i.b as u32)
}

#[inline(always)]
fn native<D: Domain>(d: &mut D, window: u16, count: usize, row: u32) -> Flow {
    if count == 3
        && runtime::looks_up(row)
        && let Some(flow) = d.apart(|d| get_or_default(d, window))
    {
        return flow;
    }
    native_as_it_is(d, window, count, row)
}

#[inline(always)]
fn native_as_it_is<D: Domain>(d: &mut D, window: u16, count: usize, row: u32) -> Flow {
    match d.native(row, window + 1, count) {
        Ok(value) => {
            d.write(window, value);
            Flow::Next
        }
        Err(_) => Flow::Raise,
    }
}

/// `get(R[w+1], R[w+2], R[w+3])` for a dict and a key that needs no conversion.
#[inline(never)]
fn get_or_default<D: Domain>(d: &mut D, window: u16) -> Option<Flow> {
    let (container, key) = (d.read(window + 1), d.read(window + 2));
    if d.kind(container) != Tag::Dict || !matches!(d.kind(key), Tag::Int | Tag::String) {
        return None;
    }
    let dict = d.object(container);
    let value = match d.entry(dict, key) {
        Some(entry) => {
            let value = d.held(entry);
            let value = d.retained(value);
            d.discard(window + 3, true);
            value
        }
        None => d.take(window + 3, true),
    };
    d.discard(window + 1, true);
    d.discard(window + 2, true);
    d.write(window, value);
    Some(Flow::Next)
}

/// As `call_native`, with the value of the variable or place `R[c]` moved to be the
/// first argument.
pub fn call_native_taking<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    if i.c >= d.code().variables {
        return call_native_on_place(d, i);
    }
    let first = d.read(i.c);
    let variable = d.register_holder(i.c);
    let null = d.constant(Raw::NULL);
    d.put(variable, null);
    d.write(i.a + 1, first);
    match d.native(i.b as u32, i.a + 1, i.count()) {
        Ok(value) => {
            d.write(i.a, value);
            Flow::Next
        }
        Err(_) => {
            let first = d.take(i.a + 1, true);
            d.put(variable, first);
            Flow::Raise
        }
    }
}

/// The place keeps what it holds until the builtin has succeeded: machine code that is
/// left because it raised has nothing to put back.
fn call_native_on_place<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let place = d.holder(i.c);
    let first = d.held(place);
    d.kind(first);
    d.write(i.a + 1, first);
    match d.native(i.b as u32, i.a + 1, i.count()) {
        Ok(value) => {
            let null = d.constant(Raw::NULL);
            d.put(place, null);
            d.end_place(i.c);
            d.write(i.a, value);
            Flow::Next
        }
        Err(_) => {
            d.take(i.a + 1, true);
            Flow::Raise
        }
    }
}

/// The method of this name that an instance of a struct has.
fn method_of<D: Domain>(
    d: &mut D,
    object: D::Object,
    shape: &Shape,
    name: Symbol,
) -> Option<D::Value> {
    if let Some(method) = shape.method(name) {
        return Some(d.constant(method.raw()));
    }
    let callee = d.field(object, shape.carried_index(name)? as u32);
    if d.kind(callee) != Tag::Function {
        unreachable!("instances carry closures");
    }
    Some(callee)
}

/// The method calls: on a value whose changes are dropped, or on a place.
pub fn call_method<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let name = d.code().caches[i.b as usize].name;
    let in_place = i.opcode != Opcode::CallMethod;
    let receiver = if in_place { d.read(i.c) } else { d.read(i.a + 1) };
    if d.kind(receiver) == Tag::Struct {
        let object = d.object(receiver);
        let shape = shapes::get(ShapeId(d.shape(object) >> 8));
        if let Some(callee) = method_of(d, object, &shape, name) {
            let closure = d.object(callee);
            let code = d.closure_code(closure);
            if code.parameters as usize != i.count() + 1 {
                let expected = code.parameters as usize - 1;
                return arity_fault(d, code.name, expected, i.count());
            }
            let moves = in_place && code.changes_self && i.opcode != Opcode::CallMethodConst;
            if in_place {
                let owned = if moves { receiver } else { d.retained(receiver) };
                if moves {
                    let variable = d.register_holder(i.c);
                    let null = d.constant(Raw::NULL);
                    d.put(variable, null);
                } else if i.opcode == Opcode::CallMethodTemporary {
                    // The hidden variable tells the code after the call that
                    // there is nothing to store back.
                    let mark = d.constant(Raw::UNDEFINED);
                    d.write(i.c, mark);
                }
                d.write(i.a + 1, owned);
            }
            let owned = d.retained(callee);
            d.write(i.a, owned);
            return match d.enter(code, i.a) {
                Ok(()) => Flow::Enter,
                Err(_) => {
                    if moves {
                        let receiver = d.take(i.a + 1, true);
                        let variable = d.register_holder(i.c);
                        d.put(variable, receiver);
                    }
                    Flow::Raise
                }
            };
        }
        if let Some(index) = shape.field_index(name) {
            let callee = d.field(object, index as u32);
            if matches!(d.kind(callee), Tag::Function | Tag::Native) {
                return call_member(d, i, in_place, callee, false);
            }
        }
        if let Some(row) = runtime::struct_method(shape.id.shape_word(), name) {
            if in_place {
                let owned = d.retained(receiver);
                d.write(i.a + 1, owned);
                if i.opcode == Opcode::CallMethodTemporary {
                    let mark = d.constant(Raw::UNDEFINED);
                    d.write(i.c, mark);
                }
            }
            return native(d, i.a, i.count() + 1, row);
        }
        return d.raise(Fault::NoMethod { strukt: shape.name, method: name });
    }
    if let Some(entry) = member_entry(d, receiver, i.b) {
        let callee = d.held(entry);
        if !matches!(d.kind(callee), Tag::Function | Tag::Native) {
            return d.raise(Fault::CannotCallMethod { method: name, kind: "dict" });
        }
        return call_member(d, i, in_place, callee, false);
    }
    if d.kind(receiver) == Tag::Dict {
        return match d.slow(Slow::MemberSafe, name.0, &[receiver]) {
            Ok(callee) if matches!(d.kind(callee), Tag::Function | Tag::Native) => {
                call_member(d, i, in_place, callee, true)
            }
            Ok(callee) => {
                d.release(callee);
                d.raise(Fault::CannotCallMethod { method: name, kind: "dict" })
            }
            Err(_) => Flow::Raise,
        };
    }
    if d.kind(receiver) == Tag::Module {
        return match d.slow(Slow::Member, name.0, &[receiver]) {
            Ok(callee) if matches!(d.kind(callee), Tag::Function | Tag::Native) => {
                call_member(d, i, in_place, callee, true)
            }
            Ok(callee) => {
                let kind = kind_name(d, callee);
                d.release(callee);
                d.raise(Fault::CannotCall(kind))
            }
            Err(_) => Flow::Raise,
        };
    }
    let kind = d.kind(receiver);
    if let Some(method) = d.method_of_kind(kind, name) {
        return call_method_of_kind(d, i, receiver, &method);
    }
    let kind = kind_name(d, receiver);
    d.raise(Fault::CannotCallMethod { method: name, kind })
}

/// Calls a method that all values of a kind have: a function of the prelude.
fn call_method_of_kind<D: Domain>(
    d: &mut D,
    i: &Instruction,
    receiver: D::Value,
    method: &Value,
) -> Flow {
    let callee = d.constant(method.raw());
    let closure = d.object(callee);
    let code = d.closure_code(closure);
    if code.parameters as usize != i.count() + 1 {
        let name = d.code().caches[i.b as usize].name;
        return arity_fault(d, name, code.parameters as usize - 1, i.count());
    }
    if i.opcode != Opcode::CallMethod {
        let owned = d.retained(receiver);
        if i.opcode == Opcode::CallMethodTemporary {
            let mark = d.constant(Raw::UNDEFINED);
            d.write(i.c, mark);
        }
        d.write(i.a + 1, owned);
    }
    let owned = d.retained(callee);
    d.write(i.a, owned);
    match d.enter(code, i.a) {
        Ok(()) => Flow::Enter,
        Err(_) => Flow::Raise,
    }
}

/// Calls a function found in a field or entry: without the receiver, so the
/// arguments move down by one. The function is `owned` or still its holder's.
fn call_member<D: Domain>(
    d: &mut D,
    i: &Instruction,
    in_place: bool,
    callee: D::Value,
    owned: bool,
) -> Flow {
    // What is assumed of the callee is tested while the instruction can still
    // be run again from its beginning.
    let row = match d.kind(callee) {
        Tag::Function => {
            let closure = d.object(callee);
            d.closure_code(closure);
            None
        }
        _ => Some(d.native_row(callee)),
    };
    let callee = if owned { callee } else { d.retained(callee) };
    if in_place {
        if i.opcode == Opcode::CallMethodTemporary {
            let mark = d.constant(Raw::UNDEFINED);
            d.write(i.c, mark);
        }
    } else {
        d.discard(i.a + 1, true);
    }
    for n in 0..i.count() as u16 {
        let argument = d.take(i.a + 2 + n, true);
        d.write(i.a + 1 + n, argument);
    }
    d.write(i.a, callee);
    match row {
        Some(row) if d.prelude_function(row, i.count()).is_none() => {
            native_as_it_is(d, i.a, i.count(), row)
        }
        _ => call_value(d, i.a, i.count(), callee),
    }
}

/// `return R[a]`.
#[inline(always)]
pub fn leave<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = if i.consumes_a() {
        d.take(i.a, true)
    } else {
        let value = d.read(i.a);
        let variable = d.register_holder(i.a);
        let null = d.constant(Raw::NULL);
        d.put(variable, null);
        value
    };
    leave_with(d, value)
}

/// `return`.
#[inline(always)]
pub fn leave_null<D: Domain>(d: &mut D) -> Flow {
    let null = d.constant(Raw::NULL);
    leave_with(d, null)
}

#[inline(always)]
pub fn leave_with<D: Domain>(d: &mut D, value: D::Value) -> Flow {
    let Some(caller) = d.caller() else {
        d.finish(value);
        return Flow::Finish;
    };
    match caller.opcode {
        Opcode::Call | Opcode::CallModule | Opcode::CallMethod => {
            d.leave();
            d.discard(caller.a, true);
            d.write(caller.a, value);
            Flow::Leave(0)
        }
        _ => d.apart(|d| leave_to_other(d, caller, value)),
    }
}

#[inline(never)]
fn leave_to_other<D: Domain>(d: &mut D, caller: Instruction, value: D::Value) -> Flow {
    let callee = d.code();
    match caller.opcode {
        Opcode::CallMethodPlace | Opcode::CallMethodTemporary => {
            let changed = callee.changes_self.then(|| take_self(d));
            d.leave();
            if let Some(changed) = changed {
                d.write(caller.c, changed);
            }
            d.discard(caller.a, true);
            d.write(caller.a, value);
            Flow::Leave(0)
        }
        Opcode::CallMethodConst => {
            let changed = callee.changes_self.then(|| take_self(d));
            d.leave();
            d.discard(caller.a, true);
            if let Some(changed) = changed {
                let before = d.read(caller.c);
                let same = d.is_unchanged(before, changed);
                d.release(changed);
                if !same {
                    d.release(value);
                    let name = &d.code().variable_names[caller.c as usize];
                    let name = Symbol::new(name);
                    return d.raise(Fault::ConstMutate(name));
                }
            }
            d.write(caller.a, value);
            Flow::Leave(0)
        }
        _ => {
            let negate = matches!(
                caller.opcode,
                Opcode::NotEqual | Opcode::JumpIfNotEqual | Opcode::JumpIfNotEqualInt
            ) && callee.name.as_str().ends_with(Operator::Equal.method());
            // Decided as long as the callee's frame is there: a trace that finds
            // another answer goes back to before the return.
            let decided = if negate || caller.jump().is_some() {
                match truth(d, value) {
                    Ok(truth) => Some(d.decide(truth) != negate),
                    Err(flow) => return flow,
                }
            } else {
                None
            };
            d.leave();
            let window = d.code().registers;
            d.discard(window, true);
            finish_operator(d, caller, value, decided)
        }
    }
}

fn take_self<D: Domain>(d: &mut D) -> D::Value {
    let changed = d.read(0);
    let variable = d.register_holder(0);
    let null = d.constant(Raw::NULL);
    d.put(variable, null);
    changed
}

/// Finishes an operator or branch whose method gave `value`, which decided it if
/// it is one that is true or false.
fn finish_operator<D: Domain>(
    d: &mut D,
    caller: Instruction,
    value: D::Value,
    decided: Option<bool>,
) -> Flow {
    let Some(truth) = decided else {
        d.write(caller.a, value);
        return Flow::Leave(0);
    };
    d.release(value);
    if caller.jump().is_none() {
        let truth = d.const_bool(truth);
        d.write_bool(caller.a, truth);
        return Flow::Leave(0);
    }
    if truth == branches_when_true(caller.opcode) {
        Flow::Leave(caller.c as i16 as i32)
    } else {
        Flow::Leave(0)
    }
}

fn branches_when_true(opcode: Opcode) -> bool {
    use Opcode::*;
    !matches!(
        opcode,
        JumpIfNotLess
            | JumpIfNotLessEqual
            | JumpIfNotGreater
            | JumpIfNotGreaterEqual
            | JumpIfNotLessInt
            | JumpIfNotLessEqualInt
            | JumpIfNotGreaterInt
            | JumpIfNotGreaterEqualInt
    )
}

/// Calls the method by which a struct overloads an operator, if it declares
/// one. Without a right operand, `Subtract` means negation and `NotEqual` means
/// `!`.
pub fn operator_call<D: Domain>(
    d: &mut D,
    i: &Instruction,
    operator: Operator,
    left: D::Value,
    right: Option<D::Value>,
) -> Option<Flow> {
    let object = d.object(left);
    let shape = shapes::get(ShapeId(d.shape(object) >> 8));
    if !shape.has_methods() {
        return None;
    }
    let mut method = |name: &str| method_of(d, object, &shape, Symbol::new(name));
    let callee = match (operator, right.is_some()) {
        (Operator::Subtract, false) => method("op_neg"),
        (_, false) => method("op_not"),
        (Operator::NotEqual, true) => {
            method(operator.method()).or_else(|| method(Operator::Equal.method()))
        }
        (_, true) => method(operator.method()),
    }?;
    let closure = d.object(callee);
    let code = d.closure_code(closure);
    let count = 1 + right.is_some() as usize;
    if code.parameters as usize != count {
        return Some(arity_fault(d, code.name, code.parameters as usize - 1, count - 1));
    }
    let window = d.code().registers;
    let receiver = d.retained(left);
    let argument = right.map(|right| d.retained(right));
    let owned = d.retained(callee);
    let fields = [i.a, i.b, i.c];
    for (position, operand) in i.info().operands.into_iter().enumerate() {
        if operand == Operand::In {
            d.discard(fields[position], i.x & (Instruction::CONSUME_A << position) != 0);
        }
    }
    d.write(window, owned);
    d.write(window + 1, receiver);
    if let Some(argument) = argument {
        d.write(window + 2, argument);
    }
    Some(match d.enter(code, window) {
        Ok(()) => Flow::Enter,
        Err(_) => Flow::Raise,
    })
}

/// `e?`: the payload of `Ok` or `Some`; `Err` and `None` leave the function, or
/// raise where there is none to leave.
pub fn try_unwrap<D: Domain>(d: &mut D, i: &Instruction) -> Flow {
    let value = d.read(i.b);
    if d.kind(value) != Tag::Enum {
        return d.raise(Fault::NotResultOrOption);
    }
    let object = d.object(value);
    match d.shape(object) >> 8 {
        0 | 2 => {
            let payload = d.field(object, 0);
            let payload = d.retained(payload);
            d.discard(i.b, i.consumes_b());
            d.write(i.a, payload);
            Flow::Next
        }
        1 | 3 if i.c != 0 => {
            let value = d.peek_value(value);
            d.raise(Fault::Unhandled(value))
        }
        1 | 3 => {
            let value = d.take(i.b, i.consumes_b());
            if d.code().generator.is_some() {
                d.release(value);
                return super::generators::end(d);
            }
            if d.code().is_async {
                let settled = d.const_int(prim::promise::FULFILLED);
                let (settled, null) = (d.from_int(settled), d.constant(Raw::NULL));
                let shape = Header::shape_of(Tag::Promise, 0);
                let promise = d.new_record(Tag::Promise, shape, &[settled, value, null]);
                return leave_with(d, promise);
            }
            leave_with(d, value)
        }
        _ => d.raise(Fault::NotResultOrOption),
    }
}
