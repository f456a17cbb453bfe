//! What a load asks of frontend and backend, and what each answer means.

use crate::{
    assert::{check, fatal, retriable},
    logs::Logs,
    scripted::{Rig, Server, Step, answer, batch, exists, put, success},
};
use connector_api::SinkError;

const ROWS: &[&str] = &["{\"id\":1}", "{\"id\":2}"];

#[tokio::test]
async fn a_batch_goes_to_the_backend_that_the_frontend_names() {
    let rig = Rig::new([Step::Load(success(2))]).await;
    rig.load(ROWS).await.unwrap();
    let (asked, loaded) = (&rig.frontend.puts()[0], &rig.backend.puts()[0]);
    assert_eq!(asked.path, "/api/shop/orders/_stream_load");
    assert_eq!(asked.header("expect"), Some("100-continue"));
    assert_eq!(asked.body, b"", "a frontend never gets the body");
    assert_eq!(loaded.body, b"{\"id\":1}\n{\"id\":2}\n");
    assert_eq!(loaded.header("format"), Some("json"));
    assert_eq!(loaded.header("read_json_by_line"), Some("true"));
    for name in ["authorization", "label"] {
        assert_eq!(asked.header(name), loaded.header(name), "{name}");
    }
    assert_eq!(loaded.header("authorization"), Some("Basic bG9hZGVyOnMzY3JldA=="));
    assert!(loaded.header("label").unwrap().starts_with("to-doris_orders_3_10_12_"));
}

#[tokio::test]
async fn large_bodies_arrive_whole_and_a_connection_serves_load_after_load() {
    let row = format!("{{\"id\":\"{}\"}}", "x".repeat(3_000_000));
    let rig = Rig::new([Step::Load(success(2))]).await;
    let mut task = rig.task(&[]).await.unwrap();
    for _ in 0..3 {
        put(&mut task, &[&row, &row]).await.unwrap();
    }
    assert!(rig.backend.puts().iter().all(|r| r.body.len() == 2 * row.len() + 2));
    assert_eq!(rig.backend.connections(), 1);
}

#[tokio::test]
async fn a_backend_that_does_not_ask_for_the_body_gets_it_late() {
    let rig = Rig::new([Step::LoadUnasked(success(2))]).await;
    rig.load(ROWS).await.unwrap();
    assert_eq!(rig.backend.puts()[0].body.len(), 18);
}

#[tokio::test]
async fn records_that_are_no_rows_are_refused_and_the_others_loaded() {
    let rig = Rig::new([Step::Load(success(2))]).await;
    let result = rig.load(&["{\"id\":1}", "oops", "{\"id\":2}", "{} {}"]).await;
    let Err(SinkError::Records(refused)) = result else { panic!("{result:?}") };
    let refused: Vec<_> = refused.iter().map(ToString::to_string).collect();
    assert_eq!(
        refused,
        [
            "offset 11: not JSON from byte 0 on",
            "offset 13: more than one JSON value: another begins at byte 3"
        ]
    );
    assert_eq!(rig.backend.puts()[0].body, b"{\"id\":1}\n{\"id\":2}\n");
}

#[tokio::test]
async fn a_record_that_is_a_row_only_later_is_not_taken_for_loaded() {
    let rows = ["{\"id\":1}", "{\"id\":2222}", "{\"id\":3}"];
    let rig = Rig::new([Step::Load(success(2)), Step::Load(success(2)), Step::Load(success(3))]).await;
    let strict = [("doris.record.max.bytes", "10")];
    for _ in 0..2 {
        let refused = put(&mut rig.task(&strict).await.unwrap(), &rows).await;
        assert!(matches!(refused, Err(SinkError::Records(_))), "{refused:?}");
    }
    put(&mut rig.task(&[]).await.unwrap(), &rows).await.unwrap();
    let puts = rig.backend.puts();
    let labels: Vec<_> = puts.iter().map(|load| load.header("label").unwrap()).collect();
    assert_eq!(labels[0], labels[1], "the same rows have the same label");
    assert_ne!(labels[1], labels[2], "Doris would refuse the third row as loaded already");
}

#[tokio::test]
async fn a_batch_without_a_row_is_not_sent() {
    let rig = Rig::new([]).await;
    assert!(matches!(rig.load(&["oops"]).await, Err(SinkError::Records(_))));
    assert!(rig.frontend.puts().is_empty());
}

#[tokio::test]
async fn a_publish_timeout_is_a_success() {
    let rig = Rig::new([Step::Load(answer("Publish Timeout", "visible later", 2, 2, ""))]).await;
    rig.load(ROWS).await.unwrap();
    assert_eq!(rig.backend.puts().len(), 1);
}

#[tokio::test]
async fn after_a_lost_answer_the_same_label_comes_again() {
    let rig = Rig::new([Step::LoadAndVanish, exists("FINISHED")]).await;
    rig.load(ROWS).await.unwrap();
    let puts = rig.backend.puts();
    assert_eq!(puts.len(), 2);
    assert_eq!(puts[0].header("label"), puts[1].header("label"));
}

