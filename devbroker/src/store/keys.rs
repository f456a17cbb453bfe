//! How records are keyed.
//!
//! Messages lie in runs: the stored forms of consecutive messages of one queue, one after the other, under
//! (topic id, queue, offset of the run's **last** message), all big-endian. Seeking to an offset therefore lands on the run that
//! holds it, and a forward scan reads a queue in order. Everything else is a few small records in a keyspace of its own.

use super::Place;

/// The key of the run that ends with `last` in `place`.
pub(super) fn run(place: Place, last: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&place.topic.to_be_bytes());
    key[4..8].copy_from_slice(&place.queue.to_be_bytes());
    key[8..].copy_from_slice(&last.to_be_bytes());
    key
}

/// Reads a run's key back: where, and the offset of its last message.
pub(super) fn parse_run(key: &[u8]) -> Option<(Place, u64)> {
    let topic = u32::from_be_bytes(key.get(..4)?.try_into().ok()?);
    let queue = u32::from_be_bytes(key.get(4..8)?.try_into().ok()?);
    let last = u64::from_be_bytes(key.get(8..16)?.try_into().ok()?);
    (key.len() == 16).then_some((Place { topic, queue }, last))
}

/// Which store this is: present in every store that was completed.
pub(super) const IDENTITY: &[u8] = b"identity";
/// The id the next topic gets; ids are never used twice.
pub(super) const NEXT_TOPIC: &[u8] = b"next-topic-id";

/// When space was last given back, milliseconds since the epoch.
pub(super) const SWEPT: &[u8] = b"swept-ms";

/// The kinds of small records, by the prefix of their keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `name` → topic record.
    Topic,
    /// `name` → subscription group.
    Group,
    /// `group\0topic\0queue` → committed offset.
    Offset,
    /// `topic id, queue` → first offset kept.
    Trim,
    /// `topic id` of a deleted topic whose messages are still to be removed.
    Deleted,
    /// Broker setting → value.
    Setting,
    /// `namespace\0key` → name-server value.
    Kv,
}

impl Kind {
    pub(super) const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Topic => b"t/",
            Self::Group => b"g/",
            Self::Offset => b"o/",
            Self::Trim => b"m/",
            Self::Deleted => b"d/",
            Self::Setting => b"s/",
            Self::Kv => b"k/",
        }
    }

    pub(super) fn key(self, rest: &[u8]) -> Vec<u8> {
        [self.prefix(), rest].concat()
    }
}

/// The part of an offset's key behind the prefix.
pub(super) fn offset(group: &str, topic: &str, queue: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(group.len() + topic.len() + 6);
    key.extend_from_slice(group.as_bytes());
    key.push(0);
    key.extend_from_slice(topic.as_bytes());
    key.push(0);
    key.extend_from_slice(&queue.to_be_bytes());
    key
}

/// Reads an offset's key back: group, topic, queue.
pub(super) fn parse_offset(rest: &[u8]) -> Option<(&str, &str, u32)> {
    let (names, queue) = rest.split_at_checked(rest.len().checked_sub(4)?)?;
    let mut names = names.split(|byte| *byte == 0);
    let group = std::str::from_utf8(names.next()?).ok()?;
    let topic = std::str::from_utf8(names.next()?).ok()?;
    Some((group, topic, u32::from_be_bytes(queue.try_into().ok()?)))
}

/// The part of a trim record's key behind the prefix.
pub(super) fn trim(place: Place) -> [u8; 8] {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&place.topic.to_be_bytes());
    key[4..].copy_from_slice(&place.queue.to_be_bytes());
    key
}

/// Reads a trim record's key back.
pub(super) fn parse_trim(rest: &[u8]) -> Option<Place> {
    let topic = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
    let queue = u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?);
    Some(Place { topic, queue })
}
