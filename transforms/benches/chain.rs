//! Nanoseconds a record, for chains over a JSON text of 1 KiB: `cargo bench -p transforms`.
//!
//! Each case runs in rounds that take turns with the others; the fastest round is shown, with the median beside it. What it costs to make
//! and drop the record itself is a case of its own (`control`), and is in the figures of all others.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use bytes::Bytes;
use connector_api::{ConnectRecord, ConnectorConfig, Headers, QueueId, QueueOffset, Text, Value};
use std::{hint::black_box, time::Instant};
use transforms::Chain;

const ROUNDS: usize = 40;
const RECORDS: u32 = 20_000;

/// An order of 1,024 bytes with 24 fields, of which two are nested.
fn order() -> Bytes {
    let mut text = String::from(
        r#"{"id":4711081500001,"customer_id":88123,"status":"paid","currency":"EUR","total":149.90,"tax":23.93,"card":"4711 0815 1234 5678","#,
    );
    text.push_str(r#""created_at":"2026-11-22T20:51:07.123Z","updated_at":1795380667123,"is_gift":false,"coupon":null,"#);
    text.push_str(r#""address":{"name":"Ada Lovelace","street":"12 St James's Square","city":"London","zip":"SW1Y 4JH","country":"GB"},"#);
    text.push_str(
        r#""lines":[{"sku":"A-100","qty":2,"price":49.95},{"sku":"B-200","qty":1,"price":50.00}],"#,
    );
    for i in 0..10 {
        text.push_str(&format!(r#""attribute_{i}":"value number {i}","#));
    }
    let rest = 1024 - text.len() - r#""note":""}"#.len();
    text.push_str(&format!(r#""note":"{}"}}"#, "lorem ipsum ".repeat(rest / 12 + 1).get(..rest).unwrap()));
    assert_eq!(text.len(), 1024);
    text.into()
}

fn chain(keys: &[(&str, &str)]) -> Chain {
    Chain::from_config(&keys.iter().copied().collect::<ConnectorConfig>()).unwrap()
}

const THREE: &[(&str, &str)] = &[
    ("transforms", "rename,mask,source"),
    ("transforms.rename.class", "ReplaceField$Value"),
    ("transforms.rename.exclude", "coupon"),
    ("transforms.rename.renames", "id:order_id"),
    ("transforms.mask.class", "MaskField$Value"),
    ("transforms.mask.fields", "card"),
    ("transforms.source.class", "InsertField$Value"),
    ("transforms.source.topic.field", "source_topic"),
];

const CONVERT: &[(&str, &str)] = &[
    ("transforms", "cast,time,case"),
    ("transforms.cast.class", "Cast$Value"),
    ("transforms.cast.spec", "total:string,is_gift:int8"),
    ("transforms.time.class", "TimestampConverter$Value"),
    ("transforms.time.field", "created_at"),
    ("transforms.time.target.type", "unix"),
    ("transforms.time.format", "yyyy-MM-dd'T'HH:mm:ss.SSSX"),
    ("transforms.case.class", "ChangeCase$Value"),
    ("transforms.case.from", "LOWER_UNDERSCORE"),
    ("transforms.case.to", "LOWER_CAMEL"),
];

const FLATTEN: &[(&str, &str)] = &[("transforms", "flat"), ("transforms.flat.class", "Flatten$Value")];

const READ: &[(&str, &str)] = &[
    ("transforms", "tests"),
    ("transforms.tests.class", "PatternFilter$Value"),
    ("transforms.tests.fields", "status"),
    ("transforms.tests.pattern", "test"),
];

const NO_MATCH: &[(&str, &str)] = &[
    ("transforms", "rename"),
    ("transforms.rename.class", "ReplaceField$Value"),
    ("transforms.rename.renames", "id:order_id"),
    ("transforms.rename.predicate", "others"),
    ("predicates", "others"),
    ("predicates.others.class", "TopicNameMatches"),
    ("predicates.others.pattern", "others-.*"),
];

const ROUTE: &[(&str, &str)] = &[
    ("transforms", "route"),
    ("transforms.route.class", "RegexRouter"),
    ("transforms.route.regex", "(.*)-eu"),
    ("transforms.route.replacement", "$1"),
];

const HEADER: &[(&str, &str)] = &[
    ("transforms", "mark"),
    ("transforms.mark.class", "InsertHeader"),
    ("transforms.mark.header", "source"),
    ("transforms.mark.value.literal", "shop"),
];

/// The same as [`THREE`], by building a tree, changing it and writing it.
fn by_tree(record: ConnectRecord) -> ConnectRecord {
    let mut tree: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&record.value().text()).unwrap();
    let renamed = tree.remove("id").unwrap();
    tree.insert("order_id".to_owned(), renamed);
    tree.remove("coupon");
    tree.insert("card".to_owned(), "".into());
    tree.insert("source_topic".to_owned(), "orders-eu".into());
    let text = Text::from_utf8(serde_json::to_vec(&tree).unwrap().into()).unwrap();
    record.with_value(Value::String(text), None)
}

/// One case: its name, what it does, and the time of each round.
type Case = (&'static str, Box<dyn FnMut(ConnectRecord)>, Vec<f64>);

fn chain_case(name: &'static str, keys: &[(&str, &str)], origin: &QueueId) -> Case {
    let (mut chain, origin) = (chain(keys), origin.clone());
    let run = move |record| drop(black_box(chain.apply(&origin, record).unwrap()));
    (name, Box::new(run), Vec::new())
}

fn main() {
    let origin = QueueId { topic: "orders-eu".into(), broker: "broker-a".into(), queue: 0 };
    let headers: Headers =
        [("KEYS", "4711"), ("TAGS", "paid"), ("UNIQ_KEY", "7F00000100002A139A8600000")].into_iter().collect();
    let value = Value::String(Text::from_utf8(order()).unwrap());
    let record = ConnectRecord::new(QueueOffset::default(), value).with_timestamp(1).with_headers(headers);
    let mut cases: Vec<Case> = vec![
        ("control: the record alone", Box::new(|record| drop(black_box(record))), Vec::new()),
        chain_case("predicate is false", NO_MATCH, &origin),
        chain_case("RegexRouter", ROUTE, &origin),
        chain_case("InsertHeader", HEADER, &origin),
        chain_case("PatternFilter, passes", READ, &origin),
        chain_case("ReplaceField, MaskField, InsertField", THREE, &origin),
        chain_case("Cast, TimestampConverter, ChangeCase", CONVERT, &origin),
        chain_case("Flatten", FLATTEN, &origin),
        (
            "the same as the first three, by a tree",
            Box::new(|record| drop(black_box(by_tree(record)))),
            Vec::new(),
        ),
    ];
    for _ in 0..ROUNDS {
        for (_, run, times) in &mut cases {
            let start = Instant::now();
            for _ in 0..RECORDS {
                run(black_box(&record).clone());
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(RECORDS));
        }
    }
    println!("{:>8} {:>8}", "fastest", "median");
    for (name, _, times) in &mut cases {
        times.sort_by(f64::total_cmp);
        println!("{:>8.1} {:>8.1}  ns  {name}", times[0], times[ROUNDS / 2]);
    }
}
