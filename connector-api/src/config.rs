//! Configurations of connectors: the values given, the keys defined, and what is wrong between the two.

mod definition;
mod given;

pub use definition::{ConfigDef, ConfigKey, ConfigType, Importance};
pub use given::{ConnectorConfig, Secret};

/// One thing wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct ConfigError {
    /// The key it is about.
    pub key: String,
    /// What is wrong, and what would be right. Never holds the value of a password.
    pub problem: String,
}

impl ConfigError {
    /// `problem` with `key`.
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }
}

/// Everything wrong with a configuration, found at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// `Ok` when nothing was found.
    ///
    /// # Errors
    /// The errors, when there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl std::fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> ConfigDef {
        ConfigDef::new()
            .key(ConfigKey::required("host"))
            .key(ConfigKey::optional("port", "8030").of(ConfigType::Int { min: 1, max: 65535 }))
            .key(ConfigKey::optional("mode", "label").of(ConfigType::OneOf(&["label", "2pc"])))
            .key(ConfigKey::optional("gzip", "false").of(ConfigType::Boolean))
            .key(ConfigKey::optional("password", "").of(ConfigType::Password))
            .prefix(ConfigKey::optional("sink.properties.", ""))
    }

    #[track_caller]
    fn check(given: &[(&str, &str)], expected: &[&str]) {
        let config: ConnectorConfig = given.iter().copied().collect();
        let found = match definition().check(&config) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_right_configuration_passes() {
        check(
            &[("host", "fe1"), ("port", "8030"), ("gzip", "TRUE"), ("sink.properties.format", "json")],
            &[],
        );
    }

    #[test]
    fn all_that_is_wrong_is_found_at_once() {
        check(
            &[("port", "99999"), ("mode", "xa"), ("gzip", "yes")],
            &[
                "host: required and not given",
                "port: \"99999\" is not a whole number from 1 to 65535",
                "mode: \"xa\" is none of label, 2pc",
                "gzip: \"yes\" is neither true nor false",
            ],
        );
    }

    #[test]
    fn values_are_read_with_their_defaults() {
        let config: ConnectorConfig = [("host", "fe1")].into_iter().collect();
        let definition = definition();
        assert_eq!(definition.int(&config, "port").unwrap(), 8030);
        assert!(!definition.boolean(&config, "gzip").unwrap());
        assert_eq!(definition.string(&config, "mode").unwrap(), "label");
    }

    #[test]
    fn a_key_that_is_not_defined_is_the_authors_error_and_named() {
        let config = ConnectorConfig::default();
        assert_eq!(
            definition().int(&config, "prot").unwrap_err().to_string(),
            "prot: not defined by this connector"
        );
    }

    #[test]
    fn secrets_do_not_show() {
        let config: ConnectorConfig = [("password", "hunter2")].into_iter().collect();
        let secret = definition().secret(&config, "password").unwrap();
        assert!(!format!("{config:?} {secret:?}").contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
        let masked = definition().masked(&config);
        assert_eq!(masked.get("password"), Some("******"));
    }
}
