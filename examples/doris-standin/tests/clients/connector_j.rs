//! MySQL Connector/J.

use doris_standin::Options;

use super::support::{PASSWORD, start_with};
use super::versions::CONNECTOR_J;
use super::{installed, needs, process};

async fn check(parameters: &str) {
    check_on(Options::default(), parameters).await;
}

async fn check_on(options: Options, parameters: &str) {
    let jars = installed::jars("connector-j", CONNECTOR_J);
    if needs::skip(&jars) {
        return;
    }
    let running = start_with(options).await;
    let port = running.mysql.port().to_string();
    let printed = process::java(&jars.unwrap(), "java/ConnectorJ.java", &[&port, PASSWORD, parameters]).await;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let expected = [
        "batch: 3",
        "row: 1|-1|123456789.125|0.5|2024-02-29|2024-02-29 12:34:56.789|it's \\ \"é中\" #1|14",
        "row: 2|-2|123456789.125|1.0|2024-02-29|2024-02-29 12:34:56.789|it's \\ \"é中\" #2|null",
        "count: 3 123456789.125",
        "product: MySQL 5.7.99",
        "table: typed TABLE",
        "column: id BIGINT 19 NO",
        "column: price DECIMAL 12 YES",
        "column: name VARCHAR 64 YES",
        "refused: 1105 HY000 errCode = 2, detailMessage = Table [nope] does not exist in database [test].",
        "refused: 1049 42000 errCode = 2, detailMessage = Unknown database 'nodb'",
        "refused: 1105 HY000 errCode = 2, detailMessage = Column count doesn't match value count",
        "valid: true",
        "shut out: 1045 Access denied for user 'nop@127.0.0.1' (using password: YES)",
        "shut out: 1049 errCode = 2, detailMessage = Unknown database 'nodb'",
    ];
    let lines: Vec<&str> = printed.out.lines().collect();
    let missing: Vec<_> = expected.iter().filter(|line| !lines.contains(line)).collect();
    assert!(missing.is_empty(), "missing {missing:#?} in {}{}", printed.out, printed.err);
    assert_eq!(lines.iter().filter(|line| line.starts_with("refused: ")).count(), 6, "{}", printed.out);
}

#[tokio::test]
async fn connector_j_with_statements_prepared_by_itself() {
    check("useSSL=false").await;
}

#[tokio::test]
async fn connector_j_with_statements_prepared_by_the_server() {
    check("useSSL=false&useServerPrepStmts=true&cachePrepStmts=true").await;
}

#[tokio::test]
async fn connector_j_with_batches_rewritten() {
    check("useSSL=false&rewriteBatchedStatements=true").await;
}

#[tokio::test]
async fn connector_j_over_tls() {
    check_on(Options { mysql_tls: true, ..Options::default() }, "sslMode=REQUIRED").await;
}
