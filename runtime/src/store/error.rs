//! What can go wrong with an internal topic.

use super::record::Location;
use remoting::{Error as ClientError, ReadError};
use std::{sync::Arc, time::Duration};

/// An internal topic could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The topic is not there and could not be created.
    #[error("internal topic {topic} does not exist and cannot be created")]
    Create {
        /// The topic.
        topic: String,
        /// What the broker or name server said.
        #[source]
        source: ClientError,
    },
    /// The brokers of the topic do not answer.
    #[error("internal topic {topic} cannot be read")]
    Read {
        /// The topic.
        topic: String,
        /// What the broker or name server said.
        #[source]
        source: ClientError,
    },
    /// The topic could not be read to its end.
    #[error("internal topic {topic} cannot be read to its end")]
    Replay {
        /// The topic.
        topic: String,
        /// Where it stopped.
        #[source]
        source: ReadError,
    },
    /// The broker stopped answering while the topic was read.
    #[error("internal topic {topic} cannot be read to its end: broker {broker} has sent nothing for {} s", after.as_secs())]
    Stalled {
        /// The topic.
        topic: String,
        /// The broker.
        broker: Arc<str>,
        /// How long was waited.
        after: Duration,
    },
    /// The broker did not acknowledge a record.
    #[error("internal topic {topic} did not take a record with key {key:?}")]
    Append {
        /// The topic.
        topic: String,
        /// The record's key.
        key: String,
        /// What the broker or name server said.
        #[source]
        source: ClientError,
    },
    /// The broker may have the record, or get it yet.
    #[error("whether internal topic {topic} has a record with key {key:?} is not known")]
    InDoubt {
        /// The topic.
        topic: String,
        /// The record's key.
        key: String,
        /// What happened last.
        #[source]
        source: ClientError,
    },
    /// A record is too large for a message.
    #[error("the record with key {key:?} has {bytes} bytes, internal topic {topic} takes {limit}")]
    TooLarge {
        /// The topic.
        topic: String,
        /// The record's key.
        key: String,
        /// Its size.
        bytes: usize,
        /// What a message may have.
        limit: usize,
    },
    /// A record cannot be read; what it said is unknown, so nothing may be concluded from the rest.
    #[error(
        "a record in {location} with key {key:?} cannot be read: {why}; \
         publish a whole record with that key to the same queue"
    )]
    Unreadable {
        /// Where the record stands.
        location: Location,
        /// Its key.
        key: String,
        /// What is wrong with it.
        #[source]
        why: Unreadable,
    },
}

impl StoreError {
    /// The same about a record of which another copy has been taken.
    pub(super) fn in_doubt(self) -> Self {
        match self {
            Self::Append { topic, key, source } => Self::InDoubt { topic, key, source },
            other => other,
        }
    }

    /// Whether brokers may answer later, without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::InDoubt { .. } | Self::Stalled { .. } => true,
            Self::Create { source, .. } | Self::Read { source, .. } | Self::Append { source, .. } => {
                source.is_transient()
            }
            Self::Replay { .. } | Self::TooLarge { .. } | Self::Unreadable { .. } => false,
        }
    }
}

/// Why a record of an internal topic cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not the JSON that its key promises.
    #[error("its body is not what its key promises: {0}")]
    Torn(String),
    /// A later version of this program wrote it.
    #[error("it has format {found} and this program knows formats up to {known}; run a newer one")]
    Newer {
        /// The format it was written in.
        found: u32,
        /// The newest known here.
        known: u32,
    },
}
