//! Whether a configuration fits the connector's target, asked of the target itself before anything is stored.

use super::plan::{Plan, Planner};
use crate::host::{ClassError, HostError};
use connector_api::{CheckError, ConnectorConfig, ConnectorName, SinkConnector};
use std::time::Duration;
use tokio::{runtime::Builder, time::timeout};

impl Planner {
    /// Asks the target of a connector whether the configuration fits it.
    ///
    /// A target that does not answer stands against nothing: the connector is created, and its tasks wait for the target.
    ///
    /// # Errors
    /// What does not fit, in the sink's words, and a panic of the class.
    pub(super) async fn check_target(&self, name: &ConnectorName, plan: &Plan) -> Result<(), HostError> {
        let (asked, patience) = (plan.resolved.clone(), self.target_timeout);
        let answer = self
            .classes
            .ask(&plan.class, move |class| class.call("check", |class| check(class, &asked, patience)));
        let why = match answer.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(CheckError::Wrong(errors))) => return Err(HostError::DoesNotFit(errors)),
            Ok(Err(unanswered)) => unanswered.to_string(),
            Err(error @ ClassError::Panicked { .. }) => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        tracing::warn!(connector = %name, why, "the target could not be asked whether the configuration fits it");
        Ok(())
    }
}

/// On a thread that belongs to the question alone, so a runtime of its own is what it can wait with.
fn check(class: &dyn SinkConnector, config: &ConnectorConfig, patience: Duration) -> Result<(), CheckError> {
    let unanswered = |why: String| CheckError::Unanswered(why);
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(|e| unanswered(e.to_string()))?;
    let checked = runtime.block_on(async { timeout(patience, class.check(config)).await });
    // What still looks up a name is not waited for.
    runtime.shutdown_background();
    checked.unwrap_or_else(|_| Err(unanswered(format!("no answer within {} ms", patience.as_millis()))))
}
