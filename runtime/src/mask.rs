//! Which values of a configuration are secret, and how it is shown without them.

use crate::references::is_reference;
use connector_api::{ConfigDef, ConfigError, ConfigType, ConnectorConfig};

/// What is shown instead of a secret.
pub(crate) const MASK: &str = "******";

/// What the keys of secrets are called, also where no definition knows them: a misspelt key must not give its value away.
const SECRET_WORDS: [&str; 4] = ["password", "secret", "token", "accesskey"];

/// The configuration as it may be shown.
pub(crate) fn masked(definition: &ConfigDef, config: &ConnectorConfig) -> ConnectorConfig {
    // Invariant 6: passwords are masked before anything is shown.
    let is_hidden =
        |key, value: &str| is_secret(definition, key) && !value.is_empty() && !is_reference(value);
    config.iter().map(|(key, value)| (key, if is_hidden(key, value) { MASK } else { value })).collect()
}

/// What is wrong with secrets that were copied from an answer: the mask would become the password.
pub(crate) fn masks_given(definition: &ConfigDef, config: &ConnectorConfig) -> Vec<ConfigError> {
    let given = config.iter().filter(|(key, value)| value.trim() == MASK && is_secret(definition, key));
    given
        .map(|(key, _)| {
            ConfigError::new(
                key,
                format!("{MASK} is what is shown instead of the value; give the value itself"),
            )
        })
        .collect()
}

/// The secrets of a configuration.
pub(crate) fn secrets<'a>(
    definition: &'a ConfigDef,
    config: &'a ConnectorConfig,
) -> impl Iterator<Item = &'a str> {
    config
        .iter()
        .filter(|(key, value)| !value.trim().is_empty() && is_secret(definition, key))
        .map(|(_, value)| value)
}

fn is_secret(definition: &ConfigDef, key: &str) -> bool {
    let word: String = key.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_WORDS.iter().any(|secret| word.contains(secret))
        || definition.find(key).is_some_and(|key| matches!(key.config_type, ConfigType::Password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_api::ConfigKey;

    #[track_caller]
    fn check(key: &str, expected: &str) {
        let definition = ConfigDef::new().key(ConfigKey::optional("pin", "").of(ConfigType::Password));
        let config = [(key, "value")].into_iter().collect();
        assert_eq!(masked(&definition, &config).get(key), Some(expected), "{key}");
    }

    #[test]
    fn secrets_are_known_by_definition_and_by_name() {
        check("pin", MASK);
        check("passwordd", MASK);
        check("fe.PASSWORD", MASK);
        check("client_secret", MASK);
        check("access.key", MASK);
        check("auth-token", MASK);
        check("username", "value");
    }
}
