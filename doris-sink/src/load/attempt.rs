//! One attempt at a load, and what its answer means.

use super::{
    answer::{Existing, LoadAnswer, LoadStatus, Parsed},
    compress::{self, Compression},
    error::LoadError,
    error_log::ErrorLog,
    figures::LoadFigures,
    label_state::{self, Limits, Settled},
    loader::Load,
    path,
    patience::Patience,
    reason::Reason,
    two_phase::{Transaction, transaction_of},
};
use crate::{
    cluster::{Answered, Cluster},
    config::{Commit, LoadProperties, Settings},
    http::{Endpoint, Request, Sending},
};
use connector_api::TaskContext;
use hyper::{Method, header::HeaderValue};
use std::time::Duration;

/// A database, and how loads into it are sent.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) cluster: Cluster,
    pub(super) database: String,
    pub(super) figures: LoadFigures,
    properties: LoadProperties,
    pub(super) commit: Commit,
    /// Until a server says that it does not decompress.
    compression: Option<Compression>,
    longest_wait: Duration,
}

/// When a batch was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loaded {
    /// By this attempt.
    Now,
    /// By an earlier one, perhaps of another worker.
    Before,
    /// Not yet: it waits for the second phase.
    Prepared(Transaction),
}

impl Target {
    /// What `settings` name, for the task of `context`.
    pub(super) fn new(settings: &Settings, context: &TaskContext) -> Self {
        Self {
            cluster: Cluster::new(settings, context.id().task),
            database: settings.database.clone(),
            figures: LoadFigures::new(context.figures(), &settings.database),
            properties: settings.properties.clone(),
            commit: settings.commit,
            compression: settings.properties.compression(),
            longest_wait: settings.read_timeout,
        }
    }

    /// Sends the load once.
    pub(super) async fn attempt(
        &mut self,
        load: &Load<'_>,
        patience: &mut Patience,
    ) -> Result<Loaded, LoadError> {
        let mut answered = self.send(load, patience).await?;
        let mut parsed = Parsed::of(&answered.answer);
        if let Parsed::Load(answer) = &parsed
            && self.compression.is_some()
            && compress::is_refused(&answer.message)
        {
            tracing::warn!(
                database = self.database, table = %load.table, node = %answered.node, said = answer.message,
                "loads are not compressed any more (sink.properties.compress_type)"
            );
            self.compression = None;
            answered = self.send(load, patience).await?;
            parsed = Parsed::of(&answered.answer);
        }
        let node = answered.node;
        match parsed {
            Parsed::Load(answer) => self.judge(load, patience, node, answer).await,
            Parsed::Refused(said) => {
                let reason = Reason::of(&said);
                Err(LoadError::Refused { node, said, reason })
            }
            Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
            other => Err(LoadError::Foreign { node, said: format!("{other:?}") }),
        }
    }

    async fn send(&mut self, load: &Load<'_>, patience: &mut Patience) -> Result<Answered, LoadError> {
        let answered = self.cluster.load(self.request(load)).await;
        Ok(answered.inspect_err(|lost| {
            if let Some(progress) = lost.progress() {
                patience.upload_ended(progress);
            }
        })?)
    }

    pub(super) fn request(&self, load: &Load<'_>) -> Request {
        let mut headers = self.properties.headers().clone();
        let compressed = self.compression.and_then(|compression| compression.apply(&load.body).ok());
        if compressed.is_none() {
            headers.remove("compress_type");
        }
        if self.commit == Commit::TwoPhase {
            headers.insert("two_phase_commit", HeaderValue::from_static("true"));
        }
        if self.commit != Commit::Group
            && let Ok(label) = HeaderValue::from_str(load.label.as_str())
        {
            headers.insert("label", label);
        }
        Request {
            method: Method::PUT,
            path: path::stream_load(&self.database, load.table.as_str()),
            headers,
            body: compressed.unwrap_or_else(|| load.body.clone()),
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
                let transaction = Transaction::Id(answer.transaction);
                self.check_rows(load, node, answer).await?;
                Ok(if self.commit == Commit::TwoPhase { Loaded::Prepared(transaction) } else { Loaded::Now })
            }
            LoadStatus::LabelAlreadyExists => self.existing(load, patience, answer).await,
            LoadStatus::Fail if answer.message.contains("has already been used") => {
                self.existing(load, patience, answer).await
            }
            LoadStatus::Fail => Err(self.refused(node, answer).await),
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
        answer: LoadAnswer,
    ) -> Result<Loaded, LoadError> {
        match answer.existing {
            Existing::Finished => Ok(Loaded::Before),
            Existing::Precommitted => Ok(Loaded::Prepared(transaction_of(&answer.message))),
            Existing::Running | Existing::Unsaid => match self.settled(load, patience).await? {
                Settled::Loaded => Ok(Loaded::Before),
                Settled::Prepared => Ok(Loaded::Prepared(transaction_of(&answer.message))),
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

    pub(super) async fn refused(&mut self, node: Endpoint, answer: LoadAnswer) -> LoadError {
        let reason = Reason::of(&answer.message);
        let said = match &answer.first_error {
            Some(first) => format!("{} ({first})", answer.message),
            None => answer.message.clone(),
        };
        if reason != Reason::DataQuality {
            return LoadError::Refused { node, said, reason };
        }
        let log = Box::new(ErrorLog::fetch(&mut self.cluster, &node, answer.error_url.as_deref()).await);
        let (filtered, total) = (answer.filtered, answer.total.unwrap_or_default());
        LoadError::BadRows { node, said, filtered, total, log }
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
            millis = answer.times.whole, "loaded"
        );
        let figures = self.figures.of(load.table);
        let rows = answer.loaded.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(load.rows);
        figures.loaded(rows, load.body.len(), load.label.as_str(), &answer.times);
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
                figures.filtered(filtered);
                let log = ErrorLog::fetch(&mut self.cluster, &node, answer.error_url.as_deref()).await;
                tracing::warn!(
                    database = self.database, table = %load.table, label = %load.label, filtered, total, %log,
                    "max_filter_ratio let rows go"
                );
            }
            return Ok(());
        }
        let log = ErrorLog::fetch(&mut self.cluster, &node, answer.error_url.as_deref()).await.to_string();
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
