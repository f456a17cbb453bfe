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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueuePosition {
    /// The file has all lines below this offset.
    pub(crate) next: QueueOffset,
    /// Where reading goes on: `next`, or the first record of the last batch that is no line, because this sink refused it or
    /// the host left it out. The host may crash before it has dealt with that one, so it has to come again, while the
    /// lines around it are not written twice.
    pub(crate) resume: QueueOffset,
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
    resume: i64,
}

fn encode(connector: &str, position: &Position) -> io::Result<Vec<u8>> {
    let queue = |(id, at): (&QueueId, &QueuePosition)| StoredQueue {
        topic: id.topic.to_string(),
        broker: id.broker.to_string(),
        queue: id.queue,
        next: at.next.get(),
        resume: at.resume.get(),
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
        queues.insert(id, QueuePosition { next: offset(queue.next)?, resume: offset(queue.resume)? });
    }
    Ok(Position { length: stored.length, queues })
}
