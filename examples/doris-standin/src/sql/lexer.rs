//! Splits SQL as Doris users write it into tokens, comments removed.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bare word: keyword or identifier.
    Word,
    /// An identifier in backticks.
    Quoted,
    /// A string in single or double quotes.
    Text,
    Number,
    /// `@name` or `@@scope.name`.
    Variable,
    Symbol,
}

/// A piece of SQL, with where it starts in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) raw: &'a str,
    pub(crate) start: usize,
}

impl<'a> Token<'a> {
    /// Where the token ends in bytes.
    pub(crate) fn end(&self) -> usize {
        self.start + self.raw.len()
    }

    /// Whether this is the given bare word, in any case.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.raw.eq_ignore_ascii_case(word)
    }

    /// Whether this is the given symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.raw == symbol
    }

    /// The token's text without quotes, escapes resolved.
    pub(crate) fn value(&self) -> Cow<'a, str> {
        match self.kind {
            Kind::Quoted => unquote(self.raw, '`', false),
            Kind::Text => unquote(self.raw, self.raw.chars().next().unwrap_or('\''), true),
            _ => Cow::Borrowed(self.raw),
        }
    }
}

/// The tokens of `sql`. An unterminated string or comment runs to the end.
pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest[0].is_ascii_whitespace() {
            at += 1;
        } else if rest.starts_with(b"--") || rest[0] == b'#' {
            at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            at += memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4);
        } else {
            let (kind, length) = token(rest);
            tokens.push(Token { kind, raw: &sql[at..at + length], start: at });
            at += length;
        }
    }
    tokens
}

fn token(rest: &[u8]) -> (Kind, usize) {
    match rest[0] {
        b'`' => (Kind::Quoted, quoted_length(rest, false)),
        b'\'' | b'"' => (Kind::Text, quoted_length(rest, true)),
        b'@' => {
            (Kind::Variable, 1 + run(&rest[1..], |byte| is_word_byte(byte) || matches!(byte, b'@' | b'.')))
        }
        byte if byte.is_ascii_digit() || (byte == b'.' && rest.get(1).is_some_and(u8::is_ascii_digit)) => {
            number(rest)
        }
        byte if is_word_byte(byte) => (Kind::Word, run(rest, is_word_byte)),
        _ => {
            let long = [b"<=>".as_slice(), b"<>", b"<=", b">=", b"!=", b"||", b"&&", b":="];
            (
                Kind::Symbol,
                long.iter().find(|symbol| rest.starts_with(symbol)).map_or(1, |symbol| symbol.len()),
            )
        }
    }
}

fn number(rest: &[u8]) -> (Kind, usize) {
    let mut length = run(rest, |byte| byte.is_ascii_digit() || byte == b'.');
    if matches!(rest.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
        let digits = run(&rest[(length + 1 + sign).min(rest.len())..], |byte| byte.is_ascii_digit());
        if digits > 0 {
            length += 1 + sign + digits;
        }
    }
    // `1abc` is a name, not a number.
    let tail = run(&rest[length..], is_word_byte);
    if tail > 0 { (Kind::Word, length + tail) } else { (Kind::Number, length) }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

fn quoted_length(rest: &[u8], backslash: bool) -> usize {
    let quote = rest[0];
    let mut at = 1;
    while at < rest.len() {
        if backslash && rest[at] == b'\\' {
            at += 2;
        } else if rest[at] == quote {
            if rest.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn unquote(raw: &str, quote: char, backslash: bool) -> Cow<'_, str> {
    let inner = raw.strip_prefix(quote).unwrap_or(raw);
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    let escapes = inner.contains(quote) || (backslash && inner.contains('\\'));
    if !escapes {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            // A doubled quote stands for one.
            characters.next();
            text.push(quote);
        } else if backslash && character == '\\' {
            match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some('0') => text.push('\0'),
                Some('b') => text.push('\u{8}'),
                Some('Z') => text.push('\u{1a}'),
                // LIKE patterns keep the backslash before their own wildcards.
                Some(wildcard @ ('%' | '_')) => text.extend(['\\', wildcard]),
                Some(other) => text.push(other),
                None => text.push('\\'),
            }
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_leave_out_comments_and_keep_quoted_text() {
        let sql =
            "/* hello */ select `a``b`, \"it's\\n\" -- end\n from db.t # more\n where x>=1.5e3 and 'it''s'";
        let values: Vec<_> = tokens(sql).iter().map(|token| token.value().into_owned()).collect();
        assert_eq!(
            values,
            [
                "select", "a`b", ",", "it's\n", "from", "db", ".", "t", "where", "x", ">=", "1.5e3", "and",
                "it's"
            ]
        );
    }

    #[test]
    fn unfinished_text_runs_to_the_end() {
        assert_eq!(
            tokens("select 'abc").last().map(|token| token.value().into_owned()).as_deref(),
            Some("abc")
        );
        assert_eq!(tokens("select /* x").len(), 1);
        assert_eq!(tokens("'\\").len(), 1);
    }
}
