//! What does not fit is named when the connector is created.

use crate::doris::Doris;
use connector_api::CheckError;

const ORDERS: &str = "CREATE TABLE shop.orders (id BIGINT NOT NULL, name VARCHAR(20)) DUPLICATE KEY(id) \
     DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ('replication_num' = '1')";

async fn check(more: &[(&str, &str)], expected: Result<(), &str>) {
    let doris = Doris::start(&[ORDERS]).await;
    match (doris.check(more).await, expected) {
        (Ok(()), Ok(())) => {}
        (Err(CheckError::Wrong(wrong)), Err(expected)) => {
            let told = wrong.to_string().replace(&doris.running.mysql.port().to_string(), "9030");
            assert_eq!(told, expected);
        }
        (found, _) => panic!("{more:?}: {found:?}"),
    }
    doris.running.shutdown().await;
}

#[tokio::test]
async fn a_configuration_that_fits_is_right() {
    check(&[], Ok(())).await;
    check(&[("doris.topic2table.map", "orders:orders")], Ok(())).await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_named_with_the_nearest() {
    check(
        &[("doris.topic2table.map", "orders:ordres")],
        Err(
            "doris.topic2table.map: there is no table shop.ordres; did you mean \"orders\"?; create it first, or let the sink \
             do so with table.create=basic",
        ),
    )
    .await;
}

#[tokio::test]
async fn all_that_does_not_fit_is_named_at_once() {
    let more = [
        ("connect.topicnames", "orders;clicks"),
        ("sink.properties.merge_type", "MERGE"),
        ("sink.properties.delete", "id=1"),
    ];
    check(
        &more,
        Err(
            "doris.topic2table.map: there is no table shop.clicks; create it first, or let the sink do so with \
             table.create=basic; sink.properties.merge_type: needs a table with a unique key, and orders has duplicate key",
        ),
    )
    .await;
}

#[tokio::test]
async fn a_wrong_database_is_named_once() {
    check(
        &[("doris.database", "shops"), ("connect.topicnames", "orders;clicks")],
        Err("doris.database: there is no database \"shops\" (doris.database); did you mean \"shop\"?"),
    )
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_named_and_not_shown() {
    let doris = Doris::start(&[ORDERS]).await;
    let wrong = doris.check(&[("doris.password", "wr0ng")]).await.unwrap_err().to_string();
    assert!(wrong.starts_with("doris.user: ") && wrong.contains("doris.password right?"), "{wrong}");
    assert!(!wrong.contains("wr0ng"), "{wrong}");
    doris.running.shutdown().await;
}

#[tokio::test]
async fn a_doris_that_does_not_answer_stands_against_nothing() {
    let doris = Doris::start(&[]).await;
    let config = doris.config(&[]);
    doris.running.shutdown().await;
    let found = connector_api::SinkConnector::check(&doris_sink::DorisSinkConnector, &config).await;
    match found {
        Err(CheckError::Unanswered(why)) => assert!(why.contains("doris.query.port"), "{why}"),
        found => panic!("{found:?}"),
    }
}

#[tokio::test]
async fn a_table_that_the_sink_is_to_make_need_not_be_there() {
    check(&[("connect.topicnames", "clicks"), ("table.create", "basic")], Ok(())).await;
}

#[tokio::test]
async fn nothing_is_looked_at_when_told_so() {
    check(&[("doris.check.tables", "false"), ("doris.database", "nowhere")], Ok(())).await;
}
