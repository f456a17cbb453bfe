//! PyMySQL.

use doris_standin::Options;

use super::support::{PASSWORD, start, start_with};
use super::{installed, needs, process};

#[tokio::test]
async fn pymysql_goes_over_tls_where_it_is_on_and_not_where_it_is_off() {
    let packages = installed::python();
    if needs::skip(&packages) {
        return;
    }
    let packages = packages.unwrap();
    let running = start_with(Options { mysql_tls: true, ..Options::default() }).await;
    let root = running.root_certificate().display().to_string();
    let port = running.mysql.port().to_string();
    let printed = process::python(&packages, "python/pymysql_tls.py", &[&port, PASSWORD, &root]).await;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    printed.check(&[("secured", "True"), ("answer", "1")]);
    let plain = start().await;
    let port = plain.mysql.port().to_string();
    let printed = process::python(&packages, "python/pymysql_tls.py", &[&port, PASSWORD, &root]).await;
    // The client finds out by itself that TLS is not offered, and goes on without.
    printed.check(&[("secured", "False"), ("answer", "1")]);
}

#[tokio::test]
async fn pymysql_reads_back_what_it_wrote_and_meets_refusals() {
    let packages = installed::python();
    if needs::skip(&packages) {
        return;
    }
    let running = start().await;
    let port = running.mysql.port().to_string();
    let printed = process::python(&packages.unwrap(), "python/pymysql_session.py", &[&port, PASSWORD]).await;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    printed.check(&[
        ("written", "4"),
        ("read back", "4"),
        ("by name", "1"),
        ("deleted", "True"),
        ("left", "3"),
        ("database", "test2"),
        ("variable columns", "['Variable_name', 'Value', 'Default_Value', 'Changed']"),
        (
            "table",
            "OperationalError 1105 errCode = 2, detailMessage = Table [nope] does not exist in database [test].",
        ),
        (
            "column",
            "OperationalError 1105 errCode = 2, detailMessage = Unknown column 'nope' in 'table list' in PROJECT clause",
        ),
        ("database", "test2"),
        (
            "values",
            "OperationalError 1105 errCode = 2, detailMessage = Column count doesn't match value count",
        ),
        (
            "wrong password",
            "OperationalError 1045 Access denied for user 'nop@127.0.0.1' (using password: YES)",
        ),
        (
            "no such user",
            "OperationalError 1045 Access denied for user 'nosuch@127.0.0.1' (using password: YES)",
        ),
        ("no such database", "OperationalError 1049 errCode = 2, detailMessage = Unknown database 'nodb'"),
    ]);
    printed.check_words(
        "syntax",
        &["OperationalError 1105", "detailMessage = \\nmismatched input 'selec' expecting"],
    );
    printed.check_words("again", &["test"]);
    for refused in ["not granted", "not granted to write"] {
        assert!(!printed.value(refused).contains("taken"), "{printed:?}");
    }
}
