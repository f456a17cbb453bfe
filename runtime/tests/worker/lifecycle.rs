//! What an operator does with connectors.

use std::time::{Duration, Instant};

use runtime::host::{Host, HostError, State, TargetState, TaskPhase};
use runtime::worker::{Ended, Worker, WorkerHandle};
use test_support::wait;

use crate::rig::{CLASS, DEADLINE, OTHER, Rig, config, name, until, until_running, until_taken};
use crate::script::Act;

#[tokio::test]
async fn a_paused_connector_takes_nothing_until_it_is_resumed() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    rig.send(0, 0..10).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_taken(&rig.script, 10).await?;
    worker.set_target(&name("c"), TargetState::Paused).await?;
    until(&worker, "c", "the task to be paused", |view| {
        (view.state, view.tasks[0].state) == (State::Paused, State::Paused)
    })
    .await?;
    let queue = remoting::Queue::new("t", "b", 0);
    assert_eq!(rig.client.query_offset("connect-c", &queue).await?, Some(10), "what was taken is committed");

    rig.send(0, 10..20).await?;
    worker.put_connector(name("beside"), config(&[("connector.class", OTHER)])).await?;
    until_taken(&rig.other, 20).await?;
    assert_eq!(rig.script.bodies().len(), 10, "another connector has them all");
    worker.set_target(&name("c"), TargetState::Started).await?;
    let all = until_taken(&rig.script, 20).await?;
    assert_eq!(all, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// A sink that takes one record at a time, and a little while for it, with more records before it than it takes in a test.
async fn backlog(idempotent: bool) -> anyhow::Result<(Rig, WorkerHandle)> {
    let rig = Rig::start(1).await?;
    if idempotent {
        rig.script.idempotent();
    }
    rig.script.on_put(|_| Act::TakeAfter(Duration::from_millis(10)));
    rig.send(0, 0..BACKLOG).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("batch.max.records", "1")])).await?;
    until_taken(&rig.script, 5).await?;
    Ok((rig, worker))
}

const BACKLOG: i32 = 10_000;

