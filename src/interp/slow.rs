//! The generic operations of the bytecode, carried out.
//!
//! The interpreter, the recorder and machine code all call [`run`]; what it
//! does to values is `prim`'s business.
//!
//! What must hold: an operation that raises leaves its operands as they were;
//! operands that the operation does not take (`Slow::takes`) are only looked
//! at. Taken ones are moved out of the slice.
//!
//! Example: `run(context, Slow::Index, 0, &mut [array, int])` gives the element.

use crate::base::interrupt::Stop;
use crate::bytecode::{Intrinsic, Slow};
use crate::prim::{self, Fault, Operator};
use crate::runtime::{self, Context};
use crate::value::{Dict, DictKey, DictObject, Storage, Symbol, Value, refuses};
use smallvec::SmallVec;
use std::sync::OnceLock;

/// Carries out a generic operation on `operands`.
///
/// # Errors
/// The fault that the operation raises.
///
/// # Panics
/// If the number of operands is not what the operation takes, which the
/// instruction bodies see to.
pub fn run(
    context: &mut Context,
    slow: Slow,
    extra: u32,
    operands: &mut [Value],
) -> Result<Value, Fault> {
    match slow {
        Slow::Binary => {
            let operator = Operator::ALL[extra as usize];
            prim::binary(operator, &operands[0], &operands[1])
        }
        Slow::Append => append(operands),
        Slow::Negate => prim::negate(&operands[0]),
        Slow::Truthy => Ok(Value::bool(prim::truthy(&operands[0]))),
        Slow::Equal => Ok(Value::bool(prim::equal(&operands[0], &operands[1]))),
        Slow::Concat => Ok(prim::display_string(operands)),
        Slow::Index => prim::index(&operands[0], &operands[1]),
        Slow::SetIndex => {
            let value = operands[2].clone();
            let (container, rest) = operands.split_at_mut(1);
            prim::set_index(&mut container[0], &rest[0], value)?;
            Ok(std::mem::take(&mut operands[0]))
        }
        Slow::Member => prim::member(&operands[0], Symbol(extra)),
        Slow::MemberSafe => Ok(prim::optional_member(&operands[0], Symbol(extra))),
        Slow::SetMember => {
            let value = operands[1].clone();
            prim::set_member(&mut operands[0], Symbol(extra), value)?;
            Ok(std::mem::take(&mut operands[0]))
        }
        Slow::Iterate => match operands[0].as_string() {
            Some(text) if text.is_ascii() => Ok(operands[0].clone()),
            _ => prim::iterate(&operands[0]),
        },
        Slow::Spread => {
            let items = prim::iterate(&operands[1])?;
            let more = items.as_array().map_or(0, |items| items.len());
            let held = operands[0].as_array().map_or(0, |array| array.len());
            if refuses((held + more) * Storage::Any.width()) {
                return Err(Fault::Stopped(Stop::Memory));
            }
            let mut array = std::mem::take(&mut operands[0]);
            let target = array.array_mut().expect("a literal's array");
            items
                .as_array()
                .into_iter()
                .flat_map(|items| items.iter())
                .for_each(|v| target.push(v));
            Ok(array)
        }
        Slow::NewDict => {
            let mut dict = Dict::with_capacity(operands.len() / 2);
            for pair in operands.chunks_exact(2) {
                let key = prim::dict_key(&pair[0])?;
                dict.insert_shared(&key, pair[1].clone());
            }
            Ok(DictObject::allocate(dict))
        }
        Slow::DictInsert => {
            let key = prim::dict_key(&operands[1])?;
            let value = operands[2].clone();
            let mut dict = std::mem::take(&mut operands[0]);
            dict.dict_mut().expect("a literal's dict").dict_mut().insert_shared(&key, value);
            Ok(dict)
        }
        Slow::DictSpread => dict_spread(operands),
        Slow::Push => match operands[0].as_array() {
            Some(_) => {
                let value = operands[1].clone();
                let mut array = std::mem::take(&mut operands[0]);
                array.array_mut().expect("checked").push(value);
                Ok(array)
            }
            None => builtin("push", context, operands),
        },
        Slow::Pop => builtin("pop", context, operands),
        Slow::Intrinsic => {
            // The builtin owns its arguments, the operands stay with whoever passed them.
            let mut copies: SmallVec<[Value; 2]> = operands.iter().cloned().collect();
            runtime::call(intrinsic_row(extra), context, &mut copies)
        }
        Slow::Native => {
            let value = runtime::call(extra, context, operands)?;
            operands.iter_mut().for_each(|operand| drop(std::mem::take(operand)));
            Ok(value)
        }
        Slow::UnpackRest => Ok(match operands[0].as_array() {
            Some(array) => Value::array(array.iter().skip(extra as usize).collect()),
            None => Value::array(Vec::new()),
        }),
        Slow::UnpackMember => Ok(unpack_member(&operands[0], &operands[1])),
        Slow::UnpackOthers => Ok(unpack_others(&operands[0], &operands[1])),
        Slow::Caught | Slow::Dismiss => unreachable!("only a machine knows who is called"),
    }
}

