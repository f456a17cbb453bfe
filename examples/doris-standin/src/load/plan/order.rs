//! Which of the rows of a key counts: the last, or that of the highest sequence.

use super::Settings;
use super::fields::{Mapping, Origin};
use super::refusal::PlanError;
use crate::load::cast::cast;
use crate::load::expression::{Expression, Value};
use crate::load::source::Source;
use crate::load::zone::ZoneOffset;
use crate::store::{Cell, ColumnType, DefaultValue, Sequence, Table};

/// Where a row's sequence comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Order {
    /// The last row counts.
    Unordered,
    /// From this column of the row.
    Column(usize),
    /// From a value that no column keeps.
    Hidden(Expression, ColumnType),
}

/// Refuses a sequence where the table has none, and none where it needs one.
pub(super) fn check(table: &Table, settings: &Settings) -> Result<(), PlanError> {
    match (Sequence::of(table), &settings.sequence) {
        (None, Some(_)) => {
            Err(PlanError::new(format!("There is no sequence column in the table {}", table.name)))
        }
        (Some(Sequence::Hidden(_)), None) => Err(unsaid(table)),
        _ => Ok(()),
    }
}

/// Refuses rows without a sequence for a table that orders by one.
pub(super) fn check_given(table: &Table, order: &Order) -> Result<(), PlanError> {
    let needs = Sequence::of(table).is_some_and(|sequence| !has_now_as_default(table, &sequence));
    if needs && *order == Order::Unordered { Err(unsaid(table)) } else { Ok(()) }
}

impl Order {
    /// `partial`: a row without a sequence keeps the one it had.
    pub(super) fn read(
        table: &Table,
        settings: &Settings,
        mapping: &Mapping,
        partial: bool,
    ) -> Result<Self, PlanError> {
        match (Sequence::of(table), &settings.sequence) {
            (Some(sequence @ Sequence::Column(at)), _) => {
                let is_there = mapping.origin(&table.columns[at]) != Origin::Missing;
                if is_there || (has_now_as_default(table, &sequence) && !partial) {
                    Ok(Self::Column(at))
                } else if partial {
                    Ok(Self::Unordered)
                } else {
                    Err(unsaid(table))
                }
            }
            (Some(Sequence::Hidden(column_type)), Some(name)) => {
                let unknown = "unknown reference column in ORDER BY clause:";
                let name = format!("`{}`", name.trim().trim_matches('`'));
                Ok(Self::Hidden(mapping.over_columns(table, &name, unknown)?, column_type))
            }
            _ => Ok(Self::Unordered),
        }
    }

    /// By a column of the table, if that is given.
    pub(super) fn of_column(table: &Table, mapping: &Mapping) -> Self {
        match Sequence::of(table) {
            Some(Sequence::Column(at)) if mapping.origin(&table.columns[at]) != Origin::Missing => {
                Self::Column(at)
            }
            _ => Self::Unordered,
        }
    }

    /// A row's sequence that no column keeps; what cannot be read comes before all others.
    pub(super) fn of_fields(&self, fields: &[Option<Source<'_>>], zone: ZoneOffset) -> Option<Cell<'static>> {
        let Self::Hidden(expression, column_type) = self else { return None };
        let value = expression.evaluate(zone, &|at| Value::of_source(fields[at].as_ref()));
        let cell = value.to_source().and_then(|source| cast(source, column_type, zone).ok());
        Some(cell.unwrap_or(Cell::Null))
    }

    /// A row's sequence that is one of its cells.
    pub(super) fn of_cells<'c, 'a>(&self, cells: &'c [Cell<'a>]) -> Option<&'c Cell<'a>> {
        match self {
            Self::Column(at) => cells.get(*at),
            _ => None,
        }
    }
}

fn has_now_as_default(table: &Table, sequence: &Sequence) -> bool {
    match sequence {
        Sequence::Column(at) => table.columns[*at].default == Some(DefaultValue::CurrentTimestamp),
        Sequence::Hidden(_) => false,
    }
}

fn unsaid(table: &Table) -> PlanError {
    PlanError::new(format!("Table {} has sequence column, need to specify the sequence column", table.name))
}
