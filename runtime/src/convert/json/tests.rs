//! Records as a Java worker's JsonConverter writes them.

use super::*;
use connector_api::FieldType;

fn convert(options: Options<'_>, body: &str) -> Result<Converted, String> {
    let converter = make(options).map_err(|error| error.problem)?;
    converter.convert(Bytes::copy_from_slice(body.as_bytes())).map_err(|error| error.reason)
}

fn enveloped(schema: &str, payload: &str) -> String {
    format!(r#"{{"schema":{schema},"payload":{payload}}}"#)
}

#[track_caller]
fn check(schema: &str, payload: &str, expected: Value) {
    let converted = convert(&[], &enveloped(schema, payload)).unwrap();
    assert_eq!(converted.value, expected, "{payload} as {schema}");
    assert!(converted.schema.is_some());
}

#[track_caller]
fn check_refused(schema: &str, payload: &str, parts: &[&str]) {
    let refused = convert(&[], &enveloped(schema, payload)).unwrap_err();
    for part in parts {
        assert!(refused.contains(part), "{part:?} is not in {refused:?}");
    }
}

#[test]
fn payloads_are_read_as_their_schema_says() {
    check(r#"{"type":"boolean"}"#, "true", Value::Boolean(true));
    check(r#"{"type":"int8","optional":false}"#, "null", Value::Null);
    check(r#"{"type":"int16"}"#, "\"12\"", Value::Int16(12));
    check(r#"{"type":"int64"}"#, "-9223372036854775808", Value::Int64(i64::MIN));
    check(r#"{"type":"float"}"#, "0.5", Value::Float32(0.5));
    check(r#"{"type":"double"}"#, "2", Value::Float64(2.0));
    check(r#"{"type":"string"}"#, r#""a\n\"b""#, Value::String("a\n\"b".into()));
    check(r#"{"type":"string"}"#, r#"{"a":1}"#, Value::String(r#"{"a":1}"#.into()));
    check(r#"{"type":"bytes"}"#, "\"AP8=\"", Value::Bytes(Bytes::from_static(&[0, 255])));
    let numbers = Value::Array(vec![Value::Int32(1), Value::Null]);
    check(r#"{"type":"array","items":{"type":"int32"}}"#, "[1,null]", numbers);
    let counts = Value::Map(vec![(Value::String("a".into()), Value::Int64(1))]);
    check(r#"{"type":"map","keys":{"type":"string"},"values":{"type":"int64"}}"#, r#"{"a":1}"#, counts);
    let counts = Value::Map(vec![(Value::Int32(7), Value::String("x".into()))]);
    check(r#"{"type":"map","keys":{"type":"int32"},"values":{"type":"string"}}"#, r#"[[7,"x"]]"#, counts);
    let person = Value::Struct(vec![("name".into(), Value::String("x".into())), ("age".into(), Value::Null)]);
    check(
        r#"{"type":"struct","fields":[{"field":"name","type":"string"},{"field":"age","type":"int32"}]}"#,
        r#"{"more":1,"name":"x"}"#,
        person,
    );
}

#[test]
fn decimals_come_as_base64_and_as_numbers() {
    let schema = r#"{"type":"bytes","name":"io.openmessaging.connector.api.data.logical.Decimal","parameters":{"scale":"2"}}"#;
    let number = || Value::Bytes(Bytes::from_static(&[0x30, 0x39]));
    check(schema, "\"MDk=\"", number());
    check(schema, "123.45", number());
    check_refused(schema, "1.234", &["1.234", "up to 2 digits"]);
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    check_refused(r#"{"type":"int8"}"#, "128", &["payload: 128 is not a whole number of 8 bits"]);
    check_refused(r#"{"type":"int32"}"#, "1.0", &["payload: 1.0"]);
    let nested = r#"{"type":"struct","fields":[{"field":"list","type":"array","items":{"type":"int32"}}]}"#;
    check_refused(
        nested,
        r#"{"list":[1,"x"]}"#,
        &["payload.list[1]: \"x\" is not a whole number of 32 bits"],
    );
    check_refused(r#"{"type":"date"}"#, "1", &["\"date\" is no type"]);
    check_refused(r#"{"type":"array"}"#, "[]", &["without items"]);
}

#[test]
fn what_has_no_schema_is_its_payload_and_what_has_no_payload_is_refused() {
    let payload = convert(&[], r#"{"schema":null,"payload":{"a": 1}}"#).unwrap();
    assert_eq!(payload, Value::String(r#"{"a": 1}"#.into()).into());
    assert_eq!(convert(&[], r#"{"payload":[1]}"#), Ok(Value::String("[1]".into()).into()));
    assert_eq!(convert(&[], ""), Ok(Value::Null.into()));
    for body in [r#"{"a":1}"#, "[1]", "1", "hello"] {
        let refused = convert(&[], body).unwrap_err();
        assert!(refused.contains("schemas.enable=false"), "{body}: {refused}");
    }
}

#[test]
fn records_with_one_schema_share_it() {
    let converter = make(&[("schemas.cache.size", "2")]).ok().unwrap();
    let schema_of = |kind: &str| {
        let body = enveloped(&format!(r#"{{"type":"{kind}"}}"#), "1");
        converter.convert(Bytes::from(body)).unwrap().schema.unwrap()
    };
    let first = schema_of("int32");
    assert_eq!(first.field_type, FieldType::Int32);
    assert!(Arc::ptr_eq(&first, &schema_of("int32")));
    schema_of("int8");
    schema_of("int16");
    assert_eq!(schema_of("int32"), first, "read again once others took its place");
}

#[test]
fn options_are_checked() {
    let problem = |name: &'static str, value: &'static str| {
        make(&[(name, value)]).err().map(|OptionError { option, problem }| format!("{option}: {problem}"))
    };
    let wrong = problem("schemas.enable", "yes");
    assert_eq!(wrong.as_deref(), Some("schemas.enable: \"yes\" is neither true nor false"));
    assert!(problem("decimal.format", "hex").is_some_and(|problem| problem.contains("NUMERIC")));
    assert!(problem("schemas.cache.size", "many").is_some());
    let unknown = problem("schema.enable", "true");
    assert!(unknown.is_some_and(|problem| problem.contains("schemas.enable")));
    assert_eq!(problem("decimal.format", "numeric"), None);
}
