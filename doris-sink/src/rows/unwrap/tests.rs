//! Records in, rows out, by the modes of `converter.mode`.

use super::*;
use crate::{
    config::NullValues,
    rows::{encode::Encoder, logical::Moments},
};
use bytes::BytesMut;
use connector_api::{Field, FieldType, QueueOffset, Schema};
use std::sync::Arc;

fn unwrapper(envelope: Envelope) -> Unwrapper {
    let tombstones = Tombstones { policy: NullValues::Delete, key_column: "id".to_owned() };
    Unwrapper { envelope, tombstones, delete_field: "gone".to_owned(), deletes: true, moments: Moments::Utc }
}

/// The rows of a record as lines of the body, or why it has none.
fn rows_of(unwrapper: &Unwrapper, record: &ConnectRecord) -> Result<Vec<String>, String> {
    let encoder = Encoder { csv: None, limit: 10_000, moments: Moments::Utc, deletes: true };
    let mut rows = Vec::new();
    let unwrapped = unwrapper.unwrap(record, &mut |row: &Row<'_>| {
        let mut out = BytesMut::new();
        encoder.encode(row, &mut out)?;
        let origin = [row.field("source.db"), row.field("source.table")].into_iter().flatten();
        let origin = origin.map(|name| format!("{name} ")).collect::<String>();
        rows.push(format!("{origin}{}", std::str::from_utf8(&out).unwrap()));
        Ok(())
    });
    unwrapped.map(|()| rows).map_err(|error| error.to_string())
}

fn record(value: &str) -> ConnectRecord {
    ConnectRecord::new(QueueOffset::default(), Value::String(value.into()))
}

#[track_caller]
fn check(envelope: Envelope, value: &str, expected: Result<&[&str], &str>) {
    check_record(envelope, &record(value), expected);
}

