//! Columns change: at once, or by a job that waits for loads that began before it.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Database, catalog};
use crate::clock::now_ms;
use crate::store::rows::{self, Cell, Row, RowWriter};
use crate::store::schema_change::{AlterJob, JobState, SchemaChange};
use crate::store::table::{DefaultValue, Table};
use crate::store::{StoreError, quoted};
use crate::sync::lock;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// A value does not fit its column's new type.
    #[error("{0}")]
    Misfit(String),
    #[error("storage: {0}")]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ChangeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Turns the values of the columns that stay, in the order of the columns to come, into a row of the changed table.
pub(crate) type Convert<'f> = &'f dyn Fn(Vec<Cell<'static>>) -> Result<Vec<Cell<'static>>, String>;

impl Database {
    /// The schema changes of this database, finished ones too, oldest first.
    pub(crate) fn alter_jobs(&self) -> Vec<AlterJob> {
        lock(&self.alter_jobs).values().cloned().collect()
    }

    /// The job that changes a table now.
    pub(crate) fn running_alter(&self, table: &str) -> Option<AlterJob> {
        let jobs = lock(&self.alter_jobs);
        jobs.values().rev().find(|job| job.table == table && !job.state.is_final()).cloned()
    }

    /// Makes a change and keeps it as a finished job. Blocks.
    pub(crate) fn change_columns(
        &self,
        change: SchemaChange,
        convert: Convert<'_>,
    ) -> Result<(), ChangeError> {
        let mut writer = lock(&self.writer);
        let job = self.new_job(change).moved_to(JobState::Finished, "");
        self.make(&mut writer, &job, convert)
    }

    /// Begins a job, which is PENDING then. Blocks.
    pub(crate) fn begin_alter(&self, change: SchemaChange) -> Result<AlterJob, StoreError> {
        let writer = lock(&self.writer);
        let job = self.new_job(change);
        save(&writer, &job)?;
        lock(&self.alter_jobs).insert(job.id, job.clone());
        Ok(job)
    }

    /// Moves a job on; `false` when it has ended meanwhile. Blocks.
    pub(crate) fn advance_alter(&self, id: i64, state: JobState) -> Result<bool, StoreError> {
        let writer = lock(&self.writer);
        let Some(job) = self.unfinished(id) else { return Ok(false) };
        self.keep(&writer, job.moved_to(state, ""))?;
        Ok(true)
    }

    /// Whether a load that began before the job has not ended yet.
    pub(crate) fn alter_waits(&self, job: &AlterJob) -> bool {
        let before = |id: i64| id < job.watershed;
        self.transactions()
            .iter()
            .any(|load| before(load.id) && load.table == job.table && !load.state.is_final())
    }

    /// Makes a job's change; a value that does not fit cancels the job. Blocks.
    pub(crate) fn finish_alter(&self, id: i64, convert: Convert<'_>) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        let Some(job) = self.unfinished(id) else { return Ok(()) };
        let finished = job.clone().moved_to(JobState::Finished, "");
        match self.make(&mut writer, &finished, convert) {
            Ok(()) => Ok(()),
            Err(ChangeError::Misfit(reason)) => {
                self.keep(&writer, job.moved_to(JobState::Cancelled, &reason))
            }
            Err(ChangeError::Store(error)) => Err(error),
        }
    }

    /// Cancels the job that changes a table; `false` when there is none. Blocks.
    pub(crate) fn cancel_alter(&self, table: &str, reason: &str) -> Result<bool, StoreError> {
        let writer = lock(&self.writer);
        let Some(job) = self.running_alter(table) else { return Ok(false) };
        self.keep(&writer, job.moved_to(JobState::Cancelled, reason))?;
        Ok(true)
    }

    fn new_job(&self, change: SchemaChange) -> AlterJob {
        let jobs = lock(&self.alter_jobs);
        let table = change.table.name.clone();
        let earlier =
            jobs.values().filter(|job| job.table == table && job.state == JobState::Finished).count();
        AlterJob {
            id: jobs.keys().next_back().map_or(FIRST_JOB, |last| last + 1),
            table,
            state: JobState::Pending,
            created_at: now_ms(),
            finished_at: None,
            message: String::new(),
            watershed: self.next_transaction.load(std::sync::atomic::Ordering::Relaxed),
            schema_version: u32::try_from(earlier + 1).unwrap_or(u32::MAX),
            change,
        }
    }

    fn unfinished(&self, id: i64) -> Option<AlterJob> {
        lock(&self.alter_jobs).get(&id).filter(|job| !job.state.is_final()).cloned()
    }

    fn keep(&self, connection: &Connection, job: AlterJob) -> Result<(), StoreError> {
        save(connection, &job)?;
        lock(&self.alter_jobs).insert(job.id, job);
        Ok(())
    }

    /// The change, the catalog entry and the job's end in one engine transaction.
    fn make(&self, writer: &mut Connection, job: &AlterJob, convert: Convert<'_>) -> Result<(), ChangeError> {
        let table = &job.change.table;
        // Dropped meanwhile: nothing is left to change.
        let Some(old) = self.table(&table.name) else { return Ok(self.keep(writer, job.clone())?) };
        writer.flush_prepared_statement_cache();
        let transaction = writer.transaction()?;
        match job.change.appends_after(&old) {
            Some(kept) => append(&transaction, table, kept, convert)?,
            None => rebuild(&transaction, &old, job, convert)?,
        }
        for load in
            self.transactions().iter().filter(|load| load.table == table.name && load.has_staged_rows())
        {
            for (from, to) in job.change.renamed() {
                rows::rename_staged(&transaction, load.id, from, to)?;
            }
        }
        let body = serde_json::to_string(table).map_err(StoreError::from)?;
        transaction
            .execute("UPDATE _standin_tables SET body = ? WHERE name = ?", params![body, table.name])?;
        save(&transaction, job)?;
        transaction.commit()?;
        lock(&self.alter_jobs).insert(job.id, job.clone());
        self.remember(table.clone());
        Ok(())
    }
}

/// Ids of jobs and of loads look alike, so they begin apart.
const FIRST_JOB: i64 = 10_001;

/// Adds columns behind those that are kept. Rows that are there get what a new row would get now.
fn append(
    connection: &Connection,
    table: &Table,
    kept: usize,
    convert: Convert<'_>,
) -> Result<(), ChangeError> {
    let any = connection
        .prepare(&format!("SELECT * FROM {} LIMIT 1", quoted(&table.name)))?
        .query_row([], |row| (0..kept).map(|index| row.get_ref(index).map(Cell::from)).collect())
        .optional()?;
    let defaults = any.map(convert).transpose().map_err(ChangeError::Misfit)?;
    for (at, column) in table.columns.iter().enumerate().skip(kept) {
        let mut column = column.clone();
        if let Some(cells) = &defaults {
            column.default = match &cells[at] {
                Cell::Null => None,
                Cell::Integer(number) => Some(DefaultValue::Literal(number.to_string())),
                Cell::Real(number) => Some(DefaultValue::Literal(number.to_string())),
                Cell::Text(text) => Some(DefaultValue::Literal(text.clone().into_owned())),
            };
        }
        connection.execute_batch(&format!(
            "ALTER TABLE {} ADD COLUMN {}",
            quoted(&table.name),
            catalog::declared(&column)
        ))?;
    }
    Ok(())
}

/// Copies the rows into a table with the new columns, which takes the old one's place.
fn rebuild(
    connection: &Connection,
    old: &Table,
    job: &AlterJob,
    convert: Convert<'_>,
) -> Result<(), ChangeError> {
    let shadow = Table { name: format!("_standin_shadow_{}", job.id), ..job.change.table.clone() };
    catalog::create(connection, &shadow)?;
    {
        let kept: Vec<String> = job.change.from.iter().flatten().map(|name| quoted(name)).collect();
        // Without a column that stays there is still one row for each.
        let list = if kept.is_empty() { "NULL".to_owned() } else { kept.join(", ") };
        let mut select =
            connection.prepare(&format!("SELECT {list} FROM {} ORDER BY rowid", quoted(&old.name)))?;
        let mut found = select.query([])?;
        let mut writer = RowWriter::direct(connection, &shadow)?;
        while let Some(row) = found.next()? {
            let cells = (0..kept.len()).map(|index| row.get_ref(index).map(Cell::from));
            let cells = convert(cells.collect::<Result<_, _>>()?).map_err(ChangeError::Misfit)?;
            writer.write(&Row::whole(cells))?;
        }
    }
    connection.flush_prepared_statement_cache();
    connection.execute_batch(&format!("DROP TABLE {}", quoted(&old.name)))?;
    connection.execute_batch(&format!(
        "ALTER TABLE {} RENAME TO {}",
        quoted(&shadow.name),
        quoted(&old.name)
    ))?;
    Ok(())
}

fn save(connection: &Connection, job: &AlterJob) -> Result<(), StoreError> {
    let body = serde_json::to_string(job)?;
    connection.execute("INSERT OR REPLACE INTO _standin_alter_jobs VALUES (?, ?)", params![job.id, body])?;
    Ok(())
}
