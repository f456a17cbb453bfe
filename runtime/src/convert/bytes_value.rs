//! `ByteArrayConverter`: the bytes as they are.

use super::{ConvertError, Converter, OptionError, Options};
use bytes::Bytes;
use connector_api::Value;
use std::sync::Arc;

#[derive(Debug)]
struct ByteArrayConverter;

// It has the shape of all converters' constructors.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn make(_: Options<'_>) -> Result<Arc<dyn Converter>, OptionError> {
    Ok(Arc::new(ByteArrayConverter))
}

impl Converter for ByteArrayConverter {
    fn convert(&self, bytes: Bytes) -> Result<Value, ConvertError> {
        Ok(Value::Bytes(bytes))
    }
}
