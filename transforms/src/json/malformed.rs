//! What can be wrong with a JSON text.

use super::nesting::DEPTH;

/// Bytes are not one JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is nothing but white space.
    #[error("it is empty")]
    Empty,
    /// A byte stands where none of its kind may.
    #[error("it is not JSON from byte {0} on")]
    At(usize),
    /// It ends before it is complete.
    #[error("it breaks off at byte {0}")]
    BreaksOff(usize),
    /// Something follows the value.
    #[error("another value begins at byte {0}")]
    Another(usize),
    /// The bytes are not text.
    #[error("it is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// Containers stand in containers too often.
    #[error("it is nested deeper than {DEPTH} levels")]
    TooDeep,
    /// Offsets in it do not fit 32 bits.
    #[error("it is longer than 4 GiB")]
    TooLong,
}
