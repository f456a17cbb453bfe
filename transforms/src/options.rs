//! The options of one transform or predicate, read with their definition.

use connector_api::{ConfigDef, ConfigError, ConfigErrors, ConnectorConfig};
use std::fmt::Display;

/// Options that were checked against their definition. Errors name them without the prefix, which the caller puts before them.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    pub(crate) definition: &'a ConfigDef,
    pub(crate) given: &'a ConnectorConfig,
}

impl<'a> Options<'a> {
    /// An option's text, or its default; empty when there is none.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        let default = || self.definition.find(name).and_then(|key| key.default);
        self.given.get(name).map(str::trim).or_else(default).unwrap_or_default()
    }

    /// An option's text as given, with white space around it.
    pub(crate) fn verbatim(&self, name: &str) -> &'a str {
        self.given.get(name).unwrap_or_else(|| self.text(name))
    }

    /// An option's text, when one that is not empty was given.
    pub(crate) fn given(&self, name: &str) -> Option<&'a str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The parts of a list, which commas separate.
    pub(crate) fn list(&self, name: &str) -> Vec<&'a str> {
        self.text(name).split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    /// The parts of a list that may not be empty.
    pub(crate) fn filled_list(&self, name: &str) -> Result<Vec<&'a str>, ConfigErrors> {
        let list = self.list(name);
        if list.is_empty() {
            return Err(ConfigError::new(name, "names nothing").into());
        }
        Ok(list)
    }

    /// What `read` makes of an option's text.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigErrors> {
        read(self.text(name)).map_err(|error| ConfigError::new(name, error.to_string()).into())
    }
}
