//! The tokens of a text, written into a document in order.
//!
//! A [`Layout`] stands before one token. Walking over the syntax tree, the other
//! files of this folder write that token, a space, a place to break, the next
//! token; comments come along with the tokens that they belong to.
//!
//! What must hold: a line break is put before a token only where the grammar
//! does not mind, or where the source has one. A comment in a place where nobody
//! expects one goes to the end of its line, or keeps a line of its own.
//!
//! Example: `let x = # why` and `5` on the next line come out as `let x = 5 # why`.

use super::comments::Gap;
use super::document::{Document, Element, Group};
use crate::base::span::Span;
use crate::syntax::ast::Program;
use crate::syntax::token::TokenKind as K;
use crate::syntax::tokens;

/// The document of a program without errors.
pub fn layout<'s>(source: &'s str, program: &Program) -> Document<'s> {
    let mut layout = Layout::new(source);
    layout.statements(&program.statements);
    layout.comments(true);
    layout.write_trailing();
    layout.document
}

/// A token, or a whole string with its interpolations.
#[derive(Clone, Copy, Debug)]
struct Piece {
    kind: K,
    span: Span,
    newline_before: bool,
    /// Index of the bracket that belongs to this one; its own if it is none.
    partner: usize,
}

/// A program on its way into a document.
pub(super) struct Layout<'s> {
    source: &'s str,
    pieces: Vec<Piece>,
    /// The piece that is next.
    position: usize,
    /// Pieces whose comments before them are written.
    commented: usize,
    /// Nothing was written since a bracket: no empty line here.
    at_beginning: bool,
    /// Comments that trail the token before and are not written yet.
    trailing: Vec<&'s str>,
    open: Vec<usize>,
    /// Where the block or literal begins to break that ends the last argument.
    pub(super) head: Option<usize>,
    pub(super) document: Document<'s>,
}

/// The tokens of `source`, with strings in one piece and brackets paired.
fn pieces(source: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut strings = 0;
    let mut open = Vec::new();
    for token in tokens(source) {
        match token.kind {
            K::TemplateStart => strings += 1,
            K::TemplateEnd => strings -= 1,
            _ => {}
        }
        let inside =
            token.kind == K::TemplateEnd || strings > usize::from(token.kind == K::TemplateStart);
        if let Some(string) = pieces.last_mut().filter(|_| inside) {
            string.span.end = token.span.end;
            continue;
        }
        let mut partner = pieces.len();
        match token.kind {
            K::LeftParen | K::LeftBracket | K::LeftBrace => open.push(partner),
            K::RightParen | K::RightBracket | K::RightBrace => {
                if let Some(opening) = open.pop() {
                    pieces[opening].partner = partner;
                    partner = opening;
                }
            }
            _ => {}
        }
        let (kind, span, newline_before) = (token.kind, token.span, token.newline_before);
        pieces.push(Piece { kind, span, newline_before, partner });
    }
    pieces
}

