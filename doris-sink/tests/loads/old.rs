//! Batches older than Doris's memory of labels.

use crate::{
    assert::{check, fatal, retriable},
    logs::Logs,
    scripted::{Rig, Server, Step, answer, exists, old, state, success},
};
use connector_api::{SinkError, SinkTask};

const ROWS: &[&str] = &["{\"id\":1}", "{\"id\":2}"];
const HOUR: u64 = 3600;

/// A rig whose frontend tells these states of the label, and whose backend loads.
async fn knowing(states: &[&str]) -> Rig {
    let mut rig = Rig::new([Step::Load(success(2))]).await;
    let states: Vec<_> = states.iter().map(|word| state(word)).collect();
    rig.frontend = rig.frontend.get("get_load_state", &states.iter().map(String::as_str).collect::<Vec<_>>());
    rig
}

async fn put_old(rig: &Rig, age: u64, more: &[(&str, &str)]) -> Result<(), SinkError> {
    rig.task(more).await?.put(&old(ROWS, age)).await
}

#[tokio::test]
async fn a_fresh_batch_costs_one_request_of_each_server_and_no_question() {
    for age in [0, HOUR, 2 * HOUR] {
        let rig = knowing(&["UNKNOWN"]).await;
        let mut task: Box<dyn SinkTask> = rig.task(&[]).await.unwrap();
        let at_the_start = rig.frontend.gets().len();
        task.put(&old(ROWS, age)).await.unwrap();
        assert_eq!((rig.frontend.puts().len(), rig.backend.puts().len()), (1, 1));
        assert_eq!((rig.frontend.gets().len(), rig.backend.gets().len()), (at_the_start, 0));
    }
}

#[tokio::test]
async fn an_old_batch_that_doris_has_is_not_sent() {
    for states in [&["VISIBLE"][..], &["COMMITTED"], &["PREPARE", "PREPARE", "VISIBLE"]] {
        let rig = knowing(states).await;
        put_old(&rig, 7 * HOUR, &[]).await.unwrap();
        assert_eq!((rig.frontend.puts().len(), rig.asked_for_label()), (0, states.len()), "{states:?}");
    }
}

#[tokio::test]
async fn an_old_batch_that_doris_surely_has_not_is_loaded() {
    for states in [&["ABORTED"][..], &["PREPARE", "ABORTED"], &["PREPARE", "UNKNOWN"]] {
        let rig = knowing(states).await;
        put_old(&rig, 7 * HOUR, &[]).await.unwrap();
        assert_eq!((rig.backend.puts().len(), rig.asked_for_label()), (1, states.len()), "{states:?}");
    }
}

#[tokio::test]
async fn an_old_batch_that_is_prepared_is_committed_by_its_label() {
    let rig = knowing(&["PRECOMMITTED"]).await;
    retriable(put_old(&rig, 7 * HOUR, &[("max.retries", "0")]).await);
    let puts = rig.frontend.puts();
    assert_eq!(puts.len(), 1, "nothing is sent but the commit");
    assert!(puts[0].path.starts_with("/api/shop/_stream_load_2pc"), "{}", puts[0].path);
    assert!(puts[0].header("label").is_some_and(|label| label.starts_with("to-doris_orders_3_10_12_")));
}

#[tokio::test]
async fn an_old_batch_that_doris_does_not_know_stops_the_task_with_all_that_is_needed_to_decide() {
    let rig = knowing(&["UNKNOWN"]).await;
    let mut task = rig.task(&[]).await.unwrap();
    let ten_past_eight = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_035_800);
    for _ in 0..2 {
        let told = fatal(task.put(&old(ROWS, 0).bounded_at(ten_past_eight)).await);
        check(
            &told,
            &[
                "shop.orders",
                "label to-doris_orders_3_10_12_",
                "offsets 10 to 11 of queue orders/broker-a/3",
                "one batch since 2023-11-15T08:10:00Z",
                "doris.label.keep.ms is 21600000",
                "exactly.once.expired=reload",
                "delete them first",
            ],
        );
    }
    assert!(rig.frontend.puts().is_empty());
    assert_eq!(rig.asked_for_label(), 2, "each put asks again");
}

