//! Schemas as `JsonConverter` writes them.

use connector_api::{Field, FieldType, Schema, Text};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

/// A schema in JSON. Whether it is optional means nothing to a Java worker's reading, and neither does a default.
#[derive(Debug, Deserialize)]
struct Described {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    version: Option<i32>,
    doc: Option<String>,
    parameters: Option<BTreeMap<String, String>>,
    items: Option<Box<Described>>,
    keys: Option<Box<Described>>,
    values: Option<Box<Described>>,
    fields: Option<Vec<DescribedField>>,
}

#[derive(Debug, Deserialize)]
struct DescribedField {
    field: String,
    #[serde(flatten)]
    schema: Described,
}

/// The schema that a text describes.
pub(super) fn read(text: &str) -> Result<Schema, String> {
    let described: Described = serde_json::from_str(text).map_err(|error| format!("schema: {error}"))?;
    described.schema()
}

impl Described {
    fn schema(self) -> Result<Schema, String> {
        let Self { kind, name, version, doc, parameters, items, keys, values, fields } = self;
        let part = |part: Option<Box<Self>>, what: &str| match part {
            Some(part) => part.schema().map(Arc::new),
            None => Err(format!("schema: type {kind} without {what}")),
        };
        let field_type = match kind.as_str() {
            "boolean" => FieldType::Boolean,
            "int8" => FieldType::Int8,
            "int16" => FieldType::Int16,
            "int32" => FieldType::Int32,
            "int64" => FieldType::Int64,
            "float" | "float32" => FieldType::Float32,
            "double" | "float64" => FieldType::Float64,
            "string" => FieldType::String,
            "bytes" => FieldType::Bytes,
            "array" => FieldType::Array(part(items, "items")?),
            "map" => FieldType::Map(part(keys, "keys")?, part(values, "values")?),
            "struct" => {
                let fields = fields.unwrap_or_default().into_iter().map(DescribedField::field);
                FieldType::Struct(fields.collect::<Result<_, _>>()?)
            }
            other => {
                return Err(format!(
                    "schema: {other:?} is no type; there are boolean, int8, int16, int32, int64, float, double, string, bytes, \
                     array, map and struct"
                ));
            }
        };
        let parameters = parameters.unwrap_or_default().into_iter();
        Ok(Schema {
            name: name.map(Text::from),
            version,
            doc: doc.map(Text::from),
            parameters: parameters.map(|(name, value)| (name.into(), value.into())).collect(),
            ..Schema::of(field_type)
        })
    }
}

impl DescribedField {
    fn field(self) -> Result<Field, String> {
        Ok(Field { schema: Arc::new(self.schema.schema()?), name: self.field.into() })
    }
}
