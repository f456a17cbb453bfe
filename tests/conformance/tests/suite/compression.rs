//! Bodies that RocketMQ's own producer has compressed.

use remoting::PullOptions;
use test_support::java::{self, Compression, Version};
use test_support::requirements;

use crate::target::{Target, bodies, wait_readable};

on_every_target!(compressed_bodies_are_read_as_they_were_before);

async fn compressed_bodies_are_read_as_they_were_before(target: Target) -> anyhow::Result<()> {
    if requirements::skip_without_java()? {
        return Ok(());
    }
    // The producer of the same version where there is one.
    let version = target.kind.java_version().unwrap_or(Version::V5_5_0);
    for compression in [Compression::Zlib, Compression::Lz4, Compression::Zstd] {
        let (client, queue) = (target.client()?, target.queue().await?);
        let sent = [
            format!("{{\"a\":\"{}\"}}", "long and dull ".repeat(1000)),
            "short".to_owned(),
            "ä€😀".repeat(50),
        ];
        java::send_compressed(version, &target.name_server, &queue.topic, compression, &sent).await?;
        wait_readable(&client, &queue, 3).await?;
        assert_eq!(bodies(&client, &queue).await?, sent, "{compression:?}");

        let pulled = client.pull(&queue, &PullOptions::at(0)).await?;
        let first = &pulled.messages[0];
        assert_eq!((first.keys(), first.tags(), &first.fault), (Some("0"), Some("lines"), &None));
        assert_eq!(first.properties.get("line"), Some("0"));
    }
    Ok(())
}
