//! The second phase of a load: a transaction that is prepared becomes visible, or is given up.
//!
//! `PUT /api/{db}/_stream_load_2pc` with `txn_id` or, from 2.1 on, with `label`. A prepared transaction under a batch's label holds that
//! batch's rows, whoever prepared it: a worker that crashed, or this sink before its configuration changed. So it is finished.

use super::{
    answer::Parsed, attempt::Target, error::LoadError, isolate::FailedLoad, loader::Loader, path,
    reason::Reason,
};
use crate::{
    cluster::Answered,
    config::TableName,
    http::{Request, Sending},
    label::Label,
};
use connector_api::BatchId;
use hyper::{HeaderMap, Method, header::HeaderValue};

/// How a transaction is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    Id(i64),
    /// By its label: its number was not told.
    Labelled,
}

/// A load that waits for its second phase.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) batch: BatchId,
    pub(super) table: TableName,
    pub(super) label: Label,
    pub(super) rows: usize,
    pub(super) transaction: Transaction,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    Commit,
    Abort,
}

impl Loader {
    /// Makes visible what the loads of a batch have prepared, all of it or, if that fails, as much as the host tries again.
    pub(crate) async fn commit(&mut self) -> Result<(), FailedLoad> {
        for prepared in std::mem::take(&mut self.prepared) {
            let committed = self.target.end(Operation::Commit, &prepared.label, prepared.transaction).await;
            let Prepared { batch, table, label, rows, transaction } = prepared;
            if let Err(error) = committed {
                self.target.figures.of(&table).failed(&error);
                if error.leaves_doubt() {
                    self.recall.doubt(&batch, &label);
                }
                return Err(FailedLoad { table, label, rows, error });
            }
            self.recall.loaded(&batch, &label);
            tracing::debug!(database = self.target.database, %table, %label, ?transaction, "committed");
        }
        Ok(())
    }
}

impl Target {
    /// Commits or aborts a prepared transaction. One that is committed already counts as committed.
    pub(super) async fn end(
        &mut self,
        operation: Operation,
        label: &Label,
        transaction: Transaction,
    ) -> Result<(), LoadError> {
        let mut headers = HeaderMap::new();
        match (transaction, HeaderValue::from_str(label.as_str())) {
            (Transaction::Labelled, Ok(label)) => headers.insert("label", label),
            (Transaction::Id(id), _) => headers.insert("txn_id", HeaderValue::from(id)),
            (Transaction::Labelled, Err(_)) => None,
        };
        let word = match operation {
            Operation::Commit => "commit",
            Operation::Abort => "abort",
        };
        headers.insert("txn_operation", HeaderValue::from_static(word));
        let path = path::two_phase_commit(&self.database);
        let (body, sending) = (bytes::Bytes::new(), Sending::WhenAsked);
        let Answered { node, answer, .. } =
            self.cluster.load(Request { method: Method::PUT, path, headers, body, sending }).await?;
        match Parsed::of(&answer) {
            Parsed::Done => Ok(()),
            Parsed::Refused(said) => match State::of(&said) {
                State::Committed if matches!(operation, Operation::Commit) => Ok(()),
                State::Aborted => Err(LoadError::Aborted),
                _ => {
                    let reason = Reason::of(&said);
                    Err(LoadError::Refused { node, said, reason })
                }
            },
            Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
            other => Err(LoadError::Foreign { node, said: format!("{other:?}") }),
        }
    }
}

/// What a refusal says about a transaction.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Committed,
    /// Also one that is not known any more: a frontend forgets what was prepared only together with its time.
    Aborted,
    Other,
}

impl State {
    fn of(said: &str) -> Self {
        let said = said.to_ascii_lowercase();
        if said.contains("is already visible") || said.contains("is already committed") {
            Self::Committed
        } else if said.contains("is already aborted") || said.contains("not found") {
            Self::Aborted
        } else {
            Self::Other
        }
    }
}

/// The transaction that has a label, by the message `Label [L] has already been used, relate to txn [N]`.
pub(super) fn transaction_of(message: &str) -> Transaction {
    let id = || message.split_once("relate to txn [")?.1.split_once(']')?.0.parse().ok();
    id().map_or(Transaction::Labelled, Transaction::Id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transaction_of_a_label_is_in_the_message() {
        let message = "[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label [l] has already been used, \
                       relate to txn [17], status [PRECOMMITTED].";
        assert_eq!(transaction_of(message), Transaction::Id(17));
        assert_eq!(transaction_of("Label [l] has already been used"), Transaction::Labelled);
    }

    #[test]
    fn refusals_tell_what_became_of_the_transaction() {
        let check = |said: &str, expected| {
            let said = format!("TStatus: errCode = 2, detailMessage = {said}");
            assert_eq!(State::of(&said), expected, "{said}");
        };
        check("transaction [18] is already visible, not pre-committed.", State::Committed);
        check("transaction [18] is already COMMITTED, not pre-committed.", State::Committed);
        check("transaction [18] is already aborted. abort reason: user cancel", State::Aborted);
        check("transaction [18] not found", State::Aborted);
        check("running transaction not found, label=l", State::Aborted);
        check("transaction [18] is prepare, not pre-committed.", State::Other);
    }
}
