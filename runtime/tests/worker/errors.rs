//! Records and batches that a sink does not take.

use connector_api::SinkError;
use remoting::{TopicPermission, TopicSpec};
use runtime::host::{Host, State, TaskPhase};
use runtime::worker::WorkerHandle;
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name, until, until_failed, until_running, until_taken};
use crate::script::Act;

/// The offset that the group `connect-c` has committed for the only queue.
async fn committed(rig: &Rig) -> anyhow::Result<Option<i64>> {
    Ok(rig.client.query_offset("connect-c", &remoting::Queue::new("t", "b", 0)).await?)
}

async fn deliver(rig: &Rig, bodies: &[&str], more: &[(&str, &str)]) -> anyhow::Result<WorkerHandle> {
    rig.send_bodies(0, bodies.iter().copied()).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(more)).await?;
    Ok(worker)
}

const BYTES: (&str, &str) = ("value.converter", "ByteArrayConverter");

#[tokio::test]
async fn a_refused_record_fails_the_task_which_names_it_and_commits_nothing_past_it() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Refuse("bad"));
    let worker = deliver(&rig, &["a", "b", "bad", "c"], &[]).await?;
    let cause = until_failed(&worker, "c").await?;
    for part in ["offset 2", "topic t", "broker b", "queue 0", "\"bad\" is refused", "errors.tolerance"] {
        assert!(cause.contains(part), "{part:?} is not in {cause:?}");
    }
    worker.shutdown(DEADLINE).await;
    assert_eq!(committed(&rig).await?, Some(2));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_record_that_cannot_be_converted_lets_those_before_it_pass() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let more = [("value.converter", "JsonConverter"), ("value.converter.schemas.enable", "false")];
    let worker = deliver(&rig, &["1", "2", "hello", "4"], &more).await?;
    let cause = until_failed(&worker, "c").await?;
    assert!(cause.contains("offset 2 of topic t") && cause.contains("JsonConverter"), "{cause}");
    assert_eq!(rig.script.bodies(), ["1", "2"]);
    worker.shutdown(DEADLINE).await;
    assert_eq!(committed(&rig).await?, Some(2));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn with_tolerance_all_a_refused_record_is_skipped() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Refuse("bad"));
    let worker =
        deliver(&rig, &["a", "bad", "c"], &[("errors.tolerance", "ALL"), ("errors.log.enable", "true")])
            .await?;
    assert_eq!(until_taken(&rig.script, 2).await?, ["a", "c"]);
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    assert_eq!(committed(&rig).await?, Some(3));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn more_bad_records_than_tolerated_stop_the_task_and_none_of_them_is_given_up() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Refuse("bad"));
    let dead = [
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("errors.tolerance.limit.window", "10"),
        ("batch.max.records", "4"),
        BYTES,
    ];
    let limit = |most| dead.iter().copied().chain([("errors.tolerance.limit", most)]).collect::<Vec<_>>();
    // Two of the first ten are tolerated, and so is one of the next ten, but not three within four.
    let bodies = ["bad", "a", "b", "c", "bad", "d", "e", "f", "g", "h", "i", "bad", "bad", "j", "bad", "bad"];
    let worker = deliver(&rig, &bodies, &limit("2")).await?;
    let cause = until_failed(&worker, "c").await?;
    for part in ["more than 2 of the last 10 records", "offset 12", "errors.tolerance.limit", "resume"] {
        assert!(cause.contains(part), "{part:?} is not in {cause:?}");
    }
    let view =
        until(&worker, "c", "the task to have ended", |view| view.tasks[0].phase == TaskPhase::Error).await?;
    assert!(view.tasks[0].restart.is_none(), "it starts again by itself");
    assert_eq!(rig.messages("dead").await?.len(), 3);
    assert_eq!(rig.script.bodies(), ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);

    worker.put_connector(name("c"), config(&limit("9"))).await?;
    until_running(&worker, "c").await?;
    wait::until_true(DEADLINE, "the position after all", async || {
        matches!(committed(&rig).await, Ok(Some(16)))
    })
    .await?;
    assert_eq!(rig.messages("dead").await?.len(), 6);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_batch_is_put_again_for_as_long_as_the_configuration_says() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Fail(SinkError::retriable("not yet")));
    let more = [("errors.retry.timeout", "300"), ("errors.restart.delay.ms", "1")];
    let worker = deliver(&rig, &["a"], &more).await?;
    let cause = until_failed(&worker, "c").await?;
    assert!(cause.contains("within errors.retry.timeout, 300 ms") && cause.contains("not yet"), "{cause}");
    rig.script.on_put(|_| Act::Take);
    assert_eq!(until_taken(&rig.script, 1).await?, ["a"]);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_is_the_message_and_why() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Refuse("bad"));
    let more = [
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("errors.deadletterqueue.context.properties.enable", "true"),
        BYTES,
    ];
    let worker = deliver(&rig, &["a", "bad", "c"], &more).await?;
    assert_eq!(until_taken(&rig.script, 2).await?, ["a", "c"]);
    worker.shutdown(DEADLINE).await;
    assert_eq!(committed(&rig).await?, Some(3));

    let letters = rig.messages("dead").await?;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].body, "bad");
    let property =
        |name: &str| letters[0].properties.get(&format!("__connect.errors.{name}")).map(str::to_owned);
    let found =
        ["topic", "broker", "partition", "offset", "connector.name", "task.id", "stage"].map(property);
    let expected = ["t", "b", "0", "1", "c", "0", "TASK_PUT"].map(|text| Some(text.to_owned()));
    assert_eq!(found, expected);
    assert_eq!(property("exception.message").as_deref(), Some("\"bad\" is refused"));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_waits_for_its_broker() -> anyhow::Result<()> {
    let mut rig = Rig::start(1).await?;
    let (away, broker) = tokio::sync::watch::channel(false);
    rig.script.on_put(move |_| match *broker.borrow() {
        true => Act::Refuse("bad"),
        false => Act::Fail(SinkError::retriable("not yet")),
    });
    let more = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead"), BYTES];
    let worker = deliver(&rig, &["a", "bad", "c"], &more).await?;
    until(&worker, "c", "the batch to be put", |view| view.tasks[0].trace.is_some()).await?;
    rig.stop_broker().await;
    away.send_replace(true);
    until(&worker, "c", "the dead-letter topic to be missed", |view| {
        view.tasks[0].trace.as_ref().is_some_and(|trace| trace.contains("dead-letter"))
    })
    .await?;

    rig.restart_broker().await?;
    wait::until_true(DEADLINE, "the position after all three", async || {
        matches!(committed(&rig).await, Ok(Some(3)))
    })
    .await?;
    let letters = rig.messages("dead").await?;
    assert_eq!(letters.iter().map(|letter| &letter.body[..]).collect::<Vec<_>>(), [b"bad"]);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_retriable_failure_shows_its_cause_and_the_very_same_batch_comes_again() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let (open, target) = tokio::sync::watch::channel(false);
    rig.script.on_put(move |_| {
        let error = SinkError::retriable("the target is away").caused_by(std::io::Error::other("no route"));
        if *target.borrow() { Act::Take } else { Act::Fail(error) }
    });
    let worker = deliver(&rig, &["a", "b"], &[]).await?;
    let view = until(&worker, "c", "the cause to be shown", |view| view.tasks[0].trace.is_some()).await?;
    assert_eq!(view.tasks[0].state, State::Running, "it is not a failure of the task");
    let trace = view.tasks[0].trace.clone().unwrap_or_default();
    assert!(trace.contains("the target is away: no route"), "{trace}");

    // What arrives meanwhile does not change the batch.
    rig.send_bodies(0, ["c"]).await?;
    wait::until_true(DEADLINE, "a third attempt", async || rig.script.put().len() >= 3).await?;
    let attempts = rig.script.put();
    assert!(attempts.iter().all(|batch| *batch == attempts[0]), "{attempts:?}");
    open.send_replace(true);
    assert_eq!(until_taken(&rig.script, 3).await?, ["a", "b", "c"]);
    until(&worker, "c", "the cause to be gone", |view| view.tasks[0].trace.is_none()).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_failed_task_shows_its_causes_and_starts_again_by_itself() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let mut failures = 3;
    rig.script.on_put(move |_| {
        failures -= 1;
        if failures < 0 {
            Act::Take
        } else {
            Act::Fail(SinkError::fatal("no such table").caused_by(std::fmt::Error))
        }
    });
    let worker = deliver(&rig, &["a", "b"], &[]).await?;
    let view = until(&worker, "c", "a second failure", |view| {
        view.tasks[0].restart.is_some_and(|restart| restart.attempt >= 2)
    })
    .await?;
    assert_eq!(view.tasks[0].state, State::Failed);
    let trace = view.tasks[0].trace.clone().unwrap_or_default();
    assert!(trace.contains("offsets 0 to 1 of t/b/0: no such table: an error occurred"), "{trace}");
    assert_eq!(until_taken(&rig.script, 2).await?, ["a", "b"]);
    let healed = until_running(&worker, "c").await?;
    assert_eq!((healed.tasks[0].trace.clone(), healed.tasks[0].restart), (None, None));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_sink_that_does_not_start_is_a_failure_at_once_and_tried_again() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.fail_start(SinkError::retriable("connection refused"));
    let mut options = rig.options();
    options.defaults.restart.delay = std::time::Duration::from_secs(1);
    let worker = runtime::worker::Worker::start(options).await?;
    rig.send(0, 0..1).await?;
    let asked = std::time::Instant::now();
    worker.put_connector(name("c"), config(&[])).await?;
    assert_eq!(until_failed(&worker, "c").await?, "the sink did not start: connection refused");
    assert!(asked.elapsed() < std::time::Duration::from_secs(1), "took {:?}", asked.elapsed());
    until_taken(&rig.script, 1).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_task_alone() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Panic("as the test wants it"));
    let worker = deliver(&rig, &["a"], &[]).await?;
    let other = [("connector.class", crate::rig::OTHER)];
    worker.put_connector(name("other"), config(&other)).await?;
    assert_eq!(until_failed(&worker, "c").await?, "the connector panicked: as the test wants it");
    assert_eq!(until_taken(&rig.other, 1).await?, ["a"]);
    until_running(&worker, "other").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn nothing_is_committed_past_a_record_that_has_no_dead_letter_yet() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let letters = |permission| TopicSpec { permission, ..TopicSpec::new("dead", 1) };
    rig.client.create_topic(&letters(TopicPermission::Read)).await?;
    rig.script.on_put(|_| Act::Refuse("bad"));
    let more = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead"), BYTES];
    let worker = deliver(&rig, &["a", "bad", "c"], &more).await?;
    until(&worker, "c", "the dead-letter topic to be missed", |view| {
        view.tasks[0].trace.as_ref().is_some_and(|trace| trace.contains("dead-letter"))
    })
    .await?;
    // The broker is there, and what is done with is committed at the end.
    worker.shutdown(DEADLINE).await;
    assert_eq!(committed(&rig).await?, Some(1), "nobody has the refused record");

    rig.client.create_topic(&letters(TopicPermission::ReadWrite)).await?;
    let worker = rig.worker().await?;
    wait::until_true(DEADLINE, "the position after all three", async || {
        matches!(committed(&rig).await, Ok(Some(3)))
    })
    .await?;
    worker.shutdown(DEADLINE).await;
    let letters = rig.messages("dead").await?;
    assert_eq!(letters.iter().map(|letter| &letter.body[..]).collect::<Vec<_>>(), [b"bad"]);
    rig.stop().await;
    Ok(())
}
