//! One task: batches in, loads out.

use crate::{
    config::Settings,
    label::Label,
    load::{Load, LoadError, Loader},
    rows::{RowWriter, Rows},
};
use connector_api::{
    Batch, ConnectorConfig, QueueOffset, RecordError, SinkError, SinkTask, TaskContext, async_trait,
};

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
}

#[async_trait(?Send)]
impl SinkTask for DorisSinkTask {
    async fn start(&mut self, context: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError> {
        let settings = Settings::read(config)?;
        let mut loader = Loader::new(&settings, context.id().task);
        for table in settings.tables.all() {
            let what = format!("table {}.{table}", settings.database);
            loader.check(&table).await.map_err(|error| error.into_sink_error(&what))?;
        }
        let rows = RowWriter::new(&settings);
        self.running = Some(Running { settings, loader, rows });
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
        }
        Ok(())
    }
}

impl Running {
    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let database = &self.settings.database;
        let topic = &batch.id().queue.topic;
        let table = self
            .settings
            .tables
            .of(topic)
            .map_err(|unmapped| SinkError::fatal(format!("doris.topic2table.map: {unmapped}")))?;
        let Rows { body, count, refused, gaps } = self.rows.write(batch);
        if count > 0 {
            // Invariant 2: the label is a function of the batch's identity, so a batch that comes again is recognised.
            // Invariant 1: and of what is missing in it, so a record that becomes a row later is not taken for loaded.
            let label = Label::new(batch.id(), database, table.as_str(), &gaps);
            let (id, since) = (batch.id(), batch.bounded_since());
            let load = Load { table: &table, label: &label, batch: id, since, body, rows: count };
            if let Err(error) = self.loader.load(&load).await {
                return Err(self.failed(error, &load, batch, refused));
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(SinkError::Records(refused)) }
    }

    fn failed(
        &self,
        error: LoadError,
        load: &Load<'_>,
        batch: &Batch,
        mut refused: Vec<RecordError>,
    ) -> SinkError {
        // With one row in the load, the row that Doris refused is known.
        if let (LoadError::BadRows { .. }, 1) = (&error, load.rows) {
            let is_refused = |offset: QueueOffset| refused.iter().any(|e| e.offset == offset);
            let row = batch.records().iter().find(|r| !is_refused(r.offset()) && !self.rows.leaves_out(r));
            if let Some(row) = row {
                refused.push(RecordError { offset: row.offset(), reason: error.to_string() });
                refused.sort_by_key(|e| e.offset);
                return SinkError::Records(refused);
            }
        }
        let what = format!(
            "load of {} rows into {}.{}, label {}",
            load.rows, self.settings.database, load.table, load.label
        );
        error.into_sink_error(&what)
    }
}
