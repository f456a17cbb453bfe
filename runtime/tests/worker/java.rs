//! What a Java worker left in internal topics, and what it would find there.

use remoting::TopicSpec;
use runtime::host::{Host, State, TargetState};
use runtime::worker::{Worker, WorkerOptions};
use serde_json::{Value, json};
use test_support::wait;

use crate::records::{
    CONFIGS, OFFSETS, STATUSES, append, connector, connector_of_tasks, deletion, old_deletion, records,
    target,
};
use crate::rig::{DEADLINE, Rig, config, name, until, until_running};

/// What a Java worker may have written in its life, with what came of it beside.
fn java_records() -> Vec<(&'static str, String)> {
    vec![
        ("connector-paused", connector(1000)),
        ("target-state-paused", target("PAUSED", 1500)),
        ("connector-resumed", connector(1000)),
        ("target-state-resumed", target("PAUSED", 1500)),
        ("target-state-resumed", target("STARTED", 1600)),
        ("connector-with-dashes-0", connector(1000)),
        ("target-state-with-dashes-0", target("PAUSED", 900)),
        ("connector-updated", connector_of_tasks(1, 1000)),
        ("connector-updated", connector_of_tasks(3, 2000)),
        ("connector-deleted", connector(1000)),
        ("target-state-deleted", deletion(1500)),
        ("connector-deleted-then", connector(1000)),
        ("delete-deleted-then", old_deletion(1500)),
        ("connector-created-again", connector(1000)),
        ("target-state-created-again", deletion(1500)),
        ("connector-created-again", connector(2000)),
        // No reader takes note of these.
        ("target-state-never-there", target("PAUSED", 1500)),
        (
            "task-paused-0",
            r#"{"schema":{"type":"struct"},"payload":{"epoch":1,"properties":{"a":"b"}}}"#.to_owned(),
        ),
        ("start-signal", r#"{"schema":{"type":"struct"},"payload":{"start-signal":"start"}}"#.to_owned()),
    ]
}

#[tokio::test]
async fn its_connectors_are_taken_over_whatever_the_order_of_queues() -> anyhow::Result<()> {
    const QUEUES: usize = 3;
    let rig = Rig::start(1).await?;
    for arrangement in 0..6 {
        let topic = format!("configs-{arrangement}");
        rig.client.create_topic(&TopicSpec::new(&*topic, i32::try_from(QUEUES)?)).await?;
        let mut all: Vec<_> = java_records().into_iter().enumerate().collect();
        all.rotate_left(arrangement * 3);
        if arrangement % 2 == 1 {
            all.reverse();
        }
        for (number, (key, body)) in all {
            let queue = i32::try_from((number * 7 + arrangement) % QUEUES)?;
            append(&rig, (&topic, queue), key, body).await?;
        }
        let worker = Worker::start(WorkerOptions { config_topic: topic, ..rig.options() }).await?;
        let view = worker.view();
        let found: Vec<_> = view
            .connectors
            .iter()
            .map(|(name, view)| (name.to_string(), view.target, view.tasks.len()))
            .collect();
        let expected = [
            ("created-again", TargetState::Started, 1),
            ("paused", TargetState::Paused, 1),
            ("resumed", TargetState::Started, 1),
            ("updated", TargetState::Started, 3),
            ("with-dashes-0", TargetState::Started, 1),
        ];
        assert_eq!(
            found,
            expected.map(|(name, target, tasks)| (name.to_owned(), target, tasks)),
            "{arrangement}"
        );
        worker.shutdown(DEADLINE).await;
    }
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_connector_that_was_taken_over_is_changed_past_its_epoch() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 2)).await?;
    // The clock of the Java worker was far ahead.
    let ahead = 9_000_000_000_000;
    append(&rig, (CONFIGS, 0), "target-state-java", target("PAUSED", ahead + 1)).await?;
    append(&rig, (CONFIGS, 1), "connector-java", connector(ahead)).await?;
    rig.client
        .send(&remoting::Queue::new(CONFIGS, "b", 1), &remoting::OutgoingMessage::new("somebody else's"))
        .await?;
    let worker = rig.worker().await?;
    until(&worker, "java", "it to be paused", |view| view.tasks[0].state == State::Paused).await?;
    worker.set_target(&name("java"), TargetState::Started).await?;
    worker.shutdown(DEADLINE).await;

    let worker = rig.worker().await?;
    assert_eq!(worker.view().connectors[&name("java")].target, TargetState::Started, "our record is newer");
    worker.delete_connector(&name("java")).await?;
    worker.shutdown(DEADLINE).await;
    let worker = rig.worker().await?;
    assert!(worker.view().connectors.is_empty());
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

