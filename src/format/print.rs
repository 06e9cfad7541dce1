//! From a document to text: which groups are broken.
//!
//! A group goes on one line if nothing in it forces a break and it fits,
//! together with what follows it up to the next place where a line may break.
//! To find out, at most one line's width of elements is looked at.
//!
//! Example: with 8 columns `f(aaa, bbb)` is broken into four lines.

use super::document::{Document, Element};

const INDENT: usize = 4;

/// How the lines of a group are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// On one line, with all groups inside.
    Flat,
    /// On one line, while the groups inside decide for themselves.
    Head,
    /// Each line breaks.
    Broken,
}

/// The text of `document` in lines of `width` columns, where that is possible.
pub fn print(document: &Document<'_>, width: usize) -> String {
    let mut printer = Printer {
        document,
        width,
        text: String::new(),
        column: 0,
        indent: 0,
        indents: Vec::new(),
        at_line_start: true,
        modes: vec![Mode::Broken],
        suffix: Vec::new(),
    };
    for index in 0..document.elements.len() {
        printer.element(index);
    }
    printer.flush();
    if !printer.text.is_empty() && !printer.text.ends_with('\n') {
        printer.text.push('\n');
    }
    printer.text
}

struct Printer<'d, 's> {
    document: &'d Document<'s>,
    width: usize,
    text: String,
    column: usize,
    /// Levels.
    indent: usize,
    /// The indents around, and whether they count: those of a head do not.
    indents: Vec<bool>,
    at_line_start: bool,
    modes: Vec<Mode>,
    /// Comments that wait for the end of the line.
    suffix: Vec<&'s str>,
}

impl<'s> Printer<'_, 's> {
    fn mode(&self) -> Mode {
        self.modes.last().copied().unwrap_or(Mode::Broken)
    }

    fn element(&mut self, index: usize) {
        match self.document.elements[index] {
            Element::Text(text) => self.write(text),
            Element::Line if self.mode() != Mode::Broken => self.write(" "),
            Element::SoftLine if self.mode() != Mode::Broken => {}
            Element::FillLine if self.mode() != Mode::Broken => self.write(" "),
            Element::FillLine => match self.fits(index + 1, self.column + 1, true, None) {
                true => self.write(" "),
                false => self.newline(),
            },
            Element::Line | Element::SoftLine | Element::HardLine => self.newline(),
            Element::FreshLine => {
                if !self.at_line_start {
                    self.newline();
                }
            }
            Element::BlankLine => {
                if !self.at_line_start {
                    self.newline();
                }
                if !self.text.is_empty() && !self.text.ends_with("\n\n") {
                    self.text.push('\n');
                }
            }
            Element::Open(group) => {
                let mode = self.choose(index, group);
                self.modes.push(mode);
            }
            Element::Close => {
                self.modes.pop();
            }
            Element::Indent => {
                let counts = self.mode() != Mode::Head;
                self.indent += usize::from(counts);
                self.indents.push(counts);
            }
            Element::Dedent => {
                self.indent -= usize::from(self.indents.pop().unwrap_or_default());
            }
            Element::IfBroken(text) => {
                if self.mode() == Mode::Broken {
                    self.write(text);
                }
            }
            Element::Suffix(text) => self.suffix.push(text),
        }
    }

    fn choose(&self, index: usize, group: usize) -> Mode {
        if self.mode() == Mode::Flat {
            return Mode::Flat;
        }
        let group = self.document.groups[group];
        if !group.broken && self.fits(index + 1, self.column, false, None) {
            return Mode::Flat;
        }
        match group.head {
            Some(end) if self.fits(index + 1, self.column, false, Some(end)) => Mode::Head,
            _ => Mode::Broken,
        }
    }

    /// Whether what begins at element `index` fits behind `column`: up to the end
    /// of its group and on to the next break, or up to the element `end`. A
    /// `part` ends at the next break of its own level.
    fn fits(&self, index: usize, column: usize, part: bool, end: Option<usize>) -> bool {
        let mut column = match self.at_line_start && !part {
            true => self.indent * INDENT,
            false => column,
        };
        // Groups opened since; below zero are those around. Behind the lowest,
        // a group has not been chosen yet and may break.
        let (mut depth, mut lowest) = (0isize, 0);
        for (at, element) in self.document.elements.iter().enumerate().skip(index) {
            if end == Some(at) {
                return column <= self.width;
            }
            match element {
                Element::Text(text) => match text.split_once('\n') {
                    Some((first, _)) => return column + columns(first) <= self.width,
                    None => column += columns(text),
                },
                Element::Line | Element::FillLine | Element::SoftLine => {
                    let outside = lowest < 0 || part;
                    let may_break = match depth > lowest {
                        true => lowest < 0,
                        false => outside && self.outer_mode(depth, part) == Mode::Broken,
                    };
                    if may_break {
                        return true;
                    }
                    column += usize::from(*element != Element::SoftLine);
                }
                Element::HardLine | Element::FreshLine | Element::BlankLine => return true,
                Element::Open(_) => depth += 1,
                Element::Close => {
                    depth -= 1;
                    lowest = lowest.min(depth);
                }
                Element::IfBroken(text) => {
                    let outside = lowest < 0 || part;
                    if depth == lowest && outside && self.outer_mode(depth, part) == Mode::Broken {
                        column += columns(text);
                    }
                }
                Element::Indent | Element::Dedent | Element::Suffix(_) => {}
            }
            if column > self.width {
                return false;
            }
        }
        true
    }

    /// Mode of the group that is open when `depth` groups have been left.
    fn outer_mode(&self, depth: isize, part: bool) -> Mode {
        let left = (-depth) as usize - usize::from(!part);
        self.modes.len().checked_sub(1 + left).map_or(Mode::Broken, |at| self.modes[at])
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.at_line_start {
            self.text.extend(std::iter::repeat_n(' ', self.indent * INDENT));
            self.column = self.indent * INDENT;
            self.at_line_start = false;
        }
        self.text.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = columns(last),
            None => self.column += columns(text),
        }
    }

    fn flush(&mut self) {
        for comment in std::mem::take(&mut self.suffix) {
            if !self.at_line_start {
                self.write(" ");
            }
            self.write(comment);
        }
    }

    fn newline(&mut self) {
        self.flush();
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
        self.column = 0;
        self.at_line_start = true;
    }
}

fn columns(text: &str) -> usize {
    text.chars().count()
}
