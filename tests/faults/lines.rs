//! A RocketMQ, a Doris and a worker, with a proxy on each line between them, and orders that flow.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::Context;
use devbroker::DevBroker;
use mysql_async::prelude::Queryable;
use remoting::code::request;
use remoting::{Client, ClientOptions, TopicSpec};
use serde_json::{Value, json};
use test_support::doris::Doris;
use test_support::java::{RocketMq, Tuning, Version};
use test_support::ledger::{Copies, Ledger, Verdict};
use test_support::proxy::Proxy;
use test_support::requirements::skip_without_java;
use test_support::source::Kind;
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, ports, wait};

use crate::evidence::Evidence;
use crate::flow::{Destination, Flow, Sender};
use crate::memory;
use crate::mode::Mode;
use crate::rig::{self, ARRIVAL, NAME};

const QUEUES: i32 = 4;
/// How often the table is asked how far it is: seldom, as that takes long.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The RocketMQ, which is reached past its proxy by whoever sends orders.
enum Broker {
    /// In this process.
    Dev { _running: devbroker::Running },
    /// Apache RocketMQ.
    Java { _rocketmq: Box<RocketMq> },
}

/// Everything, and the lines in between. Dropped before it was settled, it leaves behind what its processes printed.
pub(crate) struct Lines {
    /// From the worker to the broker; to the name server as well, where that is the same process.
    pub(crate) broker: Proxy,
    /// From the worker to the front end: two ways, which it takes for two front ends.
    pub(crate) frontends: [Proxy; 2],
    /// From the worker to the back end.
    pub(crate) backend: Proxy,
    pub(crate) doris: Doris,
    pub(crate) worker: Worker,
    destination: Destination,
    mode: Mode,
    evidence: Evidence,
    _broker: Broker,
}

impl Lines {
    /// Doris is loaded in `mode`. `None` when what `kind` needs is not installed.
    ///
    /// # Errors
    /// When a part does not start.
    pub(crate) async fn start(kind: Kind, mode: Mode) -> anyhow::Result<Option<Self>> {
        let scratch = Scratch::new()?;
        let evidence = Evidence::of(&scratch);
        let (running, broker, broker_name, name_server) = match kind {
            Kind::DevBroker => {
                let proxy = Proxy::start(loopback()?).await?;
                let options = devbroker::Options {
                    advertise: Some(proxy.address()),
                    ..devbroker::Options::new(proxy.target(), scratch.directory("dev-broker")?)
                };
                let broker = Broker::Dev { _running: DevBroker::start(options).await? };
                let name_server = proxy.address().to_string();
                (broker, proxy, "dev-broker", name_server)
            }
            Kind::Java if skip_without_java()? => return Ok(None),
            Kind::Java => {
                let tuning = Tuning::default().advertised_at(Ipv4Addr::new(127, 0, 0, 2));
                let rocketmq = RocketMq::start(Version::V5_5_0, tuning).await?;
                let proxy = Proxy::listen(rocketmq.advertised(), rocketmq.broker()).await?;
                let name_server = rocketmq.name_server();
                (Broker::Java { _rocketmq: Box::new(rocketmq) }, proxy, "broker-a", name_server)
            }
        };
        let queues = create_topic(&name_server).await?;
        let backend = Proxy::start(loopback()?).await?;
        let doris = Doris::start_behind(&scratch, &backend).await?;
        doris.create_orders(NAME).await?;
        let frontends = [Proxy::start(doris.fe).await?, Proxy::start(doris.fe).await?];
        let launch = Launch::standalone(&scratch, rig::binary(), "worker-a", &name_server)?;
        let worker = Worker::start(&scratch, launch).await?;
        let destination = Destination { broker: broker.target(), broker_name, topic: NAME, queues };
        Ok(Some(Self {
            broker,
            frontends,
            backend,
            doris,
            worker,
            destination,
            mode,
            evidence,
            _broker: running,
        }))
    }

    /// Whoever sends orders of about `bytes` bytes past the proxy.
    pub(crate) fn sender(&self, bytes: usize) -> Sender {
        Sender::new(self.destination.clone(), bytes, self.mode.bad_rows)
    }

