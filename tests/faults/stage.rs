//! Runs one scenario: on a thread of its own, with a runtime of its own, for no longer than it may take.

use std::any::Any;
use std::time::Duration;

use anyhow::Context;

use crate::report::{Ended, Outcome};
use crate::scenario::{Form, Scenario, Trial};

/// Longer than any scenario takes whose waits are bounded.
const SHORT: Duration = Duration::from_secs(8 * 60);
const LONG: Duration = Duration::from_secs(4 * 60 * 60);

/// Runs `scenario` to its end, whatever that is. Everything it started is gone afterwards.
pub(crate) fn run(scenario: &'static Scenario, trial: Trial) -> Ended {
    // The name is what a requirement that is missing is reported with.
    let thread =
        std::thread::Builder::new().name(scenario.name.to_owned()).spawn(move || on_stage(scenario, trial));
    let ended = match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(ended)) => ended,
        Ok(Err(panic)) => Err(anyhow::anyhow!("panicked: {}", words(&*panic))),
        Err(error) => Err(anyhow::Error::new(error).context("cannot start a thread")),
    };
    match ended {
        Ok(Some(outcome)) => Ended::Judged(outcome),
        Ok(None) => Ended::Skipped,
        Err(error) => Ended::Broken(format!("{error:#}")),
    }
}

fn on_stage(scenario: &Scenario, trial: Trial) -> anyhow::Result<Option<Outcome>> {
    let limit = match trial.form {
        Form::Short => SHORT,
        Form::Long => LONG,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        tokio::time::timeout(limit, (scenario.run)(trial))
            .await
            .with_context(|| format!("took longer than {limit:?}"))?
    })
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}
