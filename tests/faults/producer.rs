//! Sends orders steadily, whatever happens to the broker meanwhile, and keeps the ledger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use remoting::{Client, ClientOptions, OutgoingMessage, TopicSpec};
use test_support::wait;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::mode::BadRows;
use test_support::ledger::Ledger;

const TICK: Duration = Duration::from_millis(10);
/// How long a topic may take to be created.
const CREATED: Duration = Duration::from_secs(30);
/// What makes an order as long as orders are.
const NOTE: &str = "a note of two hundred bytes, more or less, as notes on orders go: leave it with the neighbours if nobody \
                    answers the door, the dog is friendly, the bell is not; ring twice and wait for the light in the hall";

/// A steady flow of orders to a topic. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Producer {
    ledger: Arc<Mutex<Ledger>>,
    stop: oneshot::Sender<()>,
    flowing: JoinHandle<()>,
}

impl Producer {
    /// Creates `topic` with `queues` queues, and begins to send `per_second` orders a second to it.
    ///
    /// # Errors
    /// When the topic cannot be created.
    pub(crate) async fn start(
        name_server: &str,
        topic: &str,
        queues: i32,
        per_second: u64,
        bad_rows: BadRows,
    ) -> anyhow::Result<Self> {
        let name_servers = vec![name_server.to_owned()];
        // One request at a time, so this bounds how long the flow stands still when a broker is gone without a word.
        let options = ClientOptions {
            name_servers,
            request_timeout: Duration::from_secs(1),
            ..ClientOptions::default()
        };
        let client = Client::new(options)?;
        let spec = TopicSpec::new(topic, queues);
        wait::until(CREATED, "the topic to be created", async || client.create_topic(&spec).await).await?;
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let (stop, stopped) = oneshot::channel();
        let per_tick = (per_second * u64::try_from(TICK.as_millis())? / 1000).max(1);
        let flowing =
            tokio::spawn(flow(client, topic.to_owned(), per_tick, bad_rows, Arc::clone(&ledger), stopped));
        Ok(Self { ledger, stop, flowing })
    }

    /// The number that the next order will have: what was sent before now is below it.
    pub(crate) fn next(&self) -> u64 {
        lock(&self.ledger).next()
    }

    /// Sends no more, and returns the ledger.
    ///
    /// # Errors
    /// When sending panicked.
    pub(crate) async fn stop(self) -> anyhow::Result<Ledger> {
        // One that panicked has nobody who listens.
        self.stop.send(()).unwrap_or_default();
        self.flowing.await.context("the producer")?;
        Ok(lock(&self.ledger).clone())
    }
}

async fn flow(
    client: Client,
    topic: String,
    per_tick: u64,
    bad_rows: BadRows,
    ledger: Arc<Mutex<Ledger>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turn = 0;
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            _ = ticks.tick() => {}
        }
        let Ok(route) = client.route(&topic).await else { continue };
        let queues = route.write_queues();
        if queues.is_empty() {
            continue;
        }
        turn += 1;
        let numbers = lock(&ledger).take(per_tick);
        let mut orders: Vec<_> = numbers.clone().map(|number| OutgoingMessage::new(order(number))).collect();
        if let Some(bad) = bad_rows.at(turn) {
            orders.insert(turn % orders.len(), OutgoingMessage::new(bad));
        }
        // What failed may be stored all the same, so it is not sent again.
        if client.send_batch(&queues[turn % queues.len()], &orders).await.is_ok() {
            lock(&ledger).acknowledge(numbers);
        }
    }
    client.close().await;
}

/// The body of an order.
fn order(number: u64) -> String {
    format!(r#"{{"id":{number},"customer":"customer {}","note":"{NOTE}"}}"#, number % 97)
}

/// The number of the order whose body this is.
///
/// # Errors
/// When it is none, with the text.
pub(crate) fn number_of(body: &str) -> anyhow::Result<u64> {
    let order: serde_json::Value =
        serde_json::from_str(body).with_context(|| format!("no order: {body:?}"))?;
    order["id"].as_u64().with_context(|| format!("no order: {body:?}"))
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
