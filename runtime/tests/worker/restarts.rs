//! Failed tasks that start again by themselves, as often as the configuration allows.

use connector_api::SinkError;
use remoting::{Client, ClientOptions, TopicSpec};
use runtime::host::{ConnectorView, Host, HostError, Restarted, State, TargetState};
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use crate::rest::Rest;
use crate::rig::{DEADLINE, Rig, config, name, until, until_running, until_taken};
use crate::script::{Act, Script};

const ATTEMPTS: &str = "errors.restart.max.attempts";
const QUICKLY: (&str, &str) = ("errors.restart.delay.ms", "1");

fn fail_every_put(script: &Script) {
    script.on_put(|_| Act::Fail(SinkError::fatal("no such table")));
}

/// A connector whose task fails with every batch, after its last failure.
async fn with_no_attempts_left(rig: &Rig, attempts: &str) -> anyhow::Result<(WorkerHandle, ConnectorView)> {
    fail_every_put(&rig.script);
    rig.send(0, 0..1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[(ATTEMPTS, attempts), QUICKLY])).await?;
    let view = until_given_up(&worker).await?;
    Ok((worker, view))
}

async fn until_given_up(worker: &WorkerHandle) -> anyhow::Result<ConnectorView> {
    until(worker, "c", "the task not to start again", |view| {
        view.tasks[0].restart.is_some_and(|restart| restart.next.is_none())
    })
    .await
}

#[tokio::test]
async fn a_task_fails_for_good_once_its_attempts_are_used_up() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let (worker, view) = with_no_attempts_left(&rig, "2").await?;
    assert_eq!(rig.script.calls().iter().filter(|call| **call == "start").count(), 3);
    assert_eq!(view.tasks[0].state, State::Failed);
    let trace = view.tasks[0].trace.clone().unwrap_or_default();
    for part in ["no such table", "has failed 3 times in a row", "errors.restart.max.attempts is 2", "resume"]
    {
        assert!(trace.contains(part), "{part:?} is not in {trace:?}");
    }

    let rest = Rest::serve(&worker).await?;
    let status = rest.ask("/connectors/c/tasks/0/status").await?;
    assert_eq!(status["state"], "FAILED");
    assert_eq!(status["restart"], serde_json::json!({"attempt": 3, "maxAttempts": 2, "next": null}));
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_task_that_starts_again_says_when() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    fail_every_put(&rig.script);
    rig.send(0, 0..1).await?;
    let worker = rig.worker().await?;
    let hour = ("errors.restart.delay.ms", "3600000");
    worker.put_connector(name("c"), config(&[hour, ("errors.restart.delay.max.ms", "7200000")])).await?;
    let rest = Rest::serve(&worker).await?;
    let status = test_support::wait::until(DEADLINE, "a failure", async || {
        let status = rest.ask("/connectors/c/status").await.map_err(|error| error.to_string())?;
        if status["tasks"][0]["state"] == "FAILED" { Ok(status) } else { Err(status.to_string()) }
    })
    .await?;
    let restart = &status["tasks"][0]["restart"];
    assert_eq!((&restart["attempt"], &restart["maxAttempts"]), (&1.into(), &(-1).into()));
    let next = restart["next"].as_str().unwrap_or_default();
    assert!(next.len() == "2026-01-31T23:59:59.250Z".len() && next.ends_with('Z'), "{restart}");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// What `heal` does makes a task go on that had failed for good.
async fn check_healed_by(
    heal: impl AsyncFn(&WorkerHandle) -> Result<(), runtime::host::HostError>,
) -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let (worker, _) = with_no_attempts_left(&rig, "0").await?;
    rig.script.on_put(|_| Act::Take);
    heal(&worker).await?;
    until_taken(&rig.script, 1).await?;
    let view = until_running(&worker, "c").await?;
    assert_eq!((&view.tasks[0].trace, view.tasks[0].restart), (&None, None));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn resuming_a_connector_starts_its_failed_task_anew() -> anyhow::Result<()> {
    check_healed_by(async |worker| worker.set_target(&name("c"), TargetState::Started).await).await
}

#[tokio::test]
async fn pausing_and_resuming_a_connector_starts_its_failed_task_anew() -> anyhow::Result<()> {
    check_healed_by(async |worker| {
        worker.set_target(&name("c"), TargetState::Paused).await?;
        worker.set_target(&name("c"), TargetState::Started).await
    })
    .await
}

