//! Tables that records name.

use super::{InvalidTableName, TableName};
use connector_api::{ConfigError, ConfigErrors, ConnectRecord, ConnectorConfig};
use std::{borrow::Cow, collections::BTreeSet};

const FIELD: &str = "record.tablename.field";
const PROPERTY: &str = "record.tablename.property";
const KEY: &str = "record.tablename.key";

/// How many names are remembered. A database has fewer tables, and whoever sends more names gets no more memory.
const REMEMBERED: usize = 1024;

/// What of a record names its table.
#[derive(Debug, Clone)]
pub(super) struct ByRecord {
    part: Part,
    /// Names met before, which are legal.
    names: BTreeSet<TableName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A top-level field of the value.
    Field(String),
    /// A property of the message.
    Property(String),
    /// The key.
    Key,
}

/// A record does not name its table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotNamed {
    #[error("has no {part}, which names the table, and doris.topic2table.map has none for its topic")]
    Absent { part: String },
    #[error("its {part} names no table: {name:?}: {problem}")]
    Illegal { part: String, name: String, problem: InvalidTableName },
}

impl ByRecord {
    /// Reads the three keys, of which one may be given.
    pub(super) fn read(config: &ConnectorConfig) -> Result<Option<Self>, ConfigErrors> {
        let named = |key| config.get(key).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        let by_key = config.get(KEY).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        let given = [
            named(FIELD).map(|name| (FIELD, Part::Field(name))),
            named(PROPERTY).map(|name| (PROPERTY, Part::Property(name))),
            by_key.then_some((KEY, Part::Key)),
        ];
        let mut given = given.into_iter().flatten();
        let Some((first, part)) = given.next() else { return Ok(None) };
        let errors = given.map(|(other, _)| {
            let problem = format!("names a record's table, and so does {first}; give one of the two");
            ConfigError::new(other, problem)
        });
        ConfigErrors(errors.collect()).into_result()?;
        Ok(Some(Self { part, names: BTreeSet::new() }))
    }

    /// The table that `record` names; `None` when it names none.
    pub(super) fn name<'r>(
        &mut self,
        record: &'r ConnectRecord,
        field: impl FnOnce(&str) -> Option<Cow<'r, str>>,
    ) -> Result<Option<TableName>, NotNamed> {
        let key;
        let name = match &self.part {
            Part::Field(name) => field(name),
            Part::Property(name) => record.headers().get(name).map(Cow::Borrowed),
            Part::Key => {
                key = record.key().map(|key| key.text()).unwrap_or_default();
                Some(String::from_utf8_lossy(&key))
            }
        };
        match name.as_deref() {
            None | Some("") => Ok(None),
            Some(name) => self.known(name).map(Some),
        }
    }

    /// What is said of a record that names none.
    pub(super) fn absent(&self) -> NotNamed {
        NotNamed::Absent { part: self.part.to_string() }
    }

    fn known(&mut self, name: &str) -> Result<TableName, NotNamed> {
        if let Some(known) = self.names.get(name) {
            return Ok(known.clone());
        }
        let table: TableName = name.parse().map_err(|problem| NotNamed::Illegal {
            part: self.part.to_string(),
            name: name.chars().take(100).collect(),
            problem,
        })?;
        if self.names.len() == REMEMBERED {
            self.names.clear();
        }
        self.names.insert(table.clone());
        Ok(table)
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(name) => write!(f, "field {name:?} ({FIELD})"),
            Self::Property(name) => write!(f, "property {name:?} ({PROPERTY})"),
            Self::Key => write!(f, "key ({KEY})"),
        }
    }
}
