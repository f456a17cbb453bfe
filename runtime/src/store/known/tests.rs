use super::*;

const NAME: &str = "c";
/// After how long a record is published again.
const INTERVAL: i64 = 100;

fn name() -> ConnectorName {
    NAME.parse().unwrap()
}

fn config(value: &str) -> ConfigChange {
    config_with(value, TargetState::Started)
}

fn config_with(value: &str, target: TargetState) -> ConfigChange {
    ConfigChange::Config { config: [("k", value)].into_iter().collect(), target }
}

const PAUSED: ConfigChange = ConfigChange::Target(TargetState::Paused);
const STARTED: ConfigChange = ConfigChange::Target(TargetState::Started);
const DELETED: ConfigChange = ConfigChange::Deleted;

/// A change with its epoch, the queue that it stands in, its offset, and when it was stored.
type Stands = (i64, ConfigChange, (usize, i64, i64));

fn known(stands: &[Stands]) -> Known {
    let mut known = Known::default();
    for (epoch, change, (index, offset, stored)) in stands {
        known.apply(
            &name(),
            *epoch,
            change.clone(),
            Place { index: *index, offset: *offset, stored: *stored },
        );
    }
    known
}

/// Whatever the order in which the queues are read, `changes` lead to the same.
#[track_caller]
fn check(changes: &[(i64, ConfigChange)], expected: Option<(&str, TargetState)>) {
    for rotation in 0..changes.len() {
        for reversed in [false, true] {
            let mut order: Vec<_> =
                changes.iter().map(|(epoch, change)| (*epoch, change.clone(), (0, 0, 0))).collect();
            order.rotate_left(rotation);
            if reversed {
                order.reverse();
            }
            let now = known(&order).get(&name());
            let found = now.as_ref().map(|now| (now.config.get("k").unwrap(), now.target));
            assert_eq!(found, expected, "rotated by {rotation}, reversed: {reversed}");
        }
    }
}

#[test]
fn the_order_in_which_queues_are_read_does_not_matter() {
    check(&[(1, config("a")), (2, config("b"))], Some(("b", TargetState::Started)));
    check(&[(1, config("a")), (2, PAUSED)], Some(("a", TargetState::Paused)));
    check(&[(1, config("a")), (2, PAUSED), (3, STARTED)], Some(("a", TargetState::Started)));
    check(&[(1, config("a")), (2, DELETED)], None);
    check(&[(1, config("a")), (2, DELETED), (3, config("b"))], Some(("b", TargetState::Started)));
    check(&[(1, PAUSED), (2, config("a"))], Some(("a", TargetState::Started)));
    check(&[(1, PAUSED)], None);
    check(&[(1, DELETED)], None);
}

/// What is published again at time 1000, of queues whose first offsets are these: the queue, and what it says.
fn due(known: &Known, firsts: &[i64]) -> Vec<(usize, String, serde_json::Value)> {
    let queues: Vec<_> = firsts.iter().map(|first| Some((*first, None))).collect();
    let again = known.due(&Horizon::of(1000, INTERVAL, &queues), |_| 0);
    let shown = again.into_iter().map(|Again { index, record }| {
        let body: serde_json::Value = serde_json::from_slice(&record.body).unwrap();
        (index, record.key, body["payload"].clone())
    });
    shown.collect()
}

#[test]
fn old_records_of_live_connectors_are_published_again_as_they_were() {
    let young = [(1, config("a"), (0, 5, 950)), (2, STARTED, (0, 6, 950))];
    assert_eq!(due(&known(&young), &[0]), []);
    let whole = (
        0,
        "connector-c".to_owned(),
        serde_json::json!({"state": "STARTED", "epoch": 1, "properties": {"k": "a"}}),
    );
    let target = (0, "target-state-c".to_owned(), serde_json::json!({"state": "STARTED", "epoch": 2}));
    assert_eq!(due(&known(&young), &[6]), std::slice::from_ref(&whole), "the broker has dropped it");
    assert_eq!(due(&known(&young), &[7]), [whole.clone(), target.clone()]);
    let old = [(1, config("a"), (0, 5, 900)), (2, STARTED, (0, 6, 900))];
    assert_eq!(due(&known(&old), &[0]), [whole, target]);
    // Of what a newer one hides nothing is needed.
    let hidden = [(1, STARTED, (0, 1, 0)), (2, config("b"), (0, 2, 950))];
    assert_eq!(due(&known(&hidden), &[0]), []);
    let mut missed = known(&young);
    missed.missed(0);
    assert_eq!(due(&missed, &[0]).len(), 2, "nobody knows whether they are there");
}

#[test]
fn a_pause_goes_along_with_the_configuration_so_that_it_is_not_lost_alone() {
    let paused = [(1, config("a"), (0, 5, 950)), (2, PAUSED, (1, 6, 950))];
    let due_now = due(&known(&paused), &[0, 0]);
    assert_eq!(due_now.len(), 1);
    assert_eq!(due_now[0].2["state"], "PAUSED");
    let and_again = (1, config_with("a", TargetState::Paused), (0, 7, 950));
    let known = known(&[&paused[..], &[and_again]].concat());
    assert_eq!(due(&known, &[0, 0]), []);
    assert_eq!(known.get(&name()).unwrap().target, TargetState::Paused);
}

/// In which queues the deletion is published again.
#[track_caller]
fn check_deletion(stands: &[Stands], firsts: &[i64], expected: &[usize]) {
    let due = due(&known(stands), firsts);
    let is_deletion = |(_, key, payload): &(_, String, serde_json::Value)| {
        key == "target-state-c" && payload["deleted"] == true
    };
    assert!(due.iter().all(is_deletion), "{due:?}");
    assert_eq!(due.iter().map(|(index, ..)| *index).collect::<Vec<_>>(), expected);
}

#[test]
fn a_deletion_is_kept_as_long_as_what_it_hides() {
    // It stands behind it in the same queue, so it stays longer, however old it is.
    check_deletion(&[(1, config("a"), (0, 5, 0)), (2, DELETED, (0, 6, 0))], &[0], &[]);
    // It stands in another queue, which may be dropped first.
    let elsewhere = [(1, config("a"), (0, 5, 999)), (2, DELETED, (1, 6, 999))];
    check_deletion(&elsewhere, &[0, 0], &[0]);
    // What it hides is gone.
    check_deletion(&elsewhere, &[6, 0], &[]);
    check_deletion(&[(4, DELETED, (1, 4, 0))], &[0, 0], &[]);
    // A worker that did not know of it yet has published the configuration again.
    let again = [(1, config("a"), (0, 5, 0)), (2, DELETED, (0, 6, 0)), (1, config("a"), (0, 7, 0))];
    check_deletion(&again, &[0], &[0]);
    // It was created and deleted again: the older deletion does not hide what came after it.
    let twice = [
        (1, config("a"), (0, 1, 0)),
        (2, DELETED, (0, 2, 0)),
        (3, config("b"), (0, 3, 0)),
        (4, DELETED, (1, 4, 0)),
    ];
    check_deletion(&twice, &[0, 0], &[0]);
}
