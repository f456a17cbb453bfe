//! Bodies that senders have compressed.

use std::fmt;
use std::io::{self, Read};

use super::sys_flag;

/// How a body is compressed (RocketMQ, `CompressionType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// LZ4 in its frame format.
    Lz4,
    /// Zstandard.
    Zstd,
    /// zlib, also of senders older than the other two.
    Zlib,
    /// A number no RocketMQ known here gives a meaning.
    Unknown(u8),
}

impl Compression {
    /// What the bits of a `sys_flag` say; none when the body is not compressed.
    pub fn of(sys_flag: i32) -> Option<Self> {
        let kind = sys_flag.to_be_bytes()[2] & sys_flag::COMPRESSION_TYPE.to_be_bytes()[2];
        (sys_flag & sys_flag::COMPRESSED != 0).then_some(match kind {
            0 | 3 => Self::Zlib,
            1 => Self::Lz4,
            2 => Self::Zstd,
            other => Self::Unknown(other),
        })
    }

    /// The body as it was before; at most `limit` bytes of it.
    pub(super) fn decompress(self, body: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        match self {
            Self::Zlib => read(flate2::read::ZlibDecoder::new(body), body.len(), limit),
            Self::Lz4 => read(lz4_flex::frame::FrameDecoder::new(body), body.len(), limit),
            Self::Zstd => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(body).map_err(io::Error::other)?;
                read(decoder, body.len(), limit)
            }
            Self::Unknown(_) => Err(io::Error::other("this kind of compression is not known")),
        }
    }
}

fn read(decoder: impl Read, compressed: usize, limit: usize) -> io::Result<Vec<u8>> {
    let mut plain = Vec::with_capacity(compressed.saturating_mul(3).min(limit));
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    decoder.take(most.saturating_add(1)).read_to_end(&mut plain)?;
    if plain.len() > limit {
        return Err(io::Error::other(format!("it has more than {limit} bytes")));
    }
    Ok(plain)
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lz4 => f.write_str("LZ4"),
            Self::Zstd => f.write_str("Zstandard"),
            Self::Zlib => f.write_str("zlib"),
            Self::Unknown(kind) => write!(f, "compression type {kind}"),
        }
    }
}
