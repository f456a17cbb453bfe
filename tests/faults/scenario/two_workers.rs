//! Two workers are started by mistake with the same connector on one set of internal topics, and the older one is frozen and
//! goes on at the worst moments.
//!
//! Whatever they do to each other, no record is twice in Doris, and the older one says who took its queues.

use std::mem::swap;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use test_support::dice::Dice;
use test_support::process::Signal;
use test_support::source::Kind;
use test_support::wait;
use test_support::worker::{Launch, Worker};
use tokio::time::sleep;

use super::Trial;
use super::freeze::Freeze;
use crate::report::Outcome;
use crate::rig::{ARRIVAL, NAME, Parts, Rig, WORKER, binary, tasks};
use crate::sink::SinkKind;

/// The worker that is not the rig's first.
const OTHER: &str = "worker-b";

/// One of them runs and, in an encounter, is frozen; the other one takes over.
struct Pair {
    /// Its worker is the one that runs.
    rig: Rig,
    name: &'static str,
    other: Worker,
    name_of_other: &'static str,
}

/// One encounter.
#[derive(Debug, Clone, Copy)]
struct Encounter {
    freeze: Freeze,
    /// The older one goes on so long after the other was started; `None`: once the other one's records arrive.
    thaw: Option<Duration>,
}

/// One of two workers takes over from the other, again and again.
pub(crate) async fn take_over(mut trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let Some(mut pair) = Pair::start(&mut trial).await? else { return Ok(None) };
    let mut outcome = Outcome::default();
    for encounter in Encounter::deal(&mut trial.dice, trial.form.pick(16, 200)) {
        let recovery = pair.meet(encounter).await.with_context(|| format!("{encounter:?}"))?;
        if encounter.is_undisturbed() {
            outcome.recovered(recovery, &encounter);
        }
        outcome.strikes += 1;
    }
    outcome.verdict = pair.rig.settle().await?;
    Ok(Some(outcome))
}

/// Both are started at once, or nearly so, again and again.
pub(crate) async fn start_together(mut trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let Some(mut pair) = Pair::start(&mut trial).await? else { return Ok(None) };
    let mut outcome = Outcome::default();
    let mut stand_offs = 0;
    for _ in 0..trial.form.pick(8, 100) {
        if trial.dice.chance(50) {
            pair.swap();
        }
        stand_offs += u64::from(pair.race(trial.dice.below(Duration::from_millis(60))).await?);
        // Whoever is left alone carries on as soon as it is started again.
        pair.other.process().kill()?;
        let mark = pair.rig.mark();
        let began = Instant::now();
        pair.rig.worker.spawn_again(Vec::new())?;
        pair.rig.wait_for(mark, ARRIVAL).await?;
        outcome.recoveries.push(began.elapsed());
        outcome.strikes += 1;
    }
    outcome.notes.push(format!("{stand_offs} times they took queues from each other until none had any"));
    outcome.verdict = pair.rig.settle().await?;
    Ok(Some(outcome))
}

impl Encounter {
    /// So many that each way to freeze is among them.
    fn deal(dice: &mut Dice, count: usize) -> Vec<Self> {
        let freezes = Freeze::deal(dice, count);
        let mut thaw = || dice.chance(50).then(|| dice.below(Duration::from_millis(800)));
        freezes.into_iter().map(|freeze| Self { freeze, thaw: thaw() }).collect()
    }

    /// Whether nothing but the frozen worker stands in the newer one's way.
    fn is_undisturbed(&self) -> bool {
        self.thaw.is_none() && !self.freeze.lasts()
    }
}

impl Pair {
    /// Starts everything, with one of them. `None` when something it needs is not installed.
    async fn start(trial: &mut Trial) -> anyhow::Result<Option<Self>> {
        let per_second = trial.form.pick(1_000, 2_000);
        let parts = Parts { source: Kind::DevBroker, sink: SinkKind::Doris, per_second, mode: trial.mode };
        let Some(rig) = Rig::start(parts).await? else { return Ok(None) };
        let mut config = rig.sink.connector(NAME);
        let tasks = trial.dice.pick(&["1", "2", "4"]);
        (config["batch.max.records"], config["max.tasks"]) = (json!("100"), json!(tasks));
        rig.configure(&config).await?;
        let launch = Launch::standalone(&rig.scratch, binary(), OTHER, &rig.source.name_server())?;
        let mut other = Worker::start(&rig.scratch, launch).await?;
        other.process().kill()?;
        Ok(Some(Self { rig, name: WORKER, other, name_of_other: OTHER }))
    }

