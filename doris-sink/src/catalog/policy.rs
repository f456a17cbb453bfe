//! Whether tables are made and changed, as an operator says.

use super::{NewModel, TableLayout};
use connector_api::{
    ConfigDef, ConfigError, ConfigErrors, ConfigKey, ConfigType, ConnectorConfig, Importance,
};

const EVOLUTION: &str = "schema.evolution";
/// What doris-kafka-connector calls the same.
const KAFKAS_EVOLUTION: &str = "debezium.schema.evolution";
const CREATE: &str = "table.create";
const MODEL: &str = "table.create.model";
const KEYS: &str = "table.create.keys";
const REPLICATION: &str = "table.create.replication.num";
const BUCKETS: &str = "table.create.buckets";
const HOW: ConfigType = ConfigType::OneOf(&["none", "basic"]);

/// What may be done to tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SchemaPolicy {
    /// Columns that a table lacks are added.
    pub(crate) adds_columns: bool,
    /// What a table that does not exist is made like; `None` leaves it to the operator.
    pub(crate) creates: Option<TableLayout>,
}

impl SchemaPolicy {
    /// Adds the keys that this is read from.
    pub(crate) fn define(definition: ConfigDef) -> ConfigDef {
        let key = |name, default, doc, of| {
            ConfigKey::optional(name, default).doc(doc).of(of).importance(Importance::Low)
        };
        definition
            .key(key(
                EVOLUTION,
                "none",
                "fields that the table has no column for: none leaves them out, as Doris does; basic adds a column for each and waits \
                 until it is there (needs doris.query.port and the ALTER privilege)",
                HOW,
            ))
            .key(key(KAFKAS_EVOLUTION, "none", "another name of schema.evolution", HOW))
            .key(key(
                CREATE,
                "none",
                "a table that does not exist: basic creates it after the first record for it (needs doris.query.port and the CREATE \
                 privilege)",
                HOW,
            ))
            .key(key(MODEL, "duplicate", "key model of created tables", ConfigType::OneOf(&["duplicate", "unique"])))
            .key(key(
                KEYS,
                "",
                "key columns of created tables, in order, separated by commas; a unique table needs them",
                ConfigType::List,
            ))
            .key(key(
                REPLICATION,
                "",
                "copies of created tables, 1 where there is one backend; what Doris is set to when empty",
                ConfigType::String,
            ))
            .key(key(BUCKETS, "auto", "buckets of created tables: a number, or auto", ConfigType::String))
    }

    /// Reads the keys.
    pub(crate) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let given = |key| config.get(key).map(str::trim).filter(|value| !value.is_empty());
        let is_basic = |key| given(key) == Some("basic");
        let mut errors = Vec::new();
        let adds_columns = match (given(EVOLUTION), given(KAFKAS_EVOLUTION)) {
            (Some(own), Some(other)) if own != other => {
                errors.push(ConfigError::new(
                    KAFKAS_EVOLUTION,
                    format!("says {other}, and {EVOLUTION} says {own}"),
                ));
                false
            }
            _ => is_basic(EVOLUTION) || is_basic(KAFKAS_EVOLUTION),
        };
        let mut number = |key| {
            let text = given(key).filter(|text| !(key == BUCKETS && text.eq_ignore_ascii_case("auto")))?;
            let number = text.parse().ok().filter(|number| *number > 0);
            if number.is_none() {
                errors.push(ConfigError::new(key, format!("{text:?} is not a whole number from 1 on")));
            }
            number
        };
        let (replication, buckets) = (number(REPLICATION), number(BUCKETS));
        let names = given(KEYS).unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let keys: Vec<_> = names.map(str::to_owned).collect();
        let model = match given(MODEL) {
            Some("unique") => NewModel::Unique,
            _ => NewModel::Duplicate,
        };
        if is_basic(CREATE) && model == NewModel::Unique && keys.is_empty() {
            errors.push(ConfigError::new(KEYS, "a unique table needs a key: give its columns"));
        }
        let creates = is_basic(CREATE).then_some(TableLayout { model, keys, replication, buckets });
        ConfigErrors(errors).into_result().map(|()| Self { adds_columns, creates })
    }

    /// Whether tables that do not exist are made.
    pub(crate) fn creates_tables(&self) -> bool {
        self.creates.is_some()
    }

    /// Whether anything is done to tables at all.
    pub(crate) fn is_active(&self) -> bool {
        self.adds_columns || self.creates_tables()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &[(&str, &str)]) -> Result<SchemaPolicy, String> {
        let config = config.iter().copied().collect();
        SchemaPolicy::define(ConfigDef::new()).check(&config).map_err(|e| e.to_string())?;
        SchemaPolicy::read(&config).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_is_done_to_tables_unless_somebody_says_so() {
        assert!(!read(&[]).unwrap().is_active());
        assert!(!read(&[("schema.evolution", "none"), ("table.create.keys", "id")]).unwrap().is_active());
    }

    #[test]
    fn columns_are_added_by_either_name_of_the_key() {
        assert!(read(&[("schema.evolution", "basic")]).unwrap().adds_columns);
        assert!(read(&[("debezium.schema.evolution", "basic")]).unwrap().adds_columns);
    }

    #[test]
    fn a_table_is_made_as_it_is_said() {
        let made = [
            ("table.create", "basic"),
            ("table.create.model", "unique"),
            ("table.create.keys", "id, day"),
            ("table.create.replication.num", "1"),
            ("table.create.buckets", "8"),
        ];
        let expected = TableLayout {
            model: NewModel::Unique,
            keys: vec!["id".into(), "day".into()],
            replication: Some(1),
            buckets: Some(8),
        };
        assert_eq!(read(&made).unwrap().creates, Some(expected));
        let auto = [("table.create", "basic"), ("table.create.buckets", "AUTO")];
        assert_eq!(read(&auto).unwrap().creates, Some(TableLayout::default()));
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (config, expected) in [
            (&[("schema.evolution", "all")][..], "schema.evolution: \"all\" is none of none, basic"),
            (
                &[("schema.evolution", "none"), ("debezium.schema.evolution", "basic")],
                "debezium.schema.evolution: says basic, and schema.evolution says none",
            ),
            (&[("table.create.buckets", "0")], "table.create.buckets: \"0\" is not a whole number from 1 on"),
            (
                &[("table.create", "basic"), ("table.create.model", "unique")],
                "table.create.keys: a unique table needs a key: give its columns",
            ),
        ] {
            assert_eq!(read(config).unwrap_err(), expected);
        }
    }
}
