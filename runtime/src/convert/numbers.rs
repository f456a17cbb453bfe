//! `ShortConverter` to `DoubleConverter`: one number, big-endian, and nothing else.

use super::{ConvertError, Converted, Converter, OptionError, Options, without_options};
use bytes::Bytes;
use connector_api::{FieldType, Schema, SchemaRef, Value};
use std::sync::Arc;

/// Reads a number of one width.
#[derive(Debug)]
struct NumberConverter {
    name: &'static str,
    width: usize,
    read: fn(&[u8]) -> Option<Value>,
    schema: SchemaRef,
}

macro_rules! make {
    ($($make:ident $name:literal $number:ty => $value:ident;)*) => {
        $(pub(super) fn $make(options: Options<'_>) -> Result<Arc<dyn Converter>, OptionError> {
            without_options(options)?;
            Ok(Arc::new(NumberConverter {
                name: $name,
                width: size_of::<$number>(),
                read: |bytes| Some(Value::$value(<$number>::from_be_bytes(bytes.try_into().ok()?))),
                schema: Arc::new(Schema::of(FieldType::$value)),
            }))
        })*
    };
}

make! {
    short "ShortConverter" i16 => Int16;
    integer "IntegerConverter" i32 => Int32;
    long "LongConverter" i64 => Int64;
    float "FloatConverter" f32 => Float32;
    double "DoubleConverter" f64 => Float64;
}

impl Converter for NumberConverter {
    fn convert(&self, bytes: Bytes) -> Result<Converted, ConvertError> {
        let Self { name, width, read, schema } = self;
        let value = read(&bytes).ok_or_else(|| ConvertError {
            converter: name,
            reason: format!("{} bytes long, {width} are needed", bytes.len()),
        })?;
        Ok(Converted { value, schema: Some(Arc::clone(schema)) })
    }
}
