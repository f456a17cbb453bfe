//! The disk is full under the file sink, and there is room again.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use test_support::ledger::{Copies, Ledger, Verdict};
use test_support::source::{Kind, Source};
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, wait};

use super::Trial;
use crate::evidence::Evidence;
use crate::flow::{Destination, Flow, Sender};
use crate::lines::{create_topic, wait_for_cause};
use crate::memory;
use crate::mode::BadRows;
use crate::producer::number_of;
use crate::report::Outcome;
use crate::rig::{self, ARRIVAL, NAME};
use crate::small_disk::SmallDisk;

const ORDERS_PER_SECOND: u64 = 400;
/// Room for every order of a scenario.
const KIBIBYTES: u32 = 32 * 1024;
/// How much is left when the disk is filled: from nothing to a few batches.
const LEFT: u64 = 64 * 1024;
/// How long a fresh record may take once there is room.
const RECOVERY: Duration = Duration::from_secs(10);
const FILE: &str = "orders.txt";

/// A worker whose connector writes to a small disk.
struct Disk {
    small: SmallDisk,
    worker: Worker,
    evidence: Evidence,
    _source: Source,
}

/// Fills the disk again and again.
pub(crate) async fn file(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let Trial { mut dice, form, .. } = trial;
    let scratch = Scratch::new()?;
    let small = match SmallDisk::new(&scratch, KIBIBYTES, rig::binary()) {
        Ok(small) => small,
        Err(error) => {
            // Whoever reads the log has to see that nothing was shown here.
            writeln!(std::io::stderr(), "disk-full SKIPPED, nothing was tested: {error:#}")
                .unwrap_or_default();
            return Ok(None);
        }
    };
    let (mut disk, flow) = Disk::start(&scratch, small).await?;
    let mut outcome = Outcome::default();
    for _ in 0..form.pick(3, 10) {
        disk.small.fill(disk.worker.process(), dice.number(0..LEFT))?;
        let cause = disk.full().await?;
        anyhow::ensure!(cause.contains(FILE), "the file is not named: {cause}");
        tokio::time::sleep(dice.below(Duration::from_secs(2))).await;
        disk.small.free(disk.worker.process())?;
        let order = flow.send_one().await?;
        outcome.recoveries.push(disk.wait_for_order(order, RECOVERY).await?);
        outcome.strikes += 1;
    }
    outcome.verdict = disk.settle(&flow.stop().await?).await?;
    Ok(Some(outcome))
}

impl Disk {
    async fn start(scratch: &Scratch, small: SmallDisk) -> anyhow::Result<(Self, Flow)> {
        let evidence = Evidence::of(scratch);
        let source =
            Source::start(Kind::DevBroker, scratch, rig::binary()).await?.context("the dev-broker")?;
        let name_server = source.name_server();
        let broker: SocketAddr = name_server.parse()?;
        let queues = create_topic(&name_server).await?;
        let launch = Launch::standalone(scratch, &small.program, "worker-a", &name_server)?;
        let worker = Worker::start(scratch, launch).await?;
        let config = json!({
            "connector.class": "file",
            "connect.topicnames": NAME,
            "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
            "filename": small.file(FILE),
        });
        rig::configure(&worker, &config).await?;
        let to = Destination { broker, broker_name: "dev-broker", topic: NAME, queues };
        let flow = Flow::start(Sender::new(to, 200, BadRows::None), ORDERS_PER_SECOND);
        let mut disk = Self { small, worker, evidence, _source: source };
        let first = flow.send_one().await?;
        disk.wait_for_order(first, ARRIVAL).await?;
        Ok((disk, flow))
    }

    /// What the status says of the full disk.
    async fn full(&self) -> anyhow::Result<String> {
        wait_for_cause(&self.worker, &["cannot write to", "No space left on device"]).await
    }

    async fn wait_for_order(&mut self, order: u64, within: Duration) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let path = self.small.seen(self.worker.process(), FILE);
        let wanted = format!(r#"{{"id":{order},"#);
        wait::until(within, &format!("order {order} to be in the file"), async || {
            let there = fs::read_to_string(&path).unwrap_or_default();
            match there.lines().rev().any(|line| line.starts_with(&wanted)) {
                true => Ok(()),
                false => Err(rig::status(&self.worker).await),
            }
        })
        .await?;
        Ok(began.elapsed())
    }

    fn judge(&mut self, ledger: &Ledger) -> anyhow::Result<Verdict> {
        let mut copies = Copies::new();
        for line in fs::read_to_string(self.small.seen(self.worker.process(), FILE))?.lines() {
            *copies.entry(number_of(line)?).or_default() += 1;
        }
        Ok(ledger.judge(&copies))
    }

    async fn settle(mut self, ledger: &Ledger) -> anyhow::Result<Verdict> {
        let last = ledger.next() - 1;
        if let Err(error) = self.wait_for_all(ledger).await {
            self.evidence.note(&format!("up to order {last}: {error:#}"));
        }
        let verdict = self.judge(ledger)?;
        memory::assert_bounded(self.worker.process())?;
        if verdict.is_clean() {
            self.evidence.discard();
        }
        Ok(verdict)
    }

    async fn wait_for_all(&mut self, ledger: &Ledger) -> anyhow::Result<()> {
        wait::until(ARRIVAL, "all acknowledged orders to be in the file", async || {
            // A line that is being written is none yet.
            let verdict = self.judge(ledger).map_err(|error| format!("{error:#}"))?;
            if verdict.lost.is_empty() { Ok(()) } else { Err(format!("{} missing", verdict.lost.len())) }
        })
        .await
    }
}
