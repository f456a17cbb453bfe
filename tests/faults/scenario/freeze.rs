//! The ways in which a worker is frozen.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use test_support::dice::Dice;
use test_support::process::Signal;
use test_support::wait;
use tokio::time::sleep;

use super::moment::{FAULT_POINT, POINTS, Treatment};
use crate::rig::{ARRIVAL, Rig};

/// When a worker is frozen by SIGSTOP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freeze {
    /// Not at all: it is in full swing so long after records flow.
    Never(Duration),
    /// So long after records flow.
    Flowing(Duration),
    /// When it passes this point for the nth time.
    Point(&'static str, u64),
    /// So long after a load has begun that the stand-in treats this way.
    Loading(Treatment, Duration),
}

impl Freeze {
    /// So many that each kind is among them, in random order.
    pub(super) fn deal(dice: &mut Dice, count: usize) -> Vec<Self> {
        dice.deal(count, Self::one_of_each)
    }

    fn one_of_each(dice: &mut Dice) -> Vec<Self> {
        let millis = Duration::from_millis;
        let mut deck = vec![
            Self::Never(dice.below(millis(500))),
            Self::Flowing(dice.below(millis(100))),
            Self::Flowing(dice.below(millis(1_000))),
            Self::Loading(Treatment::ReadSlowly, dice.below(millis(100))),
            Self::Loading(Treatment::Keep(dice.below(millis(1_500))), dice.below(millis(50))),
            Self::Loading(Treatment::NoAnswer, dice.below(millis(100))),
        ];
        deck.extend(POINTS.iter().map(|point| Self::Point(point.name, dice.number(1..point.most + 1))));
        deck
    }

    /// The environment of a worker that is to be frozen so.
    pub(super) fn environment(self) -> Vec<(String, String)> {
        match self {
            Self::Point(name, passes) => vec![(FAULT_POINT.to_owned(), format!("{name}:{passes}:stop"))],
            _ => Vec::new(),
        }
    }

    /// Waits until records flow through a worker that was just started, then for the instant, and freezes it.
    ///
    /// # Errors
    /// When the instant does not come.
    pub(super) async fn strike(self, rig: &mut Rig) -> anyhow::Result<()> {
        if let Self::Point(name, _) = self {
            let process = rig.worker.process();
            return wait::until_true(ARRIVAL, &format!("the worker to freeze at {name}"), async || {
                process.is_stopped().is_ok_and(|stopped| stopped)
            })
            .await;
        }
        rig.wait_for_new(ARRIVAL).await?;
        match self {
            Self::Never(after) => {
                sleep(after).await;
                return Ok(());
            }
            Self::Flowing(after) => sleep(after).await,
            Self::Point(..) => {}
            Self::Loading(treatment, after) => {
                let doris = rig.sink.doris().context("only loads into Doris are treated")?;
                treatment.begin(doris).await?;
                sleep(after).await;
                rig.worker.process().signal(Signal::Stop)?;
                // New loads are treated well; those that are kept stay so.
                return doris.set_faults(&json!([])).await;
            }
        }
        rig.worker.process().signal(Signal::Stop)
    }

    /// Whether the stand-in goes on with its part for some time afterwards.
    pub(super) fn lasts(self) -> bool {
        matches!(self, Self::Loading(treatment, _) if treatment.lasts())
    }

    /// Lets go on what the stand-in keeps, when it is time.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub(super) async fn heal(self, rig: &Rig) -> anyhow::Result<()> {
        let Self::Loading(treatment, _) = self else { return Ok(()) };
        sleep(treatment.outlasts()).await;
        rig.sink.doris().context("only loads into Doris are treated")?.heal().await
    }
}
