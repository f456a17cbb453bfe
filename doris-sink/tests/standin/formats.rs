//! How rows are sent.

use crate::doris::{Doris, ROWS, batch_at, good, put_until_taken};
use connector_api::SinkError;
use proptest::{prelude::*, test_runner::TestRunner};

const CSV: [(&str, &str); 2] =
    [("sink.properties.format", "csv"), ("sink.properties.columns", "id,name,note")];

#[tokio::test(flavor = "multi_thread")]
async fn rows_can_be_the_elements_of_one_array() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[("sink.properties.strip_outer_array", "true")]).await.unwrap();
    task.put(&good(0)).await.unwrap();
    let mixed = ["{\"id\":1000}", "{\"name\":\"no id\"}", "{\"id\":1001}"].map(str::to_owned);
    match task.put(&batch_at(1000, mixed.into_iter())).await {
        Err(SinkError::Records(refused)) => {
            assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [1001]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(doris.rows().await, (ROWS + 2, ROWS + 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_decompress_gets_rows_as_they_are() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[("sink.properties.compress_type", "gz")]).await.unwrap();
    for number in 0..3 {
        put_until_taken(&mut task, &good(number)).await;
    }
    assert_eq!(doris.rows().await, (3 * ROWS, 3 * ROWS));
    assert_eq!(doris.loads().await, ["VISIBLE"; 3], "what was refused began no load");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_can_be_lines_of_csv_and_bad_ones_among_them_are_found() {
    let mut doris = Doris::start().await;
    doris.run("ALTER TABLE shop.orders ADD COLUMN (note STRING, extra JSON)").await;
    let columns = ("sink.properties.columns", "id,name,note,extra");
    let mut task = doris.task(&[CSV[0], columns]).await.unwrap();
    let rows = [
        r#"{"id":1,"name":"a"}"#,
        r#"{"name":"no id"}"#,
        r#"{"id":2,"note":{"a": [1, "\"x\""]},"extra":{"b":"\"y\""},"other":0}"#,
        r#"{"note":"no id\neither","name":null}"#,
        r#"{"id":3,"name":"","note":"say \"hi\"\n\\N"}"#,
    ];
    match task.put(&batch_at(0, rows.map(str::to_owned).into_iter())).await {
        Err(SinkError::Records(refused)) => {
            assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [1, 3]);
        }
        other => panic!("{other:?}"),
    }
    let rows = doris.query("SELECT id, name, note, extra FROM shop.orders ORDER BY id").await;
    let expected =
        ["1|a|NULL|NULL", r#"2|NULL|{"a": [1, "\"x\""]}|{"b":"\"y\""}"#, "3||say \"hi\"\n\\N|NULL"];
    assert_eq!(rows, expected);
}

/// A value of a field: what JSON has, with much of what separators, quotes and escapes are made of.
fn values() -> impl Strategy<Value = serde_json::Value> {
    let special = proptest::collection::vec(
        prop_oneof![
            Just('"'),
            Just('\\'),
            Just('\n'),
            Just('\r'),
            Just('\u{1}'),
            Just('\t'),
            Just(','),
            Just('N'),
            any::<char>()
        ],
        0..12,
    );
    let text =
        special.prop_map(|characters| characters.into_iter().filter(|c| *c != '\0').collect::<String>());
    prop_oneof![
        4 => text.prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
        1 => Just(serde_json::Value::from("\\N")),
        1 => any::<i64>().prop_map(serde_json::Value::from),
    ]
}

#[test]
fn what_is_read_back_is_what_was_sent_in_json_and_in_csv() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut doris = runtime.block_on(async {
        let mut doris = Doris::start().await;
        doris.run("ALTER TABLE shop.orders ADD COLUMN note STRING").await;
        doris
    });
    let mut runner = TestRunner::new(ProptestConfig { cases: 40, ..ProptestConfig::default() });
    let mut first = 0;
    let doris = std::cell::RefCell::new((&mut doris, &mut first));
    let batches = proptest::collection::vec(values(), 1..20);
    let outcome = runner.run(&batches, |values| {
        let (doris, first) = &mut *doris.borrow_mut();
        for format in [&[][..], &CSV[..]] {
            let from = **first;
            let body = |(id, value): (i64, &serde_json::Value)| {
                serde_json::json!({"id": id, "note": value}).to_string()
            };
            let bodies: Vec<_> = (from..).zip(&values).map(body).collect();
            **first += i64::try_from(values.len()).unwrap();
            let read = runtime.block_on(async {
                let mut task = doris.task(format).await.unwrap();
                task.put(&batch_at(from, bodies.into_iter())).await.unwrap();
                doris.query(&format!("SELECT note FROM shop.orders WHERE id >= {from} ORDER BY id")).await
            });
            let sent = values.iter().map(|value| match value {
                serde_json::Value::Null => "NULL".to_owned(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            prop_assert_eq!(read, sent.collect::<Vec<_>>(), "{:?}", format);
        }
        Ok(())
    });
    outcome.unwrap();
}
