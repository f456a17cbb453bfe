//! Changes of the connector's configuration around a kill.
//!
//! Batches keep their identity whatever they say, and a change that REST has confirmed is there after the kill.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::dice::Dice;
use test_support::wait;
use test_support::worker::Worker;
use tokio::time::sleep;

use crate::rig::{ARRIVAL, NAME, change};

/// Of a hundred lives, in how many the configuration is changed.
const OFTEN: u64 = 30;
/// What a worker says to a configuration that it has.
const SAME: &str = "same config";
const KEYS: [&str; 2] = ["batch.max.records", "max.tasks"];

/// The configuration as REST has confirmed it, and the changes since then that it has not: each of them may have been made, or
/// be made yet by what is still on its way to the broker.
#[derive(Debug)]
pub(crate) struct Configuration {
    confirmed: Value,
    tried: Vec<Value>,
}

impl Configuration {
    pub(crate) fn new(confirmed: Value) -> Self {
        Self { confirmed, tried: Vec::new() }
    }

    /// Perhaps changes the size of batches and the number of tasks: either waits for the answer, or leaves it open, so that
    /// a kill that follows may come before, between or after.
    ///
    /// # Errors
    /// When a change that is waited for is refused.
    pub(crate) async fn perhaps_change(&mut self, worker: &Worker, dice: &mut Dice) -> anyhow::Result<()> {
        if !dice.chance(OFTEN) {
            return Ok(());
        }
        let mut changed = self.confirmed.clone();
        changed["batch.max.records"] = json!(dice.pick(&["20", "100", "500", "5000"]));
        changed["max.tasks"] = json!(dice.pick(&["1", "2", "3", "4"]));
        let patience = if dice.chance(50) { ARRIVAL } else { dice.below(Duration::from_millis(60)) };
        tokio::select! {
            answered = change(worker, &changed) => match answered {
                Ok(None) => (self.confirmed, self.tried) = (changed, Vec::new()),
                // The dice may have changed nothing.
                Ok(Some(refusal)) if refusal.contains(SAME) => {}
                Ok(Some(refusal)) => anyhow::bail!("{changed} is refused: {refusal}"),
                // A worker that is about to kill itself may be gone before it has answered.
                Err(_) => self.tried.push(changed),
            },
            () = sleep(patience) => self.tried.push(changed),
        }
        Ok(())
    }

    /// Insists that a worker that was started again has the configuration: the confirmed one, or one of the changes whose fate was open.
    /// One that kills itself before it has answered is not asked any more.
    ///
    /// # Errors
    /// When it has another one.
    pub(crate) async fn check(&mut self, worker: &mut Worker) -> anyhow::Result<()> {
        let target = format!("/connectors/{NAME}/config");
        let found = wait::until(ARRIVAL, "the configuration", async || match worker.get(&target).await {
            Ok(answer) => answer.json().map(Some),
            Err(_) if worker.process().exited()?.is_some() => Ok(None),
            Err(error) => Err(error),
        })
        .await?;
        let Some(found) = found else { return Ok(()) };
        let is_there = |wanted: &Value| KEYS.iter().all(|key| found["body"]["config"][*key] == wanted[*key]);
        // A change that is older than this one does not come back.
        if let Some(index) = self.tried.iter().position(is_there) {
            let tried = self.tried.drain(..=index).next_back();
            self.confirmed = tried.unwrap_or_else(|| self.confirmed.clone());
        }
        let Self { confirmed, tried } = self;
        anyhow::ensure!(
            is_there(confirmed),
            "confirmed was {confirmed}, tried were {tried:?}, there is {found}"
        );
        Ok(())
    }
}
