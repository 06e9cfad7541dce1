//! Where the characters of long texts begin that are not plain ASCII.
//!
//! Programs look at texts by character numbers, and with characters of several bytes the
//! place of one is known only by counting from one that is known. So the first time
//! that a program asks for a far character, the places of every 64th one up to it are noted,
//! and from then on at most 63 characters are walked over. The notes of a text go with its
//! object; one that grows in place keeps them, because what is there already stays.
//!
//! What must hold: the key of notes is the address of a live object that is marked as having
//! some, and whose text begins with what was noted.
//!
//! Example: character 1000 of a text: the notes say where character 960 begins, and 40
//! are walked over.

use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Characters between two noted places; a text whose character comes before is not noted.
const STEP: usize = 64;

thread_local! {
    static NOTES: RefCell<FxHashMap<usize, Vec<usize>>> = RefCell::default();
}

/// Where character `number` of `text` begins, its length if there is none. `key` is the address
/// of the text's object; calls `mark` when notes are made for it.
pub(super) fn offset(key: usize, text: &str, number: usize, mark: impl FnOnce()) -> usize {
    if number < STEP {
        return walk(text, 0, number);
    }
    NOTES.with_borrow_mut(|notes| {
        let noted = notes.entry(key).or_insert_with(|| {
            mark();
            vec![0]
        });
        while noted.len() <= number / STEP {
            let last = *noted.last().expect("the first character is noted");
            let next = walk(text, last, STEP);
            if next == text.len() {
                // The text may grow: its end is no place to note.
                return walk(text, last, number - (noted.len() - 1) * STEP);
            }
            noted.push(next);
        }
        walk(text, noted[number / STEP], number % STEP)
    })
}

/// Forgets the notes of a text whose object goes.
pub(super) fn forget(key: usize) {
    // When the thread ends, the notes may be gone before the last texts.
    let _ = NOTES.try_with(|notes| notes.borrow_mut().remove(&key));
}

/// Where the character begins that comes `count` after the one at `from`.
fn walk(text: &str, from: usize, count: usize) -> usize {
    let mut rest = text[from..].chars();
    match count.checked_sub(1).map(|before| rest.nth(before)) {
        Some(None) => text.len(),
        _ => text.len() - rest.as_str().len(),
    }
}
