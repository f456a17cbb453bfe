//! Rows as they were become rows as they are to be.

use std::borrow::Cow;
use std::sync::Arc;

use crate::load::{Fate, Plan, Source};
use crate::sql::error::SqlError;
use crate::store::{Cell, Row, SchemaChange, Table};

/// What turns the values of the columns that stay into whole rows: cast where the type changed, defaults where the column is new.
pub(super) fn converter(
    old: &Table,
    change: &SchemaChange,
) -> Result<impl Fn(Vec<Cell<'static>>) -> Result<Vec<Cell<'static>>, String> + use<>, SqlError> {
    let table = Arc::new(change.table.clone());
    let mut kept = Vec::new();
    let mut unchanged = Vec::new();
    for (at, (column, from)) in table.columns.iter().zip(&change.from).enumerate() {
        let Some(before) = from.as_ref().and_then(|from| old.position(from)) else { continue };
        if old.columns[before].column_type == column.column_type {
            unchanged.push((kept.len(), at));
        }
        kept.push(column.name.clone());
    }
    let plan = Plan::positional(table, Some(kept)).map_err(SqlError::analysis)?;
    Ok(move |mut values: Vec<Cell<'static>>| {
        let mut sources: Vec<_> = values.iter().map(|value| Some(source(value))).collect();
        let fate = plan.row(&mut sources).map_err(|rejected| rejected.to_string())?;
        let Fate::Written(Row { mut cells, .. }) = fate else { return Ok(Vec::new()) };
        for &(value, cell) in &unchanged {
            cells[cell] = std::mem::replace(&mut values[value], Cell::Null);
        }
        Ok(cells)
    })
}

fn source(cell: &Cell<'static>) -> Source<'static> {
    match cell {
        Cell::Null => Source::Null,
        Cell::Integer(number) => Source::Text(Cow::Owned(number.to_string())),
        Cell::Real(number) => Source::Text(Cow::Owned(number.to_string())),
        Cell::Text(text) => Source::Text(text.clone()),
    }
}