#[tokio::test]
async fn when_the_outcome_stays_unknown_the_host_is_told_and_comes_again_with_the_same_label() {
    let rig = Rig::new([Step::LoadAndVanish]).await;
    let mut task = rig.task(&[("max.retries", "1")]).await.unwrap();
    check(&retriable(put(&mut task, ROWS).await), &[&rig.backend.address, "is not known"]);
    retriable(put(&mut task, ROWS).await);
    let puts = rig.backend.puts();
    assert!(puts.iter().all(|r| r.header("label") == puts[0].header("label")));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_the_outcome_unknown() {
    for (text, shown) in
        [("<html>proxy</html>", "<html>proxy"), ("", "an empty body"), ("{\"Status\": \"Su", "Su")]
    {
        let rig = Rig::new([Step::Load(text.to_owned()), exists("FINISHED")]).await;
        rig.load(ROWS).await.unwrap();
        let rig = Rig::new([Step::Load(text.to_owned())]).await;
        check(&retriable(rig.load(ROWS).await), &["is not known", shown]);
    }
}

#[tokio::test]
async fn a_server_error_of_a_backend_is_repeated() {
    let rig =
        Rig::new([Step::Early(503, "busy".into()), Step::Early(429, String::new()), Step::Load(success(2))])
            .await;
    rig.load(ROWS).await.unwrap();
}

#[tokio::test]
async fn a_backend_that_says_nothing_is_given_up_after_the_read_timeout() {
    let rig = Rig::new([Step::Hang]).await;
    let mut task = rig.task(&[("request.read.timeout.ms", "50"), ("max.retries", "0")]).await.unwrap();
    check(&retriable(put(&mut task, ROWS).await), &[&rig.backend.address, "request.read.timeout.ms"]);
}

#[tokio::test]
async fn a_backend_that_stops_to_read_or_to_answer_is_given_up_and_the_outcome_not_known() {
    let row = format!("{{\"id\":\"{}\"}}", "x".repeat(20_000_000));
    for step in [Step::AskAndHang, Step::LoadAndTrickle(success(1))] {
        println!("{step:?}");
        let rig = Rig::new([step]).await;
        let mut task = rig.task(&[("request.read.timeout.ms", "300"), ("max.retries", "0")]).await.unwrap();
        check(
            &retriable(put(&mut task, &[&row]).await),
            &["whether Doris has the load is not known", &rig.backend.address, "no answer within 300ms"],
        );
    }
}

#[tokio::test]
async fn refusals_that_pass_are_repeated_under_the_same_label() {
    for message in [
        "[INTERNAL_ERROR]tablet error: [E-235]version count: 2001",
        "errCode = 2, detailMessage = current running txns on db 1 is 100, larger than limit 100",
        "[INTERNAL_ERROR]cancelled: closed",
    ] {
        let fail = || Step::Load(answer("Fail", message, 0, 0, ""));
        let rig = Rig::new([fail(), fail(), Step::Load(success(2))]).await;
        rig.load(ROWS).await.unwrap();
        let rig = Rig::new([fail()]).await;
        check(&retriable(rig.load(ROWS).await), &[message, &rig.backend.address, "shop.orders", "label "]);
        assert_eq!(rig.backend.puts().len(), 4, "once and max.retries times");
    }
}

#[tokio::test]
async fn refusals_that_stay_stop_the_task_with_what_to_do() {
    for (message, advice) in [
        (
            "[NOT_FOUND]TStatus: errCode = 7, detailMessage = table not found, tableName=orders",
            "create the table",
        ),
        (
            "[NOT_FOUND]TStatus: errCode = 7, detailMessage = unknown database, database=shop",
            "create the database",
        ),
        (
            "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Access denied for user 'loader'",
            "doris.password",
        ),
        ("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Unknown column 'x'", "sink.properties"),
        ("errCode = 2, detailMessage = Label format error. regex: x, label: y", "rule for labels"),
    ] {
        let rig = Rig::new([Step::Early(200, answer("Fail", message, 0, 0, ""))]).await;
        check(&fatal(rig.load(ROWS).await), &[message, advice, &rig.backend.address]);
        assert_eq!(rig.backend.puts().len(), 1);
    }
}

fn bad_rows(backend: &str, total: usize) -> Step {
    let url = format!(",\n    \"ErrorURL\": \"http://{backend}/api/_load_error_log?file=x\"");
    let message = "[DATA_QUALITY_ERROR]too many filtered rows";
    Step::Load(answer("Fail", message, total, total - 1, &url))
}

const LOG: &str = "Reason: column_name[id], null value for not null column, type=INT. src line [{}]; \n\nsecond\nthird\nfourth\n";

#[tokio::test]
async fn refused_rows_are_shown_with_the_first_lines_of_the_log() {
    let log = Server::start([]).await.get("_load_error_log", &[LOG]);
    // Each of the two is tried out alone, and refused again.
    let rig = Rig::new([bad_rows(&log.address, 2)]).await;
    let result = rig.load(ROWS).await;
    let Err(SinkError::Records(refused)) = result else { panic!("{result:?}") };
    assert_eq!(refused.len(), 2);
    check(
        &refused[0].reason,
        &[
            "too many filtered rows",
            "1 of 2 rows filtered",
            "null value for not null column",
            "second | third",
        ],
    );
    assert_eq!(
        log.gets()[0].header("authorization"),
        None,
        "credentials go to the backend that answered, no other"
    );
}

#[tokio::test]
async fn a_row_that_is_alone_in_its_load_is_refused_as_a_record() {
    let log = Server::start([]).await.get("_load_error_log", &[LOG]);
    let rig = Rig::new([bad_rows(&log.address, 1)]).await;
    let result = rig.load(&["oops", "{}"]).await;
    let Err(SinkError::Records(refused)) = result else { panic!("{result:?}") };
    assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [10, 11]);
    check(&refused[1].reason, &["null value for not null column"]);
}

