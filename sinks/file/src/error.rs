//! What can be wrong with the file or its position record.

use connector_api::{QueueId, QueueOffset, SinkError};
use std::{io, path::PathBuf};

/// Why the file cannot be written, or not be gone on with. Every text names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot open {}; its directory has to exist and the worker needs to write there", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("{} is not a regular file, so it cannot be cut back after a crash; name a file of its own", path.display())]
    NotRegular { path: PathBuf },
    #[error("{} is being written by another task or worker; give each connector a file of its own", path.display())]
    Locked { path: PathBuf },
    #[error("cannot read the position record {}", path.display())]
    ReadPosition { path: PathBuf, source: io::Error },
    #[error(
        "{} is not a whole position record ({reason}), so where to go on is unknown; \
         restore it from a backup, or move it and the data file away to begin anew", path.display()
    )]
    MalformedPosition { path: PathBuf, reason: String },
    #[error(
        "{} belongs to connector {owner:?}, not to {connector:?}; \
         give each connector a file of its own, or move the record away to append to what is there", path.display()
    )]
    ForeignPosition { path: PathBuf, owner: String, connector: String },
    #[error(
        "{} has {length} bytes where its position record tells of {recorded}, so acknowledged records are missing; \
         restore the file, or move its position record {} away as well to begin a new one",
        path.display(), position.display()
    )]
    Shorter { path: PathBuf, position: PathBuf, length: u64, recorded: u64 },
    #[error(
        "{queue} was read from offset {first}, though the file goes up to {recorded}: was the topic deleted and \
         created anew? move {} and its position record away to begin a new file", path.display()
    )]
    Rewound { path: PathBuf, queue: QueueId, first: QueueOffset, recorded: QueueOffset },
    #[error(
        "{} was moved or deleted while it was written; put it back, or move its position record away as well to \
         begin a new file", path.display()
    )]
    Moved { path: PathBuf },
    #[error("cannot write to {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot make the directory entry of {} durable", path.display())]
    SyncDirectory { path: PathBuf, source: io::Error },
}

/// A failed write leaves nothing behind that the next attempt does not cut off first, so it may pass; anything else
/// needs somebody to look.
impl From<FileError> for SinkError {
    fn from(error: FileError) -> Self {
        let text = error.to_string();
        match error {
            FileError::Write { source, .. } => Self::retriable(text).caused_by(source),
            FileError::Open { source, .. }
            | FileError::ReadPosition { source, .. }
            | FileError::SyncDirectory { source, .. } => Self::fatal(text).caused_by(source),
            FileError::NotRegular { .. }
            | FileError::Locked { .. }
            | FileError::MalformedPosition { .. }
            | FileError::ForeignPosition { .. }
            | FileError::Shorter { .. }
            | FileError::Rewound { .. }
            | FileError::Moved { .. } => Self::fatal(text),
        }
    }
}
