//! A broker is killed and comes back.

use std::collections::BTreeSet;
use std::time::Duration;

use remoting::{Client, Error, OutgoingMessage, Queue, ReaderOptions, TopicSpec};
use test_support::java::Version;
use test_support::{requirements, wait};

use crate::server::Mortal;
use crate::target::{DEADLINE, bodies, client_of, unique};

/// A Java broker needs a while to come back on a busy machine, and clients some more to notice.
const RECOVERY: Duration = Duration::from_secs(120);

#[tokio::test]
async fn devbroker_keeps_what_it_acknowledged() -> anyhow::Result<()> {
    what_was_acknowledged_is_there_after_a_kill(Mortal::dev().await?).await
}

#[tokio::test]
async fn java_4_9_7_keeps_what_it_acknowledged() -> anyhow::Result<()> {
    java(Version::V4_9_7).await
}

#[tokio::test]
async fn java_5_3_3_keeps_what_it_acknowledged() -> anyhow::Result<()> {
    java(Version::V5_3_3).await
}

#[tokio::test]
async fn java_5_5_0_keeps_what_it_acknowledged() -> anyhow::Result<()> {
    java(Version::V5_5_0).await
}

async fn java(version: Version) -> anyhow::Result<()> {
    if requirements::skip_without_java()? {
        return Ok(());
    }
    what_was_acknowledged_is_there_after_a_kill(Mortal::java(version).await?).await
}

/// One client sends, another reads and is a member, while their broker is killed with `SIGKILL` and started again.
async fn what_was_acknowledged_is_there_after_a_kill(mut broker: Mortal) -> anyhow::Result<()> {
    let client = client_of(&broker.name_server())?;
    let (topic, group) = (unique("crash"), unique("group"));
    client.create_topic(&TopicSpec::new(&topic, 1)).await?;
    let queue = client.route(&topic).await?.write_queues().remove(0);
    let _membership = client.join(&group, [topic]).await?;
    let mut reader = client.reader(queue.clone(), 0, ReaderOptions::default());

    let mut acknowledged = send_until(&client, &queue, 0, |sent, _| sent == 300).await.0;
    let first = tokio::time::timeout(DEADLINE, reader.next(1)).await??;
    assert_eq!(first.messages[0].body, "message 0");

    let (sent, (more, error)) = {
        let begun = acknowledged.len();
        let sending = send_until(&client, &queue, begun, |_, failed| failed);
        let killing = async {
            // Some more get through before.
            client.max_offset(&queue).await?;
            broker.kill()
        };
        let (sent, killed) = tokio::join!(sending, killing);
        killed?;
        (begun, sent)
    };
    acknowledged.extend(more);
    assert!(error.as_ref().is_some_and(Error::is_transient), "after {sent} messages: {error:?}");

    broker.restart().await?;
    let again = OutgoingMessage::new("after the restart");
    wait::until(RECOVERY, "the client to send again", async || client.send(&queue, &again).await).await?;
    acknowledged.insert("after the restart".to_owned());
    wait::until(RECOVERY, "the client to be a member again", async || match client.members(&group).await {
        Ok(members) if members == [client.id()] => Ok(()),
        Ok(members) => Err(format!("{members:?}")),
        Err(error) => Err(error.to_string()),
    })
    .await?;

    let mut read = BTreeSet::from(["message 0".to_owned()]);
    while !read.contains("after the restart") {
        let run = tokio::time::timeout(RECOVERY, reader.next(1 << 20)).await??;
        read.extend(run.messages.iter().map(|message| String::from_utf8_lossy(&message.body).into_owned()));
    }
    let stored: BTreeSet<String> = bodies(&client, &queue).await?.into_iter().collect();
    let lost: Vec<&String> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let unread: Vec<&String> = acknowledged.difference(&read).collect();
    assert!(unread.is_empty(), "acknowledged and never read: {unread:?}");
    Ok(())
}

/// Sends messages one after the other until `done`, told their number and whether the last one failed, says so; gives
/// those that were acknowledged.
async fn send_until(
    client: &Client,
    queue: &Queue,
    first: usize,
    done: impl Fn(usize, bool) -> bool,
) -> (BTreeSet<String>, Option<Error>) {
    let mut acknowledged = BTreeSet::new();
    for number in first.. {
        let body = format!("message {number}");
        match client.send(queue, &OutgoingMessage::new(body.clone())).await {
            Ok(_) => {
                acknowledged.insert(body);
                if done(number + 1, false) {
                    break;
                }
            }
            Err(error) => return (acknowledged, Some(error)),
        }
    }
    (acknowledged, None)
}
