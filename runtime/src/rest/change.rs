//! Changes: create or replace, stop (which deletes), pause, resume.
//!
//! Invariant 4: success is answered only when the configuration topic has the change, which is what the host's `Ok` says.

use super::{
    answer::{self, Answer, ErrorCode},
    java,
    json::{self, Json, Object},
    refusal,
    route::RESERVED_NAMES,
};
use crate::host::{Host, HostError, TargetState};
use connector_api::{ConnectorConfig, ConnectorName};

/// Creates or replaces a connector from the text of its configuration, and echoes it.
pub(super) async fn put(host: &dyn Host, name: &str, config: &str) -> Answer {
    match try_put(host, name, config).await {
        Ok(echo) => answer::success(&echo),
        Err(refusal) => refusal,
    }
}

async fn try_put(host: &dyn Host, name: &str, text: &str) -> Result<Object, Answer> {
    let bad_request = |message: &str| answer::failure(ErrorCode::BadRequest, message);
    if text.trim().is_empty() {
        return Err(bad_request("Failed! query param 'config' is required "));
    }
    let mut given = json::parse_object(text).map_err(|problem| {
        tracing::debug!(connector = name, %problem, "malformed configuration");
        bad_request("Failed! query param 'config' is malformed")
    })?;
    let config = stored(&given).map_err(|key| {
        bad_request(&format!(
            "Failed! query param 'config' is malformed: the value of {key} is null, give one or leave the key out"
        ))
    })?;
    if RESERVED_NAMES.contains(&name) {
        return Err(bad_request(&format!(
            "{name} is a word of the REST paths and cannot name a connector, choose another name"
        )));
    }
    let connector: ConnectorName =
        name.parse().map_err(|invalid: connector_api::InvalidName| bad_request(&invalid.to_string()))?;
    let put = host.put_connector(connector, config.clone()).await;
    let shown = put.map_err(|error| refusal::of_put(&error, &config))?;
    mask(&config, &shown, &mut given);
    Ok(given)
}

/// The text of each value, or the key whose value is null.
fn stored(given: &Object) -> Result<ConnectorConfig, &str> {
    given.iter().map(|(key, value)| Ok((key, value.stored().ok_or(key)?))).collect()
}

/// Invariant 6: what is not to be shown is not echoed either.
fn mask(config: &ConnectorConfig, shown: &ConnectorConfig, echo: &mut Object) {
    for (key, value) in echo.iter_mut() {
        match shown.get(key) {
            Some(text) if Some(text) != config.get(key) => *value = Json::String(text.to_owned()),
            _ => {}
        }
    }
}

pub(super) async fn stop(host: &dyn Host, name: &str) -> Answer {
    // As with a standalone Java worker, what is not there is as good as deleted.
    let Ok(connector) = name.parse() else { return done(name, "deleted") };
    match delete(host, &connector).await {
        Ok(()) => done(name, "deleted"),
        Err(error) => refusal::of(name, &error),
    }
}

pub(super) async fn pause(host: &dyn Host, name: &str) -> Answer {
    set_target(host, name, TargetState::Paused, "paused").await
}

pub(super) async fn resume(host: &dyn Host, name: &str) -> Answer {
    set_target(host, name, TargetState::Started, "resumed").await
}

pub(super) async fn stop_all(host: &dyn Host) -> Answer {
    let connectors = connectors(host);
    if connectors.is_empty() {
        return nothing_to("deleted");
    }
    for connector in &connectors {
        if let Err(error) = delete(host, connector).await {
            return refusal::of(connector.as_str(), &error);
        }
    }
    let names: Vec<_> = connectors.iter().map(ConnectorName::as_str).collect();
    answer::success(format!("[{}] connectors are deleted", names.join(", ")))
}

pub(super) async fn pause_all(host: &dyn Host) -> Answer {
    set_all(host, TargetState::Paused, "paused", "suspended").await
}

pub(super) async fn resume_all(host: &dyn Host) -> Answer {
    set_all(host, TargetState::Started, "resumed", "resumed").await
}

async fn set_all(host: &dyn Host, target: TargetState, verb: &str, done: &str) -> Answer {
    let connectors = connectors(host);
    if connectors.is_empty() {
        return nothing_to(verb);
    }
    for connector in &connectors {
        match host.set_target(connector, target).await {
            // Deleted meanwhile.
            Ok(()) | Err(HostError::UnknownConnector(_)) => {}
            Err(error) => return refusal::of(connector.as_str(), &error),
        }
    }
    answer::success(format!("{} connectors are {done}", connectors.len()))
}

async fn delete(host: &dyn Host, connector: &ConnectorName) -> Result<(), HostError> {
    match host.delete_connector(connector).await {
        Err(HostError::UnknownConnector(_)) => Ok(()),
        other => other,
    }
}

async fn set_target(host: &dyn Host, name: &str, target: TargetState, verb: &str) -> Answer {
    // Nothing can be called what is no name.
    let Ok(connector) = name.parse() else { return refusal::unknown_connector(name) };
    match host.set_target(&connector, target).await {
        Ok(()) => done(name, verb),
        Err(error) => refusal::of(name, &error),
    }
}

fn done(name: &str, verb: &str) -> Answer {
    answer::success(format!("Connector [{name}] {verb} successfully"))
}

fn nothing_to(verb: &str) -> Answer {
    answer::success(format!("No connector needs to be {verb}, please add connector first"))
}

/// All connectors, in Java's order.
fn connectors(host: &dyn Host) -> Vec<ConnectorName> {
    let names = host.view().connectors.keys().cloned().collect();
    java::hash_map_order(names, |name: &ConnectorName| name.as_str())
}
