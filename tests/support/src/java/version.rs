//! The RocketMQ releases that tests run against.

use std::fmt;
use std::str::FromStr;

/// A release of Apache RocketMQ. Later ones exist whose jars on Maven Central are incomplete (5.3.4, 5.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// The last of the 4.x line.
    V4_9_7,
    /// The one before the current minor releases.
    V5_3_3,
    /// The main one.
    V5_5_0,
}

impl Version {
    /// All of them, oldest first.
    pub const ALL: [Self; 3] = [Self::V4_9_7, Self::V5_3_3, Self::V5_5_0];

    /// Such as `5.5.0`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4_9_7 => "4.9.7",
            Self::V5_3_3 => "5.3.3",
            Self::V5_5_0 => "5.5.0",
        }
    }

    /// The artifacts, without their `rocketmq-` prefix, that a test of this version uses.
    pub(crate) fn artifacts(self) -> &'static [&'static str] {
        match self {
            Self::V4_9_7 | Self::V5_3_3 => &["namesrv", "broker", "tools"],
            Self::V5_5_0 => &["namesrv", "broker", "tools", "proxy"],
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A version that tests do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion(String);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Version::ALL.map(Version::as_str).join(", ");
        write!(f, "RocketMQ version {:?} is not one of {known}", self.0)
    }
}

impl std::error::Error for UnknownVersion {}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|version| version.as_str() == text);
        found.ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}
