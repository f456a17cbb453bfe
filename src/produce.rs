//! `rocketmq-connect produce`: each line of standard input as a message.
//!
//! `lines` gathers lines into batches on a thread of its own, `sender` spreads the batches over the topic's queues,
//! `ledger` knows which lines are acknowledged, `key` finds the key in a line.

mod key;
mod ledger;
mod lines;
mod progress;
mod sender;

use crate::{
    arguments,
    failure::Failure,
    number::{counted, grouped},
    signals::Signals,
};
use anyhow::{Context, anyhow};
use ledger::Ledger;
use lines::{Batch, Batches, InputError};
use progress::Progress;
use remoting::{Client, ClientOptions, Queue, TopicSpec};
use sender::{End, Sender};
use std::{
    io::{IsTerminal, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::mpsc;

/// Queues of a topic that is created, as a broker creates topics by itself.
const NEW_TOPIC_QUEUES: i32 = 4;
/// Batches that are read ahead.
const READ_AHEAD: usize = 2;

/// Sends standard input, and says on standard output how many lines were acknowledged.
///
/// # Errors
/// When a line cannot be sent, with how far the broker acknowledged.
pub async fn run(options: arguments::Produce) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() {
        say("reading lines from the terminal; end them with Ctrl-D on an empty line");
    }
    let summary = send(&options, std::io::stdin()).await?;
    // A reader that went away has seen enough.
    writeln!(std::io::stdout(), "{summary}").unwrap_or_default();
    Ok(())
}

/// Sends all lines of `input` and returns what to say about it.
///
/// # Errors
/// As for [`run`].
pub async fn send(
    options: &arguments::Produce,
    input: impl Read + Send + 'static,
) -> Result<String, Failure> {
    let mut signals = Signals::watch().map_err(Failure::running)?;
    let topic = &options.topic;
    let client_options =
        ClientOptions { name_servers: options.name_servers.clone(), ..ClientOptions::default() };
    let client = Client::new(client_options).context("-n").map_err(Failure::usage)?;
    let created = create_if_missing(&client, topic).await.map_err(Failure::running)?;
    let queues = write_queues(&client, topic).await.map_err(Failure::running)?;
    let queue_count = queues.len() as u64;

    let (batches, empty) = read(input, options.key_field.clone());
    let mut sender = Sender::new(client.clone(), queues);
    let mut progress = Progress::new();
    let end = sender.run(batches, signals.next(), &mut progress).await;
    client.close().await;

    let ledger = sender.ledger();
    match failure(end) {
        Some(cause) => Err(Failure::running(cause.context(how_far(ledger)))),
        None => Ok(format!(
            "{} to topic {topic} ({}{}){}",
            progress.summary(ledger.messages()),
            counted(queue_count, "queue"),
            if created { ", created" } else { "" },
            left_out(empty.load(Ordering::Relaxed)),
        )),
    }
}

/// Whether the topic was not there and is now.
async fn create_if_missing(client: &Client, topic: &str) -> anyhow::Result<bool> {
    match client.route(topic).await {
        Ok(_) => Ok(false),
        Err(remoting::Error::TopicMissing { .. }) => {
            let created = client.create_topic(&TopicSpec::new(topic, NEW_TOPIC_QUEUES)).await;
            created.map(|()| true).with_context(|| format!("cannot create topic {topic}"))
        }
        Err(error) => Err(anyhow::Error::new(error).context("check the name servers after -n")),
    }
}

async fn write_queues(client: &Client, topic: &str) -> anyhow::Result<Vec<Queue>> {
    let queues = client.route(topic).await?.write_queues();
    if queues.is_empty() {
        return Err(anyhow!(
            "topic {topic} has no queue that can be written; check its permissions and that its broker runs"
        ));
    }
    Ok(queues)
}

/// Reads on a thread of its own, which a slow input may block; the number is that of empty lines so far.
fn read(
    input: impl Read + Send + 'static,
    key_field: Option<String>,
) -> (mpsc::Receiver<Result<Batch, InputError>>, Arc<AtomicU64>) {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let empty = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&empty);
    std::thread::spawn(move || {
        let mut batches = Batches::new(input, key_field);
        while let Some(batch) = batches.next() {
            counter.store(batches.empty(), Ordering::Relaxed);
            if sender.blocking_send(batch).is_err() {
                return;
            }
        }
        counter.store(batches.empty(), Ordering::Relaxed);
    });
    (receiver, empty)
}

fn left_out(empty: u64) -> String {
    if empty == 0 { String::new() } else { format!(", {} left out", counted(empty, "empty line")) }
}

fn failure(end: End) -> Option<anyhow::Error> {
    match end {
        End::Done => None,
        End::Input(error) => Some(error.into()),
        End::Interrupted(signal) => Some(anyhow!("interrupted by {signal}")),
        End::Send { numbers, source } => {
            let (first, last) = (grouped(*numbers.start()), grouped(*numbers.end()));
            Some(anyhow::Error::new(source).context(format!(
                "lines {first} to {last} were not acknowledged, so whether they are there is not known"
            )))
        }
    }
}

/// What is there for sure, and so where to go on.
fn how_far(ledger: &Ledger) -> String {
    let (through, last) = (ledger.through(), ledger.last());
    let in_all = counted(ledger.messages(), "line");
    match (through, last) {
        (0, 0) => "stopped before any line was acknowledged".to_owned(),
        (through, last) if last > through => format!(
            "stopped after line {}, up to which all were acknowledged, and some after it up to line {}, {in_all} in all",
            grouped(through),
            grouped(last)
        ),
        (through, _) => {
            format!("stopped after line {}, the last acknowledged, {in_all} in all", grouped(through))
        }
    }
}

fn say(text: &str) {
    // Nobody is left to tell when standard error is gone.
    writeln!(std::io::stderr(), "{text}").unwrap_or_default();
}

#[cfg(test)]
#[cfg(feature = "dev-broker")]
mod tests;
