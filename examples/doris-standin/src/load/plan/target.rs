//! What fills one column.

use super::fields::Origin;
use super::refusal::{PlanError, Rejected};
use crate::clock::{now_ms, sql_time};
use crate::load::cast::{MAX_STRING, Misfit, cast};
use crate::load::source::Source;
use crate::load::zone::ZoneOffset;
use crate::store::{Cell, Column, ColumnType, DefaultValue};

/// How the values of a body are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) zone: ZoneOffset,
    /// What cannot be read spoils its row, else it is NULL.
    pub(super) strict: bool,
    /// Columns that nothing fills are left as they are, else they need a default.
    pub(super) partial: bool,
    /// Nested values come as JSON arrays and objects, and in no other form.
    pub(super) nested_json: bool,
}

/// One column's filling.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) origin: Origin,
    /// What the column gets when a row has no value for it; `None` when it must have one.
    default: Option<Cell<'static>>,
    reading: Reading,
}

impl Target {
    pub(super) fn new(column: &Column, origin: Origin, reading: Reading) -> Result<Self, PlanError> {
        let default = default_cell(column, reading.zone)?;
        match (&origin, &default) {
            (Origin::Missing, None) if reading.partial => {
                Ok(Self { origin, default: Some(Cell::Null), reading })
            }
            (Origin::Missing, None) => {
                Err(PlanError::new(format!("Column has no default value. column: {}", column.name)))
            }
            // What only fields of the body are held to.
            (Origin::Mapped(_), _) => Ok(Self {
                origin,
                default,
                reading: Reading { strict: false, nested_json: false, ..reading },
            }),
            _ => Ok(Self { origin, default, reading }),
        }
    }

    /// The cell for a value, or for none.
    pub(super) fn cell<'a>(&self, value: Option<Source<'a>>, column: &Column) -> Result<Cell<'a>, Rejected> {
        let null = || {
            let name = || column.name.clone();
            if column.nullable { Ok(Cell::Null) } else { Err(Rejected::Null { column: name() }) }
        };
        let value = match value {
            None => return self.default.clone().map_or_else(null, Ok),
            Some(Source::Null) => return null(),
            // A text in a body of JSON is a scalar, whatever it says.
            Some(Source::Text(_)) if self.reading.nested_json && column.column_type.is_nested() => {
                Source::Number("0")
            }
            Some(value) => value,
        };
        // Kept for the message; the cast takes the value.
        let shown = if self.reading.strict { value.shown().to_owned() } else { String::new() };
        match cast(value, &column.column_type, self.reading.zone) {
            Ok(cell) => Ok(cell),
            Err(Misfit::Unreadable) if self.reading.strict => {
                Err(Rejected::Incorrect { column: column.name.clone(), value: shown })
            }
            Err(Misfit::Unreadable) => null(),
            Err(misfit) => Err(rejected(misfit, column)),
        }
    }
}

fn rejected(misfit: Misfit, column: &Column) -> Rejected {
    let name = &column.name;
    let nested = match column.column_type {
        ColumnType::Array(_) => "ARRAY type failed: ",
        ColumnType::Map(..) => "MAP type failed: ",
        ColumnType::Struct(_) => "STRUCT type failed: ",
        _ => "",
    };
    let column = name.clone();
    match misfit {
        Misfit::Unreadable => Rejected::Null { column },
        Misfit::Shape { path, expected, of } => Rejected::Shape(format!(
            "[DATA_QUALITY_ERROR]Json value isn't {expected}, but the column `{name}{path}` is {of}."
        )),
        Misfit::Element { of, text } => {
            Rejected::Shape(format!("[INVALID_ARGUMENT]parse {of} fail, string: '{text}'"))
        }
        Misfit::TooLong { limit: MAX_STRING, actual, prefix } => {
            Rejected::TooLongForAny { column, nested, prefix, limit: MAX_STRING, actual }
        }
        Misfit::TooLong { limit, actual, prefix } => {
            Rejected::TooLong { column, nested, prefix, limit, actual }
        }
    }
}

fn default_cell(column: &Column, zone: ZoneOffset) -> Result<Option<Cell<'static>>, PlanError> {
    let text = match &column.default {
        None | Some(DefaultValue::Null) => return Ok(column.nullable.then_some(Cell::Null)),
        Some(DefaultValue::Literal(text)) => text.clone(),
        Some(DefaultValue::CurrentTimestamp) => sql_time(now_ms() + zone.seconds() * 1000),
    };
    match cast(Source::owned(text), &column.column_type, zone) {
        Ok(cell) => Ok(Some(cell)),
        Err(_) => Err(PlanError::new(format!("Invalid default value for '{}'", column.name))),
    }
}
