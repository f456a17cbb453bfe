//! The worker is killed, or now and then asked to end, again and again, and started anew at once.

use std::time::{Duration, Instant};

use serde_json::json;
use test_support::source::Kind;

use super::changes::Configuration;
use super::death::Death;
use super::{Form, Trial};
use crate::mode::{BadRows, Commit, Mode};
use crate::report::{Outcome, Screen};
use crate::rig::{ARRIVAL, NAME, Parts, Rig};
use crate::sink::SinkKind;

/// After so many deaths a round is judged, and the next begins with everything new.
const ROUND: usize = 50;

/// Records go to Doris.
pub(crate) async fn doris(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let deaths = trial.form.pick(78, 770);
    run(trial, SinkKind::Doris, deaths).await
}

/// Records go to Doris, and some of them are none that it takes.
pub(crate) async fn bad_rows(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let deaths = trial.form.pick(20, 150);
    let mode = Mode { bad_rows: BadRows::Mixed, ..trial.mode };
    run(Trial { mode, ..trial }, SinkKind::Doris, deaths).await
}

/// The same in two phases.
pub(crate) async fn two_phases(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let deaths = trial.form.pick(20, 150);
    let mode = Mode { commit: Commit::TwoPhases, bad_rows: BadRows::Mixed };
    run(Trial { mode, ..trial }, SinkKind::Doris, deaths).await
}

/// Records go to a file.
pub(crate) async fn file(trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let deaths = trial.form.pick(40, 340);
    run(trial, SinkKind::File, deaths).await
}

async fn run(mut trial: Trial, sink: SinkKind, deaths: usize) -> anyhow::Result<Option<Outcome>> {
    let mut outcome = Outcome::default();
    let deaths = Death::deal(&mut trial.dice, sink, deaths);
    for round in deaths.chunks(ROUND) {
        if !play(&mut trial, sink, round, &mut outcome).await? {
            return Ok(None);
        }
        if trial.form == Form::Long {
            Screen.progress(&outcome);
        }
    }
    Ok(Some(outcome))
}

/// One round; false when something it needs is not installed.
async fn play(
    trial: &mut Trial,
    sink: SinkKind,
    deaths: &[Death],
    outcome: &mut Outcome,
) -> anyhow::Result<bool> {
    let parts = Parts { source: Kind::DevBroker, sink, per_second: 1_000, mode: trial.mode };
    let Some(mut rig) = Rig::start(parts).await? else { return Ok(false) };
    let mut config = rig.sink.connector(NAME);
    (config["batch.max.records"], config["max.tasks"]) = (json!("100"), json!("2"));
    rig.configure(&config).await?;
    let mut configuration = Configuration::new(config);
    let mut before = Death::Flowing(Duration::ZERO);
    before.strike(&mut rig).await?;
    for death in deaths {
        let (killed, mark) = (Instant::now(), rig.mark());
        rig.worker.spawn_again(death.environment())?;
        let at_once = before.heal(&rig).await?;
        if !matches!(death, Death::Starting(_)) {
            let arrived = rig.wait_for_or_end(mark, ARRIVAL).await?;
            if arrived {
                if at_once {
                    outcome.recovered(killed.elapsed(), &before);
                }
                configuration.check(&mut rig.worker).await?;
                configuration.perhaps_change(&rig.worker, &mut trial.dice).await?;
            }
        }
        if trial.mode.bad_rows == BadRows::Mixed && trial.dice.number(0..2) == 0 {
            no_error_logs(&rig).await?;
        }
        death.strike(&mut rig).await?;
        outcome.strikes += 1;
        before = *death;
    }
    rig.worker.spawn_again(Vec::new())?;
    before.heal(&rig).await?;
    rig.worker.wait_ready().await?;
    configuration.check(&mut rig.worker).await?;
    outcome.verdict.add(rig.settle().await?);
    Ok(true)
}

/// For a while the rows that Doris refuses are told by no log, so that they have to be found.
async fn no_error_logs(rig: &Rig) -> anyhow::Result<()> {
    let Some(doris) = rig.sink.doris() else { return Ok(()) };
    doris.set_faults(&json!([{"at": "be.error_log", "kind": "status", "status": 500, "count": 20}])).await
}
