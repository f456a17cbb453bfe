//! A load that is never committed: whether Doris would take its rows.
//!
//! `two_phase_commit: true` stops a load before it is committed, all rows read and written; then it is aborted. A backend may be set up to
//! refuse that (`disable_stream_load_2pc`), and clouds do for some tables.

use super::{
    answer::{LoadAnswer, LoadStatus, Parsed},
    attempt::Target,
    error::LoadError,
    loader::Load,
    reason::Reason,
    two_phase::{Operation, Transaction, transaction_of},
};
use crate::http::Endpoint;
use hyper::header::HeaderValue;

impl Target {
    /// Tells whether Doris takes the rows of `load`, whose label is a trial's.
    ///
    /// # Errors
    /// [`LoadError::BadRows`] when it does not.
    pub(super) async fn try_out(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        let mut request = self.request(load);
        request.headers.remove("group_commit");
        if let Ok(label) = HeaderValue::from_str(load.label.as_str()) {
            request.headers.insert("label", label);
        }
        request.headers.insert("two_phase_commit", HeaderValue::from_static("true"));
        let answered = self.cluster.load(request).await?;
        let node = answered.node;
        match Parsed::of(&answered.answer) {
            Parsed::Load(answer) => self.judge_trial(load, node, answer).await,
            Parsed::Refused(said) => {
                let reason = Reason::of(&said);
                Err(LoadError::Refused { node, said, reason })
            }
            Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
            other => Err(LoadError::Foreign { node, said: format!("{other:?}") }),
        }
    }

    async fn judge_trial(
        &mut self,
        load: &Load<'_>,
        node: Endpoint,
        answer: LoadAnswer,
    ) -> Result<(), LoadError> {
        match &answer.status {
            LoadStatus::Success => {
                self.abort_trial(load, Transaction::Id(answer.transaction)).await;
                Ok(())
            }
            // What an earlier trial left behind: it holds the label until it is aborted.
            LoadStatus::LabelAlreadyExists => {
                self.abort_trial(load, transaction_of(&answer.message)).await;
                Err(LoadError::Aborted)
            }
            LoadStatus::Fail => Err(self.refused(node, answer).await),
            other => {
                Err(LoadError::Foreign { node, said: format!("{other:?} for a load that is prepared only") })
            }
        }
    }

    /// Aborts a trial. One that cannot be aborted costs Doris memory, until its own time is over.
    async fn abort_trial(&mut self, load: &Load<'_>, transaction: Transaction) {
        if let Err(error) = self.end(Operation::Abort, load.label, transaction).await {
            tracing::warn!(
                database = self.database, table = %load.table, label = %load.label, ?transaction, %error,
                "a load that was only tried out was not aborted; Doris aborts it after stream_load_default_precommit_timeout_second"
            );
        }
    }
}
