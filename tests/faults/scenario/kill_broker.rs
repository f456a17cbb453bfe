//! The broker is killed while records flow, at times together with the worker, and started anew.
//!
//! A Java broker that is killed forgets up to five seconds of consumer offsets; what the offset topic says has to win.

use std::time::{Duration, Instant};

use serde_json::json;
use test_support::dice::Dice;
use test_support::source::Kind;
use tokio::time::sleep;

use super::Trial;
use crate::report::Outcome;
use crate::rig::{ARRIVAL, NAME, Parts, Rig};
use crate::sink::SinkKind;

/// What becomes of the worker when its broker is killed.
#[derive(Debug, Clone, Copy)]
enum Worker {
    Lives,
    /// It is killed so long before the broker is.
    DiesBefore(Duration),
    /// It is killed when the broker is gone, so long after.
    DiesAfter(Duration),
}

/// One kill.
#[derive(Debug, Clone, Copy)]
struct Blow {
    /// So long after records flow.
    after: Duration,
    worker: Worker,
}

/// The development broker is killed.
pub(crate) async fn dev_broker(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let kills = trial.form.pick(10, 150);
    run(trial, Kind::DevBroker, SinkKind::Doris, kills).await
}

/// Apache RocketMQ's broker is killed.
pub(crate) async fn java(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let kills = trial.form.pick(3, 50);
    run(trial, Kind::Java, SinkKind::Doris, kills).await
}

/// Apache RocketMQ's broker is killed, and records go to a file.
pub(crate) async fn java_to_file(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let kills = trial.form.pick(1, 20);
    run(trial, Kind::Java, SinkKind::File, kills).await
}

async fn run(
    mut trial: Trial,
    source: Kind,
    sink: SinkKind,
    kills: usize,
) -> anyhow::Result<Option<Outcome>> {
    let parts = Parts { source, sink, per_second: trial.form.pick(1_000, 2_000), mode: trial.mode };
    let Some(mut rig) = Rig::start(parts).await? else { return Ok(None) };
    let mut config = rig.sink.connector(NAME);
    config["batch.max.records"] = json!("100");
    rig.configure(&config).await?;
    let mut outcome = Outcome::default();
    for blow in trial.dice.deal(kills, Blow::one_of_each) {
        rig.wait_for_new(ARRIVAL).await?;
        let recovery = blow.strike(&mut rig).await?;
        outcome.recovered(recovery, &blow);
        outcome.strikes += 1;
    }
    outcome.notes.push("recovery from when the broker listens again".to_owned());
    outcome.verdict = rig.settle().await?;
    Ok(Some(outcome))
}

impl Blow {
    fn one_of_each(dice: &mut Dice) -> Vec<Self> {
        let millis = Duration::from_millis;
        let workers = [
            Worker::Lives,
            Worker::DiesBefore(dice.below(millis(300))),
            Worker::DiesAfter(dice.below(millis(300))),
        ];
        workers.map(|worker| Self { after: dice.below(millis(2_000)), worker }).to_vec()
    }

    /// Kills, starts again, and says how long it took from when the broker was back until new records arrived.
    async fn strike(self, rig: &mut Rig) -> anyhow::Result<Duration> {
        sleep(self.after).await;
        if let Worker::DiesBefore(before) = self.worker {
            rig.worker.process().kill()?;
            sleep(before).await;
        }
        rig.source.kill()?;
        if let Worker::DiesAfter(after) = self.worker {
            sleep(after).await;
            rig.worker.process().kill()?;
        }
        rig.source.restart().await?;
        let (back, mark) = (Instant::now(), rig.mark());
        if !matches!(self.worker, Worker::Lives) {
            rig.worker.spawn_again(Vec::new())?;
        }
        rig.wait_for(mark, ARRIVAL).await?;
        Ok(back.elapsed())
    }
}
