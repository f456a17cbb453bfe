//! Chains over JSON text: what they change, what they leave, and what they never look at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bytes::Bytes;
use connector_api::{ConnectRecord, ConnectorConfig, FieldType, QueueId, QueueOffset, Schema, Value};
use std::sync::Arc;
use transforms::{Chain, TransformError};

fn origin() -> QueueId {
    QueueId { topic: "orders".into(), broker: "broker-a".into(), queue: 0 }
}

/// A chain of these classes, each with its options: `Class option=value …`.
fn chain(steps: &[&str]) -> Chain {
    let mut config = ConnectorConfig::default();
    let names: Vec<_> = (0..steps.len()).map(|i| format!("t{i}")).collect();
    config.set("transforms", names.join(","));
    for (name, step) in names.iter().zip(steps) {
        let (class, options) = step.split_once(' ').unwrap_or((step, ""));
        config.set(format!("transforms.{name}.class"), class);
        for (key, value) in options.split_whitespace().filter_map(|option| option.split_once('=')) {
            config.set(format!("transforms.{name}.{key}"), value);
        }
    }
    config.set("predicates", "never,tombstone");
    config.set("predicates.never.class", "HasHeaderKey");
    config.set("predicates.never.name", "never");
    config.set("predicates.tombstone.class", "RecordIsTombstone");
    Chain::from_config(&config).unwrap_or_else(|errors| panic!("{errors}"))
}

fn apply(steps: &[&str], value: Value) -> Result<Option<ConnectRecord>, TransformError> {
    chain(steps).apply(&origin(), ConnectRecord::new(QueueOffset::default(), value))
}

