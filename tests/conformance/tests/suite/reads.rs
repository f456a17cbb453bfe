//! Reading a queue from one end to the other.

use remoting::{Client, Error, MAX_BATCH_MESSAGES, OutgoingMessage, Queue, ReadError, ReaderOptions};

use crate::target::{DEADLINE, Target, numbered};

on_every_target!(
    twenty_thousand_messages_come_in_order_and_without_gaps,
    two_queues_are_read_at_once_on_one_connection,
    a_reader_at_the_end_waits_for_what_comes,
    a_reader_goes_on_from_where_it_is_told,
    a_reader_beyond_the_end_says_so,
);

const LIMIT: usize = 1 << 20;

/// `count` messages of a kilobyte, each beginning with its number.
async fn fill(client: &Client, queue: &Queue, count: usize) -> Result<(), Error> {
    let padding = "x".repeat(1024 - 8);
    for first in (0..count).step_by(MAX_BATCH_MESSAGES) {
        let last = count.min(first + MAX_BATCH_MESSAGES);
        let batch: Vec<OutgoingMessage> =
            (first..last).map(|number| OutgoingMessage::new(format!("{number:08}{padding}"))).collect();
        client.send_all(queue, &batch).await?;
    }
    Ok(())
}

/// Reads up to the offset `end` and checks that every message is the one that was sent there.
///
/// A proxy drops answers while its connection is congested, so a reader of deep pulls also has to ask again.
async fn check_read(client: &Client, queue: &Queue, from: i64, end: i64) -> anyhow::Result<()> {
    let mut reader = client.reader(queue.clone(), from, ReaderOptions::default());
    let mut expected = from;
    while expected < end {
        let run = tokio::time::timeout(DEADLINE, reader.next(LIMIT)).await.map_err(|_| {
            anyhow::anyhow!("nothing after {expected} of {queue}: {:?}", *reader.status().borrow())
        })??;
        for message in &run.messages {
            assert_eq!(message.offset, expected, "offsets of {queue}");
            assert_eq!(&message.body[..8], format!("{expected:08}").as_bytes(), "at {expected} of {queue}");
            assert_eq!((message.body.len(), &message.fault), (1024, &None), "at {expected} of {queue}");
            expected += 1;
        }
        assert_eq!((run.next, reader.offset()), (expected, expected));
        let bytes: usize = run.messages.iter().map(|message| message.body.len()).sum();
        assert!(bytes <= LIMIT, "a run of {bytes} bytes");
    }
    assert_eq!(expected, end);
    Ok(())
}

async fn twenty_thousand_messages_come_in_order_and_without_gaps(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    fill(&client, &queue, 20_000).await?;
    check_read(&target.impatient_client()?, &queue, 0, 20_000).await
}

async fn two_queues_are_read_at_once_on_one_connection(target: Target) -> anyhow::Result<()> {
    let (client, queues) = (target.client()?, target.topic(2).await?);
    tokio::try_join!(fill(&client, &queues[0], 3000), fill(&client, &queues[1], 3000))?;
    let reading = target.impatient_client()?;
    tokio::try_join!(check_read(&reading, &queues[0], 0, 3000), check_read(&reading, &queues[1], 0, 3000))?;
    Ok(())
}

async fn a_reader_at_the_end_waits_for_what_comes(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let mut reader = client.reader(queue.clone(), 0, ReaderOptions::default());
    for number in 0..5 {
        let body = format!("message {number}");
        let send = async {
            client.min_offset(&queue).await?;
            client.send(&queue, &OutgoingMessage::new(body.clone())).await
        };
        let (run, sent) = tokio::join!(tokio::time::timeout(DEADLINE, reader.next(LIMIT)), send);
        sent?;
        let run = run??;
        assert_eq!(run.messages.len(), 1);
        assert_eq!(run.messages[0].body, body);
    }
    Ok(())
}

async fn a_reader_goes_on_from_where_it_is_told(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    client.send_all(&queue, &numbered("", 500)).await?;
    let mut reader = client.reader(queue.clone(), 490, ReaderOptions::default());
    for place in [490, 3, 499] {
        reader.seek(place);
        let run = tokio::time::timeout(DEADLINE, reader.next(1)).await??;
        assert_eq!((run.messages.len(), run.messages[0].offset), (1, place));
    }
    Ok(())
}

async fn a_reader_beyond_the_end_says_so(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    client.send_all(&queue, &numbered("", 3)).await?;
    let mut reader = client.reader(queue.clone(), 50, ReaderOptions::default());
    let error = tokio::time::timeout(DEADLINE, reader.next(LIMIT)).await?.unwrap_err();
    assert!(matches!(error, ReadError::Beyond { wanted: 50, min: 0, max: 3, .. }), "{error:?}");
    Ok(())
}