impl<'s> Layout<'s> {
    fn new(source: &'s str) -> Layout<'s> {
        Layout {
            source,
            pieces: pieces(source),
            position: 0,
            commented: 0,
            at_beginning: true,
            trailing: Vec::new(),
            open: Vec::new(),
            head: None,
            document: Document::default(),
        }
    }

    /// The kind of the next token.
    pub(super) fn kind(&self) -> K {
        self.pieces[self.position].kind
    }

    /// The kind of the token of this number.
    pub(super) fn kind_of(&self, piece: usize) -> K {
        self.pieces[piece].kind
    }

    pub(super) fn at(&self, kind: K) -> bool {
        self.kind() == kind
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> u32 {
        self.pieces[self.position].span.start
    }

    /// Number of the next token.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Kind of the token before.
    pub(super) fn before(&self) -> Option<K> {
        self.position.checked_sub(1).map(|before| self.pieces[before].kind)
    }

    /// Number of the bracket that closes the next one.
    pub(super) fn partner(&self) -> usize {
        self.pieces[self.position].partner
    }

    /// Number of the last token that begins before the offset `end`.
    pub(super) fn last_before(&self, end: u32) -> usize {
        self.pieces.partition_point(|piece| piece.span.start < end).saturating_sub(1)
    }

    /// Whether the token of this number is on another line than the one before.
    pub(super) fn breaks_before(&self, piece: usize) -> bool {
        self.pieces[piece].newline_before
    }

    /// Whether the next token, a bracket, and its partner stand on one line.
    pub(super) fn is_one_line(&self) -> bool {
        let pieces = &self.pieces[self.position..=self.partner()];
        let text = &self.source[pieces[0].span.start as usize..];
        let length = pieces[pieces.len() - 1].span.end - pieces[0].span.start;
        !text[..length as usize].contains('\n')
    }

    /// Whether a line break follows the next token, a bracket that something follows.
    pub(super) fn breaks_inside(&self) -> bool {
        let next = self.position + 1;
        next < self.partner() && self.pieces[next].newline_before
    }

    /// Whether what stands at `span` is on several lines.
    pub(super) fn has_break(&self, span: Span) -> bool {
        self.source[span.start as usize..span.end as usize].contains('\n')
    }

    fn gap(&self, piece: usize) -> Gap<'s> {
        let before = piece.checked_sub(1).map(|before| self.pieces[before].span.end as usize);
        let text = &self.source[before.unwrap_or(0)..self.pieces[piece].span.start as usize];
        let text = if before.is_none() { text.trim_start_matches('\u{feff}') } else { text };
        if !text.contains(['#', '/']) {
            let breaks_after = text.matches('\n').count();
            return Gap { breaks_after, ..Gap::default() };
        }
        Gap::read(text, before.is_none(), self.pieces[piece].kind == K::End)
    }

    /// Whether comments stand from here to the token of this number.
    pub(super) fn has_comments_before(&self, piece: usize) -> bool {
        self.is_trailed()
            || (self.position..=piece).any(|piece| !self.gap(piece).comments.is_empty())
    }

    /// Adds an element.
    pub(super) fn push(&mut self, element: Element<'s>) {
        if !matches!(element, Element::Close | Element::Dedent) {
            self.write_trailing();
        }
        if let Element::HardLine | Element::FreshLine | Element::BlankLine = element {
            self.break_groups();
        }
        self.document.elements.push(element);
    }

    /// Breaks all open groups.
    pub(super) fn break_groups(&mut self) {
        for group in &self.open {
            self.document.groups[*group].broken = true;
        }
    }

    /// Begins a group; the answer is its number.
    pub(super) fn open(&mut self) -> usize {
        let group = self.document.groups.len();
        self.document.groups.push(Group::default());
        self.open.push(group);
        self.push(Element::Open(group));
        group
    }

    /// Ends the innermost group.
    pub(super) fn close(&mut self) {
        self.open.pop();
        self.push(Element::Close);
    }

    pub(super) fn space(&mut self) {
        self.push(Element::Text(" "));
    }

    /// Whether a comment trails the token before, which ends its line.
    pub(super) fn is_trailed(&self) -> bool {
        !self.trailing.is_empty()
    }

    /// Writes a space, or a line break if a comment trails the token before.
    pub(super) fn space_or_break(&mut self) {
        match self.is_trailed() {
            true => self.push(Element::HardLine),
            false => self.space(),
        }
    }

    /// Writes the comments before the next token, if they are not written yet,
    /// and an empty line where the source has one and `blank` allows it.
    pub(super) fn comments(&mut self, blank: bool) {
        self.comments_and_edge(blank, false);
    }

    /// Writes the comments before a closing bracket that gets a line of its own
    /// if they do.
    pub(super) fn closing_comments(&mut self) {
        self.comments_and_edge(true, true);
    }

    fn comments_and_edge(&mut self, blank: bool, edge: bool) {
        if self.commented > self.position {
            return;
        }
        self.commented = self.position + 1;
        let gap = self.gap(self.position);
        let breaks = |breaks: usize, at_beginning: bool| blank && breaks > 1 && !at_beginning;
        let leading = gap.leading();
        for (index, comment) in leading.iter().enumerate() {
            if breaks(comment.breaks_before, self.at_beginning) {
                self.push(Element::BlankLine);
            }
            let own_line = comment.breaks_before > 0 || (self.position == 0 && index == 0);
            if own_line {
                self.push(Element::FreshLine);
            } else if !self.is_spaced() {
                self.space();
            }
            self.text(comment.text);
            self.at_beginning = false;
        }
        let ends = self.at(K::End) || self.is_closing(self.position);
        if breaks(gap.breaks_after, self.at_beginning) && !ends {
            self.push(Element::BlankLine);
        } else if !leading.is_empty() {
            if gap.breaks_after > 0 || self.at(K::End) {
                if !edge {
                    self.push(Element::FreshLine);
                }
            } else if !matches!(
                self.kind(),
                K::Comma | K::Semicolon | K::Dot | K::RightParen | K::RightBracket | K::RightBrace
            ) {
                self.space();
            }
        }
    }

    /// Whether what was written last is blank, or a bracket that hugs what follows.
    fn is_spaced(&self) -> bool {
        match self.document.elements.last() {
            None => true,
            Some(Element::Text(text)) => text.ends_with([' ', '(', '[', '{']),
            Some(_) => true,
        }
    }

    /// Writes text that may hold line breaks.
    fn text(&mut self, text: &'s str) {
        if text.contains('\n') {
            self.break_groups();
        }
        self.push(Element::Text(text));
    }

    /// Writes the next token with its comments.
    pub(super) fn token(&mut self) {
        self.comments(false);
        let span = self.pieces[self.position].span;
        self.text(&self.source[span.start as usize..span.end as usize]);
        self.advance();
    }

    /// Drops the next token; its comments stay.
    pub(super) fn drop_token(&mut self) {
        self.comments(false);
        self.advance();
    }

    fn advance(&mut self) {
        let closed = self.pieces[self.position].kind;
        self.at_beginning = matches!(closed, K::LeftParen | K::LeftBracket | K::LeftBrace);
        if self.position + 1 < self.pieces.len() {
            self.position += 1;
            let gap = self.gap(self.position);
            let trailing = gap.comments[..gap.trailing].iter().map(|comment| comment.text);
            self.trailing.extend(trailing);
        }
    }

    /// Writes the comments that trail the token before. Groups that end with
    /// that token are closed by now, so that they need not break.
    fn write_trailing(&mut self) {
        for comment in std::mem::take(&mut self.trailing) {
            self.break_groups();
            self.document.elements.push(Element::Suffix(comment));
        }
    }

    /// Writes a token and a space.
    pub(super) fn word(&mut self) {
        self.token();
        self.space();
    }

    /// Writes the tokens before the offset `end`, each with a space behind.
    pub(super) fn words_before(&mut self, end: u32) {
        while self.start() < end {
            self.word();
        }
    }

    /// Writes a token that the source may have glued to the next: `>=` in
    /// `A<B>= e` is the end of a type and an assignment.
    pub(super) fn split_greater_equal(&mut self) {
        if self.at(K::GreaterEqual) {
            self.comments(false);
            self.push(Element::Text("> ="));
            self.advance();
        }
    }

    /// Writes the tokens up to number `last` on one line: names, patterns, types.
    pub(super) fn flat(&mut self, last: usize) {
        let mut first = true;
        while self.position <= last {
            let kind = self.kind();
            let closes = self.is_closing(self.position);
            if kind == K::Comma && self.position < last && self.is_closing(self.position + 1) {
                self.drop_token();
                continue;
            }
            let glued = closes
                || matches!(
                    kind,
                    K::Comma
                        | K::Colon
                        | K::Dot
                        | K::ColonColon
                        | K::Question
                        | K::LeftParen
                        | K::Less
                        | K::Greater
                )
                || (kind == K::LeftBracket && self.before() != Some(K::Comma))
                || self.before().is_some_and(|before| {
                    matches!(
                        before,
                        K::LeftParen
                            | K::LeftBracket
                            | K::LeftBrace
                            | K::Ellipsis
                            | K::Dot
                            | K::ColonColon
                            | K::Less
                            | K::Minus
                    )
                });
            let two_questions = kind == K::Question && self.before() == Some(K::Question);
            if !first && (!glued || two_questions) {
                self.space();
            }
            first = false;
            self.token();
        }
    }

    fn is_closing(&self, piece: usize) -> bool {
        matches!(self.pieces[piece].kind, K::RightParen | K::RightBracket | K::RightBrace)
    }
}
