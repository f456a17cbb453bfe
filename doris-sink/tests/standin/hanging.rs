//! Loads and connections that hang.

use crate::doris::{Doris, ROWS, good, put_until_taken};
use connector_api::SinkError;
use tokio::{net::TcpListener, task::JoinHandle};

/// Short, so that a hang is given up soon.
const IMPATIENT: &[(&str, &str)] =
    &[("request.read.timeout.ms", "400"), ("request.connect.timeout.ms", "400"), ("max.retries", "2")];

async fn check_loaded_once(doris: &mut Doris) {
    doris.wait_for_rows(ROWS).await;
    assert_eq!(doris.rows().await, (ROWS, ROWS));
    let visible = doris.loads().await.into_iter().filter(|state| state == "VISIBLE").count();
    assert_eq!(visible, 1);
}

/// Takes connections, reads nothing and says nothing.
async fn black_hole() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let swallowing = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
        }
    });
    (address, swallowing)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_runs_without_an_end_is_waited_for_under_its_label() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"hold"}]"#).await;
    let mut task = doris.task(IMPATIENT).await.unwrap();
    match task.put(&good(0)).await {
        Err(error @ SinkError::Retriable(_)) => {
            let text = error.to_string();
            assert!(text.contains("label c_orders_0_0_100_") && text.contains("still runs"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(doris.loads().await, ["PREPARE"], "nothing else was begun");
    doris.release().await;
    put_until_taken(&mut task, &good(0)).await;
    assert_eq!(doris.loads().await, ["VISIBLE"]);
    check_loaded_once(&mut doris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_doris_gives_up_is_loaded_again() {
    for hang in [r#""kind":"hold""#, r#""kind":"slow_reader","bytes_per_second":1"#] {
        println!("{hang}");
        let mut doris = Doris::start().await;
        doris.faults(&format!(r#"[{{"at":"be.stream_load",{hang}}}]"#)).await;
        let mut given = IMPATIENT.to_vec();
        given.push(("sink.properties.timeout", "1"));
        put_until_taken(&mut doris.task(&given).await.unwrap(), &good(0)).await;
        assert_eq!(doris.loads().await, ["ABORTED", "VISIBLE"]);
        doris.release().await;
        check_loaded_once(&mut doris).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_never_begins_is_given_up_and_what_it_does_later_is_refused() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"hang"}]"#).await;
    put_until_taken(&mut doris.task(IMPATIENT).await.unwrap(), &good(0)).await;
    doris.release().await;
    check_loaded_once(&mut doris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_was_committed_is_found_although_its_backend_hangs() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"commit_then_hang"}]"#).await;
    let mut task = doris.task(&[("request.read.timeout.ms", "400"), ("max.retries", "1")]).await.unwrap();
    task.put(&good(0)).await.unwrap();
    assert_eq!(doris.loads().await, ["VISIBLE"]);
    check_loaded_once(&mut doris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_behind_a_half_open_connection_is_passed_over() {
    let mut doris = Doris::start().await;
    let (nowhere, swallowing) = black_hole().await;
    let backends = format!("{nowhere},{}", doris.running.be);
    let mut given = IMPATIENT.to_vec();
    given.push(("doris.benodes", &backends));
    put_until_taken(&mut doris.task(&given).await.unwrap(), &good(0)).await;
    check_loaded_once(&mut doris).await;
    swallowing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn frontends_that_hang_or_are_gone_are_passed_over_for_loads_and_for_questions() {
    let mut doris = Doris::start().await;
    let (nowhere, swallowing) = black_hole().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let frontends = format!("{nowhere},{gone},{}", doris.running.fe);
    let mut given = IMPATIENT.to_vec();
    given.push(("doris.urls", &frontends));
    doris.faults(r#"[{"at":"be.stream_load","kind":"commit_then_drop"}]"#).await;
    put_until_taken(&mut doris.task(&given).await.unwrap(), &good(0)).await;
    check_loaded_once(&mut doris).await;
    swallowing.abort();
}
