//! The table as it will be, clause by clause, and whether light schema change makes it so at once.

use super::clause::{Clause, Place};
use super::compatible;
use crate::sql::error::SqlError;
use crate::store::{Column, DefaultValue, KeyModel, SchemaChange, Table};
use crate::version::Version;

/// A table being redrawn.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    change: SchemaChange,
    model: KeyModel,
    version: Version,
    /// The table's `light_schema_change`.
    light_table: bool,
    /// Whether all that was applied can be made at once.
    pub(super) light: bool,
    /// Whether columns come, go, move or get another type.
    pub(super) changes_columns: bool,
}

impl Draft {
    pub(super) fn new(table: &Table, version: Version) -> Self {
        Self {
            change: SchemaChange::none(table),
            model: table.model,
            version,
            light_table: table.has_light_schema_change(version),
            light: true,
            changes_columns: false,
        }
    }

    pub(super) fn into_change(self) -> SchemaChange {
        self.change
    }

    pub(super) fn apply(&mut self, clause: Clause) -> Result<(), SqlError> {
        match clause {
            Clause::Add { columns, place } => {
                self.changes_columns = true;
                columns.into_iter().try_for_each(|column| self.add(column, place.as_ref()))
            }
            Clause::Drop(name) => {
                self.changes_columns = true;
                self.remove(&name)
            }
            Clause::Modify { column, place } => {
                self.changes_columns = true;
                self.modify(column, place.as_ref())
            }
            Clause::Order(names) => {
                (self.changes_columns, self.light) = (true, false);
                self.order(&names)
            }
            Clause::Rename { from, to } => self.rename(&from, &to),
            Clause::ColumnComment { column, comment } => {
                let at = self.position(&column).ok_or_else(|| missing("Unknown column", &column))?;
                self.change.table.columns[at].comment = comment;
                Ok(())
            }
            Clause::TableComment(comment) => {
                self.change.table.comment = comment;
                Ok(())
            }
            Clause::Properties(properties) => self.set(properties),
        }
    }

    fn add(&mut self, mut column: Column, place: Option<&Place>) -> Result<(), SqlError> {
        let name = column.name.clone();
        if column.key && column.aggregation.is_some() {
            return Err(self.key_with_aggregation(&name));
        }
        if self.model == KeyModel::Aggregate {
            // Whatever does not say how it combines is part of the key.
            column.key |= column.aggregation.is_none();
        } else {
            column.aggregation = None;
        }
        if self.position(&name).is_some() {
            return Err(SqlError::analysis(format_args!(
                "Can not add column which already exists in base table: {name}"
            )));
        }
        let has_default = column.default.as_ref().is_some_and(|default| *default != DefaultValue::Null);
        if !column.nullable && !has_default {
            return Err(SqlError::beyond("ADD COLUMN … NOT NULL without a default"));
        }
        self.light &= self.light_table && !column.key;
        let last_key = self.change.table.columns.iter().rposition(|column| column.key);
        let at = match self.find(place, "does not found")? {
            Some(at) => at,
            None if column.key => last_key.map_or(0, |last| last + 1),
            None => self.change.table.columns.len(),
        };
        self.change.table.columns.insert(at, column);
        self.change.from.insert(at, None);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), SqlError> {
        let at = self.position(name).ok_or_else(|| missing("Column does not exists:", name))?;
        let columns = &mut self.change.table.columns;
        if columns[at].key {
            let replaces = columns.iter().any(Column::replaces);
            match self.model {
                KeyModel::Unique => {
                    return Err(SqlError::analysis("Can not drop key column in Unique data model table"));
                }
                KeyModel::Aggregate if replaces => {
                    return Err(SqlError::analysis(
                        "Can not drop key column when table has value column with REPLACE aggregation method",
                    ));
                }
                _ => self.light = false,
            }
        }
        self.light &= self.light_table;
        columns.remove(at);
        self.change.from.remove(at);
        Ok(())
    }

