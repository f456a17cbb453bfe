//! A RocketMQ with a steady flow of orders, a sink, and a worker that carries them there.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::ledger::Verdict;
use test_support::process::Signal;
use test_support::source::{Kind, Source};
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, http, wait};

use crate::evidence::Evidence;
use crate::mode::{BadRows, Mode};
use crate::producer::Producer;
use crate::sink::{Sink, SinkKind};

/// The topic, and the connector that reads it.
pub(crate) const NAME: &str = "orders";
/// The worker's name.
pub(crate) const WORKER: &str = "worker-a";
const QUEUES: i32 = 4;
/// How long records may take that nothing stands in the way of, on a busy machine.
pub(crate) const ARRIVAL: Duration = Duration::from_secs(60);
/// How long a worker may take to end in good order.
const END: Duration = Duration::from_secs(40);

/// What a rig is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) source: Kind,
    pub(crate) sink: SinkKind,
    /// How many orders are sent.
    pub(crate) per_second: u64,
    pub(crate) mode: Mode,
}

/// Everything a scenario strikes at. Dropped before it was settled, it leaves behind what its processes printed.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) worker: Worker,
    pub(crate) sink: Sink,
    pub(crate) source: Source,
    pub(crate) scratch: Scratch,
    producer: Producer,
    evidence: Evidence,
}

impl Rig {
    /// Starts everything and waits until records flow. `None` when something it needs is not installed.
    ///
    /// # Errors
    /// When a part does not start, or no record arrives.
    pub(crate) async fn start(parts: Parts) -> anyhow::Result<Option<Self>> {
        let scratch = Scratch::new()?;
        let Some(source) = Source::start(parts.source, &scratch, binary()).await? else { return Ok(None) };
        let evidence = Evidence::of(&scratch);
        let sink = Sink::start(parts.sink, parts.mode, &scratch).await?;
        let name_server = source.name_server();
        let worker =
            Worker::start(&scratch, Launch::standalone(&scratch, binary(), WORKER, &name_server)?).await?;
        let bad_rows = match parts.sink {
            SinkKind::Doris => parts.mode.bad_rows,
            // It takes every line.
            SinkKind::File => BadRows::None,
        };
        let producer = Producer::start(&name_server, NAME, QUEUES, parts.per_second, bad_rows).await?;
        let mut rig = Self { worker, sink, source, scratch, producer, evidence };
        rig.configure(&rig.sink.connector(NAME)).await?;
        rig.wait_for_new(ARRIVAL).await?;
        Ok(Some(rig))
    }

    /// Creates or changes the connector, and insists on success.
    ///
    /// # Errors
    /// When the worker refuses it.
    pub(crate) async fn configure(&self, config: &Value) -> anyhow::Result<()> {
        configure(&self.worker, config).await
    }

    /// Asks the worker to end, whatever there is to do.
    ///
    /// # Errors
    /// When it does not do so in good order.
    pub(crate) async fn worker_ends_in_order(&mut self) -> anyhow::Result<()> {
        ends_in_order(&mut self.worker).await
    }

    /// The order that is sent next: whatever is new from now on has this number or a higher one.
    pub(crate) fn mark(&self) -> u64 {
        self.producer.next()
    }

    /// Waits until an order arrives that is sent from now on, and says how long it took.
    ///
    /// # Errors
    /// After `within`, with what the status says.
    pub(crate) async fn wait_for_new(&mut self, within: Duration) -> anyhow::Result<Duration> {
        let (began, mark) = (Instant::now(), self.mark());
        self.wait_for(mark, within).await?;
        Ok(began.elapsed())
    }

    /// Waits until an order with the number `mark` or a higher one is in the sink.
    ///
    /// # Errors
    /// After `within` or when the worker has ended, with what the status says.
    pub(crate) async fn wait_for(&mut self, mark: u64, within: Duration) -> anyhow::Result<()> {
        let arrived = self.wait_for_or_end(mark, within).await?;
        anyhow::ensure!(
            arrived,
            "the worker ended by itself; it printed: {}",
            self.worker.process().last_output()
        );
        Ok(())
    }

