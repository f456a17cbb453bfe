//! Lines between the worker and its servers fail in every way that lines fail.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use test_support::proxy::{Fault, Proxy};
use test_support::source::Kind;

use super::Trial;
use crate::flow::Flow;
use crate::lines::Lines;
use crate::report::Outcome;
use crate::rig::ARRIVAL;

const ORDERS_PER_SECOND: u64 = 400;
/// How long a fresh record may take once the line is whole again.
const RECOVERY: Duration = Duration::from_secs(10);
/// A fault lasts until the status tells of it, and up to so much longer.
const LONGER: Duration = Duration::from_secs(3);
/// Which line fails.
#[derive(Debug, Clone, Copy)]
enum Line {
    Broker,
    FrontEnd,
    BackEnd,
}

/// How it fails.
struct Failure {
    name: &'static str,
    /// One after the other; the last stays.
    faults: &'static [Fault],
    meanwhile: While,
}

/// What goes on meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum While {
    /// Orders flow, and the failure lasts until the status tells of it.
    Flowing,
    /// Nothing is sent, so nothing but the worker's own care finds out; lasts as long.
    Idle,
    /// Nothing is sent, and all is well again before anybody may have noticed.
    IdleForAMoment,
}

const fn failure(name: &'static str, faults: &'static [Fault]) -> Failure {
    Failure { name, faults, meanwhile: While::Flowing }
}

/// Each begins with the connections that are open.
const FAILURES: &[Failure] = &[
    failure("cut", &[Fault::Cut]),
    failure("reset", &[Fault::Reset]),
    failure("refused", &[Fault::Reset, Fault::Refuse]),
    failure("half-open", &[Fault::HALF_OPEN]),
    failure("one byte a second", &[Fault::Trickle { bytes_per_second: 1 }]),
    failure("five seconds late", &[Fault::Delay(Duration::from_secs(5))]),
    failure("cut before the answer", &[Fault::CutBeforeAnswer]),
];
/// Only the broker is asked for something all the time.
const IDLE: &[Failure] = &[
    Failure { name: "half-open while idle", faults: &[Fault::HALF_OPEN], meanwhile: While::Idle },
    Failure { name: "half-open for a moment", faults: &[Fault::HALF_OPEN], meanwhile: While::IdleForAMoment },
];

impl Line {
    fn of(self, lines: &Lines) -> &Proxy {
        match self {
            Self::Broker => &lines.broker,
            Self::FrontEnd => &lines.frontends[0],
            Self::BackEnd => &lines.backend,
        }
    }

    fn failures(self) -> impl Iterator<Item = &'static Failure> {
        let idle = match self {
            Self::Broker => IDLE,
            Self::FrontEnd | Self::BackEnd => &[],
        };
        FAILURES.iter().chain(idle)
    }
}

/// To the development broker, to the front end, and to the back end, side by side.
pub(crate) async fn every_line(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    // All of them to their ends: whoever is dropped before leaves evidence of nothing.
    let ended = tokio::join!(
        fail_in_every_way(Kind::DevBroker, Line::Broker, &trial),
        fail_in_every_way(Kind::DevBroker, Line::FrontEnd, &trial),
        fail_in_every_way(Kind::DevBroker, Line::BackEnd, &trial),
    );
    let mut outcome = Outcome::default();
    for one in <[_; 3]>::from(ended) {
        let Some(one) = one? else { return Ok(None) };
        outcome.strikes += one.strikes;
        outcome.verdict.add(one.verdict);
        outcome.recoveries.extend(one.recoveries);
        outcome.notes.extend(one.notes);
    }
    Ok(Some(outcome))
}

/// To Apache RocketMQ's broker.
pub(crate) async fn java_broker(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    fail_in_every_way(Kind::Java, Line::Broker, &trial).await
}

async fn fail_in_every_way(kind: Kind, line: Line, trial: &Trial) -> anyhow::Result<Option<Outcome>> {
    let Some(lines) = Lines::start(kind, trial.mode).await? else { return Ok(None) };
    let mut dice = trial.dice.fork(&format!("{line:?}"));
    lines.load(&[&lines.frontends[0]], json!({})).await?;
    let flow = lines.flow(lines.sender(200), ORDERS_PER_SECOND).await?;
    let mut outcome = Outcome::default();
    let mut slowest = (Duration::ZERO, "");
    for _ in 0..trial.form.pick(1, 10) {
        for failure in line.failures() {
            let longer = dice.below(LONGER);
            let struck = strike(&lines, line.of(&lines), &flow, failure, longer).await;
            let (told, fresh) =
                struck.map_err(|error| error.context(format!("{line:?}, {}", failure.name)))?;
            outcome.strikes += 1;
            outcome.recoveries.push(fresh);
            slowest = slowest.max((told, failure.name));
        }
    }
    let (verdict, peak) = lines.settle(&flow.stop().await?, ARRIVAL).await?;
    outcome.verdict = verdict;
    let (told, name) = slowest;
    outcome.notes.push(format!("{line:?}: told within {told:.1?} ({name}), {} MiB at most", peak >> 20));
    Ok(Some(outcome))
}

/// How long the status took to tell, and a fresh record to arrive once all was well again.
async fn strike(
    lines: &Lines,
    proxy: &Proxy,
    flow: &Flow,
    failure: &Failure,
    longer: Duration,
) -> anyhow::Result<(Duration, Duration)> {
    let held = match failure.meanwhile {
        While::Flowing => None,
        While::Idle | While::IdleForAMoment => {
            let sender = flow.hold().await;
            lines.wait_committed().await?;
            Some(sender)
        }
    };
    let began = Instant::now();
    for fault in failure.faults {
        proxy.set(*fault).await;
    }
    let mut told = Duration::ZERO;
    if failure.meanwhile != While::IdleForAMoment {
        // Whoever is named there was asked through the proxy, so the fault was felt.
        lines.wait_for_cause(&[&proxy.address().to_string()]).await?;
        told = began.elapsed();
        tokio::time::sleep(longer).await;
    }
    proxy.heal().await;
    let order = match held {
        Some(mut sender) => sender.send(1).await?,
        None => flow.send_one().await?,
    };
    let fresh = lines.wait_for_order(order, RECOVERY).await;
    let fresh = fresh.with_context(|| format!("told after {told:?}, healed {longer:?} later"))?;
    lines.wait_healthy().await?;
    Ok((told, fresh))
}
