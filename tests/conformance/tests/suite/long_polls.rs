//! Pulls that wait for a message.

use std::time::{Duration, Instant};

use remoting::{OutgoingMessage, PullOptions, PullStatus};

use crate::target::Target;

/// Java brokers look every five seconds whether a pull has waited long enough; the rest is for a busy machine.
const LATENESS: Duration = Duration::from_secs(15);

on_every_target!(
    a_waiting_pull_gets_a_message_when_it_arrives,
    two_waiting_pulls_both_get_the_message,
    a_waiting_pull_ends_when_its_time_is_up,
    other_calls_do_not_wait_for_a_waiting_pull,
    a_pull_beyond_the_end_does_not_wait,
);

fn waiting(offset: i64, suspend: Duration) -> PullOptions {
    PullOptions { suspend: Some(suspend), ..PullOptions::at(offset) }
}

async fn a_waiting_pull_gets_a_message_when_it_arrives(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let suspend = Duration::from_secs(30);
    for offset in 0..10 {
        let options = waiting(offset, suspend);
        let begun = Instant::now();
        let pull = client.pull(&queue, &options);
        let send = async {
            // Answered after the pull was read from the same connection.
            client.min_offset(&queue).await?;
            client.send(&queue, &OutgoingMessage::new(format!("message {offset}"))).await
        };
        let (pulled, sent) = tokio::join!(pull, send);
        let (pulled, sent) = (pulled?, sent?);
        assert_eq!(sent.offset, offset);
        assert_eq!((pulled.status, pulled.messages.len(), pulled.next), (PullStatus::Found, 1, offset + 1));
        assert_eq!(pulled.messages[0].body, format!("message {offset}"));
        assert!(begun.elapsed() < suspend / 2, "message {offset} took {:?}", begun.elapsed());
    }
    Ok(())
}

async fn two_waiting_pulls_both_get_the_message(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let options = waiting(0, Duration::from_secs(30));
    let other = target.client()?;
    let send = async {
        client.min_offset(&queue).await?;
        other.min_offset(&queue).await?;
        client.send(&queue, &OutgoingMessage::new("for both")).await
    };
    let (one, two, sent) = tokio::join!(client.pull(&queue, &options), other.pull(&queue, &options), send);
    sent?;
    for pulled in [one?, two?] {
        assert_eq!(pulled.status, PullStatus::Found);
        assert_eq!(pulled.messages[0].body, "for both");
    }
    Ok(())
}

async fn a_waiting_pull_ends_when_its_time_is_up(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let suspend = Duration::from_secs(1);
    let begun = Instant::now();
    let pulled = client.pull(&queue, &waiting(0, suspend)).await?;
    let took = begun.elapsed();
    assert_eq!((pulled.status, pulled.next), (PullStatus::NoNew, 0));
    assert!(took >= suspend.mul_f64(0.9) && took < suspend + LATENESS, "it took {took:?}");
    Ok(())
}

async fn other_calls_do_not_wait_for_a_waiting_pull(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let suspend = Duration::from_secs(20);
    let options = waiting(0, suspend);
    let pull = async { (client.pull(&queue, &options).await, Instant::now()) };
    let others = async {
        for _ in 0..100 {
            client.max_offset(&queue).await?;
        }
        let done = Instant::now();
        client.send(&queue, &OutgoingMessage::new("enough")).await?;
        anyhow::Ok(done)
    };
    let ((pulled, answered), done) = tokio::join!(pull, others);
    assert_eq!(pulled?.status, PullStatus::Found);
    assert!(done? < answered, "a hundred calls waited for the pull");
    Ok(())
}

async fn a_pull_beyond_the_end_does_not_wait(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let begun = Instant::now();
    let pulled = client.pull(&queue, &waiting(10, Duration::from_secs(30))).await?;
    assert_eq!(pulled.status, PullStatus::Illegal);
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    Ok(())
}
