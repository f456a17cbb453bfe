//! What a worker knows of the queues of one broker: who owns each, how far it is, and which leases are its own.

use super::{
    error::Unreadable,
    lease::Lost,
    offset_record::{Key, OffsetRecord, Written},
    owner::Owner,
    record::LogRecord,
    replay::Read,
    snapshot::{AT_ONCE, Again, Horizon},
};
use connector_api::{ConnectorName, QueueId};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
};
use tokio::sync::watch;

/// Owners and progress of the queues of one broker, whose records stand in one queue.
#[derive(Debug, Default)]
pub(super) struct Entries {
    entries: HashMap<Key, Entry>,
    /// Keys of which a record cannot be read, as long as no healing one stands behind it.
    unreadable: HashMap<String, Lost>,
}

#[derive(Debug, Default)]
struct Entry {
    owner: Owner,
    /// The lease that was taken last here.
    lease: Option<LeaseEnd>,
}

/// How a lease is told that it is lost.
#[derive(Debug)]
struct LeaseEnd {
    epoch: u64,
    instance: String,
    lost: watch::Sender<Option<Lost>>,
}

/// A claim to be appended, and how its owner hears that it is lost.
#[derive(Debug)]
pub(super) struct NewClaim {
    pub(super) record: OffsetRecord,
    pub(super) losing: watch::Receiver<Option<Lost>>,
}

impl Entries {
    /// Takes note of the next record.
    ///
    /// # Errors
    /// [`Lost::Unreadable`] when it is one of ours that says nobody knows what: its queue is nobody's until a healing one comes.
    pub(super) fn take(&mut self, record: &LogRecord) -> Result<Read, Lost> {
        let Some(offset) = OffsetRecord::read(&record.key, || record.payload()) else {
            return Ok(Read::Foreign);
        };
        let offset = offset.map_err(|why| self.cannot_read(record, why))?;
        let key = offset.key.clone();
        let text = key.text();
        if text != record.key {
            return Err(self.cannot_read(record, Unreadable::Torn(format!("it is about {text}"))));
        }
        let entry = self.entries.entry(key.clone()).or_default();
        entry.owner.read(offset, record.place);
        entry.heed_claims(&key);
        // Workers write what they know as of a moment ago, so none of their records stands for one that cannot be read.
        if !record.is_by_hand() {
            return Ok(Read::Taken);
        }
        self.unreadable.remove(&record.key);
        Ok(Read::Healing)
    }

    /// Keys of which a record cannot be read, and why.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&str, &Lost)> {
        self.unreadable.iter().map(|(key, why)| (key.as_str(), why))
    }

    fn cannot_read(&mut self, record: &LogRecord, why: Unreadable) -> Lost {
        // Invariant 7: what is written behind it does not count either, as a later version may have taken the queue.
        let why = Lost::Unreadable { location: record.location.clone(), why: Arc::new(why) };
        for (_, entry) in self.entries.iter().filter(|(known, _)| known.text() == record.key) {
            entry.lose(&why);
        }
        self.unreadable.insert(record.key.clone(), why.clone());
        why
    }

    /// Takes note that records may have been missed: nobody knows who has the queues, and which of their records are still there.
    pub(super) fn missed(&mut self, why: &Lost) {
        for entry in self.entries.values_mut() {
            entry.lose(why);
            entry.owner.whole = None;
        }
    }

    /// The claim that takes a queue for a task of this worker. An earlier lease of the same queue ends here.
    ///
    /// # Errors
    /// [`Lost::Unreadable`] when it is not known whom it would be taken from, and where to go on.
    pub(super) fn claim(&mut self, key: &Key, worker: &str) -> Result<NewClaim, Lost> {
        // Invariant 7: a queue is not taken over what cannot be read.
        if let Some(why) = self.unreadable.get(&key.text()) {
            return Err(why.clone());
        }
        let entry = self.entries.entry(key.clone()).or_default();
        let (epoch, instance) = (entry.owner.epoch + 1, new_instance());
        entry.lose(&Lost::Superseded { queue: key.queue.clone(), worker: worker.to_owned(), epoch });
        let (lost, losing) = watch::channel(None);
        entry.lease = Some(LeaseEnd { epoch, instance: instance.clone(), lost });
        let worker = worker.to_owned();
        Ok(NewClaim {
            record: OffsetRecord { key: key.clone(), epoch, instance, worker, progress: None },
            losing,
        })
    }

    /// Whether a record of this worker counts, once the topic has been read up to it: nothing that stands before it has ended
    /// its lease.
    ///
    /// # Errors
    /// Why it does not, or why that cannot be told.
    pub(super) fn counts(&self, record: &OffsetRecord) -> Result<(), Lost> {
        let Some(entry) = self.entries.get(&record.key) else { return Ok(()) };
        match &entry.lease {
            Some(lease) if lease.instance == record.instance => {
                lease.lost.borrow().as_ref().map_or(Ok(()), |lost| Err(lost.clone()))
            }
            // A later lease of this worker has taken its place.
            _ => Err(superseded(&record.key, &entry.owner)),
        }
    }

    /// The newest progress that counts.
    pub(super) fn written(&self, key: &Key) -> Option<Written> {
        self.entries.get(key)?.owner.written.clone()
    }

    /// The queues of which `connector` has read something.
    pub(super) fn begun<'a>(&'a self, connector: &'a ConnectorName) -> impl Iterator<Item = &'a QueueId> {
        let begun = self.entries.iter().filter(|(_, entry)| entry.owner.written.is_some());
        begun.map(|(key, _)| key).filter(|key| key.connector == *connector).map(|key| &key.queue)
    }

    /// What has to be published again of connectors that exist.
    pub(super) fn due(&self, horizon: &Horizon, exists: impl Fn(&ConnectorName) -> bool) -> Vec<Again> {
        let old = self.entries.iter().filter(|(_, entry)| horizon.is_due(entry.owner.whole));
        // Invariant 7: what stands behind a record that cannot be read may be news of what is known here.
        let known =
            old.filter(|(key, _)| self.unreadable.is_empty() || !self.unreadable.contains_key(&key.text()));
        let live = known.filter(|(key, _)| exists(&key.connector));
        let snapshots = live.filter_map(|(key, entry)| entry.owner.snapshot(key));
        snapshots.map(|snapshot| Again { index: 0, record: snapshot.record() }).take(AT_ONCE).collect()
    }
}

impl Entry {
    /// Ends the lease when there is a claim that stands before it.
    fn heed_claims(&self, key: &Key) {
        let Some(lease) = &self.lease else { return };
        // Invariant 3: what is written behind a newer claim does not count.
        if lease.instance != self.owner.instance && lease.epoch <= self.owner.epoch {
            self.lose(&superseded(key, &self.owner));
        }
    }

    fn lose(&self, why: &Lost) {
        if let Some(lease) = &self.lease {
            lease.lost.send_if_modified(|lost| lost.is_none() && lost.replace(why.clone()).is_none());
        }
    }
}

fn superseded(key: &Key, owner: &Owner) -> Lost {
    Lost::Superseded { queue: key.queue.clone(), worker: owner.worker.clone(), epoch: owner.epoch }
}

/// A name that nobody else has.
fn new_instance() -> String {
    // The standard library seeds each `RandomState` anew.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests;
