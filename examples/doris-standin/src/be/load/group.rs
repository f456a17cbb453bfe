//! Group commit: loads into one table share a transaction, which is published for all of them at once.
//!
//! The first load opens a group; it takes others until its interval is over or it holds enough bytes, and is published when
//! the last of them has written its rows. Each back end has groups of its own.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::be::label;
use crate::cluster::Cluster;
use crate::store::{Database, LabelUsed, State, Table};
use crate::sync::lock;

/// How long a group takes loads, unless the table says otherwise.
const INTERVAL: Duration = Duration::from_secs(10);
/// Bytes after which it takes no more, unless the table says otherwise.
const BYTES: u64 = 134_217_728;

/// The groups of a back end that take loads.
#[derive(Debug, Default)]
pub(in crate::be) struct Groups {
    open: Mutex<HashMap<(String, String), Arc<Group>>>,
}

/// Loads that are committed together.
#[derive(Debug)]
struct Group {
    id: i64,
    label: String,
    database: Arc<Database>,
    table: Arc<Table>,
    /// Loads that write into it.
    writing: watch::Sender<usize>,
    bytes: AtomicU64,
    full: Notify,
    published: watch::Sender<bool>,
}

/// A load's part in a group; the group is not published before it is dropped.
#[derive(Debug)]
pub(in crate::be) struct Member {
    group: Arc<Group>,
}

impl Groups {
    /// Joins the group of a table, opening one if none takes loads. To be called on a tokio runtime.
    ///
    /// # Errors
    /// [`LabelUsed`] when the label made up for a new group is taken.
    pub(in crate::be) fn join(
        self: &Arc<Self>,
        cluster: &Arc<Cluster>,
        database: &Arc<Database>,
        table: &Arc<Table>,
        user: &str,
    ) -> Result<Member, LabelUsed> {
        let key = (database.name().to_owned(), table.name.clone());
        let mut open = lock(&self.open);
        // Rows of tables that have changed in between do not fit together.
        if let Some(group) = open.get(&key).filter(|group| Arc::ptr_eq(&group.table, table)) {
            group.writing.send_modify(|count| *count += 1);
            return Ok(Member { group: Arc::clone(group) });
        }
        let label = label::of_group();
        let group = Arc::new(Group {
            id: database.begin(&label, &table.name, user)?,
            label,
            database: Arc::clone(database),
            table: Arc::clone(table),
            writing: watch::Sender::new(1),
            bytes: AtomicU64::new(0),
            full: Notify::new(),
            published: watch::Sender::new(false),
        });
        open.insert(key.clone(), Arc::clone(&group));
        drop(open);
        let member = Member { group: Arc::clone(&group) };
        let (groups, stop) = (Arc::clone(self), cluster.stop.clone());
        cluster.tasks.spawn(async move {
            tokio::select! {
                // What is committed is published at the next start.
                () = stop.cancelled() => {}
                () = groups.close(key, group) => {}
            }
        });
        Ok(member)
    }

    /// Waits for a group's end, then publishes it.
    async fn close(&self, key: (String, String), group: Arc<Group>) {
        tokio::select! {
            () = tokio::time::sleep(interval(&group.table)) => {}
            () = group.full.notified() => {}
        }
        {
            let mut open = lock(&self.open);
            if open.get(&key).is_some_and(|current| Arc::ptr_eq(current, &group)) {
                open.remove(&key);
            }
        }
        // The sender is in the group, which lives as long as this.
        group.writing.subscribe().wait_for(|count| *count == 0).await.map(drop).unwrap_or_default();
        let ending = Arc::clone(&group);
        match tokio::task::spawn_blocking(move || ending.end()).await {
            Ok(()) => {}
            Err(error) => tracing::error!(%error, transaction = group.id, "ending a group broke down"),
        }
        group.published.send_replace(true);
    }
}

impl Group {
    /// Publishes the rows, or aborts what has none. Blocks.
    fn end(&self) {
        let began = self.database.transaction(self.id).is_some_and(|found| found.state == State::Prepare);
        let ended = if began {
            self.database.abort(self.id, "no load of the group went through")
        } else {
            self.database.publish(self.id)
        };
        if let Err(error) = ended {
            tracing::error!(%error, transaction = self.id, "cannot end a group");
        }
    }
}

impl Member {
    /// The transaction of the group.
    pub(in crate::be) fn id(&self) -> i64 {
        self.group.id
    }

    pub(in crate::be) fn label(&self) -> &str {
        &self.group.label
    }

    pub(in crate::be) fn database(&self) -> &Arc<Database> {
        &self.group.database
    }

    /// The load's rows are written.
    pub(in crate::be) fn wrote(&self, bytes: u64) {
        let before = self.group.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes >= most_bytes(&self.group.table) {
            self.group.full.notify_one();
        }
    }

    /// Ends the load's part; the future waits until the group is published.
    pub(in crate::be) fn leave(self) -> impl Future<Output = ()> + Send {
        let mut published = self.group.published.subscribe();
        drop(self);
        async move {
            // A group that went away without it has been stopped.
            published.wait_for(|published| *published).await.map(drop).unwrap_or_default();
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.group.writing.send_modify(|count| *count -= 1);
    }
}

fn interval(table: &Table) -> Duration {
    property(table, "group_commit_interval_ms").map_or(INTERVAL, Duration::from_millis)
}

fn most_bytes(table: &Table) -> u64 {
    property(table, "group_commit_data_bytes").unwrap_or(BYTES)
}

fn property(table: &Table, name: &str) -> Option<u64> {
    table.properties.iter().find(|(found, _)| found == name)?.1.parse().ok()
}
