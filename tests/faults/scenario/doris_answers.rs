//! Doris answers what it should not, or not at all, while records flow.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::proxy::{Fault, Proxy};
use test_support::source::Kind;
use test_support::wait;

use super::Trial;
use crate::flow::Flow;
use crate::lines::Lines;
use crate::report::Outcome;
use crate::rig::ARRIVAL;

const ORDERS_PER_SECOND: u64 = 400;
/// How long a fresh record may take once Doris answers as it should, and while one of two front ends does.
const RECOVERY: Duration = Duration::from_secs(10);
/// A wrong answer is given until the status tells of it, and up to so much longer.
const LONGER: Duration = Duration::from_secs(2);
/// More often than a fault can strike before it is taken away.
const ALWAYS: u64 = 1_000_000;
/// As often as it takes to strike both tasks.
const SOMETIMES: u64 = 4;

/// What the stand-in does wrong.
struct Wrong {
    name: &'static str,
    /// Where it strikes, and with what.
    fault: fn() -> Value,
    /// How often.
    count: u64,
    /// What has to stand in the status; `None` where the sink copes before anybody has to know.
    cause: Option<&'static [&'static str]>,
}

const WRONG: &[Wrong] = &[
    Wrong {
        name: "Publish Timeout",
        fault: || json!({"at": "be.stream_load", "kind": "publish_timeout", "publish_after_ms": 1500}),
        count: SOMETIMES,
        cause: None,
    },
    Wrong {
        name: "RUNNING, then VISIBLE",
        fault: || json!({"at": "be.stream_load", "kind": "running", "delay_ms": 8_000, "then": "visible"}),
        count: 2,
        cause: Some(&["an earlier attempt under this label still runs"]),
    },
    Wrong {
        name: "RUNNING, then ABORTED",
        fault: || json!({"at": "be.stream_load", "kind": "running", "delay_ms": 8_000, "then": "aborted"}),
        count: 2,
        cause: Some(&["an earlier attempt under this label still runs"]),
    },
    Wrong {
        name: "503",
        fault: || json!({"at": "be.stream_load", "kind": "status", "status": 503, "body": "busy"}),
        count: ALWAYS,
        cause: Some(&["503"]),
    },
    Wrong {
        name: "500 after the commit",
        fault: || json!({"at": "be.stream_load", "kind": "status", "status": 500, "body": "oops", "commit": true}),
        count: SOMETIMES,
        cause: None,
    },
    Wrong {
        name: "503 of the front end",
        fault: || json!({"at": "fe.stream_load", "kind": "status", "status": 503, "body": "busy"}),
        count: ALWAYS,
        cause: Some(&["503"]),
    },
    Wrong {
        name: "garbage",
        fault: || json!({"at": "be.stream_load", "kind": "garbage"}),
        count: ALWAYS,
        cause: Some(&["what no Doris server does"]),
    },
    Wrong {
        name: "garbage after the commit",
        fault: || json!({"at": "be.stream_load", "kind": "garbage", "commit": true}),
        count: SOMETIMES,
        cause: None,
    },
    Wrong {
        name: "garbage of the front end",
        fault: || json!({"at": "fe.stream_load", "kind": "garbage"}),
        count: ALWAYS,
        cause: Some(&["no frontend of Doris can be used"]),
    },
    Wrong {
        name: "a redirect to a dead back end",
        fault: || json!({"at": "fe.stream_load", "kind": "dead_backend"}),
        count: ALWAYS,
        cause: Some(&["named 127.0.0.1:1,"]),
    },
    Wrong {
        name: "a load that hangs",
        fault: || json!({"at": "be.stream_load", "kind": "hang"}),
        count: ALWAYS,
        cause: Some(&["no answer within"]),
    },
    Wrong {
        name: "an answer that hangs after the commit",
        fault: || json!({"at": "be.stream_load", "kind": "commit_then_hang"}),
        count: SOMETIMES,
        cause: None,
    },
    Wrong {
        name: "an upload lost half-way",
        fault: || json!({"at": "be.stream_load", "kind": "drop_before_commit"}),
        count: ALWAYS,
        cause: Some(&["whether Doris has the load is not known"]),
    },
    Wrong {
        name: "an answer lost after the commit",
        fault: || json!({"at": "be.stream_load", "kind": "commit_then_drop"}),
        count: SOMETIMES,
        cause: None,
    },
];

