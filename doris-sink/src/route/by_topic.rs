//! Tables by topic.

use super::{InvalidTableName, TableName, pattern::Pattern};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use std::collections::BTreeMap;

const MAP: &str = "doris.topic2table.map";
const REPLACEMENT: &str = "doris.topic2table.replacement";

/// The key of the host that lists a connector's topics, separated by semicolons or commas.
const TOPICS: &str = "connect.topicnames";

/// How many topics are remembered that records were given on their way. Whoever makes more of them gets no more memory.
const REMEMBERED: usize = 1024;

/// Topics and their tables: those of the map, then those that match the pattern. Without either, a topic's table has its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableNames {
    by_topic: BTreeMap<String, TableName>,
    pattern: Option<Pattern>,
    /// The topics that the connector reads.
    topics: Vec<String>,
    /// Topics that records were given on their way, met before.
    met: BTreeMap<String, TableName>,
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
    #[error("doris.topic2table.replacement makes {name:?} of topic {topic:?}: {problem}")]
    Pattern { topic: String, name: String, problem: InvalidTableName },
}

impl TableNames {
    /// Reads the map and the pattern.
    pub(crate) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let mut by_topic = read_map(config, &mut errors);
        let pattern = Pattern::read(config).unwrap_or_else(|wrong| {
            errors.extend(wrong.0);
            None
        });
        // The host takes both.
        let topics = config.get(TOPICS).unwrap_or_default().split([';', ',']).map(str::trim);
        let topics: Vec<_> = topics.filter(|topic| !topic.is_empty()).map(str::to_owned).collect();
        for topic in topics.iter().filter(|topic| !by_topic.contains_key(*topic)).collect::<Vec<_>>() {
            let Some(name) = pattern.as_ref().and_then(|pattern| pattern.name(topic)) else { continue };
            match name.parse() {
                Ok(table) => drop(by_topic.insert(topic.clone(), table)),
                Err(InvalidTableName::Empty) => {
                    errors.push(ConfigError::new(REPLACEMENT, format!("leaves nothing of topic {topic:?}")));
                }
                Err(problem) => {
                    let problem = format!("makes {name:?} of topic {topic:?}: {problem}");
                    errors.push(ConfigError::new(REPLACEMENT, problem));
                }
            }
        }
        ConfigErrors(errors).into_result().map(|()| Self { by_topic, pattern, topics, met: BTreeMap::new() })
    }

    /// Whether each topic of the connector has a table.
    pub(super) fn check(&self) -> Result<(), ConfigErrors> {
        let unmapped = self.topics.iter().filter_map(|topic| self.of(topic).err());
        ConfigErrors(unmapped.map(|e| ConfigError::new(MAP, e.to_string())).collect()).into_result()
    }

    /// The table of `topic`.
    pub(crate) fn of(&self, topic: &str) -> Result<TableName, Unmapped> {
        match self.given(topic) {
            Some(table) => Ok(table),
            None if self.is_given() => Err(Unmapped::NotInMap(topic.to_owned())),
            None => TableName::of_topic(topic).ok_or_else(|| Unmapped::NotATable(topic.to_owned())),
        }
    }

    /// The table of a topic that a record was given on its way, which need not be among those that the connector reads.
    pub(super) fn of_any(&mut self, topic: &str) -> Result<TableName, Unmapped> {
        if let Some(table) = self.met.get(topic) {
            return Ok(table.clone());
        }
        let name = self.pattern.as_ref().filter(|_| self.given(topic).is_none()).and_then(|p| p.name(topic));
        let table = match name {
            Some(name) => name.parse().map_err(|problem| Unmapped::Pattern {
                topic: topic.to_owned(),
                name,
                problem,
            })?,
            None => self.of(topic)?,
        };
        if self.met.len() == REMEMBERED {
            self.met.clear();
        }
        self.met.insert(topic.to_owned(), table.clone());
        Ok(table)
    }

    /// Whether somebody has said what topics' tables are called.
    fn is_given(&self) -> bool {
        !self.by_topic.is_empty() || self.pattern.is_some()
    }

    /// The table of `topic` where somebody has said what it is.
    pub(super) fn given(&self, topic: &str) -> Option<TableName> {
        self.by_topic.get(topic).cloned()
    }

    /// The tables that records will come for, each once.
    pub(crate) fn all(&self) -> Vec<TableName> {
        let tables = self.topics.iter().filter_map(|topic| self.of(topic).ok());
        match self.topics.is_empty() {
            true => self.all_given(),
            false => distinct(tables),
        }
    }

    /// Those of them that somebody has named.
    pub(super) fn all_given(&self) -> Vec<TableName> {
        let is_read = |topic: &String| self.topics.is_empty() || self.topics.contains(topic);
        distinct(self.by_topic.iter().filter(|(topic, _)| is_read(topic)).map(|(_, table)| table.clone()))
    }

    /// Those that the map names, for whatever topics.
    pub(super) fn all_in_map(&self) -> Vec<TableName> {
        distinct(self.by_topic.values().cloned())
    }
}

