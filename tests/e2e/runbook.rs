//! What the runbook tells an operator to do, done with RocketMQ's own tool.

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use test_support::java::{Version, mqadmin};
use test_support::process::Signal;
use test_support::source::Kind;
use test_support::wait;

use crate::producer::Producer;
use crate::rig::{ARRIVAL, Rig};

const OFFSETS: &str = "connector-offset-topic";
const CONFIGS: &str = "connector-config-topic";

/// A connector from one queue that has loaded the first 100 orders, and a worker that has ended.
async fn loaded() -> anyhow::Result<Option<(Rig, Producer)>> {
    let Some(mut rig) = Rig::start(Kind::Java).await? else { return Ok(None) };
    let mut producer = rig.producer("orders", 1).await?;
    producer.send(0..100).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    rig.wait_for_all(&producer).await?;
    end(&mut rig).await?;
    Ok(Some((rig, producer)))
}

async fn end(rig: &mut Rig) -> anyhow::Result<()> {
    rig.worker.process().signal(Signal::Terminate)?;
    rig.worker.process().wait_exit(ARRIVAL).await.map(drop)
}

async fn tool(rig: &Rig, arguments: &[&str]) -> anyhow::Result<String> {
    mqadmin(Version::V5_5_0, &rig.source.name_server(), arguments).await
}

async fn publish(rig: &Rig, topic: &str, key: &str, body: &str) -> anyhow::Result<()> {
    let key = BASE64_STANDARD.encode(key);
    let place = ["-t", topic, "-b", "broker-a", "-i", "0"];
    let said = tool(rig, &[&["sendMessage"][..], &place, &["-k", &key, "-p", body]].concat()).await?;
    anyhow::ensure!(said.contains("SEND_OK"), "{said}");
    Ok(())
}

/// The body of the last record with that key, which the tool leaves in a file.
async fn last_body(rig: &Rig, topic: &str, key: &str) -> anyhow::Result<String> {
    let found = tool(rig, &["queryMsgByKey", "-t", topic, "-k", &BASE64_STANDARD.encode(key)]).await?;
    // Message id, queue, offset.
    let offset_of = |row: &str| row.split_whitespace().nth(2)?.parse::<i64>().ok();
    let offset = found.lines().filter_map(offset_of).max().with_context(|| found.clone())?.to_string();
    let place = ["-t", topic, "-b", "broker-a", "-i", "0", "-o", &offset];
    let shown = tool(rig, &[&["queryMsgByOffset"][..], &place].concat()).await?;
    let path = shown.lines().find_map(|line| line.strip_prefix("Message Body Path:"));
    Ok(std::fs::read_to_string(path.with_context(|| shown.clone())?.trim())?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_was_moved_forward_skips_what_lies_between() -> anyhow::Result<()> {
    let Some((mut rig, mut producer)) = loaded().await? else { return Ok(()) };
    producer.send(100..130).await?;
    tool(&rig, &["resetOffsetByTime", "-g", "connect-orders", "-t", "orders", "-s", "now"]).await?;
    rig.worker.restart().await?;
    producer.send(130..140).await?;
    let there = wait::until(ARRIVAL, "what came later", async || {
        let there = rig.doris.ids("orders").await.map_err(|error| error.to_string())?;
        if there.last() == Some(&139) { Ok(there) } else { Err(format!("{:?}", there.last())) }
    })
    .await?;
    let expected: Vec<u64> = (0..100).chain(130..140).collect();
    assert_eq!(there, expected);
    assert_eq!(rig.rows().await?, 110, "none is there twice");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_cannot_be_read_are_healed_by_whole_ones() -> anyhow::Result<()> {
    const OFFSET: &str = "sink-offset-orders/orders/broker-a/0";
    const CONFIG: &str = "connector-orders";
    let Some((mut rig, mut producer)) = loaded().await? else { return Ok(()) };
    let whole = last_body(&rig, OFFSETS, OFFSET).await?;
    publish(&rig, OFFSETS, OFFSET, r#"{"payload":{"connector":"ord"#).await?;
    rig.worker.restart().await?;
    rig.wait_for_status("orders", "it to name the record", |status| {
        status["tasks"][0]["trace"].as_str().is_some_and(|trace| trace.contains("cannot be read"))
    })
    .await?;
    producer.send(100..110).await?;
    publish(&rig, OFFSETS, OFFSET, &whole).await?;
    rig.wait_for_all(&producer).await?;
    end(&mut rig).await?;

    let whole: Value = serde_json::from_str(&last_body(&rig, CONFIGS, CONFIG).await?)?;
    publish(&rig, CONFIGS, CONFIG, r#"{"payload":{"state":"STAR"#).await?;
    rig.worker.spawn_again(Vec::new())?;
    let ended = rig.worker.process().wait_exit(ARRIVAL).await?;
    let said = rig.worker.process().last_output();
    assert_eq!(ended.code(), Some(1), "{said}");
    assert!(said.contains("with key \"connector-orders\" cannot be read"), "{said}");
    // As the runbook writes one anew.
    let anew = json!({"payload": {"state": "STARTED", "epoch": now(), "properties": whole["payload"]["properties"]}});
    publish(&rig, CONFIGS, CONFIG, &anew.to_string()).await?;
    rig.worker.restart().await?;
    producer.send(110..120).await?;
    rig.wait_for_all(&producer).await?;
    assert_eq!(rig.rows().await?, 120, "none is there twice");
    Ok(())
}

fn now() -> u128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_millis()
}
