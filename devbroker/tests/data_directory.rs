//! A data directory is used by one process, and never taken for empty when it is torn or somebody else's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use std::{fs, path::Path};

use client::Client;
use devbroker::{DevBroker, Error, Options, StoreError};

fn options(data: &Path) -> Options {
    Options::new(([127, 0, 0, 1], 0).into(), data)
}

/// A directory in which a broker had a topic, and stopped cleanly.
async fn used_directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let broker = DevBroker::start(options(dir.path())).await.unwrap();
    Client::connect(broker.addr()).await.create_topic("orders", 1).await;
    broker.shutdown().await;
    dir
}

async fn refused(data: &Path) -> Error {
    match DevBroker::start(options(data)).await {
        Ok(_) => panic!("started on {}", data.display()),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_second_broker_is_told_that_the_directory_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let first = DevBroker::start(options(dir.path())).await.unwrap();
    let error = refused(dir.path()).await;
    assert!(matches!(error, Error::Store(StoreError::InUse { .. })), "{error}");
    assert!(error.to_string().contains("--data"), "{error}");
    first.shutdown().await;
    DevBroker::start(options(dir.path())).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_directory_with_other_files_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    let error = refused(dir.path()).await;
    assert!(
        matches!(&error, Error::Store(StoreError::Foreign { found, .. }) if found == "thesis.txt"),
        "{error}"
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was added");
}

#[tokio::test]
async fn a_torn_directory_is_refused_with_what_is_missing() {
    let journal = |store: &Path| {
        for entry in fs::read_dir(store).unwrap().map(Result::unwrap) {
            if entry.path().extension().is_some_and(|extension| extension == "jnl") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    };
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 7] = [
        ("store/version is missing", &|data| fs::remove_dir_all(data.join("store")).unwrap()),
        ("store/version is missing", &|data| fs::remove_file(data.join("store/version")).unwrap()),
        ("store/keyspaces is missing", &|data| fs::remove_dir_all(data.join("store/keyspaces")).unwrap()),
        ("the journal (*.jnl)", &|data| journal(&data.join("store"))),
        ("dev-broker.json is not readable", &|data| fs::write(data.join("dev-broker.json"), "{").unwrap()),
        ("no dev-broker.json", &|data| fs::remove_file(data.join("dev-broker.json")).unwrap()),
        ("keyspace", &|data| {
            for keyspace in fs::read_dir(data.join("store/keyspaces")).unwrap().map(Result::unwrap) {
                // Without its version file the engine takes a keyspace for never completed.
                let _absent = fs::remove_file(keyspace.path().join("current"));
            }
        }),
    ];
    for (expected, damage) in damages {
        let dir = used_directory().await;
        damage(dir.path());
        let error = refused(dir.path()).await;
        assert!(matches!(error, Error::Store(StoreError::Damaged { .. })), "{error}");
        assert!(error.to_string().contains(expected), "{error}, not {expected}");
    }
}

#[tokio::test]
async fn another_format_is_named() {
    let dir = used_directory().await;
    fs::write(dir.path().join("dev-broker.json"), r#"{"format":9,"state":"ready"}"#).unwrap();
    let error = refused(dir.path()).await;
    assert!(error.to_string().contains("has format 9, this version reads format 1"), "{error}");
}

#[tokio::test]
async fn a_first_start_that_was_killed_half_way_is_started_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("store/keyspaces")).unwrap();
    fs::write(dir.path().join("dev-broker.json"), r#"{"format":1,"state":"creating"}"#).unwrap();
    DevBroker::start(options(dir.path())).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = DevBroker::start(Options::new(address, dir.path())).await.unwrap_err();
    assert!(matches!(error, Error::Listen { .. }), "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn an_unspecified_listen_address_is_advertised_as_loopback() {
    let dir = tempfile::tempdir().unwrap();
    let broker = DevBroker::start(Options::new("0.0.0.0:0".parse().unwrap(), dir.path())).await.unwrap();
    assert_eq!(broker.advertised().to_string(), format!("127.0.0.1:{}", broker.addr().port()));
    broker.shutdown().await;
}

#[tokio::test]
async fn options_that_cannot_work_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let check = async |adjust: fn(&mut Options), expected: &str| {
        let mut options = options(dir.path());
        adjust(&mut options);
        let error = DevBroker::start(options).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(|options| options.default_topic_queues = 0, "default_topic_queues is 0").await;
    check(|options| options.retention = Some(std::time::Duration::ZERO), "retention is 0").await;
    check(|options| options.advertise = Some("0.0.0.0:1".parse().unwrap()), "advertise is").await;
    check(|options| options.broker_name.clear(), "broker_name is empty").await;
}
