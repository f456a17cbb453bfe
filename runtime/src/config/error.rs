//! What can be wrong with a configuration file.

use super::properties::BadEscape;
use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// What becomes of keys that the worker does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leniency {
    /// They are errors.
    #[default]
    Strict,
    /// They are warnings, as a Java worker would ignore them.
    Lenient,
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// The file does not exist.
    #[error("configuration file {} does not exist", .0.display())]
    Missing(PathBuf),
    /// A directory was given.
    #[error("{} is a directory, give the configuration file itself", .0.display())]
    Directory(PathBuf),
    /// The file cannot be read.
    #[error("cannot read configuration file {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not text in UTF-8.
    #[error("{}:{line}: not UTF-8: save the file as UTF-8, or write the character as \\uXXXX", path.display())]
    NotUtf8 {
        /// Which file.
        path: PathBuf,
        /// The first line that is not, from 1.
        line: usize,
    },
    /// The file is larger than any configuration.
    #[error("{} has more than 1 MiB, which no configuration file needs", .0.display())]
    TooLarge(PathBuf),
    /// Keys or values are wrong; all of them are here.
    #[error("{}", Lines(.0))]
    Invalid(Vec<Problem>),
}

/// One thing wrong with a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    file: PathBuf,
    line: Option<usize>,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum What {
    #[error("{0}")]
    Escape(BadEscape),
    #[error("a value without a key")]
    NoKey,
    #[error("{key} is given a second time, the first time on line {first}: keep one of the two")]
    Duplicate { key: String, first: usize },
    #[error("unknown key {key}{}", Nearest(*nearest))]
    UnknownKey { key: String, nearest: Option<&'static str> },
    #[error("{key}: {problem}")]
    Value { key: &'static str, problem: String },
}

impl Problem {
    pub(super) fn new(file: &Path, line: Option<usize>, what: What) -> Self {
        Self { file: file.to_owned(), line, what }
    }

    /// The line it stands on, from 1; `None` when it is about something missing.
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.what)
    }
}

/// Something about a configuration file that an operator should know and that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The worker does not know this key and goes on without it.
    UnknownKey(Problem),
    /// The key of a Java worker that means nothing here.
    NoEffect {
        /// Which file.
        file: PathBuf,
        /// The line of the key, from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// Why it means nothing here.
        why: &'static str,
    },
}

impl Warning {
    /// Writes it to the log, at the level it deserves.
    pub fn log(&self) {
        match self {
            Self::UnknownKey(_) => tracing::warn!("{self}"),
            Self::NoEffect { .. } => tracing::info!("{self}"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(problem) => write!(f, "{problem}; ignored"),
            Self::NoEffect { file, line, key, why } => {
                write!(f, "{}:{line}: {key} has no effect: {why}", file.display())
            }
        }
    }
}

struct Nearest(Option<&'static str>);

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |key| write!(f, ", the nearest known one is {key}"))
    }
}

struct Lines<'a>(&'a [Problem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}
