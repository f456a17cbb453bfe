//! Finds the members of one JSON object (RFC 8259), and builds nothing of what they hold.
//!
//! Each byte is looked at once. What is nested is checked and passed over; somebody who wants it scans it again, from where it
//! begins.

use super::{Malformed, Span, nesting::Nesting, string::end_of_string};

/// One name and its value, as places in the bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawMember {
    /// The name, without its quotes.
    pub(crate) name: Span,
    /// Whether there are escapes in the name.
    pub(crate) is_escaped: bool,
    /// The value, without white space around it.
    pub(crate) value: Span,
}

/// Hands each member of the one object in `bytes` to `each`, in order.
pub(crate) fn members(bytes: &[u8], mut each: impl FnMut(RawMember)) -> Result<(), Malformed> {
    let mut scanner = Scanner::over(bytes)?;
    scanner.expect(b'{')?;
    scanner.skip_white();
    if scanner.peek() == Some(b'}') {
        scanner.at += 1;
        return scanner.finish();
    }
    loop {
        let start = scanner.at + 1;
        let is_escaped = scanner.string()?;
        let name = Span::new(start, scanner.at - 1);
        scanner.colon()?;
        let start = scanner.at;
        scanner.value()?;
        each(RawMember { name, is_escaped, value: Span::new(start, scanner.at) });
        scanner.skip_white();
        match scanner.peek() {
            Some(b',') => scanner.at += 1,
            Some(b'}') => {
                scanner.at += 1;
                return scanner.finish();
            }
            _ => return Err(scanner.wrong()),
        }
        scanner.skip_white();
    }
}

/// Where the one value in `bytes` stands, without white space around it.
pub(crate) fn whole(bytes: &[u8]) -> Result<Span, Malformed> {
    let mut scanner = Scanner::over(bytes)?;
    let start = scanner.at;
    scanner.value()?;
    let found = Span::new(start, scanner.at);
    scanner.finish().map(|()| found)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the first byte that is not white space.
    fn over(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(Malformed::TooLong);
        }
        let mut scanner = Self { bytes, at: 0 };
        scanner.skip_white();
        if scanner.peek().is_none() { Err(Malformed::Empty) } else { Ok(scanner) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Only white space is left.
    fn finish(mut self) -> Result<(), Malformed> {
        self.skip_white();
        self.peek().map_or(Ok(()), |_| Err(Malformed::Another(self.at)))
    }

    /// What is wrong at the place that was reached.
    fn wrong(&self) -> Malformed {
        self.peek().map_or(Malformed::BreaksOff(self.at), |_| Malformed::At(self.at))
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    fn colon(&mut self) -> Result<(), Malformed> {
        self.skip_white();
        self.expect(b':')?;
        self.skip_white();
        Ok(())
    }

    /// Passes over a string; whether there are escapes in it.
    fn string(&mut self) -> Result<bool, Malformed> {
        self.expect(b'"')?;
        match end_of_string(self.bytes, self.at) {
            Ok((end, is_escaped)) => {
                self.at = end;
                Ok(is_escaped)
            }
            Err(place) => {
                self.at = place;
                Err(self.wrong())
            }
        }
    }

    fn value(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'{' | b'[') => self.container(),
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            _ => self.number(),
        }
    }

    /// From an opening bracket behind the one that belongs to it.
    fn container(&mut self) -> Result<(), Malformed> {
        let mut open = Nesting::default();
        loop {
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    let is_object = bracket == b'{';
                    self.at += 1;
                    open.push(is_object)?;
                    self.skip_white();
                    if self.peek() != Some(closing(is_object)) {
                        self.name_if(is_object)?;
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            if self.close(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Behind a value, or before the end of an empty container: goes to the next value; whether there is none.
    fn close(&mut self, open: &mut Nesting) -> Result<bool, Malformed> {
        while let Some(in_object) = open.top() {
            self.skip_white();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.skip_white();
                    self.name_if(in_object)?;
                    return Ok(false);
                }
                Some(byte) if byte == closing(in_object) => {
                    self.at += 1;
                    open.pop();
                }
                _ => return Err(self.wrong()),
            }
        }
        Ok(true)
    }

    fn name_if(&mut self, in_object: bool) -> Result<(), Malformed> {
        if in_object {
            self.string()?;
            self.colon()?;
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
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong()) } else { Ok(()) }
    }
}

fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
