//! Columns are added to tables.

use super::{Catalog, CatalogError, NewColumn, Table, ddl, mysql::MysqlError, session::SessionError};
use crate::route::TableName;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long a change that is a job is waited for before the host is told that it goes on. The batch comes again then.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first time between two looks, and the longest.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

impl Catalog {
    /// Adds those of `columns` that the table does not have, as columns that may be NULL, and waits until it has them.
    ///
    /// Others may add the same ones at the same time: whoever comes second finds them there, and with the type that the first has
    /// chosen.
    ///
    /// # Errors
    /// [`CatalogError::Changing`] when a job takes longer than a batch is to wait, which is transient; else what stands against it.
    pub(crate) async fn evolve(
        &mut self,
        name: &TableName,
        columns: &[NewColumn],
    ) -> Result<Arc<Table>, CatalogError> {
        self.evolve_within(name, columns, PATIENCE).await
    }

    pub(super) async fn evolve_within(
        &mut self,
        name: &TableName,
        columns: &[NewColumn],
        patience: Duration,
    ) -> Result<Arc<Table>, CatalogError> {
        let deadline = Instant::now() + patience;
        let (mut pause, mut begun) = (LOOKS.0, false);
        loop {
            let table = self.refresh(name).await?;
            let missing = missing(&table, columns)?;
            if missing.is_empty() {
                return Ok(table);
            }
            let names = missing.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
            if begun {
                self.check_job(name, &names).await?;
            } else if self.add(name, &missing).await? {
                tracing::info!(table = %name, columns = names, "columns are added");
                begun = true;
                // With light schema change they are there already.
                continue;
            }
            if Instant::now() + pause > deadline {
                return Err(CatalogError::Changing { table: name.clone(), columns: names, after: patience });
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOKS.1);
        }
    }

    /// Asks Doris to add columns. `false` says that somebody else is changing the table, so that it is to be looked at again.
    async fn add(&mut self, name: &TableName, columns: &[&NewColumn]) -> Result<bool, CatalogError> {
        let statement = ddl::add_columns(&self.database, name, columns);
        match self.session.query(&statement).await {
            Ok(_) => Ok(true),
            Err(SessionError::Refused { why: MysqlError::Server { code, message }, .. })
                if somebody_else(code, &message) =>
            {
                tracing::debug!(table = %name, message, "somebody else changes the table");
                Ok(false)
            }
            Err(error) => Err(CatalogError::of_statement(error, format!("{statement:?}"))),
        }
    }

    /// Looks whether the last change of the table was given up.
    async fn check_job(&mut self, name: &TableName, columns: &str) -> Result<(), CatalogError> {
        let statement = format!(
            "SHOW ALTER TABLE COLUMN FROM {} WHERE TableName = {} ORDER BY CreateTime DESC LIMIT 1",
            ddl::name(&self.database),
            ddl::text(name.as_str())
        );
        let job = self.run(&statement).await?;
        match job.first("State") {
            Some("CANCELLED") => Err(CatalogError::Cancelled {
                table: name.clone(),
                columns: columns.to_owned(),
                why: job.first("Msg").unwrap_or_default().to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// Those that the table does not have.
fn missing<'c>(table: &Table, columns: &'c [NewColumn]) -> Result<Vec<&'c NewColumn>, CatalogError> {
    let mut missing: Vec<&NewColumn> = Vec::new();
    for column in columns.iter().filter(|column| table.column(&column.name).is_none()) {
        if let Some(problem) = column.problem() {
            let (table, name) = (table.name.clone(), column.name.clone());
            return Err(CatalogError::BadColumn { table, name, problem });
        }
        let same = |other: &str| other.eq_ignore_ascii_case(&column.name);
        let known = table.columns.iter().map(|known| known.name.as_str());
        let other_case = known.chain(missing.iter().map(|other| other.name.as_str())).find(|name| same(name));
        match other_case {
            Some(name) if name == column.name => {}
            Some(name) => {
                let (table, column, found) = (table.name.clone(), column.name.clone(), name.to_owned());
                return Err(CatalogError::OtherCase { table, column, found });
            }
            None => missing.push(column),
        }
    }
    Ok(missing)
}

/// Whether a refusal says that another change came first: the columns are there, or a job is under way.
fn somebody_else(code: u16, message: &str) -> bool {
    const DUPLICATE_COLUMN: u16 = 1060;
    const WORDS: [&str; 5] = [
        "already exists",
        "Duplicate column name",
        "is under schema change",
        "state(SCHEMA_CHANGE)",
        "Please wait or cancel",
    ];
    code == DUPLICATE_COLUMN || WORDS.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Column, DorisType, KeyModel, Source};

    fn table(columns: &[&str]) -> Table {
        let column = |name: &&str| Column {
            name: (*name).to_owned(),
            column_type: DorisType::Int,
            nullable: true,
            key: false,
            source: Source::Nothing,
            aggregate: None,
        };
        Table {
            name: "t".parse().unwrap(),
            model: KeyModel::Duplicate,
            columns: columns.iter().map(column).collect(),
            sequence: None,
            light_schema_change: true,
        }
    }

    #[track_caller]
    fn check(there: &[&str], wanted: &[&str], expected: Result<&[&str], &str>) {
        let wanted: Vec<_> = wanted.iter().map(|name| NewColumn::new(*name, DorisType::Int)).collect();
        let found = missing(&table(there), &wanted);
        let found = found.map(|columns| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>());
        let found = found.map_err(|error| error.to_string());
        let expected = expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn what_is_there_is_not_added() {
        check(&["a", "b"], &["b", "c", "a", "d", "c"], Ok(&["c", "d"]));
        check(&["a"], &["a"], Ok(&[]));
    }

    #[test]
    fn a_name_that_differs_in_case_is_told() {
        let told = "column \"Name\" of t is there as \"name\"; JSON's keys are compared with case";
        check(&["name"], &["Name"], Err(told));
        check(&[], &["name", "Name"], Err(told));
    }

    #[test]
    fn names_that_doris_would_refuse_are_told() {
        check(
            &[],
            &["__DORIS_DELETE_SIGN__"],
            Err(
                "\"__DORIS_DELETE_SIGN__\" cannot be the name of a column of t: Doris keeps names that begin so for itself",
            ),
        );
        check(&[], &[""], Err("\"\" cannot be the name of a column of t: it is empty"));
        check(
            &[],
            &["a`b"],
            Err("\"a`b\" cannot be the name of a column of t: it holds a backtick or a control character"),
        );
    }

    #[test]
    fn changes_of_others_are_known_by_their_words() {
        let others = [
            "errCode = 2, detailMessage = Can not add column which already exists in base table: c",
            "errCode = 2, detailMessage = Table[t]'s state(SCHEMA_CHANGE) is not NORMAL. Do not allow doing ALTER ops",
            "errCode = 2, detailMessage = Table t is under schema change. Please wait or cancel it",
        ];
        assert!(others.iter().all(|words| somebody_else(1105, words)));
        assert!(!somebody_else(1105, "errCode = 2, detailMessage = Access denied; you need ALTER_PRIV"));
    }
}
