//! The error log of one load.

use std::fmt::Write as _;

const MAX_LINES: u64 = 50;
/// Longest line of the log, in bytes (Doris: `load_error_log_limit_bytes`).
const MAX_LINE: usize = 209_715_200;

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
            let start = self.text.len();
            // Writing to a String cannot fail.
            write!(self.text, "Reason: {reason}. src line [{}]; ", String::from_utf8_lossy(source))
                .unwrap_or_default();
            if self.text.len() - start > MAX_LINE {
                self.text.truncate(self.text.floor_char_boundary(start + MAX_LINE));
                self.text.push_str("error log is too long");
            }
            self.text.push('\n');
        } else if self.count == MAX_LINES + 1 {
            writeln!(self.text, "TOO MUCH ERROR! already reach {MAX_LINES}. show no more next error.")
                .unwrap_or_default();
        }
    }

    /// Whether a load that tolerates none has seen enough of them to stop.
    pub(super) fn are_too_many(&self) -> bool {
        self.count > MAX_LINES + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_when_it_says_no_more() {
        let mut rejects = Rejects::default();
        for row in 0..60 {
            rejects.add("why", format!("{row}").as_bytes());
        }
        assert_eq!(rejects.count, 60);
        let lines: Vec<&str> = rejects.text.lines().collect();
        assert_eq!(lines.len(), 51);
        assert_eq!(lines[49], "Reason: why. src line [49]; ");
        assert_eq!(lines[50], "TOO MUCH ERROR! already reach 50. show no more next error.");
    }
}
