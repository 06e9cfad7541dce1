//! Lists in brackets: arguments, literals, parameters, members.
//!
//! A list is on one line or has its items on lines of their own with a comma
//! behind each. A literal that the source breaks after its bracket keeps its
//! rows; one of many short items is filled line by line. The last argument of a
//! call, if it ends with a block or literal, may break alone.
//!
//! Example: `each(xs, func(x) {`, the body on lines of its own, `})`.

use super::document::Element;
use super::layout::Layout;
use crate::syntax::token::TokenKind as K;

/// How a list is laid out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    /// Spaces inside of the brackets on one line.
    pub spaced: bool,
    /// A break after the bracket is kept, and with it the rows.
    pub keeps_rows: bool,
    /// Items are filled line by line.
    pub filled: bool,
    /// Where it begins to break counts as the end of the head of a call.
    pub is_head: bool,
    /// The last item may break alone.
    pub hugs: bool,
}

impl<'s> Layout<'s> {
    /// Writes the list that begins with the next token; `each` writes an item.
    pub(super) fn list<T>(
        &mut self,
        items: &[T],
        style: Style,
        mut each: impl FnMut(&mut Self, &T),
    ) {
        if items.is_empty() {
            return self.empty_list();
        }
        let keeps_rows = style.keeps_rows && self.breaks_inside();
        let edge = if style.spaced { Element::Line } else { Element::SoftLine };
        let (group, close) = (self.open(), self.partner());
        if keeps_rows {
            self.break_groups();
        }
        self.token();
        self.push(Element::Indent);
        self.head_here(style.is_head);
        self.push(edge);
        for (index, item) in items.iter().enumerate() {
            let last = index + 1 == items.len();
            self.comments(keeps_rows);
            let hugged = last && style.hugs && !self.document.groups[group].broken;
            if hugged {
                self.head = None;
            }
            each(self, item);
            if hugged && !self.has_comments_before(close) {
                self.document.groups[group].head = self.head;
            }
            let written = self.at(K::Comma);
            if !last {
                let mut ends_line = self.is_trailed();
                self.token();
                ends_line |= self.is_trailed();
                ends_line |= keeps_rows && self.breaks_before(self.position());
                self.push(match ends_line {
                    true => Element::HardLine,
                    false if keeps_rows || style.filled => Element::FillLine,
                    false => Element::Line,
                });
            } else {
                if written {
                    self.drop_token();
                }
                self.push(Element::IfBroken(","));
            }
        }
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(edge);
        self.token();
        self.close();
    }

    /// Notes that the head of a call ends here.
    pub(super) fn head_here(&mut self, is_head: bool) {
        if is_head && self.head.is_none() {
            self.head = Some(self.document.elements.len());
        }
    }

    /// Writes brackets with nothing but comments inside.
    pub(super) fn empty_list(&mut self) {
        self.open();
        self.token();
        self.push(Element::Indent);
        while matches!(self.kind(), K::Comma | K::Semicolon) {
            self.drop_token();
        }
        self.closing_comments();
        self.push(Element::Dedent);
        self.push(Element::SoftLine);
        self.token();
        self.close();
    }
}
