//! Invariant 4 where a broker takes a change and its answer gets lost: nobody is told that nothing happened, and what is asked for next
//! is what counts.

use devbroker::{DevBroker, Options};
use remoting::{Client, ClientOptions, TopicSpec};
use runtime::host::{Host, HostError, State, TargetState};
use runtime::plugins::Plugins;
use runtime::store::ConfigStore;
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::ports;
use test_support::proxy::{Fault, Proxy};

use crate::records::CONFIGS;
use crate::rig::{CLASS, DEADLINE, config, name, until, until_running};
use crate::script::{Script, Scripted};

/// A change whose answers get lost, and the next one, asked for as soon as answers come again.
struct Changes {
    proxy: Proxy,
    worker: WorkerHandle,
}

impl Changes {
    /// What is asked for while every answer is cut off is in doubt.
    async fn in_doubt(&self, change: impl AsyncFnOnce(&WorkerHandle) -> Result<(), HostError>) {
        self.proxy.set(Fault::CutBeforeAnswer).await;
        let answer = change(&self.worker).await;
        assert!(matches!(answer, Err(HostError::InDoubt(_))), "{answer:?}");
        self.proxy.heal().await;
    }
}

/// Runs connector `c`, has something done with it, and answers with what the topic says of it in the end.
async fn target_after(
    story: impl AsyncFnOnce(&Changes) -> anyhow::Result<()>,
) -> anyhow::Result<Option<TargetState>> {
    let data = tempfile::tempdir()?;
    let door = ([127, 0, 0, 1], ports::free()?).into();
    let own = Options::new(([127, 0, 0, 1], 0).into(), data.path());
    let broker = DevBroker::start(Options { advertise: Some(door), ..own }).await?;
    let proxy = Proxy::listen(door, broker.addr()).await?;
    let name_servers = vec![door.to_string()];
    let client = Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?;
    client.create_topic(&TopicSpec::new("t", 1)).await?;
    let plugins = Plugins::new().sink(Scripted { class: CLASS, script: Script::new() });
    let worker = Worker::start(WorkerOptions::new(client.clone(), plugins)).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;

    let changes = Changes { proxy, worker };
    story(&changes).await?;

    let read = ConfigStore::open(client.clone(), CONFIGS, DEADLINE).await?;
    let target = read.get(&name("c")).map(|stored| stored.target);
    drop(read);
    let Changes { proxy, worker } = changes;
    worker.shutdown(DEADLINE).await;
    client.close().await;
    proxy.stop().await;
    broker.shutdown().await;
    Ok(target)
}

#[tokio::test]
async fn a_pause_in_doubt_is_seen_to_have_happened() -> anyhow::Result<()> {
    let target = target_after(async |changes| {
        changes.in_doubt(async |worker| worker.set_target(&name("c"), TargetState::Paused).await).await;
        until(&changes.worker, "c", "it to pause", |view| view.tasks[0].state == State::Paused).await?;
        Ok(())
    });
    assert_eq!(target.await?, Some(TargetState::Paused));
    Ok(())
}

#[tokio::test]
async fn a_resume_behind_a_pause_in_doubt_is_what_counts() -> anyhow::Result<()> {
    let target = target_after(async |changes| {
        changes.in_doubt(async |worker| worker.set_target(&name("c"), TargetState::Paused).await).await;
        changes.worker.set_target(&name("c"), TargetState::Started).await?;
        until_running(&changes.worker, "c").await?;
        Ok(())
    });
    assert_eq!(target.await?, Some(TargetState::Started));
    Ok(())
}

#[tokio::test]
async fn the_same_configuration_behind_a_deletion_in_doubt_brings_the_connector_back() -> anyhow::Result<()> {
    let target = target_after(async |changes| {
        changes.in_doubt(async |worker| worker.delete_connector(&name("c")).await).await;
        changes.worker.put_connector(name("c"), config(&[])).await?;
        until_running(&changes.worker, "c").await?;
        Ok(())
    });
    assert_eq!(target.await?, Some(TargetState::Started));
    Ok(())
}

#[tokio::test]
async fn a_deletion_behind_a_creation_in_doubt_leaves_nothing() -> anyhow::Result<()> {
    let target = target_after(async |changes| {
        changes.worker.delete_connector(&name("c")).await?;
        changes.in_doubt(async |worker| worker.put_connector(name("c"), config(&[])).await.map(|_| ())).await;
        changes.worker.delete_connector(&name("c")).await?;
        Ok(())
    });
    assert_eq!(target.await?, None);
    Ok(())
}
