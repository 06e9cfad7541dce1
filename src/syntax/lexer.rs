//! From text to tokens.
//!
//! Line breaks are not tokens: each token knows whether one stands before it.
//! Strings with interpolations are cut at `${` and `}`; a stack of open strings
//! (not recursion) remembers which `}` resumes which, so nesting costs nothing.
//! Whatever the input, the result ends with one `End` token, every span lies
//! within the text, and template tokens are balanced.
//!
//! Example: `"n=${n}"` gives `TemplateStart("n=")`, `Name(n)`,
//! `TemplateEnd("")`, `End`.

use crate::base::span::Span;
use crate::syntax::ast::Name;
use crate::syntax::error::{MAX_ERRORS, SyntaxError};
use crate::syntax::token::{Token, TokenKind, Tokens};
use rustc_hash::FxHashMap;

const BETWEEN_DIGITS: &str = "a `_` in a number stands between two digits";

/// Cuts `source` into tokens. The errors are in the order of the text.
pub fn lex(source: &str) -> (Tokens, Vec<SyntaxError>) {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        position: 0,
        newline: true,
        tokens: Tokens { list: Vec::with_capacity(source.len() / 5 + 1), texts: Vec::new() },
        interned: FxHashMap::default(),
        templates: Vec::new(),
        errors: Vec::new(),
    };
    lexer.run();
    (lexer.tokens, lexer.errors)
}

/// A string whose interpolation is being read.
struct OpenTemplate {
    quote: u8,
    start: usize,
    /// Braces opened and not closed inside the interpolation.
    braces: usize,
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    position: usize,
    newline: bool,
    tokens: Tokens,
    interned: FxHashMap<&'s str, u32>,
    templates: Vec<OpenTemplate>,
    errors: Vec<SyntaxError>,
}

impl<'s> Lexer<'s> {
    fn run(&mut self) {
        if self.source.starts_with('\u{feff}') {
            self.position = 3;
        }
        if self.source[self.position..].starts_with("#!") {
            self.skip_line();
        }
        while self.skip_blank() {
            self.token();
        }
        while let Some(open) = self.templates.pop() {
            if self.templates.is_empty()
                && let Some(error) = self.error(
                    "unterminated string interpolation",
                    Span::new(open.start, open.start + 1),
                )
            {
                error.ends_early = true;
            }
            self.push_text(TokenKind::TemplateEnd, self.position, "");
        }
        self.push(TokenKind::End, self.position);
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    fn error(&mut self, message: impl Into<String>, span: Span) -> Option<&mut SyntaxError> {
        if self.errors.len() >= MAX_ERRORS {
            return None;
        }
        self.errors.push(SyntaxError::new(message, span));
        self.errors.last_mut()
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        let span = Span::new(start, self.position);
        self.tokens.list.push(Token { kind, newline_before: self.newline, text: 0, span });
        self.newline = false;
    }

    fn push_text(&mut self, kind: TokenKind, start: usize, text: &str) {
        self.push(kind, start);
        self.set_text(Name::from(text));
    }

    fn set_text(&mut self, text: Name) {
        let index = self.tokens.texts.len() as u32;
        self.tokens.texts.push(text);
        if let Some(token) = self.tokens.list.last_mut() {
            token.text = index;
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.position..];
        self.position += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    }

    /// Skips blanks and comments; false at the end of the text.
    fn skip_blank(&mut self) -> bool {
        while let Some(&byte) = self.bytes.get(self.position) {
            match byte {
                b'\n' => {
                    self.newline = true;
                    self.position += 1;
                }
                b' ' | b'\t' | b'\r' | b'\x0c' | b'\x0b' => self.position += 1,
                b'#' => self.skip_line(),
                b'/' if self.peek(1) == b'/' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_block_comment(),
                0x80.. => {
                    let next = self.source[self.position..].chars().next();
                    match next.filter(|c| c.is_whitespace()) {
                        Some(blank) => self.position += blank.len_utf8(),
                        None => return true,
                    }
                }
                _ => return true,
            }
        }
        false
    }

    fn skip_block_comment(&mut self) {
        let start = self.position;
        match self.source[start + 2..].find("*/") {
            Some(length) => {
                self.position = start + 2 + length + 2;
                self.newline |= self.bytes[start..self.position].contains(&b'\n');
            }
            None => {
                self.position = self.bytes.len();
                let span = Span::new(start, start + 2);
                if let Some(error) = self.error("unterminated comment", span) {
                    error.ends_early = true;
                }
            }
        }
    }

    fn token(&mut self) {
        let start = self.position;
        let byte = self.bytes[start];
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' | b'\'' => {
                self.position += 1;
                self.string(byte, start, true);
            }
            b'{' => {
                if let Some(open) = self.templates.last_mut() {
                    open.braces += 1;
                }
                self.position += 1;
                self.push(TokenKind::LeftBrace, start);
            }
            b'}' => self.right_brace(),
            _ => self.symbol(),
        }
    }