#[tokio::test]
async fn a_pause_is_heeded_however_much_there_is_to_take() -> anyhow::Result<()> {
    for idempotent in [false, true] {
        let (rig, worker) = backlog(idempotent).await?;
        let before = rig.script.bodies().len();
        worker.set_target(&name("c"), TargetState::Paused).await?;
        until(&worker, "c", "it to pause", |view| view.tasks[0].state == State::Paused).await?;
        let taken = rig.script.bodies().len() - before;
        assert!(taken < 100, "{taken} more were taken (idempotent: {idempotent})");
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_ends_in_order_however_much_there_is_to_take() -> anyhow::Result<()> {
    for idempotent in [false, true] {
        let (rig, worker) = backlog(idempotent).await?;
        assert_eq!(worker.shutdown(DEADLINE).await, Ended::InOrder, "idempotent: {idempotent}");
        let taken = rig.script.bodies().len();
        let queue = remoting::Queue::new("t", "b", 0);
        let committed = rig.client.query_offset("connect-c", &queue).await?;
        assert_eq!(committed, Some(i64::try_from(taken)?), "what was taken is committed, and nothing else");
        rig.stop().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_stopped_connector_gives_its_tasks_up_and_comes_back() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;
    worker.set_target(&name("c"), TargetState::Stopped).await?;
    until(&worker, "c", "the task to be given up", |view| view.tasks[0].state == State::Stopped).await?;
    assert_eq!(rig.script.calls(), ["start", "close", "stop"]);
    worker.set_target(&name("c"), TargetState::Started).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn another_configuration_replaces_the_whole_and_keeps_what_is_wanted() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("size", "2"), ("password", "secret")])).await?;
    let first = until_running(&worker, "c").await?;
    assert_eq!(first.shown.get("password"), Some("******"));
    assert_eq!(first.tasks[0].shown.get("password"), Some("******"));
    let copied = config(&[("size", "3"), ("password", "******")]);
    let refused = worker.put_connector(name("c"), copied).await.unwrap_err().to_string();
    assert!(refused.contains("password") && refused.contains("give the value itself"), "{refused}");
    worker.set_target(&name("c"), TargetState::Paused).await?;
    worker.put_connector(name("c"), config(&[("size", "3"), ("max.tasks", "2")])).await?;
    let view = until(&worker, "c", "two paused tasks", |view| {
        view.tasks.len() == 2 && view.tasks.iter().all(|task| task.state == State::Paused)
    })
    .await?;
    assert_eq!((view.config.get("size"), view.config.get("password")), (Some("3"), None));
    assert_eq!(view.target, TargetState::Paused);
    let shown = &view.tasks[1].shown;
    assert_eq!((shown.get("task.id"), shown.get("task.class")), (Some("1"), Some("test.ScriptedSinkTask")));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_deleted_connector_is_gone_and_can_be_created_again() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    rig.send(0, 0..5).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_taken(&rig.script, 5).await?;
    worker.delete_connector(&name("c")).await?;
    assert!(!worker.view().connectors.contains_key(&name("c")));
    wait::until_true(DEADLINE, "its last task to end", async || {
        let view = worker.view();
        view.deleted.get(&name("c")).is_some_and(|view| view.tasks[0].phase == TaskPhase::Stopped)
    })
    .await?;
    assert!(matches!(worker.delete_connector(&name("c")).await, Err(HostError::UnknownConnector(_))));
    rig.send(0, 5..8).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    assert_eq!(until_taken(&rig.script, 8).await?.len(), 8, "it goes on where it was");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_cannot_run_is_refused_whole_and_nothing_is_stored() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let refusal = async |pairs: &[(&str, &str)]| {
        let config = pairs.iter().copied().collect();
        worker.put_connector(name("c"), config).await.map_err(|error| error.to_string()).expect_err("refused")
    };
    let class = ("connector.class", CLASS);
    assert_eq!(refusal(&[]).await, "connector.class is missing");
    assert_eq!(refusal(&[class]).await, "connect.topicnames is missing");
    let unknown = refusal(&[("connector.class", "Nope"), ("connect.topicnames", "t")]).await;
    assert!(unknown.contains("Nope") && unknown.contains(CLASS), "{unknown}");
    let wrong =
        [class, ("connect.topicnames", ""), ("max.tasks", "x"), ("key.converter", "y"), ("size", "99")];
    let all = refusal(&wrong).await;
    for key in ["connect.topicnames: ", "max.tasks: ", "key.converter: ", "size: "] {
        assert!(all.contains(key), "{key:?} is not in {all:?}");
    }
    assert!(worker.view().connectors.is_empty());

    worker.put_connector(name("c"), config(&[])).await?;
    assert!(matches!(worker.put_connector(name("c"), config(&[])).await, Err(HostError::SameConfig)));
    assert!(matches!(
        worker.set_target(&name("d"), TargetState::Paused).await,
        Err(HostError::UnknownConnector(_))
    ));
    worker.shutdown(DEADLINE).await;
    assert!(matches!(worker.delete_connector(&name("c")).await, Err(HostError::ShuttingDown)));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_sink_that_blocks_holds_up_nobody_and_is_left_behind() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Block);
    let mut options = rig.options();
    options.stop_timeout = Duration::from_millis(200);
    let worker = Worker::start(options).await?;
    rig.send(0, 0..3).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    worker.put_connector(name("other"), config(&[("connector.class", OTHER)])).await?;
    wait::until_true(DEADLINE, "the sink to block", async || !rig.script.put().is_empty()).await?;
    until_taken(&rig.other, 3).await?;

    let asked = Instant::now();
    worker.delete_connector(&name("c")).await?;
    assert!(asked.elapsed() < Duration::from_secs(5));
    wait::until_true(DEADLINE, "the deleted connector to be done with", async || {
        let view = worker.view();
        view.deleted.get(&name("c")).is_some_and(|view| view.tasks[0].phase == TaskPhase::Error)
    })
    .await?;
    let trace = worker.view().deleted[&name("c")].tasks[0].trace.clone().unwrap_or_default();
    assert!(trace.contains("left behind"), "{trace}");
    rig.send(0, 3..6).await?;
    until_taken(&rig.other, 6).await?;
    assert_eq!(worker.shutdown(DEADLINE).await, Ended::GivenUp);
    rig.script.release();
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_put_that_hangs_is_given_up_at_the_deadline_and_comes_again() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Hang);
    let worker = rig.worker().await?;
    rig.send(0, 0..3).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    wait::until_true(DEADLINE, "the sink to hang", async || !rig.script.put().is_empty()).await?;
    assert_eq!(worker.shutdown(Duration::from_millis(200)).await, Ended::GivenUp);

    rig.script.on_put(|_| Act::Take);
    let worker = rig.worker().await?;
    until_taken(&rig.script, 3).await?;
    assert_eq!(worker.shutdown(DEADLINE).await, Ended::InOrder);
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_second_word_ends_a_shutdown_that_waits() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Hang);
    let worker = rig.worker().await?;
    rig.send(0, 0..3).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    wait::until_true(DEADLINE, "the sink to hang", async || !rig.script.put().is_empty()).await?;
    let waiting = tokio::spawn({
        let worker = worker.clone();
        async move { worker.shutdown(Duration::from_secs(3600)).await }
    });
    until(&worker, "c", "the task to be stopping", |view| view.tasks[0].phase == TaskPhase::Stopping).await?;
    worker.give_up();
    assert_eq!(tokio::time::timeout(DEADLINE, waiting).await??, Ended::GivenUp);
    rig.stop().await;
    Ok(())
}
