//! What is asked over MySQL, and what becomes of the answers.

mod evolve;
mod scripted;
mod shape;
mod standin;

use super::*;
use scripted::{Answer, Scripted};
use std::time::Duration;

#[track_caller]
fn check_nearest(wrong: &str, expected: Option<&str>) {
    let names = ["orders", "order_items", "Clicks"].map(str::to_owned);
    assert_eq!(nearest(wrong, &names).as_deref(), expected, "{wrong}");
}

#[test]
fn the_nearest_name_is_found_where_one_is_near() {
    check_nearest("order", Some("orders"));
    check_nearest("ordres", Some("orders"));
    check_nearest("clicks", Some("Clicks"));
    check_nearest("order_item", Some("order_items"));
    check_nearest("users", None);
    check_nearest("x", None);
    assert_eq!(nearest("x", &[]), None);
}

fn name(name: &str) -> TableName {
    name.parse().unwrap()
}

/// The statement of a table with these columns, all of them INT.
fn create_text(columns: &[String]) -> String {
    let columns: Vec<_> = columns.iter().map(|column| format!("  `{column}` int NULL")).collect();
    format!(
        "CREATE TABLE `t` (\n{}\n) ENGINE=OLAP\nDUPLICATE KEY(`a`)\nDISTRIBUTED BY RANDOM BUCKETS 1\nPROPERTIES (\n);",
        columns.join(",\n")
    )
}

fn shown(columns: &[&str]) -> Answer {
    let columns: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
    Answer::rows(&["Table", "Create Table"], &[&["t", &create_text(&columns)]])
}

#[tokio::test]
async fn a_table_is_asked_for_once_and_anew_when_told() {
    let doris = Scripted::start(|_, _| shown(&["a"])).await;
    let mut catalog = doris.catalog();
    for _ in 0..3 {
        assert_eq!(catalog.table(&name("t")).await.unwrap().columns.len(), 1);
    }
    assert_eq!(doris.statements(), ["SHOW CREATE TABLE `shop`.`t`"]);
    catalog.refresh(&name("t")).await.unwrap();
    assert_eq!((doris.statements().len(), doris.connections()), (2, 1));
}

#[tokio::test]
async fn a_table_that_is_found_gone_is_not_remembered() {
    let doris = Scripted::start(|number, statement| match statement {
        "SHOW DATABASES" => Answer::rows(&["Database"], &[&["shop"]]),
        "SHOW TABLES FROM `shop`" => Answer::rows(&["Tables_in_shop"], &[&["tt"]]),
        _ if number == 0 => shown(&["a"]),
        _ => Answer::Refused(1146, "errCode = 2, detailMessage = Unknown table 't'".into()),
    })
    .await;
    let mut catalog = doris.catalog();
    catalog.table(&name("t")).await.unwrap();
    for asked in [catalog.refresh(&name("t")).await, catalog.table(&name("t")).await] {
        assert_eq!(asked.unwrap_err().to_string(), "there is no table shop.t; did you mean \"tt\"?");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_opened_anew() {
    let doris = Scripted::start(|number, _| match number {
        1 => Answer::HangUp,
        _ => shown(&["a"]),
    })
    .await;
    let mut catalog = doris.catalog();
    catalog.refresh(&name("t")).await.unwrap();
    catalog.refresh(&name("t")).await.unwrap();
    assert_eq!((doris.statements().len(), doris.connections()), (3, 2));
}

#[tokio::test]
async fn the_next_frontend_is_asked_when_one_is_away_or_silent_or_full() {
    let doris = Scripted::start(|number, _| match number {
        1 => Answer::HangUp,
        _ => shown(&["a"]),
    })
    .await;
    let silent = Scripted::start(|_, _| Answer::Silence).await;
    let full = Scripted::full().await;
    let mut catalog = scripted::catalog(&[scripted::nobody().await, silent.at(), full.at(), doris.at()]);
    catalog.table(&name("t")).await.unwrap();
    assert_eq!((silent.statements().len(), full.connections(), doris.connections()), (1, 1, 1));
    // The one that answered stays the first.
    catalog.refresh(&name("t")).await.unwrap();
    assert_eq!((silent.statements().len(), full.connections(), doris.connections()), (1, 1, 2));
}

#[tokio::test]
async fn when_nobody_answers_each_frontend_is_named_and_the_question_may_be_asked_again() {
    let (nobody, full) = (scripted::nobody().await, Scripted::full().await);
    let not_mysql = Scripted::saying(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let mut catalog = scripted::catalog(&[nobody.clone(), full.at(), not_mysql.at()]);
    let error = catalog.table(&name("t")).await.unwrap_err();
    assert!(error.is_transient());
    let told = error.to_string();
    for part in [
        &format!("no frontend answers on its MySQL port: {nobody}: "),
        &format!("{}: Too many connections (error 1040); ", full.at()),
        &format!("{}: ", not_mysql.at()),
        "is doris.query.port right",
    ] {
        assert!(told.contains(part), "no {part:?} in: {told}");
    }
}

#[tokio::test]
async fn a_statement_that_is_dropped_leaves_no_answer_to_the_next() {
    let doris = Scripted::start(|number, _| match number {
        0 => Answer::After(Duration::from_secs(3600), Box::new(shown(&["old"]))),
        _ => shown(&["new"]),
    })
    .await;
    let mut catalog = doris.catalog();
    let table = name("t");
    let mut asked = Box::pin(catalog.table(&table));
    tokio::select! {
        _ = &mut asked => panic!("answered"),
        () = doris.until_asked() => {}
    }
    drop(asked);
    assert!(catalog.table(&table).await.unwrap().column("new").is_some());
}
