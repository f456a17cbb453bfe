//! The error log of one load.

use std::fmt::Write as _;

const MAX_LINES: u64 = 50;
/// Longest part of a source line that is kept, in bytes.
const MAX_SOURCE: usize = 4096;

/// Filtered rows: how many, and the reasons of the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rejects {
    pub(crate) count: u64,
    pub(crate) text: String,
}

impl Rejects {
    pub(super) fn add(&mut self, reason: &str, source: &[u8]) {
        self.count += 1;
        if self.count <= MAX_LINES {
            let source = String::from_utf8_lossy(&source[..source.len().min(MAX_SOURCE)]);
            // Writing to a String cannot fail.
            writeln!(self.text, "Reason: {reason}. src line [{source}]; ").unwrap_or_default();
        } else if self.count == MAX_LINES + 1 {
            writeln!(self.text, "TOO MUCH ERROR! already reach {MAX_LINES}. no more show next error.")
                .unwrap_or_default();
        }
    }
}
