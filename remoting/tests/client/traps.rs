//! What Java brokers do that a client has to know.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use remoting::code::{request, response};
use remoting::{Error, OutgoingMessage, PullOptions, Queue, SendStatus, TopicSpec};

use crate::scripted::{Reply, Server, answer, client_of, reply};

/// `V4_9_7` and `V5_0_0` as brokers say them.
const VERSION_4_9: i32 = 407;
const VERSION_5: i32 = 413;

fn queue() -> Queue {
    Queue::new("orders", "b", 1)
}

#[tokio::test]
async fn a_commit_to_a_group_that_does_not_exist_creates_it_and_is_done_again() {
    let exists = AtomicBool::new(false);
    let server = Server::start_broker(move |asked| match asked.code {
        request::UPDATE_CONSUMER_OFFSET if !exists.load(Ordering::SeqCst) => {
            reply(response::SUBSCRIPTION_GROUP_NOT_EXIST)
        }
        request::GET_SUBSCRIPTIONGROUP_CONFIG => reply(response::SUBSCRIPTION_GROUP_NOT_EXIST),
        request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP => {
            exists.store(true, Ordering::SeqCst);
            reply(response::SUCCESS)
        }
        _ => reply(response::SUCCESS),
    })
    .await;
    server.client().update_offset("workers", &queue(), 5).await.unwrap();
    let created = server.asked(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP);
    assert!(str::from_utf8(&created[0].body).unwrap().contains(r#""groupName":"workers""#));
    let commits = server.asked(request::UPDATE_CONSUMER_OFFSET);
    assert_eq!((created.len(), commits.len()), (1, 2));
    assert_eq!(commits[1].fields.get_i64("commitOffset"), Ok(5));
}

#[tokio::test]
async fn a_group_is_created_through_a_proxy_by_a_pull() {
    let exists = AtomicBool::new(false);
    let server = Server::start_broker(move |asked| match asked.code {
        request::UPDATE_CONSUMER_OFFSET if exists.load(Ordering::SeqCst) => reply(response::SUCCESS),
        request::UPDATE_CONSUMER_OFFSET => reply(response::SUBSCRIPTION_GROUP_NOT_EXIST),
        request::PULL_MESSAGE if asked.fields.get("consumerGroup") == Some("workers") => {
            exists.store(true, Ordering::SeqCst);
            let positions = ["nextBeginOffset", "minOffset", "maxOffset"];
            let nothing = answer(response::PULL_NOT_FOUND);
            Reply::Answer(positions.into_iter().fold(nothing, |answer, name| answer.field(name, 0)))
        }
        _ => reply(response::REQUEST_CODE_NOT_SUPPORTED),
    })
    .await;
    server.client().update_offset("workers", &queue(), 5).await.unwrap();
    assert_eq!(server.asked(request::UPDATE_CONSUMER_OFFSET).len(), 2);
}

#[tokio::test]
async fn a_group_that_cannot_be_created_is_not_tried_for_ever() {
    let server = Server::start_broker(|asked| match asked.code {
        request::UPDATE_CONSUMER_OFFSET => reply(response::SUBSCRIPTION_GROUP_NOT_EXIST),
        _ => reply(response::SUCCESS),
    })
    .await;
    let error = server.client().update_offset("workers", &queue(), 5).await.unwrap_err();
    assert!(matches!(error, Error::GroupMissing { .. }), "{error}");
    assert_eq!(server.asked(request::UPDATE_CONSUMER_OFFSET).len(), 2);
}

#[tokio::test]
async fn a_group_that_exists_is_left_as_it_is() {
    let check = async |known: i32, table: &'static str, expected_creations: usize| {
        let server = Server::start_broker(move |asked| match asked.code {
            request::GET_SUBSCRIPTIONGROUP_CONFIG => reply(known),
            request::GET_ALL_SUBSCRIPTIONGROUP_CONFIG => {
                Reply::Answer(answer(response::SUCCESS).with_body(table))
            }
            _ => reply(response::SUCCESS),
        })
        .await;
        server.client().ensure_group("workers").await.unwrap();
        assert_eq!(server.asked(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP).len(), expected_creations);
    };
    check(response::SUCCESS, "", 0).await;
    check(response::SUBSCRIPTION_GROUP_NOT_EXIST, "", 1).await;
    // Brokers of version 4.9 cannot be asked for one group.
    let unknown = response::REQUEST_CODE_NOT_SUPPORTED;
    check(unknown, r#"{"subscriptionGroupTable":{"workers":{"groupName":"workers"}}}"#, 0).await;
    check(unknown, r#"{"subscriptionGroupTable":{}}"#, 1).await;
}

#[tokio::test]
async fn never_committed_is_told_from_committed_at_zero() {
    let check = async |answered: (i32, i64, i32), table: &'static str, expected: Option<i64>| {
        let (code, offset, version) = answered;
        let server = Server::start_broker(move |asked| {
            let mut answered = match asked.code {
                request::QUERY_CONSUMER_OFFSET => answer(code).field("offset", offset),
                _ => answer(response::SUCCESS).with_body(table),
            };
            answered.version = version;
            Reply::Answer(answered)
        })
        .await;
        assert_eq!(server.client().query_offset("workers", &queue()).await.unwrap(), expected);
        let asked = server.asked(request::QUERY_CONSUMER_OFFSET).remove(0);
        assert_eq!(asked.fields.get("setZeroIfNotFound"), Some("false"));
    };
    check((response::SUCCESS, 12, VERSION_5), "", Some(12)).await;
    check((response::SUCCESS, 0, VERSION_5), "", Some(0)).await;
    check((response::QUERY_NOT_FOUND, 0, VERSION_5), "", None).await;
    // Brokers of version 4.9 answer 0 either way; their table of all offsets knows better.
    check((response::SUCCESS, 12, VERSION_4_9), "", Some(12)).await;
    check((response::SUCCESS, 0, VERSION_4_9), r#"{"offsetTable":{"orders@workers":{0:0}}}"#, None).await;
    check((response::SUCCESS, 0, VERSION_4_9), r#"{"offsetTable":{"orders@workers":{0:4,1:0}}}"#, Some(0))
        .await;
}

#[tokio::test]
async fn a_negative_offset_is_not_committed() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let error = server.client().update_offset("workers", &queue(), -1).await.unwrap_err();
    assert!(matches!(error, Error::InvalidOffset { offset: -1, .. }), "{error}");
    assert_eq!(server.asked(request::UPDATE_CONSUMER_OFFSET).len(), 0);
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_an_error_and_not_offset_zero() {
    let server = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 0))).await;
    let client = server.client();
    for id in [-1, 2] {
        let queue = Queue::new("orders", "b", id);
        let error = client.max_offset(&queue).await.unwrap_err();
        assert!(matches!(&error, Error::QueueMissing { queue: missing } if *missing == queue), "{error}");
    }
    assert_eq!(server.asked(request::GET_MAX_OFFSET).len(), 0);
}

#[tokio::test]
async fn a_topic_is_created_on_the_brokers_of_a_cluster_with_unquoted_keys() {
    let server = Server::start_broker(|_| {
        Reply::Answer(answer(response::SUCCESS).with_remark("not set any response code"))
    })
    .await;
    let mut spec = TopicSpec::new("orders", 4);
    spec.attributes.push(("cleanup.policy".to_owned(), "COMPACTION".to_owned()));
    server.client().create_topic(&spec).await.unwrap();
    let asked = server.asked(request::UPDATE_AND_CREATE_TOPIC).remove(0);
    assert_eq!(asked.fields.get("attributes"), Some("+cleanup.policy=COMPACTION"));
    assert_eq!((asked.fields.get("readQueueNums"), asked.fields.get("perm")), (Some("4"), Some("6")));
}

#[tokio::test]
async fn a_name_that_is_not_allowed_is_refused_in_the_brokers_words() {
    let server = Server::start_broker(|_| {
        Reply::Answer(answer(response::INVALID_PARAMETER).with_remark("illegal characters"))
    })
    .await;
    let error = server.client().create_topic(&TopicSpec::new("a b", 1)).await.unwrap_err();
    let expected = "refused request 17 with code 29 (a value is not allowed): illegal characters";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[tokio::test]
async fn deleting_a_topic_tells_the_broker_and_every_name_server_even_after_a_failure() {
    let broker = Server::start_broker(|asked| match asked.code {
        request::DELETE_TOPIC_IN_BROKER => reply(response::SYSTEM_ERROR),
        _ => reply(response::SUCCESS),
    })
    .await;
    let second = Server::start(|_| reply(response::SUCCESS)).await;
    let client = client_of(&[broker.address, second.address]);
    let error = client.delete_topic("orders").await.unwrap_err();
    assert!(matches!(error, Error::Refused { request: request::DELETE_TOPIC_IN_BROKER, .. }), "{error}");
    for name_server in [&broker, &second] {
        assert_eq!(name_server.asked(request::DELETE_TOPIC_IN_NAMESRV).len(), 1);
    }
}

#[tokio::test]
async fn a_batch_beyond_the_limits_is_not_sent() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = server.client();
    let check = async |messages: Vec<OutgoingMessage>| {
        let error = client.send_batch(&queue(), &messages).await.unwrap_err();
        assert!(matches!(error, Error::BatchTooLarge { .. }), "{error}");
    };
    check(vec![OutgoingMessage::new("x"); 1001]).await;
    check(vec![OutgoingMessage::new(vec![0; 2 << 20]); 2]).await;
    assert_eq!(server.asked(request::SEND_BATCH_MESSAGE).len(), 0);
}

#[tokio::test]
async fn many_messages_go_in_batches_within_the_limits() {
    let server = Server::start_broker(|asked| {
        let sent = remoting::message::batch::decode(&asked.body).unwrap();
        assert!(sent.len() <= 1000 && asked.body.len() <= 4 << 20);
        let first: i64 = if sent.len() == 1000 { 100 } else { 1100 };
        Reply::Answer(answer(response::SUCCESS).field("queueOffset", first))
    })
    .await;
    let messages: Vec<_> = (0..1200).map(|number| OutgoingMessage::new(number.to_string())).collect();
    let receipts = server.client().send_all(&queue(), &messages).await.unwrap();
    let offsets: Vec<_> = receipts.iter().map(|receipt| receipt.offset).collect();
    assert_eq!(offsets, (100..1300).collect::<Vec<_>>());
    assert_eq!(server.asked(request::SEND_BATCH_MESSAGE).len(), 2);
}

#[tokio::test]
async fn a_message_the_broker_does_not_take_is_named_with_its_size() {
    let check = async |code: i32, body: &'static str, expected: &str| {
        let server =
            Server::start_broker(move |_| Reply::Answer(answer(code).with_remark("too large"))).await;
        let error = server.client().send(&queue(), &OutgoingMessage::new(body)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let size = "body".len() + "UNIQ_KEY..".len() + 32 + "WAIT.true.".len();
    let illegal = format!("the broker does not take a message of {size} bytes for orders/b/1: too large");
    check(response::MESSAGE_ILLEGAL, "body", &illegal).await;
    check(response::SYSTEM_ERROR, "", "the broker does not take a message without a body for orders/b/1")
        .await;
}

#[tokio::test]
async fn a_message_larger_than_any_frame_is_refused_without_spoiling_the_connection() {
    let server = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 3))).await;
    let client = server.client();
    client.max_offset(&queue()).await.unwrap();
    let error = client.send(&queue(), &OutgoingMessage::new(vec![0; 17 << 20])).await.unwrap_err();
    assert!(matches!(error, Error::MessageIllegal { .. }), "{error}");
    assert_eq!(client.max_offset(&queue()).await.unwrap(), 3);
    assert_eq!(server.asked(request::GET_ROUTEINFO_BY_TOPIC).len(), 1);
}

