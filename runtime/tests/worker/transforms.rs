//! Records on their way through the transforms that a connector names.

use std::sync::{Arc, Mutex, PoisonError};

use runtime::host::{Host, HostError};
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name, until_failed, until_taken};
use crate::script::Act;

/// Leaves records without a body out, hides a field, and gives what is left another topic.
const CHAIN: [(&str, &str); 12] = [
    ("transforms", "quiet,hide,route"),
    ("transforms.quiet.class", "Filter"),
    ("transforms.quiet.predicate", "isTest"),
    ("transforms.hide.class", "MaskField$Value"),
    ("transforms.hide.fields", "pin"),
    ("transforms.route.class", "RegexRouter"),
    ("transforms.route.regex", "t"),
    ("transforms.route.replacement", "cards"),
    ("predicates", "isTest"),
    ("predicates.isTest.class", "HasHeaderKey"),
    ("predicates.isTest.name", "test"),
    ("batch.max.records", "2"),
];

#[tokio::test]
async fn a_sink_gets_what_the_chain_makes_of_records() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    let topics: Arc<Mutex<Vec<Option<Arc<str>>>>> = Arc::default();
    let place = Arc::clone(&topics);
    rig.script.on_put(move |batch| {
        let topics = batch.records().iter().map(|record| record.topic().cloned());
        place.lock().unwrap_or_else(PoisonError::into_inner).extend(topics);
        Act::Take
    });
    let bodies = [r#"{"card":1.10,"pin":"1"}"#, r#"{"card":2,"pin":"2"}"#, r#"{"card":3}"#];
    rig.send_bodies(0, bodies).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&CHAIN)).await?;
    let expected = [r#"{"card":1.10,"pin":""}"#, r#"{"card":2,"pin":""}"#, r#"{"card":3}"#];
    assert_eq!(until_taken(&rig.script, 3).await?, expected);
    let topics = topics.lock().map_err(|error| anyhow::anyhow!("{error}"))?.clone();
    assert!(topics.iter().all(|topic| topic.as_deref() == Some("cards")), "{topics:?}");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_a_transform_drops_is_done_with() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    let drop_all = [("transforms", "drop"), ("transforms.drop.class", "Filter")];
    rig.send_bodies(0, ["a", "b", "c"]).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&drop_all)).await?;
    let queue = remoting::Queue::new("t", "b", 0);
    wait::until_true(DEADLINE, "the position behind the dropped records", async || {
        matches!(rig.client.query_offset("connect-c", &queue).await, Ok(Some(3)))
    })
    .await?;
    assert!(rig.script.put().is_empty(), "the sink was given something");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// Works on objects only.
const HIDE: [(&str, &str); 3] =
    [("transforms", "hide"), ("transforms.hide.class", "MaskField$Value"), ("transforms.hide.fields", "pin")];

#[tokio::test]
async fn a_record_that_a_transform_cannot_work_on_lets_those_before_it_pass() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send_bodies(0, [r#"{"pin":"1"}"#, "hello", r#"{"pin":"2"}"#]).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&HIDE)).await?;
    let cause = until_failed(&worker, "c").await?;
    for part in ["offset 1 of topic t", "transform hide (MaskField$Value)", "errors.tolerance"] {
        assert!(cause.contains(part), "{part:?} is not in {cause:?}");
    }
    assert_eq!(rig.script.bodies(), [r#"{"pin":""}"#]);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn its_dead_letter_is_the_message_as_it_came() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let dead = [
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("errors.deadletterqueue.context.properties.enable", "true"),
    ];
    rig.send_bodies(0, [r#"{"pin":"1"}"#, "hello", r#"{"pin":"2"}"#]).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[&HIDE[..], &dead].concat())).await?;
    assert_eq!(until_taken(&rig.script, 2).await?, [r#"{"pin":""}"#, r#"{"pin":""}"#]);
    worker.shutdown(DEADLINE).await;
    let letters = rig.messages("dead").await?;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].body, "hello");
    assert_eq!(letters[0].properties.get("__connect.errors.stage"), Some("TRANSFORMATION"));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_chain_that_cannot_be_made_is_refused_with_all_that_is_wrong() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let wrong = [
        ("transforms", "a,b"),
        ("transforms.a.class", "MaskFeild$Value"),
        ("transforms.b.class", "RegexRouter"),
        ("transforms.b.regex", "("),
        ("transforms.b.replacement", "x"),
    ];
    let refused = worker.put_connector(name("c"), config(&wrong)).await;
    let Err(HostError::InvalidConfig(errors)) = refused else { anyhow::bail!("{refused:?}") };
    let text = errors.to_string();
    for part in ["transforms.a.class", "MaskField", "transforms.b.regex"] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
