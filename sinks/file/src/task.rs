//! The order of writes.
//!
//! A batch is: cut what is beyond the recorded length, append lines, make them durable, replace the position record. A
//! crash anywhere leaves either the old record, and then the lines of the batch are cut and come again, or the new one.

use crate::{
    FILENAME,
    body::{self, Line},
    error::FileError,
    lines::LineFile,
    position::{Position, PositionFile, QueuePosition},
};
use connector_api::{
    Batch, ConnectorConfig, QueueId, QueueOffset, RecordError, SinkError, SinkTask, TaskContext, async_trait,
};
use std::{collections::BTreeMap, path::Path};

/// The one task of a file connector.
#[derive(Debug, Default)]
pub(crate) struct FileSinkTask {
    target: Option<Target>,
}

#[async_trait(?Send)]
impl SinkTask for FileSinkTask {
    async fn start(&mut self, context: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError> {
        let path = Path::new(config.required(FILENAME)?);
        self.target = Some(Target::open(path, context.id().connector.as_str())?);
        Ok(())
    }

    async fn open(
        &mut self,
        queue: &QueueId,
        committed: Option<QueueOffset>,
    ) -> Result<Option<QueueOffset>, SinkError> {
        let recorded = self.target()?.position.queues.get(queue).map(QueuePosition::resume);
        // A commit beyond the record is right: the host commits past records that it skips without showing them to us.
        Ok(recorded.max(committed))
    }

    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let refused = self.target()?.write(batch)?;
        if refused.is_empty() { Ok(()) } else { Err(SinkError::Records(refused)) }
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.target = None;
        Ok(())
    }
}

impl FileSinkTask {
    fn target(&mut self) -> Result<&mut Target, SinkError> {
        self.target.as_mut().ok_or_else(|| SinkError::fatal("the file sink was called before its start"))
    }
}

/// The file and what its position record says of it.
#[derive(Debug)]
struct Target {
    lines: LineFile,
    record: PositionFile,
    position: Position,
    /// Where the last batch of each queue began that this task has written.
    last_batches: BTreeMap<QueueId, QueueOffset>,
}

impl Target {
    fn open(path: &Path, connector: &str) -> Result<Self, FileError> {
        // Read before the file is created, so that a record that cannot be read leaves nothing new behind.
        let record = PositionFile::beside(path, connector);
        let loaded = record.load()?;
        let lines = LineFile::open(path)?;
        // The one before may have ended, and moved the record, between the first look and the lock.
        let loaded = if loaded.is_some() { record.load()? } else { loaded };
        match loaded {
            Some(position) => Self::resume(lines, record, position),
            None => Self::begin(lines, record),
        }
    }

    fn resume(lines: LineFile, record: PositionFile, position: Position) -> Result<Self, FileError> {
        let target = Self { lines, record, position, last_batches: BTreeMap::new() };
        target.cut_to_recorded()?;
        Ok(target)
    }

    /// Cuts off what an attempt wrote that did not get as far as the record.
    fn cut_to_recorded(&self) -> Result<(), FileError> {
        let (length, recorded) = (self.lines.length()?, self.position.length);
        if length < recorded {
            return Err(FileError::Shorter {
                path: self.lines.path().into(),
                position: self.record.path().into(),
                length,
                recorded,
            });
        }
        if length > recorded {
            let bytes = length - recorded;
            tracing::warn!(file = %self.lines.path().display(), bytes, "cut off what was written and not recorded");
            self.lines.cut(recorded)?;
        }
        Ok(())
    }

    fn begin(lines: LineFile, record: PositionFile) -> Result<Self, FileError> {
        lines.end_last_line()?;
        let length = lines.length()?;
        if length > 0 {
            tracing::info!(file = %lines.path().display(), bytes = length, "appending to a file that was there before");
        }
        let position = Position { length, ..Position::default() };
        record.store(&position)?;
        Ok(Self { lines, record, position, last_batches: BTreeMap::new() })
    }

    /// Makes durable what is not there yet, and returns the records that cannot be lines.
    fn write(&mut self, batch: &Batch) -> Result<Vec<RecordError>, FileError> {
        let id = batch.id();
        let before = self.position.queues.get(&*id.queue).cloned();
        if let Some(before) = &before {
            self.check_not_rewound(batch, before)?;
        }
        let before = before.unwrap_or_default();
        let Sorted { lines, offsets, refused } = sort(batch, &before);

        let mut position = self.position.clone();
        self.lines.check_in_place()?;
        self.cut_to_recorded()?;
        if !lines.is_empty() {
            position.length = self.lines.append(&lines)?;
        }
        position.queues.insert((*id.queue).clone(), before.after(id.first..id.next, offsets.into_iter()));
        self.record.store(&position)?;
        self.position = position;
        self.last_batches.insert((*id.queue).clone(), id.first);
        Ok(refused)
    }

    /// The host may put the last batch of a queue again, or go on where this sink said; anything before that is a queue that
    /// was begun anew, whose records are not those that the file has.
    fn check_not_rewound(&self, batch: &Batch, at: &QueuePosition) -> Result<(), FileError> {
        let id = batch.id();
        let earliest = self.last_batches.get(&*id.queue).map_or(at.resume(), |first| at.resume().min(*first));
        if id.first >= earliest {
            return Ok(());
        }
        Err(FileError::Rewound {
            path: self.lines.path().into(),
            queue: (*id.queue).clone(),
            first: id.first,
            recorded: at.next,
        })
    }
}

/// What becomes of the records of a batch.
struct Sorted {
    /// Those that the file does not have, and where each of them stands.
    lines: Vec<Line>,
    offsets: Vec<QueueOffset>,
    /// Those that cannot be lines.
    refused: Vec<RecordError>,
}

fn sort(batch: &Batch, before: &QueuePosition) -> Sorted {
    let count = batch.records().len();
    let mut sorted =
        Sorted { lines: Vec::with_capacity(count), offsets: Vec::with_capacity(count), refused: Vec::new() };
    // What the file has stays as it is, also where another converter makes of it now what could be no line.
    for record in batch.records().iter().filter(|record| !before.has(record.offset())) {
        let offset = record.offset();
        match body::line(record.value()) {
            Ok(line) => {
                sorted.lines.push(line);
                sorted.offsets.push(offset);
            }
            Err(why) => sorted.refused.push(RecordError { offset, reason: why.to_string() }),
        }
    }
    sorted
}
