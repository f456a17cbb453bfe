//! Many messages in one send request.
//!
//! Each is `size 4 | magic 4 (0) | CRC 4 (0) | flag 4 | body length 4, body | properties length 2, properties`; topic and
//! queue are in the request's header (RocketMQ, `MessageDecoder.encodeMessages`).

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;

use super::Properties;

/// Bytes of a message in a batch beside its body and properties.
pub const ENTRY_OVERHEAD: usize = 22;

/// One message of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchEntry {
    /// A number of the sender's own.
    pub flag: i32,
    /// The body.
    pub body: Bytes,
    /// Keys, tags and whatever the sender added.
    pub properties: Properties,
}

/// A batch that is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("message {index} of the batch, at byte {position}, is torn: its {part} is not all there")]
pub struct BatchError {
    /// Which message, from 0.
    pub index: usize,
    /// Where it begins.
    pub position: usize,
    /// The part being read.
    pub part: &'static str,
}

impl BatchEntry {
    /// How many bytes it has in a batch.
    pub fn encoded_bytes(&self) -> usize {
        ENTRY_OVERHEAD + self.body.len() + self.properties.as_bytes().len()
    }
}

/// The body of a batch send.
///
/// The caller keeps batches within what brokers accept; larger parts than the form has room for (2 GiB, 64 KiB of properties)
/// cannot come out of this crate's builders.
pub fn encode(entries: &[BatchEntry]) -> Bytes {
    let mut batch = BytesMut::with_capacity(entries.iter().map(BatchEntry::encoded_bytes).sum());
    for entry in entries {
        let properties = entry.properties.as_bytes();
        batch.put_u32(u32::try_from(entry.encoded_bytes()).unwrap_or(u32::MAX));
        batch.put_u64(0);
        batch.put_i32(entry.flag);
        batch.put_u32(u32::try_from(entry.body.len()).unwrap_or(u32::MAX));
        batch.put_slice(&entry.body);
        batch.put_u16(u16::try_from(properties.len()).unwrap_or(u16::MAX));
        batch.put_slice(properties);
    }
    batch.freeze()
}

/// The messages of a batch; bodies and properties are slices of it.
///
/// # Errors
/// [`BatchError`] naming the message that is torn.
pub fn decode(batch: &Bytes) -> Result<Vec<BatchEntry>, BatchError> {
    let mut entries = Vec::new();
    let mut rest = batch.clone();
    while !rest.is_empty() {
        let position = batch.len() - rest.len();
        let torn = |part| BatchError { index: entries.len(), position, part };
        let size = rest.try_get_u32().map_err(|_| torn("size"))? as usize;
        if size < ENTRY_OVERHEAD || size - 4 > rest.len() {
            return Err(torn("whole"));
        }
        let mut entry = rest.split_to(size - 4);
        entry.advance(8);
        let flag = entry.get_i32();
        let length = entry.get_u32() as usize;
        let body = split(&mut entry, length).ok_or_else(|| torn("body"))?;
        let length = usize::from(entry.try_get_u16().map_err(|_| torn("properties"))?);
        let properties = split(&mut entry, length).ok_or_else(|| torn("properties"))?;
        entries.push(BatchEntry { flag, body, properties: Properties::from_wire(properties) });
    }
    Ok(entries)
}

fn split(from: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= from.len()).then(|| from.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_batch_is_written_byte_for_byte() {
        let properties = Properties::from_wire(Bytes::from_static(b"a\x01b\x02"));
        let entry = BatchEntry { flag: 9, body: Bytes::from_static(b"xyz"), properties };
        let golden = [
            &[0, 0, 0, 29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9][..],
            &[0, 0, 0, 3, b'x', b'y', b'z', 0, 4, b'a', 1, b'b', 2],
        ]
        .concat();
        assert_eq!(encode(std::slice::from_ref(&entry)), golden);
        assert_eq!(decode(&golden.into()).unwrap(), [entry]);
    }

    #[test]
    fn a_torn_batch_names_the_message() {
        let whole =
            encode(&[BatchEntry::default(), BatchEntry { body: "body".into(), ..BatchEntry::default() }]);
        let error = decode(&whole.slice(..whole.len() - 1)).unwrap_err();
        assert_eq!(error, BatchError { index: 1, position: ENTRY_OVERHEAD, part: "whole" });
    }

    proptest! {
        #[test]
        fn any_batch_comes_back(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let entries: Vec<_> = bodies
                .into_iter()
                .map(|body| BatchEntry { body: body.into(), ..BatchEntry::default() })
                .collect();
            prop_assert_eq!(decode(&encode(&entries)).unwrap(), entries);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _outcome = decode(&bytes.into());
        }
    }
}
