//! What an operator can say, read once into what the sink works with.

mod hosts;
mod keys;
mod known_headers;
mod modes;
mod properties;
mod tables;

pub(crate) use hosts::AllowedHosts;
pub(crate) use keys::definition;
pub(crate) use properties::LoadProperties;
pub(crate) use tables::{TableName, TableNames};

use crate::http::Endpoint;
use connector_api::{ConfigDef, ConfigError, ConfigErrors, ConnectorConfig, Secret};
use std::time::Duration;

/// A configuration, checked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The frontends, in the order given.
    pub(crate) frontends: Vec<Endpoint>,
    /// Backends that loads go to straight away, without a frontend's redirect; mostly empty.
    pub(crate) backends: Vec<Endpoint>,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) database: String,
    pub(crate) tables: TableNames,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) properties: LoadProperties,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    /// Most bytes of one record as JSON.
    pub(crate) record_limit: usize,
    pub(crate) null_values: NullValues,
    pub(crate) retries: Retries,
    /// How long Doris surely remembers the label of a finished load.
    pub(crate) label_keep: Duration,
    pub(crate) expired: Expired,
}

/// What becomes of a record without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullValues {
    /// It is refused, and the host's error path has it.
    Refuse,
    /// It is left out, as the operator asked.
    LeaveOut,
}

/// What becomes of a batch of which nobody can tell any more whether Doris has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expired {
    /// The task stops, and the operator decides.
    Fail,
    /// It is loaded, perhaps for the second time, as the operator asked.
    Reload,
}

/// How often a load is repeated before the host is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retries {
    pub(crate) most: u32,
    /// Delay before the first; the later ones double.
    pub(crate) delay: Duration,
}

impl Settings {
    /// Reads `config`; all that is wrong with it is found at once.
    pub(crate) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let mut reader = Reader { definition: definition(), config, errors: Vec::new() };
        if let Err(errors) = reader.definition.check(config) {
            reader.errors = errors.0;
        }
        reader.errors.extend(modes::check(config));
        let frontends = reader.frontends();
        let backends = reader.backends();
        let settings = Self {
            frontends,
            backends,
            user: reader.text("doris.user"),
            password: Secret::new(config.get("doris.password").unwrap_or_default()),
            database: reader.text("doris.database"),
            tables: reader.checked(TableNames::read(config)),
            allowed_hosts: reader.checked(AllowedHosts::read(config.get("doris.redirect.hosts"))),
            properties: reader.checked(LoadProperties::read(config)),
            connect_timeout: reader.millis("request.connect.timeout.ms"),
            read_timeout: reader.millis("request.read.timeout.ms"),
            record_limit: usize::try_from(reader.int("doris.record.max.bytes")).unwrap_or(usize::MAX),
            null_values: match reader.text("behavior.on.null.values").as_str() {
                "ignore" => NullValues::LeaveOut,
                _ => NullValues::Refuse,
            },
            retries: Retries {
                most: u32::try_from(reader.int("max.retries")).unwrap_or(u32::MAX),
                delay: reader.millis("retry.interval.ms"),
            },
            label_keep: reader.millis("doris.label.keep.ms"),
            expired: match reader.text("exactly.once.expired").as_str() {
                "reload" => Expired::Reload,
                _ => Expired::Fail,
            },
        };
        if settings.user.contains(':') {
            // Basic authentication (RFC 7617 §2) ends the user at the first colon.
            reader.wrong("doris.user", "a user name cannot hold a colon");
        }
        ConfigErrors(reader.errors).into_result().map(|()| settings)
    }
}

struct Reader<'a> {
    definition: ConfigDef,
    config: &'a ConnectorConfig,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn wrong(&mut self, key: &str, problem: impl Into<String>) {
        self.errors.push(ConfigError::new(key, problem));
    }

    fn checked<T: Default>(&mut self, read: Result<T, ConfigErrors>) -> T {
        read.unwrap_or_else(|errors| {
            self.errors.extend(errors.0);
            T::default()
        })
    }

    /// A value by its definition. What is wrong with it was found when the definition was checked.
    fn text(&self, key: &str) -> String {
        self.definition.string(self.config, key).unwrap_or_default().to_owned()
    }

    fn int(&self, key: &str) -> u64 {
        let number = self.definition.int(self.config, key).unwrap_or_default();
        u64::try_from(number).unwrap_or_default()
    }

    fn millis(&self, key: &str) -> Duration {
        Duration::from_millis(self.int(key))
    }

    fn frontends(&mut self) -> Vec<Endpoint> {
        let default_port = u16::try_from(self.int("doris.http.port")).unwrap_or_default();
        let frontends = self.endpoints("doris.urls", default_port);
        let given = self.config.get("doris.urls").is_some_and(|urls| !urls.trim().is_empty());
        if given && frontends.is_empty() && !self.errors.iter().any(|e| e.key == "doris.urls") {
            self.wrong(
                "doris.urls",
                "names no frontend; give hosts separated by commas, such as fe1,fe2:8030",
            );
        }
        frontends
    }

    fn backends(&mut self) -> Vec<Endpoint> {
        let backends = self.endpoints("doris.benodes", 8040);
        let redirect = self.definition.boolean(self.config, "auto.redirect").unwrap_or(true);
        if !redirect && backends.is_empty() {
            self.wrong(
                "auto.redirect",
                "false means that loads go straight to backends: name them in doris.benodes, such as be1:8040,be2:8040",
            );
        }
        backends
    }

    fn endpoints(&mut self, key: &str, default_port: u16) -> Vec<Endpoint> {
        let mut found = Vec::new();
        for entry in self.text(key).split(',').map(str::trim).filter(|e| !e.is_empty()) {
            if entry.starts_with("https://") {
                self.wrong(key, "https is not supported yet; give the host and its HTTP port");
                continue;
            }
            let host = entry.strip_prefix("http://").unwrap_or(entry).trim_end_matches('/');
            match Endpoint::parse(host, default_port) {
                Ok(endpoint) if found.contains(&endpoint) => {
                    self.wrong(key, format!("{endpoint} is given twice"));
                }
                Ok(endpoint) => found.push(endpoint),
                // The entry itself may hold a password, as in user:password@host.
                Err(problem) => self.wrong(key, format!("entry {}: {problem}", found.len() + 1)),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
