//! Another `connector.class`, the same topic: sinks swap.

use std::fs;

use serde_json::json;
use test_support::wait;

use crate::delivery::against_both;
use crate::rig::{ARRIVAL, Rig};
use test_support::source::Kind;

against_both!(one_topic_feeds_a_file_and_a_counter);

async fn one_topic_feeds_a_file_and_a_counter(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    producer.send(0..2_000).await?;
    let file = rig.scratch.path().join("orders.txt");
    let to_file = json!({
        "connector.class": "org.apache.rocketmq.connect.file.FileSinkConnector",
        "connect.topicnames": "orders",
        "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
        "filename": file,
    });
    rig.create("to-file", &to_file).await?;
    let to_nowhere = json!({
        "connector.class": "blackhole",
        "connect.topicnames": "orders",
        "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
    });
    rig.create("to-nowhere", &to_nowhere).await?;

    let lines = |expected: usize| {
        let file = file.clone();
        async move {
            wait::until(ARRIVAL, "all orders to be in the file", async || {
                let there = fs::read_to_string(&file).unwrap_or_default().lines().count();
                if there >= expected { Ok(()) } else { Err(format!("{there} lines")) }
            })
            .await
        }
    };
    lines(2_000).await?;
    rig.worker.restart().await?;
    producer.send(2_000..2_500).await?;
    lines(2_500).await?;
    assert_eq!(fs::read_to_string(&file)?.lines().count(), 2_500, "a killed worker resumes exactly");
    rig.wait_for_status("to-nowhere", "the counter to run", |s| s["tasks"][0]["state"] == "RUNNING").await?;
    Ok(())
}
