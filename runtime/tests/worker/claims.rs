//! Invariant 3 in the offset topic: what stands behind a newer claim does not count, whoever wrote it is told, and all stands in one
//! queue, whichever queues a worker sees.

use std::sync::Arc;

use connector_api::{QueueId, QueueOffset};
use remoting::{PullOptions, Queue, TopicSpec};
use runtime::store::{ConfigStore, Lost, OffsetStore, Progress, Republish};

use crate::records::{CONFIGS, OFFSETS};
use crate::rig::{DEADLINE, Rig, name};

async fn open(rig: &Rig, worker: &str) -> anyhow::Result<OffsetStore> {
    let configs = ConfigStore::open(rig.client.clone(), CONFIGS, DEADLINE).await?;
    let republish = Republish { connectors: configs.names(), interval: DEADLINE };
    Ok(OffsetStore::open(rig.client.clone(), OFFSETS, worker, republish).await?)
}

fn is_taken_by(worker: &str, outcome: &Result<(), Lost>) -> bool {
    matches!(outcome, Err(Lost::Superseded { worker: by, .. }) if by == worker)
}

#[tokio::test]
async fn what_is_stored_behind_a_newer_claim_does_not_count_and_its_writer_is_told() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
    let (older, newer) = (open(&rig, "older").await?, open(&rig, "newer").await?);
    let before = Progress::begin(QueueOffset::default(), 1);
    let lease = older.claim(&name("c"), &queue).await?.begin(before.clone());
    lease.store().await?;

    let claim = newer.claim(&name("c"), &queue).await?;
    lease.change(|progress| progress.resume = progress.resume.next());
    for _ in 0..2 {
        let stored = lease.store().await;
        assert!(is_taken_by("newer", &stored), "{stored:?}");
    }
    assert!(!lease.is_durable());
    assert_eq!(claim.stored(), Some(&before));

    let third = open(&rig, "third").await?.claim(&name("c"), &queue).await?;
    assert_eq!(third.stored(), Some(&before), "what the older one wrote since does not count");
    let stored = claim.begin(before).store().await;
    assert!(is_taken_by("third", &stored), "{stored:?}");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn workers_that_see_different_queues_of_the_topic_agree_who_owns_a_queue() -> anyhow::Result<()> {
    const QUEUES: i32 = 5;
    let rig = Rig::start(1).await?;
    let before = open(&rig, "before").await?;
    rig.client.create_topic(&TopicSpec::new(OFFSETS, QUEUES)).await?;
    // A worker keeps what it knows of a topic for a while; this one has to see that it has grown.
    let behind = open(&rig, "behind").await?;
    for number in 0..u32::try_from(QUEUES)? * 3 {
        let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: number });
        let first = behind.claim(&name("c"), &queue).await?.begin(Progress::begin(QueueOffset::default(), 1));
        before.claim(&name("c"), &queue).await?;
        let stored = first.store().await;
        assert!(matches!(&stored, Err(Lost::Superseded { worker, .. }) if worker == "before"), "{stored:?}");
    }
    for id in 1..QUEUES {
        let queue = Queue::new(OFFSETS, "b", id);
        let found = rig.client.pull(&queue, &PullOptions::at(0)).await?.messages;
        assert!(found.is_empty(), "{queue}: {found:?}");
    }
    rig.stop().await;
    Ok(())
}