/// The row of an intrinsic's builtin.
fn intrinsic_row(number: u32) -> u32 {
    static ROWS: OnceLock<Vec<u32>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| {
        let all = (0..=u8::MAX).map_while(Intrinsic::from_number);
        all.map(|one| runtime::lookup(one.name()).expect("intrinsics are builtins")).collect()
    });
    rows[number as usize]
}

fn append(operands: &mut [Value]) -> Result<Value, Fault> {
    // Only texts and arrays append; for anything else the operator decides, and
    // it may raise, so the left operand stays where it is.
    let appends = operands[0].as_string().is_some()
        || operands[0].as_array().is_some() && operands[1].as_array().is_some();
    if appends {
        let left = std::mem::take(&mut operands[0]);
        return prim::concat(left, &operands[1]);
    }
    let sum = prim::binary(Operator::Add, &operands[0], &operands[1])?;
    drop(std::mem::take(&mut operands[0]));
    Ok(sum)
}

/// What a builtin makes of copies of the operands.
fn builtin(name: &str, context: &mut Context, operands: &[Value]) -> Result<Value, Fault> {
    let row = runtime::lookup(name).expect("a builtin");
    runtime::call(row, context, &mut operands.to_vec())
}

fn dict_spread(operands: &mut [Value]) -> Result<Value, Fault> {
    let Some(source) = operands[1].as_dict() else {
        let kind = prim::type_name(&operands[1]);
        return Err(Fault::Builtin(format!("Cannot spread {kind} into a dict")));
    };
    let source = source.dict();
    let mut copies = Vec::with_capacity(source.len());
    for at in source.key_order() {
        copies.push((source.key_value_at(at).clone(), source.value_at(at).clone()));
    }
    let mut dict = std::mem::take(&mut operands[0]);
    let target = dict.dict_mut().expect("a literal's dict").dict_mut();
    for (key, value) in copies {
        target.insert_shared(&key, value);
    }
    Ok(dict)
}

fn unpack_member(value: &Value, name: &Value) -> Value {
    let name = name.as_string().map_or("", |name| name.as_str());
    prim::optional_member(value, Symbol::new(name))
}

fn unpack_others(value: &Value, names: &Value) -> Value {
    let named = |key: &str| {
        names.as_array().is_some_and(|names| {
            names.iter().any(|name| name.as_string().is_some_and(|name| name.as_str() == key))
        })
    };
    let mut others = Dict::with_capacity(0);
    if let Some(dict) = value.as_dict() {
        let dict = dict.dict();
        for at in dict.key_order() {
            let key = prim::key_string(dict.key_value_at(at));
            if !named(key.as_string().map_or("", |key| key.as_str())) {
                others.insert_shared(dict.key_value_at(at), dict.value_at(at).clone());
            }
        }
    } else if let Some(record) = value.as_struct() {
        let shape = record.shape();
        for (field, value) in shape.fields.iter().zip(record.fields()) {
            if !named(&field.as_str()) {
                others.insert(DictKey::of(&field.as_str()), value.clone());
            }
        }
    }
    DictObject::allocate(others)
}
