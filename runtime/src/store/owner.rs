//! Who owns a queue, and how far it is: what the records of one key come to, read in the order in which they stand.
//!
//! ```text
//! claim 1 (a) · progress (a) · progress (a) · claim 2 (b) · progress (a) · progress (b)
//!                                                            └─ does not count: a newer claim stands before it
//! ```
//!
//! Reading a record a second time changes nothing, and a reader that begins later than the first record, because the broker
//! has dropped it, comes to the same as soon as it has read the newest of each kind.

use super::{
    offset_record::{OffsetRecord, Written},
    record::Location,
};

/// What the records of one key come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Owner {
    /// The newest claim.
    pub(super) epoch: u64,
    /// Who made it.
    pub(super) instance: String,
    /// Where that one runs.
    pub(super) worker: String,
    /// The newest progress that counts.
    pub(super) written: Option<Written>,
    /// Where the newest record of any kind stands.
    pub(super) place: Option<Location>,
}

impl Owner {
    /// Takes note of the next record.
    pub(super) fn read(&mut self, record: OffsetRecord, place: Location) {
        let OffsetRecord { epoch, instance, worker, progress, .. } = record;
        if epoch > self.epoch {
            (self.epoch, self.instance, self.worker) = (epoch, instance, worker);
            // Only the owner of a claim writes progress, so it stands for a claim that the broker has dropped.
            self.written = progress.or(self.written.take());
        } else if let Some(written) = progress
            // Invariant 3: what somebody writes who does not own the queue, or not any more, does not count.
            && (epoch, &instance) == (self.epoch, &self.instance)
            && Some(written.version) > self.version()
        {
            self.written = Some(written);
        }
        self.place = Some(place);
    }

    /// The version of the newest progress that counts.
    pub(super) fn version(&self) -> Option<u64> {
        self.written.as_ref().map(|written| written.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{offset_record::Key, progress::Progress};
    use connector_api::{QueueId, QueueOffset};
    use proptest::prelude::*;

    fn record(epoch: u64, instance: &str, progress: Option<(u64, i64)>) -> OffsetRecord {
        let at = |offset| Progress::begin(QueueOffset::new(offset).unwrap(), 0);
        OffsetRecord {
            key: Key {
                connector: "c".parse().unwrap(),
                queue: QueueId { topic: "t".into(), broker: "b".into(), queue: 0 },
            },
            epoch,
            instance: instance.to_owned(),
            worker: format!("worker of {instance}"),
            progress: progress.map(|(version, offset)| Written { version, progress: at(offset) }),
        }
    }

    fn claim(epoch: u64, instance: &str) -> OffsetRecord {
        record(epoch, instance, None)
    }

    fn place(offset: usize) -> Location {
        Location { topic: "o".into(), broker: "b".into(), queue: 0, offset: i64::try_from(offset).unwrap() }
    }

    fn read(records: impl IntoIterator<Item = OffsetRecord>) -> Owner {
        let mut owner = Owner::default();
        for (offset, record) in records.into_iter().enumerate() {
            owner.read(record, place(offset));
        }
        owner
    }

    #[track_caller]
    fn check(records: impl IntoIterator<Item = OffsetRecord>, instance: &str, committed: Option<i64>) {
        let owner = read(records);
        let found = owner.written.map(|written| written.progress.committed().get());
        assert_eq!((owner.instance.as_str(), found), (instance, committed));
    }

    #[test]
    fn the_newest_claim_owns_the_queue_and_only_its_owner_counts() {
        let progress = |epoch, instance, version, offset| record(epoch, instance, Some((version, offset)));
        check([], "", None);
        check([claim(1, "a"), progress(1, "a", 1, 10)], "a", Some(10));
        check([claim(1, "a"), progress(1, "a", 1, 10), claim(2, "b")], "b", Some(10));
        check([claim(1, "a"), claim(2, "b"), progress(1, "a", 1, 10)], "b", None);
        check([claim(1, "a"), claim(2, "b"), progress(1, "a", 1, 10), progress(2, "b", 1, 5)], "b", Some(5));
        // Both saw nobody and claimed at once: the first has it.
        check([claim(1, "a"), claim(1, "b"), progress(1, "b", 1, 10)], "a", None);
        // An append that arrives late, or twice.
        check([claim(1, "a"), progress(1, "a", 2, 20), progress(1, "a", 1, 10)], "a", Some(20));
        check([claim(1, "a"), progress(1, "a", 1, 10), claim(1, "a")], "a", Some(10));
        // The broker has dropped the claim.
        check([progress(4, "d", 9, 90), progress(4, "d", 10, 95)], "d", Some(95));
        check([progress(3, "c", 8, 80), progress(4, "d", 9, 90), progress(3, "c", 10, 95)], "d", Some(90));
    }

    /// What workers append that keep to the rules: progress only under a claim of theirs that was the newest when they had read it.
    fn history() -> impl Strategy<Value = Vec<OffsetRecord>> {
        proptest::collection::vec((0..3usize, any::<bool>()), 1..40).prop_map(|steps| {
            let names = ["a", "b", "c"];
            let mut log: Vec<OffsetRecord> = Vec::new();
            let mut claims: [Option<u64>; 3] = [None; 3];
            for (version, (who, claims_now)) in steps.into_iter().enumerate() {
                let now = read(log.iter().cloned());
                match claims[who] {
                    Some(epoch) if !claims_now => {
                        let offset = i64::try_from(version).unwrap();
                        log.push(record(epoch, names[who], Some((version as u64, offset))));
                    }
                    _ => {
                        claims[who] = Some(now.epoch + 1);
                        log.push(claim(now.epoch + 1, names[who]));
                    }
                }
            }
            log
        })
    }

    proptest! {
        #[test]
        fn reading_again_from_anywhere_changes_nothing(log in history(), from in any::<prop::sample::Index>()) {
            let once = read(log.iter().cloned());
            let mut again = once.clone();
            for (offset, record) in log.iter().enumerate().skip(from.index(log.len())) {
                again.read(record.clone(), place(offset));
            }
            prop_assert_eq!(once, again);
        }
    }
}
