//! JSON as transforms need it: places found in the bytes that came, and values written behind others.

mod malformed;
mod nesting;
mod scan;
mod string;
mod write;

pub use malformed::Malformed;
pub(crate) use scan::{members, whole};
pub(crate) use write::{write_text, write_value};

/// A stretch of a record's bytes. Offsets are 32 bits wide: [`members`] refuses what is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    // A scan begins with the check that the length fits.
    #[allow(clippy::cast_possible_truncation, reason = "no longer text is scanned")]
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    pub(crate) fn end(self) -> usize {
        self.end as usize
    }

    /// The bytes of `source` that it stands for.
    pub(crate) fn of(self, source: &[u8]) -> &[u8] {
        &source[self.start()..self.end()]
    }
}
