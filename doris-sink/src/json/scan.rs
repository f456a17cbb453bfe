//! Tells whether bytes are exactly one JSON object (RFC 8259), without building anything.
//!
//! One bad line fails a whole load, so each body is looked at; looking costs one pass over its bytes, and neither
//! memory nor recursion. Nesting is a stack of bits, one a level.

use super::text;
use std::fmt;

/// Deepest nesting: what Doris's own reader takes.
const DEPTH: usize = 1024;

/// What was found to be one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Where the object begins, behind white space.
    pub(crate) start: usize,
    /// Where it ends, before white space.
    pub(crate) end: usize,
    /// Whether there are line breaks between its tokens.
    pub(crate) has_line_breaks: bool,
}

/// Bytes are not one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("empty")]
    Empty,
    #[error("not a JSON object but {0}")]
    NotAnObject(Kind),
    #[error("not JSON from byte {0} on")]
    At(usize),
    #[error("JSON that breaks off at byte {0}")]
    BreaksOff(usize),
    #[error("more than one JSON value: another begins at byte {0}")]
    Another(usize),
    #[error("not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    #[error("begins with a byte order mark, which JSON does not allow")]
    ByteOrderMark,
    #[error("nested deeper than {DEPTH} levels")]
    TooDeep,
}

/// A JSON value that is not an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Array,
    String,
    Number,
    Literal,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Literal => "true, false or null",
        })
    }
}

/// Looks at `bytes` from end to end.
pub(crate) fn scan(bytes: &[u8]) -> Result<Shape, Malformed> {
    let mut scanner = Scanner { bytes, at: 0, line_breaks: false };
    scanner.skip_white();
    let start = scanner.at;
    match scanner.peek() {
        None => return Err(Malformed::Empty),
        Some(b'{') => {}
        Some(other) => return Err(not_an_object(other, bytes, start)),
    }
    // Line breaks around the object are cut off with the rest of the white space.
    scanner.line_breaks = false;
    scanner.object()?;
    let (end, has_line_breaks) = (scanner.at, scanner.line_breaks);
    scanner.skip_white();
    match scanner.peek() {
        Some(_) => Err(Malformed::Another(scanner.at)),
        None => match std::str::from_utf8(bytes) {
            Ok(_) => Ok(Shape { start, end, has_line_breaks }),
            Err(e) => Err(Malformed::NotUtf8(e.valid_up_to())),
        },
    }
}

fn not_an_object(first: u8, bytes: &[u8], start: usize) -> Malformed {
    match first {
        b'[' => Malformed::NotAnObject(Kind::Array),
        b'"' => Malformed::NotAnObject(Kind::String),
        b'-' | b'0'..=b'9' => Malformed::NotAnObject(Kind::Number),
        b't' | b'f' | b'n' if is_literal(&bytes[start..]) => Malformed::NotAnObject(Kind::Literal),
        _ if bytes.starts_with(b"\xef\xbb\xbf") => Malformed::ByteOrderMark,
        _ => Malformed::At(start),
    }
}

fn is_literal(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_end(), b"true" | b"false" | b"null")
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line_breaks: bool,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_white(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.line_breaks |= byte == b'\n' || byte == b'\r';
            self.at += 1;
        }
    }

    /// What is wrong at the place that was reached.
    fn wrong(&self) -> Malformed {
        match self.peek() {
            Some(_) => Malformed::At(self.at),
            None => Malformed::BreaksOff(self.at),
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        match self.peek() == Some(byte) {
            true => self.at += 1,
            false => return Err(self.wrong()),
        }
        Ok(())
    }

    /// From the first `{` to the `}` that belongs to it.
    fn object(&mut self) -> Result<(), Malformed> {
        let mut open = Nesting::default();
        loop {
            // At the beginning of a value.
            match self.peek() {
                Some(byte @ (b'{' | b'[')) => {
                    self.at += 1;
                    open.push(byte == b'{')?;
                    self.skip_white();
                    if self.peek() != Some(if byte == b'{' { b'}' } else { b']' }) {
                        self.name_if(byte == b'{')?;
                        continue;
                    }
                }
                Some(b'"') => self.string()?,
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                _ => self.number()?,
            }
            // Behind a value, or before the end of an empty container.
            loop {
                self.skip_white();
                let Some(in_object) = open.top() else { return Ok(()) };
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        self.skip_white();
                        self.name_if(in_object)?;
                        break;
                    }
                    Some(b'}') if in_object => self.at += 1,
                    Some(b']') if !in_object => self.at += 1,
                    _ => return Err(self.wrong()),
                }
                open.pop();
                if open.top().is_none() {
                    return Ok(());
                }
            }
        }
    }

    /// In an object, the name and the colon that come before a value.
    fn name_if(&mut self, in_object: bool) -> Result<(), Malformed> {
        if !in_object {
            return Ok(());
        }
        self.string()?;
        self.skip_white();
        self.expect(b':')?;
        self.skip_white();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Malformed> {
        self.expect(b'"')?;
        match text::end_of_string(&self.bytes[self.at..]) {
            Ok(length) => self.at += length,
            Err(length) => {
                self.at += length;
                return Err(self.wrong());
            }
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Malformed> {
        for byte in word {
            self.expect(*byte)?;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong()) } else { Ok(()) }
    }
}

/// Which containers are open: a bit a level, set for an object.
#[derive(Default)]
struct Nesting {
    bits: [u64; DEPTH / 64],
    depth: usize,
}

impl Nesting {
    fn push(&mut self, object: bool) -> Result<(), Malformed> {
        let Some(word) = self.bits.get_mut(self.depth / 64) else { return Err(Malformed::TooDeep) };
        let bit = 1 << (self.depth % 64);
        if object {
            *word |= bit;
        } else {
            *word &= !bit;
        }
        self.depth += 1;
        Ok(())
    }

    fn pop(&mut self) {
        self.depth -= 1;
    }

    /// Whether the innermost open container is an object; `None` when none is open.
    fn top(&self) -> Option<bool> {
        let level = self.depth.checked_sub(1)?;
        Some(self.bits[level / 64] >> (level % 64) & 1 == 1)
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
