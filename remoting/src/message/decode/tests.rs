use std::io::Write as _;

use super::*;
use crate::message::{StoredMessage, encode_stored};
use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

fn plain() -> StoredMessage<'static> {
    StoredMessage {
        topic: "orders",
        queue_id: 3,
        offset: 41,
        physical_offset: 1000,
        flag: 7,
        sys_flag: 0,
        born_timestamp: 1_700_000_000_000,
        born_host: SocketAddr::from(([10, 0, 0, 1], 4000)),
        store_timestamp: 1_700_000_000_001,
        store_host: SocketAddr::from(([127, 0, 0, 1], 10911)),
        reconsume_times: 2,
        prepared_transaction_offset: 0,
        body: b"{\"a\":1}",
        properties: b"KEYS\x01k1\x02TAGS\x01t\x02",
    }
}

fn stored(messages: &[StoredMessage<'_>]) -> Bytes {
    let mut stored = BytesMut::new();
    for message in messages {
        let before = stored.len();
        assert_eq!(encode_stored(message, &mut stored), Ok(stored.len() - before));
    }
    stored.freeze()
}

fn only(message: &StoredMessage<'_>) -> Message {
    let mut messages = decode_all(&stored(&[*message]), &DecodeOptions::default()).unwrap();
    assert_eq!(messages.len(), 1);
    messages.remove(0)
}

/// The bytes of `plain()`, put down part by part as the protocol has them.
fn golden() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.put_i32(0);
    bytes.put_u32(0xDAA3_20A7);
    bytes.put_u32(crc32fast::hash(b"{\"a\":1}") & 0x7FFF_FFFF);
    bytes.put_i32(3);
    bytes.put_i32(7);
    bytes.put_i64(41);
    bytes.put_i64(1000);
    bytes.put_i32(0);
    bytes.put_i64(1_700_000_000_000);
    bytes.put_slice(&[10, 0, 0, 1, 0, 0, 0x0F, 0xA0]);
    bytes.put_i64(1_700_000_000_001);
    bytes.put_slice(&[127, 0, 0, 1, 0, 0, 0x2A, 0x9F]);
    bytes.put_i32(2);
    bytes.put_i64(0);
    bytes.put_i32(7);
    bytes.put_slice(b"{\"a\":1}");
    bytes.put_u8(6);
    bytes.put_slice(b"orders");
    bytes.put_i16(15);
    bytes.put_slice(b"KEYS\x01k1\x02TAGS\x01t\x02");
    let size = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&size.to_be_bytes());
    bytes
}

#[test]
fn the_stored_form_is_written_and_read_byte_for_byte() {
    assert_eq!(stored(&[plain()]), golden());
    let message = only(&plain());
    assert_eq!((message.queue_id, message.offset, message.physical_offset), (3, 41, 1000));
    assert_eq!((message.flag, message.sys_flag, message.reconsume_times), (7, 0, 2));
    assert_eq!((message.born_timestamp, message.store_timestamp), (1_700_000_000_000, 1_700_000_000_001));
    assert_eq!((message.born_host, message.store_host), (plain().born_host, plain().store_host));
    assert_eq!((&*message.topic, &message.body[..]), ("orders", &b"{\"a\":1}"[..]));
    assert_eq!((message.keys(), message.tags(), &message.fault), (Some("k1"), Some("t"), &None));
}

#[test]
fn hosts_may_be_ipv6_in_any_combination() {
    let v6 = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 9));
    let v4 = plain().born_host;
    for (born_host, store_host) in [(v4, v6), (v6, v4), (v6, v6)] {
        let message = only(&StoredMessage { born_host, store_host, ..plain() });
        assert_eq!((message.born_host, message.store_host), (born_host, store_host));
        assert_eq!(message.keys(), Some("k1"));
    }
}

