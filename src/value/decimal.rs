//! Ints in decimal, written where they are wanted.
//!
//! Texts that programs put together are mostly short, and ints among their pieces. What
//! writes digits to a place of its own costs more than the digits: the copy that follows
//! waits until all the small writes have left the store buffer (Intel's optimization
//! manual, "store forwarding"). So the length is told first, and the digits are written
//! into the room that their reader keeps.
//!
//! What must hold: the room has as many bytes as [`decimal_len`] says.
//!
//! Example: -120 has length 4; its digits are written from behind, two at a time.

use std::mem::MaybeUninit;

/// The numbers below 100 with two digits each.
static PAIRS: [[u8; 2]; 100] = pairs();

const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
}

/// The number of bytes of an int in decimal, with its sign if it is negative.
#[inline]
pub fn decimal_len(int: i64) -> usize {
    let digits = int.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    digits as usize + usize::from(int < 0)
}

/// Writes an int in decimal.
///
/// # Panics
/// If the room is shorter than the int.
#[inline]
pub fn write_decimal(int: i64, room: &mut [MaybeUninit<u8>]) {
    let mut rest = int.unsigned_abs();
    let mut end = room.len();
    while rest >= 10 {
        let [tens, ones] = PAIRS[(rest % 100) as usize];
        rest /= 100;
        end -= 2;
        room[end].write(tens);
        room[end + 1].write(ones);
    }
    if end > usize::from(int < 0) {
        room[end - 1].write(b'0' + rest as u8);
    }
    if int < 0 {
        room[0].write(b'-');
    }
}
