//! Keys of dicts, and their hashes.
//!
//! A text that is the canonical decimal form of an `i64` is the same key as that
//! int. A string object remembers the hash that it has as a key, so that a program
//! that looks up the same strings again and again hashes each of them once.
//!
//! What must hold: no hash is 0; a string remembers a hash only if its text is not
//! canonical decimal, and forgets it when the text grows.
//!
//! Example: `"10"` and `10` are the key `Int(10)`; `"010"` is a text.

use super::string::StringObject;
use super::value::Value;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// 2^64 divided by the golden ratio. The products' highest bits put neighbouring
/// ints far from each other, so that a range of them hardly ever collides (Knuth,
/// The Art of Computer Programming, volume 3, section 6.4).
pub(super) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A key as it is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DictKey<'a> {
    /// A canonical decimal `i64`.
    Int(i64),
    /// Any other text.
    Text(&'a str),
}

impl<'a> DictKey<'a> {
    /// The key that this text is.
    #[inline]
    pub fn of(text: &'a str) -> DictKey<'a> {
        match canonical_int(text) {
            Some(int) => DictKey::Int(int),
            None => DictKey::Text(text),
        }
    }

    /// The key that this value is, if it is an int or a string.
    #[inline]
    pub fn of_value(value: &'a Value) -> Option<DictKey<'a>> {
        HashedKey::of_value(value).map(|hashed| hashed.key)
    }

    /// What orders most keys: those of which it is less come first, and only keys that
    /// have the same rank need to be compared.
    pub(super) fn rank(self) -> (bool, u64) {
        match self {
            DictKey::Int(int) => (false, int as u64 ^ 1 << 63),
            DictKey::Text(text) => (true, text_rank(text)),
        }
    }

    #[inline]
    fn hash(self) -> u32 {
        match self {
            DictKey::Int(int) => ((int as u64).wrapping_mul(GOLDEN) >> 32) as u32 | 1,
            DictKey::Text(text) => {
                let mut hasher = FxHasher::default();
                hasher.write(text.as_bytes());
                let hash = hasher.finish();
                (hash ^ hash >> 32) as u32 | 1
            }
        }
    }
}

/// A number that orders texts, but for those that begin with the same eight bytes, which
/// have the same.
pub fn text_rank(text: &str) -> u64 {
    let bytes = text.as_bytes();
    bytes.first_chunk().map_or_else(
        || bytes.iter().rev().fold(0, |rank, byte| rank >> 8 | u64::from(*byte) << 56),
        |first| u64::from_be_bytes(*first),
    )
}

#[inline]
fn canonical_int(text: &str) -> Option<i64> {
    match text.as_bytes().first() {
        Some(b'0'..=b'9' | b'-') => parse_canonical(text),
        _ => None,
    }
}

fn parse_canonical(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    match digits {
        [b'0'] if digits.len() == bytes.len() => Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => text.parse().ok(),
        _ => None,
    }
}

/// A key with its hash.
#[derive(Clone, Copy, Debug)]
pub struct HashedKey<'a> {
    pub(super) key: DictKey<'a>,
    pub(super) hash: u32,
}

impl<'a> HashedKey<'a> {
    /// The key that this value is, if it is an int or a string.
    #[inline]
    pub fn of_value(value: &'a Value) -> Option<HashedKey<'a>> {
        if let Some(int) = value.as_int() {
            return Some(DictKey::Int(int).into());
        }
        value.as_string().map(HashedKey::of_string)
    }

    /// The key that this string is.
    #[inline]
    pub fn of_string(string: &'a StringObject) -> HashedKey<'a> {
        match string.key_hash.get() {
            0 => HashedKey::of_new_string(string),
            hash => HashedKey { key: DictKey::Text(string.as_str()), hash },
        }
    }

    fn of_new_string(string: &'a StringObject) -> HashedKey<'a> {
        let hashed = HashedKey::from(DictKey::of(string.as_str()));
        if let DictKey::Text(_) = hashed.key {
            string.key_hash.set(hashed.hash);
        }
        hashed
    }
}

impl<'a> From<DictKey<'a>> for HashedKey<'a> {
    #[inline]
    fn from(key: DictKey<'a>) -> HashedKey<'a> {
        HashedKey { key, hash: key.hash() }
    }
}
