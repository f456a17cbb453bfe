//! The keys of one transform or predicate.

use super::errors::Errors;
use crate::nearest::hint;
use connector_api::{ConfigDef, ConfigError, ConfigErrors, ConnectorConfig};

/// RocketMQ Connect's word for the class, and Kafka Connect's.
const CLASS: [&str; 2] = ["class", "type"];

/// The names that the key `family` lists, each once.
pub(super) fn listed<'c>(config: &'c ConnectorConfig, family: &str, errors: &mut Errors) -> Vec<&'c str> {
    let mut names = Vec::new();
    let list = config.get(family).unwrap_or_default();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if names.contains(&name) {
            let twice = ConfigError::new(family, format!("{name:?} is listed twice"));
            errors.keep::<()>(Err(twice.into()));
        } else {
            names.push(name);
        }
    }
    names
}

/// What is given for one name.
pub(super) struct Named {
    prefix: String,
    given: ConnectorConfig,
}

impl Named {
    /// Reads `<family>.<name>.*`. The dot belongs to the prefix: `A` does not see the keys of `AB`.
    pub(super) fn read(config: &ConnectorConfig, family: &str, name: &str) -> Self {
        let prefix = format!("{family}.{name}.");
        let given = config.with_prefix(&prefix).collect();
        Self { prefix, given }
    }

    /// The options, without their prefix.
    pub(super) fn given(&self) -> &ConnectorConfig {
        &self.given
    }

    /// The option that names the class, and the name.
    pub(super) fn class(&self) -> Result<(&'static str, &str), ConfigErrors> {
        let given = |key: &'static str| self.given.get(key).map(|class| (key, class.trim()));
        match (given(CLASS[0]), given(CLASS[1])) {
            (Some(class), Some(other)) if class.1 != other.1 => {
                Err(self.error(other.0, format!("differs from {}{}", self.prefix, class.0)).into())
            }
            (Some(class), _) | (None, Some(class)) => Ok(class),
            (None, None) => Err(self.error(CLASS[0], "required and not given").into()),
        }
    }

    /// Checks that each option is defined, and each value right.
    pub(super) fn check(&self, definition: &ConfigDef, common: &[&str]) -> Result<(), ConfigErrors> {
        let mut errors = Vec::new();
        let is_known =
            |name: &str| CLASS.contains(&name) || common.contains(&name) || definition.find(name).is_some();
        for (name, _) in self.given.iter().filter(|(name, _)| !is_known(name)) {
            let names = definition.keys().iter().map(|key| key.name).chain(common.iter().copied());
            errors.push(self.error(name, format!("no option of this class{}", hint(name, names))));
        }
        if let Err(wrong) = definition.check(&self.given) {
            errors.extend(self.locate(wrong).0);
        }
        ConfigErrors(errors).into_result()
    }

    /// An error about one option.
    pub(super) fn error(&self, option: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError::new(format!("{}{option}", self.prefix), problem)
    }

    /// Errors about options, by their full names.
    pub(super) fn locate(&self, errors: ConfigErrors) -> ConfigErrors {
        ConfigErrors(errors.0.into_iter().map(|error| self.error(&error.key, error.problem)).collect())
    }
}
