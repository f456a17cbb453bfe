//! Chains over structs, which change together with their schema, and over maps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bytes::Bytes;
use connector_api::{
    ConnectRecord, ConnectorConfig, Field, FieldType, QueueId, QueueOffset, Schema, SchemaRef, Text, Value,
};
use std::{fmt::Write, sync::Arc};
use transforms::Chain;

fn chain(class: &str, options: &[(&str, &str)]) -> Chain {
    let mut config = ConnectorConfig::default();
    config.set("transforms", "t");
    config.set("transforms.t.class", class);
    for (key, value) in options {
        config.set(format!("transforms.t.{key}"), *value);
    }
    Chain::from_config(&config).unwrap_or_else(|errors| panic!("{errors}"))
}

fn required(field_type: FieldType) -> Schema {
    Schema { optional: false, ..Schema::of(field_type) }
}

fn logical(name: &str, field_type: FieldType) -> Schema {
    let name = format!("io.openmessaging.connector.api.data.logical.{name}");
    Schema { name: Some(name.into()), version: Some(1), ..Schema::of(field_type) }
}

fn decimal(scale: &str) -> Schema {
    Schema { parameters: vec![("scale".into(), scale.into())], ..logical("Decimal", FieldType::Bytes) }
}

/// A struct called `order` with these fields.
fn order(fields: Vec<(&str, Schema, Value)>) -> (Value, SchemaRef) {
    let schemas = fields
        .iter()
        .map(|(name, schema, _)| Field { name: (*name).into(), schema: Arc::new(schema.clone()) });
    let schema = Schema { name: Some("order".into()), ..required(FieldType::Struct(schemas.collect())) };
    let values = fields.into_iter().map(|(name, _, value)| (Text::from(name), value));
    (Value::Struct(values.collect()), Arc::new(schema))
}

fn sample() -> (Value, SchemaRef) {
    let (inner, inner_schema) = order(vec![
        ("city", required(FieldType::String), Value::String("Paris".into())),
        ("zip", Schema::of(FieldType::Int32), Value::Int32(75_000)),
    ]);
    let inner_schema = Schema { optional: true, ..(*inner_schema).clone() };
    order(vec![
        ("id", required(FieldType::Int64), Value::Int64(7)),
        ("at", logical("Timestamp", FieldType::Int64), Value::Int64(1_795_380_667_123)),
        ("price", decimal("2"), Value::Bytes(Bytes::from_static(&[0x30, 0x39]))),
        ("to", inner_schema, inner),
    ])
}

fn apply(chain: &mut Chain, (value, schema): (Value, SchemaRef)) -> Result<ConnectRecord, String> {
    let origin = QueueId { topic: "orders".into(), broker: "broker-a".into(), queue: 3 };
    let record = ConnectRecord::new(QueueOffset::new(42).unwrap(), value).with_schema(schema);
    chain.apply(&origin, record).map(Option::unwrap).map_err(|error| error.to_string())
}

