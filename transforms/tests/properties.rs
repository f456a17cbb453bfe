//! What holds for any record.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bytes::Bytes;
use connector_api::{ConnectRecord, ConnectorConfig, QueueId, QueueOffset, Text, Value};
use proptest::prelude::*;
use transforms::{Chain, TransformError};

fn chain(keys: &[(&str, &str)]) -> Chain {
    Chain::from_config(&keys.iter().copied().collect::<ConnectorConfig>()).unwrap()
}

fn apply(chain: &mut Chain, value: Value) -> Result<Option<ConnectRecord>, TransformError> {
    let origin = QueueId { topic: "orders".into(), broker: "broker-a".into(), queue: 0 };
    let key = Value::String("{\"k\":1}".into());
    chain.apply(&origin, ConnectRecord::new(QueueOffset::default(), value).with_key(key).with_timestamp(1))
}

/// Every class, in an order in which each gets to see something.
const ALL: &[(&str, &str)] = &[
    (
        "transforms",
        "nest,filter,cast,time,mask,flat,case,rename,replace,insert,header,key,meta,hoist,extract,keycast,precision,router,stamp",
    ),
    ("transforms.nest.class", "ExtractNestedField"),
    ("transforms.nest.input.outer.field.name", "a"),
    ("transforms.nest.input.inner.field.name", "b"),
    ("transforms.filter.class", "PatternFilter"),
    ("transforms.filter.fields", "a,b"),
    ("transforms.filter.pattern", "x+"),
    ("transforms.cast.class", "Cast"),
    ("transforms.cast.spec", "a:string"),
    ("transforms.time.class", "TimestampConverter"),
    ("transforms.time.field", "b"),
    ("transforms.time.target.type", "string"),
    ("transforms.time.format", "yyyy-MM-dd"),
    ("transforms.mask.class", "MaskField"),
    ("transforms.mask.fields", "c"),
    ("transforms.flat.class", "Flatten"),
    ("transforms.case.class", "ChangeCase"),
    ("transforms.case.from", "LOWER_CAMEL"),
    ("transforms.case.to", "UPPER_UNDERSCORE"),
    ("transforms.rename.class", "PatternRename"),
    ("transforms.rename.field.pattern", "[A-Z]+"),
    ("transforms.rename.field.replacement", "<$0>"),
    ("transforms.replace.class", "ReplaceField"),
    ("transforms.replace.exclude", "<D>"),
    ("transforms.insert.class", "InsertField"),
    ("transforms.insert.offset.field", "offset"),
    ("transforms.header.class", "HeaderFrom"),
    ("transforms.header.fields", "<A>"),
    ("transforms.header.headers", "h"),
    ("transforms.header.operation", "move"),
    ("transforms.key.class", "ValueToKey"),
    ("transforms.key.fields", "offset"),
    ("transforms.meta.class", "InsertHeader"),
    ("transforms.meta.header", "x"),
    ("transforms.meta.value.literal", "y"),
    ("transforms.hoist.class", "HoistField"),
    ("transforms.hoist.field", "f"),
    ("transforms.extract.class", "ExtractField"),
    ("transforms.extract.field", "f"),
    ("transforms.keycast.class", "ExtractField$Key"),
    ("transforms.keycast.field", "offset"),
    ("transforms.precision.class", "SetMaximumPrecision"),
    ("transforms.precision.precision.max", "3"),
    ("transforms.router.class", "RegexRouter"),
    ("transforms.router.regex", ".*"),
    ("transforms.router.replacement", "t"),
    ("transforms.stamp.class", "TimestampRouter"),
];

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let name = prop_oneof!["[a-d]", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = serde_json::Map<String, serde_json::Value>> {
    let name = prop_oneof!["[a-d]", any::<String>()];
    prop::collection::vec((name, json()), 0..8).prop_map(|pairs| pairs.into_iter().collect())
}

fn written(object: &serde_json::Map<String, serde_json::Value>, is_pretty: bool) -> Vec<u8> {
    if is_pretty { serde_json::to_vec_pretty(object) } else { serde_json::to_vec(object) }.unwrap()
}

/// Bytes that stand in JSON, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"{"[..],
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"\\",
        b"\\u00e9",
        b"\\ud83d",
        b"\"a\":",
        b"\"b\":{",
        b"1",
        b"-",
        b".5",
        b"e9",
        b"true",
        b"null",
        b" ",
        b"\n",
        b"\x01",
        b"\xff",
        "ü".as_bytes(),
    ]);
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_a_chain_does_not_change_comes_back_byte_for_byte(object in object(), is_pretty: bool, were_bytes: bool) {
        let text = Bytes::from(written(&object, is_pretty));
        let value = if were_bytes { Value::Bytes(text) } else { Value::String(Text::from_utf8(text).unwrap()) };
        let mut chain = chain(&[
            ("transforms", "mask,hoist,extract,cast"),
            ("transforms.mask.class", "MaskField"),
            ("transforms.mask.fields", "not there"),
            ("transforms.hoist.class", "HoistField"),
            ("transforms.hoist.field", "whole"),
            ("transforms.extract.class", "ExtractField"),
            ("transforms.extract.field", "whole"),
            ("transforms.cast.class", "Cast"),
            ("transforms.cast.spec", "not there:string"),
        ]);
        let record = apply(&mut chain, value.clone()).unwrap().unwrap();
        prop_assert_eq!(record.value(), &value);
    }

    #[test]
    fn fields_beside_a_changed_one_say_what_they_said(object in object(), is_pretty: bool) {
        let mut chain = chain(&[
            ("transforms", "mask,drop,add"),
            ("transforms.mask.class", "Cast"),
            ("transforms.mask.spec", "not there:int8"),
            ("transforms.drop.class", "ReplaceField"),
            ("transforms.drop.exclude", "a"),
            ("transforms.add.class", "InsertField"),
            ("transforms.add.static.field", "b"),
            ("transforms.add.static.value", "new"),
        ]);
        let text = String::from_utf8(written(&object, is_pretty)).unwrap();
        let record = apply(&mut chain, Value::String(text.into())).unwrap().unwrap();
        // Both are read by the same parser, which rounds some numbers.
        let read = |text: &[u8]| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(text).unwrap();
        let found = read(&record.value().text());
        let mut expected = read(&written(&object, is_pretty));
        expected.shift_remove("a");
        expected.insert("b".to_owned(), "new".into());
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_are_transformed_or_refused(value in prop_oneof![pieces(), any::<Vec<u8>>()]) {
        let value = Bytes::from(value);
        let mut chain = chain(ALL);
        drop(apply(&mut chain, Value::Bytes(value.clone())));
        if let Ok(text) = Text::from_utf8(value) {
            drop(apply(&mut chain, Value::String(text)));
        }
    }

    #[test]
    fn any_object_is_json_after_all_transforms_or_refused(object in object()) {
        let text = String::from_utf8(written(&object, false)).unwrap();
        if let Ok(Some(record)) = apply(&mut chain(ALL), Value::String(text.into())) {
            let found: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_slice(&record.value().text());
            prop_assert!(found.is_ok_and(|found| found.contains_key("offset")), "{:?}", record.value());
        }
    }
}
