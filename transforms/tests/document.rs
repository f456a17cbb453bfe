//! What the page about transforms shows is what happens: each table is the definition, each example is run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod example;

use connector_api::{ConfigKey, ConfigType};
use example::Example;
use transforms::{Plugin, predicates, transforms};

const PAGE: &str = include_str!("../../docs/transforms.md");

fn row(key: &ConfigKey) -> String {
    let values = match &key.config_type {
        ConfigType::Boolean => " (true, false)".to_owned(),
        ConfigType::OneOf(words) => format!(" ({})", words.join(", ")),
        _ => String::new(),
    };
    let default = match key.default {
        None => "required".to_owned(),
        Some("") => String::new(),
        Some(default) => format!("`{default}`"),
    };
    format!("| `{}` | {default} | {}{values} |\n", key.name, key.documentation)
}

fn table(plugin: &Plugin) -> String {
    let rows: String = plugin.definition.keys().iter().map(row).collect();
    format!("| option | default | meaning |\n|---|---|---|\n{rows}\n")
}

/// The text under the heading of a class.
fn section<'p>(plugin: &Plugin) -> &'p str {
    let heading = format!("\n### {}\n", plugin.name);
    let (_, rest) = PAGE.split_once(&heading).unwrap_or_else(|| panic!("no section {:?}", plugin.name));
    rest.split("\n##").next().unwrap()
}

#[test]
fn every_class_has_a_section_with_its_options() {
    for plugin in transforms().iter().chain(&predicates()) {
        let section = section(plugin);
        let table =
            if plugin.definition.keys().is_empty() { "No options.".to_owned() } else { table(plugin) };
        assert!(section.contains(table.trim_end()), "section {} lacks this table:\n{table}", plugin.name);
    }
}

#[test]
fn the_first_table_lists_every_class() {
    for plugin in transforms().iter().chain(&predicates()) {
        let anchor = plugin.name.to_lowercase();
        let row = format!("| [{}](#{anchor}) | {} |", plugin.name, plugin.doc);
        assert!(PAGE.contains(&row), "the table lacks {row}");
    }
}

#[test]
fn every_transform_has_an_example_and_every_example_is_true() {
    let examples = example::read(PAGE);
    assert!(examples.len() > 25, "only {} examples are read", examples.len());
    for transform in transforms() {
        let is_in =
            |example: &Example<'_>| example.config.iter().any(|(_, value)| value.starts_with(transform.name));
        assert!(examples.iter().any(is_in), "no example of {}", transform.name);
    }
    for example in &examples {
        example.check();
    }
}
