//! Changes of a Java worker that come while ours runs.

use remoting::TopicSpec;
use runtime::host::{State, TargetState};
use runtime::plugins::Plugins;
use runtime::worker::{Worker, WorkerOptions};

use crate::hostile::sink::{Harm, Hostile, Method};
use crate::records::{CONFIGS, append, connector, connector_of_tasks, target};
use crate::rig::{CLASS, DEADLINE, Rig, until, until_running};

/// So many at a time that their owners and the worker get in each other's way.
const CONNECTORS: usize = 32;
const ROUNDS: i64 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connector_is_shown_as_what_the_last_record_wants_however_quickly_they_come() -> anyhow::Result<()>
{
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 1)).await?;
    let worker = rig.worker().await?;
    for round in 1..=ROUNDS {
        let is_odd = round % 2 == 1;
        let (tasks, word, wanted, state) = match is_odd {
            true => (1, "PAUSED", TargetState::Paused, State::Paused),
            false => (2, "STARTED", TargetState::Started, State::Running),
        };
        for number in 0..CONNECTORS {
            let (config, then) = (connector_of_tasks(tasks, round * 1000), target(word, round * 1000 + 1));
            append(&rig, (CONFIGS, 0), &format!("connector-c{number}"), config).await?;
            append(&rig, (CONFIGS, 0), &format!("target-state-c{number}"), then).await?;
        }
        for number in 0..CONNECTORS {
            let what = format!("{wanted:?} to be shown of connector and tasks in round {round}");
            until(&worker, &format!("c{number}"), &what, |view| {
                let states = view.tasks.iter().map(|task| task.state);
                (view.target, view.state, view.tasks.len()) == (wanted, state, tasks as usize)
                    && states.into_iter().all(|of_task| of_task == state)
            })
            .await?;
        }
    }
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_connector_started_while_its_class_is_asked_runs() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 1)).await?;
    let slow = Hostile::new(Method::Validate, Harm::Block);
    let options = WorkerOptions { plugins: Plugins::new().sink(slow.clone()), ..rig.options() };
    let worker = Worker::start(options).await?;
    append(&rig, (CONFIGS, 0), "target-state-c", target("STOPPED", 1500)).await?;
    append(&rig, (CONFIGS, 0), "connector-c", connector(1000).replace(CLASS, slow.class())).await?;
    until(&worker, "c", "it to be wanted stopped", |view| view.target == TargetState::Stopped).await?;
    append(&rig, (CONFIGS, 0), "target-state-c", target("STARTED", 1600)).await?;
    until(&worker, "c", "it to be wanted started", |view| view.target == TargetState::Started).await?;

    slow.disarm();

    let view = until_running(&worker, "c").await?;
    assert_eq!((view.target, view.state), (TargetState::Started, State::Running));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
