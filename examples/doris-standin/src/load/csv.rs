//! Lines of separated values into the fields of a row.

use std::borrow::Cow;

use super::plan::Plan;
use super::source::Source;

/// How values are separated and quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) column_separator: String,
    pub(crate) line_delimiter: Vec<u8>,
    pub(crate) skip_lines: usize,
    pub(crate) trim_double_quotes: bool,
    /// Values of no length are NULL.
    pub(crate) empty_as_null: bool,
    /// What stands around values that hold separators.
    pub(crate) enclose: Option<u8>,
    /// What stands before an `enclose` that is meant as it is, and before itself.
    pub(crate) escape: Option<u8>,
}

/// Hands over line by line, without the delimiter; one that is enclosed ends no line.
pub(super) fn lines<E>(
    dialect: &Dialect,
    body: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut rest = body;
    while !rest.is_empty() {
        let (line, behind) = first_line(dialect, rest);
        take(line)?;
        rest = behind;
    }
    Ok(())
}

fn first_line<'b>(dialect: &Dialect, body: &'b [u8]) -> (&'b [u8], &'b [u8]) {
    let (separator, delimiter) = (dialect.column_separator.as_bytes(), dialect.line_delimiter.as_slice());
    let mut at = 0;
    loop {
        at += value_length(dialect, &body[at..]);
        if body[at..].starts_with(delimiter) {
            return (&body[..at], &body[at + delimiter.len()..]);
        }
        if at >= body.len() {
            return (body, &[]);
        }
        at += separator.len();
    }
}

/// Length of the value at the front, up to a separator, a delimiter or the end.
fn value_length(dialect: &Dialect, bytes: &[u8]) -> usize {
    let ends = |at: usize| {
        let rest = &bytes[at..];
        rest.is_empty()
            || rest.starts_with(dialect.column_separator.as_bytes())
            || rest.starts_with(&dialect.line_delimiter)
    };
    let plain = || (0..=bytes.len()).find(|at| ends(*at)).unwrap_or(bytes.len());
    let Some(enclose) = dialect.enclose.filter(|enclose| bytes.first() == Some(enclose)) else {
        return plain();
    };
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        if *byte == enclose && !escaped && ends(at + 1) {
            return at + 1;
        }
        escaped = dialect.escape == Some(*byte) && !escaped;
    }
    // Never closed: what stands at the front is no quote.
    plain()
}

/// Splits a line; `Err` with the reason when the number of values is wrong.
pub(super) fn line<'a>(
    plan: &Plan,
    text: &'a str,
    dialect: &Dialect,
    fields: &mut Vec<Option<Source<'a>>>,
) -> Result<(), String> {
    fields.clear();
    let mut rest = Some(text);
    while let Some(left) = rest {
        let (value, behind) = left.split_at(value_length(dialect, left.as_bytes()));
        rest = behind.strip_prefix(&dialect.column_separator);
        fields.push(Some(source(dialect, value)));
    }
    let (actual, expected) = (fields.len(), plan.width());
    if actual == expected {
        return Ok(());
    }
    let relation = if actual < expected { "less" } else { "more" };
    let (separator, delimiter) =
        (&dialect.column_separator, String::from_utf8_lossy(&dialect.line_delimiter));
    Err(format!(
        "actual column number in csv file is  {relation} than  schema column number.actual number: {actual}, schema column number: {expected}; line delimiter: [{delimiter}], column separator: [{separator}], "
    ))
}

fn source<'a>(dialect: &Dialect, value: &'a str) -> Source<'a> {
    let trimmed = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let trimmed = trimmed.filter(|_| dialect.trim_double_quotes);
    let enclosed = dialect
        .enclose
        .map(char::from)
        .and_then(|enclose| value.strip_prefix(enclose)?.strip_suffix(enclose));
    // What only `trim_double_quotes` took quotes from is a text, whatever it says.
    let null = enclosed.unwrap_or(value) == "\\N";
    let value = enclosed.or(trimmed).unwrap_or(value);
    if null || (value.is_empty() && dialect.empty_as_null) {
        return Source::Null;
    }
    // Whatever a field goes into, it is read as text first: escapes go from all of them.
    match dialect.escape {
        Some(escape) => Source::Text(unescaped(value, escape.into(), dialect.enclose.map(char::from))),
        None => Source::Text(Cow::Borrowed(value)),
    }
}

/// What texts mean where there is an escape: it goes, and so does the first of two quotes (Doris, `escape_string_for_csv`).
fn unescaped(value: &str, escape: char, enclose: Option<char>) -> Cow<'_, str> {
    if !value.contains(escape) && !enclose.is_some_and(|enclose| value.contains(enclose)) {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut skipped = false;
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let first_of_two = Some(character) == enclose && characters.peek() == enclose.as_ref();
        skipped = (character == escape || first_of_two) && !skipped;
        if !skipped {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect() -> Dialect {
        Dialect {
            column_separator: ",".to_owned(),
            line_delimiter: b"\n".to_vec(),
            skip_lines: 0,
            trim_double_quotes: false,
            empty_as_null: false,
            enclose: Some(b'"'),
            escape: Some(b'\\'),
        }
    }

    #[test]
    fn what_is_enclosed_ends_no_line_and_no_value() {
        let check = |body: &str, expected: &[&str]| {
            let mut found = Vec::new();
            let taken: Result<(), ()> = lines(&dialect(), body.as_bytes(), |line| {
                found.push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            });
            assert_eq!(
                (taken, found),
                (Ok(()), expected.iter().map(ToString::to_string).collect()),
                "{body}"
            );
        };
        check("a,b\nc,d\n", &["a,b", "c,d"]);
        check("\"a\n,b\",c\nd,e", &["\"a\n,b\",c", "d,e"]);
        check("\"a\\\",b\",c\n", &["\"a\\\",b\",c"]);
        check("a\"b,c\nd", &["a\"b,c", "d"]);
        check("\"never closed,b\nc", &["\"never closed,b", "c"]);
        check("\n\n", &["", ""]);
    }

    #[test]
    fn escapes_go_from_texts() {
        let check = |value: &str, expected: &str| {
            assert_eq!(unescaped(value, '\\', Some('"')), expected, "{value}");
        };
        check("plain", "plain");
        check("say \\\"hi\\\"", "say \"hi\"");
        check("C:\\\\dir", "C:\\dir");
        check("two\"\"quotes", "two\"quotes");
        check("\\\\\\\"", "\\\"");
    }
}
