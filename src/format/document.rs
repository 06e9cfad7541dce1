//! A document: texts, and places where a line may break.
//!
//! It is a flat list. A group is either on one line or broken; breaking it makes
//! a line break of each [`Element::Line`] and [`Element::SoftLine`] directly in
//! it. What forces a line break forces it on all groups around.
//!
//! Example: `f(a, b)` is `f(`, open, indent, soft line, `a,`, line, `b`, comma if
//! broken, dedent, soft line, `)`, close.

/// One piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'s> {
    /// Text; it may hold line breaks (a string, a comment).
    Text(&'s str),
    /// A space, or a line break when its group is broken.
    Line,
    /// Nothing, or a line break when its group is broken.
    SoftLine,
    /// In a broken group: a space if what follows up to the next break fits, else a line break.
    FillLine,
    /// A line break.
    HardLine,
    /// A line break unless the line is empty so far.
    FreshLine,
    /// An empty line.
    BlankLine,
    /// Begins group [`Document::groups`].
    Open(usize),
    /// Ends the innermost group.
    Close,
    /// One level further in from the next line on.
    Indent,
    /// One level back.
    Dedent,
    /// Text that stands only in a broken group.
    IfBroken(&'s str),
    /// A comment that goes to the end of the line.
    Suffix(&'s str),
}

/// What is known about a group before it is printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Group {
    /// Something in it forces a line break.
    pub broken: bool,
    /// It ends with a block or literal that may break while the group itself
    /// stays on one line, if everything up to this element fits.
    pub head: Option<usize>,
}

/// A whole text.
#[derive(Debug, Default)]
pub struct Document<'s> {
    /// The pieces in order.
    pub elements: Vec<Element<'s>>,
    /// The groups, in order of their beginnings.
    pub groups: Vec<Group>,
}
