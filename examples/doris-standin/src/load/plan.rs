//! How the fields of a row become a row of the table: which field or expression fills which column, what is deleted, what is left out.

mod deletes;
mod fields;
mod order;
mod partial;
mod partitions;
mod refusal;
mod target;

use std::collections::HashMap;
use std::sync::Arc;

use super::expression::{self, Expression, Value};
use super::format::Format;
use super::settings::Settings;
use super::source::Source;
use super::zone::ZoneOffset;
use crate::store::{Cell, Row, Table, Update};
use crate::version::Version;
use deletes::Deletes;
use fields::{Mapping, Origin};
use order::Order;
use partitions::Partitions;
pub(crate) use refusal::{PlanError, Rejected};
use target::{Reading, Target};

/// The hidden column that says whether a row deletes.
const DELETE_SIGN: &str = "__DORIS_DELETE_SIGN__";

/// What becomes of a row that is good.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate<'a> {
    Written(Row<'a>),
    /// It does not fulfil `where`.
    Unselected,
}

/// How rows become cells.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    table: Arc<Table>,
    fields: Vec<String>,
    by_name: HashMap<String, usize>,
    targets: Vec<Target>,
    deletes: Deletes,
    order: Order,
    update: Option<Arc<Update>>,
    filter: Option<Expression>,
    partitions: Partitions,
    zone: ZoneOffset,
}

impl Plan {
    /// Plans a load into a table.
    ///
    /// # Errors
    /// [`PlanError`] for what the front end refuses.
    pub(crate) fn new(table: Arc<Table>, settings: &Settings) -> Result<Self, PlanError> {
        if settings.merge_type.is_some() {
            deletes::check(&table)?;
        }
        order::check(&table, settings)?;
        if !settings.beyond.is_empty() {
            return Err(PlanError::beyond(&settings.beyond.join(", ")));
        }
        let zone = settings
            .zone()
            .map_err(|name| PlanError::new(format!("Unknown or incorrect time zone: '{name}'")))?;
        let partitions = Partitions::read(&table, settings)?;
        let mapping = Mapping::read(&table, settings)?;
        let update = partial::update(&table, settings, &mapping)?;
        let deletes = Deletes::read(&table, settings, &mapping)?;
        let order = Order::read(&table, settings, &mapping, update.is_some())?;
        let filter = settings.filter.as_deref().map(|text| filter(&table, text)).transpose()?;
        let reading = Reading {
            zone,
            strict: settings.strict,
            partial: update.is_some(),
            // Before, the text of the JSON was cast.
            nested_json: matches!(settings.format, Format::Json(_)) && settings.version >= Version::V2_1,
        };
        let plan = Self::of(table, mapping, partitions, reading)?;
        Ok(Self { deletes, order, update, filter, ..plan })
    }

    /// Plans whole rows given by position, as INSERT does: every misfit is an error.
    ///
    /// # Errors
    /// [`PlanError`] for a column that is neither given nor has a default.
    pub(crate) fn positional(table: Arc<Table>, columns: Option<Vec<String>>) -> Result<Self, PlanError> {
        let fields =
            columns.unwrap_or_else(|| table.columns.iter().map(|column| column.name.clone()).collect());
        let mapping = Mapping::of_fields(fields);
        let order = Order::of_column(&table, &mapping);
        let partitions = Partitions::of(&table);
        let zone = ZoneOffset::default();
        let reading = Reading { zone, strict: true, partial: false, nested_json: false };
        Ok(Self { order, ..Self::of(table, mapping, partitions, reading)? })
    }

    /// A plan that only adds whole rows.
    fn of(
        table: Arc<Table>,
        mapping: Mapping,
        partitions: Partitions,
        reading: Reading,
    ) -> Result<Self, PlanError> {
        let target = |column| Target::new(column, mapping.origin(column), reading);
        let targets = table.columns.iter().map(target).collect::<Result<_, _>>()?;
        let mut by_name = HashMap::new();
        for (index, name) in mapping.fields.iter().enumerate() {
            by_name.entry(name.clone()).or_insert(index);
        }
        Ok(Self {
            table,
            fields: mapping.fields,
            by_name,
            targets,
            deletes: Deletes::Never,
            order: Order::Unordered,
            update: None,
            filter: None,
            partitions,
            zone: reading.zone,
        })
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

    /// Refuses rows without a sequence for a table that orders by one, as INSERT does.
    ///
    /// # Errors
    /// [`PlanError`] in the front end's words.
    pub(crate) fn check_sequence(&self) -> Result<(), PlanError> {
        order::check_given(&self.table, &self.order)
    }

    /// Turns a row's fields, which are taken, into a row of the table.
    ///
    /// # Errors
    /// [`Rejected`] when the row is filtered.
    pub(crate) fn row<'a>(&self, fields: &mut [Option<Source<'a>>]) -> Result<Fate<'a>, Rejected> {
        let delete = self.deletes.of(fields, self.zone)?;
        let hidden = self.order.of_fields(fields, self.zone);
        let mut mapped = self.mapped(fields);
        let mut too_long = None;
        let mut cells: Vec<Cell<'a>> = Vec::with_capacity(self.targets.len());
        for (at, (target, column)) in self.targets.iter().zip(&self.table.columns).enumerate() {
            let value = match target.origin {
                Origin::Field(field) => fields[field].take(),
                _ => mapped.remove(&at),
            };
            match target.cell(value, column) {
                Ok(cell) => cells.push(cell),
                // Looked at behind everything else, when the row is handed on.
                Err(rejected) if rejected.is_late() => {
                    too_long.get_or_insert(rejected);
                    cells.push(Cell::Null);
                }
                Err(rejected) => return Err(rejected),
            }
        }
        if !self.selects(&cells) {
            return Ok(Fate::Unselected);
        }
        if let Some(rejected) = too_long {
            return Err(rejected);
        }
        self.partitions.check(&self.table, &cells)?;
        let sequence = self.order.of_cells(&cells).cloned().or(hidden);
        Ok(Fate::Written(Row { cells, delete, sequence, update: self.update.clone() }))
    }

    /// What expressions make for the columns they fill, by the columns' positions.
    fn mapped<'a>(&self, fields: &[Option<Source<'a>>]) -> HashMap<usize, Source<'a>> {
        let value = |(at, target): (usize, &Target)| {
            let Origin::Mapped(expression) = &target.origin else { return None };
            let value = expression.evaluate(self.zone, &|field| Value::of_source(fields[field].as_ref()));
            Some((at, value.to_source().unwrap_or(Source::Null)))
        };
        self.targets.iter().enumerate().filter_map(value).collect()
    }

    fn selects(&self, cells: &[Cell<'_>]) -> bool {
        let Some(filter) = &self.filter else { return true };
        let column = |at: usize| Value::of_cell(&cells[at], &self.table.columns[at].column_type);
        filter.evaluate(self.zone, &column).truth() == Some(true)
    }
}

/// The condition of `where`, over the columns of the table.
fn filter(table: &Table, text: &str) -> Result<Expression, PlanError> {
    let find = |name: &str| {
        let at = table.position(name).map(Expression::Field);
        at.ok_or_else(|| format!("unknown column reference in where statement, reference={name}"))
    };
    expression::condition("WHERE ", text, 0, &find).map_err(PlanError::from)
}
