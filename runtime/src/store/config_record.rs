//! Records of the configuration topic.
//!
//! A connector's records stand under two keys, which may lie in different queues, so the order in which they are read
//! says nothing. Their `epoch` does: it grows with every change of a connector, past the clock when need be.

use super::{
    error::Unreadable,
    record::{NewRecord, plain, text_map},
};
use crate::host::TargetState;
use connector_api::{ConnectorConfig, ConnectorName};
use serde_json::{Map, Value, json};

/// What one record of the configuration topic says.
#[derive(Debug, Clone)]
pub(super) enum ConfigChange {
    /// The whole configuration, and what the operator wanted when it was written.
    Config { config: ConnectorConfig, target: TargetState },
    /// What the operator wants.
    Target(TargetState),
    /// The connector is gone.
    Deleted,
}

/// Which connector a key is about, and how its record is to be read.
#[derive(Debug)]
pub(super) enum ConfigKey {
    Connector(ConnectorName),
    TargetState(ConnectorName),
    Delete(ConnectorName),
    /// Keys that Java workers write and no reader needs.
    Ignored,
}

impl ConfigKey {
    /// What `key` is about; `None` when it is nothing of Connect's.
    pub(super) fn of(key: &str) -> Option<Self> {
        let name = |prefix: &str| key.strip_prefix(prefix).and_then(|name| name.parse().ok());
        if key == "start-signal" || key.starts_with("task-") {
            return Some(Self::Ignored);
        }
        name("connector-")
            .map(Self::Connector)
            .or_else(|| name("target-state-").map(Self::TargetState))
            .or_else(|| name("delete-").map(Self::Delete))
    }

    /// All keys that records of a connector may have.
    pub(super) fn texts(name: &ConnectorName) -> [String; 3] {
        ["connector-", "target-state-", "delete-"].map(|prefix| format!("{prefix}{name}"))
    }

    /// What the record under this key says, and as of when.
    pub(super) fn read(
        self,
        payload: &Value,
    ) -> Result<Option<(ConnectorName, i64, ConfigChange)>, Unreadable> {
        let epoch = || payload["epoch"].as_i64().ok_or_else(|| torn("epoch is not a whole number"));
        Ok(Some(match self {
            Self::Ignored => return Ok(None),
            Self::Delete(name) => (name, epoch()?, ConfigChange::Deleted),
            Self::TargetState(name) if payload["deleted"] == Value::Bool(true) => {
                (name, epoch()?, ConfigChange::Deleted)
            }
            Self::TargetState(name) => (name, epoch()?, ConfigChange::Target(target(payload)?)),
            Self::Connector(name) => {
                let properties =
                    payload["properties"].as_object().ok_or_else(|| torn("properties is not an object"))?;
                let config = properties
                    .iter()
                    .map(|(key, value)| match value {
                        Value::String(text) => Ok((key.as_str(), text.as_str())),
                        _ => Err(torn(&format!("property {key:?} is not text"))),
                    })
                    .collect::<Result<_, _>>()?;
                (name, epoch()?, ConfigChange::Config { config, target: target(payload)? })
            }
        }))
    }
}

impl ConfigChange {
    /// The record that says so.
    pub(super) fn record(&self, name: &ConnectorName, epoch: i64) -> NewRecord {
        let (state, int) = (("state", plain("string")), ("epoch", plain("int64")));
        match self {
            Self::Config { config, target } => {
                let properties: Map<String, Value> =
                    config.iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
                NewRecord::of_struct(
                    format!("connector-{name}"),
                    &[state, int, ("properties", text_map())],
                    json!({"state": word(*target), "epoch": epoch, "properties": properties}),
                )
            }
            Self::Target(target) => NewRecord::of_struct(
                format!("target-state-{name}"),
                &[state, int],
                json!({"state": word(*target), "epoch": epoch}),
            ),
            // A Java worker knows a deletion by these two fields in this order.
            Self::Deleted => NewRecord::of_struct(
                format!("target-state-{name}"),
                &[int, ("deleted", plain("boolean"))],
                json!({"epoch": epoch, "deleted": true}),
            ),
        }
    }
}

fn word(target: TargetState) -> &'static str {
    match target {
        TargetState::Started => "STARTED",
        TargetState::Paused => "PAUSED",
        TargetState::Stopped => "STOPPED",
    }
}

fn target(payload: &Value) -> Result<TargetState, Unreadable> {
    match payload["state"].as_str() {
        // A Java worker's first records of a connector may have none.
        None => Ok(TargetState::Started),
        Some("STARTED") => Ok(TargetState::Started),
        Some("PAUSED") => Ok(TargetState::Paused),
        Some("STOPPED") => Ok(TargetState::Stopped),
        Some(other) => Err(torn(&format!("state {other:?} is none of STARTED, PAUSED, STOPPED"))),
    }
}

fn torn(why: &str) -> Unreadable {
    Unreadable::Torn(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_keeps_its_name_whatever_is_in_it() {
        let config = || {
            let config = [("k", "v")].into_iter().collect();
            ConfigChange::Config { config, target: TargetState::Started }
        };
        for name in ["a", "a-b", "connector-x", "task-1", "中文"] {
            let name: ConnectorName = name.parse().unwrap();
            for change in [config(), ConfigChange::Target(TargetState::Paused), ConfigChange::Deleted] {
                let record = change.record(&name, 7);
                let payload: Value = serde_json::from_slice(&record.body).unwrap();
                let read = ConfigKey::of(&record.key).unwrap().read(&payload["payload"]).unwrap().unwrap();
                assert_eq!((&read.0, read.1), (&name, 7));
            }
        }
    }

    #[test]
    fn what_is_wanted_of_a_connector_is_not_guessed_at() {
        let read = |state: Value| {
            ConfigKey::of("target-state-c").unwrap().read(&json!({"state": state, "epoch": 1})).is_ok()
        };
        assert!(read("PAUSED".into()) && read(Value::Null));
        assert!(!read("HALTED".into()), "neither started nor stopped");
    }
}
