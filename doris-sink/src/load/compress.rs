//! Bodies compressed on the way, where the server takes that.
//!
//! Servers as old as 3.0.3 refuse any compression of JSON. That is learnt from the first answer and remembered as long as the task runs: the
//! load is repeated as it is, under its label.

use bytes::{BufMut, Bytes, BytesMut};
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{self, Write};

/// How bodies are compressed (`compress_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Deflate,
    /// Frames of LZ4.
    Lz4,
}

impl Compression {
    /// The body, compressed.
    pub(super) fn apply(self, body: &[u8]) -> io::Result<Bytes> {
        let out = BytesMut::with_capacity(body.len() / 4).writer();
        // A link that is worth it is slower than the fastest level.
        let level = flate2::Compression::fast();
        let out = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(out, level);
                encoder.write_all(body)?;
                encoder.finish()?
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(out, level);
                encoder.write_all(body)?;
                encoder.finish()?
            }
            Self::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(out);
                encoder.write_all(body)?;
                encoder.finish().map_err(io::Error::other)?
            }
        };
        Ok(out.into_inner().freeze())
    }
}

/// Whether a server says that it does not decompress such bodies.
pub(super) fn is_refused(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    said.contains("compress") && said.contains("not supported")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_compressed_is_what_was_there() {
        let body = b"{\"id\":1,\"name\":\"x\"}\n".repeat(1000);
        let check = |compression: Compression, read: &dyn Fn(&[u8]) -> Vec<u8>| {
            let compressed = compression.apply(&body).unwrap();
            assert!(compressed.len() < body.len() / 5, "{compression:?}: {}", compressed.len());
            assert_eq!(read(&compressed), body, "{compression:?}");
        };
        let all = |mut reader: Box<dyn Read + '_>| {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            read
        };
        check(Compression::Gzip, &|bytes| all(Box::new(flate2::read::GzDecoder::new(bytes))));
        check(Compression::Deflate, &|bytes| all(Box::new(flate2::read::ZlibDecoder::new(bytes))));
        check(Compression::Lz4, &|bytes| all(Box::new(lz4_flex::frame::FrameDecoder::new(bytes))));
    }

    #[test]
    fn a_server_that_does_not_decompress_says_so() {
        assert!(is_refused("[INTERNAL_ERROR]compress data of JSON format is not supported."));
        assert!(!is_refused("[INTERNAL_ERROR]too many filtered rows"));
    }
}
