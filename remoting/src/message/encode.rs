//! Writing the stored form of a message: what a broker keeps and puts into pull answers.
//!
//! The layout is in [`super::decode`], which reads it.

use std::net::{IpAddr, SocketAddr};

use bytes::{BufMut, BytesMut};
use thiserror::Error;

use super::decode::{MAGIC_V1, MAGIC_V2};
use super::sys_flag;

/// Bytes of a message with a one-byte topic length, beside its hosts, body, topic and properties.
const FIXED_BYTES: usize = 75;

/// What a broker stores of a message.
#[derive(Debug, Clone, Copy)]
pub struct StoredMessage<'a> {
    /// The topic it was sent to.
    pub topic: &'a str,
    /// Which of the broker's queues of the topic.
    pub queue_id: i32,
    /// Its position in the queue.
    pub offset: i64,
    /// Its position in the broker's log.
    pub physical_offset: i64,
    /// A number of the sender's own.
    pub flag: i32,
    /// [`sys_flag`] bits; those for the addresses are set from the addresses.
    pub sys_flag: i32,
    /// When the sender made it, milliseconds since 1970.
    pub born_timestamp: i64,
    /// The sender's address.
    pub born_host: SocketAddr,
    /// When it was stored, milliseconds since 1970.
    pub store_timestamp: i64,
    /// The broker's address.
    pub store_host: SocketAddr,
    /// How often a consumer gave it back.
    pub reconsume_times: i32,
    /// Where the prepared half of its transaction lies.
    pub prepared_transaction_offset: i64,
    /// The body as it was sent, compressed or not.
    pub body: &'a [u8],
    /// Properties in their wire form.
    pub properties: &'a [u8],
}

/// A message that the stored form has no room for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the stored form has room for {limit} bytes of {part}, not for {bytes}")]
pub struct EncodeError {
    /// Which part of it.
    pub part: &'static str,
    /// Its size.
    pub bytes: usize,
    /// What there is room for.
    pub limit: usize,
}

/// Appends the stored form of `message` and says how many bytes it has.
///
/// # Errors
/// [`EncodeError`] naming the part that is too large; nothing is appended then.
pub fn encode_stored(message: &StoredMessage<'_>, into: &mut BytesMut) -> Result<usize, EncodeError> {
    let topic: u16 = fit(message.topic.len(), "topic", i16::MAX as usize)?;
    let properties: u16 = fit(message.properties.len(), "properties", i16::MAX as usize)?;
    let short_topic = u8::try_from(topic).ok().filter(|length| *length <= i8::MAX as u8);
    let hosts = host_bytes(message.born_host) + host_bytes(message.store_host);
    let body: u32 = fit(message.body.len(), "body", i32::MAX as usize)?;
    let texts = message.topic.len() + message.properties.len();
    let bytes = FIXED_BYTES + hosts + message.body.len() + texts + usize::from(short_topic.is_none());
    let size: u32 = fit(bytes, "message", i32::MAX as usize)?;
    let mut flags = message.sys_flag & !(sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6);
    flags |= if message.born_host.is_ipv6() { sys_flag::BORN_HOST_V6 } else { 0 };
    flags |= if message.store_host.is_ipv6() { sys_flag::STORE_HOST_V6 } else { 0 };

    into.reserve(bytes);
    into.put_u32(size);
    into.put_u32(if short_topic.is_some() { MAGIC_V1 } else { MAGIC_V2 });
    into.put_i32(body_crc(message.body));
    into.put_i32(message.queue_id);
    into.put_i32(message.flag);
    into.put_i64(message.offset);
    into.put_i64(message.physical_offset);
    into.put_i32(flags);
    into.put_i64(message.born_timestamp);
    put_host(message.born_host, into);
    into.put_i64(message.store_timestamp);
    put_host(message.store_host, into);
    into.put_i32(message.reconsume_times);
    into.put_i64(message.prepared_transaction_offset);
    into.put_u32(body);
    into.put_slice(message.body);
    match short_topic {
        Some(length) => into.put_u8(length),
        None => into.put_u16(topic),
    }
    into.put_slice(message.topic.as_bytes());
    into.put_u16(properties);
    into.put_slice(message.properties);
    Ok(bytes)
}

fn fit<T: TryFrom<usize>>(bytes: usize, part: &'static str, limit: usize) -> Result<T, EncodeError> {
    let fitting = T::try_from(bytes).ok().filter(|_| bytes <= limit);
    fitting.ok_or(EncodeError { part, bytes, limit })
}

/// The checksum of a body: CRC-32 without its highest bit, which Java drops.
pub(super) fn body_crc(body: &[u8]) -> i32 {
    (crc32fast::hash(body) & 0x7FFF_FFFF).cast_signed()
}

fn host_bytes(host: SocketAddr) -> usize {
    if host.is_ipv6() { 20 } else { 8 }
}

fn put_host(host: SocketAddr, into: &mut BytesMut) {
    match host.ip() {
        IpAddr::V4(ip) => into.put_slice(&ip.octets()),
        IpAddr::V6(ip) => into.put_slice(&ip.octets()),
    }
    into.put_u32(u32::from(host.port()));
}