fn schema(fields: &[(&str, &str)]) -> Value {
    let field = |(name, kind): &(&str, &str)| match *kind {
        "map" => {
            let text = json!({"type": "string", "optional": true});
            json!({"type": "map", "optional": true, "keys": text, "values": text, "field": name})
        }
        kind => json!({"type": kind, "optional": true, "field": name}),
    };
    json!({"type": "struct", "optional": true, "fields": fields.iter().map(field).collect::<Vec<_>>()})
}

#[tokio::test]
async fn what_is_written_has_the_form_that_it_reads() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;
    worker.set_target(&name("c"), TargetState::Paused).await?;
    worker.set_target(&name("c"), TargetState::Started).await?;
    worker.put_connector(name("c"), config(&[("max.tasks", "2")])).await?;
    worker.delete_connector(&name("c")).await?;
    worker.shutdown(DEADLINE).await;

    let all = records(&rig, CONFIGS).await?;
    let connector = schema(&[("state", "string"), ("epoch", "int64"), ("properties", "map")]);
    let target = schema(&[("state", "string"), ("epoch", "int64")]);
    // A deletion is recognised by exactly these fields in this order.
    let deletion = schema(&[("epoch", "int64"), ("deleted", "boolean")]);
    let expected = [
        ("connector-c", &connector, Some("STARTED"), None),
        ("target-state-c", &target, Some("PAUSED"), None),
        ("target-state-c", &target, Some("STARTED"), None),
        ("connector-c", &connector, Some("STARTED"), None),
        ("target-state-c", &deletion, None, Some(true)),
    ];
    let found: Vec<_> = all
        .iter()
        .map(|record| {
            let payload = &record.body["payload"];
            let (state, deleted) = (payload["state"].as_str(), payload["deleted"].as_bool());
            (record.key.as_str(), &record.body["schema"], state, deleted)
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(all[3].body["payload"]["properties"]["max.tasks"], "2", "all values are text");
    let epochs: Vec<_> = all.iter().map(|record| record.body["payload"]["epoch"].as_i64()).collect();
    assert!(epochs[0].is_some() && epochs.windows(2).all(|pair| pair[0] < pair[1]), "{epochs:?}");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn statuses_are_published_in_the_form_that_it_reads() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    wait::until(DEADLINE, "a status of the task that runs", async || {
        let all = records(&rig, STATUSES).await.map_err(|error| error.to_string())?;
        let running = |record: &&crate::records::Record| record.body["payload"]["state"] == "RUNNING";
        all.iter()
            .filter(running)
            .find(|record| record.key == "status-task-c-0")
            .map(drop)
            .ok_or(format!("{all:?}"))
    })
    .await?;
    worker.shutdown(DEADLINE).await;

    let all = records(&rig, STATUSES).await?;
    let form =
        schema(&[("state", "string"), ("trace", "string"), ("worker_id", "string"), ("generation", "int64")]);
    for record in &all {
        let payload = &record.body["payload"];
        assert_eq!((&record.body["schema"], &payload["worker_id"]), (&form, &json!("w1")));
        assert!(payload["trace"].is_null(), "{record:?}");
    }
    for key in ["status-connector-c", "status-task-c-0"] {
        let of_key = || all.iter().filter(|record| record.key == key);
        let generations: Vec<_> =
            of_key().map(|record| record.body["payload"]["generation"].as_i64()).collect();
        // One that is not greater than the last is not taken note of.
        assert!(generations[0].is_some() && generations.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
    }
    let last = all.iter().rfind(|record| record.key == "status-task-c-0");
    assert_eq!(
        last.map(|record| &record.body["payload"]["state"]),
        Some(&json!("UNASSIGNED")),
        "the last status is there when the worker has ended"
    );
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn positions_of_its_source_connectors_are_left_alone() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(OFFSETS, 1)).await?;
    let key = r#"{"schema":null,"payload":["POSITION_CHANG","c",{"file":"a.txt"}]}"#;
    append(&rig, (OFFSETS, 0), key, r#"{"schema":null,"payload":{"nextPosition":5}}"#).await?;
    append(&rig, (OFFSETS, 0), r#"{"schema":null,"payload":["ONLINE",null,{}]}"#, "{}").await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
