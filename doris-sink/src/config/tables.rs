//! Which table a topic is loaded into.

use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use std::{collections::BTreeMap, fmt};

const MAP: &str = "doris.topic2table.map";

/// The key of the host that lists a connector's topics, separated by semicolons.
const TOPICS: &str = "connect.topicnames";

/// The name of a table, one to 64 characters long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableName(String);

/// Topics and their tables; without a map, a topic's table has its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableNames {
    by_topic: BTreeMap<String, TableName>,
    topics: Vec<String>,
}

/// A topic has no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unmapped {
    #[error("topic {0:?} has no table; add {0}:<table>")]
    NotInMap(String),
    #[error(
        "topic {0:?} cannot be the name of a table (a letter, then at most 63 letters, digits, _ and -); \
         map it: {0}:<table>"
    )]
    NotATable(String),
}

impl TableName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that somebody chose: any that Doris can be set up to allow (`enable_unicode_name_support`).
    fn chosen(name: &str) -> Result<Self, &'static str> {
        match name.chars().count() {
            0 => Err("the table's name is missing"),
            1..=64 if !name.contains(|c: char| c.is_control() || "/`.".contains(c)) => {
                Ok(Self(name.to_owned()))
            }
            1..=64 => Err("a table's name holds no slash, dot, backtick or control character"),
            _ => Err("a table's name has at most 64 characters"),
        }
    }

    /// A topic's name, where it is what every Doris takes as a table's (`FeNameFormat.COMMON_TABLE_NAME_REGEX`).
    fn of_topic(topic: &str) -> Option<Self> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let fits = topic.starts_with(|c: char| c.is_ascii_alphabetic())
            && topic.len() <= 64
            && topic.chars().all(legal);
        fits.then(|| Self(topic.to_owned()))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TableNames {
    /// Reads the map, and checks that each topic of the connector has a table.
    pub(super) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let mut by_topic = BTreeMap::new();
        let entries = config.get(MAP).unwrap_or_default().split(',').map(str::trim).filter(|e| !e.is_empty());
        for entry in entries {
            let wrong = match entry.split_once(':').map(|(topic, table)| (topic.trim(), table.trim())) {
                None => Err("a topic and a table are separated by a colon: topic:table".to_owned()),
                Some(("", _)) => Err("the topic's name is missing".to_owned()),
                Some((topic, _)) if by_topic.contains_key(topic) => {
                    Err(format!("topic {topic:?} is mapped twice"))
                }
                Some((topic, table)) => TableName::chosen(table).map_err(str::to_owned).map(|table| {
                    by_topic.insert(topic.to_owned(), table);
                }),
            };
            if let Err(problem) = wrong {
                errors.push(ConfigError::new(MAP, format!("{entry:?}: {problem}")));
            }
        }
        let topics =
            config.get(TOPICS).unwrap_or_default().split(';').map(str::trim).filter(|t| !t.is_empty());
        let tables = Self { by_topic, topics: topics.map(str::to_owned).collect() };
        if errors.is_empty() {
            let unmapped = tables.topics.iter().filter_map(|topic| tables.of(topic).err());
            errors.extend(unmapped.map(|e| ConfigError::new(MAP, e.to_string())));
        }
        ConfigErrors(errors).into_result().map(|()| tables)
    }

    /// The table of `topic`.
    pub(crate) fn of(&self, topic: &str) -> Result<TableName, Unmapped> {
        match self.by_topic.get(topic) {
            Some(table) => Ok(table.clone()),
            None if self.by_topic.is_empty() => {
                TableName::of_topic(topic).ok_or_else(|| Unmapped::NotATable(topic.to_owned()))
            }
            None => Err(Unmapped::NotInMap(topic.to_owned())),
        }
    }

    /// The tables that records will come for, each once.
    pub(crate) fn all(&self) -> Vec<TableName> {
        let mut tables: Vec<_> = self.topics.iter().filter_map(|topic| self.of(topic).ok()).collect();
        if self.topics.is_empty() {
            tables.extend(self.by_topic.values().cloned());
        }
        tables.sort();
        tables.dedup();
        tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(map: &str, topics: &str, expected: Result<&[&str], &str>) {
        let config: ConnectorConfig = [(MAP, map), (TOPICS, topics)].into_iter().collect();
        let found = TableNames::read(&config).map(|t| t.all()).map_err(|e| e.to_string());
        let found = found.as_ref().map(|t| t.iter().map(TableName::as_str).collect::<Vec<_>>());
        assert_eq!(found.as_deref().map_err(|e| e.as_str()), expected, "{map:?}");
    }

    #[test]
    fn topics_have_the_tables_of_the_map() {
        check("a:t1, b.c:t2", "a;b.c", Ok(&["t1", "t2"]));
        check("a:t,b:t", "a;b", Ok(&["t"]));
        check("a:表", "a", Ok(&["表"]));
    }

    #[test]
    fn without_a_map_a_topic_has_the_table_of_its_name() {
        check("", "orders;clicks-2", Ok(&["clicks-2", "orders"]));
        check(
            "",
            "%RETRY%x",
            Err(
                "doris.topic2table.map: topic \"%RETRY%x\" cannot be the name of a table (a letter, then at most 63 \
                 letters, digits, _ and -); map it: %RETRY%x:<table>",
            ),
        );
    }

    #[test]
    fn a_topic_that_the_map_leaves_out_is_named() {
        check("a:t", "a;b", Err("doris.topic2table.map: topic \"b\" has no table; add b:<table>"));
    }

    #[test]
    fn what_is_no_mapping_is_named() {
        check(
            "a",
            "a",
            Err("doris.topic2table.map: \"a\": a topic and a table are separated by a colon: topic:table"),
        );
        check("a:", "a", Err("doris.topic2table.map: \"a:\": the table's name is missing"));
        check("a:t,a:u", "a", Err("doris.topic2table.map: \"a:u\": topic \"a\" is mapped twice"));
        check(
            "a:../x",
            "a",
            Err(
                "doris.topic2table.map: \"a:../x\": a table's name holds no slash, dot, backtick or control character",
            ),
        );
    }
}
