//! Invariant 7: what cannot be read in an internal topic is named, and never taken for "nothing there".

mod configs;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use connector_api::{QueueId, QueueOffset};
use remoting::TopicSpec;
use runtime::host::{Host, State};
use runtime::store::{ConfigStore, Lost, OffsetStore, Progress, Republish};
use runtime::worker::{Worker, WorkerOptions};
use test_support::wait;

use crate::log;
use crate::records::{
    AGAIN, CONFIGS, NEWER, OFFSETS, STATUSES, append, append_with, connector, newest, records,
};
use crate::rest::Rest;
use crate::rig::{DEADLINE, OTHER, Rig, config, name, until, until_failed, until_running, until_taken};

/// Key of how far connector `c` is in queue 0 of topic `t`.
const OFFSET_OF_C: &str = "sink-offset-c/t/b/0";

async fn why_it_does_not_start(rig: &Rig) -> anyhow::Result<String> {
    let started = Worker::start(rig.options()).await;
    Ok(started.err().context("it has started")?.to_string())
}

/// Options with which records are published again all the time.
fn restless(rig: &Rig) -> WorkerOptions {
    WorkerOptions { snapshot_interval: Duration::from_millis(1), ..rig.options() }
}

#[tokio::test]
async fn a_record_of_a_later_version_is_not_guessed_at() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 1)).await?;
    append_with(&rig, (CONFIGS, 0), "connector-java", connector(1), &[NEWER]).await?;
    let error = why_it_does_not_start(&rig).await?;
    let place = format!("topic {CONFIGS}, broker b, queue 0, offset 0");
    assert!(error.contains("format 9") && error.contains("up to 1") && error.contains(&place), "{error}");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_torn_word_about_one_queue_holds_up_no_other_connector() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    worker.put_connector(name("other"), config(&[("connector.class", OTHER)])).await?;
    rig.send(0, 0..5).await?;
    until_taken(&rig.script, 5).await?;
    until_taken(&rig.other, 5).await?;
    worker.shutdown(DEADLINE).await;
    let whole = newest(&rig, OFFSETS, OFFSET_OF_C).await?.context("its progress")?.body.to_string();
    for (body, properties) in [(&whole[..whole.len() / 2], &[] as &[_]), ("{}", &[NEWER])] {
        let torn = append_with(&rig, (OFFSETS, 0), OFFSET_OF_C, body, properties).await?;
        let worker = rig.worker().await?;
        let cause = until_failed(&worker, "c").await?;
        let place = format!("topic connector-offset-topic, broker b, queue 0, offset {torn} cannot be read");
        assert!(cause.contains(&place), "{cause}");
        until_running(&worker, "other").await?;
        assert_eq!(rig.script.bodies().len(), 5, "nothing comes a second time");
        append(&rig, (OFFSETS, 0), OFFSET_OF_C, &whole).await?;
        until_running(&worker, "c").await?;
        worker.shutdown(DEADLINE).await;
    }
    assert_eq!(rig.script.bodies().len(), 5, "nothing came a second time");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_torn_word_about_one_queue_holds_up_no_other_queue() -> anyhow::Result<()> {
    let rig = Rig::start(2).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    rig.send(0, 0..5).await?;
    until_taken(&rig.script, 5).await?;
    worker.shutdown(DEADLINE).await;
    let whole = newest(&rig, OFFSETS, OFFSET_OF_C).await?.context("its progress")?.body.to_string();
    // What is about another queue says nothing of this one.
    let of_another = whole.replace(r#""queue":0"#, r#""queue":1"#);
    for body in [&whole[..whole.len() / 2], &of_another] {
        append(&rig, (OFFSETS, 0), OFFSET_OF_C, body).await?;
    }
    let worker = rig.worker().await?;
    let view = until(&worker, "c", "the other queue to be read", |view| {
        view.tasks[0].state == State::Running && view.tasks[0].trace.is_some()
    })
    .await?;
    let trace = view.tasks[0].trace.clone().unwrap_or_default();
    assert!(
        trace.contains("t/b/0 cannot be read at the moment: a record at ")
            && trace.contains("not what its key promises"),
        "{trace}"
    );
    rig.send(0, 5..7).await?;
    rig.send(1, 7..9).await?;
    assert_eq!(until_taken(&rig.script, 7).await?[5..], ["7", "8"]);
    append(&rig, (OFFSETS, 0), OFFSET_OF_C, &whole).await?;
    assert_eq!(until_taken(&rig.script, 9).await?[7..], ["5", "6"]);
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_later_versions_word_about_a_queue_ends_its_task_and_is_not_overwritten() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = Worker::start(restless(&rig)).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    rig.send(0, 0..5).await?;
    until_taken(&rig.script, 5).await?;
    until_running(&worker, "c").await?;
    let whole = newest(&rig, OFFSETS, OFFSET_OF_C).await?.context("its progress")?.body.to_string();

    let at = append_with(&rig, (OFFSETS, 0), OFFSET_OF_C, "{}", &[NEWER]).await?;
    let cause = until_failed(&worker, "c").await?;
    let place =
        format!("a record at topic connector-offset-topic, broker b, queue 0, offset {at} cannot be read");
    assert!(cause.contains(&place) && cause.contains("format 9"), "{cause}");
    rig.send(0, 5..9).await?;
    until(&worker, "c", "it to fail again", |view| {
        view.tasks[0].state == State::Failed
            && view.tasks[0].restart.is_some_and(|restart| restart.attempt > 2)
    })
    .await?;
    let behind: Vec<_> =
        records(&rig, OFFSETS).await?.into_iter().filter(|record| record.offset > at).collect();
    let claims = behind.iter().filter(|record| record.body["payload"]["progress"].is_null()).count();
    assert_eq!(claims, 0, "nobody knows from whom the queue would be taken");
    assert!(behind.len() <= 2, "no more than was under way when it came: {behind:?}");
    assert_eq!(rig.script.bodies().len(), 5);

    append(&rig, (OFFSETS, 0), OFFSET_OF_C, whole).await?;
    assert_eq!(until_taken(&rig.script, 9).await?.len(), 9, "a whole record heals it");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_is_written_behind_a_record_that_cannot_be_read_does_not_count() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let configs = ConfigStore::open(rig.client.clone(), CONFIGS, DEADLINE).await?;
    let republish = Republish { connectors: configs.names(), interval: DEADLINE };
    let store = OffsetStore::open(rig.client.clone(), OFFSETS, "w1", republish).await?;
    let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
    let claim = store.claim(&name("c"), &queue).await?;
    let lease = claim.begin(Progress::begin(QueueOffset::default(), 1));
    lease.store().await?;

    append_with(&rig, (OFFSETS, 0), OFFSET_OF_C, "{}", &[NEWER]).await?;
    lease.change(|progress| progress.resume = progress.resume.next());
    let stored = lease.store().await;
    assert!(matches!(stored, Err(Lost::Unreadable { .. })), "{stored:?}");
    let claimed = store.claim(&name("c"), &queue).await.map(|_| ());
    assert!(matches!(claimed, Err(Lost::Unreadable { .. })), "{claimed:?}");
    store.claim(&name("other"), &queue).await?;
    drop(store);
    let republish = Republish { connectors: configs.names(), interval: DEADLINE };
    let store = OffsetStore::open(rig.client.clone(), OFFSETS, "w2", republish).await?;
    let claimed = store.claim(&name("c"), &queue).await.map(|_| ());
    assert!(
        matches!(claimed, Err(Lost::Unreadable { .. })),
        "also for who reads it from the beginning: {claimed:?}"
    );
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn nothing_depends_on_what_the_status_topic_says() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(STATUSES, 1)).await?;
    append(&rig, (STATUSES, 0), "status-task-c-0", "{\"sch").await?;
    append_with(&rig, (STATUSES, 0), "status-connector-c", "{}", &[NEWER]).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    let messages = rig.messages(STATUSES).await?;
    assert!(messages.iter().skip(2).any(|message| message.keys() == Some("c3RhdHVzLXRhc2stYy0w")));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_offset_topic_that_is_gone_is_told() -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start(1).await?;
    let topic = "offsets-that-are-gone";
    let options = || WorkerOptions { offset_topic: topic.to_owned(), ..rig.options() };
    let says_so =
        || log::lines().lines().any(|line| line.contains("the offset topic is gone") && line.contains(topic));
    let worker = Worker::start(options()).await?;
    assert!(!says_so(), "there never was one");
    worker.put_connector(name("c"), config(&[])).await?;
    worker.shutdown(DEADLINE).await;
    rig.client.delete_topic(topic).await?;
    let worker = Worker::start(options()).await?;
    assert!(says_so());
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
