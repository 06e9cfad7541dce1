//! The comments between two tokens.
//!
//! The lexer drops them; what stands between two tokens is blank space and
//! comments only, so they are found there again. A comment behind a token on its
//! line belongs to that token, any other to the token that follows.
//!
//! Example: in `a # x`, line break, `# y`, line break, `b` the gap has a comment
//! `# x` that trails `a`, and `# y` that leads `b`.

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'s> {
    /// Its text, without blank space around.
    pub text: &'s str,
    /// Line breaks before it, since the comment or token before.
    pub breaks_before: usize,
}

/// What stands between two tokens.
#[derive(Clone, Debug, Default)]
pub struct Gap<'s> {
    /// The comments, in order.
    pub comments: Vec<Comment<'s>>,
    /// How many of them trail the token before.
    pub trailing: usize,
    /// Line breaks behind the last comment.
    pub breaks_after: usize,
}

impl<'s> Gap<'s> {
    /// Reads the gap `text`; a token is before it unless it is the `first`, and
    /// none after it if it is the `last`.
    pub fn read(text: &'s str, first: bool, last: bool) -> Gap<'s> {
        let mut gap = Gap::default();
        let mut breaks = 0;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = match c {
                '#' => line(rest),
                '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
                '/' => line(rest),
                _ => {
                    breaks += usize::from(c == '\n');
                    rest = &rest[c.len_utf8()..];
                    continue;
                }
            };
            let text = rest[..length].trim_end();
            gap.comments.push(Comment { text, breaks_before: breaks });
            breaks = 0;
            rest = &rest[length..];
        }
        gap.breaks_after = breaks;
        if !first {
            let leading = gap.comments.iter().position(|comment| comment.breaks_before > 0);
            let at_line_end = breaks > 0 || last;
            gap.trailing = match leading {
                Some(count) => count,
                None if at_line_end => gap.comments.len(),
                None => 0,
            };
        }
        gap
    }

    /// The comments that belong to the token after.
    pub fn leading(&self) -> &[Comment<'s>] {
        &self.comments[self.trailing..]
    }
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_belong_to_the_token_on_their_line() {
        let gap = Gap::read(" # x\n\n  /* y */ ", false, false);
        let texts: Vec<_> = gap.comments.iter().map(|c| (c.text, c.breaks_before)).collect();
        assert_eq!(texts, [("# x", 0), ("/* y */", 2)]);
        assert_eq!((gap.trailing, gap.breaks_after), (1, 0));
        assert_eq!(Gap::read(" /* y */ ", false, false).trailing, 0);
        assert_eq!(Gap::read(" /* y */ ", false, true).trailing, 1);
        assert_eq!(Gap::read("# top\n", true, false).trailing, 0);
    }
}
