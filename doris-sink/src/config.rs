//! What an operator can say, read once into what the sink works with.

mod commit;
mod connection;
mod hosts;
mod keys;
mod known_headers;
mod modes;
mod properties;
mod tls;

pub(crate) use crate::route::TableName;
pub(crate) use commit::Commit;
pub(crate) use hosts::AllowedHosts;
pub(crate) use keys::definition;
pub(crate) use properties::LoadProperties;

use crate::{
    catalog::SchemaPolicy,
    http::{Endpoint, Tls},
    route::Route,
    rows::logical::Moments,
};
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
    /// Where the frontends speak MySQL.
    pub(crate) query_port: u16,
    pub(crate) database: String,
    /// Which table a record goes to.
    pub(crate) route: Route,
    /// Whether tables are looked at when an operator creates or changes the connector.
    pub(crate) checks_tables: bool,
    /// What may be done to tables.
    pub(crate) schema: SchemaPolicy,
    pub(crate) allowed_hosts: AllowedHosts,
    /// How HTTPS is spoken, if it is.
    pub(crate) tls: Option<Tls>,
    /// Whether a server that speaks HTTPS may lead to one that does not.
    pub(crate) allows_plain: bool,
    pub(crate) properties: LoadProperties,
    /// How moments are written.
    pub(crate) moments: Moments,
    pub(crate) commit: Commit,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    /// Most bytes of one record as JSON.
    pub(crate) record_limit: usize,
    pub(crate) null_values: NullValues,
    pub(crate) envelope: Envelope,
    /// Whether rows can be deleted.
    pub(crate) deletes: bool,
    /// The field that says so of a row; mostly empty.
    pub(crate) delete_field: String,
    /// The column that keys are of which are no objects; mostly empty.
    pub(crate) key_column: String,
    pub(crate) retries: Retries,
    /// How long Doris surely remembers the label of a finished load.
    pub(crate) label_keep: Duration,
    /// Most loads of this process into the cluster at a time.
    pub(crate) most_loads: usize,
    pub(crate) expired: Expired,
}

/// What becomes of a record without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullValues {
    /// It is refused, and the host's error path has it.
    Refuse,
    /// It is left out, as the operator asked.
    LeaveOut,
    /// The row with its key is deleted.
    Delete,
}

/// What rows are wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Envelope {
    /// A record is a row.
    #[default]
    None,
    /// Debezium's change events, or rows flattened of them.
    Debezium,
    /// Canal's change events (flat messages).
    Canal,
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
        let route = reader.checked(Route::read(config));
        let tls = reader.tls(frontends.iter().chain(&backends));
        let deletes = reader.definition.boolean(config, "enable.delete").unwrap_or_default();
        let properties = LoadProperties::read(config);
        let properties = if deletes { properties.and_then(LoadProperties::with_deletes) } else { properties };
        let mut settings = Self {
            frontends,
            backends,
            user: reader.text("doris.user"),
            password: Secret::new(config.get("doris.password").unwrap_or_default()),
            query_port: u16::try_from(reader.int("doris.query.port")).unwrap_or_default(),
            database: reader.text("doris.database"),
            route,
            checks_tables: reader.definition.boolean(config, "doris.check.tables").unwrap_or(true),
            schema: reader.checked(SchemaPolicy::read(config)),
            tls,
            allows_plain: reader.definition.boolean(config, "doris.redirect.plain").unwrap_or_default(),
            allowed_hosts: reader.checked(AllowedHosts::read(config.get("doris.redirect.hosts"))),
            properties: reader.checked(properties),
            moments: Moments::Utc,
            commit: reader.checked(Commit::read(config)),
            connect_timeout: reader.millis("request.connect.timeout.ms"),
            read_timeout: reader.millis("request.read.timeout.ms"),
            record_limit: usize::try_from(reader.int("doris.record.max.bytes")).unwrap_or(usize::MAX),
            null_values: match reader.text("behavior.on.null.values").as_str() {
                "ignore" => NullValues::LeaveOut,
                "delete" => NullValues::Delete,
                _ => NullValues::Refuse,
            },
            envelope: match reader.text("converter.mode").as_str() {
                "debezium" | "debezium_ingestion" => Envelope::Debezium,
                "canal" => Envelope::Canal,
                _ => Envelope::None,
            },
            deletes,
            delete_field: reader.text("record.delete.field"),
            key_column: reader.text("record.key.column"),
            retries: Retries {
                most: u32::try_from(reader.int("max.retries")).unwrap_or(u32::MAX),
                delay: reader.millis("retry.interval.ms"),
            },
            label_keep: reader.millis("doris.label.keep.ms"),
            most_loads: usize::try_from(reader.int("doris.max.loads")).unwrap_or(1),
            expired: match reader.text("exactly.once.expired").as_str() {
                "reload" => Expired::Reload,
                _ => Expired::Fail,
            },
        };
        if settings.schema.is_active() && settings.properties.is_csv() {
            reader
                .wrong("sink.properties.format", "csv has no columns to add or to make tables of: use json");
        }
        settings.moments = match settings.properties.has_time_zone() {
            true => Moments::Zoned,
            false => Moments::Utc,
        };
        for (key, asked) in [
            ("record.delete.field", !settings.delete_field.is_empty()),
            ("behavior.on.null.values", settings.null_values == NullValues::Delete),
        ] {
            if asked && !settings.deletes {
                reader.wrong(
                    key,
                    "rows are only deleted with enable.delete=true, which needs a unique-key table",
                );
            }
        }
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
}

#[cfg(test)]
mod tests;
