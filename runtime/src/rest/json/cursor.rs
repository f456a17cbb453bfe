//! A place in a text, and what is passed without being a value: blanks and comments.

use super::Malformed;

/// The characters of a text from some place on.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// The byte offset of the next character.
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Whether the next character is `wanted`, which is then passed.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Passes `wanted` when it comes next.
    pub(super) fn take_text(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Passes the characters that satisfy `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// `problem` at this place.
    pub(super) fn malformed(&self, problem: &'static str) -> Malformed {
        Malformed { position: self.text[..self.at].chars().count() + 1, problem }
    }

    /// Passes blanks and comments.
    pub(super) fn skip(&mut self) {
        self.skip_blank(|c| matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{c}' | '\u{8}'));
    }

    /// Passes blanks and comments before and after the object, where any control character counts as blank.
    pub(super) fn skip_outside(&mut self) {
        self.skip_blank(|c| c == ' ' || c.is_ascii_control());
    }

    fn skip_blank(&mut self, is_blank: impl Fn(char) -> bool) {
        loop {
            self.take_while(&is_blank);
            let rest = self.rest();
            // An open comment reaches to the end of the text.
            let end = if rest.starts_with("//") {
                rest.find('\n')
            } else if let Some(comment) = rest.strip_prefix("/*") {
                comment.find("*/").map(|end| end + 4)
            } else {
                return;
            };
            self.at += end.unwrap_or(rest.len());
        }
    }
}
