//! What Doris, or the sink before it, does not take.

use crate::doris::{Doris, batch_at};
use connector_api::SinkError;

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_no_rows_are_named_and_the_others_loaded_once() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let bodies = ["{\"id\":1}", "not json", "{\"id\":2}", "[{\"id\":3}]"];
    for _ in 0..2 {
        match task.put(&batch_at(0, bodies.iter().map(ToString::to_string))).await {
            Err(SinkError::Records(refused)) => {
                assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [1, 3]);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(doris.rows().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_doris_refuses_are_shown_with_its_reason() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let refused =
        task.put(&batch_at(0, [r#"{"id":1}"#, r#"{"name":"no id"}"#].iter().map(ToString::to_string))).await;
    match refused {
        Err(SinkError::Records(refused)) => {
            println!("{refused:?}");
            assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [1]);
            assert!(refused[0].reason.contains("refused it because of the rows in it"), "{refused:?}");
            assert!(refused[0].reason.contains("column(id) values is null"), "{refused:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(doris.rows().await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found_at_the_start() {
    let doris = Doris::start().await;
    for (key, value, shown) in [
        ("doris.password", "wrong", "doris.password"),
        ("doris.user", "nobody", "doris.user"),
        ("doris.database", "nodb", "create the database"),
        ("doris.topic2table.map", "orders:nope", "create the table"),
    ] {
        match doris.task(&[(key, value)]).await {
            Err(error @ SinkError::Fatal(_)) => {
                println!("{error}");
                assert!(error.to_string().contains(shown), "{error}");
                assert!(!error.to_string().contains("s3cret"), "{error}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{key}={value} was accepted"),
        }
    }
}
