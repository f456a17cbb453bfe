//! Types of values with a schema.

use super::{DorisType, array_of};
use crate::catalog::NewColumn;
use connector_api::{Field, FieldType, Schema};

/// The most digits of a decimal that every Doris takes, and the most bytes of a VARCHAR.
const DIGITS: u8 = 38;
const VARCHAR: u32 = 65533;
/// Bytes of a character where the source counts characters, as doris-kafka-connector reckons.
const BYTES_OF_A_CHARACTER: u32 = 3;

/// Columns for those `fields` that are not `known`.
pub(crate) fn columns_of_schema(fields: &[Field], known: impl Fn(&str) -> bool) -> Vec<NewColumn> {
    let new = fields.iter().filter(|field| !known(&field.name));
    let column = |field: &Field| NewColumn {
        name: field.name.to_string(),
        column_type: type_of(&field.schema),
        comment: field.schema.doc.as_deref().unwrap_or_default().to_owned(),
    };
    new.map(column).collect()
}

/// The type for values of this shape: by the name of a logical type where it is known, else by what carries it.
pub(super) fn type_of(schema: &Schema) -> DorisType {
    if let Some(logical) = schema.name.as_deref().and_then(|name| logical(name, schema)) {
        return logical;
    }
    match &schema.field_type {
        FieldType::Boolean => DorisType::Boolean,
        FieldType::Int8 => DorisType::TinyInt,
        FieldType::Int16 => DorisType::SmallInt,
        FieldType::Int32 => DorisType::Int,
        FieldType::Int64 => DorisType::BigInt,
        FieldType::Float32 => DorisType::Float,
        FieldType::Float64 => DorisType::Double,
        FieldType::String => text(schema),
        FieldType::Bytes => DorisType::String,
        FieldType::Array(items) => array_of(type_of(items)),
        FieldType::Map(..) | FieldType::Struct(_) => DorisType::Json,
    }
}

/// The logical types of OpenMessaging Connect, Kafka Connect and Debezium.
fn logical(name: &str, schema: &Schema) -> Option<DorisType> {
    let (space, last) = name.rsplit_once('.')?;
    let known = [
        "io.openmessaging.connector.api.data.logical",
        "org.apache.kafka.connect.data",
        "io.debezium.time",
        "io.debezium.data",
        "io.debezium.data.geometry",
    ];
    if !known.contains(&space) {
        return None;
    }
    Some(match last {
        "Decimal" => decimal(schema),
        "Date" => DorisType::Date,
        "Timestamp" => DorisType::DateTime { precision: 3 },
        "MicroTimestamp" | "NanoTimestamp" | "ZonedTimestamp" => DorisType::DateTime { precision: 6 },
        "VariableScaleDecimal" => DorisType::Double,
        "Json" => DorisType::Json,
        // Doris stores no times of day.
        "Time" | "MicroTime" | "NanoTime" | "ZonedTime" => DorisType::String,
        "Point" | "Geometry" | "Geography" | "Enum" | "EnumSet" | "Uuid" | "Xml" | "Bits" => {
            DorisType::String
        }
        _ => return None,
    })
}

fn decimal(schema: &Schema) -> DorisType {
    let digits = |name: &str| parameter(schema, name).and_then(|digits| u8::try_from(digits).ok());
    let precision = digits("connect.decimal.precision").or_else(|| digits("precision")).unwrap_or(DIGITS);
    match digits("scale").unwrap_or_default() {
        scale if precision <= DIGITS && scale <= precision => DorisType::Decimal { precision, scale },
        _ => DorisType::String,
    }
}

fn text(schema: &Schema) -> DorisType {
    let length = parameter(schema, "__debezium.source.column.length").or_else(|| parameter(schema, "length"));
    match length.and_then(|characters| characters.checked_mul(BYTES_OF_A_CHARACTER)) {
        Some(bytes @ 1..=VARCHAR) => DorisType::Varchar(bytes),
        _ => DorisType::String,
    }
}

