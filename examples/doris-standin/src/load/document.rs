//! What columns of JSON and VARIANT hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::source::Source;

/// JSON as a column of JSON gives it back: no white space between tokens, escapes only where they must be.
///
/// `None` for a text that is no JSON.
pub(super) fn json(value: Source<'_>) -> Option<String> {
    let text = value.into_text();
    serde_json::from_str::<serde::de::IgnoredAny>(&text).ok()?;
    Some(normal(&text))
}

/// A value of any shape as VARIANT gives it back: keys in order, those of no value gone. What is no JSON is a text.
pub(super) fn variant(value: Source<'_>) -> String {
    let text = value.into_text();
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::String(text)) => text,
        Ok(mut value) => {
            normalise(&mut value);
            value.to_string()
        }
        Err(_) => text.into_owned(),
    }
}

fn normalise(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let kept = std::mem::take(fields).into_iter().filter(|(_, value)| !value.is_null());
            let sorted: BTreeMap<String, Value> = kept.collect();
            *fields = sorted.into_iter().collect();
            fields.values_mut().for_each(normalise);
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        _ => {}
    }
}

/// JSON text without the white space between tokens.
pub(super) fn compact(json: &str) -> String {
    rewritten(json, |token| Cow::Borrowed(token))
}

fn normal(json: &str) -> String {
    rewritten(json, |token| {
        let is_text = token.starts_with('"');
        let differs = if is_text { token.contains('\\') } else { is_fractional(token) };
        match serde_json::from_str::<Value>(token) {
            Ok(value) if differs => Cow::Owned(value.to_string()),
            _ => Cow::Borrowed(token),
        }
    })
}

/// Whether a token is a number that is kept as a double.
fn is_fractional(token: &str) -> bool {
    token.starts_with(|first: char| first == '-' || first.is_ascii_digit()) && token.contains(['.', 'e', 'E'])
}

/// JSON text token by token, each through `rewrite`.
fn rewritten(json: &str, rewrite: impl for<'t> Fn(&'t str) -> Cow<'t, str>) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json.trim_ascii_start();
    while !rest.is_empty() {
        let (token, behind) = rest.split_at(token_length(rest.as_bytes()));
        out.push_str(&rewrite(token));
        rest = behind.trim_ascii_start();
    }
    out
}

fn token_length(bytes: &[u8]) -> usize {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"[]{},:\"".contains(byte);
    match bytes.first() {
        Some(b'"') => text_length(bytes),
        Some(first) if ends(first) => 1,
        _ => bytes.iter().position(ends).unwrap_or(bytes.len()),
    }
}

/// Length of the text at the front, with both quotes.
fn text_length(bytes: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        if *byte == b'"' && !escaped {
            return at + 1;
        }
        escaped = *byte == b'\\' && !escaped;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_order_and_loses_what_does_not_count() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(json(Source::owned(text.to_owned())).as_deref(), expected, "{text}");
        };
        check("{ \"b\" : [1, 2.50] ,\n\"a\":null }", Some("{\"b\":[1,2.5],\"a\":null}"));
        check(r#"{"\u00e9\"":"a\/b\n"}"#, Some(r#"{"é\"":"a/b\n"}"#));
        check("123456789012345678901234567890", Some("123456789012345678901234567890"));
        check("plain", None);
        check("{\"a\":1", None);
        check("", None);
    }

    #[test]
    fn a_variant_is_sorted_and_without_nulls() {
        let check = |text: &str, expected: &str| {
            assert_eq!(variant(Source::owned(text.to_owned())), expected, "{text}");
        };
        check(r#"{"b":{"z":1,"a":null},"a":[1,null]}"#, r#"{"a":[1,null],"b":{"z":1}}"#);
        check("17", "17");
        check(r#""text""#, "text");
        check("no json", "no json");
    }
}
