//! Changes. Invariant 4: success is answered only when the configuration topic has the change.

use super::{Asked, read};
use crate::{
    host::{Host, HostError, Restarted, TargetState},
    rest::{
        answer::{self, Answer},
        problem::{Code, Problem},
        request,
        route::RESERVED_NAMES,
    },
};
use connector_api::{ConnectorConfig, ConnectorName};
use hyper::{
    StatusCode,
    header::{HeaderValue, LOCATION},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// What a body that creates a connector has.
const MEMBERS: [&str; 3] = ["name", "config", "initial_state"];

/// `{"name":…,"config":{…},"initial_state":…}`: a connector that there was not.
pub(super) async fn create(host: &dyn Host, asked: &Asked<'_>) -> Result<Answer, Problem> {
    let body = object(asked)?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let bad = |message: String| Problem::new(Code::BadRequest, message);
    if let Some(key) = body.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        return Err(bad(format!("the body has a member {key:?}, and only {} are known", MEMBERS.join(", "))));
    }
    let Some(name) = text("name") else { return Err(bad("the body lacks \"name\", a text".to_owned())) };
    let Some(Value::Object(config)) = body.get("config") else {
        return Err(bad("the body lacks \"config\", an object".to_owned()));
    };
    let target = match (body.get("initial_state"), text("initial_state")) {
        (None | Some(Value::Null), _) => TargetState::Started,
        (_, Some("RUNNING")) => TargetState::Started,
        (_, Some("PAUSED")) => TargetState::Paused,
        (_, Some("STOPPED")) => TargetState::Stopped,
        (Some(other), _) => {
            return Err(bad(format!("initial_state: {other} is none of RUNNING, PAUSED, STOPPED")));
        }
    };
    let connector = new_name(name)?;
    let created = host.create_connector(connector, config_of(name, config)?, target).await;
    created.map_err(|error| Problem::of(name, &error))?;
    let mut answer = shown(host, name, StatusCode::CREATED)?;
    let location = format!("/connectors/{}", utf8_percent_encode(name, NON_ALPHANUMERIC));
    if let Ok(location) = HeaderValue::try_from(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    Ok(answer)
}

/// Creates a connector or replaces its configuration.
pub(super) async fn put_config(host: &dyn Host, name: &str, asked: &Asked<'_>) -> Result<Answer, Problem> {
    let config = config_of(name, &object(asked)?)?;
    put(host, name, config).await
}

/// Merges the members of the body into the configuration; one that is null is taken out.
pub(super) async fn patch_config(host: &dyn Host, name: &str, asked: &Asked<'_>) -> Result<Answer, Problem> {
    let patch = object(asked)?;
    let mut config = read::find(&host.view(), name)?.config.clone();
    let is_touched = |key: &str| patch.contains_key(key);
    config = config.iter().filter(|(key, _)| !is_touched(key)).collect();
    let kept: Map<_, _> = patch.into_iter().filter(|(_, value)| !value.is_null()).collect();
    for (key, value) in config_of(name, &kept)?.iter() {
        config.set(key, value);
    }
    put(host, name, config).await
}

async fn put(host: &dyn Host, name: &str, config: ConnectorConfig) -> Result<Answer, Problem> {
    let connector = new_name(name)?;
    let status = match host.view().connectors.contains_key(&connector) {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    match host.put_connector(connector, config).await {
        // Asked for again, it is what it is to be.
        Ok(_) | Err(HostError::SameConfig) => shown(host, name, status),
        Err(error) => Err(Problem::of(name, &error)),
    }
}

pub(super) async fn delete(host: &dyn Host, name: &str) -> Result<Answer, Problem> {
    let deleted = host.delete_connector(&known_name(name)?).await;
    deleted.map_err(|error| Problem::of(name, &error))?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn set_target(host: &dyn Host, name: &str, target: TargetState) -> Result<Answer, Problem> {
    let done = host.set_target(&known_name(name)?, target).await;
    done.map_err(|error| Problem::of(name, &error))?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

/// Starts again what `includeTasks` and `onlyFailed` choose. There is nothing of a connector beside its tasks that could be started.
pub(super) async fn restart(host: &dyn Host, name: &str, asked: &Asked<'_>) -> Result<Answer, Problem> {
    let (include_tasks, only_failed) = (asked.flag("includeTasks")?, asked.flag("onlyFailed")?);
    let connector = known_name(name)?;
    let which = match (include_tasks, only_failed) {
        (true, false) => Restarted::All,
        (true, true) => Restarted::Failed,
        (false, _) => Restarted::Connector,
    };
    host.restart(&connector, which).await.map_err(|error| Problem::of(name, &error))?;
    if !include_tasks {
        return Ok(answer::empty(StatusCode::NO_CONTENT));
    }
    let view = host.view();
    let status = read::status_of(name, read::find(&view, name)?, &view);
    Ok(answer::json(StatusCode::ACCEPTED, &status))
}

pub(super) async fn restart_task(host: &dyn Host, name: &str, task: &str) -> Result<Answer, Problem> {
    let number = read::find_task(&host.view(), name, task)?;
    let restarted = host.restart(&known_name(name)?, Restarted::Task(number)).await;
    restarted.map_err(|error| Problem::of(name, &error))?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// The connector as it is shown after a change.
fn shown(host: &dyn Host, name: &str, status: StatusCode) -> Result<Answer, Problem> {
    let view = host.view();
    Ok(answer::json(status, &read::info_of(name, read::find(&view, name)?)))
}

fn object(asked: &Asked<'_>) -> Result<Map<String, Value>, Problem> {
    let bad = |message: String| Problem::new(Code::BadRequest, message);
    let text = request::text(&asked.body, asked.headers);
    let text =
        text.ok_or_else(|| bad("the body's character set is not known here, send it as UTF-8".to_owned()))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(bad("the body is not a JSON object".to_owned())),
        Err(error) => Err(bad(format!("the body is not JSON: {error}"))),
    }
}

/// Texts, numbers and words as they are; a `name` has to be the connector's own, as Kafka Connect has it, and is left out.
fn config_of(name: &str, given: &Map<String, Value>) -> Result<ConnectorConfig, Problem> {
    let bad = |message: String| Problem::new(Code::BadRequest, message);
    let mut config = ConnectorConfig::default();
    for (key, value) in given {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => {
                return Err(bad(format!(
                    "the value of {key} is {value}, give a text, a number, true or false"
                )));
            }
        };
        match key.as_str() {
            "name" if text == name => {}
            "name" => {
                return Err(bad(format!(
                    "the configuration's name is {text:?}, and the connector's {name:?}"
                )));
            }
            _ => config.set(key, text),
        }
    }
    Ok(config)
}

/// The name of a connector that may not exist yet.
fn new_name(name: &str) -> Result<ConnectorName, Problem> {
    if RESERVED_NAMES.contains(&name) {
        let message =
            format!("{name} is a word of the REST paths and cannot name a connector, choose another name");
        return Err(Problem::new(Code::BadRequest, message));
    }
    name.parse()
        .map_err(|invalid: connector_api::InvalidName| Problem::new(Code::BadRequest, invalid.to_string()))
}

/// The name of a connector that exists, if it can be one's.
fn known_name(name: &str) -> Result<ConnectorName, Problem> {
    name.parse().map_err(|_| Problem::no_connector(name))
}
