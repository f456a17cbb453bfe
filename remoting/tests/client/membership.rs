//! Groups: joining, hearing of others, leaving.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use remoting::code::{request, response};
use remoting::command::Command;
use remoting::{Client, ClientOptions};

use crate::scripted::{DEADLINE, Reply, Server, answer, client_of, reply};

fn body_of(command: &Command) -> String {
    String::from_utf8(command.body.to_vec()).unwrap()
}

#[tokio::test]
async fn joining_heartbeats_at_once_with_id_group_and_topics() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = server.client();
    let _membership = client.join("workers", ["orders"]).await.unwrap();
    let heartbeats = server.asked(request::HEART_BEAT);
    let heartbeat = body_of(heartbeats.last().unwrap());
    for part in
        [client.id(), r#""groupName":"workers""#, r#""topic":"orders""#, "CONSUME_ACTIVELY", "CLUSTERING"]
    {
        assert!(heartbeat.contains(part), "{part} in {heartbeat}");
    }
}

#[tokio::test]
async fn a_group_hears_of_its_own_changes_only() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = server.client();
    let workers = client.join("workers", ["orders"]).await.unwrap();
    let others = client.join("others", ["orders"]).await.unwrap();
    let (mut changes, quiet) = (workers.changes(), others.changes());
    let notice = Command::request(request::NOTIFY_CONSUMER_IDS_CHANGED).field("consumerGroup", "workers");
    server.push(&notice.oneway());
    tokio::time::timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
    assert!(!quiet.has_changed().unwrap());
}

#[tokio::test]
async fn a_connection_made_again_gets_a_heartbeat_without_being_asked() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = server.client();
    let _membership = client.join("workers", ["orders"]).await.unwrap();
    let before = server.asked(request::HEART_BEAT).len();
    server.hang_up();
    server.wait_for(request::HEART_BEAT, before + 1).await;
}

#[tokio::test]
async fn leaving_dropping_and_closing_all_tell_the_broker() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = server.client();
    let left = client.join("left", ["orders"]).await.unwrap();
    let dropped = client.join("dropped", ["orders"]).await.unwrap();
    let kept = client.join("kept", ["orders"]).await.unwrap();
    left.leave().await.unwrap();
    drop(dropped);
    server.wait_for(request::UNREGISTER_CLIENT, 2).await;
    client.close().await;
    let told = server.asked(request::UNREGISTER_CLIENT);
    let groups: Vec<_> = told.iter().map(|one| one.fields.get("consumerGroup").unwrap()).collect();
    assert_eq!(groups, ["left", "dropped", "kept"]);
    assert!(told.iter().all(|one| one.fields.get("clientID") == Some(client.id())));
    drop(kept);
}

#[tokio::test]
async fn members_are_sorted_and_each_named_once() {
    let server = Server::start_broker(|_| {
        Reply::Answer(answer(response::SUCCESS).with_body(r#"{"consumerIdList":["z","a","z"]}"#))
    })
    .await;
    assert_eq!(server.client().members("workers").await.unwrap(), ["a", "z"]);
}

#[tokio::test]
async fn a_group_nobody_is_in_is_told_from_one_nobody_can_tell_of() {
    let check = async |remark: &'static str, expected: Option<usize>| {
        let server =
            Server::start_broker(move |_| Reply::Answer(answer(response::SYSTEM_ERROR).with_remark(remark)))
                .await;
        let members = server.client().members("workers").await;
        assert_eq!(members.as_ref().ok().map(Vec::len), expected, "{members:?}");
    };
    check("no consumer for this group, workers", Some(0)).await;
    check("java.lang.NullPointerException", None).await;
}

#[tokio::test]
async fn who_could_not_join_is_not_in_the_group() {
    let server = Server::start_broker(|asked| match asked.code {
        request::HEART_BEAT => reply(response::NO_PERMISSION),
        _ => reply(response::SUCCESS),
    })
    .await;
    let client = server.client();
    let error = client.join("workers", ["orders"]).await.unwrap_err();
    assert!(error.to_string().contains("code 16"), "{error}");
    server.wait_for(request::UNREGISTER_CLIENT, 1).await;
}

#[tokio::test]
async fn a_topic_that_is_deleted_costs_no_group_its_place() {
    let broker = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let (deleted, body) = (Arc::new(AtomicBool::new(false)), broker.route_body());
    let is_deleted = Arc::clone(&deleted);
    let names = Server::start(move |asked| match asked.fields.get("topic") {
        Some("old") if is_deleted.load(Ordering::SeqCst) => reply(response::TOPIC_NOT_EXIST),
        _ => Reply::Answer(answer(response::SUCCESS).with_body(body.clone())),
    })
    .await;
    let client = Client::new(ClientOptions {
        name_servers: vec![names.address.to_string()],
        route_refresh: Duration::ZERO,
        heartbeat_interval: Duration::from_millis(20),
        ..ClientOptions::default()
    })
    .unwrap();
    let _readers = client.join("readers", ["old"]).await.unwrap();
    let _workers = client.join("workers", ["orders"]).await.unwrap();
    deleted.store(true, Ordering::SeqCst);
    let error = client.join("late", ["old"]).await.unwrap_err();
    assert!(error.to_string().contains("`old` does not exist"), "{error}");
    let before = broker.asked(request::HEART_BEAT).len();
    // One may have been under way.
    broker.wait_for(request::HEART_BEAT, before + 2).await;
    let _both = client.join("both", ["old", "orders"]).await.unwrap();
}

#[tokio::test]
async fn a_broker_that_is_down_keeps_nobody_from_joining_and_leaving_at_the_others() {
    let up = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let down = Server::start(|_| Reply::Silence).await.address;
    let body = format!(
        r#"{{"brokerDatas":[{{"brokerAddrs":{{"0":"{down}"}},"brokerName":"a","cluster":"c"}},
                            {{"brokerAddrs":{{"0":"{}"}},"brokerName":"b","cluster":"c"}}],
           "queueDatas":[{{"brokerName":"b","perm":6,"readQueueNums":2,"topicSysFlag":0,"writeQueueNums":2}}]}}"#,
        up.address
    );
    let names =
        Server::start(move |_| Reply::Answer(answer(response::SUCCESS).with_body(body.clone()))).await;
    let membership = client_of(&[names.address]).join("workers", ["orders"]).await.unwrap();
    let error = membership.leave().await.unwrap_err();
    assert!(error.to_string().contains(&down.to_string()), "{error}");
    assert_eq!(up.asked(request::UNREGISTER_CLIENT).len(), 1);
}