    /// Creates the connector, which asks these front ends and is patient for three seconds, with further settings.
    ///
    /// # Errors
    /// When the worker refuses it.
    pub(crate) async fn load(&self, frontends: &[&Proxy], more: Value) -> anyhow::Result<()> {
        let urls: Vec<_> = frontends.iter().map(|proxy| proxy.address().to_string()).collect();
        let mut config = self.doris.connector(NAME, NAME);
        self.mode.configure(&mut config);
        merge(
            &mut config,
            json!({
                "doris.urls": urls.join(","),
                "batch.max.records": "200",
                "request.connect.timeout.ms": "3000",
                "request.read.timeout.ms": "3000",
            }),
        );
        merge(&mut config, more);
        rig::configure(&self.worker, &config).await
    }

    /// Lets orders flow from `sender`, and waits until they arrive.
    ///
    /// # Errors
    /// When none arrives.
    pub(crate) async fn flow(&self, sender: Sender, per_second: u64) -> anyhow::Result<Flow> {
        let flow = Flow::start(sender, per_second);
        self.wait_for_fresh(&flow, ARRIVAL).await?;
        Ok(flow)
    }

    /// Sends a fresh order, waits until it is in the table, and says how long that took.
    ///
    /// # Errors
    /// After `within`, with what the status says.
    pub(crate) async fn wait_for_fresh(&self, flow: &Flow, within: Duration) -> anyhow::Result<Duration> {
        let fresh = flow.send_one().await?;
        self.wait_for_order(fresh, within).await
    }