    fn swap(&mut self) {
        swap(&mut self.rig.worker, &mut self.other);
        swap(&mut self.name, &mut self.name_of_other);
    }

    /// Starts both, so long after each other, and waits until records flow or neither has a queue any more; true for that.
    async fn race(&mut self, apart: Duration) -> anyhow::Result<bool> {
        let mark = self.rig.mark();
        self.rig.worker.spawn_again(Vec::new())?;
        sleep(apart).await;
        self.other.spawn_again(Vec::new())?;
        let (rig, other) = (&mut self.rig, &self.other);
        wait::until(ARRIVAL, "records to flow, or both workers to have lost their queues", async || {
            if rig.sink.newest().await?.is_some_and(|newest| newest >= mark) {
                return Ok(false);
            }
            let (one, two) = (tasks(&rig.worker).await?, tasks(other).await?);
            let all = [one.as_array(), two.as_array()].into_iter().flatten().flatten();
            let failed = all.clone().filter(|task| task["state"] == "FAILED").count();
            let is_over = failed > 0 && failed == all.count();
            anyhow::ensure!(is_over, "nothing new; {one} and {two}");
            Ok(true)
        })
        .await
    }

    /// The one that runs is frozen, the other one takes over and is the one that runs afterwards. Returns how long it took from
    /// the other one's start until new records arrived.
    async fn meet(&mut self, encounter: Encounter) -> anyhow::Result<Duration> {
        // After whatever there was before, this one is alone and has all queues.
        self.rig.worker.spawn_again(encounter.freeze.environment())?;
        encounter.freeze.strike(&mut self.rig).await?;

        let (started, mark) = (Instant::now(), self.rig.mark());
        self.other.spawn_again(Vec::new())?;
        self.swap();
        encounter.freeze.heal(&self.rig).await?;
        if let Some(thaw) = encounter.thaw {
            sleep(thaw).await;
            self.other.process().signal(Signal::Continue)?;
        }
        self.rig.wait_for(mark, ARRIVAL).await?;
        let recovery = started.elapsed();
        self.other.process().signal(Signal::Continue)?;
        self.wait_superseded(encounter.thaw.is_some()).await?;
        // What the older one had in hand when it woke up is over, and the newer one still goes on.
        self.rig.wait_for_new(ARRIVAL).await?;
        self.other.process().kill()?;
        Ok(recovery)
    }

    /// Waits until the older one says of every task that the newer one has its queues.
    ///
    /// One that woke up while the newer one took them may have some, and then the newer one says so.
    async fn wait_superseded(&self, may_share: bool) -> anyhow::Result<()> {
        let what = format!("{} to say that {} took over", self.name_of_other, self.name);
        wait::until(ARRIVAL, &what, async || {
            let told = |error: anyhow::Error| error.to_string();
            let older = tasks(&self.other).await.map_err(told)?;
            let newer = tasks(&self.rig.worker).await.map_err(told)?;
            let pairs = older.as_array().into_iter().flatten().zip(newer.as_array().into_iter().flatten());
            let are_parted: Vec<_> = pairs
                .map(|(old, new)| lost_to(old, self.name) || (may_share && lost_to(new, self.name_of_other)))
                .collect();
            if !are_parted.is_empty() && are_parted.iter().all(|parted| *parted) {
                Ok(())
            } else {
                Err(format!("{older} and {newer}"))
            }
        })
        .await
    }
}

/// Whether a task says that this worker has taken its queues.
fn lost_to(task: &serde_json::Value, worker: &str) -> bool {
    let words = format!("was taken over by worker {worker}");
    task["state"] == "FAILED" && task["trace"].as_str().is_some_and(|trace| trace.contains(&words))
}
