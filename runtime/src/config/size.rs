//! Sizes in bytes, as people write them.

use std::{fmt, str::FromStr};

const UNITS: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// A number of bytes, written `16777216`, `16MiB` or `16 MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// This many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// This many times 1,048,576 bytes.
    pub const fn mebibytes(mebibytes: u64) -> Self {
        Self(mebibytes << 20)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes as a length in memory, the largest there is when it is more.
    pub fn to_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = InvalidSize;

    fn from_str(text: &str) -> Result<Self, InvalidSize> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
        let unit = text[digits.len()..].trim();
        let factor = match unit {
            "" => Some(1),
            _ => UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor),
        };
        let number = if digits.starts_with('+') { None } else { digits.parse::<u64>().ok() };
        match number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor)) {
            Some(bytes) => Ok(Self(bytes)),
            None => Err(InvalidSize(text.to_owned())),
        }
    }
}

/// In the largest binary unit that divides it.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS[..3].iter().rev().find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor))
        {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A text that is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size: give whole bytes, or a whole number with KiB, MiB, GiB, KB, MB or GB")]
pub struct InvalidSize(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, bytes: u64, shown: &str) {
        let size: ByteSize = text.parse().unwrap();
        assert_eq!((size.get(), size.to_string().as_str()), (bytes, shown));
    }

    #[test]
    fn sizes_are_read_and_shown() {
        check("0", 0, "0");
        check("1000", 1000, "1000");
        check("16MiB", 16 << 20, "16MiB");
        check("16 mib", 16 << 20, "16MiB");
        check("3GiB", 3 << 30, "3GiB");
        check("1536KiB", 1536 << 10, "1536KiB");
        check("2MB", 2_000_000, "2000000");
        check("7B", 7, "7");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "MiB", "-1", "+1", "1.5MiB", "1 XB", "1MiB2", "99999999999GiB", "１"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
