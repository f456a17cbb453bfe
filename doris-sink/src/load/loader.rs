//! Loads, repeated under their labels until what became of them is known.

use super::{
    answer::{Existing, LoadAnswer, LoadStatus, Parsed},
    error::LoadError,
    error_log, label_state, path, probe,
    reason::Reason,
};
use crate::{
    cluster::Cluster,
    config::{LoadProperties, Retries, Settings, TableName},
    http::{Endpoint, Request, Sending},
    label::Label,
};
use bytes::Bytes;
use hyper::{Method, header::HeaderValue};
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Longest delay between two attempts within one call.
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// One load.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) table: &'a TableName,
    pub(crate) label: &'a Label,
    /// JSON objects, one a line.
    pub(crate) body: Bytes,
    pub(crate) rows: usize,
}

/// Loads into one database.
#[derive(Debug)]
pub(crate) struct Loader {
    cluster: Cluster,
    database: String,
    properties: LoadProperties,
    retries: Retries,
    patience: Duration,
}

impl Loader {
    /// A loader for task number `task`.
    pub(crate) fn new(settings: &Settings, task: u32) -> Self {
        Self {
            cluster: Cluster::new(settings, task),
            database: settings.database.clone(),
            properties: settings.properties.clone(),
            retries: settings.retries,
            patience: settings.read_timeout,
        }
    }

    /// Asks whether user, database and `table` are right.
    pub(crate) async fn check(&mut self, table: &TableName) -> Result<(), LoadError> {
        probe::check(&mut self.cluster, &self.database, table).await
    }

    /// Loads once, however often that has to be tried; every attempt has the same label.
    pub(crate) async fn load(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        let mut delay = self.retries.delay;
        for retry in 0.. {
            let error = match self.attempt(load).await {
                Ok(()) => return Ok(()),
                Err(error) if error.passes() && retry < self.retries.most => error,
                Err(error) => return Err(error),
            };
            tracing::warn!(
                database = self.database, table = %load.table, label = %load.label, retry, %error,
                "load is repeated under its label"
            );
            if let Some(node) = error.blames() {
                self.cluster.avoid(node);
            }
            tokio::time::sleep(jittered(delay)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        }
        Ok(())
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.cluster.close();
    }

    async fn attempt(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        let answered = self.cluster.load(self.request(load)).await?;
        let node = answered.node;
        match Parsed::of(&answered.answer) {
            Parsed::Load(answer) => self.judge(load, node, answer).await,
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

    async fn judge(&mut self, load: &Load<'_>, node: Endpoint, answer: LoadAnswer) -> Result<(), LoadError> {
        match &answer.status {
            // Publish Timeout: committed, and visible a little later. Loading it again would be the mistake.
            LoadStatus::Success | LoadStatus::PublishTimeout => self.check_rows(load, node, answer).await,
            LoadStatus::LabelAlreadyExists => self.existing(load, answer.existing).await,
            LoadStatus::Fail if answer.message.contains("has already been used") => {
                self.existing(load, answer.existing).await
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
    async fn existing(&mut self, load: &Load<'_>, existing: Existing) -> Result<(), LoadError> {
        if existing == Existing::Precommitted {
            return Err(LoadError::Prepared);
        }
        if existing != Existing::Finished {
            label_state::settled(&mut self.cluster, &self.database, load.label, self.patience).await?;
        }
        tracing::info!(
            database = self.database, table = %load.table, label = %load.label,
            "Doris had loaded this batch already"
        );
        Ok(())
    }

    async fn refused(&mut self, node: Endpoint, answer: LoadAnswer) -> Result<(), LoadError> {
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
        Err(LoadError::RowsDiffer { node, sent, total, loaded, filtered, unselected })
    }
}

/// Between half of `delay` and all of it, so that tasks that failed together do not return together.
fn jittered(delay: Duration) -> Duration {
    // A hasher is seeded at random; it is the only such source in the standard library.
    let random = RandomState::new().hash_one(delay) % 1000;
    delay / 2 + (delay / 2).mul_f64(random as f64 / 1000.0)
}
