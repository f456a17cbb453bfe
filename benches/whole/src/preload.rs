//! Fills a topic with JSON records.

use bytes::Bytes;
use remoting::{Client, OutgoingMessage, TopicSpec};

const BATCH: usize = 500;

/// Sends `records` JSON objects of `size` bytes, numbered from 0, evenly over `queues` queues.
pub(crate) async fn fill(
    client: &Client,
    topic: &str,
    queues: i32,
    records: u64,
    size: usize,
) -> anyhow::Result<()> {
    client.create_topic(&TopicSpec::new(topic, queues)).await?;
    let queues = client.route(topic).await?.write_queues();
    let mut senders = tokio::task::JoinSet::new();
    let count = queues.len() as u64;
    for (turn, queue) in (0..count).zip(queues) {
        let client = client.clone();
        senders.spawn(async move {
            let mut numbers = (turn..records).step_by(usize::try_from(count)?).peekable();
            while numbers.peek().is_some() {
                let batch: Vec<_> = numbers.by_ref().take(BATCH).map(|n| record(n, size)).collect();
                client.send_batch(&queue, &batch).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    Ok(())
}

fn record(number: u64, size: usize) -> OutgoingMessage {
    let start = format!(
        r#"{{"id":{number},"name":"customer {}","amount":{}.25,"note":""#,
        number % 1000,
        number % 7919
    );
    let padding = size.saturating_sub(start.len() + 2);
    OutgoingMessage::new(Bytes::from(format!("{start}{}\"}}", "x".repeat(padding))))
}
