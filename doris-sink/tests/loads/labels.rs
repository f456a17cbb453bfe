//! Labels that Doris knows already.

use crate::{
    assert::{check, retriable},
    scripted::{Rig, Step, exists, put, state, success},
};

const ROWS: &[&str] = &["{\"id\":1}", "{\"id\":2}"];

#[tokio::test]
async fn a_label_that_is_finished_is_a_success() {
    let rig = Rig::new([exists("FINISHED")]).await;
    rig.load(ROWS).await.unwrap();
}

#[tokio::test]
async fn a_label_that_runs_is_waited_for() {
    let mut rig = Rig::new([exists("RUNNING")]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("PREPARE"), &state("VISIBLE")]);
    rig.load(ROWS).await.unwrap();
    assert_eq!(rig.backend.puts().len(), 1);
    assert_eq!(rig.frontend.gets().iter().filter(|r| r.path.contains("get_load_state")).count(), 2);
}

#[tokio::test]
async fn a_label_without_a_status_is_asked_for() {
    let mut rig = Rig::new([exists("")]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("COMMITTED")]);
    rig.load(ROWS).await.unwrap();
}

#[tokio::test]
async fn a_label_whose_load_was_aborted_meanwhile_is_loaded_again() {
    let mut rig = Rig::new([exists("RUNNING"), Step::Load(success(2))]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("PREPARE"), &state("ABORTED")]);
    rig.load(ROWS).await.unwrap();
    let labels: Vec<_> = rig.backend.puts().iter().map(|r| r.header("label").unwrap().to_owned()).collect();
    assert_eq!(labels.len(), 2);
    assert_eq!(labels[0], labels[1]);
}

#[tokio::test]
async fn a_label_that_is_prepared_is_committed() {
    let committed = r#"{"status":"Success","msg":"transaction [7] commit successfully."}"#;
    let rig = Rig::new([exists("PRECOMMITTED"), Step::Load(committed.into())]).await;
    rig.load(ROWS).await.unwrap();
    let commit = &rig.frontend.puts()[1];
    assert!(commit.path.starts_with("/api/shop/_stream_load_2pc"), "{}", commit.path);
    assert_eq!(commit.header("txn_operation"), Some("commit"));
}

#[tokio::test]
async fn a_label_that_runs_for_ever_is_told_to_the_host_and_asked_for_again() {
    let mut rig = Rig::new([exists("RUNNING")]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("PREPARE")]);
    let mut task = rig.task(&[("request.read.timeout.ms", "150"), ("max.retries", "1")]).await.unwrap();
    for _ in 0..2 {
        check(
            &retriable(put(&mut task, ROWS).await),
            &[
                "shop.orders",
                "label to-doris_orders_3_10_12_",
                "still runs in Doris after 150ms",
                "sink.properties.timeout",
            ],
        );
    }
    assert_eq!(rig.backend.puts().len(), 1, "while it runs, asking is enough");
}

#[tokio::test]
async fn a_load_that_a_frontend_lost_when_it_failed_is_loaded_again() {
    let mut rig = Rig::new([exists("RUNNING"), Step::Load(success(2))]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("PREPARE"), &state("UNKNOWN")]);
    rig.load(ROWS).await.unwrap();
    assert_eq!(rig.backend.puts().len(), 2);
}

#[tokio::test]
async fn after_an_attempt_without_an_answer_the_label_is_asked_for_before_anything_is_sent_again() {
    for step in
        [Step::LoadAndVanish, Step::Load("<html>proxy</html>".into()), Step::Early(502, "bad gateway".into())]
    {
        println!("{step:?}");
        for (states, loads) in [
            (vec![state("VISIBLE")], 1),
            (vec![state("COMMITTED")], 1),
            (vec![state("PREPARE"), state("VISIBLE")], 1),
            (vec![state("ABORTED")], 2),
            (vec![state("UNKNOWN")], 2),
        ] {
            let mut rig = Rig::new([step.clone(), Step::Load(success(2))]).await;
            let states: Vec<_> = states.iter().map(String::as_str).collect();
            rig.frontend = rig.frontend.get("get_load_state", &states);
            rig.load(ROWS).await.unwrap();
            assert_eq!(rig.backend.puts().len(), loads, "{states:?}");
            assert_eq!(rig.asked_for_label(), states.len(), "{states:?}");
        }
    }
}

#[tokio::test]
async fn what_was_left_in_doubt_is_asked_for_when_the_host_puts_it_again() {
    let mut rig = Rig::new([Step::LoadAndVanish]).await;
    rig.frontend = rig.frontend.get("get_load_state", &[&state("VISIBLE")]);
    let mut task = rig.task(&[("max.retries", "0")]).await.unwrap();
    check(&retriable(put(&mut task, ROWS).await), &["is not known"]);
    put(&mut task, ROWS).await.unwrap();
    assert_eq!((rig.backend.puts().len(), rig.asked_for_label()), (1, 1));
}

#[tokio::test]
async fn a_state_that_is_not_told_leaves_it_to_the_label() {
    for silent in
        [Step::Vanish, Step::Early(503, "busy".into()), Step::Early(200, "<html>".into()), Step::Hang]
    {
        println!("{silent:?}");
        let mut rig = Rig::new([Step::LoadAndVanish, exists("FINISHED")]).await;
        rig.frontend = rig.frontend.on_get("get_load_state", [silent]);
        let mut task = rig.task(&[("request.read.timeout.ms", "200")]).await.unwrap();
        put(&mut task, ROWS).await.unwrap();
        assert_eq!(rig.backend.puts().len(), 2);
    }
}
