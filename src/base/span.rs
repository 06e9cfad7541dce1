//! Byte positions in a source text.
//!
//! Every token, tree node and instruction carries a [`Span`]; a [`LineIndex`]
//! turns one into the line and column that a person reads. Lines and columns
//! count from 1; a column counts Unicode scalar values.
//!
//! Example: in `"a\nbc"` the span `3..4` (the `c`) is line 2, column 2.

/// A half-open byte range of one source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span `start..end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Start offsets of the lines of one source text.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the line starts of `text`.
    pub fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(
            text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1),
        );
        LineIndex { starts }
    }

    /// Line (from 1) that holds the byte `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|s| *s <= offset) as u32
    }

    /// Line and column (both from 1) of the byte `offset` of `text`.
    pub fn position(&self, text: &str, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        let upto = (offset as usize).min(text.len());
        let column = text.get(start..upto).map_or(0, |s| s.chars().count()) as u32 + 1;
        (line, column)
    }
}
