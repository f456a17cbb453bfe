//! Which field of a row fills which column.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::cast::{Misfit, Source, cast};
use super::datetime::ZoneOffset;
use super::settings::Settings;
use crate::clock::{now_ms, sql_time};
use crate::store::{Cell, Column, ColumnType, DefaultValue, KeyModel, Table};

const DELETE_SIGN: &str = "__DORIS_DELETE_SIGN__";

/// Why a load cannot be planned, in the front end's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {0}")]
pub(crate) struct PlanError(String);

/// A row that is filtered, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected(pub(crate) String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deletes {
    Never,
    Always,
    /// By the value of this field.
    Sign(usize),
}

#[derive(Clone, Debug)]
struct Target {
    /// The field that fills the column.
    field: Option<usize>,
    /// What the column gets without one; `None` when it must be there.
    default: Option<Cell<'static>>,
}

/// How rows become cells.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    table: Arc<Table>,
    fields: Vec<String>,
    by_name: HashMap<String, usize>,
    targets: Vec<Target>,
    deletes: Deletes,
    strict: bool,
    zone: ZoneOffset,
}

impl Plan {
    /// Plans a load into a table.
    pub(crate) fn new(table: Arc<Table>, settings: &Settings) -> Result<Self, PlanError> {
        let unique = table.model == KeyModel::Unique;
        if settings.partial_columns && !unique {
            return Err(PlanError("Only unique key merge on write support partial update".to_owned()));
        }
        if settings.sequence_column {
            return Err(PlanError(format!("There is no sequence column in the table {}", table.name)));
        }
        // A table without partitions has one that bears its own name.
        if let Some(unknown) = settings.partitions.iter().find(|name| **name != table.name) {
            return Err(PlanError(format!("Unknown partition '{unknown}' in table '{}'", table.name)));
        }
        let merges = match settings.merge_type.as_deref() {
            None | Some("APPEND") => false,
            Some("DELETE") if unique => true,
            Some("DELETE") => {
                return Err(PlanError("Delete by file only support unique tables.".to_owned()));
            }
            Some("MERGE") => return Err(beyond("merge_type MERGE")),
            Some(other) => return Err(PlanError(format!("Invalid merge type {other}"))),
        };
        let mut asked = settings.beyond.clone();
        if settings.partial_columns {
            asked.push("partial_columns");
        }
        if !asked.is_empty() {
            return Err(beyond(&asked.join(", ")));
        }
        let zone =
            settings.zone().map_err(|name| PlanError(format!("Unknown or incorrect time zone: '{name}'")))?;
        let fields = fields(&table, settings);
        let sign = fields.iter().position(|name| name == DELETE_SIGN).filter(|_| unique);
        let mut plan = Self {
            deletes: if merges { Deletes::Always } else { sign.map_or(Deletes::Never, Deletes::Sign) },
            targets: Vec::new(),
            by_name: HashMap::new(),
            strict: settings.strict,
            fields,
            zone,
            table,
        };
        for (index, name) in plan.fields.iter().enumerate() {
            plan.by_name.entry(name.clone()).or_insert(index);
        }
        let table = Arc::clone(&plan.table);
        plan.targets = table.columns.iter().map(|column| plan.target(column)).collect::<Result<_, _>>()?;
        Ok(plan)
    }

    /// Plans whole rows given by position, as INSERT does: every misfit is an error.
    pub(crate) fn positional(table: Arc<Table>, columns: Option<Vec<String>>) -> Result<Self, PlanError> {
        let settings = Settings { strict: true, columns, ..Settings::plain() };
        Self::new(table, &settings)
    }

    pub(crate) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// How many fields a row has.
    pub(crate) fn width(&self) -> usize {
        self.fields.len()
    }

    /// The position of a field; names are matched exactly.
    pub(super) fn field(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Turns a row's fields into cells in column order; says whether the row is a delete.
    pub(crate) fn row<'a>(
        &self,
        fields: &mut [Option<Source<'a>>],
        cells: &mut Vec<Cell<'a>>,
    ) -> Result<bool, Rejected> {
        cells.clear();
        let delete = match self.deletes {
            Deletes::Never => false,
            Deletes::Always => true,
            Deletes::Sign(field) => fields[field].as_ref().is_some_and(|sign| sign.shown() == "1"),
        };
        for (target, column) in self.targets.iter().zip(&self.table.columns) {
            let value = target.field.and_then(|field| fields[field].take());
            cells.push(self.cell(value, target, column)?);
        }
        Ok(delete)
    }

    fn cell<'a>(
        &self,
        value: Option<Source<'a>>,
        target: &Target,
        column: &Column,
    ) -> Result<Cell<'a>, Rejected> {
        let name = &column.name;
        let value = match value {
            None => {
                return target.default.clone().ok_or_else(|| {
                    Rejected(format!("The column `{name}` is not nullable, but it's not found in jsondata."))
                });
            }
            Some(Source::Null) if column.nullable => return Ok(Cell::Null),
            Some(Source::Null) => {
                return Err(Rejected(format!(
                    "Json value is null, but the column `{name}` is not nullable."
                )));
            }
            Some(value) => value,
        };
        // Kept for the messages; the cast takes the value.
        let shown = if self.strict { value.shown().to_owned() } else { String::new() };
        match cast(value, &column.column_type, self.zone) {
            Ok(cell) => Ok(cell),
            Err(Misfit::TooLong { limit, actual }) => Err(Rejected(format!(
                "column_name[{name}], the length of input is too long than schema. schema length: {limit}; actual length: {actual}; "
            ))),
            Err(Misfit::Unreadable) if self.strict => Err(Rejected(format!(
                "column({name}) value is incorrect while strict mode is true, src value is {shown}"
            ))),
            Err(Misfit::Unreadable) if column.nullable => Ok(Cell::Null),
            Err(Misfit::Unreadable) => Err(Rejected(format!(
                "column_name[{name}], null value for not null column, type={}",
                column.column_type.bare_name()
            ))),
        }
    }

    fn target(&self, column: &Column) -> Result<Target, PlanError> {
        // Names in SQL and in the `columns` header know no case.
        let field = self.fields.iter().position(|field| field.eq_ignore_ascii_case(&column.name));
        let default = default_cell(column, self.zone)?;
        if field.is_none() && default.is_none() {
            return Err(PlanError(format!("Column has no default value. column: {}", column.name)));
        }
        Ok(Target { field, default })
    }
}

fn fields(table: &Table, settings: &Settings) -> Vec<String> {
    match &settings.columns {
        Some(columns) => columns.clone(),
        None => {
            let own = table.columns.iter().map(|column| column.name.clone());
            own.chain(settings.hidden_columns.iter().cloned()).collect()
        }
    }
}

fn default_cell(column: &Column, zone: ZoneOffset) -> Result<Option<Cell<'static>>, PlanError> {
    let text = match &column.default {
        None | Some(DefaultValue::Null) => return Ok(column.nullable.then_some(Cell::Null)),
        Some(DefaultValue::Literal(text)) => text.clone(),
        Some(DefaultValue::CurrentTimestamp) => sql_time(now_ms()),
    };
    let source: Source<'static> = Source::Text(Cow::Owned(text));
    match cast(source, &column.column_type, zone) {
        Ok(cell) => Ok(Some(cell)),
        Err(_) if matches!(column.column_type, ColumnType::Text) => Ok(None),
        Err(_) => Err(PlanError(format!("Invalid default value for '{}'", column.name))),
    }
}

fn beyond(what: &str) -> PlanError {
    PlanError(format!("the Doris stand-in does not do {what}"))
}