#[test]
fn a_long_topic_takes_the_second_form() {
    let topic = "t".repeat(200);
    let bytes = stored(&[StoredMessage { topic: &topic, ..plain() }]);
    assert_eq!(bytes[4..8], 0xDAA3_20AB_u32.to_be_bytes());
    let message = decode_all(&bytes, &DecodeOptions::default()).unwrap().remove(0);
    assert_eq!(&*message.topic, topic);
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn lz4(plain: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn a_compressed_body_is_decompressed_by_its_kind() {
    let text = "the same words again and again, ".repeat(300);
    let check = |kind: i32, body: Vec<u8>| {
        let message = only(&StoredMessage { sys_flag: 1 | kind << 8, body: &body, ..plain() });
        assert_eq!(message.fault, None, "kind {kind}");
        assert_eq!(message.body, text, "kind {kind}");
        assert_eq!(message.sys_flag & sys_flag::COMPRESSED, 0);
    };
    check(0, zlib(text.as_bytes()));
    check(1, lz4(text.as_bytes()));
    check(2, zstd(text.as_bytes()));
    check(3, zlib(text.as_bytes()));
}

#[test]
fn a_body_that_cannot_be_decompressed_is_delivered_with_its_fault() {
    let check = |kind: i32, body: &[u8], expected: &str| {
        let message = only(&StoredMessage { sys_flag: 1 | kind << 8, body, ..plain() });
        let fault = message.fault.unwrap().to_string();
        assert!(fault.contains(expected), "{fault}");
        assert_eq!(message.body, body);
        assert_eq!(message.offset, 41);
    };
    check(0, b"no zlib", "as zlib");
    check(1, b"no lz4", "as LZ4");
    check(2, b"no zstd", "as Zstandard");
    check(5, b"?", "as compression type 5");
}

#[test]
fn a_body_that_grows_over_the_limit_is_not_read_to_its_end() {
    let body = zlib(&vec![b'x'; 100_000]);
    let bytes = stored(&[StoredMessage { sys_flag: 1, body: &body, ..plain() }]);
    let options = DecodeOptions { max_body_bytes: 1000, ..DecodeOptions::default() };
    let fault = decode_all(&bytes, &options).unwrap().remove(0).fault.unwrap().to_string();
    assert!(fault.ends_with("it has more than 1000 bytes"), "{fault}");
}

#[test]
fn a_changed_body_is_told_by_its_checksum() {
    let mut bytes = golden();
    let body = bytes.windows(3).position(|window| window == b"\"a\"").unwrap();
    bytes[body + 1] = b'b';
    let bytes = Bytes::from(bytes);
    let checked = decode_all(&bytes, &DecodeOptions::default()).unwrap().remove(0);
    assert!(matches!(checked.fault, Some(BodyFault::Checksum { .. })), "{:?}", checked.fault);
    let options = DecodeOptions { check_crc: false, ..DecodeOptions::default() };
    assert_eq!(decode_all(&bytes, &options).unwrap().remove(0).fault, None);
}

#[test]
fn a_batch_stored_as_one_message_comes_out_as_its_messages() {
    let entries: Vec<_> = ["one", "two", "three"]
        .map(|body| batch::BatchEntry { flag: 5, body: body.into(), ..batch::BatchEntry::default() })
        .into();
    let flags = sys_flag::INNER_BATCH | sys_flag::NEED_UNWRAP;
    let check = |sys_flag: i32, body: &[u8]| {
        let bytes = stored(&[StoredMessage { sys_flag, body, ..plain() }, plain()]);
        let messages = decode_all(&bytes, &DecodeOptions::default()).unwrap();
        let read: Vec<_> = messages.iter().map(|message| (message.offset, &message.body[..])).collect();
        assert_eq!(read, [(41, &b"one"[..]), (42, b"two"), (43, b"three"), (41, b"{\"a\":1}")]);
        assert_eq!((messages[1].flag, &*messages[1].topic), (5, "orders"));
    };
    check(flags, &batch::encode(&entries));
    check(flags | sys_flag::COMPRESSED, &zlib(&batch::encode(&entries)));
}

#[test]
fn the_expected_topic_is_shared_and_any_other_is_made_once() {
    let topic: Arc<str> = "orders".into();
    let options = DecodeOptions { topic: Some(Arc::clone(&topic)), ..DecodeOptions::default() };
    let other = StoredMessage { topic: "others", ..plain() };
    let messages = decode_all(&stored(&[plain(), other, other]), &options).unwrap();
    assert!(Arc::ptr_eq(&messages[0].topic, &topic));
    assert!(Arc::ptr_eq(&messages[1].topic, &messages[2].topic));
}

#[test]
fn a_message_cut_anywhere_is_torn_and_says_where() {
    let two = stored(&[plain(), plain()]);
    for length in two.len() / 2 + 1..two.len() {
        let error = decode_all(&two.slice(..length), &DecodeOptions::default()).unwrap_err();
        assert!(
            matches!(error, DecodeError::Torn { position, .. } if position == two.len() / 2),
            "cut at {length}: {error}"
        );
    }
}

#[test]
fn a_part_that_reaches_beyond_its_message_is_torn() {
    let mut bytes = golden();
    let body_length = bytes.len() - 2 - 15 - 7 - 7 - 4;
    bytes[body_length..body_length + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let error = decode_all(&bytes.into(), &DecodeOptions::default()).unwrap_err();
    assert_eq!(error, DecodeError::Torn { position: 0, part: "body" });
}

#[test]
fn what_does_not_begin_as_a_message_is_none() {
    let mut bytes = golden();
    bytes[4..8].copy_from_slice(&[0xCB, 0xD4, 0x31, 0x94]);
    let error = decode_all(&bytes.into(), &DecodeOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "at byte 0 there is no message: its magic number is cbd43194");
}

#[test]
fn parts_without_room_in_the_stored_form_are_refused_whole() {
    let properties = vec![b'p'; 40_000];
    let mut into = BytesMut::new();
    let error = encode_stored(&StoredMessage { properties: &properties, ..plain() }, &mut into).unwrap_err();
    assert_eq!(error.to_string(), "the stored form has room for 32767 bytes of properties, not for 40000");
    assert!(into.is_empty());
}

proptest! {
    #[test]
    fn any_message_comes_back(
        topic in "[a-zA-Z0-9_%-]{1,150}", queue_id: i32, offset: i64, flag: i32,
        body in proptest::collection::vec(any::<u8>(), 0..300), count in 1_usize..5,
    ) {
        let message = StoredMessage { topic: &topic, queue_id, offset, flag, body: &body, ..plain() };
        let bytes = stored(&vec![message; count]);
        let messages = decode_all(&bytes, &DecodeOptions::default()).unwrap();
        prop_assert_eq!(messages.len(), count);
        for read in messages {
            prop_assert_eq!((&*read.topic, read.queue_id, read.offset, read.flag), (&*topic, queue_id, offset, flag));
            prop_assert_eq!(&read.body, &body);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(at in 0_usize..126, byte: u8) {
        let mut bytes = golden();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let _outcome = decode_all(&bytes.into(), &DecodeOptions::default());
    }
}
