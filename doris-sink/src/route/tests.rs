//! Records find their tables.

use super::*;
use connector_api::{Headers, QueueOffset, Value};

const TOPICS: (&str, &str) = ("connect.topicnames", "a;b");

fn route(config: &[(&str, &str)]) -> Route {
    Route::read(&config.iter().copied().chain([TOPICS]).collect()).unwrap()
}

fn record() -> ConnectRecord {
    let headers =
        [("TABLE", "by_property"), ("EMPTY", ""), ("PATH", "../x")].into_iter().collect::<Headers>();
    ConnectRecord::new(QueueOffset::new(0).unwrap(), Value::Null)
        .with_headers(headers)
        .with_key(Value::String("by_key".into()))
}

#[track_caller]
fn check(config: &[(&str, &str)], expected: Result<&str, &str>) {
    let (mut route, record) = (route(config), record());
    let field = |name: &str| (name == "t").then_some(Cow::Borrowed("by_field"));
    let found = route.of("a", &record, field).map(|table| table.to_string()).map_err(|e| e.to_string());
    assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{config:?}");
}

#[test]
fn the_topic_decides_unless_the_record_does() {
    check(&[], Ok("a"));
    check(&[("doris.topic2table.map", "a:x,b:y")], Ok("x"));
    check(&[("record.tablename.field", "t")], Ok("by_field"));
    check(&[("record.tablename.property", "TABLE")], Ok("by_property"));
    check(&[("record.tablename.key", "true")], Ok("by_key"));
    check(&[("record.tablename.key", "false")], Ok("a"));
}

#[test]
fn a_record_that_names_no_table_goes_where_its_topic_is_mapped_to() {
    for part in [("record.tablename.field", "none"), ("record.tablename.property", "EMPTY")] {
        check(&[part, ("doris.topic2table.map", "a:x")], Ok("x"));
    }
}

#[test]
fn a_record_that_names_no_table_is_refused_with_what_is_missing() {
    check(
        &[("record.tablename.field", "none")],
        Err(
            "has no field \"none\" (record.tablename.field), which names the table, and doris.topic2table.map has none \
             for its topic",
        ),
    );
    check(
        &[("record.tablename.property", "PATH"), ("doris.topic2table.map", "a:x")],
        Err(
            "its property \"PATH\" (record.tablename.property) names no table: \"../x\": a table's name holds no slash, \
             dot, backtick or control character",
        ),
    );
}

#[test]
fn a_field_is_asked_for_only_where_it_decides() {
    let mut by_topic = route(&[]);
    let never = |name: &str| -> Option<Cow<'_, str>> { panic!("asked for {name}") };
    assert_eq!(by_topic.of("a", &record(), never).unwrap().as_str(), "a");
    assert!(by_topic.of_topic("a").unwrap().is_some(), "it is looked up once for all");
    assert_eq!(route(&[("record.tablename.field", "t")]).of_topic("a").unwrap(), None);
}

#[test]
fn a_name_met_before_is_the_same_name() {
    let mut by_property = route(&[("record.tablename.property", "TABLE")]);
    let record = record();
    let mut named = || by_property.of("a", &record, |_| None).unwrap();
    let (first, second) = (named(), named());
    assert_eq!(first.as_str().as_ptr(), second.as_str().as_ptr());
}

#[test]
fn names_of_records_do_not_add_up_without_end() {
    let mut by_field = route(&[("record.tablename.field", "t")]);
    for n in 0..5000 {
        by_field.of("a", &record(), |_| Some(Cow::Owned(format!("t{n}")))).unwrap();
    }
    let debug = format!("{by_field:?}");
    assert!(debug.matches("TableName").count() <= 1024, "{}", debug.len());
}

#[test]
fn tables_known_beforehand_are_those_that_the_configuration_names() {
    let tables =
        |config: &[(&str, &str)]| route(config).tables().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(tables(&[]), ["a", "b"]);
    assert_eq!(tables(&[("record.tablename.field", "t")]), [""; 0]);
    assert_eq!(tables(&[("record.tablename.field", "t"), ("doris.topic2table.map", "b:x,c:y")]), ["x"]);
}

#[test]
fn one_part_of_the_record_decides() {
    let both = [("record.tablename.field", "t"), ("record.tablename.key", "TRUE")];
    let refused = Route::read(&both.into_iter().collect()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "record.tablename.key: names a record's table, and so does record.tablename.field; give one of the two"
    );
}