#[tokio::test]
async fn an_old_batch_that_doris_does_not_know_is_loaded_with_a_warning_when_the_operator_says_so() {
    let logs = Logs::default();
    let guard = logs.capture();
    let rig = knowing(&["UNKNOWN"]).await;
    put_old(&rig, 7 * HOUR, &[("exactly.once.expired", "reload")]).await.unwrap();
    drop(guard);
    assert_eq!(rig.backend.puts().len(), 1);
    check(
        &logs.only("cannot be told"),
        &[
            "WARN",
            "label=to-doris_orders_3_10_12_",
            "queue=orders/broker-a/3",
            "first=10",
            "last=11",
            "since=20",
        ],
    );
}

#[tokio::test]
async fn how_long_doris_remembers_can_be_told() {
    let rig = knowing(&["UNKNOWN"]).await;
    put_old(&rig, 7 * HOUR, &[("doris.label.keep.ms", "43200000")]).await.unwrap();
    fatal(put_old(&rig, 13 * HOUR, &[("doris.label.keep.ms", "43200000")]).await);
    fatal(put_old(&rig, HOUR, &[("doris.label.keep.ms", "1000")]).await);
}

#[tokio::test]
async fn without_an_answer_an_old_batch_is_not_sent_and_comes_again() {
    for silent in
        [Step::Vanish, Step::Early(502, "<html>".into()), Step::Early(200, "<html>".into()), Step::Hang]
    {
        println!("{silent:?}");
        let mut rig = knowing(&[]).await;
        rig.frontend = rig.frontend.on_get("get_load_state", [silent]);
        let more = [("request.read.timeout.ms", "200"), ("max.retries", "1")];
        check(&retriable(put_old(&rig, 7 * HOUR, &more).await), &[&rig.frontend.address, "label to-doris_"]);
        assert!(rig.frontend.puts().is_empty());
        assert!(rig.asked_for_label() >= 2, "max.retries asks again");
    }
}

#[tokio::test]
async fn a_frontend_that_is_not_the_master_sends_the_question_on() {
    let master = Server::start([]).await.get("get_load_state", &[&state("VISIBLE")]);
    let mut rig = knowing(&[]).await;
    let there = format!("http://loader:s3cret@{}/api/shop/get_load_state?label=l", master.address);
    rig.frontend = rig.frontend.on_get("get_load_state", [Step::Redirect(there)]);
    // The frontends given need no leave of their own.
    let both = format!("{},{}", rig.frontend.address, master.address);
    let more = [("doris.urls", both.as_str()), ("doris.redirect.hosts", "be1")];
    put_old(&rig, 7 * HOUR, &more).await.unwrap();
    assert_eq!(master.gets().iter().filter(|asked| asked.path.contains("get_load_state")).count(), 1);
    assert!(master.gets()[0].header("authorization").is_some());
}

#[tokio::test]
async fn a_batch_that_grew_old_while_it_was_tried_again_is_asked_for() {
    let busy = answer("Fail", "[INTERNAL_ERROR]tablet error: [E-235]version count: 2001", 0, 0, "");
    let mut rig = Rig::new([Step::Load(busy), exists("FINISHED")]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("UNKNOWN")]);
    let mut task = rig.task(&[("max.retries", "0")]).await.unwrap();
    retriable(task.put(&old(ROWS, 0)).await);
    check(&fatal(task.put(&old(ROWS, 7 * HOUR)).await), &["cannot be told"]);
    assert_eq!(rig.backend.puts().len(), 1);
}

#[tokio::test]
async fn a_batch_that_cannot_be_loaded_for_hours_does_not_grow_old_while_a_frontend_answers() {
    let none = Step::Early(200, r#"{"status":"FAILED","msg":"No available backends"}"#.into());
    let backend = Server::start([Step::Load(success(2))]).await;
    let there = crate::scripted::location(&backend.address);
    let frontend = Server::start([none.clone(), none, Step::Redirect(there)])
        .await
        .get("get_load_state", &[&state("UNKNOWN")]);
    let mut task = crate::scripted::task(&frontend.address, &[("max.retries", "0")]).await.unwrap();
    for age in [HOUR, 4 * HOUR] {
        check(&retriable(task.put(&old(ROWS, age)).await), &["No available backends"]);
    }
    task.put(&old(ROWS, 9 * HOUR)).await.unwrap();
    assert_eq!(backend.puts().len(), 1);
}
