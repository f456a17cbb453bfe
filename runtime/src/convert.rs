//! From the bytes of a message to a value.
//!
//! The default converters look at the bytes no further than their promise needs, and share them.

mod bytes_value;
mod json;
mod numbers;
mod text;

use bytes::Bytes;
use connector_api::{ConfigError, SchemaRef, Value};
use std::{fmt, sync::Arc};

/// Reads the key or the body of messages.
pub trait Converter: Send + Sync + fmt::Debug {
    /// The value in `bytes`, and its schema if the converter knows one.
    ///
    /// # Errors
    /// [`ConvertError`] when they are not what the converter reads.
    fn convert(&self, bytes: Bytes) -> Result<Converted, ConvertError>;
}

/// What bytes were read as.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The value.
    pub value: Value,
    /// What describes it; nothing for values that are passed on as they came.
    pub schema: Option<SchemaRef>,
}

impl From<Value> for Converted {
    fn from(value: Value) -> Self {
        Self { value, schema: None }
    }
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

impl OptionError {
    fn new(option: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { option: option.into(), problem: problem.into() }
    }
}

/// The value of an option.
fn given<'o>(options: Options<'o>, name: &str) -> Option<&'o str> {
    let found = options.iter().find(|(option, _)| *option == name);
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// Refuses options that a converter does not have.
fn known_options(options: Options<'_>, known: &[&str]) -> Result<(), OptionError> {
    match options.iter().find(|(option, _)| !known.contains(option)) {
        None => Ok(()),
        Some((option, _)) if known.is_empty() => {
            Err(OptionError::new(*option, "the converter has no options"))
        }
        Some((option, _)) => {
            Err(OptionError::new(*option, format!("the converter has the options {}", known.join(", "))))
        }
    }
}

fn without_options(options: Options<'_>) -> Result<(), OptionError> {
    known_options(options, &[])
}

struct Kind {
    class: &'static str,
    make: fn(Options<'_>) -> Result<Arc<dyn Converter>, OptionError>,
}

const PACKAGE: &str = "org.apache.rocketmq.connect.runtime.converter.record.";

const KINDS: &[Kind] = &[
    Kind { class: "StringConverter", make: text::make },
    Kind { class: "ByteArrayConverter", make: bytes_value::make },
    Kind { class: "ShortConverter", make: numbers::short },
    Kind { class: "IntegerConverter", make: numbers::integer },
    Kind { class: "LongConverter", make: numbers::long },
    Kind { class: "FloatConverter", make: numbers::float },
    Kind { class: "DoubleConverter", make: numbers::double },
    Kind { class: "json.JsonConverter", make: json::make },
];

/// Converters whose bodies mean nothing without a schema registry.
const OF_REGISTRIES: &[&str] = &["AvroConverter", "JsonSchemaConverter", "ProtobufConverter"];

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
        .ok_or_else(|| ConfigError::new(key, unknown(class)))?;
    (kind.make)(options)
        .map_err(|OptionError { option, problem }| ConfigError::new(format!("{key}.{option}"), problem))
}

fn unknown(class: &str) -> String {
    let known: Vec<_> = KINDS.iter().map(|kind| short(kind.class)).collect();
    let known = known.join(", ");
    match OF_REGISTRIES.contains(&class.rsplit('.').next().unwrap_or(class)) {
        true => format!("{class:?} needs a schema registry, which is not supported; there are {known}"),
        false => format!("{class:?} is not known here, there are {known}"),
    }
}

/// The converter of UTF-8 text.
pub(crate) fn text() -> Arc<dyn Converter> {
    Arc::new(text::StringConverter)
}

/// The Java classes of the converters there are.
pub(crate) fn classes() -> impl Iterator<Item = String> {
    KINDS.iter().map(|kind| format!("{PACKAGE}{}", kind.class))
}

fn short(class: &'static str) -> &'static str {
    class.rsplit('.').next().unwrap_or(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(class: &str, options: Options<'_>, body: &'static str) -> Result<Value, String> {
        let converter = converter("value.converter", class, options).map_err(|e| e.to_string())?;
        let converted = converter.convert(Bytes::from_static(body.as_bytes()));
        converted.map(|converted| converted.value).map_err(|e| e.to_string())
    }

    #[test]
    fn converters_go_by_their_java_names_and_short() {
        let text = Ok(Value::String("a".into()));
        assert_eq!(convert("StringConverter", &[], "a"), text);
        assert_eq!(convert(&format!("{PACKAGE}StringConverter"), &[], "a"), text);
        assert_eq!(convert("ByteArrayConverter", &[], "a"), Ok(Value::Bytes(Bytes::from_static(b"a"))));
        assert_eq!(
            convert("AvroConverter", &[], "a").unwrap_err(),
            "value.converter: \"AvroConverter\" needs a schema registry, which is not supported; there are StringConverter, \
             ByteArrayConverter, ShortConverter, IntegerConverter, LongConverter, FloatConverter, DoubleConverter, JsonConverter"
        );
        let unknown = convert("MyConverter", &[], "a").unwrap_err();
        assert!(
            unknown.starts_with("value.converter: \"MyConverter\" is not known here, there are "),
            "{unknown}"
        );
    }

    #[test]
    fn json_without_schemas_passes_as_it_is() {
        let off: Options<'_> = &[("schemas.enable", "false")];
        let body = r#"{"a": 1}"#;
        assert_eq!(convert("JsonConverter", off, body), Ok(Value::String(body.into())));
        assert_eq!(convert("JsonConverter", off, ""), Ok(Value::Null));
        assert!(convert("JsonConverter", off, "hello").unwrap_err().contains("JsonConverter cannot read it"));
    }

    #[test]
    fn numbers_are_big_endian_and_of_one_width() {
        assert_eq!(convert("ShortConverter", &[], "\0\x02"), Ok(Value::Int16(2)));
        assert_eq!(convert("IntegerConverter", &[], "\0\0\x01\0"), Ok(Value::Int32(256)));
        assert_eq!(convert("LongConverter", &[], "\0\0\0\0\0\0\0\x07"), Ok(Value::Int64(7)));
        assert_eq!(convert("FloatConverter", &[], "?\0\0\0"), Ok(Value::Float32(0.5)));
        assert_eq!(convert("DoubleConverter", &[], "@\0\0\0\0\0\0\0"), Ok(Value::Float64(2.0)));
        let refused = convert("LongConverter", &[], "\0\x02").unwrap_err();
        assert_eq!(refused, "LongConverter cannot read it: 2 bytes long, 8 are needed");
        let refused = convert("LongConverter", &[("width", "8")], "").unwrap_err();
        assert_eq!(refused, "value.converter.width: the converter has no options");
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
