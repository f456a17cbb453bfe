//! Space on disk is given back when messages go.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use std::{fs, path::Path};

use bytes::Bytes;
use client::{Fixture, send_batch, until};
use remoting::{code::request, command::Command};

const MIB: u64 = 1024 * 1024;

fn size_of(path: &Path) -> u64 {
    let metadata = fs::symlink_metadata(path).ok();
    if metadata.as_ref().is_some_and(fs::Metadata::is_dir) {
        return fs::read_dir(path).into_iter().flatten().flatten().map(|entry| size_of(&entry.path())).sum();
    }
    metadata.map_or(0, |metadata| std::os::unix::fs::MetadataExt::blocks(&metadata) * 512)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_topics_space_is_given_back() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    let data = fixture.dir.path().join("data");
    client.create_topic("orders", 2).await;
    for number in 0..60 {
        let bodies = (0..1000).map(|_| Bytes::from(vec![b'x'; 1024]));
        client.ok(send_batch("orders", number % 2, bodies)).await;
    }
    // The journal beside the tables has an upper bound of its own.
    let tables = data.join("store/keyspaces");
    until("the messages to be written out", async || size_of(&tables) > 40 * MIB).await;
    client.ok(Command::request(request::DELETE_TOPIC_IN_BROKER).field("topic", "orders")).await;
    until("the space", async || size_of(&tables) < MIB).await;
    fixture.broker.shutdown().await;
}
