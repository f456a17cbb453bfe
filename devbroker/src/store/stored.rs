//! Messages in their stored form, as pull answers carry them: what the store itself fills in and reads back.
//!
//! Encoding is [`remoting::message`]'s; the store only stamps what is known once a message has its place (offset, time) and
//! walks over runs of messages. Positions are those of RocketMQ's `MessageDecoder`, of the form with one byte of topic length.

const QUEUE_OFFSET: usize = 20;
const PHYSICAL_OFFSET: usize = 28;
const SYS_FLAG: usize = 36;
const BORN_HOST: usize = 48;
/// System flag bits that say a host is an IPv6 address.
const BORN_HOST_V6: u32 = 1 << 4;
const STORE_HOST_V6: u32 = 1 << 5;
/// Reconsume times (4) and the offset of a prepared transaction (8) stand between the store host and the body.
const BETWEEN_HOST_AND_BODY: usize = 12;
const TAGS: &[u8] = b"TAGS";

/// Where a message ends up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) queue_offset: u64,
    pub(super) physical_offset: u64,
    pub(super) stored_ms: u64,
}

/// Writes `stamp` into an encoded message.
pub(super) fn stamp(message: &mut [u8], stamp: Stamp) {
    let stored_at = store_timestamp_position(message);
    for (position, value) in [
        (QUEUE_OFFSET, stamp.queue_offset),
        (PHYSICAL_OFFSET, stamp.physical_offset),
        (stored_at, stamp.stored_ms),
    ] {
        if let Some(place) = message.get_mut(position..position + 8) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }
}

/// One message of a run, still encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored<'a> {
    bytes: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(super) fn size(self) -> usize {
        self.bytes.len()
    }

    pub(super) fn queue_offset(self) -> u64 {
        u64_at(self.bytes, QUEUE_OFFSET)
    }

    /// The first position behind this message in the order all messages were stored.
    pub(super) fn physical_end(self) -> u64 {
        u64_at(self.bytes, PHYSICAL_OFFSET).saturating_add(self.bytes.len() as u64)
    }

    /// When it was stored, milliseconds since the epoch.
    pub(super) fn stored_ms(self) -> u64 {
        u64_at(self.bytes, store_timestamp_position(self.bytes))
    }

    /// The value of the message's `TAGS` property.
    pub(super) fn tags(self) -> Option<&'a str> {
        let properties = self.properties()?;
        let tags = properties.split(|byte| *byte == 2).find_map(|property| {
            let (name, value) = property.split_at_checked(TAGS.len())?;
            (name == TAGS).then(|| value.strip_prefix(&[1])).flatten()
        })?;
        std::str::from_utf8(tags).ok()
    }

    fn properties(self) -> Option<&'a [u8]> {
        let body = store_timestamp_position(self.bytes)
            + 8
            + host_length(self.bytes, STORE_HOST_V6)
            + BETWEEN_HOST_AND_BODY;
        let body_length = u32::from_be_bytes(self.bytes.get(body..body + 4)?.try_into().ok()?) as usize;
        let topic = body.checked_add(4)?.checked_add(body_length)?;
        let properties = topic + 1 + usize::from(*self.bytes.get(topic)?);
        let length = u16::from_be_bytes(self.bytes.get(properties..properties + 2)?.try_into().ok()?);
        self.bytes.get(properties + 2..properties + 2 + usize::from(length))
    }
}

/// As [`messages`], to be stamped.
pub(super) fn messages_mut(run: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let size = size(rest)?;
        let (message, behind) = std::mem::take(&mut rest).split_at_mut_checked(size)?;
        rest = behind;
        Some(message)
    })
}

/// The messages of a run, in order. Stops at the first that is not whole.
pub(super) fn messages(run: &[u8]) -> impl Iterator<Item = Stored<'_>> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let (bytes, behind) = rest.split_at_checked(size(rest)?)?;
        rest = behind;
        Some(Stored { bytes })
    })
}

/// The size of the message at the front of `run`; at least that of the fixed fields.
fn size(run: &[u8]) -> Option<usize> {
    let size = u32::from_be_bytes(run.get(..4)?.try_into().ok()?) as usize;
    (size >= BORN_HOST + 24).then_some(size)
}

fn store_timestamp_position(message: &[u8]) -> usize {
    BORN_HOST + host_length(message, BORN_HOST_V6)
}

fn host_length(message: &[u8], v6_flag: u32) -> usize {
    let flags = message
        .get(SYS_FLAG..SYS_FLAG + 4)
        .and_then(|flags| flags.try_into().ok())
        .map_or(0, u32::from_be_bytes);
    if flags & v6_flag == 0 { 8 } else { 20 }
}

fn u64_at(bytes: &[u8], position: usize) -> u64 {
    bytes.get(position..position + 8).and_then(|field| field.try_into().ok()).map_or(0, u64::from_be_bytes)
}
