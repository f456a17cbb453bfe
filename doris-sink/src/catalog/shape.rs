//! Tables are made, and get columns, so that rows fit them.

use super::{Catalog, CatalogError, DorisType, NewColumn, SchemaPolicy, Table, infer};
use crate::{config::Settings, route::TableName};
use bytes::Bytes;
use connector_api::{FieldType, Schema, SchemaRef};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Does to tables what the operator allows.
#[derive(Debug)]
pub(crate) struct Shaper {
    policy: SchemaPolicy,
    catalog: Catalog,
    /// Fields that no column can be made for, and that somebody was told about.
    left_out: BTreeSet<(TableName, String)>,
}

impl Shaper {
    /// `None` when nothing may be done to tables.
    pub(crate) fn new(settings: &Settings, task: u32) -> Option<Self> {
        let policy = settings.schema.clone();
        policy.is_active().then(|| Self::of(policy, Catalog::new(settings, task)))
    }

    pub(super) fn of(policy: SchemaPolicy, catalog: Catalog) -> Self {
        Self { policy, catalog, left_out: BTreeSet::new() }
    }

    /// Makes `name` a table with a column for each field of `rows`: JSON objects, with the schemas of the records that they are of.
    ///
    /// A field whose values are all null gets no column yet. One for which there can be none is left out, as Doris leaves out what it
    /// has no column for, and told once.
    ///
    /// # Errors
    /// What Doris has against it. The rows are not to be loaded then.
    pub(crate) async fn fit<'a>(
        &mut self,
        name: &TableName,
        rows: impl Iterator<Item = (Bytes, Option<&'a SchemaRef>)>,
    ) -> Result<(), CatalogError> {
        let table = match self.catalog.table(name).await {
            Ok(table) if self.policy.adds_columns => Some(table),
            Ok(_) => return Ok(()),
            Err(CatalogError::NoTable { .. }) if self.policy.creates_tables() => None,
            Err(error) => return Err(error),
        };
        let columns = self.columns(name, table.as_ref(), rows)?;
        match (table, &self.policy.creates) {
            (Some(_), _) if columns.is_empty() => {}
            (Some(_), _) => drop(self.catalog.evolve(name, &columns).await?),
            (None, Some(layout)) => {
                self.catalog.create(name, &columns, layout).await?;
                // Somebody else may have been first, with other rows.
                if self.policy.adds_columns {
                    self.catalog.evolve(name, &columns).await?;
                }
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// What is known of tables is asked anew before the next rows.
    pub(crate) fn forget(&mut self) {
        self.catalog.forget();
    }

    /// Closes the connection, if there is one.
    pub(crate) async fn close(&mut self) {
        self.catalog.close().await;
    }

    /// The columns that the rows need and the table does not have, in the order in which they were met.
    fn columns<'a>(
        &mut self,
        name: &TableName,
        table: Option<&Arc<Table>>,
        rows: impl Iterator<Item = (Bytes, Option<&'a SchemaRef>)>,
    ) -> Result<Vec<NewColumn>, CatalogError> {
        let mut columns: Vec<NewColumn> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let is_there = |field: &str| table.is_some_and(|table| table.column(field).is_some());
        for (row, schema) in rows {
            let found = infer::columns_of_json(&row, is_there);
            let found = found
                .map_err(|why| CatalogError::Unreadable { table: name.clone(), why: why.to_string() })?;
            for mut column in found {
                let declared = schema.and_then(|schema| declared(schema, &column.name));
                if let Some(of) = declared {
                    column = NewColumn { name: column.name, ..of };
                }
                match known.get(&column.name) {
                    Some(at) => columns[*at].widen(column.column_type),
                    None if self.is_left_out(name, table, &columns, &column) => {}
                    None => {
                        known.insert(column.name.clone(), columns.len());
                        columns.push(column);
                    }
                }
            }
        }
        Ok(columns)
    }

    /// Whether there can be no column for a field, which is told once.
    fn is_left_out(
        &mut self,
        name: &TableName,
        table: Option<&Arc<Table>>,
        columns: &[NewColumn],
        column: &NewColumn,
    ) -> bool {
        let same = |other: &str| other.eq_ignore_ascii_case(&column.name);
        let is_there = table.is_some_and(|table| table.column_in_any_case(&column.name).is_some());
        let problem = match column.problem() {
            Some(problem) => problem,
            None if is_there || columns.iter().any(|other| same(&other.name)) => {
                "there is a column whose name differs in case only"
            }
            None => return false,
        };
        if self.left_out.insert((name.clone(), column.name.clone())) {
            tracing::warn!(table = %name, field = column.name, problem, "a field is left out");
        }
        true
    }
}

/// The column that a schema declares for a field: of the record itself, or of the row that a change event of Debezium carries.
fn declared(schema: &Schema, name: &str) -> Option<NewColumn> {
    let FieldType::Struct(fields) = &schema.field_type else { return None };
    let field = |name: &str| fields.iter().find(|field| &*field.name == name);
    match field(name) {
        Some(field) => infer::columns_of_schema(std::slice::from_ref(field), |_| false).pop(),
        None if field("op").is_some() => {
            let row = field("after").map(|after| &*after.schema)?;
            declared(row, name)
        }
        None => None,
    }
}

impl NewColumn {
    /// Makes the column one that also holds values of type `other`.
    fn widen(&mut self, other: DorisType) {
        if self.column_type != other {
            let narrow = std::mem::replace(&mut self.column_type, DorisType::Json);
            self.column_type = infer::common(narrow, other);
        }
    }
}
