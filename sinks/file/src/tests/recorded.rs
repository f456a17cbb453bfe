//! What the position record says of records that are no lines, and what it must not say.

use super::{
    Place,
    Shown::{Line, Nothing, Refused},
    refused, shown,
};
use std::fs;

#[tokio::test]
async fn the_record_keeps_ranges_however_many_offsets_are_missing() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    let mut messages = vec![Nothing; 100_000];
    messages[1] = Line("a");
    messages[50_000] = Refused;
    messages[99_998] = Line("b");
    assert_eq!(refused(&mut *task, &shown(0, &messages)).await, [50_000]);
    let missing = |record: &str| record[record.find("\"missing\"").unwrap()..].to_owned();
    let record = fs::read_to_string(place.position()).unwrap();
    assert_eq!(missing(&record), "\"missing\":[[0,1],[2,99998],[99999,100000]]}]}}\n");

    // One that grows has its new end in the same range.
    refused(&mut *task, &shown(99_999, &[Refused, Nothing, Line("c")])).await;
    let record = fs::read_to_string(place.position()).unwrap();
    assert_eq!(missing(&record), "\"missing\":[[99999,100001]]}]}}\n");
}

/// Starts on a whole record that has `queue` as what it knows of queue 0.
async fn check_refused(queue: &str, expected: &str) {
    let place = Place::new();
    let position = format!(
        r#"{{"format":1,"connector":"c","length":0,"queues":[{{"topic":"t","broker":"b","queue":0,{queue}}}]}}"#
    );
    let crc32 = crc32fast::hash(position.as_bytes());
    let record = format!("{{\"crc32\":{crc32},\"position\":{position}}}\n");
    fs::write(place.position(), &record).unwrap();
    let refused = place.start().await.err().map(|error| error.to_string()).unwrap_or_default();
    let expected = format!("out.position is not a whole position record ({expected}");
    assert!(refused.contains(&expected), "{queue}: {refused:?}");
    assert_eq!(fs::read_to_string(place.position()).unwrap(), record, "the position record was touched");
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_refused() {
    check_refused(r#""next":5,"resume":3"#, "missing field `missing`").await;
    check_refused(r#""next":-1,"missing":[]"#, "it holds the offset -1").await;
    check_refused(r#""next":5,"missing":[[-2,1]]"#, "it holds the offset -2").await;
    for (missing, named) in [
        ("[[2,2]]", "2 to 2"),
        ("[[3,2]]", "3 to 2"),
        ("[[4,6]]", "4 to 6"),
        ("[[1,3],[2,4]]", "2 to 4"),
        ("[[3,4],[1,2]]", "1 to 2"),
    ] {
        let expected = format!("the missing offsets {named} of t/b/0 are not in order");
        check_refused(&format!(r#""next":5,"missing":{missing}"#), &expected).await;
    }
}
