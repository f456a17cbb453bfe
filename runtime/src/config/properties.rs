//! The syntax of Java properties files, with the line that each key stands on.
//!
//! Source: the documentation of `java.util.Properties.load`.

use std::{iter::Peekable, str::Chars};

/// One key with its value, both unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The line that the key begins on, from 1.
    pub(crate) line: usize,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// An escape that stands for no character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\\u{digits} stands for no character, four hexadecimal digits are needed (and two escapes beyond U+FFFF)"
)]
pub(crate) struct BadEscape {
    /// The line it stands on, from 1.
    pub(super) line: usize,
    digits: String,
}

/// The entries of a file in their order, duplicates included, and what cannot be read.
pub(crate) fn parse(text: &str) -> (Vec<Entry>, Vec<BadEscape>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    for (line, logical) in LogicalLines::new(text) {
        let (key, value) = split(&logical);
        match (unescape(key), unescape(value)) {
            (Ok(key), Ok(value)) => entries.push(Entry { line, key, value }),
            (Err(digits), _) | (_, Err(digits)) => bad.push(BadEscape { line, digits }),
        }
    }
    (entries, bad)
}

/// Lines with their continuations joined, without comments and blank ones.
struct LogicalLines<'a> {
    natural: Peekable<Box<dyn Iterator<Item = (usize, &'a str)> + 'a>>,
}

impl<'a> LogicalLines<'a> {
    fn new(text: &'a str) -> Self {
        // `\r\n`, `\n` and `\r` all end a line.
        let lines = text.split('\n').flat_map(|line| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            line.split('\r')
        });
        let natural: Box<dyn Iterator<Item = (usize, &'a str)> + 'a> =
            Box::new(lines.enumerate().map(|(index, line)| (index + 1, line)));
        Self { natural: natural.peekable() }
    }
}

impl Iterator for LogicalLines<'_> {
    type Item = (usize, String);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, first) = self
            .natural
            .by_ref()
            .map(|(line, text)| (line, text.trim_start_matches(is_blank)))
            .find(|(_, text)| !text.is_empty() && !text.starts_with(['#', '!']))?;
        let mut logical = first.to_owned();
        while continues(&logical) {
            logical.pop();
            let Some((_, next)) = self.natural.next() else { break };
            logical.push_str(next.trim_start_matches(is_blank));
        }
        Some((line, logical))
    }
}

/// Whether a line ends in a backslash that is not itself escaped.
fn continues(line: &str) -> bool {
    let backslashes = line.len() - line.trim_end_matches('\\').len();
    backslashes % 2 == 1
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{c}')
}

/// Key and value, still escaped: the key ends at the first blank, `=` or `:` that no backslash stands before.
fn split(logical: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = logical.find(|character| {
        let ends = !escaped && (is_blank(character) || matches!(character, '=' | ':'));
        escaped = !escaped && character == '\\';
        ends
    });
    let (key, rest) = logical.split_at(end.unwrap_or(logical.len()));
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(is_blank))
}

/// The text an escaped one stands for, or the digits of an escape that stands for nothing.
fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => plain.push(unicode(&mut characters)?),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Ok(plain)
}

/// The character of one `\uXXXX`, or of two that are a surrogate pair; the first `\u` is already read.
fn unicode(characters: &mut Chars<'_>) -> Result<char, String> {
    let first = take_digits(characters);
    let high = hexadecimal(&first).ok_or_else(|| first.clone())?;
    if !(0xD800..0xDC00).contains(&high) {
        return char::from_u32(u32::from(high)).ok_or(first);
    }
    let mut ahead = characters.clone();
    let (Some('\\'), Some('u')) = (ahead.next(), ahead.next()) else { return Err(first) };
    let second = take_digits(&mut ahead);
    let low = hexadecimal(&second).ok_or(second)?;
    *characters = ahead;
    match char::decode_utf16([high, low]).next() {
        Some(Ok(character)) => Ok(character),
        _ => Err(first),
    }
}

fn take_digits(characters: &mut Chars<'_>) -> String {
    characters.by_ref().take(4).collect()
}

fn hexadecimal(digits: &str) -> Option<u16> {
    let all_digits = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if all_digits { u16::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str, &str)]) {
        let (entries, bad) = parse(text);
        assert_eq!(bad, []);
        let found: Vec<_> = entries.iter().map(|e| (e.line, e.key.as_str(), e.value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn separators() {
        check("a=b", &[(1, "a", "b")]);
        check("a:b", &[(1, "a", "b")]);
        check("a b", &[(1, "a", "b")]);
        check("  a \t = \t b ", &[(1, "a", "b ")]);
        check("a==b", &[(1, "a", "=b")]);
        check("a : = b", &[(1, "a", "= b")]);
        check("a", &[(1, "a", "")]);
        check("a=", &[(1, "a", "")]);
        check("=b", &[(1, "", "b")]);
        check("namesrvAddr=127.0.0.1:9876", &[(1, "namesrvAddr", "127.0.0.1:9876")]);
    }

    #[test]
    fn comments_and_blank_lines() {
        check("# a=1\n\n  ! b=2 \\\nc=3\n", &[(4, "c", "3")]);
        check("a=1 # not a comment", &[(1, "a", "1 # not a comment")]);
    }

    #[test]
    fn line_ends() {
        check("a=1\r\nb=2\rc=3\nd=4", &[(1, "a", "1"), (2, "b", "2"), (3, "c", "3"), (4, "d", "4")]);
    }

    #[test]
    fn continued_lines_keep_the_line_they_begin_on() {
        check("a=x, \\\n   y,\\\n\tz\nb=1", &[(1, "a", "x, y,z"), (4, "b", "1")]);
        check("a=x\\\n# y", &[(1, "a", "x# y")]);
        check("a=x\\\\\nb=1", &[(1, "a", "x\\"), (2, "b", "1")]);
        check("a=x\\", &[(1, "a", "x")]);
    }

    #[test]
    fn escapes() {
        check(r"a\=b\:c\ d=e", &[(1, "a=b:c d", "e")]);
        check(r"a=\t\n\r\f\\\z\#", &[(1, "a", "\t\n\r\u{c}\\z#")]);
        check(r"a=\u00e9\u4e2D\ud83d\ude00", &[(1, "a", "é中😀")]);
        check("a=é中😀", &[(1, "a", "é中😀")]);
        check("\u{feff}a=1", &[(1, "a", "1")]);
    }

    #[test]
    fn an_escape_that_stands_for_nothing_is_named_with_its_line() {
        for text in [r"a=\u00", r"a=\u00zz", r"a=\ud83d", r"a=\ud83dx", r"a=\ude00", r"a=\u+123"] {
            let (entries, bad) = parse(&format!("\n{text}"));
            assert_eq!((entries.len(), bad.len()), (0, 1), "{text}");
            assert_eq!(bad[0].line, 2);
        }
    }
}