/// Every wrong answer, one after the other.
pub(crate) async fn wrong_answers(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let Trial { mut dice, form, mode } = trial;
    let Some(lines) = Lines::start(Kind::DevBroker, mode).await? else { return Ok(None) };
    lines.load(&[&lines.frontends[0]], json!({})).await?;
    let flow = lines.flow(lines.sender(200), ORDERS_PER_SECOND).await?;
    let mut outcome = Outcome::default();
    for _ in 0..form.pick(1, 10) {
        for wrong in WRONG {
            let answered = answer(&lines, &flow, wrong, dice.below(LONGER)).await;
            outcome.recoveries.push(answered.map_err(|error| error.context(wrong.name))?);
            outcome.strikes += 1;
        }
    }
    finish(lines, flow, outcome).await.map(Some)
}

/// One of two front ends goes away, in turn and in different ways; records flow on meanwhile.
pub(crate) async fn front_ends(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let Some(lines) = Lines::start(Kind::DevBroker, trial.mode).await? else { return Ok(None) };
    let [first, second] = &lines.frontends;
    lines.load(&[first, second], json!({})).await?;
    let flow = lines.flow(lines.sender(200), ORDERS_PER_SECOND).await?;
    let mut outcome = Outcome::default();
    for _ in 0..trial.form.pick(1, 20) {
        for (gone, left, how) in [
            (first, second, &[Fault::Reset, Fault::Refuse][..]),
            (second, first, &[Fault::Reset, Fault::Refuse][..]),
            (first, second, &[Fault::HALF_OPEN]),
            (second, first, &[Fault::Delay(Duration::from_secs(60))]),
        ] {
            let before = left.carried();
            let fresh = without(&lines, &flow, gone, how).await;
            outcome.recoveries.push(fresh.map_err(|error| error.context(format!("{how:?}")))?);
            anyhow::ensure!(left.carried() > before, "{how:?}: the other front end was not asked");
            outcome.strikes += 1;
        }
    }
    finish(lines, flow, outcome).await.map(Some)
}

/// How long a fresh record took once Doris answers as it should.
async fn answer(lines: &Lines, flow: &Flow, wrong: &Wrong, longer: Duration) -> anyhow::Result<Duration> {
    let mut fault = (wrong.fault)();
    fault["count"] = wrong.count.into();
    let faults = json!([fault]);
    lines.doris.set_faults(&faults).await?;
    match wrong.cause {
        Some(words) => {
            wait::until(ARRIVAL, &format!("a task to name {words:?}"), async || {
                let status = match lines.causes().await? {
                    causes if causes.iter().any(|cause| words.iter().all(|word| cause.contains(word))) => {
                        return Ok(());
                    }
                    causes => format!("{causes:?}"),
                };
                // A load that is only tried out, for bad rows, may take the strike, and needs nobody's attention.
                if lines.doris.faults_left().await? == 0 {
                    lines.doris.set_faults(&faults).await?;
                }
                anyhow::bail!("tasks say {status}")
            })
            .await?;
            tokio::time::sleep(longer).await;
        }
        None => lines.wait_faults_used().await?,
    }
    if wrong.count == ALWAYS {
        lines.doris.heal().await?;
    } else {
        // Doris decides by itself when it is over.
        lines.wait_healthy().await?;
    }
    let fresh = lines.wait_for_fresh(flow, RECOVERY).await?;
    lines.wait_healthy().await?;
    lines.doris.heal().await?;
    Ok(fresh)
}

/// How long a fresh record takes while that front end is gone.
async fn without(lines: &Lines, flow: &Flow, gone: &Proxy, how: &[Fault]) -> anyhow::Result<Duration> {
    for fault in how {
        gone.set(*fault).await;
    }
    let fresh = lines.wait_for_fresh(flow, RECOVERY).await?;
    gone.heal().await;
    lines.wait_healthy().await?;
    Ok(fresh)
}

async fn finish(lines: Lines, flow: Flow, mut outcome: Outcome) -> anyhow::Result<Outcome> {
    let (verdict, peak) = lines.settle(&flow.stop().await?, ARRIVAL).await?;
    outcome.verdict = verdict;
    outcome.notes.push(format!("{} MiB at most", peak >> 20));
    Ok(outcome)
}