#[track_caller]
fn check(steps: &[&str], value: &str, expected: &str) {
    let found = match apply(steps, Value::String(value.into())) {
        Ok(Some(record)) => String::from_utf8(record.value().text().to_vec()).unwrap(),
        Ok(None) => "dropped".to_owned(),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{steps:?} {value}");
}

#[test]
fn what_nobody_touches_is_copied_byte_by_byte() {
    let before = "{ \"big\" : 12345678901234567890.10e+2,\n\t\"a\":1 , \"nested\": { \"x\" :[1 ,2] }, \"t\":\"\\u00e9\\/\", \"last\":0 }";
    check(
        &["MaskField fields=a"],
        before,
        "{\"big\" : 12345678901234567890.10e+2,\"a\":0,\"nested\": { \"x\" :[1 ,2] }, \"t\":\"\\u00e9\\/\", \"last\":0}",
    );
    check(&["MaskField fields=absent", "ReplaceField exclude=absent renames=absent:x"], before, before);
    check(
        &["ReplaceField exclude=a,t"],
        before,
        "{\"big\" : 12345678901234567890.10e+2,\"nested\": { \"x\" :[1 ,2] },\"last\":0}",
    );
}

#[test]
fn transforms_see_what_those_before_them_did() {
    check(
        &[
            "ReplaceField renames=a:b",
            "Cast spec=b:string",
            "HoistField field=inner",
            "InsertField static.field=k static.value=v",
        ],
        "{\"a\":1.0}",
        "{\"inner\":{\"b\":\"1.0\"},\"k\":\"v\"}",
    );
    check(&["HoistField field=x", "ExtractField field=x"], "{ \"a\":1 }", "{ \"a\":1 }");
    check(
        &["ExtractField field=a", "Cast spec=string", "HoistField field=b"],
        "{\"a\":1.50}",
        "{\"b\":\"1.50\"}",
    );
    check(&["ExtractField field=a", "MaskField fields=x"], "{\"a\":{ \"b\":1 }}", "{ \"b\":1 }");
    check(&["ExtractField field=a", "MaskField fields=b"], "{\"a\":{\"b\":1,\"c\":2}}", "{\"b\":0,\"c\":2}");
}

#[test]
fn names_are_what_their_escapes_say() {
    check(&["MaskField fields=é"], "{\"\\u00e9\":1,\"x\":2}", "{\"\\u00e9\":0,\"x\":2}");
    check(&["ReplaceField renames=a:q\"t"], "{\"\\u0061\":1}", "{\"q\\\"t\":1}");
    check(&["Flatten"], "{\"\\n\":{\"b\":1}}", "{\"\\n.b\":1}");
}

#[test]
fn of_fields_with_one_name_the_last_counts() {
    check(&["MaskField fields=a"], "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":0}");
    check(&["ReplaceField exclude=a"], "{\"a\":1,\"b\":3,\"a\":2}", "{\"b\":3}");
}

#[test]
fn fields_may_swap_names_but_not_share_one() {
    check(&["ReplaceField renames=a:b,b:a"], "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}");
    check(
        &["ReplaceField renames=a:b"],
        "{\"a\":1,\"b\":2}",
        "transform t0 (ReplaceField$Value): two fields would be called \"b\"",
    );
    check(
        &["Flatten"],
        "{\"a\":{\"b\":1},\"a.b\":2}",
        "transform t0 (Flatten$Value): two fields would be called \"a.b\"",
    );
}

#[test]
fn what_has_no_fields_is_named() {
    let check = |value, expected: &str| {
        check(&["MaskField fields=a"], value, &format!("transform t0 (MaskField$Value): {expected}"));
    };
    check("[1]", "the value is an array, and only objects have fields");
    check("hello", "the value is text, and only objects have fields");
    check("12", "the value is a number, and only objects have fields");
    check("{\"a\":1", "the value is not a JSON object: it breaks off at byte 6");
    check("{\"a\":1} x", "the value is not a JSON object: another value begins at byte 8");
    check("{\"a\":\"\\ud800\"}", "the value is not a JSON object: it is not JSON from byte 12 on");
}

#[test]
fn bytes_are_read_as_text_and_stay_bytes() {
    let found =
        apply(&["MaskField fields=a"], Value::Bytes(Bytes::from_static(b"{\"a\":1,\"b\":2}"))).unwrap();
    assert_eq!(found.unwrap().value(), &Value::Bytes(Bytes::from_static(b"{\"a\":0,\"b\":2}")));
    let error =
        apply(&["MaskField fields=a"], Value::Bytes(Bytes::from_static(b"{\"a\":\"\xff\"}"))).unwrap_err();
    assert!(error.to_string().ends_with("it is not UTF-8 from byte 6 on"), "{error}");
}

#[test]
fn deletions_stay_deletions() {
    let steps = [
        "MaskField fields=a",
        "Cast spec=string",
        "Cast spec=a:string",
        "HoistField field=a",
        "Flatten",
        "ValueToKey fields=a",
        "HeaderFrom fields=a headers=a operation=move",
        "InsertField offset.field=o",
        "ExtractField field=a",
        "TimestampConverter target.type=unix",
        "ChangeCase from=LOWER_CAMEL to=UPPER_CAMEL",
        "SetSchemaMetadata schema.version=1",
        "SetMaximumPrecision precision.max=3",
        "PatternFilter pattern=a fields=a",
    ];
    let found = apply(&steps, Value::Null).unwrap().unwrap();
    assert_eq!(found.value(), &Value::Null);
    check(&steps, "", "");
    check(&steps, "null", "null");
    check(&["Filter predicate=tombstone"], "", "dropped");
    check(&["SetNull", "Filter predicate=tombstone"], "{}", "dropped");
    check(&["MaskField fields=a", "Filter predicate=tombstone"], "{}", "{}");
    check(&["Filter predicate=tombstone", "Filter predicate=tombstone negate=true"], "{}", "dropped");
}

#[test]
fn what_does_not_look_into_a_value_takes_any() {
    let steps = [
        "RegexRouter regex=(.*) replacement=$1-x",
        "InsertHeader header=h value.literal=v",
        "DropHeaders headers=x",
        "MaskField fields=a predicate=never",
        "Filter predicate=tombstone",
    ];
    let bytes = Bytes::from_static(b"{\"a\": \xff");
    let record = apply(&steps, Value::Bytes(bytes.clone())).unwrap().unwrap();
    assert_eq!(record.value().as_raw().unwrap().as_ptr(), bytes.as_ptr(), "not copied");
    assert_eq!(record.topic().map(|topic| &**topic), Some("orders-x"));
    assert_eq!(record.headers().get("h"), Some("v"));
}

#[test]
fn a_value_that_is_read_and_not_changed_is_not_copied() {
    let text = Value::String("{\"a\":1}".into());
    let address = text.as_raw().unwrap().as_ptr();
    let steps = [
        "PatternFilter pattern=x fields=a",
        "HeaderFrom fields=a headers=a operation=copy",
        "ValueToKey fields=a",
    ];
    let record = apply(&steps, text).unwrap().unwrap();
    assert_eq!(record.value().as_raw().unwrap().as_ptr(), address);
    assert_eq!(record.key(), Some(&Value::String("{\"a\":1}".into())));
}

#[test]
fn a_failure_leaves_nothing_for_the_next_record() {
    let mut chain = chain(&["InsertField static.field=k static.value=v", "Cast spec=a:int8"]);
    let mut apply = |value: &str| {
        chain.apply(&origin(), ConnectRecord::new(QueueOffset::default(), Value::String(value.into())))
    };
    let error = apply("{\"a\":\"x\"}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "transform t1 (Cast$Value): field \"a\" is \"x\", which cannot become int8"
    );
    let record = apply("{\"b\":2}").unwrap().unwrap();
    assert_eq!(record.value(), &Value::String("{\"b\":2,\"k\":\"v\"}".into()));
}

#[test]
fn the_whole_of_a_value_may_be_no_object() {
    let whole = |steps: &[&str], value: &str| {
        apply(steps, Value::String(value.into())).unwrap().unwrap().value().clone()
    };
    assert_eq!(whole(&["Cast spec=int32"], " 12 "), Value::Int32(12));
    assert_eq!(whole(&["Cast spec=string"], "hello"), Value::String("hello".into()));
    assert_eq!(
        whole(&["TimestampConverter target.type=Date format=yyyy-MM-dd"], "2026-11-23"),
        Value::Int32(20_780)
    );
    assert_eq!(whole(&["HoistField field=f"], "\"a\\n\""), Value::String("{\"f\":\"a\\n\"}".into()));
    assert_eq!(whole(&["ExtractField field=f"], "{\"f\":\"a\\n\"}"), Value::String("a\n".into()));
    assert_eq!(whole(&["ExtractField field=f"], "{\"f\":true}"), Value::Boolean(true));
    assert_eq!(whole(&["ExtractField field=f"], "{\"g\":true}"), Value::Null);
}

#[test]
fn a_property_cannot_hold_what_separates_properties() {
    check(
        &["HeaderFrom fields=a headers=h operation=copy"],
        "{\"a\":\"\\u0001\"}",
        "transform t0 (HeaderFrom$Value): the value for property \"h\" has a byte 1 or 2, which separate properties",
    );
}

#[test]
fn each_record_goes_by_its_own_topic_and_time() {
    let mut chain =
        chain(&["RegexRouter regex=raw-(.*) replacement=$1", "TimestampRouter timestamp.format=yyyy"]);
    let mut routed = |topic: &str, millis| {
        let origin = QueueId { topic: topic.into(), ..origin() };
        let record = ConnectRecord::new(QueueOffset::default(), Value::Null).with_timestamp(millis);
        chain.apply(&origin, record).map(|record| record.unwrap().topic().unwrap().to_string())
    };
    assert_eq!(routed("raw-orders", 1).unwrap(), "orders-1970");
    assert_eq!(routed("clicks", 1).unwrap(), "clicks-1970");
    assert_eq!(routed("raw-orders", 1_795_380_667_123).unwrap(), "orders-2026");
    let error = routed("clicks", 0).unwrap_err();
    assert!(
        error.to_string().ends_with("the record has no timestamp, or one that is out of the calendar"),
        "{error}"
    );
}

#[test]
fn a_time_that_is_required_has_to_be_there() {
    check(&["InsertField timestamp.field=at?"], "{}", "{\"at\":null}");
    check(
        &["InsertField timestamp.field=at!"],
        "{}",
        "transform t0 (InsertField$Value): the record has no timestamp, or one that is out of the calendar",
    );
}

#[test]
fn text_that_is_not_changed_keeps_its_schema_and_the_white_space_around_it() {
    let schema = Arc::new(Schema::of(FieldType::String));
    let value = Value::String(" {\"a\":1}\n".into());
    let record = ConnectRecord::new(QueueOffset::default(), value.clone()).with_schema(Arc::clone(&schema));
    let found = chain(&["MaskField fields=b"]).apply(&origin(), record).unwrap().unwrap();
    assert_eq!((found.value(), found.schema()), (&value, Some(&schema)));
}
