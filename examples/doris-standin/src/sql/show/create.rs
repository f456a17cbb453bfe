//! SHOW CREATE TABLE and SHOW CREATE DATABASE.

use super::find;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;
use crate::store::{Column, DefaultValue, Table};

/// Properties every table shows; what the table itself sets comes after.
const PROPERTIES: &[(&str, &str)] = &[
    ("replication_allocation", "tag.location.default: 1"),
    ("min_load_replica_num", "-1"),
    ("is_being_synced", "false"),
    ("storage_medium", "hdd"),
    ("storage_format", "V2"),
    ("inverted_index_storage_format", "V2"),
    ("light_schema_change", "true"),
    ("disable_auto_compaction", "false"),
    ("enable_single_replica_compaction", "false"),
    ("group_commit_interval_ms", "10000"),
    ("group_commit_data_bytes", "134217728"),
];

/// Runs the statement; the cursor stands after `SHOW CREATE`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    if cursor.eat_word("DATABASE") || cursor.eat_word("SCHEMA") {
        let name = cursor.identifier()?;
        session.find_database(Some(&name))?;
        let text = format!("CREATE DATABASE `{name}`");
        return Ok(ResultSet::of_text(["Database", "Create Database"], [[Some(name), Some(text)]]));
    }
    cursor.expect_word("TABLE")?;
    let (database, name) = cursor.qualified()?;
    cursor.expect_end()?;
    let (_, table) = find(session, database.as_deref(), &name)?;
    let text = text(&table);
    Ok(ResultSet::of_text(["Table", "Create Table"], [[Some(name), Some(text)]]))
}

fn text(table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(column_text).collect();
    let keys: Vec<String> = table.keys().map(|column| format!("`{}`", column.name)).collect();
    let mut text = format!(
        "CREATE TABLE `{}` (\n{}\n) ENGINE=OLAP\n{} KEY({})\n",
        table.name,
        columns.join(",\n"),
        table.model.word(),
        keys.join(", ")
    );
    if !table.comment.is_empty() {
        text.push_str(&format!("COMMENT '{}'\n", table.comment));
    }
    if let Some(partition) = &table.partition {
        text.push_str(&format!("{partition}\n"));
    }
    let own = table.properties.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let own =
        own.filter(|(key, _)| *key != "replication_num" && !PROPERTIES.iter().any(|(known, _)| known == key));
    let properties: Vec<String> = PROPERTIES
        .iter()
        .copied()
        .chain(own)
        .map(|(key, value)| format!("\"{key}\" = \"{value}\""))
        .collect();
    text.push_str(&format!("{}\nPROPERTIES (\n{}\n);", table.distribution, properties.join(",\n")));
    text
}

fn column_text(column: &Column) -> String {
    let aggregation = column.aggregation.map(|found| format!(" {}", found.word())).unwrap_or_default();
    let null = if column.nullable { " NULL" } else { " NOT NULL" };
    let default = match &column.default {
        None => String::new(),
        Some(DefaultValue::Null) => " DEFAULT NULL".to_owned(),
        Some(DefaultValue::Literal(text)) => format!(" DEFAULT \"{text}\""),
        Some(DefaultValue::CurrentTimestamp) => " DEFAULT CURRENT_TIMESTAMP".to_owned(),
    };
    let comment = match column.comment.as_str() {
        "" => String::new(),
        text => format!(" COMMENT '{text}'"),
    };
    format!("  `{}` {}{aggregation}{null}{default}{comment}", column.name, column.column_type)
}
