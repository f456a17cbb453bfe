//! Where a Java worker's answer is a defect, a better one is given: the list in `docs/compatibility.md`.

use crate::{
    fake_host::{COUNT_SINK, FILE_SINK},
    wire::Running,
};
use connector_api::ConfigError;
use runtime::host::{Host, HostError};

#[track_caller]
fn failure(code: u16, message: &str) -> String {
    serde_json::json!({"errorCode": code, "message": message}).to_string()
}

async fn check(path: &str, body: impl AsRef<[u8]>, code: u16, message: &str) {
    let answer = Running::start().await.post(path, body).await;
    assert_eq!((answer.status_line.as_str(), answer.body), ("HTTP/1.1 200 OK", failure(code, message)));
}

#[tokio::test]
async fn a_body_that_breaks_a_java_worker_is_malformed() {
    let malformed = "Failed! query param 'config' is malformed";
    check("/connectors/c", "null", 400, malformed).await;
    check("/connectors/c", r#"{"@type":"java.lang.Class","val":"x"}"#, 400, malformed).await;
    check("/connectors/c", r#"{1:2}"#, 400, malformed).await;
    let is_null = format!("{malformed}: the value of connector.class is null, give one or leave the key out");
    check("/connectors/c", r#"{"connector.class":null}"#, 400, &is_null).await;
    check("/connectors/c", r#"{"connector.class":NaN}"#, 400, &is_null).await;
}

#[tokio::test]
async fn an_unknown_class_is_answered_with_the_names_of_the_known_ones() {
    let message = "Failed to find any class that implements Connector and which name matches no.such.Connector, \
                   available connectors are: ";
    check(
        "/connectors/c",
        r#"{"connector.class":"no.such.Connector","connect.topicnames":"t"}"#,
        500,
        &format!("{message}{COUNT_SINK}, {FILE_SINK}"),
    )
    .await;
}

#[tokio::test]
async fn a_refused_creation_leaves_nothing_behind() {
    let running = Running::start().await;
    let body = format!(r#"{{"connector.class":"{COUNT_SINK}","connect.topicnames":"t","max.tasks":"abc"}}"#);
    assert_eq!(running.post("/connectors/c", body).await.body, failure(500, "For input string: \"abc\""));
    assert_eq!(running.get("/connectors/list").await.body, r#"{"status":200,"body":{}}"#);
}

#[tokio::test]
async fn a_word_of_the_paths_is_no_name() {
    for name in ["list", "stop", "pause", "resume", "stopAll", "pauseAll", "resumeAll"] {
        check(
            &format!("/connectors/{name}"),
            "{}",
            400,
            &format!("{name} is a word of the REST paths and cannot name a connector, choose another name"),
        )
        .await;
    }
    let long = "x".repeat(120);
    let message = "a connector's name has at most 119 characters, this one has 120";
    check(&format!("/connectors/{long}"), "{}", 400, message).await;
}

#[tokio::test]
async fn a_name_that_makes_no_consumer_group_is_a_bad_request() {
    let running = Running::start().await;
    let refuse = || {
        let error = ConfigError::new("task.group.id", "is no group");
        running.host.refuse(HostError::InvalidConfig(error.into()));
    };
    let refused = |code| failure(code, "task.group.id: is no group");
    refuse();
    assert_eq!(running.post("/connectors/a.b", "{}").await.body, refused(400));
    refuse();
    assert_eq!(running.get("/connectors/a.b?config={}").await.body, refused(400));
    refuse();
    assert_eq!(running.post("/connectors/a.b", r#"{"task.group.id":" "}"#).await.body, refused(400));
    // The configuration is wrong here and the name is not.
    refuse();
    assert_eq!(running.post("/connectors/a.b", r#"{"task.group.id":"g.h"}"#).await.body, refused(500));
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_the_target_is_a_bad_request() {
    let running = Running::start().await;
    let error = ConfigError::new("doris.topic2table.map", "there is no table shop.ordres");
    running.host.refuse(HostError::DoesNotFit(error.into()));
    let refused = failure(400, "doris.topic2table.map: there is no table shop.ordres");
    assert_eq!(running.post("/connectors/a", "{}").await.body, refused);
}

#[tokio::test]
async fn a_name_too_long_to_exist_is_unknown_everywhere() {
    let (running, long) = (Running::start().await, "x".repeat(120));
    for (verb, message) in [
        ("config", format!("Connector[{long}] does not exist")),
        ("status", format!("No status found for connector {long}")),
        ("pause", format!("Connector [{long}] does not exist")),
    ] {
        let answer = running.get(&format!("/connectors/{long}/{verb}")).await;
        assert_eq!(answer.body, failure(500, &message));
    }
}

#[tokio::test]
async fn no_answer_shows_a_password() {
    let running = Running::start().await;
    let body = format!(
        r#"{{"connector.class":"{FILE_SINK}","connect.topicnames":"t","password":"hunter2","max.tasks":1}}"#
    );
    let echo = running.post("/connectors/c", body).await.body;
    assert!(echo.contains(r#""password":"******""#) && echo.contains(r#""max.tasks":1"#), "{echo}");
    running.host.give_tasks("c", true);
    // The fake host gives its tasks the whole configuration, as a worker must not.
    running.host.connector("c", |connector| connector.tasks[0].shown.set("password", "******"));
    for path in [
        "/connectors/c/config",
        "/connectors/c/status",
        "/connectors/c/tasks",
        "/connectors/list",
        "/allocated/connectors",
        "/allocated/tasks",
        "/getConfigInfo",
        "/getAllocatedInfo",
        "/getAllocatedConnectors",
        "/getAllocatedTasks",
    ] {
        let answer = running.get(path).await.body;
        assert!(!answer.contains("hunter2"), "{path}: {answer}");
    }
    let stored = running.host.view().connectors.values().next().unwrap().config.clone();
    assert_eq!(stored.get("password"), Some("hunter2"));
}

#[tokio::test]
async fn a_password_given_as_a_number_is_masked_too() {
    let running = Running::start().await;
    let body = format!(r#"{{"connector.class":"{FILE_SINK}","connect.topicnames":"t","password":4711}}"#);
    let echo = running.post("/connectors/c", body).await.body;
    assert!(!echo.contains("4711"), "{echo}");
}

#[tokio::test]
async fn an_unknown_character_set_is_refused() {
    let running = Running::start().await;
    let request = "POST /connectors/c HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\
                   Content-Type: application/json; charset=EBCDIC\r\n\r\n{}";
    let message = "the body's character set is not known here, send it as UTF-8";
    assert_eq!(running.exchange(request).await.body, failure(400, message));
}
