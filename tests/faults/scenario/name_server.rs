//! The name server is away: killed, or frozen so that its connections stay open. Records flow on, and go on when it is back.

use std::time::{Duration, Instant};

use anyhow::bail;
use test_support::java::RocketMq;
use test_support::process::Signal;
use test_support::source::{Kind, Source};

use super::Trial;
use crate::report::Outcome;
use crate::rig::{ARRIVAL, Parts, Rig};
use crate::sink::SinkKind;

/// How the name server goes away.
#[derive(Debug, Clone, Copy)]
enum Away {
    Killed,
    Frozen,
}

/// Apache RocketMQ's name server goes away and comes back.
pub(crate) async fn away(mut trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let parts = Parts {
        source: Kind::Java,
        sink: SinkKind::Doris,
        per_second: trial.form.pick(500, 2_000),
        mode: trial.mode,
    };
    let Some(mut rig) = Rig::start(parts).await? else { return Ok(None) };
    // Longer than routes are kept for, so that it is missed.
    let how_long = trial.form.pick(Duration::from_secs(35), Duration::from_secs(60));
    let both = [Away::Killed, Away::Frozen];
    let either = [trial.dice.pick(&both)];
    let mut outcome = Outcome::default();
    let mut slowest = Duration::ZERO;
    for away in trial.form.pick(&either[..], &both[..]) {
        let began = Instant::now();
        match away {
            Away::Killed => java(&mut rig)?.kill_name_server()?,
            Away::Frozen => java(&mut rig)?.name_server_process().signal(Signal::Stop)?,
        }
        outcome.strikes += 1;
        // All the time: an order that is sent now arrives, although nobody can ask the name server for anything.
        while began.elapsed() < how_long {
            slowest = slowest.max(rig.wait_for_new(ARRIVAL).await?);
        }
        match away {
            Away::Killed => java(&mut rig)?.restart_name_server().await?,
            Away::Frozen => java(&mut rig)?.name_server_process().signal(Signal::Continue)?,
        }
        outcome.recoveries.push(rig.wait_for_new(ARRIVAL).await?);
    }
    outcome.notes.push(format!(
        "slowest record in {how_long:?} each without a name server {} ms",
        slowest.as_millis()
    ));
    outcome.verdict = rig.settle().await?;
    Ok(Some(outcome))
}

fn java(rig: &mut Rig) -> anyhow::Result<&mut RocketMq> {
    match &mut rig.source {
        Source::Java(rocketmq) => Ok(rocketmq),
        Source::DevBroker(_) => bail!("the development broker has no name server of its own"),
    }
}
