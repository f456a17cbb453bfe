//! Doris is slow, or does not answer at all, under a backlog larger than the worker's memory.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use test_support::source::Kind;

use super::Trial;
use crate::cpu;
use crate::flow::Flow;
use crate::lines::Lines;
use crate::report::Outcome;
use crate::rig::{ARRIVAL, NAME};

/// The backlog: 48 MiB, where `worker.memory.bytes` is 32.
const ORDERS: u64 = 48 * 1024;
const BYTES: usize = 1024;
/// What comes in beside it.
const ORDERS_PER_SECOND: u64 = 40;
/// What REST promises for reads, whatever sinks do.
const P99: Duration = Duration::from_millis(50);
/// How often REST is asked.
const ASKED_EVERY: Duration = Duration::from_millis(10);
/// How much of one core a worker may use while its sink stands still or nearly so and nobody asks it anything, in percent. The
/// flow that goes on, and a build without optimisation, are in it.
const CPU_PERCENT: f64 = 10.0;

/// First a sink that takes its time for each load, then one that takes none.
pub(crate) async fn doris(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    // So many loads, however long they take.
    let load = Duration::from_secs(trial.form.pick(1, 3));
    let spell = 12 * load;
    let Some(mut lines) = Lines::start(Kind::DevBroker, trial.mode).await? else { return Ok(None) };
    let mut sender = lines.sender(BYTES);
    sender.send(ORDERS).await?;
    let mut outcome = Outcome::default();
    let slow =
        json!({"at": "be.stream_load", "kind": "slow", "delay_ms": load.as_millis(), "count": 1_000_000});
    let hang = json!({"at": "be.stream_load", "kind": "hang", "count": 1_000_000});
    lines.doris.set_faults(&json!([slow])).await?;
    let patient = json!({"request.read.timeout.ms": "60000", "sink.properties.timeout": "5"});
    lines.load(&[&lines.frontends[0]], patient).await?;
    let flow = Flow::start(sender, ORDERS_PER_SECOND);
    for (name, fault) in [("slow", slow), ("hanging", hang)] {
        lines.doris.set_faults(&json!([fault])).await?;
        let seen = spell_of(&mut lines, spell).await?;
        seen.check(name)?;
        outcome.notes.push(format!("{name} for {spell:?}: {}", seen.words()));
        outcome.strikes += 1;
    }
    lines.doris.heal().await?;
    let (verdict, peak) = lines.settle(&flow.stop().await?, ARRIVAL).await?;
    outcome.verdict = verdict;
    outcome.notes.push(format!("{} MiB at most", peak >> 20));
    Ok(Some(outcome))
}

/// What was seen of a worker while its sink was slow.
struct Seen {
    /// How long each answer of REST took, shortest first.
    answers: Vec<Duration>,
    /// Of one core.
    cpu_percent: f64,
    /// How many orders arrived.
    rows: u64,
}

impl Seen {
    fn p99(&self) -> Duration {
        let index = self.answers.len() * 99 / 100;
        self.answers.get(index).copied().unwrap_or(Duration::MAX)
    }

    fn check(&self, name: &str) -> anyhow::Result<()> {
        ensure!(
            self.rows < ORDERS / 2,
            "{name}: {} orders have arrived, so the sink was not slow",
            self.rows
        );
        ensure!(self.answers.len() >= 300, "{name}: only {} answers of REST", self.answers.len());
        ensure!(self.p99() < P99, "{name}: REST took {:?} (99th of 100), promised are {P99:?}", self.p99());
        ensure!(self.cpu_percent < CPU_PERCENT, "{name}: {:.1} % of a core are used", self.cpu_percent);
        Ok(())
    }

    fn words(&self) -> String {
        let (count, p99) = (self.answers.len(), self.p99());
        format!("REST p99 {p99:.1?} of {count}, {:.1} % of a core, {} rows", self.cpu_percent, self.rows)
    }
}

/// Half of the spell nobody asks anything, half of it REST is asked all the time.
async fn spell_of(lines: &mut Lines, spell: Duration) -> anyhow::Result<Seen> {
    let rows_before = lines.doris.rows(NAME).await?;
    let (began, used) = (Instant::now(), cpu::used(lines.worker.process())?);
    tokio::time::sleep(spell / 2).await;
    let used = cpu::used(lines.worker.process())? - used;
    let cpu_percent = 100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64();
    let mut answers = Vec::new();
    let mut ticks = tokio::time::interval(ASKED_EVERY);
    while began.elapsed() < spell {
        ticks.tick().await;
        let target = if answers.len() % 2 == 0 { "/connectors/orders/status" } else { "/connectors/list" };
        let asked = Instant::now();
        let answer = lines.worker.get(target).await?;
        answers.push(asked.elapsed());
        ensure!(answer.status == 200, "GET {target}: {}", answer.text());
    }
    answers.sort();
    Ok(Seen { answers, cpu_percent, rows: lines.doris.rows(NAME).await? - rows_before })
}
