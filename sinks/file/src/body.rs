//! What a body looks like as a line.

use bytes::Bytes;
use connector_api::Value;
use serde::de::IgnoredAny;

/// The line for `value`, without the line break that ends it.
///
/// A body is written as it is. Line breaks inside a JSON document are white space, which spaces replace; in any other
/// body they would make several lines of one record, so it is refused.
pub(crate) fn line(value: &Value) -> Result<Line, Refused> {
    if matches!(value, Value::Array(_) | Value::Map(_) | Value::Struct(_)) {
        return Err(Refused::Structured);
    }
    let body = value.text();
    let Some(position) = body.iter().position(is_line_break) else { return Ok(Line(body)) };
    if serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        return Err(Refused::LineBreak { position });
    }
    let on_one_line: Vec<u8> =
        body.trim_ascii().iter().map(|byte| if is_line_break(byte) { b' ' } else { *byte }).collect();
    Ok(Line(on_one_line.into()))
}

/// Bytes without a line break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line(Bytes);

impl Line {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why a body cannot be a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "the body has a line break at byte {position} and is not JSON; one record is one line of the file"
    )]
    LineBreak { position: usize },
    #[error("the value is structured; set value.converter to the StringConverter to get bodies as they are")]
    Structured,
}

fn is_line_break(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_api::Text;

    #[track_caller]
    fn check(body: &str, expected: Result<&str, Refused>) {
        let found = line(&Value::String(Text::from(body)));
        assert_eq!(found.as_ref().map(Line::as_bytes), expected.as_ref().map(|line| line.as_bytes()));
    }

    #[test]
    fn a_body_is_written_as_it_is() {
        check("", Ok(""));
        check("plain text, not JSON", Ok("plain text, not JSON"));
        check(r#"{ "a":  "\n" }"#, Ok(r#"{ "a":  "\n" }"#));
        assert_eq!(line(&Value::Bytes(Bytes::from_static(&[0, 255]))).unwrap().as_bytes(), [0, 255]);
        assert_eq!(line(&Value::Int32(-7)).unwrap().as_bytes(), b"-7");
    }

    #[test]
    fn json_over_several_lines_is_put_on_one() {
        check("{\n  \"a\": 1\r\n}\n", Ok("{   \"a\": 1  }"));
        check("[1,\n2]", Ok("[1, 2]"));
    }

    #[test]
    fn a_body_that_would_be_several_lines_is_refused_with_the_position() {
        check("two\nlines", Err(Refused::LineBreak { position: 3 }));
        check("ends with one\r", Err(Refused::LineBreak { position: 13 }));
        check("{\"a\":\n1} {\"b\":2}", Err(Refused::LineBreak { position: 5 }));
        assert_eq!(line(&Value::Array(vec![])), Err(Refused::Structured));
    }
}