    fn modify(&mut self, mut column: Column, place: Option<&Place>) -> Result<(), SqlError> {
        let name = column.name.clone();
        match (self.model, column.key, column.aggregation) {
            (_, true, Some(_)) => return Err(self.key_with_aggregation(&name)),
            (KeyModel::Aggregate, false, None) => {
                return Err(missing("Aggregate method must be specified for value column:", &name));
            }
            (KeyModel::Aggregate, ..) => {}
            _ => column.aggregation = None,
        }
        let at = self.position(&name).ok_or_else(|| does_not_exist(&name))?;
        let old = &self.change.table.columns[at];
        column.name.clone_from(&old.name);
        self.light &= self.light_table
            && place.is_none()
            && *old != column
            && compatible::changes_lightly(&old.column_type, &column.column_type, self.version)?;
        let from = self.change.from.remove(at);
        self.change.table.columns.remove(at);
        let to = self.find(place, "does not exists")?.unwrap_or(at);
        self.change.table.columns.insert(to, column);
        self.change.from.insert(to, from);
        Ok(())
    }

    fn order(&mut self, names: &[String]) -> Result<(), SqlError> {
        let mut order: Vec<usize> = Vec::new();
        for name in names {
            let at = self
                .position(name)
                .ok_or_else(|| SqlError::analysis(format_args!("Column[{name}] not exists")))?;
            if order.contains(&at) {
                return Err(SqlError::analysis(format_args!("Reduplicative column[{name}]")));
            }
            order.push(at);
        }
        if order.len() != self.change.table.columns.len() {
            return Err(SqlError::analysis("Reorder stmt should contains all columns"));
        }
        self.change.table.columns = order.iter().map(|&at| self.change.table.columns[at].clone()).collect();
        self.change.from = order.iter().map(|&at| self.change.from[at].clone()).collect();
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), SqlError> {
        if from.eq_ignore_ascii_case(to) {
            return Err(SqlError::analysis("Same column name"));
        }
        let at = self.position(from).ok_or_else(|| does_not_exist(from))?;
        if self.position(to).is_some() {
            return Err(SqlError::analysis(format_args!("Column name[{to}] is already used")));
        }
        if !self.light_table {
            return Err(SqlError::analysis(
                "not implemented for table without column unique id, which are created with property 'light_schema_change'.",
            ));
        }
        let table = &mut self.change.table;
        let quoted = |name: &str| format!("`{name}`");
        let old = quoted(&table.columns[at].name);
        table.distribution = table.distribution.replace(&old, &quoted(to));
        table.partition = table.partition.take().map(|clause| clause.replace(&old, &quoted(to)));
        to.clone_into(&mut table.columns[at].name);
        Ok(())
    }

    fn set(&mut self, properties: Vec<(String, String)>) -> Result<(), SqlError> {
        const SETTABLE: [&str; 5] = [
            "disable_auto_compaction",
            "enable_single_replica_compaction",
            "group_commit_interval_ms",
            "group_commit_data_bytes",
            "skip_write_index_on_load",
        ];
        if let Some((key, _)) = properties.iter().find(|(key, _)| !SETTABLE.contains(&key.as_str())) {
            return Err(SqlError::beyond(format_args!("ALTER TABLE … SET of {key}")));
        }
        for (key, value) in properties {
            self.change.table.properties.retain(|(known, _)| *known != key);
            self.change.table.properties.push((key, value));
        }
        Ok(())
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.change.table.position(name)
    }

    fn find(&self, place: Option<&Place>, missing: &str) -> Result<Option<usize>, SqlError> {
        match place {
            None => Ok(None),
            Some(Place::First) => Ok(Some(0)),
            Some(Place::After(name)) => match self.position(name) {
                Some(at) => Ok(Some(at + 1)),
                None => Err(SqlError::analysis(format_args!("Column[{name}] {missing}"))),
            },
        }
    }

    fn key_with_aggregation(&self, name: &str) -> SqlError {
        let what = match self.model {
            KeyModel::Aggregate => "key column",
            KeyModel::Unique => "column in Unique data model table",
            KeyModel::Duplicate => "column in Duplicate data model table",
        };
        SqlError::analysis(format_args!("Can not assign aggregation method on {what}: {name}"))
    }
}

fn does_not_exist(name: &str) -> SqlError {
    SqlError::analysis(format_args!("Column[{name}] does not exists"))
}

fn missing(what: &str, name: &str) -> SqlError {
    SqlError::analysis(format_args!("{what} {name}"))
}
