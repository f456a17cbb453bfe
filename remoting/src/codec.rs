//! Commands as frames on a connection.
//!
//! `length (4, of all that follows) | encoding (1) + header length (3) | header | body`. A body is a slice of its
//! frame: nothing is copied once it has left the socket.

use bytes::{Buf, BufMut, BytesMut};
use thiserror::Error;
use tokio_util::codec::{Decoder, Encoder};

use crate::command::{Command, Encoding, HeaderError};

/// The largest frame, its length field included: a Java server closes the connection on a larger one.
pub const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of the length field, and of the encoding with the header length.
const LENGTH_BYTES: usize = 4;
const HEADER_LENGTH_BYTES: usize = 4;

/// Reads and writes [`Command`]s.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrameCodec {
    greeted: bool,
}

/// A connection that does not carry frames of commands.
#[derive(Debug, Error)]
pub enum CodecError {
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The first bytes cannot be the beginning of a frame: another kind of server is at this address.
    #[error("this is not a RocketMQ remoting port: it says \"{greeting}\"")]
    NotRemoting {
        /// The first bytes received, made printable.
        greeting: String,
    },
    /// A frame is larger than any server accepts.
    #[error("a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")]
    FrameTooLarge {
        /// The frame's size with its length field.
        length: usize,
    },
    /// A frame whose header is said to be longer than the frame.
    #[error("a frame of {frame} bytes says its header has {header}")]
    TornFrame {
        /// Bytes after the length field.
        frame: usize,
        /// Bytes its header is said to have.
        header: usize,
    },
    /// The header of a frame cannot be read or written.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

impl FrameCodec {
    /// A codec at the beginning of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// The length of the frame at the front of `source`, or why it cannot be one.
    fn frame_length(&self, source: &BytesMut) -> Result<Option<usize>, CodecError> {
        let Some(mut prefix) = source.get(..LENGTH_BYTES) else { return Ok(None) };
        let length = prefix.get_u32() as usize + LENGTH_BYTES;
        if (LENGTH_BYTES + HEADER_LENGTH_BYTES..=MAX_FRAME_BYTES).contains(&length) {
            return Ok(Some(length));
        }
        if self.greeted {
            return Err(CodecError::FrameTooLarge { length });
        }
        let greeting = &source[..source.len().min(32)];
        Err(CodecError::NotRemoting { greeting: greeting.escape_ascii().to_string() })
    }
}

impl Decoder for FrameCodec {
    type Item = Command;
    type Error = CodecError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Command>, CodecError> {
        let Some(length) = self.frame_length(source)? else { return Ok(None) };
        if source.len() < length {
            source.reserve(length - source.len());
            return Ok(None);
        }
        let mut frame = source.split_to(length).freeze();
        frame.advance(LENGTH_BYTES);
        let header_length = frame.get_u32();
        let encoding = Encoding::from_code((header_length >> 24) as u8)?;
        let header_length = (header_length & 0x00FF_FFFF) as usize;
        if header_length > frame.len() {
            return Err(CodecError::TornFrame { frame: length - LENGTH_BYTES, header: header_length });
        }
        let body = frame.split_off(header_length);
        let command = encoding.decode(&frame, body)?;
        self.greeted = true;
        Ok(Some(command))
    }
}

impl Encoder<&Command> for FrameCodec {
    type Error = CodecError;

    /// Appends a frame; on an error nothing is appended.
    fn encode(&mut self, command: &Command, into: &mut BytesMut) -> Result<(), CodecError> {
        let start = into.len();
        let written = append(command, into);
        if written.is_err() {
            into.truncate(start);
        }
        written
    }
}

impl Encoder<Command> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, command: Command, into: &mut BytesMut) -> Result<(), CodecError> {
        self.encode(&command, into)
    }
}

