//! One task: batches in, loads out.

use crate::{
    catalog::Shaper,
    config::{Commit, Settings},
    load::{FailedLoad, Loader},
    rows::{RowWriter, Rows, TableRows},
};
use connector_api::{Batch, ConnectorConfig, SinkError, SinkTask, TaskContext, async_trait};

/// A task of [`DorisSinkConnector`](crate::DorisSinkConnector).
#[derive(Debug, Default)]
pub(crate) struct DorisSinkTask {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    settings: Settings,
    loader: Loader,
    rows: RowWriter,
    /// There when tables are to be made or changed.
    shaper: Option<Shaper>,
}

#[async_trait(?Send)]
impl SinkTask for DorisSinkTask {
    async fn start(&mut self, context: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError> {
        let settings = Settings::read(config)?;
        let mut loader = Loader::new(&settings, context);
        let shaper = Shaper::new(&settings, context.id().task);
        // A table that is yet to be made cannot be asked for.
        let tables = if settings.schema.creates_tables() { Vec::new() } else { settings.route.tables() };
        for table in tables {
            let what = format!("table {}.{table}", settings.database);
            loader.check(&table).await.map_err(|error| error.into_sink_error(&what))?;
        }
        if settings.commit == Commit::Group {
            tracing::warn!(
                task = %context.id(),
                "sink.properties.group_commit: loads have no labels, so a batch that is sent again is loaded again (at least once)"
            );
        }
        let rows = RowWriter::new(&settings, settings.properties.csv_columns());
        self.running = Some(Running { settings, loader, rows, shaper });
        Ok(())
    }

    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        match &mut self.running {
            Some(running) => running.put(batch).await,
            None => Err(SinkError::fatal("put before start")),
        }
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        if let Some(mut running) = self.running.take() {
            running.loader.close();
            if let Some(shaper) = &mut running.shaper {
                shaper.close().await;
            }
        }
        Ok(())
    }
}

impl Running {
    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let Rows { tables, mut refused } = self
            .rows
            .write(batch)
            .map_err(|unmapped| SinkError::fatal(format!("doris.topic2table.map: {unmapped}")))?;
        for rows in &tables {
            self.fit(batch, rows).await?;
        }
        self.loader.begin();
        for rows in &tables {
            let loaded = self.loader.load_rows(batch, rows).await;
            refused.extend(loaded.map_err(|failed| self.failed(failed))?);
        }
        // With two phases nothing of a batch is visible before all of it is in Doris.
        self.loader.commit().await.map_err(|failed| self.failed(failed))?;
        self.loader.done(batch);
        // A record may have rows in several tables.
        refused.sort_by_key(|refused| refused.offset);
        refused.dedup_by_key(|refused| refused.offset);
        if refused.is_empty() { Ok(()) } else { Err(SinkError::Records(refused)) }
    }

    /// Makes the table one that the rows fit, if that is wanted.
    async fn fit(&mut self, batch: &Batch, rows: &TableRows) -> Result<(), SinkError> {
        let Some(shaper) = &mut self.shaper else { return Ok(()) };
        let mut records = batch.records().iter().peekable();
        let whole = rows.whole();
        let with_schema = whole.rows().map(|(offset, row)| {
            while records.next_if(|record| record.offset() < offset).is_some() {}
            (row, records.peek().and_then(|record| record.schema()))
        });
        let fitted = shaper.fit(&rows.table, with_schema).await;
        fitted.map_err(|error| {
            shaper.forget();
            error.into_sink_error()
        })
    }

    fn failed(&mut self, FailedLoad { table, label, rows, error }: FailedLoad) -> SinkError {
        if let Some(shaper) = &mut self.shaper {
            // The table may have been changed or taken away meanwhile.
            shaper.forget();
        }
        let database = &self.settings.database;
        error.into_sink_error(&format!("load of {rows} rows into {database}.{table}, label {label}"))
    }
}
