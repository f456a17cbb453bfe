//! Which Doris is stood in for.
//!
//! What clients can observe differs between release lines; code that answers differently asks `version >= Version::V2_1`
//! at the place where the answer is made.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A release line of Doris; later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 1.2: messages without `[CODE]`, `user@default_cluster` in redirects, two-phase commit by id.
    V1_2,
    /// 2.0: messages with `[CODE]`, partial column updates.
    V2_0,
    /// 2.1: group commit, two-phase commit by label.
    V2_1,
    /// 3.0, as 3.0.3 answers.
    #[default]
    V3_0,
}

impl Version {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::V1_2, Self::V2_0, Self::V2_1, Self::V3_0];

    /// The release line's name: `3.0`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V2_0 => "2.0",
            Self::V2_1 => "2.1",
            Self::V3_0 => "3.0",
        }
    }

    /// The full name of the release that is imitated, as `SELECT @@version_comment` and `SHOW BACKENDS` carry it.
    #[must_use]
    pub const fn release(self) -> &'static str {
        match self {
            Self::V1_2 => "doris-1.2.8-rc01",
            Self::V2_0 => "doris-2.0.15-rc02",
            Self::V2_1 => "doris-2.1.7-rc03",
            Self::V3_0 => "doris-3.0.3-rc03",
        }
    }

    /// How long labels of finished loads are kept unless told otherwise (Doris: `streaming_label_keep_max_second`).
    #[must_use]
    pub const fn label_keep(self) -> Duration {
        match self {
            Self::V2_0 => Duration::from_secs(21_600),
            Self::V1_2 | Self::V2_1 | Self::V3_0 => Duration::from_secs(43_200),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A version that is not stood in for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no profile of Doris {0:?}; there are 1.2, 2.0, 2.1 and 3.0")]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|version| version.name() == text)
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_and_read_back() {
        assert!(Version::ALL.is_sorted());
        for version in Version::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        assert_eq!(
            "4.0".parse::<Version>().unwrap_err().to_string(),
            "no profile of Doris \"4.0\"; there are 1.2, 2.0, 2.1 and 3.0"
        );
    }
}
