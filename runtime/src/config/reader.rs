//! Typed values out of a file's entries, with everything wrong collected on the way.

use super::{
    ByteSize, ConfigFileError, Leniency, Problem, Warning,
    error::What,
    keys::{self, Effect},
    properties::{self, Entry},
};
use std::{collections::HashMap, ops::RangeInclusive, path::Path, str::FromStr, time::Duration};

/// The entries of one file while they are turned into values.
///
/// A value that cannot be read is noted, and its default stands in until [`finish`](Self::finish) reports it.
pub(super) struct Reader<'a> {
    file: &'a Path,
    given: HashMap<&'static str, Entry>,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    /// Sorts the entries of `text` by key.
    pub(super) fn new(file: &'a Path, text: &str, leniency: Leniency) -> Self {
        let (entries, escapes) = properties::parse(text);
        let mut reader = Self { file, given: HashMap::new(), problems: Vec::new(), warnings: Vec::new() };
        for escape in escapes {
            reader.problem(Some(escape.line), What::Escape(escape));
        }
        for entry in entries {
            reader.take(entry, leniency);
        }
        reader
    }

    fn take(&mut self, entry: Entry, leniency: Leniency) {
        let line = Some(entry.line);
        if entry.key.is_empty() {
            return self.problem(line, What::NoKey);
        }
        let Some(key) = keys::find(&entry.key) else {
            let what = What::UnknownKey { nearest: keys::nearest(&entry.key), key: entry.key };
            return match leniency {
                Leniency::Strict => self.problem(line, what),
                Leniency::Lenient => {
                    self.warnings.push(Warning::UnknownKey(Problem::new(self.file, line, what)));
                }
            };
        };
        if let Some(first) = self.given.get(key.name) {
            let what = What::Duplicate { key: entry.key, first: first.line };
            return self.problem(line, what);
        }
        if let Effect::Nothing(why) = key.effect {
            let file = self.file.to_owned();
            self.warnings.push(Warning::NoEffect { file, line: entry.line, key: key.name, why });
        }
        self.given.insert(key.name, entry);
    }

    fn problem(&mut self, line: Option<usize>, what: What) {
        self.problems.push(Problem::new(self.file, line, what));
    }

    /// Notes that the value of `key` is wrong; `problem` says what would be right.
    pub(super) fn wrong(&mut self, key: &'static str, problem: impl Into<String>) {
        let line = self.given.get(key).map(|entry| entry.line);
        self.problem(line, What::Value { key, problem: problem.into() });
    }

    /// The value given for `key`, without blanks around it; `None` when there is none or an empty one.
    pub(super) fn given(&self, key: &'static str) -> Option<&str> {
        self.given.get(key).map(|entry| entry.value.trim()).filter(|value| !value.is_empty())
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, key: &'static str) -> String {
        if self.given.contains_key(key) && self.given(key).is_none() {
            self.wrong(key, "is empty, give a value or leave the key out");
        }
        self.given(key).unwrap_or_else(|| default_of(key)).to_owned()
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str) -> bool {
        let text = self.text(key);
        match text.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => {
                self.wrong(key, format!("{text:?} is neither true nor false"));
                false
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, key: &'static str, bounds: RangeInclusive<u64>) -> u64 {
        let text = self.text(key);
        match text.parse::<u64>() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let (least, most) = bounds.into_inner();
                self.wrong(key, format!("{text:?} is not a whole number from {least} to {most}"));
                default_as(key).unwrap_or(least)
            }
        }
    }

    /// A duration given in whole milliseconds, at most a day.
    pub(super) fn millis(&mut self, key: &'static str, least: u64) -> Duration {
        Duration::from_millis(self.number(key, least..=86_400_000))
    }

    /// A number of bytes, at least `least`.
    pub(super) fn size(&mut self, key: &'static str, least: ByteSize) -> ByteSize {
        let text = self.text(key);
        match text.parse::<ByteSize>() {
            Ok(size) if size >= least => size,
            Ok(size) => {
                self.wrong(key, format!("{size} is too small, it takes at least {least}"));
                least
            }
            Err(invalid) => {
                self.wrong(key, invalid.to_string());
                default_as(key).unwrap_or(least)
            }
        }
    }

    /// What to warn of, when nothing is wrong.
    ///
    /// # Errors
    /// Everything that is wrong, by line.
    pub(super) fn finish(mut self) -> Result<Vec<Warning>, ConfigFileError> {
        if self.problems.is_empty() {
            return Ok(self.warnings);
        }
        self.problems.sort_by_key(|problem| problem.line().unwrap_or(usize::MAX));
        Err(ConfigFileError::Invalid(self.problems))
    }
}

fn default_of(key: &'static str) -> &'static str {
    keys::find(key).map_or("", |key| key.default)
}

fn default_as<T: FromStr>(key: &'static str) -> Option<T> {
    default_of(key).parse().ok()
}
