//! Schemas: the shape of typed values.

use crate::Text;
use std::sync::Arc;

/// A schema, shared by all the records it describes.
pub type SchemaRef = Arc<Schema>;

/// The shape of a value, as OpenMessaging Connect describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// What kind of value this is.
    pub field_type: FieldType,
    /// Name of a logical type, such as `io.openmessaging.connector.api.data.logical.Decimal`.
    pub name: Option<Text>,
    /// Version of the schema.
    pub version: Option<i32>,
    /// Whether the value may be null; OpenMessaging Connect's builder says yes unless told otherwise.
    pub optional: bool,
    /// What the value means.
    pub doc: Option<Text>,
    /// Further settings, such as `scale` of a decimal.
    pub parameters: Vec<(Text, Text)>,
}

impl Schema {
    /// An optional value of this type, without name or parameters.
    pub fn of(field_type: FieldType) -> Self {
        Self { field_type, name: None, version: None, optional: true, doc: None, parameters: Vec::new() }
    }
}

/// The types of OpenMessaging Connect (`io.openmessaging.connector.api.data.FieldType`) with what each needs to be whole.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    /// 8-bit integer.
    Int8,
    /// 16-bit integer.
    Int16,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// 32-bit floating point.
    Float32,
    /// 64-bit floating point.
    Float64,
    /// True or false.
    Boolean,
    /// UTF-8 text.
    String,
    /// Bytes.
    Bytes,
    /// Values of one type.
    Array(SchemaRef),
    /// Pairs of one type of key and one type of value.
    Map(SchemaRef, SchemaRef),
    /// Named fields.
    Struct(Vec<Field>),
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The field's name.
    pub name: Text,
    /// The field's shape.
    pub schema: SchemaRef,
}