/// A value beside its schema, on one line: `name: type = value`, `?` for what is optional.
fn shown(value: &Value, schema: Option<&Schema>) -> String {
    let mut out = String::new();
    if let Some(schema) = schema {
        let name = schema.name.as_ref().and_then(|name| name.rsplit('.').next());
        let field_type = match &schema.field_type {
            FieldType::Struct(_) => "struct".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        write!(out, "{}{} ", name.unwrap_or(&field_type), if schema.optional { "?" } else { "" }).unwrap();
    }
    let fields = match schema.map(|schema| &schema.field_type) {
        Some(FieldType::Struct(fields)) => fields.as_slice(),
        _ => &[],
    };
    match value {
        Value::Struct(values) => {
            assert!(schema.is_none() || values.len() == fields.len(), "a field for each value");
            out.push('{');
            for (i, (name, value)) in values.iter().enumerate() {
                let schema =
                    fields.get(i).inspect(|field| assert_eq!(field.name, *name)).map(|field| &*field.schema);
                write!(out, "{}{name}: {}", if i > 0 { ", " } else { "" }, shown(value, schema)).unwrap();
            }
            out.push('}');
        }
        other => write!(
            out,
            "{}",
            format!("{other:?}").split_once('(').map_or("null", |(_, v)| v.trim_end_matches(')'))
        )
        .unwrap(),
    }
    out
}

#[track_caller]
fn check(class: &str, options: &[(&str, &str)], expected: &str) {
    let found = apply(&mut chain(class, options), sample())
        .map_or_else(|error| error, |record| shown(record.value(), record.schema().map(|schema| &**schema)));
    assert_eq!(found, expected, "{class}");
}

const AT: &str = "at: Timestamp? 1795380667123";
const PRICE: &str = "price: Decimal? b\"09\"";
const TO: &str = "to: order? {city: string \"Paris\", zip: int32? 75000}";

#[test]
fn a_schema_changes_with_its_struct() {
    check(
        "ReplaceField",
        &[("exclude", "at,to"), ("renames", "id:key")],
        &format!("order {{key: int64 7, {PRICE}}}"),
    );
    check("ReplaceField", &[("exclude", "absent")], &format!("order {{id: int64 7, {AT}, {PRICE}, {TO}}}"));
    check(
        "InsertField",
        &[
            ("partition.field", "queue!"),
            ("offset.field", "offset"),
            ("timestamp.field", "time"),
            ("topic.field", "id"),
        ],
        &format!(
            "order {{id: string? \"orders\", {AT}, {PRICE}, {TO}, queue: int32 3, offset: int64? 42, time: Timestamp? null}}"
        ),
    );
    check(
        "Cast",
        &[("spec", "id:string,price:float64,at:string,absent:int8")],
        &format!(
            "order {{id: string \"7\", at: string? \"2026-11-22T20:51:07.123Z\", price: float64? 123.45, {TO}}}"
        ),
    );
    check(
        "ChangeCase",
        &[("from", "LOWER_CAMEL"), ("to", "UPPER_CAMEL")],
        "order {Id: int64 7, At: Timestamp? 1795380667123, Price: Decimal? b\"09\", To: order? {city: string \"Paris\", zip: int32? 75000}}",
    );
    check(
        "HoistField",
        &[("field", "x")],
        &format!("struct {{x: order {{id: int64 7, {AT}, {PRICE}, {TO}}}}}"),
    );
    check("ExtractField", &[("field", "to")], "order? {city: string \"Paris\", zip: int32? 75000}");
    check("ExtractField", &[("field", "to.zip"), ("field.syntax.version", "V2")], "int32? 75000");
    check(
        "SetSchemaMetadata",
        &[("schema.name", "renamed")],
        &format!("renamed {{id: int64 7, {AT}, {PRICE}, {TO}}}"),
    );
}

#[test]
fn nested_structs_open_with_their_schemas() {
    check(
        "Flatten",
        &[("delimiter", "_")],
        &format!("order {{id: int64 7, {AT}, {PRICE}, to_city: string? \"Paris\", to_zip: int32? 75000}}"),
    );
    check(
        "ExtractNestedField",
        &[("input.outer.field.name", "to"), ("input.inner.field.name", "city")],
        &format!("order {{id: int64 7, {AT}, {PRICE}, {TO}, city: string? \"Paris\"}}"),
    );
}

#[test]
fn a_struct_that_is_not_there_leaves_its_fields_in_the_schema() {
    let without = || {
        let (value, schema) = sample();
        let Value::Struct(mut fields) = value else { panic!("no struct") };
        fields[3].1 = Value::Null;
        (Value::Struct(fields), schema)
    };
    for (class, options) in [
        ("Flatten", vec![]),
        ("ExtractNestedField", vec![("input.outer.field.name", "to"), ("input.inner.field.name", "city")]),
    ] {
        let mut chain = chain(class, &options);
        let with = apply(&mut chain, sample()).unwrap();
        let without = apply(&mut chain, without()).unwrap();
        assert!(Arc::ptr_eq(with.schema().unwrap(), without.schema().unwrap()), "{class}");
    }
}

#[test]
fn masks_have_the_type_of_what_they_hide() {
    check(
        "MaskField",
        &[("fields", "id,price,absent")],
        &format!("order {{id: int64 0, {AT}, price: Decimal? b\"\", {TO}}}"),
    );
    check(
        "MaskField",
        &[("fields", "id"), ("replacement", "-1")],
        &format!("order {{id: int64 -1, {AT}, {PRICE}, {TO}}}"),
    );
    check(
        "MaskField",
        &[("fields", "id"), ("replacement", "x")],
        "transform t (MaskField$Value): field \"id\" is a number, which cannot become \"x\"",
    );
    check(
        "MaskField",
        &[("fields", "to")],
        "transform t (MaskField$Value): field \"to\" is an object, which cannot become a masked value",
    );
}

#[test]
fn moments_are_read_by_their_schema() {
    let check = |target: &str, expected: &str| {
        check(
            "TimestampConverter",
            &[
                ("field", "at"),
                ("target.type", target),
                ("format", "yyyy-MM-dd HH:mm"),
                ("unix.precision", "seconds"),
            ],
            &format!("order {{id: int64 7, {expected}, {PRICE}, {TO}}}"),
        );
    };
    check("string", "at: string? \"2026-11-22 20:51\"");
    check("unix", "at: int64? 1795380667");
    check("Date", "at: Date? 20779");
    check("Time", "at: Time? 75067123");
    check("Timestamp", AT);
}

#[test]
fn precision_is_lowered_where_it_is_higher() {
    let parameters = |maximum: &str| {
        let record =
            apply(&mut chain("SetMaximumPrecision", &[("precision.max", maximum)]), sample()).unwrap();
        let FieldType::Struct(fields) = &record.schema().unwrap().field_type else { panic!("no struct") };
        fields[2].schema.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(parameters("38"), ["scale=2", "connect.decimal.precision=38"]);
    assert_eq!(parameters("64"), ["scale=2"]);
}

#[test]
fn records_that_look_alike_share_one_schema() {
    for (class, options) in [
        ("ReplaceField", vec![("renames", "id:key")]),
        ("Cast", vec![("spec", "id:string")]),
        ("InsertField", vec![("offset.field", "o")]),
        ("HoistField", vec![("field", "x")]),
        ("SetSchemaMetadata", vec![("schema.version", "2")]),
        ("SetMaximumPrecision", vec![("precision.max", "3")]),
        ("ExtractNestedField", vec![("input.outer.field.name", "to"), ("input.inner.field.name", "city")]),
    ] {
        let mut chain = chain(class, &options);
        let (value, schema) = sample();
        let mut next =
            || apply(&mut chain, (value.clone(), Arc::clone(&schema))).unwrap().schema().cloned().unwrap();
        assert!(Arc::ptr_eq(&next(), &next()), "{class}");
    }
}

#[test]
fn keys_are_made_with_a_schema() {
    let record = apply(&mut chain("ValueToKey", &[("fields", "id,price")]), sample()).unwrap();
    let key = shown(record.key().unwrap(), record.key_schema().map(|schema| &**schema));
    assert_eq!(key, format!("struct {{id: int64 7, {PRICE}}}"));
    check(
        "ValueToKey",
        &[("fields", "absent")],
        "transform t (ValueToKey): the value has no field \"absent\"",
    );
}

#[test]
fn a_field_that_no_schema_knows_cannot_be_extracted() {
    check(
        "ExtractField",
        &[("field", "absent")],
        "transform t (ExtractField$Value): the value has no field \"absent\"",
    );
}

#[test]
fn maps_change_like_objects() {
    let origin = QueueId { topic: "orders".into(), broker: "broker-a".into(), queue: 0 };
    let text = |text: &str| Value::String(text.into());
    let map =
        Value::Map(vec![(text("a"), Value::Int32(1)), (text("b"), Value::Map(vec![(text("c"), text("x"))]))]);
    let check = |class: &str, options: &[(&str, &str)], expected: Value| {
        let record = ConnectRecord::new(QueueOffset::default(), map.clone());
        let found = chain(class, options).apply(&origin, record).unwrap().unwrap();
        assert_eq!(found.value(), &expected, "{class}");
        assert_eq!(found.schema(), None);
    };
    check("Flatten", &[], Value::Map(vec![(text("a"), Value::Int32(1)), (text("b.c"), text("x"))]));
    check(
        "Cast",
        &[("spec", "a:string")],
        Value::Map(vec![(text("a"), text("1")), (text("b"), Value::Map(vec![(text("c"), text("x"))]))]),
    );
    check("HoistField", &[("field", "f")], Value::Map(vec![(text("f"), map.clone())]));
    check("ExtractField", &[("field", "b")], Value::Map(vec![(text("c"), text("x"))]));
}

#[test]
fn the_schema_of_a_map_holds_as_long_as_nothing_changes() {
    let of = |field_type| Arc::new(Schema::of(field_type));
    let schema = of(FieldType::Map(of(FieldType::String), of(FieldType::Int32)));
    let map = || Value::Map(vec![(Value::String("a".into()), Value::Int32(1))]);
    let after =
        |fields| apply(&mut chain("MaskField", &[("fields", fields)]), (map(), Arc::clone(&schema))).unwrap();
    assert_eq!(after("b").schema(), Some(&schema));
    assert_eq!(after("a").schema(), None);
}

#[test]
fn a_map_with_keys_that_are_no_text_has_no_fields() {
    let origin = QueueId { topic: "orders".into(), broker: "broker-a".into(), queue: 0 };
    let map = Value::Map(vec![(Value::Int32(1), Value::Int32(1))]);
    let error = chain("MaskField", &[("fields", "a")])
        .apply(&origin, ConnectRecord::new(QueueOffset::default(), map));
    assert!(error.unwrap_err().to_string().contains("only objects have fields"));
}
