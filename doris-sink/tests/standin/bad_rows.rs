//! Rows that Doris does not take among rows that it takes.

use crate::doris::{Doris, ROWS, batch_at};
use connector_api::{Batch, SinkError, SinkTask};
use proptest::{collection::btree_set, prelude::*, test_runner::TestRunner};
use std::collections::BTreeSet;

/// The log of refused rows is not there.
const NO_LOG: &str = r#"[{"at":"be.error_log","kind":"status","status":500,"count":100000}]"#;

/// [`ROWS`] rows, of which those at the offsets `bad` lack what the table wants.
fn with_bad(bad: &BTreeSet<i64>) -> Batch {
    let body = |id: i64| match bad.contains(&id) {
        true => format!("{{\"name\":\"bad {id}\"}}"),
        false => format!("{{\"id\":{id},\"name\":\"n{id}\"}}"),
    };
    batch_at(0, (0..ROWS).map(body))
}

/// Puts the batch until the sink has taken it; returns the offsets that were refused.
async fn refused(task: &mut Box<dyn SinkTask>, batch: &Batch) -> BTreeSet<i64> {
    for _ in 0..20 {
        match task.put(batch).await {
            Ok(()) => return BTreeSet::new(),
            Err(SinkError::Records(refused)) => {
                for record in &refused {
                    assert!(
                        record.reason.contains("null") || record.reason.contains("filtered"),
                        "{record:?}"
                    );
                }
                return refused.iter().map(|record| record.offset.get()).collect();
            }
            Err(error @ SinkError::Retriable(_)) => println!("retriable: {error}"),
            Err(other) => panic!("{other}"),
        }
    }
    panic!("never taken");
}

/// What the stand-in has seen: loads that are in the table, and all of them.
async fn loads(doris: &Doris) -> (usize, usize) {
    let states = doris.loads().await;
    (states.iter().filter(|state| *state == "VISIBLE").count(), states.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_that_the_log_names_go_one_by_one_and_the_rest_in_one_load() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let bad = BTreeSet::from([3, 4, 50, 99]);
    // The log has such a row as it was sent, and one that a column cannot hold as what was read of it.
    let body = |id: i64| match bad.contains(&id) {
        true => format!("{{\"no\":\"column {id}\"}}"),
        false => format!("{{\"id\":{id},\"name\":\"n{id}\"}}"),
    };
    let batch = batch_at(0, (0..ROWS).map(body));
    assert_eq!(refused(&mut task, &batch).await, bad);
    let good = ROWS - 4;
    assert_eq!(doris.rows().await, (good, good));
    assert_eq!(loads(&doris).await, (1, 2), "one load was refused, and one is in the table");
    // The batch comes again, as after a crash of the host.
    let mut task = doris.task(&[]).await.unwrap();
    assert_eq!(refused(&mut task, &batch).await, bad);
    assert_eq!(doris.rows().await, (good, good));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_that_the_log_shows_otherwise_than_they_were_sent_are_found_by_halving() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let bad = BTreeSet::from([7, 70]);
    assert_eq!(refused(&mut task, &with_bad(&bad)).await, bad);
    assert_eq!(doris.rows().await, (ROWS - 2, ROWS - 2));
    let (visible, all) = loads(&doris).await;
    assert!(visible == 1 && all <= 2 * 2 * 7 + 2, "{all} loads");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_log_bad_rows_are_found_by_halving_and_one_load_is_committed() {
    let mut doris = Doris::start().await;
    doris.faults(NO_LOG).await;
    let mut task = doris.task(&[]).await.unwrap();
    let bad = BTreeSet::from([0, 41, 42]);
    assert_eq!(refused(&mut task, &with_bad(&bad)).await, bad);
    let good = ROWS - 3;
    assert_eq!(doris.rows().await, (good, good));
    let (visible, all) = loads(&doris).await;
    // Two trials a level for each bad row, and the first load and the last.
    assert!(all <= 3 * 2 * 7 + 2, "{all} loads");
    assert_eq!(visible, 1);
    assert!(doris.loads().await.iter().all(|state| state == "VISIBLE" || state == "ABORTED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_bad_rows_only_is_refused_by_one_load() {
    let mut doris = Doris::start().await;
    doris.faults(NO_LOG).await;
    let mut task = doris.task(&[]).await.unwrap();
    let bad = (0..ROWS).collect();
    assert_eq!(refused(&mut task, &with_bad(&bad)).await, bad);
    assert_eq!((doris.rows().await, loads(&doris).await), ((0, 0), (0, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_tried_out_the_task_stops_and_says_what_is_missing() {
    let mut doris = Doris::start().await;
    doris.faults(NO_LOG).await;
    let mut task = doris.task(&[]).await.unwrap();
    let disabled = "[INVALID_ARGUMENT]Two phase commit (2PC) for stream load was disabled";
    let bad = with_bad(&BTreeSet::from([7, 70]));
    // The first load is refused for its rows, the trial behind it because it is one.
    doris
        .faults(&format!(
            r#"[{{"at":"be.error_log","kind":"status","status":500,"count":100000}},
                {{"at":"be.stream_load","kind":"fail","message":"{disabled}","skip":1,"count":1}}]"#
        ))
        .await;
    match task.put(&bad).await {
        Err(error @ SinkError::Fatal(_)) => {
            println!("{error}");
            assert!(error.to_string().contains(disabled) && error.to_string().contains("too many filtered"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(doris.rows().await, (0, 0));
}

#[derive(Debug, Clone)]
struct Case {
    bad: BTreeSet<i64>,
    /// For each time that the batch is put: whether there is a log, and at which load something happens.
    puts: Vec<(bool, usize, &'static str)>,
}

fn cases() -> impl Strategy<Value = Case> {
    let fault = prop_oneof![Just("commit_then_drop"), Just("drop_before_commit"), Just("drop")];
    let put = (any::<bool>(), 0..12_usize, fault);
    (btree_set(0..ROWS, 1..6), proptest::collection::vec(put, 1..4))
        .prop_map(|(bad, puts)| Case { bad, puts })
}

#[test]
fn whatever_is_lost_on_the_way_good_rows_are_there_once_and_bad_ones_refused() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let outcome = runner.run(&cases(), |case| {
        runtime.block_on(async {
            let mut doris = Doris::start().await;
            let batch = with_bad(&case.bad);
            // Each put is of a worker that crashes behind it, and knows nothing of those before.
            for (log, load, fault) in &case.puts {
                let fault = format!(r#"{{"at":"be.stream_load","kind":"{fault}","skip":{load},"count":1}}"#);
                let no_log = NO_LOG.trim_end_matches(']').trim_start_matches('[');
                let faults = if *log { format!("[{fault}]") } else { format!("[{fault},{no_log}]") };
                doris.faults(&faults).await;
                let mut task = doris.task(&[]).await.unwrap();
                println!("{:?}", task.put(&batch).await.err().map(|error| error.to_string()));
            }
            doris.faults("[]").await;
            let mut task = doris.task(&[]).await.unwrap();
            assert_eq!(refused(&mut task, &batch).await, case.bad);
            let good = ROWS - i64::try_from(case.bad.len()).unwrap();
            doris.wait_for_rows(good).await;
            assert_eq!(doris.rows().await, (good, good));
        });
        Ok(())
    });
    outcome.unwrap();
}
