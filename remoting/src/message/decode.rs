//! Reading stored messages out of a pull answer (RocketMQ, `MessageDecoder`).
//!
//! ```text
//! total size 4 | magic 4 | body CRC 4 | queue id 4 | flag 4 | queue offset 8 | physical offset 8 | sys flag 4 | born time 8 |
//! born host 4 or 16 + port 4 | store time 8 | store host 4 or 16 + port 4 | reconsume times 4 | prepared transaction offset 8 |
//! body length 4, body | topic length 1 (v1) or 2 (v2), topic | properties length 2, properties
//! ```
//!
//! Nothing is allocated per message but the body of one that is compressed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use thiserror::Error;

use super::encode::body_crc;
use super::{BodyFault, Compression, Message, Properties, batch, sys_flag};

/// Marks a message whose topic's length has one byte.
pub(super) const MAGIC_V1: u32 = 0xDAA3_20A7;
/// Marks a message whose topic's length has two bytes.
pub(super) const MAGIC_V2: u32 = 0xDAA3_20AB;

/// How to read stored messages.
#[derive(Debug, Clone)]
pub struct DecodeOptions {
    /// The topic that is expected; its name is shared instead of copied.
    pub topic: Option<Arc<str>>,
    /// Whether to compare bodies with their checksums.
    pub check_crc: bool,
    /// Whether to decompress bodies.
    pub decompress: bool,
    /// The most bytes a decompressed body may have.
    pub max_body_bytes: usize,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { topic: None, check_crc: true, decompress: true, max_body_bytes: 64 * 1024 * 1024 }
    }
}

/// A run of messages that is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A part of a message lies beyond the message's end, or the message beyond the end of all.
    #[error("the message at byte {position} is torn: its {part} is not all there")]
    Torn {
        /// Where the message begins.
        position: usize,
        /// The part being read.
        part: &'static str,
    },
    /// What should be a message does not begin as one.
    #[error("at byte {position} there is no message: its magic number is {magic:08x}")]
    NotAMessage {
        /// Where it should begin.
        position: usize,
        /// What is there instead of the magic number.
        magic: u32,
    },
    /// A topic is not UTF-8.
    #[error("the topic of the message at byte {position} is not UTF-8")]
    Topic {
        /// Where the message begins.
        position: usize,
    },
    /// A batch that was stored as one message cannot be taken apart.
    #[error("the batch at offset {offset}: {source}")]
    Batch {
        /// The batch's offset in its queue.
        offset: i64,
        /// What is wrong with the batch.
        source: batch::BatchError,
    },
}

/// Reads all messages of `stored`, the body of a pull answer. A batch stored as one message comes out as its messages.
///
/// # Errors
/// [`DecodeError`] naming the position; a body that cannot be trusted is no error but a [`BodyFault`] of its message.
pub fn decode_all(stored: &Bytes, options: &DecodeOptions) -> Result<Vec<Message>, DecodeError> {
    let mut messages = Vec::new();
    let mut topic = options.topic.clone();
    let mut position = 0;
    while position < stored.len() {
        let torn = |part| DecodeError::Torn { position, part };
        let rest = &stored[position..];
        let size = rest.get(..4).map(|mut size| size.get_u32() as usize).ok_or_else(|| torn("size"))?;
        if size < 8 || size > rest.len() {
            return Err(torn("whole"));
        }
        let mut part = Part { stored, position, at: position, end: position + size };
        let message = part.message(&mut topic, options)?;
        unwrap_into(message, &mut messages)?;
        position += size;
    }
    Ok(messages)
}

/// Where reading has got to within one message.
struct Part<'a> {
    stored: &'a Bytes,
    position: usize,
    at: usize,
    end: usize,
}

