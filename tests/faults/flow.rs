//! Orders sent straight to the broker, whatever happens between it and the worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use remoting::code::request;
use remoting::message::{Properties, batch};
use serde_json::json;
use test_support::{frame, wait};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::mode::BadRows;
use test_support::ledger::Ledger;

/// How often a flow sends.
const TICK: Duration = Duration::from_millis(50);
/// How long a broker may be too busy.
const TAKEN: Duration = Duration::from_secs(10);
/// The most orders in one request.
const BATCH: u64 = 500;
/// RocketMQ remoting, `ResponseCode.SUCCESS`.
const SUCCESS: i64 = 0;

/// Where orders are sent to, past everything that is between worker and broker.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) broker: SocketAddr,
    pub(crate) broker_name: &'static str,
    pub(crate) topic: &'static str,
    /// How many queues the topic has on that broker.
    pub(crate) queues: i32,
}

impl Destination {
    /// What the broker answers to a question for an offset of a queue: how far the connector's group is, or where the queue ends.
    ///
    /// # Errors
    /// When it answers none.
    pub(crate) async fn offset(&self, request: i32, queue: i32) -> anyhow::Result<String> {
        // RocketMQ remoting, `GetMaxOffsetRequestHeader` and `QueryConsumerOffsetRequestHeader`.
        let group = format!("connect-{}", self.topic);
        let fields = json!({"topic": self.topic, "queueId": queue.to_string(), "consumerGroup": group});
        let answer = frame::call(self.broker, u16::try_from(request)?, fields, b"").await?;
        let offset = answer.fields["offset"].as_str();
        offset.map(str::to_owned).with_context(|| format!("no offset of queue {queue}: {answer:?}"))
    }
}

/// Sends orders and keeps the ledger of them.
#[derive(Debug)]
pub(crate) struct Sender {
    to: Destination,
    turn: usize,
    bad_rows: BadRows,
    note: String,
    /// What was sent so far.
    pub(crate) ledger: Ledger,
}

impl Sender {
    /// Orders are `bytes` long and a little more.
    pub(crate) fn new(to: Destination, bytes: usize, bad_rows: BadRows) -> Self {
        Self { to, turn: 0, bad_rows, note: "n".repeat(bytes), ledger: Ledger::default() }
    }

    /// Sends that many orders and returns the number of the last. All queues get some, if there are enough.
    ///
    /// # Errors
    /// When the broker does not take them.
    pub(crate) async fn send(&mut self, count: u64) -> anyhow::Result<u64> {
        let mut left = count;
        while left > 0 {
            let size = left.min(BATCH);
            self.send_batch(size).await?;
            left -= size;
        }
        Ok(self.ledger.next() - 1)
    }

    async fn send_batch(&mut self, count: u64) -> anyhow::Result<()> {
        let numbers = self.ledger.take(count);
        self.turn += 1;
        let queue = self.turn % usize::try_from(self.to.queues)?;
        let order = |number| {
            format!(r#"{{"id":{number},"customer":"customer {}","note":"{}"}}"#, number % 97, self.note)
        };
        let bodies = self.bad_rows.at(self.turn).into_iter().chain(numbers.clone().map(order));
        let entry = |body: String| batch::BatchEntry {
            flag: 0,
            body: body.into(),
            properties: Properties::default(),
        };
        let entries: Vec<_> = bodies.map(entry).collect();
        let Destination { topic, broker_name, .. } = self.to;
        // RocketMQ remoting, `SendMessageRequestHeaderV2`.
        let fields = json!({
            "a": "fault-suite", "b": topic, "c": "TBW102", "d": "4", "e": queue.to_string(), "f": "0",
            "g": "0", "h": "0", "i": "", "j": "0", "k": "false", "m": "true", "n": broker_name,
        });
        let code = u16::try_from(request::SEND_BATCH_MESSAGE)?;
        let answer = frame::call(self.to.broker, code, fields, &batch::encode(&entries)).await?;
        let (code, remark) = (answer.code, answer.remark);
        anyhow::ensure!(code == SUCCESS, "orders {numbers:?} were not taken: {code} {remark}");
        self.ledger.acknowledge(numbers);
        Ok(())
    }
}

/// A steady flow of orders, until it is stopped.
#[derive(Debug)]
pub(crate) struct Flow {
    sender: Arc<Mutex<Sender>>,
    stop: oneshot::Sender<()>,
    flowing: JoinHandle<()>,
}

impl Flow {
    /// `per_second` orders a second from `sender`.
    pub(crate) fn start(sender: Sender, per_second: u64) -> Self {
        let sender = Arc::new(Mutex::new(sender));
        let (stop, mut stopped) = oneshot::channel();
        let from = Arc::clone(&sender);
        let flowing = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let count = (per_second / 20).max(1);
            loop {
                tokio::select! {
                    _ = &mut stopped => return,
                    _ = ticks.tick() => {}
                }
                // A busy broker refuses; what was not acknowledged is nobody's loss.
                drop(from.lock().await.send(count).await);
            }
        });
        Self { sender, stop, flowing }
    }

    /// Sends one order now, again if a busy broker refuses it, and returns its number.
    ///
    /// # Errors
    /// When no broker takes one.
    pub(crate) async fn send_one(&self) -> anyhow::Result<u64> {
        wait::until(TAKEN, "the broker to take an order", async || self.hold().await.send(1).await).await
    }

    /// The sender; nothing flows while it is held.
    pub(crate) async fn hold(&self) -> OwnedMutexGuard<Sender> {
        Arc::clone(&self.sender).lock_owned().await
    }

    /// Sends no more, and returns the ledger.
    ///
    /// # Errors
    /// When sending panicked.
    pub(crate) async fn stop(self) -> anyhow::Result<Ledger> {
        // One that panicked has nobody who listens, and says so next.
        self.stop.send(()).unwrap_or_default();
        self.flowing.await.context("the flow of orders")?;
        Ok(self.sender.lock().await.ledger.clone())
    }
}
