//! Room for results that may be far bigger than what they are made of.
//!
//! Text that is replaced or joined, and arrays of parts, can multiply
//! their operands. Memory runs out while such a result is made, when nobody
//! looks whether the program has to stop; so whoever makes it asks while it grows.
//!
//! What must hold: a result is refused before memory for it is taken, at the
//! latest when it has twice the size that fits.
//!
//! Example: `replace(s, "a", s)` of a text of 50 million `a` ends with the error
//! `Memory limit exceeded`.

use crate::base::interrupt::Stop;
use crate::prim::{Fault, display_into};
use crate::value::{Value, refuses};

/// Results below so many bytes need not ask.
const SMALL: usize = 1 << 16;

/// Whether so many bytes fit.
///
/// # Errors
/// [`Stop::Memory`] if they are beyond the limit.
pub(super) fn room(bytes: usize) -> Result<(), Fault> {
    match bytes > SMALL && refuses(bytes) {
        true => Err(Fault::Stopped(Stop::Memory)),
        false => Ok(()),
    }
}

/// An array of these items.
///
/// # Errors
/// As [`room`].
pub(super) fn gather(items: impl Iterator<Item = Value>) -> Result<Value, Fault> {
    let mut gathered = Vec::with_capacity(items.size_hint().0.min(SMALL));
    for item in items {
        if gathered.len() == gathered.capacity() {
            room(2 * gathered.capacity() * size_of::<Value>())?;
        }
        gathered.push(item);
    }
    Ok(Value::array(gathered))
}

/// A text that grows.
#[derive(Debug, Default)]
pub(super) struct GrowingText(String);

impl GrowingText {
    /// Appends a text.
    ///
    /// # Errors
    /// As [`room`].
    pub fn push(&mut self, text: &str) -> Result<(), Fault> {
        let needed = self.0.len() + text.len();
        if needed > self.0.capacity() {
            room(2 * needed)?;
        }
        self.0.push_str(text);
        Ok(())
    }

    /// Appends the display form of a value.
    ///
    /// # Errors
    /// As [`room`].
    pub fn push_value(&mut self, value: &Value) -> Result<(), Fault> {
        if let Some(text) = value.as_string() {
            return self.push(text.as_str());
        }
        display_into(value, &mut self.0);
        Ok(())
    }

    /// What was appended.
    pub fn finish(&self) -> Value {
        Value::string(&self.0)
    }
}
