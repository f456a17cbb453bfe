//! Updates of some columns: which, and what becomes of rows that are not there yet.

use std::sync::Arc;

use super::Settings;
use super::fields::{Mapping, Origin};
use super::refusal::PlanError;
use crate::store::{Column, DefaultValue, KeyModel, NewKeys, SEQUENCE_COLUMN, Table, Update};

/// What is updated, if not whole rows: those are meant where no columns are named, or all.
pub(super) fn update(
    table: &Table,
    settings: &Settings,
    mapping: &Mapping,
) -> Result<Option<Arc<Update>>, PlanError> {
    if !settings.partial_columns {
        return Ok(None);
    }
    if table.model != KeyModel::Unique || !table.merges_on_write(settings.version) {
        return Err(PlanError::new("Only unique key merge on write support partial update"));
    }
    if !mapping.is_given {
        return Ok(None);
    }
    let is_given = |column: &Column| mapping.origin(column) != Origin::Missing;
    if let Some(key) = table.keys().find(|key| !is_given(key)) {
        let missing = &key.name;
        return Err(PlanError::new(format!(
            "Partial update should include all key columns, missing: {missing}"
        )));
    }
    if mapping.origin_of(SEQUENCE_COLUMN) != Origin::Missing {
        return Err(PlanError::new(format!(
            "Partial update should not include invisible column except delete sign column: {SEQUENCE_COLUMN}"
        )));
    }
    if table.columns.iter().all(is_given) {
        return Ok(None);
    }
    let columns = (0..table.columns.len())
        .filter(|&at| !table.columns[at].key && is_given(&table.columns[at]))
        .collect();
    let unfilled = table.columns.iter().find(|column| {
        !is_given(column) && !column.nullable && matches!(column.default, None | Some(DefaultValue::Null))
    });
    let new_keys = match unfilled {
        _ if settings.strict => NewKeys::Filtered,
        Some(column) => NewKeys::Refused { column: column.name.clone() },
        None => NewKeys::Written,
    };
    Ok(Some(Arc::new(Update { columns, new_keys })))
}
