//! The ways in which a worker ends.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use test_support::dice::Dice;
use tokio::time::sleep;

use super::moment::{FAULT_POINT, POINTS, Treatment};
use crate::rig::{ARRIVAL, Rig};
use crate::sink::SinkKind;

/// How a life of the worker ends: by SIGKILL unless it says otherwise, but when?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// So long after it was started, which may be before it has read its state.
    Starting(Duration),
    /// So long after records flow again.
    Flowing(Duration),
    /// When it passes this point for the nth time.
    Point(&'static str, u64),
    /// By SIGTERM, so long after records flow again: it is to end in good order.
    Asked(Duration),
    /// So long after a load has begun that the stand-in treats this way.
    Loading(Treatment, Duration),
}

impl Death {
    /// So many deaths that each kind is among them, as often as any other, in random order.
    pub(crate) fn deal(dice: &mut Dice, sink: SinkKind, count: usize) -> Vec<Self> {
        dice.deal(count, |dice| Self::one_of_each(dice, sink))
    }

    fn one_of_each(dice: &mut Dice, sink: SinkKind) -> Vec<Self> {
        let millis = Duration::from_millis;
        let mut deck = vec![
            Self::Starting(dice.below(millis(400))),
            Self::Flowing(dice.below(millis(100))),
            Self::Flowing(dice.below(millis(1_000))),
            Self::Flowing(dice.below(millis(3_000))),
            Self::Asked(dice.below(millis(1_000))),
        ];
        // A sink that is not idempotent needs no intents.
        let passed = POINTS.iter().filter(|point| sink == SinkKind::Doris || point.name != "after-intent");
        deck.extend(passed.map(|point| Self::Point(point.name, dice.number(1..point.most + 1))));
        if sink == SinkKind::Doris {
            deck.extend([
                Self::Loading(Treatment::ReadSlowly, dice.below(millis(200))),
                Self::Loading(Treatment::Keep(dice.below(millis(1_500))), dice.below(millis(50))),
                Self::Loading(Treatment::NoAnswer, dice.below(millis(200))),
            ]);
        }
        deck
    }

    /// The environment of a worker that is to die so.
    pub(crate) fn environment(self) -> Vec<(String, String)> {
        match self {
            Self::Point(name, passes) => vec![(FAULT_POINT.to_owned(), format!("{name}:{passes}"))],
            _ => Vec::new(),
        }
    }

    /// Waits for the instant and ends the worker, through which records flow unless it is only starting.
    ///
    /// # Errors
    /// When the instant does not come, or the worker does not end as it should.
    pub(crate) async fn strike(self, rig: &mut Rig) -> anyhow::Result<()> {
        match self {
            Self::Starting(after) | Self::Flowing(after) => sleep(after).await,
            Self::Asked(after) => {
                sleep(after).await;
                return rig.worker_ends_in_order().await;
            }
            Self::Point(name, _) => {
                let ended = rig.worker.process().wait_exit(ARRIVAL).await;
                let ended = ended.with_context(|| format!("the worker does not pass {name}"))?;
                anyhow::ensure!(
                    ended.code().is_none(),
                    "the worker ended with {ended} and was not killed at {name}"
                );
            }
            Self::Loading(treatment, after) => {
                let doris = rig.sink.doris().context("only loads into Doris are treated")?;
                treatment.begin(doris).await?;
                sleep(after).await;
                rig.worker.process().kill()?;
                // New loads are treated well; those that are kept stay so.
                return doris.set_faults(&json!([])).await;
            }
        }
        rig.worker.process().kill()
    }

    /// Lets go on what the stand-in keeps, when it is time after the next start. True when nothing stood in the way meanwhile.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub(crate) async fn heal(self, rig: &Rig) -> anyhow::Result<bool> {
        let Self::Loading(treatment, _) = self else { return Ok(true) };
        sleep(treatment.outlasts()).await;
        rig.sink.doris().context("only loads into Doris are treated")?.heal().await?;
        Ok(!treatment.lasts())
    }
}
