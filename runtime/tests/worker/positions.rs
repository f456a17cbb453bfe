//! Where queues begin: at first, later, and when they are not what they were.

#![allow(clippy::single_range_in_vec_init, reason = "one range of records is what is meant")]

mod batches;
mod created_again;
mod first_start;
mod later;
mod own_position;
mod several;
mod trimmed;

use std::sync::Arc;
use std::time::Duration;

use connector_api::SinkError;
use remoting::{Client, ClientOptions, OutgoingMessage, Queue, TopicSpec};
use runtime::host::{Host, State, TargetState};
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name, until, until_failed, until_running, until_taken};
use crate::script::Act;

const LAST: (&str, &str) = ("consume.from.where", "CONSUME_FROM_LAST_OFFSET");
const FIRST: (&str, &str) = ("consume.from.where", "CONSUME_FROM_FIRST_OFFSET");
const EARLIEST: (&str, &str) = ("offset.out.of.range", "earliest");
const LATEST: (&str, &str) = ("offset.out.of.range", "latest");

fn numbers(ranges: &[std::ops::Range<i32>]) -> Vec<String> {
    let mut numbers: Vec<i32> = ranges.iter().cloned().flatten().collect();
    numbers.sort_unstable();
    numbers.iter().map(ToString::to_string).collect()
}

fn queue(id: i32) -> Queue {
    Queue::new("t", "b", id)
}

/// Waits until the sink has taken exactly these numbers, each once, in any order of queues.
async fn until_exactly(rig: &Rig, ranges: &[std::ops::Range<i32>]) -> anyhow::Result<()> {
    let expected = numbers(ranges);
    wait::until(DEADLINE, "exactly these records", async || {
        let mut bodies = rig.script.bodies();
        bodies.sort_by_key(|body| body.parse::<i32>().unwrap_or(-1));
        if bodies == expected { Ok(()) } else { Err(format!("{bodies:?}")) }
    })
    .await
}

/// Runs a connector until it takes records, and ends the worker.
async fn run_once(rig: &Rig, more: &[(&str, &str)], taken: usize) -> anyhow::Result<()> {
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(more)).await?;
    until_running(&worker, "c").await?;
    until_taken(&rig.script, taken).await?;
    worker.shutdown(DEADLINE).await;
    Ok(())
}

/// A worker whose connector has another configuration than when it was last run.
async fn reconfigured(rig: &Rig, more: &[(&str, &str)]) -> anyhow::Result<WorkerHandle> {
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(more)).await?;
    Ok(worker)
}

/// Options of a worker that sees new queues soon.
fn watchful(rig: &Rig) -> anyhow::Result<WorkerOptions> {
    let name_servers = vec![rig.name_server()];
    let route_refresh = Duration::from_millis(50);
    let client = Client::new(ClientOptions { name_servers, route_refresh, ..ClientOptions::default() })?;
    Ok(WorkerOptions { client, ..rig.options() })
}

/// Waits for a task to say, running or not, what was lost or stands in its way.
async fn until_said(worker: &WorkerHandle, parts: &[&str]) -> anyhow::Result<String> {
    let says = |trace: &Option<String>| {
        trace.as_ref().is_some_and(|trace| parts.iter().all(|part| trace.contains(part)))
    };
    let view = until(worker, "c", &format!("a task to say {parts:?}"), |view| {
        view.tasks.iter().any(|task| says(&task.trace))
    })
    .await?;
    Ok(view.tasks.into_iter().find_map(|task| task.trace).unwrap_or_default())
}

/// Deletes topic `t` and creates it again with so many queues.
async fn create_again(rig: &Rig, queues: i32) -> anyhow::Result<()> {
    rig.client.delete_topic("t").await?;
    rig.client.create_topic(&TopicSpec::new("t", queues)).await?;
    Ok(())
}

/// Has the broker drop all messages of topic `t`, as if they were old, and keep those of the internal topics.
async fn drop_messages(rig: &mut Rig) -> anyhow::Result<i64> {
    let topics = ["connector-config-topic", "connector-offset-topic"];
    let kept = [rig.messages(topics[0]).await?, rig.messages(topics[1]).await?];
    rig.restart_broker_keeping(Some(Duration::from_millis(500))).await?;
    let end = until_dropped(rig, 0).await?;
    rig.restart_broker().await?;
    for message in kept.iter().flatten() {
        let properties = message.properties.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let again = OutgoingMessage {
            keys: message.keys().map(str::to_owned),
            properties: properties.filter(|(name, _)| name == "connect.format").collect(),
            ..OutgoingMessage::new(message.body.clone())
        };
        let queue = Queue::new(Arc::clone(&message.topic), "b", message.queue_id);
        wait::until(DEADLINE, "the broker to take a message", async || rig.client.send(&queue, &again).await)
            .await?;
    }
    Ok(end)
}

/// Waits until the broker has dropped all that stands in a queue.
async fn until_dropped(rig: &Rig, id: i32) -> anyhow::Result<i64> {
    wait::until(DEADLINE, "the broker to drop its messages", async || {
        let ends = async || {
            let (min, max) =
                (rig.client.min_offset(&queue(id)).await?, rig.client.max_offset(&queue(id)).await?);
            Ok::<_, remoting::Error>((min, max))
        };
        match ends().await.map_err(|error| error.to_string())? {
            (min, max) if min == max && min > 0 => Ok(min),
            ends => Err(format!("{ends:?}")),
        }
    })
    .await
}
