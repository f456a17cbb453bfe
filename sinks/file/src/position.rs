//! The position record: what the file holds, by queue.
//!
//! One JSON object, `{"crc32":…,"position":{…}}`, the checksum over the bytes of the position as they stand. It is
//! replaced as a whole: written under another name, made durable, renamed, and the directory made durable.

use crate::error::FileError;
use connector_api::{QueueId, QueueOffset};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
};

const FORMAT: u32 = 1;

/// What the file held when the record was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// Length of the file in bytes.
    pub(crate) length: u64,
    /// Where each queue stands.
    pub(crate) queues: BTreeMap<QueueId, QueuePosition>,
}

/// How far a queue was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct QueuePosition {
    /// The file has all records below this offset, but for those that are missing.
    pub(crate) next: QueueOffset,
    /// Offsets from the last batch on that are no lines, because this sink refused them or the host left them out, in order. The host
    /// may end before it has dealt with them, and the operator may correct what stood against them, so they may come again, while
    /// the lines around them are not written twice.
    pub(crate) missing: Vec<Range<QueueOffset>>,
}

impl QueuePosition {
    /// Where reading goes on.
    pub(crate) fn resume(&self) -> QueueOffset {
        self.missing.first().map_or(self.next, |missing| missing.start)
    }

    /// Whether the file has the record at this offset already.
    pub(crate) fn has(&self, offset: QueueOffset) -> bool {
        let behind = self.missing.partition_point(|missing| missing.end <= offset);
        offset < self.next && self.missing.get(behind).is_none_or(|missing| offset < missing.start)
    }

    /// The position once a batch with these bounds was written that brought `lines`, in order, which the file did not have.
    pub(crate) fn after(&self, batch: Range<QueueOffset>, lines: impl Iterator<Item = QueueOffset>) -> Self {
        // The host has gone on behind what lies before the batch.
        let before = self.missing.iter().map(|missing| missing.start.max(batch.start)..missing.end);
        let new = self.next.max(batch.start)..batch.end;
        let mut lines = lines.peekable();
        let mut missing = Vec::new();
        for range in before.chain([new]) {
            let mut at = range.start;
            while let Some(line) = lines.next_if(|line| *line < range.end) {
                push(&mut missing, at..line);
                at = line.next();
            }
            push(&mut missing, at..range.end);
        }
        Self { next: self.next.max(batch.end), missing }
    }
}

/// Adds a range behind the others, to the last one if nothing lies between them.
fn push(ranges: &mut Vec<Range<QueueOffset>>, range: Range<QueueOffset>) {
    if range.is_empty() {
        return;
    }
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Where the position record of one connector is kept.
#[derive(Debug)]
pub(crate) struct PositionFile {
    connector: String,
    path: PathBuf,
    temporary: PathBuf,
    directory: PathBuf,
}

impl PositionFile {
    /// The record beside the file at `data`.
    pub(crate) fn beside(data: &Path, connector: &str) -> Self {
        let with = |ending: &str| {
            let mut name = data.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let directory = match data.parent() {
            Some(parent) if parent != Path::new("") => parent.into(),
            _ => PathBuf::from("."),
        };
        Self {
            connector: connector.into(),
            path: with(".position"),
            temporary: with(".position.tmp"),
            directory,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The record, or `None` when there is no such file.
    ///
    /// Invariant 7: a record that is torn or not ours is an error, never "nothing there".
    pub(crate) fn load(&self) -> Result<Option<Position>, FileError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::ReadPosition { path: self.path.clone(), source }),
        };
        let stored = decode(&bytes)
            .map_err(|reason| FileError::MalformedPosition { path: self.path.clone(), reason })?;
        if stored.connector != self.connector {
            return Err(FileError::ForeignPosition {
                path: self.path.clone(),
                owner: stored.connector,
                connector: self.connector.clone(),
            });
        }
        let position = position(stored);
        position.map(Some).map_err(|reason| FileError::MalformedPosition { path: self.path.clone(), reason })
    }

    /// Replaces the record. When this fails with [`FileError::Write`] the one before is still there.
    pub(crate) fn store(&self, position: &Position) -> Result<(), FileError> {
        self.replace(position).map_err(|source| FileError::Write { path: self.path.clone(), source })?;
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(|source| FileError::SyncDirectory { path: self.path.clone(), source })
    }

    fn replace(&self, position: &Position) -> io::Result<()> {
        let bytes = encode(&self.connector, position)?;
        let mut file = File::create(&self.temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&self.temporary, &self.path)
    }
}

#[derive(Serialize, Deserialize)]
struct Envelope<P> {
    crc32: u32,
    position: P,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    connector: String,
    length: u64,
    queues: Vec<StoredQueue>,
}

#[derive(Serialize, Deserialize)]
struct StoredQueue {
    topic: String,
    broker: String,
    queue: u32,
    next: i64,
    missing: Vec<[i64; 2]>,
}

fn encode(connector: &str, position: &Position) -> io::Result<Vec<u8>> {
    let queue = |(id, at): (&QueueId, &QueuePosition)| StoredQueue {
        topic: id.topic.to_string(),
        broker: id.broker.to_string(),
        queue: id.queue,
        next: at.next.get(),
        missing: at.missing.iter().map(|range| [range.start.get(), range.end.get()]).collect(),
    };
    let stored = Stored {
        format: FORMAT,
        connector: connector.into(),
        length: position.length,
        queues: position.queues.iter().map(queue).collect(),
    };
    let position = serde_json::value::to_raw_value(&stored)?;
    let mut bytes =
        serde_json::to_vec(&Envelope { crc32: crc32fast::hash(position.get().as_bytes()), position })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<Stored, String> {
    // A record without its last byte is whole JSON, yet torn.
    let Some(bytes) = bytes.strip_suffix(b"\n") else { return Err("it is cut off".into()) };
    let envelope: Envelope<&RawValue> = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let found = crc32fast::hash(envelope.position.get().as_bytes());
    if found != envelope.crc32 {
        return Err(format!("its checksum is {found}, not {}", envelope.crc32));
    }
    let stored: Stored = serde_json::from_str(envelope.position.get()).map_err(|e| e.to_string())?;
    match stored.format {
        FORMAT => Ok(stored),
        other => Err(format!("it has format {other}, this version reads format {FORMAT}")),
    }
}

fn position(stored: Stored) -> Result<Position, String> {
    let mut queues = BTreeMap::new();
    for queue in stored.queues {
        let offset = |value| QueueOffset::new(value).ok_or_else(|| format!("it holds the offset {value}"));
        let id = QueueId { topic: queue.topic.into(), broker: queue.broker.into(), queue: queue.queue };
        let (next, mut end) = (offset(queue.next)?, QueueOffset::default());
        let mut missing = Vec::with_capacity(queue.missing.len());
        for [start, behind] in queue.missing {
            let range = offset(start)?..offset(behind)?;
            if range.is_empty() || range.start < end || range.end > next {
                return Err(format!("the missing offsets {start} to {behind} of {id} are not in order"));
            }
            end = range.end;
            missing.push(range);
        }
        queues.insert(id, QueuePosition { next, missing });
    }
    Ok(Position { length: stored.length, queues })
}
