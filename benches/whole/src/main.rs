//! Measures a worker as a whole: records per second, CPU seconds per million records and peak memory.
//!
//! `cargo run --release -p whole-bench -- --worker target/release/rocketmq-connect` starts Apache RocketMQ, fills a
//! topic, starts the worker, creates one connector after another over REST, and waits each time until every record is
//! acknowledged. What is printed comes from the system's accounts of the processes (`/proc`) and from the broker's
//! consumer offsets or the sink's row count, never from the worker's own counters.

#![allow(clippy::print_stdout, reason = "a benchmark prints its findings")]

mod account;
mod preload;
mod sinks;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use account::Account;
use anyhow::Context;
use clap::Parser;
use remoting::{Client, ClientOptions};
use serde_json::Value;
use sinks::{Sink, SinkKind};
use test_support::java::{RocketMq, Tuning, Version};
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, ports, wait};

/// What to measure.
#[derive(Debug, Parser)]
struct Arguments {
    /// The worker's binary.
    #[arg(long, default_value = "target/release/rocketmq-connect")]
    worker: PathBuf,
    /// Records in the topic.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Bytes of each record, a JSON object.
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// Queues of the topic.
    #[arg(long, default_value_t = 4)]
    queues: i32,
    /// Tasks of the connector; several numbers, separated by commas, for several runs.
    #[arg(long, default_value = "1,4", value_delimiter = ',')]
    tasks: Vec<u32>,
    /// Where the records go; several, separated by commas, for several runs.
    #[arg(long, default_value = "blackhole,doris", value_delimiter = ',')]
    sinks: Vec<SinkKind>,
    /// A further key of the connector, `key=value`; may stand several times.
    #[arg(long)]
    connector: Vec<String>,
    /// A further line of the worker's configuration, `key=value`; may stand several times.
    #[arg(long)]
    set: Vec<String>,
    /// Runs of each combination.
    #[arg(long, default_value_t = 1)]
    runs: u32,
}

impl Arguments {
    /// The configuration of a connector to `sink`.
    fn connector(&self, sink: &Sink, tasks: u32) -> Value {
        let mut config = sink.config(TOPIC, tasks);
        for (key, value) in self.connector.iter().filter_map(|given| given.split_once('=')) {
            config[key] = value.into();
        }
        config
    }
}

const TOPIC: &str = "bench";
const DEADLINE: Duration = Duration::from_secs(900);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let scratch = Scratch::new()?;
    let rocketmq = RocketMq::start(Version::V5_5_0, Tuning::default()).await?;
    let client = Client::new(ClientOptions {
        name_servers: vec![rocketmq.name_server()],
        ..ClientOptions::default()
    })?;
    let started = Instant::now();
    preload::fill(&client, TOPIC, arguments.queues, arguments.records, arguments.size).await?;
    println!("{} records of {} bytes in {:.1?}", arguments.records, arguments.size, started.elapsed());

    let mut run = 0;
    for kind in &arguments.sinks {
        for tasks in &arguments.tasks {
            for _ in 0..arguments.runs {
                run += 1;
                let sink = Sink::start(*kind).await?;
                measure(&arguments, &scratch, &rocketmq, &client, &sink, *tasks, run).await?;
            }
        }
    }
    Ok(())
}

async fn measure(
    arguments: &Arguments,
    scratch: &Scratch,
    rocketmq: &RocketMq,
    client: &Client,
    sink: &Sink,
    tasks: u32,
    run: u32,
) -> anyhow::Result<()> {
    let rest = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
    let mut worker = Worker::start(
        scratch,
        Launch {
            // The worker's working directory is another one.
            binary: arguments.worker.canonicalize().with_context(|| format!("no worker at {}", arguments.worker.display()))?,
            mode: "standalone",
            configuration: scratch.write(
                &format!("worker-{run}.conf"),
                format!(
                    "workerId=bench-{run}\nhttpPort={}\nnamesrvAddr={}\noffsetCommitIntervalMsConfig=100\n{}\n",
                    rest.port(),
                    rocketmq.name_server(),
                    arguments.set.join("\n")
                ),
            )?,
            rest,
            environment: vec![("RUST_LOG".into(), "warn".into())],
        },
    )
    .await?;
    let idle = worker.process().resident_bytes()?;
    let name = format!("bench-{run}");
    let before = Account::of(worker.process().pid())?;
    let started = Instant::now();
    let answer =
        worker.post(&format!("/connectors/{name}"), arguments.connector(sink, tasks).to_string()).await?;
    anyhow::ensure!(answer.json()?["status"] == 200, "create: {}", answer.text());
    let queues = client.route(TOPIC).await?.read_queues();
    let first = wait_for(client, &queues, &name, 1).await.context("first records")?.duration_since(started);
    let took = wait_for(client, &queues, &name, arguments.records)
        .await
        .context("all records")?
        .duration_since(started);
    let after = Account::of(worker.process().pid())?;
    sink.check(arguments.records).await?;

    let millions = arguments.records as f64 / 1e6;
    println!(
        "{} tasks {tasks} queues {}: {:.0} records/s, {:.1} MB/s, {:.2} CPU s per million, peak RSS {:.1} MiB \
         (idle {:.1}), {} threads, first commit after {:.0?}",
        sink.name(),
        arguments.queues,
        arguments.records as f64 / took.as_secs_f64(),
        arguments.records as f64 * arguments.size as f64 / 1e6 / took.as_secs_f64(),
        (after.cpu - before.cpu).as_secs_f64() / millions,
        after.peak_resident as f64 / 1048576.0,
        idle as f64 / 1048576.0,
        after.threads,
        first,
    );
    worker.get(&format!("/connectors/{name}/stop")).await?;
    Ok(())
}

/// Waits until the connector's consumer group has committed at least `records` in all, and says when that was seen.
async fn wait_for(
    client: &Client,
    queues: &[remoting::Queue],
    connector: &str,
    records: u64,
) -> anyhow::Result<Instant> {
    let group = format!("connect-{connector}");
    wait::until(DEADLINE, "the group's offsets", async || {
        let mut committed = 0;
        for queue in queues {
            committed += client.query_offset(&group, queue).await.unwrap_or(None).unwrap_or(0);
        }
        let committed = u64::try_from(committed).unwrap_or(0);
        if committed >= records { Ok(Instant::now()) } else { Err(format!("{committed} of {records}")) }
    })
    .await
}