#[tokio::test]
async fn another_configuration_starts_a_failed_task_anew() -> anyhow::Result<()> {
    check_healed_by(async |worker| {
        worker.put_connector(name("c"), config(&[(ATTEMPTS, "0"), ("size", "2")])).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn pausing_a_connector_does_not_start_its_failed_task() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let (worker, _) = with_no_attempts_left(&rig, "0").await?;
    worker.set_target(&name("c"), TargetState::Paused).await?;
    let view = worker.view().connectors[&name("c")].clone();
    assert_eq!((view.state, view.tasks[0].state), (State::Paused, State::Failed));
    // Attempts begin anew with the operator's word, and are used up anew.
    worker.set_target(&name("c"), TargetState::Started).await?;
    test_support::wait::until_true(DEADLINE, "a second start", async || {
        rig.script.calls().iter().filter(|call| **call == "start").count() == 2
    })
    .await?;
    until_given_up(&worker).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn more_queues_do_not_start_a_task_that_has_failed_for_good() -> anyhow::Result<()> {
    let rig = Rig::start(2).await?;
    // Routes are kept for a while; here for no longer than it takes to look again.
    let name_servers = vec![rig.name_server()];
    let route_refresh = std::time::Duration::from_millis(50);
    let client = Client::new(ClientOptions { name_servers, route_refresh, ..ClientOptions::default() })?;
    rig.script.on_put(|batch| match batch.id().queue.queue {
        0 => Act::Fail(SinkError::fatal("no such table")),
        _ => Act::Take,
    });
    rig.send(0, 0..1).await?;
    let worker = Worker::start(WorkerOptions { client: client.clone(), ..rig.options() }).await?;
    worker.put_connector(name("c"), config(&[(ATTEMPTS, "0"), ("max.tasks", "2")])).await?;
    until_given_up(&worker).await?;

    rig.client.create_topic(&TopicSpec::new("t", 3)).await?;
    rig.send(2, 2..3).await?;
    until_taken(&rig.script, 1).await?;
    let view = worker.view().connectors[&name("c")].clone();
    assert_eq!(view.tasks[0].state, State::Failed);
    assert_eq!(
        rig.script.put().iter().filter(|batch| batch.contains("t/b/0 ")).count(),
        1,
        "{:?}",
        rig.script.put()
    );
    worker.shutdown(DEADLINE).await;
    client.close().await;
    rig.stop().await;
    Ok(())
}

fn starts(rig: &Rig) -> usize {
    rig.script.calls().iter().filter(|call| **call == "start").count()
}

async fn until_started(rig: &Rig, times: usize) -> anyhow::Result<()> {
    wait::until_true(DEADLINE, &format!("{times} starts"), async || starts(rig) == times).await?;
    Ok(())
}

#[tokio::test]
async fn an_operator_starts_running_tasks_again() -> anyhow::Result<()> {
    let rig = Rig::start(2).await?;
    rig.send(0, 0..1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("max.tasks", "2")])).await?;
    assert_eq!(until_taken(&rig.script, 1).await?.len(), 1);
    until_started(&rig, 2).await?;
    worker.restart(&name("c"), Restarted::Task(1)).await?;
    until_started(&rig, 3).await?;
    until_running(&worker, "c").await?;
    worker.restart(&name("c"), Restarted::All).await?;
    until_started(&rig, 5).await?;
    until_running(&worker, "c").await?;
    // Neither has anything to do.
    worker.restart(&name("c"), Restarted::Failed).await?;
    worker.restart(&name("c"), Restarted::Connector).await?;
    rig.send(0, 1..2).await?;
    assert_eq!(until_taken(&rig.script, 2).await?.len(), 2);
    assert_eq!(starts(&rig), 5);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_operator_starts_failed_tasks_again() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let (worker, _) = with_no_attempts_left(&rig, "0").await?;
    worker.restart(&name("c"), Restarted::Task(0)).await?;
    until_started(&rig, 2).await?;
    until_given_up(&worker).await?;
    rig.script.on_put(|_| Act::Take);
    worker.restart(&name("c"), Restarted::Failed).await?;
    assert_eq!(until_taken(&rig.script, 1).await?.len(), 1);
    let unknown = worker.restart(&name("x"), Restarted::All).await;
    assert!(matches!(unknown, Err(HostError::UnknownConnector(_))), "{unknown:?}");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_connector_that_is_created_stopped_waits_for_an_operator_also_after_a_restart() -> anyhow::Result<()>
{
    let rig = Rig::start(1).await?;
    rig.send(0, 0..1).await?;
    let worker = rig.worker().await?;
    worker.create_connector(name("c"), config(&[]), TargetState::Stopped).await?;
    let again = worker.create_connector(name("c"), config(&[]), TargetState::Started).await;
    assert!(matches!(again, Err(HostError::Exists(_))), "{again:?}");
    until(&worker, "c", "the connector to be stopped", |view| view.state == State::Stopped).await?;
    worker.shutdown(DEADLINE).await;

    let worker = rig.worker().await?;
    until(&worker, "c", "the connector to be stopped", |view| view.state == State::Stopped).await?;
    worker.restart(&name("c"), Restarted::All).await?;
    until(&worker, "c", "the connector to be stopped", |view| view.state == State::Stopped).await?;
    assert_eq!(starts(&rig), 0);
    worker.set_target(&name("c"), TargetState::Started).await?;
    assert_eq!(until_taken(&rig.script, 1).await?.len(), 1);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
