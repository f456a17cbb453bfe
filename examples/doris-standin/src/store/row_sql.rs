//! SQL over the rows of a table: finding a key, writing a row, combining two.

use super::engine::quoted;
use super::sum::Sum;
use super::table::{Aggregation, Column, KeyModel, Table};

/// The index that finds rows with the same key; `None` for duplicate tables. Keys that are NULL are equal in Doris.
pub(super) fn key_index(table: &Table) -> Option<String> {
    if table.model == KeyModel::Duplicate {
        return None;
    }
    Some(format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        quoted(&format!("_standin_key_{}", table.name)),
        quoted(&table.name),
        key_expressions(table)
    ))
}

/// The keys as what the index holds: NULL is equal to NULL.
pub(super) fn key_expressions(table: &Table) -> String {
    let keys: Vec<String> = table
        .keys()
        .map(|column| {
            let name = quoted(&column.name);
            if column.nullable { format!("coalesce({name}, x'')") } else { name }
        })
        .collect();
    keys.join(", ")
}

/// Writes a whole row, by the table's model.
pub(super) fn insert_sql(table: &Table) -> String {
    let values = vec!["?"; table.columns.len()].join(", ");
    let columns: Vec<_> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    // By name: the table may have got more columns since the load began.
    let name = format!("{} ({})", quoted(&table.name), columns.join(", "));
    match table.model {
        KeyModel::Duplicate => format!("INSERT INTO {name} VALUES ({values})"),
        KeyModel::Unique => format!("INSERT OR REPLACE INTO {name} VALUES ({values})"),
        KeyModel::Aggregate => {
            let combined: Vec<String> = table.columns.iter().filter_map(combine).collect();
            let action = if combined.is_empty() {
                "NOTHING".to_owned()
            } else {
                format!("UPDATE SET {}", combined.join(", "))
            };
            format!(
                "INSERT INTO {name} VALUES ({values}) ON CONFLICT ({}) DO {action}",
                key_expressions(table)
            )
        }
    }
}

fn combine(column: &Column) -> Option<String> {
    let name = quoted(&column.name);
    let either = |function: &str| {
        format!("{name} = coalesce({function}({name}, excluded.{name}), {name}, excluded.{name})")
    };
    Some(match column.aggregation? {
        Aggregation::Sum => either(Sum::of(&column.column_type).function()),
        Aggregation::Max => either("max"),
        Aggregation::Min => either("min"),
        Aggregation::Replace => format!("{name} = excluded.{name}"),
        Aggregation::ReplaceIfNotNull => format!("{name} = coalesce(excluded.{name}, {name})"),
    })
}
