//! gzip and zlib streams, one after another; a stream that is cut off is an error, not an end.

use std::io::{BufRead, Error, ErrorKind, Read};

use flate2::{Decompress, FlushDecompress, Status};

const WINDOW_BITS: u8 = 15;
/// The server's words for zlib's `Z_DATA_ERROR`.
const DATA_ERROR: &str = "Failed to inflate. return code: -3";

/// What stands around the compressed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    Gzip,
    Zlib,
}

impl Wrapper {
    fn stream(self) -> Decompress {
        match self {
            Self::Gzip => Decompress::new_gzip(WINDOW_BITS),
            Self::Zlib => Decompress::new(true),
        }
    }
}

/// The bytes inside streams of one kind.
pub(super) struct Inflate<B> {
    wrapper: Wrapper,
    body: B,
    stream: Decompress,
    /// Whether the stream's end was seen, and none has begun since.
    ended: bool,
}

impl<B: BufRead> Inflate<B> {
    pub(super) fn new(wrapper: Wrapper, body: B) -> Self {
        Self { wrapper, body, stream: wrapper.stream(), ended: false }
    }
}

impl<B: BufRead> Read for Inflate<B> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let input = self.body.fill_buf()?;
            let at_end = input.is_empty();
            if self.ended {
                if at_end {
                    return Ok(0);
                }
                self.stream = self.wrapper.stream();
                self.ended = false;
            }
            let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(input, buffer, FlushDecompress::None)
                .map_err(|_| Error::new(ErrorKind::InvalidData, DATA_ERROR))?;
            self.body.consume(length(self.stream.total_in() - before_in));
            let written = length(self.stream.total_out() - before_out);
            self.ended = status == Status::StreamEnd;
            if written > 0 || buffer.is_empty() {
                return Ok(written);
            }
            if at_end && !self.ended {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// What was read or written in one go fits into memory.
fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