#[track_caller]
fn check_record(envelope: Envelope, record: &ConnectRecord, expected: Result<&[&str], &str>) {
    let rows = rows_of(&unwrapper(envelope), record);
    match (&rows, expected) {
        (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
        (Ok(rows), Ok(expected)) => assert_eq!(rows, expected),
        _ => panic!("{rows:?} is not {expected:?}"),
    }
}

const KEEP: &str = r#"{"__DORIS_DELETE_SIGN__":0,"#;
const GONE: &str = r#"{"__DORIS_DELETE_SIGN__":1,"#;

#[test]
fn rows_say_whether_they_are_to_be_deleted() {
    let check = |value: &str, expected: &str| check(Envelope::None, value, Ok(&[expected]));
    check(r#"{"id":1}"#, &format!(r#"{KEEP}"id":1}}"#));
    check(r#"{"id":1,"gone":true}"#, &format!(r#"{GONE}"id":1,"gone":true}}"#));
    check(r#"{"id":1,"gone":"false"}"#, &format!(r#"{KEEP}"id":1,"gone":"false"}}"#));
    check(r#" { } "#, r#"{"__DORIS_DELETE_SIGN__":0 }"#);
    check(r#"{"id":1,"__DORIS_DELETE_SIGN__":1}"#, r#"{"id":1,"__DORIS_DELETE_SIGN__":1}"#);
}

#[test]
fn tombstones_delete_the_row_with_their_key() {
    let tombstone = |key: Value| ConnectRecord::new(QueueOffset::default(), Value::Null).with_key(key);
    let check = |key: Value, expected: &str| check_record(Envelope::None, &tombstone(key), Ok(&[expected]));
    check(Value::String(r#"{"a":1,"b":"x"}"#.into()), &format!(r#"{GONE}"a":1,"b":"x"}}"#));
    check(Value::String(r#"{"schema":null,"payload":{"a":1}}"#.into()), &format!(r#"{GONE}"a":1}}"#));
    check(Value::String("k-1".into()), &format!(r#"{GONE}"id":"k-1"}}"#));
    check(Value::Int64(7), &format!(r#"{GONE}"id":7}}"#));
    check(Value::Struct(vec![("a".into(), Value::Int8(1))]), &format!(r#"{GONE}"a":1}}"#));
    let keyless = ConnectRecord::new(QueueOffset::default(), Value::Null);
    check_record(Envelope::None, &keyless, Err("no key"));
}

#[test]
fn without_enable_delete_a_delete_is_refused() {
    let unwrapper = Unwrapper { deletes: false, ..unwrapper(Envelope::Debezium) };
    let refused = rows_of(&unwrapper, &record(r#"{"op":"d","before":{"id":1},"after":null}"#));
    assert!(refused.unwrap_err().contains("enable.delete=true"));
}

#[test]
fn debezium_events_are_their_new_state_or_the_end_of_the_old_one() {
    let check = |value: &str, expected: Result<&[&str], &str>| check(Envelope::Debezium, value, expected);
    let source = r#""source":{"connector":"mysql","db":"shop","table":"orders"},"ts_ms":1"#;
    for op in ["c", "r", "u"] {
        let event = format!(r#"{{"op":"{op}","before":{{"id":1,"v":0}},"after":{{"id":1,"v":2}},{source}}}"#);
        check(&event, Ok(&[&format!(r#"shop orders {KEEP}"id":1,"v":2}}"#)]));
        let wrapped = format!(r#"{{"schema":{{"type":"struct","fields":[]}},"payload":{event}}}"#);
        check(&wrapped, Ok(&[&format!(r#"shop orders {KEEP}"id":1,"v":2}}"#)]));
    }
    check(
        &format!(r#"{{"op":"d","before":{{"id":1}},"after":null,{source}}}"#),
        Ok(&[&format!(r#"shop orders {GONE}"id":1}}"#)]),
    );
    check(r#"{"op":"m","before":null,"after":null,"message":{}}"#, Ok(&[]));
    check(r#"{"op":"t","before":null,"after":null}"#, Err("truncated"));
    check(r#"{"op":"x","before":{},"after":{}}"#, Err("op \"x\" is none of"));
    check(r#"{"op":"c","before":null,"after":null}"#, Err("op \"c\" has no after"));
}

#[test]
fn flattened_rows_and_rows_without_an_envelope_are_taken_too() {
    let check = |value: &str, expected: &str| check(Envelope::Debezium, value, Ok(&[expected]));
    check(r#"{"id":1,"__deleted":"true"}"#, &format!(r#"{GONE}"id":1,"__deleted":"true"}}"#));
    check(r#"{"id":1,"__op":"d"}"#, &format!(r#"{GONE}"id":1,"__op":"d"}}"#));
    check(r#"{"id":1,"__deleted":"false"}"#, &format!(r#"{KEEP}"id":1,"__deleted":"false"}}"#));
    check(r#"{"id":1,"payload":{"a":1}}"#, &format!(r#"{KEEP}"id":1,"payload":{{"a":1}}}}"#));
    check(r#"{"op":"c","id":1}"#, &format!(r#"{KEEP}"op":"c","id":1}}"#));
}

#[test]
fn debezium_tombstones_as_json_are_tombstones() {
    for value in ["null", r#"{"schema":null,"payload":null}"#] {
        let record = record(value).with_key(Value::String(r#"{"id":4}"#.into()));
        check_record(Envelope::Debezium, &record, Ok(&[&format!(r#"{GONE}"id":4}}"#)]));
    }
}

#[test]
fn what_numbers_mean_is_read_from_the_schema_beside_them() {
    let day = r#"{"field":"day","type":"int32","name":"io.debezium.time.Date"}"#;
    let schema = format!(
        r#"{{"type":"struct","name":"x.Envelope","fields":[{{"field":"after","type":"struct","fields":[{day}]}}]}}"#
    );
    let event = r#"{"op":"c","before":null,"after":{"day":0,"n":1}}"#;
    let value = format!(r#"{{"schema":{schema},"payload":{event}}}"#);
    check(Envelope::Debezium, &value, Ok(&[&format!(r#"{KEEP}"day":"1970-01-01","n":1}}"#)]));
}

#[test]
fn typed_events_are_taken_like_those_in_json() {
    let text = |text: &str| Value::String(text.into());
    let day = Schema { name: Some("io.debezium.time.Date".into()), ..Schema::of(FieldType::Int32) };
    let row = Schema::of(FieldType::Struct(vec![Field { name: "day".into(), schema: Arc::new(day) }]));
    let row = Arc::new(row);
    let fields = ["before", "after"].map(|name| Field { name: name.into(), schema: Arc::clone(&row) });
    let schema = Arc::new(Schema::of(FieldType::Struct(fields.into())));
    let event = |op: &str, before: Value, after: Value| {
        let source = Value::Struct(vec![("db".into(), text("shop")), ("table".into(), text("orders"))]);
        let fields = [("op", text(op)), ("before", before), ("after", after), ("source", source)];
        let fields = fields.map(|(name, value)| (name.into(), value));
        let value = Value::Struct(fields.into());
        ConnectRecord::new(QueueOffset::default(), value).with_schema(Arc::clone(&schema))
    };
    let state = || Value::Struct(vec![("day".into(), Value::Int32(1))]);
    let check =
        |record: &ConnectRecord, expected: &str| check_record(Envelope::Debezium, record, Ok(&[expected]));
    check(&event("u", state(), state()), &format!(r#"shop orders {KEEP}"day":"1970-01-02"}}"#));
    check(&event("d", state(), Value::Null), &format!(r#"shop orders {GONE}"day":"1970-01-02"}}"#));
}

#[test]
fn canal_events_are_rows_each_with_its_change() {
    let check = |value: &str, expected: Result<&[&str], &str>| check(Envelope::Canal, value, expected);
    let rest =
        r#""database":"shop","table":"orders","pkNames":["id"],"isDdl":false,"sqlType":{},"ts":1,"es":1"#;
    check(
        &format!(r#"{{"type":"INSERT","data":[{{"id":"1"}},{{"id":"2"}}],"old":null,{rest}}}"#),
        Ok(&[&format!(r#"shop orders {KEEP}"id":"1"}}"#), &format!(r#"shop orders {KEEP}"id":"2"}}"#)]),
    );
    check(
        &format!(r#"{{"type":"DELETE","data":[{{"id":"1"}}],{rest}}}"#),
        Ok(&[&format!(r#"shop orders {GONE}"id":"1"}}"#)]),
    );
    check(
        &format!(r#"{{"type":"UPDATE","data":[{{"id":"1","v":"b"}}],"old":[{{"v":"a"}}],{rest}}}"#),
        Ok(&[&format!(r#"shop orders {KEEP}"id":"1","v":"b"}}"#)]),
    );
    check(r#"{"type":"ALTER","isDdl":true,"data":null,"sql":"alter table t add c int"}"#, Ok(&[]));
    check(r#"{"type":"QUERY","isDdl":false,"sql":"x"}"#, Ok(&[]));
    check(r#"{"id":1}"#, Err("not an event of Canal"));
    check(r#"{"type":"INSERT","data":["x"]}"#, Err("data[0] is no object"));
}

#[test]
fn a_row_whose_key_changed_is_deleted_under_the_old_one_first() {
    let event = r#"{"type":"UPDATE","pkNames":["id"],"data":[{"id":"2","v":"b"}],"old":[{"id":"1"}]}"#;
    let expected = [format!(r#"{GONE}"id":"1","v":"b"}}"#), format!(r#"{KEEP}"id":"2","v":"b"}}"#)];
    check(Envelope::Canal, event, Ok(&[&expected[0], &expected[1]]));
}
