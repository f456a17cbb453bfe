//! Invariant 4, a change counts only when the topic has it; and what others see of that.

use remoting::TopicSpec;
use runtime::host::{Host, State, TargetState};
use runtime::store::ConfigStore;
use runtime::task::show_group;
use runtime::worker::Worker;
use test_support::wait;

use crate::records::{CONFIGS, OFFSETS, append, connector, deletion, newest, target};
use crate::rig::{DEADLINE, Rig, config, name, until, until_running, until_taken};

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

#[tokio::test]
async fn what_the_topic_has_not_taken_is_not_known() -> anyhow::Result<()> {
    let mut rig = Rig::start(1).await?;
    let mut store = ConfigStore::open(rig.client.clone(), CONFIGS, DEADLINE).await?;
    let (known, unknown) = (name("known"), name("unknown"));
    store.put(&known, config(&[("max.tasks", "1")])).await?;
    let before = format!("{:?}", store.all());
    rig.stop_broker().await;
    let refused = [
        store.put(&unknown, config(&[])).await.is_err(),
        store.put(&known, config(&[("max.tasks", "2")])).await.is_err(),
        store.set_target(&known, TargetState::Paused).await.is_err(),
        store.delete(&known).await.is_err(),
    ];
    assert_eq!(refused, [true; 4], "no broker has acknowledged it");
    assert_eq!(format!("{:?}", store.all()), before);
    drop(store);
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_another_worker_has_changed_is_done_here_too() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let one = rig.worker().await?;
    one.put_connector(name("c"), config(&[])).await?;
    let other = Worker::start(rig.options_of("w2", &rig.script)).await?;
    until_running(&other, "c").await?;
    one.set_target(&name("c"), TargetState::Paused).await?;
    until(&other, "c", "it to pause", |view| view.tasks[0].state == State::Paused).await?;
    one.delete_connector(&name("c")).await?;
    wait::until(DEADLINE, "it to be gone", async || {
        let names: Vec<_> = other.view().connectors.keys().map(ToString::to_string).collect();
        if names.is_empty() { Ok(()) } else { Err(format!("{names:?}")) }
    })
    .await?;
    other.put_connector(name("d"), config(&[])).await?;
    until(&one, "d", "it to be there", |view| view.target == TargetState::Started).await?;
    one.shutdown(DEADLINE).await;
    other.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_group_is_found_by_its_topic_for_messages_given_back() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    for (group, queues) in [("connect-new", 1), ("connect-known", 3)] {
        let topic = format!("%RETRY%{group}");
        if queues > 1 {
            rig.client.create_topic(&TopicSpec::new(&*topic, queues)).await?;
        }
        for _ in 0..2 {
            show_group(&rig.client, group).await?;
        }
        let found = rig.client.route(&topic).await?.read_queues().len();
        assert_eq!(found, usize::try_from(queues)?, "{group}");
    }
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn internal_topics_that_were_deleted_come_back_with_what_is_known() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    rig.send(0, 0..5).await?;
    until_taken(&rig.script, 5).await?;
    until_running(&worker, "c").await?;
    for topic in [CONFIGS, OFFSETS] {
        rig.client.delete_topic(topic).await?;
    }
    for (topic, key) in [(CONFIGS, "connector-c"), (OFFSETS, "sink-offset-c/t/b/0")] {
        wait::until(DEADLINE, "it to be published again", async || match newest(&rig, topic, key).await {
            Ok(Some(record)) => Ok(record),
            other => Err(format!("{other:?}")),
        })
        .await?;
    }
    rig.send(0, 5..9).await?;
    assert_eq!(until_taken(&rig.script, 9).await?.len(), 9);
    worker.shutdown(DEADLINE).await;
    let worker = rig.worker().await?;
    until_running(&worker, "c").await?;
    rig.send(0, 9..10).await?;
    assert_eq!(until_taken(&rig.script, 10).await?.len(), 10, "nothing comes a second time");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn connectors_of_a_queue_that_comes_later_are_run() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("first"), config(&[])).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 2)).await?;
    append(&rig, (CONFIGS, 1), "connector-gone", connector(1)).await?;
    append(&rig, (CONFIGS, 1), "target-state-gone", deletion(2)).await?;
    append(&rig, (CONFIGS, 1), "connector-late", connector(1)).await?;
    until_running(&worker, "late").await?;
    append(&rig, (CONFIGS, 1), "target-state-late", target("PAUSED", 2)).await?;
    until(&worker, "late", "it to pause", |view| view.tasks[0].state == State::Paused).await?;
    let view = worker.view();
    let names: Vec<_> = view.connectors.keys().chain(view.deleted.keys()).map(ToString::to_string).collect();
    assert_eq!(names, ["first", "late"], "what was deleted there has never been run");
    worker.put_connector(name("late"), config(&[("size", "2")])).await?;
    worker.shutdown(DEADLINE).await;
    let worker = rig.worker().await?;
    let late = worker.view().connectors.get(&name("late")).map(|view| view.target);
    assert_eq!(late, Some(TargetState::Paused));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
