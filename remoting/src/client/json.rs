//! JSON as Java's servers write it: keys that are numbers may come without quotes (`{0:"…"}`).

use serde::de::DeserializeOwned;

use super::error::Malformation;

/// Reads `text`, with unquoted keys if need be.
pub(super) fn from_java<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformation> {
    match serde_json::from_slice(text) {
        Ok(value) => Ok(value),
        Err(_) => Ok(serde_json::from_slice(&quote_keys(text))?),
    }
}

/// Puts quotes around every word before a `:` that has none.
fn quote_keys(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        let length = match byte {
            b'"' => string_length(rest),
            _ if is_word(byte) => rest.iter().take_while(|byte| is_word(**byte)).count(),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        let is_key = is_word(byte) && after.trim_ascii_start().first() == Some(&b':');
        let quote: &[u8] = if is_key { b"\"" } else { b"" };
        quoted.extend_from_slice(quote);
        quoted.extend_from_slice(token);
        quoted.extend_from_slice(quote);
        rest = if length == 1 { tail } else { after };
    }
    quoted
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_' | b'.' | b'$')
}

/// The length of the string that `text` begins with, its quotes included.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn unquoted_keys_are_read() {
        let check = |text: &str, expected: Value| {
            assert_eq!(from_java::<Value>(text.as_bytes()).unwrap(), expected, "{text}");
        };
        check(r#"{0:"a:1"}"#, json!({"0": "a:1"}));
        check(
            r#"{"a":{0:"x",-1:"y"},"b":[1,2,{3:4}]}"#,
            json!({"a": {"0": "x", "-1": "y"}, "b": [1, 2, {"3": 4}]}),
        );
        check(r#"{ 1 : "say \"{2:3}\"", k : true}"#, json!({"1": "say \"{2:3}\"", "k": true}));
        check(r#"{"plain":[1.5,null]}"#, json!({"plain": [1.5, null]}));
    }

    #[test]
    fn what_is_no_json_stays_an_error() {
        assert!(from_java::<Value>(b"{0:").is_err());
        assert!(from_java::<Value>(b"{\"open").is_err());
        assert!(from_java::<Value>(b"").is_err());
    }
}