    /// Waits until that order is in the table, and says how long that took.
    ///
    /// # Errors
    /// After `within`, with what the status says.
    pub(crate) async fn wait_for_order(&self, order: u64, within: Duration) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let mut session = self.doris.session().await?;
        wait::until(within, &format!("order {order} to be in the table"), async || {
            let asked = format!("SELECT id FROM shop.{NAME} WHERE id = {order}");
            match session.query_first::<u64, _>(asked).await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(rig::status(&self.worker).await),
                Err(error) => Err(error.to_string()),
            }
        })
        .await?;
        Ok(began.elapsed())
    }

    /// Waits until the cause of some task has all of `words`, and returns it.
    ///
    /// # Errors
    /// When none comes to have them, with the last status.
    pub(crate) async fn wait_for_cause(&self, words: &[&str]) -> anyhow::Result<String> {
        wait_for_cause(&self.worker, words).await
    }

    /// What the status of each task says that stands in its way.
    ///
    /// # Errors
    /// When the worker does not answer.
    pub(crate) async fn causes(&self) -> anyhow::Result<Vec<String>> {
        causes(&self.worker).await
    }

    /// Waits until the consumer group is committed up to the end of every queue. That comes last, so nothing has to be said to the
    /// broker any more until more orders are sent.
    ///
    /// # Errors
    /// When it does not come to be.
    pub(crate) async fn wait_committed(&self) -> anyhow::Result<()> {
        wait::until(ARRIVAL, "all orders to be committed", async || {
            for queue in 0..self.destination.queues {
                let end = self.destination.offset(request::GET_MAX_OFFSET, queue).await?;
                let committed = self.destination.offset(request::QUERY_CONSUMER_OFFSET, queue).await?;
                anyhow::ensure!(committed == end, "queue {queue} is committed up to {committed} of {end}");
            }
            Ok(())
        })
        .await
    }

    /// Waits until the faults of the stand-in have struck as often as they were to.
    ///
    /// # Errors
    /// When they do not come to.
    pub(crate) async fn wait_faults_used(&self) -> anyhow::Result<()> {
        wait::until(ARRIVAL, "the faults to strike", async || match self.doris.faults_left().await {
            Ok(0) => Ok(()),
            Ok(left) => Err(format!("{left} strikes are left")),
            Err(error) => Err(error.to_string()),
        })
        .await
    }

    /// Waits until all tasks run and nothing stands in their way.
    ///
    /// # Errors
    /// When they do not come to, with the last status.
    pub(crate) async fn wait_healthy(&self) -> anyhow::Result<()> {
        wait::until(ARRIVAL, "tasks that nothing stands in the way of", async || {
            let tasks = tasks(&self.worker).await.map_err(|error| error.to_string())?;
            let is_healthy = |task: &Value| task["state"] == "RUNNING" && task["trace"].is_null();
            let healthy = !tasks.is_empty() && tasks.iter().all(is_healthy);
            if healthy { Ok(()) } else { Err(format!("{tasks:?}")) }
        })
        .await
    }

    /// What the ledger says of the table now.
    ///
    /// # Errors
    /// When the table cannot be asked.
    pub(crate) async fn judge(&self, ledger: &Ledger) -> anyhow::Result<Verdict> {
        let mut session = self.doris.session().await?;
        let rows: Vec<(u64, u64)> =
            session.query(format!("SELECT id, count(*) FROM shop.{NAME} GROUP BY id")).await?;
        Ok(ledger.judge(&Copies::from_iter(rows)))
    }

    /// Waits until everything of the ledger has arrived, or nothing does for `patience`, and judges.
    ///
    /// # Errors
    /// When the table cannot be asked, or the worker has taken more memory than it may.
    pub(crate) async fn settle(
        mut self,
        ledger: &Ledger,
        patience: Duration,
    ) -> anyhow::Result<(Verdict, u64)> {
        let mut last = (0, Instant::now());
        let verdict = loop {
            let rows = self.doris.rows(NAME).await?;
            if rows != last.0 {
                last = (rows, Instant::now());
            }
            let waited = last.1.elapsed();
            if rows >= ledger.acknowledged() || waited > patience {
                let verdict = self.judge(ledger).await?;
                if verdict.lost.is_empty() || waited > patience {
                    break verdict;
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        if !verdict.is_clean() {
            let (rows, status) = (last.0, rig::status(&self.worker).await);
            self.evidence.note(&format!("{rows} rows, and no more within {patience:?}; {status}"));
        }
        let peak = memory::assert_bounded(self.worker.process())?;
        if verdict.is_clean() {
            self.evidence.discard();
        }
        Ok((verdict, peak))
    }
}

/// Waits until the cause of some task of the connector has all of `words`, and returns it.
///
/// # Errors
/// When none comes to have them, with the last status.
pub(crate) async fn wait_for_cause(worker: &Worker, words: &[&str]) -> anyhow::Result<String> {
    wait::until(ARRIVAL, &format!("a task to name {words:?}"), async || {
        let causes = causes(worker).await?;
        let found = causes.iter().find(|cause| words.iter().all(|word| cause.contains(word)));
        found.cloned().with_context(|| format!("tasks say {causes:?}"))
    })
    .await
}

/// What the status of each task says that stands in its way.
async fn causes(worker: &Worker) -> anyhow::Result<Vec<String>> {
    let tasks = tasks(worker).await?;
    Ok(tasks.iter().filter_map(|task| task["trace"].as_str()).map(str::to_owned).collect())
}

async fn tasks(worker: &Worker) -> anyhow::Result<Vec<Value>> {
    let status = worker.get(&format!("/connectors/{NAME}/status")).await?.json()?;
    status["body"]["tasks"].as_array().cloned().with_context(|| format!("no tasks in {status}"))
}

/// Creates the topic and says how many queues it has on its broker.
///
/// # Errors
/// When the broker refuses it.
pub(crate) async fn create_topic(name_server: &str) -> anyhow::Result<i32> {
    let client = Client::new(ClientOptions {
        name_servers: vec![name_server.to_owned()],
        ..ClientOptions::default()
    })?;
    client.create_topic(&TopicSpec::new(NAME, QUEUES)).await.context("create the topic")?;
    client.close().await;
    Ok(QUEUES)
}

/// A loopback address that nothing listens on yet.
fn loopback() -> anyhow::Result<SocketAddr> {
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)))
}

fn merge(config: &mut Value, more: Value) {
    if let (Value::Object(config), Value::Object(more)) = (config, more) {
        config.extend(more);
    }
}