    /// Waits as [`Rig::wait_for`] does, but only as long as the worker lives: true when the order arrived, false when the
    /// worker ended first.
    ///
    /// # Errors
    /// After `within`, with what the status says.
    pub(crate) async fn wait_for_or_end(&mut self, mark: u64, within: Duration) -> anyhow::Result<bool> {
        let (sink, process) = (&mut self.sink, self.worker.process());
        let arrived =
            wait::until(within, &format!("order {mark} or a later one to be in the sink"), async || {
                if process.exited().map_err(|error| error.to_string())?.is_some() {
                    return Ok(false);
                }
                match sink.newest().await {
                    Ok(Some(newest)) if newest >= mark => Ok(true),
                    Ok(newest) => Err(format!("newest {newest:?}")),
                    Err(error) => Err(format!("{error:#}")),
                }
            })
            .await;
        match arrived {
            Ok(arrived) => Ok(arrived),
            Err(error) => {
                let sent = self.producer.next();
                Err(error.context(format!("sent up to {sent}; {}", status(&self.worker).await)))
            }
        }
    }

    /// Sends no more, waits until all that was acknowledged is in the sink, ends the worker in good order, and judges.
    ///
    /// # Errors
    /// When the worker does not end in good order. What does not arrive is no error: the verdict says so.
    pub(crate) async fn settle(self) -> anyhow::Result<Verdict> {
        let Self { mut worker, mut sink, producer, mut evidence, source, scratch } = self;
        let ledger = producer.stop().await?;
        let arrived = wait::until(ARRIVAL, "all acknowledged orders to be in the sink", async || {
            let look = async {
                if sink.rows().await? < ledger.acknowledged() {
                    anyhow::bail!("fewer rows than orders; {}", status(&worker).await);
                }
                let lost = ledger.judge(&sink.copies().await?).lost.len();
                anyhow::ensure!(lost == 0, "{lost} missing; {}", status(&worker).await);
                Ok(())
            };
            look.await
        })
        .await;
        if let Err(error) = arrived {
            evidence.note(&format!("{error:#}"));
        }
        ends_in_order(&mut worker).await?;
        // Only now nothing can come any more.
        let verdict = ledger.judge(&sink.copies().await?);
        if verdict.is_clean() {
            evidence.discard();
        }
        drop((source, scratch));
        Ok(verdict)
    }
}

/// Asks `worker` to end, and insists that it does so in good order.
async fn ends_in_order(worker: &mut Worker) -> anyhow::Result<()> {
    worker.process().signal(Signal::Terminate)?;
    let ended = worker.process().wait_exit(END).await?;
    anyhow::ensure!(ended.success(), "a worker that was asked to end did so with {ended}");
    Ok(())
}

/// Creates or changes the connector on `worker`, and insists on success.
///
/// # Errors
/// When the worker refuses it or does not answer.
pub(crate) async fn configure(worker: &Worker, config: &Value) -> anyhow::Result<()> {
    match change(worker, config).await? {
        None => Ok(()),
        Some(refusal) => anyhow::bail!("the connector is refused: {refusal}"),
    }
}

/// Creates or changes the connector on `worker`; answers with its words when it refuses.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn change(worker: &Worker, config: &Value) -> anyhow::Result<Option<String>> {
    let answer = http::post(worker.rest(), &format!("/connectors/{NAME}"), config.to_string()).await?;
    Ok(if answer.json()?["status"] == 200 { None } else { Some(answer.text()) })
}

/// The connector's status in the words of `worker`, or why there is none.
pub(crate) async fn status(worker: &Worker) -> String {
    match worker.get(&format!("/connectors/{NAME}/status")).await {
        Ok(answer) => answer.text(),
        Err(error) => format!("no status: {error:#}"),
    }
}

/// The connector's tasks in the words of `worker`.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn tasks(worker: &Worker) -> anyhow::Result<Value> {
    let answer = worker.get(&format!("/connectors/{NAME}/status")).await?;
    Ok(answer.json()?["body"]["tasks"].take())
}

/// The program that everything here is about.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rocketmq-connect"))
}
