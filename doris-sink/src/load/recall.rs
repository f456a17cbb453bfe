//! Which labels Doris is asked about before anything is loaded under them.
//!
//! Doris refuses a label that it remembers, so mostly a batch is just loaded: if it was loaded before, Doris says so. Two
//! kinds of batch are different:
//!
//! * *Old* ones. Doris forgets the labels of finished loads, and would load such a batch again. Its label is asked for; that
//!   Doris does not know it means "not loaded" only while Doris surely still remembered.
//! * *Doubtful* ones: an attempt ended without an answer, so the batch may well be loaded, or be loading. Asking
//!   tells at once, also when the backend that had it hangs.
//!
//! What is asked for at half of the time that Doris remembers, and is not loaded, is known not to be loaded from then on: a batch that
//! cannot be loaded for hours does not grow old as long as a frontend answers.

use super::{loader::Load, patience::Patience, under_way::UnderWay};
use crate::label::Label;
use connector_api::BatchId;
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

/// Why Doris is asked about a label first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Doris may have forgotten the label: without an answer nothing is loaded.
    Needed,
    /// The answer may save a load; without one, Doris's own memory of labels is enough.
    Helpful,
}

/// What this task knows of the labels that it could not load yet: a batch has one for each of its tables, and others for parts of it.
#[derive(Debug)]
pub(super) struct Recall {
    keep: Duration,
    known: UnderWay<HashMap<Label, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    unloaded_at: Option<SystemTime>,
    doubtful: bool,
    patience: Patience,
}

impl Recall {
    /// `keep` is how long Doris surely remembers the label of a finished load.
    pub(super) fn new(keep: Duration) -> Self {
        Self { keep, known: UnderWay::default() }
    }

    /// How long Doris surely remembers the label of a finished load.
    pub(super) fn keep(&self) -> Duration {
        self.keep
    }

    /// What to ask before `load`; `None` for a fresh batch, which costs no request.
    pub(super) fn question(&self, load: &Load<'_>) -> Option<Question> {
        let open = self.open_for(load);
        if open >= self.keep {
            return Some(Question::Needed);
        }
        let doubtful = self.of(load).is_some_and(|known| known.doubtful);
        (doubtful || open >= self.keep / 2).then_some(Question::Helpful)
    }

    /// Whether Doris surely remembers the label if the batch is loaded.
    pub(super) fn is_remembered(&self, load: &Load<'_>) -> bool {
        self.open_for(load) < self.keep
    }

    /// The batch was not loaded at `moment`.
    pub(super) fn unloaded(&mut self, load: &Load<'_>, moment: SystemTime) {
        let known = self.entry(load.batch, load.label);
        known.unloaded_at = Some(moment);
        known.doubtful = false;
    }

    /// An attempt ended, and nobody knows how.
    pub(super) fn doubt(&mut self, batch: &BatchId, label: &Label) {
        self.entry(batch, label).doubtful = true;
    }

    /// The patience with the loads of the batch's label.
    pub(super) fn patience(&mut self, load: &Load<'_>) -> &mut Patience {
        &mut self.entry(load.batch, load.label).patience
    }

    /// It is loaded.
    pub(super) fn loaded(&mut self, batch: &BatchId, label: &Label) {
        let labels = self.known.entry(batch);
        labels.remove(label);
        if labels.is_empty() {
            self.known.forget(batch);
        }
    }

    /// For how long somebody may have loaded the batch already.
    fn open_for(&self, load: &Load<'_>) -> Duration {
        let unloaded_at = self.of(load).and_then(|known| known.unloaded_at);
        let since = unloaded_at.map_or(load.since, |at| at.max(load.since));
        // A clock that is behind the broker's makes a batch from the future, which is a fresh one.
        SystemTime::now().duration_since(since).unwrap_or_default()
    }

    fn of(&self, load: &Load<'_>) -> Option<&Known> {
        self.known.get(load.batch)?.get(load.label)
    }

    fn entry(&mut self, batch: &BatchId, label: &Label) -> &mut Known {
        self.known.entry(batch).entry(label.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TableName;
    use connector_api::{QueueId, QueueOffset};
    use std::sync::Arc;

    const KEEP: Duration = Duration::from_secs(1000);

    struct Case {
        batch: BatchId,
        table: TableName,
        label: Label,
    }

    impl Case {
        fn new(first: i64) -> Self {
            let queue = QueueId { topic: "t".into(), broker: "b".into(), queue: 0 };
            let offset = |n| QueueOffset::new(n).unwrap();
            let batch = BatchId {
                connector: "c".parse().unwrap(),
                queue: Arc::new(queue),
                generation: 0,
                first: offset(first),
                next: offset(first + 1),
            };
            let label = Label::new(&batch, "d", "t", &[]);
            Self { batch, table: "t".parse().unwrap(), label }
        }

        /// A load of a batch that exists for so many seconds.
        fn aged(&self, seconds: u64) -> Load<'_> {
            Load {
                table: &self.table,
                label: &self.label,
                batch: &self.batch,
                since: ago(seconds),
                body: bytes::Bytes::new(),
                rows: 1,
            }
        }
    }

    fn ago(seconds: u64) -> SystemTime {
        SystemTime::now() - Duration::from_secs(seconds)
    }

    #[track_caller]
    fn check(recall: &Recall, load: &Load<'_>, question: Option<Question>, remembered: bool) {
        assert_eq!((recall.question(load), recall.is_remembered(load)), (question, remembered));
    }

    #[test]
    fn only_a_batch_that_grows_old_is_asked_for() {
        let (recall, case) = (Recall::new(KEEP), Case::new(0));
        check(&recall, &case.aged(0), None, true);
        check(&recall, &case.aged(490), None, true);
        check(&recall, &case.aged(510), Some(Question::Helpful), true);
        check(&recall, &case.aged(1010), Some(Question::Needed), false);
        let from_the_future = Load { since: SystemTime::now() + KEEP, ..case.aged(0) };
        check(&recall, &from_the_future, None, true);
    }

    #[test]
    fn a_batch_that_was_not_loaded_is_as_young_as_that_knowledge() {
        let (mut recall, case) = (Recall::new(KEEP), Case::new(0));
        recall.unloaded(&case.aged(5000), ago(100));
        check(&recall, &case.aged(5000), None, true);
        recall.unloaded(&case.aged(5000), ago(2000));
        check(&recall, &case.aged(5000), Some(Question::Needed), false);
        check(&recall, &case.aged(10), None, true);
    }

    #[test]
    fn an_attempt_without_an_answer_is_asked_for_until_it_is_known() {
        let (mut recall, case) = (Recall::new(KEEP), Case::new(0));
        recall.doubt(&case.batch, &case.label);
        check(&recall, &case.aged(0), Some(Question::Helpful), true);
        recall.unloaded(&case.aged(0), SystemTime::now());
        check(&recall, &case.aged(0), None, true);
    }

    #[test]
    fn what_is_known_of_one_batch_says_nothing_of_the_next_of_its_queue() {
        let (mut recall, one, next) = (Recall::new(KEEP), Case::new(0), Case::new(1));
        recall.unloaded(&one.aged(5000), SystemTime::now());
        recall.doubt(&one.batch, &one.label);
        check(&recall, &next.aged(5000), Some(Question::Needed), false);
        check(&recall, &next.aged(0), None, true);
        recall.doubt(&next.batch, &next.label);
        recall.loaded(&next.batch, &next.label);
        assert!(recall.known.is_empty());
    }
}
