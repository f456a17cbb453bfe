//! Messages as brokers store and send them.
//!
//! A pull answer is a run of stored messages ([`decode_all`], [`encode_stored`]); a batch send is a run of a shorter form
//! ([`batch`]). Texts and bodies stay slices of the frame they came in.

pub mod batch;
mod compression;
mod decode;
mod encode;
mod id;
mod properties;
pub mod sys_flag;

pub use compression::Compression;
pub use decode::{DecodeError, DecodeOptions, decode_all};
pub use encode::{EncodeError, StoredMessage, encode_stored};
pub use id::{UniqueIds, offset_id};
pub use properties::{MAX_PROPERTIES_BYTES, Properties, PropertiesBuilder, PropertyError, names};

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

/// The largest body a broker accepts with its default `maxMessageSize`.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// One message of a queue (RocketMQ, `MessageExt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic it was sent to.
    pub topic: Arc<str>,
    /// Which of the broker's queues of the topic.
    pub queue_id: i32,
    /// Its position in the queue.
    pub offset: i64,
    /// Its position in the broker's commit log, part of [`Message::offset_id`].
    pub physical_offset: i64,
    /// A number of the sender's own.
    pub flag: i32,
    /// [`sys_flag`] bits; the compression bit is gone once the body is decompressed.
    pub sys_flag: i32,
    /// When the sender made it, milliseconds since 1970.
    pub born_timestamp: i64,
    /// The sender's address as the broker saw it.
    pub born_host: SocketAddr,
    /// When the broker stored it, milliseconds since 1970.
    pub store_timestamp: i64,
    /// The broker's address.
    pub store_host: SocketAddr,
    /// Checksum of the body as stored; 0 is none.
    pub body_crc: i32,
    /// How often a consumer gave it back.
    pub reconsume_times: i32,
    /// Where the prepared half of its transaction lies.
    pub prepared_transaction_offset: i64,
    /// The body, decompressed unless [`Message::fault`] says why not.
    pub body: Bytes,
    /// Keys, tags and whatever the sender added.
    pub properties: Properties,
    /// Why the body is not to be trusted, if so. The message is still delivered: dropping it would lose its offset.
    pub fault: Option<BodyFault>,
}

/// A body that is not what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyFault {
    /// The stored bytes have changed since the broker checked them in.
    #[error("the body's checksum is {computed:08x}, stored was {stored:08x}")]
    Checksum {
        /// What the broker computed when it stored the message.
        stored: i32,
        /// What the received bytes give.
        computed: i32,
    },
    /// The body says it is compressed and cannot be decompressed; it is left as it came.
    #[error("the body cannot be decompressed as {compression}: {reason}")]
    Compressed {
        /// How it says it is compressed.
        compression: Compression,
        /// What the decompressor says.
        reason: Arc<str>,
    },
}

impl Message {
    /// The keys a sender gave for finding this message, separated by spaces (property `KEYS`).
    pub fn keys(&self) -> Option<&str> {
        self.properties.get(names::KEYS)
    }

    /// The tag a consumer can filter by (property `TAGS`).
    pub fn tags(&self) -> Option<&str> {
        self.properties.get(names::TAGS)
    }

    /// What Java clients call the message id: the id its sender gave it, or else [`Message::offset_id`].
    pub fn id(&self) -> Cow<'_, str> {
        self.properties.get(names::UNIQ_KEY).map_or_else(|| Cow::Owned(self.offset_id()), Cow::Borrowed)
    }

    /// The id made of the broker's address and the position in its commit log.
    pub fn offset_id(&self) -> String {
        offset_id(self.store_host, self.physical_offset)
    }
}