    fn right_brace(&mut self) {
        let start = self.position;
        self.position += 1;
        match self.templates.last_mut() {
            Some(open) if open.braces == 0 => {
                let quote = open.quote;
                self.string(quote, start, false);
            }
            Some(open) => {
                open.braces -= 1;
                self.push(TokenKind::RightBrace, start);
            }
            None => self.push(TokenKind::RightBrace, start),
        }
    }

    fn skip_word(&mut self) {
        while let Some(&byte) = self.bytes.get(self.position) {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.position += 1;
            } else if byte >= 0x80 {
                match self.source[self.position..].chars().next() {
                    Some(letter) if letter.is_alphanumeric() => {
                        self.position += letter.len_utf8();
                    }
                    _ => break,
                }
            } else {
                break;
            }
        }
    }

    fn word(&mut self) {
        let start = self.position;
        self.skip_word();
        let word = &self.source[start..self.position];
        let kind = TokenKind::keyword(word).unwrap_or(TokenKind::Name);
        self.push(kind, start);
        let texts = &mut self.tokens.texts;
        let index = *self.interned.entry(word).or_insert_with(|| {
            texts.push(Name::from(word));
            texts.len() as u32 - 1
        });
        if let Some(token) = self.tokens.list.last_mut() {
            token.text = index;
        }
    }

    fn skip_digits(&mut self, radix: u32) {
        while (self.peek(0) as char).is_digit(radix)
            || (self.peek(0) == b'_' && (self.peek(1) as char).is_digit(radix))
        {
            self.position += 1;
        }
    }

    fn number(&mut self) {
        let start = self.position;
        let mut kind = TokenKind::Int;
        let radix = match (self.peek(0), self.peek(1)) {
            (b'0', b'x') => 16,
            (b'0', b'b') => 2,
            (b'0', b'o') => 8,
            _ => 10,
        };
        if radix != 10 {
            self.position += 2;
            if !(self.peek(0) as char).is_digit(radix) {
                let help = match self.peek(0) {
                    b'_' => BETWEEN_DIGITS,
                    _ => "digits must follow the prefix",
                };
                return self.malformed_number(start, help);
            }
            self.skip_digits(radix);
        } else {
            self.skip_digits(10);
            if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
                kind = TokenKind::Float;
                self.position += 1;
                self.skip_digits(10);
            }
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if matches!(self.peek(0), b'e' | b'E') && self.peek(1 + sign).is_ascii_digit() {
                kind = TokenKind::Float;
                self.position += 1 + sign;
                self.skip_digits(10);
            }
        }
        if matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            let help = match self.peek(0) {
                b'_' => BETWEEN_DIGITS,
                b'0'..=b'9' => "this digit does not belong to the base of the number",
                b'e' | b'E' if radix == 10 => "an exponent has digits",
                _ => "a letter may not follow a number directly",
            };
            return self.malformed_number(start, help);
        }
        self.push(kind, start);
    }

    /// Reports the number from `start` and puts its first digit in its place.
    fn malformed_number(&mut self, start: usize, help: &str) {
        self.skip_word();
        if let Some(error) = self.error("malformed number", Span::new(start, self.position)) {
            error.help = Some(help.into());
        }
        let end = std::mem::replace(&mut self.position, start + 1);
        self.push(TokenKind::Int, start);
        self.position = end;
    }

    /// Reads a string from after its quote (`first`) or from after the `}` of
    /// an interpolation, up to its end or its next `${`.
    fn string(&mut self, quote: u8, start: usize, first: bool) {
        let mut text = String::new();
        loop {
            let rest = &self.bytes[self.position..];
            let plain = rest.iter().position(|b| *b == quote || matches!(b, b'\\' | b'$'));
            let Some(plain) = plain else {
                let opening = self.templates.last().filter(|_| !first).map_or(start, |o| o.start);
                self.position = self.bytes.len();
                if let Some(error) =
                    self.error("unterminated string", Span::new(opening, opening + 1))
                {
                    error.help = Some(format!("close the string with `{}`", char::from(quote)));
                    error.ends_early = true;
                }
                break;
            };
            text.push_str(&self.source[self.position..self.position + plain]);
            self.position += plain;
            let at = self.position;
            self.position += 1;
            match self.bytes[at] {
                b'\\' => self.escape(at, &mut text),
                b'$' if self.peek(0) == b'{' => {
                    self.position += 1;
                    if first {
                        self.push_text(TokenKind::TemplateStart, start, &text);
                        self.templates.push(OpenTemplate { quote, start, braces: 0 });
                    } else {
                        self.push_text(TokenKind::TemplateMiddle, start, &text);
                    }
                    return;
                }
                b'$' => text.push('$'),
                _ => break,
            }
        }
        if first {
            self.push_text(TokenKind::Str, start, &text);
        } else {
            self.templates.pop();
            self.push_text(TokenKind::TemplateEnd, start, &text);
        }
    }

    /// Reads an escape from after its backslash, which stands at `at`.
    fn escape(&mut self, at: usize, text: &mut String) {
        let Some(letter) = self.source[self.position..].chars().next() else { return };
        self.position += letter.len_utf8();
        let plain = match letter {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            '\\' | '"' | '\'' | '$' => letter,
            'x' => {
                let digits = self.source.get(self.position..self.position + 2);
                let code = digits
                    .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
                    .and_then(|d| u8::from_str_radix(d, 16).ok());
                match code {
                    Some(code) => {
                        self.position += 2;
                        char::from(code)
                    }
                    None => {
                        self.bad_escape(at, "`\\x` takes two hexadecimal digits");
                        return;
                    }
                }
            }
            'u' => match self.unicode_escape() {
                Some(character) => character,
                None => {
                    self.bad_escape(at, "write a Unicode character as `\\u{1F600}`");
                    return;
                }
            },
            _ => {
                self.bad_escape(
                    at,
                    "the escapes are \\n \\t \\r \\\\ \\\" \\' \\$ \\0 \\xHH \\u{H..}",
                );
                return;
            }
        };
        text.push(plain);
    }

    fn unicode_escape(&mut self) -> Option<char> {
        let rest = self.source[self.position..].strip_prefix('{')?;
        let length = rest.bytes().take(7).position(|b| b == b'}')?;
        let digits = &rest[..length];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
        self.position += length + 2;
        Some(character)
    }

    fn bad_escape(&mut self, at: usize, help: &str) {
        let span = Span::new(at, self.position);
        let message = format!("unknown escape `{}`", self.source[at..self.position].escape_debug());
        if let Some(error) = self.error(message.replace("\\\\", "\\"), span) {
            error.help = Some(help.into());
        }
    }

    fn symbol(&mut self) {
        use TokenKind as K;
        let start = self.position;
        let (kind, length) = match (self.bytes[start], self.peek(1), self.peek(2)) {
            (b'(', ..) => (K::LeftParen, 1),
            (b')', ..) => (K::RightParen, 1),
            (b'[', ..) => (K::LeftBracket, 1),
            (b']', ..) => (K::RightBracket, 1),
            (b',', ..) => (K::Comma, 1),
            (b';', ..) => (K::Semicolon, 1),
            (b':', b':', _) => (K::ColonColon, 2),
            (b':', b'=', _) => (K::ColonEqual, 2),
            (b':', ..) => (K::Colon, 1),
            (b'=', b'=', _) => (K::EqualEqual, 2),
            (b'=', b'>', _) => (K::FatArrow, 2),
            (b'=', ..) => (K::Equal, 1),
            (b'!', b'=', _) => (K::BangEqual, 2),
            (b'!', ..) => (K::Bang, 1),
            (b'<', b'=', _) => (K::LessEqual, 2),
            (b'<', ..) => (K::Less, 1),
            (b'>', b'=', _) => (K::GreaterEqual, 2),
            (b'>', ..) => (K::Greater, 1),
            (b'+', b'=', _) => (K::PlusEqual, 2),
            (b'+', ..) => (K::Plus, 1),
            (b'-', b'=', _) => (K::MinusEqual, 2),
            (b'-', b'>', _) => (K::Arrow, 2),
            (b'-', ..) => (K::Minus, 1),
            (b'*', b'=', _) => (K::StarEqual, 2),
            (b'*', ..) => (K::Star, 1),
            (b'/', b'=', _) => (K::SlashEqual, 2),
            (b'/', ..) => (K::Slash, 1),
            (b'%', b'=', _) => (K::PercentEqual, 2),
            (b'%', ..) => (K::Percent, 1),
            (b'&', b'&', _) => (K::AndAnd, 2),
            (b'|', b'|', _) => (K::OrOr, 2),
            (b'|', b'>', _) => (K::PipeGreater, 2),
            (b'?', b'?', _) => (K::QuestionQuestion, 2),
            (b'?', b'.', _) => (K::QuestionDot, 2),
            (b'?', ..) => (K::Question, 1),
            (b'.', b'.', b'.') => (K::Ellipsis, 3),
            (b'.', ..) => (K::Dot, 1),
            _ => return self.unexpected(),
        };
        self.position += length;
        self.push(kind, start);
    }

    /// A run of characters that begin no token is one error.
    fn unexpected(&mut self) {
        let start = self.position;
        let known = |c: char| {
            c.is_ascii_alphanumeric()
                || c.is_whitespace()
                || "_\"'(){}[],;:=!<>+-*/%|?.#".contains(c)
        };
        let rest = &self.source[start..];
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let length = rest.find(known).unwrap_or(rest.len()).max(first);
        self.position += length;
        let shown = rest[..first].escape_debug().to_string();
        let help = match shown.as_str() {
            "&" => Some("logical and is `&&`; bitwise operators are functions such as `bit_and`"),
            "|" => Some("logical or is `||`; bitwise operators are functions such as `bit_or`"),
            "^" | "~" => Some("bitwise operators are functions such as `bit_xor`"),
            "`" => Some("strings are written with \" or '"),
            _ => None,
        };
        let span = Span::new(start, start + length);
        if let Some(error) = self.error(format!("unexpected character `{shown}`"), span) {
            error.help = help.map(String::from);
        }
    }
}
