//! Tables are made and changed for rows.

use super::*;
use crate::catalog::shape::Shaper;
use bytes::Bytes;
use connector_api::{Field, FieldType, Schema, SchemaRef};
use std::sync::{Arc, Mutex};

/// A Doris with at most one table, `t`, that remembers what was done to it.
async fn doris(columns: Option<&[&str]>) -> Scripted {
    let columns = columns.map(|columns| columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
    let table = Arc::new(Mutex::new(columns));
    Scripted::start(move |_, statement| {
        let mut table = table.lock().unwrap();
        let names = |of: &str| of.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        if let Some(definitions) = statement.strip_prefix("CREATE TABLE IF NOT EXISTS `shop`.`t` ") {
            let (columns, _) = definitions.split_once(" DUPLICATE KEY").unwrap();
            table.get_or_insert_with(|| names(columns));
            return Answer::Done;
        }
        match (statement, &mut *table) {
            ("SHOW DATABASES", _) => Answer::rows(&["Database"], &[&["shop"]]),
            ("SHOW TABLES FROM `shop`", None) => Answer::rows(&["Tables_in_shop"], &[]),
            (_, None) => Answer::Refused(1146, "errCode = 2, detailMessage = Unknown table 't'".into()),
            ("SHOW CREATE TABLE `shop`.`t`", Some(columns)) => {
                Answer::rows(&["Table", "Create Table"], &[&["t", &create_text(columns)]])
            }
            (alter, Some(columns)) => {
                columns.extend(names(alter.strip_prefix("ALTER TABLE `shop`.`t` ADD COLUMN").unwrap()));
                Answer::Done
            }
        }
    })
    .await
}

const ADDS: SchemaPolicy = SchemaPolicy { adds_columns: true, creates: None };

fn creates() -> SchemaPolicy {
    SchemaPolicy { adds_columns: false, creates: Some(TableLayout::default()) }
}

async fn fit(shaper: &mut Shaper, rows: &[&str], schema: Option<&SchemaRef>) -> Result<(), String> {
    let rows = rows.iter().map(|row| (Bytes::copy_from_slice(row.as_bytes()), schema));
    shaper.fit(&name("t"), rows).await.map_err(|error| error.to_string())
}

/// The statements that change something.
fn changes(doris: &Scripted) -> Vec<String> {
    let mut statements = doris.statements();
    statements.retain(|statement| !statement.starts_with("SHOW"));
    statements
}

async fn check(table: Option<&[&str]>, policy: SchemaPolicy, rows: &[&str], expected: &[&str]) {
    let doris = doris(table).await;
    let mut shaper = Shaper::of(policy, doris.catalog());
    fit(&mut shaper, rows, None).await.unwrap();
    assert_eq!(changes(&doris), expected);
    fit(&mut shaper, rows, None).await.unwrap();
    assert_eq!(changes(&doris), expected, "the second time there is nothing to do");
}

#[tokio::test]
async fn fields_without_a_column_get_one_that_holds_all_their_values() {
    check(
        Some(&["a"]),
        ADDS,
        &["{\"a\":1,\"b\":1}\n", "{\"c\":\"x\",\"b\":1.5}\n", "{\"d\":null}\n"],
        &["ALTER TABLE `shop`.`t` ADD COLUMN (`b` DOUBLE NULL, `c` STRING NULL)"],
    )
    .await;
}

#[tokio::test]
async fn fields_that_no_column_can_be_made_for_are_left_out() {
    check(Some(&["a"]), ADDS, &["{\"A\":1,\"__DORIS_DELETE_SIGN__\":1,\"\":2}\n"], &[]).await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_made_and_then_left_as_it_is() {
    check(
        None,
        creates(),
        &["{\"tags\":[1],\"id\":1}\n"],
        &["CREATE TABLE IF NOT EXISTS `shop`.`t` (`id` BIGINT NULL, `tags` ARRAY<BIGINT> NULL) DUPLICATE KEY(`id`) \
           DISTRIBUTED BY RANDOM BUCKETS AUTO"],
    )
    .await;
    check(Some(&["a"]), creates(), &["{\"b\":1}\n"], &[]).await;
}

#[tokio::test]
async fn a_table_that_another_task_makes_meanwhile_gets_the_columns_that_it_lacks() {
    let doris = doris(None).await;
    let policy = SchemaPolicy { adds_columns: true, ..creates() };
    let (mut one, mut other) =
        (Shaper::of(policy.clone(), doris.catalog()), Shaper::of(policy, doris.catalog()));
    let (first, second) =
        tokio::join!(fit(&mut one, &["{\"a\":1}\n"], None), fit(&mut other, &["{\"a\":1,\"b\":2}\n"], None));
    assert_eq!((first, second), (Ok(()), Ok(())));
    let mut catalog = doris.catalog();
    assert!(catalog.table(&name("t")).await.unwrap().column("b").is_some());
}

#[tokio::test]
async fn a_table_that_is_not_there_is_named_when_none_may_be_made() {
    let doris = doris(None).await;
    let refused = fit(&mut Shaper::of(ADDS, doris.catalog()), &["{\"a\":1}\n"], None).await;
    assert_eq!(refused, Err("there is no table shop.t".to_owned()));
}

#[tokio::test]
async fn a_schema_says_which_type_a_column_gets() {
    let of = |name: &str, field_type| Field { name: name.into(), schema: Arc::new(Schema::of(field_type)) };
    let row = vec![of("b", FieldType::Int8), of("c", FieldType::Float32)];
    let envelope = vec![of("op", FieldType::String), of("after", FieldType::Struct(row.clone()))];
    for fields in [row, envelope] {
        let doris = doris(Some(&["a"])).await;
        let schema = Arc::new(Schema::of(FieldType::Struct(fields)));
        let mut shaper = Shaper::of(ADDS, doris.catalog());
        fit(&mut shaper, &["{\"a\":1,\"b\":2,\"c\":3,\"d\":4}\n"], Some(&schema)).await.unwrap();
        let expected =
            "ALTER TABLE `shop`.`t` ADD COLUMN (`b` TINYINT NULL, `c` FLOAT NULL, `d` BIGINT NULL)";
        assert_eq!(changes(&doris), [expected]);
    }
}

#[tokio::test]
async fn what_is_known_of_a_table_is_not_asked_again_until_somebody_says_so() {
    let doris = doris(None).await;
    let mut shaper = Shaper::of(creates(), doris.catalog());
    fit(&mut shaper, &["{\"a\":1}\n"], None).await.unwrap();
    let before = doris.statements().len();
    fit(&mut shaper, &["{\"a\":1}\n"], None).await.unwrap();
    assert_eq!(doris.statements().len(), before);
    shaper.forget();
    fit(&mut shaper, &["{\"a\":1}\n"], None).await.unwrap();
    assert_eq!(doris.statements().len(), before + 1);
}
