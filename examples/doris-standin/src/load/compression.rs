//! Compressed bodies: what `compress_type` names, and how it is opened.
//!
//! `Content-Encoding` says nothing here: a Doris back end does not look at it.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read};

use lz4_flex::frame::FrameDecoder;

use super::inflate::{Inflate, Wrapper};
use crate::version::Version;

/// Bytes held of an opened body.
const WINDOW: usize = 1 << 18;
/// What a gzip stream begins with; other streams under its name are zlib's, which the server tells apart as well.
const GZIP: u8 = 0x1f;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compression {
    #[default]
    None,
    Gz,
    /// zlib's format.
    Deflate,
    /// Frames of lz4.
    Lz4,
}

/// Why a body is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// No server of that version knows the name.
    Unknown,
    /// The server opens it, the stand-in does not.
    Beyond,
}

impl Compression {
    /// The compression that a header names.
    pub(super) fn parse(name: &str, version: Version) -> Result<Self, NotOpened> {
        // What is called LZ4 was called LZ4FRAME first.
        let lz4 = if version < Version::V2_0 { "LZ4FRAME" } else { "LZ4" };
        match name.to_ascii_uppercase().as_str() {
            "GZ" => Ok(Self::Gz),
            "DEFLATE" => Ok(Self::Deflate),
            name if name == lz4 => Ok(Self::Lz4),
            "BZ2" | "LZO" | "LZOP" => Err(NotOpened::Beyond),
            "LZ4_BLOCK" | "SNAPPY_BLOCK" if version >= Version::V2_0 => Err(NotOpened::Beyond),
            _ => Err(NotOpened::Unknown),
        }
    }

    /// The body as it was before it was compressed. What cannot be opened is an error of the reader; an empty body stays empty.
    pub(crate) fn open(self, body: impl BufRead + Send + 'static) -> Box<dyn BufRead + Send> {
        match self {
            Self::None => Box::new(body),
            compression => Box::new(BufReader::with_capacity(
                WINDOW,
                Opened { compression, body: Some(Box::new(body)), decoder: None },
            )),
        }
    }

    fn decoder(self, body: Box<dyn BufRead + Send>, first: u8) -> Box<dyn Read + Send> {
        match self {
            Self::None => body,
            Self::Gz if first == GZIP => Box::new(Inflate::new(Wrapper::Gzip, body)),
            Self::Gz | Self::Deflate => Box::new(Inflate::new(Wrapper::Zlib, body)),
            Self::Lz4 => Box::new(Frames(FrameDecoder::new(body))),
        }
    }
}

/// A body whose decoder is chosen by its first byte, with errors in the server's words.
struct Opened {
    compression: Compression,
    body: Option<Box<dyn BufRead + Send>>,
    decoder: Option<Box<dyn Read + Send>>,
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if let Some(mut body) = self.body.take()
            && let Some(first) = body.fill_buf()?.first().copied()
        {
            self.decoder = Some(self.compression.decoder(body, first));
        }
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        decoder.read(buffer).map_err(worded)
    }
}

fn worded(error: Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => {
            Error::new(error.kind(), "Compressed file has been truncated, which is not allowed")
        }
        _ => error,
    }
}

/// One frame after another, to the end.
struct Frames(FrameDecoder<Box<dyn BufRead + Send>>);

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let length = self.0.read(buffer).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => error,
                kind => Error::new(kind, format!("Decompression error: {error}")),
            })?;
            if length > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn opened(compression: Compression, body: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        let mut reader = compression.open(Cursor::new(body.to_vec()));
        reader.read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string())
    }

    fn gz(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn lz4(text: &str) -> Vec<u8> {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_compressed_is_opened() {
        let check = |compression: Compression, body: Vec<u8>, expected: &str| {
            assert_eq!(opened(compression, &body).as_deref(), Ok(expected), "{compression:?}");
        };
        let long = "a line of text\n".repeat(100_000);
        check(Compression::Gz, gz(&long), &long);
        check(Compression::Gz, [gz("one\n"), gz("two\n")].concat(), "one\ntwo\n");
        check(Compression::Gz, zlib("told apart"), "told apart");
        check(Compression::Deflate, zlib(&long), &long);
        check(Compression::Lz4, lz4(&long), &long);
        check(Compression::Lz4, [lz4("one\n"), lz4("two\n")].concat(), "one\ntwo\n");
        for compression in [Compression::None, Compression::Gz, Compression::Deflate, Compression::Lz4] {
            check(compression, Vec::new(), "");
        }
    }

    #[test]
    fn what_ends_too_early_is_an_error() {
        let check = |compression: Compression, mut body: Vec<u8>| {
            body.truncate(body.len() - 5);
            let message = "Compressed file has been truncated, which is not allowed";
            assert_eq!(opened(compression, &body), Err(message.to_owned()), "{compression:?}");
        };
        let text = "some text that is cut off\n".repeat(10_000);
        check(Compression::Gz, gz(&text));
        check(Compression::Deflate, zlib(&text));
        check(Compression::Lz4, lz4(&text));
    }

    #[test]
    fn what_is_not_compressed_so_is_an_error() {
        let check = |compression: Compression, expected: &str| {
            let error = opened(compression, b"{\"id\":1}\n{\"id\":2}\n").unwrap_err();
            assert!(error.starts_with(expected), "{compression:?}: {error}");
        };
        check(Compression::Gz, "Failed to inflate. return code: -3");
        check(Compression::Deflate, "Failed to inflate. return code: -3");
        check(Compression::Lz4, "Decompression error: ");
    }

    #[test]
    fn names_are_those_of_the_version() {
        let check = |name: &str, expected: [Result<Compression, NotOpened>; 2]| {
            let found = [Version::V1_2, Version::V3_0].map(|version| Compression::parse(name, version));
            assert_eq!(found, expected, "{name}");
        };
        check("gz", [Ok(Compression::Gz); 2]);
        check("Deflate", [Ok(Compression::Deflate); 2]);
        check("lz4", [Err(NotOpened::Unknown), Ok(Compression::Lz4)]);
        check("LZ4FRAME", [Ok(Compression::Lz4), Err(NotOpened::Unknown)]);
        check("bz2", [Err(NotOpened::Beyond); 2]);
        check("snappy_block", [Err(NotOpened::Unknown), Err(NotOpened::Beyond)]);
        check("zstd", [Err(NotOpened::Unknown); 2]);
    }
}