fn parameter(schema: &Schema, name: &str) -> Option<u32> {
    let (_, value) = schema.parameters.iter().find(|(known, _)| &**known == name)?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn named(field_type: FieldType, name: &str, parameters: &[(&str, &str)]) -> Schema {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Schema {
            name: (!name.is_empty()).then(|| name.into()),
            parameters: parameters.collect(),
            ..Schema::of(field_type)
        }
    }

    #[track_caller]
    fn check(field_type: FieldType, name: &str, parameters: &[(&str, &str)], expected: &str) {
        assert_eq!(type_of(&named(field_type, name, parameters)).to_string(), expected, "{name}");
    }

    #[test]
    fn plain_types_have_the_type_of_their_width() {
        for (field_type, expected) in [
            (FieldType::Boolean, "BOOLEAN"),
            (FieldType::Int8, "TINYINT"),
            (FieldType::Int16, "SMALLINT"),
            (FieldType::Int32, "INT"),
            (FieldType::Int64, "BIGINT"),
            (FieldType::Float32, "FLOAT"),
            (FieldType::Float64, "DOUBLE"),
            (FieldType::String, "STRING"),
            (FieldType::Bytes, "STRING"),
            (FieldType::Struct(Vec::new()), "JSON"),
        ] {
            check(field_type, "", &[], expected);
        }
    }

    #[test]
    fn a_text_of_known_length_is_no_longer_than_that() {
        check(FieldType::String, "", &[("length", "20")], "VARCHAR(60)");
        check(FieldType::String, "", &[("__debezium.source.column.length", "65533")], "STRING");
        check(FieldType::String, "", &[("length", "4294967295")], "STRING");
    }

    #[test]
    fn logical_types_are_known_by_their_names() {
        let openmessaging = "io.openmessaging.connector.api.data.logical.";
        check(FieldType::Bytes, &format!("{openmessaging}Decimal"), &[("scale", "2")], "DECIMAL(38,2)");
        check(FieldType::Int32, &format!("{openmessaging}Date"), &[], "DATE");
        check(FieldType::Int64, &format!("{openmessaging}Timestamp"), &[], "DATETIME(3)");
        check(FieldType::Int32, &format!("{openmessaging}Time"), &[], "STRING");
        let kafka = "org.apache.kafka.connect.data.Decimal";
        let precise = [("scale", "4"), ("connect.decimal.precision", "12")];
        check(FieldType::Bytes, kafka, &precise, "DECIMAL(12,4)");
        check(FieldType::Bytes, kafka, &[("connect.decimal.precision", "65")], "STRING");
        check(FieldType::Int64, "io.debezium.time.MicroTimestamp", &[], "DATETIME(6)");
        check(FieldType::String, "io.debezium.data.Json", &[], "JSON");
        check(FieldType::Int64, "com.example.Timestamp", &[], "BIGINT");
    }

    #[test]
    fn arrays_have_the_type_of_their_items() {
        let of = |field_type| FieldType::Array(Arc::new(Schema::of(field_type)));
        check(of(FieldType::Int32), "", &[], "ARRAY<INT>");
        check(of(of(FieldType::String)), "", &[], "ARRAY<ARRAY<STRING>>");
        check(of(FieldType::Struct(Vec::new())), "", &[], "JSON");
    }

    #[test]
    fn fields_that_are_known_get_no_column() {
        let doc = Schema { doc: Some("the price".into()), ..Schema::of(FieldType::Int32) };
        let fields = [
            Field { name: "id".into(), schema: Arc::new(Schema::of(FieldType::Int64)) },
            Field { name: "price".into(), schema: Arc::new(doc) },
        ];
        let columns = columns_of_schema(&fields, |name| name == "id");
        let expected = NewColumn { comment: "the price".into(), ..NewColumn::new("price", DorisType::Int) };
        assert_eq!(columns, [expected]);
    }
}
