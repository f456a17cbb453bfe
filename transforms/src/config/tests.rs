//! What a configuration has to be.

use super::*;

fn found(given: &[(&str, &str)]) -> Vec<String> {
    let config: ConnectorConfig = given.iter().copied().collect();
    match steps(&config) {
        Ok(steps) => steps.iter().map(|step| format!("{} {}", step.name, step.class)).collect(),
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    }
}

#[track_caller]
fn check(given: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(found(given), expected);
}

#[test]
fn transforms_come_in_the_order_of_the_list() {
    check(&[], &[]);
    check(
        &[
            ("transforms", " b, a ,"),
            ("transforms.a.type", "org.apache.kafka.connect.transforms.Filter"),
            ("transforms.b.class", "org.apache.rocketmq.connect.transforms.SetNull$Key"),
        ],
        &["b SetNull$Key", "a Filter"],
    );
}

#[test]
fn a_name_sees_its_own_keys_alone() {
    check(
        &[
            ("transforms", "A,AB"),
            ("transforms.A.class", "Filter"),
            ("transforms.AB.class", "HoistField"),
            ("transforms.AB.field", "x"),
        ],
        &["A Filter", "AB HoistField$Value"],
    );
}

#[test]
fn what_is_not_listed_is_left_alone() {
    check(&[("transforms.off.class", "Nonsense"), ("predicates.off.class", "Nonsense")], &[]);
}

#[test]
fn all_that_is_wrong_is_found_at_once() {
    check(
        &[
            ("predicates", "p,p,q"),
            ("predicates.p.class", "TopicNameMatches"),
            ("predicates.q.class", "HasHeader"),
            ("transforms", "a,b,c,d,e,a"),
            ("transforms.a.class", "ReplaceFeild$Value"),
            ("transforms.b.class", "MaskField"),
            ("transforms.b.field", "x"),
            ("transforms.b.negate", "perhaps"),
            ("transforms.c.predicate", "P"),
            ("transforms.d.class", "Filter"),
            ("transforms.d.predicate", "pp"),
            ("transforms.e.class", "Filter"),
            ("transforms.e.type", "SetNull"),
            ("transforms.e.negate", "true"),
        ],
        &[
            "predicates: \"p\" is listed twice",
            "predicates.p.pattern: required and not given",
            "predicates.q.class: \"HasHeader\" is no predicate known here, did you mean \"HasHeaderKey\"? There are HasHeaderKey, RecordIsTombstone, TopicNameMatches",
            "transforms: \"a\" is listed twice",
            "transforms.a.class: \"ReplaceFeild$Value\" is no transform known here, did you mean \"ReplaceField\"?",
            "transforms.b.field: no option of this class, did you mean \"fields\"?",
            "transforms.b.fields: required and not given",
            "transforms.b.negate: \"perhaps\" is neither true nor false",
            "transforms.c.class: required and not given",
            "transforms.c.predicate: no predicate called \"P\" is listed in `predicates`, did you mean \"p\"?",
            "transforms.d.predicate: no predicate called \"pp\" is listed in `predicates`, did you mean \"p\"?",
            "transforms.e.type: differs from transforms.e.class",
            "transforms.e.negate: there is no predicate that could be negated",
        ],
    );
}

/// The errors of one transform of this class with these options.
#[track_caller]
fn check_options(class: &str, options: &[(&str, &str)], expected: &str) {
    let keys: Vec<_> = options.iter().map(|(key, value)| (format!("transforms.t.{key}"), *value)).collect();
    let mut given = vec![("transforms", "t"), ("transforms.t.class", class)];
    given.extend(keys.iter().map(|(key, value)| (key.as_str(), *value)));
    assert_eq!(found(&given), [format!("transforms.t.{expected}")]);
}

#[test]
fn options_that_cannot_be_are_refused_with_what_can() {
    check_options(
        "Cast",
        &[("spec", "a:int7")],
        "spec: \"int7\" is none of int8, int16, int32, int64, float32, float64, boolean, string",
    );
    check_options("Cast", &[("spec", "a:int8,int8")], "spec: \"int8\" is not of the form field:type");
    check_options("Cast", &[("spec", "a:int8,a:int16")], "spec: field \"a\" is named twice");
    check_options("Cast", &[("spec", ",")], "spec: names nothing");
    check_options("ReplaceField", &[("renames", "a")], "renames: \"a\" is not of the form old:new");
    check_options(
        "InsertField",
        &[("static.field", "a")],
        "static.value: static.field and static.value go together",
    );
    check_options(
        "InsertField",
        &[],
        "static.field: nothing is to be inserted: give one of topic.field, partition.field, offset.field, timestamp.field, static.field",
    );
    check_options(
        "TimestampConverter",
        &[("target.type", "string")],
        "format: required where target.type is string",
    );
    check_options(
        "TimestampConverter",
        &[("target.type", "unix"), ("format", "yyyy-ww")],
        "format: letter 'w' means nothing that is known here: there are y M d D E a H k K h m s S z Z X, and text between apostrophes",
    );
    check_options(
        "HeaderFrom",
        &[("fields", "a,b"), ("headers", "a"), ("operation", "copy")],
        "headers: there are 1 for 2 fields",
    );
    check_options(
        "RegexRouter",
        &[("regex", "a"), ("replacement", "$1")],
        "replacement: the expression has no group 1",
    );
    check_options(
        "ExtractField",
        &[("field", "`a"), ("field.syntax.version", "V2")],
        "field: the backtick at 0 is not closed: another has to stand at the end or before a dot",
    );
    check_options(
        "PatternRename",
        &[("field.pattern", "a"), ("field.pattern.flags", "DOTAL")],
        "field.pattern.flags: \"DOTAL\" is none of CASE_INSENSITIVE, COMMENTS, DOTALL, LITERAL, MULTILINE, UNIX_LINES, did you mean \"DOTALL\"?",
    );
    check_options(
        "SetSchemaMetadata",
        &[],
        "schema.name: nothing is to be set: give schema.name, schema.version or both",
    );
    check_options(
        "SetSchemaMetadata",
        &[("schema.version", "x")],
        "schema.version: \"x\" is not a whole number",
    );
    check_options(
        "ChangeCase",
        &[("from", "LOWER"), ("to", "LOWER_CAMEL")],
        "from: \"LOWER\" is none of LOWER_HYPHEN, LOWER_UNDERSCORE, LOWER_CAMEL, UPPER_CAMEL, UPPER_UNDERSCORE",
    );
}
