//! One attempt at a load, and what its answer means.

use super::{
    answer::{Existing, LoadAnswer, LoadStatus, Parsed},
    error::LoadError,
    error_log,
    label_state::{self, Limits, Settled},
    loader::Load,
    path,
    patience::Patience,
    reason::Reason,
};
use crate::{
    cluster::Cluster,
    config::{LoadProperties, Settings},
    http::{Endpoint, Request, Sending},
};
use hyper::{Method, header::HeaderValue};
use std::time::Duration;

/// A database, and how loads into it are sent.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) cluster: Cluster,
    pub(super) database: String,
    properties: LoadProperties,
    longest_wait: Duration,
}

/// When a batch was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loaded {
    /// By this attempt.
    Now,
    /// By an earlier one, perhaps of another worker.
    Before,
}

impl Target {
    /// What `settings` name, for task number `task`.
    pub(super) fn new(settings: &Settings, task: u32) -> Self {
        Self {
            cluster: Cluster::new(settings, task),
            database: settings.database.clone(),
            properties: settings.properties.clone(),
            longest_wait: settings.read_timeout,
        }
    }

    /// Sends the load once.
    pub(super) async fn attempt(
        &mut self,
        load: &Load<'_>,
        patience: &mut Patience,
    ) -> Result<Loaded, LoadError> {
        let answered = self.cluster.load(self.request(load)).await.inspect_err(|lost| {
            if let Some(progress) = lost.progress() {
                patience.upload_ended(progress);
            }
        })?;
        let node = answered.node;
        match Parsed::of(&answered.answer) {
            Parsed::Load(answer) => self.judge(load, patience, node, answer).await,
            Parsed::Refused(said) => {
                let reason = Reason::of(&said);
                Err(LoadError::Refused { node, said, reason })
            }
            Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
            Parsed::Data(other) => Err(LoadError::Foreign { node, said: other.to_string() }),
        }
    }

    fn request(&self, load: &Load<'_>) -> Request {
        let mut headers = self.properties.headers().clone();
        if let Ok(label) = HeaderValue::from_str(load.label.as_str()) {
            headers.insert("label", label);
        }
        Request {
            method: Method::PUT,
            path: path::stream_load(&self.database, load.table.as_str()),
            headers,
            body: load.body.clone(),
            sending: Sending::WhenAsked,
        }
    }

    async fn judge(
        &mut self,
        load: &Load<'_>,
        patience: &mut Patience,
        node: Endpoint,
        answer: LoadAnswer,
    ) -> Result<Loaded, LoadError> {
        match &answer.status {
            // Publish Timeout: committed, and visible a little later. Loading it again would be the mistake.
            LoadStatus::Success | LoadStatus::PublishTimeout => {
                self.check_rows(load, node, answer).await.map(|()| Loaded::Now)
            }
            LoadStatus::LabelAlreadyExists => self.existing(load, patience, answer.existing).await,
            LoadStatus::Fail if answer.message.contains("has already been used") => {
                self.existing(load, patience, answer.existing).await
            }
            LoadStatus::Fail => self.refused(node, answer).await,
            LoadStatus::Missing => {
                Err(LoadError::Foreign { node, said: "a load without a status".to_owned() })
            }
            LoadStatus::Other(status) => {
                let said = format!("status {status:?}: {}", answer.message);
                Err(LoadError::Foreign { node, said })
            }
        }
    }

    /// The label is made of the batch's identity and its gaps, so whoever used it loaded these very rows.
    async fn existing(
        &mut self,
        load: &Load<'_>,
        patience: &mut Patience,
        existing: Existing,
    ) -> Result<Loaded, LoadError> {
        match existing {
            Existing::Finished => Ok(Loaded::Before),
            Existing::Precommitted => Err(LoadError::Prepared),
            Existing::Running | Existing::Unsaid => match self.settled(load, patience).await? {
                Settled::Loaded => Ok(Loaded::Before),
                Settled::Aborted | Settled::Unknown => Err(LoadError::Aborted),
            },
        }
    }

    /// Asks what became of the label, and waits while something runs under it, within its patience.
    pub(super) async fn settled(
        &mut self,
        load: &Load<'_>,
        patience: &mut Patience,
    ) -> Result<Settled, LoadError> {
        let limits = Limits { wait: self.longest_wait, load: self.properties.timeout() };
        label_state::settled(&mut self.cluster, &self.database, load.label, patience, limits).await
    }

    async fn refused(&mut self, node: Endpoint, answer: LoadAnswer) -> Result<Loaded, LoadError> {
        let reason = Reason::of(&answer.message);
        let said = match &answer.first_error {
            Some(first) => format!("{} ({first})", answer.message),
            None => answer.message.clone(),
        };
        if reason != Reason::DataQuality {
            return Err(LoadError::Refused { node, said, reason });
        }
        let log = error_log::first_lines(&mut self.cluster, &node, answer.error_url.as_deref()).await;
        let (filtered, total) = (answer.filtered, answer.total.unwrap_or_default());
        Err(LoadError::BadRows { node, said, filtered, total, log })
    }

    async fn check_rows(
        &mut self,
        load: &Load<'_>,
        node: Endpoint,
        answer: LoadAnswer,
    ) -> Result<(), LoadError> {
        tracing::debug!(
            database = self.database, table = %load.table, label = %load.label, %node,
            rows = load.rows, bytes = load.body.len(), transaction = answer.transaction,
            millis = answer.load_millis, "loaded"
        );
        let sent = load.rows;
        let (Some(total), Some(loaded)) = (answer.total, answer.loaded) else { return Ok(()) };
        let (filtered, unselected) = (answer.filtered, answer.unselected);
        let all_counted = i64::try_from(sent) == Ok(total);
        if all_counted && loaded == total {
            return Ok(());
        }
        if all_counted && loaded + filtered + unselected == total && self.properties.may_drop_rows() {
            // The operator's own max_filter_ratio or where keeps them out.
            if filtered > 0 {
                let log = error_log::first_lines(&mut self.cluster, &node, answer.error_url.as_deref()).await;
                tracing::warn!(
                    database = self.database, table = %load.table, label = %load.label, filtered, total, log,
                    "max_filter_ratio let rows go"
                );
            }
            return Ok(());
        }
        let log = error_log::first_lines(&mut self.cluster, &node, answer.error_url.as_deref()).await;
        let transaction = answer.transaction;
        // Doris has the label now, so the batch will count as loaded when it comes again: this is the lasting trace.
        tracing::error!(
            database = self.database, table = %load.table, label = %load.label, batch = %load.batch, %node, transaction,
            sent, total, loaded, filtered, unselected, log,
            "Doris counted other rows than were sent to it, and has committed them"
        );
        Err(LoadError::RowsDiffer { node, sent, total, loaded, filtered, unselected, transaction, log })
    }
}
