//! What the host's errors are called in answers.
//!
//! Where a Java worker has words for it, its words are used, since operators' scripts look for them.

use super::{
    answer::{self, Answer, ErrorCode},
    java,
};
use crate::{causes, host::HostError, plugins::UnknownClass};
use connector_api::ConnectorConfig;

const GROUP: &str = "task.group.id";

/// The answer when a change of connector `name` was refused.
pub(super) fn of(name: &str, error: &HostError) -> Answer {
    match error {
        HostError::UnknownConnector(_) => unknown_connector(name),
        _ => answer::failure(ErrorCode::Internal, &message(error)),
    }
}

/// The answer when `config` was refused.
pub(super) fn of_put(error: &HostError, config: &ConnectorConfig) -> Answer {
    let message = not_a_number_of_tasks(error, config).unwrap_or_else(|| message(error));
    // What a Java worker does not find has a code of its own.
    let is_clients = matches!(error, HostError::DoesNotFit(_)) || is_about_the_name(error, config);
    let code = if is_clients { ErrorCode::BadRequest } else { ErrorCode::Internal };
    answer::failure(code, &message)
}

/// The answer to a change of a connector that there is not.
pub(super) fn unknown_connector(name: &str) -> Answer {
    answer::failure(ErrorCode::Internal, &format!("Connector [{name}] does not exist"))
}

fn message(error: &HostError) -> String {
    match error {
        HostError::SameConfig => "Connector with same config already exist.".to_owned(),
        HostError::MissingClass => "Request config key: connector.class".to_owned(),
        HostError::UnknownClass(unknown) => unknown_class(unknown),
        HostError::MissingTopics => "Config connect.topicnames cannot be empty".to_owned(),
        HostError::UnknownConnector(_)
        | HostError::Exists(_)
        | HostError::InvalidConfig(_)
        | HostError::DoesNotFit(_)
        | HostError::Class(_)
        | HostError::Store(_)
        | HostError::InDoubt(_)
        | HostError::ShuttingDown => causes(error),
    }
}

/// A Java worker adds where each class was loaded from, which is left out here.
fn unknown_class(unknown: &UnknownClass) -> String {
    let UnknownClass { name, ambiguous, available } = unknown;
    let classes = available.join(", ");
    if *ambiguous {
        format!("More than one connector matches alias {name}, give the full name of one of: {classes}")
    } else {
        format!(
            "Failed to find any class that implements Connector and which name matches {name}, \
             available connectors are: {classes}"
        )
    }
}

/// A `max.tasks` that is no whole number is refused in Java's words, when it is all that is wrong.
fn not_a_number_of_tasks(error: &HostError, config: &ConnectorConfig) -> Option<String> {
    let HostError::InvalidConfig(errors) = error else { return None };
    let value = config.get("max.tasks")?;
    let is_all = errors.0.iter().all(|e| e.key == "max.tasks");
    (is_all && java::parse_int(value).is_none()).then(|| java::not_an_int(value))
}

/// Whether the connector cannot have the consumer group that its name makes. Since the configuration says nothing of a group, it
/// is the name that is refused, as one that is too long is.
fn is_about_the_name(error: &HostError, config: &ConnectorConfig) -> bool {
    let HostError::InvalidConfig(errors) = error else { return false };
    let is_given = config.get(GROUP).is_some_and(|group| !group.trim().is_empty());
    !is_given && errors.0.iter().any(|error| error.key == GROUP)
}
