//! Who owns a queue, and how far it is: what the records of one key come to, read in the order in which they stand.
//!
//! ```text
//! claim 1 (a) · progress (a) · progress (a) · claim 2 (b) · progress (a) · progress (b)
//!                                                            └─ does not count: a newer claim stands before it
//! ```
//!
//! Reading a record a second time changes nothing, and a reader that begins later than the first record, because the broker
//! has dropped it, comes to the same as soon as it has read one that says all ([`Owner::whole`]). Such a record can be made of
//! what is known, and appended by anybody at any time ([`Owner::snapshot`]): where it is out of date it does not count.

use super::{
    offset_record::{Key, OffsetRecord, Written},
    record::Place,
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
    /// Under which claim it was written: an earlier one until the newest claim's owner has begun.
    written_under: u64,
    /// Where the newest record stands from which alone a reader knows all this.
    pub(super) whole: Option<Place>,
}

impl Owner {
    /// Takes note of the next record.
    pub(super) fn read(&mut self, record: OffsetRecord, place: Place) {
        let OffsetRecord { epoch, instance, worker, progress, .. } = record;
        let version = progress.as_ref().map(|written| written.version);
        if epoch > self.epoch {
            (self.epoch, self.instance, self.worker) = (epoch, instance, worker);
        } else if (epoch, &instance) != (self.epoch, &self.instance) {
            // Invariant 3: what somebody writes who does not own the queue, or not any more, does not count.
            return;
        }
        // Only the owner of a claim writes progress, so it stands for a claim that the broker has dropped, and its owner knows
        // better than whoever reads no earlier record which progress counted before.
        if progress.is_some() && (self.written_under < epoch || version > self.version()) {
            (self.written, self.written_under) = (progress, epoch);
        }
        if version.is_some() && version == self.version() {
            self.whole = Some(place);
        }
    }

    /// One record that says all this: the claim, with the newest progress that counts even if another claim's owner wrote it.
    /// `None` when there is no progress yet.
    pub(super) fn snapshot(&self, key: &Key) -> Option<OffsetRecord> {
        self.written.is_some().then(|| OffsetRecord {
            key: key.clone(),
            epoch: self.epoch,
            instance: self.instance.clone(),
            worker: self.worker.clone(),
            progress: self.written.clone(),
        })
    }

    /// The version of the newest progress that counts.
    fn version(&self) -> Option<u64> {
        self.written.as_ref().map(|written| written.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::progress::Progress;
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

    fn place(offset: usize) -> Place {
        Place { index: 0, offset: i64::try_from(offset).unwrap(), stored: 0 }
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

    /// A history in which snapshots of what was known some time before were appended somewhere.
    fn history_with_snapshots() -> impl Strategy<Value = (Vec<OffsetRecord>, Vec<OffsetRecord>)> {
        let snapshots = proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..10);
        (history(), snapshots).prop_map(|(log, snapshots)| {
            let mut with_snapshots = log.clone();
            for (known, place) in snapshots {
                let known = known.index(with_snapshots.len());
                let place = known + place.index(with_snapshots.len() - known + 1);
                let owner = read(with_snapshots.iter().take(known).cloned());
                if let Some(snapshot) = owner.snapshot(&with_snapshots[0].key) {
                    with_snapshots.insert(place, snapshot);
                }
            }
            (log, with_snapshots)
        })
    }

    #[test]
    fn a_snapshot_says_all_even_behind_a_claim_whose_owner_has_not_begun() {
        let log = [claim(1, "a"), record(1, "a", Some((1, 10))), claim(2, "b")];
        let before = read(log.clone());
        assert_eq!(
            before.whole,
            Some(place(1)),
            "without that record the claim says nothing of the progress"
        );
        let snapshot = before.snapshot(&log[0].key).unwrap();
        let after = read(log.into_iter().chain([snapshot.clone()]));
        assert_eq!((&after.written, after.whole), (&before.written, Some(place(3))));
        assert_eq!(read([claim(2, "b"), snapshot.clone()]).written, before.written);
        // What somebody wrote who did not own the queue counts for who does not see that any more, but not for long.
        let not_owning = record(1, "a", Some((9, 90)));
        assert_eq!(read([not_owning, claim(2, "b"), snapshot]).written, before.written);
        assert_eq!(read([claim(1, "a")]).snapshot(&claim(1, "a").key), None, "there is nothing to lose");
    }

    proptest! {
        #[test]
        fn snapshots_change_nothing_whenever_they_were_made((log, with_snapshots) in history_with_snapshots()) {
            let says = |owner: Owner| (owner.epoch, owner.instance, owner.worker, owner.written);
            prop_assert_eq!(says(read(log)), says(read(with_snapshots)));
        }

        #[test]
        fn all_is_known_as_long_as_the_record_is_there_that_says_all(
            (_, log) in history_with_snapshots(), from in any::<prop::sample::Index>()
        ) {
            let all = read(log.iter().cloned());
            prop_assert_eq!(all.whole.is_some(), all.written.is_some());
            let whole = all.whole.map_or(0, |place| usize::try_from(place.offset).unwrap());
            let mut owner = Owner::default();
            for (offset, record) in log.iter().enumerate().skip(from.index(whole + 1)) {
                owner.read(record.clone(), place(offset));
            }
            prop_assert_eq!(owner, all);
        }

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
