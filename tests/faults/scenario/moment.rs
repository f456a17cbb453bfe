//! Moments at which it hurts: points of the worker's code, and what the stand-in does with a load meanwhile.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::doris::Doris;
use test_support::wait;

use crate::rig::ARRIVAL;

/// Tells a worker to kill or freeze itself at a point; only binaries built by `cargo test` know it.
pub(super) const FAULT_POINT: &str = "ROCKETMQ_CONNECT_FAULT_POINT";
/// How many loads a fault of the stand-in strikes: all there are until it is cleared.
const ALL_LOADS: u64 = 100_000;
/// A load that is read so slowly, in bytes a second, takes some seconds.
const SLOWLY: u32 = 20_000;

/// A point that the worker passes.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) name: &'static str,
    /// At which pass something happens, at most. Commits are rarer than batches.
    pub(super) most: u64,
}

pub(super) const POINTS: &[Point] = &[
    Point { name: "after-fetch", most: 30 },
    Point { name: "after-intent", most: 30 },
    Point { name: "after-put", most: 30 },
    Point { name: "before-offset-commit", most: 4 },
    Point { name: "after-offset-commit", most: 4 },
];

/// What the stand-in does with loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It reads slowly, so the upload is in progress.
    ReadSlowly,
    /// It has read everything and keeps the load running, for so long after the strike.
    Keep(Duration),
    /// It has committed and does not answer.
    NoAnswer,
}

impl Treatment {
    /// Begins to treat all loads so, and waits until one has come.
    ///
    /// # Errors
    /// When none comes.
    pub(super) async fn begin(self, doris: &Doris) -> anyhow::Result<()> {
        doris.set_faults(&self.faults()).await?;
        wait::until(ARRIVAL, "a load to begin", async || match doris.faults_left().await {
            Ok(left) if left < ALL_LOADS => Ok(()),
            Ok(left) => Err(format!("{left} strikes left")),
            Err(error) => Err(error.to_string()),
        })
        .await
    }

    /// How long after the strike it is ended.
    pub(super) fn outlasts(self) -> Duration {
        match self {
            Self::Keep(kept) => kept,
            Self::ReadSlowly | Self::NoAnswer => Duration::ZERO,
        }
    }

    /// Whether it stands in the way for some time after the strike: also what is read slowly is read to its end.
    pub(super) fn lasts(self) -> bool {
        self == Self::ReadSlowly || !self.outlasts().is_zero()
    }

    fn faults(self) -> Value {
        let (at, count) = ("be.stream_load", ALL_LOADS);
        match self {
            Self::ReadSlowly => {
                json!([{"at": at, "count": count, "kind": "slow_reader", "bytes_per_second": SLOWLY}])
            }
            Self::Keep(_) => json!([{"at": at, "count": count, "kind": "hold"}]),
            Self::NoAnswer => json!([{"at": at, "count": count, "kind": "commit_then_hang"}]),
        }
    }
}
