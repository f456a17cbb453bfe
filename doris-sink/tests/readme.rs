//! The README shows every key as it is defined.

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
