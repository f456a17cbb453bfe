//! The keys that a connector defines.

use super::{ConfigError, ConfigErrors, ConnectorConfig, Secret};

/// The keys of a connector, in the order in which documentation and forms show them.
#[derive(Debug, Clone, Default)]
pub struct ConfigDef {
    keys: Vec<ConfigKey>,
    prefixes: Vec<ConfigKey>,
}

impl ConfigDef {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// One key more.
    #[must_use]
    pub fn key(mut self, key: ConfigKey) -> Self {
        self.keys.push(key);
        self
    }

    /// A family of keys: all that start with the name of `key`.
    #[must_use]
    pub fn prefix(mut self, key: ConfigKey) -> Self {
        self.prefixes.push(key);
        self
    }

    /// The keys defined one by one.
    pub fn keys(&self) -> &[ConfigKey] {
        &self.keys
    }

    /// The families of keys.
    pub fn prefixes(&self) -> &[ConfigKey] {
        &self.prefixes
    }

    /// The definition that `name` falls under.
    pub fn find(&self, name: &str) -> Option<&ConfigKey> {
        let by_prefix = || self.prefixes.iter().find(|p| name.starts_with(p.name));
        self.keys.iter().find(|k| k.name == name).or_else(by_prefix)
    }

    /// Checks each value given against its definition, and that required ones are given.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the definitions.
    pub fn check(&self, config: &ConnectorConfig) -> Result<(), ConfigErrors> {
        let wrong = self.keys.iter().filter_map(|key| key.check(config.get(key.name)).err());
        ConfigErrors(wrong.collect()).into_result()
    }

    /// The configuration as it may be shown: the values of passwords are replaced by `******`.
    pub fn masked(&self, config: &ConnectorConfig) -> ConnectorConfig {
        let is_secret =
            |name: &str| self.find(name).is_some_and(|k| matches!(k.config_type, ConfigType::Password));
        config.iter().map(|(k, v)| (k, if is_secret(k) && !v.is_empty() { "******" } else { v })).collect()
    }

    /// The value of a key as text, its default when it was not given.
    ///
    /// # Errors
    /// When the value is not what the definition asks for.
    pub fn string<'a>(&'a self, config: &'a ConnectorConfig, name: &str) -> Result<&'a str, ConfigError> {
        let key = self.find(name).ok_or_else(|| ConfigError::new(name, "not defined by this connector"))?;
        let given = config.get(name);
        key.check(given)?;
        Ok(given.map(str::trim).or(key.default).unwrap_or_default())
    }

    /// The value of a whole-number key.
    ///
    /// # Errors
    /// As for [`string`](Self::string).
    pub fn int(&self, config: &ConnectorConfig, name: &str) -> Result<i64, ConfigError> {
        let text = self.string(config, name)?;
        text.parse().map_err(|_| ConfigError::new(name, format!("{text:?} is not a whole number")))
    }

    /// The value of a true-or-false key.
    ///
    /// # Errors
    /// As for [`string`](Self::string).
    pub fn boolean(&self, config: &ConnectorConfig, name: &str) -> Result<bool, ConfigError> {
        Ok(self.string(config, name)?.eq_ignore_ascii_case("true"))
    }

    /// The value of a password key, kept out of sight.
    ///
    /// # Errors
    /// As for [`string`](Self::string).
    pub fn secret(&self, config: &ConnectorConfig, name: &str) -> Result<Secret, ConfigError> {
        self.string(config, name)?;
        Ok(Secret::new(config.get(name).unwrap_or_default()))
    }
}

/// One key: its name, its type, what it means.
#[derive(Debug, Clone)]
pub struct ConfigKey {
    /// The key's name, or the start of its names for a family.
    pub name: &'static str,
    /// The value when none is given; `None` makes the key required.
    pub default: Option<&'static str>,
    /// What values are right.
    pub config_type: ConfigType,
    /// How much it matters to a reader.
    pub importance: Importance,
    /// What it does, with units.
    pub documentation: &'static str,
}

impl ConfigKey {
    /// A key that has to be given.
    pub const fn required(name: &'static str) -> Self {
        Self {
            name,
            default: None,
            config_type: ConfigType::String,
            importance: Importance::High,
            documentation: "",
        }
    }

    /// A key with a default.
    pub const fn optional(name: &'static str, default: &'static str) -> Self {
        Self {
            name,
            default: Some(default),
            config_type: ConfigType::String,
            importance: Importance::Medium,
            documentation: "",
        }
    }

    /// The same key with another type.
    #[must_use]
    pub const fn of(mut self, config_type: ConfigType) -> Self {
        self.config_type = config_type;
        self
    }

    /// The same key with another importance.
    #[must_use]
    pub const fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// The same key with its documentation.
    #[must_use]
    pub const fn doc(mut self, documentation: &'static str) -> Self {
        self.documentation = documentation;
        self
    }

    fn check(&self, given: Option<&str>) -> Result<(), ConfigError> {
        match (given.map(str::trim), self.default) {
            (None, None) => Err(ConfigError::new(self.name, "required and not given")),
            (Some(""), None) => Err(ConfigError::new(self.name, "required and empty")),
            (None, Some(_)) => Ok(()),
            (Some(value), _) => {
                self.config_type.check(value).map_err(|problem| ConfigError::new(self.name, problem))
            }
        }
    }
}

/// What values a key takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigType {
    /// Any text.
    String,
    /// Text that is never shown.
    Password,
    /// `true` or `false`, in any case.
    Boolean,
    /// A whole number within bounds, both included.
    Int {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// Texts separated by commas.
    List,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl ConfigType {
    fn check(&self, value: &str) -> Result<(), String> {
        match self {
            Self::String | Self::Password | Self::List => Ok(()),
            Self::Boolean if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") => {
                Ok(())
            }
            Self::Boolean => Err(format!("{value:?} is neither true nor false")),
            Self::Int { min, max } => match value.parse::<i64>() {
                Ok(number) if (*min..=*max).contains(&number) => Ok(()),
                _ => Err(format!("{value:?} is not a whole number from {min} to {max}")),
            },
            Self::OneOf(words) if words.contains(&value) => Ok(()),
            Self::OneOf(words) => Err(format!("{value:?} is none of {}", words.join(", "))),
        }
    }
}

/// How much a key matters to somebody who reads the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Importance {
    /// To be looked at first.
    High,
    /// Often left at its default.
    Medium,
    /// Rarely touched.
    Low,
}