fn distinct(tables: impl Iterator<Item = TableName>) -> Vec<TableName> {
    let distinct: std::collections::BTreeSet<_> = tables.collect();
    distinct.into_iter().collect()
}

fn read_map(config: &ConnectorConfig, errors: &mut Vec<ConfigError>) -> BTreeMap<String, TableName> {
    let mut by_topic = BTreeMap::new();
    let entries = config.get(MAP).unwrap_or_default().split(',').map(str::trim).filter(|e| !e.is_empty());
    for entry in entries {
        let wrong = match entry.split_once(':').map(|(topic, table)| (topic.trim(), table.trim())) {
            None => Err("a topic and a table are separated by a colon: topic:table".to_owned()),
            Some(("", _)) => Err("the topic's name is missing".to_owned()),
            Some((topic, _)) if by_topic.contains_key(topic) => {
                Err(format!("topic {topic:?} is mapped twice"))
            }
            Some((topic, table)) => table.parse().map_err(|e: InvalidTableName| e.to_string()).map(|table| {
                by_topic.insert(topic.to_owned(), table);
            }),
        };
        if let Err(problem) = wrong {
            errors.push(ConfigError::new(MAP, format!("{entry:?}: {problem}")));
        }
    }
    by_topic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_config(config: &[(&str, &str)], expected: Result<&[&str], &str>) {
        let config: ConnectorConfig = config.iter().copied().collect();
        let names = TableNames::read(&config).and_then(|names| names.check().map(|()| names.all()));
        let found = names.map_err(|e| e.to_string());
        let found = found.as_ref().map(|t| t.iter().map(TableName::as_str).collect::<Vec<_>>());
        assert_eq!(found.as_deref().map_err(|e| e.as_str()), expected);
    }

    #[track_caller]
    fn check(map: &str, topics: &str, expected: Result<&[&str], &str>) {
        check_config(&[(MAP, map), (TOPICS, topics)], expected);
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
    fn topics_that_the_map_leaves_out_have_the_tables_of_the_pattern() {
        let pattern = [("doris.topic2table.regex", "shop_(.*)"), (REPLACEMENT, "ods_$1")];
        let with = |topics| [pattern[0], pattern[1], (MAP, "shop_a:special"), (TOPICS, topics)];
        check_config(&with("shop_a;shop_b"), Ok(&["ods_b", "special"]));
        check_config(
            &with("other"),
            Err("doris.topic2table.map: topic \"other\" has no table; add other:<table>"),
        );
        check_config(
            &with("shop_x.y"),
            Err(
                "doris.topic2table.replacement: makes \"ods_x.y\" of topic \"shop_x.y\": a table's name holds no slash, \
                 dot, backtick or control character",
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
