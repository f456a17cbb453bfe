//! The catalog against the stand-in.

use super::*;
use crate::http::Endpoint;
use connector_api::Secret;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;

async fn doris(statements: &[&str]) -> Running {
    let doris = Standin::start(Options { password: "s3cret".into(), ..Options::default() }).await.unwrap();
    let url = format!("mysql://root:s3cret@{}?prefer_socket=false", doris.mysql);
    let mut sql = mysql_async::Conn::from_url(url).await.unwrap();
    for statement in [&["CREATE DATABASE shop"], statements].concat() {
        sql.query_drop(statement).await.unwrap();
    }
    doris
}

fn catalog(doris: &Running, database: &str, password: &str) -> Catalog {
    let at = Endpoint::parse(&doris.mysql.to_string(), 1).unwrap();
    let login = Login { user: "root".into(), password: Secret::new(password) };
    let limits = Limits { connect: Duration::from_secs(10), answer: Duration::from_secs(10) };
    Catalog::of(database, Session::new(vec![at], login, limits, 0))
}

const ORDERS: &str = "CREATE TABLE shop.orders (id BIGINT NOT NULL, day DATE NOT NULL, name VARCHAR(20) DEFAULT 'x', \
     price DECIMAL(10,2), at DATETIME(3)) UNIQUE KEY(id, day) DISTRIBUTED BY HASH(id) BUCKETS 1 \
     PROPERTIES ('replication_num' = '1', 'enable_unique_key_merge_on_write' = 'true')";
const TOTALS: &str = "CREATE TABLE shop.totals (id INT, n BIGINT SUM) AGGREGATE KEY(id) DISTRIBUTED BY HASH(id) \
     BUCKETS 1 PROPERTIES ('replication_num' = '1')";

#[tokio::test]
async fn tables_are_seen_with_their_model_and_their_columns() {
    let doris = doris(&[ORDERS, TOTALS]).await;
    let mut catalog = catalog(&doris, "shop", "s3cret");
    let orders = catalog.table(&name("orders")).await.unwrap();
    assert_eq!(orders.model, KeyModel::Unique { merge_on_write: true });
    let columns: Vec<_> = orders.columns.iter().map(|c| format!("{} {}", c.name, c.column_type)).collect();
    assert_eq!(
        columns,
        ["id BIGINT", "day DATE", "name VARCHAR(20)", "price DECIMAL(10,2)", "at DATETIME(3)"]
    );
    let keys = orders.columns.iter().filter(|c| c.key).map(|c| c.name.as_str());
    assert_eq!(keys.collect::<Vec<_>>(), ["id", "day"]);
    assert!(orders.columns.iter().map(|c| c.nullable).eq([false, false, true, true, true]));
    assert_eq!(orders.column("name").unwrap().source, Source::Default("x".into()));
    let totals = catalog.table(&name("totals")).await.unwrap();
    assert_eq!((totals.model, totals.columns[1].aggregate.as_deref()), (KeyModel::Aggregate, Some("SUM")));
    catalog.close().await;
    doris.shutdown().await;
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_is_nearest() {
    let doris = doris(&[ORDERS]).await;
    let error = catalog(&doris, "shop", "s3cret").table(&name("order")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no table shop.order; did you mean \"orders\"?");
    let error = catalog(&doris, "shop", "s3cret").table(&name("users")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no table shop.users");
    let error = catalog(&doris, "Shop", "s3cret").table(&name("orders")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no database \"Shop\" (doris.database); did you mean \"shop\"?");
    assert!(!error.is_transient());
    doris.shutdown().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_without_the_password() {
    let doris = doris(&[]).await;
    let error = catalog(&doris, "shop", "wr0ng").table(&name("orders")).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(matches!(error, CatalogError::Denied { .. }), "{told}");
    assert!(told.contains("doris.user and doris.password") && !told.contains("wr0ng"), "{told}");
    doris.shutdown().await;
}

#[tokio::test]
async fn a_table_is_created_once() {
    let doris = doris(&[]).await;
    let columns = [NewColumn::new("name", DorisType::String), NewColumn::new("id", DorisType::BigInt)];
    let layout = TableLayout {
        model: NewModel::Unique,
        keys: vec!["id".into()],
        replication: Some(1),
        buckets: Some(2),
    };
    let (mut one, mut other) = (catalog(&doris, "shop", "s3cret"), catalog(&doris, "shop", "s3cret"));
    let new = name("new");
    let (first, second) =
        tokio::join!(one.create(&new, &columns, &layout), other.create(&new, &columns, &layout));
    let table = first.unwrap();
    assert_eq!(table, second.unwrap());
    assert_eq!(
        table.columns.iter().map(|c| (&c.name[..], c.key)).collect::<Vec<_>>(),
        [("id", true), ("name", false)]
    );
    doris.shutdown().await;
}
