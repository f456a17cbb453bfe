//! Kafka Connect's vocabulary.

use crate::{fake_host::COUNT_SINK, wire::Running};
use runtime::host::{Host, HostError, Restarted, State};
use serde_json::{Value, json};

/// The answer's status and its body as JSON; null when it is empty.
async fn ask(running: &Running, request: &str, body: &str) -> (u16, Value) {
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = running.exchange(request).await;
    let status = answer.status_line.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if answer.body.is_empty() { Value::Null } else { serde_json::from_str(&answer.body).unwrap() };
    (status, body)
}

fn config() -> Value {
    json!({"connector.class": COUNT_SINK, "connect.topicnames": "t", "password": "secret"})
}

/// With connector `c`, which has one task.
async fn with_one() -> Running {
    let running = Running::start().await;
    let (status, _) = ask(&running, "PUT /connectors/c/config", &config().to_string()).await;
    assert_eq!(status, 201);
    running.host.give_tasks("c", true);
    running
}

fn problem(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({"error_code": status, "code": code, "message": message}))
}

#[tokio::test]
async fn the_root_tells_the_version() {
    let (status, body) = ask(&Running::start().await, "GET /", "").await;
    assert_eq!((status, &body["version"]), (200, &json!(env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn connectors_are_listed_and_expanded() {
    let running = with_one().await;
    assert_eq!(ask(&running, "GET /connectors", "").await, (200, json!(["c"])));
    running.host.connector("c", |connector| {
        connector.tasks[0].state = State::Failed;
        connector.tasks[0].trace = Some("why".to_owned());
    });
    let (_, expanded) = ask(&running, "GET /connectors?expand=status&expand=info&expand=more", "").await;
    let status = json!({
        "name": "c", "type": "sink",
        "connector": {"state": "RUNNING", "worker_id": "standalone-worker"},
        "tasks": [{"id": 0, "state": "FAILED", "worker_id": "standalone-worker", "trace": "why"}],
    });
    assert_eq!(expanded["c"]["status"], status);
    assert_eq!(expanded["c"]["info"]["config"]["password"], "******");
    assert_eq!(expanded["c"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn a_connector_is_created_once() {
    let running = Running::start().await;
    let body = json!({"name": "a/b", "config": config(), "initial_state": "STOPPED"}).to_string();
    let length = body.len();
    let answer = running
        .exchange(format!(
            "POST /connectors HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
    assert_eq!(answer.status_line, "HTTP/1.1 201 Created");
    let location = answer.headers.iter().find(|(name, _)| name == "Location");
    assert_eq!(location.map(|(_, value)| value.as_str()), Some("/connectors/a%2Fb"));
    let shown = json!({"connector.class": COUNT_SINK, "connect.topicnames": "t", "password": "******"});
    let info = json!({"name": "a/b", "config": shown, "tasks": [], "type": "sink"});
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), info);
    assert_eq!(ask(&running, "GET /connectors/a%2Fb", "").await, (200, info));
    assert_eq!(running.host.view().connectors[&"a/b".parse().unwrap()].state, State::Stopped);

    let (status, again) = ask(&running, "POST /connectors", &body).await;
    assert_eq!((status, &again["code"]), (409, &json!("connector_exists")));
}

#[tokio::test]
async fn a_configuration_is_replaced_and_merged() {
    let running = with_one().await;
    let config_now = || running.host.view().connectors[&"c".parse().unwrap()].config.clone();
    let mut other = config();
    (other["max.tasks"], other["errors.log.enable"], other["name"]) = (json!(2), json!(true), json!("c"));
    assert_eq!(ask(&running, "PUT /connectors/c/config", &other.to_string()).await.0, 200);
    assert_eq!(ask(&running, "PUT /connectors/c/config", &other.to_string()).await.0, 200, "the same again");
    assert_eq!(config_now().get("max.tasks"), Some("2"));
    assert_eq!(config_now().get("name"), None);
    let patch = r#"{"max.tasks":null,"connect.topicnames":"u"}"#;
    let (status, info) = ask(&running, "PATCH /connectors/c/config", patch).await;
    assert_eq!((status, &info["config"]["connect.topicnames"]), (200, &json!("u")));
    let now = config_now();
    let keys = ["max.tasks", "connect.topicnames", "password", "errors.log.enable"].map(|key| now.get(key));
    assert_eq!(keys, [None, Some("u"), Some("secret"), Some("true")]);
    assert_eq!(ask(&running, "PATCH /connectors/x/config", patch).await.0, 404);
}

#[tokio::test]
async fn states_are_ordered_and_a_connector_is_deleted() {
    let running = with_one().await;
    let state = || running.host.view().connectors[&"c".parse().unwrap()].state;
    for (word, expected) in [("pause", State::Paused), ("stop", State::Stopped), ("resume", State::Running)] {
        assert_eq!(ask(&running, &format!("PUT /connectors/c/{word}"), "").await, (202, Value::Null));
        assert_eq!(state(), expected);
    }
    assert_eq!(ask(&running, "DELETE /connectors/c", "").await, (204, Value::Null));
    let missing = json!({
        "error_code": 404, "code": "connector_not_found", "message": "Connector c not found",
        "hint": "GET /connectors lists the connectors there are",
    });
    for request in
        ["DELETE /connectors/c", "PUT /connectors/c/pause", "GET /connectors/c", "POST /connectors/c/restart"]
    {
        assert_eq!(ask(&running, request, "").await, (404, missing.clone()), "{request}");
    }
}

#[tokio::test]
async fn what_is_restarted_is_chosen() {
    let running = with_one().await;
    for (request, status) in [
        ("POST /connectors/c/restart", 204),
        ("POST /connectors/c/restart?onlyFailed=true", 204),
        ("POST /connectors/c/restart?includeTasks=true", 202),
        ("POST /connectors/c/restart?includeTasks=true&onlyFailed=true", 202),
        ("POST /connectors/c/tasks/0/restart", 204),
    ] {
        assert_eq!(ask(&running, request, "").await.0, status, "{request}");
    }
    let expected =
        [Restarted::Connector, Restarted::Connector, Restarted::All, Restarted::Failed, Restarted::Task(0)];
    assert_eq!(*running.host.restarts.lock().unwrap(), expected);
    let absent = ask(&running, "POST /connectors/c/tasks/1/restart", "").await;
    assert_eq!(absent, problem(404, "task_not_found", "Task c-1 not found: the connector has 1 tasks"));
    let yes = ask(&running, "POST /connectors/c/restart?includeTasks=yes", "").await;
    let message = "query parameter includeTasks: \"yes\" is neither true nor false";
    assert_eq!(yes, problem(400, "bad_request", message));
}

#[tokio::test]
async fn a_refusal_says_where_and_what_to_do() {
    let running = with_one().await;
    let (status, wrong) = ask(&running, "PATCH /connectors/c/config", r#"{"max.tasks":"many"}"#).await;
    assert_eq!((status, &wrong["code"]), (400, &json!("invalid_config")));
    assert_eq!(wrong["errors"][0]["key"], "max.tasks");
    running.host.refuse(HostError::Store("no broker".into()));
    let (status, unstored) = ask(&running, "PUT /connectors/c/stop", "").await;
    assert_eq!((status, &unstored["code"]), (503, &json!("not_stored")));
    for (body, message) in [
        ("", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "the body is not a JSON object"),
        (r#"{"config":{}}"#, "the body lacks \"name\", a text"),
        (r#"{"name":"x"}"#, "the body lacks \"config\", an object"),
        (r#"{"name":"x","config":{"a":[1]}}"#, "the value of a is [1], give a text, a number, true or false"),
        (
            r#"{"name":"x","config":{"name":"y"}}"#,
            "the configuration's name is \"y\", and the connector's \"x\"",
        ),
        (
            r#"{"name":"x","config":{},"initial_state":"ON"}"#,
            "initial_state: \"ON\" is none of RUNNING, PAUSED, STOPPED",
        ),
        (
            r#"{"name":"x","conf":{}}"#,
            "the body has a member \"conf\", and only name, config, initial_state are known",
        ),
    ] {
        assert_eq!(
            ask(&running, "POST /connectors", body).await,
            problem(400, "bad_request", message),
            "{body}"
        );
    }
}

#[test]
fn the_page_names_tests_that_there_are() {
    let (page, tests) = (include_str!("../../../docs/rest.md"), include_str!("kafka.rs"));
    let named: Vec<_> = page
        .split("](../runtime/tests/rest/kafka.rs#")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(name, _)| name)
        .collect();
    assert!(named.len() > 8, "{named:?}");
    for name in named {
        assert!(tests.contains(&format!("async fn {name}()")), "there is no test {name}");
    }
}
