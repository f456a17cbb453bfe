//! From the bytes of a message to a value.
//!
//! The default converters look at the bytes no further than their promise needs, and share them.

mod bytes_value;
mod json;
mod text;

use bytes::Bytes;
use connector_api::{ConfigError, Value};
use std::{fmt, sync::Arc};

/// Reads the key or the body of messages.
pub trait Converter: Send + Sync + fmt::Debug {
    /// The value in `bytes`.
    ///
    /// # Errors
    /// [`ConvertError`] when they are not what the converter reads.
    fn convert(&self, bytes: Bytes) -> Result<Value, ConvertError>;
}

/// Bytes are not what a converter reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{converter} cannot read it: {reason}")]
pub struct ConvertError {
    /// The converter's short name.
    pub converter: &'static str,
    /// What is wrong with the bytes.
    pub reason: String,
}

/// Options of a converter: keys without `value.converter.`, and their values.
type Options<'a> = &'a [(&'a str, &'a str)];

/// An option of a converter that cannot be.
struct OptionError {
    option: String,
    problem: String,
}

struct Kind {
    class: &'static str,
    make: fn(Options<'_>) -> Result<Arc<dyn Converter>, OptionError>,
}

const PACKAGE: &str = "org.apache.rocketmq.connect.runtime.converter.record.";

const KINDS: &[Kind] = &[
    Kind { class: "StringConverter", make: text::make },
    Kind { class: "ByteArrayConverter", make: bytes_value::make },
    Kind { class: "json.JsonConverter", make: json::make },
];

/// The converter that `class` stands for: its Java name, or the last part of it.
///
/// `key` is the configuration key that names it; options are the keys that start with it and a dot.
///
/// # Errors
/// [`ConfigError`] when there is no such converter, with those there are, or when an option is wrong.
pub fn converter(key: &str, class: &str, options: Options<'_>) -> Result<Arc<dyn Converter>, ConfigError> {
    let class = class.trim();
    let kind = KINDS
        .iter()
        .find(|kind| class.strip_prefix(PACKAGE) == Some(kind.class) || class == short(kind.class))
        .ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|kind| short(kind.class)).collect();
            ConfigError::new(key, format!("{class:?} is not known here, there are {}", known.join(", ")))
        })?;
    (kind.make)(options)
        .map_err(|OptionError { option, problem }| ConfigError::new(format!("{key}.{option}"), problem))
}

/// The converter of UTF-8 text.
pub(crate) fn text() -> Arc<dyn Converter> {
    Arc::new(text::StringConverter)
}

fn short(class: &'static str) -> &'static str {
    class.rsplit('.').next().unwrap_or(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(class: &str, options: Options<'_>, body: &'static str) -> Result<Value, String> {
        let converter = converter("value.converter", class, options).map_err(|e| e.to_string())?;
        converter.convert(Bytes::from_static(body.as_bytes())).map_err(|e| e.to_string())
    }

    #[test]
    fn converters_go_by_their_java_names_and_short() {
        let text = Ok(Value::String("a".into()));
        assert_eq!(convert("StringConverter", &[], "a"), text);
        assert_eq!(convert(&format!("{PACKAGE}StringConverter"), &[], "a"), text);
        assert_eq!(convert("ByteArrayConverter", &[], "a"), Ok(Value::Bytes(Bytes::from_static(b"a"))));
        assert_eq!(
            convert("AvroConverter", &[], "a").unwrap_err(),
            "value.converter: \"AvroConverter\" is not known here, there are StringConverter, ByteArrayConverter, JsonConverter"
        );
    }

    #[test]
    fn json_without_schemas_passes_as_it_is() {
        let off: Options<'_> = &[("schemas.enable", "false")];
        let body = r#"{"a": 1}"#;
        assert_eq!(convert("JsonConverter", off, body), Ok(Value::String(body.into())));
        assert_eq!(convert("JsonConverter", off, ""), Ok(Value::Null));
        assert!(convert("JsonConverter", off, "hello").unwrap_err().contains("JsonConverter cannot read it"));
        assert!(
            convert("JsonConverter", &[], body).unwrap_err().starts_with("value.converter.schemas.enable: ")
        );
    }

    #[test]
    fn text_in_another_encoding_is_refused_by_name() {
        let options: Options<'_> = &[("deserializer.encoding", "GBK")];
        let error = convert("StringConverter", options, "a").unwrap_err();
        assert_eq!(error, "value.converter.deserializer.encoding: \"GBK\" is not supported, only UTF-8 is");
    }

    #[test]
    fn text_that_is_not_utf8_is_an_error_with_its_position() {
        let converter = converter("value.converter", "StringConverter", &[]).unwrap();
        let error = converter.convert(Bytes::from_static(b"ab\xff")).unwrap_err();
        assert_eq!(error.to_string(), "StringConverter cannot read it: not UTF-8 from byte 2 on");
    }
}
