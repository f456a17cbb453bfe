//! What the front end checks of a new table.

use super::error::SqlError;
use crate::store::{Column, ColumnType, DefaultValue, KeyModel};

/// How many leading columns become the key of a table that declares none.
const DEFAULT_KEYS: usize = 3;

/// Marks the key columns, and says which model the table is of.
pub(super) fn mark_keys(
    columns: &mut [Column],
    model: Option<KeyModel>,
    keys: &[String],
) -> Result<KeyModel, SqlError> {
    let aggregated = columns.iter().any(|column| column.aggregation.is_some());
    let Some(model) = model else {
        let leading = columns.iter().take_while(|column| column.column_type.can_be_key()).count();
        // Without value functions the table is a duplicate one; with them, what comes before is the key.
        let model = if aggregated { KeyModel::Aggregate } else { KeyModel::Duplicate };
        let count = match model {
            KeyModel::Aggregate => columns.iter().take_while(|column| column.aggregation.is_none()).count(),
            _ => leading.min(DEFAULT_KEYS),
        };
        if count == 0 {
            return Err(SqlError::analysis(
                "The olap table first column could not be float, double, string or struct, array, map, please use decimal or varchar instead.",
            ));
        }
        columns[..count].iter_mut().for_each(|column| column.key = true);
        return Ok(model);
    };
    for (index, key) in keys.iter().enumerate() {
        match columns.get_mut(index) {
            Some(column) if column.name.eq_ignore_ascii_case(key) => column.key = true,
            Some(column) => {
                return Err(SqlError::analysis(format_args!(
                    "Key columns should be a ordered prefix of the schema. KeyColumns[{index}] (starts from zero) is {key}, but corresponding column is {} in the previous columns declaration.",
                    column.name
                )));
            }
            None => return Err(SqlError::analysis(format_args!("Key column[{key}] doesn't exist."))),
        }
    }
    Ok(model)
}

/// Refuses columns that do not go with their place in the table.
pub(super) fn check_columns(columns: &[Column], model: KeyModel) -> Result<(), SqlError> {
    for column in columns {
        let name = &column.name;
        if column.key && !column.column_type.can_be_key() {
            let detail = match column.column_type {
                ColumnType::Text => format!("String Type should not be used in key column[{name}]"),
                ColumnType::Float | ColumnType::Double => {
                    format!("Float or double can not used as a key, use decimal instead: {name}")
                }
                _ => format!(
                    "{} Type should not be used in key column[{name}].",
                    column.column_type.bare_name()
                ),
            };
            return Err(SqlError::analysis(detail));
        }
        if !column.nullable && column.default == Some(DefaultValue::Null) {
            return Err(SqlError::analysis(format_args!(
                "Can not set null default value to non nullable column: {name}"
            )));
        }
        match (model, column.key, column.aggregation) {
            (KeyModel::Aggregate, false, None) => {
                return Err(SqlError::analysis(format_args!(
                    "should set aggregation type to non-key column[{name}]"
                )));
            }
            (KeyModel::Duplicate | KeyModel::Unique, false, Some(_)) => {
                return Err(SqlError::analysis(format_args!(
                    "{} table should not specify aggregate type for non-key column[{name}]",
                    model.keys_type()
                )));
            }
            (_, true, Some(_)) => {
                return Err(SqlError::analysis(format_args!(
                    "Key column[{name}] should not specify aggregate type."
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses more replicas than there are back ends.
pub(super) fn check_replicas(properties: &[(String, String)], backends: usize) -> Result<(), SqlError> {
    let value = |name: &str| properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let allocated = value("replication_allocation").and_then(|text| text.rsplit(':').next());
    let wanted = value("replication_num").or(allocated).unwrap_or("3").trim();
    let count: usize =
        wanted.parse().map_err(|_| SqlError::analysis(format_args!("Invalid replication_num: {wanted}")))?;
    if count > backends {
        return Err(SqlError::analysis(format_args!(
            "replication num should be less than the number of available backends. replication num is {count}, available backend num is {backends}"
        )));
    }
    Ok(())
}
