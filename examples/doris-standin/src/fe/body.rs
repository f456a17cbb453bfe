//! Request bodies that are JSON, and what is said of those that are not.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answers::Answer;

/// Reads a JSON object.
///
/// # Errors
/// The answer to a body that is none: the exception of the front end's JSON reader.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    let refused = |text: String| Answer::internal_error(Some(&text));
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => serde_json::from_value(Value::Object(object))
            .map_err(|error| refused(format!("java.lang.IllegalStateException: {error}"))),
        Ok(other) => Err(refused(not_an_object(kind(&other)))),
        // Anything that does not begin as JSON does is taken for a string without quotes.
        Err(_) if !body.trim_ascii_start().starts_with(b"{") => Err(refused(not_an_object("STRING"))),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(refused(format!("java.io.EOFException: End of input at line {line} column {column} path $.")))
        }
    }
}

fn not_an_object(found: &str) -> String {
    format!(
        "java.lang.IllegalStateException: Expected BEGIN_OBJECT but was {found} at line 1 column 1 path $"
    )
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "BOOLEAN",
        Value::Number(_) => "NUMBER",
        Value::String(_) => "STRING",
        Value::Array(_) => "BEGIN_ARRAY",
        Value::Object(_) => "BEGIN_OBJECT",
    }
}
