//! Which table a record goes to.
//!
//! A route is a pure function of the record and the configuration: a batch that comes again falls apart into the same rows for the same
//! tables, without which its labels would not be the same. By default the topic decides; the record itself may be asked instead.

mod by_record;
mod by_topic;
pub(crate) mod field;
mod pattern;
mod table_name;

pub(crate) use by_record::NotNamed;
pub(crate) use by_topic::{TableNames, Unmapped};
pub(crate) use table_name::{InvalidTableName, TableName};

use by_record::ByRecord;
use connector_api::{ConfigErrors, ConnectRecord, ConnectorConfig};
use std::borrow::Cow;

/// How records find their tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    by_topic: TableNames,
    by_record: Option<ByRecord>,
    /// Whether a transform may give records other topics than those that the connector reads.
    is_renamed: bool,
}

/// A record has no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotRouted {
    /// Wrong with the configuration: no record of this topic has one.
    #[error("doris.topic2table.map: {0}")]
    Unmapped(#[from] Unmapped),
    /// Wrong with this record.
    #[error(transparent)]
    NotNamed(#[from] NotNamed),
}

impl Route {
    /// Reads the route, and checks that each topic of the connector has a table if the topic is what decides.
    pub(crate) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let by_record = ByRecord::read(config)?;
        let by_topic = TableNames::read(config)?;
        let is_renamed = has_router(config);
        if by_record.is_none() && !is_renamed {
            by_topic.check()?;
        }
        Ok(Self { by_topic, by_record, is_renamed })
    }

    /// The table of `record`, which came from `topic` unless it says otherwise. `field` is asked for the text of a top-level field of its value, and only
    /// where that decides.
    ///
    /// Costs no allocation for a table that was named before.
    ///
    /// # Errors
    /// [`NotRouted::Unmapped`] for all records of a topic, [`NotRouted::NotNamed`] for this one.
    pub(crate) fn of<'r>(
        &mut self,
        topic: &str,
        record: &'r ConnectRecord,
        field: impl FnOnce(&str) -> Option<Cow<'r, str>>,
    ) -> Result<TableName, NotRouted> {
        let topic = record.topic().map_or(topic, |topic| &**topic);
        let Some(by_record) = &mut self.by_record else { return Ok(self.by_topic.of_any(topic)?) };
        match by_record.name(record, field)? {
            Some(table) => Ok(table),
            // As doris-kafka-connector does it, where somebody has said what the topic's table is.
            None => self.by_topic.given(topic).ok_or_else(|| by_record.absent().into()),
        }
    }

    /// The table of all records of `topic`; `None` where each record has its own.
    ///
    /// # Errors
    /// [`Unmapped`], which is wrong with the configuration and not with a record.
    pub(crate) fn of_topic(&self, topic: &str) -> Result<Option<TableName>, Unmapped> {
        match self.by_record {
            None if !self.is_renamed => self.by_topic.of(topic).map(Some),
            _ => Ok(None),
        }
    }

    /// The tables that are known to get records, each once; those that records name are not among them.
    pub(crate) fn tables(&self) -> Vec<TableName> {
        match self.by_record {
            _ if self.is_renamed => self.by_topic.all_in_map(),
            None => self.by_topic.all(),
            Some(_) => self.by_topic.all_given(),
        }
    }
}

/// Whether one of the host's transforms may give records another topic. All that do are called routers.
fn has_router(config: &ConnectorConfig) -> bool {
    let is_class = |key: &str| key.ends_with(".class") || key.ends_with(".type");
    config.with_prefix("transforms.").any(|(key, class)| is_class(key) && class.trim().ends_with("Router"))
}

#[cfg(test)]
mod tests;