impl Part<'_> {
    fn message(
        &mut self,
        topic: &mut Option<Arc<str>>,
        options: &DecodeOptions,
    ) -> Result<Message, DecodeError> {
        self.take(4, "size")?;
        let magic = self.take(4, "magic number")?.get_u32();
        if magic != MAGIC_V1 && magic != MAGIC_V2 {
            return Err(DecodeError::NotAMessage { position: self.position, magic });
        }
        let mut fixed = self.take(40, "fixed part")?;
        let body_crc = fixed.get_i32();
        let queue_id = fixed.get_i32();
        let flag = fixed.get_i32();
        let offset = fixed.get_i64();
        let physical_offset = fixed.get_i64();
        let sys_flag = fixed.get_i32();
        let born_timestamp = fixed.get_i64();
        let born_host = self.host(sys_flag & sys_flag::BORN_HOST_V6 != 0, "born host")?;
        let store_timestamp = self.take(8, "store time")?.get_i64();
        let store_host = self.host(sys_flag & sys_flag::STORE_HOST_V6 != 0, "store host")?;
        let mut fixed = self.take(16, "fixed part")?;
        let reconsume_times = fixed.get_i32();
        let prepared_transaction_offset = fixed.get_i64();
        let body_length = fixed.get_u32() as usize;
        let body = self.slice(body_length, "body")?;
        let topic_length = match magic {
            MAGIC_V1 => usize::from(self.take(1, "topic")?.get_u8()),
            _ => usize::from(self.take(2, "topic")?.get_u16()),
        };
        let topic = self.topic(topic_length, topic)?;
        let properties_length = usize::from(self.take(2, "properties")?.get_u16());
        let properties = Properties::from_wire(self.slice(properties_length, "properties")?);
        let mut message = Message {
            topic,
            queue_id,
            offset,
            physical_offset,
            flag,
            sys_flag,
            born_timestamp,
            born_host,
            store_timestamp,
            store_host,
            body_crc,
            reconsume_times,
            prepared_transaction_offset,
            body,
            properties,
            fault: None,
        };
        check_body(&mut message, options);
        Ok(message)
    }

    fn take(&mut self, length: usize, part: &'static str) -> Result<&[u8], DecodeError> {
        let end = self.at.saturating_add(length);
        if end > self.end {
            return Err(DecodeError::Torn { position: self.position, part });
        }
        let taken = &self.stored[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn slice(&mut self, length: usize, part: &'static str) -> Result<Bytes, DecodeError> {
        let start = self.at;
        self.take(length, part)?;
        Ok(self.stored.slice(start..self.at))
    }

    fn host(&mut self, v6: bool, part: &'static str) -> Result<SocketAddr, DecodeError> {
        let mut bytes = self.take(if v6 { 20 } else { 8 }, part)?;
        let ip = match v6 {
            true => IpAddr::V6(Ipv6Addr::from_bits(bytes.get_u128())),
            false => IpAddr::V4(Ipv4Addr::from_bits(bytes.get_u32())),
        };
        // No port is larger; if one were, the message would still be worth having.
        Ok(SocketAddr::new(ip, u16::try_from(bytes.get_u32()).unwrap_or(0)))
    }

    /// The topic, shared with the message before where it is the same.
    fn topic(&mut self, length: usize, last: &mut Option<Arc<str>>) -> Result<Arc<str>, DecodeError> {
        let position = self.position;
        let bytes = self.take(length, "topic")?;
        if let Some(last) = last
            && last.as_bytes() == bytes
        {
            return Ok(Arc::clone(last));
        }
        let name = str::from_utf8(bytes).map_err(|_| DecodeError::Topic { position })?;
        Ok(Arc::clone(last.insert(Arc::from(name))))
    }
}

fn check_body(message: &mut Message, options: &DecodeOptions) {
    if options.check_crc && message.body_crc != 0 {
        let (stored, computed) = (message.body_crc, body_crc(&message.body));
        if stored != computed {
            message.fault = Some(BodyFault::Checksum { stored, computed });
            return;
        }
    }
    if let Some(compression) = Compression::of(message.sys_flag)
        && options.decompress
        && !message.body.is_empty()
    {
        match compression.decompress(&message.body, options.max_body_bytes) {
            Ok(plain) => {
                message.body = plain.into();
                message.sys_flag &= !sys_flag::COMPRESSED;
            }
            Err(error) => {
                let reason = error.to_string().into();
                message.fault = Some(BodyFault::Compressed { compression, reason });
            }
        }
    }
}

/// Appends `message`, or the messages of the batch that it is.
fn unwrap_into(message: Message, messages: &mut Vec<Message>) -> Result<(), DecodeError> {
    let batch_bits = sys_flag::INNER_BATCH | sys_flag::NEED_UNWRAP;
    if message.sys_flag & batch_bits != batch_bits || message.fault.is_some() {
        messages.push(message);
        return Ok(());
    }
    let entries = batch::decode(&message.body)
        .map_err(|source| DecodeError::Batch { offset: message.offset, source })?;
    for (entry, offset) in entries.into_iter().zip(message.offset..) {
        let batch::BatchEntry { flag, body, properties } = entry;
        messages.push(Message { offset, flag, body, properties, ..message.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