#[tokio::test]
async fn a_pull_that_waits_is_waited_for_longer_than_other_requests() {
    let server = Server::start_broker(|_| {
        let nothing = answer(response::PULL_NOT_FOUND)
            .field("nextBeginOffset", 0)
            .field("minOffset", 0)
            .field("maxOffset", 0);
        Reply::Later(Duration::from_millis(400), nothing)
    })
    .await;
    let client = remoting::Client::new(remoting::ClientOptions {
        name_servers: vec![server.address.to_string()],
        request_timeout: Duration::from_millis(100),
        ..remoting::ClientOptions::default()
    })
    .unwrap();
    let waiting = PullOptions { suspend: Some(Duration::from_millis(10)), ..PullOptions::at(0) };
    client.pull(&queue(), &waiting).await.unwrap();
    let error = client.pull(&queue(), &PullOptions::at(0)).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    let asked = server.asked(request::PULL_MESSAGE);
    let flags: Vec<_> = asked.iter().map(|one| one.fields.get("sysFlag").unwrap()).collect();
    assert_eq!(flags, ["6", "4"]);
}

#[tokio::test]
async fn every_request_about_a_queue_names_the_broker_as_a_proxy_needs_it() {
    let server = Server::start_broker(|_| {
        Reply::Answer(answer(response::SUCCESS).field("offset", 1).field("queueOffset", 1))
    })
    .await;
    let client = server.client();
    client.max_offset(&queue()).await.unwrap();
    client.send(&queue(), &OutgoingMessage::new("x")).await.unwrap();
    let named = |code, field| server.asked(code)[0].fields.get(field).map(str::to_owned);
    assert_eq!(named(request::GET_MAX_OFFSET, "bname").as_deref(), Some("b"));
    assert_eq!(named(request::SEND_MESSAGE_V2, "n").as_deref(), Some("b"));
}

#[tokio::test]
async fn a_message_that_is_stored_but_not_yet_safe_counts_as_sent() {
    let check = async |code, expected| {
        let server = Server::start_broker(move |_| Reply::Answer(answer(code).field("queueOffset", 7))).await;
        let (client, message) = (server.client(), OutgoingMessage::new("{}"));
        let receipt = client.send(&queue(), &message).await.unwrap();
        assert_eq!((receipt.offset, receipt.status), (7, expected), "{code}");
        let receipts = client.send_batch(&queue(), &[message.clone(), message]).await.unwrap();
        let found: Vec<_> = receipts.iter().map(|receipt| (receipt.offset, receipt.status)).collect();
        assert_eq!(found, [(7, expected), (8, expected)], "{code}");
    };
    check(response::SUCCESS, SendStatus::Stored).await;
    check(response::FLUSH_DISK_TIMEOUT, SendStatus::FlushDiskTimeout).await;
    check(response::SLAVE_NOT_AVAILABLE, SendStatus::SlaveNotAvailable).await;
    check(response::FLUSH_SLAVE_TIMEOUT, SendStatus::FlushSlaveTimeout).await;
}
