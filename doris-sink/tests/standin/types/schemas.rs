//! Values of records with a schema.

use super::{put, table, task};
use crate::doris::batch_of;
use bytes::Bytes;
use connector_api::{Batch, ConnectRecord, Field, FieldType, QueueOffset, Schema, Value};
use std::sync::Arc;

const OPEN: &str = "io.openmessaging.connector.api.data.logical.";
const KAFKA: &str = "org.apache.kafka.connect.data.";
const DEBEZIUM: &str = "io.debezium.time.";

/// Loads a value with its schema into a column of this type and reads it back.
async fn check(column: &str, schema: Schema, value: Value, expected: &str) {
    check_in(&[], column, schema, value, expected).await;
}

async fn check_in(more: &[(&str, &str)], column: &str, schema: Schema, value: Value, expected: &str) {
    let mut doris = table(column).await;
    let mut task = task(&doris, more).await;
    let fields = [("id", Schema::of(FieldType::Int64)), ("v", schema)];
    let fields = fields.map(|(name, schema)| Field { name: name.into(), schema: Arc::new(schema) });
    let schema = Arc::new(Schema::of(FieldType::Struct(fields.into())));
    let row = Value::Struct(vec![("id".into(), Value::Int64(1)), ("v".into(), value.clone())]);
    let id = batch_of(0, [(Value::Null, None)].into_iter()).id().clone();
    let record = ConnectRecord::new(QueueOffset::default(), Value::Null).with_value(row, Some(schema));
    assert!(put(&mut task, Batch::new(id, vec![record])).await.is_empty(), "{value:?} into {column}");
    assert_eq!(doris.query("SELECT v FROM shop.t").await, [expected], "{value:?} into {column}");
}

fn named(prefix: &str, name: &str, of: FieldType) -> Schema {
    Schema { name: Some(format!("{prefix}{name}").into()), ..Schema::of(of) }
}

fn decimal(prefix: &str, scale: &str) -> Schema {
    let parameters = vec![("scale".into(), scale.into())];
    Schema { parameters, ..named(prefix, "Decimal", FieldType::Bytes) }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_types() {
    check("BOOLEAN", Schema::of(FieldType::Boolean), Value::Boolean(true), "1").await;
    check("TINYINT", Schema::of(FieldType::Int8), Value::Int8(-128), "-128").await;
    check("SMALLINT", Schema::of(FieldType::Int16), Value::Int16(32_767), "32767").await;
    check("INT", Schema::of(FieldType::Int32), Value::Int32(i32::MIN), "-2147483648").await;
    check("BIGINT", Schema::of(FieldType::Int64), Value::Int64(i64::MAX), "9223372036854775807").await;
    check("FLOAT", Schema::of(FieldType::Float32), Value::Float32(0.1), "0.1").await;
    check("DOUBLE", Schema::of(FieldType::Float64), Value::Float64(0.1 + 0.2), "0.30000000000000004").await;
    check("STRING", Schema::of(FieldType::String), Value::String("a\n\"✓".into()), "a\n\"✓").await;
    check("STRING", Schema::of(FieldType::String), Value::Null, "NULL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_base64() {
    let bytes = Value::Bytes(Bytes::from_static(b"\x00\xff\x10"));
    check("STRING", Schema::of(FieldType::Bytes), bytes, "AP8Q").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decimals_keep_every_digit() {
    // 38 times the digit 9.
    let unscaled = Bytes::from((10_i128.pow(38) - 1).to_be_bytes().to_vec());
    for prefix in [OPEN, KAFKA] {
        let value = || Value::Bytes(unscaled.clone());
        let expected = "9999999999999999999999999999.9999999999";
        check("DECIMAL(38,10)", decimal(prefix, "10"), value(), expected).await;
        check("STRING", decimal(prefix, "10"), value(), expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_by_the_names_of_their_schemas() {
    let int64 = |prefix, name| named(prefix, name, FieldType::Int64);
    let int32 = |prefix, name| named(prefix, name, FieldType::Int32);
    for prefix in [OPEN, KAFKA, DEBEZIUM] {
        check("DATE", int32(prefix, "Date"), Value::Int32(20_780), "2026-11-23").await;
        let at = Value::Int64(1_795_380_667_123);
        check("DATETIME(3)", int64(prefix, "Timestamp"), at, "2026-11-22 20:51:07.123").await;
        check("STRING", int32(prefix, "Time"), Value::Int32(45_296_007), "12:34:56.007").await;
    }
    let at = Value::Int64(1_795_380_667_123_456);
    check("DATETIME(6)", int64(DEBEZIUM, "MicroTimestamp"), at, "2026-11-22 20:51:07.123456").await;
    let at = Value::String("2026-11-22T20:51:07+08:00".into());
    let zoned = named(DEBEZIUM, "ZonedTimestamp", FieldType::String);
    check("DATETIME", zoned, at, "2026-11-22 12:51:07").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_is_shown_in_the_zone_that_is_asked_for_and_a_time_without_zone_as_it_is() {
    let zone = [("database.time_zone", "Asia/Shanghai")];
    let at = || Value::Int64(1_795_380_667_123);
    for prefix in [OPEN, KAFKA] {
        let schema = named(prefix, "Timestamp", FieldType::Int64);
        check_in(&zone, "DATETIME(3)", schema, at(), "2026-11-23 04:51:07.123").await;
    }
    let schema = named(DEBEZIUM, "Timestamp", FieldType::Int64);
    check_in(&zone, "DATETIME(3)", schema, at(), "2026-11-22 20:51:07.123").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_values() {
    let numbers = FieldType::Array(Arc::new(Schema::of(FieldType::Int32)));
    let value = Value::Array(vec![Value::Int32(1), Value::Null]);
    check("ARRAY<INT>", Schema::of(numbers), value, "[1, null]").await;

    let text = Arc::new(Schema::of(FieldType::String));
    let map = FieldType::Map(Arc::clone(&text), Arc::new(decimal(OPEN, "2")));
    let value =
        Value::Map(vec![(Value::String("a".into()), Value::Bytes(Bytes::from_static(&[0x30, 0x39])))]);
    check("MAP<STRING,DECIMAL(10,2)>", Schema::of(map), value, r#"{"a":123.45}"#).await;

    let day = Arc::new(named(KAFKA, "Date", FieldType::Int32));
    let person = [Field { name: "name".into(), schema: text }, Field { name: "born".into(), schema: day }];
    let value =
        Value::Struct(vec![("name".into(), Value::String("x".into())), ("born".into(), Value::Int32(0))]);
    let person = Schema::of(FieldType::Struct(person.into()));
    check(
        "STRUCT<name:STRING,born:DATE>",
        person.clone(),
        value.clone(),
        r#"{"name":"x", "born":"1970-01-01"}"#,
    )
    .await;
    check("JSON", person, value, r#"{"name":"x","born":"1970-01-01"}"#).await;
}
