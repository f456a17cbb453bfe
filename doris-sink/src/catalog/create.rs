//! Tables are made.

use super::{Catalog, CatalogError, DorisType, NewColumn, Table, ddl};
use crate::route::TableName;
use std::sync::Arc;

/// The longest that Doris takes; keys cannot be STRING.
const KEY_TEXT: DorisType = DorisType::Varchar(65533);

/// What a table is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TableLayout {
    pub(crate) model: NewModel,
    /// The columns of the key. Without any, a duplicate table is sorted by its first column that can be one.
    pub(crate) keys: Vec<String>,
    /// Copies of each tablet; Doris's own number when not given.
    pub(crate) replication: Option<u32>,
    /// Buckets of each partition; Doris chooses when not given.
    pub(crate) buckets: Option<u32>,
}

/// The models that tables are made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NewModel {
    #[default]
    Duplicate,
    Unique,
}

impl Catalog {
    /// Makes a table with these columns, unless it is there.
    ///
    /// # Errors
    /// [`CatalogError::BadTable`] when the columns make none, and what Doris has against it.
    pub(crate) async fn create(
        &mut self,
        name: &TableName,
        columns: &[NewColumn],
        layout: &TableLayout,
    ) -> Result<Arc<Table>, CatalogError> {
        let statement = statement(&self.database, name, columns, layout)
            .map_err(|problem| CatalogError::BadTable { table: name.clone(), problem })?;
        self.run(&statement).await?;
        tracing::info!(database = self.database, table = %name, columns = columns.len(), "table is created");
        self.refresh(name).await
    }
}

fn statement(
    database: &str,
    name: &TableName,
    columns: &[NewColumn],
    layout: &TableLayout,
) -> Result<String, String> {
    for column in columns {
        if let Some(problem) = column.problem() {
            return Err(format!("{:?} cannot be the name of a column: {problem}", column.name));
        }
        if columns
            .iter()
            .any(|other| other.name != column.name && other.name.eq_ignore_ascii_case(&column.name))
        {
            return Err(format!("column {:?} would be there twice, but for its case", column.name));
        }
    }
    let keys = keys(columns, layout)?;
    let is_key = |column: &&NewColumn| keys.iter().any(|key| key.name == column.name);
    let nullable = layout.model == NewModel::Duplicate;
    let of_key = keys.iter().map(|column| ddl::definition(column, key_type(column), nullable));
    let others = columns.iter().filter(|column| !is_key(column));
    let others = others.map(|column| ddl::definition(column, &column.column_type, true));
    let definitions: Vec<_> = of_key.chain(others).collect();
    let key: Vec<_> = keys.iter().map(|column| ddl::name(&column.name)).collect();
    let key = key.join(", ");
    let model = match layout.model {
        NewModel::Duplicate => "DUPLICATE",
        NewModel::Unique => "UNIQUE",
    };
    let distribution = match layout.keys.is_empty() {
        true => "RANDOM".to_owned(),
        false => format!("HASH({key})"),
    };
    let buckets = layout.buckets.map_or_else(|| "AUTO".to_owned(), |buckets| buckets.to_string());
    let replication =
        layout.replication.map(|copies| format!(" PROPERTIES (\"replication_num\" = \"{copies}\")"));
    Ok(format!(
        "CREATE TABLE IF NOT EXISTS {} ({}) {model} KEY({key}) DISTRIBUTED BY {distribution} BUCKETS {buckets}{}",
        ddl::qualified(database, name),
        definitions.join(", "),
        replication.unwrap_or_default()
    ))
}

/// The columns of the key, which Doris wants at the front.
fn keys<'c>(columns: &'c [NewColumn], layout: &TableLayout) -> Result<Vec<&'c NewColumn>, String> {
    if layout.keys.is_empty() {
        if layout.model == NewModel::Unique {
            return Err("a unique table needs a key; name its columns in table.create.keys".to_owned());
        }
        let first = columns.iter().find(|column| key_type(column).can_be_key());
        return first
            .map(|column| vec![column])
            .ok_or_else(|| "none of its columns can be a key; name one in table.create.keys".to_owned());
    }
    let key = |name: &String| {
        let column = columns.iter().find(|column| column.name == *name).ok_or_else(|| {
            format!("table.create.keys names {name:?}, which the record that it is made after does not have")
        })?;
        match key_type(column).can_be_key() {
            true => Ok(column),
            false => Err(format!("{name:?} is {}, which cannot be a key", column.column_type)),
        }
    };
    layout.keys.iter().map(key).collect()
}

fn key_type(column: &NewColumn) -> &DorisType {
    match &column.column_type {
        DorisType::String => &KEY_TEXT,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(columns: &[(&str, &str)]) -> Vec<NewColumn> {
        columns.iter().map(|(name, of)| NewColumn::new(*name, DorisType::parse(of))).collect()
    }

    fn unique(keys: &[&str]) -> TableLayout {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        TableLayout { model: NewModel::Unique, keys, replication: Some(1), buckets: Some(4) }
    }

    #[track_caller]
    fn check(of: &[(&str, &str)], layout: &TableLayout, expected: Result<&str, &str>) {
        let made = statement("shop", &"orders".parse().unwrap(), &columns(of), layout);
        assert_eq!(made, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn keys_are_at_the_front_and_are_no_strings() {
        check(
            &[("price", "double"), ("id", "text"), ("day", "date")],
            &unique(&["day", "id"]),
            Ok(
                "CREATE TABLE IF NOT EXISTS `shop`.`orders` (`day` DATE NOT NULL, `id` VARCHAR(65533) NOT NULL, \
                `price` DOUBLE NULL) UNIQUE KEY(`day`, `id`) DISTRIBUTED BY HASH(`day`, `id`) BUCKETS 4 \
                PROPERTIES (\"replication_num\" = \"1\")",
            ),
        );
    }

    #[test]
    fn a_duplicate_table_without_a_key_is_sorted_by_what_can_be_one() {
        check(
            &[("tags", "array<int>"), ("id", "bigint")],
            &TableLayout::default(),
            Ok("CREATE TABLE IF NOT EXISTS `shop`.`orders` (`id` BIGINT NULL, `tags` ARRAY<INT> NULL) \
                DUPLICATE KEY(`id`) DISTRIBUTED BY RANDOM BUCKETS AUTO"),
        );
    }

    #[test]
    fn what_makes_no_table_is_told() {
        check(
            &[("a", "int")],
            &unique(&[]),
            Err("a unique table needs a key; name its columns in table.create.keys"),
        );
        check(
            &[("a", "int")],
            &unique(&["b"]),
            Err("table.create.keys names \"b\", which the record that it is made after does not have"),
        );
        check(&[("a", "double")], &unique(&["a"]), Err("\"a\" is DOUBLE, which cannot be a key"));
        check(
            &[("a", "json")],
            &TableLayout::default(),
            Err("none of its columns can be a key; name one in table.create.keys"),
        );
        check(
            &[("a", "int"), ("A", "int")],
            &unique(&["a"]),
            Err("column \"a\" would be there twice, but for its case"),
        );
    }
}
