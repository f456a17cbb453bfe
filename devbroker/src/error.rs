//! What can keep a dev-broker from starting or stopping cleanly.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

/// Why a dev-broker did not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The listen address could not be bound.
    #[error(
        "cannot listen on {address}: {source}; is another broker running there? choose another address with --listen"
    )]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The data directory could not be opened as a dev-broker's store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An option has a value the broker cannot work with.
    #[error("option {option} is {value}: {reason}")]
    Option {
        /// The option's name as in [`Options`](crate::Options).
        option: &'static str,
        /// The value given.
        value: String,
        /// What a usable value looks like.
        reason: &'static str,
    },
}

/// Why the data directory cannot be used, or stopped accepting writes.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the directory open.
    #[error(
        "data directory {dir} is in use by another process; stop it or choose another directory with --data"
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory holds something that no dev-broker wrote.
    #[error(
        "data directory {dir} holds {found}, which is not a dev-broker's; \
         choose an empty or new directory with --data"
    )]
    Foreign {
        /// The data directory.
        dir: PathBuf,
        /// The first entry that does not belong.
        found: String,
    },
    /// The directory was written by a dev-broker of another format.
    #[error(
        "data directory {dir} has format {found}, this version reads format {expected}; move it away or use the version that wrote it"
    )]
    Format {
        /// The data directory.
        dir: PathBuf,
        /// The format found.
        found: String,
        /// The format this version reads and writes.
        expected: u32,
    },
    /// Something that the broker wrote is gone or damaged.
    #[error("data directory {dir} is damaged: {what}; restore it from a copy, or move it away to start anew")]
    Damaged {
        /// The data directory.
        dir: PathBuf,
        /// What is missing or unreadable.
        what: String,
    },
    /// The operating system refused an access to the directory.
    #[error("data directory {dir}: {source}")]
    Io {
        /// The data directory.
        dir: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The embedded store failed.
    #[error("the store failed: {0}")]
    Engine(#[source] Arc<fjall::Error>),
    /// The engine does not get its writing done.
    #[error("the store cannot write to its directory: is the disk full or failing?")]
    Stuck,
    /// A record could not be encoded.
    #[error("a record could not be encoded: {reason}")]
    Record {
        /// What could not be encoded.
        reason: String,
    },
    /// The broker is shutting down and accepts no more writes.
    #[error("the broker is shutting down")]
    Closed,
    /// The topic went away between the check and the write.
    #[error("topic {topic} was deleted")]
    TopicDeleted {
        /// The topic.
        topic: String,
    },
}

impl From<fjall::Error> for StoreError {
    fn from(error: fjall::Error) -> Self {
        Self::Engine(Arc::new(error))
    }
}

impl StoreError {
    pub(crate) fn io(dir: &std::path::Path, source: io::Error) -> Self {
        Self::Io { dir: dir.to_owned(), source: Arc::new(source) }
    }
}
