//! A broker that does not answer while its part of the offset topic is to be read, or written.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use connector_api::{QueueId, QueueOffset};
use devbroker::{DevBroker, Options, Running};
use futures_util::FutureExt;
use futures_util::future::join_all;
use remoting::{Client, ClientOptions, TopicSpec};
use runtime::host::Host;
use runtime::plugins::Plugins;
use runtime::store::{ConfigStore, Lost, OffsetStore, Progress, Republish};
use runtime::worker::{Worker, WorkerOptions};
use test_support::proxy::{Fault, Proxy};
use test_support::{ports, wait};

use crate::hostile::sink::{Harm, Hostile, Method};
use crate::records::{CONFIGS, OFFSETS};
use crate::rig::{DEADLINE, config, name, until, until_running};

/// So many queues of the broker are claimed at the same time.
const QUEUES: u32 = 8;
/// Longer than it takes until a broker that does not answer is given up, and shorter than it takes for all queues in turn.
const TOGETHER: Duration = Duration::from_secs(12);

/// A broker behind a proxy, and a client that asks its name server without it.
struct Line {
    client: Client,
    broker: Running,
    proxy: Proxy,
    _data: tempfile::TempDir,
}

impl Line {
    async fn start() -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let door = ([127, 0, 0, 1], ports::free()?).into();
        let own = Options::new(([127, 0, 0, 1], 0).into(), data.path());
        let options = Options { broker_name: "b".to_owned(), advertise: Some(door), ..own };
        let broker = DevBroker::start(options).await?;
        let proxy = Proxy::listen(door, broker.addr()).await?;
        let name_servers = vec![broker.addr().to_string()];
        let client = Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?;
        client.create_topic(&TopicSpec::new("t", i32::try_from(QUEUES)?)).await?;
        Ok(Self { client, broker, proxy, _data: data })
    }

    async fn stop(self) {
        self.client.close().await;
        self.proxy.stop().await;
        self.broker.shutdown().await;
    }
}

fn queue(number: u32) -> Arc<QueueId> {
    Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: number })
}

#[tokio::test]
async fn what_needs_a_log_that_cannot_be_read_waits_together_and_it_is_read_once_it_can_be()
-> anyhow::Result<()> {
    let line = Line::start().await?;
    let configs = ConfigStore::open(line.client.clone(), CONFIGS, DEADLINE).await?;
    let open = |worker| {
        let republish = Republish { connectors: configs.names(), interval: DEADLINE };
        OffsetStore::open(line.client.clone(), OFFSETS, worker, republish)
    };
    let before = open("before").await?;
    let claim = before.claim(&name("c"), &queue(0)).await?;
    claim.begin(Progress::begin(QueueOffset::default(), 1)).store().await?;
    drop(before);

    line.proxy.set(Fault::HALF_OPEN).await;
    let store = open("w1").await.context("a worker starts without a broker that does not answer")?;
    let begun = Instant::now();
    let connector = name("c");
    let queues: Vec<_> = (0..QUEUES).map(queue).collect();
    for claimed in join_all(queues.iter().map(|queue| store.claim(&connector, queue))).await {
        assert!(matches!(&claimed, Err(Lost::Store(error)) if error.is_transient()), "{claimed:?}");
    }
    let took = begun.elapsed();
    assert!(took < TOGETHER, "{took:?} for {QUEUES} queues");

    line.proxy.heal().await;
    // Each time somebody asks, and does not wait.
    let broker = Arc::clone(&queue(0).broker);
    let topics = wait::until(DEADLINE, "the log to be read", async || {
        let topics = store.topics_begun(&connector, [&broker]).now_or_never();
        topics.filter(|topics| !topics.is_empty()).ok_or("nothing is known")
    })
    .await?;
    assert_eq!(topics.into_iter().collect::<Vec<_>>(), ["t".into()]);
    for queue in &queues {
        store.claim(&connector, queue).await?;
    }
    line.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_task_says_which_queue_it_cannot_open_in_time() -> anyhow::Result<()> {
    let line = Line::start().await?;
    let sink = Hostile::new(Method::Start, Harm::Block);
    let options = WorkerOptions::new(line.client.clone(), Plugins::new().sink(sink.clone()));
    let worker = Worker::start(options).await?;
    worker.put_connector(name("c"), config(&[("connector.class", sink.class())])).await?;
    line.proxy.set(Fault::HALF_OPEN).await;
    sink.disarm();
    until(&worker, "c", "the queue to be named", |view| {
        let trace = view.tasks[0].trace.as_deref().unwrap_or_default();
        trace.contains("t/b/0 cannot be read at the moment: it could not be opened within 10 s")
    })
    .await?;
    line.proxy.heal().await;
    until(&worker, "c", "nothing to be amiss", |view| view.tasks[0].trace.is_none()).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    line.stop().await;
    Ok(())
}
