//! JSON as loads need it: recognised without being parsed, and written from typed values.

mod scan;
mod text;
mod write;

pub(crate) use scan::{Malformed, scan};
pub(crate) use write::{Unwritable, write_field, write_object};

use bytes::BytesMut;
use memchr::memchr2;

/// Appends a valid JSON text without the line breaks between its tokens and the indentation behind them.
///
/// Inside of a string a line break is an escape, so each one met here stands between tokens; and between two tokens of
/// JSON there is always a bracket, a comma or a colon, so nothing grows together.
pub(crate) fn append_on_one_line(mut json: &[u8], out: &mut BytesMut) {
    while let Some(at) = memchr2(b'\n', b'\r', json) {
        out.extend_from_slice(&json[..at]);
        json = json[at..].trim_ascii_start();
    }
    out.extend_from_slice(json);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let mut out = BytesMut::new();
        append_on_one_line(json.as_bytes(), &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    #[test]
    fn line_breaks_between_tokens_go_and_those_in_strings_stay() {
        check("{\"a\": 1}", "{\"a\": 1}");
        check("{\n  \"a\": [1,\r\n 2],\n\n  \"b\": \"x\\ny\"\n}", "{\"a\": [1,2],\"b\": \"x\\ny\"}");
        check("{\"a\"\n:\n1}", "{\"a\":1}");
    }
}