#[tokio::test]
async fn rows_that_are_missing_without_an_error_are_named_and_stay_in_the_log() {
    let logs = Logs::default();
    let guard = logs.capture();
    let rig = Rig::new([Step::Load(success(1)), exists("FINISHED")]).await;
    let mut task = rig.task(&[]).await.unwrap();
    check(
        &fatal(put(&mut task, ROWS).await),
        &["2 rows were sent", "counted 1", "transaction 7", "label to-doris_"],
    );
    // Doris has the label, and tells nothing of rows any more.
    put(&mut task, ROWS).await.unwrap();
    drop(guard);
    let figures = ["sent=2", "total=1", "loaded=1", "filtered=0", "unselected=0", "transaction=7"];
    let line = logs.only("has committed them");
    check(&line, &figures);
    check(
        &line,
        &[
            "ERROR",
            "label=to-doris_orders_3_10_12_",
            "batch=to-doris orders/broker-a/3 [10, 12)",
            "table=orders",
        ],
    );
}

#[tokio::test]
async fn rows_that_the_operator_lets_go_are_no_error() {
    let rig = Rig::new([Step::Load(answer("Success", "OK", 2, 1, ""))]).await;
    let mut tolerant = rig.task(&[("sink.properties.max_filter_ratio", "0.5")]).await.unwrap();
    put(&mut tolerant, ROWS).await.unwrap();
    let mut strict = rig.task(&[]).await.unwrap();
    check(&fatal(put(&mut strict, ROWS).await), &["1 filtered"]);
}

#[tokio::test]
async fn a_topic_without_a_table_stops_the_task() {
    let rig = Rig::new([]).await;
    let mut task = rig.task(&[("doris.topic2table.map", "a:t"), ("connect.topicnames", "a")]).await.unwrap();
    check(&fatal(task.put(&batch(ROWS)).await), &["doris.topic2table.map", "\"orders\""]);
}

#[tokio::test]
async fn before_start_nothing_is_taken() {
    let mut task = connector_api::SinkConnector::task(&doris_sink::DorisSinkConnector);
    check(&fatal(put(&mut task, ROWS).await), &["put before start"]);
    let rig = Rig::new([Step::Load(success(2))]).await;
    let mut started = rig.task(&[]).await.unwrap();
    started.stop().await.unwrap();
    fatal(put(&mut started, ROWS).await);
}

#[tokio::test]
async fn bodies_are_compressed_where_the_server_takes_that() {
    let rig = Rig::new([Step::Load(success(2))]).await;
    let mut task = rig.task(&[("sink.properties.compress_type", "gz")]).await.unwrap();
    put(&mut task, ROWS).await.unwrap();
    let puts = rig.backend.puts();
    assert_eq!(puts[0].header("compress_type"), Some("gz"));
    assert!(puts[0].body.starts_with(&[0x1f, 0x8b]), "{:?}", puts[0].body);
}

#[tokio::test]
async fn what_a_server_does_not_decompress_is_sent_again_as_it_is_and_from_then_on() {
    let refused = answer("Fail", "[INTERNAL_ERROR]compress data of JSON format is not supported.", 0, 0, "");
    let rig = Rig::new([Step::Early(200, refused), Step::Load(success(2)), Step::Load(success(2))]).await;
    let mut task = rig.task(&[("sink.properties.compress_type", "gz")]).await.unwrap();
    put(&mut task, ROWS).await.unwrap();
    put(&mut task, ROWS).await.unwrap();
    let compressed: Vec<_> =
        rig.backend.puts().iter().map(|put| put.header("compress_type").is_some()).collect();
    assert_eq!(compressed, [true, false, false]);
}
