//! Rust functions and closures as functions of the program.
//!
//! Arguments are converted by their types, and so is the result; a result of
//! type `Result` raises its error, which the program may catch.
//!
//! What must hold: the number of arguments is checked before anything is
//! converted; messages name the function.
//!
//! Example: with `engine.register("half", |n: i64| n / 2)`, `half("a")` raises
//! `half() expects int as argument 1, got string`.

use super::convert::{FromValue, IntoValue};
use super::value::Value;
use crate::prim::Fault;
use crate::runtime::HostFunction;
use crate::value as inner;
use std::fmt::Display;

/// What a Rust function may return.
pub trait IntoOutcome {
    /// The result, or the message of the error that is raised.
    ///
    /// # Errors
    /// That message.
    fn into_outcome(self) -> Result<Value, String>;
}

impl<T: IntoValue> IntoOutcome for T {
    fn into_outcome(self) -> Result<Value, String> {
        Ok(self.into_value())
    }
}

impl<T: IntoValue, E: Display> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> Result<Value, String> {
        self.map(IntoValue::into_value).map_err(|error| error.to_string())
    }
}

/// Rust functions that can be registered: up to six arguments with types that
/// [`FromValue`] knows, or one slice of values. `A` only tells them apart.
pub trait RustFunction<A>: 'static {
    /// Number of arguments; `None` for any.
    const ARITY: Option<usize>;

    /// Calls it; `name` is what messages call it.
    ///
    /// # Errors
    /// The message of the error that is raised.
    fn call(&mut self, name: &str, arguments: Vec<Value>) -> Result<Value, String>;
}

/// Marks functions that take a slice of values.
#[derive(Debug)]
pub enum Slice {}

impl<F, R> RustFunction<Slice> for F
where
    F: FnMut(&[Value]) -> R + 'static,
    R: IntoOutcome,
{
    const ARITY: Option<usize> = None;

    fn call(&mut self, _name: &str, arguments: Vec<Value>) -> Result<Value, String> {
        self(&arguments).into_outcome()
    }
}

fn argument<T: FromValue>(name: &str, number: usize, value: Value) -> Result<T, String> {
    T::from_value(value).map_err(|error| {
        let place: String = error.path.iter().map(|place| format!(", {place}")).collect();
        let (expected, got) = (error.expected, error.got);
        format!("{name}() expects {expected} as argument {number}{place}, got {got}")
    })
}

macro_rules! functions {
    ($(($($argument:ident $number:literal),*) $count:literal)*) => {
        $(
            impl<Func, R, $($argument),*> RustFunction<($($argument,)*)> for Func
            where
                Func: FnMut($($argument),*) -> R + 'static,
                R: IntoOutcome,
                $($argument: FromValue,)*
            {
                const ARITY: Option<usize> = Some($count);

                #[allow(unused_variables, unused_mut)]
                fn call(&mut self, name: &str, arguments: Vec<Value>) -> Result<Value, String> {
                    let mut values = arguments.into_iter();
                    self($(argument::<$argument>(
                        name,
                        $number,
                        values.next().unwrap_or_default(),
                    )?),*)
                    .into_outcome()
                }
            }
        )*
    };
}

functions! {
    () 0
    (A 1) 1
    (A 1, B 2) 2
    (A 1, B 2, C 3) 3
    (A 1, B 2, C 3, D 4) 4
    (A 1, B 2, C 3, D 4, E 5) 5
    (A 1, B 2, C 3, D 4, E 5, F 6) 6
}

/// The function as the runtime calls it.
pub(super) fn hosted<A, F: RustFunction<A>>(name: &str, mut function: F) -> HostFunction {
    let name = name.to_string();
    let body = move |arguments: &[inner::Value]| {
        let arguments = arguments.iter().map(Value::from_inner).collect();
        match function.call(&name, arguments) {
            Ok(value) => Ok(value.into_inner()),
            Err(message) => Err(Fault::Builtin(message)),
        }
    };
    HostFunction { arity: F::ARITY, body: Box::new(body) }
}
