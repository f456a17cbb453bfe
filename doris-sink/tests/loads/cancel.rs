//! Loads that nobody sends any more, and which are cancelled therefore.

use crate::{
    assert::{check, retriable},
    logs::Logs,
    scripted::{Rig, Step, exists, put, state, success},
};
use std::time::{Duration, Instant};

const ROWS: &[&str] = &["{\"id\":1}", "{\"id\":2}"];
const DONE: &str = r#"{"msg":"success","code":0,"data":null,"count":0}"#;
const TOO_LATE: &str =
    r#"{"msg":"Error","code":1,"data":"errCode = 2, detailMessage = transaction not found","count":0}"#;
const DENIED: &str = r#"{"msg":"Unauthorized","code":401,"data":"Access denied for user 'loader' to database 'shop'","count":0}"#;

/// Running for the first six questions, between which the patience of 3 s ends, and then this.
fn running_and_then(then: &str) -> Vec<String> {
    let mut states = vec![state("PREPARE"); 6];
    states.push(state(then));
    states
}

/// A rig whose backend takes `steps` and whose frontend tells these states, and answers a cancel so.
async fn rig(steps: impl IntoIterator<Item = Step>, states: &[String], cancelled: Step) -> Rig {
    let mut rig = Rig::new(steps).await;
    let states: Vec<_> = states.iter().map(String::as_str).collect();
    rig.frontend = rig.frontend.get("get_load_state", &states).on_get("_cancel", [cancelled]);
    rig
}

/// Puts the rows into a task that waits for a label beyond the end of that patience.
async fn load(rig: &Rig) {
    let mut task = rig.task(&[("request.read.timeout.ms", "4000")]).await.unwrap();
    put(&mut task, ROWS).await.unwrap();
}

fn said(text: &str) -> Step {
    Step::Early(200, text.to_owned())
}

#[tokio::test]
async fn a_load_that_was_found_running_and_does_not_end_is_cancelled_and_loaded_again() {
    let steps = [exists("RUNNING"), Step::Load(success(2))];
    let rig = rig(steps, &running_and_then("ABORTED"), said(DONE)).await;
    load(&rig).await;
    let (puts, posts) = (rig.backend.puts(), rig.frontend.posts());
    assert_eq!((puts.len(), posts.len()), (2, 1));
    let label = puts[0].header("label").unwrap();
    assert_eq!(posts[0].path, format!("/api/shop/_cancel?label={label}"));
    assert_eq!(puts[1].header("label"), Some(label));
    assert!(posts[0].header("authorization").is_some());
}

#[tokio::test]
async fn a_load_that_lacks_some_of_its_body_is_cancelled_soon() {
    let row = format!("{{\"id\":\"{}\"}}", "x".repeat(20_000_000));
    let states = [vec![state("PREPARE"); 4], vec![state("ABORTED")]].concat();
    let rig = rig([Step::AskAndHang, Step::Load(success(1))], &states, said(DONE)).await;
    let mut task = rig.task(&[("request.read.timeout.ms", "1000")]).await.unwrap();
    let began = Instant::now();
    put(&mut task, &[&row]).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(rig.frontend.posts().len(), 1);
}

#[tokio::test]
async fn a_cancel_that_comes_after_the_commit_leaves_a_batch_that_is_loaded() {
    let check = async |then| {
        let rig = rig([Step::LoadAndVanish], &running_and_then(then), said(TOO_LATE)).await;
        load(&rig).await;
        assert_eq!((rig.backend.puts().len(), rig.frontend.posts().len()), (1, 1), "{then}");
    };
    tokio::join!(check("COMMITTED"), check("VISIBLE"));
}

#[tokio::test]
async fn what_a_cancel_answers_is_not_taken_for_what_became_of_the_load() {
    let rig = rig([Step::LoadAndVanish], &running_and_then("VISIBLE"), said(DONE)).await;
    load(&rig).await;
    assert_eq!(rig.backend.puts().len(), 1);
}

#[tokio::test]
async fn a_load_that_may_not_be_cancelled_is_waited_for_with_one_warning() {
    let logs = Logs::default();
    let guard = logs.capture();
    let rig = rig([Step::LoadAndVanish], &vec![state("PREPARE"); 2], said(DENIED)).await;
    let mut task = rig.task(&[("max.retries", "0")]).await.unwrap();
    check(&retriable(put(&mut task, ROWS).await), &["is not known"]);
    for _ in 0..4 {
        check(&retriable(put(&mut task, ROWS).await), &["still runs in Doris after 2s"]);
    }
    drop(guard);
    assert_eq!((rig.backend.puts().len(), rig.frontend.posts().len()), (1, 1));
    check(
        &logs.only("was not cancelled"),
        &["WARN", "label=to-doris_orders_3_10_12_", "Access denied for user 'loader' to database 'shop'"],
    );
}

#[tokio::test]
async fn a_cancel_that_is_not_answered_leaves_it_to_the_label() {
    let check = async |silent: Step| {
        let rig = rig([Step::LoadAndVanish], &running_and_then("VISIBLE"), silent.clone()).await;
        load(&rig).await;
        assert_eq!(rig.backend.puts().len(), 1, "{silent:?}");
        assert!(!rig.frontend.posts().is_empty(), "{silent:?}");
    };
    tokio::join!(check(Step::Vanish), check(Step::Early(404, String::new())));
}
