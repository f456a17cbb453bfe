use super::*;
use crate::store::{progress::Progress, record::Place};
use connector_api::QueueOffset;
use remoting::ReadError;

fn key(queue: u32) -> Key {
    Key { connector: "c".parse().unwrap(), queue: QueueId { topic: "t".into(), broker: "b".into(), queue } }
}

/// A task of worker `w` takes the queue and says how far it is. Both records have been read, the second one from `place`.
fn taken(entries: &mut Entries, key: &Key, place: Place) -> NewClaim {
    let claim = entries.claim(key, "w").unwrap();
    let progress = Progress::begin(QueueOffset::default(), 1);
    let begun = OffsetRecord { progress: Some(Written { version: 1, progress }), ..claim.record.clone() };
    for record in [claim.record.clone(), begun] {
        let entry = entries.entries.get_mut(key).unwrap();
        entry.owner.read(record, place);
        entry.heed_claims(key);
    }
    claim
}

fn unread() -> Lost {
    let queue = remoting::Queue::new("offsets", "b", 0);
    let source = ReadError::Trimmed { queue, wanted: 5, min: 9 };
    Lost::Unread { topic: "offsets".into(), source: source.into() }
}

#[test]
fn after_records_were_missed_nobody_knows_who_has_the_queues() {
    let place = Place { index: 0, offset: 7, stored: 1_000 };
    let horizon = Horizon::of(1_000, 600, &[Some((0, None))]);
    let mut entries = Entries::default();
    let claims = [0, 1].map(|queue| taken(&mut entries, &key(queue), place));
    for claim in &claims {
        assert!(entries.counts(&claim.record).is_ok());
    }
    assert_eq!(entries.due(&horizon, |_| true).len(), 0, "all of it is there");

    entries.missed(&unread());
    for claim in &claims {
        let counts = entries.counts(&claim.record);
        assert!(matches!(counts, Err(Lost::Unread { .. })), "a newer claim may stand before it: {counts:?}");
        let told = claim.losing.borrow().clone();
        assert!(matches!(told, Some(Lost::Unread { .. })), "its task is told: {told:?}");
    }
    assert_eq!(entries.due(&horizon, |_| true).len(), 2, "what is known may be there no more");

    // It can be taken again, with what was known.
    let again = entries.claim(&key(0), "w").unwrap();
    assert!(again.losing.borrow().is_none());
    assert_eq!((again.record.epoch, entries.written(&key(0)).map(|written| written.version)), (2, Some(1)));
}
