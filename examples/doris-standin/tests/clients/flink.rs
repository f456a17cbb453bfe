//! Flink's sink for Doris, without Flink around it: its batch loads, and its two-phase loads with their recovery.

use super::support::{PASSWORD, count, rows, start};
use super::versions::FLINK;
use super::{installed, needs, process};

#[tokio::test]
async fn the_classes_of_flinks_sink_load_commit_and_recover() {
    let jars = installed::jars("flink", FLINK);
    if needs::skip(&jars) {
        return;
    }
    let running = start().await;
    let fe = running.fe.to_string();
    let printed = process::java(&jars.unwrap(), "java/FlinkLoads.java", &[&fe, PASSWORD]).await;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    printed.check(&[
        ("batch", "loaded"),
        ("left", "Success true"),
        ("prepared", "Success true"),
        ("committed", "once"),
    ]);
    assert!(printed.out.contains("committed: twice"), "{printed:?}");
    printed.check_words("wrong password", &["refused"]);
    printed.check_words("no table", &["refused", "table not found, tableName=nope"]);
    printed.check_words("bad rows", &["refused", "too many filtered rows", "_load_error_log?file="]);
    printed.check_words("label", &["used", "Label Already Exists and load job finished"]);
    // What was left prepared was aborted, what was committed is there once.
    assert_eq!(count(&running, "test.t").await, 1001);
    assert_eq!(rows::<i64>(&running, "select max(id) from test.t").await, [6000]);
    assert_eq!(
        rows::<String>(&running, "select name from test.t where id = 999").await,
        ["é\t999".to_owned()]
    );
}
