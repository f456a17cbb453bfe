//! A development broker with topics, and workers that use it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use connector_api::{ConnectorConfig, ConnectorName};
use devbroker::{DevBroker, Options, Running};
use remoting::{Client, ClientOptions, OutgoingMessage, PullOptions, Queue, TopicSpec};
use runtime::host::{ConnectorView, Host, State, TaskPhase};
use runtime::plugins::Plugins;
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use crate::script::{Script, Scripted};

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
pub(crate) const CLASS: &str = "test.ScriptedSinkConnector";
/// A second class, for connectors that are to be left in peace.
pub(crate) const OTHER: &str = "test.OtherSinkConnector";

pub(crate) struct Rig {
    pub(crate) client: Client,
    pub(crate) script: Arc<Script>,
    pub(crate) other: Arc<Script>,
    broker: Option<Running>,
    listen: SocketAddr,
    data: tempfile::TempDir,
}

impl Rig {
    /// A broker that has topic `t` with so many queues.
    pub(crate) async fn start(queues: i32) -> anyhow::Result<Self> {
        Self::start_keeping(queues, None).await
    }

    /// The same with a broker that keeps messages for no longer than this.
    pub(crate) async fn start_keeping(queues: i32, retention: Option<Duration>) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let own = Options::new(([127, 0, 0, 1], 0).into(), data.path());
        let options = Options { broker_name: "b".to_owned(), retention, ..own };
        let broker = DevBroker::start(options).await?;
        let listen = broker.addr();
        let name_servers = vec![listen.to_string()];
        let client = Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?;
        client.create_topic(&TopicSpec::new("t", queues)).await?;
        let (script, other) = (Script::new(), Script::new());
        Ok(Self { client, script, other, broker: Some(broker), listen, data })
    }

    /// Options with delays short enough for a test.
    pub(crate) fn options(&self) -> WorkerOptions {
        let plugins = Plugins::new()
            .sink(Scripted { class: CLASS, script: Arc::clone(&self.script) })
            .sink(Scripted { class: OTHER, script: Arc::clone(&self.other) });
        let mut options = WorkerOptions::new(self.client.clone(), plugins);
        options.defaults.restart.delay = Duration::from_millis(100);
        WorkerOptions {
            worker_id: "w1".to_owned(),
            name_servers: vec![self.name_server()],
            stop_timeout: Duration::from_secs(10),
            route_interval: Duration::from_millis(100),
            ..options
        }
    }

    /// Options of another worker over the same topics, whose sink does as its own script says.
    pub(crate) fn options_of(&self, worker_id: &str, script: &Arc<Script>) -> WorkerOptions {
        let plugins = Plugins::new().sink(Scripted { class: CLASS, script: Arc::clone(script) });
        WorkerOptions { worker_id: worker_id.to_owned(), plugins, ..self.options() }
    }

    pub(crate) fn name_server(&self) -> String {
        self.listen.to_string()
    }

    pub(crate) async fn worker(&self) -> anyhow::Result<WorkerHandle> {
        Ok(Worker::start(self.options()).await?)
    }

    /// Sends bodies `<from>` to `<to - 1>` to a queue of topic `t`.
    pub(crate) async fn send(&self, queue: i32, numbers: std::ops::Range<i32>) -> anyhow::Result<()> {
        let bodies: Vec<_> = numbers.map(|number| number.to_string()).collect();
        self.send_bodies(queue, bodies.iter().map(String::as_str)).await
    }

    pub(crate) async fn send_bodies(
        &self,
        queue: i32,
        bodies: impl IntoIterator<Item = &str>,
    ) -> anyhow::Result<()> {
        let messages: Vec<_> = bodies.into_iter().map(|body| OutgoingMessage::new(body.to_owned())).collect();
        self.client.send_all(&Queue::new("t", "b", queue), &messages).await?;
        Ok(())
    }

    /// The messages that all queues of a topic have.
    pub(crate) async fn messages(&self, topic: &str) -> anyhow::Result<Vec<remoting::message::Message>> {
        let mut messages = Vec::new();
        for queue in self.client.route(topic).await?.read_queues() {
            let mut offset = self.client.min_offset(&queue).await?;
            loop {
                let pulled = self.client.pull(&queue, &PullOptions::at(offset)).await?;
                let Some(last) = pulled.messages.last() else { break };
                offset = last.offset + 1;
                messages.extend(pulled.messages);
            }
        }
        Ok(messages)
    }

    /// Ends the broker, if it runs, and starts it again at the same address with what it had.
    pub(crate) async fn restart_broker(&mut self) -> anyhow::Result<()> {
        self.restart_broker_keeping(None).await
    }

    /// The same with a broker that keeps messages for no longer than this.
    pub(crate) async fn restart_broker_keeping(&mut self, retention: Option<Duration>) -> anyhow::Result<()> {
        self.stop_broker().await;
        let own = Options::new(self.listen, self.data.path());
        let options = Options { broker_name: "b".to_owned(), retention, ..own };
        self.broker = Some(DevBroker::start(options).await?);
        Ok(())
    }

    /// Ends the broker.
    pub(crate) async fn stop_broker(&mut self) {
        if let Some(broker) = self.broker.take() {
            broker.shutdown().await;
        }
    }

    pub(crate) async fn stop(mut self) {
        self.client.close().await;
        self.stop_broker().await;
    }
}

/// A configuration of the scripted class over topic `t`, from its first message on, with more keys.
pub(crate) fn config(more: &[(&str, &str)]) -> ConnectorConfig {
    let base = [
        ("connector.class", CLASS),
        ("connect.topicnames", "t"),
        ("consume.from.where", "CONSUME_FROM_FIRST_OFFSET"),
    ];
    base.into_iter().chain(more.iter().copied()).collect()
}

pub(crate) fn name(name: &str) -> ConnectorName {
    name.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

/// Waits until a connector looks as it should.
pub(crate) async fn until(
    worker: &WorkerHandle,
    connector: &str,
    what: &str,
    looks: impl Fn(&ConnectorView) -> bool,
) -> anyhow::Result<ConnectorView> {
    let connector = name(connector);
    wait::until(DEADLINE, what, async || match worker.view().connectors.get(&connector) {
        Some(view) if looks(view) => Ok(view.clone()),
        view => Err(format!("{:?}", view.map(|view| (view.state, &view.trace, &view.tasks)))),
    })
    .await
}

/// Waits until all tasks of a connector take records.
pub(crate) async fn until_running(worker: &WorkerHandle, connector: &str) -> anyhow::Result<ConnectorView> {
    until(worker, connector, "all tasks to run", |view| {
        !view.tasks.is_empty()
            && view.tasks.iter().all(|task| (task.state, task.phase) == (State::Running, TaskPhase::Running))
    })
    .await
}

/// Waits until a task has failed, and answers with its cause.
pub(crate) async fn until_failed(worker: &WorkerHandle, connector: &str) -> anyhow::Result<String> {
    let view = until(worker, connector, "a task to fail", |view| {
        view.tasks.iter().any(|task| task.state == State::Failed)
    })
    .await?;
    let failed = view.tasks.iter().find(|task| task.state == State::Failed);
    failed.and_then(|task| task.trace.clone()).context("a failed task without a cause")
}

/// Waits until the sink has taken so many records.
pub(crate) async fn until_taken(script: &Script, count: usize) -> anyhow::Result<Vec<String>> {
    wait::until(DEADLINE, &format!("{count} records in the sink"), async || {
        let bodies = script.bodies();
        if bodies.len() >= count { Ok(bodies) } else { Err(format!("{} records", bodies.len())) }
    })
    .await
}
