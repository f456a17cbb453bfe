//! `ByteArrayConverter`: the bytes as they are.

use super::{ConvertError, Converted, Converter, OptionError, Options, without_options};
use bytes::Bytes;
use connector_api::Value;
use std::sync::Arc;

#[derive(Debug)]
struct ByteArrayConverter;

pub(super) fn make(options: Options<'_>) -> Result<Arc<dyn Converter>, OptionError> {
    without_options(options)?;
    Ok(Arc::new(ByteArrayConverter))
}

impl Converter for ByteArrayConverter {
    fn convert(&self, bytes: Bytes) -> Result<Converted, ConvertError> {
        Ok(Value::Bytes(bytes).into())
    }
}
