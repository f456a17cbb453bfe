//! Consumer groups: two connectors that read one topic for one group would overwrite each other's offsets.

use crate::{
    store::StoredConnector,
    task::settings::{group_of, topics_of},
};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig, ConnectorName};
use std::collections::BTreeMap;

const KEY: &str = "task.group.id";

/// Refuses a configuration whose consumer group reads one of its topics for another connector already.
///
/// # Errors
/// Names the other connector and the key that tells the two apart.
pub(super) fn check(
    name: &ConnectorName,
    config: &ConnectorConfig,
    stored: &BTreeMap<ConnectorName, StoredConnector>,
) -> Result<(), ConfigErrors> {
    let (group, topics) = (group_of(name, config), topics_of(config));
    let others = stored.iter().filter(|(other, _)| *other != name);
    let of_same_group = others.filter(|(other, stored)| group_of(other, &stored.config) == group);
    for (other, stored) in of_same_group {
        let theirs = topics_of(&stored.config);
        if let Some(topic) = topics.iter().find(|topic| theirs.contains(topic)) {
            let problem = format!(
                "connector {other} reads topic {topic} for consumer group {group} already, and the two would overwrite \
                 each other's offsets; give another group here, or delete {other} first"
            );
            return Err(ConfigError::new(KEY, problem).into());
        }
    }
    Ok(())
}

/// Warns of connectors that stand in the configuration topic although they are not allowed beside each other.
pub(super) fn warn(stored: &BTreeMap<ConnectorName, StoredConnector>) {
    let mut seen = BTreeMap::new();
    for (name, connector) in stored {
        if let Err(error) = check(name, &connector.config, &seen) {
            tracing::warn!(connector = %name, %error, "two connectors share a consumer group");
        }
        seen.insert(name.clone(), connector.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TargetState;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    #[track_caller]
    fn check_beside(other: (&str, Pairs<'_>), new: (&str, Pairs<'_>), expected: Result<(), &str>) {
        let config = |pairs: Pairs<'_>| pairs.iter().copied().collect::<ConnectorConfig>();
        let stored = StoredConnector { config: config(other.1), target: TargetState::Stopped };
        let stored = BTreeMap::from([(other.0.parse().unwrap(), stored)]);
        let found = check(&new.0.parse().unwrap(), &config(new.1), &stored);
        let found = found.map_err(|errors| errors.to_string());
        match expected {
            Ok(()) => assert_eq!(found, Ok(())),
            Err(start) => assert!(found.as_ref().is_err_and(|error| error.starts_with(start)), "{found:?}"),
        }
    }

    #[test]
    fn one_group_reads_a_topic_for_one_connector() {
        let topic = ("connect.topicnames", "t");
        let group = ("task.group.id", "g");
        let clash = "task.group.id: connector a reads topic t for consumer group ";
        check_beside(("a", &[topic]), ("b", &[topic]), Ok(()));
        check_beside(("a", &[topic, group]), ("b", &[topic, group]), Err(&format!("{clash}g already")));
        check_beside(
            ("a", &[("connect.topicnames", "s; t"), group]),
            ("b", &[("connect.topicnames", "u,t"), group]),
            Err(&format!("{clash}g already")),
        );
        check_beside(("a", &[topic, group]), ("b", &[("connect.topicnames", "u"), group]), Ok(()));
        check_beside(
            ("a", &[topic, ("task.group.id", "connect-b")]),
            ("b", &[topic]),
            Err(&format!("{clash}connect-b already")),
        );
        check_beside(
            ("a", &[topic]),
            ("b", &[topic, ("task.group.id", "connect-a")]),
            Err(&format!("{clash}connect-a already")),
        );
        check_beside(("a", &[topic, group]), ("a", &[topic, group]), Ok(()));
    }
}
