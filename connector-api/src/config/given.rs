//! The values an operator gave.

use crate::ConfigError;
use std::fmt;

/// The configuration of a connector or of one of its tasks: text for each key, in the order given.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ConnectorConfig(Vec<(String, String)>);

impl ConnectorConfig {
    /// The value of `key`; `None` when it was not given.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The value of `key`, which has to be there and not be blank.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn required(&self, key: &str) -> Result<&str, ConfigError> {
        match self.get(key).map(str::trim) {
            None => Err(ConfigError::new(key, "required and not given")),
            Some("") => Err(ConfigError::new(key, "required and empty")),
            Some(value) => Ok(value),
        }
    }

    /// Sets `key`, replacing its value in place when it was given already.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some(pair) => pair.1 = value,
            None => self.0.push((key, value)),
        }
    }

    /// Keys and values in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Keys that start with `prefix`, with the prefix taken off, and their values.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter_map(move |(k, v)| Some((k.strip_prefix(prefix)?, v)))
    }

    /// Whether two configurations say the same, in whatever order.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for ConnectorConfig {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut config = Self::default();
        for (key, value) in pairs {
            config.set(key, value);
        }
        config
    }
}

/// Shows the keys alone, since any value may be a secret.
impl fmt::Debug for ConnectorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(k, _)| k)).finish()
    }
}

/// A value that neither logs nor answers may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a value out of sight.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}
