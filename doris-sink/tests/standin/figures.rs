//! What an operator sees of loads, table by table.

use crate::doris::{Doris, ROWS, good, put_until_taken};
use connector_api::FigureValue;

/// A figure of the table, by its name and its reason if it has one.
fn figure(doris: &Doris, name: &str, reason: Option<&str>) -> Option<FigureValue> {
    let all = doris.figures.all().into_iter();
    all.filter(|figure| figure.name == name)
        .filter(|figure| figure.labels.contains(&("table", "shop.orders".to_owned())))
        .find(|figure| reason.is_none_or(|reason| figure.labels.contains(&("reason", reason.to_owned()))))
        .map(|figure| figure.value)
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_rows_failures_and_what_was_found_loaded_are_counted() {
    let doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    task.put(&good(0)).await.unwrap();
    let busy = r#"{"at":"be.stream_load","kind":"fail","message":"[E-235]version count: 2001"}"#;
    doris.faults(&format!(r#"[{busy},{{"at":"be.stream_load","kind":"commit_then_drop"}}]"#)).await;
    put_until_taken(&mut task, &good(1)).await;
    let count = |name, reason| match figure(&doris, name, reason) {
        Some(FigureValue::Count(count)) => count,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!((count("loads", None), count("loads_found_loaded", None)), (1, 1));
    assert_eq!(count("rows_loaded", None), u64::try_from(ROWS).unwrap());
    assert!(count("bytes_loaded", None) > count("rows_loaded", None));
    assert_eq!(count("load_failures", Some("too_many_versions")), 1);
    match figure(&doris, "last_label", None) {
        Some(FigureValue::Latest(label)) => assert!(label.starts_with("c_orders_0_100_200_"), "{label}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(figure(&doris, "load_publish", None), Some(FigureValue::Elapsed(_))));
}
