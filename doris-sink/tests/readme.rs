//! The README shows every key as it is defined, and the documents name tests that there are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use connector_api::{ConfigKey, ConfigType, SinkConnector};
use doris_sink::DorisSinkConnector;

fn row(key: &ConfigKey) -> String {
    let values = match &key.config_type {
        ConfigType::Boolean => " (true, false)".to_owned(),
        ConfigType::OneOf(words) => format!(" ({})", words.join(", ")),
        ConfigType::Int { min, max } if *max < i64::MAX => format!(" ({min} to {max})"),
        _ => String::new(),
    };
    let default = match key.default {
        None => "required".to_owned(),
        Some("") => String::new(),
        Some(default) => format!("`{default}`"),
    };
    format!("| `{}` | {default} | {}{values} |\n", key.name, key.documentation)
}

#[test]
fn the_table_of_keys_is_the_definition() {
    let definition = DorisSinkConnector.config_def();
    let rows: String = definition.keys().iter().map(row).collect();
    let families: String = definition.prefixes().iter().map(|p| row(p).replacen(".`", ".*`", 1)).collect();
    let table = format!("| key | default | meaning |\n|---|---|---|\n{rows}{families}");
    assert!(include_str!("../README.md").contains(&table), "README.md lacks this table:\n{table}");
}

/// What a document links to in the form `(../path/to/file.rs#function)`, and the line that does.
fn links(document: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    document.lines().flat_map(|line| {
        line.split("](../").skip(1).filter_map(move |rest| {
            let (path, function) = rest.split_once(')')?.0.split_once(".rs#")?;
            Some((path, function, line))
        })
    })
}

#[test]
fn every_test_that_is_shown_to_prove_something_is_there() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let document = std::fs::read_to_string(format!("{root}/docs/doris-sink.md")).unwrap();
    let mut seen = 0;
    for (path, function, line) in links(&document) {
        let source = std::fs::read_to_string(format!("{root}/{path}.rs"))
            .unwrap_or_else(|error| panic!("{path}.rs: {error} in {line}"));
        let is_there =
            [format!("fn {function}("), format!("fn {function}<")].iter().any(|f| source.contains(f));
        assert!(is_there, "{path}.rs has no {function}: {line}");
        seen += 1;
    }
    assert!(seen > 50, "only {seen} links are read");
}
