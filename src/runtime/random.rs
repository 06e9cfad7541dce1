//! Random numbers: a small generator, seeded by the clock or by the program.
//!
//! The generator is splitmix64: a counter with a fixed odd step whose bits are
//! mixed. It is not for secrets.
//!
//! Example: after `set_random_seed(7)` the same numbers come again.

use super::Context;
use super::arguments::{array, natural, whole};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;
use std::time::{SystemTime, UNIX_EPOCH};

const RANDOM: Effects = Effects::STATE;

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "random",
        (0, 0),
        "random() -> float",
        "A number from 0 to below 1.",
        RANDOM,
        random,
    ),
    Builtin::native(
        "random_int",
        (2, 2),
        "random_int(a, b) -> int",
        "An int from a to b, both possible.",
        RANDOM,
        random_int,
    ),
    Builtin::native(
        "random_choice",
        (1, 1),
        "random_choice(a)",
        "One of the elements; null if there is none.",
        RANDOM.and(Effects::READS_HEAP),
        random_choice,
    ),
    Builtin::native(
        "set_random_seed",
        (1, 1),
        "set_random_seed(n)",
        "Makes the numbers that follow depend on n only.",
        RANDOM,
        set_random_seed,
    ),
    Builtin::native(
        "clear_random_seed",
        (0, 0),
        "clear_random_seed()",
        "Makes the numbers that follow depend on the clock.",
        RANDOM,
        clear_random_seed,
    ),
    Builtin::native(
        "random_id",
        (1, 1),
        "random_id(n) -> string",
        "A text of n random lower-case letters and digits.",
        RANDOM.and(Effects::ALLOCATES),
        random_id,
    ),
    Builtin::native(
        "uuid_v4",
        (0, 0),
        "uuid_v4() -> string",
        "A fresh random UUID, whatever the seed.",
        RANDOM.and(Effects::ALLOCATES),
        |_, _| Ok(Value::string(&uuid::Uuid::new_v4().to_string())),
    ),
];

/// Longest random text.
const LONGEST_ID: u64 = 1 << 20;

/// The state of the generator.
#[derive(Debug)]
pub(super) struct Generator(u64);

impl Generator {
    pub(super) fn from_clock() -> Generator {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Generator(time.as_nanos() as u64)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`, which is at most 2^64.
    fn below(&mut self, end: u128) -> u64 {
        ((u128::from(self.next()) * end) >> 64) as u64
    }
}

fn random(context: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    // 53 bits fill the fraction of a float exactly.
    Ok(Value::float((context.random.next() >> 11) as f64 / (1u64 << 53) as f64))
}

fn random_int(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let (low, high) = (whole("random_int", arguments, 0)?, whole("random_int", arguments, 1)?);
    if low > high {
        return Err(Fault::Builtin(format!("random_int() range {low} to {high} is empty")));
    }
    let count = (i128::from(high) - i128::from(low) + 1) as u128;
    Ok(Value::int(low.wrapping_add(context.random.below(count) as i64)))
}

fn random_choice(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let array = array("random_choice", arguments, 0)?;
    let at = context.random.below(array.len() as u128);
    Ok(array.get(at as usize).unwrap_or_default())
}

fn set_random_seed(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    context.random = Generator(whole("set_random_seed", arguments, 0)? as u64);
    Ok(Value::NULL)
}

fn clear_random_seed(context: &mut Context, _: &mut [Value]) -> Result<Value, Fault> {
    context.random = Generator::from_clock();
    Ok(Value::NULL)
}

fn random_id(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let length = natural("random_id", arguments, 0, "length")?;
    if length > LONGEST_ID {
        return Err(Fault::TooLarge("random_id()"));
    }
    let letter = |_| LETTERS[context.random.below(LETTERS.len() as u128) as usize] as char;
    Ok(Value::string(&(0..length).map(letter).collect::<String>()))
}
