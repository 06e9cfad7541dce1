//! Where a text stands in another one.
//!
//! What must hold: positions are those of the standard library's `match_indices`, also for the
//! empty text, which stands before every character and at the end.
//!
//! Example: `Occurrences::new("a-b-c", "-")` gives 1 and 3.

use memchr::memchr;
use memchr::memmem::{self, Finder};

/// Bytes of a text from which on a search that goes on several times is worth preparing.
const PREPARED: usize = 64;

/// The first byte position of a text in another one.
pub(super) fn first(text: &str, wanted: &str) -> Option<usize> {
    match wanted.as_bytes() {
        [byte] => memchr(*byte, text.as_bytes()),
        wanted => memmem::find(text.as_bytes(), wanted),
    }
}

/// The byte positions of a text in another one, from left to right, without overlaps.
pub(super) struct Occurrences<'t> {
    text: &'t str,
    wanted: &'t str,
    /// For more than one byte in long texts.
    finder: Option<Finder<'t>>,
    /// Where the search goes on; `None` behind the last one.
    next: Option<usize>,
}

impl<'t> Occurrences<'t> {
    /// Where `wanted` stands in `text`.
    pub fn new(text: &'t str, wanted: &'t str) -> Occurrences<'t> {
        let long = text.len() >= PREPARED && wanted.len() > 1;
        let finder = long.then(|| Finder::new(wanted));
        Occurrences { text, wanted, finder, next: Some(0) }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let from = self.next.take()?;
        let rest = &self.text.as_bytes()[from..];
        let found = match (&self.finder, self.wanted.as_bytes()) {
            (Some(finder), _) => finder.find(rest),
            (None, [byte]) => memchr(*byte, rest),
            (None, wanted @ [_, ..]) => memmem::find(rest, wanted),
            (None, []) => {
                let length = self.text[from..].chars().next().map(char::len_utf8);
                self.next = length.map(|length| from + length);
                return Some(from);
            }
        }?;
        self.next = Some(from + found + self.wanted.len());
        Some(from + found)
    }
}

#[cfg(test)]
mod tests {
    use super::{Occurrences, first};

    #[test]
    fn positions_are_those_of_the_standard_library() {
        let texts = ["", "a", "aaa", "a-b--c-", "äöä", "abcabcab", "--", "x日本x日"];
        let wanted = ["", "a", "aa", "-", "--", "ä", "abc", "日", "日本", "x日本x日!"];
        for text in texts {
            for wanted in wanted {
                let expected: Vec<usize> = text.match_indices(wanted).map(|(at, _)| at).collect();
                let found: Vec<usize> = Occurrences::new(text, wanted).collect();
                assert_eq!(found, expected, "{wanted:?} in {text:?}");
                assert_eq!(first(text, wanted), text.find(wanted), "{wanted:?} in {text:?}");
            }
        }
    }
}
