//! Internal topics: what a Java worker left there, and what nobody can read.

use remoting::{OutgoingMessage, Queue, TopicSpec};
use runtime::host::{Host, State, TargetState};
use runtime::worker::Worker;

use crate::rig::{CLASS, DEADLINE, Rig, config, name, until};

const TOPIC: &str = "connector-config-topic";

/// base64 of the keys below, as a Java worker writes them.
const CONNECTOR_JAVA: &str = "Y29ubmVjdG9yLWphdmE=";
const TARGET_JAVA: &str = "dGFyZ2V0LXN0YXRlLWphdmE=";
const CONNECTOR_GONE: &str = "Y29ubmVjdG9yLWdvbmU=";
const TARGET_GONE: &str = "dGFyZ2V0LXN0YXRlLWdvbmU=";

/// Appends a record to the configuration topic without a word of ours.
async fn append(rig: &Rig, queue: i32, key: Option<&str>, body: &str) -> anyhow::Result<()> {
    let message = OutgoingMessage { keys: key.map(str::to_owned), ..OutgoingMessage::new(body.to_owned()) };
    rig.client.send(&Queue::new(TOPIC, "b", queue), &message).await?;
    Ok(())
}

fn connector_record(epoch: i64) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","optional":true,"fields":[{{"type":"string","optional":true,"field":"state"}},
        {{"type":"int64","optional":true,"field":"epoch"}},{{"type":"map","optional":true,"field":"properties",
        "keys":{{"type":"string","optional":true,"field":"x"}},"values":{{"type":"string","optional":true}}}}]}},
        "payload":{{"state":"STARTED","epoch":{epoch},"properties":{{"connector.class":"{CLASS}",
        "connect.topicnames":"t","max.tasks":"1"}}}}}}"#
    )
}

#[tokio::test]
async fn a_java_workers_connectors_are_taken_over_whatever_the_order_of_queues() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(TOPIC, 2)).await?;
    // Pause and delete stand in the queue that is read first, what they are about in the other.
    append(
        &rig,
        0,
        Some(TARGET_JAVA),
        r#"{"schema":null,"payload":{"state":"PAUSED","epoch":1700000000500}}"#,
    )
    .await?;
    append(&rig, 0, Some(TARGET_GONE), r#"{"schema":null,"payload":{"epoch":1700000000500,"deleted":true}}"#)
        .await?;
    append(&rig, 1, Some(CONNECTOR_JAVA), &connector_record(1_700_000_000_000)).await?;
    append(&rig, 1, Some(CONNECTOR_GONE), &connector_record(1_700_000_000_000)).await?;
    append(&rig, 1, None, "a message of somebody else").await?;

    let worker = rig.worker().await?;
    let names: Vec<_> = worker.view().connectors.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["java"]);
    until(&worker, "java", "it to be paused", |view| view.tasks[0].state == State::Paused).await?;
    worker.set_target(&name("java"), TargetState::Started).await?;
    worker.shutdown(DEADLINE).await;

    let worker = rig.worker().await?;
    let view = worker.view();
    assert_eq!(view.connectors[&name("java")].target, TargetState::Started, "our record is newer");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_torn_record_is_named_and_healed_by_a_whole_one() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(TOPIC, 1)).await?;
    append(&rig, 0, Some(CONNECTOR_GONE), &connector_record(1)).await?;
    append(&rig, 0, Some(CONNECTOR_JAVA), &connector_record(1)[..200]).await?;
    let error = Worker::start(rig.options()).await.expect_err("a record cannot be read").to_string();
    let place = "topic connector-config-topic, broker b, queue 0, offset 1 with key \"connector-java\"";
    assert!(error.contains(place), "{error}");

    append(&rig, 0, Some(CONNECTOR_JAVA), &connector_record(2)).await?;
    let worker = rig.worker().await?;
    assert!(worker.view().connectors.contains_key(&name("java")));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_record_of_a_later_version_is_not_guessed_at() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(TOPIC, 1)).await?;
    let message = OutgoingMessage {
        keys: Some(CONNECTOR_JAVA.to_owned()),
        properties: vec![("connect.format".to_owned(), "9".to_owned())],
        ..OutgoingMessage::new(connector_record(1))
    };
    rig.client.send(&Queue::new(TOPIC, "b", 0), &message).await?;
    let error = Worker::start(rig.options()).await.expect_err("a record cannot be read").to_string();
    assert!(error.contains("format 9") && error.contains("up to 1") && error.contains("offset 0"), "{error}");
    rig.stop().await;
    Ok(())
}

/// base64 of `status-task-c-0`
const TASK_STATUS: &str = "c3RhdHVzLXRhc2stYy0w";

/// The newest status with that key; null when there is none.
async fn newest(rig: &Rig, key: &str) -> anyhow::Result<serde_json::Value> {
    let messages = rig.messages("connector-status-topic").await?;
    let newest = messages.iter().rfind(|message| message.keys() == Some(key));
    newest.map_or(Ok(serde_json::Value::Null), |message| Ok(serde_json::from_slice(&message.body)?))
}

#[tokio::test]
async fn statuses_are_published_as_a_java_worker_does_it() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    let payload = test_support::wait::until(DEADLINE, "a status of the task that runs", async || {
        let value = newest(&rig, TASK_STATUS).await.map_err(|error| error.to_string())?;
        if value["payload"]["state"] == "RUNNING" {
            Ok(value["payload"].clone())
        } else {
            Err(value.to_string())
        }
    })
    .await?;
    assert_eq!(payload["worker_id"], "w1");
    assert!(payload["trace"].is_null() && payload["generation"].is_i64(), "{payload}");

    worker.shutdown(DEADLINE).await;
    let last = newest(&rig, TASK_STATUS).await?;
    assert_eq!(last["payload"]["state"], "UNASSIGNED", "the last status is there when the worker has ended");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_the_topic_has_not_taken_is_refused_and_not_done() -> anyhow::Result<()> {
    let mut rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    rig.stop_broker().await;
    let refused = worker.put_connector(name("c"), config(&[])).await.map_err(|error| error.to_string());
    assert!(refused.is_err(), "no broker has acknowledged it");
    assert!(worker.view().connectors.is_empty(), "{:?}", worker.view().connectors.keys());
    worker.shutdown(std::time::Duration::ZERO).await;
    rig.stop().await;
    Ok(())
}