fn append(command: &Command, into: &mut BytesMut) -> Result<(), CodecError> {
    let start = into.len();
    into.put_u64(0);
    let header_start = into.len();
    command.encoding.encode(command, into)?;
    let header = into.len() - header_start;
    let length = into.len() - start + command.body.len();
    if length > MAX_FRAME_BYTES {
        return Err(CodecError::FrameTooLarge { length });
    }
    into.put_slice(&command.body);
    // Both fit: the frame has at most 2^24 bytes and the header fewer.
    let prefix =
        ((length - LENGTH_BYTES) as u64) << 32 | u64::from(command.encoding as u8) << 24 | header as u64;
    into[start..header_start].copy_from_slice(&prefix.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(command: &Command) -> BytesMut {
        let mut frame = BytesMut::new();
        FrameCodec::new().encode(command, &mut frame).unwrap();
        frame
    }

    fn decode(bytes: &[u8]) -> Result<Option<Command>, CodecError> {
        FrameCodec::new().decode(&mut BytesMut::from(bytes))
    }

    #[test]
    fn a_frame_has_the_lengths_of_the_protocol() {
        let mut command = Command::request(34).with_body("body");
        command.encoding = Encoding::Binary;
        let golden = [
            &[0, 0, 0, 29, 1, 0, 0, 21][..],
            &[0, 34, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            b"body",
        ]
        .concat();
        assert_eq!(frame(&command), golden);
        assert_eq!(decode(&golden).unwrap(), Some(command));
    }

    #[test]
    fn a_frame_that_has_not_arrived_wholly_is_waited_for() {
        let whole = frame(&Command::request(11).field("topic", "orders").with_body("12345"));
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).unwrap().is_none(), "{length} bytes");
        }
    }

    #[test]
    fn another_kind_of_server_is_told_by_its_first_bytes() {
        let check = |greeting: &[u8], expected: &str| {
            assert_eq!(
                decode(greeting).unwrap_err().to_string(),
                format!("this is not a RocketMQ remoting port: it says \"{expected}\"")
            );
        };
        check(b"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad Request\\r\\n");
        check(b"J\0\0\0\n8.0.33", "J\\x00\\x00\\x00\\n8.0.33");
    }

    #[test]
    fn frames_that_cannot_be_are_errors() {
        let mut codec = FrameCodec { greeted: true };
        let error = codec.decode(&mut BytesMut::from(&[1, 0, 0, 0][..])).unwrap_err();
        assert!(matches!(error, CodecError::FrameTooLarge { length: 16_777_220 }), "{error}");
        let error = decode(&[0, 0, 0, 4, 0, 0, 0, 9]).unwrap_err();
        assert!(matches!(error, CodecError::TornFrame { frame: 4, header: 9 }), "{error}");
        let error = decode(&[0, 0, 0, 4, 7, 0, 0, 0]).unwrap_err();
        assert!(matches!(error, CodecError::Header(HeaderError::UnknownEncoding(7))), "{error}");
    }

    #[test]
    fn a_frame_too_large_to_be_accepted_is_not_begun() {
        let mut buffer = BytesMut::from("before");
        let command = Command::request(310).with_body(vec![0; MAX_FRAME_BYTES]);
        let error = FrameCodec::new().encode(&command, &mut buffer).unwrap_err();
        assert!(matches!(error, CodecError::FrameTooLarge { .. }), "{error}");
        assert_eq!(buffer, "before");
    }

    #[test]
    fn a_body_is_a_slice_of_its_frame() {
        let mut buffer = frame(&Command::request(11).with_body(vec![7; 1000]));
        let range = buffer.as_ptr_range();
        let command = FrameCodec::new().decode(&mut buffer).unwrap().unwrap();
        assert!(range.contains(&command.body.as_ptr()));
    }

    proptest! {
        #[test]
        fn any_command_comes_back_as_it_was(
            code in 0..=i32::from(i16::MAX), opaque: i32, flag in 0..4, version in 0..=i32::from(i16::MAX),
            remark in proptest::option::of("\\PC{1,20}"),
            fields in proptest::collection::vec(("\\PC{0,12}", "\\PC{0,40}"), 0..12),
            body in proptest::collection::vec(any::<u8>(), 0..200), binary: bool,
        ) {
            let encoding = if binary { Encoding::Binary } else { Encoding::Json };
            let fields = fields.into_iter().collect();
            let command = Command {
                code, opaque, flag, version, remark, fields, encoding, ..Command::request(code).with_body(body)
            };
            let mut buffer = frame(&command);
            prop_assert_eq!(FrameCodec::new().decode(&mut buffer).unwrap(), Some(command));
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(any::<u8>(), 100)) {
            let framed = [&[0, 0, 0, 100][..], &bytes].concat();
            let _outcome = decode(&framed);
        }
    }
}
