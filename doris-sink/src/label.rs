//! The name of a load.

use connector_api::{BatchId, QueueOffset};
use sha2::{Digest, Sha256};
use std::{
    fmt::{self, Write},
    ops::Range,
};

/// The label of one batch for one table: `<connector>_<topic>_<queue>_<first>_<next>_<hash>`.
///
/// Doris loads a label once, so the label is made of the batch's identity, the database and the table, and of the
/// offsets that are no rows: the same rows come again under the same label whatever became of the configuration in
/// between. Were it not for the gaps, a record that was refused at first, and is a row once the configuration was
/// corrected, would be taken for loaded. The hash covers all parts whole; the readable ones are for people, shortened and
/// cleaned. It keeps to `[-_A-Za-z0-9]{1,128}`, which every version
/// of Doris allows (`FeNameFormat.LABEL_REGEX`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Label(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Load,
    Trial,
}

impl Label {
    /// The label of `batch` when all of it but `gaps` is loaded into `database`.`table`.
    pub(crate) fn new(batch: &BatchId, database: &str, table: &str, gaps: &[Range<QueueOffset>]) -> Self {
        Self::of(Kind::Load, batch, database, table, gaps)
    }

    /// A label for trying the same rows out, which is never committed.
    pub(crate) fn trial(batch: &BatchId, database: &str, table: &str, gaps: &[Range<QueueOffset>]) -> Self {
        Self::of(Kind::Trial, batch, database, table, gaps)
    }

    fn of(kind: Kind, batch: &BatchId, database: &str, table: &str, gaps: &[Range<QueueOffset>]) -> Self {
        let queue = &batch.queue;
        let (first, next) = (batch.first.get().to_be_bytes(), batch.next.get().to_be_bytes());
        let generation = batch.generation.to_be_bytes();
        let mut hash = Sha256::new();
        for part in [
            batch.connector.as_str().as_bytes(),
            queue.topic.as_bytes(),
            queue.broker.as_bytes(),
            &queue.queue.to_be_bytes(),
            &generation,
            &first,
            &next,
            database.as_bytes(),
            table.as_bytes(),
        ] {
            // Lengths keep ("ab", "c") apart from ("a", "bc").
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        // Each is of the same length, and a word follows that is none.
        for gap in gaps {
            hash.update(gap.start.get().to_be_bytes());
            hash.update(gap.end.get().to_be_bytes());
        }
        if kind == Kind::Trial {
            hash.update(b"trial");
        }
        let mut label = String::with_capacity(128);
        label.extend(readable(batch.connector.as_str(), 20));
        label.push('_');
        label.extend(readable(&queue.topic, 23));
        // Writing to a string cannot fail.
        write!(label, "_{}_{}_{}_", queue.queue, batch.first, batch.next).unwrap_or_default();
        for byte in &hash.finalize()[..16] {
            write!(label, "{byte:02x}").unwrap_or_default();
        }
        Self(label)
    }

    /// The label as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn readable(name: &str, longest: usize) -> impl Iterator<Item = char> {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    name.chars().map(clean).take(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_api::QueueId;
    use proptest::prelude::*;
    use std::sync::Arc;

    type Parts = (String, String, String, u32, i64, i64, String, String);

    fn label((connector, topic, broker, queue, first, next, database, table): &Parts) -> Label {
        let queue = QueueId { topic: topic.as_str().into(), broker: broker.as_str().into(), queue: *queue };
        let batch = BatchId {
            connector: connector.parse().unwrap(),
            queue: Arc::new(queue),
            generation: 0,
            first: QueueOffset::new(*first).unwrap(),
            next: QueueOffset::new(*next).unwrap(),
        };
        Label::new(&batch, database, table, &[])
    }

    fn parts() -> impl Strategy<Value = Parts> {
        // Few letters make parts that differ only in where they are cut.
        let name = || prop_oneof!["[ab.:_/é]{1,3}", "\\PC{1,119}"];
        (name(), name(), name(), any::<u32>(), 0..=i64::MAX, 0..=i64::MAX, name(), name())
    }

    #[test]
    fn a_label_is_readable_and_never_changes() {
        let orders = ("orders-to-doris", "orders", "broker-a", 3, 100, 200, "shop", "orders");
        let (connector, topic, broker, queue, first, next, database, table) = orders;
        let parts = (
            connector.to_owned(),
            topic.to_owned(),
            broker.to_owned(),
            queue,
            first,
            next,
            database.to_owned(),
            table.to_owned(),
        );
        // A label that changed would load again what is loaded: this text may never change.
        assert_eq!(
            label(&parts).as_str(),
            "orders-to-doris_orders_3_100_200_5e1960d85501b0d291dd61ed82e1ae56"
        );
    }

    #[test]
    fn a_topic_that_was_created_again_has_other_labels_at_the_same_offsets() {
        let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
        let of = |generation| {
            let (first, next) = (QueueOffset::new(0).unwrap(), QueueOffset::new(1).unwrap());
            let id =
                BatchId { connector: "c".parse().unwrap(), queue: queue.clone(), generation, first, next };
            Label::new(&id, "d", "t", &[])
        };
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn a_trial_is_never_taken_for_the_load() {
        let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
        let (first, next) = (QueueOffset::new(0).unwrap(), QueueOffset::new(9).unwrap());
        let id = BatchId { connector: "c".parse().unwrap(), queue, generation: 0, first, next };
        for gaps in [&[][..], &[first..next]] {
            assert_ne!(Label::trial(&id, "d", "t", gaps), Label::new(&id, "d", "t", gaps));
        }
    }

    proptest! {
        #[test]
        fn every_label_is_legal(parts in parts()) {
            let label = label(&parts);
            prop_assert!((1..=128).contains(&label.as_str().len()), "{}", label);
            prop_assert!(label.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        }

        #[test]
        fn labels_are_equal_exactly_when_identities_are(a in parts(), b in parts()) {
            prop_assert_eq!(label(&a) == label(&b), a == b);
        }

        #[test]
        fn moving_a_letter_from_one_name_to_the_next_changes_the_label(a in "[ab]{2,4}", b in "[ab]{1,3}") {
            let parts = |topic: &str, broker: &str| -> Parts {
                ("c".into(), topic.into(), broker.into(), 0, 0, 1, "d".into(), "t".into())
            };
            let moved = (a[..a.len() - 1].to_owned(), a[a.len() - 1..].to_owned() + &b);
            prop_assert_ne!(label(&parts(&a, &b)), label(&parts(&moved.0, &moved.1)));
        }
    }
}
