//! `StringConverter`: UTF-8 text.

use super::{ConvertError, Converted, Converter, OptionError, Options};
use bytes::Bytes;
use connector_api::{Text, Value};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct StringConverter;

pub(super) fn make(options: Options<'_>) -> Result<Arc<dyn Converter>, OptionError> {
    for (name, value) in options.iter().filter(|(name, _)| name.ends_with(".encoding") || *name == "encoding")
    {
        if !["UTF8", "UTF-8"].iter().any(|known| value.trim().eq_ignore_ascii_case(known)) {
            return Err(OptionError {
                option: (*name).to_owned(),
                problem: format!("{value:?} is not supported, only UTF-8 is"),
            });
        }
    }
    Ok(Arc::new(StringConverter))
}

impl Converter for StringConverter {
    fn convert(&self, bytes: Bytes) -> Result<Converted, ConvertError> {
        let text = Text::from_utf8(bytes);
        text.map(|text| Value::String(text).into())
            .map_err(|error| ConvertError { converter: "StringConverter", reason: error.to_string() })
    }
}
